"""Turns what FHIR says of one patient into the plain history that the clinic takes in.

Pure but for the catalogue, which is passed in. The conventions of courses.py hold; what could not be said in the
record's words is kept as text beside the dose and in the notes of the changes, and what was not taken over becomes a
remark for the chart.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from medmgmt.actions.history import (
    History,
    PastAllergy,
    PastCondition,
    PastCourse,
    PastObservation,
    PastPatient,
    PastReaction,
    PastRemark,
    PastStep,
)
from medmgmt.fhir.importing import courses, dates, medicines, observations, sigs, steps, tables, wording
from medmgmt.fhir.importing.courses import SENTENCES, Course, Life, Order
from medmgmt.fhir.importing.gathering import Person
from medmgmt.fhir.importing.medicines import Asked, Drug, Medicine
from medmgmt.fhir.importing.report import Report
from medmgmt.fhir.importing.resources import (
    ICD10CM,
    RXNORM,
    SYSTEM_NAMES,
    AllergyReading,
    ConditionReading,
    PatientReading,
)
from medmgmt.fhir.importing.steps import ByRef

LANGUAGES = ("en", "es")
ALLERGY_WORDS = ("allergy to ", "intolerance to ", "allergic reaction to ", "hypersensitivity to ")
TAG = re.compile(r"\s*\((?:disorder|finding|situation|substance|product|medicinal product)\)$")
"""What SNOMED CT puts behind a name."""
LEFT_OUT, UNCLEAR = "left_out", "unclear"
UNTRUE = "entered in error or refuted"


@dataclass
class Converted:
    """A history, and which resources each of its courses came from."""

    history: History
    requests: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class _Converting:
    """What everything of a patient is converted with, and what it leaves for the chart."""

    person: Person
    whom: Asked
    report: Report
    now: datetime
    remarks: list[PastRemark] = field(default_factory=list)
    beside: frozenset[str] = frozenset()
    """Lines that are meant beside others of the same product."""

    def leave_out(self, kind: str, of: str, what: str, why: str) -> None:
        """One resource that was understood and is nothing to take over."""
        self.report.leave_out(kind, why)
        self.remarks.append(PastRemark(f"{kind}/{of}", LEFT_OUT, what, f"{why[0].upper()}{why[1:]}."))

    def doubt(self, source_id: str, what: str, why: str) -> None:
        """Something that was taken over and has to be read again."""
        self.remarks.append(PastRemark(source_id, UNCLEAR, what, why))


def convert(person: Person, *, whom: Asked, report: Report, now: datetime, last_day: date) -> Converted:
    """The history of one patient; counts what is mapped, assumed and left out into the report.

    `last_day` is the last day in all the files: what had ended by then ended no later.
    """
    asked = _Converting(person, whom, report, now, [_of_fault(fault) for fault in person.faults])
    conditions = [one for one in person.conditions if _is_wanted("Condition", one, asked)]
    allergies = [one for one in person.allergies if _is_wanted("AllergyIntolerance", one, asked)]
    found = _medicines(person, asked)
    by_ref = {one.ref(number): (one, line) for one in found for number, line in enumerate(one.lines)}
    orders = [_order(one, number, line) for one in found for number, line in enumerate(one.lines)]
    asked.beside = _beside(orders, by_ref)
    put_together = courses.courses(orders, _life(person, conditions, found, last_day, now))
    _tell_of_both(put_together, by_ref, asked)
    reasons = {one.id: one.concept.called for one in conditions}
    requests: dict[str, tuple[str, ...]] = {}
    past: list[PastCourse] = []
    for course in put_together:
        _count(course, report)
        made = _past_courses(course, by_ref, reasons, asked)
        refs = tuple(by_ref[order.ref][0].request.ref for order in course.orders)
        requests |= {one.source_id: refs for one in made}
        past += made
    history = History(
        patient=_patient(person.reading, asked),
        conditions=tuple(_condition(one, asked) for one in conditions),
        allergies=tuple(_allergy(one, asked) for one in allergies),
        observations=tuple(_observations(person, asked)),
        courses=tuple(past),
        remarks=tuple(asked.remarks),
    )
    return Converted(history, requests)


def _observations(person: Person, asked: _Converting) -> Iterator[PastObservation]:
    """What can be recorded here; the rest is named with its reason."""
    for one in person.observations:
        if not one.is_true:
            asked.leave_out("Observation", one.id, one.called, UNTRUE)
            continue
        for made in observations.past(one, asked.now):
            if isinstance(made, PastObservation):
                yield made
            else:
                asked.leave_out("Observation", one.id, one.called, made.rstrip("."))


def last_day(people: Iterable[Person], now: datetime) -> date:
    """The last day up to `now` that anything in the files is dated."""
    today = now.date()
    dated = [one.authored.at.date() for person in people for one in person.requests if one.authored]
    dated += [one.onset_on for person in people for one in person.conditions if one.onset_on]
    return max((day for day in dated if day <= today), default=today)


def _of_fault(fault: tuple[str, str, str]) -> PastRemark:
    source_id, what, why = fault
    return PastRemark(source_id, LEFT_OUT, what, f"It could not be read: {why}.")


def _is_wanted(kind: str, one: ConditionReading | AllergyReading, asked: _Converting) -> bool:
    if not one.is_true:
        asked.leave_out(kind, one.id, one.concept.called, UNTRUE)
    elif isinstance(one, ConditionReading) and one.certainty == "differential":
        asked.leave_out(kind, one.id, one.concept.called, "it is one of several diagnoses that it may be")
    elif isinstance(one, AllergyReading) and not one.is_known:
        asked.leave_out(kind, one.id, one.concept.called, "it says that nobody has asked")
    else:
        return True
    return False


def _patient(reading: PatientReading, asked: _Converting) -> PastPatient:
    report, person = asked.report, asked.person
    language = reading.language.split("-")[0].lower()
    if language not in LANGUAGES:
        report.notes["patients whose language is not offered here; English is recorded"] += 1
    if reading.is_dead:
        report.notes["patients who have died; their courses end on that day"] += 1
    source_id = f"Patient/{reading.id}"
    if reading.born != reading.birth_date.isoformat():
        stands = f"Only this is known of the birth date; {reading.birth_date.isoformat()} stands for it."
        asked.doubt(source_id, f"Born {reading.born}", stands)
    for other in person.replaced:
        report.notes["patients whom the source has put together with another"] += 1
        asked.doubt(source_id, f"Patient/{other}", "The source has replaced this record by the present one.")
    return PastPatient(
        source_id=source_id,
        mrn=reading.mrn,
        given_name=reading.given_name[:120],
        family_name=reading.family_name[:120],
        birth_date=reading.birth_date,
        sex=reading.sex,
        language=language if language in LANGUAGES else "en",
        time_zone=str(person.zone),
        replaces=tuple(f"Patient/{other}" for other in person.replaced),
    )


def _condition(one: ConditionReading, asked: _Converting) -> PastCondition:
    """A diagnosis; one that has ended on a day nobody gives has ended by today, or on the day on which it began."""
    coding = one.concept.codings[0] if one.concept.codings else None
    code = one.concept.code(ICD10CM) or (tables.icd10cm(coding.code) if coding else "")
    text = one.concept.text or (tables.meaning(coding.code) if coding else "") or one.concept.called
    asked.report.map("Condition to ICD-10-CM", text, known=bool(code))
    said_of = (f"since {one.since}" if one.since else "", one.certainty)
    ended = one.abated_on
    if ended is None and one.has_ended:
        ended = max(filter(None, (asked.now.date(), one.onset_on)))
    if ended is not None and one.onset_on is not None and ended < one.onset_on:
        asked.doubt(f"Condition/{one.id}", text, "It ends before it begins; the day on which it begins ends it.")
        ended = one.onset_on
    return PastCondition(
        source_id=f"Condition/{one.id}",
        text=" ".join([text, *(f"({said})" for said in said_of if said)])[:500],
        icd10cm=code[:8],
        source_system=SYSTEM_NAMES.get(coding.system, coding.system)[:200] if coding else "",
        source_code=coding.code[:40] if coding else "",
        onset_on=one.onset_on,
        abated_on=ended,
    )


def _allergy(one: AllergyReading, asked: _Converting) -> PastAllergy:
    """An allergy that is over counts as refuted from the day on which the source said so: today."""
    today = asked.now.date()
    recorded = one.recorded_on or today
    refuted = None if one.is_active else max(today, recorded)
    source_id = f"AllergyIntolerance/{one.id}"
    if one.says_none:
        asked.report.notes["statements that no allergy is known"] += 1
        said = one.concept.text or "No known allergies"
        return PastAllergy(source_id, "none_known", said[:300], recorded, refuted_on=refuted)
    text = one.concept.text or tables.name_of(medicines.rxcui_of(one.concept.code(RXNORM)), "")[1]
    name = substance_of(text or one.concept.called)
    part = tables.substance(name)
    code = medicines.rxcui_of(one.concept.code(RXNORM)) or part.rxcui
    known = medicines.first_known(part, code, asked.whom.resolve) if text else asked.whom.resolve("", code)
    if one.is_drug or known:
        asked.report.map("AllergyIntolerance to a drug", name, known=known is not None)
    else:
        asked.report.notes["allergies to something that is no drug, kept by their names"] += 1
    return PastAllergy(
        source_id=source_id,
        kind=one.kind,
        substance=(known.name if known else name)[:300],
        rxcui=known.rxcui if known else None,
        reactions=tuple(PastReaction(words[:300], severity or "unknown") for words, severity in one.reactions),
        recorded_on=recorded,
        refuted_on=refuted,
    )


def substance_of(text: str) -> str:
    """What somebody is allergic to: "Allergy to mould" and "Latex allergy" name mould and latex."""
    lowered = TAG.sub("", text.strip().lower())
    for words in ALLERGY_WORDS:
        lowered = lowered.removeprefix(words)
    return lowered.removesuffix(" allergy").strip() or text.strip()


def _medicines(person: Person, asked: _Converting) -> list[Medicine]:
    """The orders and statements that are history of a medicine taken; of the others it is told why they are not."""
    died_on = _died_on(person)
    made = []
    for request in person.requests:
        today = asked.now.astimezone(person.zone).date()
        when = request.begins or request.authored
        on = when.first if when else today
        one = medicines.read(request, on, person.zone, asked.whom, is_dated=when is not None)
        why = request.left_out
        if not why and request.authored is not None and request.authored.at > asked.now:
            why = "dated in the future"
        if not why and died_on is not None and on > died_on:
            why = "dated after the patient's death"
        if not why and when is not None and when.last < person.reading.birth_date:
            why = "dated before the patient's birth"
        if not why and when is None and not request.runs:
            why = "it does not say when it began, and has ended"
        if why:
            told = wording.joined([one.words, request.reason_text, *request.notes])
            asked.leave_out(request.kind, request.id, told, why)
        else:
            made.append(one)
    return _without_repeats(made, asked)


def _without_repeats(made: list[Medicine], asked: _Converting) -> list[Medicine]:
    """Statements that only tell again of an order that runs are no second line; where they differ, both are shown."""
    orders = {one.request.id: one for one in made if one.request.kind == "MedicationRequest"}
    kept = list(orders.values())
    for one in made:
        if one.request.kind == "MedicationRequest":
            continue
        again = next((orders[ref] for ref in one.request.tells_of if ref in orders), None)
        again = again or next((other for other in kept if _is_same(one, other)), None)
        if again is None:
            kept.append(one)
            continue
        asked.report.leave_out(one.request.kind, "it tells of an order again")
        if not _agrees(one, [other for other in kept if _is_same(other, again)]):
            why = f"The order says otherwise and stands: {again.words}"
            asked.doubt(one.request.ref, f"{one.words} ({one.request.status})", wording.shortened(why, 300))
    return kept


def _is_same(one: Medicine, other: Medicine) -> bool:
    """Whether both run and are of the same drugs."""
    mine, theirs = ({drug.rxcui or drug.name for drug in each.found.drugs} for each in (one, other))
    return one.request.runs and other.request.runs and mine == theirs


def _agrees(one: Medicine, orders: list[Medicine]) -> bool:
    """Whether a statement says nothing that the orders of the same drug do not say as well."""
    if any(other.request.runs != one.request.runs for other in orders):
        return False
    said = [line.phases[-1].sig for line in one.lines]
    known = [line.phases[-1].sig for other in orders for line in other.lines]
    parts = {sig.parts for sig in known}
    if all(not sigs.is_known(sig) and not sig.words for sig in said) or all(sig.parts in parts for sig in said):
        return True
    everything = [*said, *known]
    if not all(sigs.is_known(sig) for sig in everything) or len({sig.unit for sig in everything}) > 1:
        return False
    return sum(sig.amount_per_day for sig in said) == sum(sig.amount_per_day for sig in known)


def _beside(orders: list[Order], by_ref: ByRef) -> frozenset[str]:
    """The lines of one order, and of orders of one product that run at other times of the day: 300 mg in the morning
    and 600 mg at bedtime are meant together, two that are taken daily are for somebody to look at."""
    several = {one.ref(number) for one, _line in by_ref.values() for number in range(len(one.lines)) if one.lines[1:]}
    running: dict[str, list[Order]] = {}
    for order in orders:
        if order.runs:
            running.setdefault(order.product, []).append(order)
    for group in running.values():
        parts = [part for order in group for part in by_ref[order.ref][1].phases[-1].sig.parts]
        times = {(part.timing, part.weekdays, part.at) for part in parts}
        if len(group) > 1 and len(times) == len(parts) and all(map(sigs.is_named, parts)):
            several |= {order.ref for order in group}
    return frozenset(several)


def _tell_of_both(put_together: list[Course], by_ref: ByRef, asked: _Converting) -> None:
    """Courses of one product that run side by side, unless they are meant so: they count together, and it is told."""
    running: dict[str, list[Order]] = {}
    for course in put_together:
        last = course.orders[-1]
        if last.runs and (course.end is None or course.end.on > asked.now.date()):
            running.setdefault(last.product, []).append(last)
    for group in running.values():
        one, _line = by_ref[group[-1].ref]
        if len(group) > 1 and not {order.ref for order in group} <= asked.beside:
            why = f"{len(group)} orders of this medicine run side by side; they count together."
            asked.doubt(one.request.ref, one.words, why)


def _order(one: Medicine, number: int, line: sigs.Line) -> Order:
    first = line.phases[0].sig
    return Order(
        ref=one.ref(number),
        product=one.found.key,
        on=line.phases[0].on,
        runs=one.request.runs,
        is_held=one.request.status == "on-hold",
        reasons=one.request.reason_ids,
        says=_says(line),
        shape=(first.route, first.as_needed, first.unit),
        until=line.until,
        request=one.request.id,
        follows=one.request.follows,
    )


def _says(line: sigs.Line) -> tuple[object, ...]:
    """How it is taken, without the words where there are numbers."""
    known = sigs.is_known(line.phases[-1].sig)
    last = line.phases[-1].sig
    return (last.route, last.parts, last.as_needed, last.max_per_day, "" if known else last.words)


def _died_on(person: Person) -> date | None:
    """The day of death; for somebody known to be dead without a date, the last day on file."""
    reading = person.reading
    died = dates.when(reading.died, person.zone)
    if died is not None:
        return died.last
    if not reading.is_dead:
        return None
    days = [one.authored.at.astimezone(person.zone).date() for one in person.requests if one.authored]
    days += [one.onset_on for one in person.conditions if one.onset_on]
    return max(days, default=None)


def _life(
    person: Person, conditions: list[ConditionReading], found: list[Medicine], last_day: date, now: datetime
) -> Life:
    contacts = {one.on for one in found if one.is_dated}
    contacts |= {one.onset_on for one in conditions if one.onset_on}
    return Life(
        contacts=sorted(contacts),
        reasons_ended={one.id: one.abated_on for one in conditions if one.abated_on},
        died_on=_died_on(person),
        as_of=last_day,
        today=now.astimezone(person.zone).date(),
    )


def _count(course: Course, report: Report) -> None:
    report.notes["courses, after putting renewals of one product together"] += 1
    if course.end is not None:
        report.notes[f"courses ended. {SENTENCES[course.end.basis]}"] += 1
    else:
        report.notes["courses that run on"] += 1


def _past_courses(course: Course, by_ref: ByRef, reasons: dict[str, str], asked: _Converting) -> list[PastCourse]:
    """One course for each ingredient; a product of several is several medicines with the same steps."""
    first, _line = by_ref[course.orders[0].ref]
    _tell_doubts(course, by_ref, asked)
    is_beside = any(order.ref in asked.beside for order in course.orders)
    made_of = steps.of_course(course, by_ref, asked.now, is_beside=is_beside)
    for order in course.orders:
        is_structured = by_ref[order.ref][1].structured
        asked.report.notes[f"orders {'with' if is_structured else 'without'} a structured sig"] += 1
    reason = next((reasons[ref] for ref in first.request.reason_ids if ref in reasons), first.request.reason_text)
    found = first.found
    made = []
    for number, drug in enumerate(found.drugs, start=1):
        for _ in course.orders:
            asked.report.map("Ingredients ordered to the active knowledge", drug.name, known=drug.is_known)
        suffix = f"#{number}" if len(found.drugs) > 1 else ""
        made.append(_past_course(f"{course.orders[0].ref}{suffix}", drug, first, reason, made_of))
    return made


def _past_course(source_id: str, drug: Drug, first: Medicine, reason: str, made_of: tuple[PastStep, ...]) -> PastCourse:
    found = first.found
    return PastCourse(
        source_id=source_id,
        drug_name=drug.name[:300],
        rxcui=drug.rxcui,
        product_rxcui=found.product_rxcui,
        strength=drug.strength[:120],
        form=found.product.form[:120],
        indication=reason[:300],
        free_text=not drug.is_known and drug.rxcui is None and found.product_rxcui is None,
        steps=made_of,
    )


def _tell_doubts(course: Course, by_ref: ByRef, asked: _Converting) -> None:
    for order in course.orders:
        one, line = by_ref[order.ref]
        for why in (*one.found.doubts, *line.doubts):
            asked.doubt(one.request.ref, one.words, why)
        if not one.is_dated:
            asked.doubt(one.request.ref, one.words, "It has no date; the day of the import stands for its beginning.")
    followed = {order.follows for order in course.orders}
    running = [order for order in course.orders if order.runs and order.request not in followed]
    if len(running) > 1:
        one, _line = by_ref[running[-1].ref]
        why = f"{len(running)} orders that all run say the same; they count once."
        asked.doubt(one.request.ref, one.words, why)
