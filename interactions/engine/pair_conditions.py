"""When a rule on two drugs holds, and how severely: clauses joined by `;`, applied from left to right.

`condition` alone must hold, else the rule is silent; `condition=>severity` (or `none`, or `+1`) regrades it where it
holds; `else:severity` where no condition before it did.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import NamedTuple, Protocol, TypeVar

from interactions.engine import conditions
from interactions.engine.catalogue import CatalogueDrug
from interactions.engine.conditions import ALWAYS, NEVER, Held, When
from interactions.engine.formulary import Risks, raised
from interactions.engine.numbers import Numbers
from interactions.engine.person import recently
from interactions.engine.regimen import Drug, Facts, is_meant
from interactions.engine.severity import NAMED, Severity

T = TypeVar("T")
PARENTERAL = {"IM", "IV", "SC"}
SMOKED = "smoked"
"""The class of what is smoked."""
SMOKING_CHANGED = "smoking_changed_14d"
START_UNKNOWN_DAYS = Decimal(0)
"""What is not known to have been taken for long is new."""


class Clause(NamedTuple):
    """One step: a condition (empty: else) and the severity it leads to ("" keeps, "+1" raises, None: must hold)."""

    when: When
    result: str | None

    @property
    def tokens(self) -> tuple[str, ...]:
        """Everything that it asks."""
        return tuple(token for tokens in self.when for token in tokens)


class PairGrade(NamedTuple):
    """What the clauses make of a rule: its severity (None = silent), the facts it missed, the facts that moved it."""

    severity: Severity | None
    missing: tuple[str, ...]
    factors: tuple[str, ...]
    context: tuple[str, ...] = ()
    """The same facts as stable text, without anybody's values."""


class Tables(Protocol):
    """The part of the tables that a condition may ask."""

    @property
    def risks(self) -> Risks: ...
    @property
    def numbers(self) -> Numbers: ...


class Book(Protocol):
    """The part of a rule book that a condition may ask."""

    sets: dict[str, frozenset[str]]

    @property
    def formulary(self) -> Tables: ...

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


def parse(code: str) -> tuple[Clause, ...]:
    """The clauses; what is not understood raises ValueError, so that a rule is never half understood."""
    clauses = []
    for text in filter(None, (part.strip() for part in code.split(";"))):
        is_else = text.startswith("else:")
        head, arrow, last = ("", "=>", text.removeprefix("else:")) if is_else else text.partition("=>")
        when = conditions.parse(head, is_known)
        if (not when and not is_else) or last not in ("", *NAMED, "none", "+1"):
            raise ValueError(f"the condition {text!r} is not understood")
        clauses.append(Clause(when, last if arrow else None))
    return tuple(clauses)


def is_known(token: str) -> bool:
    """Whether it is a token about two drugs."""
    compared = conditions.comparison(token)
    if compared is not None:
        return compared.name == "age" or compared.name.endswith((".tdd", ".days"))
    return token.partition(":")[0] in TOKENS


def graded(clauses: tuple[Clause, ...], base: Severity, case: Case) -> PairGrade:
    """The rule's severity for this case. A missing fact keeps the rule's own severity and is named."""
    severity: Severity | None = base
    missing: list[str] = []
    factors: list[str] = []
    context: list[str] = []
    decided: bool | None = False
    for when, result in clauses:
        if not when:
            severity = _moved(base, result or "") if decided is False else severity
            continue
        held = conditions.holds(when, partial(_ask, case=case))
        missing += held.missing
        if result is None:
            if not held.holds:
                return PairGrade(None, tuple(missing), ())
        elif held.holds is None:
            decided = None if decided is False else decided
        elif held.holds:
            decided = True
            severity = _moved(severity or base, result)
            if severity != base:
                factors += held.why
                context += held.context
    return PairGrade(severity, tuple(missing), tuple(factors), tuple(context))


def _moved(severity: Severity, result: str) -> Severity | None:
    if result == "+1":
        return severity.raised()
    return None if result == "none" else NAMED.get(result, severity)


def _ask(token: str, case: Case) -> Held:
    compared = conditions.comparison(token)
    if compared is not None:
        return _compared(compared, token, case)
    name, _, argument = token.partition(":")
    return TOKENS[name](argument, case)


def _compared(asked: conditions.Comparison, token: str, case: Case) -> Held:
    """An age, or a dose or duration of one of the two; False when neither is the drug that is asked about."""
    key, _, what = asked.name.rpartition(".")
    if not key:
        return _known(case.facts.age_years, "age", token, asked.holds)
    drug = next((drug for of, drug, _ in case.members() if of == key), None)
    if drug is None:
        return NEVER
    if what == "tdd":
        return _known(drug.mg_per_day, f"daily dose of {key}", token, asked.holds)
    days = Decimal((case.day - drug.started_on).days) if drug.started_on else START_UNKNOWN_DAYS
    return _known(days, f"start date of {key}", token, asked.holds)


def _known(value: T | None, words: str, token: str, is_met: Callable[[T], bool]) -> Held:
    """The answer where the fact is on record; else the fact is missing, by these words."""
    if value is None:
        return Held(None, missing=(words,))
    return Held(is_met(value), why=(words,), context=(token,))


def _different_drugs(_argument: str, case: Case) -> Held:
    return Held(case.a_entry.key != case.b_entry.key)


def _no_cross_taper(_argument: str, case: Case) -> Held:
    numbers = case.book.formulary.numbers
    is_antipsychotic = "ntipsychotic" in case.a_entry.drug_class + case.b_entry.drug_class
    longest = timedelta(days=numbers.antipsychotic_switch_days if is_antipsychotic else numbers.switch_days)
    both = {case.a.ref, case.b.ref}
    return Held(
        not any(
            both <= taper.refs and taper.since <= case.day < taper.since + longest for taper in case.facts.cross_tapers
        )
    )


def _different_ingredient(_argument: str, case: Case) -> Held:
    if case.book.are_one_family(case.a_entry.key, case.b_entry.key):
        return NEVER
    return Held(not set(case.a_entry.ingredients) & set(case.b_entry.ingredients))


def _no_labelled_overlap(_argument: str, case: Case) -> Held:
    is_labelled = frozenset({case.a.ref, case.b.ref}) in case.facts.labelled_overlaps
    return Held(not is_labelled and not is_meant(case.a, case.b))


def _if_member(argument: str, case: Case) -> Held:
    named = set(argument.split(","))
    is_named = any(entry.key in named or entry.screened_as in named for _, _, entry in case.members())
    return Held(is_named, why=("the drug itself",), context=(argument,))


def _skip_if_member(argument: str, case: Case) -> Held:
    return NEVER if _if_member(argument, case).holds else ALWAYS


def _skip_if_active_set(argument: str, case: Case) -> Held:
    return Held(not case.book.sets.get(argument, frozenset()) & case.active_keys)


def _b_is_lai(_argument: str, case: Case) -> Held:
    words = "whether it is a long-acting injection"
    route = "IM" if case.b_entry.is_long_acting else case.b.route or None
    return _known(route, words, "b_is_lai", lambda of: of in ("IM", "SC"))


def _only_form(argument: str, case: Case) -> Held:
    return _known(case.b.form or None, "the form", argument, lambda form: argument in form.casefold())


def _smoking_changed(_argument: str, case: Case) -> Held:
    days = [case.facts.smoking_changed_on]
    for key, drug, _ in case.members():
        if key in case.book.sets.get(SMOKED, ()):
            days += [drug.started_on, drug.stopped_on]
    longest = case.book.formulary.numbers.smoking_change_days
    is_recent = any(recently(day, case.day, longest) for day in days)
    return Held(is_recent, why=(f"a change of smoking in the last {longest} days",), context=(SMOKING_CHANGED,))


def _qt_risk_factor(_argument: str, case: Case) -> Held:
    is_known = case.facts.qtc_ms is not None or case.facts.potassium is not None
    return _at_risk(("qt",), "QTc, potassium and other QT risk factors", case, is_known=is_known)


def _age_or_sodium(_argument: str, case: Case) -> Held:
    is_known = case.facts.age_years is not None and case.facts.sodium is not None
    return _at_risk(("older", "sodium"), "age and sodium", case, is_known=is_known)


def _at_risk(names: tuple[str, ...], words: str, case: Case, *, is_known: bool) -> Held:
    """Whatever about the person raises one of these risks, as stable text and in words."""
    behind: dict[str, str] = {}
    for name in names:
        behind |= raised(case.book.formulary.risks, name, case.facts)
    if behind:
        return Held(True, why=tuple(behind.values()), context=tuple(behind))
    return NEVER if is_known else Held(None, missing=(words,))


def _parenteral(_argument: str, case: Case) -> Held:
    routes = {case.a.route, case.b.route}
    if "" in routes and not routes & PARENTERAL:
        return Held(None, missing=("the route",))
    return Held(bool(routes & PARENTERAL), why=("the route",), context=("parenteral",))


def _heavy_alcohol(_argument: str, case: Case) -> Held:
    return _known(case.facts.alcohol or None, "how much alcohol", "alcohol=heavy", lambda use: use == "heavy")


TOKENS: dict[str, Callable[[str, Case], Held]] = {
    "different_drugs": _different_drugs,
    "no_cross_taper": _no_cross_taper,
    "different_ingredient": _different_ingredient,
    "no_labelled_overlap": _no_labelled_overlap,
    "skip_if_member": _skip_if_member,
    "skip_if_active_set": _skip_if_active_set,
    "b_is_lai": _b_is_lai,
    "only_form": _only_form,
    SMOKING_CHANGED: _smoking_changed,
    "qt_risk_factor": _qt_risk_factor,
    "age_or_sodium": _age_or_sodium,
    "if_member": _if_member,
    "parenteral": _parenteral,
    "alcohol=heavy": _heavy_alcohol,
}
