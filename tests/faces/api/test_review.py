"""Answering cards, recording visits and putting observations right over the API."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests import factories
from tests.faces.api.client import Api, done, fields, problem
from tests.faces.api.orders import answer, signed, start, today

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]


@pytest.fixture
def proposal(adler: Api) -> dict[str, Any]:
    """Linezolid for who takes sertraline and tramadol: several findings of one problem."""
    signed(adler, start("sertraline"))
    signed(adler, start("tramadol"))
    made: dict[str, Any] = done(adler.post("proposals/", start("linezolid")), 201)
    return made


def waiting(proposal: dict[str, Any]) -> list[dict[str, Any]]:
    return [card for card in proposal["cards"] if card["needs_answer"]]


def test_a_card_is_answered_as_a_whole_by_its_name_or_by_any_of_its_findings(
    adler: Api, proposal: dict[str, Any]
) -> None:
    card = waiting(proposal)[0]
    assert len(card["findings"]) > 1
    assert proposal["unanswered"] == len(waiting(proposal))
    sent = answer(reason_code="will_monitor", follow_up=card["choices"][0]["what"], card=card["card"])
    given = done(adler.post(f"reviews/{card['review']}/answer/", sent), 201)
    assert (given["lead"], given["follow_up"]) == (None, card["choices"][0]["what"])
    again = done(adler.get(f"proposals/{proposal['id']}/"))
    mine = next(each for each in again["cards"] if each["card"] == card["card"])
    assert not mine["needs_answer"]
    problem(adler.post(f"reviews/{card['review']}/answer/", sent), 409, "already-answered")
    problem(adler.post(f"findings/{card['lead']}/override/", answer()), 409, "already-answered")
    tasks = [one for one in done(adler.get("tasks/"))["results"] if one["kind"] == "finding_follow_up"]
    task = next(one for one in tasks if one["source_id"] == str(proposal["id"]))
    problem(
        adler.post(f"tasks/{task['id']}/done/", {"outcome": "ok", "version": task["version"]}),
        409,
        "closes-on-evidence",
    )


@pytest.mark.parametrize(
    "values",
    [
        {"reason_code": "will_monitor"},
        {"reason_code": "will_monitor", "follow_up": "observation:mood"},
        {"reason_code": "no_alternative", "follow_up": "visit"},
        {"reason_code": "other", "note": ""},
    ],
)
def test_an_answer_that_makes_no_sense_is_refused_in_a_sentence(
    adler: Api, proposal: dict[str, Any], values: dict[str, str]
) -> None:
    lead = waiting(proposal)[0]["lead"]
    assert problem(adler.post(f"findings/{lead}/override/", answer(**values)), 422, "refused")["detail"]


def test_a_card_that_is_not_there_and_a_strangers_card_sound_the_same(
    adler: Api, dorn: Api, proposal: dict[str, Any]
) -> None:
    card = waiting(proposal)[0]
    problem(adler.post(f"reviews/{card['review']}/answer/", answer(card="tea")), 404, "not-found")
    problem(dorn.post(f"reviews/{card['review']}/answer/", answer(card=card["card"])), 404, "not-found")
    assert fields(adler.post(f"reviews/{card['review']}/answer/", answer())) == {"card"}


def test_tolerated_before_is_told_with_what_the_record_shows(adler: Api, proposal: dict[str, Any]) -> None:
    card = waiting(proposal)[0]
    assert {one["verdict"] for one in card["before"]} == {"never"}
    given = done(adler.post(f"findings/{card['lead']}/override/", answer(reason_code="tolerated_before")), 201)
    assert (given["tolerated"]["verdict"], given["tolerated"]["days"]) == ("never", 0)
    assert given["tolerated"]["told"].startswith("The record shows no day")


def test_a_visit_is_written_down_and_listed(bo: Api) -> None:
    where = f"patients/{factories.carla().pk}/encounters/"
    made = done(bo.post(where, {"kind": "home", "on": today().isoformat(), "note": "calm"}), 201)
    assert [one["id"] for one in done(bo.get(where))["results"]] == [made["id"]]
    tomorrow = (today() + timedelta(days=1)).isoformat()
    problem(bo.post(where, {"kind": "home", "on": tomorrow}), 422, "refused")
    assert fields(bo.post(where, {"kind": "telepathy", "on": tomorrow})) == {"kind"}


def test_an_observation_is_put_right_once(bo: Api) -> None:
    where = f"patients/{factories.carla().pk}/observations/"
    body = {"code": "sodium", "value": "13.9", "observed_at": timezone.now().isoformat()}
    problem(bo.post(where, body), 409, "asked")
    problem(bo.post(where, {**body, "value": "193"}), 409, "asked")
    made = done(bo.post(where, {**body, "value": "193", "confirm": True}), 201)
    right = done(bo.post(f"observations/{made['id']}/correct/", {"value": "139"}), 201)
    assert (right["value"], right["corrects"]) == ("139", made["id"])
    problem(bo.post(f"observations/{made['id']}/correct/", {"value": "138"}), 422, "refused")
    gone = done(bo.post(f"observations/{right['id']}/correct/", {"entered_in_error": True}), 201)
    assert gone["entered_in_error"]
    assert done(bo.get(where))["results"] == []
    problem(bo.post("observations/4711/correct/", {"value": "1"}), 404, "not-found")


def test_what_may_be_promised_can_be_asked(bo: Api) -> None:
    told = {one["what"]: one["label"] for one in done(bo.get("follow-ups/"))["results"]}
    assert told["scale:phq9"] == "PHQ-9"
    assert "visit" in told
    assert "observation:phq9" not in told
