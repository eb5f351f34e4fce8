"""Supply and renewals on pages: one screen, one signature, the portal's answer, and refusals beside the form."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from urllib.parse import unquote

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from medmgmt.actions import authorising, supply
from medmgmt.record.models import Prescription, User
from refills.models import Authorisation, RenewalDecision, SupplyLimit
from tests import factories as cast
from tests.faces.web import reading
from tests.faces.web.world import World, fill, today

Browser = Callable[[User], Client]


@pytest.fixture
def plain(world: World) -> Prescription:
    """Bupropion, filled on time for five months and asked for."""
    taken = cast.taking("bupropion", 42347, "300", on=today() - timedelta(days=160))
    for days_ago in (145, 115, 85, 55, 25):
        fill(cast.bo(), taken, today() - timedelta(days=days_ago), "30", 30)
    supply.request_refill(cast.carla_user(), taken.pk)
    return taken


def said(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, (address, answer.status_code)
    return reading.read(answer.content).said()


def test_the_renewal_screen_shows_all_that_matters_and_one_button_renews(plain: Prescription, as_adler: Client) -> None:
    address = f"/prescriptions/{plain.pk}/renewal/"
    words = said(as_adler, address)
    for told in (
        "Days covered",
        "100.0 %",
        "Last fill",
        "Runs out",
        "Fills left",
        "Review of today",
        "Labs",
        "asked for",
    ):
        assert told in words, told
    sent = {"quantity": "30", "unit": "{tablet}", "days_supply": "30", "refills": "0", "note": "Same as before."}
    answer = as_adler.post(address, sent)
    assert (answer.status_code, answer["Location"]) == (302, "/renewals/")
    assert Authorisation.objects.get().quantity == 30
    carla = Client()
    carla.force_login(cast.carla_user(), backend="django.contrib.auth.backends.ModelBackend")
    portal = said(carla, "/my/")
    assert "Renewed on" in portal
    assert "Same as before." in portal


def test_several_are_signed_with_one_button_and_once(plain: Prescription, as_adler: Client) -> None:
    assert "May be signed together" in said(as_adler, "/renewals/")
    for _twice in range(2):
        assert as_adler.post("/renewals/", {"chosen": [plain.pk], "once": "abc"}).status_code == 302
    assert RenewalDecision.objects.count() == 1
    assert "1 prescription renewed" in said(as_adler, "/renewals/")


def test_a_renewal_whose_tick_was_taken_away_has_none_after_signing_in_again(plain: Prescription) -> None:
    one, client = f'value="{plain.pk}" id="c{plain.pk}" checked', Client()
    for chosen, is_ticked in ((plain.pk, True), (987654, False)):
        asked = client.post("/renewals/", {"chosen": [chosen]})["Location"]
        client.force_login(cast.adler(), backend="django.contrib.auth.backends.ModelBackend")
        page = client.get(unquote(asked.removeprefix("/sign-in/?next="))).content.decode()
        assert (one in page) == is_ticked
        client.logout()


def test_nothing_chosen_or_nonsense_renews_nothing(plain: Prescription, as_adler: Client) -> None:
    for chosen in ([], ["x"], ["99999999999999999999999"]):
        assert as_adler.post("/renewals/", {"chosen": chosen}).status_code == 302
    assert as_adler.post("/renewals/", {"chosen": ["987654"]}).status_code == 404
    assert not RenewalDecision.objects.exists()


def test_what_may_not_be_signed_with_others_says_why(plain: Prescription, as_adler: Client) -> None:
    until = today() + timedelta(days=9)
    authorising.limit_supply(
        cast.adler(), plain.patient_id, prescription_id=plain.pk, most_days=7, until=until, why="Risk."
    )
    words = said(as_adler, "/renewals/")
    assert "Need a look" in words
    assert "Dispensing is limited." in words


def test_no_is_said_with_a_reason_and_the_portal_shows_it(
    plain: Prescription, as_adler: Client, as_carla: Client
) -> None:
    assert "We are looking at it." in said(as_carla, "/my/")
    answer = as_adler.post(
        f"/prescriptions/{plain.pk}/renewal/decline/",
        {"answer": "denied", "reason": "visit_needed", "note": "Tuesday?"},
    )
    assert answer.status_code == 302
    words = said(as_carla, "/my/")
    assert "We need to see you first." in words
    assert "Tuesday?" in words


def test_a_refused_prescription_says_its_rule_beside_the_form(world: World, as_adler: Client) -> None:
    stimulant = cast.taking("methylphenidate", 6901, "20", on=today() - timedelta(days=30))
    sent = {"quantity": "30", "unit": "{tablet}", "days_supply": "30", "refills": "2", "count": "1"}
    answer = as_adler.post(f"/prescriptions/{stimulant.pk}/supply/write/", sent)
    assert answer.status_code == 422
    assert "21 CFR 1306.12(a)" in answer.content.decode()
    assert (
        as_adler.post(
            f"/prescriptions/{stimulant.pk}/supply/write/", {**sent, "refills": "0", "count": "3"}
        ).status_code
        == 302
    )
    words = said(as_adler, f"/prescriptions/{stimulant.pk}/supply/")
    assert words.count("Do not fill before") == 2
    assert "30 (thirty) tablets" in words
    row = Authorisation.objects.earliest("id")
    assert as_adler.post(f"/prescriptions/{stimulant.pk}/supply/{row.pk}/revoke/", {"why": "Lost."}).status_code == 302
    assert "revoked" in said(as_adler, f"/prescriptions/{stimulant.pk}/supply/")


def test_the_fill_form_takes_reasons_and_shows_how_often_it_was_early(plain: Prescription, as_bo: Client) -> None:
    address = f"/prescriptions/{plain.pk}/fills/new/"
    assert "No early fill in the last half year." in said(as_bo, address)
    sent = {
        "dispensed_on": (today() - timedelta(days=10)).isoformat(),
        "quantity": "30",
        "unit": "{tablet}",
        "days_supply": "30",
        "early_reason": "travel",
    }
    assert as_bo.post(address, sent).status_code == 302
    assert "Early in the last half year: travel, once." in said(as_bo, address)


def test_a_limit_is_set_shown_on_the_chart_and_lifted(plain: Prescription, as_adler: Client, as_bo: Client) -> None:
    until = (today() + timedelta(days=20)).isoformat()
    address = f"/prescriptions/{plain.pk}/supply/limit/"
    assert as_adler.post(address, {"most_days": "7", "until": until, "why": "Crisis."}).status_code == 302
    assert "Limited dispensing: 7 days at a time" in said(as_bo, f"/patients/{plain.patient_id}/")
    row = SupplyLimit.objects.get()
    lifted = as_adler.post(f"/prescriptions/{plain.pk}/supply/limits/{row.pk}/lift/", {"why": "Over."})
    assert lifted.status_code == 302
    assert "Limited dispensing" not in said(as_bo, f"/patients/{plain.patient_id}/")


def test_a_supply_that_waits_for_a_lab_says_so_and_is_released_with_a_reason(world: World, as_adler: Client) -> None:
    clozapine = cast.taking("clozapine", 2626, "300", on=today() - timedelta(days=60))
    assert "neutrophil count: none is on record" in said(as_adler, f"/prescriptions/{clozapine.pk}/renewal/")
    sent = {"why": "Drawn today.", "until": (today() + timedelta(days=3)).isoformat()}
    assert as_adler.post(f"/prescriptions/{clozapine.pk}/supply/release/", sent).status_code == 302
    assert "Drawn today." in said(as_adler, f"/prescriptions/{clozapine.pk}/supply/")


def test_a_patient_says_with_one_tap_how_a_medicine_was_taken(
    plain: Prescription, as_carla: Client, as_bo: Client
) -> None:
    for _twice in range(2):
        assert as_carla.post(f"/my/medicines/{plain.pk}/taken/", {"answer": "missed_some"}).status_code == 302
    assert plain.adherence_reports.count() == 1
    assert "missed some doses" in said(as_bo, f"/patients/{plain.patient_id}/adherence/")
    assert as_carla.post(f"/my/medicines/{plain.pk}/taken/", {"answer": "\x00" * 900}).status_code == 422


def test_a_count_is_written_down(plain: Prescription, as_bo: Client) -> None:
    sent = {"counted_on": today().isoformat(), "quantity": "9", "unit": "{tablet}"}
    assert as_bo.post(f"/prescriptions/{plain.pk}/supply/count/", sent).status_code == 302
    assert plain.pill_counts.get().quantity == Decimal(9)


def test_the_queue_page_asks_no_more_often_because_more_waits(plain: Prescription, as_adler: Client) -> None:
    def cost() -> int:
        as_adler.get("/renewals/")
        with CaptureQueriesContext(connection) as seen:
            assert as_adler.get("/renewals/").status_code == 200
        return len(seen)

    before = cost()
    for number in range(5):
        other = cast.patient(f"RQ-{number}")
        taken = cast.taking("bupropion", 42347, of=other, on=today() - timedelta(days=100))
        supply.open_refill_task(other, taken, key=f"rq{number}")
    assert cost() <= before
    assert before <= 34


@pytest.mark.parametrize("all_of_them", [False, True])
def test_a_limit_is_of_this_medicine_unless_all_are_ticked(
    plain: Prescription, as_adler: Client, all_of_them: bool
) -> None:
    sent = {"most_days": "7", "until": (today() + timedelta(days=20)).isoformat(), "why": "Crisis."}
    ticked = {"all_medicines": "on"} if all_of_them else {}
    assert as_adler.post(f"/prescriptions/{plain.pk}/supply/limit/", {**sent, **ticked}).status_code == 302
    assert SupplyLimit.objects.get().prescription_id == (None if all_of_them else plain.pk)


def test_a_series_is_written_whole(plain: Prescription, as_adler: Client) -> None:
    sent = {"quantity": "30", "unit": "{tablet}", "days_supply": "30", "refills": "0", "count": "3"}
    assert as_adler.post(f"/prescriptions/{plain.pk}/supply/write/", sent).status_code == 302
    assert Authorisation.objects.count() == 3


def test_a_renewal_of_today_is_asked_about_before_it_is_made_again(
    plain: Prescription, as_adler: Client, browser: Browser
) -> None:
    address, typed = f"/prescriptions/{plain.pk}/renewal/", {
        "quantity": "30", "unit": "{tablet}", "days_supply": "30", "refills": "0",
    }  # fmt: skip
    assert as_adler.post(address, typed).status_code == 302
    asked = browser(cast.brandt()).post(address, typed)
    assert asked.status_code == 422
    assert "Anna Adler has answered this today already: renewed." in reading.read(asked.content).said()
    assert b'type="checkbox" name="confirm"' in asked.content
    assert Authorisation.objects.count() == RenewalDecision.objects.count() == 1
    assert as_adler.post(address, {**typed, "confirm": "on"}).status_code == 302
    assert RenewalDecision.objects.count() == 2


def test_the_same_prescription_for_the_pharmacy_is_asked_about_and_another_one_is_not(
    plain: Prescription, as_adler: Client
) -> None:
    address, typed = f"/prescriptions/{plain.pk}/supply/write/", {
        "quantity": "30", "unit": "{tablet}", "days_supply": "30", "refills": "0", "count": "1",
    }  # fmt: skip
    assert as_adler.post(address, typed).status_code == 302
    again = as_adler.post(address, typed)
    assert (again.status_code, Authorisation.objects.count()) == (422, 1)
    assert "nothing of it has been filled" in reading.read(again.content).said()
    assert as_adler.post(address, {**typed, "refills": "1"}).status_code == 302
    assert as_adler.post(address, {**typed, "confirm": "on"}).status_code == 302
    assert Authorisation.objects.count() == 3
