"""Turns what FHIR says of one patient into the plain history that the clinic takes in.

Pure but for the catalogue, which is passed in. The conventions of courses.py hold; what could not be said in the
record's words is kept as text in the notes of the changes.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time

from medmgmt.actions.history import History, PastAllergy, PastCondition, PastCourse, PastPatient, PastStep
from medmgmt.fhir.importing import courses, sigs, tables
from medmgmt.fhir.importing.courses import SENTENCES, Course, Life, Order
from medmgmt.fhir.importing.gathering import Person
from medmgmt.fhir.importing.products import Product
from medmgmt.fhir.importing.report import Report
from medmgmt.fhir.importing.resources import (
    ICD10CM,
    RXNORM,
    SYSTEM_NAMES,
    AllergyReading,
    ConditionReading,
    PatientReading,
    RequestReading,
)

LANGUAGES = ("en", "es")
REACTION_SEVERITIES = ("mild", "moderate", "severe")
ALLERGY_WORDS = ("allergy to ", "intolerance to ", "allergic reaction to ", "hypersensitivity to ")

Resolve = Callable[[str, int | None], tuple[bool, int | None]]
"""Asks the active knowledge for a drug by name and RxNorm ingredient: whether it knows it, and under which code."""


@dataclass
class Converted:
    """A history, and which requests each of its courses came from."""

    history: History
    requests: dict[str, tuple[str, ...]] = field(default_factory=dict)
    conditions: int = 0
    allergies: int = 0


@dataclass(frozen=True)
class Medicine:
    """A request with its product taken apart and its sig read."""

    request: RequestReading
    product_rxcui: int | None
    product: Product
    parts: tuple[tables.Part, ...]
    sig: sigs.Reading
    on: date


def convert(person: Person, *, resolve: Resolve, report: Report, now: datetime, last_day: date) -> Converted:
    """The history of one patient; counts what is mapped, assumed and left out into the report.

    `last_day` is the last day in all the files: what had ended by then ended no later.
    """
    conditions = [one for one in person.conditions if _is_wanted("Condition", one, report)]
    allergies = [one for one in person.allergies if _is_wanted("AllergyIntolerance", one, report)]
    medicines = _medicines(person, report, now)
    found = courses.courses((_order(one) for one in medicines), _life(person, conditions, medicines, last_day))
    by_ref = {one.request.id: one for one in medicines}
    reasons = {one.id: one.concept.text for one in conditions}
    converted = Converted(History(patient=_patient(person.reading, person, report)))
    past: list[PastCourse] = []
    for course in found:
        _count(course, report)
        made = _past_courses(course, by_ref, reasons, _Asked(resolve, report, now))
        refs = tuple(order.ref for order in course.orders)
        converted.requests |= {one.source_id: refs for one in made}
        past += made
    converted.history = History(
        patient=converted.history.patient,
        conditions=tuple(_condition(one, report) for one in conditions),
        allergies=tuple(_allergy(one, resolve, report, now.date()) for one in allergies),
        courses=tuple(past),
    )
    return converted


def last_day(people: Iterable[Person], now: datetime) -> date:
    """The last day up to `now` that anything in the files is dated."""
    today = now.date()
    dated = [one.authored_at.date() for person in people for one in person.requests]
    dated += [one.onset_on for person in people for one in person.conditions if one.onset_on]
    return max((day for day in dated if day <= today), default=today)


def _is_wanted(kind: str, one: ConditionReading | AllergyReading, report: Report) -> bool:
    if not one.is_true:
        report.leave_out(kind, "entered in error or refuted")
    return one.is_true


def _patient(reading: PatientReading, person: Person, report: Report) -> PastPatient:
    language = reading.language.split("-")[0].lower()
    if language not in LANGUAGES:
        report.notes["patients whose language is not offered here; English is recorded"] += 1
    if reading.is_dead:
        report.notes["patients who have died; their courses end on that day"] += 1
    return PastPatient(
        source_id=f"Patient/{reading.id}",
        mrn=reading.mrn,
        given_name=reading.given_name[:120],
        family_name=reading.family_name[:120],
        birth_date=reading.birth_date,
        sex=reading.sex,
        language=language if language in LANGUAGES else "en",
        time_zone=str(person.zone),
    )


def _condition(one: ConditionReading, report: Report) -> PastCondition:
    coding = one.concept.codings[0] if one.concept.codings else None
    code = one.concept.code(ICD10CM) or (tables.icd10cm(coding.code) if coding else "")
    report.map("Condition to ICD-10-CM", one.concept.text, known=bool(code))
    abated = one.abated_on if not (one.abated_on and one.onset_on) or one.abated_on >= one.onset_on else None
    return PastCondition(
        source_id=f"Condition/{one.id}",
        text=one.concept.text[:500],
        icd10cm=code[:8],
        source_system=SYSTEM_NAMES.get(coding.system, coding.system)[:200] if coding else "",
        source_code=coding.code[:40] if coding else "",
        onset_on=one.onset_on,
        abated_on=abated,
    )


def _allergy(one: AllergyReading, resolve: Resolve, report: Report, today: date) -> PastAllergy:
    """An allergy that is over counts as refuted from the day on which the source said so: today."""
    name = substance_of(one.concept.text)
    code = one.concept.code(RXNORM)
    part = tables.substance(name)
    known, rxcui = _first_known(part, rxcui_of(code) or part.rxcui, resolve)
    if one.is_drug or known:
        report.map("AllergyIntolerance to a drug", name, known=bool(known))
    else:
        report.notes["allergies to something that is no drug, kept by their names"] += 1
    recorded = one.recorded_on or today
    return PastAllergy(
        source_id=f"AllergyIntolerance/{one.id}",
        kind=one.kind,
        substance=(known or name)[:300],
        rxcui=rxcui if known else None,
        reaction=one.reaction[:300],
        severity=one.severity if one.severity in REACTION_SEVERITIES else "unknown",
        recorded_on=recorded,
        refuted_on=None if one.is_active else max(today, recorded),
    )


def substance_of(text: str) -> str:
    """What somebody is allergic to: "Allergy to mould" and "Latex allergy" name mould and latex."""
    lowered = text.strip().lower()
    for words in ALLERGY_WORDS:
        lowered = lowered.removeprefix(words)
    return lowered.removesuffix(" allergy").removesuffix(" (disorder)").strip() or text.strip()


def _medicines(person: Person, report: Report, now: datetime) -> list[Medicine]:
    """The requests that are history of a medicine taken, each read; the others are counted with the reason."""
    died_on = _died_on(person)
    made = []
    for request in person.requests:
        on = request.authored_at.astimezone(person.zone).date()
        why = request.left_out
        if not why and request.authored_at > now:
            why = "dated in the future"
        if not why and died_on is not None and on > died_on:
            why = "dated after the patient's death"
        if not why and on < person.reading.birth_date:
            why = "dated before the patient's birth"
        if why:
            report.leave_out("MedicationRequest", why)
            continue
        made.append(_medicine(request, on))
    return made


def rxcui_of(code: str) -> int | None:
    """The RxNorm code as a number; None for anything that is none."""
    return int(code) if code.isascii() and code.isdecimal() and len(code) < 10 and int(code) else None


def _medicine(request: RequestReading, on: date) -> Medicine:
    code = request.product.code(RXNORM)
    rxcui = rxcui_of(code)
    product, parts = tables.product(rxcui, request.product.text)
    sig = sigs.read(request.dosage, form=product.form, route=product.route)
    return Medicine(request, rxcui, product, parts, sig, on)


def _order(one: Medicine) -> Order:
    return Order(
        ref=one.request.id,
        product=str(one.product_rxcui or one.request.product.text.lower()),
        on=one.on,
        runs=one.request.status in ("active", "on-hold"),
        is_held=one.request.status == "on-hold",
        reasons=one.request.reason_ids,
    )


def _died_on(person: Person) -> date | None:
    """The day of death; for somebody known to be dead without a date, the last day on file."""
    reading = person.reading
    if reading.died_at is not None:
        return reading.died_at.astimezone(person.zone).date()
    if not reading.is_dead:
        return None
    days = [one.authored_at.astimezone(person.zone).date() for one in person.requests]
    days += [one.onset_on for one in person.conditions if one.onset_on]
    return max(days, default=None)


def _life(person: Person, conditions: list[ConditionReading], medicines: list[Medicine], last_day: date) -> Life:
    contacts = {one.on for one in medicines} | {one.onset_on for one in conditions if one.onset_on}
    return Life(
        contacts=sorted(contacts),
        reasons_ended={one.id: one.abated_on for one in conditions if one.abated_on},
        died_on=_died_on(person),
        as_of=last_day,
    )


def _count(course: Course, report: Report) -> None:
    report.notes["courses, after putting renewals of one product together"] += 1
    if course.end is not None:
        report.notes[f"courses ended. {SENTENCES[course.end.basis]}"] += 1
    else:
        report.notes["courses that run on"] += 1


@dataclass(frozen=True)
class _Asked:
    """What every course of a patient is converted with."""

    resolve: Resolve
    report: Report
    now: datetime


def _past_courses(
    course: Course, by_ref: dict[str, Medicine], reasons: dict[str, str], asked: _Asked
) -> list[PastCourse]:
    """One course for each ingredient; a product of several is several medicines with the same steps."""
    first = by_ref[course.orders[0].ref]
    steps = _steps(course, by_ref, asked)
    reason = next((reasons[ref] for ref in first.request.reason_ids if ref in reasons), first.request.reason_text)
    parts = first.parts or (tables.substance(first.request.product.text),)
    made = []
    for number, part in enumerate(parts, start=1):
        name, rxcui = _first_known(part, part.rxcui, asked.resolve)
        for _ in course.orders:
            asked.report.map("Ingredients ordered to the active knowledge", part.ingredient.names[-1], known=bool(name))
        made.append(
            PastCourse(
                source_id=f"MedicationRequest/{first.request.id}" + (f"#{number}" if len(parts) > 1 else ""),
                drug_name=(name or part.ingredient.names[-1])[:300],
                rxcui=rxcui,
                product_rxcui=first.product_rxcui,
                strength=part.ingredient.strength[:120],
                form=first.product.form[:120],
                indication=reason[:300],
                free_text=not name and rxcui is None and first.product_rxcui is None,
                steps=steps,
            )
        )
    return made


def _first_known(part: tables.Part, rxcui: int | None, resolve: Resolve) -> tuple[str, int | None]:
    """The first of its names that the active knowledge knows, with the code; blank, and the code, if it knows none.

    A drug that is known by its code alone, or without its salt as the same, goes by its plain name.
    """
    plain = part.ingredient.names[-1]
    for name in part.names:
        known, found = resolve(name, None)
        if known:
            return (plain if resolve(plain, None) == (known, found) else name), rxcui or found
    known = rxcui is not None and resolve("", rxcui)[0]
    return part.ingredient.names[-1] if known else "", rxcui


def _steps(course: Course, by_ref: dict[str, Medicine], asked: _Asked) -> tuple[PastStep, ...]:
    """Start, a new dose where a renewal was written differently, hold or stop."""
    made: list[PastStep] = []
    for order in course.orders:
        one = by_ref[order.ref]
        asked.report.notes[
            "orders with a structured sig" if one.sig.structured else "orders without a structured sig"
        ] += 1
        if made and one.sig.sig == made[-1].sig:
            continue
        made.append(
            PastStep("new_dose" if made else "start", one.on, one.request.authored_at, one.sig.sig, note=_note(one))
        )
    last = by_ref[course.orders[-1].ref]
    if course.is_held:
        made.append(
            PastStep("hold", last.on, last.request.authored_at, note="On hold in the source since an unknown day.")
        )
    if course.end is not None:
        at = min(datetime.combine(course.end.on, time(12), tzinfo=UTC), asked.now)
        made.append(PastStep("stop", course.end.on, at, note=SENTENCES[course.end.basis]))
    return tuple(made)


def _note(one: Medicine) -> str:
    said = f"Ordered elsewhere as: {one.request.product.text}."
    if not one.sig.structured:
        said += " Sig not structured in the source."
    return f"{said} {one.sig.text}".strip()
