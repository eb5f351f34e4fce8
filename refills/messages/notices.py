"""Messages written one by one: a notice to the staff, an answer to what somebody wrote; each once for its key."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from refills.messages import bell, delivery
from refills.messages import waking as messages_waking
from refills.models import Channel, Reminder, ReminderItem


def answer_at_once(answers: Reminder, *, event: str, now: datetime) -> None:
    """Plan an answer to what somebody wrote, due now at whatever hour, once for its event."""
    if not deliverable([answers.channel]):
        return
    answers.key = f"reply|{answers.channel}|{event}"[:120]
    answers.local_date = messages_waking.fill_date(now, answers.time_zone)
    answers.due_at = answers.next_attempt_at = now
    answers.takes_key = delivery.takes_key(answers.channel)
    add([answers])


def notify(*, user_id: int, key: str, kind: str, due_at: datetime) -> bool:
    """Plan a notice to somebody on the staff, once for its key; True if it is new. It says no more than that tasks
    wait."""
    zone = settings.TIME_ZONE
    _, is_new = Reminder.objects.get_or_create(
        key=f"user|{key}",
        defaults={
            "recipient_id": user_id,
            "kind": kind,
            "channel": Channel.EMAIL,
            "local_date": messages_waking.fill_date(due_at, zone),
            "time_zone": zone,
            "due_at": due_at,
            "next_attempt_at": due_at,
            "takes_key": delivery.takes_key(Channel.EMAIL),
        },
    )
    return is_new


def add(rows: Sequence[Reminder], items: Sequence[ReminderItem] = ()) -> None:
    """Save messages that nobody else has saved meanwhile, each with its items; those that somebody has stay theirs."""
    Reminder.objects.bulk_create(rows, update_conflicts=True, unique_fields=["key"], update_fields=["key"])
    for item in items:
        item.reminder_id = item.reminder.pk
    ReminderItem.objects.bulk_create(items, ignore_conflicts=True)
    if any(row.next_attempt_at <= row.created_at for row in rows):
        bell.ring()


def deliverable(channels: Sequence[str]) -> list[str]:
    """Those of the patient's channels that we can deliver on, each once."""
    known = delivery.deliverable()
    return [channel for channel in dict.fromkeys(channels) if channel in known]
