"""Import of 300,000 pairs, the first time and again, beside a plain COPY (PostgreSQL) or executemany (SQLite).

python -m tests.bench.bench_import: makes a seeded CSV, starts a throw-away PostgreSQL with its durability on, prints
medians. The plain baseline reads the same CSV into one table with a primary key on the pair, in one transaction.
"""

import contextlib
import csv
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tests import servers

PAIRS, DRUGS, ROUNDS = 300_000, 2_500, 5
WORDS = ["minor", "moderate", "moderate", "moderate", "major", "ungraded"]
HEADING = "rxcui_a,rxcui_b,severity,name_a,name_b"
CREATE = "CREATE TABLE bench_plain (a integer, b integer, severity text, name_a text, name_b text, PRIMARY KEY (a, b))"


def made(path: Path, seed: int) -> Path:
    """A table of distinct pairs; another seed gives other bytes."""
    dice = random.Random(seed)
    chosen: set[tuple[int, int]] = set()
    while len(chosen) < PAIRS:
        a, b = dice.sample(range(DRUGS), 2)
        chosen.add((max(a, b), min(a, b)))
    lines = [f"{a + 10_000},{b + 10_000},{dice.choice(WORDS)},Drug {a},Drug {b}" for a, b in chosen]
    path.write_text("\n".join([HEADING, *lines]) + "\n")
    return path


def seconds(act: Callable[[], object]) -> float:
    """How long one call took."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def plain(path: Path) -> None:
    """What the database alone needs for the same rows."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor, path.open(encoding="utf-8", newline="") as lines:
        if connection.vendor == "postgresql":
            with cursor.copy("COPY bench_plain FROM STDIN WITH (FORMAT csv, HEADER)") as copy:
                while chunk := lines.read(1 << 16):
                    copy.write(chunk)
            return
        rows = csv.reader(lines)
        next(rows)
        cursor.executemany("INSERT INTO bench_plain VALUES (%s, %s, %s, %s, %s)", list(rows))


def measure(folder: Path) -> None:
    """In the child process, on the database of DATABASE_URL: rounds of plain, first and again; medians and ratios."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    from interactions import importing, library
    from interactions.importers import table
    from interactions.models import Release

    call_command("migrate", verbosity=0)
    library.current()
    taken: dict[str, list[float]] = {"plain": [], "first": [], "again": [], "parse alone": []}
    for turn in range(ROUNDS):
        path = made(folder / f"round-{turn}.csv", turn)
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS bench_plain")
            cursor.execute(CREATE)
        choices = importing.Choices(source=f"Round {turn}")
        taken["plain"].append(seconds(lambda path=path: plain(path)))
        taken["first"].append(seconds(lambda path=path, choices=choices: importing.import_table(path, choices)))
        taken["again"].append(seconds(lambda path=path, choices=choices: importing.import_table(path, choices)))
        taken["parse alone"].append(seconds(lambda path=path: table.parse(path, {})))
    assert Release.objects.count() == ROUNDS
    assert all(release.counts["pairs"] == PAIRS for release in Release.objects.all())
    base = statistics.median(taken["plain"])
    name = "COPY" if connection.vendor == "postgresql" else "executemany"
    print(f"{connection.vendor}: {PAIRS:,} pairs, median of {ROUNDS}; plain is {name} into a table with a primary key")
    for what, times in taken.items():
        middle = statistics.median(times)
        print(f"  {what:<12} {middle:7.3f} s  {middle / base:6.2f} x plain", flush=True)


def child(database_url: str, folder: str) -> None:
    """One database in a process of its own."""
    environment = {**os.environ, "DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "medmgmt.settings"}
    subprocess.run([sys.executable, "-m", "tests.bench.bench_import", folder], env=environment, check=True)


def main() -> None:
    """SQLite, then PostgreSQL; a server that cannot be had is said in one line."""
    with tempfile.TemporaryDirectory() as folder:
        child(f"sqlite:///{folder}/bench.sqlite3", folder)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        try:
            address = stack.enter_context(servers.postgres(fsync=True))
        except servers.Unavailable as absent:
            print(f"NOT RUN: {absent}")
            return
        child(address, folder)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]))
    else:
        main()
