"""What a written strength says, and doses in milligrams by it; nothing is guessed."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medmgmt.record import dosing, strengths
from medmgmt.record.dosing import Part, Sig, Step


def of(amount: str, unit: str = "mg", timing: str = "daily", **values: Any) -> Sig:
    return Sig.of(Decimal(amount), unit, values.pop("route", "PO"), timing, **values)


@pytest.mark.parametrize(
    ("written", "unit", "mg"),
    [
        ("25 mg", "{tablet}", "25"), ("25mg", "{capsule}", "25"), ("0.5 mg tablet", "{tablet}", "0.5"),
        ("300 mg ER tablet", "{tablet}", "300"), ("1,000 mg", "{tablet}", "1000"), ("1 g", "{tablet}", "1000"),
        ("100 mcg", "{tablet}", "0.1"), ("100 µg", "{tablet}", "0.1"), (".5 mg", "{tablet}", "0.5"),
        ("25 MG", "{film}", "25"), ("10 mg", "{suppository}", "10"), ("100 mg", "{injection}", "100"),
        ("2 mg/mL", "mL", "2"), ("2 MG/ML", "mL", "2"), ("10 mg/5 mL", "mL", "2"), ("10 mg per 5 mL", "mL", "2"),
        ("100 mg/tablet", "{tablet}", "100"), ("90 mcg/actuation", "{puff}", "0.09"), ("4 mg/spray", "{spray}", "4"),
        ("4 mg", "{spray}", "4"), ("1 mg/drop", "[drp]", "1"), ("300 mg (8 mmol)", "mmol", "37.5"),
        ("520 mg/5 mL (8 mmol/5 mL)", "mmol", "65"), ("any", "mg", "1"), ("", "g", "1000"), ("", "ug", "0.001"),
        ("2 mg/mL", "{tablet}", None), ("25 mg", "mL", None), ("25 mg", "[drp]", None), ("25 mg", "{dose}", None),
        ("", "{tablet}", None), ("extra strength", "{tablet}", None), ("300 mg", "mmol", None),
        ("160/800", "{tablet}", None), ("5 mg/325 mg", "{tablet}", None), ("5-325 mg", "{tablet}", None),
        ("37.5 mg + 325 mg", "{tablet}", None), ("10 mg / 20 mg", "{tablet}", None), ("5 mg/furlong", "{tablet}", None),
    ],
)  # fmt: skip
def test_a_strength_says_what_one_unit_holds_and_no_more(written: str, unit: str, mg: str | None) -> None:
    assert strengths.read(written).mg_in(unit) == (None if mg is None else Fraction(mg))


@pytest.mark.parametrize(
    ("strength", "sig", "per_day"),
    [
        ("50 mcg/h", of("1", "{patch}", "every_n_days", every_days=3, route="TD"), "1.2"),
        ("9.5 mg/24 h", of("1", "{patch}", route="TD"), "9.5"),
        ("9.5 mg/24 hours", of("1", "{patch}", route="TD"), "9.5"),
        ("14 mg/day", of("1", "{patch}", route="TD"), "14"),
        ("15 mg/9 h", of("1", "{patch}", route="TD", hours_worn=9), "15"),
    ],
)
def test_a_patch_gives_what_it_gives_in_the_hours_it_is_worn(strength: str, sig: Sig, per_day: str) -> None:
    told = strengths.in_milligrams(sig, strength)
    assert (told.per_day, told.in_a_day) == (Decimal(per_day), Decimal(per_day))


def test_a_sig_in_milligrams_is_a_mean_a_fullest_day_and_a_dose() -> None:
    sig = Sig("PO", (Part(Decimal(2), "{tablet}", "BID", weekdays=("mon",)), Part(Decimal(1), "{tablet}", "bedtime")))
    told = strengths.in_milligrams(sig, "7 mg")
    assert (told.per_day, told.in_a_day, told.per_dose) == (11, 35, 14)
    unknown = strengths.in_milligrams(of("20", timing=dosing.NOT_RECORDED), "")
    assert (unknown.per_day, unknown.in_a_day, unknown.per_dose) == (None, None, 20)
    assert unknown.why == "It is not on record how often it is taken."


@given(st.decimals("0.01", "50", places=2), st.integers(1, 1000))
def test_a_dose_in_pieces_is_the_pieces_times_the_strength(pieces: Decimal, mg: int) -> None:
    told = strengths.in_milligrams(of(str(pieces), "{tablet}", "TID"), f"{mg} mg")
    assert (told.per_day, told.per_dose) == (3 * pieces * mg, pieces * mg)


def test_tablets_and_milligrams_are_compared_by_the_strength() -> None:
    assert strengths.per_day_alike(of("2", "{tablet}"), of("50"), "25 mg") == (50, 50)
    assert strengths.per_day_alike(of("2", "{tablet}"), of("1", "{tablet}"), "") == (2, 1)
    assert strengths.per_day_alike(of("2", "{tablet}"), of("50"), "") is None
    steps = [
        Step("start", date(2026, 3, 2), of("50"), 1, 1),
        Step("new_dose", date(2026, 3, 9), of("4", "{tablet}"), 2, 2),
        Step("new_dose", date(2026, 3, 16), of("100"), 3, 3),
    ]
    assert dosing.raised_on(steps, date(2026, 4, 1), "25 mg") == date(2026, 3, 9)
    assert dosing.raised_on(steps, date(2026, 4, 1)) is None


@pytest.mark.parametrize(
    ("strength", "form", "piece"),
    [("500 mg", "tablet", "{tablet}"), ("500 mg ER tablets", "", "{tablet}"), ("2 mg/mL", "oral solution", "mL"),
     ("50 mg", "film-coated tablet", "{tablet}"), ("50 mg", "", ""), ("90 mcg/actuation", "", "")],
)  # fmt: skip
def test_what_is_counted_of_a_product_is_named_by_its_form(strength: str, form: str, piece: str) -> None:
    assert strengths.piece_of(strength, form) == piece
