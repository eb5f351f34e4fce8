"""The pages about messages: one tap, the patient's own plan, the calendar behind its link."""

import re
from datetime import timedelta
from typing import Any

import icalendar
import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from medmgmt.actions import messages
from refills.messages import calendar_feed, links
from refills.models import CalendarFeed, CaregiverConsent, ChannelChoice, Reminder
from tests import factories
from tests.faces.web import reading
from tests.faces.web.world import World

pytestmark = pytest.mark.page

PLAN = {"act": "plan", "before": ["3", "0"], "after": ["1"], "channels": "email", "hour": "10", "quiet_from": "20",
        "quiet_until": "8", "language": "es", "version": "1"}  # fmt: skip


@pytest.fixture
def reminder(world: World) -> Reminder:
    """One of the messages that Carla's fills have planned."""
    return Reminder.objects.filter(state="planned", items__about_type="prescription").order_by("due_at")[0]


def test_a_tap_that_stops_is_kept_can_be_taken_back_and_harms_nothing_when_repeated(reminder: Reminder) -> None:
    client, address = Client(), f"/r/{factories.link(reminder)}/"
    for _ in range(2):
        page = client.post(address, {"choice": "stop"}, follow=True)
        assert "We have stopped these messages" in page.content.decode()
    assert ChannelChoice.objects.filter(opted_in=False).count() == 1
    page = client.post(address, {"choice": "start"}, follow=True)
    assert "Stop these messages" in page.content.decode()


def test_a_mail_program_unsubscribes_with_one_post_and_a_scanner_that_opens_the_address_does_nothing(
    reminder: Reminder,
) -> None:
    address = f"/r/{factories.link(reminder)}/stop/"
    assert links.stop_url(reminder, "carla@mail.example").endswith(address)
    client = Client(enforce_csrf_checks=True)
    assert client.get(address).status_code == 302
    assert not ChannelChoice.objects.exists()
    for _ in range(2):
        assert client.post(address, {"List-Unsubscribe": "One-Click"}).status_code == 204
    assert ChannelChoice.objects.filter(opted_in=False).count() == 1
    assert client.post("/r/guessed/stop/").status_code == 404


def test_already_picked_up_is_thanked_for_and_says_no_drug(reminder: Reminder) -> None:
    page = Client().post(f"/r/{factories.link(reminder)}/", {"choice": "picked_up"}, follow=True)
    text = page.content.decode()
    assert "We will not remind you of this again" in text
    assert "sertraline" not in text


def test_a_helpers_page_offers_no_way_to_give_the_consent_back(world: World) -> None:
    consent = messages.add_caregiver(
        factories.bo(),
        world.carla.pk,
        name="Mara",
        channel="email",
        address="mara@mail.example",
        language="es",
        covers=["refills"],
        starts_on=world.carla.today(timezone.now()),
    )
    row = Reminder.objects.filter(caregiver=consent).earliest("due_at")
    page = Client().post(f"/r/{factories.link(row)}/", {"choice": "stop"}, follow=True)
    assert reading.read(page.content).lang == "es"
    assert 'value="start"' not in page.content.decode()


def test_carla_sets_her_own_plan_and_what_is_wrong_is_said_on_the_form(world: World, as_carla: Client) -> None:
    wrong = as_carla.post("/my/messages/", {**PLAN, "hour": "21"})
    assert wrong.status_code == 422
    assert "Quiet hours begin after noon" in wrong.content.decode()
    assert as_carla.post("/my/messages/", {**PLAN, "before": []}).status_code == 422
    assert as_carla.post("/my/messages/", {"act": "dance"}).status_code == 422
    assert as_carla.post("/my/messages/", {"act": "opt_in", "channel": "pigeon"}).status_code == 422
    assert as_carla.post("/my/messages/", PLAN).status_code == 302
    assert as_carla.post("/my/messages/", PLAN).status_code == 422, "somebody else, or an older page, was there before"
    page = as_carla.get("/my/messages/").content.decode()
    assert "runs out" in page


def test_staff_write_a_helper_down_and_end_it(world: World, as_bo: Client) -> None:
    address = f"/patients/{world.carla.pk}/messages/"
    form: dict[str, Any] = {"act": "add_caregiver", "name": "Mara", "relation": "sister", "channel": "sms",
                            "address": "415 555 0100", "language": "en", "covers": ["refills", "plan"],
                            "starts_on": world.carla.today(timezone.now()).isoformat()}  # fmt: skip
    refused = as_bo.post(address, form)
    assert refused.status_code == 422
    assert "begins with + and the country" in refused.content.decode()
    assert as_bo.post(address, {**form, "address": "+1 415 555 0100"}).status_code == 302
    consent = CaregiverConsent.objects.get()
    assert consent.address == "+14155550100"
    assert as_bo.post(address, {"act": "withdraw", "consent": str(consent.pk)}).status_code == 302
    assert "ended" in as_bo.get(address).content.decode()
    assert as_bo.post(address, {"act": "withdraw", "consent": "x"}).status_code == 404


def test_a_form_sent_twice_makes_one_calendar_link(world: World, as_carla: Client) -> None:
    for _ in range(2):
        as_carla.post("/my/messages/", {"act": "renew_calendar", "once": "1"})
    assert CalendarFeed.objects.count() == 1


def test_the_calendar_is_read_without_a_login_not_kept_not_indexed_and_gone_once_switched_off(
    world: World, as_carla: Client
) -> None:
    as_carla.post("/my/messages/", {"act": "renew_calendar"})
    feed = CalendarFeed.objects.get()
    address = f"/calendar/{calendar_feed.token(feed)}.ics"
    assert address in as_carla.get("/my/messages/").content.decode()
    answer = Client().get(address)
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert (answer["X-Robots-Tag"], answer["Cache-Control"]) == ("noindex, nofollow", "no-store, private")
    assert icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
    assert not [word for word in (b"sertraline", b"Carla", b"refill") if word in answer.content]
    again = Client().get(address, headers={"If-None-Match": answer["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert Client().post(address).status_code == 405
    head = Client().head(address)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", answer["ETag"])
    as_carla.post("/my/messages/", {"act": "revoke_calendar"})
    assert (Client().get(address).status_code, Client().head(address).status_code) == (410, 410)
    assert Client().get("/calendar/guess.ics").status_code == 404


def test_each_button_behind_the_link_is_kept_and_thanked_for_as_what_it_says(reminder: Reminder) -> None:
    address = f"/r/{factories.link(reminder)}/"
    buttons = {
        "Not now: remind me tomorrow": ("snooze", "snoozed", "We will remind you tomorrow."),
        "I already picked it up": ("picked_up", "picked_up", "We have noted that you have it."),
        "I need a refill": ("request_refill", "refill_requested", "We have passed on that you need a refill."),
    }
    page = Client().get(address).content.decode()
    for label, (value, answer, thanks) in buttons.items():
        assert re.search(rf'value="{value}">(?:(?!</button>).)*{label}', page), label
        thanked = Client().post(address, {"choice": value}, follow=True).content.decode()
        reminder.refresh_from_db()
        assert reminder.answer == answer
        assert thanks in thanked, label


@pytest.mark.parametrize("kind", ["taper_step", "end_of_taper"])
def test_the_page_about_a_change_of_plan_names_the_first_day_of_change(reminder: Reminder, kind: str) -> None:
    first = reminder.items.earliest("day")
    first.pk, first.day, first.about_id = None, first.day + timedelta(days=9), "987654"
    first.save(force_insert=True)
    Reminder.objects.filter(pk=reminder.pk).update(kind=kind)
    day = date_format(reminder.items.earliest("day").day, "j M Y")
    assert f"Something changes on {day}" in reading.read(Client().get(f"/r/{factories.link(reminder)}/").content).said()


def test_who_unsubscribes_in_a_mail_program_is_kept_as_stopped(reminder: Reminder) -> None:
    Client().post(f"/r/{factories.link(reminder)}/stop/")
    reminder.refresh_from_db()
    assert reminder.answer == "stopped"


def test_a_calendar_link_ends_by_itself_and_a_new_one_takes_its_place(
    world: World, as_carla: Client, settings: Any
) -> None:
    settings.CALENDAR_LINK_DAYS = 30
    addresses = []
    for days, status in ((0, 200), (29, 200), (31, 410)):
        with time_machine.travel(timezone.now() + timedelta(days=days), tick=False):
            if not addresses:
                as_carla.post("/my/messages/", {"act": "renew_calendar"})
                addresses.append(f"/calendar/{calendar_feed.token(CalendarFeed.objects.get())}.ics")
            assert Client().get(addresses[0]).status_code == status
    assert "It works until" in as_carla.get("/my/messages/").content.decode()
    as_carla.post("/my/messages/", {"act": "renew_calendar"})
    new = f"/calendar/{calendar_feed.token(CalendarFeed.objects.get(revoked_at=None))}.ics"
    assert (Client().get(new).status_code, Client().get(addresses[0]).status_code) == (200, 410)


def test_a_calendar_that_has_changed_is_sent_again(world: World, as_carla: Client) -> None:
    as_carla.post("/my/messages/", {"act": "renew_calendar"})
    address = f"/calendar/{calendar_feed.token(CalendarFeed.objects.get())}.ics"
    assert Client().get(address, headers={"If-None-Match": '"of yesterday"'}).status_code == 200


def test_the_plan_that_is_saved_as_it_stands_stays_as_it_was_and_a_no_is_a_no(world: World, as_carla: Client) -> None:
    as_carla.post("/my/messages/", PLAN)
    page = as_carla.get("/my/messages/")
    before = page.context["plan"].initial
    assert (before["quiet_from"], before["quiet_until"], before["hour"], before["before"]) == (20, 8, 10, [3, 0])
    as_carla.post("/my/messages/", {"act": "opt_out", "channel": "email"})
    assert not ChannelChoice.objects.latest("pk").opted_in
    as_carla.post("/my/messages/", {"act": "opt_in", "channel": "email"})
    assert ChannelChoice.objects.latest("pk").opted_in
