"""Risks that add up over the regimen are found where no rule was written on any two of the drugs."""

from itertools import combinations

import pytest

from interactions.engine.check import check
from interactions.engine.pair_table import pair_code
from interactions.engine.severity import Severity
from tests.interactions import shipped

KNOWN = shipped.alone()
MINOR, MODERATE, MAJOR = Severity.MINOR, Severity.MODERATE, Severity.MAJOR


def is_written_on(a: str, b: str) -> bool:
    """Whether any pair rule, of any problem, speaks of the two."""
    book = shipped.book()
    first, second = (book.selection(shipped.drug(KNOWN, name), KNOWN.catalogue.drugs[name]).numbers for name in (a, b))
    return any(pair_code(one, other) in book.rules_of for one in first for other in second if one != other)


@pytest.mark.parametrize(
    ("problem", "drugs", "age", "severity"),
    [
        ("serotonin_toxicity", ("duloxetine", "perphenazine-amitriptyline", "s-adenosylmethionine"), 45, MODERATE),
        ("qt_prolongation", ("donepezil", "voriconazole", "apomorphine"), 45, MAJOR),
        ("cns_resp_depression", ("oxcarbazepine", "tiagabine", "methadone"), 45, MAJOR),
        ("anticholinergic_load", ("chlorpheniramine", "alprazolam", "benztropine"), 70, MAJOR),
        ("seizure_risk", ("chlorpromazine", "meropenem", "imipramine"), 45, MODERATE),
        ("bleeding", ("edoxaban", "vortioxetine", "apixaban"), 45, MAJOR),
        ("hyponatraemia", ("carbamazepine", "oxcarbazepine", "molindone"), 45, MODERATE),
        ("hyponatraemia", ("carbamazepine", "oxcarbazepine", "molindone"), 70, MAJOR),
        ("hypotension", ("quetiapine", "doxazosin", "tranylcypromine"), 45, MODERATE),
        ("metabolic_load", ("maprotiline", "cyproheptadine", "olanzapine"), 45, MINOR),
        ("dopamine_antagonism", ("amoxapine", "promethazine", "ropinirole"), 45, MAJOR),
    ],
)
def test_three_drugs_without_any_rule_on_a_pair_are_found_together(
    problem: str, drugs: tuple[str, ...], age: int, severity: Severity
) -> None:
    assert not any(is_written_on(a, b) for a, b in combinations(drugs, 2))
    found = check(shipped.regimen(KNOWN, *drugs, age_years=age), KNOWN).findings
    (load,) = [one for one in found if (one.kind, one.problem) == ("cumulative", problem)]
    assert load.severity is severity
    assert load.drugs == tuple(sorted(drugs))
    assert all(drug in load.summary for drug in drugs), "each with its share"


def test_what_raises_lithium_from_two_sides_is_one_card_that_names_both() -> None:
    judged = check(shipped.regimen(KNOWN, "lithium", "lisinopril", "ibuprofen", "chlorthalidone"), KNOWN)
    (card,) = [one for one in judged.cards if one.name == "lithium_renal"]
    assert card.severity is MAJOR
    assert set(card.drugs) == {"lithium", "lisinopril", "ibuprofen", "chlorthalidone"}
    assert any(one.kind == "cumulative" and "level" in one.management for one in card.findings)


@pytest.mark.parametrize("missing", ["carbamazepine", "oxcarbazepine", "molindone"])
def test_without_any_one_of_them_the_load_is_gone(missing: str) -> None:
    left = [name for name in ("carbamazepine", "oxcarbazepine", "molindone") if name != missing]
    assert not any(one.kind == "cumulative" for one in check(shipped.regimen(KNOWN, *left), KNOWN).findings)


WAITS = sorted(
    drug.key
    for drug in KNOWN.catalogue.drugs.values()
    if drug.in_rules and drug.maoi_wait_days and (KNOWN.formulary.profiles.usual(drug.key) or drug) is not drug
    and KNOWN.formulary.profiles.usual(drug.key).serotonergic >= 2  # type: ignore[union-attr]
    and not drug.is_mao_inhibitor
)  # fmt: skip


@pytest.mark.parametrize("stopped", WAITS)
def test_a_stopped_drug_counts_before_an_mao_inhibitor_until_it_is_gone_and_only_until_then(stopped: str) -> None:
    def worst(days: int) -> Severity:
        drugs = (shipped.drug(KNOWN, stopped, stopped_on=-days), shipped.drug(KNOWN, "phenelzine", started_on=0))
        found = check(shipped.regimen(KNOWN, *drugs), KNOWN).findings
        return max((one.severity for one in found if len(one.drugs) == 2), default=Severity.UNGRADED)

    days = [day for day in range(1, 80) if worst(day) >= MAJOR]
    assert days, "the day after the last dose counts"
    assert days == list(range(1, len(days) + 1)), "without a gap"
    assert len(days) + 1 <= max(35, KNOWN.catalogue.drugs[stopped].maoi_wait_days or 0)
