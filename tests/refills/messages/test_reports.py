"""What a provider reports: only fresh and signed, of its own messages, and never backwards."""

import hmac
from datetime import timedelta
from hashlib import sha256

import pytest
from pytest_django import Settings

from refills.messages import reports
from refills.models import Reminder, ReminderState
from tests.refills.people import NOON, due

BODY = b"{}"


@pytest.mark.parametrize(("seconds", "genuine"), [(0, True), (-3600, False), (3600, False)])
def test_a_report_is_genuine_for_a_short_time_before_and_after_it_was_signed(
    settings: Settings, seconds: int, genuine: bool
) -> None:
    settings.WEBHOOK_KEYS = {"email": "secret"}
    stamp = str(int((NOON + timedelta(seconds=seconds)).timestamp()))
    signature = hmac.new(b"secret", stamp.encode() + b"." + BODY, sha256).hexdigest()
    assert reports.is_genuine("email", timestamp=stamp, signature=signature, body=BODY, now=NOON) is genuine


@pytest.mark.django_db
def test_a_report_is_about_a_message_of_its_own_channel() -> None:
    [row] = due(1)
    Reminder.objects.filter(pk=row.pk).update(provider_id="m1")
    assert reports.message_reported("sms", "m1") is None
    assert reports.message_reported("email", "m1") == row


@pytest.mark.django_db
def test_what_came_back_does_not_arrive_after_all() -> None:
    [row] = due(1)
    Reminder.objects.filter(pk=row.pk).update(state=ReminderState.SENT, settled_at=NOON)
    assert reports.bounced(row, "carla@mail.example")
    assert not reports.delivered(row)
    assert Reminder.objects.get(pk=row.pk).state == ReminderState.BOUNCED
