"""RxNorm names taken apart as they really come."""

import pytest

from medmgmt.fhir.importing import products, tables


def parts(display: str) -> list[tuple[str, str]]:
    return [(part.names[-1], part.strength) for part in products.parse(display).ingredients]


@pytest.mark.parametrize(
    ("display", "expected"),
    [
        ("Ibuprofen 200 MG Oral Tablet", [("ibuprofen", "200 mg")]),
        ("24 HR Metformin hydrochloride 500 MG Extended Release Oral Tablet", [("metformin", "500 mg")]),
        ("24 HR metoprolol succinate 100 MG Extended Release Oral Tablet [Toprol]", [("metoprolol", "100 mg")]),
        ("10 ML Furosemide 10 MG/ML Injection", [("furosemide", "10 mg/mL")]),
        ("NDA020800 0.3 ML Epinephrine 1 MG/ML Auto-Injector", [("epinephrine", "1 mg/mL")]),
        ("Abuse-Deterrent 12 HR Oxycodone Hydrochloride 15 MG Extended Release Oral Tablet", [("oxycodone", "15 mg")]),
        ("Amoxicillin 250 MG / Clavulanate 125 MG Oral Tablet", [("amoxicillin", "250 mg"), ("clavulanate", "125 mg")]),
        ("Acetaminophen/Hydrocodone", [("acetaminophen", ""), ("hydrocodone", "")]),
        ("Carbamazepine[Tegretol]", [("carbamazepine", "")]),
        ("Sertraline 100MG", [("sertraline", "100 mg")]),
        ("Penicillin V Potassium 250 MG Oral Tablet", [("penicillin v", "250 mg")]),
        ("120 ACTUAT Fluticasone propionate 0.044 MG/ACTUAT Inhaler", [("fluticasone", "0.044 mg/actuation")]),
        ("Vitamin B 12 5 MG/ML Injectable Solution", [("vitamin b 12", "5 mg/mL")]),
        ("", []),
    ],
)  # fmt: skip
def test_a_name_gives_its_ingredients_with_their_strengths(display: str, expected: list[tuple[str, str]]) -> None:
    assert parts(display) == expected


def test_a_pack_gives_each_active_ingredient_once_and_no_strength_where_its_tablets_differ() -> None:
    pack = (
        "{7 (Ethinyl Estradiol 0.035 MG / norgestimate 0.18 MG Oral Tablet) / "
        "7 (Ethinyl Estradiol 0.035 MG / norgestimate 0.215 MG Oral Tablet) / 7 (Inert Ingredients 1 MG Oral Tablet) } "
        "Pack [Tri-Sprintec 28 Day]"
    )
    assert parts(pack) == [("ethinyl estradiol", "0.035 mg"), ("norgestimate", "")]
    assert products.parse(pack).brand == "Tri-Sprintec 28 Day"


def test_the_salt_alone_is_never_what_is_left_of_a_name() -> None:
    assert products.without_salt("ferrous sulfate") == "ferrous sulfate"
    assert products.without_salt("sodium chloride") == "sodium chloride"
    assert products.without_salt("lithium carbonate") == "lithium carbonate"
    assert products.without_salt("amiodarone hydrocholoride") == "amiodarone"


def test_a_form_says_the_route_only_where_it_implies_one() -> None:
    assert products.parse("Clopidogrel 75 MG Oral Tablet").route == "PO"
    assert products.parse("Hydrocortisone 10 MG/ML Topical Cream").route == "TOP"
    assert products.parse("Cisplatin 50 MG Injection").route == ""


def test_a_brand_or_a_misspelt_name_is_read_from_the_table_of_products() -> None:
    _, (simvastatin,) = tables.product(316672, "Simvistatin 10 MG")
    assert (simvastatin.names, simvastatin.rxcui, simvastatin.ingredient.strength) == (("simvastatin",), 36567, "10 mg")
    product, parts = tables.product(748856, "Yaz 28 Day Pack")
    assert [part.ingredient.name for part in parts] == ["ethinyl estradiol", "drospirenone"]
    assert parts[0].names == ("ethinyl estradiol contraceptive", "ethinyl estradiol", "ethinylestradiol")
    assert product.route == "PO"


def test_a_name_that_only_looks_like_a_drug_is_never_guessed() -> None:
    _, (part,) = tables.product(None, "Simvistatin 10 MG")
    assert part.names == ("simvistatin",)
    assert part.rxcui is None
