"""FHIR R4 resources as plain readings: what a resource says, in the record's words, and nothing it does not say.

Pure. A resource that cannot be read raises Unreadable with the reason in words; the caller knows file and line.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any
from zoneinfo import available_timezones

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
SYSTEM_NAMES = {RXNORM: "RxNorm", SNOMED: "SNOMED CT", ICD10CM: "ICD-10-CM"}
TIME_ZONE_EXTENSION = "http://hl7.org/fhir/StructureDefinition/timezone"
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
SEXES = ("female", "male", "other", "unknown")
NOT_TRUE = ("entered-in-error", "refuted")
GONE = ("inactive", "resolved", "remission")

Resource = Mapping[str, Any]


class Unreadable(ValueError):
    """A resource that says too little, or nonsense; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Coding:
    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class Concept:
    """What something is called, with its codes."""

    text: str
    codings: tuple[Coding, ...]

    def code(self, system: str) -> str:
        """The code in this system; blank if it has none."""
        return next((coding.code for coding in self.codings if coding.system == system), "")


@dataclass(frozen=True, slots=True)
class PatientReading:
    """A Patient. `language` is the tag that was sent; `zone` is blank where the resource has no time zone."""

    id: str
    mrn: str
    given_name: str
    family_name: str
    birth_date: date
    sex: str
    language: str
    zone: str
    died_at: datetime | None
    is_dead: bool


@dataclass(frozen=True, slots=True)
class ConditionReading:
    id: str
    patient_id: str
    concept: Concept
    onset_on: date | None
    abated_on: date | None
    is_true: bool


@dataclass(frozen=True, slots=True)
class AllergyReading:
    """An AllergyIntolerance; `is_drug` says that its category or code is a medicine's."""

    id: str
    patient_id: str
    concept: Concept
    kind: str
    reaction: str
    severity: str
    recorded_on: date | None
    is_active: bool
    is_true: bool
    is_drug: bool


@dataclass(frozen=True, slots=True)
class RequestReading:
    """A MedicationRequest; `left_out` says why it is no order that was ever to be taken, blank if it is one."""

    id: str
    patient_id: str
    status: str
    authored_at: datetime
    product: Concept
    dosage: list[Any]
    reason_ids: tuple[str, ...]
    reason_text: str
    left_out: str


def identity(resource: Resource) -> str:
    """The resource's id; without one nothing could be imported twice without duplicates."""
    return _word(resource, "id")


def patient(resource: Resource) -> PatientReading:
    """A Patient with a full birth date and a name."""
    name = _name(resource)
    born = resource.get("birthDate")
    if not isinstance(born, str) or not DAY.fullmatch(born):
        raise Unreadable("the birth date is missing or not a full date")
    died = resource.get("deceasedDateTime")
    died_at = moment(died) if isinstance(died, str) else None
    sex = resource.get("gender", "unknown")
    return PatientReading(
        id=identity(resource),
        mrn=_record_number(resource),
        given_name=" ".join(_strings(name.get("given"))),
        family_name=str(name.get("family") or ""),
        birth_date=_date(born),
        sex=sex if sex in SEXES else "unknown",
        language=_language(resource),
        zone=_zone(resource),
        died_at=died_at,
        is_dead=died_at is not None or resource.get("deceasedBoolean") is True,
    )


def condition(resource: Resource, zone: tzinfo) -> ConditionReading:
    """A Condition; its days are counted in the patient's time zone."""
    begun = resource.get("onsetDateTime") or resource.get("recordedDate")
    return ConditionReading(
        id=identity(resource),
        patient_id=reference(resource, "subject"),
        concept=concept(resource.get("code")),
        onset_on=day(begun, zone),
        abated_on=day(resource.get("abatementDateTime"), zone),
        is_true=_status(resource, "verificationStatus") not in NOT_TRUE,
    )


def allergy(resource: Resource, zone: tzinfo) -> AllergyReading:
    """An AllergyIntolerance, with the first reaction it tells of."""
    what = concept(resource.get("code"))
    told = [one for one in resource.get("reaction") or [] if isinstance(one, dict)]
    manifestations = [concept(one).text for one in (told[0].get("manifestation") or [])] if told else []
    status = _status(resource, "verificationStatus")
    return AllergyReading(
        id=identity(resource),
        patient_id=reference(resource, "patient"),
        concept=what,
        kind="intolerance" if resource.get("type") == "intolerance" else "allergy",
        reaction=", ".join(manifestations),
        severity=str(told[0].get("severity") or "") if told else "",
        recorded_on=day(resource.get("recordedDate") or resource.get("onsetDateTime"), zone),
        is_active=_status(resource, "clinicalStatus") not in GONE,
        is_true=status not in NOT_TRUE,
        is_drug="medication" in (resource.get("category") or []) or bool(what.code(RXNORM)),
    )


def request(resource: Resource, medications: Mapping[str, Concept]) -> RequestReading:
    """A MedicationRequest; `medications` are the Medication resources that it may point to, by id."""
    authored = resource.get("authoredOn")
    if not isinstance(authored, str):
        raise Unreadable("it has no authoredOn, so nobody knows when it was ordered")
    reasons = [one for one in resource.get("reasonReference") or [] if isinstance(one, dict)]
    codes = [concept(one).text for one in resource.get("reasonCode") or []]
    dosage = resource.get("dosageInstruction")
    return RequestReading(
        id=identity(resource),
        patient_id=reference(resource, "subject"),
        status=str(resource.get("status") or ""),
        authored_at=moment(authored),
        product=_product(resource, medications),
        dosage=dosage if isinstance(dosage, list) else [],
        reason_ids=tuple(last_segment(str(one["reference"])) for one in reasons if one.get("reference")),
        reason_text=", ".join(codes),
        left_out=_why_left_out(resource),
    )


def _why_left_out(resource: Resource) -> str:
    status, intent = resource.get("status"), resource.get("intent")
    if resource.get("doNotPerform") is True:
        return "it says that the medicine must not be given"
    if status not in ("active", "stopped", "completed", "on-hold"):
        return f"its status is {status or 'missing'}"
    if intent not in ("order", "original-order", "reflex-order", "filler-order", "instance-order"):
        return f"its intent is {intent or 'missing'}, not an order"
    return ""


def _product(resource: Resource, medications: Mapping[str, Concept]) -> Concept:
    coded = resource.get("medicationCodeableConcept")
    if coded is not None:
        return concept(coded)
    target = resource.get("medicationReference")
    pointer = str(target.get("reference") or "") if isinstance(target, dict) else ""
    if not pointer:
        raise Unreadable("it names no medication")
    if pointer.startswith("#"):
        inside = [one for one in resource.get("contained") or [] if isinstance(one, dict)]
        return concept(next((one.get("code") for one in inside if one.get("id") == pointer[1:]), None))
    found = medications.get(last_segment(pointer))
    if found is None:
        raise Unreadable("the Medication it points to is not in these files")
    return found


def concept(value: Any) -> Concept:
    """A CodeableConcept with at least a word for what it is."""
    if not isinstance(value, dict):
        raise Unreadable("it has no code")
    raw = [one for one in value.get("coding") or [] if isinstance(one, dict)]
    codings = tuple(
        Coding(str(one.get("system") or ""), str(one.get("code") or ""), str(one.get("display") or "")) for one in raw
    )
    text = next(filter(None, [*(coding.display for coding in codings), str(value.get("text") or "")]), "").strip()
    if not text:
        raise Unreadable("its code has neither text nor display")
    return Concept(text, codings)


def reference(resource: Resource, field: str) -> str:
    """The id at the end of a reference: urn:uuid:X, Patient/X and https://host/Patient/X all mean X."""
    target = resource.get(field)
    pointer = target.get("reference") if isinstance(target, dict) else None
    if not isinstance(pointer, str) or not pointer:
        raise Unreadable(f"it does not say whose it is ({field})")
    return last_segment(pointer)


def last_segment(pointer: str) -> str:
    """The part of a reference that names the resource, without its version."""
    return re.split(r"[/:]", pointer.split("/_history/")[0].removesuffix("/"))[-1]


def moment(text: str) -> datetime:
    """A FHIR instant or full date as an aware time in UTC; a bare date is its noon. A part of a date is refused."""
    try:
        if DAY.fullmatch(text):
            return datetime.fromisoformat(text).replace(hour=12, tzinfo=UTC)
        at = datetime.fromisoformat(text)
    except ValueError as wrong:
        raise Unreadable("a date in it cannot be read") from wrong
    if at.tzinfo is None:
        raise Unreadable("a time in it has no time zone")
    return at.astimezone(UTC)


def day(text: Any, zone: tzinfo) -> date | None:
    """The day of a FHIR dateTime where the patient lives; None where it is absent or only a month or year."""
    if not isinstance(text, str) or len(text) < len("2000-01-01"):
        return None
    if DAY.fullmatch(text):
        return _date(text)
    return moment(text).astimezone(zone).date()


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise Unreadable("a date in it cannot be read") from wrong


def _word(resource: Resource, field: str) -> str:
    value = resource.get(field)
    if not isinstance(value, str) or not value.strip() or len(value) > 120:
        raise Unreadable(f"it has no {field}")
    return value.strip()


def _strings(values: Any) -> list[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _name(resource: Resource) -> dict[str, Any]:
    names = [one for one in resource.get("name") or [] if isinstance(one, dict)]
    ranked = sorted(names, key=lambda one: one.get("use") != "official")
    name = next((one for one in ranked if one.get("family") or one.get("given")), None)
    if name is None:
        raise Unreadable("it has no name")
    return name


def _record_number(resource: Resource) -> str:
    """The identifier that says it is a medical record number, else the resource's own id."""
    for one in resource.get("identifier") or []:
        kinds = (one.get("type") or {}).get("coding") or [] if isinstance(one, dict) else []
        if any(kind.get("code") == "MR" for kind in kinds) and one.get("value"):
            return str(one["value"])[:40]
    return identity(resource)[:40]


def _language(resource: Resource) -> str:
    """The preferred language's tag, else the first one's."""
    spoken = [one for one in resource.get("communication") or [] if isinstance(one, dict)]
    ranked = sorted(spoken, key=lambda one: one.get("preferred") is not True)
    codings = [coding for one in ranked for coding in (one.get("language") or {}).get("coding") or []]
    return next((str(coding["code"]) for coding in codings if coding.get("code")), "")


def _zone(resource: Resource) -> str:
    found = [one for one in resource.get("extension") or [] if one.get("url") == TIME_ZONE_EXTENSION]
    name = str(found[0].get("valueCode") or "") if found else ""
    return name if name in available_timezones() else ""


def _status(resource: Resource, field: str) -> str:
    value = resource.get(field)
    codings = value.get("coding") or [] if isinstance(value, dict) else []
    return next((str(coding.get("code")) for coding in codings if isinstance(coding, dict)), "")
