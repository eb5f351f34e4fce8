"""Turns what FHIR says of one patient into the plain history that the clinic takes in.

Pure but for the catalogue, which is passed in. What was not taken over becomes a remark for the chart.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime

from medmgmt.actions.history import (
    History,
    PastAllergy,
    PastCondition,
    PastObservation,
    PastPatient,
    PastReaction,
)
from medmgmt.fhir.importing import medication_history, medicines, observations, remarking, tables
from medmgmt.fhir.importing.gathering import Person
from medmgmt.fhir.importing.medicines import Asked
from medmgmt.fhir.importing.remarking import Converting
from medmgmt.fhir.importing.report import Report
from medmgmt.fhir.importing.resources import (
    ICD10CM,
    RXNORM,
    SYSTEM_NAMES,
    AllergyReading,
    ConditionReading,
)

LANGUAGES = ("en", "es")
ALLERGY_WORDS = ("allergy to ", "intolerance to ", "allergic reaction to ", "hypersensitivity to ")
TAG = re.compile(r"\s*\((?:disorder|finding|situation|substance|product|medicinal product)\)$")
"""What SNOMED CT puts behind a name."""
UNTRUE = "entered in error or refuted"


@dataclass
class Converted:
    """A history, and which resources each of its courses came from."""

    history: History
    requests: dict[str, tuple[str, ...]] = field(default_factory=dict)


def convert(person: Person, *, whom: Asked, report: Report, now: datetime, last_day: date) -> Converted:
    """The history of one patient; counts what is mapped, assumed and left out into the report.

    `last_day` is the last day in all the files: what had ended by then ended no later.
    """
    asked = Converting(whom, report, now, [remarking.of_fault(fault) for fault in person.faults])
    conditions = [one for one in person.conditions if _is_wanted("Condition", one, asked)]
    allergies = [one for one in person.allergies if _is_wanted("AllergyIntolerance", one, asked)]
    past, requests = medication_history.taken(person, conditions, asked, last_day)
    history = History(
        patient=_patient(person, asked),
        conditions=tuple(_condition(one, asked) for one in conditions),
        allergies=tuple(_allergy(one, asked) for one in allergies),
        observations=tuple(_observations(person, asked)),
        courses=tuple(past),
        remarks=tuple(asked.remarks),
    )
    return Converted(history, requests)


def _observations(person: Person, asked: Converting) -> Iterator[PastObservation]:
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


def _is_wanted(kind: str, one: ConditionReading | AllergyReading, asked: Converting) -> bool:
    if not one.is_true:
        asked.leave_out(kind, one.id, one.concept.called, UNTRUE)
    elif isinstance(one, ConditionReading) and one.certainty == "differential":
        asked.leave_out(kind, one.id, one.concept.called, "it is one of several diagnoses that it may be")
    elif isinstance(one, AllergyReading) and not one.is_known:
        asked.leave_out(kind, one.id, one.concept.called, "it says that nobody has asked")
    else:
        return True
    return False


def _patient(person: Person, asked: Converting) -> PastPatient:
    report, reading = asked.report, person.reading
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


def _condition(one: ConditionReading, asked: Converting) -> PastCondition:
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


def _allergy(one: AllergyReading, asked: Converting) -> PastAllergy:
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
