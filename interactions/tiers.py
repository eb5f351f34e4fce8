"""Grades that a pharmacist, or the shipped list of low-value pairs, has changed: laid over a release as it is loaded.

A release is never edited. The changed grade carries its reason where the source's citation stands, so that whoever
opens the finding reads it; nothing is left out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from interactions.engine import data_set
from interactions.engine.catalogue import Catalogue
from interactions.engine.pair_table import PairTable, pair_code
from interactions.engine.severity import NAMED
from interactions.models import Release, TableRow

PASSIVE, TIERS = "passive_pairs", "tiers"
LOCAL = "local"
"""The source of the clinic's own rules."""
Sets = Mapping[str, Iterable[str]]


@dataclass(frozen=True)
class Tier:
    """Another grade for one rule, or for the pairs of two drugs or classes in imported tables."""

    a: str
    b: str
    severity: str
    """Empty: as graded by the source, whatever an earlier line says."""
    why: str
    source: str = ""
    rule: str = ""


def of(found: Iterable[Release]) -> list[Tier]:
    """The lines of these releases, in the order in which a later one overrules an earlier one. One query."""
    rows = TableRow.objects.filter(release__in=list(found), table__in=(PASSIVE, TIERS))
    cells = sorted(rows.values_list("table", "number", "cells"), key=lambda row: (row[0] != PASSIVE, row[1]))
    return [_tier(table, values) for table, _number, values in cells]


def _tier(table: str, cells: Mapping[str, str]) -> Tier:
    told = f"{cells['reason']} ({cells['source']})" if table == PASSIVE else cells["reason"]
    return Tier(cells["a"], cells["b"], cells["severity"], told, cells.get("of", ""), cells.get("rule", ""))


def regraded(source: str, row: dict[str, Any], tiers: Sequence[Tier]) -> dict[str, Any]:
    """A rule's columns with the grade that was last given to it here."""
    for tier in tiers:
        if tier.rule and (tier.source, tier.rule) == (source, row["rule_id"]) and tier.severity:
            told = f"{row['source']}. Here {tier.severity} instead of {row['severity']}: {tier.why}"
            row = {**row, "severity": tier.severity, "source": told}
    return row


def pairs(tier: Tier, sets: Sets) -> set[tuple[str, str]]:
    """The unordered pairs of drugs that a line for pairs speaks of."""
    firsts, seconds = _members(tier.a, sets), _members(tier.b, sets)
    return {(a, b) if a < b else (b, a) for a in firsts for b in seconds if a != b}


def _members(side: str, sets: Sets) -> Iterable[str]:
    return sets.get(side.removeprefix("set:"), ()) if side.startswith("set:") else (side,)


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
                    notes[code] = note._replace(citation=f"{note.citation} Here {tier.severity}: {tier.why}".strip())
    return PairTable(map(bytes, rows))


@dataclass(frozen=True)
class Over:
    """The lines for pairs, with the names that they use."""

    tiers: Sequence[Tier]
    sets: Sets
    catalogue: Catalogue

    def last(self) -> dict[tuple[str, str], Tier]:
        """What holds of each pair."""
        return {pair: tier for tier in self.tiers if not tier.rule for pair in pairs(tier, self.sets)}
