"""What a FHIR R4 Timing says: at which times of which days; whatever has no word here is told as such.

Pure. Nothing is invented: a rhythm given as a range, or one that says two things, raises NoWord.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from medmgmt.record.sigs import TIMES_OF_DAY
from medmgmt.record.vocabulary import TIMINGS, WEEKDAYS

NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)(?::[0-5]\d(?:\.\d+)?)?", re.ASCII)
PER_DAY = {1: "daily", 2: "BID", 3: "TID", 4: "QID", 6: "Q4H"}
EVERY_HOURS = {4: "Q4H", 6: "Q6H", 8: "Q8H", 12: "Q12H"}
CODES: dict[str, dict[str, Any]] = {
    "QD": {"frequency": 1, "period": 1, "periodUnit": "d"}, "BID": {"frequency": 2, "period": 1, "periodUnit": "d"},
    "TID": {"frequency": 3, "period": 1, "periodUnit": "d"}, "QID": {"frequency": 4, "period": 1, "periodUnit": "d"},
    "QOD": {"period": 2, "periodUnit": "d"}, "WK": {"period": 1, "periodUnit": "wk"},
    "MO": {"period": 1, "periodUnit": "mo"}, "AM": {"when": ["MORN"]}, "PM": {"when": ["AFT"]},
    "BED": {"when": ["HS"]}, "EVENING": {"when": ["EVE"]}, "NOON": {"when": ["NOON"]},
    **{f"Q{hours}H": {"period": hours, "periodUnit": "h"} for hours in (1, 2, 3, 4, 6, 8, 12)},
}  # fmt: skip
"""HL7 v3 TimingAbbreviation, as in Timing.code, in the words of Timing.repeat."""
CODES |= {
    words: CODES[code]
    for code, several in {
        "QD": ("DAILY", "ONCE DAILY", "ONCE A DAY", "EVERY DAY", "QDAY"), "BID": ("TWICE DAILY", "TWICE A DAY"),
        "TID": ("THREE TIMES DAILY", "THREE TIMES A DAY"), "QID": ("FOUR TIMES DAILY", "FOUR TIMES A DAY"),
        "QOD": ("EVERY OTHER DAY",), "WK": ("WEEKLY", "ONCE WEEKLY", "ONCE A WEEK"), "AM": ("QAM", "EVERY MORNING"),
        "EVENING": ("EVERY EVENING", "QPM"), "NOON": ("AT NOON",),
        "BED": ("QHS", "HS", "AT BEDTIME", "NIGHTLY AT BEDTIME"),
    }.items()
    for words in several
}  # fmt: skip
"""The same as servers write them out."""

EVENTS: dict[str, tuple[str, str]] = {
    "MORN": ("morning", ""), "NOON": ("noon", ""), "EVE": ("evening", ""), "HS": ("bedtime", ""),
    "MORN.early": ("morning", "early in the morning"), "MORN.late": ("morning", "late in the morning"),
    "AFT": ("", "in the afternoon"), "AFT.early": ("", "early in the afternoon"),
    "AFT.late": ("", "late in the afternoon"), "EVE.early": ("evening", "early in the evening"),
    "EVE.late": ("evening", "late in the evening"), "NIGHT": ("", "at night"), "PHS": ("", "after falling asleep"),
    "IMD": ("", "at once"), "WAKE": ("morning", "on waking"),
    "CM": ("morning", "with breakfast"), "CD": ("noon", "with lunch"), "CV": ("evening", "with dinner"),
    "ACM": ("morning", "before breakfast"), "ACD": ("noon", "before lunch"), "ACV": ("evening", "before dinner"),
    "PCM": ("morning", "after breakfast"), "PCD": ("noon", "after lunch"), "PCV": ("evening", "after dinner"),
    "C": ("", "with meals"), "AC": ("", "before meals"), "PC": ("", "after meals"),
}  # fmt: skip
"""FHIR event-timing -> the timing that it is, blank where it is none of ours, and what else is said."""
MEALS = ("C", "AC", "PC")
"""Said of every dose, however many there are; the number is for the frequency to say."""
EXACT = {"MORN": "in the morning", "NOON": "at noon", "EVE": "in the evening", "HS": "at bedtime"}
SAID = ("duration", "durationMax", "durationUnit", "offset", "id", "extension", "count", "countMax")
"""What is read elsewhere, or told in words."""
READ = ("frequency", "frequencyMax", "period", "periodMax", "periodUnit", "dayOfWeek", "timeOfDay", "when", *SAID)


class NoWord(ValueError):
    """A dose or a rhythm that the record cannot hold; the message says which."""


class TwoThings(NoWord):
    """Something that is said twice, and differently."""


@dataclass(frozen=True, slots=True)
class Slot:
    """When one dose, or every dose of a rhythm, is taken, in the words of the record."""

    timing: str
    every_days: int | None = None
    weekdays: tuple[str, ...] = ()
    at: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rhythm:
    """All slots, none where nothing is said; the hours between two doses where they are; and what else is said."""

    slots: tuple[Slot, ...] = ()
    hours: Decimal | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Rate:
    """So many doses in so many days, 0 for a rhythm that no day holds; `hours` between two where it was said so."""

    doses: int
    days: int
    hours: Fraction | None = None

    @property
    def slot(self) -> Slot:
        """As one rhythm."""
        if self.days == 1:
            named = EVERY_HOURS.get(int(self.hours)) if self.hours and self.hours.denominator == 1 else None
            if named or self.doses in PER_DAY:
                return Slot(named or PER_DAY[self.doses])
        elif self.doses == 1:
            return {2: Slot("every_other_day"), 7: Slot("weekly")}.get(self.days, Slot("every_n_days", self.days))
        elif (self.doses, self.days) == (2, 7):
            return Slot("twice_weekly")
        raise NoWord(f"every {self.hours} hours" if self.hours else f"{self.doses} times in {self.days} days")


def number(value: Any) -> Decimal:
    """A FHIR decimal, also one sent as text; anything else, as 1_000 or NaN, raises NoWord."""
    if isinstance(value, int | Decimal | str) and not isinstance(value, bool) and NUMBER.fullmatch(f"{value}"):
        return Decimal(f"{value}")
    if isinstance(value, Decimal) and value.is_finite():
        return Decimal(f"{value:f}")
    raise NoWord(f"“{value}” is not a number")


def whole(value: Any) -> int:
    """The same where only a whole number above zero makes sense."""
    found = number(value)
    if found != found.to_integral_value() or not 0 < found < 100_000:
        raise NoWord(f"“{value}” is not a whole number")
    return int(found)


def read(timing: Mapping[str, Any], *, as_needed: bool = False) -> Rhythm:
    """The rhythm; a code and a repeat that differ raise TwoThings. As needed the hours between doses are enough."""
    repeat = timing.get("repeat") or {}
    coded, called = _code(timing.get("code"))
    try:
        said = _rhythm(repeat)
    except NoWord:
        rate = _rate(repeat)
        if not as_needed or rate is None or rate.hours is None or {"when", "timeOfDay", "dayOfWeek"} & set(repeat):
            raise
        return Rhythm((), _hours(rate))
    if coded is None:
        if called and not said.slots:
            raise NoWord(called)
        return said
    by_code = _rhythm(coded)
    if not said.slots:
        return Rhythm(by_code.slots, by_code.hours, (*by_code.words, *said.words))
    if per_day(by_code.slots) not in (per_day(said.slots), *([1] if _is_of_the_day(by_code, said) else [])):
        raise TwoThings(f"“{called}”, but also “{_told(repeat)}”")
    if _is_of_the_day(by_code, said):
        return replace(said, slots=(replace(said.slots[0], timing=by_code.slots[0].timing, every_days=_days(said)),))
    return said


def _is_of_the_day(by_code: Rhythm, said: Rhythm) -> bool:
    """Whether the code only names the time of the day of the one clock time."""
    [*named], [*slots] = by_code.slots, said.slots
    return len(named) == len(slots) == 1 and named[0].timing in TIMES_OF_DAY and len(slots[0].at) == 1


def _days(said: Rhythm) -> int | None:
    """In how many days a slot comes round; None for one of every day, or of days of the week."""
    [slot] = said.slots
    days = slot.every_days or TIMINGS[slot.timing].days or 1
    return None if days == 1 or (slot.weekdays and days == len(WEEKDAYS)) else days


def per_day(slots: Iterable[Slot]) -> Fraction:
    """Doses a day on average."""
    total = Fraction(0)
    for slot in slots:
        timing = TIMINGS[slot.timing]
        days = slot.every_days or timing.days or 1
        often = len(slot.weekdays) if slot.weekdays and days == 1 else 1
        total += Fraction(timing.doses) * often / (7 if slot.weekdays and days == 1 else days)
    return total


def _code(code: Any) -> tuple[dict[str, Any] | None, str]:
    """What a Timing.code stands for, and how it is called."""
    if not isinstance(code, Mapping):
        return None, ""
    codings = [one for one in code.get("coding") or [] if isinstance(one, Mapping)]
    names = [str(one.get(key) or "") for key in ("code", "display") for one in codings] + [str(code.get("text") or "")]
    called = next(filter(None, [str(code.get("text") or ""), *names]), "")
    for name in names:
        known = CODES.get(name.upper().replace(".", "").strip())
        if known is not None:
            return known, called
    return None, called


def _told(repeat: Mapping[str, Any]) -> str:
    """A repeat as it was sent, in short."""
    return ", ".join(f"{key} {value}" for key, value in repeat.items())


def _rhythm(repeat: Mapping[str, Any]) -> Rhythm:
    unknown = [key for key in repeat if key not in READ and not key.startswith(("bounds", "_"))]
    if unknown:
        raise NoWord(f"“{unknown[0]}”")
    rate, days = _rate(repeat), _weekdays(repeat.get("dayOfWeek"))
    events, clock = _listed(repeat.get("when")), sorted(set(map(_clock, _listed(repeat.get("timeOfDay")))))
    if events and clock:
        raise TwoThings(f"both a clock time and a time of day: {_told(repeat)}")
    words = _event_words(events, repeat.get("offset"))
    hours = _hours(rate)
    if not events and not clock:
        slots = (_on_days(rate or _Rate(1, 1), days),) if rate or days else ()
        return Rhythm(slots, hours)
    if len(events) == 1 and events[0] in MEALS:
        if rate is None:
            raise NoWord(f"{words[0]}, without how often")
        return Rhythm((_on_days(rate, days),), hours, words)
    return _named(rate, days, events, clock, words)


def _hours(rate: _Rate | None) -> Decimal | None:
    return Decimal(rate.hours.numerator) / rate.hours.denominator if rate and rate.hours else None


def _named(
    rate: _Rate | None, days: tuple[str, ...], events: list[str], clock: list[str], words: tuple[str, ...]
) -> Rhythm:
    """Doses at named times of the day."""
    many = len(events) or len(clock)
    a_week = rate is not None and rate.days == 7 and days and rate.doses == many * len(days)
    if rate is not None and rate.days > 1 and (not a_week or len(days) == 1):
        if many != 1:
            raise TwoThings(f"{rate.doses} doses in {rate.days} days, at {many} times")
        slot = _on_days(rate, days)
        if events and EVENTS[events[0]][0] and rate.doses == 1:
            named = EVENTS[events[0]][0]
            return Rhythm((Slot(named, _days(Rhythm((slot,))), slot.weekdays),), None, words)
        return Rhythm((Slot(slot.timing, slot.every_days, slot.weekdays, tuple(clock)),), None, words or _exact(events))
    if rate is not None and not a_week and rate.doses != many:
        raise TwoThings(f"{rate.doses} doses a day, but {many} times are named")
    if len(days) == 1 and many == 1 and not (events and EVENTS[events[0]][0]):
        return Rhythm((Slot("weekly", None, days, tuple(clock)),), None, words or _exact(events))
    if clock:
        if many not in PER_DAY:
            raise NoWord(f"{many} times a day")
        timing = rate.slot.timing if rate is not None and rate.days == 1 else PER_DAY[many]
        return Rhythm((Slot(timing, None, days, tuple(clock)),))
    slots = [Slot(EVENTS[event][0] or "daily", None, days) for event in events]
    if len(set(slots)) < many:
        if many not in PER_DAY:
            raise NoWord(f"{many} times a day")
        return Rhythm((Slot(PER_DAY[many], None, days),), None, tuple(word or EXACT[e] for e, word in _each(events)))
    return Rhythm(tuple(sorted(slots, key=_in_the_day)), None, words)


def _each(events: list[str]) -> Iterable[tuple[str, str]]:
    return ((event, EVENTS[event][1]) for event in events)


def _in_the_day(slot: Slot) -> int:
    return ("morning", "noon", "daily", "evening", "bedtime").index(slot.timing)


def _exact(events: list[str]) -> tuple[str, ...]:
    return tuple(EXACT[event] for event in events if event in EXACT)


def _rate(repeat: Mapping[str, Any]) -> _Rate | None:
    """How many doses in how many days; None where the repeat does not say."""
    for most, least in (("frequencyMax", "frequency"), ("periodMax", "period")):
        if most in repeat and repeat[most] != repeat.get(least):
            raise NoWord(f"{least} from {repeat.get(least)} to {repeat[most]}")
    if not {"frequency", "period", "periodUnit"} & set(repeat):
        return None
    if "period" not in repeat or "periodUnit" not in repeat:
        raise NoWord(f"{_told(repeat)}, without in how long")
    doses, period, unit = whole(repeat.get("frequency", 1)), Fraction(number(repeat["period"])), repeat["periodUnit"]
    in_hours = {"h": 1, "d": 24, "wk": 168}.get(str(unit))
    if in_hours is None or period <= 0:
        raise NoWord(f"every {repeat['period']} {unit}")
    hours = period * in_hours
    if hours % 24 == 0:
        return _Rate(doses, int(hours // 24), hours if doses == 1 and hours == 24 and unit == "h" else None)
    return _Rate(int(24 * doses / hours), 1 if (24 * doses) % hours == 0 else 0, hours / doses)


def _on_days(rate: _Rate, days: tuple[str, ...]) -> Slot:
    """A rhythm on the named days of the week alone."""
    if not days or (len(days) == len(WEEKDAYS) and rate.days == 1):
        return rate.slot
    if rate.days == 1:
        if len(days) == 1 and rate.doses == 1:
            return Slot("weekly", None, days)
        return Slot(rate.slot.timing, None, days)
    if rate.days == 7 and rate.doses == len(days):
        return Slot("weekly" if len(days) == 1 else "daily", None, days)
    if rate.days % 7 == 0 and rate.doses == len(days) == 1:
        return Slot(rate.slot.timing, rate.slot.every_days, days)
    raise TwoThings(f"{rate.doses} doses in {rate.days} days, but on {', '.join(days)}")


def _weekdays(said: Any) -> tuple[str, ...]:
    days = _listed(said)
    if not set(days) <= set(WEEKDAYS):
        raise NoWord(f"“{days}” are not days of the week")
    return tuple(day for day in WEEKDAYS if day in days)


def _listed(said: Any) -> list[str]:
    """A list of words; one alone, as some servers send it, counts as a list of one."""
    return [str(one) for one in said] if isinstance(said, list) else [str(said)] if said else []


def _clock(said: str) -> str:
    found = CLOCK.fullmatch(said)
    if not found:
        raise NoWord(f"“{said}” is not a time")
    return f"{found[1]}:{found[2]}"


def _event_words(events: list[str], offset: Any) -> tuple[str, ...]:
    unknown = [event for event in events if event not in EVENTS]
    if unknown:
        raise NoWord(f"“{unknown[0]}”")
    minutes = f"{whole(offset)} minutes " if offset else ""
    after = {"HS": "after bedtime", "WAKE": "after waking", "MORN": "after the morning", "NOON": "after noon"}
    words = [EVENTS[event][1] or (after.get(event, "") if minutes else "") for event in events]
    return tuple(f"{minutes}{word}" for word in words if word)
