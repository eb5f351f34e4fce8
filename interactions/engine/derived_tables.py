"""What follows for two drugs, as the tables of a release say it."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from interactions.engine.attributes import STRENGTH, Profile
from interactions.engine.numbers import NO_FIGURES, Numbers
from interactions.engine.severity import NAMED, Severity

Row = Mapping[str, str]
Rows = Sequence[Row]
TABLES = ("derived_pairs", "derived_levels", "derived_words", "derived_advice")
TOKEN = re.compile(r"(low|high|sum|one|other)\.(\w+)(>=|=)(\w*)")
ACTIVATION = "activation"
"""The grade of a substrate that becomes active through the enzyme."""
MEMBER = "set"
"""Asks for a class or role instead of a value."""
Grades = tuple[Severity | None, Severity | None]
SILENT: Grades = (None, None)


class Derived(NamedTuple):
    """A possible finding of two profiles before the person is looked at."""

    code: str
    problem: str
    severity: Severity | None
    """None: only a risk factor of the person makes it speak."""
    raised: Severity | None
    """With the risk factor that belongs to the code."""
    mechanism: str
    management: str
    onset: str
    acts: str = ""
    """Key of the drug that changes the other's level; empty where both act alike."""
    suffers: str = ""
    """Key of the drug whose level changes."""
    is_induction: bool = False
    enzymes: tuple[str, ...] = ()
    """Enzymes that are strongly inhibited."""
    effect: str = ""
    """What comes of it, in a word or two."""


class Term(NamedTuple):
    """One comparison: of the lower, the higher or both effects together, or of one drug and of the other."""

    subject: str
    name: str
    least: int
    """The figure of ">="; unused where a word is asked for."""
    word: str | None
    """None where figures are compared."""

    def holds(self, one: Profile, other: Profile) -> bool:
        if self.subject in ("one", "other"):
            return self._is_met_by(one if self.subject == "one" else other)
        first, second = getattr(one, self.name), getattr(other, self.name)
        if self.subject == "sum":
            return bool(first + second >= self.least)
        return bool((first if (first < second) == (self.subject == "low") else second) >= self.least)

    def _is_met_by(self, profile: Profile) -> bool:
        if self.name == MEMBER:
            return self.word in profile.sets
        value = getattr(profile, self.name)
        return bool(value >= self.least) if self.word is None else value == self.word


@dataclass(frozen=True, slots=True)
class PairEffect:
    """A row: what two drugs do together at one target. The first row of a code that holds decides."""

    code: str
    when: tuple[Term, ...]
    severity: Severity | None
    """None: only a risk factor of the person makes it speak."""
    raised: Severity | None
    problem: str
    mechanism: str
    effect: str
    management: str
    onset: str
    acts: str
    """"one" or "other": whose effect it is on the other's level; empty where both act alike."""
    suffers: str

    @property
    def is_mutual(self) -> bool:
        return all(term.subject not in ("one", "other") for term in self.when)

    def holds(self, one: Profile, other: Profile) -> bool:
        return all(term.holds(one, other) for term in self.when)


@dataclass(frozen=True, slots=True)
class Effects:
    """The rows of one code; `both` names what each of the two must have at all for any of them to hold."""

    rows: tuple[PairEffect, ...]
    both: tuple[str, ...]
    is_mutual: bool

    def found(self, a: Profile, b: Profile) -> tuple[PairEffect, Profile, Profile] | None:
        """The first row that holds for the two in either order, with "one" and "other" as it names them.

        Where a row holds in both orders, the first drug is "one".
        """
        for name in self.both:
            if not (getattr(a, name) and getattr(b, name)):
                return None
        orders = ((a, b),) if self.is_mutual else ((a, b), (b, a))
        for row in self.rows:
            for one, other in orders:
                if row.holds(one, other):
                    return row, one, other
        return None


@dataclass(frozen=True, slots=True)
class LevelWords:
    """What is said of a changed level."""

    problem: str
    mechanism: str
    effect: str
    management: str
    onset: str


class Advice(NamedTuple):
    roles: frozenset[str]
    text: str


@dataclass(frozen=True)
class DerivedTables:
    """The tables, laid out for looking up; empty where a release has none."""

    effects: tuple[Effects, ...] = ()
    """By code, in the order of the table."""
    levels: Mapping[tuple[str, int, str], Grades] = field(default_factory=dict)
    """(code, strength, grade of the substrate) -> severity for a usual and for a narrow index."""
    words: Mapping[tuple[str, str], LevelWords] = field(default_factory=dict)
    """By code and case."""
    advice: Mapping[str, tuple[Advice, ...]] = field(default_factory=dict)
    """By code."""
    numbers: Numbers = NO_FIGURES

    def advised(self, code: str, profiles: Iterable[Profile]) -> str:
        """What is added to the management of this code, for whoever plays a part in it."""
        told = []
        for one in self.advice.get(code, ()):
            playing = [profile.key for profile in profiles if not one.roles.isdisjoint(profile.sets)]
            if playing:
                told.append(one.text.format(drug=playing[0], drugs=" or ".join(playing)))
        return "".join(told)


def parse(when: str) -> tuple[Term, ...]:
    """Comparisons joined by "&"; ValueError for one that is not understood."""
    return tuple(map(_term, filter(None, (part.strip() for part in when.split("&")))))


def _term(text: str) -> Term:
    found = TOKEN.fullmatch(text)
    fields = Profile.__dataclass_fields__
    is_known = found is not None and (found[2] in fields or (found[2] == MEMBER and found[1] in ("one", "other")))
    if found is None or not is_known or (found[3] == ">=" and not found[4].isdecimal()):
        raise ValueError(f"the comparison {text!r} is not understood")
    if found[3] == "=":
        return Term(found[1], found[2], 0, found[4])
    return Term(found[1], found[2], int(found[4]), None)


def read(tables: Mapping[str, Rows], numbers: Numbers) -> DerivedTables:
    """The rows as text turned into tables; what is not understood raises ValueError or KeyError."""
    effects: dict[str, list[PairEffect]] = {}
    for row in tables.get("derived_pairs", ()):
        effects.setdefault(row["code"], []).append(_effect(row))
    advice: dict[str, list[Advice]] = {}
    for row in tables.get("derived_advice", ()):
        advice.setdefault(row["code"], []).append(Advice(frozenset(row["roles"].split(";")), f"; {row['text']}"))
    levels = {
        (row["code"], STRENGTH.get(row["strength"], 0), row["grade"]): (
            _severity(row["severity"]),
            _severity(row["severity_narrow"]),
        )
        for row in tables.get("derived_levels", ())
    }
    words = {
        (row["code"], row["case"]): LevelWords(**{name: row[name] for name in LevelWords.__slots__})
        for row in tables.get("derived_words", ())
    }
    for code, _, grade in levels:
        if (code, ACTIVATION if grade == ACTIVATION else "") not in words:
            raise ValueError(f"derived_words says nothing of {code} {grade}")
    return DerivedTables(
        effects=tuple(_of_code(tuple(rows)) for rows in effects.values()),
        levels=levels,
        words=words,
        advice={code: tuple(of) for code, of in advice.items()},
        numbers=numbers,
    )


def _of_code(rows: tuple[PairEffect, ...]) -> Effects:
    needed = [{term.name for term in row.when if term.subject == "low" and term.least > 0} for row in rows]
    return Effects(rows, tuple(sorted(set.intersection(*needed))), all(row.is_mutual for row in rows))


def _severity(text: str) -> Severity | None:
    return NAMED[text] if text else None


def _effect(row: Row) -> PairEffect:
    return PairEffect(
        row["code"], parse(row["when"]), _severity(row["severity"]), _severity(row["raised"]), row["problem"],
        row["mechanism"], row["effect"], row["management"], row["onset"], row["acts"], row["suffers"],
    )  # fmt: skip
