"""What is known about drugs: the search, the stateless check, and the releases behind both."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from interactions import library
from interactions.engine import cases
from interactions.models import Review
from medmgmt.actions import knowledge
from tests import factories, switching
from tests.faces.api.client import Api, done, fields, problem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]


@pytest.mark.parametrize("text", ["sertraline", "sertralin", "setraline", "Zoloft", "36437", "SERTRALINE "])
def test_a_drug_is_found_by_name_brand_code_and_misspelt(carla: Api, text: str) -> None:
    best = done(carla.get(f"drugs/?q={text}"))["results"][0]
    assert (best["name"], best["rxcui"]) == ("sertraline", 36437)


def test_a_search_that_finds_nothing_says_so(carla: Api) -> None:
    assert done(carla.get("drugs/?q=qqqqqqqq"))["results"] == []
    assert len(done(carla.get("drugs/?q=am&limit=3"))["results"]) == 3


def case(**values: Any) -> dict[str, Any]:
    return {
        "id": "c1",
        "as_of": "2026-03-01",
        "current_meds": [{"drug": "sertraline", "total_daily_mg": 100, "start": "2025-01-01", "stop": None}],
        "proposed": {"action": "start", "drug": "tramadol", "total_daily_mg": 100},
        **values,
    }


def test_a_case_is_checked_and_nothing_is_kept(bo: Api) -> None:
    answer = done(bo.post("interactions/check", case()))
    assert answer["id"] == "c1"
    finding = next(each for each in answer["findings"] if each["drugs"] == ["sertraline", "tramadol"])
    assert finding["type"] == "interaction"
    assert finding["severity"] in ("major", "contraindicated")
    assert finding["sources"][0]["release"] in finding["release"]
    card = next(each for each in answer["cards"] if each["card"] == finding["card"])
    assert card["interruptive"]
    assert {"sertraline", "tramadol"} <= set(card["drugs"])
    assert answer["knowledge"]
    assert answer["knowledge"][0]["date"]
    assert not Review.objects.exists()


def test_the_proposal_decides_what_is_looked_at(bo: Api) -> None:
    def drugs(**values: Any) -> list[list[str]]:
        return [each["drugs"] for each in done(bo.post("interactions/check/", case(**values)))["findings"]]

    both = [
        {"drug": "Zoloft", "start": "2025-01-01"},
        {"drug": "tramadol", "total_daily_mg": 50, "start": "2025-01-01"},
    ]
    pair = ["sertraline", "tramadol"]
    assert pair in drugs(current_meds=both, proposed={"action": "none"})
    assert pair in drugs(current_meds=both, proposed=None)
    assert pair not in drugs(proposed={"action": "none"})
    assert pair not in drugs(current_meds=[both[0], {**both[1], "stop": "2025-02-01"}], proposed={"action": "none"})
    assert pair in drugs(
        current_meds=[both[0], {**both[1], "stop": "2025-02-01"}], proposed={"action": "resume", "drug": "tramadol"}
    )


def test_what_cannot_be_resolved_is_said_and_the_rest_still_reviewed(bo: Api) -> None:
    meds = [*case()["current_meds"], {"drug": "grandmother's tea"}, {"drug": "lithium", "start": "2026-05-01"}]
    answer = done(bo.post("interactions/check/", case(current_meds=meds)))
    what = json.dumps(answer["not_checked"])
    assert "grandmother's tea" in what
    assert "lithium" in what
    assert any(each["drugs"] == ["sertraline", "tramadol"] for each in answer["findings"])


def test_results_and_habits_of_the_case_reach_the_engine() -> None:
    labs = [
        {"name": "sodium", "value": Decimal("126"), "unit": "mmol/L", "date": date(2026, 2, 1)},
        {"name": "sodium", "value": Decimal("140"), "unit": "mmol/L", "date": date(2026, 1, 1)},
        {"name": "sodium", "value": Decimal("141"), "unit": "mmol/L", "date": date(2026, 4, 1)},
        {"name": "magnesium", "value": Decimal("2.43"), "unit": "mg/dL", "date": None},
        {"name": "qtc", "value": Decimal("481.6"), "unit": "ms"},
        {"name": "potassium", "value": Decimal("4"), "unit": "mg/dL"},
    ]
    told = {
        "as_of": date(2026, 3, 1),
        "labs": labs,
        "patient": {"sex": "F", "smoking": {"status": "former", "changed_days": 5}},
    }
    regimen, left_out = cases.regimen_of_case(told, library.current())
    facts = regimen.facts
    assert (facts.sodium, facts.magnesium, facts.qtc_ms, facts.potassium) == (126, Decimal("2.43"), 481, None)
    assert (facts.sex, facts.smoking, facts.smoking_changed_on) == ("F", "former", date(2026, 2, 24))
    assert [(one.what, one.why) for one in left_out] == [("potassium", "the unit mg/dL is not understood")]


def test_without_active_knowledge_nothing_is_called_safe(bo: Api, pia: Api) -> None:
    for release in done(pia.get("releases/?status=active"))["results"]:
        switching.out_of_use(release["id"])
    answer = done(bo.post("interactions/check/", case()))
    assert answer["knowledge"] == []
    assert answer["findings"] == []
    assert answer["not_checked"]


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"as_of": None}, {"as_of"}),
        ({"as_of": "today"}, {"as_of"}),
        ({"current_meds": [{"dose": 1}]}, {"current_meds.0.dose", "current_meds.0.drug"}),
        ({"current_meds": {}}, {"current_meds"}),
        ({"current_meds": [1]}, {"current_meds.0"}),
        ({"current_meds": [{"drug": "x"}] * 101}, {"current_meds"}),
        (
            {"patient": {"age": -1, "sex": "X", "weight_kg": "heavy"}},
            {"patient.age", "patient.sex", "patient.weight_kg"},
        ),
        ({"proposed": {"action": "guess"}}, {"proposed.action"}),
        ({"labs": [{"name": "lithium", "value": 1e20}]}, {"labs.0.value"}),
        ({"symptoms": [{"onset": "9" * 40}]}, {"symptoms.0.onset"}),
        ({"symptoms": [{"onset": "some weeks ago"}]}, {"symptoms.0.onset"}),
        ({"meds": []}, {"meds"}),
    ],
)
def test_a_case_that_is_none(bo: Api, values: dict[str, Any], wrong: set[str]) -> None:
    assert fields(bo.post("interactions/check/", case(**values))) == wrong


def test_every_public_case_is_answered(bo: Api, shared: Path) -> None:
    told = json.loads((shared / "clinical" / "acceptance_vignettes_public.json").read_text())["vignettes"]
    for one in told:
        answer = done(bo.post("interactions/check/", one))
        assert answer["id"] == one["id"]
        assert {each["card"] for each in answer["findings"]} - {None} <= {each["card"] for each in answer["cards"]}
    washout = done(bo.post("interactions/check/", told[0]))
    assert [each["severity"] for each in washout["findings"]] == ["contraindicated"]


def test_a_release_is_read_activated_and_retired_by_who_may(pia: Api, bo: Api, admin: Api) -> None:
    release = done(bo.get("releases/"))["results"][0]
    one = done(admin.get(f"releases/{release['id']}/"))
    assert (one["status"], one["sha256"]) == ("active", release["sha256"])
    path, off = f"releases/{release['id']}/propose/", {"becomes": "retired", "reason": "It is wrong."}
    for other in (bo, admin):
        problem(other.post(path, off), 403, "not-allowed")
    made = done(pia.post(path, off), 201)
    assert (made["kind"], made["becomes"], made["state"]) == ("switch", "retired", "proposed")
    problem(pia.post(f"local-changes/{made['id']}/approve/"), 422, "refused")
    assert done(pia.get(f"releases/{release['id']}/"))["status"] == "active"
    problem(Api(factories.adler()).post(f"local-changes/{made['id']}/approve/"), 403, "not-in-person")
    knowledge.approve(factories.adler(), made["id"])
    assert done(pia.get(f"releases/{release['id']}/"))["status"] == "retired"
    assert done(admin.post(f"releases/{release['id']}/activate/"))["status"] == "active"
    problem(pia.get("releases/987654/"), 404, "not-found")
    problem(pia.post("releases/987654/activate/"), 404, "not-found")
