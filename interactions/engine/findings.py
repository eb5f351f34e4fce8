"""What a check answers: findings, the state of every pair, and what could not be checked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
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
    card: str = ""
    """The clinical problem that gathers it; empty for what is listed without a grade."""
    also: tuple[str, ...] = ()
    """Further kinds that it counts as: a maximum exceeded because of the kidney is an adjustment too."""
    context: str = ""
    """Dose bands and facts about the person that graded it, as stable text: an answer speaks for the same ones only."""
    is_slight: bool = False
    """What the present action adds to it is so little that it lies on the list and stops nobody."""
    is_triggered: bool = False
    """Caused by the present action or by something new of the day (a lab, a change of smoking)."""

    @property
    def key(self) -> str:
        """Stable text; it holds the severity, so that a raised severity asks again."""
        return "|".join((self.kind, self.problem, "+".join(self.drugs), self.severity.word))


class Card(NamedTuple):
    """One clinical problem with everything behind it."""

    name: str
    title: str
    problem: str
    severity: Severity
    is_interruptive: bool
    summary: str
    drugs: tuple[str, ...]
    findings: tuple[Finding, ...]


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
    _cards: Callable[[], tuple[Card, ...]] = field(repr=False, compare=False)

    @cached_property
    def cards(self) -> tuple[Card, ...]:
        """One card for every clinical problem, most severe first; gathered on first asking."""
        return self._cards()

    @cached_property
    def pairs(self) -> tuple[PairState, ...]:
        """One state for every pair of different drugs; written out on first asking."""
        return self._states()


class Alarm(NamedTuple):
    """A value that somebody must act on: how soon, what it means with what is taken, and the steps."""

    urgency: str
    """now, same_day or this_week."""
    value: str
    """With its name and unit."""
    drugs: tuple[str, ...]
    """What is taken that it concerns."""
    worse_with: tuple[str, ...]
    """What else is taken and pushes it the same way."""
    not_taken: str
    """The drug whose level it is, where that is not among what is taken."""
    steps: tuple[str, ...]
    sources: tuple[str, ...]


class Wait(NamedTuple):
    """A drug no longer taken, and for how many days after its last dose it still counts."""

    drug: str
    last_on: date
    days: int

    @property
    def over_on(self) -> date:
        """The first day that is free again."""
        return self.last_on + timedelta(days=self.days)


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
    wait: Wait | None = None
    suffers: str = ""
    """Key of the drug whose level changes; empty where it is not known."""
    mark: object = None
    """What tells this word from every other on the same two drugs; it stays the same from day to day."""
    context: tuple[str, ...] = ()
    """The facts about the person that graded it, as stable text."""
