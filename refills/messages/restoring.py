"""Notices that the database is older than what was sent on its word, as after a restore, and holds what was due.

Every crossing is counted in the database, in the transaction that makes it; the number is kept outside as well, in a
file of this machine and, where there is one, in Redis, before the message leaves. An older number in the database than
outside means that a backup was restored: what was due may have been sent already, so a person decides.
"""

import fcntl
import logging
import os
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import redis
from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from refills.clock import database_now
from refills.messages import bell
from refills.models import Crossing, HandOvers, Reminder, ReminderState, Task
from refills.worklist import kinds, tasks

log = logging.getLogger(__name__)
WATCHED_FOR = timedelta(days=1)
"""So long after a restore, what is planned anew for a day up to it is held too: its first copy may have been lost."""
SLOTS, WIDTH = 64, 20


@dataclass(frozen=True)
class Mark:
    """How far one slot of a database has come."""

    lineage: UUID
    slot: int
    count: int


def count_crossing() -> Mark:
    """One more group of messages is about to leave; call it last in the transaction that says so.

    Processes count side by side: a single row would make them wait for each other's commits.
    """
    slot = os.getpid() % SLOTS
    if not Crossing.objects.filter(slot=slot).update(count=F("count") + 1):
        Crossing.objects.bulk_create([Crossing(slot=slot)], ignore_conflicts=True)
        Crossing.objects.filter(slot=slot).update(count=F("count") + 1)
    return Mark(lineage()[0], slot, Crossing.objects.values_list("count", flat=True).get(slot=slot))


def keep_outside(mark: Mark) -> None:
    """Write the number where a restore of the database does not reach it; call it once the crossing is committed."""
    _Shelf.of(mark.lineage).put(mark.slot, mark.count)
    _Broker.put(mark)


def look() -> int:
    """Hold what was due if a backup was restored since; how many rows. Two queries where nothing has happened."""
    own, restored_at = lineage()
    _Shelf.of(own).prepare()
    outside = _outside(own)  # read before the database, which is never behind it
    known = dict(Crossing.objects.values_list("slot", "count"))
    if any(count > known.get(slot, 0) for slot, count in outside.items()):
        return _hold_all(outside)
    if restored_at is not None and database_now() - restored_at < WATCHED_FOR:
        again = Q(created_at__gt=restored_at, local_date__lte=restored_at.date())
        return _hold(Reminder.objects.filter(again), restored_at)
    return 0


def release(ids: Collection[int]) -> int:
    """A person decided that these still go: due at once. How many were held."""
    bell.ring()
    return _held(ids).update(
        state=ReminderState.PLANNED, settled_at=None, attempts=0, outcome="", handed_over_at=None, next_attempt_at=Now()
    )


def drop(ids: Collection[int]) -> int:
    """A person decided that these do not go. How many were held."""
    return _held(ids).update(state=ReminderState.CANCELLED, outcome="held after a restore, not sent", settled_at=Now())


def held_of(patient_id: int) -> QuerySet[Reminder]:
    """The messages to a patient that wait for a decision, the oldest first."""
    return held().filter(patient_id=patient_id)


def lock_held(ids: Collection[int], patient_id: int | None) -> dict[int, int | None]:
    """Those of these messages that still wait, locked, each with its patient; of one patient only, if one is named."""
    rows = Reminder.objects.filter(pk__in=ids, state=ReminderState.HELD).order_by("id").select_for_update()
    chosen = rows if patient_id is None else rows.filter(patient_id=patient_id)
    return dict(chosen.values_list("pk", "patient_id"))


def held() -> QuerySet[Reminder]:
    """Every message that waits for a decision, the oldest first."""
    return Reminder.objects.filter(state=ReminderState.HELD).order_by("due_at", "id")


def tasks_of(patient_id: int) -> QuerySet[Task]:
    """The open tasks that ask for that decision."""
    return Task.objects.filter(key__startswith=kinds.MESSAGE_HELD.key_of(patient_id, ""), closed_at=None)


def _held(ids: Collection[int]) -> QuerySet[Reminder]:
    return Reminder.objects.filter(pk__in=ids, state=ReminderState.HELD)


def lineage() -> tuple[UUID, datetime | None]:
    """The number that this database shares with its backups, and when a restore was last noticed. One query."""
    row = HandOvers.objects.values_list("lineage", "restored_at").first()
    return row or (HandOvers.objects.create(lineage=uuid4()).lineage, None)


def _outside(lineage: UUID) -> dict[int, int]:
    """The highest number known of each slot."""
    shelf, broker = _Shelf.of(lineage).get(), _Broker.get(lineage)
    return {slot: max(shelf.get(slot, 0), broker.get(slot, 0)) for slot in shelf.keys() | broker.keys()}


def _hold_all(outside: Mapping[int, int]) -> int:
    """Under the one row's lock, so that of several who notice one acts; what is sent from now on counts onwards."""
    with transaction.atomic():
        row = HandOvers.objects.select_for_update().get()
        moment = database_now()
        for slot, known in outside.items():
            Crossing.objects.bulk_create([Crossing(slot=slot)], ignore_conflicts=True)
            Crossing.objects.filter(slot=slot, count__lt=known).update(count=known)
        HandOvers.objects.filter(pk=row.pk).update(restored_at=moment)
        count = _hold(Reminder.objects.filter(Q(due_at__lte=moment) | Q(next_attempt_at__lte=moment)), moment)
    log.warning("the database is older than what was sent on its word: %s messages are held for a person", count)
    return count


def _hold(rows: QuerySet[Reminder], restored_at: datetime) -> int:
    """Hold those still planned, and open one task a patient for whoever can decide."""
    with transaction.atomic():
        waiting = rows.filter(state=ReminderState.PLANNED).order_by("id").select_for_update()
        found = list(waiting.values_list("pk", "patient_id"))
        Reminder.objects.filter(pk__in=[pk for pk, _patient in found]).update(
            state=ReminderState.HELD,
            settled_at=Now(),
            lease_token=None,
            lease_until=None,
            handed_over_at=None,
            outcome="due before a restore",
        )
        tasks.open_tasks([_task(patient, restored_at) for patient in {one for _pk, one in found if one}])
    return len(found)


def _task(patient_id: int, restored_at: datetime) -> Task:
    key = kinds.MESSAGE_HELD.key_of(patient_id, restored_at.isoformat(timespec="seconds"))
    return tasks.task_for(kinds.MESSAGE_HELD, patient_id, key=key, patient_id=patient_id)


@dataclass(frozen=True)
class _Shelf:
    """The numbers in a file of this machine, one a lineage, so many digits a slot; each only grows, whoever writes."""

    path: Path

    @classmethod
    def of(cls, lineage: UUID) -> "_Shelf":
        return cls(Path(settings.MARKS_DIR) / lineage.hex)

    def prepare(self) -> None:
        """PermissionError where nothing can be kept: before anything is claimed, not when it is about to leave."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        if not os.access(self.path if self.path.exists() else self.path.parent, os.W_OK):
            raise PermissionError("MARKS_DIR must be a folder that can be written to.")

    def get(self) -> dict[int, int]:
        """Empty where this machine has sent nothing yet."""
        try:
            whole = self.path.read_bytes()
        except FileNotFoundError:
            return {}
        numbers = [whole[start : start + WIDTH].strip(b"\0 ") for start in range(0, len(whole), WIDTH)]
        return {slot: int(number) for slot, number in enumerate(numbers) if number}

    def put(self, slot: int, number: int) -> None:
        """Never less than before. `prepare` has made the folder; a crossing without a tick makes it here."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        file = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            if int(os.pread(file, WIDTH, slot * WIDTH).strip(b"\0 ") or b"0") < number:
                os.pwrite(file, b"%0*d" % (WIDTH, number), slot * WIDTH)
        finally:
            os.close(file)


class _Broker:
    """The numbers in Redis, shared by all machines; where it does not answer the file has to do, for a while."""

    GROWS = """
        local known = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
        if tonumber(ARGV[2]) > known then redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) end
        """
    PAUSE = 5.0
    client: "redis.Redis | None" = None
    silent_until = 0.0

    @classmethod
    def put(cls, mark: Mark) -> None:
        cls._ask(lambda known: known.eval(cls.GROWS, 1, cls._key(mark.lineage), mark.slot, mark.count))

    @classmethod
    def get(cls, lineage: UUID) -> dict[int, int]:
        found = cls._ask(lambda known: known.hgetall(cls._key(lineage)))
        return {int(slot): int(count) for slot, count in found.items()} if isinstance(found, dict) else {}

    @staticmethod
    def _key(lineage: UUID) -> str:
        return f"medmgmt:crossings:{lineage.hex}"

    @classmethod
    def _ask(cls, question: Callable[[redis.Redis], object]) -> object:
        if not settings.REDIS_URL or time.monotonic() < cls.silent_until:
            return None
        try:
            cls.client = cls.client or redis.Redis.from_url(
                settings.REDIS_URL, socket_timeout=1, socket_connect_timeout=1
            )
            return question(cls.client)
        except redis.RedisError:
            cls.silent_until = time.monotonic() + cls.PAUSE
            return None
