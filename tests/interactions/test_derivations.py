"""The worked derivations of the clinical reference, and what each mechanism promises at its edges."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from interactions.engine.check import check
from interactions.engine.findings import Card, Finding, Judgement
from interactions.engine.regimen import Action, Drug, Facts, Lab, Regimen
from interactions.engine.severity import Severity
from tests.interactions import shipped


def judged(*drugs: str | Drug, action: Action | None = None, **facts: Any) -> Judgement:
    known = shipped.alone()
    made = tuple(shipped.drug(known, one) if isinstance(one, str) else one for one in drugs)
    return check(Regimen(shipped.DAY, made, Facts(**facts), action or Action()), known)


def drug(name: str, mg: str = "", **values: Any) -> Drug:
    return shipped.drug(shipped.alone(), name, mg_per_day=Decimal(mg) if mg else None, **values)


def worst(judgement: Judgement, *names: str, problem: str = "") -> str:
    """The loudest word on exactly these drugs; none where nothing is said."""
    wanted = tuple(sorted(names))
    found = [one for one in judgement.findings if one.drugs == wanted and problem in ("", one.problem)]
    return found[0].severity.word if found else "none"


def card(judgement: Judgement, name: str) -> Card:
    return next(one for one in judgement.cards if one.name.partition(":")[0] == name)


def finding(judgement: Judgement, kind: str) -> Finding:
    return next(one for one in judgement.findings if one.kind == kind)


@pytest.mark.parametrize(("days", "severity"), [(0, "major"), (-20, "major"), (-34, "major"), (-40, "none")])
def test_fluoxetine_counts_against_desipramine_until_it_is_gone(days: int, severity: str) -> None:
    fluoxetine = drug("fluoxetine", stopped_on=days) if days else drug("fluoxetine")
    assert (
        worst(judged(fluoxetine, "desipramine"), "fluoxetine", "desipramine", problem="exposure_increase") == severity
    )


def test_sertraline_becomes_a_stronger_inhibitor_with_its_dose() -> None:
    assert worst(judged(drug("sertraline", "100"), "aripiprazole"), "aripiprazole", "sertraline") == "none"
    assert worst(judged(drug("sertraline", "200"), "aripiprazole"), "aripiprazole", "sertraline") == "minor"


@pytest.mark.parametrize(
    "pair", [("linezolid", "rasagiline"), ("rasagiline", "tranylcypromine"), ("rasagiline", "selegiline transdermal")]
)
def test_two_mao_inhibitors_are_graded_by_the_strictest_row_whichever_stands_first_in_the_table(
    pair: tuple[str, str],
) -> None:
    for ordered in (pair, pair[::-1]):
        assert worst(judged(*ordered), *pair, problem="serotonin_toxicity") == "contraindicated"


def test_an_mao_b_inhibitor_beside_a_serotonergic_drug_stays_major() -> None:
    effects = shipped.alone().formulary.derived.effects
    profiles = shipped.alone().formulary.profiles
    of_d04 = next(one for one in effects if one.rows[0].code == "D04")
    rasagiline, sertraline = profiles.usual("rasagiline"), profiles.usual("sertraline")
    assert rasagiline is not None
    assert sertraline is not None
    for a, b in ((rasagiline, sertraline), (sertraline, rasagiline)):
        found = of_d04.found(a, b)
        assert found is not None
        assert (found[0].severity, found[1].key) == (Severity.MAJOR, "rasagiline")


def test_low_potassium_raises_two_qt_drugs() -> None:
    pair = (drug("quetiapine", "200"), "escitalopram")
    assert worst(judged(*pair, qtc_ms=430, potassium=Decimal(4)), "escitalopram", "quetiapine") == "moderate"
    assert worst(judged(*pair, potassium=Decimal("3.2")), "escitalopram", "quetiapine") == "major"


def test_ondansetron_is_a_qt_drug_by_its_dose() -> None:
    low, high = drug("ondansetron", "8"), drug("ondansetron", "16")
    facts = {"qtc_ms": 430, "potassium": Decimal(4)}
    assert worst(judged("methadone", low, **facts), "methadone", "ondansetron", problem="qt_prolongation") == "moderate"
    assert worst(judged("methadone", high, **facts), "methadone", "ondansetron", problem="qt_prolongation") == "major"


def test_lithium_with_three_kidney_drugs_is_one_card_naming_all() -> None:
    judgement = judged("lithium", "losartan", "chlorthalidone", "naproxen")
    one = card(judgement, "lithium_renal")
    assert one.severity == Severity.MAJOR
    assert {"lithium", "losartan", "chlorthalidone", "naproxen"} <= set(one.drugs)
    assert [each.name for each in judgement.cards].count("lithium_renal") == 1


def test_buprenorphine_is_never_stopped_for_sedatives() -> None:
    one = card(judged("buprenorphine", "clonazepam", "gabapentin"), "cns")
    assert one.severity == Severity.MAJOR
    assert any("do not stop buprenorphine" in each.management for each in one.findings)


def test_a_common_combination_stays_under_the_cumulative_threshold() -> None:
    judgement = judged("sertraline", drug("trazodone", "50"), "sumatriptan")
    assert {each.severity for each in judgement.findings} == {Severity.MINOR}
    assert not [each for each in judgement.findings if each.kind == "cumulative"]


def test_three_serotonergic_drugs_are_found_as_a_load() -> None:
    judgement = judged("sertraline", "tramadol", drug("trazodone", "200"))
    load = next(each for each in judgement.findings if each.kind == "cumulative")
    assert (load.severity, load.problem) == (Severity.MAJOR, "serotonin_toxicity")
    assert "sertraline 3 + tramadol 2 + trazodone 2 = 7" in load.summary


def test_anticholinergics_against_a_cholinesterase_inhibitor_are_one_card() -> None:
    old = {"age_years": 76}
    assert worst(judged("galantamine", "solifenacin", **old), "galantamine", "solifenacin") == "major"
    judgement = judged("galantamine", "solifenacin", "hydroxyzine", **old)
    load = next(
        each for each in judgement.findings if each.problem == "anticholinergic_load" and each.kind == "cumulative"
    )
    assert load.severity == Severity.MAJOR
    assert "6" in load.summary
    assert card(judgement, "anticholinergic").severity == Severity.MAJOR


def test_giving_up_smoking_and_starting_fluvoxamine_is_one_card_on_clozapine() -> None:
    since = {"smoking": "former", "smoking_change": "stopped", "smoking_changed_on": shipped.DAY - timedelta(days=5)}
    clozapine = drug("clozapine", "400", started_on=-900)
    assert worst(judged(clozapine, **since), "clozapine", "tobacco smoking") == "major"
    judgement = judged(clozapine, "fluvoxamine", **since)
    assert [one.name for one in judgement.cards].count("exposure:clozapine") == 1
    assert {"fluvoxamine", "tobacco smoking"} <= set(card(judgement, "exposure").drugs)
    assert worst(judged(clozapine, smoking="current"), "clozapine", "tobacco smoking") == "none"


def test_three_drugs_without_any_pair_rule_are_still_found() -> None:
    judgement = judged("sertraline", "gabapentin", "oxycodone", age_years=78)
    load = next(one for one in judgement.findings if one.problem == "beers_3_cns")
    assert load.severity == Severity.MAJOR
    assert set(load.drugs) == {"sertraline", "gabapentin", "oxycodone"}


def test_two_pathways_blocked_by_two_drugs_are_worse_than_one() -> None:
    judgement = judged("aripiprazole", "fluoxetine", "ketoconazole")
    both = next(one for one in judgement.findings if one.kind == "cumulative" and one.problem == "exposure_increase")
    assert both.drugs == ("aripiprazole", "fluoxetine", "ketoconazole")
    assert both.severity == Severity.MAJOR


def test_a_stopped_inducer_says_when_the_level_rises_again() -> None:
    judgement = judged(drug("carbamazepine", stopped_on=-2), "quetiapine")
    said = next(one for one in judgement.findings if one.problem == "exposure_decrease").management
    last = shipped.DAY - timedelta(days=2)
    for day in (7, 21):
        assert (last + timedelta(days=day)).isoformat() in said
    assert "will rise" in said


def test_an_inhibitor_stopped_now_is_brought_up_by_the_stop() -> None:
    stopping = Action("stop", frozenset({"fluvoxamine"}))
    judgement = judged("clozapine", drug("fluvoxamine", stopped_on=0), action=stopping)
    found = next(one for one in judgement.findings if "fluvoxamine" in one.drugs and one.kind == "interaction")
    assert found.is_triggered
    assert "will fall" in found.management


def test_a_wait_names_its_first_free_day() -> None:
    judgement = judged(drug("phenelzine", stopped_on=-6), "sertraline")
    free = (shipped.DAY + timedelta(days=8)).isoformat()
    assert f"earliest {free}" in judgement.findings[0].management


def test_long_unchanged_sedatives_without_complaint_are_known_and_stable() -> None:
    old = [drug(name, started_on=-400) for name in ("gabapentin", "lorazepam")]
    fresh = [drug(name, started_on=-10) for name in ("gabapentin", "lorazepam")]
    loud, quiet = (
        {one.problem: one for one in judged(*drugs).findings}["cns_resp_depression"] for drugs in (fresh, old)
    )
    assert quiet.severity <= loud.severity


def test_a_dose_is_added_up_over_all_prescriptions_of_a_drug() -> None:
    morning, evening = (drug("citalopram", "20", ref=ref) for ref in ("1", "2"))
    over = finding(judged(morning, evening, age_years=66), "max_dose")
    assert (over.severity, over.refs) == (Severity.MAJOR, ("1", "2"))
    assert "maximum 20 mg" in over.summary
    assert not [one for one in judged(morning, age_years=66).findings if one.kind == "max_dose"]


def test_what_a_dose_rule_needs_and_nobody_recorded_is_said() -> None:
    missing = {one.what for one in judged(drug("gabapentin", "1800"), age_years=40).not_checked}
    assert "eGFR" in missing
    heavy = judged(drug("valproate", "5000"), weight_kg=None, age_years=40)
    assert "weight" in {one.what for one in heavy.not_checked}


def test_a_kidney_limit_is_a_maximum_and_an_adjustment() -> None:
    over = finding(judged(drug("gabapentin", "1800"), egfr=Decimal(25)), "max_dose")
    assert over.also == ("dose_adjustment",)
    assert "700 mg" in over.summary


def test_an_old_value_asks_for_nothing_and_is_named() -> None:
    stale = Lab("lithium", Decimal("1.7"), shipped.DAY - timedelta(days=45))
    judgement = judged("lithium", labs=(stale,))
    assert not [one for one in judgement.findings if one.kind == "lab_action"]
    assert "lithium" in {one.what for one in judgement.not_checked}


def test_a_rising_qtc_asks_for_less() -> None:
    rise = Lab("qtc", Decimal(465), shipped.DAY, Decimal(390))
    assert finding(judged("haloperidol", labs=(rise,)), "lab_action").severity >= Severity.MODERATE


def test_a_standing_major_is_passive_and_an_ordered_one_interrupts() -> None:
    assert not any(one.is_interruptive for one in judged("sertraline", "tramadol").cards)
    ordered = Action("start", frozenset({"tramadol"}))
    assert any(one.is_interruptive for one in judged("sertraline", "tramadol", action=ordered).cards)


def test_a_labelled_overlap_of_an_injection_is_no_duplicate() -> None:
    depot = drug("risperidone microspheres", started_on=-10, route="IM")
    late = drug("risperidone microspheres", started_on=-60, route="IM")
    assert worst(judged(depot, "risperidone"), "risperidone", "risperidone microspheres") == "none"
    assert worst(judged(late, "risperidone"), "risperidone", "risperidone microspheres") == "major"


def test_a_day_far_back_needs_no_clock() -> None:
    known = shipped.alone()
    regimen = Regimen(date(1999, 1, 1), (shipped.drug(known, "sertraline"), shipped.drug(known, "tramadol")))
    assert check(regimen, known).findings


def test_the_dates_of_one_person_never_reach_another() -> None:
    for days in (0, 1):
        judged(drug("carbamazepine", stopped_on=days), "quetiapine")
    going_on = judged("carbamazepine", "quetiapine")
    assert not [one for one in going_on.findings if "has stopped" in one.management]
