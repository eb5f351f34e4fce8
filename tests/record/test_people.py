"""People of the record: their day and age, whether they can be reached, who administers logins."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from medmgmt.record.models import Condition, ContactPoint, Patient, Role, User
from medmgmt.record.models.people import validate_time_zone
from tests import factories

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "now", "today"),
    [
        ("America/New_York", datetime(2026, 11, 20, 4, 59, tzinfo=UTC), date(2026, 11, 19)),
        ("America/New_York", datetime(2026, 11, 20, 5, 0, tzinfo=UTC), date(2026, 11, 20)),
        ("Pacific/Auckland", datetime(2026, 11, 20, 11, 30, tzinfo=UTC), date(2026, 11, 21)),
        ("America/New_York", datetime(2026, 7, 1, 4, 0, tzinfo=UTC), date(2026, 7, 1)),
    ],
)
def test_today_is_the_patients_own_day(zone, now, today):
    assert Patient(time_zone=zone).today(now) == today


@pytest.mark.parametrize(
    ("born", "on", "age"),
    [
        (date(1990, 3, 14), date(2026, 3, 13), 35),
        (date(1990, 3, 14), date(2026, 3, 14), 36),
        (date(2000, 2, 29), date(2025, 2, 28), 24),
        (date(2000, 2, 29), date(2025, 3, 1), 25),
        (date(2000, 2, 29), date(2024, 2, 29), 24),
        (date(2026, 11, 21), date(2026, 11, 20), 0),
    ],
)
def test_age_is_counted_in_completed_years(born, on, age):
    assert Patient(birth_date=born).age_on(on) == age


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "EST5", "../etc/passwd", "america/new_york "])
def test_only_an_iana_name_is_a_time_zone(name):
    with pytest.raises(ValidationError):
        validate_time_zone(name)
    validate_time_zone("Europe/Berlin")


@pytest.mark.parametrize(
    ("values", "reachable"),
    [
        ({}, False),
        ({"consented_at": NOON}, True),
        ({"consented_at": NOON, "consent_withdrawn_at": NOON}, False),
        ({"consented_at": NOON, "ended_at": NOON}, False),
    ],
)
def test_somebody_is_reachable_only_with_a_consent_that_still_holds(values, reachable):
    assert ContactPoint(**values).reachable is reachable


@pytest.mark.parametrize("code", ["F33.1", "F20.9", "Z79.899", "C7A.00", "U07.1", "F32.A", "I10"])
def test_a_condition_takes_icd_10_cm_codes(code):
    assert Condition._meta.get_field("icd10cm").clean(code, None) == code


@pytest.mark.parametrize(
    "code", ["f33.1", "F33.", "F3", "depression", "F33.12345", "33.1", "F33,1", "XF33.1", "F33.1 "]
)
def test_a_condition_takes_nothing_else_for_a_code(code):
    with pytest.raises(ValidationError):
        Condition._meta.get_field("icd10cm").clean(code, None)


# -- logins -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_cast_can_be_called_twice_and_is_the_same():
    for somebody in (factories.adler, factories.brandt, factories.bo, factories.pia, factories.dorn, factories.admin,
                     factories.carla, factories.carla_user, factories.stranger):  # fmt: skip
        assert somebody() == somebody()


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("b4sh-tidal-7", None),
        ("b4sh-tidal7", "too short"),
        ("qwerty123456", "too common"),
        ("adler@clinic.example", "too similar"),
    ],
)
def test_a_password_is_long_uncommon_and_not_the_name(password, fault):
    user = User(username="adler", email="adler@clinic.example", role=Role.PSYCHIATRIST)
    if fault is None:
        validate_password(password, user)
        return
    with pytest.raises(ValidationError, match=fault):
        validate_password(password, user)
