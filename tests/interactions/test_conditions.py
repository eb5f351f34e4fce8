"""The language of the rules' conditions, token by token."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from interactions.engine import pair_conditions
from interactions.engine.catalogue import CatalogueDrug
from interactions.engine.regimen import CrossTaper, Drug, Facts
from interactions.engine.severity import Severity
from tests.interactions import shipped


def case(a: str = "sertraline", b: str = "aspirin", *, facts: Facts | None = None, **of_b: Any) -> pair_conditions.Case:
    catalogue = shipped.alone().catalogue
    first, second = catalogue.named(a), catalogue.named(b)
    assert isinstance(first, CatalogueDrug)
    assert isinstance(second, CatalogueDrug)
    return pair_conditions.Case(
        day=shipped.DAY,
        a=Drug("a", a, first.key, route="PO"),
        b=Drug("b", b, second.key, **{"route": "PO", **of_b}),
        a_entry=first,
        b_entry=second,
        facts=facts or Facts(),
        active_keys=frozenset({first.key, second.key}),
        book=shipped.book(),
    )


def outcome(code: str, base: Severity = Severity.MODERATE, **values: Any) -> pair_conditions.PairGrade:
    return pair_conditions.graded(pair_conditions.parse(code), base, case(**values))


@pytest.mark.parametrize(
    "code",
    [
        "unheard_of",
        "age>",
        "=>major",
        "moon>3=>major",
        "age>35&unheard_of=>major",
        "moon=full=>major",
        "age>35=>terrible",
        "else:terrible",
        "qt_risk_factor=>+2",
    ],
)
def test_what_is_not_understood_is_refused_and_never_ignored(code: str) -> None:
    with pytest.raises(ValueError, match="is not understood"):
        pair_conditions.parse(code)


def test_a_rule_on_two_drugs_joins_and_offers_alternatives_as_a_rule_on_a_person_does() -> None:
    code = "age>35&parenteral|alcohol=heavy=>major"
    assert outcome(code, route="IM", facts=Facts(age_years=36)).factors == ("age", "the route")
    assert outcome(code, facts=Facts(age_years=36, alcohol="heavy")).context == ("alcohol=heavy",)
    open_question = outcome(code, facts=Facts(age_years=36))
    assert (open_question.severity, open_question.missing) == (Severity.MODERATE, ("how much alcohol",))
    assert outcome(code, route="IM", facts=Facts(age_years=35, alcohol="none")).severity is Severity.MODERATE


@pytest.mark.parametrize(("mg", "severity"), [("37.4", Severity.MINOR), ("37.5", Severity.MINOR), ("37.6", None)])
def test_a_dose_is_compared_with_a_figure_that_is_no_whole_number(mg: str, severity: Severity | None) -> None:
    told = outcome("aspirin.tdd<=37.5=>minor;else:none", mg_per_day=Decimal(mg))
    assert told.severity is severity


def test_an_empty_condition_changes_nothing() -> None:
    assert pair_conditions.parse("") == ()
    assert outcome("") == pair_conditions.PairGrade(Severity.MODERATE, (), ())


def test_one_drug_is_not_two_different_drugs() -> None:
    assert outcome("different_drugs", a="aspirin", b="aspirin") == pair_conditions.PairGrade(None, (), ())
    assert outcome("different_drugs").severity is Severity.MODERATE


def test_two_products_of_one_family_or_ingredient_are_not_two_ingredients() -> None:
    for a, b in [("risperidone", "paliperidone"), ("aripiprazole", "aripiprazole lai monthly")]:
        assert outcome("different_ingredient", a=a, b=b).severity is None
    assert outcome("different_ingredient", a="haloperidol", b="risperidone").severity is Severity.MODERATE


@pytest.mark.parametrize(("a", "b", "days"), [("sertraline", "paroxetine", 28), ("haloperidol", "risperidone", 56)])
def test_a_cross_taper_covers_its_two_drugs_for_its_longest_time(a: str, b: str, days: int) -> None:
    def severity(age: int, refs: set[str]) -> Severity | None:
        taper = CrossTaper(frozenset(refs), shipped.DAY - timedelta(days=age))
        return outcome("no_cross_taper", a=a, b=b, facts=Facts(cross_tapers=(taper,))).severity

    assert severity(days - 1, {"a", "b"}) is None
    assert severity(0, {"a", "b", "c"}) is None
    assert severity(days, {"a", "b"}) is Severity.MODERATE
    assert severity(-1, {"a", "b"}) is Severity.MODERATE
    assert severity(3, {"a", "c"}) is Severity.MODERATE


def test_the_last_matching_if_decides_and_else_only_where_none_did() -> None:
    assert outcome("age>35=>contraindicated;else:minor", facts=Facts(age_years=36)).severity is Severity.CONTRAINDICATED
    assert outcome("age>35=>contraindicated;else:minor", facts=Facts(age_years=35)).severity is Severity.MINOR
    assert outcome("age>35=>contraindicated;else:none", facts=Facts(age_years=35)).severity is None


def test_an_else_is_not_taken_while_the_question_is_open() -> None:
    told = outcome("age>35=>contraindicated;else:minor")
    assert told.severity is Severity.MODERATE
    assert told.missing == ("age",)


def test_a_gate_without_its_fact_is_silent_and_names_the_fact() -> None:
    told = outcome("only_form:oral concentrate", form="")
    assert (told.severity, told.missing) == (None, ("the form",))


def test_a_dose_of_a_third_drug_is_not_asked_for() -> None:
    told = outcome("doxepin.tdd<=6=>minor")
    assert (told.severity, told.missing) == (Severity.MODERATE, ())


@pytest.mark.parametrize(
    ("facts", "severity", "missing"),
    [
        (Facts(qtc_ms=470), Severity.MAJOR, False),
        (Facts(heart_rate=49), Severity.MAJOR, False),
        (Facts(structural_heart_disease=True), Severity.MAJOR, False),
        (Facts(congenital_long_qt=True, qtc_ms=400), Severity.MAJOR, False),
        (Facts(qtc_ms=469), Severity.MODERATE, False),
        (Facts(heart_rate=80), Severity.MODERATE, True),
    ],
)
def test_qt_risk_factors(facts: Facts, severity: Severity, missing: bool) -> None:
    told = outcome("qt_risk_factor=>+1", facts=facts)
    assert (told.severity, bool(told.missing)) == (severity, missing)


def test_an_active_class_silences_and_an_absent_one_does_not() -> None:
    quiet = case()
    loud = pair_conditions.Case(**{name: getattr(quiet, name) for name in quiet.__slots__})
    object.__setattr__(loud, "active_keys", frozenset({"carbamazepine"}))
    tokens = pair_conditions.parse("skip_if_active_set:enzyme_inducing_asm")
    assert pair_conditions.graded(tokens, Severity.MINOR, quiet).severity is Severity.MINOR
    assert pair_conditions.graded(tokens, Severity.MINOR, loud).severity is None


def test_every_condition_that_ships_is_understood() -> None:
    assert all(isinstance(rule.clauses, tuple) for rule in shipped.tables().rules)
    assert sum(bool(rule.clauses) for rule in shipped.tables().rules) == 73


@pytest.mark.parametrize(("route", "severity"), [("IM", Severity.MODERATE), ("SC", Severity.MODERATE), ("PO", None)])
def test_an_injection_is_known_by_its_route_where_the_name_does_not_say(route: str, severity: Severity | None) -> None:
    assert outcome("b_is_lai", a="paroxetine", b="aripiprazole", route=route).severity is severity
    assert outcome("b_is_lai", a="paroxetine", b="aripiprazole lai monthly", route="").severity is Severity.MODERATE


@pytest.mark.parametrize(
    ("route", "severity", "missing"),
    [("IM", Severity.MAJOR, ()), ("PO", Severity.MODERATE, ()), ("", Severity.MODERATE, ("the route",))],
)
def test_an_injection_is_asked_by_the_route_of_either_drug(
    route: str, severity: Severity, missing: tuple[str, ...]
) -> None:
    told = outcome("parenteral=>major", route=route)
    assert (told.severity, told.missing) == (severity, missing)


@pytest.mark.parametrize(
    ("use", "severity", "missing"),
    [("heavy", Severity.MAJOR, ()), ("current", Severity.MODERATE, ()), ("", Severity.MODERATE, ("how much alcohol",))],
)
def test_alcohol_is_asked_as_it_is_recorded(use: str, severity: Severity, missing: tuple[str, ...]) -> None:
    told = outcome("alcohol=heavy=>major", facts=Facts(alcohol=use))
    assert (told.severity, told.missing) == (severity, missing)


@pytest.mark.parametrize(("ago", "changed"), [(-1, False), (0, True), (14, True), (15, False)])
def test_a_change_of_smoking_counts_for_fourteen_days(ago: int, changed: bool) -> None:
    facts = Facts(smoking_changed_on=shipped.DAY - timedelta(days=ago))
    told = outcome("smoking_changed_14d=>major", facts=facts)
    assert (told.severity is Severity.MAJOR) is changed
    assert outcome("smoking_changed_14d=>major").severity is Severity.MODERATE


def test_a_set_that_nobody_has_silences_nothing() -> None:
    assert outcome("skip_if_active_set:no_such_set").severity is Severity.MODERATE


def test_an_else_may_raise_the_rules_own_severity_or_keep_it() -> None:
    young = Facts(age_years=30)
    assert outcome("age>35=>contraindicated;else:+1", facts=young).severity is Severity.MAJOR
    assert outcome("age>35=>contraindicated;else:", facts=young).severity is Severity.MODERATE


def test_every_fact_that_is_missing_is_named_in_the_order_of_the_steps() -> None:
    assert outcome("age>35=>major;alcohol=heavy=>major").missing == ("age", "how much alcohol")
    assert outcome("age>35=>major;alcohol=heavy").missing == ("age", "how much alcohol")


@pytest.mark.parametrize(("b", "route"), [("aripiprazole", "IM"), ("aripiprazole lai monthly", "")])
def test_what_must_hold_may_regrade_as_well_and_then_says_why(b: str, route: str) -> None:
    told = outcome("b_is_lai=>major", a="paroxetine", b=b, route=route)
    assert (told.severity, told.context) == (Severity.MAJOR, ("b_is_lai",))
    assert told.factors == ("whether it is a long-acting injection",)
