"""How a dose may be begun, raised, taken up again and ended, as the tables of a release say it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple, TypeVar

from interactions.engine import person
from interactions.engine.conditions import When
from interactions.engine.severity import NAMED, Severity

Row = Mapping[str, str]
Rows = Sequence[Row]
TABLES = ("titration_patterns", "retitration_rules", "taper_rules")
GOES_ON = "continue"
ELSEWHERE = "reference"
"""Actions of a row that asks for nothing, and of one that points to another table."""
NO_DANGER = "none"
Rule = TypeVar("Rule")


class Step(NamedTuple):
    """What one pattern allows in a stretch of days."""

    row_id: str
    from_day: int
    """1 is the first day."""
    to_day: int | None
    """None from there on."""
    most: Decimal
    """mg a day."""
    severity: Severity
    is_hard: bool
    """Otherwise it is minor until a dose is far above."""
    problem: str
    says: str
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Pattern:
    """The steps of one way to begin, in order."""

    name: str
    form: str
    when: When
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Restart:
    """How a drug is taken up again after so many days since its last dose."""

    rule_id: str
    form: str
    when: When
    gap_from: Decimal
    """Days; `from_included` where the day itself counts."""
    from_included: bool
    gap_to: Decimal | None
    action: str
    most: Decimal | None
    """mg a day; None where it is a share of the former dose, or where no dose makes it safe."""
    percent: Decimal | None
    advice: str
    also_check: str
    severity: Severity
    problem: str
    source: str
    confidence: str

    def is_after(self, days: int) -> bool:
        """Whether the rule speaks of a gap of so many days."""
        begins = days >= self.gap_from if self.from_included else days > self.gap_from
        return begins and (self.gap_to is None or days <= self.gap_to)


@dataclass(frozen=True, slots=True)
class Taper:
    """What may come of stopping at once, from how many days and milligrams on, and how it is done instead."""

    rule_id: str
    when: When
    from_days: int
    from_mg: Decimal
    severity: Severity | None
    """None where it may be stopped at once."""
    problem: str
    syndrome: str
    usual_taper: str
    least_days: int
    """How long a whole taper takes at the least."""
    most_percent: Decimal | None
    """Of the dose before or the first, the largest single cut."""
    interval_days: int
    exception: str
    advice: str
    source: str
    confidence: str


@dataclass(frozen=True)
class CourseTables:
    """The tables by drug: a row of the drug itself takes the place of one of its class."""

    patterns: Mapping[str, tuple[Pattern, ...]] = field(default_factory=dict)
    restarts: Mapping[str, tuple[Restart, ...]] = field(default_factory=dict)
    tapers: Mapping[str, tuple[Taper, ...]] = field(default_factory=dict)


def read(tables: Mapping[str, Rows], selected: Callable[[str], list[str]]) -> CourseTables:
    """The rows as text turned into tables; what is not understood raises ValueError or KeyError."""
    rows = [row for row in tables.get("titration_patterns", ()) if row["max_mg_per_day"]]
    by_pattern: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        by_pattern.setdefault((row["drug"], row["pattern"]), []).append(row)
    patterns = [(drug, _pattern(of)) for (drug, _name), of in by_pattern.items()]
    restarts = [(row["drug"], _restart(row)) for row in tables.get("retitration_rules", ())]
    tapers = [(row["drug"], _taper(row)) for row in tables.get("taper_rules", ()) if row["from_days"]]
    return CourseTables(_by_drug(patterns, selected), _by_drug(restarts, selected), _by_drug(tapers, selected))


def _by_drug(rules: Iterable[tuple[str, Rule]], selected: Callable[[str], list[str]]) -> dict[str, tuple[Rule, ...]]:
    own: dict[str, list[Rule]] = {}
    of_class: dict[str, list[Rule]] = {}
    for selector, rule in rules:
        for key in selected(selector):
            (of_class if ":" in selector else own).setdefault(key, []).append(rule)
    return {key: tuple(of) for key, of in {**of_class, **own}.items()}


def _pattern(rows: Rows) -> Pattern:
    first = rows[0]
    steps = tuple(
        Step(
            row["row_id"],
            int(row["from_day"]),
            int(row["to_day"]) if row["to_day"] else None,
            Decimal(row["max_mg_per_day"]),
            NAMED[row["severity"]],
            row["enforcement"] == "hard",
            row["problem"],
            row["says"],
            row["source"],
            row["confidence"],
        )
        for row in rows
    )
    return Pattern(first["pattern"], first["form"], person.parse(first["when"]), steps)


def _restart(row: Row) -> Restart:
    return Restart(
        rule_id=row["rule_id"],
        form=row["form"],
        when=person.parse(row["when"]),
        gap_from=Decimal(row["gap_from_days"]),
        from_included=row["from_included"] == "yes",
        gap_to=_number(row["gap_to_days"]),
        action=row["action"],
        most=_number(row["restart_mg_per_day"]),
        percent=_number(row["restart_percent"]),
        advice=row["advice"],
        also_check=row["also_check"],
        severity=NAMED[row["severity"]],
        problem=row["problem"],
        source=row["source"],
        confidence=row["confidence"],
    )


def _taper(row: Row) -> Taper:
    return Taper(
        rule_id=row["rule_id"],
        when=person.parse(row["when"]),
        from_days=int(row["from_days"]),
        from_mg=_number(row["from_mg_per_day"]) or Decimal(0),
        severity=None if row["severity"] == NO_DANGER else NAMED[row["severity"]],
        problem=row["problem"],
        syndrome=row["syndrome"],
        usual_taper=row["usual_taper"],
        least_days=int(row["min_total_days"]),
        most_percent=_number(row["max_cut_percent"]),
        interval_days=int(row["interval_days"] or 0),
        exception=row["exception"],
        advice=row["advice"],
        source=row["source"],
        confidence=row["confidence"],
    )


def _number(text: str) -> Decimal | None:
    return Decimal(text) if text else None
