"""Patients, teams and the trail, gathered for reading; each scoped to what the person may see."""

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from medmgmt.record import access, audit, names
from medmgmt.record.models import AuditEntry, Enrolment, Patient, User
from refills.models import LIVE


def patients(by: User, *, search: str = "") -> QuerySet[Patient]:
    """The patients in the person's care, with `open_tasks` and `open_enrolments`.

    Found by parts of their names in any order, by birth date, by record number; accents, case and what is between the
    words of a name do not matter.
    """
    access.require(by, "list_patients")
    found = access.patients_of(by).filter(sought(search))
    now_in = Enrolment.objects.filter(ends_on=None)
    waiting = Count("tasks", filter=Q(tasks__state__in=LIVE), distinct=True)
    return (
        found.annotate(open_tasks=waiting)
        .prefetch_related(Prefetch("enrolments", queryset=now_in, to_attr="open_enrolments"))
        .order_by("family_name", "given_name", "id")
    )


def sought(search: str) -> Q:
    """The condition that a search is; nothing asked is everybody."""
    words, days = names.asked(search)
    named = Q()
    for word in words:
        named &= Q(names_key__contains=word) | Q(mrn_key=word)
    for meant in days:
        named &= Q(birth_date__in=meant)
    whole = names.compact(search)
    return named | Q(mrn_key=whole) if whole else named


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
