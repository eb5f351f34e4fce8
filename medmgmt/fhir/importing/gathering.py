"""Sorts the resources of files by patient, as readings; what cannot be read goes to the report with its place."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from medmgmt.fhir.importing import reading as importing_reading
from medmgmt.fhir.importing import resources
from medmgmt.fhir.importing.reading import Fault, Found
from medmgmt.fhir.importing.report import KINDS, Report
from medmgmt.fhir.importing.resources import AllergyReading, Concept, ConditionReading, PatientReading, RequestReading

Reading = PatientReading | ConditionReading | AllergyReading | RequestReading
R = TypeVar("R", PatientReading, ConditionReading, AllergyReading, RequestReading)


@dataclass
class Person:
    """One patient and everything that the files say of them; `place` is where the Patient stood."""

    reading: PatientReading
    zone: tzinfo
    place: Fault
    conditions: list[ConditionReading] = field(default_factory=list)
    allergies: list[AllergyReading] = field(default_factory=list)
    requests: list[RequestReading] = field(default_factory=list)


def gather(files: Iterable[Path], report: Report, *, time_zone: str) -> list[Person]:
    """Every patient of the files, in the order in which they were found.

    `time_zone` is where patients live whose resource does not say. A resource that comes twice counts once; one of a
    patient who is not in these files is a fault.
    """
    found: dict[str, list[Found]] = {kind: [] for kind in (*KINDS, "Medication")}
    for path in files:
        for one in importing_reading.read(path):
            _sort(one, found, report)
    people = _people(found["Patient"], report, time_zone)
    medications = _medications(found["Medication"])
    _add(found["Condition"], people, report, lambda raw, zone: resources.condition(raw, zone))
    _add(found["AllergyIntolerance"], people, report, lambda raw, zone: resources.allergy(raw, zone))
    _add(found["MedicationRequest"], people, report, lambda raw, _: resources.request(raw, medications))
    return list(people.values())


def _sort(one: Found | Fault, found: dict[str, list[Found]], report: Report) -> None:
    if isinstance(one, Fault):
        report.fault("", one)
        return
    kind = one.resource["resourceType"]
    if kind not in found:
        report.other[kind] += 1
        return
    if kind in KINDS:
        report.read[kind] += 1
    found[kind].append(one)


def _people(found: Iterable[Found], report: Report, time_zone: str) -> dict[str, Person]:
    people: dict[str, Person] = {}
    for one in found:
        place = Fault(one.file, one.line, "")
        reading = _read(one, report, lambda raw, _: resources.patient(raw), ZoneInfo(time_zone))
        if reading is None:
            continue
        if reading.id in people:
            report.leave_out("Patient", "the same resource again")
            continue
        people[reading.id] = Person(reading, ZoneInfo(reading.zone or time_zone), place)
    return people


def _medications(found: Iterable[Found]) -> dict[str, Concept]:
    """Medication resources by id; one without a code is left for the request that needs it to complain about."""
    named: dict[str, Concept] = {}
    for one in found:
        try:
            named[resources.identity(one.resource)] = resources.concept(one.resource.get("code"))
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
        if value is None:
            continue
        if value.id in seen:
            report.leave_out(kind, "the same resource again")
            continue
        seen.add(value.id)
        _put(person, value)


def _person_of(one: Found, people: dict[str, Person]) -> Person | None:
    field = "patient" if one.resource["resourceType"] == "AllergyIntolerance" else "subject"
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


def _read(one: Found, report: Report, read: Callable[[dict[str, Any], tzinfo], R], zone: tzinfo) -> R | None:
    """The reading; None, and a fault in the report, where the resource cannot be read whatever is wrong with it."""
    try:
        return read(one.resource, zone)
    except resources.Unreadable as wrong:
        reason = str(wrong)
    except (AttributeError, TypeError, KeyError, ValueError, OverflowError) as wrong:
        reason = f"it is not built as FHIR R4 says ({type(wrong).__name__})"
    report.fault(one.resource["resourceType"], Fault(one.file, one.line, reason))
    return None
