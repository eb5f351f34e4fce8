"""What an answer speaks for: the dose bands and the facts about the person that graded a finding."""

from datetime import date
from decimal import Decimal

from interactions.engine.check import check
from interactions.engine.findings import Finding
from interactions.engine.regimen import Allergy, Lab, Regimen
from tests.interactions import shipped

KNOWN = shipped.alone()


def found(problem: str, *drugs: object, **facts: object) -> Finding:
    """The loudest finding of a problem."""
    regimen: Regimen = shipped.regimen(KNOWN, *drugs, **facts)  # type: ignore[arg-type]
    return next(one for one in check(regimen, KNOWN).findings if one.problem == problem)


def taken(name: str, mg: int) -> object:
    return shipped.drug(KNOWN, name, mg_per_day=Decimal(mg))


def test_another_dose_band_is_another_context_and_the_same_band_is_not() -> None:
    low, same, high = (found("bleeding", taken("citalopram", mg), taken("warfarin", 5)) for mg in (22, 38, 60))
    assert low.key == same.key == high.key
    assert low.context == same.context == "citalopram>20|warfarin<=10"
    assert high.context == "citalopram>40|warfarin<=10"


def test_a_dose_that_a_pair_rule_compares_parts_bands() -> None:
    low, high = (found("serotonin_toxicity", taken("sertraline", 100), taken("trazodone", mg)) for mg in (149, 150))
    assert "trazodone>=150" not in low.context
    assert "trazodone>=150" in high.context.split("|")


def test_the_fact_that_raised_a_grade_stands_in_the_context_without_its_value() -> None:
    worse, bad = (
        found("qt_prolongation", "risperidone", "citalopram", potassium=Decimal(value)) for value in ("2.9", "3.3")
    )
    assert worse.context == bad.context == "potassium<3.5"


def test_age_and_kidney_stand_in_the_context_of_what_they_graded() -> None:
    old = found("qt_prolongation", taken("citalopram", 40), age_years=71)
    older = found("qt_prolongation", taken("citalopram", 40), age_years=84)
    assert old.context == older.context == "age>60|citalopram>20"
    kidney = found("exposure_increase", taken("gabapentin", 2400), egfr=Decimal(44))
    assert "egfr>=30" in kidney.context
    assert "44" not in kidney.context


def test_a_duplicate_is_one_at_any_dose() -> None:
    assert found("duplicate_therapy", taken("sertraline", 50), taken("fluoxetine", 20)).context == ""


def test_another_reaction_is_another_context() -> None:
    rash, shock = (
        found("allergy", "lamotrigine", allergies=(Allergy("lamotrigine", None, reaction),))
        for reaction in ("rash", "anaphylaxis")
    )
    assert (rash.context, shock.context) == ("lamotrigine: allergy", "lamotrigine: severe")


def test_a_new_result_asks_again() -> None:
    def lithium(on: date) -> Finding:
        return found("lithium_level", taken("lithium", 900), labs=(Lab("lithium", Decimal("1.7"), on),))

    assert lithium(date(2026, 6, 10)).context == "lithium of 2026-06-10"
    assert lithium(date(2026, 6, 14)).context != lithium(date(2026, 6, 10)).context


def test_what_nobody_recorded_leaves_no_mark() -> None:
    findings = check(shipped.regimen(KNOWN, "fluoxetine", "tramadol", "unheard of"), KNOWN).findings
    assert {finding.problem: finding.context for finding in findings} == {"serotonin_toxicity": ""}
