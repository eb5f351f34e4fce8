"""Supply that depends on a lab: what is missing, how far it reaches, and a clinician's release. It never blocks.

Pure: standard library only. Clozapine is the reason: the FDA ended the REMS in February 2025, the label keeps the ANC;
withholding clozapine does harm, so what is overdue waits for a person and is not refused (clinical/refill_rules.md).
"""

import csv
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from pathlib import Path

SEGMENT = re.compile(r"^(\d+)\.\.(\d*):(\d+)$")


class State(StrEnum):
    """May the supply go on without a person looking at it?"""

    CLEAR = "clear"
    PENDS = "pends"
    RELEASED = "released"


class Missing(StrEnum):
    """What a person must look at."""

    NEVER_TAKEN = "never_taken"
    OVERDUE = "overdue"
    TOO_LOW = "too_low"


@dataclass(frozen=True, slots=True)
class Interval:
    """From day `first` to day `last` of treatment (None: for good) a result every `every` days."""

    first: int
    last: int | None
    every: int


@dataclass(frozen=True, slots=True)
class Result:
    """One lab value."""

    on: date
    value: Decimal


@dataclass(frozen=True, slots=True)
class Release:
    """A clinician's decision to go on all the same: who, why in words, and until which day."""

    by: str
    why: str
    until: date

    def __post_init__(self) -> None:
        if not self.why.strip():
            raise ValueError("A release needs its reason.")


@dataclass(frozen=True, slots=True)
class Reach:
    """How far a supply should reach so that it does not outlast the next result; advice, never a block."""

    next_due_on: date
    days: int
    days_with_grace: int
    hard_block: bool = False


@dataclass(frozen=True, slots=True)
class Gate:
    """Where the supply stands: what is missing since when, and the release that covers it."""

    state: State
    missing: Missing | None = None
    since: date | None = None
    release: Release | None = None


def intervals(written: str) -> tuple[Interval, ...]:
    """Reads "0..182:7;183..365:14;366..:28" as monitoring_rules.csv writes it; ValueError for anything else."""
    found = []
    for part in written.split(";"):
        match = SEGMENT.match(part.strip())
        if match is None:
            raise ValueError(f"“{part}” is no interval of a monitoring schedule.")
        found.append(Interval(int(match[1]), int(match[2]) if match[2] else None, int(match[3])))
    return tuple(found)


def load_intervals(path: Path, loinc: str) -> dict[str, tuple[Interval, ...]]:
    """By drug, how often monitoring_rules.csv wants this lab; of several rows for one drug the first, for everybody."""
    found: dict[str, tuple[Interval, ...]] = {}
    with path.open(encoding="utf-8", newline="") as table:
        for row in csv.DictReader(table):
            if row["loinc"] == loinc and row["schedule_segments"]:
                found.setdefault(row["target"], intervals(row["schedule_segments"]))
    return found


@dataclass(frozen=True)
class Needed:
    """A lab that a drug's supply depends on: how often, how low it may be, for whom (`condition`, empty: anybody)."""

    drug: str
    code: str
    label: str
    intervals: tuple[Interval, ...]
    lowest: Decimal | None
    grace_days: int
    condition: str
    source: str


def load_needed(gates: Path, monitoring: Path) -> list[Needed]:
    """The labs of lab_gates.csv with the intervals that their rows of monitoring_rules.csv give."""
    with monitoring.open(encoding="utf-8", newline="") as table:
        written = {row["rule_id"]: row["schedule_segments"] for row in csv.DictReader(table)}
    with gates.open(encoding="utf-8", newline="") as table:
        return [
            Needed(
                drug=row["drug"],
                code=row["code"],
                label=row["label"],
                intervals=intervals(written[row["rule_id"]]),
                lowest=Decimal(row["lowest"]) if row["lowest"] else None,
                grace_days=int(row["grace_days"]),
                condition=row["condition"],
                source=row["source"],
            )
            for row in csv.DictReader(table)
        ]


def for_person(known: Sequence[Needed], scopes: Collection[str], conditions: Collection[str]) -> Needed | None:
    """The lab that this drug needs in this person; a row for a condition on record comes before one for anybody."""
    mine = [one for one in known if f"drug:{one.drug}" in scopes]
    told = " ; ".join(conditions).lower()
    special = [one for one in mine if one.condition and one.condition.lower() in told]
    return next(iter([*special, *(one for one in mine if not one.condition)]), None)


def interval_on(day: int, known: Sequence[Interval]) -> int | None:
    """How often a result is needed on this day of treatment; None where the schedule says nothing."""
    fitting = [one.every for one in known if one.first <= day and (one.last is None or day <= one.last)]
    return min(fitting, default=None)


def reach(last_on: date, interval_days: int, grace_days: int, fill_on: date) -> Reach:
    """Days' supply from the day of filling up to the next result, and with the days of grace."""
    due = last_on + timedelta(days=interval_days)
    days = max(0, (due - fill_on).days)
    return Reach(due, days, max(0, (due - fill_on).days + grace_days))


def gate(
    latest: Result | None,
    interval_days: int,
    on: date,
    *,
    grace_days: int = 0,
    lowest: Decimal | None = None,
    release: Release | None = None,
) -> Gate:
    """Whether a result missing, overdue beyond its grace, or below `lowest` makes the supply wait for a person.

    A release holds up to and including its last day, whatever is missing.
    """
    missing, since = _missing(latest, interval_days, on, grace_days, lowest)
    if missing is None:
        return Gate(State.CLEAR)
    if release is not None and on <= release.until:
        return Gate(State.RELEASED, missing, since, release)
    return Gate(State.PENDS, missing, since)


def _missing(
    latest: Result | None, interval_days: int, on: date, grace_days: int, lowest: Decimal | None
) -> tuple[Missing | None, date | None]:
    """What is wrong with the latest result on that day, and since when."""
    if latest is None:
        return Missing.NEVER_TAKEN, None
    if lowest is not None and latest.value < lowest:
        return Missing.TOO_LOW, latest.on
    due = latest.on + timedelta(days=interval_days)
    return (Missing.OVERDUE, due) if on > due + timedelta(days=grace_days) else (None, None)


def hours_between(last_dose: datetime, next_dose: datetime) -> Fraction:
    """Hours without a dose, exactly. Two wall-clock times of one place without zones are counted as they stand."""
    return Fraction((next_dose - last_dose) // timedelta(microseconds=1), 3_600_000_000)


def must_retitrate(hours: Fraction, limit_hours: Fraction) -> bool:
    """From the limit on, treatment begins again with the starting dose."""
    return hours >= limit_hours
