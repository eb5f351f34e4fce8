"""Rescreening a population beside reading its rows: sweep and engine, a change of a few pairs, a query a patient.

python -m tests.bench.bench_rescreen [--patients 10000,100000,1000000] [--on postgresql,sqlite]: patients with eight
medicines of the formulary each, in databases of its own. The floor of every ratio is reading the rows of who takes what
and copying the findings that the sweep finds. The engine judges every patient whom a change concerns, without and with
it, with a 178,920-pair table loaded. The loop with a query a patient runs on a sample, and of a
large delta two thousand are judged; the whole is worked out from them, and said so.
"""

import argparse
import contextlib
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from interactions.engine.check import check
from interactions.engine.data_set import DataSet
from interactions.engine.knowledge import Knowledge
from interactions.engine.pair_table import PairTable
from interactions.engine.regimen import Drug, Facts, Regimen
from interactions.engine.severity import Severity
from tests import servers

EACH, COMMON, RARE_TAKERS = 8, 900, 200
"""Medicines a patient; substances from common to rare, and others that 200 patients take however many there are."""
SWEPT = (10, 100)
FEW = (5, 50, 500)
SAMPLE, AT_ONCE, MOST_JUDGED = 2_000, 1_000, 2_000
TODAY = date(2026, 11, 21)
MOST_SECONDS = 190
"""After so long no further size is begun."""
Row = tuple[int, int, int]
Pairs = frozenset[tuple[int, int]]


def seconds(act: Callable[[], object]) -> float:
    """How long one call takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def taken(patients: int) -> Iterator[Row]:
    """Patient, prescription, substance; a common substance is common (the square of a uniform draw)."""
    draw, prescription = random.Random(3).random, 0
    for patient in range(1, patients + 1):
        mine = {1 + int(draw() ** 2 * COMMON) for _ in range(EACH)}
        if patient <= RARE_TAKERS:
            mine = {*range(COMMON + 1, COMMON + 1 + EACH)}
        while len(mine) < EACH:
            mine.add(1 + int(draw() ** 2 * COMMON))
        for substance in mine:
            prescription += 1
            yield patient, prescription, substance


def fill(patients: int) -> None:
    """Everybody's medicines, as `rebuild_current_drugs` lays them out."""
    from django.db import connection, transaction

    index = "CREATE INDEX who_takes_a_substance ON interactions_currentdrug (substance_id, patient_id)"
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("PRAGMA foreign_keys = OFF")
        else:
            cursor.execute("SET session_replication_role = replica")
        cursor.execute("DROP INDEX IF EXISTS who_takes_a_substance")
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_findings (patient_id int, said text)")
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DELETE FROM interactions_currentdrug")
            cursor.connection.executemany(
                "INSERT INTO interactions_currentdrug (patient_id, prescription_id, substance_id) VALUES (?, ?, ?)",
                taken(patients),
            )
        else:
            cursor.execute("TRUNCATE interactions_currentdrug")
            columns = "patient_id, prescription_id, substance_id"
            with cursor.copy(f"COPY interactions_currentdrug ({columns}) FROM STDIN") as copy:
                for row in taken(patients):
                    copy.write_row(row)
        cursor.execute(index)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE" if connection.vendor == "sqlite" else "VACUUM ANALYZE interactions_currentdrug")


def pairs(count: int, *, seed: int, rare: bool = False) -> Pairs:
    """Changed pairs, drawn from the substances alike; the rarer one first."""
    dice = random.Random(seed)
    among = range(COMMON + 1, COMMON + 1 + EACH) if rare else range(1, COMMON + 1)
    found: set[tuple[int, int]] = set()
    while len(found) < count:
        a, b = dice.sample(among, 2)
        found.add((max(a, b), min(a, b)))
    return frozenset(found)


@dataclass(frozen=True)
class Known:
    """The knowledge before any change, its table of pairs, and the drug that each substance is."""

    knowledge: Knowledge
    table: DataSet
    numbers: Sequence[int]
    """Substance -> its number in the table."""
    keys: Sequence[str]

    @classmethod
    def read(cls) -> "Known":
        """The shipped rules with 178,920 pairs, and the drugs that both know."""
        from interactions.importers import table
        from tests.bench.bench_review import pairs_file
        from tests.interactions import shipped

        with tempfile.TemporaryDirectory() as folder:
            salts = {one.rxcui: one.ingredient_rxcui for one in shipped.tables().synonyms}
            found = table.parse(pairs_file(Path(folder)), salts)
        data = DataSet("table", "1", TODAY, drugs=found.drugs, table=found.table)
        known = shipped.knowledge(data)
        entries = [known.catalogue.coded(drug.rxcui) if drug.rxcui else None for drug in data.drugs]
        first: dict[str, int] = {}
        for number, entry in enumerate(entries):
            if entry is not None:
                first.setdefault(entry.key, number)
        return cls(known, data, [0, *first.values()], ["", *first])

    def changed(self, pairs: Pairs) -> Knowledge:
        """The same with each of these pairs called contraindicated."""
        from tests.interactions import shipped

        rows = [bytearray(row) for row in self.table.table.rows]
        for a, b in pairs:
            one, other = self.numbers[a], self.numbers[b]
            high, low = max(one, other), min(one, other)
            rows[high].extend(bytes(max(0, low + 1 - len(rows[high]))))
            rows[high][low] = Severity.CONTRAINDICATED
        return shipped.knowledge(
            DataSet("table", "2", TODAY, drugs=self.table.drugs, table=PairTable(map(bytes, rows)))
        )

    def judged(self, patients: Iterable[int], after: Knowledge) -> Iterator[tuple[int, str]]:
        """What is said of each of these patients for the first time; a query a thousand of them."""
        for chunk in batches(patients):
            for patient, substances in medicines(chunk):
                drugs = tuple(Drug(str(one), self.keys[one], self.keys[one], route="PO") for one in substances)
                regimen = Regimen(TODAY, drugs, Facts(age_years=44, sex="F"))
                old = {finding.key for finding in check(regimen, self.knowledge).findings}
                for finding in check(regimen, after).findings:
                    if finding.key not in old:
                        yield patient, finding.key


def batches(patients: Iterable[int]) -> Iterator[list[int]]:
    """A thousand at a time."""
    chunk: list[int] = []
    for patient in patients:
        chunk.append(patient)
        if len(chunk) == AT_ONCE:
            yield chunk
            chunk = []
    yield chunk


def medicines(patients: Sequence[int]) -> Iterator[tuple[int, list[int]]]:
    """What each of these patients takes; one query."""
    from interactions.models import CurrentDrug

    rows = CurrentDrug.objects.filter(patient_id__in=patients).order_by("patient_id")
    of: dict[int, list[int]] = {}
    for patient, substance in rows.values_list("patient_id", "substance_id"):
        of.setdefault(patient, []).append(substance)
    yield from of.items()


def copy(rows: Iterable[tuple[int, str]]) -> None:
    """Findings written down, whoever found them."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM bench_findings")
        if connection.vendor == "sqlite":
            cursor.connection.executemany("INSERT INTO bench_findings VALUES (?, ?)", rows)
            return
        with cursor.copy("COPY bench_findings FROM STDIN") as out:
            for row in rows:
                out.write_row(row)


def a_query_a_patient(patients: Iterable[int], wanted: Pairs) -> int:
    """What one would write first."""
    from interactions.models import CurrentDrug

    hits = 0
    for patient in patients:
        mine = sorted(CurrentDrug.objects.filter(patient_id=patient).values_list("substance_id", flat=True))
        hits += any((b, a) in wanted for place, a in enumerate(mine) for b in mine[place:])
    return hits


def measured(patients: int, known: Known) -> Iterator[tuple[str, float, float]]:
    """Name, seconds and ratio to the floor of each way, for one population."""
    from interactions import rescreening

    read = min(seconds(lambda: sum(1 for _ in rescreening.taken_now(TODAY))) for _ in range(2))
    floor = read
    for count in SWEPT:
        changed = pairs(count, seed=5)
        after = known.changed(changed)
        touched: list[int] = []
        found: list[tuple[int, str]] = []
        swept = seconds(
            lambda c=changed, t=touched: t.extend(swept_for(c))  # type: ignore[misc]
        )
        judged = seconds(lambda t=touched, f=found, k=after: f.extend(known.judged(t, k)))  # type: ignore[misc]
        copied = seconds(lambda f=found: copy(f))  # type: ignore[misc]
        floor = read + copied
        yield f"floor: reading {patients * EACH:,} rows, copying {len(found):,} findings", floor, 1.0
        told = f"sweep for {count:,} changed pairs, engine on {len(touched):,} patients, findings written"
        yield told, swept + judged + copied, (swept + judged + copied) / floor
        yield f"  of it the engine, {len(touched) / max(judged, 0.001):,.0f} patients a second", judged, judged / floor
    for count, rare in ((FEW[0], True), *((count, False) for count in FEW)):
        changed = pairs(count, seed=7, rare=rare)
        after, touched, found = known.changed(changed), [], []
        searched = seconds(lambda c=changed, t=touched: t.extend(search(c)))  # type: ignore[misc]
        some = touched[:MOST_JUDGED]
        rest = seconds(lambda t=some, k=after: copy(list(known.judged(t, k)))) * len(touched) / max(len(some), 1)  # type: ignore[misc]
        who = f"of drugs that {RARE_TAKERS} take" if rare else "of any drugs"
        told = f"delta: {count} changed pairs {who}, {len(touched):,} patients"
        told += f" ({MOST_JUDGED:,} judged)" if len(some) < len(touched) else ""
        yield f"{told}, found in {searched:.3f} s", searched + rest, (searched + rest) / floor
    wanted, several = pairs(SWEPT[1], seed=5), range(1, min(SAMPLE, patients) + 1)
    each = seconds(lambda: a_query_a_patient(several, wanted)) / len(several)
    yield f"a query a patient, WORKED OUT from {len(several):,}", each * patients, each * patients / floor


def swept_for(changed: Pairs) -> Iterator[int]:
    """The patients whom these pairs concern, as a run finds them when the change is large: their drugs read once."""
    from interactions import rescreening
    from interactions.rescreening import Concerned

    concern = Concerned(changed)
    return rescreening.sweep(concern, rescreening.taken_now(TODAY, among=concern.substances))


def search(changed: Pairs) -> Iterator[int]:
    """The patients whom these pairs concern, as a real run finds them."""
    from interactions import current, rescreening
    from interactions.rescreening import Concerned

    takers = current.takers({one for pair in changed for one in pair})
    ordered = frozenset(
        (a, b) if takers.get(a, 0) <= takers.get(b, 0) else (b, a)
        for a, b in changed
        if takers.get(a) and takers.get(b)
    )
    cost = sum(takers[a] for a, _b in ordered)
    yield from rescreening.patients(Concerned(ordered, cost=cost), TODAY)


def run(sizes: Sequence[int]) -> None:
    """Measure and print each size in the database of this process; no further size when the time is over."""
    import django

    django.setup()
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    began, known = time.monotonic(), Known.read()
    for size in sizes:
        if time.monotonic() - began > MOST_SECONDS / 3:
            print(f"NOT RUN: {size:,} patients (the time of this benchmark is over)")
            break
        made = seconds(lambda size=size: fill(size))  # type: ignore[misc]
        print(f"\n{connection.vendor}: {size:,} patients with {EACH} medicines each, made in {made:.0f} s")
        for name, took, ratio in measured(size, known):
            print(f"{name:<92}{took:>9.2f} s {ratio:>8.2f} x", flush=True)


@contextlib.contextmanager
def database(vendor: str) -> Iterator[str]:
    """The address of a fresh database; PostgreSQL with fsync, for honest timings."""
    if vendor == "postgresql":
        with servers.postgres(fsync=True) as url:
            yield url
        return
    with tempfile.TemporaryDirectory(prefix="medmgmt-bench-") as folder:
        yield f"sqlite:///{Path(folder) / 'bench.sqlite3'}"


def main() -> int:
    """One process a database, one after the other."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--patients", default=os.environ.get("BENCH_PATIENTS", "10000,100000,1000000"))
    asked.add_argument("--on", default="postgresql,sqlite")
    asked.add_argument("--here", action="store_true", help="in the database of DATABASE_URL, which is overwritten")
    options = asked.parse_args()
    if options.here:
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medmgmt.settings")
        run([int(size) for size in options.patients.split(",")])
        return 0
    failed = 0
    for vendor in options.on.split(","):
        try:
            with database(vendor) as url:
                command = [sys.executable, "-m", "tests.bench.bench_rescreen", "--here", "--patients", options.patients]
                failed |= subprocess.run(command, env={**os.environ, "DATABASE_URL": url, "REDIS_URL": ""}).returncode
        except servers.Unavailable as absent:
            print(f"NOT RUN on {vendor}: {absent}")
    return failed


if __name__ == "__main__":
    raise SystemExit(main())
