"""How long a supply lasts when it is used as planned: titrations, tapers, holds, days away, pill counts.

Pure: standard library only, exact fractions, the days passed in. Each fill is used up before the next is begun; what
is too little for a whole dose covers nothing (clinical/refill_rules.md, section 2). Nothing lasts beyond LAST_DAY.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor

from refills.bounds import LAST_DAY

Number = Decimal | Fraction | int


@dataclass(frozen=True, slots=True)
class Use:
    """From `since` on, `units` each time and again after `every` days; zero units is a pause (hold).

    Where the days of the week differ, `week` says the units of each, Monday first, and `units` is their mean.
    """

    since: date
    units: Fraction
    every: Fraction = Fraction(1)
    week: tuple[Fraction, ...] = ()

    def __post_init__(self) -> None:
        if self.units < 0 or self.every <= 0:
            raise ValueError(f"{self.units} units every {self.every} days cannot be taken.")
        if self.week and (len(self.week) != 7 or min(self.week) < 0 or sum(self.week) != 7 * self.units):
            raise ValueError("A week has seven days, whose mean is the units a day.")

    def on(self, first: date, until: date) -> Fraction:
        """Units for the days of a week that differ, from `first` to the day before `until`."""
        weeks, rest = divmod((until - first).days, 7)
        days = [self.week[(first.weekday() + day) % 7] for day in range(rest)]
        return 7 * weeks * self.units + sum(days, Fraction(0))


@dataclass(frozen=True, slots=True)
class Away:
    """Days, both included, on which the patient's own supply is not used: an inpatient stay."""

    first: date
    last: date


@dataclass(frozen=True)
class Plan:
    """How much is to be used when. `ends_on` is the first day on which, as planned, nothing is taken any more."""

    uses: tuple[Use, ...]
    ends_on: date | None = None
    away: tuple[Away, ...] = ()

    def on(self, day: date) -> Use | None:
        """What holds on the day; None before the first use, and from the planned end on."""
        if self.ends_on is not None and day >= self.ends_on:
            return None
        begun = [use for use in self.uses if use.since <= day]
        return max(begun, key=lambda use: use.since) if begun else None

    def is_paused(self, day: date) -> bool:
        """Is nothing taken from the patient's own supply on this day?"""
        use = self.on(day)
        return use is None or use.units == 0 or any(stay.first <= day <= stay.last for stay in self.away)


@dataclass(frozen=True, slots=True)
class Span:
    """Days on which nothing changes: from `first` until the day before `until` (None: for good)."""

    first: date
    until: date | None
    use: Use | None
    paused: bool


@dataclass(frozen=True, slots=True)
class Lasting:
    """One supply in use: `run_out_on` is the first day without medicine (None: it never runs out, as on hold);
    `as_planned` when it lasts to the planned end."""

    starts_on: date
    run_out_on: date | None
    leftover: Fraction
    as_planned: bool = False

    @property
    def days(self) -> int | None:
        """Days from beginning to run-out."""
        return None if self.run_out_on is None else (self.run_out_on - self.starts_on).days


@dataclass(frozen=True)
class Batch:
    """Units that came into the patient's hands on a day, with the plan they are used by."""

    on: date
    units: Fraction
    plan: Plan = field(default_factory=lambda: Plan(()))


def steady(units_per_day: Number, since: date) -> Plan:
    """The same use every day, with no end."""
    return Plan((Use(since, Fraction(units_per_day)),))


def stepped(start: date, steps: Sequence[tuple[int | None, Number]]) -> Plan:
    """A titration or taper: (days, units a day) one after the other; the last may have no end (None)."""
    uses, day = [], start
    for position, (days, units) in enumerate(steps):
        uses.append(Use(day, Fraction(units)))
        if days is None:
            if position + 1 < len(steps):
                raise ValueError("Only the last step may be without an end.")
            return Plan(tuple(uses))
        day += timedelta(days=days)
    return Plan(tuple(uses), ends_on=day)


def spans(plan: Plan, start: date) -> Iterator[Span]:
    """The days from `start` on, cut wherever something changes; the last span has no end."""
    cuts = {use.since for use in plan.uses} | {stay.first for stay in plan.away}
    cuts |= {stay.last + timedelta(days=1) for stay in plan.away}
    cuts |= {plan.ends_on} if plan.ends_on else set()
    days = [start, *sorted(day for day in cuts if day > start)]
    for first, until in pairwise([*days, None]):
        assert first is not None
        yield Span(first, until, plan.on(first), plan.is_paused(first))


def lasts(units: Number, start: date, plan: Plan) -> Lasting:
    """How long these units last from `start` on. Days on hold or away use nothing; part of a dose covers nothing."""
    stock, served, latest = Fraction(units), Fraction(start.toordinal()), None
    for span in spans(plan, start):
        begin = Fraction(span.first.toordinal())
        if plan.ends_on is not None and span.first >= plan.ends_on:
            return Lasting(start, span.first, stock, as_planned=True)
        if span.paused or span.use is None:
            if span.until is None:
                return Lasting(start, None, stock)
            served = _postponed(served, span)
            continue
        if span.use.week:
            day = _covers(span.use, span.first, span.until, stock)
            stock -= span.use.on(span.first, day)
            if span.until is None or day < span.until:
                return Lasting(start, day, stock)
            continue
        served = max(served, begin) if latest == span.use else begin
        latest = span.use
        enough = stock // span.use.units
        wanted = _doses(span.use, served, span.until)
        if wanted is None or enough < wanted:
            end = floor(served + enough * span.use.every)
            last = date.fromordinal(min(end, LAST_DAY.toordinal()))
            return Lasting(start, last, stock - enough * span.use.units)
        stock -= wanted * span.use.units
        served += wanted * span.use.every
    raise AssertionError("the last span has no end")


def _covers(use: Use, first: date, until: date | None, units: Fraction) -> date:
    """The first day of a week that differs by its days for which the units are too few; `until` if they are enough."""
    weeks = min(int(units // (7 * use.units)), (LAST_DAY - first).days // 7)
    day = first + timedelta(days=7 * weeks)
    left = units - use.on(first, day)
    while left >= use.week[day.weekday()] and day < LAST_DAY:
        left -= use.week[day.weekday()]
        day += timedelta(days=1)
    return day if until is None else min(day, until)


def _doses(use: Use, served: Fraction, until: date | None) -> int | None:
    """Doses still to be taken before `until`, when what was taken lasts up to `served`; None without an end."""
    return None if until is None else max(0, ceil((until.toordinal() - served) / use.every))


def _postponed(served: Fraction, span: Span) -> Fraction:
    """A dose that still lasts when a pause begins lasts as much longer as the pause."""
    if span.until is None or served <= span.first.toordinal():
        return served
    return served + (span.until - span.first).days


def needed(plan: Plan, first: date, until: date) -> Fraction:
    """Units that the plan uses from `first` to the day before `until`."""
    total, served, latest = Fraction(0), Fraction(first.toordinal()), None
    for span in spans(plan, first):
        if span.first >= until:
            break
        if span.paused or span.use is None:
            served = _postponed(served, span)
            continue
        if span.use.week:
            total += span.use.on(span.first, min(span.until or until, until))
            continue
        begin = Fraction(span.first.toordinal())
        served = max(served, begin) if latest == span.use else begin
        latest = span.use
        doses = _doses(span.use, served, min(span.until or until, until))
        total += (doses or 0) * span.use.units
        served += (doses or 0) * span.use.every
    return total


def shortfall(units: Number, start: date, plan: Plan) -> Fraction:
    """Units missing for a plan that ends; zero when they are enough, or when the plan has no end."""
    if plan.ends_on is None or plan.ends_on <= start:
        return Fraction(0)
    return max(Fraction(0), needed(plan, start, plan.ends_on) - Fraction(units))


def left_on(units: Number, start: date, plan: Plan, day: date) -> Fraction:
    """Units that should be left before that day's dose, all taken as planned."""
    return max(Fraction(0), Fraction(units) - needed(plan, start, max(start, day)))


def missed_doses(expected: Number, counted: Number, use: Use) -> int:
    """Doses that a pill count suggests were missed; more taken than planned counts as none missed."""
    return max(0, floor((Fraction(counted) - Fraction(expected)) / use.units)) if use.units else 0


def follow(batches: Iterable[Batch]) -> list[Lasting]:
    """Every batch in order of its day, each begun on its day or when the one before has run out.

    After one that never runs out (a hold with no resumption planned) the others wait as well.
    """
    found: list[Lasting] = []
    for batch in sorted(batches, key=lambda batch: batch.on):
        before = found[-1] if found else None
        if before is not None and before.run_out_on is None:
            found.append(Lasting(max(batch.on, before.starts_on), None, batch.units))
            continue
        start = max(batch.on, before.run_out_on) if before and before.run_out_on else batch.on
        found.append(lasts(batch.units, start, batch.plan))
    return found


def counted(batches: Iterable[Batch], on: date, units: Number, plan: Plan) -> list[Batch]:
    """The batches after a pill count taken before that day's dose: what was there before is what was counted."""
    return [Batch(on, Fraction(units), plan), *(batch for batch in batches if batch.on >= on)]
