"""Releases of knowledge: imported whole or not at all, put into use by a person, never edited."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import Any

from django.db import models, transaction
from django.db.models import Max
from django.utils import timezone

from interactions import bulk, tiers
from interactions.bulk import Cell
from interactions.engine.catalogue import CatalogueDrug
from interactions.engine.pair_table import LARGEST, NUMBER_BITS
from interactions.engine.severity import Severity
from interactions.errors import NoSuchRelease
from interactions.importers.clinical import Clinical
from interactions.importers.pair_import import PairImport
from interactions.models import (
    DoseModifier,
    DrugSet,
    LocalChange,
    LocalState,
    PairNote,
    PairRow,
    Release,
    ReleaseDrug,
    ReleaseKind,
    ReleaseStatus,
    RescreenRun,
    Rule,
    SideEffectTerm,
    Synonym,
    TableRow,
)

MOST_LISTED = 200
"""How many conflicts or names a release keeps as examples beside their number."""

DRUG_COLUMNS = ("number", "name", "rxcui", "base", "variant", "is_complete", "details")
DETAIL_COLUMNS = (
    "atc",
    "screened_as",
    "in_rules",
    "group",
    "drug_class",
    "washout_days",
    "maoi_wait_days",
    "maoi_type",
)
RULE_COLUMNS = (
    "rule_id", "a", "b", "severity", "mechanism_type", "problem", "mechanism", "effect", "management", "onset",
    "evidence", "after_stop_a", "after_stop_b", "condition", "condition_code", "source", "confidence",
)  # fmt: skip
NO_DETAILS: dict[str, Any] = {}
SYNONYM_COLUMNS = ("rxcui", "name", "ingredient_rxcui", "ingredient_name")
MODIFIER_COLUMNS = ("drug", "condition", "attribute", "value")
TERM_COLUMNS = (
    "term_id", "name", "plain", "associations", "onset_days_min", "onset_days_max", "red_flag", "red_flag_condition",
    "action", "source",
)  # fmt: skip


@dataclass(frozen=True)
class About:
    """Whose knowledge it is, which version, of which day, and under which licence."""

    source: str
    version: str
    released_on: date
    licence: str = ""
    url: str = ""
    warnings: tuple[str, ...] = ()
    counts: Mapping[str, object] = field(default_factory=dict)


def digests(paths: Iterable[Path]) -> dict[str, str]:
    """SHA-256 of each file by its name."""
    found = {}
    for path in paths:
        with path.open("rb") as content:
            found[path.name] = hashlib.file_digest(content, "sha256").hexdigest()
    return found


def content_sha256(files: Mapping[str, str]) -> str:
    """One digest for a set of files, whatever they are called and in whatever order they come."""
    return hashlib.sha256("\n".join(sorted(files.values())).encode()).hexdigest()


def known(files: Mapping[str, str]) -> Release | None:
    """The release made of exactly these contents; None when there is none yet."""
    return Release.objects.filter(sha256=content_sha256(files)).first()


def keep_pairs(about: About, found: PairImport, files: Mapping[str, str]) -> Release:
    """A new release of graded pairs, not in use. One transaction: until it ends, nobody sees any of it."""
    with transaction.atomic():
        release = _release(about, ReleaseKind.PAIRS, files, {**account(found), **about.counts})
        drugs = (
            (number, drug.name, drug.rxcui, drug.base, drug.variant, drug.is_complete, NO_DETAILS)
            for number, drug in enumerate(found.drugs)
        )
        _keep(release, ReleaseDrug, DRUG_COLUMNS, drugs)
        rows = ((number, row) for number, row in enumerate(found.table.rows) if row)
        _keep(release, PairRow, ("number", "grades"), rows)
        notes = ((code >> NUMBER_BITS, code & LARGEST, *note) for code, note in found.notes.items())
        _keep(release, PairNote, ("a", "b", "mechanism", "effect", "management", "citation"), notes)
    return release


def account(found: PairImport) -> dict[str, object]:
    """What was in the files, as it is kept with the release and told to the person who imports."""
    return {
        "rows": found.rows,
        "pairs": found.pairs,
        "drugs": len(found.drugs),
        "grades": found.grades(),
        "unmapped": len(found.unmapped),
        "conflicts": len(found.conflicts),
        "conflict_examples": [[one.a, one.b, list(one.grades)] for one in found.conflicts[:MOST_LISTED]],
        "skipped": len(found.faults),
        "notes": len(found.notes),
        "letters": list(found.letters),
        "missing_letters": list(found.missing_letters),
        "incomplete_drugs": sum(not drug.is_complete for drug in found.drugs),
    }


def keep_rules(about: About, found: Clinical, files: Mapping[str, str]) -> Release:
    """A new release of curated rules with everything they stand on, not in use; in one transaction."""
    counts = {
        "drugs": len(found.drugs),
        "rules": len(found.rules),
        "classes": len(found.sets),
        "synonyms": len(found.synonyms),
        "side_effects": len(found.terms),
    }
    with transaction.atomic():
        release = _release(about, ReleaseKind.RULES, files, {**counts, **about.counts})
        _keep(release, ReleaseDrug, DRUG_COLUMNS, map(_drug_cells, range(len(found.drugs)), found.drugs))
        _keep(release, Rule, RULE_COLUMNS, (_cells(rule, RULE_COLUMNS) for rule in found.rules))
        _keep(release, DrugSet, ("name", "members"), ([name, sorted(of)] for name, of in found.sets.items()))
        _keep(release, Synonym, SYNONYM_COLUMNS, (_cells(one, SYNONYM_COLUMNS) for one in found.synonyms))
        _keep(release, DoseModifier, MODIFIER_COLUMNS, (_cells(one, MODIFIER_COLUMNS) for one in found.modifiers))
        _keep(release, SideEffectTerm, TERM_COLUMNS, (_cells(term, TERM_COLUMNS) for term in found.terms))
        rows: Iterator[list[Cell]] = (
            [name, number, dict(row)] for name, of in found.tables.items() for number, row in enumerate(of)
        )
        _keep(release, TableRow, ("table", "number", "cells"), rows)
    return release


def _keep(release: Release, model: type[models.Model], columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    bulk.insert(model, ["release_id", *columns], ([release.pk, *row] for row in rows))


def _cells(row: object, columns: Sequence[str]) -> list[Cell]:
    """The values of a row's columns; a severity as its word, pairs as lists."""
    cells: list[Cell] = []
    for name in columns:
        value = getattr(row, name)
        if isinstance(value, Severity):
            value = value.word
        cells.append([list(pair) for pair in value] if isinstance(value, tuple) else value)
    return cells


def _drug_cells(number: int, drug: CatalogueDrug) -> list[Cell]:
    details = {name: getattr(drug, name) for name in DETAIL_COLUMNS}
    lists = {"aliases": list(drug.aliases), "ingredients": list(drug.ingredients), "attributes": dict(drug.attributes)}
    return [number, drug.name, drug.rxcui, "", "", True, {**details, **lists}]


def _release(about: About, kind: ReleaseKind, files: Mapping[str, str], counts: Mapping[str, object]) -> Release:
    return Release.objects.create(
        source=about.source,
        version=about.version,
        released_on=about.released_on,
        kind=kind,
        licence=about.licence,
        url=about.url,
        sha256=content_sha256(files),
        files=dict(files),
        counts=dict(counts),
        warnings=list(about.warnings),
        imported_at=timezone.now(),
    )


@transaction.atomic
def activate(release_id: int, by_id: int | None) -> Release:
    """From now on every review uses this release, in place of another one of the same source. Twice is once."""
    with rescreened(by_id):
        return switch_on(release_id, by_id)


@transaction.atomic
def retire(release_id: int, by_id: int | None) -> Release:
    """From now on no review uses this release. Twice is once."""
    with rescreened(by_id):
        return switch_off(release_id)


def switch_on(release_id: int, by_id: int | None) -> Release:
    """The release is in use; who calls this sees to the rescreening, in the same transaction."""
    release = _locked(release_id)
    if release.status != ReleaseStatus.ACTIVE:
        Release.objects.filter(source=release.source, status=ReleaseStatus.ACTIVE).update(status=ReleaseStatus.RETIRED)
        release.status = ReleaseStatus.ACTIVE
        release.activated_at, release.activated_by_id = timezone.now(), by_id
        release.save(update_fields=["status", "activated_at", "activated_by"])
    return release


def switch_off(release_id: int) -> Release:
    """The release is out of use; who calls this sees to the rescreening, in the same transaction."""
    release = _locked(release_id)
    if release.status != ReleaseStatus.RETIRED:
        release.status = ReleaseStatus.RETIRED
        release.save(update_fields=["status"])
    return release


def _locked(release_id: int) -> Release:
    """The release, with every release of its source locked, so that two people do not put two into use."""
    source = Release.objects.filter(pk=release_id).values_list("source", flat=True).first()
    found = {one.pk: one for one in Release.objects.select_for_update().filter(source=source or "").order_by("pk")}
    if release_id not in found:
        raise NoSuchRelease()
    return found[release_id]


def active() -> list[Release]:
    """The releases that a review uses now: rules first, then by source."""
    return sorted(Release.objects.filter(status=ReleaseStatus.ACTIVE), key=in_order)


def first_since(at: datetime) -> list[int]:
    """The releases in use, each as the one of its source that was in use first since then; the clinic's own as it is.

    What two people have switched together, and what was there before, does not count, nor what a command has switched.
    """
    by_two = LocalChange.objects.filter(state=LocalState.APPROVED).exclude(becomes="")
    agreed = by_two.aggregate(last=Max("decided_at"))["last"]
    runs = RescreenRun.objects.filter(asked_at__gt=at).order_by("pk")
    if agreed is not None:
        theirs = RescreenRun.objects.filter(asked_at__gte=agreed).order_by("pk").values("pk")[:1]
        runs = runs.filter(asked_at__gte=agreed).exclude(pk__in=list(theirs.values_list("pk", flat=True)))
    befores = runs.exclude(asked_by=None).values_list("before", flat=True)
    numbers = list(dict.fromkeys(number for before in befores for number in before))
    sources = dict(Release.objects.filter(pk__in=numbers).exclude(source=tiers.LOCAL).values_list("pk", "source"))
    first: dict[str, int] = {}
    for number in numbers:
        if number in sources:
            first.setdefault(sources[number], number)
    for one in active():
        first.setdefault(one.source, one.pk)
    return sorted(first.values())


def in_order(release: Release) -> tuple[bool, bool, str]:
    """Rules first, the clinic's own after the others, then by source."""
    return release.kind != ReleaseKind.RULES, release.source == tiers.LOCAL, release.source


def would_be(release_id: int, *, active: bool) -> list[int]:
    """The releases that would be in use with this one activated, or retired. Nothing is written."""
    release = Release.objects.filter(pk=release_id).first()
    if release is None:
        raise NoSuchRelease()
    others = Release.objects.filter(status=ReleaseStatus.ACTIVE).exclude(pk=release_id)
    if active:
        others = others.exclude(source=release.source)
    return sorted([*others.values_list("pk", flat=True), *([release_id] if active else [])])


@contextmanager
def rescreened(by_id: int | None) -> Iterator[None]:
    """Whatever set of releases is in use afterwards, a changed one asks for a rescreening; the clock does it."""
    before = _in_use()
    yield
    after = _in_use()
    if before != after:
        RescreenRun.objects.create(before=before, after=after, asked_at=timezone.now(), asked_by_id=by_id)


def _in_use() -> list[int]:
    return sorted(Release.objects.filter(status=ReleaseStatus.ACTIVE).values_list("pk", flat=True))
