"""What differs between two sets of releases: which rules and pairs, and so which drugs, say something else now."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Any

from django.db import models

from interactions import library, releases, tiers
from interactions.engine import care_tables, data_set, sides
from interactions.engine.knowledge import Knowledge
from interactions.engine.rulebook import RuleBook
from interactions.models import (
    DoseModifier,
    DrugSet,
    PairNote,
    PairRow,
    Release,
    ReleaseDrug,
    RescreenRun,
    Review,
    Rule,
    SideEffectTerm,
    Synonym,
    TableRow,
)

Pair = tuple[str, str]
READ_BY_NAME = (
    DoseModifier, DrugSet, PairNote, PairRow, ReleaseDrug, RescreenRun, Review, Rule, SideEffectTerm, Synonym,
)  # fmt: skip
"""Tables that are compared one by one below, or of which no finding is made."""
MOST_LISTED = 200
SCHEDULES = "schedules_changed"
"""How many rows differ by which labs and injections fall due."""


@dataclass
class Changes:
    """What two sets of releases disagree about."""

    counts: Counter[str] = field(default_factory=Counter)
    """rules_added, rules_removed, rules_regraded, rules_reworded, pairs_added, pairs_removed, pairs_regraded, drugs."""
    rules: list[dict[str, str]] = field(default_factory=list)
    """The rules that differ, for reading: rule, source, what, a, b, before, after."""
    pairs: set[Pair] = field(default_factory=set)
    """Unordered pairs of drugs about which something else is said."""
    drugs: set[str] = field(default_factory=set)
    """Drugs of which something else is said whatever they are taken with."""
    everybody: bool = False
    """Something differs that names no drug."""

    def is_empty(self) -> bool:
        """Nobody's review can come out differently."""
        return not (self.pairs or self.drugs or self.everybody)


def between(before: Collection[int], after: Collection[int]) -> Changes:
    """Compare two sets of releases by their numbers; a fixed number of queries a release."""
    found = Changes()
    gone, come = _rows(set(before) - set(after)), _rows(set(after) - set(before))
    old, new = library.knowledge_of(before), library.knowledge_of(after)
    _compare_rules(found, gone, come)
    _compare_drugs(found, gone, come)
    _compare_pairs(found, _pairs_of(gone, old), _pairs_of(come, new))
    _compare_tiers(found, set(tiers.tiers_of(gone)), set(tiers.tiers_of(come)), old, new)
    _compare_rest(found, gone, come, old.catalogue.drugs.keys() | new.catalogue.drugs.keys(), new)
    found.counts["drugs"] = len(found.drugs)
    return found


def _rows(numbers: Collection[int]) -> list[Release]:
    return sorted(Release.objects.filter(pk__in=numbers), key=releases.in_order)


@dataclass(frozen=True)
class _Told:
    """A rule as one release tells it, with the pairs it stands for."""

    source: str
    columns: Mapping[str, Any]
    pairs: frozenset[Pair]


def _rules_of(found: Iterable[Release]) -> dict[tuple[str, str], _Told]:
    told = {}
    for release in found:
        sets = {f"set:{name}": members for name, members in release.sets.values_list("name", "members")}
        for row in release.rules.values(*releases.RULE_COLUMNS):
            firsts, seconds = sets.get(row["a"], [row["a"]]), sets.get(row["b"], [row["b"]])
            pairs = frozenset((a, b) if a < b else (b, a) for a in firsts for b in seconds)
            told[release.source, row["rule_id"]] = _Told(release.source, row, pairs)
    return told


def _compare_rules(found: Changes, gone: list[Release], come: list[Release]) -> None:
    old, new = _rules_of(gone), _rules_of(come)
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key), new.get(key)
        if was and now and was.columns == now.columns:
            pairs = was.pairs ^ now.pairs
        else:
            pairs = (was.pairs if was else frozenset()) | (now.pairs if now else frozenset())
        if not pairs:
            continue
        found.pairs |= pairs
        what = _what(was and was.columns["severity"], now and now.columns["severity"])
        found.counts[f"rules_{what}"] += 1
        if len(found.rules) < MOST_LISTED:
            found.rules.append(_listed(key, was, now, what))


def _what(was: object, now: object) -> str:
    if was is None or now is None:
        return "added" if was is None else "removed"
    return "reworded" if was == now else "regraded"


def _listed(key: tuple[str, str], was: _Told | None, now: _Told | None, what: str) -> dict[str, str]:
    shown = now or was
    assert shown is not None
    return {
        "source": key[0],
        "rule": key[1],
        "what": what,
        "a": shown.columns["a"],
        "b": shown.columns["b"],
        "before": was.columns["severity"] if was else "",
        "after": now.columns["severity"] if now else "",
    }


def _compare_drugs(found: Changes, gone: list[Release], come: list[Release]) -> None:
    """A drug whose own columns differ: its enzymes, its risks, its washout."""
    old, new = _drugs_of(gone), _drugs_of(come)
    found.drugs |= {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}


def _drugs_of(found: Iterable[Release]) -> dict[str, list[Any]]:
    told: dict[str, list[Any]] = {}
    for release in found:
        if release.kind != "rules" or release.source == tiers.LOCAL:
            continue
        for name, *cells in release.drugs.values_list("name", "rxcui", "details").order_by("name"):
            told.setdefault(name, []).append(cells)
        for name, *cells in release.modifiers.values_list("drug", "condition", "attribute", "value"):
            told.setdefault(name, []).append(cells)
    return told


def _pairs_of(found: Iterable[Release], among: Knowledge) -> dict[str, dict[Pair, tuple[int, ...]]]:
    """Source -> unordered pair -> the grades it gives, variants of a drug together."""
    told: dict[str, dict[Pair, tuple[int, ...]]] = {}
    for release in found:
        if release.kind != "pairs":
            continue
        columns = ("name", "base", "variant", "rxcui", "is_complete")
        drugs = [data_set.SourceDrug(*row) for row in release.drugs.values_list(*columns)]
        entries = [data_set.entry_of(drug, among.catalogue) for drug in drugs]
        keys = [entry.key if entry else drug.name.casefold() for entry, drug in zip(entries, drugs, strict=True)]
        pairs = told.setdefault(release.source, {})
        for number, grades in release.pair_rows.values_list("number", "grades"):
            key = keys[number]
            for other, grade in enumerate(bytes(grades)):
                if grade:
                    pair = (key, keys[other]) if key < keys[other] else (keys[other], key)
                    known = pairs.get(pair)
                    pairs[pair] = (grade,) if known is None else tuple(sorted((*known, grade)))
    return told


def _compare_pairs(
    found: Changes,
    gone: Mapping[str, Mapping[Pair, tuple[int, ...]]],
    come: Mapping[str, Mapping[Pair, tuple[int, ...]]],
) -> None:
    for source in gone.keys() | come.keys():
        old, new = gone.get(source, {}), come.get(source, {})
        added, removed = new.keys() - old.keys(), old.keys() - new.keys()
        regraded = {pair for pair in old.keys() & new.keys() if old[pair] != new[pair]}
        for what, pairs in (("added", added), ("removed", removed), ("regraded", regraded)):
            found.counts[f"pairs_{what}"] += len(pairs)
            found.pairs |= pairs


def _compare_tiers(
    found: Changes, gone: Set[tiers.Tier], come: Set[tiers.Tier], old: Knowledge, new: Knowledge
) -> None:
    """Grades laid over others: the pairs they name, or those of the rule or of what is worked out that they regrade."""
    for tier in gone ^ come:
        found.counts["tiers_changed"] += 1
        for known in (old, new):
            if tier.code:
                _compare_derivation(found, tier, known)
            elif tier.rule:
                rules = [rule for book in known.sources if isinstance(book, RuleBook) for rule in book.rules]
                for rule in rules:
                    if rule.rule_id == tier.rule:
                        found.pairs |= sides.pairs(rule.a, rule.b, known.sets)
            else:
                found.pairs |= tiers.pairs(tier, known.sets)


def _compare_derivation(found: Changes, tier: tiers.Tier, known: Knowledge) -> None:
    """Whom another grade for what is worked out concerns: who takes one of each side, or of one, or everybody."""
    if tier.a and tier.b:
        found.pairs |= tiers.pairs(tier, known.sets)
    elif tier.a or tier.b:
        found.drugs |= sides.members(tier.a or tier.b, known.sets)
    else:
        found.everybody = True


def _compare_rest(
    found: Changes, gone: list[Release], come: list[Release], drugs: Collection[str], knowledge: Knowledge
) -> None:
    """Every further table of a release, by the drugs and classes that its differing rows name."""
    for relation in Release._meta.related_objects:
        table = relation.related_model
        if table in READ_BY_NAME or not isinstance(table, type) or not issubclass(table, models.Model):
            continue
        if relation.many_to_many or relation.field.many_to_many:
            continue
        old, new = _texts(table, relation.field.name, gone), _texts(table, relation.field.name, come)
        if table is TableRow:
            _count_schedules(found, old - new, new - old)
        for row in (old - new) + (new - old):
            named = set(_named(row, drugs, knowledge))
            found.drugs |= named
            found.everybody |= not named


def _count_schedules(found: Changes, gone: Counter[tuple[str, ...]], come: Counter[tuple[str, ...]]) -> None:
    """Rows by which messages are planned; one that says something else counts once."""
    changed = max(sum(table in care_tables.PLANNED_BY for table, *_cells in of.elements()) for of in (gone, come))
    if changed:
        found.counts[SCHEDULES] = changed


def _texts(table: type[models.Model], release: str, found: Iterable[Release]) -> Counter[tuple[str, ...]]:
    columns = [
        one.name for one in table._meta.concrete_fields if one.name not in (release, "number") and not one.primary_key
    ]
    rows = table._default_manager.filter(**{f"{release}__in": [one.pk for one in found]}).values_list(*columns)
    if table is TableRow:
        rows = rows.exclude(table__in=(tiers.PASSIVE, tiers.TIERS, *care_tables.NOT_REVIEWED))
    return Counter(tuple(map(str, row)) for row in rows)


def _named(row: Iterable[str], drugs: Collection[str], knowledge: Knowledge) -> Iterable[str]:
    for cell in row:
        for word in re.findall(r"set:\w+", cell):
            yield from knowledge.sets.get(word.removeprefix("set:"), ())
        for piece in re.split(r"[;|,'\"{}:]+", cell):
            if piece.strip() in drugs:
                yield piece.strip()
