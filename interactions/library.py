"""The knowledge in use, loaded once a process, and the search over its drugs."""

import re
import threading
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, cached_property

from django.conf import settings
from rapidfuzz import fuzz, process

from interactions import releases, tiers
from interactions.engine import attributes, data_set, knowledge, observables, rulebook, written
from interactions.engine.catalogue import Catalogue, normal
from interactions.engine.catalogue import CatalogueDrug as Entry
from interactions.engine.knowledge import Knowledge
from interactions.engine.observables import Observables
from interactions.engine.pair_table import PairTable, pair_code
from interactions.engine.severity import NAMED
from interactions.errors import NamesDisagree
from interactions.importers import drug_names, product_codes
from interactions.importers import rows as tables
from interactions.models import Release, ReleaseKind

ALMOST = 85
"""From this likeness on a name that nobody has is a slip for one that somebody has."""
LEAST_BEGINNING = 4
"""Fewer letters are the beginning of too much: "MS" is no drug."""
LEAST_SCORE = 70
"""Below this likeness (0 to 100) a name is not what was meant."""
LEAST_RARE_SCORE = 82
"""The same for the many names that only the vocabulary has."""
LESS_IF_RARE = 6
"""By so much such a name stands behind one that the rules know."""


@dataclass(frozen=True)
class FoundDrug:
    """A drug as a person finds it."""

    key: str
    name: str
    rxcui: int | None
    atc: str
    matched_on: str = ""
    """What the search found: the name, a brand, a code."""
    score: int = 100


@dataclass(frozen=True)
class Loaded:
    """One active set in memory; `marks` tell whether it is still the active one."""

    marks: tuple[tuple[int, str], ...]
    knowledge: Knowledge

    @cached_property
    def spellings(self) -> dict[str, tuple[str, str]]:
        """Each name, brand and alias as it is compared -> as it is shown, and its drug's key."""
        found: dict[str, tuple[str, str]] = {}
        drugs = [drug for drug in self.knowledge.catalogue.drugs.values() if not drug.of_vocabulary]
        for drug in drugs:
            found.setdefault(normal(drug.name), (drug.name, drug.key))
        for drug in drugs:
            for alias in drug.aliases:
                found.setdefault(normal(alias), (alias, drug.key))
        return found

    @cached_property
    def vocabulary(self) -> dict[str, tuple[str, str]]:
        """The same of what only the vocabulary names; of a name with several meanings the first."""
        catalogue = self.knowledge.catalogue
        own = self.spellings
        found = {normal(one.name): (one.name, one.key) for one in catalogue.drugs.values() if one.of_vocabulary}
        found |= {spelt: (shown, keys[0]) for spelt, (shown, keys) in catalogue.also_called.items()}
        return {spelt: named for spelt, named in found.items() if spelt not in own}


@dataclass
class _Shelf:
    """What this process has loaded; replaced whole, never changed in place."""

    lock: threading.Lock = field(default_factory=threading.Lock)
    loaded: Loaded | None = None
    other: Loaded | None = None
    """Releases that were in use, or may be; for comparing."""


_shelf = _Shelf()
_steady: ContextVar[Loaded | None] = ContextVar("steady", default=None)
"""What one act goes by from beginning to end."""


def current() -> Knowledge:
    """The knowledge in use now. One cheap query when nothing has changed since the last call."""
    return loaded().knowledge


def loaded() -> Loaded:
    """The same with the releases it was made of."""
    if (kept := _steady.get()) is not None:
        return kept
    active = releases.active()
    marks = tuple((release.pk, release.sha256) for release in active)
    held = _shelf.loaded
    if held is not None and held.marks == marks:
        return held
    with _shelf.lock:
        held = _shelf.loaded
        if held is None or held.marks != marks:
            held = _shelf.loaded = Loaded(marks, _read(active))
        return held


def observed(knowledge: Knowledge | None = None) -> Observables:
    """What can be observed by this knowledge, or by that in use; where no release says it, as it is shipped."""
    return (knowledge or current()).formulary.observables or _shipped()


def observed_at_hand() -> Observables:
    """The same as this process last knew it, for words alone: no query."""
    held = _steady.get() or _shelf.loaded
    return observed(held.knowledge) if held else _shipped()


@cache
def _shipped() -> Observables:
    """The table of data/."""
    rows = tables.read(settings.BASE_DIR / "data" / f"{observables.TABLE}.csv")
    return observables.read([row for _line, row in rows])


@contextmanager
def steady() -> Iterator[Loaded]:
    """Until the end one act asks once which knowledge is in use, and goes by the same in all its steps."""
    held = loaded()
    token = _steady.set(held)
    try:
        yield held
    finally:
        _steady.reset(token)


def knowledge_of(release_ids: Collection[int]) -> Knowledge:
    """The knowledge that these releases are together, in use or not; the last one asked for is kept.

    Releases that have been deleted since are left out.
    """
    found = Release.objects.filter(pk__in=release_ids)
    chosen = sorted(found, key=releases.in_order)
    marks = tuple((release.pk, release.sha256) for release in chosen)
    for held in (_shelf.loaded, _shelf.other):
        if held is not None and held.marks == marks:
            return held.knowledge
    held = _shelf.other = Loaded(marks, _read(chosen))
    return held.knowledge


def resolve(name: str = "", rxcui: int | None = None, *, among: Knowledge | None = None) -> FoundDrug | None:
    """The drug that goes by exactly this name or code; None when the knowledge has none.

    Each call without `among` asks the database which releases are in use: give current() for many names at once.
    """
    entry = (among or current()).catalogue.resolve(name, rxcui)
    return None if entry is None else _found(entry, name or str(rxcui))


@dataclass(frozen=True)
class Agreed:
    """A drug as it was named, by ingredient and by product."""

    found: FoundDrug | None
    rxcui: int | None
    product_rxcui: int | None


def agreed(name: str, rxcui: int | None, product_rxcui: int | None = None, product: str = "") -> Agreed:
    """The drug that name and codes together mean; a product's code where an ingredient's belongs is put in its place.

    `product` is strength and form in words. NamesDisagree names both where any two of them mean different drugs.
    """
    catalogue = current().catalogue
    require_agreement(name, rxcui)
    entry = catalogue.resolve(name, rxcui)
    known = entry.name if entry else name
    if product_rxcui is not None and catalogue.made_of.get(product_rxcui) is not None:
        require_agreement(known, product_rxcui)
    other = _drug_in(product, catalogue)
    if entry is not None and other is not None and not entry.shares_with(other):
        raise NamesDisagree(entry.name, other.name)
    if rxcui is not None and catalogue.is_product(rxcui):
        parts = catalogue.made_of[rxcui].rxcuis
        product_rxcui = product_rxcui or rxcui
        rxcui = entry.rxcui if entry else parts[0] if len(parts) == 1 else None
    found = None if entry is None else _found(entry, name or str(rxcui))
    return Agreed(found, rxcui or (entry.rxcui if entry else None), product_rxcui)


def require_agreement(name: str, rxcui: int | None) -> None:
    """NamesDisagree where a name is one drug's, rightly or nearly rightly spelt, and the code another's."""
    if not name or rxcui is None:
        return
    catalogue = current().catalogue
    if (both := catalogue.contradicted(name, rxcui)) is not None:
        raise NamesDisagree(*both, rxcui=rxcui)
    coded = catalogue.coded(rxcui)
    if coded is not None and catalogue.typed(name) is None:
        near = [one for one in search(name, 5) if one.score >= ALMOST]
        if near and not any(catalogue.drugs[one.key].shares_with(coded) for one in near):
            raise NamesDisagree(near[0].name, coded.name, rxcui=rxcui)


def _drug_in(product: str, catalogue: Catalogue) -> Entry | None:
    """The drug that strength and form speak of, where they name one before the first figure."""
    words = normal(re.split(r"\d", product)[0]).split(" ")
    windows = (" ".join(words[begin:end]) for begin in range(len(words)) for end in range(len(words), begin, -1))
    return next((found for words in windows if len(words) > 3 and (found := catalogue.named(words))), None)


def sides_of(name: str) -> set[str]:
    """How rules may name this drug: by its key, and by every class that it is in; nothing for what is no drug."""
    known = current()
    entry = known.catalogue.resolve(name)
    if entry is None:
        return set()
    keys = {entry.key, entry.screened_as or entry.key}
    return keys | {f"set:{name}" for name, members in known.sets.items() if not keys.isdisjoint(members)}


def search(text: str, limit: int = 10) -> list[FoundDrug]:
    """Drugs that a person may have meant, best first: by code, name, brand or alias, small typing errors forgiven."""
    wanted = normal(text)
    if not wanted or limit < 1:
        return []
    held = loaded()
    catalogue = held.knowledge.catalogue
    best: dict[str, tuple[float, str]] = {}
    for score, key, matched in (
        *_by_code(wanted, catalogue),
        *_by_spelling(wanted, held),
        *_by_vocabulary(wanted, held),
    ):
        if key not in best or best[key][0] < score:
            best[key] = (score, matched)
    ranked = sorted(best.items(), key=lambda item: (-item[1][0], len(item[1][1]), item[0]))
    return [_found(catalogue.drugs[key], matched, score) for key, (score, matched) in ranked[:limit]]


def meant(name: str) -> list[FoundDrug]:
    """The drugs that a name stands for: exactly, else those of which it is the beginning, from four letters on.

    One is what was meant; several are for the person to choose from; none is a name that nobody knows.
    """
    held = loaded()
    exact = resolve(name=name, among=held.knowledge)
    wanted = normal(name)
    if exact is not None or len(wanted) < LEAST_BEGINNING:
        return [exact] if exact else []
    if several := held.knowledge.catalogue.meanings(name):
        return [_found(entry, name) for entry in several]
    begins = [
        {key: shown for spelling, (shown, key) in names.items() if spelling.startswith(wanted)}
        for names in (held.spellings, held.vocabulary)
    ]
    keys = begins[0] or begins[1]
    drugs = held.knowledge.catalogue.drugs
    return [_found(drugs[key], shown) for key, shown in sorted(keys.items())]


def asks_back(name: str) -> str:
    """What a name that is no drug's, or several drugs', may have meant, in a sentence; empty where nothing is near.

    No name is put right without being asked: those that look alike are other drugs.
    """
    if several := current().catalogue.meanings(name):
        return f"It can be {' or '.join(one.name for one in several[:6])}; say which."
    alike = [one.matched_on if one.name != one.matched_on else one.name for one in search(name, limit=3)]
    return f"Did you mean {' or '.join(alike)}?" if alike else ""


def most_mg_a_day(key: str) -> Decimal | None:
    """The largest daily dose in milligrams that the knowledge in use tells of a drug; None where it tells none."""
    entry = current().catalogue.drugs.get(key)
    return written.number(entry.attributes.get("max_daily_dose_mg") or "") if entry else None


def is_long_acting(key: str) -> bool:
    """Whether the drug is an injection that lasts for weeks."""
    entry = current().catalogue.drugs.get(key)
    return entry is not None and entry.is_long_acting


def _found(entry: Entry, matched: str, score: float = 100) -> FoundDrug:
    return FoundDrug(entry.key, entry.name, entry.rxcui, entry.atc, matched, min(100, round(score)))


def _by_code(wanted: str, catalogue: Catalogue) -> Iterable[tuple[float, str, str]]:
    """Drugs with this RxCUI, or whose ATC code begins so."""
    if wanted.isdecimal() and len(wanted) < 10:
        entry = catalogue.coded(int(wanted))
        return [(110, entry.key, wanted)] if entry else []
    if len(wanted) < 3 or not (wanted[0].isalpha() and wanted[1].isdecimal()):
        return []
    coded = [drug for drug in catalogue.drugs.values() if drug.atc.casefold().startswith(wanted)]
    return [(105, drug.key, drug.atc) for drug in coded]


def _by_spelling(wanted: str, held: Loaded) -> Iterable[tuple[float, str, str]]:
    """Names like this one. What begins exactly as typed comes before what is only like it."""
    spellings = held.spellings
    alike = process.extract(wanted, spellings.keys(), scorer=fuzz.ratio, score_cutoff=LEAST_SCORE, limit=50)
    for spelling, score, _ in alike:
        shown, key = spellings[spelling]
        yield (104 if score == 100 else score), key, shown
    for spelling, (shown, key) in spellings.items():
        if spelling.startswith(wanted) and spelling != wanted:
            yield 102 - len(spelling) / 100, key, shown


def _by_vocabulary(wanted: str, held: Loaded) -> Iterable[tuple[float, str, str]]:
    """The same among the names that only the vocabulary has, behind those that the rules know."""
    names = held.vocabulary
    if wanted in names:
        yield 103, names[wanted][1], names[wanted][0]
    if len(wanted) < LEAST_BEGINNING:
        return
    alike = process.extract(wanted, names.keys(), scorer=fuzz.ratio, score_cutoff=LEAST_RARE_SCORE, limit=20)
    for spelling, score, _ in alike:
        yield score - LESS_IF_RARE, names[spelling][1], names[spelling][0]
    for spelling, (shown, key) in names.items():
        if spelling.startswith(wanted) and spelling != wanted:
            yield 90 - len(spelling) / 100, key, shown


def _read(active: list[Release]) -> Knowledge:
    catalogue_drugs: list[Entry] = []
    synonyms: dict[int, int] = {}
    books: list[rulebook.RuleBook] = []
    terms: list[knowledge.SideEffectTerm] = []
    changed = tiers.tiers_of(active)
    for release in active:
        if release.kind == ReleaseKind.RULES:
            drugs = [_entry(*row) for row in release.drugs.values_list("name", "rxcui", "details")]
            catalogue_drugs += drugs
            synonyms |= dict(release.synonyms.values_list("rxcui", "ingredient_rxcui"))
            books.append(_book(release, drugs, changed))
            terms += _terms(release)
    catalogue = Catalogue(catalogue_drugs, synonyms, product_codes.made_of())
    sets = {name: members for book in books for name, members in book.sets.items()}
    over = tiers.Over(changed, sets, catalogue)
    known = Knowledge.of(
        books=tuple(books),
        data_sets=tuple(_data_set(release, over) for release in active if release.kind == ReleaseKind.PAIRS),
        catalogue=catalogue,
        terms=tuple(terms),
        regrades=tiers.regrades(changed, sets),
    )
    if books:
        catalogue.learn(drug_names.called())
    return known


def _entry(name: str, rxcui: int | None, details: dict[str, object]) -> Entry:
    columns: dict[str, object] = dict(details)
    for listed in ("aliases", "ingredients"):
        value = columns.get(listed)
        columns[listed] = tuple(value) if isinstance(value, list) else ()
    return Entry(key=name, name=name, rxcui=rxcui, **columns)  # type: ignore[arg-type] # as releases._keep_drugs wrote it


def _book(release: Release, drugs: list[Entry], changed: Sequence[tiers.Tier]) -> rulebook.RuleBook:
    rows = [tiers.regraded(release.source, row, changed) for row in release.rules.values(*releases.RULE_COLUMNS)]
    modifiers = release.modifiers.values(*releases.MODIFIER_COLUMNS)
    return rulebook.RuleBook(
        release.source,
        release.version,
        release.released_on,
        drugs=drugs,
        rules=[rulebook.PairRule(**{**row, "severity": NAMED[row["severity"]]}) for row in rows],
        sets=dict(release.sets.values_list("name", "members")),
        modifiers=[attributes.DoseModifier(**row) for row in modifiers],
        tables=_tables(release),
    )


def _tables(release: Release) -> dict[str, list[dict[str, str]]]:
    found: dict[str, list[dict[str, str]]] = {}
    for table, cells in release.table_rows.values_list("table", "cells"):
        found.setdefault(table, []).append(cells)
    return found


def _terms(release: Release) -> list[knowledge.SideEffectTerm]:
    rows = release.terms.values(*releases.TERM_COLUMNS)
    return [
        knowledge.SideEffectTerm(**{**row, "associations": tuple((a, b) for a, b in row["associations"])})
        for row in rows
    ]


def _data_set(release: Release, over: tiers.Over) -> data_set.DataSet:
    drugs = [
        data_set.SourceDrug(name=name, base=base, variant=variant, rxcui=rxcui, is_complete=is_complete)
        for name, base, variant, rxcui, is_complete in release.drugs.values_list(
            "name", "base", "variant", "rxcui", "is_complete"
        )
    ]
    rows = [b""] * len(drugs)
    for number, grades in release.pair_rows.values_list("number", "grades"):
        rows[number] = bytes(grades)
    notes = {
        pair_code(a, b): data_set.Note(*texts)
        for a, b, *texts in release.pair_notes.values_list("a", "b", "mechanism", "effect", "management", "citation")
    }
    return data_set.DataSet(
        release.source,
        release.version,
        release.released_on,
        drugs=drugs,
        table=tiers.laid_over(PairTable(rows), notes, drugs, over),
        notes=notes,
        limits=limits(release),
    )


def limits(release: Release) -> str:
    """What a release does not hold, in words; empty when it is whole."""
    missing = release.counts.get("missing_letters") or []
    return f"its files {', '.join(missing)} are missing" if missing else ""
