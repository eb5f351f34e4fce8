"""What is offered instead: by policy alone, tried for this patient, and never what this patient must not have."""

from dataclasses import replace
from typing import Any

import pytest

from interactions.engine import alternative_tables, cases
from tests.interactions import shipped
from tests.interactions.test_answers import answer, case

OFFERED = "By policy, and tried for this patient: "


def offered(**case: Any) -> list[str]:
    """Everything that any finding of the case offers, in its order."""
    texts = [one["management"] for one in answer(**case)["findings"] if OFFERED in one["management"]]
    return [name for text in texts for name in text.partition(OFFERED)[2].split(". ")[0].rstrip(".").split(", ")]


def start(drug: str, mg: float, *taken: str, **patient: Any) -> dict[str, Any]:
    """An order beside what has long been taken."""
    meds = [{"drug": name, "start": "2024-01-01"} for name in taken]
    patient = {"age": 40, "sex": "M", "conditions": [], **patient}
    return {
        "current_meds": meds,
        "proposed": {"action": "start", "drug": drug, "total_daily_mg": mg},
        "patient": patient,
    }


def keys(selector: str) -> frozenset[str]:
    return shipped.alone().sets[selector]


def test_policy_is_offered_in_its_order_and_what_brings_the_card_again_is_left_out() -> None:
    names = offered(**start("citalopram", 20, "methadone"))
    assert names[:2] == ["sertraline", "fluoxetine"]
    assert "escitalopram" not in names


def test_what_stands_in_no_row_is_never_offered() -> None:
    told = answer(**start("pimozide", 2, "clarithromycin"))
    assert {one["severity"] for one in told["findings"]} & {"major", "contraindicated"}
    assert offered(**start("cisatracurium", 2, "clarithromycin")) == []
    assert not any(OFFERED in one["management"] for one in answer(**start("warfarin", 5, "fluconazole"))["findings"])


@pytest.mark.parametrize("taken", ["buprenorphine-naloxone", "methadone", "naltrexone"])
def test_no_opioid_where_opioids_are_treated(taken: str) -> None:
    names = offered(**start("tramadol", 100, taken, "phenelzine"))
    assert "acetaminophen" in names
    assert not keys("opioids_any") & set(names)


def test_no_opioid_in_opioid_use_disorder_and_for_others_none_in_an_opioids_place_either() -> None:
    sick = offered(**start("oxycodone", 20, "diazepam", conditions=["opioid use disorder"]))
    well = offered(**start("oxycodone", 20, "diazepam"))
    assert "acetaminophen" in well
    assert not keys("opioids_any") & {*sick, *well}
    assert not keys("benzodiazepines") & {*sick, *well}


def test_no_teratogen_where_a_pregnancy_is_possible() -> None:
    case = start("lithium", 900, "ibuprofen", "lisinopril")
    man = offered(**case)
    woman = offered(**{**case, "patient": {"age": 30, "sex": "F", "conditions": [], "pregnancy_potential": True}})
    assert "valproate" in man
    assert "quetiapine" in woman
    assert not {"valproate", "carbamazepine", "topiramate"} & set(woman)


def test_nothing_whose_own_card_would_be_major() -> None:
    names = offered(**start("fluoxetine", 20, "tamoxifen", "phenelzine"))
    assert names == []


def test_nothing_withdrawn_or_not_marketed_and_no_substance_is_offered_by_any_row() -> None:
    rows = shipped.alone().formulary.alternatives
    never = {key for row in rows if not row.ordered and not row.is_particular for key in row.never}
    assert {"pemoline", "amisulpride", "alcohol", "thioridazine", "clozapine"} <= never
    assert not never & {key for row in rows for key in row.offers}


def test_what_is_not_known_of_a_person_forbids_and_offers_nothing() -> None:
    kidney = start("naltrexone", 50, "morphine")
    assert "acamprosate" in offered(**{**kidney, "patient": {"age": 40, "sex": "M", "conditions": [], "egfr": 90}})
    assert "acamprosate" not in offered(**kidney), "below 30 mL/min it is contraindicated, and nobody measured"


def test_offers_for_the_card_come_before_those_for_everybody() -> None:
    names = offered(**start("ziprasidone", 80, "methadone"))
    assert names[:3] == ["aripiprazole", "lurasidone", "brexpiprazole"]


def by_policy(*rows: dict[str, str], **asked: Any) -> str:
    """What a policy of these rows alone offers."""
    known = shipped.alone()
    blank = dict.fromkeys(("rule_id", "ordered", "when", "problem", "offers", "never"), "")
    policy = alternative_tables.read([{**blank, **row} for row in rows], lambda name: [name])
    alone = replace(known, formulary=replace(known.formulary, alternatives=policy))
    found = cases.review(case(**asked), alone)["findings"]
    return next((one["management"].partition(OFFERED)[2] for one in found if OFFERED in one["management"]), "")


def test_neither_what_is_taken_already_nor_what_brings_the_same_card_a_step_lower() -> None:
    case_of = start("hydrochlorothiazide", 25, "lithium", "atenolol")
    offers = {"ordered": "hydrochlorothiazide", "offers": "atenolol;furosemide;amlodipine"}
    assert by_policy(offers, **case_of) == "amlodipine"
    assert by_policy({**offers, "offers": "atenolol;furosemide"}, **case_of) == ""


def test_not_the_ordered_drug_itself_whose_usual_dose_would_pass() -> None:
    asked = start("citalopram", 80)
    assert by_policy({"ordered": "citalopram", "offers": "citalopram;mirtazapine"}, **asked) == "mirtazapine"


def test_a_row_for_some_people_offers_nothing_where_nobody_knows_whether_it_is_about_this_one() -> None:
    case_of = start("ibuprofen", 600, "lithium")
    offers = {"ordered": "ibuprofen", "when": "egfr>=60", "offers": "acetaminophen"}
    assert by_policy(offers, **case_of) == ""
    assert by_policy(offers, **start("ibuprofen", 600, "lithium", egfr=90)) == "acetaminophen"
    assert by_policy({**offers, "when": ""}, {"never": "acetaminophen", "when": "egfr<60"}, **case_of) == ""
