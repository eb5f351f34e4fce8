"""How long a stopped drug still counts: the longer of the rule's figure and its own washout, to the day."""

from datetime import date, timedelta

import pytest

from tests.interactions.test_answers import answer

DAY = date(2025, 6, 1)


def severities(stopped: str, days: int, ordered: str) -> set[str]:
    """How loud the two are together, so many days after the last dose of the one."""
    last = DAY - timedelta(days=days)
    told = answer(
        current_meds=[{"drug": stopped, "start": "2024-01-01", "stop": last.isoformat()}],
        proposed={"action": "start", "drug": ordered},
    )
    found = [one for one in told["findings"] if len(one["drugs"]) == 2 and one["type"] == "interaction"]
    return {one["severity"] for one in found} & {"contraindicated", "major"}


@pytest.mark.parametrize(
    ("stopped", "last_day", "ordered"),
    [
        ("buprenorphine er monthly", 179, "naltrexone"),
        ("buprenorphine er weekly-monthly", 119, "naltrexone"),
        ("buprenorphine er monthly", 179, "naltrexone er"),
        ("buprenorphine", 13, "naltrexone"),
        ("buprenorphine er monthly", 179, "butorphanol"),
        ("naltrexone er", 34, "oxycodone"),
        ("fluoxetine", 34, "phenelzine"),
        ("sertraline", 13, "phenelzine"),
        ("itraconazole", 13, "lurasidone"),
        ("amiodarone", 179, "ziprasidone"),
        ("terbinafine", 59, "thioridazine"),
        ("phenobarbital", 27, "lurasidone"),
    ],
)
def test_it_counts_up_to_its_last_day_and_is_free_on_the_next(stopped: str, last_day: int, ordered: str) -> None:
    assert severities(stopped, last_day, ordered)
    assert not severities(stopped, last_day + 1, ordered)


def test_a_drug_that_stays_longer_than_the_figure_of_its_class_keeps_the_rules_own_grade() -> None:
    assert severities("itraconazole", 13, "lurasidone") == {"contraindicated"}
    assert severities("itraconazole", 14, "lurasidone") == set()
