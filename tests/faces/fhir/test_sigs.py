"""Dosage instructions: structured where they are, text where they are not, never invented."""

from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from medmgmt.fhir.importing import sigs
from medmgmt.record import dosing

ONE = {"doseAndRate": [{"doseQuantity": {"value": 1}}]}


def timing(**repeat: Any) -> dict[str, Any]:
    return {"timing": {"repeat": repeat}}


def lines(*instructions: Any, form: str = "Oral Tablet", route: str = "PO") -> tuple[sigs.Line, ...]:
    ordered = sigs.Ordered(form=form, route=route, strength="50 mg")
    return sigs.read(list(instructions), ordered, on=date(2026, 10, 5), zone=UTC)


def read(*instructions: Any, form: str = "Oral Tablet", route: str = "PO") -> sigs.Line:
    (line,) = lines(*instructions, form=form, route=route)
    return line


def sig_of(line: sigs.Line) -> dosing.Sig:
    (phase,) = line.phases
    return phase.sig


@pytest.mark.parametrize(
    ("repeat", "expected"),
    [
        ({"frequency": 1, "period": 1, "periodUnit": "d"}, "1 tablet by mouth once daily"),
        ({"frequency": 2, "period": 1, "periodUnit": "d"}, "1 tablet by mouth twice daily"),
        ({"frequency": 1, "period": 6, "periodUnit": "h"}, "1 tablet by mouth every 6 hours"),
        ({"frequency": 1, "period": 2, "periodUnit": "d"}, "1 tablet by mouth every other day"),
        ({"frequency": 2, "period": 1, "periodUnit": "wk"}, "1 tablet by mouth twice a week"),
        ({"frequency": 1, "period": 60, "periodUnit": "d"}, "1 tablet by mouth every 60 days"),
        ({"frequency": 1, "period": 4, "periodUnit": "wk"}, "1 tablet by mouth every 28 days"),
        ({"when": ["HS"]}, "1 tablet by mouth at bedtime"),
    ],
)
def test_a_structured_rhythm_becomes_a_sig(repeat: dict[str, Any], expected: str) -> None:
    reading = read({**ONE, **timing(**repeat)})
    assert reading.structured
    assert sig_of(reading).text().replace(dosing.NBSP, " ") == expected


def test_an_amount_with_a_unit_and_a_route_code_is_taken_as_it_is() -> None:
    reading = read(
        {
            "doseAndRate": [{"doseQuantity": {"value": 50, "unit": "mg", "code": "mg"}}],
            "timing": {"code": {"coding": [{"code": "BID"}]}},
            "route": {"coding": [{"code": "78421000"}]},
        }
    )
    assert sig_of(reading) == dosing.Sig.of(Decimal(50), "mg", "IM", "BID")


def test_as_needed_with_a_maximum_becomes_a_sig() -> None:
    reading = read(
        {
            "asNeededBoolean": True,
            "doseAndRate": [{"doseQuantity": {"value": 25, "code": "mg"}}],
            "maxDosePerPeriod": {"numerator": {"value": 75}, "denominator": {"value": 1, "unit": "d"}},
        }
    )
    assert reading.structured
    assert sig_of(reading).max_per_day == Decimal(75)


@pytest.mark.parametrize(
    ("said", "unit"), [("ug", "ug"), ("mcg", "ug"), ("mg", "mg"), ("g", "g"), ("mmol", "mmol"), ("ML", "mL")]
)
def test_a_unit_stays_the_unit_that_it_is(said: str, unit: str) -> None:
    reading = read({"doseAndRate": [{"doseQuantity": {"value": 5, "code": said}}], **timing(when=["MORN"])})
    assert (sig_of(reading).dose, sig_of(reading).unit) == (Decimal(5), unit)


def test_what_is_taken_for_a_reason_alone_is_as_needed() -> None:
    limit = {"numerator": {"value": 4}, "denominator": {"value": 1, "unit": "d"}}
    why = {"asNeededCodeableConcept": {"text": "pain"}, "maxDosePerPeriod": limit}
    reading = read({**ONE, **why, **timing(period=6, periodUnit="h")})
    assert (sig_of(reading).parts[0].timing, sig_of(reading).as_needed) == ("Q6H", True)


@pytest.mark.parametrize(
    ("value", "unit", "most"), [(1, "d", 2), (24, "h", 2), (12, "h", 4), (8, "h", None), (7, "d", None)]
)
def test_a_maximum_counts_where_it_is_less_than_the_rhythm_and_otherwise_stays_in_words(
    value: int, unit: str, most: int | None
) -> None:
    limit = {"numerator": {"value": 2}, "denominator": {"value": value, "code": unit}}
    reading = read({"asNeededBoolean": True, "maxDosePerPeriod": limit, **ONE, **timing(period=6, periodUnit="h")})
    assert reading.structured
    assert sig_of(reading).max_per_day == (None if most is None else Decimal(most))
    assert ("at most 2" in sig_of(reading).words) is (most is None or (unit == "h" and value != 24))


@pytest.mark.parametrize(
    "instruction",
    [
        {"asNeededBoolean": True, **ONE},
        {**ONE, **timing(frequency=1, period=1, periodUnit="mo")},
        {**ONE, **timing(frequency=1, frequencyMax=2, period=1, periodUnit="d")},
        {**ONE, **timing(frequency=3, period=2, periodUnit="d")},
        {**ONE, **timing(when=["HS", "MORN"], frequency=1, period=1, periodUnit="wk")},
        {**ONE, **timing(when=["AC"])},
        {**ONE, **timing(frequency=1, period=4, periodMax=6, periodUnit="h")},
        {**ONE, **timing(frequency=1, period=2.5, periodUnit="d")},
        {**ONE, "timing": {"code": {"coding": [{"code": "QD"}]}, "repeat": {"dayOfWeek": ["mon"]}}},
        {"doseAndRate": [{"doseRange": {"low": {"value": 1}}}], **timing(frequency=1, period=1, periodUnit="d")},
        {"doseAndRate": [{"doseQuantity": {"value": 1, "unit": "squirt"}}]},
        {"doseAndRate": [{"doseQuantity": {"value": -1}}], **timing(frequency=1, period=1, periodUnit="d")},
        {"doseAndRate": [{"doseQuantity": {"value": "1_000"}}], **timing(frequency=1, period=1, periodUnit="d")},
        {"doseAndRate": "two"},
        {},
        "by mouth",
    ],
)
def test_what_is_not_structured_is_never_given_a_rhythm_or_milligrams(instruction: Any) -> None:
    reading = read(instruction)
    assert not reading.structured
    assert (sig_of(reading).unit, sig_of(reading).parts[0].timing) == ("{dose}", dosing.NOT_RECORDED)


def test_the_text_of_an_unstructured_sig_is_kept() -> None:
    assert sig_of(read({"text": "1-2 tablets when it hurts"})).words == "1-2 tablets when it hurts"
    assert sig_of(read({"sequence": 1, "asNeededBoolean": True})).words == "as needed"
    several = read({**ONE, **timing(frequency=1, frequencyMax=2, period=1, periodUnit="d")})
    assert sig_of(several).words == "1; 1 to 2 times a day"
    both = read({"text": "one for a week"}, {"text": "then two"})
    assert (both.structured, sig_of(both).words) == (False, "one for a week; then two")


@pytest.mark.parametrize(
    ("repeat", "days"),
    [
        ({"boundsPeriod": {"end": "2026-10-11"}}, 7),
        ({"boundsDuration": {"value": 7, "code": "d"}}, 7),
        ({"boundsDuration": {"value": 2, "code": "wk"}}, 14),
        ({"boundsDuration": {"value": 36, "code": "h"}}, 2),
        ({"count": 10}, 10),
        ({}, None),
    ],
)
def test_an_order_that_says_for_how_long_has_an_end(repeat: dict[str, Any], days: int | None) -> None:
    reading = read(
        {**ONE, **timing(frequency=1, period=1, periodUnit="d", **repeat), "patientInstruction": "with food"}
    )
    (phase,) = reading.phases
    assert phase.until == (None if days is None else date(2026, 10, 5) + timedelta(days))
    assert "with food" in phase.sig.words


def test_a_titration_is_never_taken_for_its_first_step() -> None:
    daily = timing(frequency=1, period=1, periodUnit="d")
    reading = read({**ONE, **daily}, {"doseAndRate": [{"doseQuantity": {"value": 4}}], **daily})
    assert (reading.structured, sig_of(reading).parts[0].timing) == (False, dosing.NOT_RECORDED)


def test_a_titration_that_says_for_how_long_is_taken_over_step_by_step() -> None:
    def week(number: int, amount: int) -> dict[str, Any]:
        lasts = {"boundsDuration": {"value": 1, "code": "wk"}}
        dose = {"doseAndRate": [{"doseQuantity": {"value": amount}}]}
        return {"sequence": number, **dose, **timing(frequency=1, period=1, periodUnit="d", **lasts)}

    reading = read(week(2, 2), week(1, 1), week(3, 3))
    assert [(phase.on.day, phase.sig.dose) for phase in reading.phases] == [(5, 1), (12, 2), (19, 3)]
    assert reading.until == date(2026, 10, 26)


def test_what_is_taken_by_the_clock_and_what_as_needed_are_two_lines() -> None:
    fixed, needed = lines(
        {**ONE, **timing(when=["HS"])}, {**ONE, "asNeededBoolean": True, **timing(period=8, periodUnit="h")}
    )
    assert (sig_of(fixed).as_needed, sig_of(needed).as_needed) == (False, True)


def test_no_dosage_at_all_leaves_route_and_times_unrecorded() -> None:
    sig = sig_of(read(form="Injection", route=""))
    assert (sig.route, sig.parts[0].timing, sig.words) == ("UNK", "UNK", "")
