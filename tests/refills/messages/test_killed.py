"""Clocks in processes of their own that are killed (-9): nothing lost, nothing sent twice, on both databases."""

import json
import os
import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from tests.refills import worker

pytestmark = pytest.mark.servers
ROWS = 120


class Clinic:
    """A database that several processes share, and the processes that were started on it."""

    def __init__(self, url: str, folder: Path) -> None:
        self.environment = {**os.environ, "DATABASE_URL": url, "REDIS_URL": "", "PYTHONDONTWRITEBYTECODE": "1"}
        self.environment["MARKS_DIR"] = str(folder / "marks")
        self.delivered_to = folder / "delivered.txt"
        self.processes: list[subprocess.Popen[bytes]] = []

    def ask(self, *arguments: str) -> str:
        """Run one command to its end and give what it printed."""
        command = [sys.executable, "-m", "tests.refills.worker", *arguments]
        return subprocess.run(command, env=self.environment, check=True, capture_output=True, text=True).stdout

    def start(self, where: str = "nowhere") -> "subprocess.Popen[bytes]":
        """A clock that dawdles there."""
        command = [sys.executable, "-m", "tests.refills.worker", "run", where, str(self.delivered_to)]
        self.processes.append(subprocess.Popen(command, env=self.environment, stderr=subprocess.PIPE))
        return self.processes[-1]

    def wait_for_file(self, ending: str, lines: int = 1) -> None:
        """Return when the clocks have noted so much; AssertionError after twenty seconds."""
        path = Path(f"{self.delivered_to}{ending}")
        for _ in range(400):
            if path.exists() and len(path.read_text().splitlines()) >= lines:
                return
            time.sleep(0.05)
        raise AssertionError(f"no clock came as far as {ending}")

    def finish(self, clocks: int = 1) -> None:
        """Let so many fresh clocks work until nothing is planned."""
        for process in [self.start() for _ in range(clocks)]:
            _, said = process.communicate(timeout=60)
            assert process.returncode == 0, said.decode()

    def deliveries(self) -> Counter[str]:
        """How often each message left the house."""
        return Counter(self.delivered_to.read_text().split() if self.delivered_to.exists() else [])

    def states(self) -> dict[str, int]:
        """Reminders by state, and the tasks."""
        found: dict[str, int] = json.loads(self.ask("show"))
        return found


@pytest.fixture(scope="module")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file, made once and copied for each test."""
    path = tmp_path_factory.mktemp("clinic") / "empty.sqlite3"
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{path}", "REDIS_URL": ""}
    command = [sys.executable, "manage.py", "migrate", "-v0", "--skip-checks"]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return path


@pytest.fixture
def clinic(transactional_db: None, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Clinic]:
    """This run's kind of database, with 120 reminders due."""
    path = tmp_path / "clinic.sqlite3"
    if connection.vendor == "sqlite":
        shutil.copy(request.getfixturevalue("empty_sqlite"), path)
        made = Clinic(f"sqlite:///{path}", tmp_path)
    else:
        at = connection.settings_dict
        made = Clinic(f"postgres://{at['USER']}@{at['HOST']}:{at['PORT']}/{at['NAME']}", tmp_path)
    made.ask("seed", str(ROWS))
    yield made
    for process in made.processes:
        process.kill()
        process.communicate()
    if connection.vendor == "sqlite":
        with sqlite3.connect(path) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_two_processes_at_once_send_each_reminder_exactly_once(clinic: Clinic) -> None:
    clinic.finish(clocks=2)
    assert clinic.states() == {"sent": ROWS, "tasks": 0}
    assert (len(clinic.deliveries()), set(clinic.deliveries().values())) == (ROWS, {1})


def test_a_clock_killed_before_handing_over_loses_nothing_and_doubles_nothing(clinic: Clinic) -> None:
    victim = clinic.start("before")
    clinic.wait_for_file(".dawdling")
    victim.kill()
    clinic.finish()
    assert clinic.states() == {"sent": ROWS, "tasks": 0}
    assert (len(clinic.deliveries()), set(clinic.deliveries().values())) == (ROWS, {1})


@pytest.mark.parametrize(("where", "left_the_house"), [("during", 0), ("after", worker.THREADS)])
def test_a_clock_killed_while_handing_over_leaves_its_messages_unknown_and_tells_a_person(
    clinic: Clinic, where: str, left_the_house: int
) -> None:
    """Whether they left the house (`after`) or not (`during`) cannot be known from here: neither is sent again."""
    victim = clinic.start(where)
    clinic.wait_for_file(".dawdling", worker.THREADS)
    victim.kill()
    clinic.finish()
    assert clinic.states() == {"sent": ROWS - worker.THREADS, "unknown": worker.THREADS, "tasks": worker.THREADS}
    assert len(clinic.deliveries()) == ROWS - worker.THREADS + left_the_house
    assert set(clinic.deliveries().values()) == {1}


def test_clocks_killed_at_random_lose_nothing_and_double_nothing(clinic: Clinic) -> None:
    kills, chance = 4, random.Random(20261121)
    for number in range(kills):
        victims = [clinic.start(), clinic.start()]
        clinic.wait_for_file(".started", 2 * number + 1)
        time.sleep(chance.uniform(0.01, 0.15))
        victims[number % 2].kill()
        victims[1 - number % 2].kill()
    clinic.finish(clocks=2)
    ended = clinic.states()
    assert ended.get("sent", 0) + ended.get("unknown", 0) == ROWS
    assert ended.get("unknown", 0) == ended["tasks"] <= 2 * kills * worker.THREADS
    assert set(clinic.deliveries().values()) == {1}
    assert ended["sent"] <= len(clinic.deliveries()) <= ROWS


@pytest.mark.sqlite
def test_a_restored_backup_sends_nothing_twice_and_everything_is_accounted_for(clinic: Clinic, tmp_path: Path) -> None:
    database, backup = tmp_path / "clinic.sqlite3", tmp_path / "backup.sqlite3"
    victim = clinic.start("after")  # some had left the house already when the backup was taken
    clinic.wait_for_file(".dawdling", worker.THREADS)
    with sqlite3.connect(database) as source, sqlite3.connect(backup) as target:
        source.backup(target)
    victim.kill()
    victim.wait()
    clinic.finish()
    before = clinic.deliveries()
    for ending in ("", "-wal", "-shm"):
        Path(f"{database}{ending}").unlink(missing_ok=True)
    shutil.copy(backup, database)
    clinic.finish()
    assert clinic.deliveries() == before
    assert set(before.values()) == {1}
    assert clinic.states() == {"held": ROWS, "tasks": 1}
