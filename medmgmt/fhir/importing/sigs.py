"""What the FHIR R4 Dosages of one order say together, stretch by stretch of its days.

Pure. Those that hold at once are put into one sig; those that cannot be told apart have no dose, and keep their words.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, tzinfo
from decimal import Decimal
from typing import Any

from medmgmt.fhir.importing import dates, dosages, wording
from medmgmt.fhir.importing.dosages import Ordered as Ordered
from medmgmt.fhir.importing.dosages import Said
from medmgmt.fhir.importing.dosages import is_known as is_known
from medmgmt.record.sigs import LONGEST_WORDS, NBSP, TIMES_OF_DAY, ImpossibleSig, Part
from medmgmt.record.sigs import Sig as Sig

ABOUT = {"morning": "08:00", "noon": "12:00", "evening": "18:00", "bedtime": "22:00"}
"""Where a time of the day stands among clock times; only an order, nothing is taken by it."""


@dataclass(frozen=True, slots=True)
class Phase:
    """How it is taken from a day on, until the first day on which it is not."""

    on: date
    until: date | None
    sig: Sig


@dataclass(frozen=True, slots=True)
class Line:
    """One medicine line of an order: its stretches of days in order; `doubts` are sentences for the chart."""

    phases: tuple[Phase, ...]
    structured: bool = True
    doubts: tuple[str, ...] = ()

    @property
    def until(self) -> date | None:
        """The first day without it, as the order itself says."""
        return self.phases[-1].until


def read(instructions: Sequence[Any], ordered: Ordered, *, on: date, zone: tzinfo) -> tuple[Line, ...]:
    """The lines of an order that begins on a day: one, unless parts of it are taken differently. Never raises."""
    try:
        return _lines(instructions, ordered, on, zone)
    except dosages.TROUBLE:
        words = json.dumps(list(instructions), sort_keys=True, default=str)
        return (Line((Phase(on, None, dosages.unknown(ordered.route, words)),), structured=False),)


def _lines(instructions: Sequence[Any], ordered: Ordered, on: date, zone: tzinfo) -> tuple[Line, ...]:
    given = [one for one in instructions if isinstance(one, Mapping)]
    if not given:
        return (Line((Phase(on, None, dosages.unknown(ordered.route, "")),), structured=False),)
    said, most = _of_one_order(_in_order(given, ordered, on, zone))
    if _clash(said):
        words = "; ".join(one.sig.words or plain(one.sig) for one in said)
        return (Line((Phase(on, _last(said), dosages.unknown(said[0].sig.route, words)),), structured=False),)
    shapes: dict[tuple[object, ...], list[Said]] = {}
    for one in said:
        shapes.setdefault(one.shape, []).append(one)
    return tuple(_line(group, on, most) for group in shapes.values())


def _of_one_order(said: list[Said]) -> tuple[list[Said], Decimal | None]:
    """A maximum that stands beside every dose is of the order, not of each."""
    most = said[0].most
    if most is None or len(said) == 1 or any(one.most != most or one.sig.as_needed for one in said):
        return said, None
    return [replace(one, sig=replace(one.sig, max_per_day=None, words=_without_limits(one))) for one in said], most


def _without_limits(one: Said) -> str:
    return wording.joined(words for words in one.sig.words.split("; ") if words not in one.limits)


def _in_order(given: Sequence[Mapping[str, Any]], ordered: Ordered, on: date, zone: tzinfo) -> list[Said]:
    """Each read from its own first day: one of a later number follows where the earlier one has an end."""
    said = [replace(dosages.read(one, ordered, on, zone), number=number) for number, one in enumerate(given, start=1)]
    if len({one.sequence for one in said}) < len(said) or len(said) == 1:
        return [replace(one, begins=one.begins or on) for one in said]
    placed: list[Said] = []
    first = on
    for one in sorted(said, key=lambda one: one.sequence or 0):
        begins = one.begins or first
        again = replace(dosages.read(given[one.number - 1], ordered, begins, zone), number=one.number, begins=begins)
        placed.append(again)
        first = again.ends or first
    return placed


def _clash(said: Sequence[Said]) -> bool:
    """Whether two that hold on one day name the same time: one after the other, or instead, nobody knows."""
    for number, one in enumerate(said):
        for other in said[number + 1 :]:
            if not _overlap(one, other) or one.sig.as_needed != other.sig.as_needed:
                continue
            mine, theirs = ({(p.timing, p.every_days, p.weekdays, p.at) for p in each.parts} for each in (one, other))
            if mine & theirs and one.sig.route == other.sig.route:
                return True
            if _in_turn(one, other) and not all(map(is_named, (*one.parts, *other.parts))):
                return True
    return False


def is_named(part: Part) -> bool:
    """Whether it says at which times of which days, so that another may stand beside it."""
    return bool(part.at or part.weekdays or part.timing in TIMES_OF_DAY)


def _in_turn(one: Said, other: Said) -> bool:
    return one.sequence is not None and other.sequence is not None and one.sequence != other.sequence


def _overlap(one: Said, other: Said) -> bool:
    earliest, latest = date.min, date.max
    return (other.begins or earliest) < (one.ends or latest) and (one.begins or earliest) < (other.ends or latest)


def _last(said: Iterable[Said]) -> date | None:
    """The first day without any of them; None if one goes on."""
    ends = [one.ends for one in said]
    return max((end for end in ends if end), default=None) if all(ends) else None


def _line(group: Sequence[Said], on: date, most: Decimal | None) -> Line:
    """Those of one shape, put together for every stretch of days on which the same of them hold."""
    days = {one.begins or on for one in group} | {one.ends for one in group if one.ends}
    marks = sorted(days)
    phases: list[Phase] = []
    for number, day in enumerate(marks):
        holds = [one for one in group if (one.begins or on) <= day and (one.ends is None or day < one.ends)]
        if not holds:
            continue
        until = marks[number + 1] if number + 1 < len(marks) else None
        sig = _together(holds, most)
        if phases and phases[-1].until == day and phases[-1].sig == sig:
            phases[-1] = replace(phases[-1], until=until)
        else:
            phases.append(Phase(day, until, sig))
    if not phases:
        only = group[0]
        phases = [Phase(on, only.ends if only.ends and only.ends > on else on + dates.ONE_DAY, only.sig)]
    doubts = tuple(dict.fromkeys(doubt for one in group for doubt in one.doubts))
    structured = all(one.parts and not one.is_read for one in group)
    return Line(tuple(phases), structured=structured, doubts=doubts)


def _together(holds: Sequence[Said], most: Decimal | None) -> Sig:
    """One sig of all their parts; if that is none that can be followed, its dose is not known."""
    if len(holds) == 1 and most is None:
        return holds[0].sig
    words = wording.joined(one.sig.words for one in holds)
    try:
        parts = sorted((part for one in holds for part in one.parts), key=_in_the_day)
        whole = replace(holds[0].sig, parts=tuple(parts), words=wording.shortened(words, LONGEST_WORDS))
        sig = dosages.bounded(whole, most)
        if most is None or sig.max_per_day is not None:
            return sig
        return replace(sig, words=wording.shortened(wording.joined([words, *holds[0].limits]), LONGEST_WORDS))
    except ImpossibleSig:
        return dosages.unknown(holds[0].sig.route, words or "; ".join(plain(one.sig) for one in holds))


def plain(sig: Sig) -> str:
    """Its line with common spaces, for words that are kept."""
    return sig.text().replace(NBSP, " ")


def _in_the_day(part: Part) -> str:
    return part.at[0] if part.at else ABOUT.get(part.timing, "")
