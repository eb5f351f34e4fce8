"""The rules of the FHIR R4 data types that a Dosage must keep: https://hl7.org/fhir/R4/datatypes.html#Timing."""

import re
from collections.abc import Iterator
from typing import Any

UNITS_OF_TIME = ("s", "min", "h", "d", "wk", "mo", "a")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EVENTS = ("MORN", "MORN.early", "MORN.late", "NOON", "AFT", "EVE", "NIGHT", "PHS", "HS", "WAKE", "C", "CM", "CD", "CV",
          "AC", "ACM", "ACD", "ACV", "PC", "PCM", "PCD", "PCV")  # fmt: skip
MEALS = ("C", "CM", "CD", "CV")
TIME = re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?")
DATE = re.compile(r"\d{4}-\d\d-\d\d")
DOSAGE = {"sequence", "text", "additionalInstruction", "patientInstruction", "timing", "asNeededBoolean",
          "asNeededCodeableConcept", "site", "route", "method", "doseAndRate", "maxDosePerPeriod",
          "maxDosePerAdministration", "maxDosePerLifetime"}  # fmt: skip
REPEAT = {"boundsPeriod", "boundsDuration", "boundsRange", "count", "countMax", "duration", "durationMax",
          "durationUnit", "frequency", "frequencyMax", "period", "periodMax", "periodUnit", "dayOfWeek", "timeOfDay",
          "when", "offset"}  # fmt: skip


def broken(dosage: dict[str, Any]) -> list[str]:
    """Every rule that a Dosage breaks, by its key."""
    return [*_of_dosage(dosage), *_of_timing(dosage.get("timing") or {}), *_of_elements(dosage)]


def _of_dosage(dosage: dict[str, Any]) -> Iterator[str]:
    yield from (f"no element: {name}" for name in set(dosage) - DOSAGE)
    if {"asNeededBoolean", "asNeededCodeableConcept"} <= set(dosage):
        yield "asNeeded[x] is one"
    if not isinstance(dosage.get("sequence", 0), int):
        yield "sequence is an integer"
    for one in dosage.get("doseAndRate", []):
        if {"doseQuantity", "doseRange"} <= set(one):
            yield "dose[x] is one"
        if "doseRange" in one and one["doseRange"]["low"]["value"] > one["doseRange"]["high"]["value"]:
            yield "rng-2"
    if "maxDosePerPeriod" in dosage and set(dosage["maxDosePerPeriod"]) != {"numerator", "denominator"}:
        yield "rat-1"


def _of_timing(timing: dict[str, Any]) -> Iterator[str]:
    repeat = timing.get("repeat") or {}
    yield from (f"no element: {name}" for name in set(repeat) - REPEAT)
    pairs = (("tim-1", "duration", "durationUnit"), ("tim-2", "period", "periodUnit"), ("tim-6", "periodMax", "period"),
             ("tim-7", "durationMax", "duration"), ("tim-8", "countMax", "count"))  # fmt: skip
    yield from (rule for rule, one, other in pairs if one in repeat and other not in repeat)
    yield from (rule for rule, name in (("tim-4", "duration"), ("tim-5", "period")) if repeat.get(name, 0) < 0)
    when = repeat.get("when", [])
    if "offset" in repeat and (not when or set(when) & set(MEALS)):
        yield "tim-9"
    if when and repeat.get("timeOfDay"):
        yield "tim-10"
    if not set(when) <= set(EVENTS) or not set(repeat.get("dayOfWeek", [])) <= set(DAYS):
        yield "required binding"
    if not {repeat[name] for name in ("periodUnit", "durationUnit") if name in repeat} <= set(UNITS_OF_TIME):
        yield "required binding: units of time"
    if not all(TIME.fullmatch(time) for time in repeat.get("timeOfDay", [])):
        yield "a time has seconds"
    if not all(isinstance(repeat.get(name, 1), int) and repeat.get(name, 1) > 0 for name in ("frequency", "count")):
        yield "positiveInt"
    period = repeat.get("boundsPeriod", {})
    if not all(DATE.fullmatch(day) for day in period.values()) or period.get("start", "") > period.get("end", "9"):
        yield "per-1"


def _of_elements(value: Any) -> Iterator[str]:
    """ele-1: nothing empty; qty-3: a code has its system."""
    if isinstance(value, dict):
        if "code" in value and "value" in value and "system" not in value:
            yield "qty-3"
        value = list(value.values())
    if isinstance(value, list):
        if not value:
            yield "ele-1"
        for one in value:
            yield from _of_elements(one)
    elif value is None or value == "":
        yield "ele-1"
