"""Every card tells the whole minimum information model and every source attribute, or says that it is not known."""

import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from interactions.engine import cases, information
from interactions.engine.card_tables import CardTables
from interactions.engine.check import check
from interactions.engine.data_set import SourceDrug
from interactions.engine.findings import Finding
from interactions.engine.regimen import Regimen
from tests.interactions import shipped
from tests.interactions.shipped import DATA

SHARED = Path(__file__).resolve().parents[3] / "shared" / "clinical" / "acceptance_vignettes_public.json"
FILES = [*sorted((DATA / "selftest").glob("*.json")), *([SHARED] if SHARED.exists() else [])]
KINDS = {
    "interaction", "cumulative", "duplicate_therapy", "allergy", "max_dose", "dose_adjustment",
    "contraindication_condition", "lab_action",
}  # fmt: skip
VAGUE = {"monitor", "monitor closely", "use caution", "caution", "use with caution", "avoid", "adjust dose"}


@cache
def found() -> tuple[tuple[str, Finding], ...]:
    """Every finding of every case that ships, and of the public vignettes."""
    known = shipped.alone()
    documents = [json.loads(path.read_text(encoding="utf-8")) for path in FILES]
    return tuple(
        (case["id"], finding)
        for document in documents
        for case in cases.each(document)
        for finding in check(cases.regimen_of_case(case, known)[0], known).findings
    )


def told() -> Iterator[tuple[str, Finding, information.Information]]:
    tables = shipped.alone().formulary.cards
    for case, finding in found():
        yield case, finding, information.information_on(information.of_finding(finding), tables)


def test_the_cases_bring_up_every_kind_of_finding() -> None:
    assert {finding.kind for _case, finding in found()} >= KINDS
    assert len(found()) > 300


@pytest.mark.parametrize("name", information.PDDI)
def test_every_finding_tells_each_item_of_the_minimum_information_model(name: str) -> None:
    silent = [case for case, _finding, whole in told() if not whole.text(name).strip()]
    unexplained = [case for case, _finding, whole in told() if whole.text(name).strip(" .:") == "Not known"]
    missing = [case for case, _finding, whole in told() if whole.text(name) == information.UNKNOWN]
    assert (silent, unexplained, missing) == ([], [], [])


@pytest.mark.parametrize("name", information.ATTRIBUTES)
def test_every_source_of_every_finding_tells_each_attribute(name: str) -> None:
    for case, _finding, whole in told():
        assert whole.sources, case
        for source in whole.sources:
            text = {item.name: item.text for item in source.items}[name]
            assert text.strip(), case
            assert text != information.UNKNOWN, (case, source.label)


@pytest.mark.parametrize("name", ["effect", "seriousness", "onset", "mechanism", "management"])
def test_what_matters_at_the_bedside_is_known_for_every_finding_of_the_shipped_rules(name: str) -> None:
    unknown = {
        (finding.kind, finding.problem)
        for _case, finding, whole in told()
        for item in whole.items
        if item.name == name and not item.is_known
    }
    assert unknown == set()


def test_what_to_do_is_more_than_a_word_wherever_a_card_is_shown() -> None:
    vague = {
        (finding.problem, whole.text("management"))
        for _case, finding, whole in told()
        if finding.severity.word not in ("minor", "ungraded")
        and (whole.text("management").strip(" .").casefold() in VAGUE or len(whole.text("management")) < 24)
    }
    assert vague == set()


def test_advice_of_a_word_is_followed_by_what_to_do_instead_or_what_to_look_for() -> None:
    tables = shipped.alone().formulary.cards
    _case, some = found()[0]
    terse = {"avoid": "major", "watch": "moderate"}
    for severity in terse.values():
        told_ = replace(
            information.of_finding(some), management="Avoid.", severity=severity, problem="exposure_increase"
        )
        said = information.completed(told_, "management", tables).text
        assert said.startswith("Avoid. ")
        assert ("Choose an alternative" in said) == (severity == "major")


def test_each_card_of_major_severity_or_above_asks_for_something_to_be_measured() -> None:
    tables = shipped.alone().formulary.cards
    silent = {
        finding.problem
        for _case, finding in found()
        if finding.severity.word in ("major", "contraindicated") and not tables.wanted(finding.problem, finding.drugs)
    }
    assert silent == set()


def test_every_problem_that_a_table_names_has_its_consequence_seriousness_onset_and_monitoring() -> None:
    book, tables = shipped.tables(), shipped.alone().formulary.cards
    named = {rule.problem for rule in book.rules}
    for table in ("dose_limits", "dose_checks", "condition_rules", "lab_rules", "symptom_rules", "problem_families"):
        named |= {row["problem"] for row in book.tables[table] if row.get("problem")}
    for item in ("effect", "seriousness", "onset"):
        assert {one for one in named if ("", one, item) not in tables.information} == set(), item
    assert {one for one in named if one not in tables.monitoring} == set()


def test_a_pair_that_a_data_set_lists_without_a_word_says_what_is_not_known_and_why() -> None:
    drugs = [SourceDrug("Metformin", "Metformin", "", 6809), SourceDrug("Atenolol", "Atenolol", "", 1202)]
    known = shipped.knowledge(shipped.data_set(drugs, {(1, 0): "major"}, label="DDInter"))
    regimen = shipped.regimen(known, "metformin", "atenolol")
    (finding,) = [one for one in check(regimen, known).findings if "DDInter" in {each.label for each in one.sources}]
    whole = information.information_on(information.of_finding(finding), known.formulary.cards)
    texts = {item.name: item for item in whole.items}
    for name in ("mechanism", "management", "onset", "seriousness", "harm_frequency"):
        assert not texts[name].is_known, name
        assert ":" in texts[name].text, name
    source = next(one for one in whole.sources if one.label == "DDInter")
    assert "Nucleic Acids Res" in {item.name: item.text for item in source.items}["citation"]


def test_without_any_table_it_still_says_that_it_is_not_known() -> None:
    _case, finding = found()[0]
    whole = information.information_on(information.of_finding(finding), CardTables())
    assert all(item.text for item in whole.items)
    assert all(item.text for source in whole.sources for item in source.items)


def test_what_raised_the_grade_and_the_dose_band_are_the_modifying_factors() -> None:
    known = shipped.alone()
    drugs = (shipped.drug(known, "citalopram", mg_per_day=60), shipped.drug(known, "haloperidol"))
    judged = check(Regimen(shipped.DAY, drugs, shipped.regimen(known, age_years=80).facts), known)
    factors = [
        information.information_on(information.of_finding(one), known.formulary.cards).text("modifying_factors")
        for one in judged.findings
        if one.context
    ]
    assert factors
    assert all("None on record" not in text for text in factors)


def test_a_dose_band_reads_as_words() -> None:
    _case, some = found()[0]
    made = replace(information.of_finding(some), drugs=("citalopram",), context="citalopram>40|egfr<30", sources=())
    factors = information.information_on(made, CardTables()).text("modifying_factors")
    assert factors == "citalopram above 40 mg a day; egfr below 30"


def test_the_same_code_is_asked_for_once_and_the_row_that_names_the_drug_comes_first() -> None:
    tables = shipped.alone().formulary.cards
    methadone = tables.wanted("qt_prolongation", ["methadone", "citalopram"])
    assert [one.code for one in methadone].count("qtc") == 1
    assert methadone[0].rule_id != "MR058"
    assert methadone[0].drugs == frozenset({"methadone"})
    assert methadone[0].schedule


def test_every_row_of_the_monitoring_table_has_a_schedule_and_a_source() -> None:
    rows: list[Any] = [row for of in shipped.alone().formulary.cards.monitoring.values() for row in of]
    assert len(rows) > 100
    assert all(row.schedule and row.source and row.what and row.due_days > 0 for row in rows)
    assert all(row.loinc or row.kind in ("visit", "scale") for row in rows)
