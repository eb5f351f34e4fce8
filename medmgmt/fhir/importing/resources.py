"""FHIR R4 resources as plain readings: what a resource says, in the record's words, and nothing it does not say.

Pure. A resource that cannot be read raises Unreadable with the reason in words; the caller knows file and line.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, tzinfo
from typing import Any
from zoneinfo import available_timezones

from medmgmt.fhir.importing import dates
from medmgmt.fhir.importing.dates import Unreadable as Unreadable

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
ICD10CM = "http://hl7.org/fhir/sid/icd-10-cm"
NDC = "http://hl7.org/fhir/sid/ndc"
SYSTEM_NAMES = {RXNORM: "RxNorm", SNOMED: "SNOMED CT", ICD10CM: "ICD-10-CM", NDC: "NDC"}
SAME_SYSTEM = {
    "urn:oid:2.16.840.1.113883.6.88": RXNORM, "urn:oid:2.16.840.1.113883.6.96": SNOMED,
    "urn:oid:2.16.840.1.113883.6.90": ICD10CM, "urn:oid:2.16.840.1.113883.6.69": NDC,
    "http://hl7.org/fhir/sid/rxnorm": RXNORM, "http://fdasis.nlm.nih.gov/ndc": NDC,
}  # fmt: skip
"""The same systems as they are also called."""
TIME_ZONE_EXTENSION = "http://hl7.org/fhir/StructureDefinition/timezone"
SEXES = ("female", "male", "other", "unknown")
NOT_TRUE = ("entered-in-error", "refuted")
UNCERTAIN = ("unconfirmed", "provisional", "differential")
GONE = ("inactive", "resolved", "remission")
NO_KNOWN = frozenset({
    "716186003", "409137002", "428607008", "429625007", "428197003", "716184000", "716220001", "160244002",
    "no-known-allergies", "no-known-medication-allergies", "no-known-environmental-allergies",
    "no-known-food-allergies",
})  # fmt: skip
"""SNOMED CT and HL7 IPS codes that say that none is known, of all or of one kind of allergy."""
NOT_ASKED = frozenset({"no-allergy-info", "1631000175102"})
NO_KNOWN_WORDS = re.compile(r"(?:no known (?:\w+ )?allerg(?:y|ies)\b.*|nkd?a)\.?", re.IGNORECASE)
SEVERITIES = ("mild", "moderate", "severe")
Resource = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Coding:
    system: str
    code: str
    display: str


@dataclass(frozen=True, slots=True)
class Concept:
    """What something is called, with its codes; `text` is blank where nothing but a code was sent, `also` is what else
    it is called."""

    text: str
    codings: tuple[Coding, ...] = ()
    also: tuple[str, ...] = ()

    def code(self, system: str) -> str:
        """The code in this system; blank if it has none."""
        return next((coding.code for coding in self.codings if coding.system == system), "")

    @property
    def called(self) -> str:
        """Its name, else its first code with the name of the system."""
        first = next((coding for coding in self.codings if coding.code), None)
        return self.text or (f"{SYSTEM_NAMES.get(first.system, first.system)} {first.code}".strip() if first else "")


@dataclass(frozen=True, slots=True)
class PatientReading:
    """A Patient. `language` is the tag that was sent; `zone` is blank where the resource has no time zone."""

    id: str
    mrn: str
    given_name: str
    family_name: str
    birth_date: date
    born: str
    """The birth date as it was sent: perhaps a year alone."""
    sex: str
    language: str
    zone: str
    died: str
    is_dead: bool
    replaced_by: str = ""
    replaces: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ConditionReading:
    """A Condition; `has_ended` without a day where the source says no more than that it has."""

    id: str
    patient_id: str
    concept: Concept
    onset_on: date | None
    abated_on: date | None
    is_true: bool
    has_ended: bool = False
    certainty: str = ""
    """Blank where it is confirmed, or nothing is said of it."""
    since: str = ""
    """A year, an age or words, where no day is known."""


@dataclass(frozen=True, slots=True)
class AllergyReading:
    """An AllergyIntolerance; `is_drug` says that its category or code is a medicine's, `says_none` that it is none."""

    id: str
    patient_id: str
    concept: Concept
    kind: str
    reactions: tuple[tuple[str, str], ...]
    """Words and severity of each."""
    recorded_on: date | None
    is_active: bool
    is_true: bool
    is_drug: bool
    says_none: bool = False
    is_known: bool = True


def identity(resource: Resource) -> str:
    """The resource's id; without one nothing could be imported twice without duplicates."""
    return _word(resource, "id")


def patient(resource: Resource) -> PatientReading:
    """A Patient with a name and at least a year of birth; of a year or month alone its first day stands for it."""
    given, family = _name(resource)
    zone = UTC
    born = dates.when(resource.get("birthDate"), zone)
    if born is None:
        raise Unreadable("the birth date is missing")
    died = resource.get("deceasedDateTime")
    sex = resource.get("gender", "unknown")
    links = [one for one in resource.get("link") or [] if isinstance(one, dict)]
    linked = [(str(one.get("type") or ""), pointer(one.get("other"))) for one in links]
    return PatientReading(
        id=identity(resource),
        mrn=_record_number(resource),
        given_name=given,
        family_name=family,
        birth_date=born.first,
        born=born.said,
        sex=sex if sex in SEXES else "unknown",
        language=_language(resource),
        zone=_zone(resource),
        died=died if isinstance(died, str) and dates.when(died, zone) else "",
        is_dead=bool(died) or resource.get("deceasedBoolean") is True,
        replaced_by=next((other for kind, other in linked if kind == "replaced-by"), ""),
        replaces=tuple(other for kind, other in linked if kind == "replaces" and other),
    )


def condition(resource: Resource, zone: tzinfo) -> ConditionReading:
    """A Condition; its days are counted in the patient's time zone."""
    onset = dates.when(resource.get("onsetDateTime") or start(resource.get("onsetPeriod")), zone)
    recorded = (
        dates.when(resource.get("recordedDate"), zone) if onset is None and not _told(resource, "onset") else None
    )
    begun = onset or recorded
    ended = dates.when(resource.get("abatementDateTime") or end(resource.get("abatementPeriod")), zone)
    gone = _status(resource, "clinicalStatus") in GONE or _told(resource, "abatement") != ""
    partial = begun is not None and begun.is_partial
    certainty = _status(resource, "verificationStatus")
    return ConditionReading(
        id=identity(resource),
        patient_id=reference(resource, "subject"),
        concept=concept(resource.get("code")),
        onset_on=begun.first if begun and not partial else None,
        abated_on=ended.last if ended else None,
        is_true=certainty not in NOT_TRUE,
        certainty=certainty if certainty in UNCERTAIN else "",
        has_ended=ended is not None or gone,
        since=begun.said if begun and partial else _told(resource, "onset"),
    )


def _told(resource: Resource, what: str) -> str:
    """An age, a range or words in the place of a day; blank where there are none."""
    for kind in ("Age", "Range", "String", "Boolean"):
        said = resource.get(f"{what}{kind}")
        if isinstance(said, dict) and said.get("value") is not None:
            return f"the age of {said['value']} {said.get('unit') or ''}".strip()
        if said not in (None, False, ""):
            return said if isinstance(said, str) else "an earlier time"
    return ""


def start(period: Any) -> Any:
    """When a Period begins, as it was sent."""
    return period.get("start") if isinstance(period, dict) else None


def end(period: Any) -> Any:
    """When a Period ends, as it was sent."""
    return period.get("end") if isinstance(period, dict) else None


def allergy(resource: Resource, zone: tzinfo) -> AllergyReading:
    """An AllergyIntolerance, with every reaction it tells of."""
    told = [one for one in resource.get("reaction") or [] if isinstance(one, dict)]
    named = [one["substance"] for one in told if one.get("substance")]
    what = concept(resource.get("code") or next(iter(named), None))
    recorded = dates.when(resource.get("recordedDate") or resource.get("onsetDateTime"), zone)
    codes = {coding.code for coding in what.codings}
    reactions = [_reaction(one) for one in told]
    if resource.get("criticality") == "high" and not any(severity for _words, severity in reactions):
        reactions.append(("high risk, as the source says", ""))
    return AllergyReading(
        id=identity(resource),
        patient_id=reference(resource, "patient"),
        concept=what,
        kind="intolerance" if resource.get("type") == "intolerance" else "allergy",
        reactions=tuple(one for one in reactions if any(one)),
        recorded_on=recorded.first if recorded else None,
        is_active=_status(resource, "clinicalStatus") not in GONE,
        is_true=_status(resource, "verificationStatus") not in NOT_TRUE,
        is_drug="medication" in (resource.get("category") or []) or bool(what.code(RXNORM)),
        says_none=bool(codes & NO_KNOWN) or NO_KNOWN_WORDS.fullmatch(what.text.strip()) is not None,
        is_known=not codes & NOT_ASKED,
    )


def _reaction(one: Resource) -> tuple[str, str]:
    """What happened, and how severe it was."""
    shown = [concept(each).called for each in one.get("manifestation") or []]
    words = ", ".join(dict.fromkeys([*shown, *([str(one["description"])] if one.get("description") else [])]))
    severity = str(one.get("severity") or "")
    return words, severity if severity in SEVERITIES else ""


def concept(value: Any) -> Concept:
    """A CodeableConcept with at least a word or a code for what it is."""
    if not isinstance(value, dict):
        raise Unreadable("it has no code")
    raw = [one for one in value.get("coding") or [] if isinstance(one, dict)]
    codings = tuple(
        Coding(_system(one.get("system")), str(one.get("code") or "").strip(), str(one.get("display") or ""))
        for one in raw
    )
    names = [name.strip() for name in (*(coding.display for coding in codings), str(value.get("text") or ""))]
    text, *also = [*dict.fromkeys(filter(None, names)), ""]
    found = Concept(text, codings, tuple(filter(None, also)))
    if not found.called:
        raise Unreadable("its code has neither text nor display")
    return found


def _system(said: Any) -> str:
    return SAME_SYSTEM.get(str(said or ""), str(said or ""))


def reference(resource: Resource, field: str) -> str:
    """The id at the end of a reference: urn:uuid:X, Patient/X and https://host/Patient/X all mean X."""
    found = pointer(resource.get(field))
    if not found:
        raise Unreadable(f"it does not say whose it is ({field})")
    return found


def pointer(target: Any) -> str:
    """The same of a Reference; blank where there is none."""
    said = target.get("reference") if isinstance(target, dict) else None
    return last_segment(said) if isinstance(said, str) and said else ""


def last_segment(pointer: str) -> str:
    """The part of a reference that names the resource, without its version."""
    return re.split(r"[/:]", pointer.split("/_history/")[0].removesuffix("/"))[-1]


def listed(said: Any) -> list[Any]:
    """What was sent, if it is a list."""
    return said if isinstance(said, list) else []


def _word(resource: Resource, field: str) -> str:
    value = resource.get(field)
    if not isinstance(value, str) or not value.strip() or len(value) > 120:
        raise Unreadable(f"it has no {field}")
    return value.strip()


def _strings(values: Any) -> list[str]:
    return [value for value in values if isinstance(value, str)] if isinstance(values, list) else []


def _name(resource: Resource) -> tuple[str, str]:
    """Given and family name; a name that is text alone is the family name, up to its comma."""
    names = [one for one in resource.get("name") or [] if isinstance(one, dict)]
    ranked = sorted(names, key=lambda one: (one.get("use") != "official", one.get("use") == "old"))
    for one in ranked:
        given, family = " ".join(_strings(one.get("given"))).strip(), str(one.get("family") or "").strip()
        if given or family:
            return given, family
    text = next((str(one["text"]).strip() for one in ranked if str(one.get("text") or "").strip()), "")
    if not text:
        raise Unreadable("it has no name")
    family, _comma, given = text.partition(",")
    return given.strip(), family.strip()


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
    text = str(value.get("text") or "").lower() if isinstance(value, dict) else ""
    return next((str(coding.get("code")) for coding in codings if isinstance(coding, dict)), text)
