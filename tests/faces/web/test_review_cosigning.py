"""The second signature, the monitoring of a card and the selftest, in a browser without JavaScript."""

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client

from medmgmt.record.models import CoSignature, DosageChange, MonitoringOrder, User
from tests import factories as cast
from tests import shipped_knowledge
from tests.actions import orders
from tests.faces.web import reading

pytestmark = [pytest.mark.django_db, pytest.mark.page]
Browser = Callable[[User], Client]


@pytest.fixture
def change(db: None) -> DosageChange:
    """Sertraline for Carla, who takes phenelzine: answered by Dr Adler, not signed."""
    shipped_knowledge.put_into_use()
    cast.taking("phenelzine", 8123, "45")
    made: DosageChange = orders.start(cast.adler(), "sertraline").change
    orders.answer_all(cast.adler(), made)
    return made


def said(client: Client, change: DosageChange) -> str:
    """The words of the review."""
    return reading.read(client.get(f"/changes/{change.pk}/").content).said()


def word(client: Client, change: DosageChange, act: str = "", **values: Any) -> Any:
    """Co-signs or declines on the page as it stands."""
    page = client.get(f"/changes/{change.pk}/").context["page"]
    typed = {"review": page.review.pk, "note": "Levels are watched.", **values}
    return client.post(f"/changes/{change.pk}/cosign/{act}", typed)


def test_the_page_says_what_is_missing_and_by_whom_from_the_request_to_the_signature(
    change: DosageChange, browser: Browser
) -> None:
    adler, pia = browser(cast.adler()), browser(cast.pia())
    assert "a pharmacist or another psychiatrist" in said(adler, change)
    refused = adler.post(f"/changes/{change.pk}/sign/")
    assert refused.status_code == 409
    assert "co-signature" in refused.content.decode()
    assert adler.post(f"/changes/{change.pk}/cosign/ask/", {"colleague": ""}).status_code == 302
    assert "The pharmacists have been asked." in said(adler, change)
    assert "You are the second person" in said(pia, change)
    assert word(pia, change).status_code == 302
    assert "Co-signed by Pia Pohl" in said(adler, change)
    assert adler.post(f"/changes/{change.pk}/sign/")["Location"] == f"/patients/{change.patient_id}/"


def test_why_a_proposal_is_withdrawn_stands_in_no_second_signature(change: DosageChange) -> None:
    client = Client()
    asked = client.post(f"/changes/{change.pk}/withdraw/", {"note": "Meant for another patient."})["Location"]
    client.force_login(cast.brandt(), backend="django.contrib.auth.backends.ModelBackend")
    text = client.get(unquote(asked.removeprefix("/sign-in/?next="))).content.decode()
    assert ("You are the second person" in text, text.count("Meant for another patient.")) == (True, 1)


def test_the_author_and_a_nurse_are_offered_no_second_signature(change: DosageChange, browser: Browser) -> None:
    for by in (cast.adler(), cast.bo()):
        client = browser(by)
        assert "You are the second person" not in said(client, change)
        assert word(client, change).status_code == 403
    assert not CoSignature.objects.exists()


def test_a_colleague_is_chosen_by_name_and_declines_with_a_reason(change: DosageChange, browser: Browser) -> None:
    cast.brandt()
    adler, brandt = browser(cast.adler()), browser(cast.brandt())
    assert "Ben Brandt" in said(adler, change)
    adler.post(f"/changes/{change.pk}/cosign/ask/", {"colleague": str(cast.brandt().pk)})
    assert "Ben Brandt has been asked." in said(adler, change)
    empty = word(brandt, change, "decline/", note=" ")
    assert empty.status_code == 422
    assert "Say in a sentence why." in empty.content.decode()
    word(brandt, change, "decline/", note="Fourteen days have not passed.")
    assert "Declined by Ben Brandt" in said(adler, change)
    assert "Fourteen days have not passed." in said(adler, change)


def test_what_was_read_before_the_newest_look_is_refused_on_the_page(change: DosageChange, browser: Browser) -> None:
    pia = browser(cast.pia())
    page = pia.get(f"/changes/{change.pk}/").context["page"]
    browser(cast.adler()).post(f"/changes/{change.pk}/sign/")
    old = pia.post(f"/changes/{change.pk}/cosign/", {"review": page.review.pk, "note": "Fine."})
    assert old.status_code == 409
    assert "reviewed again" in old.content.decode()


@pytest.mark.parametrize("typed", [{}, {"review": "x"}, {"review": "9" * 30}, {"note": "n" * 5000, "review": "1"}])
def test_nonsense_is_taken_back_to_the_review(change: DosageChange, browser: Browser, typed: dict[str, str]) -> None:
    for act in ("", "decline/"):
        answer = browser(cast.pia()).post(f"/changes/{change.pk}/cosign/{act}", typed)
        assert answer.status_code in (302, 409, 422)
    asked = browser(cast.adler()).post(f"/changes/{change.pk}/cosign/ask/", {"colleague": "9" * 30, **typed})
    assert asked.status_code in (302, 422)


# -- monitoring --------------------------------------------------------------------------------------------------------


def finding_of(change: DosageChange, browser: Browser) -> Any:
    """The card's leading finding."""
    page = browser(cast.adler()).get(f"/changes/{change.pk}/").context["page"]
    return page.problems[0].lead.finding


def test_one_click_orders_and_the_card_says_so(change: DosageChange, browser: Browser) -> None:
    adler, finding = browser(cast.adler()), finding_of(change, browser)
    assert "Hunter criteria" in said(adler, change)
    answer = adler.post(f"/findings/{finding.pk}/monitoring/", {"code": "hunter"})
    assert answer["Location"] == f"/changes/{change.pk}/#finding-{finding.pk}"
    adler.post(f"/findings/{finding.pk}/monitoring/", {"code": "hunter"})
    assert MonitoringOrder.objects.count() == 1
    assert "ordered for" in said(adler, change)
    adler.post(f"/findings/{finding.pk}/monitoring/", {"code": "all"})
    assert MonitoringOrder.objects.count() == 3


def test_an_order_after_the_session_has_ended_leads_back_to_its_card_and_orders_nothing(
    change: DosageChange, browser: Browser
) -> None:
    finding = finding_of(change, browser)
    client = Client()
    asked = client.post(f"/findings/{finding.pk}/monitoring/", {"code": "hunter"})["Location"]
    client.force_login(cast.adler(), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(unquote(asked.removeprefix("/sign-in/?next=")))
    assert answer["Location"] == f"/changes/{change.pk}/#finding-{finding.pk}"
    assert "Nothing has been saved yet" in said(client, change)
    assert not MonitoringOrder.objects.exists()


def test_with_htmx_the_list_of_the_card_changes_in_place(change: DosageChange, browser: Browser) -> None:
    finding = finding_of(change, browser)
    answer = browser(cast.adler()).post(
        f"/findings/{finding.pk}/monitoring/", {"code": "hunter"}, headers={"HX-Request": "true"}
    )
    text = answer.content.decode()
    assert text.lstrip().startswith("<section")
    assert "ordered for" in text


def test_what_the_card_does_not_ask_for_is_refused_with_a_sentence(change: DosageChange, browser: Browser) -> None:
    finding = finding_of(change, browser)
    for code in ("ammonia", "", "x" * 400):
        answer = browser(cast.adler()).post(f"/findings/{finding.pk}/monitoring/", {"code": code})
        assert answer.status_code == 422
        assert "no such measurement" in answer.content.decode()


def test_who_may_not_order_is_offered_no_button(change: DosageChange, browser: Browser) -> None:
    finding = finding_of(change, browser)
    page = browser(cast.bo()).get(f"/changes/{change.pk}/").content.decode()
    assert "Hunter criteria" in page
    assert f"/findings/{finding.pk}/monitoring/" not in page


def test_the_card_tells_everything_about_the_alert(change: DosageChange, browser: Browser) -> None:
    words = said(browser(cast.adler()), change)
    for name in ("Serious outcome", "Expected onset", "How often harm comes", "Funding", "Use of race", "Developer"):
        assert name in words
    assert "Not known" in words


# -- selftest ----------------------------------------------------------------------------------------------------------


def test_the_pharmacist_runs_the_selftest_and_reads_what_came_of_it(change: DosageChange, browser: Browser) -> None:
    pia = browser(cast.pia())
    assert "has not been tested" in pia.get("/knowledge/").content.decode()
    assert pia.post("/knowledge/selftest/", {"scope": "in_use", "once": "a"}).status_code == 302
    page = reading.read(pia.get("/knowledge/selftest/").content).said()
    assert "none of" in page
    assert "Every case came out as expected." in page
    assert "has not been tested" not in pia.get("/knowledge/").content.decode()


def test_a_psychiatrist_reads_the_selftest_but_does_not_start_it(change: DosageChange, browser: Browser) -> None:
    adler = browser(cast.adler())
    assert "Test everything in use" not in adler.get("/knowledge/selftest/").content.decode()
    assert adler.post("/knowledge/selftest/", {"scope": "in_use"}).status_code == 403


def test_without_rules_the_selftest_says_so(browser: Browser) -> None:
    answer = browser(cast.pia()).post("/knowledge/selftest/", {"scope": "shipped"})
    assert answer.status_code == 422
    assert "nothing to test" in answer.content.decode()
