"""The embedded clock: one process that runs Celery's timetable in itself, for installations without a broker."""

import logging
import signal
import time
from datetime import datetime
from threading import Event
from types import FrameType
from typing import Any

from celery.schedules import schedule
from django.core.management.base import BaseCommand
from django.db import close_old_connections

from medmgmt.celery import app

log = logging.getLogger("medmgmt.clock")


class Entry:
    """One line of the timetable and when it was last run; it is due at once when the clock starts."""

    def __init__(self, task: str, every: schedule) -> None:
        self.task, self.every = task, every
        self.last: datetime | None = None

    def seconds_left(self) -> float:
        """Seconds until it is due; nought or less means now."""
        if self.last is None:
            return 0.0
        due, left = self.every.is_due(self.last)
        return 0.0 if due else float(left)

    def run(self) -> None:
        """Runs the task in this process. An error is logged by the task's name alone: the row it met is still due."""
        self.last = app.now()
        close_old_connections()
        outcome = app.tasks[self.task].apply()
        if outcome.failed():
            log.error("%s failed with %s; it is tried again on its next tick", self.task, type(outcome.result).__name__)


class Command(BaseCommand):
    """manage.py clock [--once]: runs what is due until it is told to stop."""

    help = "Run the timetable in this process (the embedded default; with REDIS_URL use a Celery worker and beat)."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--once", action="store_true", help="run every line of the timetable once and end")

    def handle(self, *args: Any, **options: Any) -> None:
        app.loader.import_default_modules()
        lines = app.conf.beat_schedule.values()
        entries = [Entry(line["task"], schedule(run_every=line["schedule"], app=app)) for line in lines]
        if options["once"]:
            for entry in entries:
                entry.run()
            return
        self.tick_until_stopped(entries)

    def tick_until_stopped(self, entries: list[Entry]) -> None:
        stop = Event()

        def ask_to_stop(_signal: int, _frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, ask_to_stop)
        signal.signal(signal.SIGINT, ask_to_stop)
        while not stop.is_set():
            for entry in entries:
                if entry.seconds_left() <= 0 and not stop.is_set():
                    entry.run()
            began = time.monotonic()
            nearest = min(entry.seconds_left() for entry in entries)
            stop.wait(max(0.05, nearest - (time.monotonic() - began)))
