"""Sends the reminders that are due, each once: claim, look again, hand over, settle."""

import logging
import os
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache, partial
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection

from refills import site
from refills.clock import database_now
from refills.messages import delivery, links, planning, queue, restoring
from refills.messages import waking as messages_waking
from refills.messages.delivery import Letter
from refills.messages.waking import Waking
from refills.models import Reminder, ReminderState

log = logging.getLogger(__name__)
T = TypeVar("T")
BATCH, MOST_BATCHES = 500, 100
QUICK_SECONDS, GATHER_SECONDS, DATABASE_PAUSE = 0.25, 0.05, 0.25


@dataclass(frozen=True)
class Reach:
    """Whether and how a patient may be written to, found just before; `why` is a code without health data."""

    address: str | None
    language: str
    time_zone: str
    allowed: bool
    why: str = ""
    waking: Waking | None = None
    """The reader's own waking hours; None for the site's."""


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
    held: int = 0
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
    counts.held += restoring.look()
    for state in queue.bury_abandoned(moment):
        counts.ended(state)
    counts.superseded += planning.supersede(moment)
    _Round(now, reach, counts).run()
    return counts


@lru_cache(maxsize=4)
def _pool(_process: int, threads: int) -> ThreadPoolExecutor:
    """The sending threads of this process, kept from tick to tick; a forked child has its own."""
    return ThreadPoolExecutor(max_workers=threads, thread_name_prefix="reminder")


@dataclass(frozen=True)
class _Held:
    """A row of ours, and under which lease."""

    row: queue.Claimed
    token: UUID


@dataclass
class _Round:
    """Everything that is due, on its way out. The threads wait for the gateway; only this one asks the database."""

    now: datetime | None
    reach: ReachOf
    counts: Counts
    waiting: deque[_Held] = field(default_factory=deque)
    under_way: dict["Future[str]", _Held] = field(default_factory=dict)
    clock: datetime = field(default_factory=database_now)
    """The time at which this step began: what is due, late or at night goes by it."""
    claims: int = 0
    threads: int = field(default_factory=lambda: int(settings.REMINDER_THREADS))
    at_once: int = 0
    """How many may be under way: as many as there are threads, more where the gateway is quick and takes a key."""
    to_claim: int = 0

    def run(self) -> None:
        """Keep the threads busy until every row is settled or given back, and nothing more is due."""
        self.at_once = self.threads
        self.to_claim = min(BATCH, 4 * self.at_once)
        try:
            while self._take() or self.waiting or self.under_way:
                self._step()
        finally:  # whatever broke, what has left the house is written down
            while self.under_way:
                self._settle(wait(self.under_way).done)

    def _take(self) -> bool:
        """Claim more before the threads run dry; False when nothing more is due, or this tick has had its share."""
        if len(self.waiting) >= self.at_once or self.claims >= MOST_BATCHES:
            return False
        batch = queue.claim(self.now or database_now(), self.to_claim)
        if not batch.rows:
            self.claims = MOST_BATCHES
            return False
        self.claims += 1
        self.counts.claimed += len(batch.rows)
        self.waiting.extend(_Held(row, batch.token) for row in batch.rows)
        return True

    def _step(self) -> None:
        """Fill the free threads, wait for the first answers, settle them together."""
        began, self.clock = time.monotonic(), self.now or database_now()
        ready = self._ready()
        if ready:
            self._hand_over(ready)
        if not self.under_way:
            return
        wait(self.under_way, return_when=FIRST_COMPLETED)
        self._settle(self._gathered())
        self._keep_pace(len(ready), time.monotonic() - began)

    def _gathered(self) -> set["Future[str]"]:
        """The answers that come within moments of the first, so that many are written down at once."""
        until, enough = time.monotonic() + GATHER_SECONDS, max(1, len(self.under_way) // 4)
        while True:
            ended = {future for future in self.under_way if future.done()}
            if len(ended) >= enough or time.monotonic() >= until:
                return ended
            time.sleep(GATHER_SECONDS / 10)

    def _keep_pace(self, begun: int, seconds: float) -> None:
        """A quick gateway is handed more at once, and more is claimed for it; a slow one no more than it has threads
        for, so that nothing waits until its lease ends."""
        if begun >= self.at_once and seconds < QUICK_SECONDS:
            self.at_once, self.to_claim = min(2 * self.at_once, BATCH), min(2 * self.to_claim, BATCH)
        elif seconds >= QUICK_SECONDS:
            self.at_once, self.to_claim = self.threads, min(BATCH, 4 * self.threads)

    def _ready(self) -> list[tuple[_Held, Letter]]:
        """The next rows with their letters: without a key no more than threads, lest a crash leaves more unknown."""
        taken: list[_Held] = []
        while self.waiting:
            row, busy = self.waiting[0].row, len(self.under_way) + len(taken)
            if busy >= (self.at_once if row.takes_key else delivery.at_once(row.channel)):
                break
            taken.append(self.waiting.popleft())
        whole = Reminder.objects.select_related("patient", "prescription", "recipient")
        found = whole.in_bulk([held.row.pk for held in taken]) if taken else {}
        letters = ((held, self._letter(held, found[held.row.pk])) for held in taken)
        return [(held, letter) for held, letter in letters if letter]

    def _letter(self, held: _Held, reminder: Reminder) -> Letter | None:
        """The message for a row that may still be sent, now; None when it was settled otherwise."""
        try:
            reached = self.reach(reminder)
            if reached.allowed and reached.address and self._in_time(held, reminder, reached):
                return delivery.compose(
                    key=reminder.key,
                    address=reached.address,
                    language=reached.language,
                    link=links.url(reminder, reached.address),
                    stop_link=links.stop_url(reminder, reached.address),
                    helps=reminder.caregiver_id is not None,
                    channel=reminder.channel,
                    kind=reminder.kind,
                )
        except (OperationalError, InterfaceError):
            raise  # the database is away: that is no fault of this row
        except Exception as error:
            self._failed(held, error)
            return None
        if not reached.allowed:
            self.counts.withheld += queue.settle_withheld(held.token, held.row, reached.why)
        elif not reached.address:
            self.counts.ended(queue.settle_for_person(held.token, held.row, ReminderState.DEAD, "no address"))
        return None

    def _in_time(self, held: _Held, reminder: Reminder, reached: Reach) -> bool:
        """Is the reader awake, and is the message not stale? If not, it is put off or given to a person here."""
        waking, moment = reached.waking or planning.waking(), self.clock
        late = messages_waking.fill_date(moment, reached.time_zone) - reminder.local_date
        if late > site.days("message_late_days_max"):
            self.counts.ended(queue.settle_for_person(held.token, held.row, ReminderState.DEAD, "too late"))
            return False
        if waking.holds(moment, reached.time_zone):
            return True
        until = waking.next_after(moment, reached.time_zone)
        self.counts.postponed += queue.postpone(held.token, held.row, until)
        return False

    def _hand_over(self, ready: list[tuple[_Held, Letter]]) -> None:
        """Start sending what is still ours and planned; give back the rest, and what our time is too short for."""
        for token in {held.token for held, _ in ready}:
            ours = [pair for pair in ready if pair[0].token == token]
            crossed = queue.cross(token, [held.row.pk for held, _ in ours])
            for held, letter in ours:
                if held.row.pk in crossed:
                    self.under_way[self._start(letter)] = held
            if left := [held.row.pk for held, _ in ours if held.row.pk not in crossed]:
                self.counts.released += queue.release(token, left)

    def _start(self, letter: Letter) -> "Future[str]":
        """On a thread; what the demo shows on a page here and now, for its work is in our own database."""
        if delivery.at_once(letter.channel) > 1:
            return _pool(os.getpid(), self.threads).submit(delivery.hand_over, letter)
        ended: Future[str] = Future()
        try:
            ended.set_result(delivery.hand_over(letter))
        except Exception as error:
            ended.set_exception(error)
        return ended

    def _settle(self, ended: Iterable["Future[str]"]) -> None:
        """Write down what the gateway said, all that was taken in one statement a lease."""
        sent: dict[UUID, dict[int, str]] = {}
        failed: dict[UUID, list[queue.Failed]] = {}
        for future in ended:
            held, error = self.under_way.pop(future), future.exception()
            if error is None:
                sent.setdefault(held.token, {})[held.row.pk] = future.result()
            elif isinstance(error, delivery.DeliveryUnknown) and not held.row.takes_key:
                unknown = partial(queue.settle_for_person, held.token, held.row, ReminderState.UNKNOWN, silence(error))
                self.counts.ended(_surely(unknown))
            elif held.row.attempts >= settings.REMINDER_ATTEMPTS:
                self._failed(held, error)
            else:
                failed.setdefault(held.token, []).append(self._noted(held, error))
        for token, rows in sent.items():
            settled = _surely(partial(queue.settle_sent, token, rows))
            self.counts.sent += settled
            self.counts.lost += len(rows) - settled
        for token, again in failed.items():
            settled = _surely(partial(queue.settle_again, token, again, self.clock))
            self.counts.retried += settled
            self.counts.lost += len(again) - settled

    def _failed(self, held: _Held, error: BaseException) -> None:
        """Again later, or given to a person."""
        failed = self._noted(held, error)
        settle = partial(
            queue.settle_failed, held.token, held.row, failed.why, self.clock, may_have_left=failed.may_have_left
        )
        self.counts.ended(_surely(settle))

    def _noted(self, held: _Held, error: BaseException) -> queue.Failed:
        """The log has the number of the row and the kind of error only; after a silence it may have arrived."""
        silent = isinstance(error, delivery.DeliveryUnknown)
        why = silence(error) if silent else code_of(error)
        log.warning("reminder %s, attempt %s: %s", held.row.pk, held.row.attempts, why)
        return queue.Failed(held.row, why, may_have_left=silent)


def silence(error: BaseException) -> str:
    """The code of a message that may or may not have arrived."""
    return f"silence: {error}"


def code_of(error: BaseException) -> str:
    """The code of a failure: never what an error says, which may name a person or a drug."""
    return str(error) if isinstance(error, delivery.NotDelivered) else type(error).__name__


def _surely(settle: Callable[[], T]) -> T:
    """What the outside said is written down though the database is away for a while; once the lease has ended too, it
    is somebody else's."""
    until = time.monotonic() + queue.lease().total_seconds()
    while True:
        try:
            return settle()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block or time.monotonic() > until:
                raise
            connection.close()
            time.sleep(DATABASE_PAUSE)
