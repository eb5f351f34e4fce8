"""Clinical cases from a table that a pharmacist can read and extend, against the shipped rules alone."""

import csv
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from interactions.engine.check import check
from interactions.engine.regimen import CrossTaper, Drug, Facts, Regimen
from tests.interactions import shipped

CASES = Path(__file__).resolve().parents[1] / "cases" / "interactions.csv"
READERS: dict[str, Any] = {"age_years": int, "qtc_ms": int, "smoking": str, "alcohol": str}


def read_cases() -> list[dict[str, str]]:
    with CASES.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def facts(text: str, drugs: tuple[Drug, ...]) -> Facts:
    """Facts as the table writes them: `key=value ...`."""
    values: dict[str, Any] = {}
    refs = frozenset(drug.ref for drug in drugs)
    for word in text.split():
        key, value = word.split("=")
        if key == "smoking_changed":
            values["smoking_changed_on"] = shipped.DAY + timedelta(days=int(value))
        elif key == "cross_taper":
            values["cross_tapers"] = (CrossTaper(refs, shipped.DAY + timedelta(days=int(value))),)
        elif key == "labelled_overlap":
            values["labelled_overlaps"] = frozenset({refs})
        else:
            values[key] = READERS.get(key, Decimal)(value)
    return Facts(**values)


@pytest.mark.parametrize("case", read_cases(), ids=lambda case: case["case"])
def test_the_shipped_rules_judge_the_case_as_the_table_says(case: dict[str, str]) -> None:
    known = shipped.alone()
    drugs = tuple(shipped.written(known, text) for text in case["drugs"].split(";"))
    assert all(drug.key for drug in drugs), "the catalogue knows every drug of the table"
    judgement = check(Regimen(shipped.DAY, drugs, facts(case["facts"], drugs)), known)
    of_pair = [
        finding
        for finding in judgement.findings
        if " + ".join(finding.drugs) == case["pair"] and finding.kind in ("interaction", "duplicate_therapy")
    ]
    finding = next((one for one in of_pair if case["problem"] in ("", one.problem)), None)
    assert (finding.severity.word if finding else "none") == case["severity"]
    if finding and case["problem"]:
        assert finding.problem == case["problem"]
