"""The one command that makes an empty checkout a running clinic: set up what is missing, then start every process."""

import os
import socket
import sys
import threading
import time
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, ProgrammingError, connection
from honcho.manager import Manager

from medmgmt import celery as medmgmt_celery
from refills.worklist import service_levels, site_hours

BANNER = """
  medmgmt is running at {url}

  {demo}
  Health: {url}/healthz   API: {url}/api/docs/   Stop: Ctrl-C
"""
DEMO = """Demo accounts, all with the password  {password}
    adler  psychiatrist      bo   nurse             pia  pharmacist
    carla  patient           ada  administrator     dorn psychiatrist of another team
    olga   privacy officer   otis psychiatrist of a programme under 42 CFR Part 2

  What to try
    1  As adler open Carla Reyes, propose tramadol 50 mg, read what it would do, answer, sign.
    2  As bo log a side effect for her; as adler find the task on the worklist.
    3  As ada open the outbox: a refill reminder has arrived. Follow its link and answer with one tap.
    4  As carla see the same day from the other side.
"""


class Command(BaseCommand):
    """manage.py serve: migrate, load the shipped knowledge, seed the demo if the database is empty, serve."""

    help = "Set up what is missing and serve the clinic on HOST:PORT until Ctrl-C."

    def handle(self, *args: Any, **options: Any) -> None:
        refuse_unfit_redis()
        refuse_unfit_tables()
        prepare(self.stdout.write)
        connection.close()
        manager = Manager()
        for name, command in processes().items():
            manager.add_process(name, command, quiet=False, env={**os.environ, "PYTHONUNBUFFERED": "1"})
        threading.Thread(target=announce, args=(self.stdout.write,), daemon=True).start()
        manager.loop()
        sys.exit(manager.returncode if manager.returncode and manager.returncode > 0 else 0)


def prepare(say: Any) -> None:
    """Everything a first start needs; on a second start each step finds its work done. Raises CommandError in words."""
    try:
        call_command("migrate", verbosity=0, interactive=False)
    except ProgrammingError as refused:
        raise CommandError(
            "This role may not change the tables: run manage.py migrate and manage.py grant_service as their owner."
        ) from refused
    except OperationalError as unreachable:
        raise CommandError(f"The database does not answer: {str(unreachable).splitlines()[0]}") from unreachable
    call_command("load_knowledge", verbosity=0)
    if settings.PRODUCTION:
        call_command("collectstatic", verbosity=0, interactive=False)
    elif not get_user_model().objects.exists():
        say("Making the demo clinic (once, some seconds)")
        call_command("seed_demo", verbosity=0)


def refuse_unfit_tables() -> None:
    """A mistyped service level or closing time is told now, not by the first task that is opened."""
    try:
        service_levels.levels()
        service_levels.hours()
    except (service_levels.BadLevel, site_hours.BadHours) as wrong:
        raise CommandError(str(wrong)) from wrong


def refuse_unfit_redis() -> None:
    """A Redis that may evict keys loses queued work; one that does not answer serves nobody."""
    try:
        medmgmt_celery.require_fit()
    except (medmgmt_celery.Unfit, medmgmt_celery.Silent) as unfit:
        raise CommandError(str(unfit)) from unfit


def processes() -> dict[str, str]:
    """Name and command line of each process: web, and either the embedded clock or a Celery worker with beat."""
    python = sys.executable
    started = {"web": f"exec {python} manage.py web --processes {1 if settings.SQLITE else 2}"}
    if not settings.REDIS_URL:
        return {**started, "clock": f"exec {python} manage.py clock"}
    celery = f"exec {python} -m celery -A medmgmt.celery:app"
    beat = f"{celery} beat --loglevel warning --schedule {settings.STATE_DIR / 'beat'} --pidfile="
    return {**started, "worker": f"{celery} worker --loglevel warning --concurrency 2", "beat": beat}


def announce(say: Any) -> None:
    """Says where to go once the web answers; silent if it never does (the web process says why)."""
    for _ in range(240):
        time.sleep(0.25)
        try:
            socket.create_connection((settings.LOCAL_HOST, settings.PORT), timeout=1).close()
        except OSError:
            continue
        break
    password = os.environ.get("DEMO_PASSWORD", "demo-harbor-iop")
    demo = "" if settings.PRODUCTION else DEMO.format(password=password)
    say(BANNER.format(url=settings.BASE_URL, demo=demo))
