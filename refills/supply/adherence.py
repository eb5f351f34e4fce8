"""How much of the time somebody had their medicine: PDC as PQA defines it, MPR, injections on time, self-report.

Pure: standard library only. Shares are compared as whole numbers; the percentage is only for people to read.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from fractions import Fraction
from itertools import pairwise

from refills.supply import fills as supply_fills
from refills.supply.fills import Fill

ADHERENT_PERCENT = Fraction(80)
INDEX_DAYS, FEWEST_FILLS = 91, 2


class NotScored(StrEnum):
    AS_NEEDED = "as_needed"
    TAPER = "taper"
    FEW_FILLS = "few_fills"
    LATE_INDEX = "late_index"


@dataclass(frozen=True, slots=True)
class Share:
    """Days out of days, both whole; `percent` has one decimal, half up."""

    days: int
    of: int
    threshold: Fraction = ADHERENT_PERCENT

    def __post_init__(self) -> None:
        if not 0 <= self.days <= self.of or self.of < 1:
            raise ValueError(f"{self.days} of {self.of} days is no share.")

    @property
    def percent(self) -> Decimal:
        """For people to read; never compared with a threshold."""
        return (Decimal(100) * self.days / self.of).quantize(Decimal("0.1"), ROUND_HALF_UP)

    @property
    def adherent(self) -> bool:
        """At least the threshold, compared exactly."""
        return self.days * 100 >= self.threshold * self.of


def period_days(first: date, last: date) -> int:
    """Days of a period, both ends included."""
    return (last - first).days + 1


def covered(fills: Iterable[Fill]) -> list[tuple[date, date]]:
    """The days that one drug's fills cover, each stretch from its first to the day after its last; overlaps of the
    same drug are shifted, so that stretches never overlap."""
    return [(stretch.starts_on, stretch.runs_out_on) for stretch in supply_fills.stretches(fills)]


def union_days(stretches: Iterable[tuple[date, date]], first: date, last: date) -> int:
    """Days of the period in any stretch, each counted once; what lies outside the period is dropped."""
    end, total, reached = last + timedelta(days=1), 0, first
    for start, until in sorted(stretches):
        begin = max(start, reached)
        if min(until, end) > begin:
            total += (min(until, end) - begin).days
        reached = max(reached, min(until, end))
    return total


def pdc(fills: Iterable[Fill], first: date, last: date, *, threshold: Fraction = ADHERENT_PERCENT) -> Share:
    """The proportion of days covered by one drug in a period, both ends included."""
    return Share(union_days(covered(fills), first, last), period_days(first, last), threshold)


def class_pdc(
    by_drug: Mapping[str, Sequence[Fill]], first: date, last: date, *, threshold: Fraction = ADHERENT_PERCENT
) -> Share:
    """The same for a class: a day counts when any of its drugs covers it, and no drug shifts another."""
    stretches = [stretch for fills in by_drug.values() for stretch in covered(fills)]
    return Share(union_days(stretches, first, last), period_days(first, last), threshold)


def mpr(fills: Iterable[Fill], first: date, last: date, *, threshold: Fraction = ADHERENT_PERCENT) -> Share:
    """The medication possession ratio: days' supply handed out in the period over its days, capped at 100 percent.

    The last fill counts only as far as the period goes; earlier overlaps count in full, which is how MPR differs from
    PDC before the cap.
    """
    within = sorted((fill for fill in fills if first <= fill.on <= last), key=lambda fill: fill.on)
    supplied = sum(fill.days_supply for fill in within[:-1])
    if within:
        supplied += min(within[-1].days_supply, (last - within[-1].on).days + 1)
    whole = period_days(first, last)
    return Share(min(supplied, whole), whole, threshold)


def measured(
    by_drug: Mapping[str, Sequence[Fill]],
    first: date,
    last: date,
    *,
    threshold: Fraction = ADHERENT_PERCENT,
    index_days: int = INDEX_DAYS,
    fewest_fills: int = FEWEST_FILLS,
    not_scored: NotScored | None = None,
) -> Share | NotScored:
    """PDC of a drug or class in a measurement year, as PQA has it: from the first fill in the year to its end.

    Not scored: what is taken as needed or tapered off, too few fills, or a first fill too late in the year.
    `last` is the year's end, or the day of disenrolment or death if that is earlier.
    """
    if not_scored is not None:
        return not_scored
    within = {drug: [fill for fill in fills if first <= fill.on <= last] for drug, fills in by_drug.items()}
    days = [fill.on for fills in within.values() for fill in fills]
    if len(days) < fewest_fills:
        return NotScored.FEW_FILLS
    index = min(days)
    if (last - index).days < index_days:
        return NotScored.LATE_INDEX
    return class_pdc(within, index, last, threshold=threshold)


def gap_days(fills: Iterable[Fill], first: date, last: date) -> int:
    """Days of the period without medicine, from the first fill in or before it on."""
    stretches = covered(fills)
    if not stretches or stretches[0][0] > last:
        return 0
    begin = max(first, stretches[0][0])
    return period_days(begin, last) - union_days(stretches, begin, last)


def on_time(given: Sequence[date], interval_days: int, early: int, late: int) -> tuple[int, int] | None:
    """Injections given within their window, and those that had one: every one after the first. None before those."""
    ordered = sorted(given)
    gaps = [(two - one).days for one, two in pairwise(ordered)]
    if not gaps:
        return None
    return sum(1 for gap in gaps if interval_days - early <= gap <= interval_days + late), len(gaps)
