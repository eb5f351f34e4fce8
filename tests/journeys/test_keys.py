"""The worklist by keyboard in a real browser: single keys work, never while typing, and can be switched off."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.test_in_a_browser import browser as browser
from tests.journeys.test_in_a_browser import sits_down as sits_down

pytestmark = [pytest.mark.browser, pytest.mark.servers]


def focused(page: Page) -> str:
    """The id of the task in which the focus is."""
    found = page.evaluate("document.activeElement.closest('[data-task]')?.id || ''")
    return str(found)


def test_a_nurse_works_her_list_by_keyboard(sits_down: Callable[..., Page]) -> None:
    page = sits_down("bo")
    page.goto("/tasks/")
    tasks = [one.get_attribute("id") for one in page.locator("[data-task]").all()]
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert focused(page) == tasks[1]
    page.keyboard.press("k")
    assert focused(page) == tasks[0]
    page.keyboard.press("j")
    page.keyboard.press("x")
    expect(page.locator(f"#{tasks[1]} [data-tick]")).to_be_checked()
    expect(page.locator("[data-several]")).to_have_attribute("open", "")
    page.keyboard.press("c")
    expect(page.locator(f"#{tasks[1]}")).to_contain_text("taken by you until")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("j")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.locator(f"#{tasks[0]} [data-open]").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Close it as done")).to_be_visible()


def test_no_key_is_caught_while_typing_and_all_can_be_switched_off(sits_down: Callable[..., Page]) -> None:
    page = sits_down("bo")
    page.goto("/tasks/")
    page.locator("[data-several] summary").click()
    words = page.get_by_label("In words")
    words.focus()
    page.keyboard.type("jkxcr?")
    expect(words).to_have_value("jkxcr?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Switch single keys off").click()
    page.keyboard.press("j")
    assert focused(page) == ""
    page.reload()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.get_by_role("button", name="Switch single keys on").click()
    page.keyboard.press("j")
    assert focused(page) != ""
