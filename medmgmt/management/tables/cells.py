"""What may stand in a cell: one function a kind, which answers what is wrong, or nothing."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import time
from string import Formatter
from zoneinfo import available_timezones

from interactions.engine import (
    care_tables,
    derived_tables,
    load_tables,
    numbers,
    observables,
    own_words,
    red_flags,
    written,
)
from interactions.engine.attributes import SCALES
from interactions.engine.catalogue import normal
from interactions.engine.regimen import Facts
from interactions.engine.severity import Severity
from interactions.importers.clinical import LIKELIHOODS
from medmgmt.management.tables import conditions
from medmgmt.management.tables.known import VISIT, VOCABULARIES, Known, parts
from medmgmt.management.tables.sheets import Column
from medmgmt.supply.limits import OVERDOSE
from refills.supply.injections import terms
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
class AskedCell:
    """A cell in its row: its column, the other cells, and what the tables know."""

    text: str
    column: Column
    row: Mapping[str, str]
    known: Known


Kind = Callable[[AskedCell], str]


def reason(text: str, column: Column, row: Mapping[str, str], known: Known) -> str:
    """Why this may not stand here; empty when it may."""
    if not text:
        return "" if column.may_be_blank else f"{column.name} is blank"
    kind = KINDS.get(column.kind)
    if kind is None:
        return f"columns.csv says that {column.name} holds {column.kind!r}, which is no kind"
    wrong = kind(AskedCell(text, column, row, known))
    return f"{column.name}: {wrong}" if wrong else ""


def _text(_asked: AskedCell) -> str:
    return ""


def _first(texts: Iterable[str], wrong: Callable[[str], str]) -> str:
    return next(filter(None, map(wrong, texts)), "")


def _one_of(words: Iterable[str]) -> Callable[[str], str]:
    allowed = frozenset(words)
    return lambda text: "" if text in allowed else f"{text!r} is none of {', '.join(sorted(allowed))}"


def _among(words: Callable[[Known], Iterable[str]], what: str) -> Kind:
    return lambda asked: "" if asked.text in words(asked.known) else f"{asked.text!r} is {what}"


def _each_among(words: Callable[[Known], Iterable[str]], what: str) -> Kind:
    return _each(lambda part, asked: "" if part in words(asked.known) else f"{part!r} is {what}")


def _each(wrong: Callable[[str, AskedCell], str], split: Callable[[str], list[str]] = parts) -> Kind:
    return lambda asked: _first(split(asked.text), lambda part: wrong(part, asked))


def _in_column(table: str, column: str) -> Kind:
    return _among(lambda known: known.values(table, column), f"not in {table}")


def _pattern(pattern: re.Pattern[str], what: str) -> Kind:
    return _each(lambda part, _: "" if pattern.fullmatch(part) else f"{part!r} is no {what}")


def _read_by(read: Callable[[str], object], what: str = "") -> Kind:
    """What the reader of these cells raises ValueError for, in its words or in ours."""

    def wrong(asked: AskedCell) -> str:
        try:
            read(asked.text)
        except ValueError as unreadable:
            return f"{asked.text!r} is {what}" if what else str(unreadable)
        return ""

    return wrong


def _all(*kinds: Kind) -> Kind:
    return lambda asked: next(filter(None, (kind(asked) for kind in kinds)), "")


def _listed(asked: AskedCell) -> str:
    found = [normal(part) for part in asked.text.split(";")]
    if "" in found:
        return f"{asked.text!r} has an empty part"
    twice = next((part for part in found if found.count(part) > 1), "")
    return f"{twice!r} is named twice" if twice else ""


def _word(asked: AskedCell) -> str:
    return _one_of(WORDS.get(asked.column.kind) or asked.column.argument.split("|"))(asked.text)


def _known_word(asked: AskedCell) -> str:
    return _one_of(VOCABULARIES[asked.column.argument])(asked.text)


def _whole(asked: AskedCell) -> str:
    if not WHOLE.fullmatch(asked.text):
        return f"{asked.text!r} is no whole number"
    least, _, most = asked.column.argument.partition("..")
    if least and not int(least) <= int(asked.text) <= int(most):
        return f"{asked.text} is not between {least} and {most}"
    is_a_day = " from " in asked.column.unit
    return f"{asked.text} is negative" if int(asked.text) < 0 and not is_a_day else ""


def _decimal(asked: AskedCell) -> str:
    value = written.number(asked.text)
    if value is None:
        return f"{asked.text!r} is no number"
    return "" if value >= 0 else f"{asked.text} is no figure that can be"


def _drugs(asked: AskedCell) -> str:
    return "" if asked.known.members(asked.text) else f"{asked.text!r} names no drug that the rules know"


def _selection(text: str, asked: AskedCell) -> str:
    return _drugs(replace(asked, text=text))


def _drugs_or(word: str) -> Kind:
    return lambda asked: "" if asked.text == word else _drugs(asked)


def _class(asked: AskedCell) -> str:
    is_set = asked.text.startswith("set:") and bool(asked.known.members(asked.text))
    return "" if is_set or asked.text in asked.known.classes else f"{asked.text!r} is no class of a drug in the rules"


def _side(text: str, asked: AskedCell) -> str:
    known = asked.known
    is_there = bool(known.sets.get(text.removeprefix("set:"))) if text.startswith("set:") else text in known.drugs
    return "" if is_there else f"{text!r} is neither in drugs.csv nor a class"


def _scope(asked: AskedCell) -> str:
    is_wide = asked.text in (EVERY_DRUG, CONTROLLED, *SCHEDULES, OVERDOSE)
    return "" if is_wide else _scoped(asked)


def _scoped(asked: AskedCell) -> str:
    text, known = asked.text, asked.known
    kind, _, name = text.partition(":")
    members = {"drug": frozenset({name}) & known.in_rules, "set": known.members(text), "class": known.members(text)}
    if members.get(kind) or (kind == "class" and name in SUPPLY_CLASSES):
        return ""
    return f"{text!r} names no drug that the rules know"


def _dosing_rule(asked: AskedCell) -> str:
    is_there = asked.text.removesuffix("b") in asked.known.values("dosing_rules.csv", "rule_id")
    return "" if is_there else f"{asked.text!r} is not in dosing_rules.csv"


def is_loinc(code: str) -> bool:
    """Whether the digit behind the hyphen is the check digit (mod 10) of those before it."""
    if not LOINC.fullmatch(code):
        return False
    digits = [int(digit) for digit in reversed(code.replace("-", ""))]
    doubled = (sum(divmod(2 * digit, 10)) if place % 2 else digit for place, digit in enumerate(digits))
    return sum(doubled) % 10 == 0


def _enzyme(part: str, asked: AskedCell) -> str:
    enzyme, _, grade = part.partition(":")
    is_graded = ENZYME.fullmatch(enzyme) and grade in asked.column.argument.split("|")
    return "" if is_graded else f"{part!r} is no enzyme with a grade"


def _association(part: str, asked: AskedCell) -> str:
    selector, _, likelihood = part.partition("=")
    if likelihood not in LIKELIHOODS:
        return f"the likelihood {likelihood!r} is none of {', '.join(sorted(LIKELIHOODS))}"
    return "" if asked.known.members(selector) else f"{selector!r} names no drug that the rules know"


def _sign(sign: str, asked: AskedCell) -> str:
    if sign.startswith("condition:"):
        return "" if sign.removeprefix("condition:") in asked.known.conditions else f"{sign!r} is no condition"
    is_term = not sign[:1].isupper() or sign in asked.known.terms
    return "" if is_term else f"{sign!r} is no term of side_effects.csv"


def _flagged(asked: AskedCell) -> str:
    known = asked.known.values("red_flag_words.csv", "sign")
    named = {sign for signs in red_flags.needs_of(asked.text) for sign in signs}
    return next((f"{sign!r} is no sign of red_flag_words.csv" for sign in sorted(named - known)), "")


def _side_effect(asked: AskedCell) -> str:
    is_there = normal(asked.text) in map(normal, asked.known.terms)
    return "" if is_there else f"{asked.text!r} is no term of side_effects.csv"


def _members(asked: AskedCell) -> str:
    words = {term.name: term.word for term in derived_tables.parse(asked.text) if term.name == derived_tables.MEMBER}
    return next((f"{word!r} is no class" for word in words.values() if word not in asked.known.sets), "")


def _sentence(asked: AskedCell) -> str:
    places = set(asked.column.argument.split("|"))
    try:
        named = [name for _, name, _, _ in Formatter().parse(asked.text) if name is not None]
    except ValueError as wrong:
        return f"{asked.text!r}: {wrong}"
    return next((f"{{{name}}} is nothing that can be filled in here" for name in named if name not in places), "")


def _forwards(asked: AskedCell) -> str:
    found = care_tables.schedule(asked.text)
    is_sound = all(one.every > 0 and (one.last is None or one.first <= one.last) for one in found)
    return "" if is_sound else f"{asked.text!r} counts backwards"


def _threshold(part: str, asked: AskedCell) -> str:
    codes = asked.known.values("lab_actions.csv", "action_code")
    head, arrow, told = part.partition("=>")
    if not arrow or not head.strip():
        return f"{part!r} has no action"
    code = re.sub(r"\s*\(.*\)$", "", told.partition(":")[0].strip())
    is_known = code in codes or code.split(";")[0].strip() in codes
    return "" if is_known else f"the action {code!r} is not in lab_actions.csv"


def _follow_up(asked: AskedCell) -> str:
    kind, _, code = asked.text.partition(":")
    if asked.text == VISIT:
        return ""
    scales = asked.known.scales
    codes = scales if kind == "scale" else asked.known.labs - scales
    return "" if kind in ("scale", "observation") and code in codes else f"{asked.text!r} is nothing that can be done"


def _answer(asked: AskedCell) -> str:
    lines = asked.known.sheet("observables.csv").lines
    allowed = next((parts(line.cells["answers"]) for line in lines if line.cells["code"] == asked.row["code"]), [])
    return "" if asked.text in allowed else f"{asked.text!r} is no answer to {asked.row['code']}"


def _overdose(asked: AskedCell) -> str:
    kinds: dict[str, Kind] = {
        "toxic": _scoped,
        "sign_icd10": _pattern(ICD10_BEGINNING, "beginning of an ICD-10-CM code"),
        "sign_scale": lambda asked: _one_of(asked.known.scales)(asked.text),
    }
    return kinds.get(asked.row["kind"], _text)(asked)


def _window(asked: AskedCell) -> str:
    return "" if asked.text == "see rules" else _whole(asked)


def _engine_number(asked: AskedCell) -> str:
    try:
        value = numbers.value(asked.row["name"], asked.text)
    except ValueError as wrong:
        return str(wrong)
    is_grade, said = isinstance(value, Severity), asked.row["unit"]
    return "" if is_grade is (said == "severity") else f"{asked.row['name']} is not told in {said}"


KINDS: dict[str, Kind] = {
    "text": _text,
    "list": _listed,
    "word": _word,
    "words": _all(_listed, _each(lambda part, asked: _one_of(asked.column.argument.split("|"))(part))),
    "severity": _word,
    "confidence": _word,
    "flag": _word,
    "known": _known_word,
    "whole": _whole,
    "whole or see rules": _window,
    "decimal": _decimal,
    "time": _read_by(time.fromisoformat, "no time of day"),
    "zones": _each_among(lambda _known: ZONES, "no time zone"),
    "drug": _among(lambda known: known.in_rules, "no drug that the rules know"),
    "drug name": _each_among(lambda known: known.drugs, "not in drugs.csv"),
    "drug names": _each_among(lambda known: known.drugs, "not in drugs.csv"),
    "drugs": _drugs,
    "drugs or all": _drugs_or("all"),
    "drugs or otherwise": _drugs_or("otherwise"),
    "sides": _all(_listed, _each(_side)),
    "selections": _all(_listed, _each(_selection)),
    "scope": _scope,
    "class or set": _class,
    "rxcui": _pattern(RXCUI, "RxCUI"),
    "rxcuis": _pattern(RXCUI, "RxCUI"),
    "ingredient": _among(lambda known: known.rxcuis, "no RxCUI of drugs.csv"),
    "loinc": _each(lambda code, _: "" if is_loinc(code) else f"{code!r} is no LOINC code"),
    "loincs": _each(lambda code, _: "" if is_loinc(code) else f"{code!r} is no LOINC code"),
    "atc": _pattern(ATC, "ATC code"),
    "hpo": _pattern(HPO, "HPO code"),
    "icd10": _pattern(ICD10, "ICD-10-CM code"),
    "icd10s": _pattern(ICD10_BEGINNING, "beginning of an ICD-10-CM code"),
    "problem": _among(lambda known: known.problems, "no problem that card_information.csv can describe"),
    "lab": _among(lambda known: known.labs, "not in observables.csv"),
    "observable": _among(lambda known: known.labs, "not in observables.csv"),
    "code": _among(lambda known: known.codes, "not in observables.csv"),
    "fact": _among(lambda _known: FACTS, "no fact about a person"),
    "effect": _among(lambda _known: EFFECTS, "no effect of a drug"),
    "column of drugs.csv": _among(lambda known: next(iter(known.drugs.values()), {}), "no column of drugs.csv"),
    "enzymes": _all(_listed, _each(_enzyme)),
    "associations": _all(_each(_association), _listed),
    "signs": _all(_each(_sign), _listed),
    "side effect": _side_effect,
    "signs of a red flag": _flagged,
    "phrases": _all(_listed, _read_by(lambda text: own_words.vocabulary([{"sign": "", "words": text}]))),
    "conditions": _each_among(lambda known: known.conditions, "no condition"),
    "condition of a person": lambda asked: conditions.of_person(asked.text, asked.known),
    "condition of a pair": lambda asked: conditions.of_pair(asked.text, asked.row["a"], asked.row["b"], asked.known),
    "condition of a dose": lambda asked: conditions.of_dose(asked.text),
    "comparison of two drugs": _all(_read_by(derived_tables.parse), _members),
    "figures of a load": _read_by(load_tables.parse),
    "load": _in_column("cumulative_loads.csv", "code"),
    "engine number": _engine_number,
    "sentence": _sentence,
    "roles": _all(_listed, _each_among(lambda known: filter(known.sets.get, known.sets), "no class")),
    "schedule": _all(_read_by(care_tables.schedule), _forwards),
    "length of time": _read_by(terms),
    "thresholds": _each(_threshold, lambda text: text.split(" | ")),
    "factors": _each(lambda part, asked: _read_by(observables.other_unit)(replace(asked, text=part))),
    "dosing rule": _dosing_rule,
    "monitoring rule": _in_column("monitoring_rules.csv", "rule_id"),
    "injection": _in_column("lai_rules.csv", "product"),
    "patient": _in_column("demo/patients.csv", "patient"),
    "staff": _in_column("demo/staff.csv", "username"),
    "answer": _answer,
    "follow-up": _follow_up,
    "overdose value": _overdose,
    "chain": _each(lambda part, _: _one_of((OWN_ROLE, ADMINISTRATOR, *ROLES))(part), lambda text: text.split(">")),
}
"""By what columns.csv calls it."""
