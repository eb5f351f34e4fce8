"""Pairs every psychiatric pharmacist knows, from two tables, and the high-priority class pairs of Phansalkar 2012."""

import csv
from itertools import product
from pathlib import Path

import pytest

from interactions.engine.check import check
from interactions.engine.severity import NAMED, Severity
from tests.interactions import shipped

CASES = Path(__file__).resolve().parents[1] / "cases"
QT = (
    "amiodarone chlorpromazine clarithromycin disopyramide dofetilide dronedarone droperidol erythromycin flecainide "
    "haloperidol ibutilide methadone moxifloxacin pentamidine pimozide procainamide quinidine sotalol thioridazine"
)
"""The QT-prolonging drugs of that list's time; what our tables call known besides (donepezil ...) is newer."""
HIGH_PRIORITY = [
    ("set:maoi_irreversible", "set:ssri"),
    ("set:maoi_irreversible", "set:snri"),
    ("set:maoi_irreversible", "set:tca"),
    ("set:maoi_irreversible", "set:amphetamines"),
    ("set:maoi_irreversible", "set:serotonergic_opioids"),
    ("set:maoi_irreversible", "set:triptans_maoa"),
    ("set:maoi_irreversible", "atomoxetine"),
    ("set:maoi_irreversible", "dextromethorphan"),
    ("set:cyp1a2_strong_inhibitors", "tizanidine"),
    ("set:cyp1a2_strong_inhibitors", "ramelteon"),
    (QT, QT),
    ("nefazodone", "simvastatin"),
    ("nefazodone", "lovastatin"),
    ("nefazodone", "ergotamine"),
]
"""Of the ONC list, the pairs in which a psychotropic can stand."""
PSYCHOTROPIC = {"psychotropic", "sud", "substance"}


def rows(name: str) -> list[dict[str, str]]:
    with (CASES / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def worst(a: str, b: str) -> Severity | int:
    """The loudest finding on the two together."""
    known = shipped.alone()
    drugs = [shipped.drug(known, name) for name in (a, b)]
    assert all(one.key for one in drugs), (a, b)
    judgement = check(shipped.regimen(known, *drugs, age_years=44, sex="F"), known)
    return max((finding.severity for finding in judgement.findings if len(finding.drugs) == 2), default=0)


def test_the_tables_are_long_enough() -> None:
    assert len(rows("serious_pairs.csv")) >= 100
    assert len(rows("benign_pairs.csv")) >= 100


@pytest.mark.parametrize("row", rows("serious_pairs.csv"), ids=lambda row: f"{row['a']} with {row['b']}")
def test_a_serious_pair_is_at_least_as_severe_as_the_table_says(row: dict[str, str]) -> None:
    assert worst(row["a"], row["b"]) >= NAMED[row["at_least"]]


@pytest.mark.parametrize("row", rows("benign_pairs.csv"), ids=lambda row: f"{row['a']} with {row['b']}")
def test_a_benign_pair_stays_folded_away(row: dict[str, str]) -> None:
    assert worst(row["a"], row["b"]) <= NAMED[row["at_most"]]


def members(selector: str) -> list[str]:
    """The drugs of a class that the formulary has."""
    sets, catalogue = shipped.tables().sets, shipped.alone().catalogue
    if not selector.startswith("set:"):
        names = selector.split() if selector == QT else [selector]
        return [name for name in names if name in catalogue.drugs]
    return sorted(sets[selector.removeprefix("set:")])


def expanded() -> list[tuple[str, str]]:
    catalogue = shipped.alone().catalogue.drugs
    found = set()
    for a_class, b_class in HIGH_PRIORITY:
        for a, b in product(members(a_class), members(b_class)):
            shared = set(catalogue[a].ingredients) & set(catalogue[b].ingredients)
            if a != b and not shared and {catalogue[a].group, catalogue[b].group} & PSYCHOTROPIC:
                found.add((min(a, b), max(a, b)))
    return sorted(found)


def test_every_high_priority_pair_with_a_psychotropic_is_major_or_above() -> None:
    pairs = expanded()
    assert len(pairs) > 150
    assert [pair for pair in pairs if worst(*pair) < Severity.MAJOR] == []
