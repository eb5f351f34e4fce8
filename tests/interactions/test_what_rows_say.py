"""What rows of the knowledge say of themselves, without asking the database."""

import pytest

from interactions.models import Answer, LocalChange


def test_an_answer_shows_an_earlier_time_only_where_it_claims_one() -> None:
    assert Answer(overlap_verdict="").shown_earlier is None
    claimed = Answer(overlap_verdict="lower")
    assert claimed.shown_earlier is claimed


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"adds_rule": True}, "rule"),
        ({"adds_rule": False, "of_rule": "R1"}, "regrade"),
        ({"adds_rule": False, "of_code": "D01"}, "derivation"),
        ({"adds_rule": False}, "pair"),
    ],
)
def test_a_change_of_the_clinics_own_says_what_it_changes(values: dict[str, object], kind: str) -> None:
    assert LocalChange(**values).kind == kind
