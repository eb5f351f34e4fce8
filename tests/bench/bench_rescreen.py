"""Rescreening a population beside reading its rows: a whole sweep, a change of a few pairs, and a query a patient.

python -m tests.bench.bench_rescreen: patients with eight made-up medicines each in an SQLite file of its own, 10k, 100k
and one million (BENCH_PATIENTS=10000,100000 for fewer). Baseline of the sweep: reading the same rows and copying the
findings. The query-a-patient loop runs at 10k alone; for more it is worked out from that, and said so.
"""

import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path

DRUGS, EACH, PAIRS, FEW = 1_000, 8, 20_000, 5
SIZES = [int(size) for size in os.environ.get("BENCH_PATIENTS", "10000,100000,1000000").split(",")]
TODAY = date(2026, 11, 21)
MOST_SECONDS = 200


def seconds(act: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def fill(patients: int) -> None:
    """Everybody's medicines; common ones are common (the square of a uniform draw)."""
    from django.db import connection, transaction

    dice = random.Random(3)
    draw = dice.random

    def rows() -> Iterator[tuple[int, int, int]]:
        prescription = 0
        for patient in range(1, patients + 1):
            taken: set[int] = set()
            while len(taken) < EACH:
                taken.add(1 + int(draw() ** 2 * DRUGS))
            for substance in taken:
                prescription += 1
                yield patient, prescription, substance

    connection.ensure_connection()
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys = OFF")
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM interactions_currentdrug")
        cursor.connection.executemany(
            "INSERT INTO interactions_currentdrug (patient_id, prescription_id, substance_id) VALUES (?, ?, ?)", rows()
        )
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_findings (patient_id int, a int, b int)")
        cursor.execute("ANALYZE")


def pairs(count: int, *, seed: int) -> frozenset[tuple[int, int]]:
    """Changed pairs, drawn from all drugs alike."""
    dice = random.Random(seed)
    found: set[tuple[int, int]] = set()
    while len(found) < count:
        a, b = dice.sample(range(1, DRUGS + 1), 2)
        found.add((max(a, b), min(a, b)))  # the rarer drug has the higher number
    return frozenset(found)


def copy(rows: Iterable[tuple[int, int, int]]) -> None:
    """Findings written down, whoever found them."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM bench_findings")
        cursor.connection.executemany("INSERT INTO bench_findings VALUES (?, ?, ?)", rows)


def a_query_a_patient(patients: Iterable[int], wanted: frozenset[tuple[int, int]]) -> int:
    """What one would write first."""
    from interactions.models import CurrentDrug

    hits = 0
    for patient in patients:
        taken = sorted(CurrentDrug.objects.filter(patient_id=patient).values_list("substance_id", flat=True))
        hits += any((b, a) in wanted for place, a in enumerate(taken) for b in taken[place:])
    return hits


def measured(patients: int, loop_seconds: float | None) -> tuple[list[tuple[str, float, str]], float]:
    """Rows of the printed table for one size, and what the loop took for each patient."""
    from django.db import transaction

    from interactions import rescreening
    from interactions.rescreening import Concerned

    many, few = Concerned(pairs(PAIRS, seed=5)), Concerned(pairs(FEW, seed=7))
    found: list[int] = []
    seconds(lambda: sum(1 for _ in rescreening.taken_now(TODAY)))
    read = seconds(lambda: sum(1 for _ in rescreening.taken_now(TODAY)))

    def sweep() -> None:
        found.extend(rescreening.sweep(many, rescreening.taken_now(TODAY)))

    swept = seconds(sweep)
    with transaction.atomic():
        copied = seconds(lambda: copy((patient, 1, 2) for patient in found))
    touched: list[int] = []
    delta = seconds(lambda: touched.extend(rescreening.patients(few, TODAY)))
    base = read + copied
    rows = [
        (f"reading {patients * EACH:,} rows, copying {len(found):,} rows, one a patient hit", base, "1.0 x"),
        (f"sweep for {PAIRS:,} changed pairs, its hits copied", swept + copied, f"{(swept + copied) / base:.2f} x"),
        (f"delta: {FEW} changed pairs, {len(touched):,} patients", delta, f"{delta / base:.4f} x"),
    ]
    if loop_seconds is None:
        each = seconds(lambda: a_query_a_patient(range(1, patients + 1), many.pairs)) / patients
        rows.append(("a query a patient", each * patients, f"{each * patients / base:.1f} x"))
        return rows, each
    worked_out = loop_seconds * patients
    rows.append(("a query a patient (WORKED OUT from the smallest size)", worked_out, f"{worked_out / base:.1f} x"))
    return rows, loop_seconds


def main() -> None:
    """Measure and print each size; stops before the next when the time is over."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="medmgmt-bench-") as folder:
        os.environ |= {"DATABASE_URL": f"sqlite:///{Path(folder) / 'bench.sqlite3'}", "REDIS_URL": ""}
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medmgmt.settings")
        import django

        django.setup()
        from django.core.management import call_command
        from django.db import connection

        call_command("migrate", verbosity=0)
        each: float | None = None
        for size in SIZES:
            if time.monotonic() - began > MOST_SECONDS / 2 and size == max(SIZES) and len(SIZES) > 1:
                print(f"NOT RUN: {size:,} patients (the time of this benchmark is over)")
                break
            made = seconds(lambda size=size: fill(size))  # type: ignore[misc]
            print(f"\n{size:,} patients with {EACH} medicines each, made in {made:.0f} s")
            rows, each = measured(size, each)
            for name, took, ratio in rows:
                print(f"{name:<72}{took:>9.2f} s {ratio:>10}")
            sys.stdout.flush()
        connection.close()


if __name__ == "__main__":
    main()
