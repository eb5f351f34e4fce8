"""Supply and renewals over the API: what is refused names its rules, what is shown is what the pages show."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from medmgmt.actions import supply
from medmgmt.record.models import Prescription
from tests import factories
from tests.faces.api.client import Api, problem
from tests.faces.api.orders import today

pytestmark = pytest.mark.usefixtures("knowledge")
PART = {"quantity": "30", "unit": "{tablet}", "days_supply": 30}


@pytest.fixture
def carla(db: None) -> Api:
    """Carla herself."""
    return Api(factories.carla_user())


@pytest.fixture
def plain(knowledge: None) -> Prescription:
    """Bupropion, filled on time for five months and asked for."""
    taken = factories.taking("bupropion", 42347, "300", on=today() - timedelta(days=160))
    for days_ago in (145, 115, 85, 55, 25):
        supply.record_dispense(
            factories.bo(),
            taken.pk,
            dispensed_on=today() - timedelta(days=days_ago),
            quantity=Decimal(30),
            unit="{tablet}",
            days_supply=30,
        )
    supply.request_refill(factories.carla_user(), taken.pk)
    return taken


def json(answer: Any, status: int = 200) -> Any:
    assert answer.status_code == status, answer.content[:600]
    return answer.json()


def test_a_series_is_written_and_a_refusal_names_rule_citation_and_day(adler: Api) -> None:
    stimulant = factories.taking("methylphenidate", 6901, "20", on=today() - timedelta(days=30))
    later = (today() + timedelta(days=30)).isoformat()
    parts = [PART, {**PART, "may_fill_from": later}]
    made = json(adler.post("authorisations", {"prescription": stimulant.pk, "parts": parts}), 201)
    assert [one["may_fill_from"] for one in made["authorisations"]] == [None, later]
    fill = {"prescription": stimulant.pk, "dispensed_on": today().isoformat(), **PART}
    json(adler.post("dispenses", fill), 201)
    told = problem(adler.post("dispenses", fill), 422, "refill-refused")
    by_rule = {one["rule"]: one for one in told["rules"]}
    assert by_rule["too_early"]["until"] == later
    assert by_rule["no_refills"]["citation"] == "21 CFR 1306.12(a)"
    refused = problem(
        adler.post("authorisations", {"prescription": stimulant.pk, "parts": [{**PART, "refills": 1}]}),
        422,
        "refill-refused",
    )
    assert refused["rules"][0]["rule"] == "too_many_refills"
    assert len(json(adler.get(f"authorisations?prescription={stimulant.pk}"))["results"]) == 2
    number = made["authorisations"][1]["id"]
    assert json(adler.post(f"authorisations/{number}/revoke", {"why": "Lost."}), 201)["authorisation"] == number


def test_a_renewal_is_read_and_made_and_the_queue_is_batched(adler: Api, plain: Prescription) -> None:
    queue = json(adler.get("renewals"))
    assert [one["prescription"] for one in queue["plain"]] == [plain.pk]
    one = json(adler.get(f"prescriptions/{plain.pk}/renewal"))
    assert (one["may_be_batched"], one["adherence"]["pdc"]["percent"], one["rules"]) == (True, "100.0", [])
    batch = json(adler.post("renewals", {"prescriptions": [plain.pk]}))
    assert (batch["renewed"][0]["answer"], batch["left"]) == ("renewed", [])
    problem(adler.post(f"prescriptions/{plain.pk}/renewal", PART), 409, "asked")
    again = json(adler.post(f"prescriptions/{plain.pk}/renewal", {**PART, "note": "ok", "confirm": True}), 201)
    assert again["in_batch"] is False
    no = {"answer": "denied", "reason": "call_us", "confirm": True}
    declined = adler.post(f"prescriptions/{plain.pk}/renewal/decline", no)
    assert json(declined, 201)["reason"] == "call_us"


def test_limits_releases_counts_and_the_patients_word(adler: Api, bo: Api, carla: Api, plain: Prescription) -> None:
    until = (today() + timedelta(days=10)).isoformat()
    patient = factories.carla().pk
    seven = {"most_days": 7, "until": until, "why": "Risk."}
    limit = json(adler.post(f"patients/{patient}/supply-limits", seven), 201)
    told = problem(
        bo.post("dispenses", {"prescription": plain.pk, "dispensed_on": today().isoformat(), **PART}),
        422,
        "refill-refused",
    )
    assert told["rules"][0] | {"sentence": ""} == {
        "rule": "limited",
        "citation": "Risk.",
        "until": until,
        "sentence": "",
    }
    json(adler.post(f"supply-limits/{limit['id']}/lift", {"why": "Over."}), 201)
    problem(adler.post(f"prescriptions/{plain.pk}/release-lab-gate", {"why": "x", "until": until}), 422, "refused")
    count = {"counted_on": today().isoformat(), "quantity": "9", "unit": "{tablet}"}
    json(bo.post(f"prescriptions/{plain.pk}/pill-counts", count), 201)
    json(carla.post(f"prescriptions/{plain.pk}/taken", {"answer": "as_agreed"}), 201)
    shown = json(carla.get(f"patients/{patient}/adherence"))
    assert [one["self_reported"] for one in shown["medicines"]] == ["as_agreed"]
    assert shown["classes"][0]["name"] == "antidepressants"


def test_an_early_and_a_partial_fill_are_taken_with_their_reasons(bo: Api, plain: Prescription) -> None:
    day = today().isoformat()
    fill = {
        "prescription": plain.pk,
        "dispensed_on": day,
        **PART,
        "early_reason": "lost",
        "partial_reason": "requested",
    }
    json(bo.post("dispenses", fill), 201)
    problem(bo.post("dispenses", {**fill, "early_reason": "because"}), 400, "invalid-request")


def test_a_renewal_tells_what_its_supply_waits_for_and_what_is_unanswered(adler: Api, plain: Prescription) -> None:
    factories.taking("tramadol", 10689, "50", on=today() - timedelta(days=9))
    clozapine = factories.taking("clozapine", 2626, "300", on=today() - timedelta(days=60))
    waits = json(adler.get(f"prescriptions/{clozapine.pk}/renewal"))
    assert "neutrophil count: none is on record" in waits["supply_waits_for"]
    open_ones = json(adler.get(f"prescriptions/{plain.pk}/renewal"))
    assert open_ones["supply_waits_for"] == ""
    assert open_ones["open_findings"]
