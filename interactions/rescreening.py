"""Whom a change of the knowledge concerns, and the rows that carry a rescreening through a crash."""

import json
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F

from interactions import changes, current, library
from interactions.changes import Changes
from interactions.models import RescreenPatient, RescreenRun, RunState

SWEEP_WHEN = 2_000_000
"""Above so many look-ups of a pair of takers it is cheaper to read everybody's medicines once."""
AT_ONCE = 20_000


@dataclass(frozen=True)
class Concerned:
    """Substances and pairs of them, as prescriptions name them, about which something else is said now."""

    pairs: frozenset[tuple[int, int]] = frozenset()
    """The substance that fewer take comes first."""
    alone: frozenset[int] = frozenset()
    everybody: bool = False
    cost: int = 0
    """How many prescriptions of the rarer substance of each pair there are."""

    @property
    def substances(self) -> set[int]:
        return {*self.alone, *(number for pair in self.pairs for number in pair)}


def concerned(found: Changes, before: Collection[int], after: Collection[int]) -> Concerned:
    """The changes in terms of what is prescribed here. Reads medicines and the takers of changed ones, nobody else."""
    if found.everybody:
        return Concerned(everybody=True)
    rows = current.rows()
    old, new = (
        current.Substances(rows, library.knowledge_of(before)),
        current.Substances(rows, library.knowledge_of(after)),
    )
    alone = {number for number, _name, _rxcui in rows if old.key_of[number] != new.key_of[number]}
    for key in found.drugs:
        alone |= old.taken_as(key) | new.taken_as(key)
    keys = {key for pair in found.pairs for key in pair}
    taken_as = {key: old.taken_as(key) | new.taken_as(key) for key in keys}
    taken_as = {key: numbers for key, numbers in taken_as.items() if numbers}
    count = current.takers({number for numbers in taken_as.values() for number in numbers})
    pairs = set()
    for one, other in found.pairs:
        for a in taken_as.get(one, ()):
            for b in taken_as.get(other, ()):
                if count.get(a) and count.get(b) and not (a in alone or b in alone):
                    pairs.add((a, b) if (count[a], a) <= (count[b], b) else (b, a))
    return Concerned(frozenset(pairs), frozenset(alone), cost=sum(count[a] for a, _b in pairs))


BOTH = {
    "postgresql": """
    SELECT hit.patient_id FROM (SELECT unnest(%s::bigint[]) AS a, unnest(%s::bigint[]) AS b) AS pair
    CROSS JOIN LATERAL (
      SELECT mine.patient_id FROM interactions_currentdrug AS mine
      WHERE mine.substance_id = pair.a AND (mine.until IS NULL OR mine.until >= %s) AND EXISTS (
        SELECT 1 FROM interactions_currentdrug AS other
        WHERE other.substance_id = pair.b AND other.patient_id = mine.patient_id AND other.id <> mine.id
          AND (other.until IS NULL OR other.until >= %s))
      OFFSET 0
    ) AS hit""",
    "sqlite": """
    SELECT mine.patient_id FROM json_each(%s) AS pair
    CROSS JOIN interactions_currentdrug AS mine ON mine.substance_id = json_extract(pair.value, '$[0]')
    WHERE (mine.until IS NULL OR mine.until >= %s) AND EXISTS (
      SELECT 1 FROM interactions_currentdrug AS other
      WHERE other.substance_id = json_extract(pair.value, '$[1]') AND other.patient_id = mine.patient_id
        AND other.id <> mine.id AND (other.until IS NULL OR other.until >= %s))""",
}
"""The pairs lead and each is looked up by itself: a plain join may be planned to read everybody's medicines."""
ALONE = {"postgresql": "SELECT unnest(%s::bigint[])", "sqlite": "SELECT value FROM json_each(%s)"}
TAKING = """
    UNION
    SELECT patient_id FROM interactions_currentdrug
    WHERE substance_id IN ({alone}) AND (until IS NULL OR until >= %s)
"""
EVERYBODY = "SELECT DISTINCT patient_id FROM interactions_currentdrug WHERE until IS NULL OR until >= %s"


def who(concern: Concerned, today: date) -> tuple[str, list[Any]]:
    """SQL that gives the patients concerned, once each, with its parameters.

    It grows with the takers of the rarer drug of each changed pair, not with the population.
    """
    if concern.everybody:
        return EVERYBODY, [today]
    vendor = connection.vendor
    pairs, alone = sorted(concern.pairs), sorted(concern.alone)
    arrays: list[Any] = [[a for a, _b in pairs], [b for _a, b in pairs]]
    if vendor == "sqlite":
        arrays = [json.dumps(pairs)]
    sql = BOTH[vendor] + TAKING.format(alone=ALONE[vendor])
    return sql, [*arrays, today, today, json.dumps(alone) if vendor == "sqlite" else alone, today]


def patients(concern: Concerned, today: date) -> Iterator[int]:
    """The patients concerned, once each, in no order; by look-up or by a sweep, whichever is cheaper."""
    if concern.cost > SWEEP_WHEN and not concern.everybody:
        yield from sweep(concern, taken_now(today, among=concern.substances))
        return
    sql, values = who(concern, today)
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, values)
        while rows := cursor.fetchmany(AT_ONCE):
            for (patient_id,) in rows:
                yield patient_id


def count(concern: Concerned, today: date) -> int:
    """How many patients are concerned; nothing is written."""
    return sum(1 for _ in patients(concern, today))


def taken_now(today: date, *, among: Collection[int] | None = None) -> Iterator[tuple[int, int]]:
    """Patient and substance of every prescription that may still matter, the patients together; `among` leaves out
    the other substances."""
    wanted = "SELECT patient_id, substance_id FROM interactions_currentdrug WHERE (until IS NULL OR until >= %s)"
    values: list[Any] = [today]
    if among is not None:
        wanted += f" AND substance_id IN ({ALONE[connection.vendor]})"
        values.append(json.dumps(sorted(among)) if connection.vendor == "sqlite" else sorted(among))
    with connection.chunked_cursor() as cursor:
        cursor.execute(f"{wanted} ORDER BY patient_id", values)
        while rows := cursor.fetchmany(AT_ONCE):
            yield from rows


def sweep(concern: Concerned, taken: Iterable[tuple[int, int]]) -> Iterator[int]:
    """The patients concerned among these rows, read once: a bit a substance, a mask of partners for each."""
    partners: dict[int, int] = {}
    for a, b in concern.pairs:
        partners[a] = partners.get(a, 0) | 1 << b
        partners[b] = partners.get(b, 0) | 1 << a
    for number in concern.alone:
        partners[number] = -1
    find = {number: (1 << number, mask) for number, mask in partners.items()}.get
    patient, done, wanted = 0, 0, 0
    for patient_id, number in taken:
        if patient_id == done:
            continue
        if patient_id != patient:
            patient, wanted = patient_id, 0
        known = find(number)
        if known is None:
            continue
        bit, mask = known
        if mask < 0 or wanted & bit:
            done = patient_id
            yield patient_id
        wanted |= mask


@transaction.atomic
def plan_next(today: date, now: datetime) -> RescreenRun | None:
    """Works out whom the oldest planned run concerns and keeps their numbers; None when no run waits.

    One transaction: after a crash it is planned again from the start.
    """
    waiting = RescreenRun.objects.select_for_update(skip_locked=True).filter(state=RunState.PLANNED)
    run = waiting.order_by("id").first()
    if run is None:
        return None
    found = changes.between(run.before, run.after)
    rows = RescreenPatient.objects.bulk_create
    chunk: list[RescreenPatient] = []
    for patient_id in () if found.is_empty() else patients(concerned(found, run.before, run.after), today):
        chunk.append(RescreenPatient(run=run, patient_id=patient_id))
        if len(chunk) == AT_ONCE:
            run.touched += len(rows(chunk))
            chunk = []
    run.touched += len(rows(chunk))
    run.changes, run.started_at, run.state = dict(found.counts), now, RunState.SCREENING
    if not run.touched:
        run.finished_at, run.state = now, RunState.DONE
    run.save()
    return run


def claim(most: int) -> tuple[RescreenRun, list[RescreenPatient]] | None:
    """The next patients of the oldest run, locked until the transaction ends; None when nothing is left for anybody.

    Workers do not wait for each other: each takes others. A crash gives back what it had taken.
    """
    for run in RescreenRun.objects.filter(state=RunState.SCREENING).order_by("id"):
        waiting = RescreenPatient.objects.filter(run=run, done_at=None).order_by("patient_id")
        rows = list(waiting.select_for_update(skip_locked=True)[:most])
        if rows:
            return run, rows
    return None


@dataclass(frozen=True)
class Came:
    """What came of one batch."""

    new_findings: int
    tasks: int


def settle(run: RescreenRun, rows: Collection[RescreenPatient], came: Came, now: datetime) -> None:
    """Says that these patients have been looked at; the last batch ends the run."""
    RescreenPatient.objects.filter(pk__in=[row.pk for row in rows]).update(done_at=now)
    mine = RescreenRun.objects.filter(pk=run.pk)
    mine.update(
        screened=F("screened") + len(rows),
        new_findings=F("new_findings") + came.new_findings,
        tasks=F("tasks") + came.tasks,
    )
    mine.filter(screened__gte=F("touched")).update(state=RunState.DONE, finished_at=now)
