"""Orders read by hand, and what the import makes of each: milligrams a day, or that nobody knows, and every word."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from medmgmt.fhir.importing import intake
from medmgmt.management.commands.import_fhir import importer
from medmgmt.record import dosing, strengths
from medmgmt.record.models import ImportRemark, Patient, Prescription, Status
from tests import shipped_knowledge
from tests.faces.fhir.resources import ndjson, patient

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 12, 1, 17, 0, tzinfo=UTC)
FIRST = date(2026, 12, 1)
ORDERS: list[dict[str, Any]] = yaml.load(
    (Path(__file__).parent / "orders.yaml").read_text(encoding="utf-8"), Loader=yaml.BaseLoader
)
USUAL = "Sertraline 50 MG Oral Tablet"
BOOLEANS = {"true": True, "yes": True}
NEARLY = Decimal("0.01")


def numbered(value: Any) -> Any:
    """Numbers as JSON has them; the file is read as text, so that dates and odd amounts stay what they are."""
    if isinstance(value, dict):
        return {key: numbered(one) for key, one in value.items()}
    if isinstance(value, list):
        return [numbered(one) for one in value]
    if value == "null" or value == "":
        return None
    if value in BOOLEANS:
        return BOOLEANS[value]
    return int(value) if value.removeprefix("-").isdecimal() and len(value) < 4 else value


def quantity(text: str) -> dict[str, Any]:
    """As in "50 mg"."""
    value, _space, unit = text.partition(" ")
    found: dict[str, Any] = {"value": float(value) if "." in value else int(value)}
    return {**found, "unit": unit, "code": unit} if unit else found


def dosage(said: dict[str, Any]) -> dict[str, Any]:
    """One Dosage in full."""
    made: dict[str, Any] = {**numbered(said.get("raw", {}))}
    if "dose" in said:
        made["doseAndRate"] = [{"doseQuantity": quantity(said["dose"])}]
    if "quantity" in said:
        made["doseAndRate"] = [{"doseQuantity": {**said["quantity"], "value": numbered(said["quantity"]["value"])}}]
    if "range" in said:
        ends = zip(("low", "high"), said["range"], strict=True)
        made["doseAndRate"] = [{"doseRange": {name: quantity(one) for name, one in ends if one != "null"}}]
    if "doses" in said:
        made["doseAndRate"] = [
            {"type": {"coding": [{"code": kind}]}, "doseQuantity": quantity(one)} for kind, one in said["doses"]
        ]
    if "most" in said:
        above, below = said["most"]
        made["maxDosePerPeriod"] = {"numerator": quantity(above), "denominator": quantity(below)}
    if "prn" in said:
        made |= (
            {"asNeededBoolean": True} if said["prn"] == "yes" else {"asNeededCodeableConcept": {"text": said["prn"]}}
        )
    timing = {"repeat": numbered(said["repeat"])} if "repeat" in said else {}
    timing |= {"code": {"coding": [{"code": said["code"]}]}} if "code" in said else {}
    timing |= {"code": {"text": said["called"]}} if "called" in said else {}
    timing |= {"event": said["events"]} if "events" in said else {}
    made |= {"timing": timing} if timing else {}
    made |= {"text": said["text"]} if "text" in said else {}
    made |= {"patientInstruction": said["patient"]} if "patient" in said else {}
    return made | ({"sequence": int(said["sequence"])} if "sequence" in said else {})


def resource(case: dict[str, Any], said: dict[str, Any], number: int, place: int) -> dict[str, Any]:
    """One order of a case in full."""
    of = said.get("medication", case.get("medication", USUAL))
    told = {key: numbered(value) for key, value in said.items() if key not in ("dosage", "medication")}
    kind = told.get("resourceType", "MedicationRequest")
    made: dict[str, Any] = {
        "resourceType": kind, "id": f"m{number}-{place}", "status": "active", "intent": "order",
        "subject": {"reference": f"Patient/p{number}"},
        "medicationCodeableConcept": {"text": of} if isinstance(of, str) else of,
        ("authoredOn" if kind == "MedicationRequest" else "dateAsserted"): "2026-10-05",
        ("dosageInstruction" if kind == "MedicationRequest" else "dosage"): [
            dosage(one) for one in said.get("dosage", case.get("dosage", []))
        ],
        **told,
    }  # fmt: skip
    if made.get("priorPrescription"):
        made["priorPrescription"] = {"reference": f"MedicationRequest/m{number}-1"}
    if "contained" in case:
        del made["medicationCodeableConcept"]
        inside = {"resourceType": "Medication", "id": "med", **numbered(case["contained"])}
        made |= {"contained": [inside], "medicationReference": {"reference": "#med"}}
    return made


def taken(rows: list[Prescription], day: date) -> Any:
    """Milligrams a day of everything that is taken on a day: none, unknown, or a number."""
    found: list[Decimal | None] = []
    for row in rows:
        steps = [change.step for change in row.changes.filter(status=Status.SIGNED)]
        sig = dosing.dose_on(day, steps).sig
        if sig is not None:
            found.append(strengths.in_milligrams(sig, row.strength).per_day)
    if not found:
        return "none"
    return "unknown" if None in found else sum(one for one in found if one is not None)


def differs(seen: Any, expected: str) -> bool:
    if expected in ("none", "unknown") or isinstance(seen, str):
        return bool(seen != expected)
    return bool(abs(seen - Decimal(expected)) > NEARLY)


def wrong_in(case: dict[str, Any], number: int) -> list[str]:
    """What came out otherwise than was read by hand."""
    who = Patient.objects.get(source_id=f"Patient/p{number}")
    rows = list(Prescription.objects.filter(patient=who).order_by("pk"))
    wanted = {"2026-12-01": case["mg"], **case.get("days", {})}
    seen = {day: taken(rows, date.fromisoformat(day)) for day in wanted}
    wrong = [f"{day}: {seen[day]}, not {mg}" for day, mg in wanted.items() if differs(seen[day], mg)]
    changes = [change for row in rows for change in row.changes.all()]
    words = " | ".join(f"{one.sig.text()} {one.sig.words} {one.note}" if one.sig else one.note for one in changes)
    remarks = " | ".join(f"{one.what} {one.why}" for one in ImportRemark.objects.filter(patient=who))
    for wanted_words, told in ((case.get("says", ""), words), (case.get("remark", ""), remarks)):
        if wanted_words.lower() not in told.replace(dosing.NBSP, " ").lower():
            wrong.append(f"“{wanted_words}” is not in “{told}”")
    if "lines" in case and len(rows) != int(case["lines"]):
        wrong.append(f"{len(rows)} lines, not {case['lines']}")
    if "drug" in case and case["drug"] not in rows[0].drug_name:
        wrong.append(f"{rows[0].drug_name}, not {case['drug']}")
    if not case.get("remark") and remarks:
        wrong.append(f"nothing is to be remarked, but: {remarks}")
    return wrong


def test_every_order_is_taken_over_as_somebody_reads_it_by_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shipped_knowledge.put_into_use()
    resources = []
    for number, case in enumerate(ORDERS):
        resources.append(patient(f"p{number}"))
        for place, said in enumerate(case.get("orders", [{}]), start=1):
            resources.append(resource(case, said, number, place))
    files = ndjson(tmp_path, *resources)
    report = intake.take_in(importer(), files, now=NOW, time_zone="America/New_York")
    wrong = {case["name"]: said for number, case in enumerate(ORDERS) if (said := wrong_in(case, number))}
    with capsys.disabled():
        print(f"\n{len(ORDERS) - len(wrong)} of {len(ORDERS)} orders read by hand are taken over right")
    assert not wrong, "\n".join(f"{name}: {'; '.join(said)}" for name, said in wrong.items())
    assert report.faults == []
    again = intake.take_in(importer(), files, now=NOW, time_zone="America/New_York")
    assert (sum(again.imported.values()), again.differing) == (0, [])
