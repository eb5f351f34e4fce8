"""The list of pairs of little value: long enough, each line with reason and source, and nothing grave on it."""

import shutil
from pathlib import Path

import pytest

from interactions.engine import sides
from interactions.engine.check import check
from interactions.engine.severity import Severity
from interactions.importers import clinical
from interactions.importers.faults import BadFile
from tests.interactions import shipped
from tests.interactions.test_pairs_everybody_knows import expanded

LINES = shipped.tables().tables["passive_pairs"]


def covered() -> set[sides.Pair]:
    """Every pair that a line speaks of."""
    return {pair for row in LINES for pair in sides.pairs(row["a"], row["b"], shipped.tables().sets)}


def high_priority() -> set[sides.Pair]:
    """Every pair that may not be folded away."""
    rows = shipped.tables().tables["high_priority_pairs"]
    return {pair for row in rows for pair in sides.pairs(row["a"], row["b"], shipped.tables().sets)}


def test_it_is_as_long_as_the_published_one_and_every_line_says_why_and_who_says_so() -> None:
    assert len(LINES) >= 33
    for row in LINES:
        assert row["severity"] == "minor"
        assert row["reason"], row
        assert row["reason"][0].islower() or row["reason"].split()[0].isupper(), "it goes on after: because"
        assert row["source"], row
        assert row["confidence"] in ("verified", "textbook", "derived")
    assert len({frozenset((row["a"], row["b"])) for row in LINES}) == len(LINES)


def test_no_pair_of_the_onc_high_priority_list_is_on_it() -> None:
    assert len(high_priority()) > 300
    assert covered() & high_priority() == set()
    assert set(expanded()) <= high_priority(), "the pairs that other tests call high priority are all protected"


def test_no_pair_that_our_own_rules_call_major_is_on_it() -> None:
    known = shipped.alone()
    for a, b in sorted(covered()):
        drugs = [shipped.drug(known, name) for name in (a, b)]
        found = check(shipped.regimen(known, *drugs, age_years=44, sex="F"), known).findings
        assert all(one.severity < Severity.MAJOR for one in found if len(one.drugs) == 2), (a, b)


def test_a_release_that_folds_a_pair_of_high_priority_away_cannot_be_loaded(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(shipped.DATA, folder)
    with (folder / "passive_pairs.csv").open("a", encoding="utf-8") as lines:
        lines.write("phenelzine,set:ssri,minor,it is known,nobody,derived\n")
    with pytest.raises(BadFile, match="high priority"):
        clinical.parse(folder)


def test_a_drug_that_is_not_there_cannot_be_on_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    shutil.copytree(shipped.DATA, folder)
    with (folder / "passive_pairs.csv").open("a", encoding="utf-8") as lines:
        lines.write("lithium,no such drug,minor,it is known,nobody,derived\n")
    with pytest.raises(BadFile, match="no such drug"):
        clinical.parse(folder)


@pytest.mark.parametrize(
    ("side", "expected"),
    [("lithium", {"lithium"}), ("a;b", {"a", "b"}), ("set:x;c", {"d", "e", "c"}), ("set:none", set()), ("", set())],
)
def test_a_side_names_a_drug_several_or_a_class(side: str, expected: set[str]) -> None:
    assert sides.members(side, {"x": ["d", "e"]}) == expected


def test_a_pair_is_unordered_and_never_of_one_drug_with_itself() -> None:
    assert sides.pairs("b;a", "a", {}) == {("a", "b")}
