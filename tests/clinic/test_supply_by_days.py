"""A supply runs out on the day that a simulation day by day says, whatever parts the order has."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medmgmt.record.dosing import TIMINGS, WEEKDAYS, Part, Sig
from medmgmt.supply import stock
from refills.supply import lasting
from refills.supply.lasting import Plan, Use
from tests.record.day_by_day import amount_on

MONDAY = date(2026, 3, 2)
DAILY = [code for code, timing in TIMINGS.items() if timing.days == 1 and code not in ("PRN", "UNK")]
TABLETS = st.sampled_from([Decimal("0.5"), Decimal(1), Decimal("1.5"), Decimal(2)])
named = st.sets(st.sampled_from(WEEKDAYS), max_size=6).map(lambda days: tuple(d for d in WEEKDAYS if d in days))
parts = st.builds(
    lambda amount, timing, weekdays: Part(amount, "{tablet}", timing, weekdays=weekdays),
    TABLETS, st.sampled_from(DAILY), named,
)  # fmt: skip
by_days = st.lists(parts, min_size=1, max_size=3, unique_by=lambda one: one.timing).map(lambda of: Sig("PO", tuple(of)))
rhythms = st.builds(
    lambda amount, timing: Sig.of(amount, "{tablet}", "PO", timing, every_days=5 if timing == "every_n_days" else None),
    TABLETS, st.sampled_from(["every_other_day", "weekly", "every_n_days"]),
)  # fmt: skip
TWO_PARTS = Sig("PO", (Part(Decimal(300), "mg", "morning"), Part(Decimal(600), "mg", "bedtime")))
starts = st.integers(0, 13).map(lambda number: MONDAY + timedelta(days=number))


def simulated(sig: Sig, tablets: int, start: date) -> date:
    """The first day whose tablets are no longer all there."""
    left, day = Decimal(tablets), start
    while left >= amount_on(sig, day, start):
        left -= amount_on(sig, day, start)
        day += timedelta(days=1)
    return day


@given(by_days | rhythms, st.integers(0, 90), starts)
def test_a_supply_runs_out_on_the_day_that_counting_says(sig: Sig, tablets: int, start: date) -> None:
    use = stock.use_of(start, sig, "", "{tablet}")
    assert use is not None
    assert lasting.lasts(tablets, start, Plan((use,))).run_out_on == simulated(sig, tablets, start)


@given(by_days, st.integers(0, 90), st.integers(1, 40), starts)
def test_what_is_needed_is_what_the_days_take(sig: Sig, days: int, later: int, start: date) -> None:
    use = stock.use_of(start, sig, "", "{tablet}")
    assert use is not None
    second = Use(start + timedelta(days=later), Fraction(1))
    until = start + timedelta(days=days)
    taken = sum((amount_on(sig, start + timedelta(days=one), start) for one in range(min(days, later))), Decimal(0))
    assert lasting.needed(Plan((use, second)), start, until) == Fraction(taken) + max(0, days - later)


@given(by_days, st.integers(0, 60), st.integers(1, 30), st.integers(1, 20), starts)
def test_a_hold_uses_nothing_of_a_week_that_differs_by_its_days(
    sig: Sig, tablets: int, held: int, long: int, start: date
) -> None:
    use, pause = stock.use_of(start, sig, "", "{tablet}"), start + timedelta(days=held)
    assert use is not None
    again = Use(pause + timedelta(days=long), use.units, week=use.week)
    got = lasting.lasts(tablets, start, Plan((use, Use(pause, Fraction(0)), again))).run_out_on
    left, day = Decimal(tablets), start
    while True:
        wanted = Decimal(0) if pause <= day < again.since else amount_on(sig, day, start)
        if left < wanted:
            break
        left, day = left - wanted, day + timedelta(days=1)
    assert got == day


@pytest.mark.parametrize(
    ("sig", "strength", "unit", "per_day"),
    [
        (TWO_PARTS, "300 mg", "{tablet}", 3),
        (Sig.of(Decimal(1), "{tablet}", "PO", "BID", most=Decimal(2)), "", "{tablet}", 4),
        (Sig.of(Decimal(10), "mg", "PO", "BID"), "2 mg/mL", "mL", 10),
        (Sig.of(Decimal(5), "mL", "PO", "daily"), "10 mg/5 mL", "mL", 5),
        (Sig.of(Decimal(50), "mg", "PO", "Q6H", as_needed=True, max_per_day=Decimal(100)), "25 mg tab", "{tablet}", 4),
    ],
)  # fmt: skip
def test_parts_ranges_and_millilitres_are_used_in_what_is_handed_out(sig, strength, unit, per_day) -> None:
    use = stock.use_of(MONDAY, sig, strength, unit)
    assert use is not None
    assert use.units / use.every == per_day


def test_a_combination_or_a_strength_that_says_nothing_is_not_counted() -> None:
    for strength in ("160/800", "5 mg/325 mg", "", "2 mg/mL"):
        assert stock.use_of(MONDAY, Sig.of(Decimal(10), "mg", "PO", "daily"), strength, "{tablet}") is None


def test_a_week_has_seven_days_whose_mean_is_the_use() -> None:
    for week in ((Fraction(1),) * 6, (Fraction(-1), *(Fraction(1),) * 6), (Fraction(2),) * 7):
        with pytest.raises(ValueError, match="A week has seven days"):
            Use(MONDAY, Fraction(1), week=week)
