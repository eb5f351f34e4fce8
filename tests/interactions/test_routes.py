"""What is put on the skin, into the eye or the ear does not alarm as if swallowed; what reaches the blood does."""

from typing import Any

import pytest

from interactions.engine.check import check
from tests.interactions import shipped
from tests.interactions.test_answers import answer


def told(taken: str, ordered: str, route: str = "", form: str = "", **more: Any) -> dict[str, Any]:
    """The answer to an order by a route beside a swallowed medicine."""
    proposed = {"action": "start", "drug": ordered, "route": route, "form": form}
    return answer(current_meds=[{"drug": taken, "start": "2024-01-01"}], proposed=proposed, **more)


def loudest(answered: dict[str, Any]) -> str:
    """The most severe of what two drugs do together."""
    ranks = ["none", "ungraded", "minor", "moderate", "major", "contraindicated"]
    found = [one["severity"] for one in answered["findings"] if one["type"] in ("interaction", "dose_adjustment")]
    return max(found, key=ranks.index, default="none")


@pytest.mark.parametrize(
    ("taken", "ordered", "route", "form", "swallowed"),
    [
        ("lurasidone", "ketoconazole", "TOP", "cream", "contraindicated"),
        ("quetiapine", "ketoconazole", "TOP", "2 % shampoo", "major"),
        ("quetiapine", "ketoconazole", "TOP", "", "major"),
        ("quetiapine", "ketoconazole", "", "topical cream", "major"),
        ("tizanidine", "ciprofloxacin", "OPH", "", "contraindicated"),
        ("tizanidine", "ciprofloxacin", "OTIC", "ear drops", "contraindicated"),
        ("disulfiram", "metronidazole", "TOP", "gel", "contraindicated"),
        ("citalopram", "erythromycin", "OPH", "ophthalmic ointment", "major"),
        ("lithium", "diclofenac", "TOP", "1 % gel", "major"),
        ("simvastatin", "clotrimazole", "TOP", "cream", ""),
    ],
)
def test_on_the_spot_it_is_silent_and_swallowed_it_is_not(
    taken: str, ordered: str, route: str, form: str, swallowed: str
) -> None:
    assert loudest(told(taken, ordered, route, form)) in ("none", "ungraded")
    if swallowed:
        assert loudest(told(taken, ordered, "PO")) == swallowed


@pytest.mark.parametrize(
    ("taken", "ordered", "route", "form", "severity"),
    [
        ("warfarin", "methyl salicylate", "TOP", "30 % cream", "major"),
        ("verapamil", "timolol", "OPH", "eye drops", "moderate"),
        ("phenelzine", "selegiline", "TD", "transdermal system", "contraindicated"),
        ("naltrexone", "buprenorphine", "TD", "patch", "contraindicated"),
        ("naltrexone", "fentanyl", "TD", "patch", "contraindicated"),
        ("quetiapine", "ketoconazole", "PO", "cream", "major"),
        ("quetiapine", "ketoconazole", "", "", "major"),
    ],
)
def test_what_reaches_the_blood_and_what_nobody_said_count_as_before(
    taken: str, ordered: str, route: str, form: str, severity: str
) -> None:
    assert loudest(told(taken, ordered, route, form)) == severity


def test_what_is_absorbed_in_part_is_at_most_moderate_and_says_why() -> None:
    found = told("disulfiram", "metronidazole", "PV", "gel")["findings"]
    [one] = [one for one in found if one["type"] == "interaction"]
    assert one["severity"] == "moderate"
    assert "absorbed in part: vaginal gel" in one["management"]


def test_beside_a_tablet_of_the_same_drug_the_part_calms_nothing() -> None:
    meds = [{"drug": "disulfiram", "start": "2024-01-01"},
            {"drug": "metronidazole", "route": "PO", "start": "2025-05-30"}]  # fmt: skip
    both = answer(current_meds=meds, proposed={"action": "start", "drug": "metronidazole", "route": "PV"})
    assert loudest(both) == "contraindicated"


def test_a_cream_beside_the_tablet_is_no_second_order_but_two_creams_are() -> None:
    def twice(route: str, form: str) -> list[str]:
        meds = [{"drug": "ketoconazole", "route": "TOP", "form": "cream", "start": "2024-01-01"}]
        proposed = {"action": "start", "drug": "ketoconazole", "route": route, "form": form}
        found = answer(current_meds=meds, proposed=proposed)["findings"]
        return [one["type"] for one in found if one["type"] == "duplicate_therapy"]

    assert twice("PO", "tablet") == []
    assert twice("TOP", "cream") == ["duplicate_therapy"]


def test_a_gel_beside_a_tablet_of_its_class_is_no_duplicate_but_two_tablets_are() -> None:
    def kinds(route: str) -> set[str]:
        return {one["type"] for one in told("ibuprofen", "diclofenac", route)["findings"]}

    assert "duplicate_therapy" not in kinds("TOP")
    assert "duplicate_therapy" in kinds("PO")


def test_an_allergy_speaks_for_every_route() -> None:
    found = told(
        "sertraline",
        "sulfamethoxazole",
        "TOP",
        "cream",
        patient={"allergies": [{"drug": "sulfamethoxazole", "reaction": "rash"}]},
    )
    assert "allergy" in {one["type"] for one in found["findings"]}


def test_what_was_judged_as_local_says_so_where_nothing_was_found() -> None:
    known = shipped.alone()
    drugs = (shipped.drug(known, "quetiapine"), shipped.drug(known, "ketoconazole", route="TOP", form="shampoo"))
    [state] = check(shipped.regimen(known, *drugs), known).pairs
    assert state.state == "nothing_on_record"
    assert "ketoconazole: cream, foam and shampoo: no CYP3A4 inhibition" in state.scope


@pytest.mark.parametrize("words", ["ketoconazole 2 % shampoo twice a week", "ketoconazole cream on the skin daily"])
def test_the_form_is_read_from_the_words_of_a_case(words: str) -> None:
    drug, _, frequency = words.partition(" ")
    meds = [{"drug": "quetiapine", "start": "2024-01-01"}]
    proposed = {"action": "start", "drug": drug, "frequency": frequency}
    assert loudest(answer(current_meds=meds, proposed=proposed)) == "none"
    swallowed = {**proposed, "frequency": "200 mg tablet daily"}
    assert loudest(answer(current_meds=meds, proposed=swallowed)) == "major"
