"""What one FHIR R4 Dosage says in the record's own words: its parts, its days, and the words that have no other place.

Pure. Nothing is invented: what cannot be put into numbers whole has no parts, and keeps its words.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta, tzinfo
from decimal import Decimal
from fractions import Fraction
from typing import Any

from medmgmt.fhir.importing import dates, doses, timings, wording
from medmgmt.fhir.importing.timings import NoWord, Slot, TwoThings
from medmgmt.record import strengths
from medmgmt.record.sigs import LONGEST_REASON, LONGEST_WORDS, LONGEST_WORN, ImpossibleSig, Part, Sig
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
    "nasal": "IN", "as an implant": "IMPLANT", "rectal": "PR", "vaginal": "PV", "buccal": "BUCC", "inhalation": "INH",
}  # fmt: skip
CONTRADICTS = "The source says two things of how it is taken, so no dose was taken over."
TROUBLE = (NoWord, ImpossibleSig, ArithmeticError, TypeError, ValueError, AttributeError, LookupError)
"""All that a Dosage can be wrong in; whatever it is, its words are kept."""
RHYTHM = {"frequency", "period", "when", "timeOfDay", "dayOfWeek"}
CHANGES = re.compile(
    r"\b(?:then|increas\w+|decreas\w+|reduc\w+|titrat\w+|taper\w*|alternat\w+|hasta|luego|aument\w+)\b", re.IGNORECASE
)
"""Words of a dose that changes."""
APART = re.compile(r"at least (\d+(?:\.\d+)?) hours? apart", re.IGNORECASE | re.ASCII)
NEARLY = Decimal("0.001")
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
class Said:
    """One Dosage, read; without parts its dose is not known."""

    parts: tuple[Part, ...]
    sig: Sig
    begins: date | None
    ends: date | None
    sequence: int | None
    doubts: tuple[str, ...] = ()
    number: int = 0
    most: Decimal | None = None
    """The maximum a day, in its unit, whether or not its own dose comes near it."""
    limits: tuple[str, ...] = ()
    """Its maxima in words."""
    is_read: bool = False
    """Its words were read, because nothing else was sent."""

    @property
    def shape(self) -> tuple[object, ...]:
        """What those share that are one line: all else is a line of its own."""
        sig = self.sig
        alone = sig.as_needed or sig.max_per_day is not None
        return (sig.route, sig.unit, sig.as_needed, self.number if alone else 0)


def read(one: Mapping[str, Any], ordered: Ordered, on: date, zone: tzinfo) -> Said:
    """One Dosage; what it says of days is kept even where its dose is not known."""
    route = _route(one) or ordered.route
    sequence = one.get("sequence") if isinstance(one.get("sequence"), int) else None
    try:
        days, lost = _days(one, on, zone), ""
        if days.ends is not None and days.ends <= (days.begins or on):
            days, lost = _Days(), "It ends before it begins, so no end was taken over."
    except TROUBLE:
        days, lost = _Days(), "From when until when cannot be read, so no end was taken over."
    if not set(one) - set(wording.SPOKEN) - {"sequence"}:
        return _by_words(one, ordered, route, sequence)
    try:
        sig, words, ends = _known(one, ordered, route, days.begins or on)
    except TROUBLE as wrong:
        doubts = (CONTRADICTS if isinstance(wrong, TwoThings) else "", lost)
        why = tuple(filter(None, doubts))
        return Said((), unknown(route, wording.text_of(one)), days.begins, days.ends, sequence, why)
    told = wording.joined([*_own_words(one, sig), *words, *days.words])
    sig = replace(sig, words=wording.shortened(told, LONGEST_WORDS))
    both = days.ends is not None and ends is not None and days.ends != ends
    told_twice = [lost] if lost else []
    told_twice += ["The source gives two ends: the later one counts."] if both else []
    if CHANGES.search(wording.words_of(one)) and sequence is None:
        told_twice.append("Its words tell of another dose later or instead, which its numbers do not.")
    if _differ(sig, ordered.understand(str(one.get("text") or "")), ordered.strength):
        told_twice.append(f"Its words say otherwise than its numbers, which were taken over: {sig.text()}.")
    end = max((day for day in (days.ends, ends) if day is not None), default=None)
    most = _limit(one, sig.unit, ordered)
    return Said(
        sig.parts, sig, days.begins, end, sequence, tuple(told_twice), most=most, limits=tuple(_limits_in_words(one))
    )


def _own_words(one: Mapping[str, Any], sig: Sig) -> list[str]:
    """What it says in words beside its numbers; words that are those of the numbers say nothing."""
    given = dict(one)
    unbounded = sig if sig.as_needed else replace(sig, max_per_day=None)
    if " ".join(str(one.get("text") or "").split()) in {" ".join(same.text().split()) for same in (sig, unbounded)}:
        given.pop("text")
    if sig.min_interval_hours is not None and isinstance(notes := one.get("additionalInstruction"), list):
        given["additionalInstruction"] = [note for note in notes if _hours_apart(note) is None]
    return [wording.words_of(given)]


def _hours_apart(note: Any) -> Decimal | None:
    """The hours between two doses, for which FHIR has no field."""
    found = APART.fullmatch(wording.called(note)) if isinstance(note, Mapping) else None
    return Decimal(found[1]) if found else None


def _limit(one: Mapping[str, Any], unit: str, ordered: Ordered) -> Decimal | None:
    return doses.most_per_day(wording.limits(one), unit=unit, strength=ordered.strength, form=ordered.form)


def bounded(sig: Sig, most: Decimal | None) -> Sig:
    """With a maximum a day that says anything: one above all that may be taken anyway is none."""
    if most is None:
        return sig
    try:
        return replace(sig, max_per_day=most)
    except ImpossibleSig:
        if most < sig.amount_per_day:
            raise
        return sig


def _by_words(one: Mapping[str, Any], ordered: Ordered, route: str, sequence: int | None) -> Said:
    """A Dosage of words alone: read where an order line of these words would be, else kept as it is."""
    text = str(one.get("text") or "").strip()
    sig = None if ordered.is_combination or not text else ordered.understand(text)
    if sig is None:
        return Said((), unknown(route, wording.text_of(one)), None, None, sequence)
    sig = replace(sig, route=_route(one) or sig.route, words=wording.shortened(wording.words_of(one), LONGEST_WORDS))
    return Said(sig.parts, sig, None, None, sequence, is_read=True)


def _differ(sig: Sig, other: Sig | None, strength: str) -> bool:
    """Whether words say something else than numbers do: another amount a day, or as needed and not."""
    if other is None:
        return False
    if sig.as_needed or other.as_needed:
        return sig.as_needed != other.as_needed or (sig.unit == other.unit and sig.dose != other.dose)
    alike = strengths.per_day_alike(sig, other, strength)
    one, another = alike or (sig.doses_per_day, other.doses_per_day)
    return abs(one - another) > NEARLY


def _known(one: Mapping[str, Any], ordered: Ordered, route: str, on: date) -> tuple[Sig, list[str], date | None]:
    """The sig, what is told beside it, and the first day without it where the doses are counted."""
    dose = doses.read(one, form=ordered.form, is_combination=ordered.is_combination)
    timing = one.get("timing") or {}
    repeat = timing.get("repeat") or {}
    as_needed, reason = wording.as_needed(one)
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
    try:
        return bounded(sig, _limit(one, dose.unit, ordered))
    except ImpossibleSig as wrong:
        raise TwoThings("more than its own maximum") from wrong


def _if_needed(one: Mapping[str, Any], dose: doses.Dose, rhythm: timings.Rhythm, route: str, ordered: Ordered) -> Sig:
    """As needed there is one dose, whose number a day the rhythm, or else the maximum, bounds."""
    most = _limit(one, dose.unit, ordered)
    apart = next(filter(None, map(_hours_apart, _listed(one.get("additionalInstruction")))), None)
    if most is not None and most < (dose.most or dose.amount):
        raise TwoThings("a maximum a day that is less than one dose")
    if not rhythm.slots:
        part = (_part(dose, Slot("PRN")),)
        if rhythm.hours is None and apart is None:
            return Sig(route, part, as_needed=True, max_per_day=most)
        return bounded(Sig(route, part, as_needed=True, min_interval_hours=rhythm.hours or apart), most)
    if any(slot.weekdays or TIMINGS[slot.timing].days != 1 for slot in rhythm.slots):
        raise NoWord("as needed, with a rhythm of several days")
    slot = rhythm.slots[0]
    if len(rhythm.slots) > 1 or slot.at:
        slot = Slot(timings.PER_DAY[int(timings.per_day(rhythm.slots))])
    return bounded(Sig(route, (_part(dose, slot),), as_needed=True, min_interval_hours=apart), most)


def _listed(said: Any) -> list[Any]:
    return said if isinstance(said, list) else []


def _part(dose: doses.Dose, slot: Slot) -> Part:
    return Part(
        dose.amount, dose.unit, slot.timing, most=dose.most, every_days=slot.every_days, weekdays=slot.weekdays,
        at=slot.at,
    )  # fmt: skip


def _worn(sig: Sig, repeat: Mapping[str, Any]) -> tuple[Sig, str]:
    """A patch with the hours it is worn; for anything else how long it takes is told in words."""
    if not repeat.get("duration"):
        return sig, ""
    unit = str(repeat.get("durationUnit") or "")
    most = f" to {repeat['durationMax']}" if "durationMax" in repeat else ""
    told = f"each time for {repeat['duration']}{most} {unit}"
    hours = timings.number(repeat["duration"]) * {"h": 1, "d": 24, "wk": 168}.get(unit, 0)
    is_patch = sig.unit == "{patch}" or sig.route == "TD"
    if not is_patch or hours != hours.to_integral_value() or not 1 <= hours <= LONGEST_WORN or "durationMax" in repeat:
        return sig, told
    return replace(sig, hours_worn=int(hours)), ""


def _limits_in_words(one: Mapping[str, Any]) -> list[str]:
    return [f"at most {doses.words(limit)}" for limit in wording.limits(one) if limit]


def _maxima(one: Mapping[str, Any], sig: Sig) -> list[str]:
    """Every maximum in its own unit, unless the sig itself says it."""
    told = _limits_in_words(one)
    if sig.max_per_day is not None and len(told) == 1 and doses.is_a_day(wording.limits(one)[0], sig.unit):
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
    if events and not RHYTHM & set(repeat):
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


def _route(one: Mapping[str, Any]) -> str:
    route = one.get("route")
    if not isinstance(route, Mapping):
        return ""
    codings = [coding for coding in route.get("coding") or [] if isinstance(coding, Mapping)]
    known = next((ROUTE_CODES[coding["code"]] for coding in codings if coding.get("code") in ROUTE_CODES), "")
    names = [str(route.get("text") or ""), *(str(coding.get("display") or "") for coding in codings)]
    return known or next((ROUTE_WORDS[name.lower()] for name in names if name.lower() in ROUTE_WORDS), "")


def unknown(route: str, words: str) -> Sig:
    """A sig whose dose nobody knows, in the words it came with."""
    part = Part(Decimal(1), doses.UNSTRUCTURED_UNIT, NOT_RECORDED)
    return Sig(route or NOT_RECORDED, (part,), words=wording.shortened(words, LONGEST_WORDS))


def is_known(sig: Sig) -> bool:
    """Whether it says how much and when."""
    return sig.parts[0].timing != NOT_RECORDED
