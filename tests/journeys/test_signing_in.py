"""Passkeys, the PIN and the idle lock in a real headless Chromium; a virtual authenticator stands for a finger."""

import re
from collections.abc import Iterator
from typing import Any

import pyotp
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.journeys.test_in_a_browser import browser
from tests.site import PASSWORD, Site

pytestmark = [pytest.mark.browser, pytest.mark.servers]
assert browser  # the fixture
FINGER = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def page(browser: Browser, clinic: Site) -> Iterator[Page]:
    """A browser with a passkey in it, at the name that passkeys need; any fault of a script or the policy fails."""
    address = clinic.address.replace("127.0.0.1", "localhost")
    context = browser.new_context(viewport={"width": 390, "height": 800}, base_url=address)
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda said: faults.append(said.text) if "Content Security" in said.text else None)
    asking = context.new_cdp_session(page)
    asking.send("WebAuthn.enable")
    asking.send("WebAuthn.addVirtualAuthenticator", {"options": FINGER})
    yield page
    context.close()
    assert faults == []


def sign_in(page: Page, who: str, to: str = "/") -> None:
    page.goto(f"/sign-in/?next={to}")
    page.get_by_label("Username").fill(who)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_label("Username")).to_be_visible()


def test_a_passkey_is_set_up_asked_for_signs_in_alone_and_ends(page: Page) -> None:
    sign_in(page, "dorn", "/account/second-factor/")
    page.get_by_role("button", name="Set up a passkey").click()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name=re.compile("I have kept them")).click()
    expect(page.get_by_text("10 recovery codes left")).to_be_visible()
    sign_out(page)
    sign_in(page, "dorn", "/cover/")
    expect(page.get_by_role("heading", name="One more step")).to_be_visible()
    page.get_by_role("button", name="Use your passkey").click()
    page.wait_for_url("**/cover/")
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()
    page.goto("/account/")
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("None yet: your password alone signs you in.")).to_be_visible()
    sign_out(page)
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("That passkey is not known here")).to_be_visible()


def test_an_app_is_set_up_from_the_page(page: Page) -> None:
    sign_in(page, "olga", "/account/second-factor/")
    key = page.locator(".totp-key").inner_text().replace(" ", "")
    page.get_by_label("Code from your app").fill(pyotp.TOTP(key).now())
    page.get_by_role("button", name="Set up the app").click()
    expect(page.locator(".codes li")).to_have_count(10)


def test_an_unused_page_warns_then_hides_and_goes_on_with_what_was_typed(page: Page) -> None:
    page.clock.install()
    sign_in(page, "bo", "/account/pin/")
    page.get_by_label("New PIN", exact=True).fill("2580")
    page.get_by_label("New PIN once more").fill("2580")
    page.get_by_role("button", name="Set PIN").click()
    page.goto("/cover/")
    page.get_by_label("From").fill("2031-03-04T08:15")
    rest(page, minutes=29.5)
    warning = page.get_by_role("dialog", name="Are you still there?")
    expect(warning).to_be_visible()
    warning.get_by_role("button", name="Stay signed in").click()
    expect(warning).to_be_hidden()
    rest(page, minutes=31)
    expect(page.get_by_role("dialog", name="This page is closed")).to_be_visible()
    expect(page.locator("#content")).to_be_hidden()
    page.get_by_role("button", name="Sign in and go on").click()
    page.get_by_label("Your PIN").fill("2580")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_label("From")).to_have_value("2031-03-04T08:15")
    expect(page.get_by_text("Nothing has been saved yet")).to_be_visible()


def test_whoever_signed_in_again_beside_it_finds_the_page_as_it_was(page: Page) -> None:
    page.clock.install()
    sign_in(page, "pia", "/cover/")
    page.get_by_label("From").fill("2031-03-04T08:15")
    rest(page, minutes=31)
    expect(page.get_by_role("dialog", name="This page is closed")).to_be_visible()
    beside = page.context.new_page()
    sign_in(beside, "pia", "/cover/")
    expect(beside.get_by_role("button", name="Sign out")).to_be_visible()
    page.get_by_role("button", name="Sign in and go on").click()
    expect(page.get_by_label("From")).to_be_visible()
    expect(page.get_by_label("From")).to_have_value("2031-03-04T08:15")


def rest(page: Page, *, minutes: float) -> None:
    """The page's own clock goes on; the server's does not."""
    said: Any = page.clock.fast_forward(int(minutes * 60_000))
    assert said is None
