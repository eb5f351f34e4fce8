"""What may stand in a cell: one function a kind, which answers what is wrong, or nothing."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import time
from decimal import Decimal, InvalidOperation
from string import Formatter
from zoneinfo import available_timezones

from interactions.engine import derived_tables, load_tables
from interactions.engine.attributes import SCALES
from interactions.engine.catalogue import normal
from interactions.engine.regimen import Facts
from interactions.importers.clinical import LIKELIHOODS
from medmgmt.management.tables import conditions
from medmgmt.management.tables.columns import Column
from medmgmt.management.tables.known import VISIT, VOCABULARIES, Known, parts
from medmgmt.record.models import ANSWERS
from medmgmt.record.models import SCALES as RATING_SCALES
from medmgmt.supply.limits import OVERDOSE
from refills.supply.injections import terms
from refills.supply.lab_gates import intervals
from refills.supply.rules import CONTROLLED, EVERY_DRUG, SCHEDULES
from refills.worklist.service_levels import ADMINISTRATOR, OWN_ROLE, ROLES

FACTS = frozenset(one.name for one in fields(Facts))
EFFECTS = frozenset({*SCALES, "qt"})
SUPPLY_CLASSES = frozenset({"antiseizure", "antidepressant", "long-acting injection"})
"""Classes that the supply rules know beside those of drugs.csv."""
ZONES = available_timezones()
WHOLE = re.compile(r"-?\d+")
RXCUI = re.compile(r"[1-9]\d{0,7}")
LOINC = re.compile(r"[1-9]\d{0,5}-\d")
ATC = re.compile(r"[A-Z]\d\d[A-Z]{2}\d\d")
HPO = re.compile(r"HP:\d{7}")
ICD10 = re.compile(r"[A-Z]\d[0-9A-Z](\.[0-9A-Z]{1,4})?")
ICD10_BEGINNING = re.compile(r"[A-Z]\d([0-9A-Z](\.[0-9A-Z]{0,4})?)?")
ENZYME = re.compile(r"(CYP|UGT)[0-9A-Z]+")
WORDS = {
    "severity": ("contraindicated", "major", "moderate", "minor"),
    "confidence": ("verified", "textbook", "derived", "config"),
    "flag": ("0", "1"),
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A cell in its row: its column, the other cells, and what the tables know."""

    text: str
    column: Column
    row: Mapping[str, str]
    known: Known


Kind = Callable[[Asked], str]


def reason(text: str, column: Column, row: Mapping[str, str], known: Known) -> str:
    """Why this may not stand here; empty when it may."""
    if not text:
        return "" if column.may_be_blank else f"{column.name} is blank"
    kind = KINDS.get(column.kind)
    if kind is None:
        return f"columns.csv says that {column.name} holds {column.kind!r}, which is no kind"
    wrong = kind(Asked(text, column, row, known))
    return f"{column.name}: {wrong}" if wrong else ""


def _text(_asked: Asked) -> str:
    return ""


def _listed(asked: Asked) -> str:
    found = [normal(part) for part in asked.text.split(";")]
    if "" in found:
        return f"{asked.text!r} has an empty part"
    twice = next((part for part in found if found.count(part) > 1), "")
    return f"{twice!r} is named twice" if twice else ""


def _one_of(words: Iterable[str]) -> Callable[[str], str]:
    allowed = frozenset(words)
    return lambda text: "" if text in allowed else f"{text!r} is none of {', '.join(sorted(allowed))}"


def _word(asked: Asked) -> str:
    return _one_of(WORDS.get(asked.column.kind) or asked.column.argument.split("|"))(asked.text)


def _words(asked: Asked) -> str:
    return _listed(asked) or _first(parts(asked.text), _one_of(asked.column.argument.split("|")))


def _known_word(asked: Asked) -> str:
    return _one_of(VOCABULARIES[asked.column.argument])(asked.text)


def _first(texts: Iterable[str], wrong: Callable[[str], str]) -> str:
    return next(filter(None, map(wrong, texts)), "")


def _whole(asked: Asked) -> str:
    if not WHOLE.fullmatch(asked.text):
        return f"{asked.text!r} is no whole number"
    least, _, most = asked.column.argument.partition("..")
    if least and not int(least) <= int(asked.text) <= int(most):
        return f"{asked.text} is not between {least} and {most}"
    is_a_day = " from " in asked.column.unit
    return f"{asked.text} is negative" if int(asked.text) < 0 and not is_a_day else ""


def _decimal(asked: Asked) -> str:
    try:
        value = Decimal(asked.text)
    except InvalidOperation:
        return f"{asked.text!r} is no number"
    return "" if value.is_finite() and value >= 0 else f"{asked.text} is no figure that can be"


def _drug(asked: Asked) -> str:
    return "" if asked.text in asked.known.in_rules else f"{asked.text!r} is no drug that the rules know"


def _drug_name(asked: Asked) -> str:
    return _first(parts(asked.text), lambda name: "" if name in asked.known.drugs else f"{name!r} is not in drugs.csv")


def _drugs(asked: Asked) -> str:
    return "" if asked.known.members(asked.text) else f"{asked.text!r} names no drug that the rules know"


def _drugs_or(word: str) -> Kind:
    return lambda asked: "" if asked.text == word else _drugs(asked)


def _class(asked: Asked) -> str:
    is_set = asked.text.startswith("set:") and bool(asked.known.members(asked.text))
    return "" if is_set or asked.text in asked.known.classes else f"{asked.text!r} is no class of a drug in the rules"


def _side(text: str, known: Known) -> str:
    is_there = bool(known.sets.get(text.removeprefix("set:"))) if text.startswith("set:") else text in known.drugs
    return "" if is_there else f"{text!r} is neither in drugs.csv nor a class"


def _sides(asked: Asked) -> str:
    return _listed(asked) or _first(parts(asked.text), lambda text: _side(text, asked.known))


def _scope(asked: Asked) -> str:
    if asked.text in (EVERY_DRUG, CONTROLLED, *SCHEDULES, OVERDOSE):
        return ""
    return _scoped(asked.text, asked.known)


def _scoped(text: str, known: Known) -> str:
    kind, _, name = text.partition(":")
    members = {"drug": frozenset({name}) & known.in_rules, "set": known.members(text), "class": known.members(text)}
    if members.get(kind) or (kind == "class" and name in SUPPLY_CLASSES):
        return ""
    return f"{text!r} names no drug that the rules know"


def _in_column(table: str, column: str) -> Kind:
    def wrong(asked: Asked) -> str:
        is_there = asked.text in asked.known.values(table, column)
        return "" if is_there else f"{asked.text!r} is not in {table}"

    return wrong


def _dosing_rule(asked: Asked) -> str:
    is_there = asked.text.removesuffix("b") in asked.known.values("dosing_rules.csv", "rule_id")
    return "" if is_there else f"{asked.text!r} is not in dosing_rules.csv"


def _among(words: Callable[[Known], Iterable[str]], what: str) -> Kind:
    return lambda asked: "" if asked.text in words(asked.known) else f"{asked.text!r} is {what}"


def _pattern(pattern: re.Pattern[str], what: str) -> Kind:
    return lambda asked: _first(
        parts(asked.text), lambda part: "" if pattern.fullmatch(part) else f"{part!r} is no {what}"
    )


def _loinc(asked: Asked) -> str:
    return _first(parts(asked.text), lambda code: "" if is_loinc(code) else f"{code!r} is no LOINC code")


def is_loinc(code: str) -> bool:
    """Whether the digit behind the hyphen is the check digit (mod 10) of those before it."""
    if not LOINC.fullmatch(code):
        return False
    digits = [int(digit) for digit in reversed(code.replace("-", ""))]
    doubled = (sum(divmod(2 * digit, 10)) if place % 2 else digit for place, digit in enumerate(digits))
    return sum(doubled) % 10 == 0


def _enzymes(asked: Asked) -> str:
    grades = asked.column.argument.split("|")

    def wrong(part: str) -> str:
        enzyme, _, grade = part.partition(":")
        return "" if ENZYME.fullmatch(enzyme) and grade in grades else f"{part!r} is no enzyme with a grade"

    return _listed(asked) or _first(parts(asked.text), wrong)


def _associations(asked: Asked) -> str:
    def wrong(part: str) -> str:
        selector, _, likelihood = part.partition("=")
        if likelihood not in LIKELIHOODS:
            return f"the likelihood {likelihood!r} is none of {', '.join(sorted(LIKELIHOODS))}"
        return "" if asked.known.members(selector) else f"{selector!r} names no drug that the rules know"

    return _first(parts(asked.text), wrong) or _listed(asked)


def _signs(asked: Asked) -> str:
    def wrong(sign: str) -> str:
        if sign.startswith("condition:"):
            return "" if sign.removeprefix("condition:") in asked.known.conditions else f"{sign!r} is no condition"
        is_term = not sign[:1].isupper() or sign in asked.known.terms
        return "" if is_term else f"{sign!r} is no term of side_effects.csv"

    return _first(parts(asked.text), wrong) or _listed(asked)


def _side_effect(asked: Asked) -> str:
    is_there = normal(asked.text) in map(normal, asked.known.terms)
    return "" if is_there else f"{asked.text!r} is no term of side_effects.csv"


def _conditions(asked: Asked) -> str:
    return _first(parts(asked.text), lambda one: "" if one in asked.known.conditions else f"{one!r} is no condition")


def _comparison(asked: Asked) -> str:
    try:
        terms_of = derived_tables.parse(asked.text)
    except ValueError as wrong:
        return str(wrong)
    words = {term.name: term.word for term in terms_of if term.name == derived_tables.MEMBER}
    return next((f"{word!r} is no class" for word in words.values() if word not in asked.known.sets), "")


def _figures(asked: Asked) -> str:
    try:
        load_tables.parse(asked.text)
    except ValueError as wrong:
        return str(wrong)
    return ""


def _sentence(asked: Asked) -> str:
    places = set(asked.column.argument.split("|"))
    try:
        named = [name for _, name, _, _ in Formatter().parse(asked.text) if name is not None]
    except ValueError as wrong:
        return f"{asked.text!r}: {wrong}"
    return next((f"{{{name}}} is nothing that can be filled in here" for name in named if name not in places), "")


def _roles(asked: Asked) -> str:
    return _listed(asked) or _first(
        parts(asked.text), lambda name: "" if asked.known.sets.get(name) else f"{name!r} is no class"
    )


def _schedule(asked: Asked) -> str:
    try:
        found = intervals(asked.text)
    except ValueError as wrong:
        return str(wrong)
    is_sound = all(one.every > 0 and (one.last is None or one.first <= one.last) for one in found)
    return "" if is_sound else f"{asked.text!r} counts backwards"


def _length_of_time(asked: Asked) -> str:
    try:
        terms(asked.text)
    except ValueError as wrong:
        return str(wrong)
    return ""


def _thresholds(asked: Asked) -> str:
    codes = asked.known.values("lab_actions.csv", "action_code")

    def wrong(part: str) -> str:
        head, arrow, told = part.partition("=>")
        if not arrow or not head.strip():
            return f"{part!r} has no action"
        code = re.sub(r"\s*\(.*\)$", "", told.partition(":")[0].strip())
        is_known = code in codes or code.split(";")[0].strip() in codes
        return "" if is_known else f"the action {code!r} is not in lab_actions.csv"

    return _first(asked.text.split(" | "), wrong)


def _factors(asked: Asked) -> str:
    def wrong(part: str) -> str:
        unit, _, factor = part.rpartition("=")
        is_number = re.fullmatch(r"\d+(\.\d+)?", factor) is not None and Decimal(factor) > 0
        return "" if unit and (is_number or factor == "F") else f"{part!r} is no unit with its factor"

    return _first(parts(asked.text), wrong)


def _chain(asked: Asked) -> str:
    return _first(asked.text.split(">"), _one_of((OWN_ROLE, ADMINISTRATOR, *ROLES)))


def _time(asked: Asked) -> str:
    try:
        time.fromisoformat(asked.text)
    except ValueError:
        return f"{asked.text!r} is no time of day"
    return ""


def _zones(asked: Asked) -> str:
    return _first(parts(asked.text), lambda name: "" if name in ZONES else f"{name!r} is no time zone")


def _follow_up(asked: Asked) -> str:
    kind, _, code = asked.text.partition(":")
    if asked.text == VISIT:
        return ""
    codes = RATING_SCALES if kind == "scale" else VOCABULARIES["observation"] - RATING_SCALES
    return "" if kind in ("scale", "observation") and code in codes else f"{asked.text!r} is nothing that can be done"


def _answer(asked: Asked) -> str:
    answer = ANSWERS.get(asked.row["code"])
    allowed = answer.values if answer else ()
    return "" if asked.text in allowed else f"{asked.text!r} is no answer to {asked.row['code']}"


def _overdose(asked: Asked) -> str:
    kind = asked.row["kind"]
    if kind == "toxic":
        return _scoped(asked.text, asked.known)
    if kind == "sign_icd10":
        return _pattern(ICD10_BEGINNING, "beginning of an ICD-10-CM code")(asked)
    return _one_of(RATING_SCALES)(asked.text) if kind == "sign_scale" else ""


def _window(asked: Asked) -> str:
    return "" if asked.text == "see rules" else _whole(asked)


KINDS: dict[str, Kind] = {
    "text": _text,
    "list": _listed,
    "word": _word,
    "words": _words,
    "severity": _word,
    "confidence": _word,
    "flag": _word,
    "known": _known_word,
    "whole": _whole,
    "whole or see rules": _window,
    "decimal": _decimal,
    "time": _time,
    "zones": _zones,
    "drug": _drug,
    "drug name": _drug_name,
    "drug names": _drug_name,
    "drugs": _drugs,
    "drugs or all": _drugs_or("all"),
    "drugs or otherwise": _drugs_or("otherwise"),
    "sides": _sides,
    "scope": _scope,
    "class or set": _class,
    "rxcui": _pattern(RXCUI, "RxCUI"),
    "rxcuis": _pattern(RXCUI, "RxCUI"),
    "ingredient": _among(lambda known: known.rxcuis, "no RxCUI of drugs.csv"),
    "loinc": _loinc,
    "loincs": _loinc,
    "atc": _pattern(ATC, "ATC code"),
    "hpo": _pattern(HPO, "HPO code"),
    "icd10": _pattern(ICD10, "ICD-10-CM code"),
    "icd10s": _pattern(ICD10_BEGINNING, "beginning of an ICD-10-CM code"),
    "problem": _among(lambda known: known.problems, "no problem that card_information.csv can describe"),
    "lab": _among(lambda known: known.labs, "no lab of lab_names.csv"),
    "code": _among(lambda known: known.codes, "nothing that the record or lab_names.csv knows"),
    "fact": _among(lambda _known: FACTS, "no fact about a person"),
    "effect": _among(lambda _known: EFFECTS, "no effect of a drug"),
    "column of drugs.csv": _among(lambda known: next(iter(known.drugs.values()), {}), "no column of drugs.csv"),
    "enzymes": _enzymes,
    "associations": _associations,
    "signs": _signs,
    "side effect": _side_effect,
    "conditions": _conditions,
    "condition of a person": lambda asked: conditions.of_person(asked.text, asked.known),
    "condition of a pair": lambda asked: conditions.of_pair(asked.text, asked.row["a"], asked.row["b"], asked.known),
    "condition of a dose": lambda asked: conditions.of_dose(asked.text),
    "comparison of two drugs": _comparison,
    "figures of a load": _figures,
    "load": _in_column("cumulative_loads.csv", "code"),
    "sentence": _sentence,
    "roles": _roles,
    "schedule": _schedule,
    "length of time": _length_of_time,
    "thresholds": _thresholds,
    "factors": _factors,
    "dosing rule": _dosing_rule,
    "monitoring rule": _in_column("monitoring_rules.csv", "rule_id"),
    "injection": _in_column("lai_rules.csv", "product"),
    "patient": _in_column("demo/patients.csv", "patient"),
    "staff": _in_column("demo/staff.csv", "username"),
    "answer": _answer,
    "follow-up": _follow_up,
    "overdose value": _overdose,
    "chain": _chain,
}
"""By what columns.csv calls it."""
