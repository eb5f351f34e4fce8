"""The shipped tables in data/: drugs, classes, pair rules, salts, dose modifiers and side effects."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TypeVar

from interactions.engine import formulary, rulebook, sides
from interactions.engine.attributes import DoseModifier
from interactions.engine.catalogue import CatalogueDrug
from interactions.engine.knowledge import SideEffectTerm
from interactions.engine.rulebook import PairRule
from interactions.engine.severity import NAMED
from interactions.importers import rows
from interactions.importers.faults import BadFile, Fault
from interactions.importers.rows import Row

TABLES = (*formulary.TABLES, "passive_pairs", "high_priority_pairs")
"""What is kept row by row."""
FILES = (
    "drugs.csv",
    "drug_sets.csv",
    "pair_rules.csv",
    "ingredient_synonyms.csv",
    "attribute_dose_modifiers.csv",
    "side_effects.csv",
    "roles.csv",
    *(f"{table}.csv" for table in TABLES),
)
KNOWN_COLUMNS = {
    "name", "aliases", "rxcui", "atc", "ingredients", "screened_as", "in_rules", "group", "drug_class", "washout_days",
    "maoi_wait_days", "maoi_type",
}  # fmt: skip
LIKELIHOODS = {"very_common", "common", "uncommon", "rare"}
Made = TypeVar("Made")


@dataclass(frozen=True, slots=True)
class Synonym:
    """A salt or ester and the ingredient it is taken as."""

    rxcui: int
    name: str
    ingredient_rxcui: int
    ingredient_name: str


@dataclass(frozen=True)
class Clinical:
    """Everything the shipped release holds."""

    drugs: tuple[CatalogueDrug, ...]
    sets: dict[str, frozenset[str]]
    rules: tuple[PairRule, ...]
    synonyms: tuple[Synonym, ...]
    modifiers: tuple[DoseModifier, ...]
    terms: tuple[SideEffectTerm, ...]
    tables: dict[str, tuple[Row, ...]] = field(default_factory=dict)
    """The further tables row by row, as the engine's formulary reads them."""


def parse(folder: Path) -> Clinical:
    """The tables in the folder; a row that cannot be read, or names a drug or class that is not there, refuses all."""
    faults: list[Fault] = []
    sets: dict[str, set[str]] = {}
    for member in _made(folder / "drug_sets.csv", _member, faults):
        sets.setdefault(member[0], set()).add(member[1])
    for role, member_of in list(_made(folder / "roles.csv", _role, faults)):
        more = sets.get(member_of.removeprefix("set:"), set()) if member_of.startswith("set:") else {member_of}
        sets.setdefault(role, set()).update(more)
    clinical = Clinical(
        drugs=tuple(_made(folder / "drugs.csv", _drug, faults)),
        sets={name: frozenset(members) for name, members in sets.items()},
        rules=tuple(_made(folder / "pair_rules.csv", _rule, faults)),
        synonyms=tuple(_made(folder / "ingredient_synonyms.csv", _synonym, faults)),
        modifiers=tuple(_made(folder / "attribute_dose_modifiers.csv", _modifier, faults)),
        terms=tuple(_made(folder / "side_effects.csv", _term, faults)),
        tables={name: tuple(_made(folder / f"{name}.csv", dict, faults)) for name in TABLES},
    )
    faults += _unknown_names(clinical)
    faults += [] if faults else [*_not_understood(clinical), *_too_grave_to_fold(clinical)]
    if faults:
        raise BadFile(faults)
    return clinical


def _made(path: Path, make: Callable[[Row], Made], faults: list[Fault]) -> Iterator[Made]:
    if not path.is_file():
        faults.append(Fault(path.name, 1, "the file is missing"))
        return
    for line, row in rows.read(path):
        try:
            made = make(row)
        except (KeyError, ValueError, AttributeError) as wrong:
            faults.append(Fault(path.name, line, f"{type(wrong).__name__}: {wrong}"))
            continue
        yield made


def _number(text: str) -> int | None:
    return int(text) if text.strip() else None


def _parts(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(";") if part.strip())


def _drug(row: Row) -> CatalogueDrug:
    return CatalogueDrug(
        key=row["name"],
        name=row["name"],
        rxcui=_number(row["rxcui"]),
        atc=row["atc"],
        aliases=_parts(row["aliases"]),
        ingredients=tuple(int(part) for part in _parts(row["ingredients"])),
        screened_as=row["screened_as"],
        in_rules=row["in_rules"] == "1",
        group=row["group"],
        drug_class=row["drug_class"],
        washout_days=_number(row["washout_days"]),
        maoi_wait_days=_number(row["maoi_wait_days"]),
        maoi_type=row["maoi_type"],
        attributes={name: value for name, value in row.items() if name not in KNOWN_COLUMNS and value},
    )


def _member(row: Row) -> tuple[str, str]:
    return row["set_name"], row["member"]


def _rule(row: Row) -> PairRule:
    rule = PairRule(
        rule_id=row["rule_id"],
        a=row["a"],
        b=row["b"],
        severity=NAMED[row["severity"]],
        mechanism_type=row["mechanism_type"],
        problem=row["problem_tag"],
        mechanism=row["mechanism"],
        effect=row["effect"],
        management=row["management"],
        onset=row["onset"],
        evidence=row["evidence"],
        after_stop_a=_number(row["applies_days_after_stop_a"]),
        after_stop_b=_number(row["applies_days_after_stop_b"]),
        condition=row["condition"],
        condition_code=row["condition_code"],
        source=row["source"],
        confidence=row["confidence"],
    )
    assert rule.clauses is not None  # parsing the condition refuses what the engine would not understand
    return rule


def _synonym(row: Row) -> Synonym:
    return Synonym(int(row["rxcui"]), row["name"], int(row["ingredient_rxcui"]), row["ingredient_name"])


def _modifier(row: Row) -> DoseModifier:
    return DoseModifier(row["drug"], row["condition"], row["attribute"], row["value"])


def _term(row: Row) -> SideEffectTerm:
    associations = tuple(_association(part) for part in _parts(row["associations"]))
    return SideEffectTerm(
        term_id=row["term_id"],
        name=row["preferred_term"],
        plain=row["plain_label"],
        associations=associations,
        onset_days_min=_number(row["onset_days_min"]),
        onset_days_max=_number(row["onset_days_max"]),
        red_flag=row["red_flag"],
        red_flag_condition=row["red_flag_condition"],
        action=row["suggested_action"],
        source=row["source"],
    )


def _association(text: str) -> tuple[str, str]:
    selector, _, likelihood = text.partition("=")
    if likelihood not in LIKELIHOODS:
        raise ValueError(f"the likelihood {likelihood!r} is none of {', '.join(sorted(LIKELIHOODS))}")
    return selector, likelihood


def _role(row: Row) -> tuple[str, str]:
    return row["role"], row["member"]


def _not_understood(clinical: Clinical) -> Iterator[Fault]:
    """What the engine would not understand is refused here, so that no release in use is half understood."""
    try:
        rulebook.RuleBook(
            "import", "", date.min, drugs=clinical.drugs, rules=(), sets=clinical.sets, tables=clinical.tables
        )
    except (KeyError, ValueError, ArithmeticError) as wrong:
        yield Fault("tables", 0, f"{type(wrong).__name__}: {wrong}")


def _too_grave_to_fold(clinical: Clinical) -> Iterator[Fault]:
    """No pair of high priority may be on the list of pairs of little value."""
    grave = {
        pair
        for row in clinical.tables["high_priority_pairs"]
        for pair in sides.pairs(row["a"], row["b"], clinical.sets)
    }
    for line, row in enumerate(clinical.tables["passive_pairs"], start=2):
        for a, b in sorted(sides.pairs(row["a"], row["b"], clinical.sets) & grave):
            yield Fault("passive_pairs.csv", line, f"{a} with {b} is of high priority")


def _unknown_names(clinical: Clinical) -> Iterator[Fault]:
    """A rule, class or side effect that names a drug or class which is not there would silently never match."""
    keys = {drug.key for drug in clinical.drugs}

    def is_known(selector: str) -> bool:
        return selector.removeprefix("set:") in clinical.sets if selector.startswith("set:") else selector in keys

    named = [
        ("pair_rules.csv", f"rule {rule.rule_id}", selector) for rule in clinical.rules for selector in (rule.a, rule.b)
    ]
    named += [("drug_sets.csv", f"class {name}", key) for name, members in clinical.sets.items() for key in members]
    named += [
        ("side_effects.csv", term.term_id, selector) for term in clinical.terms for selector, _ in term.associations
    ]
    named += [("drugs.csv", drug.key, drug.screened_as) for drug in clinical.drugs if drug.screened_as]
    named += [
        (f"{table}.csv", f"line {line}", part)
        for table in ("passive_pairs", "high_priority_pairs")
        for line, row in enumerate(clinical.tables[table], start=2)
        for part in f"{row['a']};{row['b']}".split(";")
    ]
    for file, where, selector in named:
        if not is_known(selector):
            yield Fault(file, 0, f"{where} names {selector!r}, which is not there")
