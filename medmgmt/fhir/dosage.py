"""How a medicine is taken as FHIR R4 Dosages: one a part, all of one sequence, because they hold at the same time.

Pure. `fhir/importing` reads them back as the same sig; what FHIR has no field for (the hours between two doses) is told
in words that it reads.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from medmgmt.fhir.importing.dosages import ROUTE_CODES
from medmgmt.record.sigs import NBSP, TIMES_OF_DAY, WEEK, Part, Sig, digits
from medmgmt.record.vocabulary import NOT_RECORDED, ROUTES, TIMINGS, UNITS

Json = dict[str, Any]
UCUM = "http://unitsofmeasure.org"
SNOMED = "http://snomed.info/sct"
DOSE_TYPE = "http://terminology.hl7.org/CodeSystem/dose-rate-type"
ROUTE_NAMES = {
    "PO": "Oral route", "SL": "Sublingual route", "BUCC": "Buccal route", "IM": "Intramuscular route",
    "SC": "Subcutaneous route", "IV": "Intravenous route", "TD": "Transdermal route", "TOP": "Topical route",
    "IN": "Nasal route", "INH": "Respiratory tract route", "OPH": "Ophthalmic route", "OTIC": "Otic route",
    "PR": "Rectal route", "PV": "Vaginal route",
}  # fmt: skip
"""As SNOMED CT calls them."""
SNOMED_CODES = {route: code for code, route in ROUTE_CODES.items() if code.isdigit()}
WHEN = {"morning": "MORN", "noon": "NOON", "evening": "EVE", "bedtime": "HS"}
HOURS = {"Q4H": 4, "Q6H": 6, "Q8H": 8, "Q12H": 12}


def of(sig: Sig, *, since: date | None = None, until: date | None = None) -> list[Json]:
    """The Dosages of one order, from a day on and until the first day without it, where they are said.

    A dose that nobody knows is told in its words alone.
    """
    if sig.parts[0].timing == NOT_RECORDED and sig.unit == "{dose}":
        return [_said({"sequence": 1, "text": sig.words, "route": _route(sig.route)})]
    bounds, parts = _period(since, until), map(in_one_way, sig.parts)
    return [_one(sig, part, bounds, words=sig.words if number == 0 else "") for number, part in enumerate(parts)]


def in_one_way(part: Part) -> Part:
    """Of the rhythms that can be kept in two ways the one that FHIR has: on Mondays is once a week on Monday."""
    if part.timing == "every_n_days" and part.every_days in (2, WEEK):
        part = replace(part, timing="every_other_day" if part.every_days == 2 else "weekly", every_days=None)
    if part.timing == "twice_weekly" and part.weekdays:
        part = replace(part, timing="daily")
    if part.weekdays and part.every_days == WEEK:
        part = replace(part, every_days=None)
    if len(part.weekdays) == WEEK:
        part = replace(part, weekdays=())
    return replace(part, timing="weekly") if part.timing == "daily" and len(part.weekdays) == 1 else part


def _one(sig: Sig, part: Part, bounds: Json, *, words: str) -> Json:
    alone = replace(sig, parts=(part,), max_per_day=sig.max_per_day if sig.as_needed or len(sig.parts) == 1 else None)
    told = [_apart(sig.min_interval_hours), words]
    repeat = {**bounds, **_rhythm(part)}
    if sig.hours_worn is not None:
        repeat |= {"duration": sig.hours_worn, "durationUnit": "h"}
    return _said(
        {
            "sequence": 1,
            "text": alone.text().replace(NBSP, " "),
            "additionalInstruction": [{"text": text} for text in told if text],
            "timing": _said({"repeat": repeat, "code": _named(part)}),
            **_as_needed(sig),
            "route": _route(sig.route),
            "doseAndRate": [{"type": {"coding": [{"system": DOSE_TYPE, "code": "ordered"}]}, **_dose(part)}],
            "maxDosePerPeriod": _most(sig),
        }
    )


def _said(values: Mapping[str, Any]) -> Json:
    """Only what is said: FHIR knows nothing empty."""
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def _apart(hours: Decimal | None) -> str:
    return "" if hours is None else f"at least {digits(hours)} {'hour' if hours <= 1 else 'hours'} apart"


def _period(since: date | None, until: date | None) -> Json:
    """FHIR counts the last day in."""
    last = until - timedelta(days=1) if until else None
    period = _said({"start": since and since.isoformat(), "end": last and last.isoformat()})
    return {"boundsPeriod": period} if period else {}


def _rhythm(part: Part) -> Json:
    """Timing.repeat; a clock time and a time of day never stand together (tim-10)."""
    if part.timing in ("PRN", NOT_RECORDED):
        return {}
    repeat: Json = {"frequency": 1, "period": part.every_days or 1, "periodUnit": "d"}
    if part.timing in HOURS:
        repeat |= {"period": HOURS[part.timing], "periodUnit": "h"}
    elif part.timing not in TIMES_OF_DAY and not part.every_days:
        timing = TIMINGS[part.timing]
        is_weekly = timing.days == 7
        repeat |= {"frequency": int(timing.doses), "period": 1 if is_weekly else timing.days}
        repeat |= {"periodUnit": "wk"} if is_weekly else {}
    repeat |= {"dayOfWeek": list(part.weekdays)} if part.weekdays else {}
    if part.at:
        return {**repeat, "timeOfDay": [f"{time}:00" for time in part.at]}
    return {**repeat, "when": [WHEN[part.timing]]} if part.timing in WHEN else repeat


def _named(part: Part) -> Json:
    """The time of the day beside a clock time, which the repeat has no place for."""
    return {"text": TIMINGS[part.timing].words} if part.at and part.timing in WHEN else {}


def _as_needed(sig: Sig) -> Json:
    if not sig.as_needed:
        return {}
    return {"asNeededCodeableConcept": {"text": sig.reason}} if sig.reason else {"asNeededBoolean": True}


def _route(route: str) -> Json:
    """With its SNOMED code, where there is one."""
    if route == NOT_RECORDED:
        return {}
    code = SNOMED_CODES.get(route)
    coding = [{"system": SNOMED, "code": code, "display": ROUTE_NAMES[route]}] if code else []
    return _said({"coding": coding, "text": ROUTES[route].words})


def _dose(part: Part) -> Json:
    if part.most is None:
        return {"doseQuantity": _quantity(part.amount, part.unit)}
    return {"doseRange": {"low": _quantity(part.amount, part.unit), "high": _quantity(part.most, part.unit)}}


def _most(sig: Sig) -> Json:
    if sig.max_per_day is None:
        return {}
    a_day = {"value": 1, "unit": "day", "system": UCUM, "code": "d"}
    return {"numerator": _quantity(sig.max_per_day, sig.unit), "denominator": a_day}


def number(value: object) -> int | float:
    """A decimal as JSON has it, for `json.dumps`; four digits after the point come back as they went."""
    assert isinstance(value, Decimal), "nothing else is no JSON"
    return int(value) if value == value.to_integral_value() else float(value)


def _quantity(amount: Decimal, unit: str) -> Json:
    return {"value": amount, "unit": UNITS[unit].one, "system": UCUM, "code": unit}
