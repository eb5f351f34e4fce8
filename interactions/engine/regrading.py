"""Other grades for what is worked out: given by the clinic to a derivation or an added-up risk, by its code."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import permutations

from interactions.engine.severity import Severity


@dataclass(frozen=True, slots=True)
class Regrade:
    """One derivation's grade as the clinic gives it."""

    code: str
    """D01, C04 ...: as a finding names what worked it out."""
    a: frozenset[str]
    """Keys of drugs of which one must be involved; empty: any."""
    b: frozenset[str]
    """Keys of which another one must be."""
    severity: Severity
    why: str
    """The reason with the number of the change, as the card says it."""

    def names(self, drugs: Iterable[Iterable[str]]) -> bool:
        """Whether it speaks of these drugs; each may go by several keys."""
        sides = list(drugs)
        if not self.b:
            return not self.a or any(not self.a.isdisjoint(keys) for keys in sides)
        return any(
            (not self.a or not self.a.isdisjoint(one)) and not self.b.isdisjoint(other)
            for one, other in permutations(sides, 2)
        )

    def told(self, citation: str, severity: Severity, usual: Severity) -> str:
        """The citation with what the clinic changed, and why."""
        return f"{citation.rstrip('. ')}. Here {severity.word} instead of {usual.word}: {self.why}"


class Regrades:
    """All of them; the last one that names a finding's drugs holds. Nothing is ever hidden: minor is the least."""

    def __init__(self, given: Iterable[Regrade] = ()) -> None:
        self._of: dict[str, list[Regrade]] = {}
        for one in given:
            self._of.setdefault(one.code, []).insert(0, one)

    def __bool__(self) -> bool:
        return bool(self._of)

    def last(self, code: str, drugs: Iterable[Iterable[str]]) -> Regrade | None:
        """What holds of a finding of this code on these drugs; None where it is as worked out."""
        given = self._of.get(code)
        if given is None:
            return None
        sides = [tuple(keys) for keys in drugs]
        return next((one for one in given if one.names(sides)), None)


NO_REGRADES = Regrades()
"""Everything is as worked out."""
