"""A dose is held against its limits in milligrams by the strength, and where it cannot be, the review says so."""

from decimal import Decimal
from typing import Any

import pytest

from medmgmt.actions import prescribing
from medmgmt.record.dosing import Part, Sig
from medmgmt.regimen import courses
from tests import factories
from tests.actions import orders
from tests.clinic import saying

pytestmark = pytest.mark.usefixtures("knowledge")


def of(amount: str, unit: str = "{tablet}", timing: str = "daily", **values: Any) -> Sig:
    return Sig.of(Decimal(amount), unit, values.pop("route", "PO"), timing, **values)


def review(drug: str, strength: str, sig: Sig) -> Any:
    choice = prescribing.DrugChoice(drug, strength=strength)
    return orders.start(factories.adler(), drug, choice=choice, sig=sig).review


def over(reviewed: Any) -> list[str]:
    return [one.summary for one in reviewed.findings.filter(kind="max_dose")]


TOO_MUCH = [
    ("clonazepam", "2 mg", of("20"), "40 mg a day"),
    ("clonazepam", "2 mg tablet", of("20"), "40 mg a day"),
    ("citalopram", "40 mg", of("2"), "80 mg a day"),
    ("citalopram", "40 mg", of("1", most=Decimal(2)), "80 mg a day"),
    ("haloperidol", "2 mg/mL", of("100", "mL"), "200 mg a day"),
    ("haloperidol", "10 mg/5 mL", of("100", "mL"), "200 mg a day"),
    ("citalopram", "", of("60", "mg"), "60 mg a day"),
    ("citalopram", "20 mg", Sig("PO", (Part(Decimal(2), "{tablet}", "morning"), Part(Decimal(1), "{tablet}", "noon"))),
     "60 mg a day"),
    ("citalopram", "", of("80", "mg", weekdays=("mon", "wed", "fri")), "80 mg a day"),
    ("lorazepam", "500 mcg", of("25"), "12.5 mg a day"),
    ("zolpidem", "10 mg", of("2", timing="PRN", as_needed=True, max_per_day=Decimal(2)), "20 mg a dose"),
    ("methotrexate", "2.5 mg", of("6"), "7 days a week: maximum 2 days a week"),
    ("methotrexate", "", of("15", "mg"), "7 days a week: maximum 2 days a week"),
    ("methotrexate", "2.5 mg", of("16", timing="weekly"), "40 mg a dose"),
    ("paliperidone palmitate monthly", "156 mg", of("156", "mg", route="IM"), "7 days a week: maximum 1 day a week"),
    ("paliperidone palmitate monthly", "", of("156", "mg", "weekly", route="IM"), "once every 23 days"),
    ("paliperidone palmitate monthly", "", of("312", "mg", "every_n_days", every_days=28, route="IM"), "312 mg a dose"),
    ("paliperidone palmitate 3-month", "", of("546", "mg", "every_n_days", every_days=28, route="IM"), "every 28 days"),
    ("paliperidone palmitate 6-month", "", of("1092", "mg", "every_n_days", every_days=91, route="IM"), "every 91"),
    ("aripiprazole lai monthly", "", of("400", "mg", "every_n_days", every_days=14, route="IM"), "once every 26 days"),
    ("fluphenazine decanoate", "", of("125", "mg", "every_n_days", every_days=14, route="IM"), "125 mg a dose"),
    ("haloperidol decanoate", "", of("500", "mg", "every_n_days", every_days=28, route="IM"), "500 mg a dose"),
    ("haloperidol decanoate", "", of("200", "mg", "every_n_days", every_days=28, route="IM"), "200 mg to start with"),
    ("levothyroxine", "", of("75", "mg"), "75 mg a day"),
    ("levothyroxine", "", of("400", "ug"), "0.4 mg a day"),
    ("levothyroxine", "100 mcg", of("2", timing="BID"), "0.4 mg a day"),
    ("digoxin", "", of("1.25", "mg"), "1.25 mg a day"),
    ("digoxin", "125 mcg", of("5"), "0.625 mg a day"),
    ("warfarin", "5 mg", of("5"), "25 mg a day"),
    ("eletriptan", "40 mg", of("2", timing="PRN", as_needed=True, max_per_day=Decimal(2)), "80 mg a dose"),
    ("rizatriptan", "10 mg", of("2", timing="PRN", as_needed=True, max_per_day=Decimal(2)), "20 mg a dose"),
    ("sumatriptan", "100 mg", of("2", timing="PRN", as_needed=True, max_per_day=Decimal(2)), "200 mg a dose"),
    ("zolmitriptan", "5 mg", of("2", timing="PRN", as_needed=True, max_per_day=Decimal(2)), "10 mg a dose"),
]  # fmt: skip


@pytest.mark.parametrize(("drug", "strength", "sig", "says"), TOO_MUCH)
def test_too_much_is_found_however_it_is_written(drug: str, strength: str, sig: Sig, says: str) -> None:
    assert any(says in one for one in over(review(drug, strength, sig)))


HARMLESS = [
    ("clonazepam", "0.5 mg", of("2", timing="BID")),
    ("citalopram", "20 mg", of("1", most=Decimal(2))),
    ("haloperidol", "2 mg/mL", of("5", "mL")),
    ("citalopram", "", of("40", "mg", weekdays=("mon", "wed", "fri"))),
    ("methotrexate", "2.5 mg", of("6", timing="weekly", weekdays=("mon",))),
    ("fluoxetine", "", of("90", "mg", "weekly")),
    ("paliperidone palmitate monthly", "", of("156", "mg", "every_n_days", every_days=28, route="IM")),
    ("paliperidone palmitate monthly", "", of("234", "mg", "every_n_days", every_days=28, route="IM")),
    ("paliperidone palmitate 3-month", "", of("546", "mg", "every_n_days", every_days=84, route="IM")),
    ("paliperidone palmitate 6-month", "", of("1092", "mg", "every_n_days", every_days=182, route="IM")),
    ("aripiprazole lai monthly", "", of("400", "mg", "every_n_days", every_days=28, route="IM")),
    ("fluphenazine decanoate", "", of("25", "mg", "every_n_days", every_days=14, route="IM")),
    ("haloperidol decanoate", "", of("100", "mg", "every_n_days", every_days=28, route="IM")),
    ("levothyroxine", "", of("200", "ug")),
    ("digoxin", "", of("0.25", "mg")),
    ("warfarin", "5 mg", of("2")),
    ("eletriptan", "40 mg", of("1", timing="PRN", as_needed=True, max_per_day=Decimal(2))),
    ("rizatriptan", "10 mg", of("1", timing="PRN", as_needed=True, max_per_day=Decimal(3))),
    ("sumatriptan", "100 mg", of("1", timing="PRN", as_needed=True, max_per_day=Decimal(2))),
    ("zolmitriptan", "5 mg", of("1", timing="PRN", as_needed=True, max_per_day=Decimal(2))),
]


@pytest.mark.parametrize(("drug", "strength", "sig"), HARMLESS)
def test_a_usual_dose_is_silent_and_checked(drug: str, strength: str, sig: Sig) -> None:
    made = review(drug, strength, sig)
    assert over(made) == []
    assert not [one for one in made.not_checked if "dose" in one["what"]]


UNKNOWN = [
    ("clonazepam", "", of("2"), "It is ordered in tablets, and no strength is on record."),
    ("haloperidol", "2 mg/mL", of("2"), "does not say how many milligrams"),
    ("haloperidol", "2 mg/mL", of("20", "[drp]"), "It is ordered in drops"),
    ("citalopram", "20 mg / 40 mg", of("2"), "of more than one substance"),
    ("lithium", "8 mEq/5 mL", of("8", "meq"), "It is ordered in mEq"),
]


@pytest.mark.parametrize(("drug", "strength", "sig", "why"), UNKNOWN)
def test_what_cannot_be_told_in_milligrams_is_named_with_its_reason(
    drug: str, strength: str, sig: Sig, why: str
) -> None:
    made = review(drug, strength, sig)
    assert over(made) == []
    [said] = [one for one in made.not_checked if one["what"] == f"dose of {drug}"]
    assert said["why"].startswith("Dose not checked. ")
    assert why in said["why"]


def test_millimoles_and_micrograms_an_hour_are_milligrams_where_the_strength_says_so() -> None:
    def mg(strength: str, sig: Sig) -> Decimal | None:
        made = factories.prescription(strength=strength)
        return courses.milligrams(courses.Course(made, ()), sig).per_day

    assert mg("300 mg (8 mmol)", of("16", "mmol")) == 600
    assert mg("50 mcg/h", of("1", "{patch}", "every_n_days", every_days=3, route="TD")) == Decimal("1.2")
    assert mg("15 mg/9 h", of("1", "{patch}", hours_worn=9, route="TD")) == 15
    assert mg("90 mcg/actuation", of("2", "{puff}", "QID", route="INH")) == Decimal("0.72")


def test_tablets_and_milligrams_of_one_product_are_compared() -> None:
    made = saying.taken("citalopram", sig=of("20", "mg"), prescription={"strength": "20 mg"})
    saying.changed(made, "new_dose", 10, of("2"))
    [course] = courses.of_patient(made.patient_id)
    suspects = courses.exposures(made.patient, saying.today())
    assert [one.dose_raised_on for one in suspects] == [saying.ago(10)]
    for sig, is_new in ((of("1"), False), (of("40", "mg"), False), (of("3"), True)):
        change = factories.change(made, kind="new_dose", on=saying.ago(-1), sig=sig)
        assert bool(courses.action([course], change).refs) is is_new
