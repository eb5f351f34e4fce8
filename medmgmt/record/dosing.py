"""What somebody takes on a given day, worked out from the signed steps of a course.

Pure: standard library and our own pure vocabulary; the day is passed in. Doses are Decimal with a UCUM unit and are
never converted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from medmgmt.record import strengths
from medmgmt.record.sigs import DECIMALS as DECIMALS
from medmgmt.record.sigs import NBSP as NBSP
from medmgmt.record.sigs import WEEK as WEEK
from medmgmt.record.sigs import ImpossibleSig as ImpossibleSig
from medmgmt.record.sigs import Part as Part
from medmgmt.record.sigs import Sig as Sig
from medmgmt.record.sigs import plain as plain
from medmgmt.record.vocabulary import NOT_RECORDED as NOT_RECORDED
from medmgmt.record.vocabulary import ORDERED_ROUTES as ORDERED_ROUTES
from medmgmt.record.vocabulary import ORDERED_TIMINGS as ORDERED_TIMINGS
from medmgmt.record.vocabulary import ROUTES as ROUTES
from medmgmt.record.vocabulary import TIMINGS as TIMINGS
from medmgmt.record.vocabulary import UNITS as UNITS
from medmgmt.record.vocabulary import WEEKDAYS as WEEKDAYS

LAST_ORDER = 2**62
"""The order of a step that nobody has signed yet: it would be the latest on its day."""

KINDS = ("start", "new_dose", "hold", "resume", "stop")
KINDS_WITH_SIG = ("start", "new_dose", "resume")

State = Literal["not_started", "taking", "held", "stopped"]


class ImpossibleStep(ValueError):
    """A step that makes no sense at that point of the course; the message says why in a sentence."""


@dataclass(frozen=True, slots=True)
class Step:
    """One signed change of a course; `order` is the order of signing and decides between steps of one day."""

    kind: str
    effective_on: date
    sig: Sig | None
    ref: int
    order: int = LAST_ORDER

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ImpossibleStep(f"“{self.kind}” is not a kind of dosage change.")
        if (self.sig is not None) != (self.kind in KINDS_WITH_SIG):
            raise ImpossibleStep("A start, a new dose or a resumption says how to take it; a hold or a stop does not.")


@dataclass(frozen=True, slots=True)
class Dose:
    """What holds on a day: `sig` is there exactly while it is taken; `since` and `ref` say which step made it so."""

    state: State
    sig: Sig | None = None
    since: date | None = None
    ref: int | None = None

    @property
    def is_taken(self) -> bool:
        return self.state == "taking"


NOT_STARTED = Dose("not_started")


def _sorted(course: Iterable[Step]) -> list[Step]:
    return sorted(course, key=lambda step: (step.effective_on, step.order))


def _after(dose: Dose, step: Step) -> Dose:
    """The dose once the step has come, for any order of steps, also one that could not be signed today.

    A stop or a hold wins over increases that were planned before it: those lapse, only a start or a resumption
    brings the medicine back. A stop or hold of what was never begun changes nothing.
    """
    if step.kind in ("stop", "hold"):
        if dose.state in ("not_started", "stopped"):
            return dose
        return Dose("stopped" if step.kind == "stop" else "held", None, step.effective_on, step.ref)
    lapsed = (dose.state == "stopped" and step.kind != "start") or (dose.state == "held" and step.kind == "new_dose")
    return dose if lapsed else Dose("taking", step.sig, step.effective_on, step.ref)


def _days(course: Iterable[Step], until: date | None = None) -> list[tuple[date, Dose]]:
    """Each day that has a step, with the dose that holds from that day on, in order of days."""
    dose = NOT_STARTED
    days: dict[date, Dose] = {}
    for step in _sorted(course):
        if until is not None and step.effective_on > until:
            break
        dose = _after(dose, step)
        days[step.effective_on] = dose
    return list(days.items())


def dose_on(day: date, course: Sequence[Step]) -> Dose:
    """What is taken on any day: before the start, during, on hold, after the stop.

    A step holds from its day on, so the day of a stop is the first day without the medicine. Of several steps on one
    day the one signed last wins. Never raises, whatever the course.
    """
    days = _days(course, until=day)
    return days[-1][1] if days else NOT_STARTED


def days_of_change(course: Sequence[Step], after: date) -> list[date]:
    """The days later than `after` on which something else is taken than on the day before, in order."""
    changed: list[date] = []
    before = NOT_STARTED
    for day, dose in _days(course):
        if day > after and (dose.state, dose.sig) != (before.state, before.sig):
            changed.append(day)
        before = dose
    return changed


def last_dose_on(course: Sequence[Step], day: date) -> date | None:
    """The last day up to and including `day` on which it was taken; None if it never was."""
    last: date | None = None
    taking = False
    for changed, dose in _days(course, until=day):
        if taking:
            last = changed - timedelta(days=1)
        taking = dose.is_taken
    return day if taking else last


def taken_since(course: Sequence[Step], day: date) -> date | None:
    """The first day of the unbroken stretch in which it is taken on `day`; None if it is not taken then."""
    since: date | None = None
    for changed, dose in _days(course, until=day):
        since = (since or changed) if dose.is_taken else None
    return since


def raised_on(course: Sequence[Step], day: date, strength: str = "") -> date | None:
    """The last day up to `day` on which the amount per day went up; where the unit changed, by the strength."""
    raised: date | None = None
    before: Sig | None = None
    for changed, dose in _days(course, until=day):
        alike = strengths.per_day_alike(dose.sig, before, strength) if dose.sig and before else None
        if alike and alike[0] > alike[1]:
            raised = changed
        before = dose.sig or before
    return raised


_POSSIBLE: dict[str, dict[str, str]] = {
    "start": {
        "taking": "This medicine is already being taken on {day}; change its dose instead.",
        "held": "This medicine is on hold on {day}; resume it instead.",
    },
    "new_dose": {
        "not_started": "This medicine has not been started by {day}, so its dose cannot change.",
        "held": "This medicine is on hold on {day}; resume it with the new dose.",
        "stopped": "This medicine is stopped on {day}; start it again instead.",
    },
    "hold": {
        "not_started": "This medicine has not been started by {day}, so it cannot be put on hold.",
        "held": "This medicine is already on hold on {day}.",
        "stopped": "This medicine is already stopped on {day}.",
    },
    "resume": {
        "not_started": "This medicine has not been started by {day}, so it cannot be resumed.",
        "taking": "This medicine is not on hold on {day}, so it cannot be resumed.",
        "stopped": "This medicine is stopped on {day}; start it again instead.",
    },
    "stop": {
        "not_started": "This medicine has not been started by {day}, so it cannot be stopped.",
        "stopped": "This medicine is already stopped on {day}.",
    },
}
"""Why a step of this kind is impossible in this state; a pair that is not here is possible."""


def require_possible(course: Sequence[Step], step: Step) -> None:
    """Raises ImpossibleStep, in a sentence, if the step makes no sense as the latest step of its day."""
    others = [other for other in course if other.ref != step.ref]
    state = dose_on(step.effective_on, others).state
    sentence = _POSSIBLE[step.kind].get(state)
    if sentence:
        raise ImpossibleStep(sentence.format(day=step.effective_on.isoformat()))


def require_possible_from(course: Sequence[Step], kind: str, day: date) -> None:
    """Raises ImpossibleStep, in the sentence of that day, if a step of this kind makes sense on no day from it on."""
    days = [day, *days_of_change(course, day)]
    sentences = [_POSSIBLE[kind].get(dose_on(each, course).state) for each in days]
    if sentences[0] and all(sentences):
        raise ImpossibleStep(sentences[0].format(day=day.isoformat()))
