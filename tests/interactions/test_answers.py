"""The whole way of a case: JSON in, the answer out, the shipped cases and the public vignettes against it."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from interactions.engine import cases, grading
from tests.interactions import shipped

SELFTEST = shipped.DATA / "selftest"
OWN_KINDS = {
    "interaction", "cumulative", "duplicate_therapy", "allergy", "max_dose", "dose_adjustment",
    "contraindication_condition", "lab_action",
}  # fmt: skip


def case(**values: Any) -> dict[str, Any]:
    return {"id": "c", "as_of": "2025-06-01", **values}


def answer(**values: Any) -> dict[str, Any]:
    return cases.review(case(**values), shipped.alone())


def said(told: dict[str, Any]) -> list[tuple[str, str, tuple[str, ...]]]:
    return [(one["type"], one["severity"], tuple(one["drugs"])) for one in told["findings"]]


@pytest.mark.parametrize("path", sorted(SELFTEST.glob("*.json")), ids=lambda path: path.stem)
def test_every_shipped_case_is_met(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    answers = cases.reviewed(document, shipped.alone())["cases"]
    told = grading.score(document["category"], document["vignettes"], answers)
    assert [str(failure) for failure in told.failures] == []
    assert told.found == told.to_find
    assert not told.nuisances


def test_the_public_vignettes_are_met_for_the_kinds_that_are_built(shared: Path) -> None:
    document = json.loads((shared / "clinical" / "acceptance_vignettes_public.json").read_text(encoding="utf-8"))
    for vignette in document["vignettes"]:
        told = cases.review(vignette, shipped.alone())
        wanted = vignette["expected"]
        wanted["findings"] = [one for one in wanted["findings"] if one["type"] in OWN_KINDS]
        assert grading.faults(vignette, told) == [], vignette["id"]


def test_the_answer_has_the_shape_of_the_case_format() -> None:
    told = answer(
        current_meds=[{"drug": "Zoloft", "total_daily_mg": 100}], proposed={"action": "start", "drug": "tramadol"}
    )
    assert list(told) == ["id", "findings", "cards", "not_checked", "knowledge"]
    assert set(told["findings"][0]) == {
        "type", "severity", "problem", "drugs", "summary", "mechanism", "management", "onset", "sources", "release",
        "card",
    }  # fmt: skip
    assert set(told["cards"][0]) == {"card", "problem", "severity", "interruptive", "summary", "drugs"}
    assert told["knowledge"] == [{"release": "medmgmt", "version": "1", "date": "2026-11-21"}]
    json.dumps(told)


def test_names_brands_and_codes_are_resolved_and_the_rest_is_said() -> None:
    told = answer(current_meds=[{"drug": "36437"}, {"drug": "Ultram"}, {"drug": "a tea"}])
    assert ("interaction", "major", ("sertraline", "tramadol")) in said(told)
    assert any(one["what"] == "a tea" for one in told["not_checked"])


def test_an_alternative_is_found_by_running_the_engine() -> None:
    told = answer(
        current_meds=[{"drug": "methadone", "start": "2023-01-01"}],
        proposed={"action": "start", "drug": "citalopram", "total_daily_mg": 20},
    )
    loud = next(one for one in told["findings"] if one["problem"] == "qt_prolongation" and one["severity"] == "major")
    assert "sertraline" in loud["management"].partition("By policy, and tried for this patient")[2]


@pytest.mark.parametrize("action", ["start", "change_dose", "resume", "administer", "refill", "stop"])
def test_every_action_is_understood_for_a_drug_that_is_there_and_one_that_is_not(action: str) -> None:
    meds = [{"drug": "lithium", "total_daily_mg": 900, "start": "2024-01-01"}]
    for drug in ("lithium", "ibuprofen"):
        told = answer(current_meds=meds, proposed={"action": action, "drug": drug, "total_daily_mg": 600})
        assert told["id"] == "c"


def test_stopping_takes_the_drug_away_only_after_its_last_day() -> None:
    meds = [{"drug": "tramadol", "start": "2024-01-01", "stop": "2025-05-01"}, {"drug": "sertraline"}]
    assert said(answer(current_meds=meds)) == []
    later = answer(current_meds=[{"drug": "sertraline", "start": "2026-01-01"}])
    assert "begins after the day" in later["not_checked"][0]["why"]


def test_a_lower_dose_interrupts_nobody() -> None:
    meds = [
        {"drug": "sertraline", "total_daily_mg": 200, "start": "2024-01-01"},
        {"drug": "tramadol", "total_daily_mg": 200, "start": "2024-01-01"},
    ]
    down = answer(current_meds=meds, proposed={"action": "change_dose", "drug": "tramadol", "total_daily_mg": 100})
    up = answer(current_meds=meds, proposed={"action": "change_dose", "drug": "tramadol", "total_daily_mg": 300})
    assert not any(card["interruptive"] for card in down["cards"])
    assert any(card["interruptive"] for card in up["cards"])


def test_labs_come_in_other_units_and_unknown_ones_are_named() -> None:
    def action(value: float, unit: str, name: str = "anc") -> list[str]:
        labs = [{"name": name, "value": value, "unit": unit, "date": "2025-06-01"}]
        told = answer(current_meds=[{"drug": "clozapine", "start": "2024-01-01"}], labs=labs)
        return [one["severity"] for one in told["findings"] if one["type"] == "lab_action"]

    assert action(900, "/uL") == action(0.9, "10*3/uL") == ["major"]
    assert action(102, "[degF]", "temperature") == ["major"]
    told = answer(current_meds=[{"drug": "clozapine"}], labs=[{"name": "anc", "value": 1, "unit": "drops"}])
    assert "the unit drops is not understood" in {one["why"] for one in told["not_checked"]}
    assert action("high", "x") == []  # type: ignore[arg-type]


def test_a_sig_that_speaks_of_a_switch_is_a_cross_taper() -> None:
    meds = [{"drug": "sertraline", "frequency": "50 mg daily, cross-taper", "start": "2024-01-01"}]
    told = answer(current_meds=meds, proposed={"action": "start", "drug": "venlafaxine", "total_daily_mg": 37.5})
    assert not [one for one in told["findings"] if one["type"] == "duplicate_therapy" and one["severity"] != "minor"]


def test_a_drug_ordered_twice_is_a_duplicate_and_a_booster_is_not() -> None:
    meds = [{"drug": "sertraline", "total_daily_mg": 50, "start": "2024-01-01"}]
    again = answer(current_meds=meds, proposed={"action": "start", "drug": "Zoloft", "total_daily_mg": 100})
    assert ("duplicate_therapy", "major", ("sertraline",)) in said(again)


@pytest.mark.django_db
@pytest.mark.usefixtures("shipped_release")
def test_the_commands_answer_and_refuse(tmp_path: Path) -> None:
    out, path = io.StringIO(), tmp_path / "case.json"
    path.write_text(json.dumps([case(), case(id="d")]))
    call_command("review_case", str(path), stdout=out)
    assert [one["id"] for one in json.loads(out.getvalue())["cases"]] == ["c", "d"]
    for text in ("{", '{"id": "c"}', "[1]"):
        path.write_text(text)
        with pytest.raises(CommandError):
            call_command("review_case", str(path))
    told = io.StringIO()
    call_command("selftest", stdout=told)
    assert "together" in told.getvalue()
    with pytest.raises(CommandError, match="no cases"):
        call_command("selftest", cases=tmp_path / "nowhere")
    silent = case(expected={"findings": [{"type": "refill", "drugs": ["x"], "severity_at_least": "minor"}]})
    path.write_text(json.dumps({"category": "made", "vignettes": [silent]}))
    with pytest.raises(CommandError, match="1 case is not as expected"):
        call_command("selftest", cases=tmp_path, stdout=told)


def test_the_grader_names_each_way_to_fail() -> None:
    told = answer(current_meds=[{"drug": "sertraline"}, {"drug": "tramadol"}])
    pair = {"type": "interaction", "drugs": ["sertraline", "tramadol"]}

    def faults(**expected: Any) -> list[str]:
        return grading.faults({"id": "c", "expected": {"silent": False, **expected}}, told)

    assert faults(findings=[{**pair, "severity_at_least": "major", "key_terms": ["seizure|serotonin"]}]) == []
    assert "is only major" in faults(findings=[{**pair, "severity_at_least": "contraindicated"}])[0]
    assert "lacks" in faults(findings=[{**pair, "severity_at_least": "major", "key_terms": ["unicorn"]}])[0]
    assert "not silent" in faults(silent=True, max_severity_allowed=None)[0]
    assert faults(must_not=[{**pair, "text": "any"}])
    assert not faults(must_not=[{"type": "action", "text": "dance"}])
