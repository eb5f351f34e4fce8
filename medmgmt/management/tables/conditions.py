"""Conditions of a person, of a pair and of a dose: whether they are understood, and whether anybody can meet them."""

import re
from collections.abc import Iterator
from decimal import Decimal

from interactions.engine import pair_conditions, person
from interactions.engine.attributes import DAILY_DOSE
from interactions.engine.conditions import Comparison, comparison
from medmgmt.management.tables.known import Known
from medmgmt.record.vocabulary import ROUTES

NEVER = "holds for nobody"
LIVER, SEXES, ALCOHOL = {"any", "A", "B", "C"}, {"F", "M"}, {"none", "current", "heavy"}
BOUNDS = {"age": (0, 120), "egfr": (0, 300), "qtc": (200, 900)}
GENE = re.compile(r"(CYP\w+|HLA-[AB]\*\d\d:?\d\d)=\w+")
GRADES = {"weak", "moderate", "strong", "any"}


def of_person(text: str, known: Known) -> str:
    """What is wrong with a condition of a person; empty when nothing is."""
    try:
        alternatives = person.parse(text)
    except ValueError as wrong:
        return str(wrong)
    tokens = [token for tokens in alternatives for token in tokens]
    reasons = filter(None, (_of_token(token, known) for token in tokens))
    never = (f"{'&'.join(tokens)!r} {NEVER}" for tokens in alternatives if _is_impossible(tokens))
    return next(iter((*reasons, *never)), "")


def _of_token(token: str, known: Known) -> str:
    name, _, argument = token.partition(":")
    wrong = f"{token!r} names what is not there"
    if name == "condition":
        return "" if argument in known.conditions else wrong
    if name == "with":
        return "" if _somebody(argument, known) else wrong
    if name == "pgx":
        return "" if GENE.fullmatch(argument) else wrong
    allowed = {"hepatic": LIVER, "sex": SEXES, "alcohol": ALCOHOL}.get(name)
    return "" if allowed is None or argument in allowed else wrong


def _somebody(argument: str, known: Known) -> bool:
    """Whether any drug is meant: by key, by class, or by how strongly it inhibits an enzyme."""
    kind, _, rest = argument.partition(":")
    if kind != "cyp":
        return bool(known.members(argument))
    enzyme, _, grade = rest.partition(":")
    if grade not in GRADES:
        return False
    return any(one.startswith(f"{enzyme}:") and (grade == "any" or one.endswith(f":{grade}")) for one in known.enzymes)


def _is_impossible(tokens: tuple[str, ...]) -> bool:
    """Bounds that no figure satisfies, or two states that nobody is in at once."""
    for name, (lowest, highest) in BOUNDS.items():
        found = [asked for token in tokens if (asked := comparison(token)) and asked.name == name]
        if found and not _satisfies(found, lowest, highest):
            return True
    by_name: dict[str, set[str]] = {}
    for token in tokens:
        name, _, argument = token.partition(":")
        by_name.setdefault(name, set()).add(argument)
    two = any(len(by_name.get(name, set()) - {"any"}) > 1 for name in ("sex", "alcohol", "hepatic"))
    is_man = "M" in by_name.get("sex", set())
    return two or (is_man and not by_name.keys().isdisjoint({"pregnant", "breastfeeding", "pregnancy_potential"}))


def _satisfies(found: list[Comparison], lowest: int, highest: int) -> bool:
    """Whether a whole number, or a half between two, meets every comparison."""
    halves = (Decimal(half) / 2 for half in range(2 * lowest, 2 * highest + 1))
    return any(all(one.holds(half) for one in found) for half in halves)


def of_pair(text: str, a: str, b: str, known: Known) -> str:
    """The same for the condition of a pair rule with these sides."""
    try:
        clauses = pair_conditions.parse(text)
    except ValueError as wrong:
        return str(wrong)
    return next(_of_clauses(clauses, known.members(a) | known.members(b), known), "")


def _of_clauses(clauses: tuple[pair_conditions.Clause, ...], sides: frozenset[str], known: Known) -> Iterator[str]:
    for token in (token for clause in clauses for token in clause.tokens):
        name, _, argument = token.partition(":")
        named = set(argument.split(",")) if name in ("if_member", "skip_if_member") else set()
        asked = comparison(token)
        named |= {asked.name.rpartition(".")[0]} if asked is not None and asked.name != "age" else set()
        for drug in sorted(named - sides):
            yield f"{token} can never hold: {drug!r} is on neither side"
        if name == "skip_if_active_set" and not known.sets.get(argument):
            yield f"{token} names a class that is not there"
    tests = [place for place, clause in enumerate(clauses) if clause.when and clause.result is not None]
    if any(not clause.when and not any(test < place for test in tests) for place, clause in enumerate(clauses)):
        yield "an else stands there without a condition before it"


def of_dose(text: str) -> str:
    """The same for what an attribute of a drug depends on."""
    kind, _, route = text.partition("route=")
    if not kind and route:
        return "" if route in ROUTES else f"{route!r} is no route"
    asked = comparison(text)
    return "" if asked is not None and asked.name == DAILY_DOSE else f"the condition {text!r} is not understood"
