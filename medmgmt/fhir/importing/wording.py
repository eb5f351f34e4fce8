"""What a FHIR R4 Dosage says, in words for a person to read: its own, and its numbers where they have no place.

Pure.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from medmgmt.fhir.importing import doses


def called(concept: Mapping[str, Any]) -> str:
    """What a CodeableConcept is called."""
    codings = [one for one in concept.get("coding") or [] if isinstance(one, Mapping)]
    names = [concept.get("text"), *(coding.get("display") for coding in codings), *(one.get("code") for one in codings)]
    return str(next(filter(None, names), ""))


def joined(words: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(word.strip() for word in words if word and word.strip()))


SPOKEN = ("text", "additionalInstruction", "patientInstruction", "method", "site", "route", "id", "extension")
AS_NEEDED = ("asNeededBoolean", "asNeededCodeableConcept", "asNeeded", "asNeededFor")
UNIT_WORDS = {"s": "second", "min": "minute", "h": "hour", "d": "day", "wk": "week", "mo": "month", "a": "year"}


def words_of(one: Mapping[str, Any]) -> str:
    """What the Dosage says in words."""
    notes = one.get("additionalInstruction")
    told = [called(note) for note in notes if isinstance(note, Mapping)] if isinstance(notes, list) else []
    method, site = (called(one[key]) if isinstance(one.get(key), Mapping) else "" for key in ("method", "site"))
    return joined([str(one.get("text") or ""), *told, str(one.get("patientInstruction") or ""), method, site])


def text_of(one: Mapping[str, Any]) -> str:
    """Everything the Dosage says: its words, and what it says in numbers as it was sent."""
    rest = {key: value for key, value in one.items() if key not in ("sequence", *SPOKEN) and value is not False}
    numbers = "as needed" if rest == {"asNeededBoolean": True} else _plain(rest)
    return joined([words_of(one), numbers])


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
        told += [called(code) if isinstance(code, Mapping) else "", _repeat(timing.get("repeat"))]
        told += [f"on {', '.join(map(str, timing['event']))}"] if timing.get("event") else []
    told += [f"at most {doses.words(limit)}" for limit in limits(rest) if limit]
    is_needed, reason = as_needed(rest)
    told.append((f"as needed for {reason}" if reason else "as needed") if is_needed else "")
    left = {k: v for k, v in rest.items() if k not in ("doseAndRate", "timing", "maxDosePerPeriod", *AS_NEEDED)}
    return joined([*told, json.dumps(left, sort_keys=True, default=str) if left else ""])


def _repeat(repeat: Any) -> str:
    if not isinstance(repeat, Mapping):
        return ""
    how_often = ("frequency", "frequencyMax", "period", "periodMax", "periodUnit")
    times, period = (_span(repeat, key) for key in how_often[0:3:2])
    unit = UNIT_WORDS.get(str(repeat.get("periodUnit")), "?")
    often = "once" if times in ("", "1") else f"{times} times"
    said = [f"{often} a {unit}" if period == "1" else f"{often} in {period or '?'} {unit}s"]
    said = said if set(how_often) & set(repeat) else []
    return ", ".join([*said, *(f"{key} {_value(repeat[key])}" for key in repeat if key not in how_often)])


def _span(repeat: Mapping[str, Any], key: str) -> str:
    """As in "1 to 2"."""
    return " to ".join(str(repeat[name]) for name in (key, f"{key}Max") if name in repeat)


def _value(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(str, value))
    if isinstance(value, Mapping):
        return doses.words(value) or json.dumps(value, sort_keys=True, default=str)
    return str(value)


def limits(one: Mapping[str, Any]) -> list[Any]:
    said = one.get("maxDosePerPeriod") or []
    return said if isinstance(said, list) else [said]


def as_needed(one: Mapping[str, Any]) -> tuple[bool, str]:
    """Whether, and for what."""
    coded = one.get("asNeededCodeableConcept") or next(iter(one.get("asNeededFor") or []), None)
    reason = called(coded) if isinstance(coded, Mapping) else ""
    return bool(coded) or one.get("asNeededBoolean") is True or one.get("asNeeded") is True, reason


def shortened(text: str, longest: int) -> str:
    """The text, cut with a mark where it is longer."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
