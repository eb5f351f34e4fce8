"""A rescreening worker in a process of its own, to be killed: python -m tests.actions.rescreen_worker seed N | run ...

`run nowhere FILE` looks at batch after batch until no run waits; `run middle FILE` dawdles inside its second batch, its
findings written and nothing committed. Each batch that was committed is one line in FILE: the process, how many.
"""

import os
import sys
import time
from collections.abc import Collection
from datetime import date, datetime
from pathlib import Path

import django

BATCH = 10
DAWDLE = 60.0


def seed(count: int, folder: Path) -> None:
    """So many patients who take both drugs of a pair that a release, now in use, calls major."""
    from django.core.management import call_command

    from interactions import releases
    from interactions.importers import table
    from medmgmt.actions import knowledge, rescreening
    from medmgmt.regimen import courses as populations
    from tests import factories

    call_command("load_knowledge", verbosity=0)
    rescreening.work()
    for number in range(count):
        patient = factories.patient(f"P-{number}")
        factories.taking("lamotrigine", 28439, of=patient)
        factories.taking("metformin", 6809, of=patient)
        populations.keep_current([patient.pk])
    path = folder / "licensed.csv"
    path.write_text("rxcui_a,rxcui_b,severity\n28439,6809,Major\n", encoding="utf-8")
    about = releases.About(source="Licensed", version="1", released_on=date(2026, 1, 1))
    release = releases.keep_pairs(about, table.parse(path, {}), releases.digests([path]))
    knowledge.activate(factories.pia(), release.pk)


def note(path: str, text: str) -> None:
    """One line, whole, even if this process dies right after."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    os.write(file, f"{text}\n".encode())
    os.close(file)


def run(where: str, path: str) -> None:
    """Batch after batch until every run is done."""
    from interactions import rescreening as tables
    from interactions.models import RescreenPatient, RescreenRun
    from interactions.rescreening import Came
    from medmgmt.actions import rescreening

    settle, batches = tables.settle, 0

    def dawdling(run: RescreenRun, rows: Collection[RescreenPatient], came: Came, now: datetime) -> None:
        nonlocal batches
        batches += 1
        if where == "middle" and batches == 2:
            note(f"{path}.dawdling", str(os.getpid()))
            time.sleep(DAWDLE)
        settle(run, rows, came, now)

    tables.settle = dawdling
    note(f"{path}.started", str(os.getpid()))
    while RescreenRun.objects.exclude(state="done").exists():
        rescreening.plan()
        screened = rescreening.screen_batch(BATCH)
        if screened:
            note(path, f"{os.getpid()} {screened}")
        time.sleep(0.02)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medmgmt.settings")
    django.setup()
    if sys.argv[1] == "seed":
        seed(int(sys.argv[2]), Path(sys.argv[3]))
    else:
        run(sys.argv[2], sys.argv[3])
