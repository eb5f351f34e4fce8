"""The clock of a story: python's and the database's show what the story says, and what the clock starts is done."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import time_machine
from django.conf import settings
from django.db import connection
from django.utils import timezone

from medmgmt import tasks
from refills.models import Reminder, ReminderState, Task, TaskState
from tests.stories.reading import LENGTH
from tests.stories.telling import CameOutDifferently

LENGTHS = {"d": "days", "h": "hours", "m": "minutes"}
DAY = re.compile(r"([+-]\d+)d")
SQLITE_NOW = re.compile(r"'now'", re.IGNORECASE)
POSTGRES_NOW = re.compile(r"\b(?:statement_timestamp|clock_timestamp|now)\(\)", re.IGNORECASE)
BEGINS = time(10)
STEPS = ((timedelta(hours=1), timedelta(minutes=15)), (timedelta(hours=12), timedelta(hours=1)))
"""A time up to so long passes in such steps, and in each by what falls due; the supplies are planned every quarter."""
LOOKS = tuple(time(hour, 5) for hour in (0, 6, 8, 9, 12, 18))
"""When the clock is looked at on a day of a longer time: after midnight, before and at the hours of work."""
AT_ONCE = (
    tasks.lay_out_medicines, tasks.rescreen, tasks.plan_supply, tasks.plan_digests, tasks.escalate_tasks,
    tasks.deliver_reminders,
)  # fmt: skip
"""The timetable but for the clearing out, in the order in which one line finds what the line before made."""


class Clock:
    """What time it is in the story; it stands still but for a second after each step."""

    def __init__(self, traveller: Any, zone: str) -> None:
        self.traveller, self.zone = traveller, ZoneInfo(zone)

    def today(self) -> date:
        """The local day of the site."""
        return timezone.now().astimezone(self.zone).date()

    def day(self, said: object) -> date:
        """A day as stories write it: `today`, `-200d`, `+3d`, a date."""
        if isinstance(said, datetime):
            return said.date()
        if isinstance(said, date):
            return said
        text = str(said).partition("@")[0].strip()
        if text == "today":
            return self.today()
        if found := DAY.fullmatch(text):
            return self.today() + timedelta(days=int(found[1]))
        try:
            return date.fromisoformat(text)
        except ValueError:
            raise CameOutDifferently(f"{said!r} is not a day") from None

    def moment(self, said: object) -> datetime:
        """A moment: a day and `@14:30`; without an hour now, on another day ten o'clock."""
        _day, _, hour = str(said).partition("@")
        on = self.day(said)
        if not hour and on == self.today():
            return timezone.now()
        return datetime.combine(on, time.fromisoformat(hour) if hour else BEGINS, tzinfo=self.zone)

    def start_of(self, said: object) -> datetime:
        """For `since`: a day from its first minute on."""
        _day, _, hour = str(said).partition("@")
        return datetime.combine(self.day(said), time.fromisoformat(hour) if hour else time(), tzinfo=self.zone)

    def a_second(self) -> None:
        """What happens one after the other is dated so."""
        self.traveller.shift(timedelta(seconds=1))

    def tick(self) -> None:
        """Everything that the clock does now."""
        for line in AT_ONCE:
            line()

    def wait(self, said: str) -> None:
        """Time passes, and what falls due in it is done at its time."""
        end = timezone.now() + length(said)
        self.tick()
        while (now := timezone.now()) < end:
            self.traveller.move_to(min(end, self.next_look(now, length(said)), *due_between(now, end)))
            self.tick()

    def next_look(self, now: datetime, whole: timedelta) -> datetime:
        """When the clock is looked at next, where nothing falls due before."""
        for longest, every in STEPS:
            if whole <= longest:
                return now + every
        day = now.astimezone(self.zone).date()
        looks = [datetime.combine(on, at, tzinfo=self.zone) for on in (day, day + timedelta(days=1)) for at in LOOKS]
        return min(look for look in looks if look > now)


def length(said: str) -> timedelta:
    """`3d`, `6h`, `20m`."""
    found = LENGTH.fullmatch(said.strip())
    if found is None:
        raise CameOutDifferently(f"{said!r} is not a length of time")
    return timedelta(**{LENGTHS[found[2]]: int(found[1])})


def due_between(now: datetime, end: datetime) -> list[datetime]:
    """The first message and the first raising of a task that fall due after `now` and before the end."""
    planned = Reminder.objects.filter(
        state=ReminderState.PLANNED, next_attempt_at__gt=now, next_attempt_at__lt=end
    ).values_list("next_attempt_at", flat=True)
    raised = Task.objects.filter(
        state__in=(TaskState.OPEN, TaskState.CLAIMED), escalate_at__gt=now, escalate_at__lt=end
    ).values_list("escalate_at", flat=True)
    firsts = planned.order_by("next_attempt_at").first(), raised.order_by("escalate_at").first()
    return [min(one + timedelta(seconds=1), end) for one in firsts if one is not None] or [end]


@contextmanager
def begun(on: date | None) -> Iterator[Clock]:
    """The story's first day at ten, site time; without one, the day it is."""
    zone = ZoneInfo(settings.TIME_ZONE)
    first = datetime.combine(on or timezone.localdate(), BEGINS, tzinfo=zone)
    with time_machine.travel(first, tick=False) as traveller, connection.execute_wrapper(told_time):
        yield Clock(traveller, settings.TIME_ZONE)


def told_time(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
    """A statement that asks the database for the time gets the story's: SQLite's 'now', PostgreSQL's functions."""
    moment = timezone.now().astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    if connection.vendor == "sqlite":
        asked = SQLITE_NOW.sub(f"'{moment[:-3]}'", sql)
    else:
        asked = POSTGRES_NOW.sub(f"(TIMESTAMPTZ '{moment}+00')", sql)
    return execute(asked, params, many, context)
