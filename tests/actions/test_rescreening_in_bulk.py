"""Rescreening and its preview read and write in bulk: how often they ask grows with batches, not with patients."""

from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from interactions.models import RescreenRun, Review, RunState
from medmgmt.actions import knowledge, rescreening
from medmgmt.knowledge import previews
from medmgmt.record.models import DosageChange, Patient, Prescription, Status
from medmgmt.regimen import courses
from refills.models import Task
from tests import factories
from tests.actions.test_rescreening import LAMOTRIGINE, METFORMIN, licensed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]
ROW = f"{LAMOTRIGINE},{METFORMIN},"


@pytest.fixture(autouse=True)
def _nothing_waits(knowledge: None) -> None:
    rescreening.work()


def crowd(count: int, start: int = 0) -> None:
    """So many patients who take both drugs of the pair since long ago, written in bulk."""
    model = factories.patient("P-model")
    if not model.prescriptions.exists():
        factories.taking("lamotrigine", LAMOTRIGINE, of=model)
        factories.taking("metformin", METFORMIN, of=model)
    wanted = [
        Patient(mrn=f"P-{start + n}", given_name="Pat", family_name=f"No {start + n}", birth_date=model.birth_date,
                sex=model.sex, time_zone=model.time_zone)
        for n in range(count)
    ]  # fmt: skip
    patients = Patient.objects.bulk_create(wanted)
    signed = DosageChange.objects.filter(patient=model, status=Status.SIGNED).select_related("prescription")
    for change in signed.order_by("id"):
        drug = change.prescription
        made = Prescription.objects.bulk_create(
            Prescription(patient=one, drug_name=drug.drug_name, rxcui=drug.rxcui, created_by_id=drug.created_by_id)
            for one in patients
        )
        rows = []
        for prescription in made:
            mine = {"id": None, "prescription_id": prescription.pk, "patient_id": prescription.patient_id}
            rows.append(DosageChange(**{**values_of(change), **mine}))
        DosageChange.objects.bulk_create(rows)
    courses.keep_current([one.pk for one in patients])


def values_of(change: DosageChange) -> dict[str, object]:
    """The columns of a change, to write it for somebody else."""
    return {field.attname: getattr(change, field.attname) for field in change._meta.concrete_fields}


def asked(release_id: int) -> tuple[int, RescreenRun]:
    """How often a whole rescreening asks the database."""
    knowledge.activate(factories.pia(), release_id)
    with CaptureQueriesContext(connection) as seen:
        while rescreening.work(seconds=600):
            pass
    return len(seen), RescreenRun.objects.latest("id")


def test_five_hundred_patients_cost_five_batches_and_not_five_hundred_questions(tmp_path: Path) -> None:
    crowd(50)
    few, run = asked(licensed(tmp_path, "1", f"{ROW}Major").pk)
    assert (run.state, run.touched, run.screened) == (RunState.DONE, 50, 50)
    crowd(450, start=50)
    many, run = asked(licensed(tmp_path, "2", f"{ROW}Contraindicated").pk)
    assert (run.state, run.touched, run.screened, run.new_findings) == (RunState.DONE, 500, 500, 500)
    assert Review.objects.filter(moment="screen").count() == 550
    assert Task.objects.filter(source_type="rescreening").count() == 550
    assert few < 150
    assert many - few < 450 / 2, "a query a patient would be 450 more for each thing that is read or written"


def test_a_preview_of_a_crowd_asks_as_often_as_one_of_a_few(tmp_path: Path) -> None:
    crowd(10)
    counts = []
    for version, more in (("1", 0), ("2", 290)):
        crowd(more, start=1000) if more else None
        release = licensed(tmp_path, version, f"{ROW}Major", f"{LAMOTRIGINE},29046,Minor", f"1,{version}2,Minor")
        previews.preview_of(factories.pia(), release.pk, active=True)
        with CaptureQueriesContext(connection) as seen:
            shown = previews.preview_of(factories.pia(), release.pk, active=True)
        counts.append(len(seen))
    assert (shown.patients, shown.orders, shown.judged, shown.is_estimate) == (300, 600, 150, True)
    assert (shown.new_alerts, shown.gone_alerts, shown.new_alerts_per_100_orders) == (300, 0, 50.0)
    assert shown.counts["pairs_added"] == 3
    assert counts[0] == counts[1] < 120
