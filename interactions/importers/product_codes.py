"""What each code of RxNorm is made of, product, pack, brand, strength or salt: data/product_codes.csv, read once."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from interactions.engine.catalogue import MadeOf
from interactions.importers import rows

FILE = Path(__file__).resolve().parents[2] / "data" / "product_codes.csv"


@cache
def made_of() -> Mapping[int, MadeOf]:
    """RxCUI -> the ingredients it stands for; an ingredient stands for itself."""
    found: dict[int, MadeOf] = {}
    for _line, row in rows.read(FILE):
        of = MadeOf(tuple(map(int, row["ingredient_rxcuis"].split(";"))), row["ingredients"])
        found |= dict.fromkeys(map(int, filter(None, row["codes"].split(";"))), of)
        if len(of.rxcuis) == 1:
            found[of.rxcuis[0]] = of
    return found
