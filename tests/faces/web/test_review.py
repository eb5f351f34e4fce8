"""Answering a card on a page: what the record shows beside it, what keeps a promise, what a screening brought up."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from interactions.models import Answer
from medmgmt.actions import knowledge as knowledge_actions
from medmgmt.actions import rescreening
from medmgmt.record.models import Encounter, Observation
from refills.models import Task
from tests import factories as cast
from tests.actions import orders
from tests.faces.web import reading
from tests.faces.web.world import World
from tests.interactions.conftest import licensed

pytestmark = pytest.mark.page


def waiting(client: Client, world: World) -> list[object]:
    page = client.get(f"/changes/{world.proposal.pk}/")
    return [each for each in [*page.context["new"], *page.context["standing"]] if each.form]


def test_the_card_says_before_anybody_answers_what_the_record_shows(world: World, as_adler: Client) -> None:
    text = reading.read(as_adler.get(f"/changes/{world.proposal.pk}/").content).said()
    assert "The record shows no day on which both were taken." in text


def test_a_suggestion_is_filled_in_so_that_one_reason_is_enough(world: World, as_adler: Client) -> None:
    (each, *_) = waiting(as_adler, world)
    form = each.form  # type: ignore[attr-defined]
    typed = {"reason_code": "will_monitor", "follow_up": form["follow_up"].value()}
    typed["follow_up_on"] = form["follow_up_on"].value().isoformat()
    sent = as_adler.post(each.url, typed)  # type: ignore[attr-defined]
    assert sent.status_code == 302
    answer = Answer.objects.filter(lead=None).latest("id")
    assert answer.follow_up == typed["follow_up"] != ""
    task = Task.objects.get(key=f"follow-up:{answer.pk}")
    assert task.closes_on == answer.follow_up
    page = as_adler.get(f"/tasks/{task.pk}/").content.decode()
    assert f'href="/patients/{world.carla.pk}/' in page
    assert f"/tasks/{task.pk}/done/" not in page
    assert as_adler.post(
        f"/tasks/{task.pk}/done/", {"outcome": "x", "code": "resolved", "version": task.version}
    ).status_code in (409, 422)


def test_a_tolerated_combination_that_the_record_does_not_show_is_told_on_the_card(
    world: World, as_adler: Client
) -> None:
    (each, *_) = waiting(as_adler, world)
    due = (timezone.localdate() + timedelta(days=7)).isoformat()
    as_adler.post(each.url, {"reason_code": "tolerated_before", "follow_up_on": due})  # type: ignore[attr-defined]
    text = reading.read(as_adler.get(f"/changes/{world.proposal.pk}/").content).said()
    assert "tolerated before" in text
    assert "The record shows no" in text


def test_the_review_asks_the_database_as_often_for_a_long_history(world: World, as_adler: Client) -> None:
    address, counts = f"/changes/{world.proposal.pk}/", []
    for _turn in range(2):
        as_adler.get(address)
        with CaptureQueriesContext(connection) as seen:
            as_adler.get(address)
        counts.append(len(seen))
        for days in range(20, 400, 20):
            cast.taking("sertraline", 36437, of=world.carla, on=timezone.localdate() - timedelta(days=days))
    assert counts[0] == counts[1]


def test_an_observation_is_corrected_or_taken_back_on_its_own_page(world: World, as_bo: Client) -> None:
    old = Observation.current(world.carla.pk).filter(value__isnull=False).first()
    assert old is not None
    address = f"/patients/{world.carla.pk}/observations/{old.pk}/correct/"
    assert address in as_bo.get(f"/patients/{world.carla.pk}/").content.decode()
    form = as_bo.get(address)
    assert form.status_code == 200
    at = timezone.localtime(old.observed_at).strftime("%Y-%m-%dT%H:%M")
    assert as_bo.post(address, {"value": "1e9", "observed_at": at}).status_code == 422
    assert (
        as_bo.post(address, {"value": f"{old.value}", "observed_at": at, "entered_in_error": "on"}).status_code == 302
    )
    assert as_bo.get(address).status_code == 404


def test_a_visit_is_written_down_and_stands_on_the_chart(world: World, as_bo: Client) -> None:
    today = orders.today().isoformat()
    sent = as_bo.post(f"/patients/{world.carla.pk}/visits/new/", {"kind": "phone", "on": today, "note": "sleeps well"})
    assert sent.status_code == 302
    assert Encounter.objects.get().note == "sleeps well"
    assert "by phone" in as_bo.get(f"/patients/{world.carla.pk}/").content.decode()


def test_the_form_takes_a_code_from_the_address_and_nothing_else(world: World, as_bo: Client) -> None:
    address = f"/patients/{world.carla.pk}/observations/new/"
    page = reading.read(as_bo.get(f"{address}?code=bars").content)
    assert page.hidden["code"] == "bars"
    assert "(0–5)" in page.said()
    assert as_bo.get(f"{address}?code=%3Cscript%3E").status_code == 200
    at = timezone.localtime().strftime("%Y-%m-%dT%H:%M")
    for code, typed in (("bars", {"value": "9"}), ("bars", {}), ("hunter", {}), ("bars", {"code": "hunter"})):
        assert as_bo.post(f"{address}?code={code}", {"code": code, "observed_at": at, **typed}).status_code == 422
    for code, typed in (("bars", {"value": "2"}), ("hunter", {"value_code": "negative"})):
        assert as_bo.post(f"{address}?code={code}", {"code": code, "observed_at": at, **typed}).status_code == 302


# -- what a screening brought up --------------------------------------------------------------------------------------


@pytest.fixture
def _screened(world: World, tmp_path: Path) -> None:
    """A table graded a pair that Carla takes major, after it was signed."""
    patient = world.carla
    for drug, rxcui in (("metformin", 6809), ("lamotrigine", 28439)):
        cast.taking(drug, rxcui, of=patient)
    rescreening.catch_up()
    knowledge_actions.activate(cast.pia(), licensed(tmp_path, "28439,6809,Major").pk)
    while rescreening.work():
        pass


@pytest.mark.usefixtures("_screened")
def test_a_screening_is_answered_on_its_page_and_its_task_closes_with_the_last_answer(
    world: World, as_adler: Client
) -> None:
    task = Task.objects.get(kind="knowledge_change", patient=world.carla)
    address = f"/patients/{world.carla.pk}/screening/"
    assert address in as_adler.get(f"/tasks/{task.pk}/").content.decode()
    page = as_adler.get(address)
    assert page.context["page"].unanswered > 0
    due = (timezone.localdate() + timedelta(days=7)).isoformat()
    while cards := [each for each in as_adler.get(address).context["cards"] if each.form]:
        sent = as_adler.post(cards[0].url, {"reason_code": "patient_informed", "follow_up_on": due})
        assert sent.status_code == 302
    task.refresh_from_db()
    assert (task.state, task.evidence_type) == ("done", "answer")
    assert "Everything is answered." in reading.read(as_adler.get(address).content).said()


@pytest.mark.usefixtures("_screened")
def test_a_nurse_reads_what_a_screening_brought_up_and_answers_nothing(world: World, as_bo: Client) -> None:
    page = as_bo.get(f"/patients/{world.carla.pk}/screening/")
    assert page.status_code == 200
    assert "/answer/" not in page.content.decode()


def test_without_a_screening_the_page_says_so(world: World, as_adler: Client) -> None:
    text = reading.read(as_adler.get(f"/patients/{world.carla.pk}/screening/").content).said()
    assert "No screening has brought up anything that still holds." in text


def test_a_suggestion_falls_due_when_the_knowledge_says_and_another_reason_promises_nothing(
    world: World, as_adler: Client
) -> None:
    (each, *_) = waiting(as_adler, world)
    form, choice = each.form, each.problem.choices[0]  # type: ignore[attr-defined]
    assert form["follow_up_on"].value() == world.carla.today(timezone.now()) + timedelta(days=choice.days)
    assert choice.days > 0
    typed = {"reason_code": "benefit_outweighs", "follow_up": choice.what, "note": "Discussed."}
    typed["follow_up_on"] = form["follow_up_on"].value().isoformat()
    assert as_adler.post(each.url, typed).status_code == 302  # type: ignore[attr-defined]
    assert Answer.objects.filter(lead=None).latest("id").follow_up == ""


def test_what_stood_before_is_shown_beside_what_a_proposal_brings(world: World, as_adler: Client) -> None:
    page = as_adler.get(f"/changes/{world.proposal.pk}/")
    standing = [card.card.finding.pk for card in page.context["standing"]]
    assert standing
    assert set(standing) <= {one.finding.pk for one in page.context["page"].standing}
