"""Grades that a pharmacist, or the shipped list of low-value pairs, has changed: laid over a release as it is loaded.

A release is never edited. The changed grade carries its reason where the source's citation stands, so that whoever
opens the finding reads it; nothing is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interactions.engine import data_set, sides
from interactions.engine.catalogue import Catalogue
from interactions.engine.pair_table import PairTable, pair_code
from interactions.engine.regrading import Regrade, Regrades
from interactions.engine.severity import NAMED, Severity
from interactions.engine.sides import Sets
from interactions.models import Release, TableRow

PASSIVE, TIERS, HIGH_PRIORITY = "passive_pairs", "tiers", "high_priority_pairs"
LOCAL = "local"
"""The source of the clinic's own rules."""
QUIET = ("minor", "ungraded")
"""A pair that is given one of these is on the passive list: folded away, and it can be opened."""


@dataclass(frozen=True)
class Tier:
    """Another grade for one rule, for what is worked out, or for the pairs of two drugs or classes in tables."""

    a: str
    b: str
    severity: str
    """Empty: as graded by the source, whatever an earlier line says."""
    why: str
    """The reason with its source, and with the number of the clinic's own change."""
    source: str = ""
    rule: str = ""
    code: str = ""

    @property
    def told(self) -> str:
        """What stands beside the source's own words on a pair."""
        if self.severity in QUIET:
            return f"On the passive list because {self.why}"
        return f"Here {self.severity}: {self.why}"


def tiers_of(found: Iterable[Release]) -> list[Tier]:
    """The lines of these releases, in the order in which a later one overrules an earlier one. One query."""
    rows = TableRow.objects.filter(release__in=list(found), table__in=(PASSIVE, TIERS))
    cells = sorted(rows.values_list("table", "number", "cells"), key=lambda row: (row[0] != PASSIVE, row[1]))
    return [_tier(table, values) for table, _number, values in cells]


def _tier(table: str, cells: Mapping[str, str]) -> Tier:
    told = f"{cells['reason']} ({cells['source']})" if table == PASSIVE else cells["reason"]
    if cells.get("change"):
        told = f"{told} (change {cells['change']} of this clinic)"
    return Tier(
        cells["a"],
        cells["b"],
        cells["severity"],
        told,
        cells.get("of", ""),
        cells.get("rule", ""),
        cells.get("code", ""),
    )


def regraded(source: str, row: dict[str, Any], tiers: Sequence[Tier]) -> dict[str, Any]:
    """A rule's columns with the grade that was last given to it here."""
    for tier in tiers:
        if tier.rule and (tier.source, tier.rule) == (source, row["rule_id"]) and tier.severity:
            told = f"{row['source']}. Here {tier.severity} instead of {row['severity']}: {tier.why}"
            row = {**row, "severity": tier.severity, "source": told}
    return row


def regrades(tiers: Sequence[Tier], sets: Sets) -> Regrades:
    """Grades for what is worked out, as the engine takes them."""
    return Regrades(
        Regrade(
            tier.code,
            sides.members(tier.a, sets),
            sides.members(tier.b, sets),
            Severity(NAMED[tier.severity]),
            tier.why,
        )
        for tier in tiers
        if tier.code and tier.severity
    )


def pairs(tier: Tier, sets: Sets) -> set[tuple[str, str]]:
    """The unordered pairs of drugs that a line for pairs speaks of."""
    return sides.pairs(tier.a, tier.b, sets)


def high_priority(found: Iterable[Release], sets: Sets) -> set[tuple[str, str]]:
    """The unordered pairs that may never be on the passive list. One query."""
    rows = TableRow.objects.filter(release__in=list(found), table=HIGH_PRIORITY).values_list("cells", flat=True)
    return {pair for cells in rows for pair in sides.pairs(cells["a"], cells["b"], sets)}


def laid_over(
    table: PairTable, notes: dict[int, data_set.Note], drugs: Sequence[data_set.SourceDrug], among: "Over"
) -> PairTable:
    """The grades of an imported table with those given here in their place; `notes` gets the reason for each."""
    if not among.tiers:
        return table
    numbers: dict[str, list[int]] = {}
    for number, drug in enumerate(drugs):
        entry = data_set.entry_of(drug, among.catalogue)
        if entry is not None:
            numbers.setdefault(entry.key, []).append(number)
    rows = [bytearray(row) for row in table.rows]
    for (one, other), tier in among.last().items():
        for a in numbers.get(one, ()):
            for b in numbers.get(other, ()):
                high, low = max(a, b), min(a, b)
                if tier.severity and low < len(rows[high]) and rows[high][low]:
                    rows[high][low] = NAMED[tier.severity]
                    code = pair_code(a, b)
                    note = notes.get(code, data_set.Note())
                    notes[code] = note._replace(citation=f"{note.citation} {tier.told}".strip())
    return PairTable(map(bytes, rows))


@dataclass(frozen=True)
class Over:
    """The lines for pairs, with the names that they use."""

    tiers: Sequence[Tier]
    sets: Sets
    catalogue: Catalogue

    def last(self) -> dict[tuple[str, str], Tier]:
        """What holds of each pair."""
        lines = (tier for tier in self.tiers if not (tier.rule or tier.code))
        return {pair: tier for tier in lines for pair in pairs(tier, self.sets)}


@dataclass(frozen=True)
class PassiveLine:
    """One line of the list of pairs of little value, shipped or the clinic's own."""

    a: str
    b: str
    severity: str
    reason: str
    source: str
    confidence: str = ""
    change: int = 0
    """The clinic's own change that put it there; 0 where it was shipped."""
    taken_off_by: int = 0
    """The clinic's own change by which it does not hold here; 0 where it holds."""


def passive_list(found: Iterable[Release]) -> list[PassiveLine]:
    """Every line of these releases, the clinic's own after the shipped ones. One query."""
    rows = TableRow.objects.filter(release__in=list(found), table__in=(PASSIVE, TIERS)).order_by("table", "number")
    shipped, own = [], []
    for table, cells in rows.values_list("table", "cells"):
        if table == PASSIVE:
            shipped.append(cells)
        elif not (cells.get("rule") or cells.get("code")):
            own.append(cells)
    loud = {frozenset((one["a"], one["b"])): int(one["change"]) for one in own if one["severity"] not in QUIET}
    lines = [
        PassiveLine(
            one["a"],
            one["b"],
            one["severity"],
            one["reason"],
            one["source"],
            one.get("confidence", ""),
            taken_off_by=loud.get(frozenset((one["a"], one["b"])), 0),
        )
        for one in shipped
    ]
    lines += [
        PassiveLine(one["a"], one["b"], one["severity"], one["reason"], LOCAL, LOCAL, int(one["change"]))
        for one in own
        if one["severity"] in QUIET
    ]
    return lines
