"""Every name resolves: brands, combinations, lay names and codes, as people write them, to what they are made of."""

import csv
from pathlib import Path

import pytest

from interactions import library
from interactions.models import Release
from medmgmt.supply import cases

NAMED = Path(__file__).resolve().parents[1] / "cases" / "must_resolve.csv"
MADE_OF = [
    ("NyQuil", {"acetaminophen", "dextromethorphan", "doxylamine"}),
    ("nyquil", {"acetaminophen", "dextromethorphan", "doxylamine"}),
    ("Tylenol #3", {"acetaminophen", "codeine"}),
    ("hydrocodone/acetaminophen 5/325", {"acetaminophen", "hydrocodone"}),
    ("acetaminophen and hydrocodone", {"acetaminophen", "hydrocodone"}),
    ("lisinopril-hydrochlorothiazide 20-12.5 mg", {"hydrochlorothiazide", "lisinopril"}),
    ("Advair Diskus", {"fluticasone", "salmeterol"}),
    ("Avapro", {"irbesartan"}),
    ("CBD oil", {"cannabidiol"}),
    ("St Johns wort", {"st john's wort"}),
    ("Contrave", {"bupropion-naltrexone"}),
]
LOOK_ALIKES = [("hydroxizine", "hydroxyzine"), ("bupropian", "bupropion"), ("lamotrigin", "lamotrigine")]


def made_of(name: str = "", rxcui: int | None = None) -> set[str]:
    """The names of all that the review judges in its place; none where nobody knows it."""
    catalogue = library.current().catalogue
    entry = catalogue.resolve(name, rxcui)
    return set() if entry is None else {part.name for part in catalogue.parts_of(entry)}


def case(*drugs: str) -> dict[str, object]:
    return {"id": "case", "as_of": "2026-12-01", "current_meds": [{"drug": drug} for drug in drugs]}


def pairs(*drugs: str) -> list[tuple[str, frozenset[str]]]:
    found = cases.review(case(*drugs))["findings"]
    return [(one["type"], frozenset(one["drugs"])) for one in found]


@pytest.mark.django_db
def test_the_most_prescribed_and_every_psychotropic_resolve(shipped_release: Release) -> None:
    with NAMED.open(encoding="utf-8") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert len(names) > 450
    assert [name for name in names if not made_of(name)] == []


@pytest.mark.django_db
@pytest.mark.parametrize(("typed", "parts"), MADE_OF, ids=[typed for typed, _ in MADE_OF])
def test_a_name_as_people_write_it_is_what_it_is_made_of(typed: str, parts: set[str], shipped_release: Release) -> None:
    assert made_of(typed) == parts


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("code", "parts"),
    [(83818, {"irbesartan"}), (153666, {"irbesartan"}), (197885, {"hydrochlorothiazide", "lisinopril"})],
    ids=["ingredient", "branded product", "combination"],
)
def test_a_code_of_any_level_is_what_it_is_made_of(code: int, parts: set[str], shipped_release: Release) -> None:
    assert made_of(rxcui=code) == parts


@pytest.mark.django_db
def test_each_ingredient_of_a_brand_is_checked_and_they_are_not_checked_against_each_other(
    shipped_release: Release,
) -> None:
    assert ("interaction", frozenset({"dextromethorphan", "phenelzine"})) in pairs("NyQuil", "phenelzine")
    assert pairs("NyQuil") == []


@pytest.mark.django_db
def test_what_is_in_two_products_is_found_twice_and_what_is_in_one_is_not(shipped_release: Release) -> None:
    assert ("duplicate_therapy", frozenset({"acetaminophen"})) in pairs("NyQuil", "acetaminophen")
    assert not [kind for kind, _drugs in pairs("NyQuil", "loratadine") if kind == "duplicate_therapy"]


@pytest.mark.django_db
def test_a_name_of_several_products_asks_which_one(shipped_release: Release) -> None:
    [left] = cases.review(case("Theraflu"))["not_checked"]
    assert "It can be" in left["why"]
    assert "say which" in left["why"]
    assert len(library.meant("Theraflu")) > 1


@pytest.mark.django_db
@pytest.mark.parametrize(("typed", "meant"), LOOK_ALIKES)
def test_a_misspelling_is_asked_about_in_a_case_and_never_put_right(
    typed: str, meant: str, shipped_release: Release
) -> None:
    [left] = cases.review(case(typed))["not_checked"]
    assert f"Did you mean {meant}" in left["why"]
    assert library.resolve(typed) is None


@pytest.mark.django_db
def test_a_name_like_nobodys_is_offered_nothing(shipped_release: Release) -> None:
    [left] = cases.review(case("qqqqqqqq"))["not_checked"]
    assert "Did you mean" not in left["why"]
