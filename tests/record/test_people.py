"""People of the record: their day and age, whether they can be reached, who administers logins, who gets a token."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone
from knox.auth import TokenAuthentication
from knox.models import AuthToken
from rest_framework.exceptions import AuthenticationFailed

from medmgmt.record import audit
from medmgmt.record.models import AuditEntry, Condition, ContactPoint, Patient, Role, User
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


# -- tokens -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_issue_token_prints_a_token_once_and_keeps_only_its_hash(capsys):
    bo = factories.bo()
    call_command("issue_token", "bo", days=30)
    secret = capsys.readouterr().out.strip()
    kept = AuthToken.objects.get()
    assert kept.user == bo
    assert len(secret) >= 40
    assert secret not in {str(value) for value in vars(kept).values()}
    assert timedelta(days=29) < kept.expiry - timezone.now() <= timedelta(days=30)


@pytest.mark.django_db
def test_a_printed_token_opens_the_api_and_a_wrong_one_does_not(capsys, rf):
    bo = factories.bo()
    call_command("issue_token", "bo")
    secret = capsys.readouterr().out.strip()
    user, _ = TokenAuthentication().authenticate(rf.get("/", headers={"authorization": f"Bearer {secret}"}))
    assert user == bo
    with pytest.raises(AuthenticationFailed):
        TokenAuthentication().authenticate(rf.get("/", headers={"authorization": f"Bearer {secret[:-1]}"}))


@pytest.mark.django_db
def test_a_token_opens_the_api_until_its_last_day_and_no_longer(capsys, rf):
    bo, now = factories.bo(), timezone.now()
    call_command("issue_token", "bo", "--days", "1")
    request = rf.get("/", headers={"authorization": f"Bearer {capsys.readouterr().out.strip()}"})
    with time_machine.travel(now + timedelta(hours=23), tick=False):
        assert TokenAuthentication().authenticate(request)[0] == bo
    with time_machine.travel(now + timedelta(hours=25), tick=False), pytest.raises(AuthenticationFailed):
        TokenAuthentication().authenticate(request)


@pytest.mark.django_db
def test_the_token_of_somebody_who_has_left_opens_nothing(capsys, rf):
    bo = factories.bo()
    call_command("issue_token", "bo")
    User.objects.filter(pk=bo.pk).update(is_active=False)
    request = rf.get("/", headers={"authorization": f"Bearer {capsys.readouterr().out.strip()}"})
    with pytest.raises(AuthenticationFailed):
        TokenAuthentication().authenticate(request)


@pytest.mark.django_db
def test_issuing_a_token_is_audited_without_the_token(capsys):
    bo = factories.bo()
    call_command("issue_token", "bo")
    secret = capsys.readouterr().out.strip()
    entry = AuditEntry.objects.get()
    assert (entry.chain, entry.act, entry.actor_name) == (audit.SITE, "issue_token", "the command line")
    assert (entry.object_type, entry.object_id) == ("record.user", str(bo.pk))
    assert secret not in str(entry.detail)


@pytest.mark.django_db
def test_no_token_for_strangers_the_inactive_or_for_ever():
    factories.bo()
    User.objects.filter(pk=factories.pia().pk).update(is_active=False)
    for arguments in (["nobody"], ["pia"], ["bo", "--days", "0"], ["bo", "--days", "3651"]):
        with pytest.raises(CommandError):
            call_command("issue_token", *arguments)
    assert not AuthToken.objects.exists()
