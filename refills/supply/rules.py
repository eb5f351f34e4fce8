"""The numbers that a law, a state, a payer or the site sets, read from a table; of two the stricter wins.

Pure: standard library only. A row speaks for a scope: "*" for every drug, "controlled", a DEA schedule ("CII"), or a
drug, set or class ("drug:lithium", "set:benzodiazepines", "class:antiseizure"). A site adds rows of its own
jurisdiction; it can tighten what stands here and never loosen it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from refills import tables

LOWER, HIGHER = "lower", "higher"
EVERY_DRUG = "*"
CONTROLLED = "controlled"
SCHEDULES = ("CI", "CII", "CIII", "CIV", "CV")


class NoSuchRule(LookupError):
    """The table has no row of this name for any of these scopes."""


class BadRule(ValueError):
    """A row that cannot be read, or that contradicts another about what is stricter; says which."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One number, for whom it holds, which direction is the stricter one, and where it comes from."""

    jurisdiction: str
    scope: str
    name: str
    value: Fraction
    stricter: str
    source: str

    def __post_init__(self) -> None:
        """A direction that is neither lower nor higher is nonsense."""
        if self.stricter not in (LOWER, HIGHER):
            raise BadRule(f"{self.name} for {self.scope}: “{self.stricter}” is not a direction.")


@dataclass(frozen=True)
class Rules:
    """All the rows that apply here."""

    rows: tuple[Rule, ...]

    def __post_init__(self) -> None:
        """Rows of one name must agree on what is stricter: a row that turned it round could loosen the law."""
        directions: dict[str, str] = {}
        for row in self.rows:
            if directions.setdefault(row.name, row.stricter) != row.stricter:
                raise BadRule(f"{row.name} for {row.scope} ({row.jurisdiction}) turns round what is stricter.")

    def tightened_by(self, others: Iterable[Rule]) -> "Rules":
        """These rules and more: a state's, a payer's, the site's own."""
        return Rules((*self.rows, *others))

    def within(self, jurisdictions: Collection[str]) -> "Rules":
        """Only the rows of these jurisdictions."""
        return Rules(tuple(row for row in self.rows if row.jurisdiction in jurisdictions))

    def find(self, name: str, scopes: Collection[str]) -> Rule | None:
        """The strictest row of that name for any of the scopes; None where nothing limits it."""
        found = [row for row in self.rows if row.name == name and row.scope in scopes]
        if not found:
            return None
        strictest = min if found[0].stricter == LOWER else max
        return strictest(found, key=lambda row: row.value)

    def number(self, name: str, scopes: Collection[str]) -> Fraction:
        """The value of the strictest row; NoSuchRule where there is none."""
        found = self.find(name, scopes)
        if found is None:
            raise NoSuchRule(f"no rule {name} for {', '.join(sorted(scopes))}")
        return found.value

    def whole(self, name: str, scopes: Collection[str]) -> int:
        """The same as a whole number of days, months, hours or refills."""
        return int(self.number(name, scopes))


def scopes(schedule: str = "", others: Iterable[str] = ()) -> frozenset[str]:
    """The scopes that speak for a drug of this DEA schedule (empty: not controlled) and these further ones."""
    controlled = {schedule, CONTROLLED} if schedule else set()
    return frozenset({EVERY_DRUG, *controlled, *others})


def load(path: Path) -> Rules:
    """The rows of a table; BadRule says which line cannot be read."""
    found = []
    for line, row in tables.read(path):
        try:
            found.append(
                Rule(
                    jurisdiction=row["jurisdiction"],
                    scope=row["scope"],
                    name=row["rule"],
                    value=Fraction(row["value"]),
                    stricter=row["stricter"],
                    source=row["source"],
                )
            )
        except (KeyError, TypeError, ValueError, ZeroDivisionError) as wrong:
            raise BadRule(f"line {line}: {wrong}") from wrong
    return Rules(tuple(found))
