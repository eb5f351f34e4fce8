"""By which day to ask for a refill and to pick it up, when the pharmacy is closed at weekends and on holidays.

Pure: standard library only.
"""

from collections.abc import Collection
from datetime import date, timedelta

SATURDAY = 5
LONGEST_CLOSURE = 60


def is_open(day: date, holidays: Collection[date]) -> bool:
    """Is it a business day?"""
    return day.weekday() < SATURDAY and day not in holidays


def pickup_by(run_out_on: date, holidays: Collection[date] = ()) -> date:
    """The run-out day itself, or the last business day before it."""
    return _back(run_out_on, 0, holidays)


def request_by(picked_up_by: date, lead: int, holidays: Collection[date] = ()) -> date:
    """So many business days before it is picked up."""
    return _back(picked_up_by, lead, holidays)


def _back(day: date, count: int, holidays: Collection[date]) -> date:
    """The business day `count` business days before `day`; with 0, `day` or the business day before it."""
    for _ in range(count * 7 + LONGEST_CLOSURE):
        if is_open(day, holidays):
            if count == 0:
                return day
            count -= 1
        day -= timedelta(days=1)
    raise ValueError("No business day: check the holidays.")
