"""What was written for the pharmacy is sealed: a row that says something else, or is gone, is found and named."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from medmgmt.actions import authorising, renewals
from medmgmt.record import audit
from medmgmt.record.audit import Fault
from medmgmt.record.models import Patient, Prescription
from refills.models import Authorisation
from tests import factories
from tests.actions import orders
from tests.record.protected import authorisation
from tests.record.test_audit import by_the_owner_of_the_database

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]


@pytest.fixture
def medicine() -> Prescription:
    """Carla's sertraline, signed by her psychiatrist."""
    signed = orders.signed(factories.adler(), "sertraline", on=orders.today() - timedelta(days=20))
    return signed.prescription


@pytest.fixture
def written(medicine: Prescription) -> Authorisation:
    """Thirty tablets of it, with two refills."""
    made = authorising.authorise(
        factories.adler(), medicine.pk, quantity=Decimal(30), unit="{tablet}", days_supply=30, refills=2
    )
    assert audit.verify() == []
    return made


def told(row: Authorisation, what: str) -> list[Fault]:
    return [Fault("prescription for the pharmacy", row.pk, what)]


@pytest.mark.parametrize(
    "edit",
    [
        {"quantity": Decimal("300")},
        {"unit": "mL"},
        {"refills": 11},
        {"days_supply": 90},
        {"issued_on": date(2026, 1, 1)},
        {"may_fill_from": date(2099, 1, 1)},
        {"authorised_at": factories.LONG_AGO},
        {"seal": "f" * 64},
    ],
)
def test_another_amount_count_of_refills_or_day_is_found_and_named(
    written: Authorisation, edit: dict[str, object]
) -> None:
    with by_the_owner_of_the_database():
        Authorisation.objects.filter(pk=written.pk).update(**edit)
    assert audit.verify() == told(written, "it is not what was signed")


def test_one_that_is_gone_and_one_that_nobody_is_known_to_have_written_are_found(written: Authorisation) -> None:
    with by_the_owner_of_the_database():
        Authorisation.objects.filter(pk=written.pk).delete()
    assert audit.verify() == told(written, "it was signed and is missing")
    forged = authorisation()
    assert Fault("prescription for the pharmacy", forged.pk, "it carries no seal") in audit.verify()


def test_a_renewal_and_a_series_are_sealed_as_well(medicine: Prescription) -> None:
    adler = factories.adler()
    renewals.renew(adler, medicine.pk, quantity=Decimal(30), unit="{tablet}", days_supply=30)
    parts = authorising.series(authorising.Written(Decimal(30), "{tablet}", 30), 2, orders.today())
    authorising.authorise_series(adler, medicine.pk, parts=parts, confirm=True)
    assert Authorisation.objects.exclude(seal="").count() == 3
    assert audit.verify() == []


def test_a_chart_that_was_merged_is_no_fault(written: Authorisation) -> None:
    other = factories.patient("C-2")
    Patient.objects.filter(pk=written.patient_id).update(merged_into=other)
    Authorisation.objects.filter(pk=written.pk).update(patient=other)
    assert [one for one in audit.verify() if one.chain == "prescription for the pharmacy"] == []
