"""Alcohol, grapefruit, meals and metaboliser types on record are facts of the review, as of the day they were seen."""

from decimal import Decimal

import pytest
from django.utils import timezone

from medmgmt.actions import observing
from tests import factories
from tests.actions import orders

pytestmark = pytest.mark.usefixtures("knowledge")


def seen(code: str, *, state: str = "", value: Decimal | None = None) -> None:
    observing.record_observation(
        factories.bo(), factories.carla().pk, code=code, value_code=state, value=value, observed_at=timezone.now()
    )


def found(drug: str, amount: str) -> set[tuple[str, str, str]]:
    reviewed = orders.start(factories.adler(), drug, amount=amount).review
    return {("+".join(one.drugs), one.kind, one.severity) for one in reviewed.findings.all()}


def test_drinking_on_record_meets_the_order_of_disulfiram() -> None:
    seen("alcohol_use", state="current")
    assert ("alcohol+disulfiram", "interaction", "contraindicated") in found("disulfiram", "250")


def test_heavy_drinking_is_known_from_the_score_where_nobody_wrote_the_word() -> None:
    seen("audit_c", value=Decimal(9))
    assert ("alcohol+bupropion", "interaction", "contraindicated") in found("bupropion", "150")
    seen("alcohol_use", state="none")
    assert not any("alcohol" in drugs for drugs, _kind, _severity in found("disulfiram", "250"))


def test_grapefruit_on_record_is_met_like_a_drug() -> None:
    assert not any("grapefruit" in drugs for drugs, _kind, _severity in found("lurasidone", "40"))
    seen("grapefruit", state="regular")
    assert any(drugs == "grapefruit juice+lurasidone" for drugs, _kind, _severity in found("lurasidone", "40"))


@pytest.mark.parametrize(
    ("code", "state", "drug", "amount", "kind"),
    [
        ("cyp2c19_phenotype", "poor", "citalopram", "40", "max_dose"),
        ("cyp2d6_phenotype", "poor", "vortioxetine", "20", "max_dose"),
        ("cyp2d6_phenotype", "ultrarapid", "codeine", "60", "contraindication_condition"),
        ("hla_b_1502", "positive", "carbamazepine", "200", "contraindication_condition"),
    ],
)
def test_what_is_known_of_the_genes_reaches_the_dose(code: str, state: str, drug: str, amount: str, kind: str) -> None:
    def mine() -> set[str]:
        return {of for drugs, of, severity in found(drug, amount) if drugs == drug and severity != "minor"}

    assert kind not in mine() or code == "hla_b_1502"
    seen(code, state=state)
    assert mine() & {kind, "dose_adjustment"}


def test_a_meal_that_is_missing_is_told_and_where_nobody_knows_it_is_said() -> None:
    reviewed = orders.start(factories.adler(), "lurasidone", amount="40").review
    assert any("with food" in entry["what"] for entry in reviewed.not_checked)
    seen("food_with_dose", state="without_food")
    assert ("lurasidone", "interaction", "moderate") in found("lurasidone", "40")
    seen("food_with_dose", state="with_food")
    again = orders.start(factories.adler(), "lurasidone", amount="40").review
    assert not any("with food" in entry["what"] for entry in again.not_checked)


def test_that_pregnancy_is_possible_is_told_as_what_it_is() -> None:
    reviewed = orders.start(factories.adler(), "valproate", amount="500").review
    told = [one.summary for one in reviewed.findings.all() if one.problem == "teratogenicity"]
    assert told
    assert all("assumed" in text for text in told)
