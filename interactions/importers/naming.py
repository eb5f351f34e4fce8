"""From a source's drug name to an RxCUI: names and aliases of the formulary, and a vocabulary where one is given."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from interactions.engine.catalogue import normal
from interactions.importers import rows

BRACKET = re.compile(r"(.+?)\s*\(([^()]*)\)\s*")
SALT_WORDS = frozenset(
    """
    acetate anhydrous besilate besylate bitartrate bromide butyrate calcium chloride cilexetil citrate
    decanoate dihydrate dihydrochloride dipotassium dipropionate disodium edisylate enanthate esylate
    etexilate ethylsuccinate fumarate gluconate glucuronate hemifumarate hemihydrate hydrobromide
    hydrochloride isethionate lactate magnesium malate maleate medoxomil mesylate monohydrate mucate napsylate
    nicotinate oxalate palmitate pamoate phosphate potassium saccharate sodium stearate succinate sulfate
    tannate tartrate tosylate trihydrate valerate
    """.split()  # noqa: SIM905
)
"""Words after an ingredient's name that say only in which salt, ester or water of crystals it comes."""
NO_SALT_OF = frozenset(
    """
    aluminum ammonium bismuth calcium chromium copper estradiol ferric ferrous fluoride iodine iron lithium magnesium
    manganese nitrate phosphate potassium selenium silver sodium strontium sulfate testosterone zinc
    """.split()  # noqa: SIM905
)
"""Ingredients whose "salts" are other medicines, or whose ester changes what the product is for."""


def split_bracket(name: str) -> tuple[str, str]:
    """("Timolol", "ophthalmic") for "Timolol (ophthalmic)"; two empty texts where the name ends without a bracket."""
    found = BRACKET.fullmatch(name)
    return (found[1], found[2].strip().casefold()) if found else ("", "")


class Names:
    """RxCUI by name; the first to claim a name keeps it."""

    def __init__(self, known: Mapping[str, int] | None = None) -> None:
        self._rxcui: dict[str, int] = {}
        for name, rxcui in (known or {}).items():
            self.claim(name, rxcui)

    def claim(self, name: str, rxcui: int) -> None:
        self._rxcui.setdefault(normal(name), rxcui)

    def rxcui(self, name: str) -> int | None:
        """By the whole name, else by the name without its bracket; None when neither is known."""
        whole = self._rxcui.get(normal(name))
        if whole is not None:
            return whole
        base, _ = split_bracket(name)
        return self._rxcui.get(normal(base)) if base else None

    def __len__(self) -> int:
        return len(self._rxcui)


def read_vocabulary(path: Path) -> tuple[dict[str, int], dict[int, int]]:
    """Of a CSV with rxcui,tty,name: RxCUI by name, and salt -> ingredient where the name says that it is one."""
    found = [(int(row["rxcui"]), row["tty"], normal(row["name"])) for _line, row in rows.read(path)]
    names = {name: rxcui for rxcui, tty, name in found if tty in ("IN", "PIN")}
    ingredients = {name: rxcui for rxcui, tty, name in found if tty == "IN"}
    return names, salts(((rxcui, name) for rxcui, tty, name in found if tty == "PIN"), ingredients)


def salts(named: Iterable[tuple[int, str]], ingredients: Mapping[str, int]) -> dict[int, int]:
    """RxCUI of a salt -> RxCUI of its ingredient, for names that are an ingredient's followed by salt words only."""
    found: dict[int, int] = {}
    for rxcui, name in named:
        words = name.split(" ")
        for end in range(len(words) - 1, 0, -1):
            base = " ".join(words[:end])
            if base in ingredients and base not in NO_SALT_OF and SALT_WORDS.issuperset(words[end:]):
                found[rxcui] = ingredients[base]
                break
    return found
