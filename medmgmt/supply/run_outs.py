"""Keeps the run-out of every supply in a table: one constant dose wholly in SQL, what is more in the engine by batches.

The database notes whatever may have moved a run-out in the transaction that moved it; only those are computed again.
Running twice, or at once, or not at all for a night does no harm.
"""

import json
import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.utils import timezone

from medmgmt.record import dosing
from medmgmt.regimen import courses
from medmgmt.regimen.courses import Course
from medmgmt.supply import stock
from refills import site
from refills.models import Lasts, SupplyState
from refills.supply import dispensing, rules
from refills.supply.lasting import Use

log = logging.getLogger(__name__)
BY_HAND = 2_000
AT_ONCE = {"postgresql": 250_000, "sqlite": 20_000}
"""Notes worked off in one transaction: on SQLite nobody else writes meanwhile."""
ONE_AT_A_TIME = 774_120_001
"""The advisory lock of this computation on PostgreSQL."""

TABLES = (
    "CREATE TEMP TABLE IF NOT EXISTS touched (prescription_id bigint PRIMARY KEY)",
    "CREATE TEMP TABLE IF NOT EXISTS courses (prescription_id bigint PRIMARY KEY, strength text,"
    " sig text, begins date, first_days integer)",
    "CREATE TEMP TABLE IF NOT EXISTS ways (strength text, sig text, handed text, units_n bigint,"
    " units_d bigint, every_n bigint, every_d bigint)",
)
TAKE = {
    "postgresql": (
        "WITH gone AS (DELETE FROM refills_supplytouch WHERE id IN (SELECT id FROM refills_supplytouch ORDER BY id"
        " LIMIT %s) RETURNING prescription_id)"
        " INSERT INTO touched SELECT DISTINCT gone.prescription_id FROM gone"
        " JOIN record_prescription AS known ON known.id = gone.prescription_id",
    ),
    "sqlite": (
        "INSERT INTO touched SELECT DISTINCT gone.prescription_id FROM (SELECT prescription_id FROM refills_supplytouch"
        " ORDER BY id LIMIT %s) AS gone JOIN record_prescription AS known ON known.id = gone.prescription_id",
        "DELETE FROM refills_supplytouch WHERE id IN (SELECT id FROM refills_supplytouch ORDER BY id LIMIT %s)",
    ),
}
ONE_DOSE = """
    INSERT INTO courses
    SELECT touched.prescription_id, max(known.strength), max({sig}),
        max(course.effective_on), max(known.first_supply_days)
    FROM touched
    JOIN record_prescription AS known ON known.id = touched.prescription_id
    JOIN record_dosagechange AS course ON course.prescription_id = touched.prescription_id AND course.status = 'signed'
    GROUP BY touched.prescription_id HAVING count(*) = 1 AND max(course.kind) = 'start'
        AND max({sig}) NOT LIKE '%"weekdays"%'
    """
LOSS = ", ".join(f"'{reason.value}'" for reason in dispensing.REPLACED)
KNOWN_AT_HOME = f"""
    DELETE FROM courses WHERE prescription_id IN (SELECT prescription_id FROM refills_pillcount UNION
        SELECT fill.prescription_id FROM refills_dispense AS fill JOIN refills_earlyfill AS early
            ON early.dispense_id = fill.id AND early.reason IN ({LOSS}))
    """  # noqa: S608 our own words
WORDINGS = "SELECT DISTINCT strength, sig FROM courses"
NEW_WAY = "INSERT INTO ways VALUES (%s, %s, %s, %s, %s, %s, %s)"
KEEP = """
    WITH handed AS (
        SELECT fill.prescription_id, fill.dispensed_on, fill.id, fill.days_supply,
            (({thousandths} * ways.units_d / (1000 * ways.units_n)) * ways.every_n) / ways.every_d AS by_units
        FROM refills_dispense AS fill
        JOIN courses ON courses.prescription_id = fill.prescription_id
        LEFT JOIN ways ON ways.strength = courses.strength AND ways.sig = courses.sig AND ways.handed = fill.unit
        WHERE NOT EXISTS (SELECT 1 FROM refills_fillvoided AS voided WHERE voided.dispense_id = fill.id)),
    fills AS (
        SELECT prescription_id, dispensed_on, sum(
                CASE WHEN abs(by_units - days_supply) <= {tolerance} THEN by_units ELSE days_supply END
            ) OVER (PARTITION BY prescription_id ORDER BY dispensed_on DESC, id DESC ROWS UNBOUNDED PRECEDING) AS days
        FROM handed),
    ends AS (SELECT prescription_id, max({last_day}) AS run_out_on FROM fills GROUP BY prescription_id),
    found AS (
        SELECT courses.prescription_id, coalesce(ends.run_out_on, {first_supply}) AS run_out_on
        FROM courses LEFT JOIN ends ON ends.prescription_id = courses.prescription_id)
    INSERT INTO refills_supplystate (prescription_id, lasts, run_out_on, in_sql, computed_at, to_plan)
    SELECT prescription_id, CASE WHEN run_out_on IS NULL THEN 'nothing' ELSE 'runs_out' END, run_out_on, {yes}, %s,
        {yes}
    FROM found WHERE {yes}
    ON CONFLICT (prescription_id) DO UPDATE SET
        to_plan = refills_supplystate.to_plan OR refills_supplystate.lasts <> excluded.lasts
            OR refills_supplystate.run_out_on IS DISTINCT FROM excluded.run_out_on,
        lasts = excluded.lasts, run_out_on = excluded.run_out_on, in_sql = excluded.in_sql,
        computed_at = excluded.computed_at, looked_at = NULL
    """
WORDS = {
    "postgresql": {
        "thousandths": "(fill.quantity * 1000)::bigint",
        "last_day": "dispensed_on + days::integer",
        "first_supply": "courses.begins + courses.first_days",
        "yes": "true",
        "sig": "CAST(course.sig - 'words' - 'reason' AS text)",
    },
    "sqlite": {
        "thousandths": "CAST(round(fill.quantity * 1000) AS INTEGER)",
        "last_day": "date(dispensed_on, '+' || days || ' days')",
        "first_supply": "date(courses.begins, '+' || courses.first_days || ' days')",
        "yes": "1",
        "sig": "json_remove(course.sig, '$.words', '$.reason')",
    },
}


@dataclass(frozen=True)
class Refreshed:
    """How many run-outs were computed, and of these how many by the engine."""

    touched: int = 0
    by_engine: int = 0


def refresh() -> Refreshed:
    """Compute what was touched since, until nothing is left; nothing where another is at it just now."""
    touched, by_engine = 0, 0
    while True:
        some = _refresh_some(AT_ONCE[connection.vendor])
        touched, by_engine = touched + some.touched, by_engine + some.by_engine
        if not some.touched:
            return Refreshed(touched, by_engine)


def compute(course: Course) -> tuple[Lasts, date | None]:
    """What the engine says of one supply: how the last in use ends, and on which day."""
    held = stock.lasting(course)
    if not held:
        return Lasts.NOTHING, None
    last = held[-1]
    if last.run_out_on is None:
        return Lasts.NEVER, None
    return Lasts.AS_PLANNED if last.as_planned else Lasts.RUNS_OUT, last.run_out_on


def _refresh_some(limit: int) -> Refreshed:
    """One transaction's worth of notes."""
    with transaction.atomic(), connection.cursor() as cursor:
        if not _alone(cursor):
            return Refreshed()
        for table in TABLES:
            cursor.execute(table)
        for name in ("touched", "courses", "ways"):
            cursor.execute(f"DELETE FROM {name}")  # noqa: S608 our own three names
        for statement in TAKE[connection.vendor]:
            cursor.execute(statement, [limit])
        cursor.execute("SELECT count(*) FROM touched")
        [touched] = cursor.fetchone()
        if not touched:
            return Refreshed()
        _in_sql(cursor)
        cursor.execute(
            "SELECT prescription_id FROM touched EXCEPT SELECT prescription_id FROM courses ORDER BY prescription_id"
        )
        rest = [int(number) for (number,) in cursor.fetchall()]
        for start in range(0, len(rest), BY_HAND):
            _by_engine(rest[start : start + BY_HAND])
    return Refreshed(touched, len(rest))


def _alone(cursor: CursorWrapper) -> bool:
    """Is nobody else computing? On SQLite the write lock says so already."""
    if connection.vendor == "sqlite":
        return True
    cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [ONE_AT_A_TIME])
    [alone] = cursor.fetchone()
    cursor.execute("SET LOCAL work_mem = '128MB'")
    return bool(alone)


def _in_sql(cursor: CursorWrapper) -> None:
    """All that are one constant dose, however many, in a handful of statements."""
    postgres = connection.vendor == "postgresql"
    if postgres:
        cursor.execute("ANALYZE touched")
    cursor.execute(ONE_DOSE.format(**WORDS[connection.vendor]))
    cursor.execute(KNOWN_AT_HOME)
    cursor.execute(WORDINGS)
    ways = [way for wording in cursor.fetchall() for way in _ways(wording)]
    if ways:
        cursor.executemany(NEW_WAY, ways)
    if postgres:
        cursor.execute("ANALYZE courses")
        cursor.execute("ANALYZE ways")
    tolerance = site.supply_rules().whole("quantity_tolerance_days", rules.scopes())
    statement = KEEP.format(tolerance=int(tolerance), **WORDS[connection.vendor])
    now = timezone.now()
    cursor.execute(statement, [now if postgres else connection.ops.adapt_datetimefield_value(now)])


def _ways(wording: tuple[str, str]) -> Iterable[tuple[str | int, ...]]:
    """A way of writing strength and dose, with what one dose is in every unit that may be handed out: the engine is
    asked once for each way, not once for each prescription."""
    strength, written = wording
    sig = dosing.Sig.from_json(json.loads(written))
    for handed in dosing.UNITS:
        use = stock.use_of(date.min, sig, strength, handed)
        if use is not None:
            yield (*wording, handed, *_whole(use))


def _whole(use: Use) -> tuple[int, int, int, int]:
    """Units of a dose and the days it lasts, each as two whole numbers."""
    units, every = Fraction(use.units), Fraction(use.every)
    return units.numerator, units.denominator, every.numerator, every.denominator


def _by_engine(ids: Sequence[int]) -> None:
    """Titrations, tapers, holds, counts at home: read together, computed one by one, written together."""
    known = SupplyState.objects.in_bulk(ids)
    rows, now = [], timezone.now()
    for course in courses.of_prescriptions(ids, *courses.SUPPLY):
        prescription = course.prescription
        try:
            lasts, run_out_on = compute(course)
        except (OverflowError, ValueError) as error:  # one impossible history must not cost the others their night
            log.warning("prescription %s: its run-out cannot be computed (%s)", prescription.pk, type(error).__name__)
            continue
        old = known.get(prescription.pk)
        same = old is not None and (old.lasts, old.run_out_on) == (lasts, run_out_on)
        row = SupplyState(prescription=prescription, lasts=lasts, run_out_on=run_out_on, in_sql=False, computed_at=now)
        row.to_plan = old.to_plan if old is not None and same else True
        rows.append(row)
    columns = ["lasts", "run_out_on", "in_sql", "computed_at", "to_plan", "looked_at"]
    SupplyState.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["prescription"], update_fields=columns, batch_size=500
    )
