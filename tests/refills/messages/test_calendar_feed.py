"""The calendar link: unguessable, revocable, silent, and read alike by two parsers that know nothing of each other."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import time_machine
import vobject

from refills.errors import LinkOver, LinkUnknown
from refills.messages import calendar_feed
from refills.messages import waking as messages_waking
from refills.messages.bundling import Step, Thing
from refills.messages.waking import Waking
from refills.models import CalendarFeed
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 17, tzinfo=UTC)
STEPS = tuple(Step("refill_7", days) for days in (-7, -3, -1, 0))
ZONES = (
    "America/New_York",
    "America/Anchorage",
    "America/Phoenix",
    "Pacific/Apia",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Gaza",
    "Europe/London",
    "America/Sao_Paulo",
    "Pacific/Chatham",
    "UTC",
)


def feed() -> CalendarFeed:
    return calendar_feed.renew(factories.carla().pk, NOW)


def things(first: date, count: int) -> list[Thing]:
    return [Thing("prescription", str(n), first + timedelta(days=23 * n), STEPS, n) for n in range(count)]


@pytest.mark.parametrize("zone", ZONES)
def test_two_parsers_read_the_same_instants_over_a_year_with_all_its_clock_changes(zone: str) -> None:
    waking = Waking()
    found = calendar_feed.entries(things(date(2026, 3, 1), 16), zone, waking, date(2026, 3, 1))
    written = calendar_feed.written(feed(), found)
    wanted = [waking.on(entry.on, zone) for entry in found]
    assert len(wanted) > 40
    one = icalendar.Calendar.from_ical(written)
    other = vobject.readOne(written.decode())
    other.serialize()  # vobject validates what it writes
    assert [event.start.astimezone(UTC) for event in one.events if isinstance(event.start, datetime)] == wanted
    assert [event.dtstart.value.astimezone(UTC) for event in other.vevent_list] == wanted
    hours = {moment.astimezone(ZoneInfo(zone)).hour for moment in wanted}
    assert hours == {9}, "nine in the morning where the patient lives, summer and winter"
    uids = [str(event["UID"]) for event in one.walk("VEVENT")]
    assert uids == [event.uid.value for event in other.vevent_list]
    assert len(set(uids)) == len(uids)
    assert {messages_waking.fill_date(moment, zone) for moment in wanted} == {entry.on for entry in found}


def test_the_calendar_says_nothing_about_health() -> None:
    found = calendar_feed.entries(things(date(2026, 3, 1), 3), "America/New_York", Waking(), date(2026, 3, 1))
    text = calendar_feed.written(feed(), found).decode()
    assert {line for line in text.splitlines() if line.startswith("SUMMARY")} == {"SUMMARY:Health task"}
    assert not [word for word in ("refill", "Carla", "C-1001", "sertraline", "prescription", "dose") if word in text]


def test_the_same_day_keeps_its_uid_in_a_later_calendar_and_behind_a_renewed_link() -> None:
    one, day = feed(), date(2026, 3, 8)
    before = calendar_feed.uid(one, day)
    other = feed()
    assert calendar_feed.token(other) != calendar_feed.token(one)
    assert calendar_feed.uid(other, day) == before
    assert calendar_feed.uid(other, day + timedelta(days=1)) != before


@time_machine.travel(NOW, tick=False)
def test_a_link_that_was_changed_or_guessed_is_unknown_and_one_that_was_renewed_or_switched_off_is_over() -> None:
    old = calendar_feed.token(feed())
    new = calendar_feed.token(feed())
    assert calendar_feed.read(new).revoked_at is None
    number, signature = new.split(".")
    with pytest.raises(LinkOver):
        calendar_feed.read(old)
    for guess in ("", "x", number, f"{number}.{'A' * len(signature)}", new.upper(), f"{number}.", "0" * 32):
        with pytest.raises(LinkUnknown):
            calendar_feed.read(guess)
    assert calendar_feed.revoke(factories.carla().pk, NOW) == 1
    assert calendar_feed.revoke(factories.carla().pk, NOW) == 0
    with pytest.raises(LinkOver):
        calendar_feed.read(new)


def test_the_database_alone_does_not_give_the_link_away() -> None:
    made = feed()
    kept = {str(value) for value in CalendarFeed.objects.filter(pk=made.pk).values_list()[0]}
    assert calendar_feed.token(made).split(".")[1] not in " ".join(kept)
