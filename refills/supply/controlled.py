"""Whether a prescription may be filled on a day: federal schedules II to V, tightened by state and site rules.

Pure: standard library only; every number comes from the rules passed in. A refusal names its rule and its date; the
words for people are in errors.py.
"""

from calendar import monthrange
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from math import ceil

from refills.supply.rules import Rules


class Reason(StrEnum):
    TOO_EARLY = "too_early"
    EXPIRED = "expired"
    NO_REFILLS = "no_refills"
    REFILLS_USED = "refills_used"
    MORE_THAN_PRESCRIBED = "more_than_prescribed"
    REMAINDER_EXPIRED = "remainder_expired"
    SERIES_TOO_LONG = "series_too_long"
    TOO_MANY_REFILLS = "too_many_refills"
    NEEDS_FIRST_DAY = "needs_first_day"
    CLINIC_ONLY = "clinic_only"
    TOO_MANY_DAYS = "too_many_days"
    LIMITED = "limited"
    LAB_PENDS = "lab_pends"
    REVOKED = "revoked"
    BALANCE_LATE = "balance_late"


NEEDS_NEW = {
    Reason.EXPIRED,
    Reason.NO_REFILLS,
    Reason.REFILLS_USED,
    Reason.REMAINDER_EXPIRED,
    Reason.REVOKED,
    Reason.BALANCE_LATE,
}
NEW_PRESCRIPTION = "new prescription needed"


@dataclass(frozen=True, slots=True)
class Order:
    """One written prescription: quantity of one fill in units, and the refills that its prescriber allowed (None: not
    written down)."""

    issued_on: date
    refills: int | None = None
    quantity: Fraction | None = None
    earliest_on: date | None = None
    revoked_on: date | None = None
    """From this day on nothing may be filled on it."""


@dataclass(frozen=True, slots=True)
class Handed:
    """Units handed out on a day; quantity None where it is not known."""

    on: date
    quantity: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """The rule that forbids it, the date it turns on (last or first day allowed), its number and its source."""

    reason: Reason
    day: date | None = None
    limit: Fraction | None = None
    source: str = ""
    what: str = ""
    """What it waits for, where the sentence names it: a lab."""


@dataclass(frozen=True)
class Decision:
    """May it be filled? With everything that stands in the way."""

    refusals: tuple[Refusal, ...]
    last_valid_on: date | None
    refills_used: int
    refills_allowed: int | None
    remaining: Fraction | None = None
    """Units still to be had on this prescription, where quantities and refills are known."""

    @property
    def allowed(self) -> bool:
        return not self.refusals

    @property
    def action(self) -> str:
        """What helps: a new prescription, or nothing to be done."""
        return NEW_PRESCRIPTION if any(refusal.reason in NEEDS_NEW for refusal in self.refusals) else ""


@dataclass(frozen=True, slots=True)
class Part:
    """One of several schedule II prescriptions issued on one day."""

    ref: str
    days: int
    earliest_on: date | None = None


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last_valid_on(issued_on: date, rules: Rules, scopes: Collection[str], *, partial: bool = False) -> date | None:
    """The last day on which it may be filled; None where nothing limits it."""
    limits = [rules.find(name, scopes) for name in ("valid_months", *(["partial_valid_months"] if partial else []))]
    ends = [add_months(issued_on, int(limit.value)) for limit in limits if limit is not None]
    by_days = rules.find("valid_days", scopes)
    if by_days is not None:
        ends.append(issued_on + timedelta(days=int(by_days.value)))
    return min(ends, default=None)


def refills_allowed(order: Order, rules: Rules, scopes: Collection[str]) -> int | None:
    """As many as were authorised, never more than the rules allow; None where neither says a number."""
    most = rules.find("refills_max", scopes)
    numbers = [number for number in (order.refills, int(most.value) if most else None) if number is not None]
    return min(numbers, default=None)


def decide(
    order: Order, handed: Sequence[Handed], on: date, rules: Rules, scopes: Collection[str], *, units: Fraction | None
) -> Decision:
    """May `units` (None: one whole fill) be handed out on this day, after what was handed out before?

    A partial fill is not a refill: where the quantities are known, fills are counted by quantity.
    """
    amounts = [one.quantity for one in handed]
    known = order.quantity is not None and None not in amounts
    allowed = refills_allowed(order, rules, scopes)
    partial = known and any(amount < order.quantity for amount in (*amounts, units) if amount and order.quantity)
    last = last_valid_on(order.issued_on, rules, scopes, partial=partial)
    given = sum((amount for amount in amounts if amount is not None), Fraction(0))
    asked = units if units is not None else order.quantity
    after = _fills(given + (asked or 0), order) if known else len(handed) + 1
    before = _fills(given, order) if known else len(handed)
    left = (1 + allowed) * order.quantity - given if known and order.quantity and allowed is not None else None
    refusals = (
        *_by_day(order, on, last, rules, scopes),
        *_by_count(after, allowed, left, rules, scopes),
        *_by_remainder(order, given if known else None, on, rules, scopes),
    )
    return Decision(refusals, last, max(0, before - 1), allowed, left)


def in_force(
    orders: Sequence[Order],
    handed: Sequence[Handed],
    on: date,
    rules: Rules,
    scopes: Collection[str],
    *,
    units: Fraction | None,
) -> Decision:
    """The same for several prescriptions of one drug: what was handed out is put down to the first that allowed it.

    The decision of the first that allows the new fill; else all that the newest begun says, with the day from which
    the next may be filled. There must be at least one prescription.
    """
    ordered = in_order(orders)
    spent = spread(ordered, handed, rules, scopes)
    found = [
        decide(order, before, on, rules, scopes, units=units) for order, before in zip(ordered, spent, strict=True)
    ]
    allowing = next((decision for decision in found if decision.allowed), None)
    if allowing is not None:
        return allowing
    early = [decision for decision in found if {one.reason for one in decision.refusals} == {Reason.TOO_EARLY}]
    late = [decision for decision in found if Reason.TOO_EARLY not in {one.reason for one in decision.refusals}]
    shown = [*late[-1:], *early[:1]] or found[-1:]
    refusals = tuple(refusal for decision in shown for refusal in decision.refusals)
    last = shown[0]
    return Decision(refusals, last.last_valid_on, last.refills_used, last.refills_allowed, last.remaining)


def in_order(orders: Sequence[Order]) -> list[Order]:
    return sorted(orders, key=lambda order: (order.earliest_on or order.issued_on, order.issued_on))


def spread(
    ordered: Sequence[Order], handed: Sequence[Handed], rules: Rules, scopes: Collection[str]
) -> list[list[Handed]]:
    """What was handed out, put down to the first order that allowed it; else to the newest that had begun by then."""
    spent: list[list[Handed]] = [[] for _ in ordered]
    for one in sorted(handed, key=lambda one: one.on):
        for order, before in zip(ordered, spent, strict=True):
            if decide(order, before, one.on, rules, scopes, units=one.quantity).allowed:
                before.append(one)
                break
        else:
            begun = [place for place, order in enumerate(ordered) if (order.earliest_on or order.issued_on) <= one.on]
            if begun:
                spent[begun[-1]].append(one)
    return spent


def _fills(given: Fraction, order: Order) -> int:
    """Fills begun by that quantity."""
    assert order.quantity is not None
    return ceil(given / order.quantity)


def _by_day(
    order: Order, on: date, last: date | None, rules: Rules, scopes: Collection[str]
) -> list[Refusal]:  # fmt: skip
    """Too early, or too late."""
    found = []
    first = max(order.issued_on, order.earliest_on or order.issued_on)
    if on < first:
        rule = rules.find("series_days_max", scopes)
        found.append(Refusal(Reason.TOO_EARLY, day=first, source=rule.source if rule else ""))
    if order.revoked_on is not None and on >= order.revoked_on:
        found.append(Refusal(Reason.REVOKED, day=order.revoked_on))
    if last is not None and on > last:
        rule = rules.find("valid_months", scopes)
        found.append(Refusal(Reason.EXPIRED, day=last, source=rule.source if rule else ""))
    return found


def _by_count(
    after: int, allowed: int | None, left: Fraction | None, rules: Rules, scopes: Collection[str]
) -> list[Refusal]:  # fmt: skip
    """More than was prescribed, or one refill more than allowed; that a schedule has none at all is said as such."""
    if allowed is None or after - 1 <= allowed:
        return []
    if left:
        return [Refusal(Reason.MORE_THAN_PRESCRIBED, limit=left)]
    most = rules.find("refills_max", scopes)
    never = most is not None and most.value == 0
    reason = Reason.NO_REFILLS if never else Reason.REFILLS_USED
    return [Refusal(reason, limit=Fraction(allowed), source=most.source if most else "")]


def _by_remainder(
    order: Order, given: Fraction | None, on: date, rules: Rules, scopes: Collection[str]
) -> list[Refusal]:  # fmt: skip
    """The rest of a partial fill of a drug without refills comes within so many days of writing."""
    if order.quantity is None or not given or given >= order.quantity:
        return []
    until = remainder_by(order.issued_on, rules, scopes)
    if until is None or on <= until:
        return []
    rule = rules.find("partial_by_request_days", scopes)
    return [Refusal(Reason.REMAINDER_EXPIRED, day=until, source=rule.source if rule else "")]


def remainder_by(written_on: date, rules: Rules, scopes: Collection[str]) -> date | None:
    """The last day for the rest of a partial fill that patient or prescriber asked for; None: no own limit."""
    rule = rules.find("partial_by_request_days", scopes)
    return None if rule is None else written_on + timedelta(days=int(rule.value))


def balance_by(partial_at: datetime, rules: Rules, scopes: Collection[str]) -> datetime | None:
    """The latest moment for the balance when the pharmacy was short of stock; None: no own limit."""
    rule = rules.find("partial_short_stock_hours", scopes)
    return None if rule is None else partial_at + timedelta(hours=int(rule.value))


def series(parts: Sequence[Part], rules: Rules, scopes: Collection[str]) -> Refusal | None:
    """What forbids prescriptions issued together: too long in all, where a rule limits it."""
    rule = rules.find("series_days_max", scopes)
    if rule is None or sum(part.days for part in parts) <= rule.value:
        return None
    return Refusal(Reason.SERIES_TOO_LONG, limit=rule.value, source=rule.source)


def first_days(days: int, count: int, first_on: date) -> list[date]:
    """The first days of `count` prescriptions of so many days each, the later ones each when the one before ends."""
    return [first_on + timedelta(days=days * place) for place in range(count)]


def authorisable(refills: int, parts: Sequence[Part], rules: Rules, scopes: Collection[str]) -> list[Refusal]:
    """What forbids a new prescription with so many refills; `parts` are those issued that day, the new one the last."""
    found = []
    most = rules.find("refills_max", scopes)
    if most is not None and refills > most.value:
        found.append(Refusal(Reason.TOO_MANY_REFILLS, limit=most.value, source=most.source))
    days = rules.find("days_supply_max", scopes)
    if days is not None and parts[-1].days > days.value:
        found.append(Refusal(Reason.TOO_MANY_DAYS, limit=days.value, source=days.source))
    rule = rules.find("series_days_max", scopes)
    if rule is not None and len(parts) > 1 and parts[-1].earliest_on is None:
        found.append(Refusal(Reason.NEEDS_FIRST_DAY, source=rule.source))
    together = series(parts, rules, scopes)
    return [*found, *([together] if together else [])]


def is_for_clinic_only(rules: Rules, scopes: Collection[str]) -> Refusal | None:
    """A product that is given in the clinic and never handed to the patient."""
    rule = rules.find("dispensed_to_patient_max", scopes)
    return Refusal(Reason.CLINIC_ONLY, source=rule.source) if rule is not None and rule.value == 0 else None
