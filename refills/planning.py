"""Writes the reminders that follow from a supply, in the transaction that changed it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from refills import schedule
from refills.models import Channel, Reminder, ReminderKind, ReminderState
from refills.schedule import Fill, Moment, Waking

ANSWERED = "answered"
"""The outcome of reminders that an answer made needless; planning the same run-out again does not revive them."""


@dataclass(frozen=True)
class Supply:
    """What one prescription's patient has had, and how they may be told that it ends."""

    patient_id: int
    prescription_id: int
    time_zone: str
    fills: Sequence[Fill]
    channels: Sequence[str]
    active: bool


def waking() -> Waking:
    """This site's hour for reminders, within waking hours."""
    return Waking(at=time(settings.REMINDER_HOUR))


def plan(supply: Supply, now: datetime) -> None:
    """Make the reminders what the supply says: missing ones planned, those that no longer hold cancelled.

    Safe to run twice, also at once. What was sent stays; what is due but not yet sent stays due. A supply that is not
    active (stopped, held), has no fill or no channel we can deliver on ends with nothing planned.
    """
    run_out_on = schedule.run_out(supply.fills) if supply.active else None
    holding: set[str] = set()
    wanted: dict[str, Reminder] = {}
    if run_out_on is not None:
        every = schedule.moments(run_out_on, supply.time_zone, not_before=None, waking=waking())
        to_come = schedule.moments(run_out_on, supply.time_zone, not_before=now, waking=waking())
        for channel in deliverable(supply.channels):
            holding |= {key(supply.prescription_id, moment, channel) for moment in every}
            rows = [row(supply, moment, channel, run_out_on=run_out_on) for moment in to_come]
            wanted |= {reminder.key: reminder for reminder in rows}
    with transaction.atomic():
        standing = locked(supply.prescription_id, wanted)
        add([reminder for name, reminder in wanted.items() if name not in standing])
        for name in wanted.keys() & standing.keys():
            _bring_into_line(standing[name], wanted[name], now)
        overtaken = [reminder.pk for name, reminder in standing.items() if not _holds(reminder, holding, run_out_on)]
        _cancel(overtaken, "no longer due")


def cancel(prescription_id: int, why: str) -> int:
    """Cancel every planned reminder of a prescription; `why` is a code without health data. How many."""
    with transaction.atomic():
        return _cancel([reminder.pk for reminder in locked(prescription_id, ()).values()], why)


def cancel_answered(prescription_id: int, run_out_on: date, kinds: Iterable[str]) -> int:
    """Cancel what is planned of these kinds for a run-out that the patient has answered; how many.

    Looked up after the lock on the prescription's reminders is held: somebody may have put one off meanwhile.
    """
    answered = Reminder.objects.filter(prescription_id=prescription_id, run_out_on=run_out_on, kind__in=list(kinds))
    return _cancel(list(answered.values_list("pk", flat=True)), ANSWERED)


def deliverable(channels: Sequence[str]) -> list[str]:
    """Those of the patient's channels that we can deliver on, each once."""
    return [channel for channel in dict.fromkeys(channels) if channel in Channel.values]


def key(prescription_id: int, moment: Moment, channel: str) -> str:
    """What makes a reminder the same reminder: never the instant, which daylight saving may move."""
    return f"{prescription_id}|{moment.kind}|{moment.local_date.isoformat()}|{channel}"


def row(supply: Supply, moment: Moment, channel: str, *, run_out_on: date) -> Reminder:
    """The row of a moment, not yet saved."""
    return Reminder(
        patient_id=supply.patient_id,
        prescription_id=supply.prescription_id,
        kind=moment.kind,
        channel=channel,
        run_out_on=run_out_on,
        local_date=moment.local_date,
        time_zone=supply.time_zone,
        key=key(supply.prescription_id, moment, channel),
        due_at=moment.due_at,
        next_attempt_at=moment.due_at,
    )


def add(rows: Sequence[Reminder]) -> None:
    """Save rows that nobody else has saved meanwhile; those that somebody has stay theirs."""
    Reminder.objects.bulk_create(rows, update_conflicts=True, unique_fields=["key"], update_fields=["key"])


def locked(prescription_id: int, keys: Iterable[str]) -> dict[str, Reminder]:
    """The prescription's planned reminders and those with one of these keys, locked in one order."""
    concerned = Q(state=ReminderState.PLANNED) | Q(key__in=list(keys))
    rows = Reminder.objects.select_for_update().filter(concerned, prescription_id=prescription_id).order_by("id")
    return {reminder.key: reminder for reminder in rows}


def _holds(reminder: Reminder, holding: set[str], run_out_on: date | None) -> bool:
    """Does the supply still say this? What a patient put off holds as long as the run-out it was about."""
    if reminder.kind == ReminderKind.SNOOZE:
        return bool(holding) and reminder.run_out_on == run_out_on
    return reminder.key in holding


def _bring_into_line(standing: Reminder, wanted: Reminder, now: datetime) -> None:
    """Revive a cancelled reminder, unless the patient has answered; move one that waits, if the patient's zone or the
    site's hour has changed."""
    again = standing.state == ReminderState.CANCELLED and standing.outcome != ANSWERED
    waits = standing.state == ReminderState.PLANNED and standing.attempts == 0 and standing.due_at > now
    if not again and not (waits and standing.due_at != wanted.due_at):
        return
    Reminder.objects.filter(pk=standing.pk).update(
        state=ReminderState.PLANNED,
        attempts=0,
        outcome="",
        settled_at=None,
        time_zone=wanted.time_zone,
        due_at=wanted.due_at,
        next_attempt_at=wanted.due_at,
    )


def _cancel(ids: Sequence[int], why: str) -> int:
    """Cancel those still planned; a lease on them is taken away, but a message that is leaving is left to settle."""
    return Reminder.objects.filter(pk__in=ids, state=ReminderState.PLANNED, handed_over_at__isnull=True).update(
        state=ReminderState.CANCELLED, outcome=why, settled_at=Now(), lease_token=None, lease_until=None
    )
