"""The worked examples of the refill rules with exact answers: read by the shape of their input, none by its name."""

import csv
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from refills.messages import waking
from refills.supply import adherence, controlled, dispensing, injections, lab_gates, rules
from refills.supply import fills as supply_fills
from refills.supply import lasting as supply_lasting
from refills.supply.controlled import Handed, Order, Part
from refills.supply.fills import Fill
from refills.supply.lasting import Away, Batch, Plan, Use

ROOT = Path(__file__).parents[3]
TOLD = json.loads((ROOT / "tests" / "cases" / "refill_examples.json").read_text(encoding="utf-8"), parse_float=Decimal)
NOT_ASKED = {"max_per_day", "cadence", "holidays", "lead_business_days", "run_outs"}
"""Of examples about what nothing here counts: supplies as needed, fixed cadences, a pharmacy's days, joint run-outs."""
CASES = [case for case in TOLD if NOT_ASKED.isdisjoint(case["input"])]
RULES = rules.load(ROOT / "data" / "refill_rules.csv")
with (ROOT / "data" / "lai_missed_doses.csv").open(encoding="utf-8", newline="") as table:
    MISSED = injections.missed_rows(csv.DictReader(table))
with (ROOT / "data" / "lai_rules.csv").open(encoding="utf-8", newline="") as table:
    INTERVALS = {row["product"]: row for row in csv.DictReader(table)}

Values = dict[str, Any]
day = date.fromisoformat
moment = datetime.fromisoformat
CLOZAPINE = rules.scopes(others=["drug:clozapine"])


def fills_of(case: Values) -> list[Fill]:
    return [Fill(day(on), days) for on, days in case["fills"]]


def share(found: adherence.Share) -> Values:
    return {"covered_days": found.days, "period_days": found.of, "pdc": found.percent, "adherent": found.adherent}


# -- how long a supply lasts ------------------------------------------------------------------------------------------
def plan_of(case: Values) -> Plan:
    start = day(case["fill"])
    if "steps" in case:
        return supply_lasting.stepped(start, case["steps"])
    per_dose, every = case.get("units_per_day", 1), case.get("every_days", case.get("days_per_unit", 1))
    uses = [Use(start, Fraction(per_dose), Fraction(every))]
    if "change" in case:
        uses.append(Use(day(case["change"]["date"]), Fraction(case["change"]["units_per_day"])))
    stays = [Away(*map(day, case["inpatient"]))] if "inpatient" in case else []
    return Plan(tuple(uses), away=tuple(stays))


def one_supply(case: Values) -> Values:
    """A quantity, or days as directed, used by a plan."""
    plan, start, units = plan_of(case), day(case["fill"]), case.get("qty", case.get("days_supply"))
    batches = [Batch(start, Fraction(units), plan)]
    found: Values = {}
    if "count" in case:
        on, left = day(case["count"]["date"]), case["count"]["units"]
        expected = supply_lasting.left_on(units, start, plan, on)
        found["expected_units"] = expected
        found["missed_doses_estimate"] = supply_lasting.missed_doses(expected, left, plan.uses[-1])
        batches = supply_lasting.counted(batches[1:], on, left, plan)
    lasting = supply_lasting.follow(batches)[-1]
    assert lasting.run_out_on is not None
    return found | {
        "days_supply": lasting.days,
        "leftover_units": lasting.leftover,
        "last_covered": lasting.run_out_on - timedelta(days=1),
        "run_out": lasting.run_out_on,
        "shortfall_units": supply_lasting.shortfall(units, start, plan),
        "refill_reminder": not lasting.as_planned,
    }


def several_fills(case: Values) -> Values:
    """Fills of one drug in days: carry-over, gaps, the earliest next fill."""
    fills = fills_of(case)
    stretches, end, gaps = supply_fills.stretches(fills), supply_fills.run_out(fills), supply_fills.gaps(fills)
    assert end is not None
    last = stretches[-1]
    found: Values = {
        "starts": [stretch.starts_on for stretch in stretches],
        "run_out": end,
        "gap_days": sum((gap.runs_out_on - gap.starts_on).days for gap in gaps),
        "gap_from": gaps[0].starts_on if gaps else None,
        "gap_to": gaps[-1].runs_out_on - timedelta(days=1) if gaps else None,
        "carry_over_days": (last.starts_on - max(fill.on for fill in fills)).days,
    }
    if "threshold" in case:
        found["earliest_next"] = dispensing.earliest_by_share(end, fills[-1].days_supply, case["threshold"])
    return found


def earliest_fill(case: Values) -> Values:
    """When the next fill may come, by the site's rules for schedule II, which have the example's numbers."""
    scopes = rules.scopes("CII")
    assert RULES.number("early_share", scopes) == Fraction(case["threshold"])
    run_out = day(case["fill"]) + timedelta(days=case["days_supply"])
    found = dispensing.earliest(run_out, case["days_supply"], RULES, scopes)
    assert case["two_day_rule"]
    assert found.on == found.by_days
    return {"run_out": run_out, "earliest_85": found.by_share, "earliest_2day": found.by_days}


# -- adherence --------------------------------------------------------------------------------------------------------
def covered_share(case: Values) -> Values:
    return share(adherence.pdc(fills_of(case), *map(day, case["period"])))


def from_index(case: Values) -> Values:
    days = adherence.period_days(day(case["index_fill"]), day(case["period_end"]))
    return share(adherence.Share(case["covered_days"], days))


def several_drugs(case: Values) -> Values:
    by_drug: dict[str, list[Fill]] = {}
    for drug, on, days in case["fills"]:
        by_drug.setdefault(drug, []).append(Fill(day(on), days))
    last = max(until for fills in by_drug.values() for _, until in adherence.covered(fills)) - timedelta(days=1)
    first = min(fill.on for fills in by_drug.values() for fill in fills)
    assert last is not None
    return {"covered_days": adherence.class_pdc(by_drug, first, last).days, "last_covered": last}


# -- injections -------------------------------------------------------------------------------------------------------
def injection_window(case: Values) -> Values:
    row = INTERVALS.get(case.get("product", ""))
    if row is not None:
        shipped = [int(row[name]) for name in ("interval_days", "window_early_days", "window_late_days")]
        assert shipped == [case["interval_days"], case["early"], case["late"]]
    found = injections.window(day(case["given"]), case["interval_days"], case.get("early", 0), case.get("late", 0))
    return {
        "due": found.due_on,
        "window": [found.opens_on, found.closes_on],
        "overdue_from": found.overdue_from,
    }


def missed_injection(case: Values) -> Values:
    last, today, dose = day(case["last"]), day(case["today"]), Decimal(case["stabilised_mg"])
    row = injections.missed(case["product"], last, today, MISSED, dose_mg=dose)
    assert row is not None
    return {"days_since_last": (today - last).days, "category": row.category, "action": row.text(dose)}


# -- controlled substances --------------------------------------------------------------------------------------------
def controlled_fill(case: Values) -> Values:
    """One attempt to fill, by the federal rules."""
    scopes = rules.scopes(case["schedule"])
    quantity = Fraction(case["qty"]) if "qty" in case else None
    order = Order(day(case["issued"]), case.get("refills", case.get("refills_written")), quantity)
    on, units = attempt_of(case, order)
    handed = [Handed(day(at), Fraction(amount)) for at, amount in case.get("partials", [])]
    handed += [Handed(order.issued_on)] * case.get("fills_already", 1 if case["attempt"] == "refill" else 0)
    found = controlled.decide(order, handed, on, RULES, scopes, units=units)
    next_day = controlled.decide(order, handed, on + timedelta(days=1), RULES, scopes, units=units)
    return {
        "last_valid_date": found.last_valid_on,
        "allowed": found.allowed,
        "next_day_allowed": next_day.allowed,
        "refills_used": found.refills_used,
        "action": found.action,
    }


def attempt_of(case: Values, order: Order) -> tuple[date, Fraction | None]:
    """A date, a date with a quantity, or just "refill"."""
    attempt = case["attempt"]
    if attempt == "refill":
        return order.issued_on, None
    return (day(attempt[0]), Fraction(attempt[1])) if isinstance(attempt, list) else (day(attempt), None)


def series(case: Values) -> Values:
    """Several schedule II prescriptions of one day."""
    scopes = rules.scopes(case["schedule"])
    if "prescriptions_days" in case:
        parts = [Part(str(place), days) for place, days in enumerate(case["prescriptions_days"])]
        attempts = {}
    else:
        parts = [Part(ref, days, day(earliest)) for ref, days, earliest in case["prescriptions"]]
        ref, on = case["attempt"]
        part = next(part for part in parts if part.ref == ref)
        order = Order(day(case["issued"]), 0, earliest_on=part.earliest_on)
        found = controlled.decide(order, [], day(on), RULES, scopes, units=None)
        attempts = {"attempt_allowed": found.allowed, f"earliest_{ref}": found.refusals[0].day}
    too_long = controlled.series(parts, RULES, scopes)
    return {"total_days": sum(part.days for part in parts), "series_allowed": too_long is None, **attempts}


def requested_partial(case: Values) -> Values:
    scopes, order = rules.scopes(case["schedule"]), Order(day(case["written"]), 0, Fraction(case["qty"]))
    handed = [Handed(day(on), Fraction(amount)) for on, amount in case["partials"]]
    found = controlled.decide(order, handed, order.issued_on, RULES, scopes, units=Fraction(1))
    return {
        "remaining": found.remaining,
        "remaining_by": controlled.remainder_by(order.issued_on, RULES, scopes),
    }


def short_stock(case: Values) -> Values:
    assert case["reason"] == "unable_to_supply"
    by = controlled.balance_by(moment(case["partial_at"]), RULES, rules.scopes(case["schedule"]))
    assert by is not None
    return {"balance_by": by.strftime("%Y-%m-%dT%H:%M"), "else_": controlled.NEW_PRESCRIPTION.removesuffix(" needed")}


# -- days and times ---------------------------------------------------------------------------------------------------
def clock_change(case: Values) -> Values:
    wall, place = moment(case["local"]), ZoneInfo(case["tz"])
    found = waking.instant(wall, case["tz"])
    twice = wall.replace(tzinfo=place, fold=0).utcoffset() != wall.replace(tzinfo=place, fold=1).utcoffset()
    again = " (first)" if twice and found.astimezone(place).replace(tzinfo=None) == wall else ""
    return {
        "send_utc": found.strftime("%Y-%m-%dT%H:%MZ"),
        "send_local": found.astimezone(place).strftime("%H:%M %Z") + again,
    }


def local_date(case: Values) -> Values:
    recorded = datetime.strptime(case["recorded_utc"], "%Y-%m-%dT%H:%MZ").replace(tzinfo=UTC)
    return {"fill_date": waking.fill_date(recorded, case["tz"])}


# -- labs -------------------------------------------------------------------------------------------------------------
def lab_reach(case: Values) -> Values:
    assert RULES.number("lab_grace_days", CLOZAPINE) == case["grace"]
    found = lab_gates.reach(day(case["last_anc"]), case["anc_interval"], case["grace"], day(case["fill"]))
    return {
        "next_anc_due": found.next_due_on,
        "suggested_max_days_supply": found.days,
        "with_grace": found.days_with_grace,
        "hard_block": found.hard_block,
    }


def missed_doses(case: Values) -> Values:
    hours = lab_gates.hours_between(moment(case["last_dose"]), moment(case["next_dose"]))
    limit = RULES.number("retitration_hours", CLOZAPINE)
    return {"hours": hours, "retitrate": lab_gates.must_retitrate(hours, limit)}


SHAPES: list[tuple[set[str], Callable[[Values], Values]]] = [
    ({"fills", "period"}, covered_share),
    ({"index_fill"}, from_index),
    ({"recorded_utc"}, local_date),
    ({"tz", "local"}, clock_change),
    ({"given", "interval_days"}, injection_window),
    ({"stabilised_mg"}, missed_injection),
    ({"last_dose", "next_dose"}, missed_doses),
    ({"last_anc"}, lab_reach),
    ({"schedule", "prescriptions_days"}, series),
    ({"schedule", "prescriptions"}, series),
    ({"schedule", "partial_at"}, short_stock),
    ({"schedule", "written", "partials"}, requested_partial),
    ({"schedule", "attempt"}, controlled_fill),
    ({"two_day_rule"}, earliest_fill),
    ({"fill", "qty"}, one_supply),
    ({"fill", "days_supply"}, one_supply),
]
"""Keys that an input has, and what reads it; the first that fits."""


def read(case: Values) -> Values:
    if "fills" in case and isinstance(case["fills"][0][1], str):
        return several_drugs(case)
    fitting = next((reader for keys, reader in SHAPES if keys <= case.keys()), None)
    return fitting(case) if fitting else several_fills(case)


def plain(value: Any) -> Any:
    """As JSON would have it; numbers stay exact."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value


@pytest.mark.parametrize("case", CASES, ids=[f"{case['id']} {case['title']}" for case in CASES])
def test_the_worked_example_has_exactly_this_answer(case: Values) -> None:
    found = read(case["input"])
    assert {name: plain(found[name]) for name in case["answer"]} == case["answer"]


def test_all_but_five_of_the_forty_six_worked_examples_are_answered() -> None:
    assert (len(TOLD), len(CASES)) == (46, 41)
