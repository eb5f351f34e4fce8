"""What is said of a refill that is proposed in a case."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from refills.supply import case_findings, rules

RULES = rules.load(Path(__file__).parents[3] / "data" / "refill_rules.csv")


def said(
    schedule: str, as_of: str, sets: tuple[str, ...] = (), action: str = "refill", **refill: Any
) -> dict[str, Any]:
    case = {"id": "x", "as_of": as_of, "proposed": {"action": action}, "refill": refill}
    return {one.problem: one for one in case_findings.of_case(case, schedule, RULES, rules.scopes(schedule, sets))}


def test_a_schedule_two_refill_needs_a_new_prescription_whatever_is_written_on_it() -> None:
    found = said("CII", "2025-08-01", fill_date="2025-07-03", days_supply=30, refills_remaining=1)
    assert set(found) == {"no_refills"}
    one = found["no_refills"]
    assert one.severity == "major"
    assert "Schedule II (CII)" in one.summary
    assert "new prescription" in one.management
    assert "90 days" in one.management


@pytest.mark.parametrize(
    ("schedule", "as_of", "refill", "problems"),
    [
        ("CIV", "2025-08-01", {"issued": "2025-01-31", "fills_used": 2}, {"prescription_expired"}),
        ("CIV", "2025-07-31", {"issued": "2025-01-31", "fills_used": 2}, set()),
        ("CIV", "2025-06-20", {"issued": "2025-01-10", "fills_used": 6}, {"refills_used"}),
        ("CIV", "2025-06-20", {"issued": "2025-01-10", "fills_used": 5}, set()),
        ("", "2025-06-20", {"issued": "2025-01-10", "refills_remaining": 0}, {"refills_used"}),
        ("", "2025-06-20", {"issued": "2025-01-10", "refills_authorised": 1, "fills_used": 2}, {"refills_used"}),
        ("CIV", "2025-05-26", {"fill_date": "2025-05-01", "days_supply": 30}, {"early_refill"}),
        ("CIV", "2025-05-27", {"fill_date": "2025-05-01", "days_supply": 30}, set()),
        ("", "2025-05-23", {"fill_date": "2025-05-01", "days_supply": 30}, {"early_refill"}),
        ("", "2025-05-24", {"fill_date": "2025-05-01", "days_supply": 30}, set()),
        ("CIV", "2025-05-27", {}, set()),
    ],
)
def test_the_day_and_the_count_decide(schedule: str, as_of: str, refill: dict[str, Any], problems: set[str]) -> None:
    assert set(said(schedule, as_of, **refill)) == problems


def test_a_benzodiazepine_waits_until_two_days_before_it_runs_out() -> None:
    refill = {"fill_date": "2025-05-01", "days_supply": 30}
    found = said("CIV", "2025-05-28", ("set:benzodiazepines",), **refill)
    assert "earliest 2025-05-29" in found["early_refill"].summary
    assert said("CIV", "2025-05-29", ("set:benzodiazepines",), **refill) == {}


def test_what_is_issued_after_the_day_is_too_early_and_not_used_up() -> None:
    found = said("", "2025-05-01", issued="2025-06-01", refills_remaining=3)
    assert set(found) == {"early_refill"}
    assert "issued for 2025-06-01" in found["early_refill"].summary
    assert "no refills" not in found["early_refill"].summary
    assert said("", "2025-06-01", issued="2025-06-01", refills_remaining=3) == {}


def test_where_no_refill_is_proposed_nothing_is_said() -> None:
    assert said("CII", "2025-08-01", action="start", fill_date="2025-07-03", days_supply=30) == {}


def test_what_is_no_controlled_drug_is_told_as_such_and_less_loudly() -> None:
    (used,) = said("", "2025-06-20", issued="2025-01-10", refills_authorised=1, fills_used=2).values()
    assert (used.severity, used.source) == ("moderate", "")
    assert used.summary == "Not a controlled drug: no refills remaining (at most 1 refills)."
    assert used.management == "A new prescription is needed."
    (early,) = said("", "2025-05-23", fill_date="2025-05-01", days_supply=30).values()
    assert early.severity == "moderate"
    assert early.management.startswith("Earliest refill 2025-05-24 (75 % used: 2025-05-24). Earlier only for")


def test_an_expired_prescription_names_its_months_its_last_day_and_the_law() -> None:
    (found,) = said("CIV", "2025-08-01", issued="2025-01-31", fills_used=2).values()
    assert (found.severity, found.source) == ("major", "21 CFR 1306.22(a)")
    assert found.summary == "Schedule IV (CIV): no fill later than 6 months after issue; last valid 2025-07-31."


def test_of_two_reasons_to_wait_for_a_controlled_drug_both_days_are_named() -> None:
    (found,) = said("CII", "2025-05-20", fill_date="2025-05-01", days_supply=30).keys() - {"no_refills"}
    early = said("CII", "2025-05-20", fill_date="2025-05-01", days_supply=30)[found]
    assert (found, early.severity) == ("early_refill", "major")
    assert early.summary == "Too early: the supply lasts until 2025-05-31; earliest 2025-05-29."
    assert "(85 % used: 2025-05-27, and not before 2025-05-29 by the days before run-out)" in early.management


def test_without_a_day_of_issue_nothing_has_expired_and_without_a_case_nothing_is_said() -> None:
    assert said("CIV", "2026-08-01", fill_date="2025-07-01", days_supply=30) == {}
    assert said("CIV", "2026-08-01", fill_date="2025-07-01", days_supply=30, refills_remaining=0).keys() == {
        "refills_used"
    }
    assert case_findings.of_case({}, "CII", RULES, rules.scopes("CII")) == []


def test_the_share_is_told_in_whole_percent_and_a_series_only_where_the_law_has_one() -> None:
    whole = RULES.tightened_by([rules.Rule("site", "*", "early_share", Fraction(1), "higher", "ours")])
    case = {"as_of": "2025-05-20", "proposed": {"action": "refill"}}
    refill = {"fill_date": "2025-05-01", "days_supply": 30}
    (early,) = case_findings.of_case({**case, "refill": refill}, "", whole, rules.scopes())
    assert "(100 % used: 2025-05-31)" in early.management
    assert said("CI", "2025-05-20")["no_refills"].management == "A new prescription is needed."
