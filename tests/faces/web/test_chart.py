"""What the chart and its short forms show and keep."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from medmgmt.actions import observing
from medmgmt.record.models import Observation, Patient
from medmgmt.web.kit import banner
from refills.models import Dispense, Reminder
from tests import factories
from tests.faces.web import reading
from tests.faces.web.world import World, today

pytestmark = pytest.mark.page


def chart(world: World, client: Client, **query: str) -> str:
    """The words of Carla's chart."""
    return reading.read(client.get(f"/patients/{world.carla.pk}/", query).content).said()


def test_a_medicine_is_two_lines_what_it_is_and_exactly_what_was_ordered_by_whom_since_when(
    world: World, as_bo: Client
) -> None:
    said = chart(world, as_bo)
    assert "100\xa0mg by mouth once daily for depression" in said or "100 mg by mouth once daily for depression" in said
    assert "signed by Anna Adler" in said
    assert "150 mg by mouth once daily" in said.replace("\xa0", " ")
    assert "Runs out" in said


def test_allergies_and_what_is_not_recorded_are_said_plainly(world: World, as_bo: Client) -> None:
    said = chart(world, as_bo)
    assert "penicillin hives" in said
    assert "Liver (Child-Pugh)not recorded" in said
    world.carla.allergies.update(refuted_on=timezone.localdate())
    said = chart(world, as_bo)
    assert "Allergies not recorded" in said
    assert "That is not the same as none known" in said


def test_the_doses_of_any_other_day_are_shown_as_such(world: World, as_bo: Client) -> None:
    then = today() - timedelta(days=230)
    said = chart(world, as_bo, day=then.isoformat()).replace("\xa0", " ")
    assert "nothing of later is shown" in said
    assert "50 mg by mouth once daily" in said
    ahead = chart(world, as_bo, day=(today() + timedelta(days=20)).isoformat()).replace("\xa0", " ")
    assert "150 mg by mouth once daily" in ahead


def test_what_nobody_has_checked_is_shown_as_not_checked(world: World, as_bo: Client) -> None:
    assert "Not checked: no release knows this drug" in chart(world, as_bo)


def test_the_dose_history_is_a_table_a_sentence_and_a_drawing(world: World, as_bo: Client) -> None:
    page = as_bo.get(f"/prescriptions/{world.sertraline.pk}/")
    text = page.content.decode()
    said = reading.read(page.content).said().replace("\xa0", " ")
    assert "<svg" in text
    assert 'role="img"' in text
    assert "100 mg by mouth once daily from" in said
    assert "150 mg by mouth once daily planned from" in said
    assert "Every change" in said


def send(client: Client, address: str, **typed: Any) -> Any:
    """Sends a short form."""
    return client.post(address, {"once": "d4", **typed})


def test_a_fill_sent_twice_is_one_fill_and_plans_reminders(world: World, as_bo: Client) -> None:
    before = Dispense.objects.count()
    address = f"/prescriptions/{world.lithium.pk}/fills/new/"
    typed = {"dispensed_on": today().isoformat(), "quantity": "90", "unit": "{tablet}", "days_supply": "30"}
    typed["early_reason"] = "travel"
    for _ in range(2):
        assert send(as_bo, address, **typed)["Location"] == f"/patients/{world.carla.pk}/"
    assert Dispense.objects.count() == before + 1
    assert Reminder.objects.filter(prescription=world.lithium, state="planned").exists()


def test_a_fill_that_cannot_be_is_refused_beside_its_field(world: World, as_bo: Client) -> None:
    address = f"/prescriptions/{world.lithium.pk}/fills/new/"
    typed = {"dispensed_on": today().isoformat(), "quantity": "90", "unit": "{tablet}", "days_supply": "30"}
    for column, wrong in (("quantity", "many"), ("quantity", "-1"), ("quantity", "0"), ("days_supply", "0")):
        assert send(as_bo, address, **{**typed, column: wrong}).status_code == 422, (column, wrong)
    ahead = (today() + timedelta(days=3)).isoformat()
    refused = send(as_bo, address, **{**typed, "dispensed_on": ahead})
    assert "never before it" in refused.content.decode()


def test_observations_are_understood_and_slips_of_the_pen_refused(world: World, as_bo: Client) -> None:
    address = f"/patients/{world.carla.pk}/observations/new/"
    now = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    assert send(as_bo, address, code="weight", value="72.4", observed_at=now).status_code == 302
    assert (
        send(as_bo, address, once="e5", code="pregnancy", value_code="not_pregnant", observed_at=now).status_code == 302
    )
    before = Observation.objects.count()
    for wrong in (
        {"code": "weight", "value": "7240"},
        {"code": "weight", "value": ""},
        {"code": "smoking", "value_code": "pregnant"},
        {"code": "smoking"},
        {"code": "mood", "value": "7"},
    ):
        assert send(as_bo, address, once="f6", observed_at=now, **wrong).status_code == 422, wrong
    assert Observation.objects.count() == before
    assert "not pregnant" in chart(world, as_bo)


def test_an_allergy_and_a_diagnosis_reach_the_chart(world: World, as_bo: Client) -> None:
    send(as_bo, f"/patients/{world.carla.pk}/allergies/new/", substance="lamotrigine", kind="allergy",
         reaction="rash", severity="severe")  # fmt: skip
    send(as_bo, f"/patients/{world.carla.pk}/conditions/new/", once="g7", text="Alcohol use disorder", icd10cm="F10.20")
    said = chart(world, as_bo)
    assert "lamotrigine rash" in said
    assert "Alcohol use disorder F10.20" in said


def test_a_diagnosis_code_may_be_in_small_letters_and_is_refused_when_it_is_none(world: World, as_bo: Client) -> None:
    address = f"/patients/{world.carla.pk}/conditions/new/"
    assert send(as_bo, address, once="k1", text="Insomnia", icd10cm="f51.01").status_code == 302
    refused = send(as_bo, address, once="k2", text="Insomnia", icd10cm="insomnia")
    assert refused.status_code == 422
    assert 'value="insomnia"' in refused.content.decode().lower()
    assert "F51.01" in chart(world, as_bo)


def test_the_strip_about_a_patient_never_forgets_an_allergy_nor_a_pregnancy(world: World, as_bo: Client) -> None:
    patient = f"/patients/{world.carla.pk}"
    for address in (f"{patient}/", f"{patient}/observations/new/", f"{patient}/adherence/"):
        assert "penicillin hives" in reading.read(as_bo.get(address).content).said(), address
    assert "Pregnancynot recorded" in chart(world, as_bo)
    now = timezone.now() - timedelta(hours=1)
    observing.record_observation(
        factories.bo(), world.carla.pk, code="pregnancy", value_code="pregnant", observed_at=now
    )
    assert "Pregnancypregnant" in chart(world, as_bo)


def test_the_strip_shows_the_newest_value_in_its_own_unit(world: World, as_bo: Client) -> None:
    now = timezone.now() - timedelta(hours=1)
    for code, value in (("weight", "74.5"), ("ammonia", "38")):
        observing.record_observation(factories.bo(), world.carla.pk, code=code, value=Decimal(value), observed_at=now)
    assert "Weight74.5 kg" in chart(world, as_bo).replace("\xa0", " ")
    facts = {str(fact.label): fact.value for fact in banner.banner_of(world.carla, factories.adler()).facts}
    assert facts["Weight"] == "74.5\xa0kg"
    assert banner.in_words(world.carla.observations.get(code="ammonia")) == "38\xa0µmol/L"


@pytest.mark.parametrize(("zone", "day"), [("Pacific/Auckland", 18), ("Pacific/Honolulu", 17)])
def test_a_fact_is_of_the_patients_own_day(world: World, zone: str, day: int) -> None:
    moment = datetime(2026, 11, 17, 20, 0, tzinfo=UTC)
    with time_machine.travel(moment + timedelta(hours=1)):
        observing.record_observation(
            factories.bo(), world.carla.pk, code="weight", value=Decimal("74.5"), observed_at=moment
        )
        Patient.objects.filter(pk=world.carla.pk).update(time_zone=zone)
        [fact] = [
            one
            for one in banner.banner_of(Patient.objects.get(pk=world.carla.pk), factories.adler()).facts
            if str(one.label) == "Weight"
        ]
    assert fact.on == date(2026, 11, day)
