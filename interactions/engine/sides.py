"""The two sides of a line about pairs: a drug, several of them with semicolons between, or "set:" and a class."""

from collections.abc import Iterable, Mapping

Sets = Mapping[str, Iterable[str]]
Pair = tuple[str, str]


def members(side: str, sets: Sets) -> frozenset[str]:
    """The drugs that a side names; none of a class that is not there."""
    found: set[str] = set()
    for part in side.split(";"):
        found |= set(sets.get(part.removeprefix("set:"), ()) if part.startswith("set:") else (part,))
    return frozenset(found - {""})


def pairs(a: str, b: str, sets: Sets) -> set[Pair]:
    """The unordered pairs of two different drugs, one of each side."""
    firsts, seconds = members(a, sets), members(b, sets)
    return {(one, other) if one < other else (other, one) for one in firsts for other in seconds if one != other}
