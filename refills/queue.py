"""The table as a queue: claim by lease, cross the line before sending, settle only while the lease is still mine."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from refills import worklist
from refills.clock import database_now
from refills.models import Reminder, ReminderState, TaskKind

FIRST_WAIT, LONGEST_WAIT = timedelta(minutes=1), timedelta(hours=2)
CONTACT_ROLE = "nurse"
CONTACT_WITHIN = timedelta(days=1)
ABANDONED_AT_ONCE = 200


@dataclass(frozen=True)
class Batch:
    """Rows that are ours until the lease ends."""

    token: UUID
    rows: Sequence[Reminder]


def lease() -> timedelta:
    """How long a claim lasts, by the database's clock."""
    return timedelta(seconds=settings.REMINDER_LEASE_SECONDS)


def is_anything_due(now: datetime) -> bool:
    """Is any unsettled row due, held by somebody or not? One look at the index: most ticks find nothing."""
    return Reminder.objects.filter(state=ReminderState.PLANNED, next_attempt_at__lte=now).exists()


def claim(now: datetime, limit: int) -> Batch:
    """Take up to `limit` due rows, earliest first, in one short transaction; empty when nothing is due.

    `now` says only what is due. Leases begin and end by the database's clock.
    """
    token = uuid4()
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=Now())
    due = Reminder.objects.filter(
        free,
        state=ReminderState.PLANNED,
        next_attempt_at__lte=now,
        handed_over_at__isnull=True,
        attempts__lt=settings.REMINDER_ATTEMPTS,
    )
    with transaction.atomic():
        rows = list(due.select_for_update(skip_locked=True).order_by("next_attempt_at", "id")[:limit])
        if rows:
            Reminder.objects.filter(pk__in=[row.pk for row in rows]).update(
                lease_token=token, lease_until=Now() + lease(), attempts=F("attempts") + 1
            )
    for row in rows:
        row.attempts += 1
    return Batch(token, rows)


def cross(token: UUID, ids: Collection[int]) -> set[int]:
    """Write down that these are about to leave; only those returned may be sent.

    Left out are rows that were cancelled, are no longer ours, or have used up 60 % of their lease. After this line a
    crash means "delivery unknown"; before it, simply again.
    """
    sendable = _mine(token, ids).filter(handed_over_at__isnull=True, lease_until__gt=Now() + lease() * 0.4)
    crossed = sendable.update(handed_over_at=Now())
    if crossed == len(ids):
        return set(ids)
    return set(_mine(token, ids).filter(handed_over_at__isnull=False).values_list("pk", flat=True))


def settle_sent(token: UUID, ids: Collection[int]) -> int:
    """The outside has said so. How many were still ours to settle."""
    return _mine(token, ids).update(**_ended(ReminderState.SENT, ""))


def settle_withheld(token: UUID, row: Reminder, why: str) -> int:
    """The patient may not be written to now; that is an end, not a failure."""
    return _mine(token, [row.pk]).update(**_ended(ReminderState.WITHHELD, why))


def settle_failed(token: UUID, row: Reminder, why: str, now: datetime) -> ReminderState | None:
    """Nobody was reached: again later, or after the last attempt a task for a person. None if it was not ours."""
    if row.attempts >= settings.REMINDER_ATTEMPTS:
        return settle_for_person(token, row, ReminderState.DEAD, why)
    again = _mine(token, [row.pk]).update(
        **_let_go(), next_attempt_at=now + back_off(row.attempts), outcome=_short(why), handed_over_at=None
    )
    return ReminderState.PLANNED if again else None


def settle_for_person(token: UUID, row: Reminder, state: ReminderState, why: str) -> ReminderState | None:
    """Given up or unknown, with the task in the same transaction. None if it was not ours."""
    with transaction.atomic():
        if not _mine(token, [row.pk]).update(**_ended(state, why)):
            return None
        _tell_a_person(row, state)
    return state


def postpone(token: UUID, row: Reminder, until: datetime) -> int:
    """The patient sleeps: due again at `until`, and no attempt is counted."""
    return _mine(token, [row.pk]).update(**_let_go(), attempts=F("attempts") - 1, next_attempt_at=until)


def release(token: UUID, ids: Collection[int]) -> int:
    """Give back what was not begun, for anybody to take at once; no attempt is counted."""
    return _mine(token, ids).filter(handed_over_at__isnull=True).update(**_let_go(), attempts=F("attempts") - 1)


def bury_abandoned(now: datetime) -> list[ReminderState]:
    """End what its holder left behind: unknown if the message may have left, dead if it was the last attempt.

    Each with its task, in one transaction. The states they ended in.
    """
    lapsed = Q(lease_until__isnull=True) | Q(lease_until__lte=Now())
    spent = Q(handed_over_at__isnull=False) | Q(attempts__gte=settings.REMINDER_ATTEMPTS)
    abandoned = Reminder.objects.filter(lapsed, spent, state=ReminderState.PLANNED, next_attempt_at__lte=now)
    ended = []
    with transaction.atomic():
        for row in abandoned.select_for_update(skip_locked=True).order_by("next_attempt_at", "id")[:ABANDONED_AT_ONCE]:
            state = ReminderState.UNKNOWN if row.handed_over_at else ReminderState.DEAD
            Reminder.objects.filter(pk=row.pk).update(**_ended(state, "left behind by a crash"))
            _tell_a_person(row, state)
            ended.append(state)
    return ended


def supersede(now: datetime) -> int:
    """After a standstill several reminders of one supply are due at once: cancel all but the latest. How many."""
    later = Reminder.objects.filter(
        prescription_id=OuterRef("prescription_id"),
        channel=OuterRef("channel"),
        local_date__gt=OuterRef("local_date"),
        due_at__lte=now,
        state__in=(ReminderState.PLANNED, ReminderState.SENT, ReminderState.UNKNOWN),
    )
    free = Q(lease_until__isnull=True) | Q(lease_until__lte=Now())
    late = Reminder.objects.filter(
        free, Exists(later), state=ReminderState.PLANNED, next_attempt_at__lte=now, handed_over_at__isnull=True
    )
    return late.update(**_ended(ReminderState.CANCELLED, "superseded by a later one"))


def oldest_due_seconds() -> float:
    """How long the oldest unsent due reminder has waited, by the database's clock; 0 when nothing waits."""
    oldest = (
        Reminder.objects.filter(state=ReminderState.PLANNED, next_attempt_at__lte=Now())
        .order_by("next_attempt_at")
        .annotate(now=Now())
        .values_list("next_attempt_at", "now")
        .first()
    )
    return 0.0 if oldest is None else float((oldest[1] - oldest[0]).total_seconds())


def back_off(attempts: int) -> timedelta:
    """Twice as long each time, a minute at first, two hours at most, half of it left to chance."""
    whole = min(FIRST_WAIT * (1 << (attempts - 1)), LONGEST_WAIT)
    return whole * (0.5 + secrets.SystemRandom().random() / 2)


def _mine(token: UUID, ids: Collection[int]) -> QuerySet[Reminder]:
    """Those of the rows that this lease still holds."""
    return Reminder.objects.filter(pk__in=ids, lease_token=token, state=ReminderState.PLANNED)


def _let_go() -> dict[str, object]:
    """The columns of a row that nobody holds."""
    return {"lease_token": None, "lease_until": None}


def _ended(state: ReminderState, why: str) -> dict[str, object]:
    """The columns of a row that has ended."""
    return {**_let_go(), "state": state, "outcome": _short(why), "settled_at": Now()}


def _short(why: str) -> str:
    """As much as the column holds."""
    return why[:200]


def _tell_a_person(row: Reminder, state: ReminderState) -> None:
    """A task, once for a reminder, for whoever can call the patient."""
    unknown = _("It is not known whether a reminder arrived: please contact the patient.")
    dead = _("A reminder could not be delivered: please contact the patient.")
    worklist.open_task(
        kind=TaskKind.CONTACT_PATIENT,
        key=f"contact_patient|reminder|{row.pk}",
        patient_id=row.patient_id,
        role=CONTACT_ROLE,
        priority=2,
        due_at=database_now() + CONTACT_WITHIN,
        source=("reminder", row.pk),
        title=unknown if state == ReminderState.UNKNOWN else dead,
    )
