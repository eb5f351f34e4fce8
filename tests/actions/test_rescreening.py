"""A change of the knowledge looks again at whom it concerns, at nobody else, once, and goes on where it was."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from interactions import changes, current, releases, rescreening
from interactions.importers import table
from interactions.models import CurrentDrug, Finding, Release, RescreenPatient, RescreenRun, Review, RunState
from medmgmt.actions import knowledge as knowledge_actions
from medmgmt.actions import rescreening as actions
from medmgmt.actions import review as actions_review
from medmgmt.record.models import AuditEntry, Kind, Patient
from medmgmt.regimen import courses
from refills.models import Task
from tests import factories, switching
from tests.actions import orders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]
SERTRALINE, LAMOTRIGINE, METFORMIN, LISINOPRIL = 36437, 28439, 6809, 29046


@pytest.fixture(autouse=True)
def _nothing_waits(knowledge: None) -> None:
    """The first activation, of the shipped knowledge, concerned nobody."""
    actions.work()


def licensed(folder: Path, version: str, *rows: str, source: str = "Licensed") -> Release:
    """A hospital's own table, not in use."""
    path = folder / f"{source}{version}.csv"
    path.write_text("\n".join(["rxcui_a,rxcui_b,severity", *rows]) + "\n", encoding="utf-8")
    about = releases.About(source=source, version=version, released_on=date(2026, 1, 1))
    return releases.keep_pairs(about, table.parse(path, {}), releases.digests([path]))


def taking(of: Patient, *drugs: tuple[str, int], **values: Any) -> None:
    """Signed long ago, and told to the knowledge as a signature does."""
    for name, rxcui in drugs:
        factories.taking(name, rxcui, of=of, **values)
    courses.keep_current([of.pk])


def both(of: Patient) -> Patient:
    """Takes both drugs of the changed pair."""
    taking(of, ("lamotrigine", LAMOTRIGINE), ("metformin", METFORMIN))
    return of


def put_into_use(release: Release) -> RescreenRun:
    """Activated by the pharmacist, and the clock has ticked."""
    knowledge_actions.activate(factories.pia(), release.pk)
    actions.work()
    return RescreenRun.objects.latest("id")


def test_only_who_takes_both_drugs_of_a_changed_pair_is_looked_at(tmp_path: Path) -> None:
    carla, one = both(factories.carla()), factories.patient("P-1")
    taking(one, ("lamotrigine", LAMOTRIGINE))
    run = put_into_use(licensed(tmp_path, "1", f"{LAMOTRIGINE},{METFORMIN},Major"))
    assert (run.state, run.touched, run.screened, run.new_findings, run.tasks) == (RunState.DONE, 1, 1, 1, 1)
    review = Review.objects.get(moment="screen")
    assert review.patient == carla
    assert review.change is None
    assert run.changes["pairs_added"] == 1
    finding = Finding.objects.get(review=review, severity="major")
    assert finding.is_new
    assert Release.objects.get(source="Licensed") in review.releases.all()
    task = Task.objects.get(source_type="rescreening")
    assert (task.patient, task.role, task.priority, task.source_id) == (carla, "psychiatrist", 2, str(run.pk))
    assert "lamotrigine" not in task.title
    assert AuditEntry.objects.filter(act="rescreen", actor_name="the clock").count() == 1


def test_a_signature_lays_out_the_medicine_in_its_own_transaction() -> None:
    change = orders.signed(factories.adler(), "lamotrigine")
    row = CurrentDrug.objects.get(prescription=change.prescription_id)
    assert (row.patient_id, row.substance.name, row.substance.rxcui) == (change.patient_id, "lamotrigine", LAMOTRIGINE)
    assert row.until is None


def test_a_drug_stopped_long_ago_concerns_nobody_and_one_stopped_lately_does(tmp_path: Path) -> None:
    for mrn, days in (("P-old", 700), ("P-new", 10)):
        patient = factories.patient(mrn)
        taking(patient, ("metformin", METFORMIN))
        old = factories.taking("lamotrigine", LAMOTRIGINE, of=patient, on=orders.today() - timedelta(days=900))
        factories.change(old, Kind.STOP, orders.today() - timedelta(days=days), sig=None, signed_at=factories.LONG_AGO)
        courses.keep_current([patient.pk])
    run = put_into_use(licensed(tmp_path, "1", f"{LAMOTRIGINE},{METFORMIN},Major"))
    assert [row.patient.mrn for row in RescreenPatient.objects.filter(run=run)] == ["P-new"]


def test_a_drug_still_matters_on_the_last_day_on_which_it_may_and_not_after_it(tmp_path: Path) -> None:
    today = (timezone.now() - actions.WESTERNMOST).date()
    for mrn, until in (("P-last", today), ("P-over", today - timedelta(days=1))):
        patient = both(factories.patient(mrn))
        CurrentDrug.objects.filter(patient=patient).update(until=until)
    assert current.orders(today) == 2
    run = put_into_use(licensed(tmp_path, "1", f"{LAMOTRIGINE},{METFORMIN},Major"))
    assert [row.patient.mrn for row in RescreenPatient.objects.filter(run=run)] == ["P-last"]


def test_while_it_is_still_the_last_day_for_somebody_the_drug_matters(tmp_path: Path) -> None:
    release = licensed(tmp_path, "1", f"{LAMOTRIGINE},{METFORMIN},Major")
    with time_machine.travel(datetime(2026, 11, 19, 6, 0, tzinfo=UTC)):
        patient = both(factories.patient("P-far", time_zone="Pacific/Honolulu"))
        CurrentDrug.objects.filter(patient=patient).update(until=date(2026, 11, 18))
        run = put_into_use(release)
    assert [row.patient.mrn for row in RescreenPatient.objects.filter(run=run)] == ["P-far"]


def test_two_changes_asked_for_before_the_clock_comes_are_told_once(tmp_path: Path) -> None:
    both(factories.carla())
    own = ("lamotrigine", LAMOTRIGINE), ("metformin", METFORMIN), ("lisinopril", LISINOPRIL)
    taking(factories.patient("P-3"), *own)
    first = licensed(tmp_path, "1", f"{LAMOTRIGINE},{METFORMIN},Major")
    second = licensed(tmp_path, "2", f"{LAMOTRIGINE},{METFORMIN},Major", f"{LAMOTRIGINE},{LISINOPRIL},Major")
    for release in (first, second):
        knowledge_actions.activate(factories.pia(), release.pk)
    while actions.work():
        pass
    assert list(RescreenRun.objects.order_by("id").values_list("state", flat=True))[-2:] == [RunState.DONE] * 2
    tasks = Task.objects.filter(source_type="rescreening").values_list("patient__mrn", flat=True)
    assert sorted(tasks) == ["C-1001", "P-3"]


def test_batch_after_batch_each_patient_is_looked_at_once(tmp_path: Path) -> None:
    people = [both(factories.patient(f"P-{number}")) for number in range(3)]
    knowledge_actions.activate(factories.pia(), licensed(tmp_path, "1", f"{LAMOTRIGINE},{METFORMIN},Major").pk)
    actions.plan()
    assert [actions.screen_batch(1) for _ in range(4)] == [1, 1, 1, 0]
    looked_at = Review.objects.filter(moment="screen").values_list("patient_id", flat=True)
    assert sorted(looked_at) == [patient.pk for patient in people]


def test_what_was_answered_before_asks_nobody_again(tmp_path: Path) -> None:
    both(factories.carla())
    release = licensed(tmp_path, "1", f"{LAMOTRIGINE},{METFORMIN},Major")
    put_into_use(release)
    finding = Finding.objects.get(review__moment="screen", severity="major")
    actions_review.override(
        factories.adler(), finding.pk, reason_code="patient_informed", note="ok", follow_up_on=orders.today()
    )
    switching.out_of_use(release.pk)
    run = put_into_use(licensed(tmp_path, "2", f"{LAMOTRIGINE},{METFORMIN},Major", "1,2,Minor"))
    assert run.tasks == 0
    assert Task.objects.filter(source_type="rescreening").count() == 1


def test_a_release_that_says_the_same_of_everybody_concerns_nobody(tmp_path: Path) -> None:
    both(factories.carla())
    put_into_use(licensed(tmp_path, "1", f"{LAMOTRIGINE},{METFORMIN},Major"))
    run = put_into_use(licensed(tmp_path, "2", f"{METFORMIN},{LAMOTRIGINE},Major", "1,2,Minor"))
    assert run.changes["pairs_added"] == 1
    assert (run.touched, run.state) == (0, RunState.DONE)
    raised = put_into_use(licensed(tmp_path, "3", f"{METFORMIN},{LAMOTRIGINE},Contraindicated", "1,2,Minor"))
    assert (raised.changes["pairs_regraded"], raised.touched, raised.tasks) == (1, 1, 1)
    assert Task.objects.get(source_id=str(raised.pk)).priority == 1


def test_a_crash_in_the_middle_loses_nothing_and_repeats_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        both(factories.patient(f"P-{number}"))
    release = licensed(tmp_path, "1", f"{LAMOTRIGINE},{METFORMIN},Major")
    knowledge_actions.activate(factories.pia(), release.pk)
    actions.plan()
    assert actions.screen_batch(2) == 2
    monkeypatch.setattr(rescreening, "settle", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        actions.screen_batch(2)
    monkeypatch.undo()
    assert Review.objects.filter(moment="screen").count() == 2
    while actions.screen_batch(2):
        pass
    run = RescreenRun.objects.latest("id")
    assert (run.state, run.screened) == (RunState.DONE, 5)
    assert Review.objects.filter(moment="screen").count() == 5
    assert Task.objects.filter(source_type="rescreening").count() == 5


def test_a_batch_asks_equally_often_however_many_patients_it_has(tmp_path: Path) -> None:
    for number in range(24):
        both(factories.patient(f"P-{number}"))
    knowledge_actions.activate(factories.pia(), licensed(tmp_path, "1", f"{LAMOTRIGINE},{METFORMIN},Major").pk)
    actions.plan()
    actions.screen_batch(1)
    counts = []
    for many in (2, 20):
        with CaptureQueriesContext(connection) as seen:
            assert actions.screen_batch(many) == many
        counts.append(len(seen))
    assert counts[0] == counts[1] <= 26


def test_a_regraded_rule_concerns_who_takes_members_of_its_classes() -> None:
    carla = factories.carla()
    taking(carla, ("sertraline", SERTRALINE), ("tramadol", 10689))
    other = factories.patient("P-1")
    taking(other, ("sertraline", SERTRALINE), ("lamotrigine", LAMOTRIGINE))
    shipped = releases.active()[0]
    switching.out_of_use(shipped.pk)
    actions.work()
    run = RescreenRun.objects.latest("id")
    assert run.changes["rules_removed"] > 100
    assert run.touched == 2, "without a catalogue nobody's medicine is known"


def test_the_sweep_and_the_search_find_the_same_patients(tmp_path: Path) -> None:
    drugs = [("sertraline", SERTRALINE), ("lamotrigine", LAMOTRIGINE), ("metformin", METFORMIN), ("lisinopril", 29046)]
    for number in range(12):
        taking(factories.patient(f"P-{number}"), *[drug for place, drug in enumerate(drugs) if number >> place & 1])
    release = licensed(tmp_path, "1", f"{LAMOTRIGINE},{METFORMIN},Major", f"{SERTRALINE},29046,Minor")
    before, after = [one.pk for one in releases.active()], releases.would_be(release.pk, active=True)
    today = timezone.now().date()
    concern = rescreening.concerned(changes.between(before, after), before, after)
    searched = sorted(rescreening.patients(concern, today))
    assert searched == sorted(rescreening.sweep(concern, rescreening.taken_now(today)))
    assert searched == sorted(rescreening.sweep(concern, rescreening.taken_now(today, among=concern.substances)))
    assert len(searched) == 4


def test_what_nobody_told_is_found_by_the_clock_and_by_the_command() -> None:
    factories.taking()
    assert not CurrentDrug.objects.exists()
    assert actions.catch_up() == 1
    assert actions.catch_up() == 0
    call_command("rebuild_current_drugs", verbosity=0)
    assert CurrentDrug.objects.count() == 1
