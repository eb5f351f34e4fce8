"""The nightly computation of run-outs, at 10,000, 100,000 and a million prescriptions.

python -m tests.bench.bench_nightly [PRESCRIPTIONS ...]: on PostgreSQL (fsync on), three fills each, one in fifty with a
change of dose, which only the engine can follow. The baseline is one bare set-based statement over everything, which
knows days' supply and nothing else; an ORM loop is measured on a sample and extrapolated, as it says.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from decimal import Decimal

import django
from django.db import connection, transaction

from medmgmt.record.dosing import Sig
from tests import servers

SIZES = (10_000, 100_000, 1_000_000)
SAMPLE, TITRATED, A_NIGHTS_SHARE = 300, 50, 30
PRESCRIPTIONS = """
    INSERT INTO record_prescription (patient_id, drug_name, strength, form, free_text, indication, created_by_id,
        created_at)
    SELECT {patient}, 'sertraline', '50 mg', '', false, '', {doctor}, now() FROM generate_series(1, {count})
    """
CHANGES = """
    INSERT INTO record_dosagechange (patient_id, prescription_id, kind, status, effective_on, sig, reason_code, note,
        author_id, proposed_at, signed_by_id, signed_at, withdrawn_note, prompted_by_plan)
    SELECT {patient}, id, '{kind}', 'signed', date '{day}', '{sig}', 'titration', '',
        {doctor}, now(), {doctor}, now(), '', '' FROM record_prescription WHERE {which}
    """
FILLS = """
    INSERT INTO refills_dispense (patient_id, prescription_id, dispensed_on, quantity, unit, days_supply,
        recorded_by_id, recorded_at, note)
    SELECT {patient}, id, date '2026-08-01' + ({number} * 29 + id % 5)::integer, 30, '{{tablet}}', 30, {doctor}, now(),
        ''
    FROM record_prescription WHERE {which}
    """
BARE = """
    INSERT INTO bare_run_outs SELECT prescription_id, max(dispensed_on + days::integer) FROM (
        SELECT prescription_id, dispensed_on, sum(days_supply) OVER (
            PARTITION BY prescription_id ORDER BY dispensed_on DESC, id DESC ROWS UNBOUNDED PRECEDING) AS days
        FROM refills_dispense) AS fills
    GROUP BY prescription_id
    """


def daily(mg: int) -> str:
    """So many milligrams a day, as the column keeps it."""
    return json.dumps(Sig.of(Decimal(mg), "mg", "PO", "daily").as_json())


def seed(count: int) -> None:
    """So many prescriptions with their courses and fills, laid down by the database itself; nothing is noted."""
    from tests import factories

    patient, doctor = factories.carla().pk, factories.adler().pk
    known = {"patient": patient, "doctor": doctor}
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        for table in ("refills_supplystate", "refills_supplytouch", "refills_dispense", "record_dosagechange"):
            cursor.execute(f"TRUNCATE {table} CASCADE")
        cursor.execute("TRUNCATE record_prescription CASCADE")
        cursor.execute(PRESCRIPTIONS.format(count=count, **known))
        cursor.execute(CHANGES.format(kind="start", day="2026-07-20", sig=daily(50), which="true", **known))
        titrated = f"id % {TITRATED} = 0"
        cursor.execute(CHANGES.format(kind="new_dose", day="2026-09-20", sig=daily(75), which=titrated, **known))
        for number in range(3):
            cursor.execute(FILLS.format(number=number, which="true", **known))
        cursor.execute("SET session_replication_role = origin")
        cursor.execute("DROP TABLE IF EXISTS bare_run_outs")
        cursor.execute("CREATE TABLE bare_run_outs (prescription_id bigint PRIMARY KEY, run_out_on date)")
        cursor.execute("VACUUM ANALYZE record_prescription, record_dosagechange, refills_dispense")


def note(which: str) -> None:
    """As the triggers do, a statement at a time."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO refills_supplytouch (prescription_id) SELECT id FROM record_prescription WHERE {which}"
        )


def one_more_fill(which: str) -> None:
    """A night's share of fills, noted by the database itself."""
    from tests import factories

    with connection.cursor() as cursor:
        cursor.execute(FILLS.format(number=3, which=which, patient=factories.carla().pk, doctor=factories.adler().pk))


def bare() -> None:
    """One statement over everything."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL work_mem = '128MB'")
        cursor.execute("TRUNCATE bare_run_outs")
        cursor.execute(BARE)


def orm_loop() -> None:
    """One prescription after the other, as one would write it first."""
    from medmgmt.record.models import Prescription
    from medmgmt.regimen import courses
    from medmgmt.supply import run_outs
    from refills.models import SupplyState

    for prescription in Prescription.objects.order_by("pk")[:SAMPLE]:
        lasts, run_out_on = run_outs.compute(courses.of_prescription(prescription, *courses.SUPPLY))
        SupplyState.objects.filter(pk=prescription.pk).update(lasts=lasts, run_out_on=run_out_on)


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def measure(sizes: list[int]) -> None:
    """The table, a line a size."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "medmgmt.settings")
    django.setup()
    from django.core.management import call_command

    from medmgmt.supply import run_outs

    call_command("migrate", verbosity=0, skip_checks=True)
    print(
        "  prescriptions   bare statement   a night (1/30)   x bare   all plain ones   x bare   everything   ORM loop*"
    )
    for count in sizes:
        seed(count)
        base = seconds(bare)
        note(f"id % {TITRATED} <> 0")
        plain = seconds(run_outs.refresh)
        note(f"id % {TITRATED} = 0")
        rest = seconds(run_outs.refresh)
        one_more_fill(f"id % {A_NIGHTS_SHARE} = 1")
        night = seconds(run_outs.refresh)
        loop = seconds(orm_loop) * count / SAMPLE
        print(
            f"  {count:>13,}   {base:>12.2f} s   {night:>12.2f} s   {night / base:>6.2f}   {plain:>12.2f} s   "
            f"{plain / base:>6.2f}   {plain + rest:>8.1f} s   {loop:>7.0f} s",
            flush=True,
        )
    print(f"  * an ORM loop over {SAMPLE} prescriptions, extrapolated")


def main(arguments: list[str]) -> int:
    """In a process of its own on a new cluster; 0 when it could be measured."""
    if arguments[:1] == ["measure"]:
        measure([int(size) for size in arguments[1:]])
        return 0
    try:
        with servers.postgres(fsync=True) as address:
            environment = {**os.environ, "DATABASE_URL": address, "REDIS_URL": ""}
            command = [sys.executable, "-m", __spec__.name, "measure", *(arguments or map(str, SIZES))]
            return subprocess.run(command, env=environment).returncode
    except servers.Unavailable as absent:
        print(f"NOT RUN: {absent}")
        return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
