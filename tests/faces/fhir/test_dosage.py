"""An order told as FHIR R4 keeps the rules of the data types, and is read back as the same order."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from medmgmt.fhir import dosage
from medmgmt.fhir.importing import sigs as importing
from medmgmt.record import dosing
from medmgmt.record.dosing import ImpossibleSig, Part, Sig
from medmgmt.record.sigs import TIMES_OF_DAY
from tests.faces.fhir import r4

DAY = date(2026, 10, 5)
NUMBERS = st.decimals("0.0001", "900", places=4).map(lambda number: number.normalize())
TIMES = st.sampled_from(["00:00", "08:00", "09:30", "13:00", "17:05", "20:00"])
TIMED = [timing for timing in dosing.TIMINGS if timing not in ("PRN", "UNK")]


@st.composite
def parts(draw: Callable[..., Any], unit: str, timings: list[str]) -> Part:
    """Any part that can be followed."""
    timing = draw(st.sampled_from(timings))
    days = tuple(day for day in dosing.WEEKDAYS if draw(st.booleans())) if draw(st.booleans()) else ()
    at = tuple(sorted(draw(st.sets(TIMES, max_size=4)))) if draw(st.booleans()) else ()
    is_spaced = timing == "every_n_days" or (timing in TIMES_OF_DAY and draw(st.booleans()))
    every = draw(st.integers(2, 60)) if is_spaced else None
    try:
        return Part(draw(NUMBERS), unit, timing, draw(st.none() | NUMBERS), every, days, at)
    except ImpossibleSig:
        return Part(Decimal(1), unit, draw(st.sampled_from(["daily", "noon", "bedtime", "weekly", "BID"])))


@st.composite
def sigs(draw: Callable[..., Any]) -> Sig:
    """Any sig that can be followed and ordered."""
    unit, as_needed = draw(st.sampled_from(list(dosing.UNITS))), draw(st.booleans())
    rest: dict[str, Any] = {"hours_worn": draw(st.integers(1, 168))} if unit == "{patch}" else {}
    rest["words"] = draw(st.sampled_from(["", "with food", "keep out of the light; shake well"]))
    rest["max_per_day"] = draw(st.none() | NUMBERS)
    if as_needed:
        hours = st.decimals(1, 24, places=1).map(lambda number: number.normalize())
        rest["min_interval_hours"] = draw(st.none() | hours)
        rest["reason"] = draw(st.sampled_from(["", "anxiety", "chest pain and sweating", "trouble falling asleep"]))
    timings = [*TIMED, "PRN", "PRN", "PRN"] if as_needed else TIMED
    several = tuple(draw(parts(unit, timings)) for _ in range(1 if as_needed else draw(st.integers(1, 3))))
    try:
        return Sig(draw(st.sampled_from(list(dosing.ROUTES))), several, as_needed, **rest)
    except ImpossibleSig:
        assume(False)
        raise


def read_back(told: list[dict[str, Any]]) -> importing.Line:
    """Through the text that travels, as the importer reads a file."""
    sent = json.loads(json.dumps(told, default=dosage.number), parse_float=Decimal)
    (line,) = importing.read(sent, importing.Ordered(), on=DAY, zone=UTC)
    return line


@settings(suppress_health_check=list(HealthCheck), max_examples=300)
@given(sigs())
def test_every_order_told_as_fhir_is_read_back_as_the_same_order(sig: Sig) -> None:
    several = list(map(dosage.in_one_way, sig.parts))
    times = {(part.timing, part.every_days, part.weekdays, part.at) for part in several}
    assume(len(times) == len(several))
    told = dosage.of(sig)
    assert [rule for one in told for rule in r4.broken(one)] == []
    line = read_back(told)
    (phase,) = line.phases
    assert set(map(dosage.in_one_way, phase.sig.parts)) == set(several)
    assert replace(phase.sig, parts=sig.parts) == sig
    assert (line.structured, line.doubts) == (True, ())


EACH = [
    (
        Sig("PO", (Part(Decimal(300), "mg", "morning"), Part(Decimal(600), "mg", "bedtime"))),
        [{"frequency": 1, "period": 1, "periodUnit": "d", "when": ["MORN"]},
         {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["HS"]}],
    ),
    (
        Sig.of(Decimal(10), "mg", "PO", "BID", at=("08:00", "20:00")),
        [{"frequency": 2, "period": 1, "periodUnit": "d", "timeOfDay": ["08:00:00", "20:00:00"]}],
    ),
    (
        Sig.of(Decimal(15), "mg", "PO", "weekly", weekdays=("mon",)),
        [{"frequency": 1, "period": 1, "periodUnit": "wk", "dayOfWeek": ["mon"]}],
    ),
    (
        Sig.of(Decimal(10), "mg", "PO", "daily", weekdays=("mon", "wed", "fri")),
        [{"frequency": 1, "period": 1, "periodUnit": "d", "dayOfWeek": ["mon", "wed", "fri"]}],
    ),
    (
        Sig.of(Decimal(156), "mg", "IM", "every_n_days", every_days=28),
        [{"frequency": 1, "period": 28, "periodUnit": "d"}],
    ),
    (Sig.of(Decimal(5), "mg", "PO", "Q8H"), [{"frequency": 1, "period": 8, "periodUnit": "h"}]),
    (
        Sig.of(Decimal(1), "{patch}", "TD", "daily", hours_worn=9),
        [{"frequency": 1, "period": 1, "periodUnit": "d", "duration": 9, "durationUnit": "h"}],
    ),
    (Sig.of(Decimal(25), "mg", "PO", "PRN", most=Decimal(50), as_needed=True, max_per_day=Decimal(200)), [None]),
]  # fmt: skip


@pytest.mark.parametrize(("sig", "repeats"), EACH)
def test_each_kind_of_rhythm_is_told_in_the_fields_of_fhir(sig: Sig, repeats: list[Any]) -> None:
    told = dosage.of(sig)
    assert [one.get("timing", {}).get("repeat") for one in told] == repeats
    assert {one["sequence"] for one in told} == {1}, "those of different numbers would follow one another"


def test_as_needed_its_reason_range_maximum_and_interval_are_all_told() -> None:
    bounds = {"max_per_day": Decimal(200), "min_interval_hours": Decimal(6), "reason": "anxiety"}
    [told] = dosage.of(Sig.of(Decimal(25), "mg", "PO", "PRN", most=Decimal(50), as_needed=True, **bounds))
    assert told["asNeededCodeableConcept"] == {"text": "anxiety"}
    assert told["doseAndRate"][0]["doseRange"]["high"]["value"] == 50
    assert told["maxDosePerPeriod"]["numerator"] == {"value": 200, "unit": "mg", "system": dosage.UCUM, "code": "mg"}
    assert told["additionalInstruction"] == [{"text": "at least 6 hours apart"}]
    assert told["route"]["coding"] == [{"system": dosage.SNOMED, "code": "26643006", "display": "Oral route"}]
    assert told["text"] == "25 to 50 mg by mouth as needed for anxiety, at most 200 mg a day, at least 6 hours apart"


def test_a_maximum_beside_every_dose_is_of_the_order() -> None:
    least, more = Part(Decimal(25), "mg", "morning", Decimal(50)), Part(Decimal(50), "mg", "bedtime", Decimal(100))
    sig = Sig("PO", (least, more), max_per_day=Decimal(125))
    assert read_back(dosage.of(sig)).phases[0].sig == sig
    every_day = Sig("PO", (least, replace(more, most=None)))
    assert read_back(dosage.of(every_day)).phases[0].sig == every_day


def test_an_order_with_an_end_is_told_with_its_last_day_and_read_back_to_it() -> None:
    told = dosage.of(Sig.of(Decimal(5), "mg", "PO", "daily"), since=DAY, until=date(2026, 10, 12))
    assert told[0]["timing"]["repeat"]["boundsPeriod"] == {"start": "2026-10-05", "end": "2026-10-11"}
    (phase,) = read_back(told).phases
    assert (phase.on, phase.until) == (DAY, date(2026, 10, 12))


def test_a_dose_that_nobody_knows_is_told_in_its_words_and_stays_unknown() -> None:
    sig = Sig("PO", (Part(Decimal(1), "{dose}", "UNK"),), words="as on the last visit")
    assert [set(one) for one in dosage.of(sig)] == [{"sequence", "text", "route"}]
    assert read_back(dosage.of(sig)).phases[0].sig == sig


def test_every_route_has_a_code_and_its_name_or_its_words() -> None:
    for route in set(dosing.ORDERED_ROUTES) - {"IMPLANT"}:
        assert dosage.SNOMED_CODES[route]
        assert dosage.ROUTE_NAMES[route]
    assert dosage.of(Sig.of(Decimal(1), "{piece}", "IMPLANT", "daily"))[0]["route"] == {"text": "as an implant"}
