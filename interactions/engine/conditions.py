"""The small language in which a pair rule says when it holds: tokens joined by `;`, applied from left to right."""

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import NamedTuple, Protocol

from interactions.engine import risks
from interactions.engine.catalogue import CatalogueDrug
from interactions.engine.regimen import Drug, Facts
from interactions.engine.severity import NAMED, Severity

COMPARISONS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "=": operator.eq,
}
MEASURE = re.compile(r"([a-z0-9' -]+)\.(tdd|days)(<=|>=|<|>)(\d+)")
PARENTERAL = {"IM", "IV", "SC"}
SMOKED = "smoked"
"""The class of what is smoked."""
SMOKING_WINDOW = timedelta(days=14)
CROSS_TAPER_DAYS = {"antipsychotic": 56, "": 28}
CLOZAPINE_START_UNKNOWN = Decimal(0)


class Token(NamedTuple):
    """One step of a condition: `name` with its `argument`, and the severity it leads to ("" keeps, "+1" raises)."""

    name: str
    argument: str
    result: str


class Outcome(NamedTuple):
    """What a condition makes of a rule: its severity (None = silent), the facts it missed, the facts that moved it."""

    severity: Severity | None
    missing: tuple[str, ...]
    factors: tuple[str, ...]
    context: tuple[str, ...] = ()
    """The same facts as stable text, without anybody's values."""


class HasRisks(Protocol):
    """The part of the tables that a condition may ask."""

    @property
    def risks(self) -> risks.Risks: ...


class Book(Protocol):
    """The part of a rule book that a condition may ask."""

    sets: dict[str, frozenset[str]]

    @property
    def formulary(self) -> HasRisks: ...

    def are_one_family(self, a: str, b: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Case:
    """Two drugs in the rule's own order, with everything around them that a condition may ask about."""

    day: date
    a: Drug
    b: Drug
    a_entry: CatalogueDrug
    b_entry: CatalogueDrug
    facts: Facts
    active_keys: frozenset[str]
    book: Book

    def members(self) -> tuple[tuple[str, Drug, CatalogueDrug], ...]:
        """Both sides: canonical key, drug, catalogue entry."""
        return ((self.a_entry.key, self.a, self.a_entry), (self.b_entry.key, self.b, self.b_entry))


def parse(code: str) -> tuple[Token, ...]:
    """The tokens of a condition; an unknown one raises ValueError, so that a rule is never half understood."""
    tokens = []
    for text in filter(None, (part.strip() for part in code.split(";"))):
        head, _, result = text.partition("=>") if "=>" in text else (text, "", "")
        name, _, argument = head.partition(":")
        if name == "else":
            argument, result = "", argument
        if name not in (*GATES, *TESTS, "else") or (result and result not in (*NAMED, "none", "+1")):
            raise ValueError(f"the condition {text!r} is not understood")
        if name == "age_or_sodium_escalates":
            result = "+1"
        if name == "if" and not _is_expression(argument):
            raise ValueError(f"the expression {argument!r} is not understood")
        tokens.append(Token(name, argument, result))
    return tuple(tokens)


def apply(tokens: tuple[Token, ...], base: Severity, case: Case) -> Outcome:
    """The rule's severity for this case. A missing fact keeps the rule's own severity and is named."""
    severity: Severity | None = base
    missing: list[str] = []
    factors: list[str] = []
    context: list[str] = []
    decided: bool | None = False
    for token in tokens:
        if token.name in GATES:
            holds = GATES[token.name](token, case)
            if holds is None:
                missing.append(_what(token))
            if not holds:
                return Outcome(None, tuple(missing), ())
            continue
        if token.name == "else":
            severity = _moved(base, token.result) if decided is False else severity
            continue
        holds = TESTS[token.name](token, case)
        if holds is None:
            missing.append(_what(token))
            decided = None if decided is False else decided
        elif holds:
            decided = True
            moved = _moved(severity or base, token.result)
            if moved != base:
                behind = _risks_behind(token.name, case)
                factors += behind.values() or [_what(token)]
                context += behind or [token.argument or token.name]
            severity = moved
    return Outcome(severity, tuple(missing), tuple(factors), tuple(context))


def _moved(severity: Severity, result: str) -> Severity | None:
    if result == "+1":
        return severity.raised()
    return None if result == "none" else NAMED.get(result, severity)


def _what(token: Token) -> str:
    """The fact behind a token, in words."""
    measured = MEASURE.fullmatch(token.argument)
    if measured:
        return f"{'daily dose' if measured[2] == 'tdd' else 'start date'} of {measured[1]}"
    if token.argument.startswith("age"):
        return "age"
    words = {**WORDS, **EXPRESSION_WORDS}
    return words.get(token.name, "") or words.get(token.argument, token.argument)


def _is_expression(text: str) -> bool:
    return text in ("parenteral", "alcohol=heavy") or bool(
        re.fullmatch(r"age(<=|>=|<|>)\d+", text) or MEASURE.fullmatch(text)
    )


def _different_drugs(_token: Token, case: Case) -> bool:
    return case.a_entry.key != case.b_entry.key


def _no_cross_taper(_token: Token, case: Case) -> bool:
    kind = "antipsychotic" if "ntipsychotic" in case.a_entry.drug_class + case.b_entry.drug_class else ""
    longest = timedelta(days=CROSS_TAPER_DAYS[kind])
    both = {case.a.ref, case.b.ref}
    return not any(
        both <= taper.refs and taper.since <= case.day < taper.since + longest for taper in case.facts.cross_tapers
    )


def _different_ingredient(_token: Token, case: Case) -> bool:
    if case.book.are_one_family(case.a_entry.key, case.b_entry.key):
        return False
    return not set(case.a_entry.ingredients) & set(case.b_entry.ingredients)


def _no_labelled_overlap(_token: Token, case: Case) -> bool:
    return frozenset({case.a.ref, case.b.ref}) not in case.facts.labelled_overlaps


def _skip_if_member(token: Token, case: Case) -> bool:
    skipped = set(token.argument.split(","))
    return not any(entry.key in skipped or entry.screened_as in skipped for _, _, entry in case.members())


def _skip_if_active_set(token: Token, case: Case) -> bool:
    return not case.book.sets.get(token.argument, frozenset()) & case.active_keys


def _b_is_lai(_token: Token, case: Case) -> bool | None:
    if case.b_entry.is_long_acting:
        return True
    if not case.b.route:
        return None
    return case.b.route in ("IM", "SC")


def _only_form(token: Token, case: Case) -> bool | None:
    if not case.b.form:
        return None
    return token.argument in case.b.form.casefold()


def _smoking_changed(_token: Token, case: Case) -> bool:
    days = [case.facts.smoking_changed_on]
    for key, drug, _ in case.members():
        if key in case.book.sets.get(SMOKED, ()):
            days += [drug.started_on, drug.stopped_on]
    return any(day is not None and timedelta() <= case.day - day <= SMOKING_WINDOW for day in days)


def _qt_risk_factor(_token: Token, case: Case) -> bool | None:
    if risks.found(case.book.formulary.risks, "qt", case.facts):
        return True
    return None if case.facts.qtc_ms is None and case.facts.potassium is None else False


def _age_or_sodium(_token: Token, case: Case) -> bool | None:
    if _risks_behind("age_or_sodium_escalates", case):
        return True
    return None if case.facts.age_years is None or case.facts.sodium is None else False


def _risks_behind(name: str, case: Case) -> dict[str, str]:
    """What about the person stands behind a token, as stable text and in words."""
    found: dict[str, str] = {}
    for risk in RISKS.get(name, ()):
        found |= risks.found(case.book.formulary.risks, risk, case.facts)
    return found


def _if_member(token: Token, case: Case) -> bool:
    return not _skip_if_member(token, case)


def _if(token: Token, case: Case) -> bool | None:
    text = token.argument
    if text == "parenteral":
        routes = {case.a.route, case.b.route}
        return True if routes & PARENTERAL else None if "" in routes else False
    if text == "alcohol=heavy":
        return case.facts.alcohol == "heavy" if case.facts.alcohol else None
    age = re.fullmatch(r"age(<=|>=|<|>)(\d+)", text)
    if age:
        years = case.facts.age_years
        return None if years is None else COMPARISONS[age[1]](Decimal(years), Decimal(age[2]))
    return _measured(text, case)


def _measured(text: str, case: Case) -> bool | None:
    """A dose or duration of one of the two members; False when neither is the drug that is asked about."""
    measured = MEASURE.fullmatch(text)
    assert measured is not None, "parse() has refused any other expression"
    drug = next((drug for key, drug, _ in case.members() if key == measured[1]), None)
    if drug is None:
        return False
    value = drug.mg_per_day
    if measured[2] == "days":
        value = Decimal((case.day - drug.started_on).days) if drug.started_on else CLOZAPINE_START_UNKNOWN
    return None if value is None else COMPARISONS[measured[3]](value, Decimal(measured[4]))


GATES: dict[str, Callable[[Token, Case], bool | None]] = {
    "different_drugs": _different_drugs,
    "no_cross_taper": _no_cross_taper,
    "different_ingredient": _different_ingredient,
    "no_labelled_overlap": _no_labelled_overlap,
    "skip_if_member": _skip_if_member,
    "skip_if_active_set": _skip_if_active_set,
    "b_is_lai": _b_is_lai,
    "only_form": _only_form,
}
TESTS: dict[str, Callable[[Token, Case], bool | None]] = {
    "smoking_changed_14d": _smoking_changed,
    "qt_risk_factor": _qt_risk_factor,
    "age_or_sodium_escalates": _age_or_sodium,
    "if_member": _if_member,
    "if": _if,
}
RISKS = {"qt_risk_factor": ("qt",), "age_or_sodium_escalates": ("older", "sodium")}
"""Which risks a token asks about."""
WORDS = {
    "b_is_lai": "whether it is a long-acting injection",
    "only_form": "the form",
    "smoking_changed_14d": "a change of smoking in the last 14 days",
    "qt_risk_factor": "QTc, potassium and other QT risk factors",
    "age_or_sodium_escalates": "age and sodium",
    "if_member": "the drug itself",
}
EXPRESSION_WORDS = {"parenteral": "the route", "alcohol=heavy": "how much alcohol"}
