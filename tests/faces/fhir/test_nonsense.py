"""Whatever a file holds, an import ends with a report: no shape of JSON makes it fall over."""

import json
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medmgmt.fhir.importing import converting, gathering, medicines, reading, sigs
from medmgmt.fhir.importing.report import Report
from tests.faces.fhir.resources import allergy, condition, daily, patient, request

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
TODAY = NOW.date()
KEYS = [
    *("coding", "code", "text", "reference", "system", "repeat", "frequency", "period", "periodUnit", "value", "unit"),
    *("when", "doseQuantity", "numerator", "denominator", "given", "family", "type", "manifestation"),
]
SCALARS = st.none() | st.booleans() | st.integers(-9, 10**12) | st.floats(allow_nan=False) | st.text(max_size=8)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4),
    max_leaves=8,
)
PARTS = [
    "asNeededCodeableConcept",
    "sequence",
    "method",
    "doseAndRate",
    "timing",
    "route",
    "asNeededBoolean",
    "maxDosePerPeriod",
    "additionalInstruction",
    "text",
    "patientInstruction",
]
FILES = [
    b"",
    b"\xff\xfe",
    b"[" * 100_000,
    b"null",
    b'"Bundle"',
    b'{"resourceType": "Bundle", "entry": 3}',
    b'{"resourceType": "Bundle", "entry": [1, {"resource": []}]}',
]


@given(st.lists(ANYTHING, max_size=2))
def test_no_dosage_makes_a_sig_fall_over(instructions: list[Any]) -> None:
    assert sigs.read(instructions, sigs.Ordered("Oral Tablet", "PO"), on=TODAY, zone=UTC)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(PARTS, ANYTHING)))
def test_no_part_of_a_dosage_makes_a_sig_fall_over(instruction: dict[str, Any]) -> None:
    assert sigs.read([{**daily()[0], **instruction}], sigs.Ordered(), on=TODAY, zone=UTC)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.data())
def test_no_field_of_a_resource_makes_an_import_fall_over(data: st.DataObject) -> None:
    resources = [patient(), condition(), allergy(), request(dosageInstruction=daily())]
    for resource in resources:
        field = data.draw(st.sampled_from([*resource, "extension", "deceasedDateTime", "communication", "reaction"]))
        if field != "resourceType":
            resource[field] = data.draw(ANYTHING)
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "all.ndjson"
        file.write_text("\n".join(json.dumps(one) for one in resources))
        people = gathering.gather(reading.files(file), report, time_zone="America/New_York")
    for person in people:
        converting.convert(
            person, whom=medicines.Asked(lambda name, rxcui: None), report=report, now=NOW, last_day=date(2026, 1, 1)
        )
    assert list(report.lines(show_unmapped=True))


@pytest.mark.parametrize("content", FILES)
def test_no_file_makes_reading_fall_over(tmp_path: Path, content: bytes) -> None:
    for name in ("file.json", "file.ndjson"):
        (tmp_path / name).write_bytes(content)
        assert all(isinstance(one, reading.Found | reading.Fault) for one in reading.read(tmp_path / name))
