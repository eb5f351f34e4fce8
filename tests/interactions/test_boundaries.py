"""Where a rule of the engine begins and ends to speak: figures, days since, days ahead, and what is not on record."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from interactions.engine.check import check
from interactions.engine.findings import Judgement
from interactions.engine.formulary import RiskFactor
from interactions.engine.regimen import Action, Allergy, Drug, Facts, Lab, Regimen
from interactions.engine.rules import windows
from interactions.engine.rules.situation import Situation
from tests.interactions import shipped

KNOWN = shipped.alone()
START = Action("start", frozenset({"it"}))


def judged(*drugs: Drug, action: Action | None = None, **facts: object) -> Judgement:
    return check(Regimen(shipped.DAY, drugs, Facts(**facts), action or Action()), KNOWN)  # type: ignore[arg-type]


def it(name: str, mg: str | None = None, **values: object) -> Drug:
    return shipped.drug(KNOWN, name, ref="it", mg_per_day=None if mg is None else Decimal(mg), **values)


def words(judgement: Judgement, kind: str) -> dict[str, str]:
    """Problem -> severity of the findings of one kind."""
    return {one.problem: one.severity.word for one in judgement.findings if one.kind == kind}


def ago(days: int) -> date:
    return shipped.DAY - timedelta(days=days)


# -- labs -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "lab", "value", "said"),
    [
        ("sertraline", "sodium", "134.9", {"hyponatraemia": "moderate"}),
        ("sertraline", "sodium", "135", {}),
        ("sertraline", "sodium", "130", {"hyponatraemia": "moderate"}),
        ("sertraline", "sodium", "129.9", {"hyponatraemia": "major"}),
        ("metformin", "sodium", "120", {}),
        ("warfarin", "inr", "4.5", {"bleeding": "major"}),
        ("warfarin", "inr", "4.4", {}),
        ("valproate", "platelets", "100", {}),
        ("valproate", "platelets", "99", {"bleeding": "moderate"}),
        ("valproate", "platelets", "75", {"bleeding": "moderate"}),
        ("valproate", "platelets", "74", {"bleeding": "major"}),
    ],
)
def test_a_value_crosses_its_threshold_exactly_at_the_figure(
    name: str, lab: str, value: str, said: dict[str, str]
) -> None:
    told = judged(it(name), labs=(Lab(lab, Decimal(value), shipped.DAY),))
    assert words(told, "lab_action") == said


@pytest.mark.parametrize(("days", "speaks"), [(-1, False), (0, True), (30, True), (31, False)])
def test_a_value_speaks_for_thirty_days_and_never_from_the_future(days: int, speaks: bool) -> None:
    told = judged(it("warfarin"), labs=(Lab("inr", Decimal(5), ago(days)),))
    assert bool(words(told, "lab_action")) is speaks
    stale = [one for one in told.not_checked if one.what == "inr"]
    assert [(one.refs, one.why) for one in stale] == (
        [(("it",), "the last value is older than 30 days (2026-05-15)")] if days == 31 else []
    )


def test_an_old_value_that_crosses_nothing_is_not_asked_for_again() -> None:
    told = judged(it("warfarin"), labs=(Lab("inr", Decimal(2), ago(90)),))
    assert not [one for one in told.not_checked if one.what == "inr"]


@pytest.mark.parametrize(("days", "is_news"), [(0, True), (3, True), (4, False)])
def test_a_value_is_news_for_three_days(days: int, is_news: bool) -> None:
    (found,) = (
        one
        for one in judged(it("warfarin"), labs=(Lab("inr", Decimal(5), ago(days)),)).findings
        if one.kind == "lab_action"
    )
    assert found.is_triggered is is_news


@pytest.mark.parametrize(("earlier", "said"), [(None, {}), ("400", {}), ("399", {"qt_prolongation": "moderate"})])
def test_a_qtc_that_rose_by_more_than_sixty_is_told_though_it_is_in_range(
    earlier: str | None, said: dict[str, str]
) -> None:
    lab = Lab("qtc", Decimal(460), shipped.DAY, None if earlier is None else Decimal(earlier))
    assert words(judged(it("citalopram"), labs=(lab,)), "lab_action") == said
    assert words(judged(it("sertraline"), labs=(lab,)), "lab_action") == {}


# -- doses ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("name", "mg", "said"),
    [
        ("sertraline", "200", "none"),
        ("sertraline", "200.5", "moderate"),
        ("sertraline", "299", "moderate"),
        ("sertraline", "300", "major"),
        ("citalopram", "40", "none"),
        ("citalopram", "40.5", "major"),
    ],
)
def test_the_maximum_is_allowed_and_half_as_much_again_is_a_tier_worse(name: str, mg: str, said: str) -> None:
    assert words(judged(it(name, mg)), "max_dose").get("dose_related_toxicity", "none") == said


def test_two_orders_of_one_drug_are_judged_by_their_sum() -> None:
    second = shipped.drug(KNOWN, "sertraline", ref="second", mg_per_day=Decimal(100))
    assert words(judged(it("sertraline", "100"), second), "max_dose") == {}
    assert words(judged(it("sertraline", "150"), second), "max_dose") == {"dose_related_toxicity": "moderate"}


@pytest.mark.parametrize(("age", "said"), [(64, {}), (65, {"cns_resp_depression": "major"})])
def test_the_lower_maximum_of_the_old_begins_with_their_birthday(age: int, said: dict[str, str]) -> None:
    assert words(judged(it("eszopiclone", "2.5"), age_years=age), "max_dose") == said


@pytest.mark.parametrize(
    ("mg", "days", "limited"), [("25", 0, False), ("26", 0, True), ("26", 3, True), ("26", 4, False)]
)
def test_a_first_dose_is_held_against_its_limit_for_three_days(mg: str, days: int, limited: bool) -> None:
    told = judged(it("clozapine", mg, started_on=-days))
    assert ("hypotension" in words(told, "max_dose")) is limited


def test_a_start_is_new_whenever_it_was_begun_and_an_order_beside_another_is_not() -> None:
    assert "hypotension" in words(judged(it("clozapine", "26"), action=START), "max_dose")
    before = shipped.drug(KNOWN, "clozapine", ref="before", mg_per_day=Decimal(1), started_on=-400)
    assert "hypotension" not in words(judged(it("clozapine", "26"), before, action=START), "max_dose")
    assert "hypotension" not in words(judged(it("clozapine", "26")), "max_dose")


@pytest.mark.parametrize(
    ("full", "days", "said"),
    [("40.5", "3", "major"), ("40", "3", "none"), ("60", "1", "none"), ("60", "1.5", "major"), ("60", None, "none")],
)
def test_what_is_taken_on_some_days_of_a_week_counts_as_on_those_days(full: str, days: str | None, said: str) -> None:
    """What is taken once a week, or with an interval that nobody knows, counts as its mean."""
    often = None if days is None else Decimal(days)
    some = it("citalopram", "15", mg_in_a_day=Decimal(full), days_a_week=often)
    assert words(judged(some), "max_dose").get("dose_related_toxicity", "none") == said


def test_full_days_of_two_orders_come_together() -> None:
    second = shipped.drug(KNOWN, "citalopram", ref="second", mg_per_day=Decimal(20))
    some = it("citalopram", "10", mg_in_a_day=Decimal("20.5"), days_a_week=Decimal(3))
    assert words(judged(some, second), "max_dose") == {"dose_related_toxicity": "major"}


@pytest.mark.parametrize(("days", "said"), [("1", {}), ("2", {}), ("2.1", {"myelosuppression": "major"}), (None, {})])
def test_a_weekly_medicine_is_held_against_its_days_of_a_week(days: str | None, said: dict[str, str]) -> None:
    often = None if days is None else Decimal(days)
    assert words(judged(it("methotrexate", "5", days_a_week=often)), "max_dose") == said


def test_a_dose_that_is_not_known_is_named_with_the_reason_wherever_a_limit_waits_for_it() -> None:
    told = judged(it("citalopram", dose_unknown="Nobody knows."))
    assert [(one.what, one.why, one.refs) for one in told.not_checked if "dose" in one.what] == [
        ("dose of citalopram", "Dose not checked. Nobody knows.", ("it",))
    ]
    assert not [one for one in judged(it("citalopram")).not_checked if "dose" in one.what]
    second = shipped.drug(KNOWN, "citalopram", ref="second", mg_per_day=Decimal(20))
    both = judged(it("citalopram", dose_unknown="Nobody knows."), second)
    assert [one.refs for one in both.not_checked if "dose" in one.what] == [("it", "second")]


# -- allergies --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("reaction", "is_intolerance", "severity", "kind"),
    [
        ("rash", None, "major", "allergy"),
        ("rash", True, "major", "allergy"),
        ("", None, "major", "allergy"),
        ("", True, "moderate", "intolerance"),
        ("", False, "major", "allergy"),
        ("bad nausea", None, "moderate", "intolerance"),
        ("Anaphylaxis/shock", None, "contraindicated", "severe"),
        ("rash, anaphylaxis", None, "contraindicated", "severe"),
        ("TEN", None, "contraindicated", "severe"),
        ("tension", None, "major", "allergy"),
    ],
)
def test_the_reaction_decides_how_loud_an_allergy_is(
    reaction: str, is_intolerance: bool | None, severity: str, kind: str
) -> None:
    (found,) = judged(it("lamotrigine"), allergies=(Allergy("lamotrigine", None, reaction, is_intolerance),)).findings
    assert (found.severity.word, found.context) == (severity, f"lamotrigine: {kind}")


def test_a_class_that_cross_reacts_is_told_unless_it_was_only_not_borne() -> None:
    def told(reaction: str) -> dict[str, str]:
        allergy = Allergy("Sulfa", None, reaction)
        return words(judged(it("trimethoprim-sulfamethoxazole"), allergies=(allergy,)), "allergy")

    assert told("rash") == {"allergy": "major"}
    assert told("anaphylaxis") == {"allergy": "contraindicated"}
    assert told("nausea") == {}
    assert words(judged(it("sertraline"), allergies=(Allergy("Sulfa", None, "rash"),)), "allergy") == {}


def test_what_was_stopped_is_held_against_no_allergy() -> None:
    allergies = (Allergy("lamotrigine", None, "rash"),)
    assert words(judged(it("lamotrigine", stopped_on=-1), allergies=allergies), "allergy") == {}


# -- days -------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("days", "window", "counts"),
    [(0, 0, True), (-1, 0, True), (1, 0, False), (13, 14, True), (14, 14, False), (1, 2, True), (1, 1, False)],
)
def test_a_wait_of_so_many_days_is_over_on_its_last(days: int, window: int, counts: bool) -> None:
    assert windows.counts(days, window) is counts


def situation(**facts: object) -> Situation:
    release = ("medmgmt", "1", shipped.RELEASED)
    regimen = Regimen(shipped.DAY, (), Facts(**facts))  # type: ignore[arg-type]
    return Situation(regimen, [], KNOWN.formulary, release)


def test_a_drug_is_steady_when_neither_start_nor_dose_has_moved_for_so_long() -> None:
    asked = situation()
    assert asked.is_steady(it("sertraline", started_on=-90), 90)
    assert not asked.is_steady(it("sertraline", started_on=-89), 90)
    assert asked.is_steady(it("sertraline", started_on=-28), 28)
    assert not asked.is_steady(it("sertraline", started_on=-400, changed_on=ago(89)), 90)
    assert asked.is_steady(it("sertraline", started_on=-400, changed_on=ago(90)), 90)
    assert not asked.is_steady(it("sertraline"), 90)


@pytest.mark.parametrize(
    ("value", "days", "within"),
    [
        ("135", 0, True),
        ("134.9", 0, False),
        ("144.9", 0, True),
        ("145", 0, False),
        ("140", 180, True),
        ("140", 181, False),
    ],
)
def test_a_lab_is_in_range_from_its_low_end_up_to_its_high_for_half_a_year(value: str, days: int, within: bool) -> None:
    asked = situation(labs=(Lab("sodium", Decimal(value), ago(days)),))
    assert asked.lab_in_range("sodium", 135, 145) is within
    assert asked.lab_in_range("potassium", None, None) is False
    assert asked.lab_in_range("sodium", None, None) is (days <= 180)


def test_a_risk_holds_by_its_figure_by_a_yes_or_by_a_diagnosis() -> None:
    low = RiskFactor("potassium<3.5", "potassium", "<", Decimal("3.5"), frozenset(), "potassium {value}")
    assert low.told(Facts(potassium=Decimal("3.4")), set()) == "potassium 3.4"
    assert low.told(Facts(potassium=Decimal("3.5")), set()) == ""
    assert low.told(Facts(), set()) == ""
    heart = RiskFactor("heart", "structural_heart_disease", "", Decimal(0), frozenset({"heart_failure"}), "heart")
    assert heart.told(Facts(structural_heart_disease=True), set()) == "heart"
    assert heart.told(Facts(), {"heart_failure"}) == "heart"
    assert heart.told(Facts(structural_heart_disease=False), {"epilepsy"}) == ""
