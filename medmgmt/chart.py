"""The patient's chart, gathered for reading; every function opens it through the one door, which audits the look."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from interactions import library, releases
from interactions import review as reviews
from interactions.engine.knowledge import Knowledge
from interactions.models import Release, Review
from medmgmt import adherence, asking, authorised, cosignatures, limits, regimens, supplies
from medmgmt.problem_cards import FindingCard, ProblemCard, cards, gathered
from medmgmt.record import access, dosing
from medmgmt.record.errors import NoSuchThing
from medmgmt.record.models import (
    Allergy,
    Condition,
    DosageChange,
    Encounter,
    Enrolment,
    Observation,
    Patient,
    Prescription,
    SideEffectReport,
    Status,
    Suspect,
    User,
)
from refills import worklist
from refills.errors import NoSuchTask
from refills.models import LIVE, Dispense, Reminder, ReminderItem, ReminderState, SupplyLimit, Task, TaskComment

RECENT, VISITS = 30, 5
"""How many observations and fills, and how many visits a chart shows; the rest is a page further."""


@dataclass(frozen=True)
class Medication:
    """One medicine on a day: what the drug is, exactly what was ordered, since when, what comes next."""

    prescription: Prescription
    dose: dosing.Dose
    line: str
    since: date | None
    last_change: DosageChange | None
    course: list[DosageChange]
    next_changes: list[DosageChange]
    runs_out_on: date | None
    mapped: bool
    regularity: adherence.Adherence | None = None
    limit: SupplyLimit | None = None

    @property
    def state(self) -> str:
        """not_started, taking, held or stopped."""
        return self.dose.state

    @property
    def last_line(self) -> str:
        """The last regimen in words, also where nothing is taken now."""
        sigs = [change.sig for change in self.course if change.sig]
        return self.line or (sigs[-1].text() if sigs else "")


@dataclass(frozen=True)
class Chart:
    """Everything the chart page shows, as of `day`."""

    patient: Patient
    day: date
    today: date
    age: int
    facts: dict[str, Observation]
    enrolments: list[Enrolment]
    team_names: list[str]
    allergies: list[Allergy]
    conditions: list[Condition]
    medications: list[Medication]
    past: list[Medication]
    proposals: list[DosageChange]
    standing: list[FindingCard]
    not_checked: list[dict[str, Any]]
    side_effects: list[SideEffectReport]
    observations: list[Observation]
    dispenses: list[Dispense]
    tasks: list[Task]
    reviewed: Review | None = None
    encounters: list[Encounter] = field(default_factory=list)


def chart(by: User, patient_id: int, *, day: date | None = None) -> Chart:
    """The chart with the doses of any day (today if none is given); a fixed number of queries whatever it holds."""
    patient = access.patient_for(by, "view_chart", patient_id)
    today = patient.today(timezone.now())
    shown = day or today
    medications = medications_on(patient, shown)
    last = reviews.latest_of_patient(patient.pk)
    observations = list(Observation.current(patient.pk))
    assignments = patient.assignments.filter(until=None).select_related("team")
    return Chart(
        patient=patient,
        day=shown,
        today=today,
        age=patient.age_on(shown),
        facts=latest_by_code(observations),
        enrolments=list(patient.enrolments.order_by("-starts_on")),
        team_names=[assignment.team.name for assignment in assignments],
        allergies=list(patient.allergies.filter(refuted_on=None)),
        conditions=list(patient.conditions.filter(abated_on=None)),
        medications=[one for one in medications if one.state in ("taking", "held") or planned(one, shown)],
        past=[one for one in medications if one.state == "stopped" and not planned(one, shown)],
        proposals=list(proposals_of(patient)),
        standing=standing_cards(patient.pk, last),
        not_checked=list(last.not_checked) if last else [],
        side_effects=list(side_effects_of(patient)),
        observations=observations[:RECENT],
        dispenses=list(patient.dispenses.select_related("prescription").order_by("-dispensed_on", "-id")[:RECENT]),
        tasks=list(patient.tasks.filter(state__in=LIVE).select_related("assignee", "claimed_by")),
        reviewed=last,
        encounters=list(Encounter.objects.filter(patient=patient).select_related("by")[:VISITS]),
    )


def planned(medication: Medication, day: date) -> bool:
    """Whether the medicine is going to be taken after `day`, though it is not now."""
    steps = [change.step for change in medication.course]
    return any(dosing.dose_on(later, steps).is_taken for later in dosing.days_of_change(steps, day))


def latest_by_code(observations: Sequence[Observation]) -> dict[str, Observation]:
    """The newest observation of each code."""
    newest: dict[str, Observation] = {}
    for observation in observations:
        newest.setdefault(observation.code, observation)
    return newest


def proposals_of(patient: Patient) -> QuerySet[DosageChange]:
    """What waits for a signature."""
    open_ones = patient.dosage_changes.filter(status=Status.PROPOSED)
    return open_ones.select_related("prescription", "author").order_by("effective_on", "id")


def side_effects_of(patient: Patient) -> QuerySet[SideEffectReport]:
    """The newest version of each report, with its suspects ready."""
    suspects = Suspect.objects.select_related("prescription").order_by("rank")
    newest = SideEffectReport.current(patient.pk).select_related("reporter")
    return newest.prefetch_related(Prefetch("suspects", queryset=suspects)).order_by("-began_on", "-id")


def medications_on(patient: Patient, day: date) -> list[Medication]:
    """Every medicine with a signed course, those taken on `day` first; six queries."""
    courses, knowledge = regimens.courses(patient.pk), library.current()
    rows, limited = adherence.rows_of([patient.pk]), limits.of_patient([patient.pk])
    found = [medication(course, day, rows, knowledge, limited) for course in courses]
    order = {"taking": 0, "held": 1, "not_started": 2, "stopped": 3}
    return sorted(found, key=lambda one: (order[one.state], one.prescription.drug_name.lower(), one.prescription.pk))


def medication(
    course: regimens.Course,
    day: date,
    rows: adherence.Rows,
    knowledge: Knowledge,
    limited: Iterable[SupplyLimit] = (),
) -> Medication:
    """One course as it stands on `day`."""
    steps, prescription = course.steps, course.prescription
    dose = dosing.dose_on(day, steps)
    by_id = {change.pk: change for change in course.changes}
    wanted = dose.state in ("taking", "held")
    recorded, counts = rows.dispenses.get(prescription.pk, ()), rows.counts.get(prescription.pk, ())
    begun = dosing.last_dose_on(steps, day) is not None
    scopes = supplies.scopes_of(prescription, knowledge) if begun else frozenset()
    return Medication(
        prescription=prescription,
        dose=dose,
        line=dose.sig.text() if dose.sig else "",
        since=dosing.taken_since(steps, day) or dose.since,
        last_change=by_id.get(dose.ref) if dose.ref else None,
        course=list(course.changes),
        next_changes=[change for change in course.changes if change.effective_on > day],
        runs_out_on=supplies.run_out_on(prescription, recorded, steps, counts) if wanted else None,
        mapped=regimens.catalogue_entry(prescription, knowledge) is not None,
        regularity=adherence.of_course(course, rows, day, scopes) if begun else None,
        limit=limits.in_force(limited, prescription.pk, day),
    )


def standing_cards(patient_id: int, last: Review | None) -> list[FindingCard]:
    """What the newest review of the signed regimen found, graded findings only."""
    if last is None:
        return []
    return [card for card in cards(last.findings.all(), patient_id) if card.finding.severity not in reviews.FOLDED]


@dataclass(frozen=True)
class ProposalPage:
    """A proposal and everything its author must see before signing."""

    patient: Patient
    change: DosageChange
    medication_line_before: str
    medication_line_after: str
    review: Review
    new: list[FindingCard]
    standing: list[FindingCard]
    folded: list[FindingCard]
    not_checked: list[dict[str, Any]]
    coverage: list[dict[str, Any]]
    scope: str
    releases: list[Release]
    unanswered: int
    """How many cards wait for an answer; one answers all findings of a card."""
    can_sign: bool
    can_answer: bool
    can_order: bool = False
    cosignature: cosignatures.Standing = field(default_factory=cosignatures.Standing)
    """Which contraindicated findings need a second person, and who has said what."""
    problems: list[ProblemCard] = field(default_factory=list)
    """What is to be shown of them as one: the loud ones, new and standing, one card a clinical problem."""
    tasks: list[Task] = field(default_factory=list)


def proposal(by: User, change_id: int) -> ProposalPage:
    """The newest review of a proposal, new findings apart from standing ones, minor and ungraded ones folded."""
    change = DosageChange.objects.filter(pk=change_id).select_related("prescription", "author", "signed_by").first()
    patient = access.patient_for(by, "view_chart", change.patient_id if change else 0)
    assert change is not None
    review = reviews.latest(change_id)
    if review is None:
        raise NoSuchThing()
    shown = cards(review.findings.all(), patient.pk)
    loud = [card for card in shown if card.finding.severity not in reviews.FOLDED]
    waiting = change.status == Status.PROPOSED
    problems = gathered(loud, patient)
    unanswered = sum(card.needs_answer for card in problems)
    second = cosignatures.shown_to(by, change, [card.finding for card in shown])
    before = change.old_sig_value
    return ProposalPage(
        patient=patient,
        change=change,
        medication_line_before=before.text() if before else "",
        medication_line_after=change.sig.text() if change.sig else "",
        review=review,
        new=[card for card in loud if card.finding.is_new],
        standing=[card for card in loud if not card.finding.is_new],
        folded=[card for card in shown if card.finding.severity in reviews.FOLDED],
        not_checked=list(review.not_checked),
        coverage=list(review.coverage),
        scope=review.scope,
        releases=list(review.releases.all()),
        unanswered=unanswered,
        can_sign=waiting and not unanswered and not second.missing and access.may(by, "sign"),
        can_answer=waiting and access.may(by, "answer_finding"),
        can_order=change.status != Status.WITHDRAWN and access.may(by, "order_monitoring"),
        cosignature=second,
        problems=problems,
        tasks=list(patient.tasks.filter(source_type="dosage_change", source_id=str(change.pk))),
    )


@dataclass(frozen=True)
class CoursePage:
    """The dose history of one prescription."""

    patient: Patient
    medication: Medication
    changes: list[DosageChange]
    dispenses: list[Dispense]
    early: list[tuple[str, int]]
    due_from: date | None


def course(by: User, prescription_id: int, *, day: date | None = None) -> CoursePage:
    """Everything that was ever proposed, signed or withdrawn for one prescription."""
    prescription = Prescription.objects.filter(pk=prescription_id).first()
    patient = access.patient_for(by, "view_chart", prescription.patient_id if prescription else 0)
    assert prescription is not None
    changes = list(prescription.changes.select_related("author", "signed_by", "withdrawn_by"))
    signed = tuple(change for change in changes if change.status == Status.SIGNED)
    rows = adherence.rows_of([patient.pk])
    fills = list(rows.dispenses.get(prescription.pk, ()))
    shown_on = day or patient.today(timezone.now())
    limited = limits.of_patient([patient.pk])
    shown = medication(regimens.Course(prescription, signed), shown_on, rows, library.current(), limited)
    today = patient.today(timezone.now())
    early = authorised.early_counts(prescription.pk, today)
    return CoursePage(
        patient, shown, changes, fills, early, authorised.due_from(prescription, fills, shown.runs_out_on)
    )


@dataclass(frozen=True)
class SideEffectPage:
    """One report with its suspects, its earlier versions and the tasks it opened."""

    patient: Patient
    report: SideEffectReport
    suspects: list[Suspect]
    versions: list[SideEffectReport]
    tasks: list[Task]


def side_effect(by: User, report_id: int) -> SideEffectPage:
    """A report for staff, or for the patient it is about."""
    report = SideEffectReport.objects.filter(pk=report_id).select_related("reporter").first()
    act = "view_own" if by.patient_id else "view_chart"
    patient = access.patient_for(by, act, report.patient_id if report else 0)
    assert report is not None
    suspects = report.suspects.select_related("prescription", "change").order_by("rank")
    tasks = patient.tasks.filter(source_type="side_effect", source_id=str(report.pk)).select_related("assignee")
    return SideEffectPage(patient, report, list(suspects), versions_of(report), list(tasks))


def versions_of(report: SideEffectReport) -> list[SideEffectReport]:
    """Every version of a report, oldest first."""
    found = [report]
    while found[0].corrects is not None:
        found.insert(0, found[0].corrects)
    later = SideEffectReport.objects.filter(corrects=found[-1]).first()
    while later is not None:
        found.append(later)
        later = SideEffectReport.objects.filter(corrects=later).first()
    return found


def task(by: User, task_id: int) -> Task:
    """One task with its detail: of a patient in the person's care, or without a patient and waiting for them."""
    access.require(by, "work_tasks")
    people = ("assignee", "claimed_by", "closed_by", "stand_in")
    found = Task.objects.select_related("patient", *people).filter(pk=task_id).first()
    if found is None or (found.patient_id is None and not waits_for(found, by)):
        raise NoSuchTask(task_id)
    if found.patient_id is not None:
        access.patient_for(by, "view_chart", found.patient_id)
    return found


def put_off_until(task: Task) -> datetime | None:
    """How far a live task may be put off now; None where it may not."""
    return worklist.put_off_until(task, timezone.now()) if task.is_live else None


def comments(by: User, task_id: int) -> list[TaskComment]:
    """What was written under a task that the person may see, the first first."""
    return list(task(by, task_id).comments.select_related("author"))


def waits_for(task: Task, by: User) -> bool:
    """Whether the task is the person's own, or their role's."""
    people = (task.assignee_id, task.claimed_by_id, task.closed_by_id, task.stand_in_id)
    return by.pk in people or by.role in (task.role, task.raised_to, task.stand_in_role)


@dataclass(frozen=True)
class Portal:
    """What a patient sees of themselves."""

    patient: Patient
    medicines: list[Medication]
    next_refills: list[tuple[Medication, Reminder | None]]
    side_effects: list[SideEffectReport]
    asked: Mapping[int, asking.Asked]


def portal(by: User) -> Portal:
    """The signed-in patient's medicines, refills and reports."""
    patient = access.patient_for(by, "view_own", by.patient_id or 0)
    today = patient.today(timezone.now())
    medicines = [one for one in medications_on(patient, today) if one.state in ("taking", "held")]
    waiting = ReminderItem.objects.filter(
        reminder__patient=patient, reminder__state=ReminderState.PLANNED, reminder__caregiver=None
    ).order_by("-reminder__due_at")
    next_by_prescription = {item.prescription_id: item.reminder for item in waiting.select_related("reminder")}
    return Portal(
        patient=patient,
        medicines=medicines,
        next_refills=[(one, next_by_prescription.get(one.prescription.pk)) for one in medicines if one.runs_out_on],
        side_effects=list(side_effects_of(patient)),
        asked=asking.asked_by(patient, [one.prescription.pk for one in medicines]),
    )


def active_releases() -> list[Release]:
    """The releases that a review would use now."""
    return releases.active()
