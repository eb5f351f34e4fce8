"""What a FHIR R4 Dosage says in the record's own words: a Sig where it is structured, else the text it came with.

Pure. Nothing is invented: without a structured amount and rhythm the sig is "1 dose, times not recorded", which no
calculation of milligrams can use, and whatever text there was is kept beside it.
"""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from medmgmt.record import dosing

UNSTRUCTURED_UNIT = "{dose}"
RHYTHMS: dict[tuple[int, int, str], str] = {
    (1, 1, "d"): "daily", (2, 1, "d"): "BID", (3, 1, "d"): "TID", (4, 1, "d"): "QID", (1, 24, "h"): "daily",
    (1, 12, "h"): "Q12H", (1, 8, "h"): "Q8H", (1, 6, "h"): "Q6H", (1, 4, "h"): "Q4H", (1, 2, "d"): "every_other_day",
    (1, 48, "h"): "every_other_day", (1, 1, "wk"): "weekly", (1, 7, "d"): "weekly", (2, 1, "wk"): "twice_weekly",
}  # fmt: skip
"""(frequency, period, periodUnit) of Timing.repeat. A month has no fixed number of days and stays text."""

TIMING_CODES = {
    "QD": "daily", "BID": "BID", "TID": "TID", "QID": "QID", "AM": "morning", "PM": "evening", "BED": "bedtime",
    "QOD": "every_other_day", "Q4H": "Q4H", "Q6H": "Q6H", "Q8H": "Q8H", "WK": "weekly",
}  # fmt: skip
"""HL7 v3 TimingAbbreviation, as in Timing.code."""

WHEN_CODES = {"HS": "bedtime", "MORN": "morning", "NOON": "noon", "EVE": "evening"}
"""HL7 v3 TimingEvent, as in Timing.repeat.when."""

ROUTE_CODES = {
    "26643006": "PO", "37839007": "SL", "54471007": "BUCC", "78421000": "IM", "34206005": "SC", "47625008": "IV",
    "45890007": "TD", "6064005": "TOP", "46713006": "IN", "447694001": "INH", "54485002": "OPH", "10547007": "OTIC",
    "37161004": "PR", "16857009": "PV",
}  # fmt: skip
"""Route codes of SNOMED CT as FHIR servers send them."""

UCUM = {"mg": "mg", "ug": "ug", "mcg": "ug", "g": "g", "ml": "mL", "meq": "meq", "mmol": "mmol", "[iu]": "[iU]",
        "unt": "[iU]", "tab": "{tablet}", "tablet": "{tablet}", "{tablet}": "{tablet}", "cap": "{capsule}",
        "capsule": "{capsule}", "{capsule}": "{capsule}", "puff": "{puff}", "{puff}": "{puff}",
        "patch": "{patch}", "{patch}": "{patch}", "{dose}": "{dose}", "1": ""}  # fmt: skip
FORM_UNITS = (("tablet", "{tablet}"), ("capsule", "{capsule}"), ("patch", "{patch}"), ("transdermal system", "{patch}"),
              ("inhaler", "{puff}"), ("spray", "{spray}"), ("lozenge", "{lozenge}"))  # fmt: skip
"""What a bare number counts: FHIR leaves the unit out where pieces of the ordered dose form are counted."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The sig that was found; `text` is what could not be put into it, blank where everything could."""

    sig: dosing.Sig
    structured: bool
    text: str = ""


def read(instructions: list[Any], *, form: str, route: str) -> Reading:
    """How one Dosage, or none, reads; several are a titration or alternatives and stay text. Never raises."""
    said = "; ".join(filter(None, (_text(one) for one in instructions)))
    if len(instructions) != 1 or not isinstance(instructions[0], dict):
        return Reading(_unstructured(route), structured=False, text=said)
    one = instructions[0]
    try:
        route = _route(one) or route
        sig = _sig(one, form=form, route=route)
        bounds = _bounds(one)
    except (dosing.ImpossibleSig, ArithmeticError, TypeError, ValueError, AttributeError, LookupError):
        return Reading(_unstructured(route), structured=False, text=said)
    return Reading(sig, structured=True, text="; ".join(filter(None, [_additional(one), bounds])))


def _unstructured(route: str) -> dosing.Sig:
    return dosing.Sig.of(Decimal(1), UNSTRUCTURED_UNIT, route or dosing.NOT_RECORDED, dosing.NOT_RECORDED)


def _sig(one: dict[str, Any], *, form: str, route: str) -> dosing.Sig:
    quantity = one["doseAndRate"][0]["doseQuantity"]
    as_needed = bool(one.get("asNeededBoolean")) or "asNeededCodeableConcept" in one
    most = one.get("maxDosePerPeriod") if as_needed else None
    timing, every_days = _timing(one.get("timing") or {}, as_needed=as_needed)
    return dosing.Sig.of(
        amount=Decimal(str(quantity["value"])),
        unit=_unit(quantity, form),
        route=route or dosing.NOT_RECORDED,
        timing=timing,
        every_days=every_days,
        as_needed=as_needed,
        max_per_day=_per_day(most) if most else None,
    )


def _unit(quantity: dict[str, Any], form: str) -> str:
    """The unit said, or what a bare number of this form counts; a unit that is not known raises KeyError."""
    said = quantity.get("code") or quantity.get("unit") or "1"
    unit = UCUM[str(said).strip().lower()]
    return unit or next((unit for word, unit in FORM_UNITS if word in form.lower()), UNSTRUCTURED_UNIT)


def _timing(timing: dict[str, Any], *, as_needed: bool) -> tuple[str, int | None]:
    codes = [coding.get("code") for coding in (timing.get("code") or {}).get("coding", [])]
    known = next((TIMING_CODES[code] for code in codes if code in TIMING_CODES), None)
    repeat = timing.get("repeat") or {}
    if "frequencyMax" in repeat or "periodMax" in repeat or repeat.get("dayOfWeek"):
        raise ValueError("this rhythm has no word here")
    if known:
        return known, None
    if not repeat and as_needed:
        return "PRN", None
    when = repeat.get("when") or []
    if when:
        (single,) = when
        if "period" in repeat and _rhythm(repeat) != "daily":
            raise ValueError("this rhythm has no word here")
        return WHEN_CODES[single], None
    frequency, period, unit = repeat.get("frequency", 1), repeat["period"], str(repeat["periodUnit"])
    if frequency != int(frequency) or period != int(period):
        raise ValueError("this rhythm has no word here")
    frequency, period = int(frequency), int(period)
    rhythm = _rhythm(repeat)
    if rhythm:
        return rhythm, None
    if frequency != 1 or unit not in ("d", "wk"):
        raise ValueError("this rhythm has no word here")
    return "every_n_days", period * (7 if unit == "wk" else 1)


def _rhythm(repeat: dict[str, Any]) -> str | None:
    """The word for so often in so long, if there is one."""
    return RHYTHMS.get((repeat.get("frequency", 1), repeat["period"], str(repeat["periodUnit"])))


def _per_day(ratio: dict[str, Any]) -> Decimal:
    below = ratio["denominator"]
    if (Decimal(str(below["value"])), str(below.get("code") or below.get("unit"))) not in (
        (Decimal(1), "d"),
        (Decimal(24), "h"),
    ):
        raise ValueError("not a maximum per day")
    return Decimal(str(ratio["numerator"]["value"]))


def _route(one: dict[str, Any]) -> str:
    route = one.get("route")
    codings = route.get("coding", []) if isinstance(route, dict) else []
    return next((ROUTE_CODES[coding["code"]] for coding in codings if coding.get("code") in ROUTE_CODES), "")


def _bounds(one: dict[str, Any]) -> str:
    """For how long, or how often in all, as it was sent: a sig has no end."""
    repeat = (one.get("timing") or {}).get("repeat") or {}
    said = {key: value for key, value in repeat.items() if key.startswith("bounds") or key in ("count", "countMax")}
    return json.dumps(said, sort_keys=True) if said else ""


def _additional(one: dict[str, Any]) -> str:
    notes = one.get("additionalInstruction")
    texts = [note.get("text") for note in notes if isinstance(note, dict)] if isinstance(notes, list) else []
    return "; ".join(text for text in [*texts, one.get("patientInstruction")] if text and isinstance(text, str))


def _text(one: Any) -> str:
    """Everything the Dosage says, as words where it has words and as it was sent where it has none."""
    if not isinstance(one, dict):
        return ""
    words = "; ".join(filter(None, [str(one.get("text") or ""), _additional(one)]))
    if words:
        return words
    rest = {key: value for key, value in one.items() if key != "sequence"}
    if rest == {"asNeededBoolean": True}:
        return "as needed"
    return json.dumps(rest, sort_keys=True) if rest else ""
