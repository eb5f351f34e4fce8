"""Brands, salts, lay names and abbreviations, and what each is made of: data/drug_names.csv, read once."""

from functools import cache
from pathlib import Path

from interactions.engine.catalogue import Called
from interactions.importers import rows

FILE = Path(__file__).resolve().parents[2] / "data" / "drug_names.csv"


@cache
def called() -> tuple[Called, ...]:
    """Every name with the RxNorm codes of its ingredients; a name of several products stands there once for each."""
    return tuple(
        Called(name, tuple(map(int, row["ingredient_rxcuis"].split(";"))))
        for _line, row in rows.read(FILE)
        for name in row["names"].split(";")
    )
