"""Who has looked: the patient reads it whole and in plain words; who watches over it gives a reason first."""

import csv
import io
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db.models import Q
from django.test import Client
from django.utils import timezone

from medmgmt.actions import looks
from medmgmt.record import audit
from medmgmt.record.errors import NoSuchPatient
from medmgmt.record.models import AuditEntry, Patient, User
from tests import factories as cast
from tests.faces.web import reading
from tests.faces.web.world import World

Browser = Callable[[User], Client]
pytestmark = pytest.mark.page


def said(client: Client, address: str) -> str:
    return reading.read(client.get(address).content).said()


def test_a_patient_reads_who_saw_them_on_a_list_in_a_chart_and_at_a_search(world: World, browser: Browser) -> None:
    adler, bo = browser(cast.adler()), browser(cast.bo())
    adler.get("/tasks/")
    bo.post("/patients/", {"q": "casti"}, follow=True)
    adler.get(f"/patients/{world.carla.pk}/")
    page = said(browser(cast.carla_user()), "/my/who-looked/")
    assert "Anna Adler, psychiatrist Opened your record" in page
    assert "Anna Adler, psychiatrist Saw you on a list" in page
    assert "Bo Berg, nurse Saw you on a list" in page
    assert "You Opened your record" in page


def test_a_patient_reads_nothing_of_who_saw_somebody_else(world: World, browser: Browser) -> None:
    other = cast.patient("P-3003")
    audit.record(cast.dorn(), "see", patients=[other.pk])
    audit.record(cast.dorn(), "view_chart", patient_id=other.pk)
    assert "Dirk Dorn" not in said(browser(cast.carla_user()), "/my/who-looked/")


def test_the_whole_history_is_there_page_by_page_and_that_of_a_merged_chart_too(world: World, browser: Browser) -> None:
    gone = cast.patient("C-1001b")
    audit.record(cast.dorn(), "view_chart", patient_id=gone.pk)
    audit.record(cast.dorn(), "see", patients=[gone.pk])
    Patient.objects.filter(pk=gone.pk).update(merged_into=world.carla)
    for _ in range(60):
        audit.record(cast.bo(), "view_chart", patient_id=world.carla.pk)
    whose = [gone.pk, world.carla.pk]
    whole = AuditEntry.objects.filter(Q(patient__in=whose) | Q(patients__patient__in=whose))
    written = set(whole.values_list("pk", flat=True))
    carla = browser(cast.carla_user())
    pages = carla.get("/my/who-looked/").context["rows"].paginator.page_range
    shown = [one for number in pages for one in carla.get(f"/my/who-looked/?page={number}").context["rows"]]
    assert len(written) > 60
    assert written <= {one.pk for one in shown}
    assert {one.actor_name for one in shown} >= {"bo", "dorn"}


def test_a_patient_reads_it_in_spanish(world: World, browser: Browser) -> None:
    Patient.objects.filter(pk=world.carla.pk).update(language="es")
    audit.record(cast.bo(), "see", patients=[world.carla.pk])
    page = said(browser(cast.carla_user()), "/my/who-looked/")
    assert "Quién ha visto mi historial" in page
    assert "Le vio en una lista" in page


def test_a_trail_opens_for_an_hour_after_a_reason_which_the_patients_own_trail_keeps(
    world: World, browser: Browser
) -> None:
    olga, address = browser(cast.olga()), f"/audit/patients/{world.carla.pk}/"
    assert olga.get(address)["Location"] == "/audit/look/"
    assert olga.post("/audit/look/", {"mrn": "C-1001", "why": ""}).status_code == 422
    opened = olga.post("/audit/look/", {"mrn": "c 1001", "why": "A complaint."})
    assert opened["Location"] == address
    rows = olga.get(address).context["rows"]
    assert (rows[0].act, rows[0].why) == ("look_into_access", "A complaint.")
    assert {entry.patient_id for entry in rows} == {world.carla.pk}
    assert "Olga Ohm, privacy officer Checked who has looked at your record" in said(
        browser(cast.carla_user()), "/my/who-looked/"
    )
    assert "A complaint." not in said(browser(cast.carla_user()), "/my/who-looked/")
    with time_machine.travel(timezone.now() + timedelta(minutes=59)):
        assert browser(cast.olga()).get(address).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(minutes=61)):
        assert browser(cast.olga()).get(address).status_code == 302


def test_one_persons_reason_opens_nothing_for_another_and_one_charts_nothing_of_another(
    world: World, browser: Browser
) -> None:
    looks.look_into(cast.olga(), mrn="C-1001", why="A complaint.")
    assert browser(cast.admin()).get(f"/audit/patients/{world.carla.pk}/").status_code == 302
    assert browser(cast.olga()).get(f"/audit/patients/{cast.patient('P-3003').pk}/").status_code == 302
    with pytest.raises(NoSuchPatient, match="No chart has this record number"):
        looks.look_into(cast.olga(), mrn="nobody's", why="A complaint.")


def test_the_trail_is_narrowed_by_person_and_by_day(world: World, browser: Browser) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=40)):
        audit.record(cast.bo(), "view_chart", patient_id=world.carla.pk)
    looks.look_into(cast.olga(), mrn="C-1001", why="A complaint.")
    olga, address = browser(cast.olga()), f"/audit/patients/{world.carla.pk}/"
    today = timezone.localdate()
    assert {row.actor_name for row in olga.get(f"{address}?who=bo").context["rows"]} == {"bo"}
    old = olga.get(f"{address}?until={today - timedelta(days=30)}").context["rows"]
    assert [row.act for row in old] == ["view_chart"]
    assert olga.get(f"/audit/?who=nobody&since={today}").status_code == 200
    assert olga.get("/audit/?since=x&until=9&who=%00").status_code == 200


def test_what_was_taken_out_as_a_table_is_told_by_the_trail_itself(world: World, browser: Browser) -> None:
    audit.record(cast.bo(), "view_chart", patient_id=world.carla.pk, why="=1+1")
    olga, address = browser(cast.olga()), f"/audit/patients/{world.carla.pk}/export/"
    assert olga.get(address).status_code == 403
    looks.look_into(cast.olga(), mrn="C-1001", why="A complaint.")
    table = list(csv.DictReader(io.StringIO(olga.get(address).content.decode())))
    assert table[0]["act"] == "look_into_access"
    assert "'=1+1" in {row["why"] for row in table}
    told = AuditEntry.objects.get(act="export_audit")
    assert (told.actor, told.patient_id, told.detail) == (cast.olga(), world.carla.pk, {"rows": len(table)})
