"""The bridge to monitoring: which labs and measurements a medicine asks for, when each was last done and is due."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from interactions import library
from interactions.engine.care_tables import CareTables
from medmgmt.record import dosing
from medmgmt.record.models import Observation
from refills.supply import lab_gates
from refills.supply.lab_gates import Interval


@dataclass(frozen=True)
class MeasureAsked:
    """A monitoring rule of the release in use that has a schedule and a code we record."""

    target: str
    parameter: str
    code: str
    intervals: tuple[Interval, ...]
    grace_days: int


@dataclass(frozen=True)
class Due:
    """One lab of one medicine: its latest value, when the next is due, and whether that is over."""

    parameter: str
    code: str
    latest: Observation | None
    due_on: date | None
    overdue: bool


@lru_cache(maxsize=4)
def asked(care: CareTables) -> tuple[MeasureAsked, ...]:
    """Everything that is asked for regularly of everybody; worked out once a release."""
    found: dict[tuple[str, str], MeasureAsked] = {}
    for rule in care.monitoring:
        if rule.code and rule.spans and rule.code not in library.observed_at_hand().scales:
            every = tuple(Interval(*span) for span in rule.spans)
            one = MeasureAsked(rule.target, rule.parameter, rule.code, every, rule.grace_days)
            found.setdefault((rule.target, rule.code), one)
    return tuple(found.values())


def of_course(
    care: CareTables,
    steps: Sequence[dosing.Step],
    scopes: Collection[str],
    observations: Iterable[Observation],
    zone: str,
    day: date,
) -> list[Due]:
    """What one medicine asks for on a day by the release in use, what is overdue first; no query."""
    since = dosing.taken_since(steps, day)
    if since is None:
        return []
    newest: dict[str, Observation] = {}
    for one in sorted(observations, key=lambda one: (one.observed_at, one.pk)):
        newest[one.code] = one
    mine = [one for one in asked(care) if {f"drug:{one.target}", one.target, f"class:{one.target}"} & set(scopes)]
    found = [due(one, newest.get(one.code), since, ZoneInfo(zone), day) for one in mine]
    return sorted([one for one in found if one is not None], key=lambda one: (not one.overdue, one.parameter))


def due(one: MeasureAsked, latest: Observation | None, since: date, zone: ZoneInfo, day: date) -> Due | None:
    """When the next is due; None where the schedule says nothing of this day and nothing was ever measured."""
    every = lab_gates.interval_on((day - since).days, one.intervals)
    if every is None and latest is None:
        return None
    if every is None:
        return Due(one.parameter, one.code, latest, None, overdue=False)
    from_day = latest.observed_at.astimezone(zone).date() if latest else since
    due_on = from_day + timedelta(days=every)
    return Due(one.parameter, one.code, latest, due_on, overdue=day > due_on + timedelta(days=one.grace_days))
