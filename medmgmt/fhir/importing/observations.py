"""FHIR Observations of what the release in use knows: values in their own units with their comparators, or states."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from interactions import library
from interactions.engine.observables import Observable, Observables, words_of
from medmgmt.actions.history import PastObservation
from medmgmt.fhir.importing import dates, resources
from medmgmt.record.errors import RecordError
from medmgmt.regimen import readings

Resource = Mapping[str, Any]
LOINC = "http://loinc.org"
STANDS = ("final", "amended", "corrected", "preliminary", "registered", "unknown")
NOTHING = "it has no value"


@dataclass(frozen=True, slots=True)
class ObservationReading:
    """An Observation; of a blood pressure one `told` each of its two figures."""

    id: str
    patient_id: str
    called: str
    at: datetime | None
    is_true: bool
    told: tuple[tuple[Observable, Resource], ...]
    differs: str = ""
    """Where its words and its code name different things: both in a sentence."""


def is_known(resource: Resource) -> bool:
    """Whether it is of something that can be recorded here."""
    return any(_told(resource, library.observed_at_hand()))


def observation(resource: dict[str, Any], zone: tzinfo) -> ObservationReading:
    """An Observation with its own time; whoever says only when it was written down means that."""
    period = resource.get("effectivePeriod")
    said = resource.get("effectiveDateTime") or resource.get("effectiveInstant") or resources.end(period)
    at = dates.when(said or resources.start(period) or resource.get("issued"), zone)
    return ObservationReading(
        id=resources.identity(resource),
        patient_id=resources.reference(resource, "subject"),
        called=resources.concept(resource.get("code")).called,
        at=at.at if at else None,
        is_true=resource.get("status", "final") in STANDS,
        told=tuple(_told(resource, library.observed_at_hand())),
        differs=_difference(resource, library.observed_at_hand()),
    )


def past(one: ObservationReading, now: datetime) -> Iterator[PastObservation | str]:
    """A row for each figure or state, or why there is none."""
    if one.at is None or one.at > now:
        yield "it does not say when" if one.at is None else "it lies in the future"
        return
    if one.differs:
        yield one.differs
        return
    for of, resource in one.told:
        source_id = f"Observation/{one.id}" + (f"#{of.code}" if len(one.told) > 1 else "")
        yield _row(source_id, of, resource, one.at)


def _row(source_id: str, of: Observable, resource: Resource, at: datetime) -> PastObservation | str:
    if of.answers:
        answer = _answer(of, resource)
        return PastObservation(source_id, of.code, at, value_code=answer) if answer else "its state is not one we know"
    quantity = resource.get("valueQuantity")
    value = quantity.get("value") if isinstance(quantity, dict) else resource.get("valueInteger")
    if value is None or isinstance(value, bool):
        return NOTHING
    comparator, unit = "", ""
    if isinstance(quantity, dict):
        comparator = str(quantity.get("comparator") or "")
        codes = [str(quantity.get(name) or "") for name in ("code", "unit")]
        unit = next(
            (code for code in codes if code and of.in_unit(readings.ONE, code) is not None), codes[0] or codes[1]
        )
    try:
        found = readings.read(f"{comparator}{value}", of, unit=unit, comma=False, last=None, confirm=bool(unit))
    except RecordError as wrong:
        return str(wrong)
    return PastObservation(source_id, of.code, at, value=found.value, comparator=found.comparator)


def _answer(of: Observable, resource: Resource) -> str:
    """The state whose words it says; of two that fit the longer one: "not pregnant" is not "pregnant"."""
    coded = resource.get("valueCodeableConcept")
    texts = [str(resource.get("valueString") or "")]
    if isinstance(coded, dict):
        texts += [str(coded.get("text") or ""), *(str(one.get("display") or "") for one in coded.get("coding") or [])]
    said = " ".join(texts).casefold()
    fits = [answer for answer in of.answers if len(answer) > 1 and answer.replace("_", " ").casefold() in said]
    return max(fits, key=len, default="")


def _told(resource: Resource, observed: Observables) -> Iterator[tuple[Observable, Resource]]:
    """What is told of something known: by its own code, else by those of its components."""
    of = _known(resource, observed)
    if of is not None and not of.parts:
        yield of, resource
        return
    for component in resource.get("component") or []:
        part = _known(component, observed) if isinstance(component, dict) else None
        if part is not None and not part.parts:
            yield part, component


def _known(resource: Resource, observed: Observables) -> Observable | None:
    """By its LOINC; by its words only where it has none: those of a code that is not known here leave much unsaid."""
    loincs = _loincs(resource)
    if loincs:
        return next((observed.by_name[loinc] for loinc in loincs if loinc in observed.by_name), None)
    return observed.called(*_words(resource))


def _loincs(resource: Resource) -> list[str]:
    return [str(one.get("code") or "") for one in _codings(resource) if one.get("system") == LOINC]


def _codings(resource: Resource) -> list[Resource]:
    code = resource.get("code")
    codings = code.get("coding") if isinstance(code, dict) else None
    return [one for one in codings if isinstance(one, dict)] if isinstance(codings, list) else []


def _words(resource: Resource) -> list[str]:
    """The text, then the names of its codes."""
    code = resource.get("code")
    text = code.get("text") if isinstance(code, dict) else None
    return [str(said) for said in (text, *(one.get("display") for one in _codings(resource))) if said]


def _difference(resource: Resource, observed: Observables) -> str:
    """A sentence where the code of one thing stands beside the name of another, in it or in one of its components."""
    components = [one for one in resource.get("component") or [] if isinstance(one, dict)]
    for one in (resource, *components):
        coded = _known(one, observed) if _loincs(one) else None
        named = observed.called(*_words(one))
        if coded and named and _is_other(coded, named):
            return f"its code is that of {coded.name}, and its words say {named.name}"
    return ""


def _is_other(one: Observable, other: Observable) -> bool:
    """Not the same, nor a part of it, nor a narrower name: glucose and fasting glucose go together."""
    is_part = one.code in other.parts or other.code in one.parts
    return one != other and not is_part and words_of(one.name).isdisjoint(words_of(other.name))
