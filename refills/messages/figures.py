"""How delivery stands, in numbers that name nobody: for /metrics, /readyz and the administrators' page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Avg, Count, F, Max, Min, Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from refills.clock import database_now
from refills.models import ClockTick, HandOvers, Reminder, ReminderState, SupplyTouch, Task

LATE = timedelta(minutes=2)
"""A message that was due so long ago and has not left is late: somebody should look."""
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SHOWN = 50


@dataclass(frozen=True)
class Figures:
    """One moment, by the database's clock."""

    at: datetime
    due: int
    claimed: int
    late: int
    held: int
    oldest_seconds: float
    settled: dict[str, int]
    """Messages that ended within a day, by state; every state is there."""
    lag_mean_seconds: float
    lag_worst_seconds: float
    """From due to taken by the channel, of those of the last hour."""
    tasks_open: int
    tasks_late: int
    ticks: dict[str, float]
    """Seconds since the last sign of life of each part of the clock."""
    run_outs_to_compute: int
    restored_at: datetime | None


@dataclass(frozen=True)
class _Due:
    """Of what is due: all, what a lease holds, what is late, and since when the oldest waits."""

    due: int
    claimed: int
    late: int
    oldest: datetime | None


@dataclass(frozen=True)
class LateRow:
    """A message that should have left, by number; never whose it is."""

    pk: int
    kind: str
    channel: str
    due_at: datetime
    attempts: int
    why: str


def now() -> Figures:
    """Everything in nine queries, however many messages there are."""
    at = database_now()
    due = _due(at)
    settled = dict.fromkeys(ReminderState.values, 0)
    ended = Reminder.objects.filter(settled_at__gte=at - DAY).order_by()
    settled |= dict(ended.values_list("state").annotate(Count("pk")))
    lag = ended.filter(settled_at__gte=at - HOUR, state__in=(ReminderState.SENT, ReminderState.DELIVERED)).aggregate(
        mean=Avg(F("settled_at") - F("due_at")), worst=Max(F("settled_at") - F("due_at"))
    )
    tasks = Task.objects.filter(closed_at=None).aggregate(open=Count("pk"), late=Count("pk", filter=Q(due_at__lt=at)))
    return Figures(
        at=at,
        due=due.due,
        claimed=due.claimed,
        late=due.late,
        held=Reminder.objects.filter(state=ReminderState.HELD).count(),
        oldest_seconds=(at - due.oldest).total_seconds() if due.oldest else 0.0,
        settled={state: settled[state] for state in ReminderState.values if state != ReminderState.PLANNED},
        lag_mean_seconds=max(0.0, lag["mean"].total_seconds()) if lag["mean"] else 0.0,
        lag_worst_seconds=max(0.0, lag["worst"].total_seconds()) if lag["worst"] else 0.0,
        tasks_open=tasks["open"],
        tasks_late=tasks["late"],
        ticks={name: (at - last).total_seconds() for name, last in ClockTick.objects.values_list("name", "at")},
        run_outs_to_compute=SupplyTouch.objects.count(),
        restored_at=HandOvers.objects.values_list("restored_at", flat=True).first(),
    )


def late_rows() -> Sequence[LateRow]:
    """The messages that should have left two minutes ago, the oldest first, each with why it has not. One query."""
    waiting = Reminder.objects.filter(state=ReminderState.PLANNED, next_attempt_at__lt=Now() - LATE)
    rows = waiting.order_by("next_attempt_at", "id").annotate(now=Now())[:SHOWN]
    return [
        LateRow(row.pk, row.get_kind_display(), row.get_channel_display(), row.due_at, row.attempts, _why(row))
        for row in rows
    ]


def _due(at: datetime) -> _Due:
    """What is due and has not left. One walk along the index."""
    found = Reminder.objects.filter(state=ReminderState.PLANNED, next_attempt_at__lte=at).aggregate(
        due=Count("pk"),
        claimed=Count("pk", filter=Q(lease_until__gt=at)),
        late=Count("pk", filter=Q(next_attempt_at__lt=at - LATE)),
        oldest=Min("next_attempt_at"),
    )
    return _Due(**found)


def _why(row: Reminder) -> str:
    """What stands between the message and the door, in words."""
    at: datetime = row.now  # type: ignore[attr-defined]  # annotated above
    if row.lease_until is not None and row.lease_until > at:
        return _("A worker has it and has not said what became of it.")
    if row.lease_until is not None:
        return _("Its worker has gone; the next one takes it up.")
    if row.outcome:
        return _("It has failed before (%(code)s) and nobody has taken it up again.") % {"code": row.outcome}
    return _("Nobody has taken it up: the clock is down, or has too much to do.")
