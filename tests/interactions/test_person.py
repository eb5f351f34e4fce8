"""The language of dose and condition rules, asked on both sides of every figure and with the fact not on record."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from interactions.engine import bands, person
from interactions.engine.attributes import DoseModifier, Profile, Profiles
from interactions.engine.bands import Bands
from interactions.engine.catalogue import Catalogue, CatalogueDrug
from interactions.engine.check import check
from interactions.engine.conditions import Comparison, Held, comparison
from interactions.engine.knowledge import Knowledge
from interactions.engine.person import Terms, View
from interactions.engine.regimen import Drug, Facts, Regimen
from interactions.engine.rulebook import PairRule, RuleBook
from interactions.engine.severity import NAMED
from tests.interactions.shipped import DAY

TERMS = Terms(
    {"epilepsy": ("epilepsy", "seizure"), "qt": ("long qt",)}, {"epilepsy": ("g40", "g41"), "qt": ("i45.81",)}
)


def profile(key: str, **values: Any) -> Profile:
    return Profile(0, CatalogueDrug(key=key, name=key, rxcui=1, ingredients=(1,)), **values)


def view(*others: Profile, form: str = "", codes: frozenset[str] = frozenset(), **facts: Any) -> View:
    own = profile("it", inhibits={"CYP2D6": 3}, sets=frozenset({"ssri"}))
    drug = Drug("it", "it", "it", form=form)
    return View(drug, own, Facts(**facts), codes, (own, *others), DAY, {}, 14)


def held(text: str, *others: Profile, **facts: Any) -> Held:
    return person.holds(person.parse(text), view(*others, **facts))


def test_alternatives_and_joined_tokens_are_told_apart_and_blanks_dropped() -> None:
    assert person.parse(" age>=18 & pregnant | egfr<30 ") == (("age>=18", "pregnant"), ("egfr<30",))
    assert person.parse(" ") == ()
    assert person.parse("|&|") == ()
    assert held("") == Held(True)


def test_a_denied_token_holds_where_it_does_not_and_brackets_group() -> None:
    assert person.parse("(age>=65|egfr<30)&!pregnant") == (("age>=65", "!pregnant"), ("egfr<30", "!pregnant"))
    assert held("!egfr<60", egfr=None).holds is True
    assert held("!egfr<60", egfr=Decimal(50)).holds is False
    assert held("(age>=65|egfr<30)&!pregnant", age_years=70, pregnant=True).holds is False
    assert held("weight<=70", weight_kg=Decimal(70)).holds is True


@pytest.mark.parametrize("text", ["(age>=65", "age>=65)", "!moon", "(age>=65|moon)"])
def test_a_bracket_that_does_not_match_and_a_denied_unknown_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"bracket|is not understood"):
        person.parse(text)


@pytest.mark.parametrize("text", ["moon", "age>=", "age=18", "pregnant&moon", "egfr<30|moon:full", "age>18 years"])
def test_an_unknown_token_is_refused_wherever_it_stands(text: str) -> None:
    with pytest.raises(ValueError, match="is not understood"):
        person.parse(text)


@pytest.mark.parametrize(
    ("sign", "below", "at", "above"),
    [(">=", False, True, True), (">", False, False, True), ("<=", True, True, False), ("<", True, False, False)],
)
def test_a_measured_fact_is_compared_with_its_figure_exactly(sign: str, below: bool, at: bool, above: bool) -> None:
    for value, holds in ((64, below), (65, at), (66, above)):
        assert held(f"age{sign}65", age_years=value).holds is holds
        assert held(f"qtc{sign}65", qtc_ms=value).holds is holds
    for number, holds in (("29.4", below), ("29.5", at), ("29.6", above)):
        assert held(f"egfr{sign}29.5", egfr=Decimal(number)).holds is holds


def test_a_fact_that_is_missing_is_named_but_for_the_qtc_which_few_have() -> None:
    assert held("age>=65") == Held(None, missing=("age",))
    assert held("egfr<30") == Held(None, missing=("eGFR",))
    assert held("qtc>500").holds is False
    assert held("age>=65&egfr<30|age<18") == Held(None, missing=("age", "eGFR"))


def test_what_holds_says_why_and_stands_in_the_context_without_its_value() -> None:
    assert held("age>=65", age_years=70) == Held(True, (), ("age 70",), context=("age>=65",))
    both = held("age>=65&egfr<30", age_years=70, egfr=Decimal(20))
    assert both == Held(True, (), ("age 70", "eGFR 20"), context=("age>=65", "egfr<30"))


def test_one_alternative_is_enough_and_a_false_token_outweighs_a_missing_fact() -> None:
    assert held("age>=65|pregnant", age_years=30, pregnant=True).why == ("pregnant",)
    assert held("age>=65|pregnant", age_years=30) == Held(False)
    assert held("pregnant&age>=65", pregnant=False) == Held(False)
    assert held("age>=65&pregnant", pregnant=False) == Held(False)
    assert held("age>=65|pregnant", pregnant=True).holds is True
    assert held("age>=65|pregnant", pregnant=False) == Held(None, missing=("age",))


@pytest.mark.parametrize("name", ["pregnant", "breastfeeding", "pregnancy_potential"])
def test_only_yes_on_record_is_yes(name: str) -> None:
    assert [held(name, **{name: value}).holds for value in (True, False, None)] == [True, False, False]


def test_what_is_assumed_is_told_as_assumed() -> None:
    known = held("pregnancy_potential", pregnancy_potential=True)
    assumed = held("pregnancy_potential", pregnancy_potential=True, assumed=frozenset({"pregnancy_potential"}))
    assert known.why == ("pregnancy is possible",)
    assert assumed.why == ("pregnancy is possible (assumed by age and sex: nothing on record rules it out)",)


@pytest.mark.parametrize(("ago", "recent"), [(-1, False), (0, True), (14, True), (15, False)])
def test_smoking_stopped_counts_for_fourteen_days(ago: int, recent: bool) -> None:
    on = DAY - timedelta(days=ago)
    assert held("smoking_stopped", smoking_change="stopped", smoking_changed_on=on).holds is recent
    assert held("smoking_stopped", smoking_change="started", smoking_changed_on=on).holds is False
    assert person.recently(None, DAY, 14) is False


def test_the_liver_class_is_asked_by_letter_or_for_any() -> None:
    assert held("hepatic:any", hepatic_class="B").why == ("Child-Pugh B",)
    assert held("hepatic:C", hepatic_class="C").holds is True
    assert held("hepatic:C", hepatic_class="B").holds is False
    assert held("hepatic:any").holds is False


def test_sex_alcohol_and_genes_are_read_as_they_are_recorded() -> None:
    assert [held("sex:F", sex=sex).holds for sex in ("female", "F", "male", "")] == [True, True, False, False]
    assert [held("alcohol:heavy", alcohol=use).holds for use in ("heavy", "current", "")] == [True, False, False]
    genes = (("cyp2d6", "pm"), ("HLA-B*15:02", "Positive"))
    assert held("pgx:CYP2D6=PM", genotype=genes).why == ("CYP2D6 PM",)
    assert held("pgx:HLA-B*15:02=positive", genotype=genes).holds is True
    assert held("pgx:CYP2C19=PM", genotype=genes).holds is False
    assert held("pgx:CYP2D6=UM", genotype=genes).holds is False


def test_a_form_is_a_whole_word_of_the_product() -> None:
    assert held("form:er", form="Tablet ER").holds is True
    assert held("form:er", form="lozenger").holds is False
    assert held("form:er", form="tablet").holds is False


def test_a_diagnosis_holds_by_its_code_and_says_its_name() -> None:
    assert held("condition:long_qt", codes=frozenset({"long_qt"})) == (
        Held(True, (), ("long qt",), context=("condition:long_qt",))
    )
    assert held("condition:long_qt", codes=frozenset({"epilepsy"})) == Held(False)


def test_another_drug_is_found_by_name_class_or_strength_and_never_itself() -> None:
    weak, strong = profile("weak", inhibits={"CYP2D6": 1}), profile("strong", inhibits={"CYP2D6": 3})
    both = (weak, strong)
    assert held("with:weak", *both) == Held(True, ("weak",), ("with weak",), context=("with:weak",))
    assert held("with:cyp:CYP2D6:any", *both).others == ("weak", "strong")
    assert held("with:cyp:CYP2D6:strong", *both).others == ("strong",)
    assert held("with:cyp:CYP2D6:strong", weak).holds is False
    assert held("with:cyp:CYP2C19:any", *both).holds is False
    assert held("with:set:ssri").holds is False
    assert held("with:set:ssri", profile("other", sets=frozenset({"ssri"}))).why == ("with other",)
    assert held("with:set:ssri&with:weak", weak).holds is False


def test_what_was_asked_of_the_person_is_remembered_and_what_was_asked_of_the_drug_is_not() -> None:
    asked = view(age_years=70, form="er")
    person.holds(person.parse("age>=65&form:er"), asked)
    assert set(asked.memory) == {"age>=65"}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Epilepsy", True),
        ("history of seizures, resolved", False),
        ("seizure disorder", True),
        ("epilepsy: ruled out", False),
        ("epilepsy was excluded in 2020", False),
        ("no epilepsy", False),
        ("no rash, epilepsy", True),
        ("family history of epilepsy", False),
        ("denies any seizure", False),
        ("antiepilepsy drugs", False),
        ("rule out epilepsy", False),
        ("r/o epilepsy", False),
        ("history of epilepsy", False),
        ("h/o seizure in 2009", False),
        ("febrile seizure as a child", False),
        ("seizures in childhood, epilepsy since 2020", True),
        ("brother with epilepsy", False),
        ("seizure 20 years ago", False),
        ("antecedentes de epilepsy", False),
        ("sin epilepsy", False),
        ("epilepsy descartada", False),
        ("past trauma, epilepsy", True),
        ("ICD10:G40.1|Ruled out last year", True),
        ("ICD10:Z99|Epilepsy", True),
        ("ICD10:I45.81|Epilepsy", False),
        ("ICD10:Z82.0|Epilepsy", False),
        ("ICD10:Z86.69|Epilepsy", False),
        ("ICD10:G40.1", True),
        ("ICD10:G42", False),
        ("icd10:i45.81", False),
        ("", False),
    ],
)
def test_a_diagnosis_is_read_from_words_and_codes_and_a_denied_one_does_not_count(text: str, said: bool) -> None:
    assert ("epilepsy" in TERMS.codes((text,))) is said
    assert TERMS.codes(("icd10:I45.81", text)) >= {"qt"}


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("history of epilepsy", {"past_epilepsy"}),
        ("febrile seizure as a child", {"past_epilepsy"}),
        ("ICD10:Z86.69|Epilepsy", {"past_epilepsy"}),
        ("history of long qt", {"qt"}),
        ("history of epilepsy; epilepsy again since May", {"epilepsy"}),
        ("no history of epilepsy", set()),
        ("ICD10:Z82.0|Epilepsy", set()),
    ],
)
def test_a_past_diagnosis_is_another_code_unless_it_counts_for_ever(text: str, codes: set[str]) -> None:
    assert replace(TERMS, lasting=frozenset({"qt"})).codes((text,)) == codes


# -- bands and doses --------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("mg", "told"),
    [
        ("19.9", "it<20"),
        ("20", "it>=20"),
        ("30", "it>=20"),
        ("30.1", "it>30"),
        ("40", "it>30"),
        ("40.1", "it>40"),
        ("60", "it>40"),
        ("60.5", "it>60"),
    ],
)
def test_a_dose_lies_in_the_band_above_the_highest_figure_it_has_passed(mg: str, told: str) -> None:
    edges = [("it", bands.edge(Comparison("it", sign, Decimal(figure)))) for sign, figure in ((">=", 20), ("<=", 40))]
    known = Bands(edges, {"it": Decimal(60)})
    assert known.of("it", Decimal(mg)) == told
    assert known.of("it", Decimal(mg)) == told


def test_without_a_dose_or_figures_there_is_no_band_and_below_the_first_it_is_told_with_its_sign() -> None:
    known = Bands([("it", bands.edge(Comparison("it", ">", Decimal("40.0"))))], {})
    assert known.of("it", None) == ""
    assert known.of("other", Decimal(5)) == ""
    assert (known.of("it", Decimal(40)), known.of("it", Decimal(41))) == ("it<=40", "it>40")


def test_an_edge_is_read_from_a_comparison_of_the_daily_dose_and_from_nothing_else() -> None:
    asked = [comparison(f"total_daily_mg{sign}150") for sign in (">=", "<", ">", "<=")]
    assert [bands.edge(one) for one in asked if one] == [(150, 0), (150, 0), (150, 1), (150, 1)]
    assert DoseModifier("it", "route=IM", "qt_risk", "known").compared is None
    assert DoseModifier("it", "age>40", "qt_risk", "known").compared is None
    assert bands.joined(["b", "", "a", "b"]) == "a|b"


@pytest.mark.parametrize(
    ("sign", "below", "at", "above"),
    [(">=", False, True, True), (">", False, False, True), ("<=", True, True, False), ("<", True, False, False)],
)
def test_a_dose_changes_a_column_exactly_from_its_figure_on(sign: str, below: bool, at: bool, above: bool) -> None:
    modifier = DoseModifier("it", f"total_daily_mg{sign}37.5", "qt_risk", "known")
    assert [modifier.holds(Decimal(mg), "PO") for mg in ("37.4", "37.5", "37.6")] == [below, at, above]
    assert not modifier.holds(None, "PO")
    route = DoseModifier("it", "route=IM", "qt_risk", "known")
    assert (route.holds(None, "IM"), route.holds(Decimal(40), "PO")) == (True, False)


@pytest.mark.parametrize(("mg", "severity"), [("37.4", "none"), ("37.5", "none"), ("37.6", "major")])
def test_a_rule_book_reads_a_dose_that_is_no_whole_number_as_the_profiles_do(mg: str, severity: str) -> None:
    entries = [
        CatalogueDrug(key=key, name=key, rxcui=code, ingredients=(code,), in_rules=True)
        for code, key in enumerate(("it", "that"), start=1)
    ]
    rule = PairRule("R1", "set:qt_known", "that", NAMED["major"], "PD", "p", *[""] * 5, None, None, *[""] * 4)
    modifiers = [DoseModifier("it", "total_daily_mg>37.5", "qt_risk", "known")]
    book = RuleBook("b", "1", DAY, drugs=entries, rules=[rule], sets={"qt_known": ()}, modifiers=modifiers)
    known = Knowledge.of(books=(book,), data_sets=(), catalogue=Catalogue(entries))
    taken = (Drug("1", "it", "it", route="PO", mg_per_day=Decimal(mg)), Drug("2", "that", "that", route="PO"))
    found = [one.severity.word for one in check(Regimen(DAY, taken), known).findings]
    assert found == ([] if severity == "none" else [severity])
    profile_at_dose = book.formulary.profiles.of("it", taken[0], Decimal(mg))
    assert profile_at_dose is not None
    assert profile_at_dose.qt == (0 if severity == "none" else 3)


def test_too_much_is_dangerous_at_once_with_a_narrow_index_a_known_qt_effect_or_a_warning_of_seizures() -> None:
    critical = [profile("it", **values).is_dose_critical for values in ({"narrow": True}, {"qt": 3}, {"seizure": 3})]
    assert critical == [True, True, True]
    assert not profile("it", qt=2, seizure=2).is_dose_critical
    assert profile("it").washout_days == 0


# -- what the columns of a drug mean ----------------------------------------------------------------------------------
def read(maoi_type: str = "", **columns: str) -> Profile:
    entry = CatalogueDrug(
        key="it", name="it", rxcui=1, ingredients=(1,), in_rules=True, maoi_type=maoi_type, attributes=columns
    )
    found = Profiles([entry], {"ssri": frozenset({"it"}), "other": frozenset({"that"})}).usual("it")
    assert found is not None
    return found


def test_a_drug_without_columns_does_nothing() -> None:
    nothing = read()
    assert (nothing.mao, nothing.qt, nothing.lithium_effect, nothing.beers, nothing.shares) == ("", 0, "none", "", ())
    assert (nothing.substrate, nothing.inhibits, nothing.induces, nothing.pgp) == ({}, {}, {}, frozenset())
    assert (nothing.narrow, nothing.wide, nothing.half_life_hours, nothing.max_mg_per_day) == (False, False, None, None)
    assert (nothing.ways, nothing.sets) == ((), {"ssri"})


def test_every_column_of_a_drug_is_read_into_its_own_field() -> None:
    full = read(
        "mao_b_selective",
        qt_risk="possible",
        serotonergic="2",
        lithium_effect="raises",
        beers_cns_class="opioid",
        cyp_substrate="CYP2D6:sensitive; CYP3A4:moderate;CYP1A2:minor",
        cyp_inhibitor="CYP2D6:strong;CYP3A4:weak",
        cyp_inducer="CYP1A2:moderate",
        pgp="substrate;inhibitor",
        narrow_ti="1",
        wide_ti="0",
        half_life_h="26.5",
        max_daily_dose_mg="200",
    )
    assert (full.mao, full.qt, full.serotonergic, full.lithium_effect, full.beers) == (
        "selective",
        2,
        2,
        "raises",
        "opioid",
    )
    assert full.inhibits == {"CYP2D6": 3, "CYP3A4": 1}
    assert full.induces == {"CYP1A2": 2}
    assert full.substrate == {"CYP2D6": "sensitive", "CYP3A4": "moderate", "CYP1A2": "minor"}
    assert (full.pgp, full.narrow, full.wide) == ({"substrate", "inhibitor"}, True, False)
    assert (full.half_life_hours, full.max_mg_per_day) == (Decimal("26.5"), 200)
    assert full.shares == (("serotonergic", 2), ("qt", 2))
    assert full.ways == ("CYP2D6", "CYP3A4")


def test_one_way_alone_or_a_wide_index_leaves_no_ways_to_add_up() -> None:
    assert read(cyp_substrate="CYP2D6:sensitive").ways == ()
    assert read(cyp_substrate="CYP2D6:sensitive;CYP3A4:moderate", wide_ti="1").ways == ()
    assert read(wide_ti="1").wide is True
    assert read("reversible_maoa").mao == "nonselective"
    assert read(half_life_h="about 26").half_life_hours is None


def test_half_the_usual_maximum_parts_the_bands_and_belongs_to_the_lower() -> None:
    known = Bands([], {"it": Decimal(60)})
    assert [known.of("it", Decimal(mg)) for mg in ("30", "30.1", "60", "60.1")] == [
        "it<=30",
        "it>30",
        "it>30",
        "it>60",
    ]
