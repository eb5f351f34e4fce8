"""The Synthea patients in full: everything mapped or named, nothing twice, and their regimens reviewed."""

import re
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from interactions.models import Release
from medmgmt.record import audit
from medmgmt.record.models import Allergy, AuditEntry, Condition, DosageChange, Patient, Prescription

pytestmark = pytest.mark.django_db
TABLES = (Patient, Condition, Allergy, Prescription, DosageChange)


@pytest.fixture
def synthea(shared: Path) -> Path:
    folder = shared / "datasets" / "fhir_synthea_r4"
    if not folder.is_dir():
        pytest.skip("the Synthea data set is not on this machine")
    return folder


def told(*args: object, **values: object) -> str:
    out = StringIO()
    call_command("import_fhir", *args, stdout=out, stderr=StringIO(), **values)
    return out.getvalue()


def ingredients(report: str) -> tuple[int, int]:
    """How many ordered ingredients the active knowledge knows, and how many it does not."""
    found = re.search(r"Ingredients ordered to the active knowledge: ([\d,]+) mapped, ([\d,]+) unmapped", report)
    assert found is not None
    known, unknown = (int(number.replace(",", "")) for number in found.groups())
    return known, unknown


def test_all_patients_are_imported_once_and_reviewed_against_what_is_in_use(synthea: Path, shared: Path) -> None:
    call_command("load_knowledge", verbosity=0)
    first = told(str(synthea), show_unmapped=True)
    assert "MedicationRequest     4,712     4,693              0        19          0" in first
    assert "Patient                 615       615              0         0          0" in first
    mapped, unmapped = ingredients(first)
    assert mapped >= 4_700
    assert mapped + unmapped == 5_366
    counts = [table.objects.count() for table in TABLES]
    assert counts == [615, 4546, 374, 3526, 6305]
    assert audit.verify() == []

    entries = AuditEntry.objects.count()
    second = told(str(synthea))
    assert "MedicationRequest     4,712         0          4,693        19          0" in second
    assert "read differently" not in second
    assert [table.objects.count() for table in TABLES] == counts
    assert AuditEntry.objects.count() == entries

    ddinter = sorted(str(path) for path in (shared / "datasets" / "ddinter" / "raw").glob("*.csv"))
    call_command("import_interactions", "ddinter", *ddinter, verbosity=0, stdout=StringIO(), stderr=StringIO())
    call_command("activate_release", str(Release.objects.latest("pk").pk), verbosity=0, stdout=StringIO())
    reviewed = told(str(synthea), review=True)
    assert "DDInter" in reviewed
    assert ingredients(reviewed)[0] >= 5_350
    assert "major: amlodipine with simvastatin" in reviewed


def test_a_folder_of_bundles_is_read_and_says_what_it_did_not_look_at(synthea: Path) -> None:
    report = told(str(synthea / "full_bundle_samples"))
    assert "Patient                  12        12" in report
    assert "Observation 592" in report
