"""What a release offers instead of an ordered drug, and what it never offers: policy, in the order of its sources."""

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass

from interactions.engine import person
from interactions.engine.conditions import When

Row = Mapping[str, str]
TABLE = "alternatives"


@dataclass(frozen=True, slots=True)
class Alternative:
    """A row: for which ordered drugs, whom and which problem, what may be offered in this order, and what never."""

    rule_id: str
    ordered: Set[str]
    """Empty: any drug."""
    when: When
    problem: str
    """Empty: any."""
    offers: tuple[str, ...]
    never: Set[str]
    is_particular: bool
    """Of a problem or of some people: its offers come before those of everybody."""

    def is_about(self, ordered: str, problem: str) -> bool:
        """Whether it speaks of this drug on a card of this problem."""
        return (not self.ordered or ordered in self.ordered) and self.problem in ("", problem)


def read(rows: Iterable[Row], selected: Callable[[str], Sequence[str]]) -> tuple[Alternative, ...]:
    """The rows as text turned into policy; `selected` gives the keys of a drug, a "set:name" or a "class:name"."""
    return tuple(_alternative(row, selected) for row in rows)


def _alternative(row: Row, selected: Callable[[str], Sequence[str]]) -> Alternative:
    def drugs(cell: str) -> tuple[str, ...]:
        return tuple(key for part in cell.split(";") if part for key in selected(part))

    return Alternative(
        rule_id=row["rule_id"],
        ordered=frozenset(drugs(row["ordered"])),
        when=person.parse(row["when"]),
        problem=row["problem"],
        offers=drugs(row["offers"]),
        never=frozenset(drugs(row["never"])),
        is_particular=bool(row["when"] or row["problem"]),
    )
