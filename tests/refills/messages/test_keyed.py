"""On a channel that takes a key: sent again with the same key after a crash or a silence, and one message there."""

from collections import Counter
from datetime import timedelta

import pytest
from pytest_django import Settings

from refills import clock
from refills.messages import queue, reminders
from refills.messages.reminders import Reach
from refills.models import Reminder, ReminderState, Task
from tests.refills.messages.test_channels import Desk, desk
from tests.refills.people import NOON, ZONE, due

__all__ = ["desk"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def row(desk: type[Desk]) -> Reminder:
    """One text message that is due, on a gateway that takes a key."""
    [made] = due(1)
    Reminder.objects.filter(pk=made.pk).update(channel="sms", takes_key=True)
    return Reminder.objects.get(pk=made.pk)


def reach(_reminder: Reminder) -> Reach:
    return Reach("+14155550100", "en", ZONE, allowed=True)


def keys(desk: type[Desk]) -> Counter[str]:
    return Counter(headers["Idempotency-Key"] for headers, _told in desk.taken)


def test_a_crash_after_handing_over_sends_it_again_with_the_same_key(row: Reminder, desk: type[Desk]) -> None:
    batch = queue.claim(NOON, 1)
    queue.cross(batch.token, [row.pk])
    assert reminders.tick(NOON, reach=reach) == reminders.Counts()
    Reminder.objects.update(lease_until=clock.database_now() - timedelta(seconds=1))
    assert reminders.tick(NOON, reach=reach).sent == 1
    row.refresh_from_db()
    assert (row.state, row.attempts, row.provider_id) == (ReminderState.SENT, 2, "m-1")
    assert not Task.objects.exists()


def test_a_silence_is_asked_again_with_the_same_key(row: Reminder, desk: type[Desk]) -> None:
    desk.silent = True
    assert reminders.tick(NOON, reach=reach).retried == 1
    desk.silent = False
    row.refresh_from_db()
    assert row.outcome.startswith("silence")
    assert reminders.tick(row.next_attempt_at, reach=reach).sent == 1
    assert list(keys(desk).values()) == [2]


def test_what_was_silent_once_and_refused_ever_after_is_unknown_in_the_end(
    row: Reminder, desk: type[Desk], settings: Settings
) -> None:
    settings.REMINDER_ATTEMPTS = 3
    desk.silent = True
    reminders.tick(NOON, reach=reach)
    desk.silent, desk.status = False, 503
    for _ in range(2):
        row.refresh_from_db()
        reminders.tick(row.next_attempt_at, reach=reach)
    row.refresh_from_db()
    assert (row.state, row.outcome) == (ReminderState.UNKNOWN, "answer 503")
    assert Task.objects.count() == 1
    assert list(keys(desk).values()) == [3]


def test_what_was_refused_every_time_is_given_up_as_not_delivered(
    row: Reminder, desk: type[Desk], settings: Settings
) -> None:
    settings.REMINDER_ATTEMPTS = 2
    desk.status = 500
    for _ in range(2):
        reminders.tick(row.next_attempt_at, reach=reach)
        row.refresh_from_db()
    assert (row.state, row.handed_over_at is None) == (ReminderState.DEAD, False)
    assert Task.objects.count() == 1


def test_a_crash_of_every_worker_on_the_last_attempt_ends_as_unknown(row: Reminder, settings: Settings) -> None:
    settings.REMINDER_ATTEMPTS = 1
    batch = queue.claim(NOON, 1)
    queue.cross(batch.token, [row.pk])
    Reminder.objects.update(lease_until=clock.database_now() - timedelta(seconds=1))
    assert reminders.tick(NOON, reach=reach).unknown == 1


def test_many_failures_at_once_each_wait_their_own_time(desk: type[Desk]) -> None:
    rows = due(6)
    Reminder.objects.update(channel="sms", takes_key=True)
    desk.status = 500
    assert reminders.tick(NOON, reach=reach).retried == len(rows)
    waits = set(Reminder.objects.values_list("next_attempt_at", flat=True))
    assert len(waits) == len(rows)
    assert set(Reminder.objects.values_list("outcome", "lease_token")) == {("answer 500", None)}
