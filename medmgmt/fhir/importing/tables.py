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


def name_of(rxcui: int | None, ndc: str) -> tuple[int | None, str]:
    """The RxNorm product of a code or of an NDC with its name; the code given and no name where it is not listed."""
    by_code, by_ndc = _names()
    found = rxcui if rxcui in by_code else by_ndc.get(eleven_digits(ndc), rxcui)
    return found, by_code.get(found, "") if found is not None else ""


def is_product(rxcui: int) -> bool:
    """Whether a code is that of a product, as far as the tables know."""
    return rxcui in _products() or rxcui in _names()[0]


def eleven_digits(ndc: str) -> str:
    """An NDC in the form of eleven digits; one of ten digits without hyphens could be several, and stays as it is."""
    parts = ndc.strip().split("-")
    if len(parts) == 3:
        return parts[0].zfill(5) + parts[1].zfill(4) + parts[2].zfill(2)
    return "".join(parts)


def substance(name: str) -> Part:
    """A substance by its bare name, as allergies give it."""
    return _part(Ingredient(name.lower()), "")


def icd10cm(source_code: str) -> str:
    """The ICD-10-CM code for a source's code; blank where this table has none."""
    return _conditions().get(source_code, ("", ""))[0]


def meaning(source_code: str) -> str:
    """What a source's code means; blank where this table has none."""
    return _conditions().get(source_code, ("", ""))[1]


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
def _conditions() -> dict[str, tuple[str, str]]:
    return {row["source_code"]: (row["icd10cm"], row["meaning"]) for row in _rows("conditions.csv")}


@cache
def _names() -> tuple[dict[int, str], dict[str, int]]:
    """RxNorm product -> its name, and NDC -> RxNorm product."""
    listed = list(_rows("product_names.csv"))
    names = {int(row["product_rxcui"]): row["name"] for row in listed}
    return names, {row["ndc"]: int(row["product_rxcui"]) for row in listed if row["ndc"]}
