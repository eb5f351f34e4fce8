"""The second signature, monitoring orders, the attributes of a card and the selftest over the API."""

import pytest

from interactions.engine import information
from medmgmt.record.models import MonitoringOrder
from tests import factories
from tests.faces.api.client import Api, done, problem
from tests.faces.api.orders import answer, start

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]


def risky(adler: Api) -> int:
    """Sertraline beside phenelzine, answered; the number of the proposal."""
    factories.taking("phenelzine", 8123, "45")
    proposal = done(adler.post("proposals/", start("sertraline")), 201)
    for card in proposal["cards"]:
        if card["needs_answer"]:
            done(adler.post(f"findings/{card['lead']}/override/", answer()), 201)
    number: int = proposal["id"]
    return number


def test_a_contraindicated_order_is_asked_for_co_signed_and_then_signed(adler: Api, pia: Api) -> None:
    number = risky(adler)
    refused = problem(adler.post(f"proposals/{number}/sign/"), 409, "co-signature-needed")
    assert [each["severity"] for each in refused["findings"]] == ["contraindicated"]
    asked = done(adler.post(f"proposals/{number}/cosignature/ask/", {}), 201)
    assert asked["role"] == "pharmacist"
    stands = done(pia.get(f"proposals/{number}/cosignature/"))
    assert (stands["asked"], stands["can_say"], stands["needs"][0]["is_met"]) == (asked["task"], True, False)
    word = done(
        pia.post(f"proposals/{number}/cosignature/agree/", {"review": stands["review"], "note": "Watched."}), 201
    )
    assert word["verdict"] == "agreed"
    stands = done(adler.get(f"proposals/{number}/cosignature/"))
    assert (stands["asked"], stands["can_say"], stands["needs"][0]["is_met"]) == (None, False, True)
    assert done(adler.post(f"proposals/{number}/sign/"))["status"] == "signed"


def test_a_no_has_its_reason_and_an_old_review_is_not_spoken_of(adler: Api, pia: Api) -> None:
    number = risky(adler)
    old = done(pia.get(f"proposals/{number}/cosignature/"))["review"]
    problem(adler.post(f"proposals/{number}/sign/"), 409, "co-signature-needed")
    said = f"proposals/{number}/cosignature/"
    problem(pia.post(f"{said}decline/", {"review": old, "note": "No."}), 409, "conflict")
    review = done(pia.get(said))["review"]
    problem(pia.post(f"{said}decline/", {"review": review, "note": ""}), 400, "invalid-request")
    assert done(pia.post(f"{said}decline/", {"review": review, "note": "No."}), 201)["verdict"] == "declined"
    assert done(adler.get(said))["needs"][0]["word"]["note"] == "No."


def test_what_a_card_asks_for_is_ordered_once_and_listed(adler: Api, bo: Api) -> None:
    number = risky(adler)
    finding = done(adler.get(f"proposals/{number}/"))["cards"][0]["lead"]
    asked = done(bo.get(f"findings/{finding}/monitoring/"))["results"]
    assert {one["code"] for one in asked} == {"hunter", "heart_rate", "temperature"}
    first = done(adler.post(f"findings/{finding}/monitoring/", {"code": "heart_rate"}), 201)
    again = done(adler.post(f"findings/{finding}/monitoring/", {"code": "heart_rate"}), 201)
    assert first["id"] == again["id"] == MonitoringOrder.objects.get().pk
    assert first["loinc"] == "8867-4"
    listed = done(bo.get(f"patients/{factories.carla().pk}/monitoring-orders/"))["results"]
    assert [one["id"] for one in listed] == [first["id"]]
    problem(adler.post(f"findings/{finding}/monitoring/", {"code": "moon"}), 422, "refused")


def test_every_finding_carries_the_whole_block_of_attributes(adler: Api) -> None:
    number = risky(adler)
    for finding in done(adler.get(f"proposals/{number}/findings/"))["results"]:
        block = finding["attributes"]
        assert [item["name"] for item in block["items"]] == list(information.PDDI)
        assert all(item["text"] for item in block["items"])
        assert block["sources"]
        for source in block["sources"]:
            assert [item["name"] for item in source["items"]] == list(information.ATTRIBUTES)
            assert all(item["text"] for item in source["items"])


def test_the_selftest_is_run_and_says_whether_what_is_in_use_was_tested(pia: Api, adler: Api) -> None:
    assert done(adler.get("selftests/current/"))["run"] is None
    run = done(pia.post("selftests/", {"scope": "in_use"}), 201)
    assert (run["found"], run["nuisances"], run["failures"]) == (run["to_find"], 0, [])
    assert done(adler.get("selftests/current/"))["run"]["id"] == run["id"]
    assert done(adler.get("selftests/"))["results"][0]["id"] == run["id"]
    problem(adler.post("selftests/", {}), 403, "not-allowed")


def test_the_sentence_of_a_second_signature_is_kept(adler: Api, pia: Api) -> None:
    number = risky(adler)
    review = done(pia.get(f"proposals/{number}/cosignature/"))["review"]
    sent = {"review": review, "note": "Watched daily."}
    assert done(pia.post(f"proposals/{number}/cosignature/agree/", sent), 201)["note"] == "Watched daily."
