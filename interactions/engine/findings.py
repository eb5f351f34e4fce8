"""What a check answers: findings, the state of every pair, and what could not be checked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Literal, NamedTuple

from interactions.engine.severity import Severity

State = Literal["finding", "nothing_on_record", "not_checked"]


class SourceGrade(NamedTuple):
    """How one release grades the pair, whatever the others say."""

    label: str
    version: str
    released_on: date
    severity: Severity
    rule_id: str = ""
    citation: str = ""
    problem: str = ""
    confidence: str = ""
    factors: tuple[str, ...] = ()
    """What about this person raised or lowered the grade, in words."""


class Finding(NamedTuple):
    """One problem of one unordered pair: the most severe source leads, and every source's own grade is kept."""

    kind: str
    problem: str
    severity: Severity
    drugs: tuple[str, ...]
    """Canonical names, sorted."""
    refs: tuple[str, ...]
    summary: str
    mechanism: str
    effect: str
    management: str
    onset: str
    evidence: str
    sources: tuple[SourceGrade, ...]

    @property
    def key(self) -> str:
        """Stable text; it holds the severity, so that a raised severity asks again."""
        return "|".join((self.kind, self.problem, "+".join(self.drugs), self.severity.word))


class PairState(NamedTuple):
    """What is known of one pair of the regimen; `scope` names the releases and dates behind the state."""

    a_ref: str
    b_ref: str
    state: State
    scope: str
    why: str


class NotChecked(NamedTuple):
    """Something nobody has looked at: which refs, what, and why."""

    refs: tuple[str, ...]
    what: str
    why: str


@dataclass(frozen=True)
class Judgement:
    """The answer to one regimen on one day."""

    findings: tuple[Finding, ...]
    not_checked: tuple[NotChecked, ...]
    _states: Callable[[], tuple[PairState, ...]] = field(repr=False, compare=False)

    @cached_property
    def pairs(self) -> tuple[PairState, ...]:
        """One state for every pair of different drugs; written out on first asking."""
        return self._states()


class Match(NamedTuple):
    """One source's word on one pair of seats, before the words on that pair are merged."""

    a: int
    b: int
    problem: str
    grade: SourceGrade
    mechanism: str
    effect: str
    management: str
    onset: str
    evidence: str
