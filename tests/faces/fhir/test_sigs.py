"""Dosage instructions: structured where they are, text where they are not, never invented."""

from decimal import Decimal
from typing import Any

import pytest

from medmgmt.fhir.importing import sigs
from medmgmt.record import dosing

ONE = {"doseAndRate": [{"doseQuantity": {"value": 1}}]}


def timing(**repeat: Any) -> dict[str, Any]:
    return {"timing": {"repeat": repeat}}


def read(*instructions: Any, form: str = "Oral Tablet", route: str = "PO") -> sigs.Reading:
    return sigs.read(list(instructions), form=form, route=route)


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
    assert reading.sig.text().replace(dosing.NBSP, " ") == expected


def test_an_amount_with_a_unit_and_a_route_code_is_taken_as_it_is() -> None:
    reading = read(
        {
            "doseAndRate": [{"doseQuantity": {"value": 50, "unit": "mg", "code": "mg"}}],
            "timing": {"code": {"coding": [{"code": "BID"}]}},
            "route": {"coding": [{"code": "78421000"}]},
        }
    )
    assert reading.sig == dosing.Sig.of(Decimal(50), "mg", "IM", "BID")


def test_as_needed_with_a_maximum_becomes_a_sig() -> None:
    reading = read(
        {
            "asNeededBoolean": True,
            "doseAndRate": [{"doseQuantity": {"value": 25, "code": "mg"}}],
            "maxDosePerPeriod": {"numerator": {"value": 75}, "denominator": {"value": 1, "unit": "d"}},
        }
    )
    assert reading.structured
    assert reading.sig.max_per_day == Decimal(75)


@pytest.mark.parametrize(
    ("said", "unit"), [("ug", "ug"), ("mcg", "ug"), ("mg", "mg"), ("g", "g"), ("mmol", "mmol"), ("ML", "mL")]
)
def test_a_unit_stays_the_unit_that_it_is(said: str, unit: str) -> None:
    reading = read({"doseAndRate": [{"doseQuantity": {"value": 5, "code": said}}], **timing(when=["MORN"])})
    assert (reading.sig.dose, reading.sig.unit) == (Decimal(5), unit)


def test_what_is_taken_for_a_reason_alone_is_as_needed() -> None:
    limit = {"numerator": {"value": 4}, "denominator": {"value": 1, "unit": "d"}}
    why = {"asNeededCodeableConcept": {"text": "pain"}, "maxDosePerPeriod": limit}
    reading = read({**ONE, **why, **timing(period=6, periodUnit="h")})
    assert (reading.sig.parts[0].timing, reading.sig.as_needed) == ("Q6H", True)


@pytest.mark.parametrize(
    ("value", "unit", "most"), [(1, "d", Decimal(4)), (24, "h", Decimal(4)), (1, "h", None), (7, "d", None)]
)
def test_a_maximum_is_one_a_day_or_it_stays_text(value: int, unit: str, most: Decimal | None) -> None:
    limit = {"numerator": {"value": 4}, "denominator": {"value": value, "code": unit}}
    reading = read({"asNeededBoolean": True, "maxDosePerPeriod": limit, **ONE, **timing(period=6, periodUnit="h")})
    assert reading.sig.max_per_day == most
    assert reading.structured is (most is not None)


@pytest.mark.parametrize(
    "instruction",
    [
        {"asNeededBoolean": True, **ONE},
        {**ONE, **timing(frequency=1, period=1, periodUnit="mo")},
        {**ONE, **timing(frequency=1, frequencyMax=2, period=1, periodUnit="d")},
        {**ONE, **timing(frequency=3, period=2, periodUnit="d")},
        {**ONE, **timing(when=["HS", "MORN"])},
        {**ONE, **timing(when=["HS"], dayOfWeek=["mon", "thu"])},
        {**ONE, **timing(when=["HS"], frequency=1, period=2, periodUnit="d")},
        {**ONE, **timing(frequency=1, period=1, periodUnit="d", dayOfWeek=["mon"])},
        {**ONE, **timing(frequency=1, period=4, periodMax=6, periodUnit="h")},
        {**ONE, **timing(frequency=1, period=2.5, periodUnit="d")},
        {**ONE, "timing": {"code": {"coding": [{"code": "QD"}]}, "repeat": {"dayOfWeek": ["mon"]}}},
        {"doseAndRate": [{"doseRange": {"low": {"value": 1}}}], **timing(frequency=1, period=1, periodUnit="d")},
        {"doseAndRate": [{"doseQuantity": {"value": 1, "unit": "squirt"}}]},
        {"doseAndRate": [{"doseQuantity": {"value": -1}}], **timing(frequency=1, period=1, periodUnit="d")},
        {"doseAndRate": "two"},
        {},
        "by mouth",
    ],
)
def test_what_is_not_structured_is_never_given_a_rhythm_or_milligrams(instruction: Any) -> None:
    reading = read(instruction)
    assert not reading.structured
    assert (reading.sig.unit, reading.sig.parts[0].timing) == ("{dose}", dosing.NOT_RECORDED)


def test_the_text_of_an_unstructured_sig_is_kept() -> None:
    assert read({"text": "1-2 tablets when it hurts"}).text == "1-2 tablets when it hurts"
    assert read({"sequence": 1, "asNeededBoolean": True}).text == "as needed"
    assert '"frequencyMax": 2' in read({**ONE, **timing(frequencyMax=2, period=1, periodUnit="d")}).text
    both = read({"text": "one for a week"}, {"text": "then two"})
    assert (both.structured, both.text) == (False, "one for a week; then two")


@pytest.mark.parametrize(
    ("repeat", "said"),
    [
        ({"boundsPeriod": {"end": "2019-03-11"}}, "2019-03-11"),
        ({"boundsDuration": {"value": 7, "code": "d"}}, '"value": 7'),
        ({"count": 10}, '"count": 10'),
    ],
)
def test_for_how_long_is_kept_beside_a_sig_that_has_no_end(repeat: dict[str, Any], said: str) -> None:
    reading = read(
        {**ONE, **timing(frequency=1, period=1, periodUnit="d", **repeat), "patientInstruction": "with food"}
    )
    assert (reading.structured, reading.sig.parts[0].timing) == (True, "daily")
    assert said in reading.text
    assert "with food" in reading.text


def test_a_titration_is_never_taken_for_its_first_step() -> None:
    daily = timing(frequency=1, period=1, periodUnit="d")
    reading = read({**ONE, **daily}, {"doseAndRate": [{"doseQuantity": {"value": 4}}], **daily})
    assert (reading.structured, reading.sig.parts[0].timing) == (False, dosing.NOT_RECORDED)


def test_no_dosage_at_all_leaves_route_and_times_unrecorded() -> None:
    reading = read(form="Injection", route="")
    assert (reading.sig.route, reading.sig.parts[0].timing, reading.text) == ("UNK", "UNK", "")
