"""Patients, teams and the trail, gathered for reading; each scoped to what the person may see."""

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from medmgmt.record import access, audit
from medmgmt.record.models import AuditEntry, Enrolment, Patient, User
from refills.models import LIVE


def patients(by: User, *, search: str = "") -> QuerySet[Patient]:
    """The patients in the person's care, found by name or record number, with `open_tasks` and `open_enrolments`."""
    access.require(by, "list_patients")
    found = access.patients_of(by)
    for word in search.split():
        named = Q(given_name__icontains=word) | Q(family_name__icontains=word) | Q(mrn__iexact=word)
        found = found.filter(named)
    now_in = Enrolment.objects.filter(ends_on=None)
    waiting = Count("tasks", filter=Q(tasks__state__in=LIVE), distinct=True)
    return (
        found.annotate(open_tasks=waiting)
        .prefetch_related(Prefetch("enrolments", queryset=now_in, to_attr="open_enrolments"))
        .order_by("family_name", "given_name", "id")
    )


def saw_list(by: User, what: str, count: int) -> None:
    """Tells the audit that a list of patients was looked through, and how long it was."""
    audit.record(by, f"list_{what}", detail={"rows": count})


def audit_entries(by: User, *, patient_id: int | None = None) -> QuerySet[AuditEntry]:
    """The audit trail, newest first, of one patient or of everything."""
    access.require(by, "view_audit")
    found = AuditEntry.objects.order_by("-at", "-id")
    return found if patient_id is None else found.filter(patient_id=patient_id)


def teams(by: User) -> list[tuple[int, str]]:
    """The teams the person works in, for registering a patient."""
    current = Q(until=None) | Q(until__gt=timezone.now())
    return [(member.team_id, member.team.name) for member in by.memberships.filter(current).select_related("team")]
