"""When risks that add up over a regimen speak, how loudly and in which words, as the tables of a release say it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from interactions.engine.severity import NAMED, Severity

Row = Mapping[str, str]
Rows = Sequence[Row]
TABLES = ("cumulative_loads", "cumulative_words")
FIGURES = frozenset({"drugs", "sum", "capped", "strong", "respiratory"})
OLDER = "older"
TOKEN = re.compile(r"(\w+)>=(\d+)")


class Load(NamedTuple):
    """A row: from which figures on a load speaks. The first row of a code that holds decides."""

    when: tuple[tuple[str, int], ...]
    severity: Severity
    raised: Severity
    """With a risk factor of the person that belongs to the code."""
    calm: Severity | None
    """When nothing has changed for long and nobody complains; None where that does not count."""


class LoadWords(NamedTuple):
    """What is said of a load."""

    problem: str
    summary: str
    management: str
    mechanism: str
    onset: str
    source: str


@dataclass(frozen=True)
class LoadTables:
    """The tables, laid out for looking up; empty where a release has none."""

    loads: Mapping[str, tuple[Load, ...]] = field(default_factory=dict)
    """By code, in the order of the table."""
    words: Mapping[tuple[str, str], LoadWords] = field(default_factory=dict)
    """By code and case."""
    least: Mapping[str, int] = field(default_factory=dict)
    """By code: how many drugs its rows ask for at least."""
    figures: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """By code: what its rows ask for."""

    def fewest(self, code: str) -> int | None:
        """Fewer drugs than this add up to nothing; None where no row speaks of the code."""
        return self.least.get(code)

    def asked(self, code: str) -> frozenset[str]:
        """The figures that the rows of a code ask for."""
        return self.figures[code]

    def found(self, code: str, figures: Mapping[str, int]) -> Load | None:
        """The row of this code that the figures meet first; None where none is met."""
        for load in self.loads.get(code, ()):
            if all(figures.get(name, 0) >= least for name, least in load.when):
                return load
        return None


def parse(when: str) -> tuple[tuple[str, int], ...]:
    """Figures that must be reached, joined by "&"; ValueError for one that is not understood."""
    return tuple(_reached(part.strip()) for part in when.split("&"))


def _reached(text: str) -> tuple[str, int]:
    if text == OLDER:
        return OLDER, 1
    found = TOKEN.fullmatch(text)
    if found is None or found[1] not in FIGURES:
        raise ValueError(f"the figure {text!r} is not understood")
    return found[1], int(found[2])


def read(tables: Mapping[str, Rows]) -> LoadTables:
    """The rows as text turned into tables; what is not understood raises ValueError or KeyError."""
    loads: dict[str, list[Load]] = {}
    for row in tables.get("cumulative_loads", ()):
        severity = NAMED[row["severity"]]
        raised = NAMED[row["raised"]] if row["raised"] else severity
        calm = NAMED[row["calm"]] if row["calm"] else None
        loads.setdefault(row["code"], []).append(Load(parse(row["when"]), severity, raised, calm))
    words = {
        (row["code"], row["case"]): LoadWords(**{name: row[name] for name in LoadWords._fields})
        for row in tables.get("cumulative_words", ())
    }
    wordless = [code for code in loads if (code, "") not in words]
    if wordless:
        raise ValueError(f"cumulative_words says nothing of {', '.join(wordless)}")
    least = {code: min(dict(load.when).get("drugs", 0) for load in of) for code, of in loads.items()}
    figures = {code: frozenset(name for load in of for name, _ in load.when) for code, of in loads.items()}
    return LoadTables({code: tuple(of) for code, of in loads.items()}, words, least, figures)
