"""Stretches, gaps and run-out of fills."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise


@dataclass(frozen=True)
class Fill:
    """One dispense: the local date it was handed out, and the days it lasts as directed."""

    on: date
    days_supply: int
    quantity: Decimal | None = None

    def __post_init__(self) -> None:
        if self.days_supply < 0:
            raise ValueError(f"A fill cannot last {self.days_supply} days.")


@dataclass(frozen=True)
class Stretch:
    """The days that one fill covers: `starts_on` is the first, `runs_out_on` the first day no longer covered."""

    starts_on: date
    runs_out_on: date


def days_supply(quantity: Decimal, units_per_day: Decimal | Fraction) -> int:
    """Whole days that `quantity` lasts; a partial day is not covered. Exact: no floats. ValueError for no daily use."""
    if units_per_day <= 0:
        raise ValueError("Days' supply needs a daily use above zero.")
    return int(Fraction(quantity) / Fraction(units_per_day))


def stretches(fills: Iterable[Fill]) -> list[Stretch]:
    """The days each fill covers, in order of date; what is left of one fill is used up before the next is begun."""
    found: list[Stretch] = []
    for fill in sorted(fills, key=lambda fill: fill.on):
        starts_on = max(fill.on, found[-1].runs_out_on) if found else fill.on
        found.append(Stretch(starts_on, starts_on + timedelta(days=fill.days_supply)))
    return found


def run_out(fills: Sequence[Fill]) -> date | None:
    """The first day without medicine, stock carried over; None when nothing was ever dispensed."""
    covered = stretches(fills)
    return covered[-1].runs_out_on if covered else None


def gaps(fills: Sequence[Fill]) -> list[Stretch]:
    """The stretches without medicine between fills: first day without, and the day it began again."""
    covered = stretches(fills)
    neighbours = pairwise(covered)
    return [Stretch(one.runs_out_on, two.starts_on) for one, two in neighbours if one.runs_out_on < two.starts_on]
