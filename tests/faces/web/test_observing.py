"""The form of an observation: a name is found, a value is read while it is typed, and what it asks for is shown."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from medmgmt.actions import observing
from medmgmt.record.models import Observation
from tests import factories
from tests.faces.web import world

pytestmark = pytest.mark.django_db
PREVIEW = {"HX-Request": "true"}


@pytest.fixture
def bo() -> Client:
    world.knowledge()
    client = Client()
    client.force_login(factories.bo())
    return client


def form(**said: str) -> dict[str, Any]:
    return {"observed_at": timezone.localtime().strftime("%Y-%m-%dT%H:%M"), **said}


def address() -> str:
    return f"/patients/{factories.carla().pk}/observations/new/"


def test_a_name_is_found_by_any_of_its_names_and_the_page_lists_them(bo: Client) -> None:
    page = bo.get(address()).content.decode()
    assert "haemoglobin" in page
    assert "INR" in page
    for name in ("Hemoglobin", "hb", "718-7", "haemoglobin"):
        assert bo.post(address(), form(code=name, value="13.9")).status_code == 302, name
    assert Observation.objects.filter(code="haemoglobin").count() == 4
    wrong = bo.post(address(), form(code="moonlight", value="3"))
    assert (wrong.status_code, "Choose one of the list" in wrong.content.decode()) == (422, True)


def test_a_dangerous_value_leads_to_what_it_asks_for_and_the_page_stays_after_a_reload(bo: Client) -> None:
    sent = bo.post(address(), form(code="lithium level", value="1.8 mmol/L"), follow=True)
    page = sent.content.decode()
    for words in ("Act now: lithium level 1.8 mmol/L", "not among the medicines on the chart", "Who has been told"):
        assert words in page
    assert bo.get(sent.redirect_chain[-1][0]).status_code == 200
    usual = bo.post(address(), form(code="lithium level", value="0.8"), follow=True)
    assert usual.redirect_chain[-1][0] == f"/patients/{factories.carla().pk}/"


def test_what_is_asked_keeps_what_was_typed_and_a_tick_records_what_was_meant(bo: Client) -> None:
    asked = bo.post(address(), form(code="anc", value="1500"))
    page = asked.content.decode()
    assert asked.status_code == 422
    assert "1500 cells/µL, which is 1.5" in page
    assert 'value="1500"' in page
    assert not Observation.objects.exists()
    assert bo.post(address(), form(code="anc", value="1500", confirm="on")).status_code == 302
    assert f"{Observation.objects.get().value.normalize():f}" == "1.5"


def test_while_it_is_typed_it_is_shown_how_it_is_understood_and_nothing_is_written(bo: Client) -> None:
    observing.record_observation(
        factories.bo(), factories.carla().pk, code="bp", value="120/80",
        observed_at=timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=0),
    )  # fmt: skip
    for said, words in (
        (form(code="potassium", value="4.2"), "potassium 4.2 mmol/L"),
        (form(code="potassium", value="29"), "2.9 mmol/L"),
        (form(code="potassium", value="6.9"), "Act now: potassium 6.9 mmol/L"),
        (form(code="bp", value="200/120"), "Act now: blood pressure 200/120 mmHg"),
        (form(code="potassium", value="many"), "is not a number"),
        (form(code="", value=""), ""),
    ):
        shown = bo.post(address(), said, headers=PREVIEW)
        assert shown.status_code == 200
        assert words in shown.content.decode()
        assert "<html" not in shown.content.decode()
    assert Observation.objects.count() == 2


def test_the_form_of_one_state_offers_its_answers(bo: Client) -> None:
    page = bo.get(f"{address()}?code=pregnancy").content.decode()
    assert "not pregnant" in page
    sent = bo.post(f"{address()}?code=pregnancy", form(code="pregnancy", value_code="not_pregnant"))
    assert sent.status_code == 302
    assert bo.post(address(), form(code="smoking", value="never")).status_code == 302
    assert bo.post(address(), form(code="smoking", value="sometimes")).status_code == 422


def test_a_pressure_stands_on_one_line_of_the_chart_and_each_figure_can_be_corrected(bo: Client) -> None:
    bo.post(address(), form(code="blood pressure", value="128/82"))
    page = bo.get(f"/patients/{factories.carla().pk}/").content.decode().replace("\u00a0", " ")
    assert "128/82 mmHg" in page
    for one in Observation.objects.all():
        assert f"/observations/{one.pk}/correct/" in page
    upper = Observation.objects.get(code="sbp")
    there = f"/patients/{factories.carla().pk}/observations/{upper.pk}/correct/"
    assert bo.post(there, form(value="118 mmHg")).status_code == 302
    page = bo.get(f"/patients/{factories.carla().pk}/").content.decode().replace("\u00a0", " ")
    assert "118/82 mmHg" in page
