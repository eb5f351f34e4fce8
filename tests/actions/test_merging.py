"""Two charts of one person become one: every row goes, the old address leads on, and nobody is told twice."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from interactions.models import Review
from medmgmt import chart, people
from medmgmt.actions import merging, messages, observing, supply
from medmgmt.actions import people as acts
from medmgmt.record import access
from medmgmt.record.errors import Conflict, NoSuchPatient, Refused, Unconfirmed
from medmgmt.record.models import Allergy, AuditEntry, Observation, Patient, Prescription
from refills.models import Reminder, ReminderState, Task
from tests import factories

pytestmark = pytest.mark.usefixtures("knowledge")
AGAIN = {"mrn": "c-1001 b", "given_name": "Carla", "family_name": "Castillo", "sex": "female", "language": "en"}


def second_chart(**values: object) -> Patient:
    """Carla again, as another desk wrote her down."""
    carla = factories.carla()
    told = {**AGAIN, "birth_date": carla.birth_date, "time_zone": carla.time_zone, "team_id": factories.team().pk}
    return acts.register_patient(factories.bo(), **{**told, "confirm": True, **values})


def merged(gone: Patient, stays: Patient) -> Patient:
    return merging.merge_charts(factories.adler(), gone.pk, mrn=stays.mrn, why="One person.", confirm=True)


def test_every_row_goes_into_the_chart_that_stays() -> None:
    carla, again, bo = factories.carla(), second_chart(), factories.bo()
    taken = factories.taking(of=again)
    supply.record_dispense(
        bo, taken.pk, dispensed_on=timezone.localdate(), quantity=Decimal(30), unit="{tablet}", days_supply=30
    )
    observing.record_allergy(bo, again.pk, kind="allergy", substance="PCN", reaction="hives")
    observing.record_allergy(bo, carla.pk, kind="allergy", substance="sulfa")
    observing.record_observation(bo, again.pk, code="weight", value=Decimal(70), observed_at=timezone.now())
    messages.add_caregiver(
        bo, again.pk, name="Kim", channel="email", address="k@x.example", language="en", covers=["refills"],
        starts_on=timezone.localdate(),
    )  # fmt: skip
    merged(again, carla)
    shown = chart.chart(bo, carla.pk)
    assert {line.row.substance for line in shown.allergies.lines} == {"PCN", "sulfa"}
    assert taken.pk in {one.prescription.pk for one in shown.medications}
    assert Observation.current(carla.pk).count() == 1
    left = [
        f"{model.__name__}.{column}"
        for model, column in merging.of_a_patient()
        if model._default_manager.filter(**{column: again}).exists()
    ]
    assert left == []
    assert Review.objects.filter(patient_id=carla.pk, moment="screen").exists(), "what is taken together is reviewed"


def test_the_old_number_leads_to_the_chart_that_stays() -> None:
    carla, again, bo = factories.carla(), second_chart(family_name="Castro"), factories.bo()
    merged(again, carla)
    assert chart.chart(bo, again.pk).patient == carla
    assert observing.record_allergy(bo, again.pk, kind="allergy", substance="latex").patient_id == carla.pk
    for search in ("Castro", "C-1001B", "castillo"):
        assert list(people.patients(bo, search=search)) == [carla], search
    with pytest.raises(NoSuchPatient):
        access.patient_for(factories.dorn(), "view_chart", again.pk)


def test_what_only_one_chart_may_have_stays_on_record_and_nobody_is_told_twice() -> None:
    carla, again, bo = factories.carla(), second_chart(), factories.bo()
    today = timezone.localdate()
    for patient, address in ((carla, "a@x.example"), (again, "b@x.example")):
        acts.set_contact(bo, patient.pk, channel="email", address=address, consented=True)
        acts.enrol(bo, patient.pk, level="outpatient", starts_on=today - timedelta(days=9))
    merged(again, carla)
    points = carla.contact_points.filter(channel="email", ended_at=None)
    assert [one.address for one in points] == ["a@x.example"]
    assert carla.contact_points.filter(address="b@x.example").exists()
    assert again.enrolments.count() == 1, "two levels of care at one time would contradict each other"
    assert not Reminder.objects.filter(patient=again, state=ReminderState.PLANNED).exists()


def test_what_is_taken_in_the_chart_that_goes_is_reminded_of_in_the_one_that_stays() -> None:
    carla, again, bo = factories.carla(), second_chart(), factories.bo()
    acts.set_contact(bo, carla.pk, channel="email", address="a@x.example", consented=True)
    taken = factories.taking(of=again)
    supply.record_dispense(
        bo, taken.pk, dispensed_on=timezone.localdate(), quantity=Decimal(30), unit="{tablet}", days_supply=30
    )
    merged(again, carla)
    waiting = Reminder.objects.filter(state=ReminderState.PLANNED, items__prescription=taken)
    assert {one.patient_id for one in waiting} == {carla.pk}


def test_whose_charts_they_are_is_read_before_anything_is_done() -> None:
    carla, again = factories.carla(), second_chart()
    with pytest.raises(Unconfirmed, match="C-1001"):
        merging.merge_charts(factories.adler(), again.pk, mrn=carla.mrn, why="One person.")
    with pytest.raises(Refused):
        merging.merge_charts(factories.adler(), again.pk, mrn="Z-9", why="One person.", confirm=True)
    with pytest.raises(Refused):
        merging.merge_charts(factories.adler(), carla.pk, mrn=carla.mrn, why="Itself.", confirm=True)
    assert Patient.objects.filter(merged_into=None).count() == 2


def test_only_who_cares_for_both_merges_them_and_the_trail_tells() -> None:
    carla, again = factories.carla(), second_chart()
    with pytest.raises(NoSuchPatient):
        merging.merge_charts(factories.dorn(), again.pk, mrn=carla.mrn, why="No.", confirm=True)
    merged(again, carla)
    assert AuditEntry.objects.get(act="merge_charts").patient_id == again.pk
    told = AuditEntry.objects.filter(people.about(carla.pk))
    assert {"merge_charts", "register_patient"} <= {one.act for one in told}, "the trail of both is read in one"


def test_a_row_moves_into_no_other_chart_and_changes_nothing_on_its_way() -> None:
    carla, again, bo = factories.carla(), second_chart(), factories.bo()
    row = observing.record_allergy(bo, again.pk, kind="allergy", substance="PCN")
    seen = observing.record_observation(bo, again.pk, code="weight", value=Decimal(70), observed_at=timezone.now())
    with pytest.raises(IntegrityError), transaction.atomic():
        Allergy.objects.filter(pk=row.pk).update(patient=carla)
    Patient.objects.filter(pk=again.pk).update(merged_into=carla)
    with pytest.raises(IntegrityError), transaction.atomic():
        Observation.objects.filter(pk=seen.pk).update(patient=carla, value=Decimal(71))
    Observation.objects.filter(pk=seen.pk).update(patient=carla)
    with pytest.raises(IntegrityError), transaction.atomic():
        Observation.objects.filter(pk=seen.pk).update(patient=again)


def test_a_chart_merged_before_leads_to_the_last() -> None:
    carla, again = factories.carla(), second_chart()
    third = second_chart(mrn="C-77", birth_date=date(1990, 1, 1))
    merged(again, third)
    merged(third, carla)
    assert access.patient_for(factories.bo(), "view_chart", again.pk) == carla
    assert not Prescription.objects.exclude(patient=carla).exists()


def test_what_one_chart_knew_meets_what_the_other_took_and_somebody_is_told() -> None:
    carla, again, bo = factories.carla(), second_chart(), factories.bo()
    observing.record_allergy(bo, carla.pk, kind="allergy", substance="tegretol - SJS")
    factories.taking("carbamazepine", 2002, "200", of=again)
    assert not Task.objects.filter(key__startswith="record-review").exists()
    merged(again, carla)
    assert Task.objects.get(key__startswith="record-review").patient == carla


def test_a_merge_sent_twice_merges_no_chart_into_itself() -> None:
    carla, again = factories.carla(), second_chart()
    third = second_chart(mrn="C-77", birth_date=date(1990, 1, 1))
    merged(again, carla)
    for stays in (carla, third):
        with pytest.raises(Conflict):
            merged(again, stays)
    assert set(Patient.objects.filter(merged_into=None)) == {carla, third}
