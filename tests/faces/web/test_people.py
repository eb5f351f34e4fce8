"""Finding patients, registering them, moving them between levels of care, and how they may be reached."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from medmgmt.record.models import AuditEntry, ContactPoint, Patient
from tests import factories as cast
from tests.faces.web import reading
from tests.faces.web.world import World, today

NEW = {
    "once": "h8",
    "mrn": "N-7",
    "given_name": "Nils",
    "family_name": "Nord",
    "birth_date": "1980-02-29",
    "sex": "male",
    "language": "en",
    "time_zone": "America/Denver",
}


def register(client: Client, **typed: Any) -> Any:
    """Sends the form of a new patient."""
    return client.post("/patients/new/", {**NEW, "team_id": cast.team().pk, **typed})


def test_a_patient_is_found_by_part_of_a_name_or_by_number(world: World, as_bo: Client) -> None:
    for search in ("casti", "Carla Castillo", "c-1001"):
        assert "Castillo, Carla" in as_bo.post("/patients/", {"q": search}, follow=True).content.decode(), search
    nobody = as_bo.post("/patients/", {"q": "Stein"}, follow=True)
    assert "Nobody in your care" in nobody.content.decode()


def test_with_htmx_the_list_alone_is_sent(world: World, as_bo: Client) -> None:
    found = as_bo.post("/patients/", {"q": "cas"}, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in found
    assert "Castillo" in found


def test_the_list_tells_the_level_of_care_and_how_many_tasks_wait(world: World, as_bo: Client) -> None:
    said = reading.read(as_bo.get("/patients/").content).said()
    assert "outpatient since" in said
    assert f"{world.carla.tasks.filter(state='open').count()}" in said


def test_registering_twice_with_one_form_registers_once(world: World, as_bo: Client) -> None:
    first, second = register(as_bo), register(as_bo)
    assert first["Location"] == second["Location"]
    assert Patient.objects.filter(mrn="N-7").count() == 1


def test_a_registration_that_cannot_be_keeps_what_was_typed(world: World, as_bo: Client) -> None:
    wrongs = {"mrn": "C-1001", "birth_date": "2999-01-01", "time_zone": "Mars/Base", "team_id": "987"}
    for column, wrong in wrongs.items():
        sent_back = register(as_bo, **{"once": f"x{column}", column: wrong})
        assert sent_back.status_code == 422, column
        assert 'value="Nord"' in sent_back.content.decode(), column
    assert not Patient.objects.filter(family_name="Nord").exists()


def test_details_corrected_by_two_people_at_once_are_corrected_by_one(world: World, as_bo: Client) -> None:
    typed = {name: value for name, value in NEW.items() if name not in ("once", "mrn")}
    address = f"/patients/{world.carla.pk}/details/"
    seen = {"version": world.carla.version}
    assert as_bo.post(address, {**typed, **seen}).status_code == 302
    late = as_bo.post(address, {**typed, **seen, "given_name": "Nina"})
    assert late.status_code == 422
    assert 'value="Nina"' in late.content.decode()


def test_a_step_down_keeps_the_record_and_shows_both_levels(world: World, as_bo: Client) -> None:
    address = f"/patients/{world.carla.pk}/level-of-care/"
    sent = as_bo.post(address, {"level": "partial_hospitalisation", "starts_on": today().isoformat()})
    assert sent["Location"] == f"/patients/{world.carla.pk}/"
    said = reading.read(as_bo.get(f"/patients/{world.carla.pk}/").content).said()
    assert "In partial hospitalisation since" in said
    again = as_bo.post(address, {"level": "partial_hospitalisation", "starts_on": today().isoformat()})
    assert "already in this level of care" in again.content.decode()


def test_without_consent_the_page_says_that_nothing_is_sent(world: World, as_bo: Client) -> None:
    address = f"/patients/{world.carla.pk}/contact/"
    assert as_bo.post(address, {"once": "i9", "channel": "email", "address": "new@mail.example"}).status_code == 302
    assert "no consent, nothing is sent" in as_bo.get(address).content.decode()
    refused = as_bo.post(address, {"once": "i0", "channel": "email", "address": "nowhere", "consented": "on"})
    assert refused.status_code == 422
    assert ContactPoint.objects.filter(patient=world.carla, ended_at=None).count() == 1


@pytest.fixture
def far(world: World, time_machine: Any) -> str:
    """Carla lives where the day is another than at the clinic; her day."""
    Patient.objects.filter(pk=world.carla.pk).update(time_zone="Pacific/Kiritimati")
    world.carla.refresh_from_db()
    time_machine.move_to(timezone.localtime().replace(hour=12) + timedelta(days=1))
    assert today() == timezone.localdate() + timedelta(days=1)
    return today().isoformat()


def test_every_form_about_a_patient_begins_with_the_patients_own_day(world: World, far: str, as_adler: Client) -> None:
    patient, drug = f"/patients/{world.carla.pk}", f"/prescriptions/{world.sertraline.pk}"
    week, month = (today() + timedelta(days=days) for days in (7, 30))
    expected = {
        f"{patient}/level-of-care/": {"starts_on": far},
        f"{patient}/visits/new/": {"on": far},
        f"{patient}/side-effects/new/": {"began_on": far},
        f"{patient}/messages/": {"starts_on": far},
        f"{drug}/fills/new/": {"dispensed_on": far},
        f"{drug}/new_dose/": {"effective_on": far},
        f"{drug}/stop/": {"effective_on": far},
        f"{drug}/supply/count/": {"counted_on": far},
        f"{drug}/supply/release/": {"until": week.isoformat()},
        f"{drug}/supply/limit/": {"until": month.isoformat()},
    }
    for address, days in expected.items():
        typed = {each.get("name"): each.get("value") for each in reading.read(as_adler.get(address).content).inputs}
        assert {name: typed.get(name) for name in days} == days, address
    chosen = as_adler.post(f"{patient}/prescribe/", {"pick": "36437:sertraline"}, follow=True)
    assert {"name": "effective_on", "value": far}.items() <= next(
        each for each in reading.read(chosen.content).inputs if each.get("name") == "effective_on"
    ).items()


def test_a_correction_begins_with_everything_as_it_stands(world: World, as_bo: Client) -> None:
    page = reading.read(as_bo.get(f"/patients/{world.carla.pk}/details/").content)
    typed = {each.get("name"): each.get("value") for each in page.inputs}
    assert (typed["given_name"], typed["family_name"], typed["time_zone"]) == ("Carla", "Castillo", "America/New_York")
    assert page.hidden["version"] == str(world.carla.version)


def test_what_was_done_is_said_once(world: World, as_bo: Client) -> None:
    said = as_bo.post(
        f"/patients/{world.carla.pk}/contact/", {"channel": "email", "address": "c@x.example"}, follow=True
    )
    assert said.content.decode().count("The address is saved.") == 1


def test_part_of_a_record_number_finds_nobody(world: World, as_bo: Client) -> None:
    assert "Nobody in your care" in as_bo.post("/patients/", {"q": "C-10"}, follow=True).content.decode()


def test_whoever_looks_through_the_patients_leaves_a_trace(world: World, as_bo: Client) -> None:
    as_bo.post("/patients/", {"q": "casti"}, follow=True)
    entry = AuditEntry.objects.get(act="see", actor=cast.bo())
    assert (entry.object_id, entry.detail) == ("web:patients", {"named": [world.carla.pk]})
