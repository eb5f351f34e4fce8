"""The table as a queue: claim by lease, cross the line before sending, settle only while the lease is still mine.

Claim, cross and settle are one statement each, however many rows, in the database's own words: the ORM has no update
that returns rows. None of them knows what a message is about.
"""

import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import itemgetter
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from refills.messages import restoring
from refills.models import Reminder, ReminderState, TaskKind
from refills.worklist import tasks

CONTACT_ROLE = "nurse"
ABANDONED_AT_ONCE = 200
BEGUN_BEFORE = 0.6
"""The share of a lease after which nothing more is begun."""

POSTGRESQL_CLAIM = """
    WITH due AS MATERIALIZED (
        SELECT id FROM refills_reminder
        WHERE state = 'planned' AND next_attempt_at <= %s AND attempts < %s
            AND (lease_until IS NULL OR lease_until <= statement_timestamp())
            AND (handed_over_at IS NULL OR takes_key)
        ORDER BY next_attempt_at, id LIMIT %s FOR UPDATE SKIP LOCKED)
    UPDATE refills_reminder AS claimed
    SET lease_token = %s, lease_until = statement_timestamp() + make_interval(secs => %s),
        attempts = attempts + 1
    FROM due WHERE claimed.id = due.id
    RETURNING claimed.id, channel, attempts, takes_key, handed_over_at, next_attempt_at
    """
SQLITE_CLAIM = """
    UPDATE refills_reminder
    SET lease_token = %s, lease_until = strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', %s), attempts = attempts + 1
    WHERE id IN (
        SELECT id FROM refills_reminder
        WHERE state = 'planned' AND next_attempt_at <= %s AND attempts < %s
            AND (lease_until IS NULL OR lease_until <= strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now'))
            AND (handed_over_at IS NULL OR takes_key)
        ORDER BY next_attempt_at, id LIMIT %s)
    RETURNING id, channel, attempts, takes_key, handed_over_at, next_attempt_at
    """
POSTGRESQL_CROSS = """
    UPDATE refills_reminder SET handed_over_at = statement_timestamp()
    WHERE id = ANY(%s) AND lease_token = %s AND state = 'planned'
        AND lease_until > statement_timestamp() + make_interval(secs => %s) AND (handed_over_at IS NULL OR takes_key)
    RETURNING id
    """
SQLITE_CROSS = """
    UPDATE refills_reminder SET handed_over_at = strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now')
    WHERE id IN (SELECT value FROM json_each(%s)) AND lease_token = %s AND state = 'planned'
        AND lease_until > strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now', %s) AND (handed_over_at IS NULL OR takes_key)
    RETURNING id
    """
POSTGRESQL_SENT = """
    UPDATE refills_reminder AS mine
    SET state = 'sent', outcome = '', settled_at = statement_timestamp(), lease_token = NULL, lease_until = NULL,
        provider_id = taken.provider_id
    FROM unnest(%s::bigint[], %s::text[]) AS taken(id, provider_id)
    WHERE mine.id = taken.id AND mine.lease_token = %s AND mine.state = 'planned'
    """
SQLITE_SENT = """
    UPDATE refills_reminder
    SET state = 'sent', outcome = '', settled_at = strftime('%%Y-%%m-%%d %%H:%%M:%%f', 'now'), lease_token = NULL,
        lease_until = NULL, provider_id = taken.value
    FROM json_each(%s) AS taken
    WHERE refills_reminder.id = CAST(taken.key AS INTEGER) AND lease_token = %s AND state = 'planned'
    """
POSTGRESQL_AGAIN = """
    UPDATE refills_reminder AS mine
    SET next_attempt_at = failed.again_at, outcome = failed.why, lease_token = NULL, lease_until = NULL,
        handed_over_at = CASE WHEN failed.may_have_left THEN mine.handed_over_at END
    FROM unnest(%s::bigint[], %s::timestamptz[], %s::text[], %s::boolean[]) AS failed(id, again_at, why, may_have_left)
    WHERE mine.id = failed.id AND mine.lease_token = %s AND mine.state = 'planned'
    """
SQLITE_AGAIN = """
    UPDATE refills_reminder
    SET next_attempt_at = failed.value ->> 1, outcome = failed.value ->> 2, lease_token = NULL, lease_until = NULL,
        handed_over_at = CASE WHEN failed.value ->> 3 THEN handed_over_at END
    FROM json_each(%s) AS failed
    WHERE refills_reminder.id = failed.value ->> 0 AND lease_token = %s AND state = 'planned'
    """


@dataclass(frozen=True, slots=True)
class Claimed:
    """A row that is ours: all that the queue needs to know of it."""

    pk: int
    channel: str
    attempts: int
    takes_key: bool
    may_have_left: bool
    """An earlier attempt ended in silence, or in a crash."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A row that was not taken, with a code of why."""

    row: Claimed
    why: str
    may_have_left: bool = False


@dataclass(frozen=True)
class Batch:
    """Rows that are ours until the lease ends, the earliest due first."""

    token: UUID
    rows: Sequence[Claimed]


def lease() -> timedelta:
    """How long a claim lasts, by the database's clock."""
    return timedelta(seconds=settings.REMINDER_LEASE_SECONDS)


def is_anything_due(now: datetime) -> bool:
    """Is any unsettled row due, held by somebody or not? One look at the index: most ticks find nothing."""
    return Reminder.objects.filter(state=ReminderState.PLANNED, next_attempt_at__lte=now).exists()


def claim(now: datetime, limit: int) -> Batch:
    """Take up to `limit` due rows, earliest first, in one statement; empty when nothing is due.

    `now` says only what is due. Leases begin and end by the database's clock. What its holder left behind after it may
    have left the house is taken again only where the channel knows a second copy by its key.
    """
    token, most = uuid4(), settings.REMINDER_ATTEMPTS
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(SQLITE_CLAIM, [token.hex, _later(lease()), _text(now), most, limit])
        else:
            cursor.execute(POSTGRESQL_CLAIM, [now, most, limit, token, lease().total_seconds()])
        rows = sorted(cursor.fetchall(), key=itemgetter(5, 0))
    return Batch(
        token, [Claimed(pk, channel, tried, bool(key), bool(left)) for pk, channel, tried, key, left, _ in rows]
    )


def cross(token: UUID, ids: Collection[int]) -> set[int]:
    """Write down that these are about to leave; only those returned may be sent.

    Left out are rows that were cancelled, are no longer ours, or have used up 60 % of their lease. After this line a
    crash means "delivery unknown", or once more with the same key; before it, simply again.
    """
    if not ids:
        return set()
    spare = lease() * (1 - BEGUN_BEFORE)
    with transaction.atomic():
        with connection.cursor() as cursor:
            if connection.vendor == "sqlite":
                cursor.execute(SQLITE_CROSS, [json.dumps(list(ids)), token.hex, _later(spare)])
            else:
                cursor.execute(POSTGRESQL_CROSS, [list(ids), token, spare.total_seconds()])
            crossed = {int(number) for (number,) in cursor.fetchall()}
        mark = restoring.count_crossing() if crossed else None
    if mark is not None:
        restoring.keep_outside(mark)
    return crossed


def settle_sent(token: UUID, sent: Mapping[int, str]) -> int:
    """The outside has said so, and what it calls each. How many were still ours to settle."""
    if not sent:
        return 0
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(SQLITE_SENT, [json.dumps(sent), token.hex])
        else:
            cursor.execute(POSTGRESQL_SENT, [list(sent), list(sent.values()), token])
        return int(cursor.rowcount)


def settle_withheld(token: UUID, row: Claimed, why: str) -> int:
    """The patient may not be written to now; that is an end, not a failure."""
    return _mine(token, [row.pk]).update(**_ended(ReminderState.WITHHELD, why))


def settle_failed(
    token: UUID, row: Claimed, why: str, now: datetime, *, may_have_left: bool = False
) -> ReminderState | None:
    """As settle_again for one row, or after its last attempt a task for a person. None if it was not ours."""
    may_have_left = may_have_left or row.may_have_left
    if row.attempts >= settings.REMINDER_ATTEMPTS:
        return settle_for_person(token, row, ReminderState.UNKNOWN if may_have_left else ReminderState.DEAD, why)
    again = settle_again(token, [Failed(row, why, may_have_left)], now)
    return ReminderState.PLANNED if again else None


def settle_again(token: UUID, failed: Sequence[Failed], now: datetime) -> int:
    """Nobody was reached: each comes again later, in its own time. How many were still ours.

    Where a row may have left (silence on a channel that takes a key) that is remembered: it goes again under the same
    key, may not be cancelled meanwhile, and is unknown in the end if nothing else is heard.
    """
    if not failed:
        return 0
    rows = [
        (one.row.pk, now + back_off(one.row.attempts), _short(one.why), one.may_have_left or one.row.may_have_left)
        for one in failed
    ]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            told = [[pk, _text(at), why, left] for pk, at, why, left in rows]
            cursor.execute(SQLITE_AGAIN, [json.dumps(told), token.hex])
        else:
            cursor.execute(POSTGRESQL_AGAIN, [*(list(column) for column in zip(*rows, strict=True)), token])
        return int(cursor.rowcount)


def settle_for_person(token: UUID, row: Claimed, state: ReminderState, why: str) -> ReminderState | None:
    """Given up or unknown, with the task in the same transaction. None if it was not ours."""
    with transaction.atomic():
        if not _mine(token, [row.pk]).update(**_ended(state, why)):
            return None
        tell_a_person(Reminder.objects.get(pk=row.pk), state)
    return state


def postpone(token: UUID, row: Claimed, until: datetime) -> int:
    """The patient sleeps: due again at `until`, and no attempt is counted."""
    return _mine(token, [row.pk]).update(**_let_go(), attempts=F("attempts") - 1, next_attempt_at=until)


def release(token: UUID, ids: Collection[int]) -> int:
    """Give back what was not begun, for anybody to take at once; no attempt is counted."""
    return _mine(token, ids).update(**_let_go(), attempts=F("attempts") - 1)


def bury_abandoned(now: datetime) -> list[ReminderState]:
    """End what its holder left behind: unknown if the message may have left, dead if it was the last attempt.

    Each with its task, in one transaction. What left under a key is not ended here while attempts are left: it goes
    again. The states they ended in.
    """
    lapsed = Q(lease_until__isnull=True) | Q(lease_until__lte=Now())
    spent = Q(handed_over_at__isnull=False, takes_key=False) | Q(attempts__gte=settings.REMINDER_ATTEMPTS)
    abandoned = Reminder.objects.filter(lapsed, spent, state=ReminderState.PLANNED, next_attempt_at__lte=now)
    ended = []
    with transaction.atomic():
        for row in abandoned.select_for_update(skip_locked=True).order_by("next_attempt_at", "id")[:ABANDONED_AT_ONCE]:
            state = ReminderState.UNKNOWN if row.handed_over_at else ReminderState.DEAD
            Reminder.objects.filter(pk=row.pk).update(**_ended(state, "left behind by a crash"))
            tell_a_person(row, state)
            ended.append(state)
    return ended


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
    """Twice as long each time, up to a limit, half of it left to chance; by default from a minute to two hours."""
    first, most = settings.REMINDER_RETRY_SECONDS, settings.REMINDER_RETRY_MOST_SECONDS
    whole = min(timedelta(seconds=first) * (1 << (attempts - 1)), timedelta(seconds=max(first, most)))
    return whole * (0.5 + secrets.SystemRandom().random() / 2)


def tell_a_person(row: Reminder, state: ReminderState) -> None:
    """A task, once for a message, for whoever can call the patient; what was for the staff is for them to mend."""
    if row.patient_id is None:
        tasks.open_task(
            kind=TaskKind.FIX_CONTACT,
            key=f"fix_contact|user|{row.recipient_id}",
            assignee_id=row.recipient_id,
            source=("reminder", row.pk),
            title=_("A notice to you could not be delivered: please check your address."),
        )
        return
    unknown = _("It is not known whether a reminder arrived: please contact the patient.")
    dead = _("A reminder could not be delivered: please contact the patient.")
    tasks.open_task(
        kind=TaskKind.CONTACT_PATIENT,
        key=f"contact_patient|reminder|{row.pk}",
        patient_id=row.patient_id,
        role=CONTACT_ROLE,
        priority=2,
        source=("reminder", row.pk),
        title=unknown if state == ReminderState.UNKNOWN else dead,
    )


def _mine(token: UUID, ids: Collection[int]) -> QuerySet[Reminder]:
    """Those of the rows that this lease still holds."""
    return Reminder.objects.filter(pk__in=ids, lease_token=token, state=ReminderState.PLANNED)


def _let_go() -> dict[str, object]:
    return {"lease_token": None, "lease_until": None}


def _ended(state: ReminderState, why: str) -> dict[str, object]:
    return {**_let_go(), "state": state, "outcome": _short(why), "settled_at": Now()}


def _short(why: str) -> str:
    return why[:200]


def _text(moment: datetime) -> str:
    """An instant as SQLite keeps it."""
    return str(connection.ops.adapt_datetimefield_value(moment))


def _later(span: timedelta) -> str:
    """A span of time as SQLite adds it."""
    return f"+{span.total_seconds():.3f} seconds"
