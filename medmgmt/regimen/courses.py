"""What one or many patients take, each course loaded once as one value, and as the engine reads it."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from interactions import current, library
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Action, CrossTaper, Dose, Drug, Regimen
from interactions.engine.suspects import Exposure
from medmgmt.record import dosing, part2, strengths
from medmgmt.record.models import DosageChange, Observation, Patient, Prescription, ReasonCode, Status
from medmgmt.regimen import facts
from refills.models import AdherenceReport, Authorisation, Dispense, PillCount

LONGEST_SWITCH = timedelta(days=56)
"""A switch between antipsychotics may take eight weeks; the engine itself allows antidepressants four."""
LONGEST_WASHOUT_DAYS = 600
"""A drug stopped longer ago than this is left out; the longest washout shipped is 540 days (6-month paliperidone)."""


ACTS = {"start": "start", "new_dose": "change_dose", "resume": "resume", "hold": "stop", "stop": "stop"}
"""Kind of a change -> what the engine calls it."""

ON_THE_SURFACE = ("TOP", "OPH", "OTIC", "PV")
"""Routes whose doses no limit in milligrams is meant for."""
FAR = date(9000, 1, 1)
"""After every day on which anything can be planned."""


FILLS, COUNTS, REPORTS, AUTHORISATIONS = "fills", "counts", "reports", "authorisations"
"""The parts that are loaded with a course where they are asked for, one query each."""
SUPPLY = (FILLS, COUNTS)
"""What says how long a supply lasts."""
EVERYTHING = (*SUPPLY, REPORTS, AUTHORISATIONS)


@dataclass(frozen=True)
class Course:
    """A prescription and the signed changes that make up its course; of the rest what was asked for, in order of time,
    but what the patient said the newest first."""

    prescription: Prescription
    changes: tuple[DosageChange, ...]
    fills: tuple[Dispense, ...] = ()
    counts: tuple[PillCount, ...] = ()
    reports: tuple[AdherenceReport, ...] = ()
    authorisations: tuple[Authorisation, ...] = ()

    @cached_property
    def steps(self) -> tuple[dosing.Step, ...]:
        """The course as the pure dosing room reads it."""
        return tuple(change.step for change in self.changes)

    @cached_property
    def doses(self) -> tuple[Dose, ...]:
        """Every dose in milligrams a day, in order of time; what is taken as needed has none that is known."""
        found: list[Dose] = []
        for day in dosing.days_of_change(self.steps, date.min):
            sig = dosing.dose_on(day, self.steps).sig
            found.append(Dose(day, _a_day(self, sig) if sig else Decimal(0)))
        return tuple(found)

    def with_change(self, change: DosageChange) -> "Course":
        """The course as it would be with this change signed."""
        return replace(self, changes=(*self.changes, change))

    def with_fill(self, made: Dispense) -> "Course":
        """The course with a new fill."""
        return replace(self, fills=tuple(sorted((*self.fills, made), key=lambda one: (one.dispensed_on, one.pk))))


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
class Known:
    """One patient's courses with what is on record of the person and the knowledge in use; fetched once, and handed on
    by whoever has it."""

    person: Person
    courses: Sequence[Course]

    @classmethod
    def whole(cls, patient: Patient, *parts: str, beside: Prescription | None = None) -> "Known":
        """What a review is made from: four queries beside those of the courses."""
        return cls(Person.of(patient), of_patient(patient.pk, *parts, beside=beside))

    @classmethod
    def measured(cls, patient: Patient, *parts: str, beside: Prescription | None = None) -> "Known":
        """What falls due is told from: of the record the observations alone; two queries beside the courses."""
        record = facts.Record(patient, tuple(Observation.current(patient.pk)))
        person = Person(record, library.current())
        return cls(person, of_patient(patient.pk, *parts, beside=beside))

    def with_more(self, **added: Iterable[Any]) -> "Known":
        """The same with what was just put on record: observations, conditions, allergies."""
        record = self.person.record
        grown: dict[str, Any] = {name: (*getattr(record, name), *rows) for name, rows in added.items()}
        return replace(self, person=replace(self.person, record=replace(record, **grown)))

    def without_observation(self, old: Observation) -> "Known":
        """The same without what was wrong."""
        record = self.person.record
        left = tuple(one for one in record.observations if one.pk != old.pk)
        return replace(self, person=replace(self.person, record=replace(record, observations=left)))

    def seen_through(self, hides: part2.Mask) -> "Known":
        """The same without what is hidden."""
        record = self.person.record
        seen, held = tuple(hides.seen(record.observations)), tuple(hides.seen(record.conditions))
        person = replace(self.person, record=replace(record, observations=seen, conditions=held))
        return Known(person, [one for one in self.courses if not hides.hides(one.prescription.pk)])

    def last_value(self, code: str) -> Decimal | None:
        """The newest number of this code; None where there is none."""
        mine = [one for one in self.person.record.observations if one.code == code and one.value is not None]
        return max(mine, key=lambda one: (one.observed_at, one.pk)).value if mine else None

    def course(self, prescription_id: int) -> Course:
        """The course of one prescription among them."""
        return next(one for one in self.courses if one.prescription.pk == prescription_id)

    def with_course(self, course: Course) -> "Known":
        """The same with a course as it has become."""
        rest = [one for one in self.courses if one.prescription.pk != course.prescription.pk]
        return replace(self, courses=sorted([*rest, course], key=lambda one: one.prescription.pk))


@dataclass(frozen=True)
class Compared:
    """The regimens of the same days without and with a change."""

    before: tuple[Regimen, ...]
    after: tuple[Regimen, ...]


def of_patient(patient_id: int, *parts: str, beside: Prescription | None = None) -> list[Course]:
    """Every signed course of a patient, and that of `beside` where nothing of it was signed yet; one query, and one for
    each part asked for."""
    signed = _by_prescription(_signed(patient_id=patient_id).select_related("signed_by"))
    rest = _rest(parts, patient_id=patient_id)
    prescriptions = {pk: changes[0].prescription for pk, changes in signed.items()}
    prescriptions |= {beside.pk: beside} if beside else {}
    return [_put_together(prescriptions[pk], signed[pk], rest) for pk in sorted(prescriptions)]


def of_patients(patient_ids: Collection[int], *parts: str) -> dict[int, list[Course]]:
    """The same for each of many patients, in as many queries."""
    found: dict[int, list[Course]] = {patient_id: [] for patient_id in patient_ids}
    rest = _rest(parts, patient_id__in=patient_ids)
    for changes in _by_prescription(_signed(patient_id__in=patient_ids)).values():
        found[changes[0].patient_id].append(_put_together(changes[0].prescription, changes, rest))
    return found


def of_prescriptions(prescription_ids: Collection[int], *parts: str) -> list[Course]:
    """These prescriptions by number, each with its patient, also where nothing of it was signed; two queries, and one
    for each part asked for."""
    rows = Prescription.objects.filter(pk__in=prescription_ids).select_related("patient").order_by("pk")
    signed = _by_prescription(_signed(prescription_id__in=prescription_ids))
    rest = _rest(parts, prescription_id__in=prescription_ids)
    return [_put_together(row, signed[row.pk], rest) for row in rows]


def of_prescription(prescription: Prescription, *parts: str) -> Course:
    """The course of one prescription at hand; one query, and one for each part asked for."""
    return gathered(prescription, _signed(prescription=prescription), *parts)


def gathered(prescription: Prescription, signed: Iterable[DosageChange], *parts: str) -> Course:
    """The same from signed changes at hand; one query for each part asked for."""
    return _put_together(prescription, signed, _rest(parts, prescription=prescription))


ROWS: dict[str, Callable[[], QuerySet[Any]]] = {
    FILLS: lambda: (
        Dispense.objects.filter(voided=None).select_related("partial", "early").order_by("dispensed_on", "id")
    ),
    COUNTS: lambda: PillCount.objects.order_by("counted_on", "id"),
    REPORTS: lambda: AdherenceReport.objects.order_by("-said_at", "-id"),
    AUTHORISATIONS: lambda: Authorisation.objects.select_related("revoked", "authorised_by").order_by(
        "issued_on", "id"
    ),
}
"""Each part of a course as it is read, before it is asked whose."""


def _signed(**of: object) -> QuerySet[DosageChange]:
    signed = DosageChange.objects.filter(status=Status.SIGNED, **of).select_related("prescription")
    return signed.order_by("prescription_id", "effective_on", "signed_at", "id")


def _rest(parts: Iterable[str], **of: object) -> dict[str, dict[int, list[Any]]]:
    return {part: _by_prescription(ROWS[part]().filter(**of)) for part in parts}


def _put_together(
    prescription: Prescription, signed: Iterable[DosageChange], rest: Mapping[str, Mapping[int, list[Any]]]
) -> Course:
    parts = {part: tuple(rows.get(prescription.pk, ())) for part, rows in rest.items()}
    return Course(prescription, tuple(signed), **parts)


def _by_prescription(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.prescription_id].append(row)
    return found


def with_change(known: Sequence[Course], change: DosageChange) -> list[Course]:
    """The courses as they would be with `change` signed."""
    others = [course for course in known if course.prescription.pk != change.prescription_id]
    mine = [course for course in known if course.prescription.pk == change.prescription_id]
    return [*others, (mine[0] if mine else Course(change.prescription, ())).with_change(change)]


def days_to_check(known: Sequence[Course], start: date) -> list[date]:
    """`start` and every later day on which anything in the regimen changes, in order."""
    later = {day for course in known for day in dosing.days_of_change(course.steps, start)}
    return sorted({start, *later})


def at(person: Person, known: Sequence[Course], day: date) -> Regimen:
    """What the patient takes on `day`, with what was stopped so recently that it may still act."""
    drugs = [drug for course in known if (drug := taken(course, day, person.knowledge)) is not None]
    tapers, known_to_all = tuple(cross_tapers(known, day)), person.record.known_to_all
    return Regimen(
        day=day,
        drugs=tuple(drugs),
        facts=facts.on(person.record, day, person.knowledge, cross_tapers=tapers),
        open_facts=None if known_to_all is None else facts.on(known_to_all, day, person.knowledge, cross_tapers=tapers),
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
    doses = milligrams(course, dose.sig)
    is_systemic = dose.sig is not None and dose.sig.route not in ON_THE_SURFACE
    return Drug(
        ref=str(course.prescription.pk),
        name=course.prescription.drug_name,
        key=entry.key if entry else None,
        rxcui=course.prescription.rxcui or (entry.rxcui if entry else None),
        route=dose.sig.route if dose.sig else "",
        form=course.prescription.form,
        mg_per_day=doses.per_day,
        started_on=dosing.taken_since(steps, last),
        stopped_on=None if last == day else last,
        mg_per_dose=doses.per_dose,
        mg_in_a_day=doses.in_a_day,
        days_a_week=dose.sig.days_a_week if dose.sig and dose.sig.is_timed else None,
        dose_unknown=doses.why if is_systemic else "",
        changed_on=dose.since,
        doses=tuple(one for one in course.doses if one.since <= day),
        **ordered(course),
    )


def ordered(course: Course) -> dict[str, Any]:
    """When the course came beside the others, and whether it was said to be meant so: by the last change that said it,
    else by its start."""
    asked = [change for change in course.changes if change.alongside is not None]
    last = max(asked or course.changes[:1], key=lambda change: change.pk)
    return {"ordered": last.pk, "alongside": last.alongside}


def catalogue_entry(prescription: Prescription, knowledge: Knowledge) -> "library.FoundDrug | None":
    """The drug in the active knowledge, by RxNorm ingredient, else by name; None where no release knows it."""
    return library.resolve(name=prescription.drug_name, rxcui=prescription.rxcui, among=knowledge)


def milligrams(course: Course, sig: dosing.Sig | None) -> strengths.InMilligrams:
    """A sig of the course in milligrams, by the strength of what is prescribed; unknown where there is none."""
    return strengths.in_milligrams(sig, course.prescription.strength) if sig else strengths.InMilligrams()


def _a_day(course: Course, sig: dosing.Sig) -> Decimal | None:
    return milligrams(course, sig).per_day if sig.is_timed else None


def on_day(patient: Patient, day: date) -> Regimen:
    """The signed regimen of a patient on any day."""
    return at(Person.of(patient), of_patient(patient.pk), day)


def compared(known: Known, change: DosageChange) -> Compared:
    """One regimen for the day of the change and for each later day on which anything changes, without and with it."""
    person, courses, planned = known.person, known.courses, with_change(known.courses, change)
    days = days_to_check(planned, change.effective_on)
    without = tuple(at(person, courses, day) for day in days)
    act = action(courses, change)
    return Compared(before=without, after=tuple(replace(at(person, planned, day), action=act) for day in days))


def action(known: Sequence[Course], change: DosageChange) -> Action:
    """What the change does and to what; a lower dose brings nothing new."""
    ref = str(change.prescription_id)
    before = next((course for course in known if course.prescription.pk == change.prescription_id), None)
    if change.kind == "new_dose" and before is not None:
        earlier = dosing.dose_on(change.effective_on, before.steps).sig
        alike = None
        if earlier and change.sig:
            alike = strengths.per_day_alike(change.sig, earlier, change.prescription.strength)
        if alike and alike[0] <= alike[1]:
            return Action("change_dose")
    return Action(ACTS[change.kind], frozenset({ref}))


def exposures(patient: Patient, began_on: date) -> list[Exposure]:
    """What was taken on the day a side effect began."""
    knowledge = library.current()
    found = []
    for course in of_patient(patient.pk):
        drug = taken(course, began_on, knowledge)
        if drug is not None and drug.stopped_on is None:
            since = drug.started_on or began_on
            raised = dosing.raised_on(course.steps, began_on, course.prescription.strength)
            found.append(Exposure(ref=drug.ref, name=drug.name, key=drug.key, since=since, dose_raised_on=raised))
    return found


def keys_taken(patient: Patient, day: date, *, within: timedelta) -> frozenset[str]:
    """The drugs, by everything each stands for, of which a dose was taken on the day or so long before it."""
    knowledge = library.current()
    drugs = [taken(course, day, knowledge) for course in of_patient(patient.pk)]
    recent = [drug for drug in drugs if drug and (drug.stopped_on is None or drug.stopped_on > day - within)]
    entries = [knowledge.catalogue.drugs[drug.key] for drug in recent if drug.key is not None]
    return frozenset(key for entry in entries for key in knowledge.catalogue.keys_of(entry))


@dataclass(frozen=True)
class PlannedStep:
    """A day on which a course changes by itself, and whether it ends then."""

    day: date
    ends: bool


def steps_due(course: Course, today: date) -> list[PlannedStep]:
    """What a signed course brings by itself after `today`, in order."""
    days = dosing.days_of_change(course.steps, today)
    return [PlannedStep(day, ends=dosing.dose_on(day, course.steps).state == "stopped") for day in days]


def in_force(course: Course, day: date) -> tuple[int | None, dosing.Sig | None]:
    """The change in force on `day` and its sig; for a medicine stopped by then, those of its last day."""
    last = dosing.last_dose_on(course.steps, day)
    if last is None:
        return None, None
    dose = dosing.dose_on(last, course.steps)
    return dose.ref, dose.sig


def people(patients: Sequence[Patient], knowledge: Knowledge) -> list[Person]:
    """What is on record of each, in the order given."""
    return [Person(record, knowledge) for record in facts.Record.of_many(patients)]


def planned(person: Person, known: Sequence[Course], start: date) -> list[Regimen]:
    """One regimen for `start` and each later day on which anything changes."""
    return [at(person, known, day) for day in days_to_check(known, start)]


def keep_current(patient_ids: Collection[int]) -> int:
    """Tells the knowledge what these patients take, so that it finds them when it changes; how many prescriptions."""
    return lay_out([course for courses in of_patients(patient_ids).values() for course in courses])


def lay_out(courses: Iterable[Course]) -> int:
    """Tells the knowledge of these courses; how many."""
    return current.keep([_laid_out(course) for course in courses])


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
