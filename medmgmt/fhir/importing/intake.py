"""Takes FHIR files in: read, sorted by patient, converted, handed to the clinic one patient at a time, reported."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path

from interactions import library
from interactions.engine.knowledge import Knowledge
from medmgmt.actions import importing
from medmgmt.actions.importing import TakenOver
from medmgmt.fhir.importing import converting, gathering, medicines, reading
from medmgmt.fhir.importing.converting import Converted
from medmgmt.fhir.importing.gathering import Person
from medmgmt.fhir.importing.reading import Fault
from medmgmt.fhir.importing.report import Report
from medmgmt.record.errors import Refused
from medmgmt.record.models import User
from medmgmt.record.sigs import ImpossibleSig, Sig
from medmgmt.regimen import order_lines


def take_in(
    by: User,
    path: Path,
    *,
    now: datetime,
    time_zone: str,
    team_id: int | None = None,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Report:
    """Takes every patient of a file or folder in; running it again imports only what is new.

    Each patient is one transaction: one who is refused leaves the others alone and stands in the report with the
    reason. Raises FileNotFoundError where there is nothing to read.
    """
    report = Report()
    people = gathering.gather(reading.files(path), report, time_zone=time_zone)
    last_day = converting.last_day(people, now)
    with library.steady() as known:
        whom = asked(known.knowledge)
        for number, person in enumerate(people, start=1):
            converted = converting.convert(person, whom=whom, report=report, now=now, last_day=last_day)
            try:
                taken = importing.take_in(by, converted.history, team_id=team_id)
            except Refused as refused:
                _refuse(report, person, converted, str(refused))
            else:
                _count(report, person, converted, taken)
                report.patient_ids.append(taken.patient_id)
            progress(number, len(people))
    return report


def asked(knowledge: Knowledge) -> medicines.Asked:
    """Asks this knowledge, each name and each line of words once."""

    @cache
    def resolve(name: str, rxcui: int | None) -> medicines.Known | None:
        found = library.resolve(name=name, rxcui=rxcui, among=knowledge)
        return medicines.Known(found.name, found.rxcui) if found else None

    @lru_cache(maxsize=10_000)
    def understand(text: str, name: str, strength: str, form: str) -> Sig | None:
        try:
            line = order_lines.understood(text, order_lines.Product(name, strength, form.lower()))
        except ImpossibleSig:
            return None
        return None if line.is_total else line.sig

    return medicines.Asked(resolve, understand)


def _count(report: Report, person: Person, converted: Converted, taken: TakenOver) -> None:
    history = converted.history
    refused = {one.source_id for one in taken.refused}
    report.imported["Patient"] += taken.made["patients"]
    report.already["Patient"] += 1 - taken.made["patients"]
    for kind, told, name in (
        ("Condition", history.conditions, "conditions"), ("AllergyIntolerance", history.allergies, "allergies"),
    ):  # fmt: skip
        made = taken.made[name]
        report.imported[kind] += made
        report.already[kind] += len([one for one in told if one.source_id not in refused]) - made
    made_refs = {ref for source_id in taken.made_courses for ref in converted.requests[source_id]}
    lost = {ref for source_id in refused for ref in converted.requests.get(source_id, ())}
    all_refs = {ref for refs in converted.requests.values() for ref in refs} - (lost - made_refs)
    for ref in all_refs:
        (report.imported if ref in made_refs else report.already)[ref.split("/")[0]] += 1
    for one in taken.refused:
        place = Fault(person.place.file, person.place.line, f"{one.source_id} of this patient was refused: {one.why}")
        report.faults.append(place)
    for ref in (refused - set(converted.requests)) | (lost - made_refs):
        report.malformed[ref.split("/")[0]] += 1
    report.notes["observations taken over"] += taken.made["observations"]
    report.notes["prescriptions made, one for each ingredient"] += taken.made["prescriptions"]
    report.notes["courses already here that have gone on in the source"] += len(taken.extended)
    report.notes["things that stand on a chart to be read"] += taken.made["remarks"]
    report.differing.extend(sorted(taken.differing))


def _refuse(report: Report, person: Person, converted: Converted, why: str) -> None:
    report.fault("Patient", Fault(person.place.file, person.place.line, f"the patient was refused: {why}"))
    left = Counter({"Condition": len(converted.history.conditions)})
    left["AllergyIntolerance"] = len(converted.history.allergies)
    left.update(ref.split("/")[0] for ref in {ref for refs in converted.requests.values() for ref in refs})
    for kind, count in left.items():
        if count:
            report.left_out[kind, "their patient was refused"] += count
