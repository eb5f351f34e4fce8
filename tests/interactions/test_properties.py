"""What holds for every regimen: order never matters, and what nobody knows neither raises nor hides anything."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from interactions.engine import pair_conditions
from interactions.engine.check import check
from interactions.engine.data_set import SourceDrug
from interactions.engine.knowledge import Knowledge
from interactions.engine.memory import Memory
from interactions.engine.pair_table import PairTable, pair_code
from interactions.engine.regimen import Action, Drug, Facts, Regimen
from interactions.engine.rules import pharmacokinetics
from interactions.engine.severity import Severity
from tests.interactions import shipped

KEYS = sorted(shipped.alone().catalogue.drugs)
PSYCHIATRIC = [key for key in KEYS if shipped.alone().catalogue.drugs[key].group == "psychotropic"]


def both() -> Knowledge:
    """The shipped rules beside a data set that has something to say of half its pairs."""
    drugs = [SourceDrug(key) for key in PSYCHIATRIC[:60]]
    pairs = {(a, b): "major" if (a + b) % 3 else "ungraded" for a in range(60) for b in range(a) if (a * b) % 2}
    return shipped.knowledge(shipped.data_set(drugs, pairs))


KNOWN = both()
names = st.one_of(st.sampled_from(PSYCHIATRIC), st.sampled_from(KEYS), st.text(max_size=12))
days = st.one_of(st.none(), st.integers(-200, 30))
drugs = st.builds(
    lambda name, number, route, form, mg, started, stopped: Drug(
        ref=str(number),
        name=name,
        key=name if name in KNOWN.catalogue.drugs else None,
        route=route,
        form=form,
        mg_per_day=mg,
        started_on=None if started is None else shipped.DAY + timedelta(days=started),
        stopped_on=None if stopped is None else shipped.DAY + timedelta(days=stopped),
    ),
    names,
    st.integers(1, 40),
    st.sampled_from(["", "PO", "IM", "TOP"]),
    st.sampled_from(["", "tablet", "oral concentrate"]),
    st.one_of(st.none(), st.decimals(1, 1000, places=1)),
    days,
    days,
)
regimens = st.lists(drugs, max_size=8)
facts = st.builds(
    Facts,
    age_years=st.one_of(st.none(), st.integers(0, 110)),
    sodium=st.one_of(st.none(), st.decimals(110, 160, places=0)),
    potassium=st.one_of(st.none(), st.decimals(2, 6, places=1)),
    qtc_ms=st.one_of(st.none(), st.integers(300, 600)),
    alcohol=st.sampled_from(["", "none", "current", "heavy"]),
)


@settings(max_examples=60, deadline=None)
@given(taken=regimens, known=facts, seed=st.randoms(use_true_random=False))
def test_the_order_of_the_drugs_never_matters(taken: list[Drug], known: Facts, seed: object) -> None:
    shuffled = list(taken)
    seed.shuffle(shuffled)  # type: ignore[attr-defined]
    first, second = (check(Regimen(shipped.DAY, tuple(order), known), KNOWN) for order in (taken, shuffled))
    assert first.findings == second.findings
    assert first.not_checked == second.not_checked
    assert first.pairs == second.pairs


@settings(max_examples=60, deadline=None)
@given(taken=regimens, known=facts, name=st.text(max_size=20))
def test_an_unknown_drug_never_raises_and_never_hides(taken: list[Drug], known: Facts, name: str) -> None:
    stranger = Drug("stranger", name, None)
    before = check(Regimen(shipped.DAY, tuple(taken), known), KNOWN)
    after = check(Regimen(shipped.DAY, (*taken, stranger), known), KNOWN)
    assert after.findings == before.findings
    assert set(before.pairs) <= set(after.pairs)
    assert any("stranger" in entry.refs for entry in after.not_checked)


@settings(max_examples=60, deadline=None)
@given(taken=regimens, known=facts)
def test_every_pair_of_taken_drugs_has_exactly_one_state(taken: list[Drug], known: Facts) -> None:
    numbered = [
        Drug(f"{place:02}", one.name, one.key, started_on=None, stopped_on=None) for place, one in enumerate(taken)
    ]
    judgement = check(Regimen(shipped.DAY, tuple(numbered), known), KNOWN)
    pairs = [(pair.a_ref, pair.b_ref) for pair in judgement.pairs]
    assert len(pairs) == len(set(pairs))
    wanted = {
        (a.ref, b.ref)
        for place, b in enumerate(numbered)
        for a in numbered[:place]
        if a.key is None or b.key is None or a.key != b.key
    }
    assert set(pairs) == wanted
    keys = {one.key for one in numbered}
    pairwise = [one for one in judgement.findings if one.kind == "interaction" and keys.issuperset(one.drugs)]
    found = {ref for finding in pairwise for ref in finding.refs}
    assert found <= {ref for pair in judgement.pairs if pair.state == "finding" for ref in (pair.a_ref, pair.b_ref)}


@settings(max_examples=40, deadline=None)
@given(taken=regimens, known=facts)
def test_silence_is_never_told_without_its_scope(taken: list[Drug], known: Facts) -> None:
    judgement = check(Regimen(shipped.DAY, tuple(taken), known), KNOWN)
    for pair in judgement.pairs:
        assert (pair.scope == "") is (pair.state == "not_checked")
        assert bool(pair.why) is (pair.state == "not_checked")
        if pair.state == "nothing_on_record":
            assert " of 2026-" in pair.scope
    assert "no interactions" not in repr((judgement.pairs, judgement.findings, judgement.not_checked)).lower()


@given(
    st.integers(2, 60).flatmap(
        lambda size: st.tuples(
            st.just(size),
            st.dictionaries(
                st.tuples(st.integers(0, size - 1), st.integers(0, size - 1)).filter(lambda pair: pair[0] != pair[1]),
                st.integers(1, 5),
                max_size=80,
            ),
        )
    )
)
def test_a_pair_table_holds_what_was_put_in(made: tuple[int, dict[tuple[int, int], int]]) -> None:
    size, pairs = made
    grades = {pair_code(a, b): grade for (a, b), grade in pairs.items()}
    table = PairTable.of(size, grades)
    assert {pair_code(a, b): grade for a, b, grade in table} == grades
    assert len(table) == len(grades)
    for (a, b), grade in pairs.items():
        assert table.grade(a, b) == table.grade(b, a) == grades[pair_code(a, b)]
        assert grade in range(1, 6)


@given(st.text(max_size=30))
def test_a_condition_is_either_understood_or_refused(code: str) -> None:
    try:
        clauses = pair_conditions.parse(code)
    except ValueError:
        return
    assert all(pair_conditions.is_known(token) for clause in clauses for token in clause.tokens)


@given(st.sampled_from(list(Severity)))
def test_raising_a_severity_never_lowers_it(severity: Severity) -> None:
    assert severity.raised() >= severity
    assert severity.raised() - severity <= 1


@settings(max_examples=25, deadline=None)
@given(potassium=st.decimals(2, 6, places=1), qtc=st.integers(300, 600))
def test_more_risk_never_means_a_lower_grade(potassium: Decimal, qtc: int) -> None:
    def worst(**known: object) -> int:
        regimen = shipped.regimen(KNOWN, "quetiapine", "escitalopram", **known)
        return max(finding.severity for finding in check(regimen, KNOWN).findings)

    assert worst(potassium=potassium, qtc_ms=qtc) >= worst(potassium=Decimal("4.5"), qtc_ms=400)


@settings(max_examples=60, deadline=None)
@given(taken=regimens, more=drugs, known=facts)
def test_one_more_drug_takes_nothing_away_but_for_a_rule_that_says_so(
    taken: list[Drug], more: Drug, known: Facts
) -> None:
    """A finding may grow (a sum, another prescription) or be told of more drugs; the problem of a pair stays."""
    if more.key is None or more.key in {one.key for one in taken}:
        return
    skipping = any("skip_if_active_set" in rule.condition_code for rule in shipped.tables().rules)
    assert skipping, "the one reason that a rule can state"
    before = check(Regimen(shipped.DAY, tuple(taken), known), KNOWN)
    after = check(Regimen(shipped.DAY, (*taken, replace(more, ref="more")), known), KNOWN)
    said = {(one.kind, one.problem, drug) for one in after.findings for drug in one.drugs}
    skipped = {rule.problem for rule in shipped.tables().rules if "skip_if_active_set" in rule.condition_code}
    for one in before.findings:
        if one.problem not in skipped:
            assert {(one.kind, one.problem, drug) for drug in one.drugs} <= said, one


@given(
    grade=st.sampled_from(["sensitive", "moderate", "minor", "activation"]),
    narrow=st.booleans(),
    wide=st.booleans(),
)
def test_a_stronger_inhibitor_or_inducer_is_never_less_severe(grade: str, narrow: bool, wide: bool) -> None:
    sertraline = shipped.alone().formulary.profiles.usual("sertraline")
    aripiprazole = shipped.alone().formulary.profiles.usual("aripiprazole")
    assert sertraline is not None
    assert aripiprazole is not None
    victim = replace(aripiprazole, substrate={"CYP2D6": grade}, narrow=narrow, wide=wide)
    for kind in ("inhibits", "induces"):
        found = []
        for strength in (1, 2, 3):
            acting = replace(sertraline, inhibits={}, induces={})
            acting = replace(acting, **{kind: {"CYP2D6": strength}})
            derived = list(pharmacokinetics.derive(acting, victim, shipped.alone().formulary.derived))
            found.append(max((one.severity or 0 for one in derived), default=0))
        assert found == sorted(found)


@settings(max_examples=60, deadline=None)
@given(taken=regimens, known=facts, acted=st.sampled_from(["none", "start", "stop"]))
def test_a_remembered_word_is_the_word_that_would_be_found_anew(taken: list[Drug], known: Facts, acted: str) -> None:
    """What one regimen leaves in memory never shows in another's findings."""
    action = Action(acted, frozenset(one.ref for one in taken[:1]))
    regimen = Regimen(shipped.DAY, tuple(taken), known, action)
    fresh = replace(KNOWN, memory=Memory())
    first, anew = check(regimen, KNOWN), check(regimen, fresh)
    assert first.findings == anew.findings
    assert first.not_checked == anew.not_checked
    assert first.cards == anew.cards
    assert first.pairs == anew.pairs


DOSED = sorted(
    {one.drug for one in shipped.tables().modifiers if one.condition.startswith("total_daily_mg")}
    | {"citalopram", "escitalopram", "gabapentin", "lithium", "quetiapine", "zolpidem", "methadone", "bupropion"}
)
partners = st.lists(st.sampled_from(PSYCHIATRIC), max_size=4, unique=True)


@settings(max_examples=120, deadline=None)
@given(
    key=st.sampled_from(DOSED),
    others=partners,
    doses=st.tuples(st.integers(1, 3000), st.integers(1, 3000)),
    known=facts,
    egfr=st.one_of(st.none(), st.integers(5, 120)),
)
def test_a_higher_dose_is_never_told_less_severely(
    key: str, others: list[str], doses: tuple[int, int], known: Facts, egfr: int | None
) -> None:
    """Over every finding that the dose can move: pairs, loads, limits and adjustments, whoever else is there."""
    known = replace(known, egfr=None if egfr is None else Decimal(egfr))

    def worst(mg: int) -> dict[tuple[str, str, tuple[str, ...]], Severity]:
        dosed = Drug("dosed", key, key, route="PO", mg_per_day=Decimal(mg), mg_per_dose=Decimal(mg))
        rest = [Drug(str(place), one, one, route="PO") for place, one in enumerate(others) if one != key]
        found: dict[tuple[str, str, tuple[str, ...]], Severity] = {}
        for one in check(Regimen(shipped.DAY, (dosed, *rest), known), shipped.alone()).findings:
            mark = (one.kind, one.problem, one.drugs)
            found[mark] = max(one.severity, found.get(mark, Severity.UNGRADED))
        return found

    low, high = sorted(doses)
    lower, higher = worst(low), worst(high)
    for (kind, problem, drugs), severity in lower.items():
        told = [
            after
            for (other_kind, other_problem, named), after in higher.items()
            if other_problem == problem
            and (set(drugs) <= set(named))
            and (other_kind == kind or "cumulative" in (kind, other_kind))
        ]
        assert max(told, default=0) >= severity, (kind, problem, drugs)


@settings(max_examples=60, deadline=None)
@given(taken=regimens, known=facts, codes=st.lists(st.integers(10**9, 10**9 + 50), max_size=3))
def test_drugs_that_nobody_knows_are_each_named_and_change_nothing(
    taken: list[Drug], known: Facts, codes: list[int]
) -> None:
    strangers = [Drug(f"stranger {place}", str(code), None, rxcui=code) for place, code in enumerate(codes)]
    before = check(Regimen(shipped.DAY, tuple(taken), known), KNOWN)
    after = check(Regimen(shipped.DAY, (*taken, *strangers), known), KNOWN)
    assert after.findings == before.findings
    assert after.cards == before.cards
    named = {ref for entry in after.not_checked for ref in entry.refs}
    assert {one.ref for one in strangers} <= named
