"""How much of a medicine is taken, how and when: one order in parts, as people take it, with what it comes to a day.

Pure: standard library and our own pure vocabulary. Amounts are Decimal with a UCUM unit and are never converted here.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

from interactions.engine import written as written_numbers
from medmgmt.record.vocabulary import NOT_RECORDED, ROUTES, TIMINGS, UNITS, WEEKDAYS

NBSP = "\u00a0"
DECIMALS = 4
MOST_PARTS = 12
WEEK = len(WEEKDAYS)
EVERY_SO_MANY_DAYS = "every_n_days"
TIMES_OF_DAY = ("morning", "noon", "evening", "bedtime")
SHORTEST_INTERVAL, LONGEST_INTERVAL = 2, 366
LONGEST_WORN, LONGEST_APART, LONGEST_DAY = 168, 168, 24
"""Hours: a patch of a week is the longest that is made; doses further apart are a rhythm of days."""
LONGEST_REASON, LONGEST_WORDS = 200, 1000
CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d", re.ASCII)


class ImpossibleSig(ValueError):
    """A sig nobody could follow; the message says why in a sentence."""


def plain(number: Decimal) -> str:
    """Digits for a medication line: no trailing zeros, a zero before the point, commas between thousands."""
    text = f"{number:,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def digits(number: Decimal) -> str:
    """Digits for a machine: the same without commas."""
    return plain(number).replace(",", "")


def listed(words: Iterable[str]) -> str:
    """As in "Monday, Wednesday and Friday"."""
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last


def as_decimal(number: Fraction) -> Decimal:
    """The same number; one that never ends, to the digits of the context."""
    return Decimal(number.numerator) / Decimal(number.denominator)


@dataclass(frozen=True, slots=True)
class Part:
    """One of the amounts of an order and when it is taken; `most` is the upper end of a range.

    `weekdays` are the only days of the week on which it is taken; `at` are the clock times of its doses, as "08:00".
    """

    amount: Decimal
    unit: str
    timing: str
    most: Decimal | None = None
    every_days: int | None = None
    weekdays: tuple[str, ...] = ()
    at: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for name, code, table in (("unit", self.unit, UNITS), ("timing", self.timing, TIMINGS)):
            _require_known(name, code, table)
        _require_amount("dose", self.amount, self.unit)
        if self.most is not None:
            _require_amount("larger dose", self.most, self.unit)
            if self.most <= self.amount:
                raise ImpossibleSig("The larger dose of a range is more than the smaller.")
        _require_interval(self)
        _require_weekdays(self)
        _require_times(self)

    @property
    def larger(self) -> Decimal:
        """A dose; of a range the larger, which counts in every check and in the supply."""
        return self.amount if self.most is None else self.most

    @property
    def days(self) -> int:
        """In how many days its rhythm comes round."""
        own = self.every_days or TIMINGS[self.timing].days or 1
        return WEEK if self.weekdays and own == 1 else own

    @property
    def doses(self) -> Fraction:
        """How many doses in that many days."""
        each_week = self.weekdays and not self.every_days and TIMINGS[self.timing].days == 1
        return Fraction(TIMINGS[self.timing].doses) * (len(self.weekdays) if each_week else 1)

    @property
    def mean(self) -> Fraction:
        """What it comes to a day, in its unit."""
        return Fraction(self.larger) * self.doses / self.days

    @property
    def on_its_day(self) -> Fraction:
        """What is taken on a day on which it is taken."""
        times = TIMINGS[self.timing].doses if TIMINGS[self.timing].days == 1 else 1
        return Fraction(self.larger) * Fraction(times)

    def quantity(self) -> str:
        """As in "25 to 50 mg"."""
        written = UNITS[self.unit]
        of = written.one if self.larger <= 1 else written.many
        numbers = plain(self.amount) if self.most is None else f"{plain(self.amount)} to {plain(self.most)}"
        return f"{numbers}{NBSP}{of}"

    def when(self) -> str:
        """As in "every morning", "at 8:00 and 13:00 on Monday and Friday"."""
        words = TIMINGS[self.timing].words.format(days=self.every_days)
        if self.timing in TIMES_OF_DAY and (self.every_days or self.weekdays):
            words = words.replace("every ", "in the ")
            words = f"once a week {words}" if len(self.weekdays) == 1 and not self.every_days else words
        if self.every_days and self.timing != EVERY_SO_MANY_DAYS:
            words += " " + TIMINGS[EVERY_SO_MANY_DAYS].words.format(days=self.every_days)
        clock = f"at {listed(time.removeprefix('0') for time in self.at)}" if self.at else ""
        if self.timing == "daily" and (self.weekdays or clock):
            words = ""
        days = f"on {listed(WEEKDAYS_IN_WORDS[day] for day in self.weekdays)}" if self.weekdays else ""
        return " ".join(word for word in (words, clock, days) if word)

    def as_json(self) -> dict[str, Any]:
        """Plain values for a JSON column: what is said, and nothing of what is not."""
        values = {
            "amount": digits(self.amount),
            "most": None if self.most is None else digits(self.most),
            "unit": self.unit,
            "timing": self.timing,
            "every_days": self.every_days,
            "weekdays": list(self.weekdays),
            "at": list(self.at),
        }
        return {name: value for name, value in values.items() if value not in (None, [])}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Part":
        """Reads what as_json wrote."""
        return cls(
            amount=_number(values["amount"]),
            unit=values["unit"],
            timing=values["timing"],
            most=_number(values["most"]) if values.get("most") is not None else None,
            every_days=values.get("every_days"),
            weekdays=tuple(values.get("weekdays") or ()),
            at=tuple(values.get("at") or ()),
        )


WEEKDAYS_IN_WORDS = dict(
    zip(WEEKDAYS, ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), strict=True)
)


@dataclass(frozen=True, slots=True)
class Sig:
    """How much, how, how often: one regimen that can be followed. Nonsense raises ImpossibleSig.

    The parts stand in the order of the day and are all in one unit, as is `max_per_day`. As needed there is one part,
    which says its rhythm, or `max_per_day` or `min_interval_hours` bounds it. `words` is what was written, if anything.
    """

    route: str
    parts: tuple[Part, ...]
    as_needed: bool = False
    max_per_day: Decimal | None = None
    min_interval_hours: Decimal | None = None
    reason: str = ""
    hours_worn: int | None = None
    words: str = ""

    def __post_init__(self) -> None:
        _require_known("route", self.route, ROUTES)
        _require_parts(self.parts)
        if not isinstance(self.as_needed, bool):
            raise ImpossibleSig("As needed is either yes or no.")
        if self.max_per_day is not None:
            _require_amount("maximum per day", self.max_per_day, self.unit)
        (_require_bounds if self.as_needed else _require_by_the_clock)(self)
        _require_whole("hours it is worn", self.hours_worn, LONGEST_WORN)
        if self.hours_worn is not None and self.unit != "{patch}" and self.route != "TD":
            raise ImpossibleSig("Only a patch is worn for some hours.")
        for text, longest in ((self.reason, LONGEST_REASON), (self.words, LONGEST_WORDS)):
            if not isinstance(text, str) or len(text) > longest:
                raise ImpossibleSig(f"What is said in words has at most {longest} characters.")

    @classmethod
    def of(
        cls, amount: Decimal, unit: str, route: str, timing: str, *, every_days: int | None = None, **rest: Any
    ) -> "Sig":
        """The sig of one part; what else a part says goes into it."""
        own = {name: rest.pop(name) for name in ("most", "weekdays", "at") if name in rest}
        return cls(route, (Part(amount, unit, timing, every_days=every_days, **own),), **rest)

    @property
    def unit(self) -> str:
        """The unit of every part."""
        return self.parts[0].unit

    @property
    def dose(self) -> Decimal:
        """The largest single dose."""
        return max(part.larger for part in self.parts)

    @property
    def amount_per_day(self) -> Decimal:
        """Amount a day in `unit` on average; as needed, the most that may be taken in a day."""
        by_rhythm = sum((part.mean for part in self.parts), Fraction(0))
        if self.as_needed:
            by_rhythm = _most_as_needed(self)
        return as_decimal(by_rhythm if self.max_per_day is None else min(by_rhythm, Fraction(self.max_per_day)))

    @property
    def doses_per_day(self) -> Decimal:
        """Doses a day on average; as needed, the most that may be taken in a day."""
        if self.as_needed:
            return self.amount_per_day / self.dose
        return as_decimal(sum((part.doses / part.days for part in self.parts), Fraction(0)))

    @property
    def most_in_a_day(self) -> Decimal:
        """What is taken on the fullest of its days, in `unit`."""
        if self.as_needed:
            return self.amount_per_day
        fullest = as_decimal(max(self.on_weekday(day) for day in WEEKDAYS))
        return fullest if self.max_per_day is None else min(fullest, self.max_per_day)

    def on_weekday(self, day: str) -> Fraction:
        """What is taken on such a day of the week, if all that may be taken then is."""
        parts = [part for part in self.parts if not part.weekdays or day in part.weekdays]
        return sum((part.on_its_day for part in parts), Fraction(0))

    @property
    def days_a_week(self) -> Decimal:
        """On how many days of a week it is taken on average."""
        named = {day for part in self.parts for day in part.weekdays if part.days == WEEK}
        rest = [part for part in self.parts if not part.weekdays or part.days != WEEK]
        other = sum((min(part.doses, Fraction(part.days)) * Fraction(WEEK, part.days) for part in rest), Fraction(0))
        return as_decimal(min(Fraction(WEEK), len(named) + other))

    @property
    def days(self) -> int:
        """The longest of its rhythms, in days; 1 for what is taken every day."""
        return max(part.days for part in self.parts)

    @property
    def is_complete(self) -> bool:
        """Whether it says by which route and when; False only in history taken over from elsewhere."""
        return self.is_timed and self.route != NOT_RECORDED

    @property
    def is_timed(self) -> bool:
        """Whether it says how often."""
        return self.parts[0].timing != NOT_RECORDED

    def text(self) -> str:
        """The medication line in English: "300 mg by mouth every morning and 600 mg at bedtime"; a number never wraps
        from its unit. Where nobody knows the dose, the words it came with."""
        if self.parts[0].timing == NOT_RECORDED and self.unit == "{dose}":
            words = self.words if len(self.words) <= LONGEST_REASON else f"{self.words[: LONGEST_REASON - 1]}…"
            return f"dose unknown: {words}" if words else "dose unknown"
        first, *others = self.parts
        said = [" ".join(word for word in (first.quantity(), ROUTES[self.route].words, first.when()) if word)]
        said += [f"{self._another(part)}{part.quantity()} {part.when()}" for part in others]
        line = listed(said)
        if self.as_needed:
            line += f" as needed for {self.reason}" if self.reason else " as needed"
        bounds = []
        if self.max_per_day is not None:
            bounds.append(f", at most {Part(self.max_per_day, self.unit, 'daily').quantity()} a day")
        if self.min_interval_hours is not None:
            bounds.append(f", at least {_hours(self.min_interval_hours)} apart")
        if self.hours_worn is not None:
            bounds.append(f", worn for {_hours(Decimal(self.hours_worn))}")
        return line + "".join(bounds)

    def _another(self, part: Part) -> str:
        """The word before a part that is taken on top of an earlier one, at the same time of some of its days."""
        before = self.parts[: self.parts.index(part)]
        return "another " if any(_is_on_top(part, one) or _is_on_top(one, part) for one in before) else ""

    def as_json(self) -> dict[str, Any]:
        """Plain values for a JSON column; numbers as text so that no digit is lost, and only what is said."""
        values = {
            "route": self.route,
            "parts": [part.as_json() for part in self.parts],
            "as_needed": self.as_needed,
            "max_per_day": None if self.max_per_day is None else digits(self.max_per_day),
            "min_interval_hours": None if self.min_interval_hours is None else digits(self.min_interval_hours),
            "reason": self.reason,
            "hours_worn": self.hours_worn,
            "words": self.words,
        }
        return {name: value for name, value in values.items() if value not in (None, False, "")}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "Sig":
        """Reads what as_json wrote; anything else raises ImpossibleSig."""
        try:
            most, apart = values.get("max_per_day"), values.get("min_interval_hours")
            return cls(
                route=values["route"],
                parts=tuple(Part.from_json(part) for part in values["parts"]),
                as_needed=values.get("as_needed", False),
                max_per_day=None if most is None else _number(most),
                min_interval_hours=None if apart is None else _number(apart),
                reason=values.get("reason", ""),
                hours_worn=values.get("hours_worn"),
                words=values.get("words", ""),
            )
        except (AttributeError, KeyError, TypeError) as wrong:
            raise ImpossibleSig("This regimen is not complete.") from wrong


def _is_on_top(some_days: Part, each_day: Part) -> bool:
    timing = "daily" if TIMINGS[some_days.timing].days == WEEK else some_days.timing
    is_each = not each_day.weekdays and not each_day.every_days
    return bool(some_days.weekdays) and is_each and (timing, some_days.at) == (each_day.timing, each_day.at)


def _hours(number: Decimal) -> str:
    return f"{plain(number)}{NBSP}{'hour' if number <= 1 else 'hours'}"


def _number(written: object) -> Decimal:
    number = written_numbers.number(written) if isinstance(written, str) else None
    if number is None:
        raise TypeError("numbers are kept as text")
    return number


def _require_known(name: str, code: object, table: dict[str, Any]) -> None:
    if not isinstance(code, str) or code not in table:
        raise ImpossibleSig(f"“{code}” is not a {name} this service knows.")


def _require_amount(what: str, number: Decimal, unit: str) -> None:
    if not isinstance(number, Decimal) or not number.is_finite():
        raise ImpossibleSig(f"The {what} must be a decimal number.")
    if number <= 0:
        raise ImpossibleSig(f"The {what} must be more than zero.")
    if number > UNITS[unit].at_most:
        raise ImpossibleSig(f"The {what} is larger than any {what} in this unit; look for a slip of the pen.")
    if number != round(number, DECIMALS):
        raise ImpossibleSig(f"The {what} has more than {DECIMALS} digits after the decimal point.")


def _require_whole(what: str, number: object, longest: int) -> None:
    if number is None:
        return
    if not isinstance(number, int) or isinstance(number, bool) or not 1 <= number <= longest:
        raise ImpossibleSig(f"The {what} are a whole number from 1 to {longest}.")


def _require_interval(part: Part) -> None:
    days = part.every_days
    if part.timing != EVERY_SO_MANY_DAYS:
        if days is None:
            return
        if part.timing not in TIMES_OF_DAY:
            raise ImpossibleSig("A number of days belongs only to “every so many days”, or to one time of the day.")
    if not isinstance(days, int) or isinstance(days, bool) or not SHORTEST_INTERVAL <= days <= LONGEST_INTERVAL:
        raise ImpossibleSig(f"Say every how many days, from {SHORTEST_INTERVAL} to {LONGEST_INTERVAL}.")


def _require_weekdays(part: Part) -> None:
    days = part.weekdays
    if not isinstance(days, tuple) or list(days) != [day for day in WEEKDAYS if day in days]:
        raise ImpossibleSig("The days of the week are each named once, Monday first.")
    if not days:
        return
    timing = TIMINGS[part.timing]
    if part.timing in ("PRN", NOT_RECORDED):
        raise ImpossibleSig("Days of the week need a time of day or how often a day.")
    if timing.days == 1 and not part.every_days:
        return
    wanted = int(timing.doses) if timing.days == 7 else 1
    if part.days % 7 or len(days) != wanted:
        raise ImpossibleSig("The days of the week contradict how often it is taken.")


def _require_times(part: Part) -> None:
    at = part.at
    if not isinstance(at, tuple) or not all(isinstance(time, str) and CLOCK.fullmatch(time) for time in at):
        raise ImpossibleSig("A clock time is written as 08:00.")
    if list(at) != sorted(set(at)):
        raise ImpossibleSig("Clock times are each named once, the earliest first.")
    timing = TIMINGS[part.timing]
    if at and (part.timing in ("PRN", NOT_RECORDED) or len(at) != (timing.doses if timing.days == 1 else 1)):
        raise ImpossibleSig("The clock times contradict how often it is taken.")


def _require_parts(parts: object) -> None:
    if not isinstance(parts, tuple) or not all(isinstance(part, Part) for part in parts):
        raise ImpossibleSig("A regimen is made of parts.")
    if not 1 <= len(parts) <= MOST_PARTS:
        raise ImpossibleSig(f"A regimen has from 1 to {MOST_PARTS} parts.")
    if len({part.unit for part in parts}) > 1:
        raise ImpossibleSig("All parts of one order are written in one unit.")
    times = [(part.timing, part.every_days, part.weekdays, part.at) for part in parts]
    if len(set(times)) < len(times):
        raise ImpossibleSig("Two parts are taken at the same time; write them as one.")
    if len(parts) > 1 and any(part.timing in ("PRN", NOT_RECORDED) for part in parts):
        raise ImpossibleSig("Each part of an order says when it is taken.")


def _require_by_the_clock(sig: Sig) -> None:
    if sig.parts[0].timing == "PRN":
        raise ImpossibleSig("A medicine without fixed times is taken as needed; say so.")
    if sig.min_interval_hours is not None or sig.reason:
        raise ImpossibleSig("A shortest interval or a reason belongs to a medicine taken as needed.")
    if sig.max_per_day is None:
        return
    least = sum((Fraction(part.amount) * part.doses for part in sig.parts), Fraction(0))
    if sig.max_per_day > sum((part.mean for part in sig.parts), Fraction(0)):
        raise ImpossibleSig("A daily maximum belongs to a medicine taken as needed, or to a range.")
    if any(part.days > 1 for part in sig.parts) or least > sig.max_per_day:
        raise ImpossibleSig("How often it is taken contradicts the maximum per day.")


def _require_bounds(sig: Sig) -> None:
    if len(sig.parts) > 1:
        raise ImpossibleSig("A medicine taken as needed has one dose; write the rest as an order of its own.")
    [part] = sig.parts
    apart, most = sig.min_interval_hours, sig.max_per_day
    if TIMINGS[part.timing].days != 1 or part.every_days or part.weekdays or part.at:
        raise ImpossibleSig("A medicine taken as needed has no rhythm of several days and no clock times.")
    if apart is not None and (not isinstance(apart, Decimal) or not 0 < apart <= LONGEST_APART):
        raise ImpossibleSig(f"The hours between two doses are from 0 to {LONGEST_APART}.")
    if part.timing == "PRN" and most is None and apart is None:
        raise ImpossibleSig("A medicine taken as needed needs a maximum per day, or the hours between two doses.")
    if most is not None and most < part.larger:
        raise ImpossibleSig("The maximum per day is less than one dose.")
    times = TIMINGS[part.timing].doses
    if apart is not None and times > 1 and apart * times > LONGEST_DAY:
        raise ImpossibleSig("How often it is taken contradicts the hours between two doses.")
    if most is not None and _most_as_needed(sig) < most:
        raise ImpossibleSig("The maximum per day is more than how often it may be taken allows.")


def _most_as_needed(sig: Sig) -> Fraction:
    """The most that rhythm and interval leave room for in a day, else the maximum itself; a time of day such as
    bedtime bounds it only where nothing else does."""
    [part] = sig.parts
    times = TIMINGS[part.timing].doses
    doses = [Fraction(times)] if times > 1 else []
    if sig.min_interval_hours is not None:
        doses.append(Fraction(max(1, floor(24 / sig.min_interval_hours))))
    return min(doses) * Fraction(part.larger) if doses else Fraction(sig.max_per_day or part.larger)
