"""Sends the reminders that are due, each once: claim, look again, hand over, settle."""

import logging
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError

from refills import delivery, links, planning, queue, schedule
from refills.clock import database_now
from refills.delivery import Letter
from refills.links import answer, read_link
from refills.models import Reminder, ReminderState
from refills.queue import oldest_due_seconds

__all__ = ["Counts", "Reach", "answer", "oldest_due_seconds", "read_link", "tick"]

log = logging.getLogger(__name__)
BATCH, MOST_BATCHES = 200, 100
TOO_LATE = timedelta(days=7)


@dataclass(frozen=True)
class Reach:
    """Whether and how a patient may be written to, found just before; `why` is a code without health data."""

    address: str | None
    language: str
    time_zone: str
    allowed: bool
    why: str = ""


@dataclass
class Counts:
    """What one tick did, row by row."""

    claimed: int = 0
    sent: int = 0
    retried: int = 0
    dead: int = 0
    unknown: int = 0
    withheld: int = 0
    postponed: int = 0
    superseded: int = 0
    released: int = 0
    lost: int = 0
    """Sent or tried, but the lease was no longer ours when we came to settle."""

    def ended(self, state: ReminderState | None) -> None:
        """Count a row by how its attempt ended."""
        if state is None:
            self.lost += 1
        elif state == ReminderState.PLANNED:
            self.retried += 1
        elif state == ReminderState.DEAD:
            self.dead += 1
        elif state == ReminderState.UNKNOWN:
            self.unknown += 1


ReachOf = Callable[[Reminder], Reach]


def tick(now: datetime | None = None, *, reach: ReachOf) -> Counts:
    """Send what is due, and return when nothing more is. Any number of these may run at once, anywhere.

    `reach` is asked about every row just before it is sent. `now` stands in for the database's clock in deciding what
    is due; leases always go by the database's clock. Call it outside any transaction.
    """
    counts = Counts()
    moment = now or database_now()
    if not queue.is_anything_due(moment):
        return counts
    for state in queue.bury_abandoned(moment):
        counts.ended(state)
    counts.superseded += queue.supersede(moment)
    with ThreadPoolExecutor(max_workers=delivery.threads(), thread_name_prefix="reminder") as pool:
        for _ in range(MOST_BATCHES):
            moment = now or database_now()
            batch = queue.claim(moment, BATCH)
            if not batch.rows:
                break
            counts.claimed += len(batch.rows)
            _Round(batch, moment, reach, counts, pool).run()
    return counts


@dataclass
class _Round:
    """One batch on its way out. The pool waits for the mail server; only this thread asks the database."""

    batch: queue.Batch
    now: datetime
    reach: ReachOf
    counts: Counts
    pool: ThreadPoolExecutor
    under_way: dict["Future[None]", Reminder] = field(default_factory=dict)

    def run(self) -> None:
        """Keep as many under way as there are threads, until every row is settled or given back."""
        waiting = deque(self.batch.rows)
        try:
            while waiting or self.under_way:
                self._step(waiting)
        finally:  # whatever broke, what has left the house is written down
            while self.under_way:
                self._settle(wait(self.under_way).done)

    def _step(self, waiting: deque[Reminder]) -> None:
        """Fill the free threads, wait for the first answer, settle it."""
        ready: list[tuple[Reminder, Letter]] = []
        while waiting and len(self.under_way) + len(ready) < delivery.threads():
            row = waiting.popleft()
            letter = self._letter(row)
            if letter:
                ready.append((row, letter))
        if ready:
            self._hand_over(ready)
        if self.under_way:
            self._settle(wait(self.under_way, return_when=FIRST_COMPLETED).done)

    def _letter(self, row: Reminder) -> Letter | None:
        """The message for a row that may still be sent, now; None when it was settled otherwise."""
        try:
            reached = self.reach(row)
            if reached.allowed and reached.address and self._in_time(row, reached):
                return delivery.compose(
                    key=row.key, address=reached.address, language=reached.language, link=links.url(row)
                )
        except (OperationalError, InterfaceError):
            raise  # the database is away: that is no fault of this row
        except Exception as error:
            self._failed(row, error)
            return None
        if not reached.allowed:
            self.counts.withheld += queue.settle_withheld(self.batch.token, row, reached.why)
        elif not reached.address:
            self.counts.ended(queue.settle_for_person(self.batch.token, row, ReminderState.DEAD, "no address"))
        return None

    def _in_time(self, row: Reminder, reached: Reach) -> bool:
        """Is the patient awake, and is the reminder not stale? If not, it is put off or given to a person here."""
        waking = planning.waking()
        if schedule.fill_date(self.now, reached.time_zone) - row.local_date > TOO_LATE:
            self.counts.ended(queue.settle_for_person(self.batch.token, row, ReminderState.DEAD, "too late"))
            return False
        if waking.holds(self.now, reached.time_zone):
            return True
        until = waking.next_after(self.now, reached.time_zone)
        self.counts.postponed += queue.postpone(self.batch.token, row, until)
        return False

    def _hand_over(self, ready: list[tuple[Reminder, Letter]]) -> None:
        """Start sending what is still ours and planned; give back the rest, and what our time is too short for."""
        crossed = queue.cross(self.batch.token, [row.pk for row, _ in ready])
        for row, letter in ready:
            if row.pk in crossed:
                self.under_way[self._start(letter)] = row
        if left := [row.pk for row, _ in ready if row.pk not in crossed]:
            self.counts.released += queue.release(self.batch.token, left)

    def _start(self, letter: Letter) -> "Future[None]":
        """On a thread; with a single one, here and now (its work is in our own database)."""
        if delivery.threads() > 1:
            return self.pool.submit(delivery.hand_over, letter)
        ended: Future[None] = Future()
        try:
            delivery.hand_over(letter)
        except Exception as error:
            ended.set_exception(error)
        else:
            ended.set_result(None)
        return ended

    def _settle(self, ended: Iterable["Future[None]"]) -> None:
        """Write down what the mail server said, all that was taken in one statement."""
        sent = []
        for future in ended:
            row, error = self.under_way.pop(future), future.exception()
            if error is None:
                sent.append(row.pk)
            elif isinstance(error, delivery.DeliveryUnknown):
                why = f"silence: {error}"
                self.counts.ended(queue.settle_for_person(self.batch.token, row, ReminderState.UNKNOWN, why))
            else:
                self._failed(row, error)
        settled = queue.settle_sent(self.batch.token, sent) if sent else 0
        self.counts.sent += settled
        self.counts.lost += len(sent) - settled

    def _failed(self, row: Reminder, error: BaseException) -> None:
        """Again later, or given to a person; the log has the number of the row and the kind of error only."""
        why = str(error) if isinstance(error, delivery.NotDelivered) else type(error).__name__
        log.warning("reminder %s, attempt %s: %s", row.pk, row.attempts, why)
        self.counts.ended(queue.settle_failed(self.batch.token, row, why, self.now))
