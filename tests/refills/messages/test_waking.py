"""The worked examples of the refill rules, with exact answers, and reminders over every zone and clock change."""

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refills.messages import waking as messages_waking
from refills.messages.waking import Waking
from refills.supply import fills as supply_fills
from refills.supply.fills import Fill

CASES = {
    case["id"]: case
    for case in json.loads((Path(__file__).parents[2] / "cases" / "refill_examples.json").read_text(encoding="utf-8"))
}
DAYS_BEFORE = (7, 3, 1, 0)
ZONES = sorted(available_timezones())
DELETED_DAYS = [("Pacific/Apia", date(2011, 12, 30)), ("Pacific/Kwajalein", date(1993, 8, 21))]
days = st.dates(min_value=date(2020, 1, 1), max_value=date(2030, 12, 31))
fill_lists = st.lists(st.builds(Fill, on=days, days_supply=st.integers(0, 120)), max_size=8)


def day(text: str) -> date:
    return date.fromisoformat(text)


def fills_of(case: dict[str, Any]) -> list[Fill]:
    return [Fill(day(on), supply) for on, supply in case["input"]["fills"]]


def clock_changes(zone: str, first: date, last: date) -> list[date]:
    """The local dates from the day before to the day after each change of the clock in `zone`."""
    place, found, week = ZoneInfo(zone), [], 7
    noons = [datetime.combine(first, time(12), UTC) + timedelta(days=days) for days in range((last - first).days)]
    offsets = {at: at.astimezone(place).utcoffset() for at in noons[::week]}
    for earlier, later in pairwise(offsets):
        if offsets[earlier] != offsets[later]:
            days = [earlier + timedelta(days=days) for days in range(week + 1)]
            [changed] = [two for one, two in pairwise(days) if of(one, place) != of(two, place)][:1]
            found += [changed.date() + timedelta(days=days) for days in (-1, 0, 1)]
    return found


def of(at: datetime, place: ZoneInfo) -> timedelta | None:
    return at.astimezone(place).utcoffset()


# -- worked examples ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("name", ["RX01", "RX02", "RX03", "RX04"])
def test_a_plain_fill_runs_out_as_in_the_worked_example(name: str) -> None:
    given_, answer = CASES[name]["input"], CASES[name]["answer"]
    supply = supply_fills.days_supply(Decimal(str(given_["qty"])), Decimal(str(given_["units_per_day"])))
    runs_out_on = supply_fills.run_out([Fill(day(given_["fill"]), supply)])
    assert runs_out_on == day(answer["run_out"])
    assert supply == answer.get("days_supply", supply)
    if "last_covered" in answer:
        assert runs_out_on - timedelta(days=1) == day(answer["last_covered"])
    if "leftover_units" in answer:
        assert Decimal(given_["qty"]) - supply * Decimal(given_["units_per_day"]) == answer["leftover_units"]


def test_stock_is_carried_over_as_in_RX11() -> None:
    covered = supply_fills.stretches(fills_of(CASES["RX11"]))
    assert [stretch.starts_on for stretch in covered] == [day(text) for text in CASES["RX11"]["answer"]["starts"]]
    assert supply_fills.run_out(fills_of(CASES["RX11"])) == day(CASES["RX11"]["answer"]["run_out"])


def test_a_gap_is_found_as_in_RX12() -> None:
    answer = CASES["RX12"]["answer"]
    [gap] = supply_fills.gaps(fills_of(CASES["RX12"]))
    assert gap.starts_on == day(answer["gap_from"])
    assert gap.runs_out_on - timedelta(days=1) == day(answer["gap_to"])
    assert (gap.runs_out_on - gap.starts_on).days == answer["gap_days"]
    assert supply_fills.run_out(fills_of(CASES["RX12"])) == day(answer["run_out"])


def test_carry_over_delays_the_run_out_as_in_RX31() -> None:
    assert supply_fills.run_out(fills_of(CASES["RX31"])) == day(CASES["RX31"]["answer"]["run_out"])


@pytest.mark.parametrize("name", ["RX35", "RX36"])
def test_a_skipped_or_doubled_time_is_sent_as_in_the_worked_example(name: str) -> None:
    case = CASES[name]
    found = messages_waking.instant(datetime.fromisoformat(case["input"]["local"]), case["input"]["tz"])
    assert found == datetime.fromisoformat(case["answer"]["send_utc"])


def test_a_dispense_belongs_to_the_local_civil_date_as_in_RX37() -> None:
    case = CASES["RX37"]
    recorded = datetime.fromisoformat(case["input"]["recorded_utc"])
    assert messages_waking.fill_date(recorded, case["input"]["tz"]) == day(case["answer"]["fill_date"])


@pytest.mark.parametrize(("name", "per_day"), [("RX39", Fraction(1, 7)), ("RX40", Fraction(1, 2))])
def test_patches_and_alternate_days_last_as_in_the_worked_example(name: str, per_day: Fraction) -> None:
    given_, answer = CASES[name]["input"], CASES[name]["answer"]
    supply = supply_fills.days_supply(Decimal(given_["qty"]), per_day)
    assert supply == answer["days_supply"]
    assert supply_fills.run_out([Fill(day(given_["fill"]), supply)]) == day(answer["run_out"])


# -- run-out ---------------------------------------------------------------------------------------------------------
def test_nothing_dispensed_never_runs_out() -> None:
    assert supply_fills.run_out([]) is None


def test_a_supply_without_daily_use_is_refused() -> None:
    with pytest.raises(ValueError, match="daily use"):
        supply_fills.days_supply(Decimal(30), Decimal(0))


def test_a_fill_of_negative_days_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot last"):
        Fill(date(2026, 1, 1), -1)


@given(fill_lists)
def test_the_order_in_which_fills_are_told_does_not_matter(fills: list[Fill]) -> None:
    assert supply_fills.run_out(fills) == supply_fills.run_out(list(reversed(fills)))


@given(fill_lists.filter(bool))
def test_every_day_supplied_is_covered_exactly_once(fills: list[Fill]) -> None:
    covered = supply_fills.stretches(fills)
    assert sum((one.runs_out_on - one.starts_on).days for one in covered) == sum(fill.days_supply for fill in fills)
    assert all(one.runs_out_on <= two.starts_on for one, two in pairwise(covered))


@given(fill_lists, st.builds(Fill, on=days, days_supply=st.integers(0, 120)))
def test_one_more_fill_never_brings_the_run_out_forward(fills: list[Fill], more: Fill) -> None:
    before = supply_fills.run_out(fills)
    after = supply_fills.run_out([*fills, more])
    assert after is not None
    assert before is None or after >= before


# -- moments ---------------------------------------------------------------------------------------------------------
def test_a_reminder_goes_at_nine_in_the_patients_zone() -> None:
    assert Waking().on(date(2026, 12, 1), "America/Los_Angeles") == datetime(2026, 12, 1, 17, tzinfo=UTC)


def test_reminders_outside_waking_hours_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="waking"):
        Waking(at=time(22))


def test_a_message_due_at_night_waits_for_the_morning() -> None:
    night = datetime(2026, 12, 2, 3, tzinfo=UTC)
    assert Waking().next_after(night, "America/New_York") == datetime(2026, 12, 2, 14, tzinfo=UTC)
    early = datetime(2026, 12, 2, 10, tzinfo=UTC)
    assert Waking().next_after(early, "America/New_York") == datetime(2026, 12, 2, 14, tzinfo=UTC)
    noon = datetime(2026, 12, 2, 17, tzinfo=UTC)
    assert Waking().next_after(noon, "America/New_York") == noon


def test_what_is_put_off_comes_the_next_local_day() -> None:
    evening = datetime(2026, 12, 2, 3, tzinfo=UTC)  # still the first in New York
    moment = messages_waking.tomorrow(evening, "America/New_York")
    assert (moment.local_date, moment.due_at) == (date(2026, 12, 2), datetime(2026, 12, 2, 14, tzinfo=UTC))


@pytest.mark.parametrize("at", [time(9), time(8), time(20, 30)])
@pytest.mark.parametrize(("zone", "deleted"), DELETED_DAYS)
def test_a_date_that_a_zone_deleted_keeps_its_reminder(zone: str, deleted: date, at: time) -> None:
    local = Waking(at=at).on(deleted, zone).astimezone(ZoneInfo(zone))
    assert (local.date(), local.hour) == (deleted + timedelta(days=1), at.hour)


def test_in_every_zone_and_over_every_clock_change_each_intended_date_has_one_waking_reminder() -> None:
    checked = 0
    for zone in ZONES:
        for change in clock_changes(zone, date(2024, 1, 1), date(2029, 1, 1)):
            for days in DAYS_BEFORE:  # so that every kind of reminder falls on the change
                check_moments(zone, change + timedelta(days=days), Waking())
                checked += 1
    assert checked > 20_000


@pytest.mark.parametrize("opens", [0, 2, 23])
def test_even_where_the_clock_changes_in_waking_hours_each_date_has_its_own_instant(opens: int) -> None:
    """Waking hours as odd as the gaps themselves: a shift worker's night."""
    waking = Waking(at=time(opens, 30), opens=opens, closes=opens + 1)
    for zone in ZONES[::7]:
        for on in clock_changes(zone, date(2025, 1, 1), date(2027, 1, 1)):
            found = [waking.on(on - timedelta(days=days), zone) for days in DAYS_BEFORE]
            assert found == sorted(set(found))


@given(st.sampled_from(ZONES), st.dates(date(1975, 1, 1), date(2035, 12, 31)))
def test_on_any_day_of_any_zone_each_intended_date_has_one_waking_reminder(zone: str, on: date) -> None:
    check_moments(zone, on, Waking())


def check_moments(zone: str, on: date, waking: Waking) -> None:
    """One instant for each intended local date, in their order, and the patient awake."""
    found = [waking.on(on - timedelta(days=days), zone) for days in DAYS_BEFORE]
    for due_at in found:
        assert waking.opens <= due_at.astimezone(ZoneInfo(zone)).hour < waking.closes
        assert due_at.utcoffset() == timedelta(0)
    assert found == sorted(found)


def test_a_wake_begins_with_its_hour_and_ends_before_the_last() -> None:
    waking = Waking()
    awake = {hour: waking.holds(datetime(2026, 6, 1, hour, 59, tzinfo=UTC), "UTC") for hour in (7, 8, 20, 21)}
    assert awake == {7: False, 8: True, 20: True, 21: False}
    Waking(time(0), 0, 24)
    for wrong in ((time(7), 8, 21), (time(21), 8, 21), (time(9), 8, 25), (time(9), -1, 21)):
        with pytest.raises(ValueError, match="outside the waking hours"):
            Waking(*wrong)


def test_a_message_at_the_very_hour_goes_then_and_one_after_midnight_waits_for_that_days_hour() -> None:
    nine = datetime(2026, 6, 1, 9, tzinfo=UTC)
    waking = Waking()
    assert waking.next_after(nine, "UTC") == nine
    assert waking.next_after(nine.replace(hour=1), "UTC") == nine
    assert waking.next_after(nine.replace(hour=22), "UTC") == nine + timedelta(days=1)


def test_a_supply_covers_whole_days_exactly() -> None:
    assert supply_fills.days_supply(Decimal(30), Fraction(1, 3)) == 90
    assert supply_fills.days_supply(Decimal("29.9"), Decimal(1)) == 29
    assert supply_fills.days_supply(Decimal(0), Decimal(1)) == 0
    assert Fill(date(2026, 6, 1), 0).days_supply == 0


def test_fills_that_meet_leave_no_gap_and_a_day_between_is_one() -> None:
    first, meeting, late = Fill(date(2026, 6, 1), 10), Fill(date(2026, 6, 11), 10), Fill(date(2026, 6, 12), 10)
    assert supply_fills.gaps([first, meeting]) == []
    assert supply_fills.gaps([first, late]) == [supply_fills.Stretch(date(2026, 6, 11), date(2026, 6, 12))]
    assert supply_fills.gaps([]) == []


def test_what_is_put_off_is_put_off_by_the_patients_own_date() -> None:
    late = datetime(2026, 6, 2, 3, tzinfo=UTC)
    found = messages_waking.tomorrow(late, "America/New_York")
    assert (found.kind, found.local_date) == ("snooze", date(2026, 6, 2))
    assert found.due_at == datetime(2026, 6, 2, 13, tzinfo=UTC)
    early = messages_waking.tomorrow(late, "America/New_York", waking=Waking(time(8)))
    assert early.due_at == datetime(2026, 6, 2, 12, tzinfo=UTC)
