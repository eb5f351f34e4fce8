"""The next channel for a message that did not arrive on the first."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from django.utils.translation import gettext as _

from refills.messages import delivery, items, notices
from refills.messages.reports import contact_key
from refills.models import Reminder, ReminderItem, ReminderState
from refills.worklist import tasks

LOOKED_BACK = timedelta(hours=1)
FAILED = (ReminderState.DEAD, ReminderState.BOUNCED)


def waiting(now: datetime) -> list[int]:
    """The numbers of messages that were given up within the last hour and have no second way yet. One query."""
    rows = Reminder.objects.filter(
        state__in=FAILED,
        settled_at__gte=now - LOOKED_BACK,
        patient__isnull=False,
        caregiver__isnull=True,
        fallbacks__isnull=True,
    )
    return list(rows.exclude(outcome="too late").order_by("pk").values_list("pk", flat=True)[:200])


def plan_next(reminder: Reminder, channels: Sequence[str], today: date, now: datetime) -> bool:
    """Plan the same things, due now, on the first of these channels that was not tried; False where there is none.

    Whoever was to contact the patient need not any more: if the second way fails too, a task is opened for that.
    """
    tried, row = {reminder.channel}, reminder
    while row.fallback_of is not None:
        row = row.fallback_of
        tried.add(row.channel)
    channel = next((name for name in notices.deliverable(channels) if name not in tried), None)
    if channel is None or reminder.fallbacks.exists():
        return False
    about = {items.as_item(item) for item in ReminderItem.objects.filter(reminder=reminder)}
    if not about:
        return False
    again = Reminder(
        patient_id=reminder.patient_id,
        channel=channel,
        local_date=today,
        time_zone=reminder.time_zone,
        key=f"{row.pk}|instead|{channel}",
        due_at=now,
        next_attempt_at=now,
        takes_key=delivery.takes_key(channel),
        fallback_of=reminder,
        **items.columns(about),
    )
    notices.add([again], [items.written(again, item) for item in about])
    tasks.cancel_by_key(contact_key(reminder.pk), _("It goes another way."))
    return True
