"""How large a number may be and how far away a day, each with its reason: columns, forms, bodies and sums ask here.

What a single dose may be stands beside its unit (`medmgmt.record.vocabulary.UNITS`), what may be measured beside its
code (`data/observables.csv`), and what a rule forbids in `data/refill_rules.csv`: these are about what cannot be meant.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any


@dataclass(frozen=True)
class Bound:
    """The least and the most that can be meant."""

    least: int
    most: int
    why: str


OF = {
    "quantity": Bound(0, 10_000, "A year of 27 tablets a day, or 100 days of 100 mL a day: more is a slip of the pen."),
    "days_supply": Bound(1, 366, "Nobody writes or hands out more than a year at once."),
    "first_supply_days": Bound(1, 366, "The same, for the supply that an order begins with."),
    "most_days": Bound(1, 90, "Dispensing is limited to days or weeks; beyond a quarter nothing is limited."),
    "refills": Bound(0, 99, "Two digits, as on a prescription."),
    "every_days": Bound(2, 366, "The slowest rhythm is once a year."),
    "hours_worn": Bound(1, 168, "The longest that a patch is made for is a week."),
}
FIRST_DAY = date(1880, 1, 1)
"""Nobody in care was born before, and nothing on record happened before."""
LAST_DAY = date(2199, 12, 31)
"""Beyond every life and every plan. What would last longer is said to end here, so that no sum of days overflows."""


def limits(name: str) -> dict[str, Any]:
    """What fields of forms and of bodies call it; nothing for a number that is bounded elsewhere."""
    bound = OF.get(name)
    return {} if bound is None else {"min_value": bound.least, "max_value": bound.most}
