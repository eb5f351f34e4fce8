"""How soon a task of each kind must be done, who is told when it is not, and which comes first: read from tables."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from refills import tables
from refills.models import HIGHEST_LEVEL, LEAST_URGENT, MOST_URGENT, TaskKind
from refills.worklist import site_hours
from refills.worklist.site_hours import Hours

EVERY_CASE = "*"
BUSINESS, CLOCK = "business", "clock"
OWN_ROLE, ADMINISTRATOR = "role", "administrator"
ROLES = ("psychiatrist", "nurse", "pharmacist")
BAND = 10
"""A step of urgency is worth so many ranks; a raised task comes so many ranks earlier."""
LIFT = {1: 10, 2: 5}
"""How many ranks earlier a task comes whose drug must not stop, by its tier of stop risk."""


class BadLevel(ValueError):
    """A row that cannot be read, or a kind without one; says which."""


@dataclass(frozen=True, slots=True)
class Level:
    """What is promised for one kind of task, or for one case of it."""

    kind: str
    case: str
    priority: int
    place: int
    by_clock: bool
    due: timedelta
    again: timedelta
    chain: tuple[str, ...]
    put_off: timedelta
    with_drug: bool
    reason: str
    source: str

    def later(self, moment: datetime, hours: timedelta, site: Hours) -> datetime:
        """So many hours later: of the clock where harm does not wait, else of the site's working time."""
        return moment + hours if self.by_clock else site.after(moment, hours)

    def rank(self, priority: int, stop_tier: int) -> int:
        """Clinical risk, smallest first: urgency gives the band of ten, the kind its place in it, and a drug that must
        not stop lifts it by half a band or a whole one."""
        lift = LIFT.get(stop_tier, 0) if self.with_drug else 0
        return max(1, BAND * priority + self.place - lift)

    def raised_to(self, level: int, role: str) -> str:
        """The role that sees the task too at this level of escalation; blank where that is nobody new."""
        if not 1 <= level <= len(self.chain):
            return ""
        named = self.chain[level - 1]
        return "" if named in (OWN_ROLE, ADMINISTRATOR, role) else named


@dataclass(frozen=True)
class Levels:
    """All the rows, by kind and case."""

    rows: Mapping[tuple[str, str], Level]

    def __post_init__(self) -> None:
        missing = [kind for kind in TaskKind.values if (kind, EVERY_CASE) not in self.rows]
        if missing:
            raise BadLevel(f"No service level for {', '.join(missing)}.")

    def of(self, kind: str, case: object = "") -> Level:
        """The row of the case (a word, or an urgency from 1 to 4), else the one for every case of the kind."""
        found = self.rows.get((kind, str(case))) or self.rows.get((kind, EVERY_CASE))
        return found or self.rows[TaskKind.OTHER, EVERY_CASE]


def due(kind: str, case: object, opened_at: datetime, site: Hours | None = None) -> datetime:
    """By when a task of this kind, opened then, must be done; `case` is a word of the table or an urgency."""
    level = levels().of(kind, case)
    return level.later(opened_at, level.due, site or hours())


@lru_cache(maxsize=1)
def levels() -> Levels:
    """The site's service levels: the shipped table, with the site's own rows in place of its."""
    return load(_tables("service_levels.csv", settings.SERVICE_LEVELS_FILE))


@lru_cache(maxsize=1)
def hours() -> Hours:
    """The site's hours: the shipped table, with the site's own rows in place of its."""
    return site_hours.load(settings.TIME_ZONE, _tables("site_hours.csv", settings.SITE_HOURS_FILE))


def load(paths: Iterable[Path]) -> Levels:
    """The rows of the tables, a later table's in place of an earlier one's of the same kind and case."""
    rows: dict[tuple[str, str], Level] = {}
    for path in paths:
        for line, row in tables.read(path):
            try:
                level = _level(row)
            except (KeyError, TypeError, ValueError) as wrong:
                raise BadLevel(f"{path.name} line {line}: {wrong}") from wrong
            rows[level.kind, level.case] = level
    return Levels(rows)


def _level(row: Mapping[str, str]) -> Level:
    level = Level(
        kind=row["kind"],
        case=row["case"],
        priority=int(row["priority"]),
        place=int(row["place"]),
        by_clock={CLOCK: True, BUSINESS: False}[row["clock"]],
        due=timedelta(hours=float(row["due_hours"])),
        again=timedelta(hours=float(row["again_hours"])),
        chain=tuple(row["chain"].split(">")),
        put_off=timedelta(hours=float(row["put_off_hours"])),
        with_drug={"yes": True, "no": False}[row["with_drug"]],
        reason=row["reason"],
        source=row["source"],
    )
    faults = {
        "there is no such kind": level.kind not in TaskKind.values,
        "urgency is 1 to 4": not MOST_URGENT <= level.priority <= LEAST_URGENT,
        "a place is 0 to 9": not 0 <= level.place < BAND,
        "hours are more than none and at most 1000": not timedelta() < level.due <= timedelta(hours=1000),
        "it is raised again after some time": not timedelta() < level.again <= timedelta(hours=1000),
        "it is put off by at most 1000 hours": not timedelta() <= level.put_off <= timedelta(hours=1000),
        "a chain has a role for each level": len(level.chain) != HIGHEST_LEVEL,
        "a chain names roles": any(name not in (OWN_ROLE, ADMINISTRATOR, *ROLES) for name in level.chain),
        "a reason and a source are given": not (level.reason and level.source),
    }
    for fault, holds in faults.items():
        if holds:
            raise ValueError(fault)
    return level


def _tables(shipped: str, own: str) -> list[Path]:
    """The shipped table and, if the site has one, its own."""
    return [settings.BASE_DIR / "data" / shipped, *([Path(own)] if own else [])]
