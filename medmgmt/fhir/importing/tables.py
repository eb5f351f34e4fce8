"""The tables in data/fhir, read once: what products are made of, what ingredients and conditions are called."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from interactions.importers import rows
from medmgmt.fhir.importing import products
from medmgmt.fhir.importing.products import Ingredient, Product

FOLDER = Path(__file__).resolve().parents[3] / "data" / "fhir"
PART = re.compile(r"(?P<name>.*?)(?:\s+(?P<strength>\d[\d.]*\s.+))?")


@dataclass(frozen=True, slots=True)
class Known:
    """An ingredient's RxNorm code, None where it has none here, and what else it is called."""

    rxcui: int | None
    also: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """One ingredient of a product, and every name to try in a catalogue, the most telling first."""

    ingredient: Ingredient
    names: tuple[str, ...]
    rxcui: int | None


def product(rxcui: int | None, display: str) -> tuple[Product, tuple[Part, ...]]:
    """What a product is: as the table says, else as its name says."""
    listed = _products().get(rxcui) if rxcui is not None else None
    if listed is None:
        read = products.parse(display)
        return read, tuple(_part(part, "") for part in read.ingredients)
    found, listed_as = listed
    parts = zip(found.ingredients, listed_as, strict=True)
    return found, tuple(_part(part, name) for part, name in parts)


def substance(name: str) -> Part:
    """A substance by its bare name, as allergies give it."""
    return _part(Ingredient(name.lower()), "")


def icd10cm(source_code: str) -> str:
    """The ICD-10-CM code for a source's code; blank where this table has none."""
    return _conditions().get(source_code, "")


def _part(ingredient: Ingredient, listed_as: str) -> Part:
    known = next((entry for name in ingredient.names if (entry := _ingredients().get(name))), Known(None, ()))
    names = dict.fromkeys(filter(None, (listed_as, *ingredient.names, *known.also)))
    return Part(ingredient, tuple(names), known.rxcui)


def _rows(name: str) -> Iterator[dict[str, str]]:
    return (row for _line, row in rows.read(FOLDER / name))


@cache
def _products() -> dict[int, tuple[Product, tuple[str, ...]]]:
    return {int(row["product_rxcui"]): _product(row) for row in _rows("products.csv")}


def _product(row: dict[str, str]) -> tuple[Product, tuple[str, ...]]:
    parts = tuple(_ingredient(text.strip()) for text in row["ingredients"].split(";"))
    names = [name.strip() for name in row["listed_as"].split(";")]
    read = products.parse(row["display"])
    found = replace(read, ingredients=parts, form=row["form"] or read.form, route=row["route"] or read.route)
    return found, tuple(names + [""] * (len(parts) - len(names)))


def _ingredient(text: str) -> Ingredient:
    match = PART.fullmatch(text)
    assert match is not None, "the pattern fits every text"
    return Ingredient(match["name"], match["strength"] or "")


@cache
def _ingredients() -> dict[str, Known]:
    return {
        row["name"]: Known(int(row["rxcui"]) if row["rxcui"] else None, tuple(filter(None, row["also"].split(";"))))
        for row in _rows("ingredients.csv")
    }


@cache
def _conditions() -> dict[str, str]:
    return {row["source_code"]: row["icd10cm"] for row in _rows("conditions.csv")}
