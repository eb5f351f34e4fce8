"""Doses over time, told as a case: a start, a rise, a pause, an end and a cut, each with its harmless twin."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from interactions.engine import cases
from interactions.engine.check import check
from interactions.engine.regimen import Action, CrossTaper, Dose, Drug, Facts, Regimen
from tests.interactions import shipped

DAY = date(2026, 6, 1)
ON_DRUGS = ("titration", "retitration", "withdrawal_risk")


def said(
    proposed: dict[str, Any], *taken: dict[str, Any], days: int = 400, **patient: Any
) -> list[tuple[str, str, str]]:
    """What is said of a case by the rules on doses over time: kind, severity, rule."""
    begun = (DAY - timedelta(days=days)).isoformat()
    told = cases.review(
        {
            "id": "c",
            "as_of": DAY.isoformat(),
            "patient": patient,
            "current_meds": [{"start": begun, **one} for one in taken],
            "proposed": proposed,
        },
        shipped.alone(),
    )
    return [
        (one["type"], one["severity"], one["sources"][0]["rule"])
        for one in told["findings"]
        if one["type"] in ON_DRUGS and not one["sources"][0]["rule"].startswith("DR")
    ]


def paused(drug: str, mg: int, days: int) -> dict[str, Any]:
    return {"drug": drug, "total_daily_mg": mg, "stop": (DAY - timedelta(days=days)).isoformat()}


def resumed(drug: str, mg: float) -> dict[str, Any]:
    return {"action": "resume", "drug": drug, "total_daily_mg": mg}


LAMOTRIGINE = {"drug": "lamotrigine", "total_daily_mg": 25}
VALPROATE = {"drug": "valproate", "total_daily_mg": 1000}


@pytest.mark.parametrize(("days", "is_silent"), [(13, False), (14, True)])
def test_a_rise_comes_no_sooner_than_the_day_of_its_step(days: int, is_silent: bool) -> None:
    rise = {"action": "change_dose", "drug": "lamotrigine", "total_daily_mg": 50}
    assert said(rise, LAMOTRIGINE, days=days) == ([] if is_silent else [("titration", "major", "LTG-none-1")])


def test_what_else_is_taken_decides_which_pattern_holds() -> None:
    start = {"action": "start", **LAMOTRIGINE}
    assert said(start) == []
    assert said(start, VALPROATE) == [("titration", "major", "LTG-vpa-1")]
    assert said({**start, "total_daily_mg": 12.5}, VALPROATE) == []


def test_a_soft_step_is_minor_until_the_dose_is_far_above_it() -> None:
    start = {"action": "start", "drug": "valproate"}
    assert [one[1] for one in said({**start, "total_daily_mg": 1000})] == ["minor"]
    assert said({**start, "total_daily_mg": 750}) == []
    assert [one[1] for one in said({**start, "total_daily_mg": 2000})] == ["moderate"]


def test_the_day_from_which_the_dose_is_allowed_is_told() -> None:
    told = cases.review(
        {
            "id": "c",
            "as_of": "2025-03-17",
            "current_meds": [{**LAMOTRIGINE, "start": "2025-03-01"}],
            "proposed": {"action": "change_dose", "drug": "lamotrigine", "total_daily_mg": 100},
        },
        shipped.alone(),
    )
    words = [one["management"] for one in told["findings"] if one["type"] == "titration"]
    assert ["100 mg a day no earlier than day 29 (2025-03-29)" in one for one in words] == [True]


@pytest.mark.parametrize(
    ("drug", "former", "days", "again", "expected"),
    [
        ("clozapine", 300, 1, 300, []),
        ("clozapine", 300, 2, 300, ["RT001"]),
        ("clozapine", 300, 2, 12.5, []),
        ("clozapine", 300, 30, 300, ["RT002"]),
        ("iloperidone", 24, 3, 24, []),
        ("iloperidone", 24, 4, 24, ["RT007"]),
        ("iloperidone", 24, 4, 2, []),
        ("methadone", 80, 3, 80, ["RT011"]),
        ("methadone", 80, 3, 40, []),
        ("quetiapine", 300, 7, 300, []),
        ("quetiapine", 300, 8, 300, ["RT008"]),
    ],
)
def test_after_a_pause_the_old_dose_is_too_much_and_the_first_one_is_not(
    drug: str, former: int, days: int, again: float, expected: list[str]
) -> None:
    found = [rule for kind, _, rule in said(resumed(drug, again), paused(drug, former, days)) if kind == "retitration"]
    assert found == expected


def test_a_new_prescription_after_a_pause_is_a_resumption_too() -> None:
    start = {"action": "start", "drug": "clozapine", "total_daily_mg": 300}
    assert ("retitration", "major", "RT001") in said(start, paused("clozapine", 300, 3))


@pytest.mark.parametrize(
    ("drug", "mg", "days", "expected"),
    [
        ("alprazolam", 2, 400, [("withdrawal_risk", "major", "TR006")]),
        ("alprazolam", 2, 20, []),
        ("venlafaxine", 225, 400, [("withdrawal_risk", "moderate", "TR013")]),
        ("venlafaxine", 225, 10, []),
        ("fluoxetine", 20, 400, [("withdrawal_risk", "minor", "TR012")]),
        ("trazodone", 50, 400, []),
        ("trazodone", 300, 400, [("withdrawal_risk", "minor", "TR018")]),
        ("atomoxetine", 80, 400, []),
    ],
)
def test_an_end_at_once_counts_by_dose_and_duration(
    drug: str, mg: int, days: int, expected: list[tuple[str, str, str]]
) -> None:
    assert said({"action": "stop", "drug": drug}, {"drug": drug, "total_daily_mg": mg}, days=days) == expected


def test_a_cut_that_takes_off_far_too_much_is_one_grade_below_an_end() -> None:
    taken = {"drug": "alprazolam", "total_daily_mg": 4}
    cut = {"action": "change_dose", "drug": "alprazolam"}
    assert said({**cut, "total_daily_mg": 2}, taken) == [("withdrawal_risk", "moderate", "TR006")]
    assert said({**cut, "total_daily_mg": 3.5}, taken) == []


def judged(*doses: Dose, **facts: Any) -> list[str]:
    """Rules that speak of venlafaxine ended on the day after these doses."""
    drug = Drug(
        "v", "venlafaxine", "venlafaxine", route="PO", stopped_on=DAY - timedelta(days=1),
        doses=(*doses, Dose(DAY, Decimal(0))),
    )  # fmt: skip
    told = check(Regimen(DAY, (drug,), Facts(**facts), Action("stop", frozenset({"v"}))), shipped.alone())
    return [one.sources[0].rule_id for one in told.findings if one.kind == "withdrawal_risk"]


def before(days: int, mg: int | None) -> Dose:
    return Dose(DAY - timedelta(days=days), None if mg is None else Decimal(mg))


def test_a_taper_that_was_followed_ends_in_silence_and_one_that_hurried_does_not() -> None:
    assert judged(before(400, 225), before(28, 150), before(14, 75)) == []
    assert judged(before(400, 225), before(4, 150), before(2, 75)) == ["TR013"]
    assert judged(before(400, 225), before(28, 150)) == ["TR013"]


def test_nothing_is_said_of_a_switch_and_of_what_is_taken_as_needed() -> None:
    switch = (CrossTaper(frozenset({"v", "s"}), DAY - timedelta(days=7)),)
    assert judged(before(400, 225), cross_tapers=switch) == []
    assert judged(before(400, None)) == []


def test_a_lapse_is_no_use_the_days_count_since_it_was_last_begun() -> None:
    assert judged(before(400, 225), before(30, 0), before(10, 225)) == []
