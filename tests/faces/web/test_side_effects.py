"""A nurse logs a side effect in half a minute; a patient tells it in their own words."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from medmgmt.record.models import Patient, SideEffectReport
from refills.models import Task
from tests import factories as cast
from tests.faces.web import reading
from tests.faces.web.world import World, today

pytestmark = pytest.mark.page


def log(world: World, client: Client, **values: Any) -> Any:
    """Sends the nurse's form."""
    typed = {"once": "b2", "term": "Tremor", "severity": "severe", "began_on": today().isoformat(), **values}
    return client.post(f"/patients/{world.carla.pk}/side-effects/new/", typed)


def test_four_fields_are_enough_and_the_result_names_suspects_with_reasons(world: World, as_bo: Client) -> None:
    logged = log(world, as_bo)
    page = as_bo.get(logged["Location"])
    said = reading.read(page.content).said()
    assert "1 lithium" in said
    assert "Tremor is a very common effect of lithium." in said
    assert "Review a side effect" in said


def test_the_same_form_sent_twice_logs_once(world: World, as_bo: Client) -> None:
    before = SideEffectReport.objects.count()
    assert log(world, as_bo)["Location"] == log(world, as_bo)["Location"]
    assert SideEffectReport.objects.count() == before + 1


def test_words_that_no_knowledge_has_are_taken_down_all_the_same(world: World, as_bo: Client) -> None:
    logged = log(world, as_bo, term="feels like a balloon 🎈")
    assert logged.status_code == 302
    assert SideEffectReport.objects.filter(term="feels like a balloon 🎈").exists()


WRONG = [
    ("term", "", "This field is required."),
    ("severity", "", "This field is required."),
    ("severity", "deadly", "Select a valid choice"),
    ("began_on", "soon", "Enter a valid date."),
    ("began_on", "2999-01-01", "cannot have begun in the future"),
    ("ended_on", "1999-01-01", "ends on or after the day it began"),
]


def test_what_cannot_be_is_said_and_the_note_is_kept(world: World, as_bo: Client) -> None:
    for column, wrong, sentence in WRONG:
        sent_back = log(world, as_bo, note="asks for a cup with a lid", **{column: wrong})
        assert sent_back.status_code == 422, (column, wrong)
        assert sentence in reading.read(sent_back.content).said(), (column, wrong)
        assert "asks for a cup with a lid" in sent_back.content.decode()


def test_a_correction_is_a_new_version_and_the_old_one_stays_readable(world: World, as_bo: Client) -> None:
    typed = {"term": "Tremor", "severity": "severe", "began_on": world.report.began_on.isoformat(), "note": "worse"}
    corrected = as_bo.post(f"/side-effects/{world.report.pk}/correct/", typed)
    newest = SideEffectReport.objects.latest("pk")
    assert corrected["Location"] == f"/side-effects/{newest.pk}/"
    assert newest.version == 2
    old = as_bo.get(f"/side-effects/{world.report.pk}/")
    assert "Versions" in old.content.decode()
    assert f"/side-effects/{world.report.pk}/correct/" not in old.content.decode()


def test_a_suspect_offers_only_what_can_still_be_done(world: World, as_adler: Client) -> None:
    page = as_adler.get(f"/side-effects/{world.report.pk}/")
    offered = {each.suspect.prescription.drug_name: each.state for each in page.context["accused"]}
    assert offered["lithium"] == "taking"
    assert offered["trazodone"] == "held"
    assert f"/prescriptions/{world.lithium.pk}/hold/?side_effect={world.report.pk}" in page.content.decode()


def test_carla_tells_us_in_her_own_words_and_the_psychiatrist_gets_a_task(world: World, as_carla: Client) -> None:
    form = as_carla.get("/my/side-effects/new/").content.decode()
    assert "988" in form
    typed = {"term": "my hands shake", "severity": "moderate", "began_on": (today() - timedelta(days=1)).isoformat()}
    sent = as_carla.post("/my/side-effects/new/", {**typed, "once": "c3"})
    report = SideEffectReport.objects.latest("pk")
    assert sent["Location"] == f"/my/side-effects/{report.pk}/sent/"
    assert (report.term, report.reporter_role) == ("my hands shake", "patient")
    assert Task.objects.filter(source_type="side_effect", source_id=str(report.pk), role="psychiatrist").exists()
    assert "my hands shake" in as_carla.get("/my/").content.decode()


def test_carla_is_not_shown_the_suspects(world: World, as_carla: Client) -> None:
    assert as_carla.get(f"/side-effects/{world.report.pk}/")["Location"] == "/my/"


def test_the_form_of_the_next_side_effect_is_another_form(world: World, as_bo: Client) -> None:
    before = SideEffectReport.objects.count()
    for once, term in (("first", "nausea"), ("second", "sweating")):
        typed = {"once": once, "term": term, "severity": "mild", "began_on": today().isoformat()}
        assert as_bo.post(f"/patients/{world.carla.pk}/side-effects/new/", typed).status_code == 302
    assert SideEffectReport.objects.count() == before + 2


def test_a_correction_begins_with_the_report_as_it_stands_and_only_the_newest_is_corrected(
    world: World, as_bo: Client
) -> None:
    ended = (today() - timedelta(days=2)).isoformat()
    address = f"/side-effects/{world.report.pk}/correct/"
    typed = {"term": "Tremor", "severity": "mild", "began_on": world.report.began_on.isoformat(), "ended_on": ended}
    newest = as_bo.post(address, typed)["Location"]
    page = reading.read(as_bo.get(f"{newest}correct/").content)
    assert {each.get("name"): each.get("value") for each in page.inputs}["ended_on"] == ended
    assert f"{newest}correct/" in as_bo.get(newest).content.decode()
    assert "/correct/" not in as_bo.get(f"/side-effects/{world.report.pk}/").content.decode()


def test_a_patient_begins_with_her_own_day(world: World, as_carla: Client, time_machine: Any) -> None:
    Patient.objects.filter(pk=world.carla.pk).update(time_zone="Pacific/Kiritimati")
    time_machine.move_to(timezone.localtime().replace(hour=12) + timedelta(days=1))
    as_carla.force_login(cast.carla_user(), backend="django.contrib.auth.backends.ModelBackend")
    page = reading.read(as_carla.get("/my/side-effects/new/").content)
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert {each.get("name"): each.get("value") for each in page.inputs}["began_on"] == tomorrow.isoformat()
