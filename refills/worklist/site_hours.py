"""When the site works: its weekly hours, holidays and own closed days, in its own time zone.

Pure: standard library and the holidays library. Elapsed time is counted in UTC, so that a night on which the clocks are
changed is neither longer nor shorter than it is.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays

from refills import tables

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
OPEN, CLOSED, HOLIDAYS, MORNING = "open", "closed", "holidays", "morning"
LONGEST_CLOSURE = 60
"""After so many days without an open hour somebody has mistyped the table."""


class BadHours(ValueError):
    """A row that cannot be read, or a site that is never open; says which."""


@dataclass(frozen=True)
class Hours:
    """The hours of one site. `on` holds weekly hours by weekday and those of single dates, which come first."""

    zone: ZoneInfo
    weekly: Mapping[int, tuple[time, time]]
    on: Mapping[date, tuple[time, time] | None] = field(default_factory=dict)
    calendars: tuple[str, ...] = ()
    morning: time = time(8)

    def __post_init__(self) -> None:
        if not self.weekly:
            raise BadHours("The site has no open day in the week.")

    def of_day(self, day: date) -> tuple[datetime, datetime] | None:
        """Opening and closing time of a local day, aware; None on a day off."""
        if day in self.on:
            hours = self.on[day]
        else:
            hours = None if is_holiday(day, self.calendars) else self.weekly.get(day.weekday())
        if hours is None:
            return None
        opens, closes = (datetime.combine(day, at, self.zone).astimezone(UTC) for at in hours)
        return (opens, closes) if opens < closes else None

    def is_open(self, moment: datetime) -> bool:
        hours = self.of_day(moment.astimezone(self.zone).date())
        return hours is not None and hours[0] <= moment < hours[1]

    def after(self, moment: datetime, worked: timedelta) -> datetime:
        """The instant at which the site has been open for so long since `moment`; with none, `moment` if it is open,
        else the next opening. BadHours where the site does not open again within two months."""
        left = worked
        for opens, closes in self._stretches(moment):
            if left <= closes - opens:
                return opens + left
            left -= closes - opens
        raise BadHours("The site does not open again: check its hours and closed days.")

    def between(self, since: datetime, until: datetime) -> timedelta:
        """How long the site is open between two instants; nothing where the second is not later."""
        total = timedelta()
        for opens, closes in self._stretches(since, until):
            total += max(min(closes, until) - opens, timedelta())
        return total

    def morning_of(self, day: date) -> datetime | None:
        """When that day's notice is due; None on a day off."""
        return None if self.of_day(day) is None else datetime.combine(day, self.morning, self.zone).astimezone(UTC)

    def _stretches(self, since: datetime, until: datetime | None = None) -> Iterator[tuple[datetime, datetime]]:
        """The open stretches from an instant on; it ends after a closure that is too long to be meant."""
        day, closed = since.astimezone(self.zone).date(), 0
        while closed <= LONGEST_CLOSURE and (until is None or datetime.combine(day, time(), self.zone) < until):
            hours = self.of_day(day)
            closed += 1
            if hours is not None and hours[1] > since:
                yield max(hours[0], since), hours[1]
                closed = 0
            day += timedelta(days=1)


@lru_cache(maxsize=4096)
def is_holiday(day: date, calendars: tuple[str, ...]) -> bool:
    """Is it a holiday by any of these calendars: "US" for the federal ones, "US-NY" for a state's as well?"""
    return any(day in calendar(name, day.year) for name in calendars)


@lru_cache(maxsize=64)
def calendar(name: str, year: int) -> frozenset[date]:
    """The holidays of one calendar in one year."""
    country, _dash, state = name.partition("-")
    try:
        return frozenset(holidays.country_holidays(country, subdiv=state or None, years=[year]))
    except NotImplementedError as unknown:
        raise BadHours(f"There is no calendar of holidays called {name}.") from unknown


def load(zone: str, paths: Iterable[Path]) -> Hours:
    """The hours of the tables, a later table's row in place of an earlier one's of the same day or weekday."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for path in paths:
        for line, row in tables.read(path):
            if row.get("what") not in (OPEN, CLOSED, HOLIDAYS, MORNING) or not row.get("key"):
                raise BadHours(f"{path.name} line {line}: “{row.get('what')}” is nothing that a site has.")
            rows[row["what"], row["key"].strip()] = row
    try:
        return _hours(ZoneInfo(zone), rows)
    except (KeyError, ValueError) as wrong:
        raise BadHours(f"The site's hours cannot be read: {wrong}") from wrong


def _hours(zone: ZoneInfo, rows: Mapping[tuple[str, str], Mapping[str, str]]) -> Hours:
    weekly: dict[int, tuple[time, time]] = {}
    on: dict[date, tuple[time, time] | None] = {}
    for (what, key), row in rows.items():
        span = _span(row) if what == OPEN else None
        if what == CLOSED:
            on[date.fromisoformat(key)] = None
        elif what == OPEN and key not in WEEKDAYS:
            on[date.fromisoformat(key)] = span
        elif span is not None:
            weekly[WEEKDAYS.index(key)] = span
    calendars = tuple(sorted(key for what, key in rows if what == HOLIDAYS))
    for name in calendars:
        calendar(name, 2026)
    mornings = [time.fromisoformat(row["opens"]) for (what, _key), row in rows.items() if what == MORNING]
    return Hours(zone, weekly, on, calendars, mornings[0] if mornings else time(8))


def _span(row: Mapping[str, str]) -> tuple[time, time] | None:
    """From when until when; None where the row says that the day is off."""
    if not row["opens"]:
        return None
    opens, closes = time.fromisoformat(row["opens"]), time.fromisoformat(row["closes"])
    if opens >= closes:
        raise ValueError(f"{row['key']} closes before it opens")
    return opens, closes
