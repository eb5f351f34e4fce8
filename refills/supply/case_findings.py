"""What the supply rules say of a refill that somebody proposes in a case told as JSON, in no record.

Pure: standard library only. The input and the output are those of review_case (clinical/case_format.md).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from refills.supply import controlled, dispensing
from refills.supply.controlled import Decision, Handed, Order, Reason
from refills.supply.rules import CONTROLLED, Rules

MAJOR, MODERATE = "major", "moderate"
SERIES = (
    "several prescriptions of one day may supply up to {days} days in all, "
    "each after the first with its earliest fill date"
)


@dataclass(frozen=True, slots=True)
class Found:
    problem: str
    severity: str
    summary: str
    management: str
    source: str


def of_case(case: Mapping[str, Any], schedule: str, rules: Rules, scopes: Collection[str]) -> list[Found]:
    """Findings of a proposed refill; none where no refill is proposed or nothing is known of it."""
    told: Mapping[str, Any] = case.get("refill") or {}
    proposed: Mapping[str, Any] = case.get("proposed") or {}
    if proposed.get("action") != "refill":
        return []
    on = date.fromisoformat(str(case["as_of"])[:10])
    return [*_by_schedule(told, schedule, on, rules, scopes), *_too_early(told, on, rules, scopes)]


def _by_schedule(
    told: Mapping[str, Any], schedule: str, on: date, rules: Rules, scopes: Collection[str]
) -> list[Found]:
    """What forbids this refill: its schedule, the time since it was issued, refills used up."""
    filled, issued = _day(told.get("fill_date")), _day(told.get("issued"))
    begun = issued or filled or on
    used = int(told.get("fills_used") or 0)
    left, authorised = told.get("refills_remaining"), told.get("refills_authorised")
    handed = [Handed(begun)] * max(used, 1)  # what is refilled has been filled once
    order = Order(begun, None if authorised is None else int(authorised))
    decision = controlled.decide(order, handed, on, rules, scopes, units=None)
    found = [_said(one.reason, schedule, decision, one.source, rules, scopes) for one in decision.refusals
             if issued is not None or one.reason != Reason.EXPIRED]  # fmt: skip
    if not found and left is not None and int(left) <= 0:
        found.append(_said(Reason.REFILLS_USED, schedule, decision, "", rules, scopes))
    return found


def _said(
    reason: Reason, schedule: str, decision: Decision, source: str, rules: Rules, scopes: Collection[str]
) -> Found:
    name = f"Schedule {schedule.removeprefix('C')} ({schedule})" if schedule else "Not a controlled drug"
    severity = MAJOR if schedule else MODERATE
    action = "A new prescription is needed"
    if reason == Reason.NO_REFILLS:
        limit = rules.find("series_days_max", scopes)
        more = f"; {SERIES.format(days=int(limit.value))}" if limit else ""
        return Found("no_refills", severity, f"{name}: no refills are allowed.", f"{action}{more}.", source)
    if reason == Reason.EXPIRED:
        rule = rules.find("valid_months", scopes)
        months = f"{int(rule.value)} months" if rule else "its time"
        summary = f"{name}: no fill later than {months} after issue; last valid {decision.last_valid_on}."
        return Found("prescription_expired", severity, summary, f"{action}.", source)
    if reason == Reason.TOO_EARLY:
        first = next(one.day for one in decision.refusals if one.reason == reason)
        summary = f"{name}: issued for {first}; nothing may be filled on it before that day."
        return Found("early_refill", severity, summary, f"Fill it from {first} on.", source)
    allowed = "" if decision.refills_allowed is None else f" (at most {decision.refills_allowed} refills)"
    return Found("refills_used", severity, f"{name}: no refills remaining{allowed}.", f"{action}.", source)


def _too_early(told: Mapping[str, Any], on: date, rules: Rules, scopes: Collection[str]) -> list[Found]:
    """A refill before enough of the last fill is used up."""
    filled, days = _day(told.get("fill_date")), told.get("days_supply")
    if filled is None or not days:
        return []
    run_out = filled + timedelta(days=int(days))
    first = dispensing.earliest(run_out, int(days), rules, scopes)
    if on >= first.on:
        return []
    share = int(rules.number("early_share", scopes) * 100)
    by_days = f", and not before {first.by_days} by the days before run-out" if first.by_days else ""
    summary = f"Too early: the supply lasts until {run_out}; earliest {first.on}."
    management = (
        f"Earliest refill {first.on} ({share} % used: {first.by_share}{by_days}). "
        "Earlier only for a recorded reason: lost, stolen, travel or a change of dose."
    )
    severity = MAJOR if CONTROLLED in scopes else MODERATE
    return [Found("early_refill", severity, summary, management, "site rule early_share, early_days_max")]


def _day(value: object) -> date | None:
    return date.fromisoformat(str(value)[:10]) if value else None
