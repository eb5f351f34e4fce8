"""What one or many patients take, with their signed steps, as the engine's values."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from interactions import current, library
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Action, CrossTaper, Drug, Regimen
from interactions.engine.suspects import Exposure
from medmgmt.record import dosing
from medmgmt.record.models import DosageChange, Patient, Prescription, ReasonCode, Status
from medmgmt.regimen import facts

LONGEST_SWITCH = timedelta(days=56)
"""A switch between antipsychotics may take eight weeks; the engine itself allows antidepressants four."""
LONGEST_WASHOUT_DAYS = 600
"""A drug stopped longer ago than this is left out; the longest washout shipped is 540 days (6-month paliperidone)."""
MG_IN = {"mg": Decimal(1), "g": Decimal(1000), "ug": Decimal("0.001")}
"""Milligrams in one UCUM unit of mass. Tablets and millilitres have no milligrams without a strength."""


ACTS = {"start": "start", "new_dose": "change_dose", "resume": "resume", "hold": "stop", "stop": "stop"}
"""Kind of a change -> what the engine calls it."""

FAR = date(9000, 1, 1)
"""After every day on which anything can be planned."""


@dataclass(frozen=True)
class Course:
    """A prescription and the changes that make up its course."""

    prescription: Prescription
    changes: tuple[DosageChange, ...]

    @property
    def steps(self) -> list[dosing.Step]:
        """The course as the pure dosing room reads it."""
        return [change.step for change in self.changes]


@dataclass(frozen=True)
class Person:
    """What is on record of a patient and the knowledge that every day's regimen is made from; fetched once."""

    record: facts.Record
    knowledge: Knowledge

    @classmethod
    def of(cls, patient: Patient) -> "Person":
        """Four queries."""
        return cls(facts.Record.of(patient), library.current())


@dataclass(frozen=True)
class Compared:
    """The regimens of the same days without and with a change."""

    before: tuple[Regimen, ...]
    after: tuple[Regimen, ...]


def courses(patient_id: int) -> list[Course]:
    """Every signed course of a patient, in two queries' worth of rows fetched by one."""
    signed = DosageChange.objects.filter(patient_id=patient_id, status=Status.SIGNED)
    signed = signed.select_related("prescription", "signed_by")
    return grouped(signed.order_by("prescription_id", "effective_on", "signed_at", "id"))


def grouped(changes: Iterable[DosageChange]) -> list[Course]:
    """Changes put together by prescription, each course in the order given."""
    by_prescription: dict[int, list[DosageChange]] = defaultdict(list)
    for change in changes:
        by_prescription[change.prescription_id].append(change)
    return [Course(found[0].prescription, tuple(found)) for found in by_prescription.values()]


def with_change(known: Sequence[Course], change: DosageChange) -> list[Course]:
    """The courses as they would be with `change` signed."""
    others = [course for course in known if course.prescription.pk != change.prescription_id]
    mine = [course for course in known if course.prescription.pk == change.prescription_id]
    earlier = mine[0].changes if mine else ()
    return [*others, Course(change.prescription, (*earlier, change))]


def days_to_check(known: Sequence[Course], start: date) -> list[date]:
    """`start` and every later day on which anything in the regimen changes, in order."""
    later = {day for course in known for day in dosing.days_of_change(course.steps, start)}
    return sorted({start, *later})


def at(person: Person, known: Sequence[Course], day: date) -> Regimen:
    """What the patient takes on `day`, with what was stopped so recently that it may still act."""
    drugs = [drug for course in known if (drug := taken(course, day, person.knowledge)) is not None]
    tapers = tuple(cross_tapers(known, day))
    return Regimen(
        day=day,
        drugs=tuple(drugs),
        facts=facts.on(person.record, day, person.knowledge, cross_tapers=tapers),
    )


def cross_tapers(known: Sequence[Course], day: date) -> list[CrossTaper]:
    """The documented switch under way on `day`: what was changed with the reason "switch" within its longest time."""
    switched = {
        str(course.prescription.pk): change.effective_on
        for course in known
        for change in sorted(course.changes, key=lambda one: one.effective_on, reverse=True)
        if change.reason_code == ReasonCode.CROSS_TAPER and abs(day - change.effective_on) <= LONGEST_SWITCH
    }
    return [CrossTaper(refs=frozenset(switched), since=min(switched.values()))] if len(switched) > 1 else []


def taken(course: Course, day: date, knowledge: Knowledge) -> Drug | None:
    """The course on `day` as an engine drug; None if it was never taken by then or is long over."""
    steps = course.steps
    last = dosing.last_dose_on(steps, day)
    if last is None or day - last > timedelta(days=LONGEST_WASHOUT_DAYS):
        return None
    dose = dosing.dose_on(last, steps)
    entry = catalogue_entry(course.prescription, knowledge)
    return Drug(
        ref=str(course.prescription.pk),
        name=course.prescription.drug_name,
        key=entry.key if entry else None,
        rxcui=course.prescription.rxcui or (entry.rxcui if entry else None),
        route=dose.sig.route if dose.sig else "",
        form=course.prescription.form,
        mg_per_day=milligrams(dose.sig),
        started_on=dosing.taken_since(steps, last),
        stopped_on=None if last == day else last,
        mg_per_dose=dose.sig.amount * MG_IN[dose.sig.unit] if dose.sig and dose.sig.unit in MG_IN else None,
        changed_on=dose.since,
    )


def catalogue_entry(prescription: Prescription, knowledge: Knowledge) -> "library.CatalogueDrug | None":
    """The drug in the active knowledge, by RxNorm ingredient, else by name; None where no release knows it."""
    return library.resolve(name=prescription.drug_name, rxcui=prescription.rxcui, among=knowledge)


def milligrams(sig: dosing.Sig | None) -> Decimal | None:
    """Milligrams a day on average; None where the unit is no mass."""
    return sig.amount_per_day * MG_IN[sig.unit] if sig and sig.unit in MG_IN else None


def on_day(patient: Patient, day: date) -> Regimen:
    """The signed regimen of a patient on any day."""
    return at(Person.of(patient), courses(patient.pk), day)


def compared(patient: Patient, change: DosageChange) -> Compared:
    """One regimen for the day of the change and for each later day on which anything changes, without and with it."""
    person, known = Person.of(patient), courses(patient.pk)
    planned = with_change(known, change)
    days = days_to_check(planned, change.effective_on)
    without = tuple(at(person, known, day) for day in days)
    act = action(known, change)
    return Compared(before=without, after=tuple(replace(at(person, planned, day), action=act) for day in days))


def action(known: Sequence[Course], change: DosageChange) -> Action:
    """What the change does and to what; a lower dose brings nothing new."""
    ref = str(change.prescription_id)
    before = next((course for course in known if course.prescription.pk == change.prescription_id), None)
    if change.kind == "new_dose" and before is not None:
        earlier = dosing.dose_on(change.effective_on, before.steps).sig
        later = change.sig
        if earlier and later and earlier.unit == later.unit and later.amount_per_day <= earlier.amount_per_day:
            return Action("change_dose")
    return Action(ACTS[change.kind], frozenset({ref}))


def exposures(patient: Patient, began_on: date) -> list[Exposure]:
    """What was taken on the day a side effect began."""
    knowledge = library.current()
    found = []
    for course in courses(patient.pk):
        drug = taken(course, began_on, knowledge)
        if drug is not None and drug.stopped_on is None:
            since = drug.started_on or began_on
            raised = dosing.raised_on(course.steps, began_on)
            found.append(Exposure(ref=drug.ref, name=drug.name, key=drug.key, since=since, dose_raised_on=raised))
    return found


def in_force(course: Course, day: date) -> tuple[int | None, dosing.Sig | None]:
    """The change in force on `day` and its sig; for a medicine stopped by then, those of its last day."""
    last = dosing.last_dose_on(course.steps, day)
    if last is None:
        return None, None
    dose = dosing.dose_on(last, course.steps)
    return dose.ref, dose.sig


def signed_steps(prescription: Prescription) -> list[dosing.Step]:
    """The signed course of one prescription."""
    return [change.step for change in prescription.changes.filter(status=Status.SIGNED)]


def people(patients: Sequence[Patient], knowledge: Knowledge) -> list[Person]:
    """What is on record of each, in the order given."""
    return [Person(record, knowledge) for record in facts.Record.of_many(patients)]


def courses_of(patient_ids: Collection[int]) -> dict[int, list[Course]]:
    """Every signed course of each of these patients, by patient; one query, however many there are."""
    signed = DosageChange.objects.filter(patient_id__in=patient_ids, status=Status.SIGNED)
    found: dict[int, list[Course]] = {patient_id: [] for patient_id in patient_ids}
    in_order = signed.select_related("prescription").order_by("prescription_id", "effective_on", "signed_at", "id")
    for course in grouped(in_order):
        found[course.prescription.patient_id].append(course)
    return found


def planned(person: Person, known: Sequence[Course], start: date) -> list[Regimen]:
    """One regimen for `start` and each later day on which anything changes."""
    return [at(person, known, day) for day in days_to_check(known, start)]


def keep_current(patient_ids: Collection[int]) -> int:
    """Tells the knowledge what these patients take, so that it finds them when it changes; how many prescriptions."""
    known = courses_of(patient_ids)
    return current.keep([_laid_out(course) for courses in known.values() for course in courses])


def _laid_out(course: Course) -> current.Course:
    steps, prescription = course.steps, course.prescription
    until = None
    if dosing.dose_on(FAR, steps).state == "stopped":
        last = dosing.last_dose_on(steps, FAR) or course.changes[0].effective_on
        until = last + timedelta(days=LONGEST_WASHOUT_DAYS)
    return current.Course(
        patient_id=prescription.patient_id,
        prescription_id=prescription.pk,
        name=prescription.drug_name,
        rxcui=prescription.rxcui,
        until=until,
    )


def patients_not_laid_out(most: int) -> list[int]:
    """Some of the patients with a signed prescription that the knowledge has not been told of; one query."""
    signed = DosageChange.objects.filter(status=Status.SIGNED, prescription__laid_out=None)
    return list(signed.order_by("patient_id").values_list("patient_id", flat=True).distinct()[:most])
