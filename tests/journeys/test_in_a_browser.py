"""The whole story in a real headless Chromium: three people, one day, as they would click it."""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.site import PASSWORD, Site, eventually, zone_where_it_is_noon

pytestmark = [pytest.mark.browser, pytest.mark.servers]
CHROMIUM = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), ""
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium of this machine; without one the run says so, and with CI=true that is a failure."""
    if not CHROMIUM:
        say = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        say("no Chromium on this machine, so nothing was tried in a browser")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, "--disable-component-update"])
        yield started
        started.close()


@pytest.fixture
def sits_down(browser: Browser, clinic: Site) -> Iterator[Callable[..., Page]]:
    """Somebody opens a browser of their own and signs in; any error in the page's script fails the test."""
    contexts, faults = [], []

    def open_as(username: str = "", width: int = 1280) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 860}, base_url=clinic.address)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda said: faults.append(said.text) if is_fault(said.type, said.text) else None)
        if username:
            page.goto("/sign-in/")
            page.get_by_label("Username").fill(username)
            page.get_by_label("Password").fill(PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("button", name="Sign out")).to_be_visible()
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert faults == []


def is_fault(kind: str, text: str) -> bool:
    """An error of ours on the console; a page that answers 409 or 422 on purpose is none."""
    return kind == "error" and "status of 4" not in text


def test_the_story_of_an_order_a_reminder_and_a_side_effect(clinic: Site, sits_down: Callable[..., Page]) -> None:
    nurse = sits_down("bo")
    chart = a_new_patient(nurse)

    doctor = sits_down("adler")
    prescribe(doctor, chart, search="sertralin", drug="sertraline", amount="100", supply_days="7")
    doctor.get_by_role("button", name="Sign", exact=True).click()
    expect(doctor.get_by_text("100\u00a0mg by mouth once daily").first).to_be_visible()

    prescribe(doctor, chart, search="tramadl", drug="tramadol", amount="50")
    expect(doctor.get_by_text("Missing before this can be signed")).to_be_visible()
    answer_every_finding(doctor)
    doctor.get_by_role("button", name="Sign", exact=True).click()
    doctor.goto(chart)
    expect(doctor.get_by_text("tramadol").first).to_be_visible()

    administrator = sits_down("ada")
    link = eventually(lambda: link_in_outbox(administrator, "brook@mail.example"))
    phone = sits_down(width=390)
    phone.goto(link)
    for word in ("sertraline", "tramadol", "Brook", "depress"):
        expect(phone.get_by_text(word)).to_have_count(0)
    phone.get_by_role("button", name="I need a refill").click()
    expect(phone.locator("main")).to_contain_text("We have passed on that you need a refill.")

    nurse.goto(chart)
    nurse.get_by_role("link", name="Log a side effect").click()
    nurse.get_by_label("What").first.fill("Tremor")
    nurse.get_by_label("Moderate").check(force=True)
    nurse.locator("main button.btn-main").last.click()
    expect(nurse.locator("main")).to_contain_text("sertraline")

    doctor.goto("/tasks/?kind=side_effect_review")
    doctor.get_by_role("link", name="Brook").first.wait_for()
    doctor.goto("/tasks/?kind=refill_request")
    expect(doctor.get_by_role("link", name="Brook").first).to_be_visible()


def test_a_form_sent_after_the_session_has_ended_comes_back_filled(
    clinic: Site, sits_down: Callable[..., Page]
) -> None:
    nurse = sits_down("bo")
    nurse.goto("/patients/")
    nurse.locator("main a[href^='/patients/']").filter(has_text=",").first.click()
    nurse.goto(f"{nurse.url}conditions/new/")
    nurse.get_by_label("Diagnosis").fill("restless legs syndrome")
    nurse.context.clear_cookies(name="sessionid")
    nurse.get_by_role("button", name="Record").click()
    expect(nurse.locator("main")).to_contain_text("Nothing has been saved yet")
    nurse.get_by_label("Username").fill("bo")
    nurse.get_by_label("Password").fill(PASSWORD)
    nurse.get_by_role("button", name="Sign in").click()
    expect(nurse.get_by_label("Diagnosis")).to_have_value("restless legs syndrome")
    nurse.reload()
    expect(nurse.get_by_label("Diagnosis")).to_have_value("restless legs syndrome")
    assert "restless" not in nurse.url
    nurse.get_by_role("button", name="Record").click()
    expect(nurse.locator("main")).to_contain_text("The diagnosis is recorded.")


def test_an_endless_word_breaks_on_a_phone_and_never_the_page(clinic: Site, sits_down: Callable[..., Page]) -> None:
    nurse, word = sits_down("bo", width=390), "W" * 140
    nurse.goto("/patients/")
    nurse.locator("main a[href^='/patients/']").filter(has_text=",").first.click()
    chart = nurse.url
    for address, label in (("conditions/new/", "Diagnosis"), ("allergies/new/", "Substance")):
        nurse.goto(f"{chart}{address}")
        nurse.get_by_label(label).first.fill(word)
        nurse.locator("main button.btn-main").last.click()
    for address in (chart, f"{chart}messages/", f"{chart}side-effects/new/", "/", "/tasks/"):
        nurse.goto(address)
        assert nurse.evaluate("document.documentElement.scrollWidth") <= 390, address


def a_new_patient(nurse: Page) -> str:
    """Registered by the nurse, with an e-mail address the patient agreed to; the chart's address."""
    nurse.goto("/patients/new/")
    for name, value in (
        ("mrn", "B-815"),
        ("given_name", "Bea"),
        ("family_name", "Brook"),
        ("birth_date", "1991-07-12"),
        ("time_zone", zone_where_it_is_noon()),
    ):
        field = nurse.locator(f"main [name={name}]")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(value)
        else:
            field.fill(value)
    nurse.locator("main [name=sex]").first.select_option("female")
    nurse.locator("main button.btn-main").last.click()
    nurse.wait_for_url("**/patients/*/**")
    chart = nurse.url.split("?")[0]
    nurse.goto(f"{chart}contact/")
    nurse.locator("main [name=address]").fill("brook@mail.example")
    nurse.locator("main [name=consented]").check()
    nurse.locator("main button.btn-main").last.click()
    return chart


def prescribe(doctor: Page, chart: str, *, search: str, drug: str, amount: str, supply_days: str = "") -> None:
    """Finds a drug by a misspelt name, fills in how to take it, and asks for the review."""
    doctor.goto(f"{chart}prescribe/")
    doctor.get_by_label("Drug").press_sequentially(search, delay=20)
    doctor.locator("#results button", has_text=drug).first.click()
    doctor.get_by_label("How to take it").press_sequentially(f"{amount} daily", delay=20)
    expect(doctor.get_by_text(f"{amount}\u00a0mg a day")).to_be_visible()
    doctor.locator("main [name=reason_code]").select_option("initial_treatment")
    if supply_days:
        doctor.get_by_text("Strength, first supply").click()
        doctor.locator("main [name=first_supply_days]").fill(supply_days)
    doctor.get_by_role("button", name="Propose and review").click()
    expect(doctor.get_by_role("heading", name="New with this change")).to_be_visible()


def answer_every_finding(doctor: Page) -> None:
    """A coded reason, a note and a day for each card that waits."""
    accept = doctor.get_by_role("button", name="Accept with this reason")
    while accept.count():
        form = doctor.locator("form:has(button:text('Accept with this reason'))").first
        form.locator("[name=reason_code]").select_option("benefit_outweighs")
        form.locator("[name=note]").fill("Short course; knows what to watch for.")
        form.locator("[name=follow_up_on]").fill((date.today() + timedelta(days=10)).isoformat())
        waiting = accept.count()
        form.get_by_role("button", name="Accept with this reason").click()
        expect(accept).to_have_count(waiting - 1)


def link_in_outbox(administrator: Page, address: str) -> str:
    """The link in the message to this address, once it has arrived."""
    administrator.goto("/outbox/")
    message = administrator.locator("main article, main li, main tr", has_text=address)
    links = message.locator("a[href*='/r/']")
    return links.first.get_attribute("href") or "" if links.count() else ""


def test_the_documentation_of_the_api_is_drawn_without_a_word_on_the_console(sits_down: Callable[..., Page]) -> None:
    page = sits_down()
    page.goto("/api/docs/")
    expect(page.locator(".opblock").first).to_be_visible(timeout=30_000)
    page.locator(".opblock-summary-control").first.click()
    expect(page.locator(".opblock-body").first).to_be_visible()
    assert page.evaluate("getComputedStyle(document.body).margin") == "0px"
