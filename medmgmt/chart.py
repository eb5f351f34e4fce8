"""The patient's chart, gathered for reading; every function opens it through the one door, which audits the look."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from interactions import library
from interactions import review as reviews
from interactions.engine.knowledge import Knowledge
from interactions.models import Finding, Moment, Review
from medmgmt import allergies as medmgmt_allergies
from medmgmt import amendments as medmgmt_amendments
from medmgmt import side_effects as medmgmt_side_effects
from medmgmt.record import access, dosing, part2
from medmgmt.record.models import (
    Condition,
    DosageChange,
    Encounter,
    Enrolment,
    ImportRemark,
    Observation,
    Patient,
    Prescription,
    RemarkKind,
    Role,
    SideEffectReport,
    Status,
    User,
)
from medmgmt.regimen import courses as regimen_courses
from medmgmt.regimen import scopes as regimen_scopes
from medmgmt.regimen.as_of import AsOf
from medmgmt.review.cards import FindingCard, cards
from medmgmt.supply import adherence, authorisations, limits, reads, stock
from refills.models import Dispense, Reminder, ReminderItem, ReminderState, SupplyLimit, Task

RECENT, VISITS = 30, 5
"""How many observations and fills, and how many visits a chart shows; the rest is a page further."""
SHOWN = (*regimen_courses.SUPPLY, regimen_courses.REPORTS)
"""The parts of a course that a chart tells."""


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
    def is_alongside(self) -> bool:
        """Whether it was ordered as meant beside another line of the same drug."""
        return any(change.alongside for change in self.course)

    @property
    def words_beside(self) -> str:
        """What was written beside the dose, where its line does not say it already."""
        words = self.dose.sig.words if self.dose.sig else ""
        return "" if words in self.line else words

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
    allergies: medmgmt_allergies.AllergyList
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
    remarks: list[ImportRemark] = field(default_factory=list)
    hides: part2.Mask = field(default_factory=part2.Mask)
    """What of it this person may not see."""
    amendments: medmgmt_amendments.Marks = field(default_factory=medmgmt_amendments.Marks)
    """What the patient asked to have amended, beside what it is about."""

    @property
    def left_out(self) -> list[ImportRemark]:
        """What was not taken over from another record."""
        return [one for one in self.remarks if one.kind == RemarkKind.LEFT_OUT]

    @property
    def unclear(self) -> list[ImportRemark]:
        """What was, and has to be read again."""
        return [one for one in self.remarks if one.kind == RemarkKind.UNCLEAR]


@dataclass(frozen=True)
class CoursePage:
    """The dose history of one prescription."""

    patient: Patient
    medication: Medication
    changes: list[DosageChange]
    dispenses: list[Dispense]
    early: list[tuple[str, int]]
    due_from: date | None


@dataclass(frozen=True)
class Portal:
    """What a patient sees of themselves."""

    patient: Patient
    medicines: list[Medication]
    next_refills: list[tuple[Medication, Reminder | None]]
    side_effects: list[SideEffectReport]
    asked: Mapping[int, reads.OwnRequest]


def chart(by: User, patient_id: int, *, day: date | None = None) -> Chart:
    """The chart with the doses of any day (today if none is given); a fixed number of queries whatever it holds."""
    patient = access.patient_for(by, "view_chart", patient_id)
    today = patient.today(timezone.now())
    at = AsOf(patient, day or today, today)
    hides = part2.mask(by, patient.pk)
    known = [at.course(one) for one in regimen_courses.of_patient(patient.pk, *SHOWN)]
    medications = medications_on(patient, at.day, [one for one in known if not hides.hides(one.prescription.pk)])
    held = library.loaded()
    person = at.person(held.knowledge)
    record, findings = person.record, standing(at, known, person, held, hides)
    observations = hides.seen(record.observations)
    return Chart(
        patient=patient,
        day=at.day,
        today=today,
        age=patient.age_on(at.day),
        facts=latest_by_code(observations),
        enrolments=at.enrolments(),
        team_names=[assignment.team.name for assignment in at.assignments()],
        allergies=medmgmt_allergies.listed(record.allergies),
        conditions=hides.seen(record.conditions),
        medications=[one for one in medications if one.state in ("taking", "held") or planned(one, at.day)],
        past=[one for one in medications if one.state == "stopped" and not planned(one, at.day)],
        proposals=hides.of_prescriptions(at.proposals()),
        standing=findings.cards,
        not_checked=hides.not_checked(findings.review.not_checked) if findings.review else [],
        side_effects=at.side_effects(medmgmt_side_effects.side_effects_of(patient, hides)),
        observations=observations[:RECENT],
        dispenses=list(reads.with_voidings(at.dispenses().exclude(prescription__in=hides.hidden))[:RECENT]),
        tasks=list(at.tasks().exclude(part2.hidden_tasks(by, [patient.pk]))),
        reviewed=findings.review,
        encounters=list(at.encounters().exclude(pk__in=hides.of(Encounter))[:VISITS]),
        remarks=list(at.remarks()),
        hides=hides,
        amendments=medmgmt_amendments.marks(patient, hides, at.end),
    )


@dataclass(frozen=True)
class Standing:
    """What a review of one day's regimen found, and that review; None where there is none."""

    review: Review | None
    cards: list[FindingCard]


def standing(
    at: AsOf,
    known: Sequence[regimen_courses.Course],
    person: regimen_courses.Person,
    held: library.Loaded,
    hides: part2.Mask,
) -> Standing:
    """What is found now in what is taken on the day and planned from then on; today each finding is the one that was
    kept of it, where one was."""
    last = reviews.latest_of_patient(at.patient.pk) if at.day == at.today else None
    if last is None and not any(course.changes for course in known):
        return Standing(None, [])
    regimens = [regimen_courses.at(person, known, at.day)]
    if at.day == at.today:
        regimens = regimen_courses.planned(person, known, at.day)
    made = reviews.draft(
        held, reviews.keys(regimens, held.knowledge), regimens,
        patient_id=at.patient.pk, change_id=None, by_id=None, moment=Moment.SCREEN,
    )  # fmt: skip
    kept = {one.key: one for one in last.findings.all()} if last else {}
    return Standing(made.review, loud([as_kept(one, kept.get(one.key)) for one in made.findings], at, hides))


def as_kept(found: Finding, kept: Finding | None) -> Finding:
    """What is found today with the number that it was kept under, and whether it was new then."""
    if kept is not None:
        found.pk, found.is_new, found.is_interruptive = kept.pk, kept.is_new, kept.is_interruptive
    return found


def loud(findings: Sequence[Finding], at: AsOf, hides: part2.Mask) -> list[FindingCard]:
    """Graded findings only, each with the answer that speaks for it, if it was given by then."""
    graded = cards((one for one in findings if one.severity not in reviews.FOLDED), at.patient.pk, hides)
    if not at.is_past:
        return graded
    return [replace(one, answer=one.answer if one.answer and at.was_by_then(one.answer.at) else None) for one in graded]


def remarks(by: User, patient_id: int) -> QuerySet[ImportRemark]:
    """What another record said and could not be taken over as it stood, until somebody has read it."""
    return ImportRemark.objects.filter(patient=access.patient_for(by, "view_chart", patient_id), dismissed_at=None)


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


def medications_on(patient: Patient, day: date, known: Sequence[regimen_courses.Course]) -> list[Medication]:
    """Every medicine with a signed course, those taken on `day` first; three queries."""
    knowledge, limited = library.current(), limits.of_patient([patient.pk])
    found = [medication(course, day, knowledge, limited) for course in known if course.changes]
    order = {"taking": 0, "held": 1, "not_started": 2, "stopped": 3}
    return sorted(found, key=lambda one: (order[one.state], one.prescription.drug_name.lower(), one.prescription.pk))


def medication(
    course: regimen_courses.Course, day: date, knowledge: Knowledge, limited: Iterable[SupplyLimit] = ()
) -> Medication:
    """One course as it stands on `day`."""
    steps, prescription = course.steps, course.prescription
    dose = dosing.dose_on(day, steps)
    by_id = {change.pk: change for change in course.changes}
    wanted = dose.state in ("taking", "held")
    begun = dosing.last_dose_on(steps, day) is not None
    scopes = regimen_scopes.scopes_of(prescription, knowledge) if begun else frozenset()
    return Medication(
        prescription=prescription,
        dose=dose,
        line=dose.sig.text() if dose.sig else "",
        since=dosing.taken_since(steps, day) or dose.since,
        last_change=by_id.get(dose.ref) if dose.ref else None,
        course=list(course.changes),
        next_changes=[change for change in course.changes if change.effective_on > day],
        runs_out_on=stock.run_out_on(course) if wanted else None,
        mapped=regimen_courses.catalogue_entry(prescription, knowledge) is not None,
        regularity=adherence.of_course(knowledge.formulary.care, course, day, scopes) if begun else None,
        limit=limits.in_force(limited, prescription.pk, day),
    )


def course(by: User, prescription_id: int, *, day: date | None = None) -> CoursePage:
    """Everything that was ever proposed, signed or withdrawn for one prescription."""
    prescription = Prescription.objects.filter(pk=prescription_id).first()
    patient = access.patient_for(by, "view_chart", prescription.patient_id if prescription else 0)
    assert prescription is not None
    access.require_open(by, patient, prescription)
    changes = list(prescription.changes.select_related("author", "signed_by", "withdrawn_by"))
    signed = tuple(change for change in changes if change.status == Status.SIGNED)
    one, knowledge = regimen_courses.gathered(prescription, signed, *SHOWN), library.current()
    today = patient.today(timezone.now())
    shown = medication(one, day or today, knowledge, limits.of_patient([patient.pk]))
    early = authorisations.early_counts(prescription.pk, today)
    scopes = regimen_scopes.scopes_of(prescription, knowledge)
    first = authorisations.earliest(one, shown.runs_out_on, scopes)
    return CoursePage(patient, shown, changes, list(one.fills), early, first.on if first else None)


def portal(by: User) -> Portal:
    """The signed-in patient's medicines, refills and reports."""
    patient = access.patient_for(by, "view_own", by.patient_id or 0)
    today = patient.today(timezone.now())
    known = regimen_courses.of_patient(patient.pk, *SHOWN)
    medicines = [one for one in medications_on(patient, today, known) if one.state in ("taking", "held")]
    waiting = ReminderItem.objects.filter(
        reminder__patient=patient, reminder__state=ReminderState.PLANNED, reminder__caregiver=None
    ).order_by("-reminder__due_at")
    next_by_prescription = {item.prescription_id: item.reminder for item in waiting.select_related("reminder")}
    return Portal(
        patient=patient,
        medicines=medicines,
        next_refills=[(one, next_by_prescription.get(one.prescription.pk)) for one in medicines if one.runs_out_on],
        side_effects=list(medmgmt_side_effects.side_effects_of(patient, part2.Mask())),
        asked=reads.asked_by(patient, [one.prescription.pk for one in medicines]),
    )


def prescriptions(by: User) -> QuerySet[Prescription]:
    """Prescriptions of the person's patients; a patient sees those of which anything was signed."""
    found = Prescription.objects.filter(part2.listed(by), patient_id__in=access.own_or_cared_for(by))
    if by.role == Role.PATIENT:
        signed = DosageChange.objects.filter(prescription=OuterRef("pk"), status=Status.SIGNED)
        found = found.filter(Exists(signed))
    return found.order_by("id")


def changes(by: User) -> QuerySet[DosageChange]:
    """Dosage changes, proposed, signed and withdrawn, of the person's patients; a patient sees the signed ones."""
    found = DosageChange.objects.filter(part2.listed(by, "prescription__"), patient_id__in=access.own_or_cared_for(by))
    if by.role == Role.PATIENT:
        found = found.filter(status=Status.SIGNED)
    return found.select_related("prescription", "author", "signed_by").order_by("-effective_on", "-id")
