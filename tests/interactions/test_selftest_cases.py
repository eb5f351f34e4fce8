"""The cases of the selftest are well formed before anybody is judged by them."""

import csv
import json
from collections import Counter
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest

DATA = Path(__file__).resolve().parents[2] / "data"
FOLDER = DATA / "selftest"
CATEGORIES = (
    "interaction",
    "cumulative",
    "washout",
    "duplicate",
    "allergy",
    "single_dose",
    "daily_dose",
    "patient_factors",
    "pregnancy",
    "lab",
    "monitoring",
)
AT_LEAST = 10
SEVERITIES = ("minor", "moderate", "major", "contraindicated")
TYPES = {
    "interaction",
    "cumulative",
    "duplicate_therapy",
    "allergy",
    "max_dose",
    "dose_adjustment",
    "contraindication_condition",
    "lab_action",
    "monitoring_overdue",
}
ACTIONS = {"none", "start", "change_dose", "stop", "resume", "administer"}
CASE_KEYS = {
    "id",
    "title",
    "category",
    "as_of",
    "patient",
    "current_meds",
    "labs",
    "symptoms",
    "proposed",
    "expected",
    "rationale",
    "source",
}
PATIENT_KEYS = {
    "age",
    "sex",
    "conditions",
    "weight_kg",
    "egfr",
    "hepatic",
    "ancestry",
    "pregnant",
    "breastfeeding",
    "pregnancy_potential",
    "allergies",
    "alcohol",
    "smoking",
    "genotype",
}
MED_KEYS = {
    "drug",
    "total_daily_mg",
    "frequency",
    "route",
    "form",
    "start",
    "stop",
    "dose_mg",
    "last_admin",
    "last_dose",
}
PROPOSED_KEYS = {"action", "drug", "total_daily_mg", "dose_mg", "frequency", "form", "at"}
FINDING_KEYS = {"type", "severity_at_least", "drugs", "problem_tag", "key_point", "key_terms"}
Case = dict[str, Any]


@cache
def names() -> dict[str, str]:
    """Every canonical name, alias and brand of the shipped catalogue, and the canonical name it stands for."""
    found: dict[str, str] = {}
    with (DATA / "drugs.csv").open(encoding="utf-8") as rows:
        drugs = list(csv.DictReader(rows))
    for drug in drugs:
        for alias in filter(None, (one.strip().lower() for one in drug["aliases"].split(";"))):
            found.setdefault(alias, drug["name"])
    return found | {drug["name"]: drug["name"] for drug in drugs}


def read(category: str) -> list[Case]:
    """The cases of one category."""
    text = json.loads((FOLDER / f"{category}.json").read_text(encoding="utf-8"))
    assert text["category"] == category
    return list(text["vignettes"])


def faults(category: str, check: Callable[[Case], None]) -> list[str]:
    """The ids of the cases of a category that a check refuses, each with the reason."""
    found = []
    for case in read(category):
        try:
            check(case)
        except (AssertionError, KeyError, ValueError) as fault:
            found.append(f"{case['id']}: {fault}")
    return found


def drugs_of(case: Case) -> set[str]:
    """Canonical names of what is taken, proposed or drunk."""
    named = [med["drug"] for med in case["current_meds"]] + [case["proposed"].get("drug", "")]
    named += ["alcohol"] if case["patient"].get("alcohol") in {"current", "heavy"} else []
    return {names()[name.lower()] for name in named if name}


def test_each_category_has_its_file_and_no_other() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(CATEGORIES)


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_category_has_at_least_ten_cases_to_find_and_ten_to_be_silent_on(category: str) -> None:
    silent = Counter(case["expected"]["silent"] for case in read(category))
    assert silent[False] >= AT_LEAST
    assert silent[True] >= AT_LEAST


@pytest.mark.parametrize("category", CATEGORIES)
def test_silent_cases_are_about_as_many_as_those_to_find(category: str) -> None:
    silent = Counter(case["expected"]["silent"] for case in read(category))
    assert silent[True] >= 0.75 * silent[False]


def test_ids_and_titles_are_unique() -> None:
    cases = [case for category in CATEGORIES for case in read(category)]
    for key in ("id", "title"):
        assert [text for text, times in Counter(case[key] for case in cases).items() if times > 1] == []


def test_the_suite_covers_a_good_part_of_the_drugs() -> None:
    used = set().union(*(drugs_of(case) for category in CATEGORIES for case in read(category)))
    assert len(used) >= 150


def agreed_shape(case: Case) -> None:
    """Only keys of the case format, and none of the obligatory ones missing."""
    assert set(case) - {"pending"} == CASE_KEYS
    assert set(case["patient"]) <= PATIENT_KEYS
    assert all(set(med) <= MED_KEYS for med in case["current_meds"])
    assert set(case["proposed"]) <= PROPOSED_KEYS
    assert case["proposed"]["action"] in ACTIONS
    assert (case["proposed"]["action"] == "none") == ("drug" not in case["proposed"])
    assert all(set(lab) == {"name", "value", "unit", "loinc", "date"} for lab in case["labs"])
    assert all(case[key] for key in ("title", "rationale", "source"))


def known_drugs(case: Case) -> None:
    """Names resolve, and findings speak of drugs of the case."""
    expected = case["expected"]
    unknown = [med["drug"] for med in case["current_meds"] if med["drug"].lower() not in names()]
    assert unknown == []
    assert case["proposed"].get("drug", "lithium").lower() in names()
    for group in expected["findings"] + expected["must_not"]:
        assert set(group["drugs"]) <= drugs_of(case), "a finding names what is neither taken nor proposed"


def fitting_dates(case: Case) -> None:
    """Nothing is later than the day of the case, except a planned last dose."""
    as_of = date.fromisoformat(case["as_of"])
    assert date(2025, 1, 1) <= as_of <= date(2026, 11, 21)
    for med in case["current_meds"]:
        started = date.fromisoformat(med["start"])
        assert started <= as_of
        assert med["stop"] is None or date.fromisoformat(med["stop"]) >= started
    assert all(date.fromisoformat(lab["date"]) <= as_of for lab in case["labs"])


def possible_person(case: Case) -> None:
    """Age, sex and pregnancy fit each other."""
    patient = case["patient"]
    assert 6 <= patient["age"] <= 95
    assert patient["sex"] in {"F", "M"}
    carries = any(patient.get(key) for key in ("pregnant", "breastfeeding", "pregnancy_potential"))
    assert not carries or (patient["sex"] == "F" and patient["age"] <= 50)


def gradable(case: Case) -> None:
    """Expectations have the words the grader needs."""
    expected = case["expected"]
    assert bool(expected["findings"]) != expected["silent"]
    assert expected["max_severity_allowed"] == ("minor" if expected["silent"] else None)
    for finding in expected["findings"]:
        assert set(finding) == FINDING_KEYS
        assert finding["type"] in TYPES
        assert finding["severity_at_least"] in SEVERITIES
        assert all(finding[key] for key in ("drugs", "key_point"))
        assert all(term.strip() and not term.startswith("|") for term in finding["key_terms"])
    assert all({"type", "drugs", "text"} == set(rule) for rule in expected["must_not"])


def pending_only_if_overdue(case: Case) -> None:
    """A case is pending exactly when it expects an overdue check."""
    overdue = any(finding["type"] == "monitoring_overdue" for finding in case["expected"]["findings"])
    assert case.get("pending") == ("monitoring" if overdue else None)


CHECKS = (agreed_shape, known_drugs, fitting_dates, possible_person, gradable, pending_only_if_overdue)


@pytest.mark.parametrize("check", CHECKS, ids=[check.__name__ for check in CHECKS])
@pytest.mark.parametrize("category", CATEGORIES)
def test_every_case_of_a_category_is_well_formed(category: str, check: Callable[[Case], None]) -> None:
    assert faults(category, check) == []
