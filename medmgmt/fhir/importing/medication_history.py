"""What a patient's orders come to: those that are history of a medicine taken, put together into past courses.

Pure but for the catalogue, which is passed in. The conventions of courses.py hold; what could not be said in the
record's words is kept as text beside the dose and in the notes of the changes.
"""

from datetime import date, datetime

from medmgmt.actions.history import PastCourse, PastStep
from medmgmt.fhir.importing import courses, dates, medicines, sigs, steps, wording
from medmgmt.fhir.importing.courses import SENTENCES, Course, Life, Order
from medmgmt.fhir.importing.gathering import Person
from medmgmt.fhir.importing.medicines import Drug, Medicine
from medmgmt.fhir.importing.remarking import Converting
from medmgmt.fhir.importing.report import Report
from medmgmt.fhir.importing.resources import ConditionReading
from medmgmt.fhir.importing.steps import ByRef


def taken(
    person: Person, conditions: list[ConditionReading], asked: Converting, last_day: date
) -> tuple[list[PastCourse], dict[str, tuple[str, ...]]]:
    """Every course, and which resources each came from by its source id."""
    found = _medicines(person, asked)
    by_ref = {one.ref(number): (one, line) for one in found for number, line in enumerate(one.lines)}
    orders = [_order(one, number, line) for one in found for number, line in enumerate(one.lines)]
    beside = _beside(orders, by_ref)
    put_together = courses.courses(orders, _life(person, conditions, found, last_day, asked.now))
    _tell_of_both(put_together, by_ref, beside, asked)
    reasons = {one.id: one.concept.called for one in conditions}
    requests: dict[str, tuple[str, ...]] = {}
    past: list[PastCourse] = []
    for course in put_together:
        _count(course, asked.report)
        is_beside = any(order.ref in beside for order in course.orders)
        made = _past_courses(course, by_ref, reasons, asked, is_beside=is_beside)
        refs = tuple(by_ref[order.ref][0].request.ref for order in course.orders)
        requests |= {one.source_id: refs for one in made}
        past += made
    return past, requests


def _medicines(person: Person, asked: Converting) -> list[Medicine]:
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


def _without_repeats(made: list[Medicine], asked: Converting) -> list[Medicine]:
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


def _tell_of_both(put_together: list[Course], by_ref: ByRef, beside: frozenset[str], asked: Converting) -> None:
    """Courses of one product that run side by side, unless they are meant so: they count together, and it is told."""
    running: dict[str, list[Order]] = {}
    for course in put_together:
        last = course.orders[-1]
        if last.runs and (course.end is None or course.end.on > asked.now.date()):
            running.setdefault(last.product, []).append(last)
    for group in running.values():
        one, _line = by_ref[group[-1].ref]
        if len(group) > 1 and not {order.ref for order in group} <= beside:
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


def _past_courses(
    course: Course, by_ref: ByRef, reasons: dict[str, str], asked: Converting, *, is_beside: bool
) -> list[PastCourse]:
    """One course for each ingredient; a product of several is several medicines with the same steps."""
    first, _line = by_ref[course.orders[0].ref]
    _tell_doubts(course, by_ref, asked)
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


def _tell_doubts(course: Course, by_ref: ByRef, asked: Converting) -> None:
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
