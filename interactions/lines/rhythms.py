"""When one dose is taken: "twice daily at 8:00 and 20:00", "at bedtime on Mon, Wed and Fri"."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from interactions.lines import words
from interactions.lines.line import PER_DAY, NotUnderstood, Part
from interactions.lines.phrases import Amount, Phrase

OF_DAYS = ("every_other_day", "weekly", "twice_weekly", "every_n_days")
DOSES = {"daily": 1, "BID": 2, "TID": 3, "QID": 4, "Q12H": 2, "Q8H": 3, "Q6H": 4, "Q4H": 6, PER_DAY: 1}
BY_NUMBER = {**words.A_DAY, 6: "Q4H"}
LENGTHS = {"every_other_day": 2, "weekly": 7, "twice_weekly": 7}
"""Days in which such a rhythm comes round."""


@dataclass
class Times:
    """What the words of one run say: how often a day, which days, and at which times of the day."""

    text: str
    often: str = ""
    is_once: bool = False
    rhythm: tuple[str, int | None] | None = None
    weekdays: tuple[str, ...] = ()
    slots: tuple[tuple[str, str], ...] = ()
    """Time of day and clock time, either of which may be blank."""
    apart: tuple[int, int | None] | None = None


def times_of(run: Sequence[Phrase], *, as_needed: bool) -> Times:
    """The run read; two words that contradict each other are refused."""
    said = Times(" ".join(one.text for one in run if one.kind != "and"))
    slots: list[list[str]] = []
    joined = False
    for one in run:
        if one.kind == "and":
            joined = True
            continue
        if one.kind == "timing":
            take_timing(said, one, as_needed=as_needed)
        elif one.kind in ("days", "other_week"):
            take_days(said, one)
        else:
            if one.kind == "other_time":
                said.rhythm = only(said.rhythm, ("every_other_day", None), said.text)
            take_slot(slots, one, joined=joined)
        joined = False
    said.slots = tuple((time, clock) for time, clock in slots)
    return said


def take_timing(said: Times, one: Phrase, *, as_needed: bool) -> None:
    """How often a day, or a rhythm of days; each once."""
    code, number = one.value
    if code in OF_DAYS:
        said.rhythm = only(said.rhythm, (code, number), said.text)
        return
    if code == "hours":
        code = hourly(said, one, number, as_needed=as_needed)
    said.often = only(said.often, code, said.text)
    said.is_once |= one.text.startswith(("once", "one", "1", "qd"))


def hourly(said: Times, one: Phrase, number: tuple[int, int | None], *, as_needed: bool) -> str:
    """Every so many hours; what has no code is only bounded, and only as needed."""
    least, most = number
    if (most is None or as_needed) and least in words.HOURLY:
        return words.HOURLY[least]
    if not as_needed:
        raise NotUnderstood(f"“{one.text}” has no word here; name the times of the day.")
    said.apart = number
    return "PRN"


def only(before: Any, now: Any, text: str) -> Any:
    """What is said for the first time, or once more the same."""
    if before and before != now:
        raise NotUnderstood(f"“{text}” says two things about how often.")
    return now


def take_days(said: Times, one: Phrase) -> None:
    """Days of the week; "every other Monday" is a rhythm too."""
    said.weekdays = tuple(day for day in words.WEEKDAYS if day in (*said.weekdays, *one.value))
    if one.kind == "other_week":
        said.rhythm = only(said.rhythm, ("every_n_days", 14), said.text)


def take_slot(slots: list[list[str]], one: Phrase, *, joined: bool) -> None:
    """A time of the day; "every morning with breakfast at 8:00" is one, "in the morning and at 14:00" are two."""
    place = 1 if one.kind == "clock" else 0
    value = one.value[0] if one.kind == "meal" else one.value
    if slots and not joined and value in slots[-1]:
        return
    if slots and not joined and not slots[-1][place]:
        slots[-1][place] = value
        return
    slots.append(["", value] if place else [value, ""])


def parts_at(dose: Amount, said: Times) -> list[Part]:
    """The dose at each of its times."""
    if not said.slots:
        return [part(dose, *without_times(said), weekdays=said.weekdays)]
    require_number(said)
    clocks = tuple(sorted(clock for _time, clock in said.slots if clock))
    if not any(time for time, _clock in said.slots):
        timing = said.often if said.often not in ("", "daily", PER_DAY) else by_number(said)
        return [part(dose, *with_rhythm(said, timing), weekdays=said.weekdays, at=clocks)]
    return [
        part(dose, *with_rhythm(said, time or "daily"), weekdays=said.weekdays, at=(clock,) if clock else ())
        for time, clock in said.slots
    ]


def part(
    dose: Amount, timing: str, every_days: int | None, *, weekdays: tuple[str, ...], at: tuple[str, ...] = ()
) -> Part:
    """One part of the line."""
    return Part(dose.low, dose.unit, timing, dose.high, every_days, weekdays, at)


def without_times(said: Times) -> tuple[str, int | None]:
    """How often alone; days of the week alone mean once on each."""
    if said.rhythm is None:
        return said.often or ("daily" if said.weekdays else ""), None
    if said.often:
        raise NotUnderstood(f"“{said.text}” says two things about how often.")
    require_days(said)
    return said.rhythm


def with_rhythm(said: Times, timing: str) -> tuple[str, int | None]:
    """A time of the day with the days on which it comes round."""
    if said.rhythm is None:
        return timing, None
    require_days(said)
    code, number = said.rhythm
    if timing == "daily":
        return code, number
    if said.weekdays and code in ("weekly", "twice_weekly"):
        return timing, None
    if code == "twice_weekly":
        raise NotUnderstood(f"“{said.text}” does not say on which days; name the days of the week.")
    return timing, number or LENGTHS[code]


def require_days(said: Times) -> None:
    """As many days of the week as the rhythm has doses."""
    code, _number = said.rhythm or ("", None)
    wanted = {"weekly": 1, "twice_weekly": 2, "every_n_days": 1}.get(code, 0)
    if said.weekdays and len(said.weekdays) != wanted:
        raise NotUnderstood(f"“{said.text}” says two things about how often.")


def require_number(said: Times) -> None:
    """As many times of the day as it is taken; "daily" alone may stand before any number."""
    if said.often and (said.often != "daily" or said.is_once) and DOSES.get(said.often, 0) != len(said.slots):
        raise NotUnderstood(f"“{said.text}” says two things about how often.")
    if len(set(said.slots)) < len(said.slots):
        raise NotUnderstood(f"“{said.text}” names a time twice.")


def by_number(said: Times) -> str:
    """The code of so many clock times."""
    if len(said.slots) not in BY_NUMBER:
        raise NotUnderstood(f"“{said.text}” names {len(said.slots)} times of the day; write the doses one by one.")
    return BY_NUMBER[len(said.slots)]
