"""What a release says of care between two reviews: labs and when, supplies that wait for them, injections, overdose."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

Row = Mapping[str, str]
Rows = Sequence[Row]
INJECTIONS, MONITORING = "lai_rules", "monitoring_rules"
NOT_REVIEWED = ("lab_gates", "lai_missed_doses", "overdose_risk", "adherence_classes")
"""Of these no review and no message is made: they are asked when they are needed."""
TABLES = (INJECTIONS, *NOT_REVIEWED)
"""Beside the monitoring rules, of which the cards are made as well."""
PLANNED_BY = (INJECTIONS, MONITORING)
"""What messages are planned by: another row asks for another plan."""
SEGMENT = re.compile(r"^(\d+)\.\.(\d*):(\d+)$")


class Span(NamedTuple):
    """From day `first` to day `last` of treatment (None: for good) something is asked for every `every` days."""

    first: int
    last: int | None
    every: int


class MonitoringRule(NamedTuple):
    """What is to be measured on a drug or set; no spans where it is asked for on an occasion only."""

    target: str
    parameter: str
    code: str
    """What is observed, where that is a number; empty where it is something else."""
    spans: tuple[Span, ...]
    grace_days: int
    occasions: str


class LabGate(NamedTuple):
    """A lab that a drug's supply depends on: how often, how low it may be, for whom (`condition`, empty: anybody)."""

    drug: str
    code: str
    label: str
    spans: tuple[Span, ...]
    lowest: Decimal | None
    grace_days: int
    condition: str
    source: str


class Injection(NamedTuple):
    """When the injections of a long-acting product are on time."""

    product: str
    interval_days: int
    early: int
    late: int


class OverdoseSign(NamedTuple):
    """A sign of risk in the record, or a drug that is dangerous in overdose."""

    kind: str
    value: str
    at_least: Decimal | None
    within_days: int | None
    words: str
    source: str


class AdherenceClass(NamedTuple):
    """A class of medicines whose regularity is told together."""

    name: str
    label: str
    scope: str


@dataclass(frozen=True, eq=False)
class CareTables:
    """The tables, in their own order; empty where a release has none. One release is one value, so that what is worked
    out of it may be remembered by it."""

    monitoring: tuple[MonitoringRule, ...] = ()
    gates: tuple[LabGate, ...] = ()
    injections: tuple[Injection, ...] = ()
    overdose: tuple[OverdoseSign, ...] = ()
    classes: tuple[AdherenceClass, ...] = ()


def schedule(written: str) -> tuple[Span, ...]:
    """Reads "0..182:7;183..365:14;366..:28"; ValueError for anything else."""
    found = []
    for part in written.split(";"):
        match = SEGMENT.match(part.strip())
        if match is None:
            raise ValueError(f"“{part}” is no interval of a monitoring schedule.")
        found.append(Span(int(match[1]), int(match[2]) if match[2] else None, int(match[3])))
    return tuple(found)


def read(tables: Mapping[str, Rows], loincs: Mapping[str, str]) -> CareTables:
    """The rows as text turned into tables; what is not understood raises ValueError or KeyError.

    `loincs` tells the code of what can be observed by its LOINC.
    """
    rules = tables.get(MONITORING, ())
    spans = {row["rule_id"]: _spans(row) for row in rules}
    return CareTables(
        monitoring=tuple(_monitoring(row, spans[row["rule_id"]], loincs) for row in rules),
        gates=tuple(_gate(row, spans[row["rule_id"]]) for row in tables.get("lab_gates", ())),
        injections=tuple(_injections(tables.get(INJECTIONS, ()))),
        overdose=tuple(_sign(row) for row in tables.get("overdose_risk", ())),
        classes=tuple(
            AdherenceClass(row["class"], row["label"], row["scope"]) for row in tables.get("adherence_classes", ())
        ),
    )


def _spans(row: Row) -> tuple[Span, ...]:
    return schedule(row["schedule_segments"]) if row["schedule_segments"] else ()


def _monitoring(row: Row, spans: tuple[Span, ...], loincs: Mapping[str, str]) -> MonitoringRule:
    named = [name.strip() for name in [row["loinc"], *row["loinc_alt"].split(";")]]
    code = next((loincs[name] for name in named if name in loincs), "")
    grace = int(row["overdue_grace_days"]) if row["overdue_grace_days"].isdecimal() else 0
    return MonitoringRule(row["target"], row["parameter"], code, spans, grace, row["event_triggers"])


def _gate(row: Row, spans: tuple[Span, ...]) -> LabGate:
    return LabGate(
        drug=row["drug"],
        code=row["code"],
        label=row["label"],
        spans=spans,
        lowest=Decimal(row["lowest"]) if row["lowest"] else None,
        grace_days=int(row["grace_days"]),
        condition=row["condition"],
        source=row["source"],
    )


def _injections(rows: Rows) -> Iterator[Injection]:
    """Those whose days are figures; the others go by dose, as the words of their row say."""
    for row in rows:
        days = [row["interval_days"], row["window_early_days"], row["window_late_days"]]
        if all(text.isdecimal() for text in days):
            yield Injection(row["product"], *map(int, days))


def _sign(row: Row) -> OverdoseSign:
    return OverdoseSign(
        kind=row["kind"],
        value=row["value"],
        at_least=Decimal(row["at_least"]) if row["at_least"] else None,
        within_days=int(row["within_days"]) if row["within_days"] else None,
        words=row["words"],
        source=row["source"],
    )
