"""What a check promises: every pair in one of three states, routes, stopped drugs, several sources at once."""

from datetime import timedelta
from decimal import Decimal

import pytest

from interactions.engine.check import check
from interactions.engine.data_set import Note, SourceDrug
from interactions.engine.findings import Judgement
from interactions.engine.knowledge import Knowledge
from interactions.engine.pair_table import PairTable, pair_code
from interactions.engine.regimen import Drug, Facts, Regimen
from interactions.engine.severity import Severity
from tests.interactions import shipped

TIMOLOL, EYE_DROPS, LIPOSOME, OTHER = range(4)


def listed(*drugs: SourceDrug, label: str = "Made", limits: str = "", **pairs: str) -> Knowledge:
    """Knowledge of one data set; pairs are given as _0_1="major"."""
    numbered = {tuple(map(int, key.strip("_").split("_"))): word for key, word in pairs.items()}
    made = shipped.data_set(list(drugs), numbered, label=label, limits=limits)  # type: ignore[arg-type]
    return shipped.knowledge(made, rules=False)


def route_variants() -> Knowledge:
    return listed(
        SourceDrug("Timolol", rxcui=10600),
        SourceDrug("Timolol (ophthalmic)", "Timolol", "ophthalmic", 10600),
        SourceDrug("Timolol (liposomal)", "Timolol", "liposomal", 10600),
        SourceDrug("Sertraline", rxcui=36437),
        _0_3="major",
        _1_3="minor",
        _2_3="moderate",
    )


def severities(judgement: Judgement) -> list[str]:
    return [finding.severity.word for finding in judgement.findings]


def states(judgement: Judgement) -> list[str]:
    return [pair.state for pair in judgement.pairs]


@pytest.mark.parametrize(
    ("route", "form", "severity"),
    [
        ("PO", "", "major"),
        ("", "", "major"),
        ("OPH", "", "minor"),
        ("IV", "liposomal suspension", "moderate"),
        ("TOP", "", "major"),
    ],
)
def test_a_bracketed_variant_speaks_only_for_its_own_route_or_form(route: str, form: str, severity: str) -> None:
    known = route_variants()
    timolol = shipped.drug(known, "timolol", route=route, form=form)
    assert severities(check(shipped.regimen(known, timolol, "sertraline"), known)) == [severity]


def test_a_variant_named_whole_is_that_variant() -> None:
    known = route_variants()
    assert shipped.drug(known, "Timolol (ophthalmic)", route="").key is None, "without its route it is not checked"
    lone = listed(SourceDrug("Zzz (topical)", "Zzz", "topical"), SourceDrug("Sertraline", rxcui=36437), _0_1="minor")
    assert severities(check(shipped.regimen(lone, "zzz (topical)", "sertraline"), lone)) == ["minor"]


def test_a_drug_listed_only_for_the_skin_says_nothing_of_tablets() -> None:
    known = listed(
        SourceDrug("Minoxidil (topical)", "Minoxidil", "topical", 6984),
        SourceDrug("Sertraline", rxcui=36437),
        _0_1="minor",
    )
    judgement = check(shipped.regimen(known, "minoxidil", "sertraline"), known)
    assert (judgement.findings, states(judgement)) == ((), ["not_checked"])
    assert "minoxidil" in [entry.what for entry in judgement.not_checked]
    on_skin = shipped.drug(known, "minoxidil", route="TOP")
    assert severities(check(shipped.regimen(known, on_skin, "sertraline"), known)) == ["minor"]


def test_one_name_joined_from_several_routes_speaks_for_each() -> None:
    known = listed(
        SourceDrug("Cocaine (nasal)", "Cocaine", "nasal|topical", 2653),
        SourceDrug("Sertraline", rxcui=36437),
        _0_1="minor",
    )
    for route, count in [("IN", 1), ("TOP", 1), ("PO", 0)]:
        cocaine = shipped.drug(known, "cocaine", route=route)
        assert len(check(shipped.regimen(known, cocaine, "sertraline"), known).findings) == count


def test_every_pair_is_in_one_of_three_states_and_says_against_what() -> None:
    known = shipped.alone()
    judgement = check(shipped.regimen(known, "sertraline", "tramadol", "metformin", "something herbal"), known)
    assert len(judgement.pairs) == 6
    by_refs = {(pair.a_ref, pair.b_ref): pair for pair in judgement.pairs}
    assert by_refs["sertraline", "tramadol"].state == "finding"
    silent = by_refs["metformin", "sertraline"]
    assert (silent.state, silent.scope) == ("nothing_on_record", "nothing on record in medmgmt 1 of 2026-11-21")
    unknown = by_refs["something herbal", "tramadol"]
    assert (unknown.state, unknown.scope) == ("not_checked", "")
    assert unknown.why == "something herbal: the active knowledge does not know this name"


def test_two_unknown_names_are_a_pair_that_nobody_checked() -> None:
    known = shipped.alone()
    judgement = check(shipped.regimen(known, "this", "that"), known)
    assert states(judgement) == ["not_checked"]
    assert [entry.what for entry in judgement.not_checked] == ["that", "this"]


def test_without_an_active_release_nothing_was_checked() -> None:
    known = Knowledge.of(books=(), data_sets=(), catalogue=shipped.small_catalogue("sertraline"))
    judgement = check(shipped.regimen(known, "sertraline", "tramadol"), known)
    assert states(judgement) == ["not_checked"]
    assert {entry.why for entry in judgement.not_checked} == {
        "no knowledge release is active",
        "known by name, but no active release says anything about it",
    }


def test_a_drug_known_by_code_alone_is_not_called_safe() -> None:
    known = shipped.alone()
    judgement = check(shipped.regimen(known, "ascorbic acid", "sertraline"), known)
    assert states(judgement) == ["not_checked"]
    assert judgement.pairs[0].why == "medmgmt 1 does not list ascorbic acid"
    assert [(entry.what, entry.refs) for entry in judgement.not_checked] == [("ascorbic acid", ("ascorbic acid",))]


def test_of_several_sources_the_most_severe_leads_and_every_grade_is_kept() -> None:
    other = shipped.data_set(
        [SourceDrug("Sertraline", rxcui=36437), SourceDrug("Trazodone", rxcui=10737)], {(0, 1): "major"}, label="Other"
    )
    known = shipped.knowledge(other)
    finding = next(iter(check(shipped.regimen(known, "sertraline", "trazodone"), known).findings))
    assert finding.severity is Severity.MAJOR
    assert {(grade.label, grade.severity.word) for grade in finding.sources} >= {
        ("Other", "major"),
        ("medmgmt", "minor"),
    }
    assert finding.management, "the curated rule still says what to do"
    assert finding.problem != "listed_interaction"


def test_a_pair_that_one_of_two_sources_compares_names_only_that_one() -> None:
    other = shipped.data_set([SourceDrug("Sertraline", rxcui=36437)], {}, label="Other")
    known = shipped.knowledge(other)
    (pair,) = check(shipped.regimen(known, "sertraline", "metformin"), known).pairs
    assert pair.scope == "nothing on record in medmgmt 1 of 2026-11-21"


def test_two_prescriptions_of_one_drug_are_no_pair_and_share_one_finding() -> None:
    known = shipped.alone()
    morning, evening = (shipped.drug(known, "sertraline", ref=ref) for ref in ("1", "2"))
    judgement = check(shipped.regimen(known, morning, evening, "tramadol"), known)
    finding = judgement.findings[0]
    assert finding.refs == ("1", "2", "tramadol")
    assert len([one for one in judgement.findings if one.drugs == ("sertraline", "tramadol")]) == 1
    assert len(judgement.pairs) == 2


def test_the_key_holds_kind_problem_drugs_and_severity() -> None:
    known = shipped.alone()
    finding = check(shipped.regimen(known, "tramadol", "sertraline"), known).findings[0]
    assert finding.key == f"interaction|{finding.problem}|sertraline+tramadol|major"


def test_a_drug_that_starts_later_does_not_count_yet() -> None:
    known = shipped.alone()
    later = shipped.drug(known, "tramadol", started_on=1)
    assert check(shipped.regimen(known, "sertraline", later), known).findings == ()
    today = shipped.drug(known, "tramadol", started_on=0)
    assert check(shipped.regimen(known, "sertraline", today), known).findings


def test_a_drug_stopped_today_or_later_is_still_taken() -> None:
    known = shipped.alone()
    for days in (0, 5):
        stopped = shipped.drug(known, "lorazepam", stopped_on=days)
        assert check(shipped.regimen(known, "olanzapine", stopped), known).findings


def test_two_stopped_drugs_are_no_pair() -> None:
    known = shipped.alone()
    gone = [shipped.drug(known, name, stopped_on=-1) for name in ("fluoxetine", "phenelzine")]
    judgement = check(shipped.regimen(known, *gone), known)
    assert (judgement.findings, judgement.pairs) == ((), ())


def test_what_a_data_set_calls_major_counts_until_the_stopped_drug_is_gone() -> None:
    drugs = [
        SourceDrug("Fluoxetine", rxcui=4493),
        SourceDrug("Metformin", rxcui=6809),
        SourceDrug("Warfarin", rxcui=11289),
    ]
    known = shipped.knowledge(shipped.data_set(drugs, {(0, 1): "major", (0, 2): "moderate"}), rules=False)
    for days, count in [(-34, 1), (-35, 0)]:
        stopped = shipped.drug(known, "fluoxetine", stopped_on=days)
        judgement = check(shipped.regimen(known, stopped, "metformin", "warfarin"), known)
        assert [finding.drugs for finding in judgement.findings] == [("fluoxetine", "metformin")] * count


def test_two_stopped_drugs_of_a_data_set_are_no_pair() -> None:
    drugs = [SourceDrug("Fluoxetine", rxcui=4493), SourceDrug("Metformin", rxcui=6809)]
    known = shipped.knowledge(shipped.data_set(drugs, {(0, 1): "major"}), rules=False)
    gone = [shipped.drug(known, name, stopped_on=-1) for name in ("fluoxetine", "metformin")]
    assert check(shipped.regimen(known, *gone), known).findings == ()


def test_an_unknown_drug_stopped_recently_is_named_and_later_forgotten() -> None:
    known = shipped.alone()
    for days, count in [(-34, 1), (-35, 0)]:
        stopped = shipped.drug(known, "herbal tea", stopped_on=days)
        assert len(check(shipped.regimen(known, stopped, "sertraline"), known).not_checked) == count


def test_a_finding_within_a_long_window_has_its_pair_state() -> None:
    known = shipped.alone()
    stopped = shipped.drug(known, "phenelzine", stopped_on=-13)
    judgement = check(shipped.regimen(known, stopped, "sertraline"), known)
    assert states(judgement) == ["finding"]


def test_a_fact_that_a_rule_asks_for_and_nobody_recorded_is_named() -> None:
    known = shipped.alone()
    quetiapine = shipped.drug(known, "quetiapine", mg_per_day=Decimal(200))
    judgement = check(shipped.regimen(known, quetiapine, "escitalopram"), known)
    entry = next(one for one in judgement.not_checked if one.what == "QTc, potassium and other QT risk factors")
    assert entry.refs == ("escitalopram", "quetiapine")
    assert severities(judgement)[0] == "moderate", "the rule's own severity stands meanwhile"


@pytest.mark.parametrize(
    ("names", "what"),
    [
        (("disulfiram", "sertraline"), "the form"),
        (("valproate", "aspirin"), "daily dose of aspirin"),
        (("olanzapine", "lorazepam"), "the route"),
        (("bupropion", "alcohol"), "how much alcohol"),
        (("sertraline", "hydrochlorothiazide"), "age and sodium"),
        (("tobacco smoking", "ethinyl estradiol contraceptive"), "age"),
        (("paroxetine", "aripiprazole"), "whether it is a long-acting injection"),
    ],
)
def test_each_kind_of_missing_fact_is_named_and_never_hides_the_rule_silently(
    names: tuple[str, ...], what: str
) -> None:
    known = shipped.alone()
    drugs = tuple(shipped.drug(known, name, route="") for name in names)
    judgement = check(Regimen(shipped.DAY, drugs, Facts()), known)
    assert any(what in entry.what for entry in judgement.not_checked)


def test_what_raised_a_grade_is_told_with_it() -> None:
    known = shipped.alone()
    regimen = shipped.regimen(known, "sertraline", "hydrochlorothiazide", age_years=70, sodium=Decimal(139))
    finding = check(regimen, known).findings[0]
    assert finding.sources[0].factors == ("age 65 or more",)


def test_a_diagnosis_raises_a_grade_like_a_measured_value_does() -> None:
    known = shipped.alone()
    for conditions in (("heart failure",), ("ICD10:I50.9",)):
        (finding,) = check(shipped.regimen(known, "quetiapine", "escitalopram", conditions=conditions), known).findings
        assert finding.severity is Severity.MAJOR
        assert finding.sources[0].factors == ("structural heart disease",)
        assert finding.context == "structural_heart_disease"


def test_a_combination_taken_twice_does_not_interact_with_itself() -> None:
    known = shipped.alone()
    twice = [shipped.drug(known, "dextromethorphan-bupropion", ref=ref) for ref in ("morning", "evening")]
    assert not [one for one in check(shipped.regimen(known, *twice), known).findings if one.kind == "interaction"]


def test_a_combination_with_an_unlisted_ingredient_is_found_but_not_called_safe() -> None:
    drugs = [
        SourceDrug("Olanzapine", rxcui=61381),
        SourceDrug("Ethanol", rxcui=448),
        SourceDrug("Metformin", rxcui=6809),
    ]
    known = shipped.knowledge(shipped.data_set(drugs, {(0, 1): "major"}), rules=False)
    judgement = check(shipped.regimen(known, "olanzapine-samidorphan", "alcohol", "metformin"), known)
    assert severities(judgement) == ["major"]
    by_refs = {(pair.a_ref, pair.b_ref): pair.state for pair in judgement.pairs}
    assert by_refs["metformin", "olanzapine-samidorphan"] == "not_checked"


def test_two_source_drugs_with_one_code_both_speak() -> None:
    drugs = [
        SourceDrug("Lithium carbonate", rxcui=42351),
        SourceDrug("Lithium citrate", rxcui=52105),
        SourceDrug("Ibuprofen", rxcui=5640),
        SourceDrug("Naproxen", rxcui=7258),
    ]
    known = shipped.knowledge(shipped.data_set(drugs, {(0, 2): "major", (1, 2): "minor", (1, 3): "major"}), rules=False)
    judgement = check(shipped.regimen(known, "lithium", "ibuprofen", "naproxen"), known)
    assert {(one.drugs, one.severity.word) for one in judgement.findings} == {
        (("ibuprofen", "lithium"), "major"),
        (("lithium", "naproxen"), "major"),
    }


def test_a_note_belongs_to_its_pair_and_no_other() -> None:
    made = shipped.data_set([SourceDrug("A"), SourceDrug("B"), SourceDrug("C")], {(0, 1): "minor", (0, 2): "minor"})
    made.notes = {pair_code(0, 1): Note(effect="Told")}
    known = shipped.knowledge(made, rules=False)
    told = {one.drugs: one.effect for one in check(shipped.regimen(known, "a", "b", "c"), known).findings}
    assert told == {("a", "b"): "Told", ("a", "c"): ""}


def test_a_pair_table_answers_in_either_order_and_forgets_nothing() -> None:
    grades = {pair_code(0, 3): 4, pair_code(2, 1): 2, pair_code(5, 4): 1}
    made = PairTable.of(6, grades)
    assert {(a, b): grade for a, b, grade in made} == {(3, 0): 4, (2, 1): 2, (5, 4): 1}
    assert (made.grade(0, 3), made.grade(3, 0), made.grade(0, 1), made.grade(5, 0)) == (4, 4, 0, 0)
    assert len(made) == 3
    assert made.byte_count() == 1 + 2 + 5


def test_a_stop_far_in_the_past_leaves_no_trace() -> None:
    known = shipped.alone()
    long_gone = Drug("x", "fluoxetine", "fluoxetine", stopped_on=shipped.DAY - timedelta(days=400))
    judgement = check(shipped.regimen(known, long_gone, "phenelzine"), known)
    assert (judgement.findings, judgement.pairs, judgement.not_checked) == ((), (), ())
