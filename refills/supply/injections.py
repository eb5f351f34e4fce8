"""When the next long-acting injection is due, and what the label says after a missed one.

Pure: standard library only; intervals are those of lai_rules.csv, missed doses those of lai_missed_doses.csv.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from refills.supply.controlled import add_months

TERM = re.compile(r"([+-]?) ?(\d+) (d|wk|mo)(?: |$)")
WORDS = {"d": "days", "wk": "weeks", "mo": "months"}
DAYS = {"d": 1, "wk": 7}


@dataclass(frozen=True, slots=True)
class Window:
    """The day it is due, the first and the last day on which it is on time, and the first on which it is overdue."""

    due_on: date
    opens_on: date
    closes_on: date

    @property
    def overdue_from(self) -> date:
        """The day after the window."""
        return self.closes_on + timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Missed:
    """What to do when it was last given more than `after` and at most `until` ago (empty: no limit), for maintenance
    doses of `from_mg` to `to_mg`. `action` may say {dose}."""

    product: str
    phase: str
    from_mg: Decimal | None
    to_mg: Decimal | None
    after: str
    until: str
    action: str
    source: str

    @property
    def category(self) -> str:
        """For people: ">42 and <=180 days"."""
        low, high = written(self.after), written(self.until)
        if low and high and low.partition(" ")[2] == high.partition(" ")[2]:
            low = low.partition(" ")[0]
        return " and ".join(word for word in (low and f">{low}", high and f"<={high}") if word) or "any time"

    def holds(self, last_on: date, today: date) -> bool:
        """Does that much time lie between?"""
        late_enough = not self.after or today > later(last_on, self.after)
        return late_enough and (not self.until or today <= later(last_on, self.until))

    def is_for(self, dose_mg: Decimal | None) -> bool:
        """Does it speak of this dose? One without limits speaks of every dose, also of one that is not known."""
        if dose_mg is None:
            return self.from_mg is None and self.to_mg is None
        return (self.from_mg is None or self.from_mg <= dose_mg) and (self.to_mg is None or dose_mg <= self.to_mg)

    def text(self, dose_mg: Decimal | None) -> str:
        """The action with the dose in it."""
        return self.action.replace("{dose}", f"{dose_mg.normalize():f}" if dose_mg is not None else "usual")


def window(given_on: date, interval_days: int, early: int, late: int) -> Window:
    """The window of the next injection, counted from the day of the last."""
    due = given_on + timedelta(days=interval_days)
    return Window(due, due - timedelta(days=early), due + timedelta(days=late))


def later(day: date, term: str) -> date:
    """A day so much later: "42 d", "4 mo", "6 mo + 3 wk", "4 mo - 1 d"; a month ends at the last of a shorter one."""
    for sign, count, unit in terms(term):
        number = -int(count) if sign == "-" else int(count)
        day = add_months(day, number) if unit == "mo" else day + timedelta(days=number * DAYS[unit])
    return day


def terms(term: str) -> list[tuple[str, str, str]]:
    """Its parts: sign, number, unit. ValueError for what is no length of time."""
    found = TERM.findall(term)
    if not found or TERM.sub("", term).strip():
        raise ValueError(f"“{term}” is no length of time.")
    return found


def written(term: str) -> str:
    """A length of time for people; empty stays empty."""
    return " ".join(f"{sign} {count} {WORDS[unit]}".strip() for sign, count, unit in terms(term)) if term else ""


def missed(
    product: str,
    last_on: date,
    today: date,
    rows: Sequence[Missed],
    *,
    phase: str = "maintenance",
    dose_mg: Decimal | None = None,
) -> Missed | None:
    """The row that speaks of this product, phase, dose and time; None where the label says nothing of it."""
    fitting = [row for row in rows if row.product == product and row.phase == phase]
    return next((row for row in fitting if row.is_for(dose_mg) and row.holds(last_on, today)), None)


def missed_rows(rows: Iterable[Mapping[str, str]]) -> list[Missed]:
    """The rows of a table of missed doses."""
    return [
        Missed(
            product=row["product"],
            phase=row["phase"],
            from_mg=Decimal(row["from_mg"]) if row["from_mg"] else None,
            to_mg=Decimal(row["to_mg"]) if row["to_mg"] else None,
            after=row["after"],
            until=row["until"],
            action=row["action"],
            source=row["source"],
        )
        for row in rows
    ]
