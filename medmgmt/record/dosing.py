"""What somebody takes on a given day, worked out from the signed steps of a course.

Pure: standard library and our own pure vocabulary; the day is passed in. Doses are Decimal with a UCUM unit and are
never converted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from medmgmt.record.vocabulary import NOT_RECORDED as NOT_RECORDED
from medmgmt.record.vocabulary import ORDERED_ROUTES as ORDERED_ROUTES
from medmgmt.record.vocabulary import ORDERED_TIMINGS as ORDERED_TIMINGS
from medmgmt.record.vocabulary import ROUTES as ROUTES
from medmgmt.record.vocabulary import TIMINGS as TIMINGS
from medmgmt.record.vocabulary import UNITS as UNITS

NBSP = "\u00a0"
DECIMALS = 4
SHORTEST_INTERVAL, LONGEST_INTERVAL = 2, 366
LAST_ORDER = 2**62
"""The order of a step that nobody has signed yet: it would be the latest on its day."""

KINDS = ("start", "new_dose", "hold", "resume", "stop")
KINDS_WITH_SIG = ("start", "new_dose", "resume")

State = Literal["not_started", "taking", "held", "stopped"]


class ImpossibleSig(ValueError):
    """A sig nobody could follow; the message says why in a sentence."""


class ImpossibleStep(ValueError):
    """A step that makes no sense at that point of the course; the message says why in a sentence."""


def plain(number: Decimal) -> str:
    """Digits for a medication line: no trailing zeros, a zero before the point, commas between thousands."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _quantity(number: Decimal, unit: str) -> str:
    written = UNITS[unit]
    return f"{plain(number)}{NBSP}{written.one if number <= 1 else written.many}"


@dataclass(frozen=True, slots=True)
class Sig:
    """How much, how, how often: one regimen that can be followed. Nonsense raises ImpossibleSig.

    `max_per_day` is in `unit`, and stands exactly where the medicine is taken only as needed.
    """

    amount: Decimal
    unit: str
    route: str
    timing: str
    every_days: int | None = None
    as_needed: bool = False
    max_per_day: Decimal | None = None

    def __post_init__(self) -> None:
        _require_known(self)
        _require_amount("dose", self.amount, UNITS[self.unit].at_most)
        _require_interval(self)
        _require_limit(self)

    @property
    def doses_per_day(self) -> Decimal:
        """Doses a day on average; as needed, the most that may be taken in a day."""
        if self.max_per_day is not None:
            return self.max_per_day / self.amount
        timing = TIMINGS[self.timing]
        return timing.doses / Decimal(self.every_days or timing.days or 1)

    @property
    def amount_per_day(self) -> Decimal:
        """Amount a day in `unit` on average; as needed, the most that may be taken in a day."""
        if self.max_per_day is not None:
            return self.max_per_day
        timing = TIMINGS[self.timing]
        return self.amount * timing.doses / Decimal(self.every_days or timing.days or 1)

    @property
    def is_complete(self) -> bool:
        """Whether it says by which route and when; False only in history taken over from elsewhere."""
        return NOT_RECORDED not in (self.route, self.timing)

    def text(self) -> str:
        """The medication line in English: "50 mg by mouth once daily"; a number never wraps from its unit."""
        how_often = TIMINGS[self.timing].words.format(days=self.every_days)
        words = [_quantity(self.amount, self.unit), ROUTES[self.route].words, how_often]
        if self.max_per_day is not None:
            words.append(f"as needed, at most {_quantity(self.max_per_day, self.unit)} a day")
        return " ".join(word for word in words if word)

    def as_json(self) -> dict[str, Any]:
        """Plain values for a JSON column; numbers as text so that no digit is lost."""
        most = None if self.max_per_day is None else _digits(self.max_per_day)
        values = {name: getattr(self, name) for name in SIG_FIELDS}
        return {**values, "amount": _digits(self.amount), "max_per_day": most}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Sig":
        """Reads what as_json wrote; anything else raises ImpossibleSig."""
        try:
            most = values.get("max_per_day")
            return cls(
                amount=_number(values["amount"]),
                unit=values["unit"],
                route=values["route"],
                timing=values["timing"],
                every_days=values.get("every_days"),
                as_needed=values.get("as_needed", False),
                max_per_day=None if most is None else _number(most),
            )
        except (AttributeError, KeyError, TypeError, InvalidOperation) as wrong:
            raise ImpossibleSig("This regimen is not complete.") from wrong


SIG_FIELDS = tuple(field.name for field in fields(Sig))


def _digits(number: Decimal) -> str:
    return plain(number).replace(",", "")


def _number(written: object) -> Decimal:
    if not isinstance(written, str):
        raise TypeError("numbers are kept as text")
    return Decimal(written)


def _require_known(sig: Sig) -> None:
    for name, code, table in (
        ("unit", sig.unit, UNITS),
        ("route", sig.route, ROUTES),
        ("timing", sig.timing, TIMINGS),
    ):
        if not isinstance(code, str) or code not in table:
            raise ImpossibleSig(f"“{code}” is not a {name} this service knows.")


def _require_amount(what: str, number: Decimal, at_most: Decimal) -> None:
    if not isinstance(number, Decimal) or not number.is_finite():
        raise ImpossibleSig(f"The {what} must be a decimal number.")
    if number <= 0:
        raise ImpossibleSig(f"The {what} must be more than zero.")
    if number > at_most:
        raise ImpossibleSig(f"The {what} is larger than any {what} in this unit; look for a slip of the pen.")
    if number != round(number, DECIMALS):
        raise ImpossibleSig(f"The {what} has more than {DECIMALS} digits after the decimal point.")


def _require_interval(sig: Sig) -> None:
    if sig.timing != "every_n_days":
        if sig.every_days is not None:
            raise ImpossibleSig("A number of days belongs only to “every so many days”.")
        return
    days = sig.every_days
    if not isinstance(days, int) or isinstance(days, bool) or not SHORTEST_INTERVAL <= days <= LONGEST_INTERVAL:
        raise ImpossibleSig(f"Say every how many days, from {SHORTEST_INTERVAL} to {LONGEST_INTERVAL}.")


def _require_limit(sig: Sig) -> None:
    if not isinstance(sig.as_needed, bool):
        raise ImpossibleSig("As needed is either yes or no.")
    if not sig.as_needed:
        if sig.timing == "PRN":
            raise ImpossibleSig("A medicine without fixed times is taken as needed; say so.")
        if sig.max_per_day is not None:
            raise ImpossibleSig("A daily maximum belongs to a medicine taken as needed.")
        return
    if TIMINGS[sig.timing].days != 1:
        raise ImpossibleSig("A medicine taken as needed has no rhythm of several days.")
    if sig.max_per_day is None:
        raise ImpossibleSig("A medicine taken as needed needs a maximum per day.")
    _require_amount("maximum per day", sig.max_per_day, UNITS[sig.unit].at_most)
    if sig.max_per_day < sig.amount:
        raise ImpossibleSig("The maximum per day is less than one dose.")


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


def raised_on(course: Sequence[Step], day: date) -> date | None:
    """The last day up to `day` on which the amount per day went up; a change of unit cannot be compared."""
    raised: date | None = None
    before: Sig | None = None
    for changed, dose in _days(course, until=day):
        if dose.sig and before and dose.sig.unit == before.unit and dose.sig.amount_per_day > before.amount_per_day:
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
