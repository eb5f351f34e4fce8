"""Every row of the rules in use as a pharmacist reads it: where it is from, and whether somebody here reviewed it."""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from django.conf import settings
from django.db.models import Max

from interactions import releases, tiers
from interactions.errors import NoSuchDrug
from interactions.importers import rows as tables
from interactions.models import Release, ReleaseDrug, ReleaseKind, RowVerdict, Verdict

DRUGS, RULES, CLASSES = "drugs", "pair_rules", "drug_sets"
SALTS, MODIFIERS, EFFECTS = "ingredient_synonyms", "attribute_dose_modifiers", "side_effects"
BESIDE = {"source", "confidence", "verified_fields"}
"""Cells that say where a row comes from."""
UNSAID = {"", "0", "none"}
"""What a cell says of a drug that has nothing of it."""
LONGEST_KEY = 300


@dataclass(frozen=True)
class Row:
    """One row of one table of a release."""

    origin: str
    """Whose release it is in."""
    table: str
    key: str
    cells: Mapping[str, str]

    @property
    def source(self) -> str:
        """Where it is from, in words; empty where the table has no such column."""
        return self.cells.get("source", "")

    @property
    def confidence(self) -> str:
        """textbook, verified, derived, config; empty where the table does not say."""
        return self.cells.get("confidence", "")

    @property
    def sha256(self) -> str:
        """Of the content alone: the same row in the next release has the same."""
        said = [self.origin, self.table, self.key, sorted(self.cells.items())]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False).encode()).hexdigest()

    def said(self) -> dict[str, str]:
        """What it says beside its key and where it is from; what is nothing or nought is left out."""
        return {name: cell for name, cell in self.cells.items() if name not in BESIDE and cell not in UNSAID}

    def is_about(self, sides: Collection[str]) -> bool:
        """Whether one of its cells names the drug, or a class that it is in; of a drug's own row, whose it is."""
        if self.table == DRUGS:
            return self.key in sides or self.cells["screened_as"] in sides
        likely = [cell for cell in self.cells.values() if any(side in cell for side in sides)]
        return any(piece.strip() in sides for cell in likely for piece in re.split(r"[;|,=]", cell))


@dataclass(frozen=True)
class Change:
    """A row of one drug that says something else than in the release before; `fields` as name, before, after."""

    table: str
    key: str
    what: str
    """added, removed, regraded or changed."""
    fields: tuple[tuple[str, str, str], ...] = ()


@cache
def _columns() -> tuple[tables.Row, ...]:
    """data/columns.csv: every column of every table, what it means, and whether it tells rows apart."""
    return tuple(row for _line, row in tables.read(settings.BASE_DIR / "data" / "columns.csv"))


@cache
def keys() -> dict[str, tuple[str, ...]]:
    """Table -> the columns that tell its rows apart."""
    found: dict[str, tuple[str, ...]] = {}
    for row in _columns():
        if row["key"] == "yes":
            table = row["table"].removesuffix(".csv")
            found[table] = (*found.get(table, ()), row["column"])
    return found


@cache
def meanings() -> dict[tuple[str, str], str]:
    """(table, column) -> what stands in it, in words."""
    return {(row["table"].removesuffix(".csv"), row["column"]): row["meaning"].replace("`", "") for row in _columns()}


def in_use() -> list[Release]:
    """The releases of rules that reviews go by now, the clinic's own changes left out: two people decide on those."""
    return [one for one in releases.active() if one.kind == ReleaseKind.RULES and one.source != tiers.LOCAL]


def before(release: Release) -> Release | None:
    """The release of the same source that was imported before this one."""
    older = Release.objects.filter(source=release.source, kind=release.kind, imported_at__lt=release.imported_at)
    return older.order_by("-imported_at", "-id").first()


def rows(release: Release) -> Iterator[Row]:
    """Every row that the release holds, table by table; seven queries."""
    for name, rxcui, details in release.drugs.values_list("name", "rxcui", "details"):
        columns = {one: cell for one, cell in details.items() if one != "attributes"}
        yield _row(release, DRUGS, name, {"name": name, "rxcui": rxcui, **columns, **details.get("attributes", {})})
    for rule in release.rules.values(*releases.RULE_COLUMNS):
        yield _row(release, RULES, rule["rule_id"], rule)
    for name, members in release.sets.values_list("name", "members"):
        for member in members:
            yield _row(release, CLASSES, f"{name} | {member}", {"class": f"set:{name}", "member": member})
    for salt in release.synonyms.values(*releases.SYNONYM_COLUMNS):
        yield _row(release, SALTS, salt["name"], salt)
    for one in release.modifiers.values(*releases.MODIFIER_COLUMNS):
        yield _row(release, MODIFIERS, " | ".join([one["drug"], one["condition"], one["attribute"]]), one)
    for term in release.terms.values(*releases.TERM_COLUMNS):
        told = {**term, "associations": [f"{selector}={how}" for selector, how in term["associations"]]}
        yield _row(release, EFFECTS, term["term_id"], told)
    for table, cells in release.table_rows.values_list("table", "cells"):
        yield _row(release, table, " | ".join(cells.get(one, "") for one in keys().get(table, ())), cells)


def _row(release: Release, table: str, key: str, cells: Mapping[str, object]) -> Row:
    told = {name: _words(cell) for name, cell in cells.items()}
    return Row(release.source, table, key[:LONGEST_KEY], told)


def _words(cell: object) -> str:
    if isinstance(cell, list):
        return ";".join(map(str, cell))
    return "" if cell is None or cell is False else str(int(cell) if cell is True else cell)


def about(release: Release, drug: str) -> list[Row]:
    """What a release says of one drug or of a class that it is in; a class row speaks for its own member alone."""
    held = list(rows(release))
    memberships = [row for row in held if row.table == CLASSES]
    sides = {drug} | {row.cells["class"] for row in memberships if row.cells["member"] == drug}
    return [row for row in held if (row.cells["member"] == drug if row.table == CLASSES else row.is_about(sides))]


def changes(old: Iterable[Row], new: Iterable[Row]) -> list[Change]:
    """Which rows differ, field by field, in the order of table and key."""
    was = {(row.table, row.key): row for row in old}
    now = {(row.table, row.key): row for row in new}
    found = []
    for table, key in sorted(was.keys() | now.keys()):
        gone, come = was.get((table, key)), now.get((table, key))
        if gone is None or come is None:
            found.append(Change(table, key, "added" if gone is None else "removed"))
        elif fields := _differing(gone.cells, come.cells):
            is_grade = any(name == "severity" for name, _was, _now in fields)
            found.append(Change(table, key, "regraded" if is_grade else "changed", fields))
    return found


def _differing(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[tuple[str, str, str], ...]:
    names = dict.fromkeys((*old, *new))
    cells = ((name, old.get(name, ""), new.get(name, "")) for name in names)
    return tuple((name, was, now) for name, was, now in cells if was != now)


def verdicts(shas: Collection[str] | None = None) -> dict[str, RowVerdict]:
    """Content -> the verdict that holds on it; of one that was taken back there is none. One query."""
    of = RowVerdict.objects.all() if shas is None else RowVerdict.objects.filter(sha256__in=shas)
    newest = of.order_by().values("sha256").annotate(newest=Max("id")).values("newest")
    held = RowVerdict.objects.filter(pk__in=newest).exclude(verdict=Verdict.TAKEN_BACK).select_related("by")
    return {verdict.sha256: verdict for verdict in held}


def name_of(drug_id: int) -> str:
    """The drug's key, by its number in any release of rules; NoSuchDrug for none."""
    named = ReleaseDrug.objects.filter(pk=drug_id, release__kind=ReleaseKind.RULES)
    found = named.values_list("name", flat=True).first()
    if found is None:
        raise NoSuchDrug
    return found


def numbers(names: Collection[str]) -> dict[str, int]:
    """The number of each of these drugs in the rules in use; those that stand in none are left out. Two queries."""
    held = ReleaseDrug.objects.filter(release__in=in_use(), name__in=names)
    return dict(held.values_list("name", "pk"))
