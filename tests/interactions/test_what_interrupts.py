"""What stops an order and what only lies on the list: little additions to a load, and lists beside written rules."""

import pytest

from interactions.engine.check import check
from interactions.engine.data_set import SourceDrug
from interactions.engine.findings import Finding, Judgement
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Action, Facts, Regimen
from interactions.engine.severity import Severity
from tests.interactions import shipped

KNOWN = shipped.alone()


def ordered(new: str, *rest: str, known: Knowledge = KNOWN, **facts: object) -> Judgement:
    """The last one is ordered on top of the rest."""
    drugs = tuple(shipped.drug(known, name) for name in (*rest, new))
    action = Action("start", frozenset({new}))
    return check(Regimen(shipped.DAY, drugs, Facts(**facts), action), known)  # type: ignore[arg-type]


def load(judgement: Judgement, problem: str) -> Finding:
    return next(one for one in judgement.findings if (one.kind, one.problem) == ("cumulative", problem))


@pytest.mark.parametrize(
    ("new", "rest", "problem"),
    [
        ("famotidine", ("methadone", "citalopram"), "qt_prolongation"),
        ("buspirone", ("sertraline", "tramadol", "trazodone"), "serotonin_toxicity"),
    ],
)
def test_a_little_more_of_a_load_lies_on_the_list(new: str, rest: tuple[str, ...], problem: str) -> None:
    slight = load(ordered(new, *rest), problem)
    assert slight.severity is Severity.MAJOR
    assert not slight.is_triggered
    for one in rest:
        others = [name for name in (*rest, new) if name != one]
        assert load(ordered(one, *others), problem).is_triggered


def test_a_conditional_drug_interrupts_where_the_person_has_the_condition() -> None:
    told = load(ordered("famotidine", "methadone", "citalopram", qtc_ms=480), "qt_prolongation")
    assert told.is_triggered
    assert any(card.is_interruptive for card in ordered("famotidine", "methadone", "citalopram", qtc_ms=480).cards)


def test_what_a_person_wrote_on_two_drugs_decides_over_a_list_that_only_advises() -> None:
    drugs = [SourceDrug("ciprofloxacin"), SourceDrug("warfarin"), SourceDrug("losartan"), SourceDrug("tizanidine")]
    listed = shipped.data_set(drugs, {(0, 1): "major", (2, 3): "major"}, label="DDInter 2")
    known = shipped.knowledge(listed)
    (written,) = ordered("ciprofloxacin", "warfarin", known=known).findings
    assert written.severity is Severity.MODERATE
    assert any("listed as major" in factor for grade in written.sources for factor in grade.factors)
    (alone,) = ordered("tizanidine", "losartan", known=known).findings
    assert (alone.severity, alone.is_triggered) == (Severity.MAJOR, True)
