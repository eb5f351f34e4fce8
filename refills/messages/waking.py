"""When a supply runs out, counted in whole days, with the moments at which to say so."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

SNOOZE = "snooze"
OPENS, CLOSES = 8, 21
"""Waking hours, local: quiet is 21:00 to 08:00 (clinical/refill_rules.md, section 4)."""


@dataclass(frozen=True)
class Moment:
    """One reminder to be: what it says, the local date it is meant for, and the instant to send it."""

    kind: str
    local_date: date
    due_at: datetime


@dataclass(frozen=True)
class Waking:
    """The patient's day: reminders go at `at` and never before `opens` or from `closes` on (local hours)."""

    at: time = time(9)
    opens: int = OPENS
    closes: int = CLOSES

    def __post_init__(self) -> None:
        if not 0 <= self.opens <= self.at.hour < self.closes <= 24:
            raise ValueError(f"Reminders at {self.at} are outside the waking hours {self.opens} to {self.closes}.")

    def holds(self, moment: datetime, zone: str) -> bool:
        return self.opens <= moment.astimezone(ZoneInfo(zone)).hour < self.closes

    def next_after(self, moment: datetime, zone: str) -> datetime:
        """`moment` itself in waking hours; else the first instant after it at which reminders go (`at`, local)."""
        if self.holds(moment, zone):
            return moment
        local = moment.astimezone(ZoneInfo(zone))
        for days in range(4):
            candidate = self.on(local.date() + timedelta(days=days), zone)
            if candidate > moment:
                return candidate
        raise ValueError(f"No waking hour within four days of {moment} in {zone}.")

    def on(self, day: date, zone: str) -> datetime:
        """The instant at which a reminder meant for the local date `day` goes; if deleted, the next waking one."""
        found = instant(datetime.combine(day, self.at), zone)
        if self.holds(found, zone):
            return found
        return instant(datetime.combine(found.astimezone(ZoneInfo(zone)).date(), self.at), zone)


def fill_date(recorded_at: datetime, zone: str) -> date:
    """The patient's own date at an instant: a dispense belongs to the local civil date."""
    return recorded_at.astimezone(ZoneInfo(zone)).date()


def tomorrow(now: datetime, zone: str, *, waking: Waking | None = None) -> Moment:
    """The reminder that a patient put off until the next day, their date."""
    day = fill_date(now, zone) + timedelta(days=1)
    return Moment(SNOOZE, day, (waking or Waking()).on(day, zone))


def instant(local: datetime, zone: str) -> datetime:
    """The UTC instant of a wall-clock time: a time that is skipped gives the first valid instant after the gap, a time
    that comes twice gives the first."""
    place = ZoneInfo(zone)
    first = local.replace(tzinfo=place, fold=0).astimezone(UTC)
    if first.astimezone(place).replace(tzinfo=None) == local:
        return first
    return end_of_gap(local, place)


def end_of_gap(local: datetime, place: ZoneInfo) -> datetime:
    """The instant at which the clocks jumped over `local`, found by halving the time between its two readings."""
    low = local.replace(tzinfo=place, fold=1).astimezone(UTC)
    high = local.replace(tzinfo=place, fold=0).astimezone(UTC)
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(place).replace(tzinfo=None) < local:
            low = middle
        else:
            high = middle
    return high
