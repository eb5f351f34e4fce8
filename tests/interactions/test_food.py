"""Food where absorption depends on it: as the sig tells it, as the record tells it, or told by nobody."""

from dataclasses import replace

import pytest

from interactions.engine import cases
from interactions.engine.check import check
from interactions.engine.severity import Severity
from tests.interactions import shipped

KNOWN = shipped.alone()


@pytest.mark.parametrize(
    ("drug", "wrong"),
    [("lurasidone", "without_food"), ("ziprasidone", "without_food"), ("sodium oxybate", "with_food")],
)
def test_taken_the_wrong_way_round_it_is_found_and_the_right_way_it_is_not(drug: str, wrong: str) -> None:
    right = {"without_food": "with_food", "with_food": "without_food"}[wrong]
    for food, is_found in ((wrong, True), (right, False)):
        told = check(shipped.regimen(KNOWN, drug, food=food), KNOWN)
        hits = [one for one in told.findings if one.sources[0].rule_id.startswith("FD")]
        assert [one.severity for one in hits] == ([Severity.MODERATE] if is_found else [])
        assert not any("food" in entry.what for entry in told.not_checked)


def test_the_sig_speaks_before_the_habit() -> None:
    drug = replace(shipped.drug(KNOWN, "lurasidone"), food="with_food")
    assert not check(shipped.regimen(KNOWN, drug, food="without_food"), KNOWN).findings


def test_what_nobody_recorded_is_said_and_not_taken_for_right() -> None:
    told = check(shipped.regimen(KNOWN, "ziprasidone"), KNOWN)
    assert [(entry.what, entry.refs) for entry in told.not_checked] == [
        ("whether ziprasidone is taken with food", ("ziprasidone",))
    ]
    assert not told.findings


@pytest.mark.parametrize(
    ("sig", "food"),
    [
        ("40 mg daily with the evening meal", "with_food"),
        ("20 mg twice daily with food", "with_food"),
        ("40 mg on an empty stomach", "without_food"),
        ("75 mcg before breakfast", "without_food"),
        ("40 mg daily", ""),
        ("40 mg daily, cross-taper with quetiapine", ""),
    ],
)
def test_the_words_of_a_sig_that_speak_of_food(sig: str, food: str) -> None:
    assert cases.drug("1", {"drug": "lurasidone", "frequency": sig}, KNOWN).food == food


def test_only_the_form_that_a_label_speaks_of_is_meant() -> None:
    for form, hits in (("XR", 1), ("IR", 0), ("", 0)):
        drug = replace(shipped.drug(KNOWN, "quetiapine", form=form), food="with_food")
        assert len(check(shipped.regimen(KNOWN, drug), KNOWN).findings) == hits
