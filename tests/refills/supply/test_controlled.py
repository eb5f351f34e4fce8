"""What the law lets be written and handed out, asked on the last day that it holds and on the day after."""

from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest

from refills.supply import controlled, dispensing
from refills.supply import rules as rules_module
from refills.supply.controlled import Handed, Order, Part, Reason, Refusal
from refills.supply.dispensing import Early, EarlyReason, Signal
from refills.supply.rules import BadRule, NoSuchRule, Rule, Rules

START = date(2026, 3, 2)
NOTHING = Rules(())


def day(number: int) -> date:
    return START + timedelta(days=number)


def ruled(**values: int | Fraction) -> Rules:
    """Rules for every drug, each with its name as its source; a lower number is the stricter one."""
    return Rules(
        tuple(Rule("US", "*", name, Fraction(value), "lower", f"law of {name}") for name, value in values.items())
    )


def decided(
    order: Order, before: list[Handed], on: date, rules: Rules, units: int | None = None
) -> controlled.Decision:
    return controlled.decide(order, before, on, rules, {"*"}, units=None if units is None else Fraction(units))


# -- what may be written ----------------------------------------------------------------------------------------------
def refused(refills: int, *parts: Part, **rules: int) -> list[Refusal]:
    return controlled.authorisable(refills, parts, ruled(**rules), {"*"})


def test_as_many_refills_as_the_law_allows_may_be_written_and_one_more_may_not() -> None:
    assert refused(5, Part("a", 30), refills_max=5) == []
    assert refused(6, Part("a", 30), refills_max=5) == [
        Refusal(Reason.TOO_MANY_REFILLS, limit=Fraction(5), source="law of refills_max")
    ]


def test_as_many_days_as_the_law_allows_may_be_written_and_one_more_may_not() -> None:
    assert refused(0, Part("a", 30), days_supply_max=30) == []
    assert refused(0, Part("a", 31), days_supply_max=30) == [
        Refusal(Reason.TOO_MANY_DAYS, limit=Fraction(30), source="law of days_supply_max")
    ]
    assert refused(0, Part("a", 400)) == []


def test_the_days_of_the_new_prescription_are_judged_and_not_those_of_the_one_before() -> None:
    assert refused(0, Part("a", 60), Part("b", 30, day(60)), days_supply_max=30) == []
    assert [one.reason for one in refused(0, Part("a", 30), Part("b", 60, day(30)), days_supply_max=30)] == [
        Reason.TOO_MANY_DAYS
    ]


def test_of_a_series_the_second_needs_its_first_day_and_a_single_one_does_not() -> None:
    assert refused(0, Part("a", 30), series_days_max=90) == []
    assert refused(0, Part("a", 30), Part("b", 30, day(30)), series_days_max=90) == []
    assert refused(0, Part("a", 30), Part("b", 30), series_days_max=90) == [
        Refusal(Reason.NEEDS_FIRST_DAY, source="law of series_days_max")
    ]
    assert refused(0, Part("a", 30), Part("b", 30)) == []


def test_a_series_of_just_the_longest_time_is_allowed_and_a_day_more_is_not() -> None:
    three = [Part("a", 30), Part("b", 30, day(30)), Part("c", 30, day(60))]
    assert controlled.series(three, ruled(series_days_max=90), {"*"}) is None
    too_long = Refusal(Reason.SERIES_TOO_LONG, limit=Fraction(89), source="law of series_days_max")
    assert controlled.series(three, ruled(series_days_max=89), {"*"}) == too_long
    assert controlled.series(three, NOTHING, {"*"}) is None
    assert refused(0, *three, series_days_max=89) == [too_long]


def test_the_prescriptions_of_a_series_begin_each_when_the_one_before_ends() -> None:
    assert controlled.first_days(30, 3, START) == [START, day(30), day(60)]


def test_only_a_drug_that_may_never_be_handed_out_is_for_the_clinic_only() -> None:
    never = controlled.is_for_clinic_only(ruled(dispensed_to_patient_max=0), {"*"})
    assert never == Refusal(Reason.CLINIC_ONLY, source="law of dispensed_to_patient_max")
    assert controlled.is_for_clinic_only(ruled(dispensed_to_patient_max=1), {"*"}) is None
    assert controlled.is_for_clinic_only(NOTHING, {"*"}) is None


# -- the day ----------------------------------------------------------------------------------------------------------
def test_it_is_filled_from_its_first_day_on_and_the_refusal_before_names_day_and_law() -> None:
    rules = ruled(series_days_max=90)
    order = Order(START, 0, earliest_on=day(30))
    assert decided(order, [], day(29), rules).refusals == (
        Refusal(Reason.TOO_EARLY, day=day(30), source="law of series_days_max"),
    )
    assert decided(order, [], day(29), NOTHING).refusals == (Refusal(Reason.TOO_EARLY, day=day(30)),)
    assert decided(order, [], day(30), rules).allowed


def test_nothing_is_filled_before_the_day_it_was_written_whatever_day_stands_on_it() -> None:
    assert decided(Order(START, 0, earliest_on=day(-5)), [], day(-1), NOTHING).refusals[0].day == START
    assert decided(Order(START, 0), [], START, NOTHING).allowed


def test_a_revoked_prescription_is_not_filled_from_that_day_on() -> None:
    order = Order(START, 0, revoked_on=day(3))
    assert decided(order, [], day(2), NOTHING).allowed
    assert decided(order, [], day(3), NOTHING).refusals == (Refusal(Reason.REVOKED, day=day(3)),)


def test_it_is_filled_on_its_last_day_and_not_on_the_next() -> None:
    rules, order = ruled(valid_months=6), Order(date(2026, 8, 31), 0)
    last = date(2027, 2, 28)
    assert decided(order, [], last, rules).allowed
    late = decided(order, [], last + timedelta(days=1), rules)
    assert (late.last_valid_on, late.action) == (last, "new prescription needed")
    assert late.refusals == (Refusal(Reason.EXPIRED, day=last, source="law of valid_months"),)


def test_of_two_limits_the_earlier_is_the_last_day() -> None:
    assert controlled.last_valid_on(START, ruled(valid_months=6, valid_days=30), {"*"}) == day(30)
    assert controlled.last_valid_on(START, ruled(valid_months=1, valid_days=300), {"*"}) == date(2026, 4, 2)
    assert controlled.last_valid_on(START, NOTHING, {"*"}) is None


def test_the_limit_of_partial_fills_counts_only_where_less_than_the_whole_is_or_was_handed_out() -> None:
    rules = ruled(valid_months=12, partial_valid_months=6)
    whole, half = Order(START, 3, Fraction(30)), [Handed(START, Fraction(15))]
    assert decided(whole, [], START, rules).last_valid_on == date(2027, 3, 2)
    assert decided(whole, [Handed(START, Fraction(30))], START, rules, units=30).last_valid_on == date(2027, 3, 2)
    assert decided(whole, [], START, rules, units=29).last_valid_on == date(2026, 9, 2)
    assert decided(whole, half, START, rules).last_valid_on == date(2026, 9, 2)
    assert decided(Order(START, 3), half, START, rules).last_valid_on == date(2027, 3, 2)


@pytest.mark.parametrize(
    ("of", "months", "then"),
    [
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2028, 1, 31), 1, date(2028, 2, 29)),
        (date(2026, 11, 30), 1, date(2026, 12, 30)),
        (date(2026, 12, 15), 1, date(2027, 1, 15)),
        (date(2026, 3, 31), -1, date(2026, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last_of_a_shorter_month(of: date, months: int, then: date) -> None:
    assert controlled.add_months(of, months) == then


# -- how much ---------------------------------------------------------------------------------------------------------
def test_the_last_refill_is_handed_out_and_no_more() -> None:
    order, rules = Order(START, 2), ruled(refills_max=5)
    last = decided(order, [Handed(START)] * 2, day(60), rules)
    assert (last.allowed, last.refills_used, last.refills_allowed, last.remaining) == (True, 1, 2, None)
    assert decided(order, [Handed(START)] * 3, day(90), rules).refusals == (
        Refusal(Reason.REFILLS_USED, limit=Fraction(2), source="law of refills_max"),
    )
    assert decided(order, [Handed(START)] * 3, day(90), NOTHING).refusals[0].source == ""


def test_where_the_schedule_has_no_refills_at_all_the_refusal_says_so() -> None:
    once = [Handed(START)]
    assert decided(Order(START, 0), once, day(30), ruled(refills_max=0)).refusals[0].reason == Reason.NO_REFILLS
    assert decided(Order(START, 0), once, day(30), ruled(refills_max=1)).refusals[0].reason == Reason.REFILLS_USED


def test_where_nobody_says_a_number_refills_are_not_counted() -> None:
    found = decided(Order(START, quantity=Fraction(30)), [Handed(START, Fraction(30))] * 9, day(30), NOTHING)
    assert (found.allowed, found.refills_allowed, found.remaining, found.refills_used) == (True, None, None, 8)


def test_what_remains_is_counted_in_units_over_all_refills() -> None:
    order = Order(START, 1, Fraction(30))
    found = decided(order, [Handed(START, Fraction(20))], day(1), NOTHING, units=40)
    assert (found.allowed, found.remaining, found.refills_used) == (True, 40, 0)
    assert decided(order, [Handed(START, Fraction(20))], day(1), NOTHING, units=41).refusals == (
        Refusal(Reason.MORE_THAN_PRESCRIBED, limit=Fraction(40)),
    )
    assert decided(order, [], START, NOTHING).refills_used == 0
    assert decided(order, [Handed(START, Fraction(31))], day(1), NOTHING).refills_used == 1


def test_the_rest_of_a_partial_fill_comes_by_its_last_day_and_not_after() -> None:
    rules, order = ruled(partial_by_request_days=30), Order(START, 0, Fraction(30))
    before = [Handed(START, Fraction(10))]
    assert decided(order, before, day(30), rules, units=20).allowed
    assert decided(order, before, day(31), rules, units=20).refusals == (
        Refusal(Reason.REMAINDER_EXPIRED, day=day(30), source="law of partial_by_request_days"),
    )
    assert decided(order, before, day(31), NOTHING, units=20).allowed
    assert decided(order, [], day(31), rules, units=20).allowed
    full = decided(order, [Handed(START, Fraction(30))], day(31), rules, units=20)
    assert [one.reason for one in full.refusals] == [Reason.REFILLS_USED]


# -- several prescriptions of one drug --------------------------------------------------------------------------------
def test_what_was_handed_out_is_put_down_to_the_first_prescription_that_allowed_it() -> None:
    old, new = Order(START, 0), Order(day(30), 0)
    handed = [Handed(day(31)), Handed(START)]
    assert controlled.spread([old, new], handed, NOTHING, {"*"}) == [[Handed(START)], [Handed(day(31))]]


def test_what_no_prescription_allowed_is_put_down_to_the_newest_that_had_begun() -> None:
    orders = [Order(START, 0), Order(day(30), 0), Order(day(60), 0)]
    handed = [Handed(START), Handed(day(30)), Handed(day(30))]
    spent = controlled.spread(orders, handed, NOTHING, {"*"})
    assert [len(one) for one in spent] == [1, 2, 0]
    assert controlled.spread(orders, [Handed(day(-1))], NOTHING, {"*"}) == [[], [], []]


def test_the_first_prescription_that_allows_it_decides() -> None:
    used, open_ = Order(START, 0), Order(day(10), 3)
    found = controlled.in_force([open_, used], [Handed(START)], day(30), NOTHING, {"*"}, units=None)
    assert (found.allowed, found.refills_allowed) == (True, 3)


def test_where_none_allows_it_the_newest_begun_speaks_with_the_first_day_of_the_next() -> None:
    orders = [Order(START, 0), Order(START, 0, earliest_on=day(30)), Order(START, 0, earliest_on=day(60))]
    found = controlled.in_force(orders, [Handed(START)], day(20), NOTHING, {"*"}, units=None)
    assert [(one.reason, one.day) for one in found.refusals] == [
        (Reason.REFILLS_USED, None),
        (Reason.TOO_EARLY, day(30)),
    ]
    only_early = controlled.in_force(orders[1:], [], day(20), NOTHING, {"*"}, units=None)
    assert [(one.reason, one.day) for one in only_early.refusals] == [(Reason.TOO_EARLY, day(30))]


def test_they_are_used_in_the_order_of_their_first_days() -> None:
    first, second, third = Order(day(1), 0), Order(START, 0, earliest_on=day(2)), Order(day(2), 0)
    assert controlled.in_order([third, second, first]) == [first, second, third]


# -- how soon, how much at once ---------------------------------------------------------------------------------------
def test_the_later_of_share_and_days_is_the_earliest_day() -> None:
    rules = Rules((*ruled(early_days_max=2).rows, Rule("US", "*", "early_share", Fraction(3, 4), "higher", "")))
    found = dispensing.earliest(day(30), 30, rules, {"*"})
    assert (found.by_share, found.by_days, found.on) == (day(23), day(28), day(28))
    early = dispensing.earliest(day(30), 4, rules, {"*"})
    assert (early.by_share, early.on) == (day(29), day(29))


@pytest.mark.parametrize(("on", "signals"), [(89, [Signal.MANY_EARLY_REQUESTS]), (90, [])])
def test_an_early_request_counts_to_the_last_day_of_its_time(on: int, signals: list[Signal]) -> None:
    rules = ruled(early_requests_days=90, early_requests_count=2, lost_reports_days=180, lost_reports_count=2)
    history = [Early(START, EarlyReason.TRAVEL), Early(day(80), EarlyReason.LOST)]
    assert [one.signal for one in dispensing.noticed(history, day(on), rules, {"*"})] == signals


def test_what_is_noticed_says_how_many_since_when_and_nothing_of_tomorrow() -> None:
    rules = ruled(early_requests_days=90, early_requests_count=1, lost_reports_days=180, lost_reports_count=1)
    history = [Early(day(100), EarlyReason.OTHER), Early(day(101), EarlyReason.STOLEN)]
    assert dispensing.noticed(history, day(100), rules, {"*"}, prescribers=1) == [
        dispensing.Noticed(Signal.MANY_EARLY_REQUESTS, 1, day(11))
    ]
    assert dispensing.noticed([], day(100), rules, {"*"}, prescribers=2) == [
        dispensing.Noticed(Signal.SEVERAL_PRESCRIBERS, 2, None)
    ]


# -- the numbers ------------------------------------------------------------------------------------------------------
def test_a_rule_that_is_missing_is_named_with_the_scopes_that_were_asked() -> None:
    with pytest.raises(NoSuchRule, match=r"^no rule portion_days_max for \*, CII$"):
        NOTHING.number("portion_days_max", {"CII", "*"})


def test_the_stricter_of_two_rows_counts_in_either_direction() -> None:
    lower = [Rule("US", "*", "days", Fraction(value), "lower", "") for value in (30, 7, 60)]
    higher = [Rule("US", "*", "share", Fraction(value, 4), "higher", "") for value in (2, 3, 1)]
    rules = Rules((*lower, *higher))
    assert rules.whole("days", {"*"}) == 7
    assert rules.number("share", {"*"}) == Fraction(3, 4)
    assert rules.find("days", {"CII"}) is None


def test_a_row_speaks_only_for_its_scope_and_its_jurisdiction() -> None:
    federal, state = (Rule(of, "CII", "days", Fraction(value), "lower", "") for of, value in (("US", 30), ("US-NY", 7)))
    rules = Rules((federal,)).tightened_by([state])
    assert rules.whole("days", {"CII"}) == 7
    assert rules.within({"US"}).rows == (federal,)


def test_a_direction_that_is_none_is_refused_with_the_rule_it_stands_in() -> None:
    with pytest.raises(BadRule, match="days for CII: “sideways”"):
        Rule("US", "CII", "days", Fraction(1), "sideways", "")


def test_a_table_of_rules_is_read_field_by_field(tmp_path: Path) -> None:
    table = tmp_path / "rules.csv"
    head = "jurisdiction,scope,rule,value,unit,stricter,source\n"
    table.write_text(
        head + "US,CII,refills_max,0,refills,lower,21 CFR\nsite,*,early_share,0.75,x,higher,ours\n", "utf-8"
    )
    assert rules_module.load(table).rows == (
        Rule("US", "CII", "refills_max", Fraction(0), "lower", "21 CFR"),
        Rule("site", "*", "early_share", Fraction(3, 4), "higher", "ours"),
    )
    assert rules_module.scopes() == {"*"}
    assert rules_module.scopes("CII", ["drug:it"]) == {"*", "controlled", "CII", "drug:it"}


def test_of_several_used_up_only_the_newest_begun_speaks() -> None:
    used = [Order(START, 0), Order(day(10), 0)]
    handed = [Handed(START), Handed(day(10))]
    found = controlled.in_force(used, handed, day(30), NOTHING, {"*"}, units=None)
    assert [one.reason for one in found.refusals] == [Reason.REFILLS_USED]
    late = controlled.in_force(used, handed, day(30), ruled(valid_days=25), {"*"}, units=None)
    assert (late.last_valid_on, [one.reason for one in late.refusals]) == (day(35), [Reason.REFILLS_USED])
