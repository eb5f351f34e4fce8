"""Takes FHIR files in: read, sorted by patient, converted, handed to the clinic one patient at a time, reported."""

from collections.abc import Callable
from datetime import datetime
from functools import cache
from pathlib import Path

from interactions import library
from medmgmt.actions import importing
from medmgmt.actions.importing import TakenOver
from medmgmt.fhir.importing import converting, gathering, reading
from medmgmt.fhir.importing.converting import Converted
from medmgmt.fhir.importing.gathering import Person
from medmgmt.fhir.importing.reading import Fault
from medmgmt.fhir.importing.report import Report
from medmgmt.record.errors import Refused, Unconfirmed
from medmgmt.record.models import User


def take_in(
    by: User,
    path: Path,
    *,
    now: datetime,
    time_zone: str,
    team_id: int | None = None,
    confirm: bool = False,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Report:
    """Takes every patient of a file or folder in; running it again imports only what is new.

    Each patient is one transaction: one who is refused leaves the others alone and stands in the report with the
    reason. Raises FileNotFoundError where there is nothing to read.
    """
    report = Report()
    people = gathering.gather(reading.files(path), report, time_zone=time_zone)
    resolve, last_day = resolver(), converting.last_day(people, now)
    for number, person in enumerate(people, start=1):
        converted = converting.convert(person, resolve=resolve, report=report, now=now, last_day=last_day)
        try:
            taken = importing.take_in(by, converted.history, team_id=team_id, confirm=confirm)
        except (Refused, Unconfirmed) as refused:
            _refuse(report, person, converted, str(refused))
        else:
            _count(report, converted, taken)
            report.patient_ids.append(taken.patient_id)
        progress(number, len(people))
    return report


def resolver() -> converting.Resolve:
    """Asks the knowledge that is active now, each name once."""
    knowledge = library.current()

    @cache
    def resolve(name: str, rxcui: int | None) -> tuple[bool, int | None]:
        found = library.resolve(name=name, rxcui=rxcui, among=knowledge)
        return found is not None, found.rxcui if found else None

    return resolve


def _count(report: Report, converted: Converted, taken: TakenOver) -> None:
    history = converted.history
    totals = {"Patient": 1, "Condition": len(history.conditions), "AllergyIntolerance": len(history.allergies)}
    for kind, name in (("Patient", "patients"), ("Condition", "conditions"), ("AllergyIntolerance", "allergies")):
        made = taken.made[name]
        report.imported[kind] += made
        report.already[kind] += totals[kind] - made
    made_requests = {ref for source_id in taken.made_courses for ref in converted.requests[source_id]}
    all_requests = {ref for refs in converted.requests.values() for ref in refs}
    report.imported["MedicationRequest"] += len(made_requests)
    report.already["MedicationRequest"] += len(all_requests - made_requests)
    report.notes["prescriptions made, one for each ingredient"] += taken.made["prescriptions"]
    report.notes["courses already here that have gone on in the source"] += len(taken.extended)
    report.differing.extend(sorted(taken.differing))


def _refuse(report: Report, person: Person, converted: Converted, why: str) -> None:
    report.fault("Patient", Fault(person.place.file, person.place.line, f"the patient was refused: {why}"))
    requests = {ref for refs in converted.requests.values() for ref in refs}
    for kind, count in (
        ("Condition", len(converted.history.conditions)),
        ("AllergyIntolerance", len(converted.history.allergies)),
        ("MedicationRequest", len(requests)),
    ):
        if count:
            report.left_out[kind, "their patient was refused"] += count
