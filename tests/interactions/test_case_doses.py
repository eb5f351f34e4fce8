"""The dose of a case is read like an order line, and held against the limits; what cannot be read is said."""

from typing import Any

import pytest

from interactions.engine import cases
from tests.interactions import shipped


def answered(drug: str, frequency: str, **more: Any) -> dict[str, Any]:
    """The answer to a case of one medicine."""
    taken = {"drug": drug, "frequency": frequency, "start": "2026-01-01", **more}
    case = {"id": "one", "as_of": "2026-12-01", "patient": {"age": 45, "sex": "F"}, "current_meds": [taken]}
    return cases.review(case, shipped.knowledge())


@pytest.mark.parametrize(
    ("drug", "frequency", "says"),
    [
        ("citalopram", "60 mg daily", "60 mg a day"),
        ("citalopram 60 mg daily", "", "60 mg a day"),
        ("citalopram", "30 mg every morning and 30 mg at bedtime", "60 mg a day"),
        ("citalopram", "2 x 40 mg tablets daily", "80 mg a day"),
        ("citalopram", "60mg/day", "60 mg a day"),
        ("clonazepam", "20 tablets of 2 mg daily", "40 mg a day"),
        ("clonazepam 2 mg tablet", "20 tablets daily", "40 mg a day"),
        ("haloperidol", "100 mL of 2 mg/mL daily", "200 mg a day"),
        ("lorazepam", "4 mg q6h prn anxiety, max 16 mg/day", "16 mg a day"),
        ("methotrexate", "15 mg daily", "7 days a week"),
    ],
)
def test_a_dose_in_words_is_held_against_the_maximum(drug: str, frequency: str, says: str) -> None:
    found = [one["summary"] for one in answered(drug, frequency)["findings"] if one["type"] == "max_dose"]
    assert any(says in summary for summary in found), found


@pytest.mark.parametrize(
    ("drug", "frequency"),
    [
        ("citalopram", "20 mg daily"),
        ("citalopram", "40 mg every other day"),
        ("clonazepam 2 mg tablet", "1 tablet twice daily"),
        ("methotrexate", "15 mg weekly"),
        ("methotrexate", "15 mg once a week on Monday"),
        ("haloperidol", "5 mL of 2 mg/mL twice daily"),
        ("lorazepam", "1 mg q6h prn anxiety, max 4 mg/day"),
    ],
)
def test_an_ordinary_dose_in_words_is_silent(drug: str, frequency: str) -> None:
    answer = answered(drug, frequency)
    assert not [one for one in answer["findings"] if one["type"] == "max_dose"]
    assert not [one for one in answer["not_checked"] if one["what"].startswith("dose of")]


@pytest.mark.parametrize("frequency", ["20 tablets daily", "titrating 5 steps", "1_000 mg daily", "1.000 mg daily"])
def test_a_dose_that_cannot_be_read_is_not_checked_and_says_why(frequency: str) -> None:
    said = [one["why"] for one in answered("haloperidol", frequency)["not_checked"] if "dose of" in one["what"]]
    assert said
    assert said[0].startswith("Dose not checked. “")


def test_a_total_that_is_told_stands_and_a_rhythm_alone_is_no_dose() -> None:
    assert not answered("citalopram", "every 6 hours", total_daily_mg="20")["findings"]
    said = answered("citalopram", "every 6 hours")["not_checked"]
    assert not [one for one in said if one["what"].startswith("dose of")]


def test_a_new_dose_in_words_takes_the_place_of_the_one_before() -> None:
    taken = {"drug": "methotrexate", "frequency": "15 mg weekly", "start": "2026-01-01"}
    case = {"id": "one", "as_of": "2026-12-01", "current_meds": [taken]}
    for frequency, found in (("15 mg daily", True), ("20 mg weekly", False), ("2 tablets weekly", False)):
        proposed = {"action": "change_dose", "drug": "methotrexate", "frequency": frequency}
        answer = cases.review({**case, "proposed": proposed}, shipped.knowledge())
        assert bool([one for one in answer["findings"] if one["type"] == "max_dose"]) is found
        unchecked = [one for one in answer["not_checked"] if one["what"] == "dose of methotrexate"]
        assert bool(unchecked) is ("tablets" in frequency)
