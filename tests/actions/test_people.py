"""Patients taken into care, moved between levels of care with one record, and reached as they agreed."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError

from medmgmt import people as medmgmt_people
from medmgmt.actions import people
from medmgmt.record.errors import Conflict, NoSuchPatient, NotAllowed, Refused
from medmgmt.record.models import Patient
from tests import factories
from tests.actions import orders

pytestmark = pytest.mark.django_db


def register(**values: object) -> Patient:
    usual = {
        "mrn": "N-1",
        "given_name": "Nora",
        "family_name": "New",
        "birth_date": date(1980, 2, 29),
        "sex": "female",
        "language": "es",
        "time_zone": "America/Denver",
        "team_id": factories.team().pk,
    }
    return people.register_patient(factories.bo(), **{**usual, **values})  # type: ignore[arg-type]


def test_a_registered_patient_is_in_the_care_of_the_team_and_of_no_other() -> None:
    made = register()
    assert made in medmgmt_people.patients(factories.adler())
    assert made not in medmgmt_people.patients(factories.dorn())


def test_a_record_number_in_use_and_a_nonsense_detail_are_refused() -> None:
    register()
    with pytest.raises(Refused):
        register()
    with pytest.raises(Refused):
        register(mrn="N-2", birth_date=orders.today() + timedelta(days=2))
    with pytest.raises(ValidationError):
        register(mrn="N-3", time_zone="Mars/Olympus")
    with pytest.raises(NotAllowed):
        register(mrn="N-4", team_id=factories.team("Hillside").pk)


def test_a_step_down_keeps_the_record_and_closes_the_level_before() -> None:
    carla = factories.carla()
    people.enrol(factories.bo(), carla.pk, level="outpatient", starts_on=orders.today())
    levels = list(carla.enrolments.order_by("starts_on").values_list("level", "ends_on"))
    assert levels == [("intensive_outpatient", orders.today()), ("outpatient", None)]
    with pytest.raises(Refused):
        people.enrol(factories.bo(), carla.pk, level="outpatient", starts_on=orders.today())
    with pytest.raises(Refused):
        people.enrol(
            factories.bo(), carla.pk, level="partial_hospitalisation", starts_on=orders.today() - timedelta(days=3)
        )


def test_two_people_correcting_one_patient_do_not_overwrite_each_other() -> None:
    carla = factories.carla()
    people.update_patient(factories.bo(), carla.pk, version=1, family_name="Castillo Vega")
    with pytest.raises(Conflict):
        people.update_patient(factories.adler(), carla.pk, version=1, family_name="Other")
    with pytest.raises(Refused):
        people.update_patient(factories.bo(), carla.pk, version=2, mrn="X")
    with pytest.raises(NoSuchPatient):
        people.update_patient(factories.dorn(), carla.pk, version=2, family_name="Other")


@pytest.mark.parametrize(
    ("channel", "address"),
    [
        ("email", "a@x.example\r\nBcc: b@x.example"),
        ("email", "a\x00@x.example"),
        ("email", "a@x.example\x7f"),
        ("email", "a@x.exam\u2028ple"),
        ("sms", "+1415555\n0100\nBcc"),
        ("sms", "+1415555٣100"),
    ],
)
def test_an_address_of_more_than_one_line_is_none(channel: str, address: str) -> None:
    carla = factories.carla()
    before = carla.contact_points.count()
    with pytest.raises(Refused):
        people.set_contact(factories.bo(), carla.pk, channel=channel, address=address, consented=True)
    assert carla.contact_points.count() == before


def test_a_new_address_ends_the_old_one_and_consent_is_kept_as_history() -> None:
    carla = factories.carla()
    people.set_contact(factories.bo(), carla.pk, channel="email", address="new@mail.example", consented=False)
    old, new = carla.contact_points.order_by("id")
    assert (old.reachable, new.reachable) == (False, False)
    assert old.consent_withdrawn_at is not None
    with pytest.raises(Refused):
        people.set_contact(factories.bo(), carla.pk, channel="email", address="no address", consented=True)
    assert carla.contact_points.filter(ended_at=None).get().address == "new@mail.example"
