"""FHIR R4 resources for tests, as servers send them, and the files they come in."""

import json
from pathlib import Path
from typing import Any

RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
SNOMED = "http://snomed.info/sct"
ICD = "http://hl7.org/fhir/sid/icd-10-cm"


def concept(text: str, code: str = "", system: str = RXNORM) -> dict[str, Any]:
    coding = [{"system": system, "code": code, "display": text}] if code else []
    return {"coding": coding, "text": text}


def patient(of: str = "p1", **values: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": of,
        "name": [{"use": "official", "family": "Ortega", "given": ["Rosa"]}],
        "birthDate": "1980-05-01",
        "gender": "female",
        **values,
    }


def condition(
    of: str = "c1", text: str = "Major depression disorder", code: str = "370143000", **values: Any
) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": of,
        "subject": {"reference": "urn:uuid:p1"},
        "code": concept(text, code, SNOMED),
        "onsetDateTime": "2018-01-02T10:00:00+00:00",
        **values,
    }  # fmt: skip


def allergy(of: str = "a1", text: str = "Allergy to penicillin", code: str = "", **values: Any) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "id": of,
        "patient": {"reference": "Patient/p1"},
        "type": "allergy",
        "category": ["medication"],
        "code": concept(text, code),
        "recordedDate": "2001-05-06T01:30:00+00:00",
        **values,
    }


def request(
    of: str = "m1",
    text: str = "Sertraline 50 MG Oral Tablet",
    code: str = "312941",
    on: str = "2019-03-04",
    **values: Any,
) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": of,
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": concept(text, code),
        "subject": {"reference": "urn:uuid:p1"},
        "authoredOn": f"{on}T15:00:00+00:00",
        **values,
    }


def daily(amount: int = 1) -> list[dict[str, Any]]:
    return [
        {
            "doseAndRate": [{"doseQuantity": {"value": amount}}],
            "timing": {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d"}},
        }
    ]


def ndjson(folder: Path, *resources: dict[str, Any], name: str = "all.ndjson", more: str = "") -> Path:
    folder.mkdir(exist_ok=True)
    lines = [json.dumps(one) for one in resources]
    (folder / name).write_text("\n".join([*lines, more]) + "\n", encoding="utf-8")
    return folder


def bundle(file: Path, *entries: dict[str, Any]) -> Path:
    file.write_text(
        json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}), encoding="utf-8"
    )
    return file
