"""Rescreening spread over worker processes on PostgreSQL, one of them killed (-9): everybody once, nobody twice."""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connection

from interactions.models import Finding, RescreenPatient, RescreenRun, Review, RunState
from refills.models import Task

pytestmark = [pytest.mark.postgres, pytest.mark.servers, pytest.mark.django_db(transaction=True)]
PATIENTS = 80


class Workers:
    """Processes that share this run's database."""

    def __init__(self, folder: Path) -> None:
        at = connection.settings_dict
        url = f"postgres://{at['USER']}@{at['HOST']}:{at['PORT']}/{at['NAME']}"
        self.environment = {**os.environ, "DATABASE_URL": url, "REDIS_URL": "", "PYTHONDONTWRITEBYTECODE": "1"}
        self.environment["MEDMGMT_STATE_DIR"] = str(folder)
        self.notes = folder / "batches.txt"
        self.processes: list[subprocess.Popen[bytes]] = []

    def start(self, *arguments: str) -> "subprocess.Popen[bytes]":
        """One more."""
        command = [sys.executable, "-m", "tests.actions.rescreen_worker", *arguments]
        self.processes.append(subprocess.Popen(command, env=self.environment, stderr=subprocess.PIPE))
        return self.processes[-1]

    def finish(self, process: "subprocess.Popen[bytes]") -> None:
        """Wait until it has ended well."""
        _, said = process.communicate(timeout=120)
        assert process.returncode == 0, said.decode()

    def wait_for(self, ending: str, lines: int = 1) -> None:
        """Return when the workers have noted so much; AssertionError after a minute."""
        path = Path(f"{self.notes}{ending}")
        for _ in range(1200):
            if path.exists() and len(path.read_text().splitlines()) >= lines:
                return
            time.sleep(0.05)
        raise AssertionError(f"no worker came as far as {ending}")

    def screened(self) -> Counter[str]:
        """Process -> patients it has looked at, by batches that were committed."""
        found: Counter[str] = Counter()
        for line in self.notes.read_text().splitlines():
            process, count = line.split()
            found[process] += int(count)
        return found


@pytest.fixture
def workers(tmp_path: Path) -> Iterator[Workers]:
    """A clinic of 80 patients whom a new release concerns, and nobody at work yet."""
    made = Workers(tmp_path)
    made.finish(made.start("seed", str(PATIENTS), str(tmp_path)))
    yield made
    for process in made.processes:
        process.kill()
        process.communicate()


def everybody_once() -> None:
    """What must be true when the run is over, whoever died in between."""
    run = RescreenRun.objects.latest("id")
    assert (run.state, run.touched, run.screened) == (RunState.DONE, PATIENTS, PATIENTS)
    assert (run.new_findings, run.tasks) == (PATIENTS, PATIENTS)
    reviewed = Counter(Review.objects.filter(moment="screen").values_list("patient_id", flat=True))
    assert (len(reviewed), set(reviewed.values())) == (PATIENTS, {1})
    assert Finding.objects.filter(severity="major").count() == PATIENTS
    assert Task.objects.filter(source_type="rescreening").count() == PATIENTS
    assert not RescreenPatient.objects.filter(done_at=None).exists()


def test_two_workers_share_the_patients_and_look_at_each_once(workers: Workers) -> None:
    both = [workers.start("run", "nowhere", str(workers.notes)) for _ in range(2)]
    for process in both:
        workers.finish(process)
    everybody_once()
    assert sum(workers.screened().values()) == PATIENTS
    assert len(workers.screened()) == 2, "neither did it alone"


def test_a_worker_killed_in_the_middle_of_a_batch_loses_nothing_and_doubles_nothing(workers: Workers) -> None:
    victim = workers.start("run", "middle", str(workers.notes))
    workers.wait_for(".dawdling")
    other = workers.start("run", "nowhere", str(workers.notes))
    workers.wait_for("", 3)
    victim.kill()
    victim.wait()
    workers.finish(other)
    everybody_once()
    assert workers.screened()[str(victim.pid)] == 10, "its first batch stands, its second was taken up by the other"
