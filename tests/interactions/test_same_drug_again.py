"""One substance on two lines: what was said of them when the later one was ordered decides."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions.engine.check import check
from interactions.engine.findings import Finding
from interactions.engine.regimen import Action, Drug, Regimen
from interactions.engine.severity import Severity
from tests.interactions import shipped

KNOWN = shipped.alone()
OF_ONE_SUBSTANCE = [
    ("sertraline", "sertraline"),
    ("lithium carbonate", "lithium citrate"),
    ("olanzapine", "olanzapine-samidorphan"),
    ("trospium", "xanomeline-trospium"),
    ("haloperidol", "haloperidol decanoate"),
    ("aripiprazole lai monthly", "aripiprazole lai 2-month"),
    ("medroxyprogesterone", "medroxyprogesterone"),
]


def line(name: str, place: int, *, alongside: bool | None = None, mg: str = "") -> Drug:
    drug = shipped.drug(KNOWN, name, ref=str(place), started_on=-200)
    return replace(drug, ordered=place, alongside=alongside, mg_per_day=Decimal(mg) if mg else None)


def twice(*drugs: Drug, starts: int | None = None) -> list[Finding]:
    action = Action() if starts is None else Action("start", frozenset({str(starts)}))
    found = check(Regimen(shipped.DAY, drugs, action=action), KNOWN).findings
    return [one for one in found if one.kind == "duplicate_therapy"]


@pytest.mark.parametrize(("first", "second"), OF_ONE_SUBSTANCE)
def test_ordered_again_without_a_word_it_is_major_and_meant_it_is_silent(first: str, second: str) -> None:
    (finding,) = twice(line(first, 1), line(second, 2, alongside=False), starts=2)
    assert finding.severity >= Severity.MAJOR
    assert finding.is_triggered
    assert twice(line(first, 1), line(second, 2, alongside=True), starts=2) == []


@pytest.mark.parametrize(("route", "form"), [("TD", "patch"), ("PO", "ER tablet"), ("", "")])
def test_neither_route_nor_form_nor_dose_hides_it(route: str, form: str) -> None:
    other = replace(line("clonidine", 2, alongside=False, mg="0.3"), route=route, form=form)
    assert twice(line("clonidine", 1, mg="0.1"), other, starts=2)


def test_what_was_signed_without_a_word_stands_and_what_nobody_was_asked_about_does_not() -> None:
    first = line("venlafaxine", 1, mg="150")
    assert twice(first, line("venlafaxine", 2, alongside=False, mg="75"))
    assert twice(first, line("venlafaxine", 2, mg="75")) == []


def test_the_later_line_speaks_for_itself_alone() -> None:
    first, meant = line("mirtazapine", 1, mg="15"), line("mirtazapine", 2, alongside=True, mg="7.5")
    third = line("mirtazapine", 3, alongside=False, mg="15")
    assert twice(first, meant) == []
    (finding,) = twice(first, meant, third)
    assert finding.context
    assert twice(meant, third)[0].context != finding.context


def test_meant_it_silences_no_contraindication_and_no_other_drug_of_its_class() -> None:
    (finding,) = twice(line("bupropion", 1), line("dextromethorphan-bupropion", 2, alongside=True), starts=2)
    assert finding.severity == Severity.CONTRAINDICATED
    assert twice(line("ibuprofen", 1), line("naproxen", 2, alongside=True), starts=2)
    assert twice(line("citalopram", 1), line("escitalopram", 2, alongside=True), starts=2)


def test_a_planned_overlap_of_risperidone_and_paliperidone_is_silent_once_it_is_meant() -> None:
    oral, depot = line("risperidone", 1), line("paliperidone palmitate monthly", 2)
    assert twice(oral, replace(depot, alongside=False), starts=2)
    assert twice(oral, replace(depot, alongside=True), starts=2) == []


@pytest.mark.parametrize(("a", "b"), [("docusate", "senna"), ("calcium carbonate", "magnesium hydroxide")])
def test_two_substances_for_which_one_drug_speaks_are_two(a: str, b: str) -> None:
    assert twice(line(a, 1), line(b, 2, alongside=False), starts=2) == []


def test_a_name_that_nobody_knows_is_compared_with_itself() -> None:
    first = Drug("1", "Calming  Tea", None, ordered=1)
    again = Drug("2", "calming tea", None, ordered=2, alongside=False)
    (finding,) = twice(first, again, starts=2)
    assert (finding.severity, finding.refs) == (Severity.MAJOR, ("1", "2"))
    assert twice(first, replace(again, alongside=True), starts=2) == []
    assert twice(first, replace(again, stopped_on=shipped.DAY), starts=2) == []


@given(st.permutations([1, 2, 3]), st.lists(st.sampled_from([True, False, None]), min_size=3, max_size=3))
def test_the_order_in_which_lines_are_listed_never_matters(places: list[int], said: list[bool | None]) -> None:
    lines = [line("quetiapine", place, alongside=said[place - 1], mg=str(50 * place)) for place in places]
    assert twice(*lines) == twice(*sorted(lines, key=lambda one: one.ordered))
