"""What must hold for every supply, every period and every set of rules."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refills.bounds import LAST_DAY
from refills.supply import adherence, controlled, dispensing, injections, lab_gates, rules
from refills.supply import fills as supply_fills
from refills.supply import lasting as supply_lasting
from refills.supply.controlled import Handed, Order, Reason
from refills.supply.dispensing import Early, EarlyReason, Signal
from refills.supply.fills import Fill
from refills.supply.lasting import Away, Batch, Plan, Use
from refills.supply.rules import BadRule, NoSuchRule, Rule

DATA = Path(__file__).parents[3] / "data"
RULES = rules.load(DATA / "refill_rules.csv")


@pytest.mark.parametrize("units", [10_000, 5_824_205, 10**12])
@pytest.mark.parametrize("each", [Fraction(1, 10_000), Fraction(1), Fraction(24)])
def test_what_would_last_beyond_every_life_ends_on_the_last_day(units: int, each: Fraction) -> None:
    start, week = date(2026, 12, 1), (each, Fraction(0), each, Fraction(0), each, Fraction(0), each)
    slow = [Use(start, each, Fraction(366)), Use(start, each), Use(start, sum(week, Fraction(0)) / 7, week=week)]
    for use in slow:
        ends = supply_lasting.lasts(units, start, Plan((use,))).run_out_on
        assert ends is not None
        assert start < ends <= LAST_DAY
        [first, second] = supply_lasting.follow([Batch(start, Fraction(units), Plan((use,)))] * 2)
        assert first.run_out_on is not None
        assert second.run_out_on is not None
        assert first.run_out_on <= second.run_out_on <= LAST_DAY


def missed_doses() -> list[injections.Missed]:
    with (DATA / "lai_missed_doses.csv").open(encoding="utf-8", newline="") as table:
        return injections.missed_rows(csv.DictReader(table))


START = date(2026, 3, 2)
offsets = st.integers(0, 200)
days = offsets.map(lambda offset: START + timedelta(days=offset))
amounts = st.fractions(0, 60, max_denominator=4)
uses = st.builds(
    Use,
    since=days,
    units=st.fractions(0, 6, max_denominator=2),
    every=st.sampled_from([Fraction(1), Fraction(2), Fraction(7, 2), Fraction(7), Fraction(28)]),
)
stays = st.builds(lambda first, length: Away(first, first + timedelta(days=length)), days, st.integers(0, 20))
plans = st.builds(
    Plan,
    uses=st.lists(uses, max_size=5, unique_by=lambda use: use.since).map(tuple),
    ends_on=st.none() | days,
    away=st.lists(stays, max_size=2).map(tuple),
)
fills = st.lists(st.builds(Fill, on=days, days_supply=st.integers(0, 90)), max_size=8)


def end_of(batches: list[Batch]) -> date:
    """The last run-out; a supply that never runs out lasts for ever."""
    return max([lasting.run_out_on or date.max for lasting in supply_lasting.follow(batches)], default=date.min)


# -- supply -----------------------------------------------------------------------------------------------------------
@given(amounts, st.fractions(0, 20, max_denominator=4), days, plans)
def test_more_of_one_supply_never_runs_out_earlier(units: Fraction, more: Fraction, on: date, plan: Plan) -> None:
    assert end_of([Batch(on, units, plan)]) <= end_of([Batch(on, units + more, plan)])


@given(st.lists(st.tuples(days, amounts), min_size=1, max_size=5), offsets, amounts, days, plans)
def test_more_in_any_fill_or_one_more_fill_never_runs_out_earlier(
    given_: list[tuple[date, Fraction]], which: int, more: Fraction, on: date, plan: Plan
) -> None:
    batches = [Batch(day, units, plan) for day, units in given_]
    place = which % len(batches)
    larger = [Batch(one.on, one.units + (more if at == place else 0), plan) for at, one in enumerate(batches)]
    assert end_of(batches) <= end_of(larger)
    assert end_of(batches) <= end_of([*batches, Batch(on, more, plan)])


@given(amounts, days, plans)
def test_what_is_used_and_what_is_left_is_what_there_was(units: Fraction, on: date, plan: Plan) -> None:
    lasting = supply_lasting.lasts(units, on, plan)
    assert 0 <= lasting.leftover <= units
    if lasting.run_out_on is not None:
        assert lasting.run_out_on >= on
        assert supply_lasting.needed(plan, on, lasting.run_out_on) <= units
        assert supply_lasting.left_on(units, on, plan, on) == units
    if lasting.as_planned:
        assert supply_lasting.shortfall(units, on, plan) == 0


@given(amounts, days, plans)
def test_supply_day_by_day_says_the_same(units: Fraction, on: date, plan: Plan) -> None:
    """A second, slower way to the same answer, for plans that use something every day."""
    plan = Plan(tuple(Use(use.since, use.units) for use in plan.uses), plan.ends_on, plan.away)
    left, today = units, on
    while (today - on).days < 700:
        if plan.ends_on is not None and today >= plan.ends_on:
            break
        use = plan.on(today)
        if not plan.is_paused(today) and use is not None:
            if left < use.units:
                break
            left -= use.units
        today += timedelta(days=1)
    found = supply_lasting.lasts(units, on, plan)
    assert (found.run_out_on or today) == today or (today - on).days >= 700
    assert found.leftover == left or found.run_out_on is None or found.run_out_on > today


def test_a_hold_puts_the_run_out_off_by_its_days() -> None:
    taking, hold = Use(START, Fraction(1)), Use(START + timedelta(days=10), Fraction(0))
    again = Use(START + timedelta(days=15), Fraction(1))
    assert supply_lasting.lasts(30, START, Plan((taking,))).days == 30
    assert supply_lasting.lasts(30, START, Plan((taking, hold, again))).days == 35
    assert supply_lasting.lasts(30, START, Plan((taking, hold))).run_out_on is None


def test_a_stay_in_the_middle_of_a_weekly_patch_lengthens_it() -> None:
    patch = Plan((Use(START, Fraction(1), Fraction(7)),), away=(Away(START + timedelta(3), START + timedelta(4)),))
    assert supply_lasting.lasts(4, START, patch).days == 30


def test_a_supply_beyond_its_planned_end_asks_for_no_refill() -> None:
    taper = supply_lasting.stepped(START, [(14, 2), (14, 1)])
    assert supply_lasting.lasts(60, START, taper) == supply_lasting.Lasting(
        START, START + timedelta(28), Fraction(18), as_planned=True
    )
    assert supply_lasting.shortfall(40, START, taper) == 2


def test_fills_after_a_pill_count_come_on_top_of_it_and_earlier_ones_are_in_it() -> None:
    plan = supply_lasting.steady(1, START)
    batches = [Batch(START, Fraction(30), plan), Batch(START + timedelta(25), Fraction(30), plan)]
    counted = supply_lasting.counted(batches, START + timedelta(20), 14, plan)
    assert end_of(counted) == START + timedelta(20 + 14 + 30)


# -- adherence --------------------------------------------------------------------------------------------------------
@given(fills, days, st.integers(0, 400))
def test_a_share_of_days_lies_between_nothing_and_everything(given_: list[Fill], first: date, length: int) -> None:
    last = first + timedelta(days=length)
    for share in (adherence.pdc(given_, first, last), adherence.mpr(given_, first, last)):
        assert 0 <= share.days <= share.of
        assert Decimal(0) <= share.percent <= Decimal(100)


@given(fills, days, st.integers(0, 200))
def test_days_covered_are_the_days_counted_one_by_one(given_: list[Fill], first: date, length: int) -> None:
    last = first + timedelta(days=length)
    whole = [first + timedelta(days=offset) for offset in range(length + 1)]
    held = supply_fills.stretches(given_)
    counted = [day for day in whole if any(one.starts_on <= day < one.runs_out_on for one in held)]
    assert adherence.pdc(given_, first, last).days == len(counted)


@given(fills, days, st.integers(0, 200), st.integers(1, 60))
def test_one_more_fill_at_the_end_never_lowers_the_days_covered(
    given_: list[Fill], first: date, length: int, more: int
) -> None:
    last = first + timedelta(days=length)
    after = max([fill.on for fill in given_], default=first)
    assert adherence.pdc(given_, first, last).days <= adherence.pdc([*given_, Fill(after, more)], first, last).days


@given(fills, fills, days, st.integers(0, 200))
def test_a_class_is_covered_at_least_as_much_as_each_of_its_drugs(
    one: list[Fill], two: list[Fill], first: date, length: int
) -> None:
    last = first + timedelta(days=length)
    together = adherence.class_pdc({"one": one, "two": two}, first, last).days
    assert together >= max(adherence.pdc(one, first, last).days, adherence.pdc(two, first, last).days)


def test_the_year_is_measured_from_the_first_fill_and_only_when_it_can_be() -> None:
    year = date(2026, 1, 1), date(2026, 12, 31)
    two = [Fill(date(2026, 2, 15), 90), Fill(date(2026, 5, 16), 90)]
    found = adherence.measured({"lithium": two}, *year)
    assert isinstance(found, adherence.Share)
    assert (found.days, found.of) == (180, 320)
    assert adherence.measured({"lithium": two[:1]}, *year) == adherence.NotScored.FEW_FILLS
    late = [Fill(date(2026, 10, 2), 30), Fill(date(2026, 11, 2), 30)]
    assert adherence.measured({"lithium": late}, *year) == adherence.NotScored.LATE_INDEX
    early_enough = [Fill(date(2026, 10, 1), 30), *late]
    assert isinstance(adherence.measured({"lithium": early_enough}, *year), adherence.Share)
    as_needed = adherence.NotScored.AS_NEEDED
    assert adherence.measured({"lithium": two}, *year, not_scored=as_needed) == as_needed


def test_possession_is_capped_and_its_last_fill_ends_with_the_period() -> None:
    often = [Fill(START + timedelta(days=days), 30) for days in (0, 10, 20, 30)]
    assert adherence.mpr(often, START, START + timedelta(days=39)).percent == 100
    last = [Fill(START, 30), Fill(START + timedelta(days=35), 30)]
    assert adherence.mpr(last, START, START + timedelta(days=39)).days == 35


def test_injections_on_time_are_counted_from_the_second_on() -> None:
    given_ = [date(2026, 1, 1), date(2026, 1, 31), date(2026, 3, 20)]
    assert adherence.on_time(given_, 30, 7, 7) == (1, 2)
    assert adherence.on_time(given_[:1], 30, 7, 7) is None
    assert adherence.Share(12, 14).percent == Decimal("85.7")


# -- rules: stricter wins ---------------------------------------------------------------------------------------------
orders = st.builds(
    Order,
    issued_on=days,
    refills=st.none() | st.integers(0, 12),
    quantity=st.none() | st.just(Fraction(30)),
    earliest_on=st.none() | days,
)
handed = st.lists(st.builds(Handed, on=days, quantity=st.sampled_from([None, Fraction(10), Fraction(30)])), max_size=8)
NAMES = [
    ("refills_max", "lower"),
    ("valid_months", "lower"),
    ("valid_days", "lower"),
    ("partial_by_request_days", "lower"),
    ("series_days_max", "lower"),
    ("early_share", "higher"),
    ("early_days_max", "lower"),
]
state_rules = st.lists(
    st.builds(
        lambda name, scope, value: Rule(
            "US-ZZ", scope, name[0], Fraction(value, 12) if name[0] == "early_share" else Fraction(value), name[1], ""
        ),
        st.sampled_from(NAMES),
        st.sampled_from(["*", "controlled", "CII", "CIII", "CIV", "CV"]),
        st.integers(0, 12),
    ),
    max_size=4,
)
schedules = st.sampled_from(["", *rules.SCHEDULES])


@given(orders, handed, days, schedules, state_rules)
def test_a_stricter_state_never_allows_what_federal_law_refuses(
    order: Order, before: list[Handed], on: date, of: str, state: list[Rule]
) -> None:
    scopes = rules.scopes(of)
    federal = controlled.decide(order, before, on, RULES, scopes, units=None)
    both = controlled.decide(order, before, on, RULES.tightened_by(state), scopes, units=None)
    assert federal.allowed or not both.allowed


@given(days, st.integers(1, 90), schedules, state_rules)
def test_a_stricter_payer_never_brings_the_next_fill_forward(
    run_out: date, supplied: int, of: str, payer: list[Rule]
) -> None:
    scopes = rules.scopes(of)
    sooner = dispensing.earliest(run_out, supplied, RULES.tightened_by(payer), scopes)
    assert sooner.on >= dispensing.earliest(run_out, supplied, RULES, scopes).on


def test_a_row_that_turns_round_what_is_stricter_is_refused() -> None:
    with pytest.raises(BadRule, match="turns round"):
        RULES.tightened_by([Rule("US-ZZ", "CII", "refills_max", Fraction(9), "higher", "")])
    with pytest.raises(NoSuchRule):
        RULES.number("no_such_number", rules.scopes())


def test_a_line_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    table = tmp_path / "rules.csv"
    table.write_text(
        "jurisdiction,scope,rule,value,unit,stricter,source\nUS,*,x,a lot,days,lower,y\n", encoding="utf-8"
    )
    with pytest.raises(BadRule, match="line 2"):
        rules.load(table)


def test_every_rule_has_a_source_and_every_missed_dose_can_be_read() -> None:
    assert all(row.source for row in RULES.rows)
    for row in missed_doses():
        assert row.source
        assert row.category
        assert row.holds(START, START + timedelta(days=1)) == (not row.after)


# -- what a pharmacist would ask --------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("schedule_", "order", "before", "on", "reason"),
    [
        ("CII", Order(START, 0), [Handed(START)], START + timedelta(29), Reason.NO_REFILLS),
        ("CIV", Order(START, 2), [Handed(START)] * 3, START + timedelta(60), Reason.REFILLS_USED),
        ("CIV", Order(START, 9), [Handed(START)] * 6, START + timedelta(60), Reason.REFILLS_USED),
        ("CIII", Order(START, 5), [], date(2026, 9, 3), Reason.EXPIRED),
        ("", Order(START), [], date(2027, 3, 3), Reason.EXPIRED),
        ("CII", Order(START, 0, earliest_on=START + timedelta(30)), [], START + timedelta(29), Reason.TOO_EARLY),
        (
            "CII",
            Order(START, 0, Fraction(60)),
            [Handed(START, Fraction(20))],
            START + timedelta(31),
            Reason.REMAINDER_EXPIRED,
        ),
    ],
)
def test_a_refusal_names_its_rule(schedule_: str, order: Order, before: list[Handed], on: date, reason: Reason) -> None:
    found = controlled.decide(order, before, on, RULES, rules.scopes(schedule_), units=None)
    assert reason in {refusal.reason for refusal in found.refusals}
    day_before = controlled.decide(
        order, before[:-1], on - timedelta(days=1), RULES, rules.scopes(schedule_), units=None
    )
    assert day_before.allowed or reason == Reason.TOO_EARLY


def test_more_than_the_rest_of_a_prescription_is_refused_with_what_is_left() -> None:
    order, scopes = Order(START, 0, Fraction(60)), rules.scopes("CII")
    before = [Handed(START, Fraction(40))]
    found = controlled.decide(order, before, START, RULES, scopes, units=Fraction(30))
    assert [(one.reason, one.limit) for one in found.refusals] == [(Reason.MORE_THAN_PRESCRIBED, 20)]
    assert controlled.decide(order, before, START, RULES, scopes, units=Fraction(20)).allowed


def test_what_is_given_in_the_clinic_only_is_never_handed_out() -> None:
    assert controlled.is_for_clinic_only(RULES, rules.scopes("CIII", ["drug:esketamine"])) is not None
    assert controlled.is_for_clinic_only(RULES, rules.scopes("CIII", ["drug:ketamine"])) is None


def test_repeated_early_requests_are_noticed_and_not_refused() -> None:
    history = [Early(START, EarlyReason.LOST), Early(START + timedelta(100), EarlyReason.STOLEN)]
    later = START + timedelta(120)
    assert [one.signal for one in dispensing.noticed(history, later, RULES, rules.scopes())] == [Signal.MANY_LOST]
    history.append(Early(later, EarlyReason.TRAVEL))
    found = dispensing.noticed(history, later, RULES, rules.scopes(), prescribers=2)
    assert [one.signal for one in found] == list(Signal)
    assert found[0].count == 2


def test_a_quantity_that_does_not_last_as_stated_is_noticed() -> None:
    plan = supply_lasting.steady(2, START)
    assert dispensing.compare(60, 30, START, plan, tolerance_days=1).agrees
    short = dispensing.compare(30, 30, START, plan, tolerance_days=1)
    assert (short.agrees, short.needed, short.lasts_days) == (False, 60, 15)


def test_a_lab_that_is_missing_makes_the_supply_wait_until_a_clinician_releases_it() -> None:
    weekly = lab_gates.interval_on(40, (lab_gates.Interval(0, 182, 7), lab_gates.Interval(183, 365, 14)))
    assert weekly == 7
    latest, today = lab_gates.Result(START, Decimal("2.1")), START + timedelta(12)
    assert lab_gates.gate(latest, weekly, START + timedelta(7)).state == lab_gates.State.CLEAR
    assert lab_gates.gate(latest, weekly, START + timedelta(10), grace_days=3).state == lab_gates.State.CLEAR
    waits = lab_gates.gate(latest, weekly, today, grace_days=3)
    assert (waits.state, waits.missing, waits.since) == (
        lab_gates.State.PENDS,
        lab_gates.Missing.OVERDUE,
        START + timedelta(7),
    )
    release = lab_gates.Release("adler", "Blood is drawn this afternoon.", today)
    assert lab_gates.gate(latest, weekly, today, release=release).state == lab_gates.State.RELEASED
    assert lab_gates.gate(latest, weekly, today + timedelta(1), release=release).state == lab_gates.State.PENDS
    assert lab_gates.gate(None, weekly, today).missing == lab_gates.Missing.NEVER_TAKEN
    assert lab_gates.gate(latest, weekly, START, lowest=Decimal("2.5")).missing == lab_gates.Missing.TOO_LOW
    with pytest.raises(ValueError, match="reason"):
        lab_gates.Release("adler", " ", today)


def test_missed_injections_by_months() -> None:
    rows, last = missed_doses(), date(2026, 1, 31)
    product, dose = "paliperidone palmitate 3-month", Decimal(546)
    said = {
        day: injections.missed(product, last, day, rows, dose_mg=dose)
        for day in (date(2026, 5, 29), date(2026, 5, 30), date(2026, 5, 31), date(2026, 10, 31), date(2026, 11, 1))
    }
    words = [row.text(dose)[:14] if row else None for row in said.values()]
    assert words == ["give the usual", "give the usual", "do not give it", "do not give it", "re-initiate wi"]
