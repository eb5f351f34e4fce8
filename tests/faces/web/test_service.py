"""What the administrator sees, what everybody begins with, and what is shown when something breaks."""

from collections.abc import Callable

import pytest
from django.db import OperationalError
from django.template.loader import render_to_string
from django.test import Client
from django.utils import timezone

from medmgmt.record.models import User
from medmgmt.worklist import reads
from refills import clock
from refills.models import DemoMessage, Reminder
from tests import factories as cast
from tests.faces.web import reading
from tests.faces.web.world import World

pytestmark = pytest.mark.page

Browser = Callable[[User], Client]


def test_the_administrator_sees_whether_the_clock_ticks(world: World, browser: Browser) -> None:
    admin = browser(cast.admin())
    assert "not well Clock" in reading.read(admin.get("/").content).said().replace("wellClock", "well Clock")
    clock.beat("deliver")
    assert "not well" not in reading.read(admin.get("/").content).said()


def test_messages_arrive_in_the_outbox_with_a_link_that_works(world: World, browser: Browser) -> None:
    body = "Please open this page:\n\nhttp://testserver/r/abc/\n<b>bold</b>"
    DemoMessage.objects.create(sender="a@b.example", recipient="c@d.example", subject="You have a task", body=body)
    page = browser(cast.admin()).get("/outbox/")
    assert 'href="http://testserver/r/abc/"' in page.content.decode()
    assert "&lt;b&gt;bold" in page.content.decode()


def test_the_privacy_officer_begins_with_the_trail_and_sees_emergencies_beside_it(
    world: World, browser: Browser
) -> None:
    olga = browser(cast.olga())
    assert olga.get("/")["Location"] == "/audit/"
    assert [str(door.label) for door in olga.get("/audit/").context["nav"]] == [
        "Emergencies", "Amendments", "Export", "Close an account", "Audit",
    ]  # fmt: skip


def test_a_patients_start_page_is_the_portal_and_a_pharmacists_is_work(world: World, browser: Browser) -> None:
    assert browser(cast.carla_user()).get("/")["Location"] == "/my/"
    said = reading.read(browser(cast.pia()).get("/").content).said()
    assert "tasks waiting for you" in said
    assert "Register a patient" not in said


def test_a_busy_database_is_a_page_that_asks_to_try_again(world: World, browser: Browser, monkeypatch: object) -> None:
    def busy(*_args: object, **_kwargs: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr(reads, "worklist", busy)  # type: ignore[attr-defined]
    answer = browser(cast.bo()).get("/tasks/")
    assert answer.status_code == 503
    assert "locked" not in answer.content.decode()
    assert "try again" in answer.content.decode()


def test_what_nobody_foresaw_is_a_page_that_needs_nothing_and_tells_nothing() -> None:
    text = render_to_string("500.html")
    assert "Nothing was changed" in text
    assert reading.read(text.encode()).headings == [1]


def test_nobody_is_shown_a_door_that_is_shut_to_them(world: World, browser: Browser) -> None:
    for person in (cast.adler(), cast.bo(), cast.pia(), cast.admin(), cast.carla_user()):
        client = browser(person)
        doors = client.get("/", follow=True).context["nav"]
        assert doors, person
        assert {client.get(door.url).status_code for door in doors} == {200}, person


def test_what_is_held_is_sent_or_dropped_as_it_was_decided(world: World, browser: Browser) -> None:
    planned = Reminder.objects.filter(patient=world.carla, state="planned").order_by("-due_at")[:2]
    drop, send = (reminder.pk for reminder in planned)
    Reminder.objects.filter(pk__in=(drop, send)).update(state="held", settled_at=timezone.now())
    admin = browser(cast.admin())
    for number, decision in ((drop, "drop"), (send, "send")):
        answer = admin.post("/delivery/", {"messages": number, "decision": decision, "why": "Called her."})
        assert answer.status_code == 302, decision
    assert [Reminder.objects.get(pk=number).state for number in (drop, send)] == ["cancelled", "planned"]
