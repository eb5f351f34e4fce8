"""What people type for an observation: read with its unit and comparator, asked about, or refused."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from interactions import library
from interactions.engine.observables import Observable, unit_key
from medmgmt.record.errors import Refused, Unconfirmed
from medmgmt.regimen import readings

OBSERVED = library.observed_at_hand().by_code
NUMBERS = [one for one in OBSERVED.values() if one.is_number and not one.is_scale]
SCALES = [one for one in OBSERVED.values() if one.is_number and one.is_scale]


def read(code: str, text: str, unit: str = "", *, comma: bool = False, last: str = "", confirm: bool = False) -> str:
    """As it is kept: comparator and value."""
    before = Decimal(last) if last else None
    found = readings.read(text, OBSERVED[code], unit=unit, comma=comma, last=before, confirm=confirm)
    return f"{found.comparator}{found.value:f}"


@pytest.mark.parametrize(
    ("code", "text", "unit", "kept"),
    [
        ("anc", "1500", "/uL", "1.5"), ("anc", "1,500", "cells/uL", "1.5"), ("anc", "1500 cells/µL", "", "1.5"),
        ("anc", "0.3 x10^9/L", "", "0.3"), ("anc", "300 /mm³", "", "0.3"), ("anc", "2.1 K/uL", "", "2.1"),
        ("anc", "1.8 10⁹/L", "", "1.8"), ("anc", "1 500 /mcL", "", "1.5"), ("anc", "3.4", "10*3/uL", "3.4"),
        ("lithium", "1.8 mEq/L", "", "1.8"), ("lithium", ".7", "", "0.7"), ("tsh", "<0.01", "", "<0.01"),
        ("egfr", "> 90", "", ">90"), ("egfr", "≥60", "", ">=60"), ("temperature", "98.6 °F", "", "37"),
        ("temperature", "101.3", "[degF]", "38.5"), ("weight", "150", "lb", "68.0389"), ("height", "1.8 m", "", "180"),
        ("glucose", "5.5 mmol/L", "", "99.0858"), ("creatinine", "88 µmol/L", "", "0.9955"),
        ("hba1c", "48", "mmol/mol", "6.543"), ("haemoglobin", "141 g/L", "", "14.1"), ("spo2", "97 %", "", "97"),
        ("ck", "12,400", "", "12400"), ("ck", "12'400", "", "12400"), ("inr", "2.5", "", "2.5"),
        ("phq9", "14", "", "14"), ("sas", "0.6", "", "0.6"), ("platelets", "240 G/L", "", "240"),
    ],
)  # fmt: skip
def test_a_value_is_read_as_the_laboratory_prints_it(code: str, text: str, unit: str, kept: str) -> None:
    assert read(code, text, unit) == kept


@pytest.mark.parametrize(
    ("code", "text", "comma", "kept"),
    [
        ("lithium", "0,8", True, "0.8"), ("lithium", "0.8", True, "0.8"), ("anc", "1.500,5 /uL", True, "1.5005"),
        ("ck", "12.400.000", True, ""), ("ck", "1.240", True, ""), ("lithium", "0,8", False, ""),
        ("ck", "1,24,000", False, ""), ("ck", "1_240", False, ""), ("ck", "12,400", False, "12400"),
    ],
)  # fmt: skip
def test_a_comma_is_read_as_the_readers_language_writes_it_and_what_has_two_meanings_is_refused(
    code: str, text: str, comma: bool, kept: str
) -> None:
    if kept:
        assert read(code, text, comma=comma) == kept
        return
    with pytest.raises(Refused):
        read(code, text, comma=comma)


@pytest.mark.parametrize(
    ("code", "text", "says", "confirmed"),
    [
        ("anc", "150", "150 cells/µL", "0.15"), ("anc", "1500", "1.5 ×10³/µL", "1.5"),
        ("anc", "12000", "12 ×10³/µL", "12"), ("lithium", "12", "12 mg/L", "12"),
        ("sodium", "1240", "124 mmol/L", "124"),
        ("potassium", "29", "2.9 mmol/L", "2.9"), ("creatinine", "88", "88 µmol/L", "0.9955"),
        ("temperature", "101.5", "°F", "38.6111"), ("hba1c", "48", "48 mmol/mol", "6.543"),
        ("weight", "380", "very unusual", "380"), ("calcium", "2.4", "mmol/L", "2.4"),
        ("glucose", "5.5", "mmol/L", "5.5"), ("haemoglobin", "141", "141 g/L", "14.1"),
        ("platelets", "40000", "40 ×10³/µL", "40"), ("potassium", "11", "very unusual", "11"),
        ("height", "70", "70 in", "70"), ("spo2", "0.97", "97", "97"),
    ],
)  # fmt: skip
def test_a_value_that_looks_like_another_unit_is_asked_about_and_named(
    code: str, text: str, says: str, confirmed: str
) -> None:
    with pytest.raises(Unconfirmed, match=says.replace("×", ".")):
        read(code, text)
    assert read(code, text, confirm=True) == confirmed


@pytest.mark.parametrize(
    ("code", "text", "unit"),
    [
        ("sodium", "12400", ""), ("weight", "9000", ""), ("lithium", "80", ""), ("temperature", "12", "Cel"),
        ("anc", "1500", "10*3/uL"), ("phq9", "28", ""), ("phq9_item9", "4", ""), ("bars", "1.5", ""),
        ("cssrs", "-1", ""),
        ("sodium", "about 140", ""), ("sodium", "", ""), ("sodium", "14 bananas", ""), ("sodium", "1e3", ""),
        ("sodium", "140 mmol/L", "mg/dL"), ("sodium", "९", ""), ("sodium", "1" * 70, ""), ("sodium", "--", ""),
    ],
)  # fmt: skip
def test_what_nobody_has_and_what_is_no_number_is_refused_in_a_sentence(code: str, text: str, unit: str) -> None:
    with pytest.raises(Refused) as refused:
        read(code, text, unit, confirm=True)
    assert str(refused.value).endswith(".")


def test_pounds_are_noticed_by_the_weight_before_and_a_real_loss_is_not() -> None:
    with pytest.raises(Unconfirmed, match="150 lb"):
        read("weight", "150", last="68")
    assert read("weight", "150", last="68", confirm=True) == "150"
    assert read("weight", "61", last="68") == "61"
    assert read("weight", "150", last="148") == "150"


def test_a_pressure_is_two_numbers_with_one_unit() -> None:
    assert readings.pair("200/120 mmHg") == ["200 mmHg", "120 mmHg"]
    assert readings.pair(" 128 / 82 ") == ["128", "82"]
    for wrong in ("200", "200/", "a/b", "1200/80", "200-120"):
        with pytest.raises(Refused):
            readings.pair(wrong)


@given(of=some.sampled_from(NUMBERS), data=some.data())
def test_a_usual_value_is_kept_as_it_is_and_comes_back_from_each_of_its_other_units(
    of: Observable, data: some.DataObject
) -> None:
    low, high = of.usual
    value = data.draw(some.decimals(max(low, Decimal("0.01")), high, places=2))
    assert read(of.code, f"{value:f}") == f"{value.normalize():f}"
    for other in of.units.values():
        there = (value - Decimal(other.plus.numerator) / other.plus.denominator) * other.times.denominator
        there = round(there / other.times.numerator, 20)
        assert abs(other.converted(there) - value) <= Decimal("0.0001")


@given(of=some.sampled_from(NUMBERS), figure=some.integers(0, 10**7))
def test_whatever_is_typed_nothing_is_kept_that_nobody_has_and_nothing_far_off_without_a_word(
    of: Observable, figure: int
) -> None:
    try:
        value = Decimal(read(of.code, str(figure)))
    except Refused:
        assert not of.is_possible(Decimal(figure))
    except Unconfirmed:
        assert not of.is_usual(Decimal(figure))
        assert of.is_possible(Decimal(read(of.code, str(figure), confirm=True)))
    else:
        assert value == figure
        assert of.is_usual(value)


@given(of=some.sampled_from(SCALES), score=some.integers(-5, 120))
def test_a_score_is_kept_within_its_scale_and_refused_outside(of: Observable, score: int) -> None:
    if of.is_possible(Decimal(score)):
        assert read(of.code, str(score)) == str(score)
        return
    with pytest.raises(Refused):
        read(of.code, str(score), confirm=True)


def test_units_are_compared_however_they_are_written() -> None:
    for ways in (
        ("10*9/L", "x10^9/L", "×10⁹/L", "10E9/L", "10**9/L"),
        ("/uL", "cells/µL", "/mm3", "cells/mm³", "/mcL"),
        ("umol/L", "µmol/L", "μmol/l"),
        ("[degF]", "F", "°F", "deg F", "Fahrenheit"),
        ("mm[Hg]", "mmHg", "mm Hg"),
    ):
        assert len({unit_key(way) for way in ways}) == 1, ways


def test_where_the_figure_itself_cannot_be_the_question_names_what_a_yes_records() -> None:
    with pytest.raises(Unconfirmed, match="confirm to record 124 mmol/L"):
        read("sodium", "1240")
    assert read("sodium", "1240", confirm=True) == "124"
