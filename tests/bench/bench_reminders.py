"""Reminders claimed and settled per second, against a Celery task each, one row at a time and a bare SKIP LOCKED batch.

python -m tests.bench.bench_reminders: on SQLite and on PostgreSQL (fsync on), then whole ticks with a gateway that
answers at once and with one that takes 200 ms; on PostgreSQL also one Celery task a message on a real worker (prefork,
2) with a real Redis. No mail leaves the house.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass

import django
from django.db import connection, transaction

from tests import servers

ROWS, ONE_BY_ONE, BATCH, SLOW_ROWS, SLOW_SECONDS, THREADS = 8_000, 400, 500, 640, 0.2, 32
CELERY_ROWS, CELERY_SECONDS = 1_000, 120


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    rows: int
    seconds: float

    def line(self, baseline: float) -> str:
        """Rows a second, beside those of the bare batch."""
        rate = self.rows / self.seconds
        return f"  {self.what:<52} {rate:>9,.0f} /s   {rate / baseline:>6.2f} of the bare batch"


def timed(what: str, rows: int, work: Callable[[], int]) -> Figure:
    """Work on `rows` rows that are due; it must say that it settled them all."""
    from refills.models import Reminder
    from tests.refills.people import NOON

    Reminder.objects.update(
        state="cancelled", settled_at=NOON, lease_token=None, lease_until=None, handed_over_at=None, attempts=0
    )
    some = list(Reminder.objects.order_by("id").values_list("pk", flat=True)[:rows])
    Reminder.objects.filter(pk__gte=some[0], pk__lte=some[-1]).update(state="planned", settled_at=None)
    with connection.cursor() as cursor, contextlib.suppress(Exception):
        cursor.execute("VACUUM ANALYZE refills_reminder" if connection.vendor == "postgresql" else "ANALYZE")
    began = time.perf_counter()
    settled = work()
    taken = time.perf_counter() - began
    assert settled == rows, f"{what}: {settled} of {rows} settled"
    return Figure(what, rows, taken)


def by_queue(batch: int, cross: bool = True) -> Callable[[], int]:
    """Claim, cross the line, settle, in batches of this size."""
    from refills.messages import queue
    from tests.refills.people import NOON

    def work() -> int:
        settled = 0
        while True:
            held = queue.claim(NOON, batch)
            if not held.rows:
                return settled
            ids = [row.pk for row in held.rows]
            if cross:
                queue.cross(held.token, ids)
            settled += queue.settle_sent(held.token, dict.fromkeys(ids, ""))

    return work


def bare() -> int:
    """The least that could claim and settle: two statements a batch, no lease check, no model."""
    postgres = connection.vendor == "postgresql"
    lock = "FOR UPDATE SKIP LOCKED" if postgres else ""
    soon = "now() + interval '60 seconds'" if postgres else "datetime('now', '+60 seconds')"
    now = "now()" if postgres else "datetime('now')"
    token = "'00000000-0000-0000-0000-000000000001'" if postgres else "'00000000000000000000000000000001'"
    claim = f"""UPDATE refills_reminder SET lease_token = {token}, lease_until = {soon}, attempts = attempts + 1
        WHERE id IN (SELECT id FROM refills_reminder WHERE state = 'planned' AND lease_token IS NULL
        ORDER BY next_attempt_at, id LIMIT {BATCH} {lock}) RETURNING id"""
    settle = f"""UPDATE refills_reminder SET state = 'sent', settled_at = {now}, lease_token = NULL, lease_until = NULL
        WHERE id IN ({{}})"""
    settled = 0
    with connection.cursor() as cursor:
        while True:
            with transaction.atomic():
                cursor.execute(claim)
                ids = [str(number) for (number,) in cursor.fetchall()]
            if not ids:
                return settled
            with transaction.atomic():
                cursor.execute(settle.format(",".join(ids)))
                settled += cursor.rowcount


def by_tick(seconds: float, threads: int) -> Callable[[], int]:
    """Whole ticks: also asked whom to reach, the text written, handed to a gateway that takes so long."""
    from django.conf import settings

    from refills.messages import reminders
    from tests.refills import gateways
    from tests.refills.people import NOON, reachable

    def work() -> int:
        settings.EMAIL_BACKEND, settings.REMINDER_THREADS = "tests.refills.gateways.Counts", threads
        gateways.Counts.reset(seconds)
        return reminders.tick(NOON, reach=reachable).sent

    return work


def by_celery() -> int:
    """One task a message through Redis to a worker with two processes: each claims and settles its own row."""
    from django.conf import settings

    from refills.models import Reminder
    from tests.bench import one_task_each

    app = one_task_each.app
    command = [sys.executable, "-m", "celery", "-A", "tests.bench.one_task_each:app", "worker", "--concurrency", "2"]
    command += ["--loglevel", "error", "--without-gossip", "--without-mingle", "--without-heartbeat"]
    assert settings.REDIS_URL
    ids = list(Reminder.objects.filter(state="planned").order_by("id").values_list("pk", flat=True))
    worker = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        one_task_each.settle_one.delay(ids[0])
        left_is(len(ids) - 1)
        one_task_each.began = time.perf_counter()
        for number in ids[1:]:
            one_task_each.settle_one.delay(number)
        left_is(0)
        one_task_each.taken = time.perf_counter() - one_task_each.began
    finally:
        os.killpg(worker.pid, 9)
        worker.wait()
        app.close()
    return len(ids)


def left_is(count: int) -> None:
    """Return when so many are still planned."""
    from refills.models import Reminder

    for _ in range(CELERY_SECONDS * 50):
        if Reminder.objects.filter(state="planned").count() == count:
            return
        time.sleep(0.02)
    raise AssertionError("the worker did not come so far in two minutes")


def celery_figure() -> Figure:
    """Without the worker's start, which the first task waits for."""
    from tests.bench import one_task_each

    timed("a Celery task each", CELERY_ROWS, by_celery)
    return Figure("a Celery task each (prefork 2, Redis)", CELERY_ROWS - 1, one_task_each.taken)


def measure(name: str) -> None:
    """All figures on the database of this process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medmgmt.settings")
    django.setup()
    from django.core.management import call_command

    from tests.refills.people import due

    call_command("migrate", verbosity=0, skip_checks=True)
    due(ROWS)
    figures = [
        timed(f"bare batch of {BATCH}, two statements", ROWS, bare),
        timed(f"claim, cross, settle in batches of {BATCH}", ROWS, by_queue(BATCH)),
        timed(f"claim, settle in batches of {BATCH} (no line to cross)", ROWS, by_queue(BATCH, cross=False)),
        timed("claim, cross, settle one row at a time", ONE_BY_ONE, by_queue(1)),
        timed(f"whole tick, gateway answers at once, {THREADS} threads", ROWS, by_tick(0.0, THREADS)),
        timed(f"whole tick, gateway takes 200 ms, {THREADS} threads", SLOW_ROWS, by_tick(SLOW_SECONDS, THREADS)),
        timed("whole tick, gateway takes 200 ms, 1 thread", 10, by_tick(SLOW_SECONDS, 1)),
    ]
    if os.environ["REDIS_URL"]:
        figures.append(celery_figure())
    baseline = figures[0].rows / figures[0].seconds
    print(f"{name}:")
    print("\n".join(figure.line(baseline) for figure in figures), flush=True)


def main(arguments: list[str]) -> int:
    """Each database in a process of its own; 0 when both could be measured."""
    if arguments:
        measure(arguments[0])
        return 0
    status = 0
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="medmgmt-bench-"))
        addresses = {"SQLite": f"sqlite:///{folder}/bench.sqlite3"}
        try:
            addresses["PostgreSQL"] = stack.enter_context(servers.postgres(fsync=True))
        except servers.Unavailable as absent:
            print(f"NOT RUN: {absent}")
            status = 1
        for name, address in addresses.items():
            environment = {**os.environ, "DATABASE_URL": address, "REDIS_URL": "", "MARKS_DIR": f"{folder}/marks"}
            if name == "PostgreSQL":
                with contextlib.suppress(servers.Unavailable):
                    environment["REDIS_URL"] = stack.enter_context(servers.redis())
            status |= subprocess.run([sys.executable, "-m", __spec__.name, name], env=environment).returncode
    return status


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
