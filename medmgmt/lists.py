"""Lists for pages and the API: each scoped to what the person may see, each a fixed number of queries."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Prefetch, Q, QuerySet
from django.utils import timezone

from interactions import library, tiers
from interactions import selftests as ran
from interactions.engine.sides import members
from interactions.models import LocalChange, Release, ReleaseKind, ReleaseStatus, RescreenRun, Rule, SelftestRun
from medmgmt import duty
from medmgmt.record import access, audit
from medmgmt.record.errors import NotAllowed
from medmgmt.record.models import (
    AuditEntry,
    DosageChange,
    Enrolment,
    Patient,
    Prescription,
    Role,
    SideEffectReport,
    Status,
    User,
)
from refills import cover
from refills import worklist as tasks_for
from refills.models import LIVE, Absence, Authorisation, DemoMessage, Dispense, Reminder, Task


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


def worklist(
    by: User,
    *,
    state: str = "open",
    kind: str = "",
    whose: str = "",
    late: bool = False,
    patient_id: int | None = None,
    level: str = "",
) -> QuerySet[Task]:
    """Tasks by clinical risk and then due time. `open` is what waits; another state is their patients' past tasks.

    What waits is for this person unless `whose` says otherwise: "mine" what is theirs, theirs to stand in for or held
    by them, "role" what waits for their role, "team" whatever waits for anybody who looks after their patients.
    """
    access.require(by, "work_tasks")
    mine_to_see = access.patients_of(by).values("pk")
    if state in ("open", "live", ""):
        its = tasks_for.waiting_for(by.pk, by.role)
        its = its | Q(patient__isnull=False) if whose == "team" else its
        found = tasks_for.within(mine_to_see).filter(its)
        found = found.filter(due_at__lt=timezone.now()) if late else found
    else:
        visible = Q(patient_id__in=mine_to_see) | Q(patient=None, closed_by=by)
        found = Task.objects.filter(visible, state=state).select_related(
            "patient", "assignee", "claimed_by", "stand_in"
        )
        found = found.order_by("-closed_at", "-id")
    if whose == "mine":
        found = found.filter(Q(claimed_by=by) | Q(assignee=by) | Q(stand_in=by))
    if whose == "role":
        found = found.filter(Q(role=by.role) | Q(raised_to=by.role) | Q(stand_in_role=by.role))
    if level:
        found = found.filter(patient_id__in=Enrolment.objects.filter(ends_on=None, level=level).values("patient_id"))
    found = found.filter(kind=kind) if kind else found
    return found if patient_id is None else found.filter(patient_id=patient_id)


def task_counts(by: User) -> dict[str, int]:
    """How many tasks wait for the person, are their own, and are late. One query."""
    return tasks_for.counts(worklist(by), by.pk, timezone.now())


def takers(by: User, task: Task) -> list[User]:
    """Whom a task may be given to: the people on duty who may see its patient. Three queries."""
    access.require(by, "reassign_task")
    return duty.takers(task.patient_id)


def colleagues(by: User) -> list[User]:
    """Whom several tasks may be given to: the people on duty of one's own teams. Three queries."""
    access.require(by, "reassign_task")
    return duty.colleagues(by)


def stand_ins(by: User) -> list[User]:
    """Everybody who works here, by name, for choosing who is away and who stands in. One query."""
    access.require(by, "manage_cover")
    working = User.objects.filter(role__in=access.STAFF, is_active=True)
    return list(working.order_by("last_name", "first_name", "pk"))


def wants_digest(by: User) -> bool:
    """Whether the person gets the morning notice. One query."""
    return by.pk not in cover.want_no_digest()


def absences(by: User) -> QuerySet[Absence]:
    """Who is away now or will be, the next first; everybody who works here may know."""
    access.require(by, "manage_cover")
    return cover.holding(timezone.now())


def own_or_cared_for(by: User) -> Any:
    """The ids of the patients whose rows this person may list: their teams', or their own."""
    if not (access.may(by, "list_patients") or access.may(by, "view_own")):
        raise NotAllowed()
    return access.patients_of(by).values("pk")


def prescriptions(by: User) -> QuerySet[Prescription]:
    """Prescriptions of the person's patients."""
    return Prescription.objects.filter(patient_id__in=own_or_cared_for(by)).order_by("id")


def changes(by: User) -> QuerySet[DosageChange]:
    """Dosage changes, proposed, signed and withdrawn, of the person's patients; a patient sees the signed ones."""
    found = DosageChange.objects.filter(patient_id__in=own_or_cared_for(by))
    if by.role == Role.PATIENT:
        found = found.filter(status=Status.SIGNED)
    return found.select_related("prescription", "author", "signed_by").order_by("-effective_on", "-id")


def side_effects(by: User) -> QuerySet[SideEffectReport]:
    """The newest version of each report of the person's patients."""
    found = SideEffectReport.objects.filter(patient_id__in=own_or_cared_for(by), corrected_by=None)
    return found.select_related("reporter").order_by("-began_on", "-id")


def dispenses(by: User) -> QuerySet[Dispense]:
    """Fills of the person's patients."""
    found = Dispense.objects.filter(patient_id__in=own_or_cared_for(by))
    return found.select_related("prescription").order_by("-dispensed_on", "-id")


def authorisations(by: User) -> QuerySet[Authorisation]:
    """Prescriptions for the pharmacy of the person's patients, newest first."""
    return Authorisation.objects.filter(patient_id__in=own_or_cared_for(by)).order_by("-issued_on", "-id")


def reminders(by: User) -> QuerySet[Reminder]:
    """Reminders of the person's patients, the next due first."""
    return Reminder.objects.filter(patient_id__in=own_or_cared_for(by)).order_by("due_at", "id")


def releases(by: User) -> QuerySet[Release]:
    """Releases of knowledge, newest first."""
    access.require(by, "view_knowledge")
    return Release.objects.select_related("activated_by").order_by("-imported_at", "-id")


def rules(by: User, *, search: str = "", severity: str = "", source: str = "") -> QuerySet[Rule]:
    """Rules in use, by number, drug (with its brands and classes), class or words of its texts; with release."""
    access.require(by, "view_knowledge")
    found = Rule.objects.filter(release__status=ReleaseStatus.ACTIVE).select_related("release")
    for word in search.split()[:10]:
        sides = library.sides_of(word)
        named = Q(rule_id__iexact=word) | Q(a__in=sides) | Q(b__in=sides)
        for column in ("a", "b", "problem", "effect", "mechanism", "management", "source"):
            named |= Q(**{f"{column}__icontains": word})
        found = found.filter(named)
    if severity:
        found = found.filter(severity=severity)
    if source:
        found = found.filter(release__source=source)
    return found.order_by("release__source", "rule_id")


def rules_by_number(by: User, asked: Iterable[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of these that are rules in use: source and number. One query."""
    access.require(by, "view_knowledge")
    wanted = set(asked)
    found = Rule.objects.filter(release__status=ReleaseStatus.ACTIVE, rule_id__in={rule for _source, rule in wanted})
    return wanted & set(found.values_list("release__source", "rule_id"))


def rule_sources(by: User) -> list[str]:
    """Whose rules are in use."""
    access.require(by, "view_knowledge")
    in_use = Release.objects.filter(status=ReleaseStatus.ACTIVE, kind=ReleaseKind.RULES)
    return list(in_use.order_by("source").values_list("source", flat=True))


def rule_sides(by: User) -> list[str]:
    """Every drug and class that a rule may name."""
    access.require(by, "view_knowledge")
    known = library.current()
    return [*sorted(known.catalogue.drugs), *(f"set:{name}" for name in sorted(known.sets))]


def example_case(by: User, a: str, b: str, of_source: str, of_rule: str) -> str:
    """Two drugs for a first case of a change: those named, or members of the classes; empty where nothing is named."""
    access.require(by, "view_knowledge")
    rule = Rule.objects.filter(release__status=ReleaseStatus.ACTIVE, release__source=of_source, rule_id=of_rule).first()
    sides = (rule.a, rule.b) if rule else (a, b)
    known = library.current().sets
    first = [next(iter(sorted(members(side, known))), "") for side in sides]
    other = next((name for name in sorted(members(sides[1], known)) if name != first[0]), "")
    return f"{first[0]} + {other}" if first[0] and other else ""


def local_changes(by: User) -> QuerySet[LocalChange]:
    """The clinic's own rules and grades, the newest first."""
    access.require(by, "view_knowledge")
    return LocalChange.objects.select_related("author", "decided_by").order_by("-id")


def rescreenings(by: User) -> QuerySet[RescreenRun]:
    """What changes of the knowledge in use led to, the newest first; numbers alone."""
    access.require(by, "view_knowledge")
    return RescreenRun.objects.order_by("-id")


def selftests(by: User) -> QuerySet[SelftestRun]:
    """What came of the selftests of this site, the newest first; cases that ship, nobody's data."""
    access.require(by, "view_knowledge")
    return SelftestRun.objects.select_related("by").order_by("-id")


def tested(by: User) -> SelftestRun | None:
    """The newest selftest of exactly what is in use now; None where that has not been tested. Two queries."""
    access.require(by, "view_knowledge")
    return ran.newest_in_use()


def passive_pairs(by: User) -> list[tiers.PassiveLine]:
    """The list of low-value pairs as it holds here, each with its reason and source."""
    access.require(by, "view_knowledge")
    return tiers.passive_list(Release.objects.filter(status=ReleaseStatus.ACTIVE))


def messages(by: User) -> QuerySet[DemoMessage]:
    """Every message of the demo, newest first."""
    access.require(by, "view_outbox")
    return DemoMessage.objects.order_by("-sent_at", "-id")


def audit_entries(by: User, *, patient_id: int | None = None) -> QuerySet[AuditEntry]:
    """The audit trail, newest first, of one patient or of everything."""
    access.require(by, "view_audit")
    found = AuditEntry.objects.order_by("-at", "-id")
    return found if patient_id is None else found.filter(patient_id=patient_id)


def drugs(by: User, text: str, *, limit: int = 10) -> list["library.CatalogueDrug"]:
    """Drugs that a person may have meant, best first."""
    access.require(by, "search_drugs")
    return library.search(text, limit=limit)


def teams(by: User) -> list[tuple[int, str]]:
    """The teams the person works in, for registering a patient."""
    current = Q(until=None) | Q(until__gt=timezone.now())
    return [(member.team_id, member.team.name) for member in by.memberships.filter(current).select_related("team")]
