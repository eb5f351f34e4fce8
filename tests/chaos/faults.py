"""One run: start everything, break it at random moments until all is delivered, and say how it stands."""

import contextlib
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import requests

from tests import servers
from tests.chaos.machines import Postgres, Process, Redis
from tests.chaos.reading import Reader

LEASE_SECONDS = 10
HOUR = 3600
PACE = {
    "REMINDER_LEASE_SECONDS": str(LEASE_SECONDS),
    "REMINDER_THREADS": "16",
    "REMINDER_ATTEMPTS": "20",
    "REMINDER_RETRY_SECONDS": "1",
    "REMINDER_RETRY_MOST_SECONDS": "4",
    "GATEWAY_TIMEOUT": "1",
    "LOG_LEVEL": "ERROR",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@dataclass(frozen=True)
class Plan:
    """What is asked of one run."""

    name: str
    rows: int = 10_000
    without_key: int = 1_000
    seconds: float = 240.0
    workers: int = 4
    kills: int = 50
    redis_crashes: int = 10
    postgres_crashes: int = 5
    sqlite: bool = False
    redis: bool = True
    patience: float = 120.0


@dataclass
class Stage:
    """What runs, and where."""

    plan: Plan
    folder: Path
    environment: dict[str, str]
    gateway: str
    postgres: Postgres | None = None
    redis: Redis | None = None
    workers: list[Process] = field(default_factory=list)
    others: list[Process] = field(default_factory=list)
    done: dict[str, int] = field(default_factory=dict)

    def ask(self, *arguments: str) -> str:
        """One command of tests.chaos.worker to its end, and what it printed."""
        command = [sys.executable, "-m", "tests.chaos.worker", *arguments]
        return subprocess.run(
            command, env=self.environment, check=True, capture_output=True, text=True, timeout=120
        ).stdout

    def process(self, name: str, *arguments: str) -> Process:
        return Process(arguments, self.environment, self.folder / f"{name}.log")


@contextlib.contextmanager
def stage(plan: Plan, folder: Path, seed: int) -> Iterator[Stage]:
    """Servers, an empty clinic and the counting gateway; whatever happens, all of it is gone afterwards."""
    port = servers.free_port()
    environment = {**os.environ, **PACE, "SMS_URL": f"http://127.0.0.1:{port}/messages", "REDIS_URL": ""}
    environment |= {"MARKS_DIR": str(folder / "marks"), "API_RATE": "1000000/hour"}
    with contextlib.ExitStack() as leaving:
        built = Stage(plan, folder, environment, f"http://127.0.0.1:{port}")
        if plan.sqlite:
            environment["DATABASE_URL"] = f"sqlite:///{folder}/clinic.sqlite3"
        else:
            built.postgres = Postgres(folder)
            leaving.callback(built.postgres.stop)
            environment["DATABASE_URL"] = built.postgres.url
        if plan.redis:
            built.redis = Redis(folder)
            leaving.callback(built.redis.stop)
            environment["REDIS_URL"] = built.redis.url
        leaving.callback(lambda: [one.kill() for one in [*built.workers, *built.others]])
        migrate = [sys.executable, "manage.py", "migrate", "-v0", "--skip-checks"]
        subprocess.run(migrate, env=environment, check=True, capture_output=True)
        gateway = built.process("gateway", "tests.chaos.gateway", str(port), str(seed))
        built.others.append(gateway)
        gateway.wait_until_it_listens(port)
        yield built


def start(built: Stage) -> None:
    """The workers, one an hour ahead and one an hour behind; with Redis two beats as well."""
    shifts = [HOUR, -HOUR, *[0] * built.plan.workers]
    for number in range(built.plan.workers):
        shift, name = str(shifts[number]), f"worker{number}"
        if built.redis is None:
            built.workers.append(built.process(name, "tests.chaos.worker", "clock", shift))
            continue
        options = ["worker", "--loglevel", "error", "--concurrency", "1", "-n", f"{name}@chaos"]
        options += ["--without-gossip", "--without-mingle", "--without-heartbeat"]
        built.workers.append(built.process(name, "tests.chaos.worker", "celery", shift, *options))
    for number in range(2 if built.redis else 0):
        file = str(built.folder / f"beat{number}")
        options = ["beat", "--loglevel", "error", "--pidfile=", "--schedule", file]
        built.others.append(built.process(f"beat{number}", "tests.chaos.worker", "celery", "0", *options))


def schedule(built: Stage, chance: random.Random) -> list[tuple[float, str, Callable[[], None]]]:
    """When what breaks, spread at random over the run."""
    plan = built.plan

    def kill() -> None:
        victim = chance.choice(up(built))
        victim.kill()
        victim.start()

    faults: list[tuple[str, int, Callable[[], None]]] = [("kills", plan.kills, kill)]
    if built.redis:
        faults.append(("Redis restarts", plan.redis_crashes, built.redis.crash))
    if built.postgres:
        faults.append(("PostgreSQL crashes", plan.postgres_crashes, built.postgres.crash))
    planned = []
    for name, count, act in faults:
        each = plan.seconds * 0.95 / max(count, 1)
        planned += [(number * each + chance.uniform(0.1, 0.9) * each, name, act) for number in range(count)]
    return sorted(planned, key=lambda fault: fault[0])


def up(built: Stage) -> list[Process]:
    """Those that work just now, once another one would be left: a machine too slow for the pace is waited for."""
    for _ in range(600):
        for process in [*built.workers, *built.others]:
            process.keep_up()
        found = [process for process in built.workers if process.is_up]
        if len(found) > 1:
            return found
        time.sleep(0.1)
    raise AssertionError("no two workers came up in a minute")


def run(plan: Plan, folder: Path, seed: int) -> dict[str, object]:
    """The whole run; what it found."""
    chance = random.Random(seed)
    with stage(plan, folder, seed) as built:
        reader = Reader.of(built) if plan.sqlite else None
        start(built)
        wait_until_all_are_up(built)
        due: dict[str, tuple[float, bool]] = json.loads(
            built.ask("seed", "0", str(plan.rows), str(plan.without_key), str(plan.seconds))
        )
        began = time.monotonic()
        for at, name, act in schedule(built, chance):
            time.sleep(max(0.0, began + at - time.monotonic()))
            act()
            built.done[name] = built.done.get(name, 0) + 1
        states = settle(built, began)
        report = requests.get(f"{built.gateway}/report", timeout=30).json()
        read = reader.finish() if reader else {}
        for process in built.workers:
            process.kill()
        return {"due": due, "states": states, "report": report, "faults": built.done, "read": read} | {
            "seconds": time.monotonic() - began
        }


def wait_until_all_are_up(built: Stage) -> None:
    """What is late from now on is late by a fault alone."""
    for _ in range(1200):
        if all(process.is_up for process in built.workers):
            return
        time.sleep(0.1)
    raise AssertionError("the workers did not come up in two minutes")


def settle(built: Stage, began: float) -> dict[str, int]:
    """Wait until nothing is planned any more, within reason; how the rows stand."""
    until = max(began + built.plan.seconds, time.monotonic()) + built.plan.patience
    while True:
        states: dict[str, int] = json.loads(built.ask("show", "0"))
        if not any(name.endswith("planned") for name in states) or time.monotonic() > until:
            return states
        for process in [*built.workers, *built.others]:
            process.keep_up()
        time.sleep(2)
