"""How much may be handed out and how soon: earliest refill, early reasons, portions, quantity against the plan.

Pure: standard library only; the numbers come from the rules passed in.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from fractions import Fraction
from math import floor

from refills.supply import lasting as supply_lasting
from refills.supply.lasting import Number, Plan
from refills.supply.rules import Rules


class EarlyReason(StrEnum):
    LOST = "lost"
    STOLEN = "stolen"
    DAMAGED = "damaged"
    TRAVEL = "travel"
    DOSE_CHANGE = "dose_change"
    OTHER = "other"


GONE = (EarlyReason.LOST, EarlyReason.STOLEN)
REPLACED = (*GONE, EarlyReason.DAMAGED)
"""What was handed out before a fill for such a reason is not at home any more."""


class Signal(StrEnum):
    """What a clinician should look at; never a refusal."""

    MANY_EARLY_REQUESTS = "many_early_requests"
    MANY_LOST = "many_lost"
    SEVERAL_PRESCRIBERS = "several_prescribers"


@dataclass(frozen=True, slots=True)
class Early:
    """One request for more before it was due."""

    on: date
    reason: EarlyReason


@dataclass(frozen=True, slots=True)
class Noticed:
    """A signal with its count since a day."""

    signal: Signal
    count: int
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Earliest:
    """The first day for the next fill by the share that must be used up, and by days before run-out where a rule says
    so; the later of the two counts."""

    by_share: date
    by_days: date | None

    @property
    def on(self) -> date:
        """The first day on which nothing stands in the way."""
        return max(self.by_share, self.by_days or self.by_share)


@dataclass(frozen=True, slots=True)
class Compared:
    """A quantity against the plan: units that the stated days need, and the days that the quantity really lasts
    (None: it never runs out)."""

    needed: Fraction
    lasts_days: int | None
    stated_days: int
    agrees: bool


def earliest_by_share(run_out_on: date, days_supply: int, share: Number) -> date:
    """The first day on which this share of the last fill's days is used up, counted back from the run-out."""
    return run_out_on - timedelta(days=floor(days_supply * (1 - Fraction(share))))


def earliest(run_out_on: date, days_supply: int, rules: Rules, scopes: Collection[str]) -> Earliest:
    """The first day for the next fill; `run_out_on` is that of all the stock at home, carried over."""
    days = rules.find("early_days_max", scopes)
    return Earliest(
        by_share=earliest_by_share(run_out_on, days_supply, rules.number("early_share", scopes)),
        by_days=None if days is None else run_out_on - timedelta(days=int(days.value)),
    )


def noticed(
    history: Sequence[Early], on: date, rules: Rules, scopes: Collection[str], *, prescribers: int = 1
) -> list[Noticed]:
    """What repeated early requests up to and including that day suggest; for a clinician to look at, not a refusal."""
    found = []
    for signal, name, reasons in (
        (Signal.MANY_EARLY_REQUESTS, "early_requests", tuple(EarlyReason)),
        (Signal.MANY_LOST, "lost_reports", GONE),
    ):
        since = on - timedelta(days=rules.whole(f"{name}_days", scopes) - 1)
        count = sum(1 for early in history if early.reason in reasons and since <= early.on <= on)
        if count >= rules.number(f"{name}_count", scopes):
            found.append(Noticed(signal, count, since))
    if prescribers > 1:
        found.append(Noticed(Signal.SEVERAL_PRESCRIBERS, prescribers))
    return found


def compare(quantity: Number, stated_days: int, start: date, plan: Plan, *, tolerance_days: int) -> Compared:
    """Does the quantity last as long as stated, when it is used as planned?"""
    lasting = supply_lasting.lasts(quantity, start, plan)
    wanted = supply_lasting.needed(plan, start, start + timedelta(days=stated_days))
    agrees = lasting.as_planned or (lasting.days is not None and abs(lasting.days - stated_days) <= tolerance_days)
    return Compared(wanted, lasting.days, stated_days, agrees)
