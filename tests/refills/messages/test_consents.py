"""A caregiver's consent holds from its first day to its last, both included, and until it is withdrawn."""

from datetime import date

import pytest

from refills.messages import consents
from tests import factories
from tests.refills.people import NOON, helping

pytestmark = pytest.mark.django_db
FIRST, LAST = date(2026, 11, 2), date(2026, 11, 20)


@pytest.mark.parametrize(
    ("day", "told"),
    [(date(2026, 11, 1), False), (FIRST, True), (LAST, True), (date(2026, 11, 21), False)],
)
def test_a_consent_holds_from_its_first_day_to_its_last(day: date, told: bool) -> None:
    consent = helping(starts_on=FIRST, ends_on=LAST)
    assert consents.in_force(consent.patient_id, day) == ([consent] if told else [])
    assert consents.holds(consent, day) is told


def test_a_consent_without_a_last_day_holds_until_it_is_withdrawn() -> None:
    consent = helping(starts_on=FIRST)
    assert consents.in_force(consent.patient_id, date(2030, 1, 1)) == [consent]
    consents.withdraw(consent.pk, how="staff", by_id=factories.bo().pk, at=NOON)
    assert consents.in_force(consent.patient_id, LAST) == []
    assert not consents.holds(consent, LAST)


def test_a_consent_of_one_patient_is_none_of_anothers() -> None:
    helping(starts_on=FIRST)
    assert consents.in_force(factories.stranger().pk, LAST) == []
