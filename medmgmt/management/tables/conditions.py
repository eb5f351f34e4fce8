"""Conditions of a person, of a pair and of a dose: whether they are understood, and whether anybody can meet them."""

import re
from collections.abc import Iterator
from decimal import Decimal

from interactions.engine import conditions, person
from interactions.engine.attributes import BY_DOSE, COMPARISONS
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
        found = [match for token in tokens if (match := person.MEASURED.fullmatch(token)) and match[1] == name]
        if found and not _satisfies(found, lowest, highest):
            return True
    by_name: dict[str, set[str]] = {}
    for token in tokens:
        name, _, argument = token.partition(":")
        by_name.setdefault(name, set()).add(argument)
    two = any(len(by_name.get(name, set()) - {"any"}) > 1 for name in ("sex", "alcohol", "hepatic"))
    is_man = "M" in by_name.get("sex", set())
    return two or (is_man and not by_name.keys().isdisjoint({"pregnant", "breastfeeding", "pregnancy_potential"}))


def _satisfies(found: list[re.Match[str]], lowest: int, highest: int) -> bool:
    """Whether a whole number, or a half between two, meets every comparison."""
    halves = (Decimal(half) / 2 for half in range(2 * lowest, 2 * highest + 1))
    return any(all(COMPARISONS[one[2]](half, Decimal(one[3])) for one in found) for half in halves)


def of_pair(text: str, a: str, b: str, known: Known) -> str:
    """The same for the condition of a pair rule with these sides."""
    try:
        tokens = conditions.parse(text)
    except ValueError as wrong:
        return str(wrong)
    return next(_of_tokens(tokens, known.members(a) | known.members(b), known), "")


def _of_tokens(tokens: tuple[conditions.Token, ...], sides: frozenset[str], known: Known) -> Iterator[str]:
    for token in tokens:
        named = set(token.argument.split(",")) if token.name in ("if_member", "skip_if_member") else set()
        measured = conditions.MEASURE.fullmatch(token.argument) if token.name == "if" else None
        named |= {measured[1]} if measured else set()
        for name in sorted(named - sides):
            yield f"{token.name}:{token.argument} can never hold: {name!r} is on neither side"
        if token.name == "skip_if_active_set" and not known.sets.get(token.argument):
            yield f"{token.name}:{token.argument} names a class that is not there"
    tests = [place for place, token in enumerate(tokens) if token.name in conditions.TESTS]
    if any(token.name == "else" and not any(test < place for test in tests) for place, token in enumerate(tokens)):
        yield "an else stands there without a condition before it"


def of_dose(text: str) -> str:
    """The same for what an attribute of a drug depends on."""
    kind, _, route = text.partition("route=")
    if not kind and route:
        return "" if route in ROUTES else f"{route!r} is no route"
    return "" if BY_DOSE.fullmatch(text) else f"the condition {text!r} is not understood"
