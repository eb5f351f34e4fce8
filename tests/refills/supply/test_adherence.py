"""How long a supply lasts and how much of the time it was there: first and last days, nothing, parts of a dose."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest

from refills.supply import adherence, lasting
from refills.supply.adherence import NotScored, Share
from refills.supply.fills import Fill
from refills.supply.lasting import Away, Batch, Lasting, Plan, Use

START = date(2026, 3, 2)
YEAR = date(2026, 1, 1), date(2026, 12, 31)


def day(number: int) -> date:
    return START + timedelta(days=number)


def use(since: int, units: int | str, every: int | str = 1) -> Use:
    return Use(day(since), Fraction(units), Fraction(every))


# -- plans ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("units", "every"), [("-1/4", 1), (1, 0), (1, -1)])
def test_less_than_nothing_or_all_at_once_cannot_be_taken(units: int | str, every: int) -> None:
    with pytest.raises(ValueError, match="cannot be taken"):
        use(0, units, every)


def test_a_plan_holds_from_its_first_day_to_the_day_before_its_end() -> None:
    plan = Plan((use(10, 2), use(0, 1)), ends_on=day(20))
    assert [plan.on(day(on)) for on in (-1, 0, 9, 10, 19, 20)] == [
        None,
        use(0, 1),
        use(0, 1),
        use(10, 2),
        use(10, 2),
        None,
    ]


def test_nothing_is_taken_from_the_own_supply_on_hold_away_before_the_start_and_after_the_end() -> None:
    plan = Plan((use(0, 1), use(10, 0), use(12, 1)), ends_on=day(30), away=(Away(day(20), day(21)),))
    paused = [on for on in range(-1, 32) if plan.is_paused(day(on))]
    assert paused == [-1, 10, 11, 20, 21, 30, 31]


def test_a_taper_is_laid_step_after_step_and_only_its_last_may_be_open() -> None:
    assert lasting.stepped(START, [(7, 2), (7, 1)]) == Plan((use(0, 2), use(7, 1)), ends_on=day(14))
    assert lasting.stepped(START, [(7, 2), (None, 1)]) == Plan((use(0, 2), use(7, 1)))
    with pytest.raises(ValueError, match="Only the last step"):
        lasting.stepped(START, [(None, 2), (7, 1)])


# -- how long it lasts ------------------------------------------------------------------------------------------------
def test_what_is_too_little_for_a_dose_covers_nothing_and_is_left() -> None:
    assert lasting.lasts(Fraction(7, 2), START, lasting.steady(2, START)) == Lasting(START, day(1), Fraction(3, 2))
    assert lasting.lasts(0, START, lasting.steady(1, START)) == Lasting(START, START, Fraction(0))
    assert lasting.lasts(2, START, lasting.steady(2, START)).days == 1


def test_a_supply_with_no_plan_never_runs_out() -> None:
    never = lasting.lasts(30, START, Plan(()))
    assert never == Lasting(START, None, Fraction(30))
    assert never.days is None


def test_on_the_last_planned_day_the_end_is_the_run_out() -> None:
    plan = Plan((use(0, 1),), ends_on=day(10))
    assert lasting.lasts(10, START, plan) == Lasting(START, day(10), Fraction(0), as_planned=True)
    assert lasting.lasts(9, START, plan) == Lasting(START, day(9), Fraction(0))
    assert lasting.lasts(9, day(10), plan) == Lasting(day(10), day(10), Fraction(9), as_planned=True)


def test_a_new_dose_begins_on_its_day_though_the_one_before_still_lasts() -> None:
    plan = Plan((use(0, 1, 7), use(10, 1)))
    assert lasting.lasts(4, START, plan) == Lasting(START, day(12), Fraction(0))
    assert lasting.needed(plan, START, day(12)) == 4


def test_a_weekly_dose_goes_on_in_its_rhythm_over_a_stay() -> None:
    plan = Plan((use(0, 1, 7),), away=(Away(day(3), day(4)),))
    assert [lasting.needed(plan, START, day(until)) for until in (0, 1, 9, 10, 16, 17)] == [0, 1, 1, 2, 2, 3]
    late = Plan((use(0, 1, 7),), away=(Away(day(7), day(8)),))
    assert [lasting.needed(late, START, day(until)) for until in (9, 10, 16, 17)] == [1, 2, 2, 3]


def test_a_patch_of_three_and_a_half_days_is_counted_exactly() -> None:
    plan = Plan((use(0, 1, "7/2"),))
    assert lasting.lasts(8, START, plan).days == 28
    assert lasting.lasts(1, START, plan).days == 3
    assert [lasting.needed(plan, START, day(until)) for until in (3, 4, 7, 8)] == [1, 2, 2, 3]


def test_units_needed_over_steps_holds_and_the_end() -> None:
    plan = Plan((use(0, 2), use(5, 0), use(8, 1)), ends_on=day(10))
    assert [lasting.needed(plan, START, day(until)) for until in (0, 4, 5, 8, 9, 10, 99)] == [0, 8, 10, 10, 11, 12, 12]
    assert lasting.needed(plan, day(4), day(9)) == 3


def test_what_is_missing_for_a_taper_is_told_and_never_less_than_nothing() -> None:
    plan = Plan((use(0, 2),), ends_on=day(10))
    assert [lasting.shortfall(units, START, plan) for units in (0, 19, 20, 21)] == [20, 1, 0, 0]
    assert lasting.shortfall(0, day(9), plan) == 2
    assert lasting.shortfall(0, day(10), plan) == 0
    assert lasting.shortfall(0, START, lasting.steady(2, START)) == 0


def test_what_should_be_left_before_the_dose_of_a_day() -> None:
    plan = lasting.steady(2, START)
    assert [lasting.left_on(30, START, plan, day(on)) for on in (-1, 0, 1, 14, 15, 16)] == [30, 30, 28, 2, 0, 0]


@pytest.mark.parametrize(
    ("expected", "counted", "missed"), [(10, 10, 0), (10, 11, 0), (10, 12, 1), (10, 15, 2), (10, 4, 0)]
)
def test_a_pill_count_tells_whole_doses_missed_and_none_where_more_was_taken(
    expected: int, counted: int, missed: int
) -> None:
    assert lasting.missed_doses(expected, counted, use(0, 2)) == missed
    assert lasting.missed_doses(expected, counted, use(0, 0)) == 0


def test_each_fill_begins_on_its_day_or_when_the_one_before_has_run_out() -> None:
    plan = lasting.steady(1, START)
    batches = [Batch(day(40), Fraction(10), plan), Batch(START, Fraction(30), plan), Batch(day(20), Fraction(5), plan)]
    assert [(one.starts_on, one.run_out_on) for one in lasting.follow(batches)] == [
        (START, day(30)),
        (day(30), day(35)),
        (day(40), day(50)),
    ]
    assert lasting.follow([]) == []


def test_behind_a_supply_that_never_runs_out_the_others_wait() -> None:
    hold, daily = Plan((use(0, 0),)), lasting.steady(1, START)
    found = lasting.follow([Batch(START, Fraction(30), hold), Batch(day(5), Fraction(7), daily)])
    assert found == [Lasting(START, None, Fraction(30)), Lasting(day(5), None, Fraction(7))]


def test_a_fill_of_the_day_of_a_count_comes_on_top_and_one_of_the_day_before_is_in_it() -> None:
    plan = lasting.steady(1, START)
    before, same = Batch(day(9), Fraction(30), plan), Batch(day(10), Fraction(30), plan)
    assert lasting.counted([before, same], day(10), 4, plan) == [Batch(day(10), Fraction(4), plan), same]


# -- how much of the time ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("days", "of"), [(-1, 10), (11, 10), (0, 0)])
def test_a_share_below_nothing_above_everything_or_of_no_day_is_refused(days: int, of: int) -> None:
    with pytest.raises(ValueError, match="is no share"):
        Share(days, of)


def test_just_four_fifths_is_adherent_and_a_day_less_is_not_though_it_rounds_to_it() -> None:
    assert Share(80, 100).adherent
    assert not Share(1599, 2000).adherent
    assert Share(1599, 2000).percent == Decimal("80.0")
    assert not Share(80, 100, Fraction(90)).adherent
    assert (Share(0, 1).percent, Share(1, 1).percent, Share(1, 8).percent) == (0, 100, Decimal("12.5"))


def test_days_outside_the_period_and_days_counted_before_are_dropped() -> None:
    stretches = [(day(-5), day(2)), (day(1), day(4)), (day(3), day(4)), (day(9), day(20)), (day(30), day(40))]
    assert adherence.union_days(stretches, START, day(9)) == 5
    assert adherence.union_days([(day(-5), START)], START, day(9)) == 0
    assert adherence.union_days([(day(10), day(12))], START, day(9)) == 0
    assert adherence.union_days([], START, day(9)) == 0


def test_possession_counts_fills_of_the_first_and_the_last_day_and_no_others() -> None:
    last = day(29)
    assert adherence.mpr([Fill(day(-1), 10), Fill(day(30), 10)], START, last) == Share(0, 30)
    assert adherence.mpr([Fill(START, 10)], START, last) == Share(10, 30)
    assert adherence.mpr([Fill(last, 10)], START, last) == Share(1, 30)
    assert adherence.mpr([Fill(day(20), 10), Fill(START, 5)], START, last) == Share(15, 30)
    assert adherence.mpr([Fill(day(20), 11), Fill(START, 5)], START, last) == Share(15, 30)
    assert adherence.mpr([Fill(START, 25), Fill(day(20), 9)], START, last, threshold=Fraction(90)) == (
        Share(30, 30, Fraction(90))
    )


def test_the_first_fill_counts_just_ninety_one_days_before_the_end_and_a_day_later_does_not() -> None:
    first, last = YEAR
    for index, scored in ((last - timedelta(days=91), True), (last - timedelta(days=90), False)):
        found = adherence.measured({"it": [Fill(index, 30), Fill(index + timedelta(days=30), 30)]}, first, last)
        assert (found == Share(60, 92)) is scored
        assert (found == NotScored.LATE_INDEX) is not scored


def test_fills_of_the_first_and_last_day_of_the_year_count_and_those_outside_do_not() -> None:
    first, last = YEAR
    outside = [Fill(first - timedelta(days=1), 30), Fill(last + timedelta(days=1), 30)]
    assert adherence.measured({"it": outside}, first, last) == NotScored.FEW_FILLS
    assert adherence.measured({"it": [Fill(first, 30)], "that": [Fill(last, 30)]}, first, last) == Share(31, 365)
    assert adherence.measured({"it": [*outside, Fill(first, 30)]}, first, last) == NotScored.FEW_FILLS
    one = adherence.measured({"it": [Fill(first, 30)]}, first, last, fewest_fills=1, threshold=Fraction(90))
    assert one == Share(30, 365, Fraction(90))


def test_days_without_medicine_are_counted_from_the_first_fill_to_the_last_day() -> None:
    fills = [Fill(START, 10), Fill(day(15), 10)]
    assert adherence.gap_days(fills, day(-30), day(24)) == 5
    assert adherence.gap_days(fills, day(-30), day(25)) == 6
    assert adherence.gap_days(fills, day(12), day(24)) == 3
    assert adherence.gap_days([Fill(START, 1)], day(-3), START) == 0
    assert adherence.gap_days([Fill(START, 0)], day(-3), START) == 1
    assert adherence.gap_days([Fill(day(1), 10)], day(-3), START) == 0
    assert adherence.gap_days([], START, day(9)) == 0


@pytest.mark.parametrize(("gap", "on_time"), [(22, 0), (23, 1), (30, 1), (32, 1), (33, 0)])
def test_an_injection_is_on_time_on_both_ends_of_its_window(gap: int, on_time: int) -> None:
    assert adherence.on_time([day(gap), START], 30, 7, 2) == (on_time, 1)
    assert adherence.on_time([], 30, 7, 2) is None
