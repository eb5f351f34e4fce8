"""Days and instants as FHIR writes them, whole or in part: 2020, 2020-03, 2020-03-04 or an instant.

Pure. Days are counted where the patient lives.
"""

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any

ONE_DAY = timedelta(days=1)
PARTIAL = re.compile(r"(\d{4})(?:-(\d{2}))?", re.ASCII)
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
DAYS_IN = {"d": 1, "wk": 7}
MONTHS_IN = {"mo": 1, "a": 12}
UNIT_WORDS = {"minute": "min", "hour": "h", "day": "d", "week": "wk", "month": "mo", "year": "a"}
MINUTES_IN = {"s": 0, "min": 1, "h": 60}


class Unreadable(ValueError):
    """A resource that says too little, or nonsense; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class When:
    """The days that a FHIR dateTime can mean, from the first to the last of them, and the instant it stands for."""

    first: date
    last: date
    at: datetime
    said: str

    @property
    def is_partial(self) -> bool:
        """Whether only a month or a year is known."""
        return PARTIAL.fullmatch(self.said) is not None

    @property
    def after(self) -> date:
        """The day after its last."""
        return self.last + ONE_DAY


def when(text: Any, zone: tzinfo) -> When | None:
    """What a dateTime means; None where there is none. One that cannot be read raises Unreadable."""
    if not isinstance(text, str) or not text.strip():
        return None
    text = text.strip()
    try:
        partial = PARTIAL.fullmatch(text)
        if partial:
            year, month = int(partial[1]), partial[2]
            first = date(year, int(month or 1), 1)
            last = date(year, int(month or 12), monthrange(year, int(month or 12))[1])
            return When(first, last, noon(first), text)
        if DAY.fullmatch(text):
            day = date.fromisoformat(text)
            return When(day, day, noon(day), text)
        at = datetime.fromisoformat(text)
        at = (at if at.tzinfo else at.replace(tzinfo=zone)).astimezone(UTC)
        day = at.astimezone(zone).date()
    except (ValueError, OverflowError) as wrong:
        raise Unreadable("a date in it cannot be read") from wrong
    return When(day, day, at, text)


def noon(day: date) -> datetime:
    return datetime.combine(day, time(12), tzinfo=UTC)


def later(day: date, number: int, unit: str) -> date | None:
    """The first day that is so many hours, days, weeks, months or years later; None for another unit."""
    unit = UNIT_WORDS.get(unit.lower().removesuffix("s"), unit)
    if unit in MINUTES_IN:
        return day + timedelta(days=max(1, -(-number * MINUTES_IN[unit] // (24 * 60))))
    if unit in DAYS_IN:
        return day + timedelta(days=number * DAYS_IN[unit])
    if unit not in MONTHS_IN:
        return None
    months = day.month - 1 + number * MONTHS_IN[unit]
    year, month = day.year + months // 12, months % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
