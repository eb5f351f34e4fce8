"""What a patient says that cannot wait, on which medicines, and what to do now, as the tables of a release say it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from interactions.engine.own_words import Vocabulary, vocabulary

Row = Mapping[str, str]
TABLES = ("red_flags", "red_flag_words")
IN_DANGER = "in danger"
"""The sign that somebody chose for themselves: the gravest answer to how bad it is."""


class RedFlag(NamedTuple):
    """Signs that together cannot wait; without drugs whatever is taken."""

    flag_id: str
    label: str
    """For the staff."""
    needs: tuple[frozenset[str], ...]
    """Each of these sets of signs is enough."""
    drugs: frozenset[str]
    is_crisis: bool
    """Somebody may die by their own hand or another's: it counts even as a question."""
    do_now: Mapping[str, str]
    """For the patient, by language."""
    action: str
    """For the staff."""
    source: str

    @property
    def told(self) -> str:
        """What was heard and what to do, for whoever has the task."""
        return f"{self.label}: {self.action}"


@dataclass(frozen=True)
class RedFlags:
    """The tables, laid out; a release without them hears nothing."""

    flags: tuple[RedFlag, ...] = ()
    words: Vocabulary = field(default_factory=Vocabulary)

    def heard(self, text: str, taken: Collection[str], signs: Collection[str] = ()) -> tuple[RedFlag, ...]:
        """What a text says that cannot wait from somebody who takes these drugs (by key), in the order of the table;
        `signs` were told otherwise."""
        heard = self.words.hear(text)
        told = heard.told | frozenset(signs)
        return tuple(flag for flag in self.flags if _holds(flag, told, heard.asked) and _concerns(flag, taken))

    def named(self, ids: Collection[str]) -> tuple[RedFlag, ...]:
        """Those of these names that the release still knows."""
        return tuple(flag for flag in self.flags if flag.flag_id in ids)


def _holds(flag: RedFlag, told: frozenset[str], asked: frozenset[str]) -> bool:
    said = told | asked if flag.is_crisis else told
    return any(signs <= said for signs in flag.needs)


def _concerns(flag: RedFlag, taken: Collection[str]) -> bool:
    return not flag.drugs or not flag.drugs.isdisjoint(taken)


def needs_of(written: str) -> tuple[frozenset[str], ...]:
    """Reads "rash & blister | rash & fever"; ValueError for an empty part."""
    found = tuple(frozenset(sign.strip() for sign in part.split("&")) for part in written.split("|"))
    if any("" in signs for signs in found):
        raise ValueError(f"{written!r} has an empty part")
    return found


def read(tables: Mapping[str, Sequence[Row]], selected: Callable[[str], list[str]]) -> RedFlags:
    """The rows as text turned into flags; what is not understood raises ValueError or KeyError."""
    flags = tuple(_flag(row, selected) for row in tables.get("red_flags", ()))
    return RedFlags(flags, vocabulary(tables.get("red_flag_words", ())))


def _flag(row: Row, selected: Callable[[str], list[str]]) -> RedFlag:
    selectors = [part.strip() for part in row["drugs"].split(";") if part.strip()]
    return RedFlag(
        flag_id=row["flag_id"],
        label=row["label"],
        needs=needs_of(row["needs"]),
        drugs=frozenset(key for selector in selectors for key in selected(selector)),
        is_crisis=row["crisis"] == "1",
        do_now={"en": row["do_now"], "es": row["do_now_es"]},
        action=row["action"],
        source=row["source"],
    )
