"""The shipped knowledge as the pure engine takes it, for tests that need no database."""

from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from interactions.engine.catalogue import Catalogue, CatalogueDrug
from interactions.engine.data_set import DataSet, SourceDrug
from interactions.engine.knowledge import Knowledge
from interactions.engine.pair_table import PairTable, pair_code
from interactions.engine.regimen import Drug, Facts, Regimen
from interactions.engine.rulebook import RuleBook
from interactions.engine.severity import NAMED
from interactions.importers import clinical

DATA = Path(__file__).resolve().parents[2] / "data"
DAY = date(2026, 6, 15)
RELEASED = date(2026, 11, 21)


@cache
def tables() -> clinical.Clinical:
    """The tables of data/, read once."""
    return clinical.parse(DATA)


def catalogue() -> Catalogue:
    """A fresh catalogue of the shipped drugs."""
    return Catalogue(tables().drugs, {one.rxcui: one.ingredient_rxcui for one in tables().synonyms})


@cache
def book() -> RuleBook:
    """The shipped rules."""
    found = tables()
    return RuleBook(
        "medmgmt",
        "1",
        RELEASED,
        drugs=found.drugs,
        rules=found.rules,
        sets=found.sets,
        modifiers=found.modifiers,
        tables=found.tables,
    )


def knowledge(*data_sets: DataSet, rules: bool = True) -> Knowledge:
    """The shipped rules together with these data sets."""
    books = (book(),) if rules else ()
    return Knowledge.of(books=books, data_sets=data_sets, catalogue=catalogue(), terms=tables().terms)


@cache
def alone() -> Knowledge:
    """The shipped rules and nothing else."""
    return knowledge()


def data_set(
    drugs: list[SourceDrug], pairs: dict[tuple[int, int], str], *, label: str = "Made", limits: str = ""
) -> DataSet:
    """A small data set: drugs, and the severity of pairs of their numbers."""
    grades = {pair_code(a, b): NAMED[word] for (a, b), word in pairs.items()}
    return DataSet(label, "1", RELEASED, drugs=drugs, table=PairTable.of(len(drugs), grades), limits=limits)


def small_catalogue(*names: str) -> Catalogue:
    """A catalogue of drugs with nothing but a name and a code that counts from 1."""
    return Catalogue(
        CatalogueDrug(key=name, name=name, rxcui=code, ingredients=(code,)) for code, name in enumerate(names, start=1)
    )


def drug(known: Knowledge, name: str, *, ref: str = "", **values: Any) -> Drug:
    """One drug as the bridge would hand it over; days are given as days from DAY."""
    entry = known.catalogue.named(name)
    for when in ("started_on", "stopped_on"):
        if isinstance(values.get(when), int):
            values[when] = DAY + timedelta(days=values[when])
    return Drug(ref or name, name, entry.key if entry else None, **{"route": "PO", **values})


def regimen(known: Knowledge, *names: str | Drug, **facts: Any) -> Regimen:
    """A regimen of these drugs on DAY."""
    drugs = [one if isinstance(one, Drug) else drug(known, one) for one in names]
    return Regimen(DAY, tuple(drugs), Facts(**facts))


def written(known: Knowledge, text: str) -> Drug:
    """A drug as a case table writes it: `name key=value ...`, days counted from DAY."""
    words = text.strip().split(" ")
    first = next((place for place, word in enumerate(words) if "=" in word), len(words))
    pairs: dict[str, str] = {}
    for word in words[first:]:
        if "=" in word:
            key, value = word.split("=")
            pairs[key] = value
        else:
            pairs[key] += f" {word}"
    values: dict[str, Any] = {key: pairs[key] for key in ("route", "form") if key in pairs}
    if "mg" in pairs:
        values["mg_per_day"] = Decimal(pairs["mg"])
    for key in ("started", "stopped"):
        if key in pairs:
            values[f"{key}_on"] = int(pairs[key])
    return drug(known, " ".join(words[:first]), **values)
