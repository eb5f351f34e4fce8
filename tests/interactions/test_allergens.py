"""Allergy lists as people write them: what is meant, what it did, and what nobody can read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interactions.engine.allergens import Allergen
from interactions.engine.catalogue import Catalogue, MadeOf
from interactions.engine.check import check
from interactions.engine.folding import folded
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Allergy
from interactions.engine.rules.allergies import NOT_COMPARED
from tests.interactions import shipped


def read(text: str, rxcui: int | None = None) -> list[str]:
    """The name of each substance with what it did; what nobody knows with a question mark before it."""
    return [told(one) for one in shipped.alone().allergens.read(text, rxcui)]


def told(one: Allergen) -> str:
    name = one.name or f"?{one.said}"
    return f"{name}: {one.reaction}" if one.reaction else name


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("PCN", ["penicillins"]),
        ("pen", ["penicillins"]),
        ("Penicillin G", ["penicillin G"]),
        ("tegretol - SJS", ["carbamazepine: SJS"]),
        ("Tegretol (rash)", ["carbamazepine: rash"]),
        ("tegretol-SJS", ["carbamazepine: sjs"]),
        ("Allergy to penicillin (finding)", ["penicillins"]),
        ("allergic to sulfa", ["sulfonamides"]),
        ("PCN, sulfa, codeine - nausea", ["penicillins", "sulfonamides", "codeine: nausea"]),
        ("Penicillin, rash, hives", ["penicillins: rash; hives"]),
        ("Penicillin: rash; codeine: nausea and vomiting", ["penicillins: rash", "codeine: nausea; vomiting"]),
        ("SJS from lamictal", ["lamotrigine: sjs"]),
        ("rash - penicillin", ["penicillins: rash"]),
        ("severe penicillin allergy", ["penicillins: severe"]),
        ("PCN/sulfa", ["penicillins", "sulfonamides"]),
        ("trimethoprim/sulfamethoxazole", ["trimethoprim-sulfamethoxazole"]),
        ("carbamazepine (Tegretol) - rash", ["carbamazepine: rash"]),
        ("aspirin 81mg", ["aspirin"]),
        ("alergia a la penicilina", ["penicillins"]),
        ("Codeína (náuseas)", ["codeine: náuseas"]),
        ("aromatic anticonvulsants", ["aromatic antiseizure drugs"]),
        ("seroquel makes me sleepy", ["quetiapine: sleepy"]),
        ("peanuts, shellfish", ["nuts", "shellfish"]),
        ("IV contrast - hives", ["iodine or contrast medium: hives"]),
        ("NKDA", ["No known drug allergies"]),
        ("No Known Drug Allergies (NKDA)", ["No known drug allergies"]),
        ("nka/nkda", ["No known drug allergies"]),
        ("Tylenol w/ codeine", ["acetaminophen", "codeine"]),
        ("ninguna", ["No known allergies"]),
        ("NKDA per mom", ["No known drug allergies"]),
        ("N.K.D.A.", ["No known drug allergies"]),
        ("n k a", ["No known allergies"]),
        ("NKDA - verified 11/2026", ["No known drug allergies"]),
        ("patient denies any known drug allergies", ["No known drug allergies"]),
        ("no known drug or food allergies", ["No known allergies"]),
        ("no known drug allergies except penicillin", ["penicillins"]),
        ("PCN, never give Keflex", ["penicillins", "cephalexin"]),
        ("cannot tolerate lithium", ["lithium"]),
        ("barbs", ["barbiturates"]),
        ("peppers", ["fruit or vegetables"]),
        ("trazadone priapism", ["trazodone: priapism"]),
    ],
)  # fmt: skip
def test_a_line_is_read_as_it_was_meant(text: str, meant: list[str]) -> None:
    assert read(text) == meant


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("hydroxizine", "hydroxyzine"),
        ("hydralazin", "hydralazine"),
        ("lamotrogine", "lamotrigine"),
        ("lamivudin", "lamivudine"),
        ("penicilin", "penicillins"),
        ("asprin", "aspirin"),
        ("trileptol", "oxcarbazepine"),
    ],
)
def test_a_slip_of_the_finger_is_forgiven(typed: str, meant: str) -> None:
    assert read(typed) == [meant]


@pytest.mark.parametrize("typed", ["hydralyzine", "hydroxalazine", "betamethasone", "digitoxin", "bromperidol", "xyz"])
def test_what_lies_between_two_names_or_is_another_medicine_is_not_guessed(typed: str) -> None:
    assert read(typed) == [f"?{typed}"]


@pytest.mark.parametrize(
    "typed",
    ["not allergic to penicillin", "no penicillin allergy", "cold medicine", "?", "unknown", "no reaction", "per mom"],
)
def test_what_says_no_allergy_plainly_is_not_read_as_one(typed: str) -> None:
    assert read(typed) == [f"?{typed}"]


def test_what_is_tolerated_is_a_remark() -> None:
    assert read("PCN, tolerates Keflex") == ["penicillins: tolerates Keflex"]
    assert read("penicillin - tolerates cephalosporins") == ["penicillins: tolerates cephalosporins"]


def test_a_code_says_what_is_meant_where_words_do_not() -> None:
    assert read("pink tablets - hives", 7980) == ["penicillin G: hives"]
    assert read("", 2002) == ["carbamazepine"]
    assert read("PCN", 7980) == ["penicillin G", "penicillins"], "both count"
    assert read("pink tablets", 999_999_999) == ["?pink tablets"]


def not_compared(*substances: str) -> list[str]:

    known = shipped.alone()
    found = check(
        shipped.regimen(known, shipped.drug(known, "sertraline"), allergies=tuple(map(Allergy, substances))), known
    )
    return [one.what for one in found.not_checked if one.why == NOT_COMPARED]


def test_what_nobody_can_read_is_named_and_what_is_no_medicine_is_not() -> None:
    assert not_compared("pink mixture", "latex", "NKDA", "PCN, zzyzx") == ["pink mixture", "zzyzx"]


@given(st.text(max_size=300))
def test_any_text_is_read_as_something(text: str) -> None:
    found = shipped.alone().allergens.read(text)
    assert found
    assert all(one.name or one.said == text.strip() or one.said for one in found if text.strip())


@given(st.text(max_size=60))
def test_folding_twice_changes_nothing(text: str) -> None:
    assert folded(folded(text)) == folded(text)


def test_a_code_of_a_product_is_what_is_in_it() -> None:
    """As the active knowledge knows codes of products, brands and salts."""
    found = shipped.tables()
    synonyms = {one.rxcui: one.ingredient_rxcui for one in found.synonyms}
    catalogue = Catalogue(found.drugs, synonyms, {1: MadeOf((2180,), "cefazolin 1000 MG Injection")})
    known = Knowledge.of(books=(shipped.book(),), data_sets=(), catalogue=catalogue)
    assert [one.name for one in known.allergens.read("", 1)] == ["cefazolin"]
