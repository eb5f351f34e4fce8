"""The cases of a clinic's own change: what a case says is of all the drugs that it names together."""

from datetime import date

import pytest

from interactions import library
from interactions.local import cases
from interactions.models import Release

DAY = date(2026, 11, 21)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("sertraline + tramadol => major", "major"),
        ("sertraline + tramadol + metformin => major", "none"),
        ("sertraline + metformin => major", "none"),
    ],
)
def test_a_case_tries_what_is_said_of_all_its_drugs_together(shipped_release: Release, line: str, found: str) -> None:
    [case] = cases.as_cases([line], DAY)
    assert cases.tried(case, library.current()).found == found
