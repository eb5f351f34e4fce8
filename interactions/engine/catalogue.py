"""Every drug that the active knowledge can name, found by what people and systems call it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

TRAILING = re.compile(
    r"xr|er|sr|xl|cr|dr|la|ir|ec|odt|sl|soltab|tabs?|tablets?|caps?|capsules?|oral|solution|\d+(\.\d+)?|\d+(\.\d+)?(-\d+(\.\d+)?)+(mg)?|\d+(\.\d+)?(mg|mcg|g|ml)|mg|mcg|"
    r"hcl|hydrochloride|hydrobromide|hbr|fumarate|hemifumarate|maleate|succinate|tartrate|besylate|mesylate|dimesylate|"
    r"citrate|sulfate|phosphate|sodium|oxalate|tosylate|extended|delayed|immediate|release|extended-release|"
    r"delayed-release|immediate-release|patch(?:es)?|transdermal|suspension|syrup|elixir|liquid|concentrate|film|"
    r"acetate|anhydrous|bitartrate|bromide|calcium|chloride|cilexetil|dihydrochloride|dipotassium|ethylsuccinate|"
    r"gluconate|hemihydrate|magnesium|malate|medoxomil|monohydrate|pamoate|potassium|saccharate|stearate|tannate"
)
"""What may stand behind a name without meaning another drug. Salts of injections that last mean another one."""
BETWEEN_PARTS = re.compile(r"\s*(?:/|\+|&|\band\b|\bwith\b)\s*|(?<=[a-z])-(?=[a-z])")
"""What people write between the ingredients of a combination."""


def normal(text: str) -> str:
    """A name as it is compared: small letters, single spaces, straight apostrophes."""
    return " ".join(text.replace("’", "'").split()).casefold()


@dataclass(frozen=True, slots=True)
class CatalogueDrug:
    """One drug or product; `ingredients` are RxCUIs, more than one for a combination."""

    key: str
    name: str
    rxcui: int | None = None
    atc: str = ""
    aliases: tuple[str, ...] = ()
    ingredients: tuple[int, ...] = ()
    screened_as: str = ""
    """The key whose rules also speak for this drug; empty when it has its own or none."""
    in_rules: bool = False
    """True when the rules were written with this drug in view."""
    group: str = ""
    drug_class: str = ""
    washout_days: int | None = None
    maoi_wait_days: int | None = None
    maoi_type: str = ""
    of_vocabulary: bool = False
    """True when only the vocabulary names it: a combination of them is judged as what it is made of."""
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}), hash=False, compare=False)
    """Every further column of the shipped table by its name, for rules that derive from it."""

    @property
    def is_long_acting(self) -> bool:
        return "LAI" in self.drug_class or "Long-acting injectable" in self.drug_class

    def shares_with(self, other: "CatalogueDrug") -> bool:
        """Whether both hold one substance: one drug, or an ingredient in both."""
        return self.key == other.key or not set(self.ingredients).isdisjoint(other.ingredients)

    @property
    def is_mao_inhibitor(self) -> bool:
        """Any kind of monoamine oxidase inhibition, weak included."""
        return self.maoi_type not in ("", "none")


class MadeOf(NamedTuple):
    """What a code of RxNorm stands for: the codes of its ingredients, and their names."""

    rxcuis: tuple[int, ...]
    name: str


class Called(NamedTuple):
    """A name that the vocabulary has beside the releases, and the ingredients that it stands for."""

    name: str
    rxcuis: tuple[int, ...]


class Catalogue:
    """Drugs by name, alias and RxCUI; the first to claim a name keeps it."""

    def __init__(
        self,
        drugs: Iterable[CatalogueDrug],
        synonyms: Mapping[int, int] | None = None,
        made_of: Mapping[int, MadeOf] | None = None,
    ) -> None:
        self.drugs: dict[str, CatalogueDrug] = {}
        self.synonyms = dict(synonyms or {})
        """RxCUI of a salt or ester -> RxCUI of its ingredient."""
        self.made_of: Mapping[int, MadeOf] = made_of or {}
        """Any RxCUI of the vocabulary -> what it is made of."""
        self._by_parts: dict[frozenset[int], str] = {}
        self._by_name: dict[str, str] = {}
        self._by_rxcui: dict[int, str] = {}
        self.also_called: dict[str, tuple[str, tuple[str, ...]]] = {}
        """Names of the vocabulary alone, as compared -> as shown, and the keys of all that they may mean."""
        listed = list(drugs)
        for drug in listed:
            self.drugs.setdefault(drug.key, drug)
            self._by_name.setdefault(normal(drug.name), drug.key)
            self._by_name.setdefault(normal(drug.key), drug.key)
        for drug in listed:
            self._claim(drug)

    def _claim(self, drug: CatalogueDrug) -> None:
        for alias in drug.aliases:
            self._by_name.setdefault(normal(alias), drug.key)
        if drug.rxcui is not None:
            self._by_rxcui.setdefault(self.ingredient(drug.rxcui), drug.key)
        if len(drug.ingredients) > 1:
            self._by_parts.setdefault(self._parts(drug.ingredients), drug.key)

    def add(self, drug: CatalogueDrug) -> None:
        """One more drug, known only from a data set; names already taken stay as they are."""
        self.drugs.setdefault(drug.key, drug)
        self._by_name.setdefault(normal(drug.name), drug.key)
        self._by_name.setdefault(normal(drug.key), drug.key)
        self._claim(drug)

    def learn(self, called: Iterable[Called]) -> None:
        """The vocabulary's ingredients, combinations and names; what a release names already stays as it is.

        A name with several meanings keeps them all, and then names no drug: who asks has to say which.
        """
        for of in sorted(set(self.made_of.values()), key=lambda of: len(of.rxcuis)):
            whole = self._parts(of.rxcuis)
            is_known = min(whole) in self._by_rxcui if len(whole) == 1 else whole in self._by_parts
            if not is_known:
                self._learn(of)
        names: dict[str, tuple[str, dict[str, None]]] = {}
        own = {Called(of.name, of.rxcuis) for of in self.made_of.values() if len(of.rxcuis) == 1}
        for one in (*sorted(own), *called):
            if (spelt := normal(one.name)) not in self._by_name and (key := self._key_of(one.rxcuis)) is not None:
                names.setdefault(spelt, (one.name, {}))[1][key] = None
        self.also_called = {spelt: (shown, tuple(keys)) for spelt, (shown, keys) in names.items()}

    def _learn(self, of: MadeOf) -> None:
        """One more ingredient or combination; a name that is taken is told apart by its code."""
        parts = (self.coded(code) for code in of.rxcuis)
        name = of.name if len(of.rxcuis) == 1 else "/".join(part.name for part in parts if part is not None)
        key = name if normal(name) not in self._by_name else f"{name} [{'-'.join(map(str, of.rxcuis))}]"
        code = of.rxcuis[0] if len(of.rxcuis) == 1 else None
        self.add(CatalogueDrug(key, name, code, ingredients=of.rxcuis, of_vocabulary=True))

    def _key_of(self, rxcuis: Iterable[int]) -> str | None:
        whole = self._parts(rxcuis)
        return self._by_rxcui.get(min(whole)) if len(whole) == 1 else self._by_parts.get(whole)

    def meanings(self, name: str) -> list[CatalogueDrug]:
        """Everything that exactly this name may mean: none, one, or several of which somebody has to choose."""
        found = self.named(name)
        _shown, keys = self.also_called.get(normal(name), ("", ()))
        return [found] if found else [self.drugs[key] for key in keys]

    def parts_of(self, entry: CatalogueDrug) -> list[CatalogueDrug]:
        """The ingredients of a combination that has no rules of its own, as drugs; of any other drug itself."""
        if len(entry.ingredients) < 2 or not (entry.of_vocabulary or entry.screened_as):
            return [entry]
        parts = {part.key: part for part in map(self.coded, entry.ingredients) if part is not None}
        return list(parts.values()) or [entry]

    def alias(self, name: str, key: str) -> None:
        """One more name for a drug; a name already taken stays as it is."""
        self._by_name.setdefault(normal(name), key)

    def ingredient(self, rxcui: int) -> int:
        """The RxCUI of the ingredient: a salt's becomes its ingredient's, any other stays."""
        return self.synonyms.get(rxcui, rxcui)

    def keys_of(self, entry: CatalogueDrug) -> frozenset[str]:
        """Everything a drug stands for: itself, what it is screened as, and its ingredients."""
        parts = (self.coded(code) for code in entry.ingredients)
        return frozenset({entry.key, entry.screened_as, *(part.key for part in parts if part is not None)})

    def named(self, name: str) -> CatalogueDrug | None:
        """The drug that goes by exactly this name, brand or alias, whatever the letter case."""
        spelt = normal(name)
        key = self._by_name.get(spelt)
        if key is None:
            _shown, keys = self.also_called.get(spelt, ("", ()))
            key = keys[0] if len(keys) == 1 else None
        return None if key is None else self.drugs[key]

    def typed(self, name: str) -> CatalogueDrug | None:
        """The drug that a person means who writes strength, salt, form or release behind its name."""
        words = normal(name.replace(" / ", "-").replace("/", "-")).split(" ")
        for end in range(len(words), 0, -1):
            if not all(TRAILING.fullmatch(word) for word in words[end:]):
                return None
            spelt = " ".join(words[:end])
            found = self.named(spelt) or self._combined(spelt)
            if found is not None:
                return found
        return None

    def _combined(self, spelt: str) -> CatalogueDrug | None:
        """The combination of the ingredients that are named one after the other, in any order."""
        words = [word for word in BETWEEN_PARTS.split(spelt) if word]
        parts = [self.named(word) for word in words] if len(words) > 1 else []
        codes = [part.rxcui for part in parts if part is not None and part.rxcui is not None]
        key = self._by_parts.get(self._parts(codes)) if len(codes) == len(words) > 1 else None
        return None if key is None else self.drugs[key]

    def coded(self, rxcui: int) -> CatalogueDrug | None:
        """The drug with this RxCUI, or the one of which it is a salt, a product or a brand."""
        key = self._by_rxcui.get(self.ingredient(rxcui))
        if key is None and (of := self.made_of.get(rxcui)) is not None:
            key = self._key_of(of.rxcuis)
        return None if key is None else self.drugs[key]

    def _parts(self, rxcuis: Iterable[int]) -> frozenset[int]:
        return frozenset(map(self.ingredient, rxcuis))

    def is_product(self, rxcui: int) -> bool:
        """Whether the code is of a product, a brand or the like, and of no ingredient or salt that is known."""
        is_ingredient = self.ingredient(rxcui) in self._by_rxcui
        of = self.made_of.get(rxcui)
        return not is_ingredient and of is not None and of.rxcuis != (rxcui,)

    def contradicted(self, name: str, rxcui: int) -> tuple[str, str] | None:
        """The drug that the name says and what the code says where these are not the same; None where they are, or
        where the name is nobody's. A code that no vocabulary knows says "": nobody can tell that it is the same."""
        named, coded, of = self.typed(name), self.coded(rxcui), self.made_of.get(rxcui)
        is_its_own = of is not None and normal(name) == normal(of.name)
        if named is None or is_its_own or not (named.ingredients or named.rxcui):
            return None
        if named.of_vocabulary and (coded is None or coded.of_vocabulary):
            return None
        if coded is not None:
            return None if self._is_same(named, coded) else (named.name, coded.name)
        is_same = of is not None and self._parts(of.rxcuis) == self._parts(named.ingredients)
        return None if is_same else (named.name, of.name if of else "")

    def _is_same(self, named: CatalogueDrug, coded: CatalogueDrug) -> bool:
        is_part = coded.rxcui is not None and self.ingredient(coded.rxcui) in named.ingredients
        return named.key == coded.key or is_part

    def resolve(self, name: str = "", rxcui: int | None = None) -> CatalogueDrug | None:
        """By name first (it may say the product), unless the code says that the name is another drug's."""
        named = self.typed(name) if name else None
        coded = self.coded(rxcui) if rxcui is not None else None
        if named is None or coded is None:
            return named or coded
        return named if self._is_same(named, coded) else coded
