"""Sorts the resources of files by patient, as readings; what cannot be read goes to the report with its place."""

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from medmgmt.fhir.importing import observations, orders, resources
from medmgmt.fhir.importing import reading as importing_reading
from medmgmt.fhir.importing.observations import ObservationReading
from medmgmt.fhir.importing.orders import RequestReading
from medmgmt.fhir.importing.reading import Fault, Found
from medmgmt.fhir.importing.report import KINDS, Report
from medmgmt.fhir.importing.resources import AllergyReading, ConditionReading, PatientReading

Reading = PatientReading | ConditionReading | AllergyReading | RequestReading | ObservationReading
R = TypeVar("R", PatientReading, ConditionReading, AllergyReading, RequestReading, ObservationReading)
TOLD_OF = (
    "MedicationAdministration", "MedicationDispense", "Observation", "DiagnosticReport", "Procedure", "Immunization",
    "CarePlan", "FamilyMemberHistory", "QuestionnaireResponse", "AdverseEvent", "DetectedIssue", "Flag",
)  # fmt: skip
"""Kinds that are not read and say something of a person, so that the chart has to tell of them."""
UNBUILT = (AttributeError, TypeError, KeyError, ValueError, OverflowError, RecursionError)


@dataclass
class Person:
    """One patient and everything that the files say of them; `place` is where the Patient stood.

    `replaced` are the records that the source has put together with this one. `faults` are what could not be read of
    this patient: the resource, what it is called, and why.
    """

    reading: PatientReading
    zone: tzinfo
    place: Fault
    conditions: list[ConditionReading] = field(default_factory=list)
    allergies: list[AllergyReading] = field(default_factory=list)
    requests: list[RequestReading] = field(default_factory=list)
    observations: list[ObservationReading] = field(default_factory=list)
    replaced: list[str] = field(default_factory=list)
    faults: list[tuple[str, str, str]] = field(default_factory=list)


def gather(files: Iterable[Path], report: Report, *, time_zone: str) -> list[Person]:
    """Every patient of the files, in the order in which they were found.

    `time_zone` is where patients live whose resource does not say. A resource that comes twice counts once; one of a
    patient who is not in these files is a fault. What is told of somebody whom the source has replaced by another is
    told of the other.
    """
    found: dict[str, list[Found]] = {kind: [] for kind in (*KINDS, "Medication", *TOLD_OF)}
    for path in files:
        for one in importing_reading.read(path):
            _sort(one, found, report)
    people = _surviving(_people(found["Patient"], report, time_zone), report)
    named = _medications(found["Medication"])
    _add(found["Condition"], people, report, lambda raw, zone: resources.condition(raw, zone))
    _add(found["AllergyIntolerance"], people, report, lambda raw, zone: resources.allergy(raw, zone))
    _add(found["MedicationRequest"], people, report, lambda raw, zone: orders.request(raw, named, zone))
    _add(found["MedicationStatement"], people, report, lambda raw, zone: orders.statement(raw, named, zone))
    known, others = _by_whether_known(found["Observation"])
    _add(known, people, report, lambda raw, zone: observations.observation(raw, zone))
    _tell_of({**found, "Observation": others}, people)
    return list({id(person): person for person in people.values()}.values())


def _by_whether_known(found: Iterable[Found]) -> tuple[list[Found], list[Found]]:
    """Observations that this service has a name for, and the others."""
    sorted_out: dict[bool, list[Found]] = {True: [], False: []}
    for one in found:
        sorted_out[observations.is_known(one.resource)].append(one)
    return sorted_out[True], sorted_out[False]


def _sort(one: Found | Fault, found: dict[str, list[Found]], report: Report) -> None:
    if isinstance(one, Fault):
        report.fault("", one)
        return
    kind = one.resource["resourceType"]
    if kind not in KINDS and kind != "Medication":
        report.other[kind] += 1
    if kind not in found:
        return
    if kind in KINDS:
        report.read[kind] += 1
    found[kind].append(one)


def _people(found: Iterable[Found], report: Report, time_zone: str) -> dict[str, Person]:
    people: dict[str, Person] = {}
    for one in found:
        place = Fault(one.file, one.line, "")
        reading = _read(one, report, lambda raw, _: resources.patient(raw), ZoneInfo(time_zone))
        if isinstance(reading, str):
            continue
        if reading.id in people:
            report.leave_out("Patient", "the same resource again")
            continue
        people[reading.id] = Person(reading, ZoneInfo(reading.zone or time_zone), place)
    return people


def _surviving(people: dict[str, Person], report: Report) -> dict[str, Person]:
    """Every id -> the person it means today: whoever was replaced by another is that one, if the files have them."""
    by = {one.reading.id: one.reading.replaced_by for one in people.values() if one.reading.replaced_by in people}
    for one in people.values():
        by |= {other: one.reading.id for other in one.reading.replaces if other in people and other not in by}
    found: dict[str, Person] = {}
    for name, person in people.items():
        last, seen = name, {name}
        while by.get(last, name) not in seen:
            last = by[last]
            seen.add(last)
        found[name] = people[last]
        if people[last] is not person:
            people[last].replaced.append(name)
            report.leave_out("Patient", "replaced by another record of the same person")
    return found


def _medications(found: Iterable[Found]) -> dict[str, Mapping[str, Any]]:
    """Medication resources by id; what is wrong with one is for the request that needs it to complain about."""
    named: dict[str, Mapping[str, Any]] = {}
    for one in found:
        try:
            named[resources.identity(one.resource)] = one.resource
        except resources.Unreadable:
            continue
    return named


def _add(
    found: Iterable[Found], people: dict[str, Person], report: Report, read: Callable[[dict[str, Any], tzinfo], Any]
) -> None:
    seen: set[str] = set()
    for one in found:
        kind = one.resource["resourceType"]
        person = _person_of(one, people)
        if person is None:
            report.fault(kind, Fault(one.file, one.line, "its patient is not in these files"))
            continue
        value = _read(one, report, read, person.zone)
        if isinstance(value, str):
            person.faults.append((f"{kind}/{_named(one)}", _called(one.resource), value))
            continue
        if value.id in seen:
            report.leave_out(kind, "the same resource again")
            continue
        seen.add(value.id)
        _put(person, value)


def _named(one: Found) -> str:
    """The id of a resource, or what stands for one that has none: its content."""
    of = one.resource.get("id")
    if isinstance(of, str) and of.strip():
        return of.strip()[:100]
    return hashlib.sha256(json.dumps(one.resource, sort_keys=True, default=str).encode()).hexdigest()[:16]


def _called(resource: Mapping[str, Any]) -> str:
    """What a resource that could not be read is about, in whatever words it has."""
    words: list[str] = []
    for key in ("medicationCodeableConcept", "medicationReference", "code"):
        said = resource.get(key)
        if isinstance(said, Mapping):
            codings = said.get("coding")
            first = codings[0] if isinstance(codings, list) and codings and isinstance(codings[0], Mapping) else {}
            words += [str(said.get("text") or said.get("display") or first.get("display") or first.get("code") or "")]
    dosages = resource.get("dosageInstruction") or resource.get("dosage")
    for one in dosages if isinstance(dosages, list) else []:
        words += [str(one.get("text") or "")] if isinstance(one, Mapping) else []
    return "; ".join(filter(None, words)) or str(resource["resourceType"])


def _tell_of(found: Mapping[str, list[Found]], people: dict[str, Person]) -> None:
    """How many of the kinds that are not read each patient has."""
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for kind in TOLD_OF:
        for one in found[kind]:
            counts[id(_person_of(one, people))][kind] += 1
    for person in {id(one): one for one in people.values()}.values():
        told = ", ".join(f"{count} {kind}" for kind, count in counts[id(person)].items())
        if told:
            person.faults.append(("not-read", told, "resources of these kinds are not looked at"))


def _person_of(one: Found, people: dict[str, Person]) -> Person | None:
    field = "subject" if "subject" in one.resource else "patient"
    try:
        return people.get(resources.reference(one.resource, field))
    except resources.Unreadable:
        return None


def _put(person: Person, value: Reading) -> None:
    if isinstance(value, ConditionReading):
        person.conditions.append(value)
    elif isinstance(value, AllergyReading):
        person.allergies.append(value)
    elif isinstance(value, RequestReading):
        person.requests.append(value)
    elif isinstance(value, ObservationReading):
        person.observations.append(value)


def _read(one: Found, report: Report, read: Callable[[dict[str, Any], tzinfo], R], zone: tzinfo) -> R | str:
    """The reading; the reason, which is also in the report, where it cannot be read whatever is wrong with it."""
    try:
        return read(one.resource, zone)
    except resources.Unreadable as wrong:
        reason = str(wrong)
    except UNBUILT as wrong:
        reason = f"it is not built as FHIR R4 says ({type(wrong).__name__})"
    report.fault(one.resource["resourceType"], Fault(one.file, one.line, reason))
    return reason
