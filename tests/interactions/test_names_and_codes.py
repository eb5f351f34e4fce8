"""A name and a code, or a drug and its product, that do not belong together."""

import pytest

from interactions import library
from interactions.engine.catalogue import Catalogue
from interactions.errors import NamesDisagree
from interactions.importers import product_codes
from tests.interactions import shipped

SALTS = {one.rxcui: one.ingredient_rxcui for one in shipped.tables().synonyms}
KNOWN = Catalogue(shipped.tables().drugs, SALTS, product_codes.made_of())
SERTRALINE, FLUOXETINE, SERTRALINE_50, ZOLOFT_50 = 36437, 4493, 312941, 208161


@pytest.mark.parametrize(
    ("name", "rxcui"),
    [
        ("sertraline", SERTRALINE),
        ("Zoloft", SERTRALINE_50),
        ("lithium carbonate", 42351),
        ("haloperidol decanoate", 5093),
        ("Depakote", 40254),
        ("a name that nobody has", SERTRALINE),
    ],
)
def test_one_drug_by_its_name_and_any_of_its_codes_is_no_contradiction(name: str, rxcui: int) -> None:
    assert KNOWN.contradicted(name, rxcui) is None


@pytest.mark.parametrize(
    ("name", "rxcui", "both"),
    [
        ("sertraline", FLUOXETINE, ("sertraline", "fluoxetine")),
        ("Prozac", SERTRALINE_50, ("fluoxetine", "sertraline")),
        ("fluoxetine", 611247, ("fluoxetine", "olanzapine-fluoxetine")),
        ("sertraline", 2147000001, ("sertraline", "")),
    ],
)
def test_two_drugs_are_named_both(name: str, rxcui: int, both: tuple[str, str]) -> None:
    assert KNOWN.contradicted(name, rxcui) == both


def test_a_code_of_any_level_finds_its_drug() -> None:
    found = [KNOWN.coded(rxcui) for rxcui in (SERTRALINE, SERTRALINE_50, ZOLOFT_50)]
    assert {drug.key for drug in found if drug} == {"sertraline"}
    assert None not in found


@pytest.mark.django_db
@pytest.mark.usefixtures("shipped_release")
def test_a_products_code_in_an_ingredients_place_is_put_where_it_belongs() -> None:
    meant = library.agreed("", SERTRALINE_50)
    assert (meant.found.key if meant.found else "", meant.rxcui, meant.product_rxcui) == (
        "sertraline", SERTRALINE, SERTRALINE_50,
    )  # fmt: skip


@pytest.mark.django_db
@pytest.mark.usefixtures("shipped_release")
@pytest.mark.parametrize(
    ("name", "rxcui", "product_rxcui", "product"),
    [
        ("sertraline", FLUOXETINE, None, ""),
        ("fluoxetin", SERTRALINE, None, ""),
        ("sertraline", SERTRALINE, 310385, ""),
        ("fluoxetine", None, SERTRALINE_50, ""),
        ("sertraline", SERTRALINE, None, "fluoxetine 20 mg capsule"),
    ],
)
def test_whatever_does_not_belong_together_is_refused_with_both_named(
    name: str, rxcui: int | None, product_rxcui: int | None, product: str
) -> None:
    with pytest.raises(NamesDisagree) as refused:
        library.agreed(name, rxcui, product_rxcui, product)
    assert "sertraline" in str(refused.value)
    assert "fluoxetine" in str(refused.value)


@pytest.mark.django_db
@pytest.mark.usefixtures("shipped_release")
@pytest.mark.parametrize("product", ["50 mg oral tablet", "sertraline 50 mg", "", "100 mg extended release capsule"])
def test_strength_and_form_that_name_no_other_drug_are_taken(product: str) -> None:
    assert library.agreed("sertraline", SERTRALINE, SERTRALINE_50, product).product_rxcui == SERTRALINE_50
