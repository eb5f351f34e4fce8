"""What was found once with one knowledge and holds for everybody; it goes when the knowledge goes."""

from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from interactions.engine.data_set import Selection
from interactions.engine.derived_tables import Derived
from interactions.engine.findings import Finding, Match

Key = TypeVar("Key")
Value = TypeVar("Value")
MOST_KEPT = 400_000


class Kept(dict[Key, Value]):
    """Answers by what was asked; once it is full, further ones are found anew each time."""

    def keep(self, key: Key, value: Value) -> Value:
        """The same value."""
        if len(self) < MOST_KEPT:
            self[key] = value
        return value


class DrugKind(NamedTuple):
    """A drug at its route, form and dose: its number, by which pairs are remembered, and its place in each source."""

    number: int
    selections: tuple[Selection, ...]


@dataclass(frozen=True, slots=True)
class Memory:
    """Everything here could be found anew: it depends on drugs, doses and rules, on no person and no day."""

    kinds: Kept[object, DrugKind] = field(default_factory=Kept)
    numbers: dict[object, int] = field(default_factory=dict)
    """The number of each kind of drug. Never full: a number stands for one kind only."""
    follows: Kept[int, tuple[Derived, ...]] = field(default_factory=Kept)
    """What follows for two profiles, by their numbers."""
    derived_words: dict[object, Match] = field(default_factory=dict)
    """The words on what follows, at each weight."""
    depends: Kept[int, int] = field(default_factory=Kept)
    """What the words on two kinds of drugs depend on, by their numbers."""
    words_of_kinds: Kept[object, tuple[Finding, ...]] = field(default_factory=Kept)
    """The words on two kinds of drugs at their dose bands, where neither day nor person changes them."""
    merged_words: Kept[object, tuple[Finding, ...]] = field(default_factory=Kept)
    """The words on two drugs that are both taken, by what each source says."""
    alike: dict[str, tuple[object, ...]] = field(default_factory=dict)
    """Key of a drug -> what makes another one a duplicate of it."""
