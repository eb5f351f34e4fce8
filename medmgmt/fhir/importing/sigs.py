"""What the FHIR R4 Dosages of one order say in the record's own words, stretch by stretch of its days.

Pure. Nothing is invented: what cannot be put into numbers whole has no dose, which no calculation of milligrams can
use, and keeps its words. What is told beside the numbers is kept as words with them.
"""

import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import Any

from medmgmt.fhir.importing import dates, doses, timings
from medmgmt.fhir.importing.timings import NoWord, Slot, TwoThings
from medmgmt.record import strengths
from medmgmt.record.sigs import LONGEST_REASON, LONGEST_WORDS, LONGEST_WORN, ImpossibleSig, Part
from medmgmt.record.sigs import Sig as Sig
from medmgmt.record.vocabulary import NOT_RECORDED, TIMINGS

ROUTE_CODES = {
    "26643006": "PO", "37839007": "SL", "54471007": "BUCC", "78421000": "IM", "34206005": "SC", "47625008": "IV",
    "45890007": "TD", "6064005": "TOP", "46713006": "IN", "447694001": "INH", "54485002": "OPH", "10547007": "OTIC",
    "37161004": "PR", "16857009": "PV",
    "PO": "PO", "SL": "SL", "BUC": "BUCC", "IM": "IM", "SC": "SC", "SQ": "SC", "IV": "IV", "TRNSDERMD": "TD",
    "TOPICAL": "TOP", "NASINHL": "IN", "IPINHL": "INH", "PR": "PR",
}  # fmt: skip
"""Route codes of SNOMED CT and of HL7 v3 RouteOfAdministration as FHIR servers send them."""
ROUTE_WORDS = {
    "oral": "PO", "by mouth": "PO", "orally": "PO", "oral route": "PO", "sublingual": "SL", "intramuscular": "IM",
    "subcutaneous": "SC", "intravenous": "IV", "transdermal": "TD", "topical": "TOP", "intranasal": "IN",
    "nasal": "IN", "rectal": "PR", "vaginal": "PV", "buccal": "BUCC", "inhalation": "INH",
}  # fmt: skip
CONTRADICTS = "The source says two things of how it is taken, so no dose was taken over."
TROUBLE = (NoWord, ImpossibleSig, ArithmeticError, TypeError, ValueError, AttributeError, LookupError)
"""All that a Dosage can be wrong in; whatever it is, its words are kept."""


Understand = Callable[[str], Sig | None]
"""Reads words as an order line is read; None for words that are not understood whole."""


def nobody_does(_text: str) -> Sig | None:
    """No words are read."""
    return None


@dataclass(frozen=True, slots=True)
class Ordered:
    """What the order's Dosages are read with: the dose form, the route and the strength that the product implies, and
    who reads its words as an order line."""

    form: str = ""
    route: str = ""
    strength: str = ""
    is_combination: bool = False
    understand: Understand = nobody_does


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


@dataclass(frozen=True, slots=True)
class _Said:
    """One Dosage, read; without parts its dose is not known."""

    parts: tuple[Part, ...]
    sig: Sig
    begins: date | None
    ends: date | None
    sequence: int | None
    doubts: tuple[str, ...] = ()
    number: int = 0
    is_read: bool = False
    """Its words were read, because nothing else was sent."""

    @property
    def shape(self) -> tuple[object, ...]:
        """What those share that are one line: all else is a line of its own."""
        sig = self.sig
        alone = sig.as_needed or sig.max_per_day is not None
        return (sig.route, sig.unit, sig.as_needed, self.number if alone else 0)


def read(instructions: Sequence[Any], ordered: Ordered, *, on: date, zone: tzinfo) -> tuple[Line, ...]:
    """The lines of an order that begins on a day: one, unless parts of it are taken differently. Never raises."""
    try:
        return _lines(instructions, ordered, on, zone)
    except TROUBLE:
        words = json.dumps(list(instructions), sort_keys=True, default=str)
        return (Line((Phase(on, None, unknown(ordered.route, words)),), structured=False),)


def _lines(instructions: Sequence[Any], ordered: Ordered, on: date, zone: tzinfo) -> tuple[Line, ...]:
    given = [one for one in instructions if isinstance(one, Mapping)]
    if not given:
        return (Line((Phase(on, None, unknown(ordered.route, "")),), structured=False),)
    said = _in_order(given, ordered, on, zone)
    if _clash(said):
        words = "; ".join(one.sig.words or one.sig.text() for one in said)
        return (Line((Phase(on, _last(said), unknown(said[0].sig.route, words)),), structured=False),)
    shapes: dict[tuple[object, ...], list[_Said]] = {}
    for one in said:
        shapes.setdefault(one.shape, []).append(one)
    return tuple(_line(group, on) for group in shapes.values())


def unknown(route: str, words: str) -> Sig:
    """A sig whose dose nobody knows, in the words it came with."""
    part = Part(Decimal(1), doses.UNSTRUCTURED_UNIT, NOT_RECORDED)
    return Sig(route or NOT_RECORDED, (part,), words=shortened(words, LONGEST_WORDS))


def is_known(sig: Sig) -> bool:
    """Whether it says how much and when."""
    return sig.parts[0].timing != NOT_RECORDED


def shortened(text: str, longest: int) -> str:
    """The text, cut with a mark where it is longer."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _read(one: Mapping[str, Any], ordered: Ordered, on: date, zone: tzinfo) -> _Said:
    """One Dosage; what it says of days is kept even where its dose is not known."""
    route = _route(one) or ordered.route
    sequence = one.get("sequence") if isinstance(one.get("sequence"), int) else None
    try:
        days = _days(one, on, zone)
    except TROUBLE:
        days = _Days(None, None, ("its dates cannot be read",))
    if not set(one) - set(SPOKEN) - {"sequence"}:
        return _by_words(one, ordered, route, sequence)
    try:
        sig, words, ends = _known(one, ordered, route, days.begins or on)
    except TROUBLE as wrong:
        doubts = (CONTRADICTS,) if isinstance(wrong, TwoThings) else ()
        return _Said((), unknown(route, _text(one)), days.begins, days.ends, sequence, doubts)
    told = _joined([_words(one), *words, *days.words])
    sig = replace(sig, words=shortened(told, LONGEST_WORDS))
    both = days.ends is not None and ends is not None and days.ends != ends
    told_twice = ["The source gives two ends: the later one counts."] if both else []
    if _differ(sig, ordered.understand(str(one.get("text") or "")), ordered.strength):
        told_twice.append(f"Its words say otherwise than its numbers, which were taken over: {sig.text()}.")
    end = max((day for day in (days.ends, ends) if day is not None), default=None)
    return _Said(sig.parts, sig, days.begins, end, sequence, tuple(told_twice))


def _by_words(one: Mapping[str, Any], ordered: Ordered, route: str, sequence: int | None) -> _Said:
    """A Dosage of words alone: read where an order line of these words would be, else kept as it is."""
    text = str(one.get("text") or "").strip()
    sig = None if ordered.is_combination or not text else ordered.understand(text)
    if sig is None:
        return _Said((), unknown(route, _text(one)), None, None, sequence)
    sig = replace(sig, route=_route(one) or sig.route, words=shortened(_words(one), LONGEST_WORDS))
    return _Said(sig.parts, sig, None, None, sequence, is_read=True)


def _differ(sig: Sig, other: Sig | None, strength: str) -> bool:
    """Whether words say something else than numbers do: another amount a day, or as needed and not."""
    if other is None:
        return False
    if sig.as_needed or other.as_needed:
        return sig.as_needed != other.as_needed or (sig.unit == other.unit and sig.dose != other.dose)
    alike = strengths.per_day_alike(sig, other, strength)
    one, another = alike or (sig.doses_per_day, other.doses_per_day)
    return abs(one - another) > NEARLY


NEARLY = Decimal("0.001")


def _known(one: Mapping[str, Any], ordered: Ordered, route: str, on: date) -> tuple[Sig, list[str], date | None]:
    """The sig, what is told beside it, and the first day without it where the doses are counted."""
    dose = doses.read(one, form=ordered.form, is_combination=ordered.is_combination)
    timing = one.get("timing") or {}
    repeat = timing.get("repeat") or {}
    as_needed, reason = _as_needed(one)
    rhythm = timings.read(timing, as_needed=as_needed)
    words = [*rhythm.words, *dose.words]
    slots = rhythm.slots
    if timing.get("event"):
        slots = (_on_one_day(timing["event"], slots),)
    if not slots and repeat.get("count") == 1 and not as_needed:
        slots, words = (Slot("daily"),), [*words, "once"]
    if not slots and not as_needed:
        raise NoWord("no rhythm")
    if as_needed:
        sig = _if_needed(one, dose, rhythm, route or NOT_RECORDED, ordered)
        said = "" if len(reason) <= LONGEST_REASON else f"as needed for {reason}"
        sig, words = replace(sig, reason=reason[:LONGEST_REASON]), [*words, said]
    else:
        sig = _by_the_clock(one, dose, slots, route or NOT_RECORDED, ordered)
    sig, worn = _worn(sig, repeat)
    words += [worn, *_maxima(one, sig)]
    return sig, words, _counted(repeat, sig, on)


def _on_one_day(events: Sequence[Any], slots: Sequence[Slot]) -> Slot:
    """Doses at instants of a single day; on several days they are no rhythm."""
    if slots or len({str(event)[:10] for event in events}) > 1 or len(events) not in timings.PER_DAY:
        raise NoWord("single days")
    return Slot(timings.PER_DAY[len(events)])


def _by_the_clock(one: Mapping[str, Any], dose: doses.Dose, slots: Iterable[Slot], route: str, ordered: Ordered) -> Sig:
    parts = tuple(_part(dose, slot) for slot in slots)
    sig = Sig(route, parts)
    most = doses.most_per_day(_limits(one), unit=dose.unit, strength=ordered.strength, form=ordered.form)
    if most is None or most >= sig.amount_per_day:
        return sig
    try:
        return replace(sig, max_per_day=most)
    except ImpossibleSig as wrong:
        raise TwoThings("more than its own maximum") from wrong


def _if_needed(one: Mapping[str, Any], dose: doses.Dose, rhythm: timings.Rhythm, route: str, ordered: Ordered) -> Sig:
    """As needed there is one dose, whose number a day the rhythm, or else the maximum, bounds."""
    most = doses.most_per_day(_limits(one), unit=dose.unit, strength=ordered.strength, form=ordered.form)
    if most is not None and most < (dose.most or dose.amount):
        raise TwoThings("a maximum a day that is less than one dose")
    if not rhythm.slots:
        part = (_part(dose, Slot("PRN")),)
        if rhythm.hours is None:
            return Sig(route, part, as_needed=True, max_per_day=most)
        sig = Sig(route, part, as_needed=True, min_interval_hours=rhythm.hours)
        return sig if most is None or most >= sig.amount_per_day else replace(sig, max_per_day=most)
    if any(slot.weekdays or TIMINGS[slot.timing].days != 1 for slot in rhythm.slots):
        raise NoWord("as needed, with a rhythm of several days")
    slot = rhythm.slots[0]
    if len(rhythm.slots) > 1 or slot.at:
        slot = Slot(timings.PER_DAY[int(timings.per_day(rhythm.slots))])
    sig = Sig(route, (_part(dose, slot),), as_needed=True)
    return sig if most is None or most >= sig.amount_per_day else replace(sig, max_per_day=most)


def _part(dose: doses.Dose, slot: Slot) -> Part:
    return Part(
        dose.amount, dose.unit, slot.timing, most=dose.most, every_days=slot.every_days, weekdays=slot.weekdays,
        at=slot.at,
    )  # fmt: skip


def _as_needed(one: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether, and for what."""
    coded = one.get("asNeededCodeableConcept") or next(iter(one.get("asNeededFor") or []), None)
    reason = _called(coded) if isinstance(coded, Mapping) else ""
    return bool(coded) or one.get("asNeededBoolean") is True or one.get("asNeeded") is True, reason


def _called(concept: Mapping[str, Any]) -> str:
    """What a CodeableConcept is called."""
    codings = [one for one in concept.get("coding") or [] if isinstance(one, Mapping)]
    names = [concept.get("text"), *(coding.get("display") for coding in codings), *(one.get("code") for one in codings)]
    return str(next(filter(None, names), ""))


def _worn(sig: Sig, repeat: Mapping[str, Any]) -> tuple[Sig, str]:
    """A patch with the hours it is worn; for anything else how long it takes is told in words."""
    if not repeat.get("duration"):
        return sig, ""
    unit = str(repeat.get("durationUnit") or "")
    told = f"each time for {repeat['duration']} {unit}"
    hours = timings.number(repeat["duration"]) * {"h": 1, "d": 24, "wk": 168}.get(unit, 0)
    is_patch = sig.unit == "{patch}" or sig.route == "TD"
    if not is_patch or hours != hours.to_integral_value() or not 1 <= hours <= LONGEST_WORN or "durationMax" in repeat:
        return sig, told
    return replace(sig, hours_worn=int(hours)), ""


def _limits(one: Mapping[str, Any]) -> list[Any]:
    said = one.get("maxDosePerPeriod") or []
    return said if isinstance(said, list) else [said]


def _maxima(one: Mapping[str, Any], sig: Sig) -> list[str]:
    """Every maximum in its own unit, unless the sig itself says it."""
    told = [f"at most {doses.words(limit)}" for limit in _limits(one) if limit]
    if sig.max_per_day is not None and len(told) == 1 and doses.is_a_day(_limits(one)[0], sig.unit):
        told = []
    for key, word in (("maxDosePerAdministration", "at once"), ("maxDosePerLifetime", "in a life")):
        told += [f"at most {doses.words(one[key])} {word}"] if one.get(key) else []
    return told


def _counted(repeat: Mapping[str, Any], sig: Sig, on: date) -> date | None:
    """The first day after so many doses; of a range of them the larger number counts. As needed nobody knows."""
    count = repeat.get("countMax") or repeat.get("count")
    if not count or sig.as_needed:
        return None
    a_day = sum((part.doses / part.days for part in sig.parts), Fraction(0))
    return on + timedelta(days=math.ceil(timings.whole(count) / a_day))


@dataclass(frozen=True, slots=True)
class _Days:
    """From when until before when, as the bounds say, and what cannot be said in days."""

    begins: date | None = None
    ends: date | None = None
    words: tuple[str, ...] = ()


def _days(one: Mapping[str, Any], on: date, zone: tzinfo) -> _Days:
    timing = one.get("timing") or {}
    repeat = timing.get("repeat") or {}
    words = [f"{repeat['count']} to {repeat['countMax']} doses in all"] if "countMax" in repeat else []
    if "count" in repeat and "countMax" not in repeat:
        words.append(f"{repeat['count']} doses in all" if repeat["count"] != 1 else "")
    period, events = repeat.get("boundsPeriod"), timing.get("event")
    if isinstance(period, Mapping):
        first, last = dates.when(period.get("start"), zone), dates.when(period.get("end"), zone)
        words += [f"from {first.said}"] if first and first.is_partial else []
        words += [f"until {last.said}"] if last and last.is_partial else []
        return _Days(first.first if first else None, last.after if last else None, tuple(words))
    if events:
        found = sorted(filter(None, (dates.when(event, zone) for event in events)), key=lambda one: one.first)
        told = f"on {', '.join(event.said for event in found)}"
        return _Days(found[0].first, found[-1].after, (*words, told)) if found else _Days(None, None, tuple(words))
    length = repeat.get("boundsDuration")
    if isinstance(repeat.get("boundsRange"), Mapping):
        length = repeat["boundsRange"].get("high")
        words.append(f"for {doses.words(repeat['boundsRange'])}")
    if not isinstance(length, Mapping):
        return _Days(None, None, tuple(words))
    if length.get("comparator") in (">", ">="):
        return _Days(None, None, (*words, f"for {doses.words(length)}"))
    words += [f"for {doses.words(length)}"] if length.get("comparator") else []
    unit = str(length.get("code") or length.get("unit") or "")
    ends = dates.later(on, timings.whole(length.get("value")), unit)
    return _Days(None, ends, tuple(words) if ends else (*words, f"for {doses.words(length)}"))


def _in_order(given: Sequence[Mapping[str, Any]], ordered: Ordered, on: date, zone: tzinfo) -> list[_Said]:
    """Each read from its own first day: one of a later number follows where the earlier one has an end."""
    said = [replace(_read(one, ordered, on, zone), number=number) for number, one in enumerate(given, start=1)]
    if len({one.sequence for one in said}) < len(said) or len(said) == 1:
        return [replace(one, begins=one.begins or on) for one in said]
    placed: list[_Said] = []
    first = on
    for one in sorted(said, key=lambda one: one.sequence or 0):
        begins = one.begins or first
        again = replace(_read(given[one.number - 1], ordered, begins, zone), number=one.number, begins=begins)
        placed.append(again)
        first = again.ends or first
    return placed


def _clash(said: Sequence[_Said]) -> bool:
    """Whether two that hold on one day name the same time: one after the other, or instead, nobody knows."""
    for number, one in enumerate(said):
        for other in said[number + 1 :]:
            if not _overlap(one, other) or one.sig.as_needed != other.sig.as_needed:
                continue
            mine, theirs = ({(p.timing, p.weekdays, p.at) for p in each.parts} for each in (one, other))
            if mine & theirs and one.sig.route == other.sig.route:
                return True
            if _in_turn(one, other) and not all(part.at or part.timing in ORDER for part in (*one.parts, *other.parts)):
                return True
    return False


def _in_turn(one: _Said, other: _Said) -> bool:
    return one.sequence is not None and other.sequence is not None and one.sequence != other.sequence


def _overlap(one: _Said, other: _Said) -> bool:
    earliest, latest = date.min, date.max
    return (other.begins or earliest) < (one.ends or latest) and (one.begins or earliest) < (other.ends or latest)


def _last(said: Iterable[_Said]) -> date | None:
    """The first day without any of them; None if one goes on."""
    ends = [one.ends for one in said]
    return max((end for end in ends if end), default=None) if all(ends) else None


def _line(group: Sequence[_Said], on: date) -> Line:
    """Those of one shape, put together for every stretch of days on which the same of them hold."""
    days = {one.begins or on for one in group} | {one.ends for one in group if one.ends}
    marks = sorted(days)
    phases: list[Phase] = []
    for number, day in enumerate(marks):
        holds = [one for one in group if (one.begins or on) <= day and (one.ends is None or day < one.ends)]
        if not holds:
            continue
        until = marks[number + 1] if number + 1 < len(marks) else None
        sig = _together(holds)
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


def _together(holds: Sequence[_Said]) -> Sig:
    """One sig of all their parts; if that is none that can be followed, its dose is not known."""
    if len(holds) == 1:
        return holds[0].sig
    words = _joined(one.sig.words for one in holds)
    try:
        parts = sorted((part for one in holds for part in one.parts), key=_in_the_day)
        return replace(holds[0].sig, parts=tuple(parts), words=shortened(words, LONGEST_WORDS))
    except ImpossibleSig:
        return unknown(holds[0].sig.route, words or "; ".join(one.sig.text() for one in holds))


ORDER = ("morning", "noon", "evening", "bedtime")


def _in_the_day(part: Part) -> tuple[str, int]:
    return (part.at[0] if part.at else "", ORDER.index(part.timing) if part.timing in ORDER else 0)


def _route(one: Mapping[str, Any]) -> str:
    route = one.get("route")
    if not isinstance(route, Mapping):
        return ""
    codings = [coding for coding in route.get("coding") or [] if isinstance(coding, Mapping)]
    known = next((ROUTE_CODES[coding["code"]] for coding in codings if coding.get("code") in ROUTE_CODES), "")
    names = [str(route.get("text") or ""), *(str(coding.get("display") or "") for coding in codings)]
    return known or next((ROUTE_WORDS[name.lower()] for name in names if name.lower() in ROUTE_WORDS), "")


def _joined(words: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(word.strip() for word in words if word and word.strip()))


def _words(one: Mapping[str, Any]) -> str:
    """What the Dosage says in words."""
    notes = one.get("additionalInstruction")
    told = [_called(note) for note in notes if isinstance(note, Mapping)] if isinstance(notes, list) else []
    method, site = (_called(one[key]) if isinstance(one.get(key), Mapping) else "" for key in ("method", "site"))
    return _joined([str(one.get("text") or ""), *told, str(one.get("patientInstruction") or ""), method, site])


def _text(one: Mapping[str, Any]) -> str:
    """Everything the Dosage says: its words, and what it says in numbers as it was sent."""
    rest = {key: value for key, value in one.items() if key not in ("sequence", *SPOKEN) and value is not False}
    numbers = "as needed" if rest == {"asNeededBoolean": True} else _plain(rest)
    return _joined([_words(one), numbers])


SPOKEN = ("text", "additionalInstruction", "patientInstruction", "method", "site", "route", "id", "extension")


def _plain(rest: Mapping[str, Any]) -> str:
    """Numbers without the brackets they travel in."""
    if not rest:
        return ""
    told = []
    for dose in rest.get("doseAndRate") or []:
        if isinstance(dose, Mapping):
            told.append(doses.words(dose.get("doseQuantity") or dose.get("doseRange") or {}))
            told.append(doses.rate(dose))
    timing = rest.get("timing")
    if isinstance(timing, Mapping):
        code = timing.get("code")
        told += [_called(code) if isinstance(code, Mapping) else "", _repeat(timing.get("repeat"))]
        told += [f"on {', '.join(map(str, timing['event']))}"] if timing.get("event") else []
    told += [f"at most {doses.words(limit)}" for limit in _limits(rest) if limit]
    as_needed, reason = _as_needed(rest)
    told.append((f"as needed for {reason}" if reason else "as needed") if as_needed else "")
    left = {k: v for k, v in rest.items() if k not in ("doseAndRate", "timing", "maxDosePerPeriod", *AS_NEEDED)}
    return _joined([*told, json.dumps(left, sort_keys=True, default=str) if left else ""])


AS_NEEDED = ("asNeededBoolean", "asNeededCodeableConcept", "asNeeded", "asNeededFor")


def _repeat(repeat: Any) -> str:
    if not isinstance(repeat, Mapping):
        return ""
    how_often = ("frequency", "frequencyMax", "period", "periodMax", "periodUnit")
    times, period = (_span(repeat, key) for key in how_often[0:3:2])
    said = [f"{times or 1} times in {period or '?'} {UNIT_WORDS.get(str(repeat.get('periodUnit')), '?')}"]
    said = said if set(how_often) & set(repeat) else []
    return ", ".join([*said, *(f"{key} {_value(repeat[key])}" for key in repeat if key not in how_often)])


UNIT_WORDS = {"s": "s", "min": "min", "h": "hours", "d": "days", "wk": "weeks", "mo": "months", "a": "years"}


def _span(repeat: Mapping[str, Any], key: str) -> str:
    """As in "1 to 2"."""
    return " to ".join(str(repeat[name]) for name in (key, f"{key}Max") if name in repeat)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, Mapping):
        return doses.words(value) or json.dumps(value, sort_keys=True, default=str)
    return str(value)
