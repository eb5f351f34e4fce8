"""Curated pair and class rules, laid out so that all rules of two drugs are one look-up."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from interactions.engine import bands, conditions, formulary, pair_conditions, reading
from interactions.engine.attributes import DoseModifier
from interactions.engine.catalogue import Catalogue, CatalogueDrug
from interactions.engine.data_set import UNLISTED, Selection
from interactions.engine.pair_table import pair_code
from interactions.engine.regimen import Drug
from interactions.engine.severity import Severity

CYP_SET = re.compile(r"(cyp\w+?)_((?:strong|moderate|weak|any)(?:_(?:strong|moderate|weak))*)_(inhibitors|inducers)")
QT_SETS = {"qt_known": {"known"}, "qt_possible": {"possible"}, "qt_conditional": {"conditional"}}
QT_SETS["qt_known_or_possible"] = {"known", "possible"}
DUPLICATE = "duplicate_therapy"
NO_TABLES: Mapping[str, formulary.Rows] = {}
ANY_GRADE = {"strong", "moderate", "weak"}


@dataclass(frozen=True)
class PairRule:
    """One row of the shipped rules; `a` and `b` are a drug's key or "set:name"."""

    rule_id: str
    a: str
    b: str
    severity: Severity
    mechanism_type: str
    problem: str
    mechanism: str
    effect: str
    management: str
    onset: str
    evidence: str
    after_stop_a: int | None
    """Days after the last dose of a in which the rule still speaks; None where the row is blank."""
    after_stop_b: int | None
    condition: str
    condition_code: str
    source: str
    confidence: str

    @cached_property
    def clauses(self) -> tuple[pair_conditions.Clause, ...]:
        """The condition in its machine form."""
        return pair_conditions.parse(self.condition_code)

    @cached_property
    def tokens(self) -> tuple[str, ...]:
        """Everything that the condition asks."""
        return tuple(token for clause in self.clauses for token in clause.tokens)


class RuleBook:
    """The rules of one release, with its classes expanded to the drugs in them."""

    limits = ""
    """Rules are written whole: nothing is left out as a missing file would be."""

    def __init__(
        self,
        label: str,
        version: str,
        released_on: date,
        *,
        drugs: Iterable[CatalogueDrug],
        rules: Iterable[PairRule],
        sets: Mapping[str, Iterable[str]],
        modifiers: Iterable[DoseModifier] = (),
        tables: Mapping[str, formulary.Rows] = NO_TABLES,
    ) -> None:
        self.label, self.version, self.released_on = label, version, released_on
        self.drugs = {drug.key: drug for drug in drugs if drug.in_rules}
        self.rules = tuple(rules)
        modifiers = tuple(modifiers)
        self.sets = {name: frozenset(members) for name, members in sets.items()}
        self.families = [members for name, members in self.sets.items() if name.endswith("_family")]
        self._numbers: dict[str, int] = {key: number for number, key in enumerate(self.drugs)}
        self._plain = {key: Selection(self._with_components(key), True, True) for key in self._numbers}
        self._variants: dict[str, list[tuple[DoseModifier, Selection]]] = {}
        self._members = {
            name: {self._numbers[key] for key in members if key in self._numbers} for name, members in self.sets.items()
        }
        keys = list(self.drugs)
        for modifier in modifiers:
            if modifier.drug in self.drugs and modifier.attribute in ("qt_risk", "cyp_inhibitor", "cyp_inducer"):
                keys.append(modifier.drug)
                self._add_variant(modifier, len(keys) - 1)
        self._keys = tuple(keys)
        self.formulary = reading.build(
            label,
            self.drugs.values(),
            self.sets,
            modifiers,
            tables,
            [edge for rule in self.rules for edge in _edges(rule)],
        )
        self.is_empty = not self.drugs or not (self.rules or any(tables.values()))
        """Nothing can come of it: it holds no drug, or neither a rule nor a row of a table."""
        self.rules_of = self._expanded()
        """pair_code() -> every rule for the two; True when the higher number stands on the rule's b side."""

    def selection(self, drug: Drug, entry: CatalogueDrug) -> Selection:
        """Where this drug, at this dose and route, stands in the rules; unlisted when they do not speak of it."""
        key = entry.key if entry.key in self._numbers else entry.screened_as
        for modifier, variant in self._variants.get(key, ()):
            if modifier.holds(drug.mg_per_day, drug.route):
                return variant
        return self._plain.get(key, UNLISTED)

    def varying(self, catalogue: Catalogue) -> Iterator[str]:
        """Keys of the drugs that stand elsewhere at another dose or route, and of those screened as one of them."""
        for drug in catalogue.drugs.values():
            if drug.key in self._variants or drug.screened_as in self._variants:
                yield drug.key

    def _share(self, a: int, b: int) -> bool:
        """One drug, or two products of one ingredient: they may be duplicates, but they do not interact."""
        first, second = self.drugs[self._keys[a]], self.drugs[self._keys[b]]
        return first is second or not set(first.ingredients).isdisjoint(second.ingredients)

    def _with_components(self, key: str) -> tuple[int, ...]:
        """A combination is judged as itself and as each of its ingredients; anything else only as itself."""
        own = self._numbers[key]
        ingredients = self.drugs[key].ingredients
        if len(ingredients) < 2:
            return (own,)
        parts = [number for other, number in self._numbers.items() if self.drugs[other].rxcui in ingredients]
        return (own, *parts)

    def are_one_family(self, a: str, b: str) -> bool:
        """Two products of one ingredient."""
        return any(a in family and b in family for family in self.families)

    def _add_variant(self, modifier: DoseModifier, number: int) -> None:
        base = self._numbers[modifier.drug]
        for name, members in self._members.items():
            belongs = _belongs(name, modifier)
            if belongs is None:
                belongs = base in members
            if belongs:
                members.add(number)
        self._variants.setdefault(modifier.drug, []).append((modifier, Selection((number,), True, True)))

    def _numbers_of(self, selector: str) -> list[int]:
        if selector.startswith("set:"):
            return sorted(self._members.get(selector.removeprefix("set:"), ()))
        variants = [number for _, at in self._variants.get(selector, ()) for number in at.numbers]
        return [self._numbers[selector], *variants] if selector in self._numbers else []

    def _expanded(self) -> dict[int, tuple[tuple[PairRule, bool], ...]]:
        found: dict[int, list[tuple[PairRule, bool]]] = {}
        for rule in self.rules:
            for a in self._numbers_of(rule.a):
                for b in self._numbers_of(rule.b):
                    if (rule.problem == DUPLICATE and self._keys[a] != self._keys[b]) or not self._share(a, b):
                        found.setdefault(pair_code(a, b), []).append((rule, a < b))
        return {code: tuple(rules) for code, rules in found.items()}


def _edges(rule: PairRule) -> Iterator[tuple[str, bands.Edge]]:
    """The daily doses that a rule's condition compares."""
    for token in rule.tokens:
        compared = conditions.comparison(token)
        if compared is not None and compared.name.endswith(".tdd"):
            yield compared.name.removesuffix(".tdd"), bands.edge(compared)


def _belongs(set_name: str, modifier: DoseModifier) -> bool | None:
    """Whether the modified drug is in a set that follows from the attribute; None for sets that do not."""
    if set_name in QT_SETS and modifier.attribute == "qt_risk":
        return modifier.value in QT_SETS[set_name]
    derived = CYP_SET.fullmatch(set_name)
    if derived is None or not modifier.attribute.endswith(derived[3].removesuffix("s")):
        return None
    grades = ANY_GRADE if derived[2] == "any" else set(derived[2].split("_"))
    return any(f"{derived[1].upper()}:{grade}" in modifier.value.split(";") for grade in grades)
