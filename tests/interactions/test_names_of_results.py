"""A result is found by its name in any order of words; what is another thing is found by none, and a slip is asked."""

import pytest

from interactions.engine.observables import Observables
from tests.interactions import shipped


@pytest.fixture(scope="module")
def observed() -> Observables:
    return shipped.alone().formulary.observables


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Potassium, serum", "potassium"), ("K (serum)", "potassium"), ("S-Na", "sodium"), ("sodium (Na)", "sodium"),
        ("Sodium [Moles/volume] in Serum or Plasma", "sodium"), ("Lithium trough", "lithium"), ("Li level", "lithium"),
        ("12-hour lithium level", "lithium"), ("Glucose, fasting", "glucose_fasting"), ("P-glucose", "glucose"),
        ("Neutrophils (absolute)", "anc"), ("QTc (Fridericia)", "qtc"),
        ("valproate total", "valproate"), ("INR (POC)", "inr"), ("BP (standing)", "bp"), ("RR", "respiratory_rate"),
        ("Hemoglobin A1c/Hemoglobin.total in Blood", "hba1c"), ("hs-TnI", "troponin_i"), ("urine hCG", "pregnancy"),
    ],
)  # fmt: skip
def test_a_name_is_known_by_its_words(observed: Observables, name: str, code: str) -> None:
    found = observed.called(name)
    assert (found.code if found else "") == code


@pytest.mark.parametrize(
    "name",
    [
        "QT", "QT uncorrected", "haematocrit", "Neutrophils %", "neutrophil percentage", "urine glucose", "glucose 2h",
        "valproate, free", "ionized calcium", "direct bilirubin", "norclozapine", "carbamazepine epoxide", "CK-MB",
        "troponin T", "non-HDL", "CSF glucose", "creatinine, urine", "PHQ-2", "serum", "clozapine + norclozapine", "",
    ],
)  # fmt: skip
def test_what_is_another_thing_is_found_and_proposed_by_none(observed: Observables, name: str) -> None:
    assert observed.called(name) is None
    assert observed.like(name) is None


@pytest.mark.parametrize(
    ("name", "code"),
    [("Pottasium", "potassium"), ("lithum level", "lithium"), ("magnesuim", "magnesium"), ("plattelets", "platelets")],
)
def test_a_slip_is_not_taken_but_asked_about(observed: Observables, name: str, code: str) -> None:
    found = observed.like(name)
    assert observed.called(name) is None
    assert found is not None
    assert found.code == code
