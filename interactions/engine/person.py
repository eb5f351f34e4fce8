"""What a dose or condition rule may ask about a person and one of the drugs taken."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from interactions.engine import conditions
from interactions.engine.attributes import STRENGTH, Profile
from interactions.engine.conditions import ALWAYS, NEVER, Held, When
from interactions.engine.regimen import Drug, Facts

NEGATED = re.compile(
    r"\b(no|denies|denied|without|negative for|ruled out|rule out|r/o|family history of|fhx? of|mother|father|"
    r"brother|sister|parents?|sin|niega|descartad[oa]|antecedentes? familiar(?:es)? de|madre|padre|"
    r"herman[oa])\b[^,;.]*$"
)
PAST = re.compile(
    r"\b(history of|hx of|h/o|past|previous|prior|former|childhood|remote|antecedentes? de|previ[oa]s?|"
    r"pasad[oa]s?)\b[^,;.]*$"
)
LONG_AGO = re.compile(
    r"[^,;.]*?\b(as an? (?:child|infant|baby|teenager)|in (?:childhood|infancy|the past)|years ago|"
    r"de (?:niñ[oa]|beb[eé])|en la infancia|hace (?:\d+|muchos) años)\b"
)
FAMILY_CODES = ("z80", "z81", "z82", "z83", "z84")
PAST_CODES = ("z85", "z86", "z87")
LABELS = {"age": "age", "egfr": "eGFR", "qtc": "QTc", "weight": "weight"}
"""What may be compared with a figure, and how it is called."""
RULED_OUT = re.compile(
    r"[\s(:,-]*(was |has been |is |fue )?(ruled out|excluded|negative|resolved|unlikely|"
    r"descartad[oa]|negativ[oa]|resuelt[oa])\b"
)


@dataclass(frozen=True)
class Terms:
    """Which diagnoses a text or an ICD-10 code means."""

    phrases: Mapping[str, tuple[str, ...]]
    icd10: Mapping[str, tuple[str, ...]]
    lasting: frozenset[str] = frozenset()
    """Codes of conditions that still count when they are past."""

    def codes(self, conditions: tuple[str, ...]) -> frozenset[str]:
        """Every condition code that the texts and codes speak of; a denied one, or one of the family, does not count.

        A past one is `past_CODE`, unless it counts for ever. Where a diagnosis has both ("ICD10:G40.1|Epilepsy"), its
        words are read only if the code means nothing.
        """
        return _codes(self, conditions)

    def __hash__(self) -> int:
        return id(self)


@lru_cache(maxsize=4096)
def _codes(terms: Terms, conditions: tuple[str, ...]) -> frozenset[str]:
    found: set[str] = set()
    for text in conditions:
        found |= _of_one(terms, text.casefold().strip())
    return frozenset(found)


def _of_one(terms: Terms, text: str) -> set[str]:
    code, _, words = text.removeprefix("icd10:").partition("|") if text.startswith("icd10:") else ("", "", text)
    found = {name for name, starts in terms.icd10.items() if code and code.startswith(starts)}
    if found or code.startswith(FAMILY_CODES):
        return found
    told = {name: _said(words, phrases) for name, phrases in terms.phrases.items()}
    is_past = code.startswith(PAST_CODES)
    return {
        name if name in terms.lasting or (when == NOW and not is_past) else f"past_{name}"
        for name, when in told.items()
        if when
    }


NOW, ONCE = "now", "once"


def _said(text: str, phrases: tuple[str, ...]) -> str:
    """Whether any phrase is said of the present, else of the past; empty for neither."""
    found = {when for one in phrases for when in _whens(text, one)}
    return NOW if NOW in found else ONCE if ONCE in found else ""


def _whens(text: str, phrase: str) -> Iterator[str]:
    """Of each place where the phrase stands and is not denied."""
    for found in re.finditer(rf"(?<![a-z]){re.escape(phrase)}(?![a-z])", text):
        before, after = text[: found.start()], text[found.end() :]
        if NEGATED.search(before) is None and RULED_OUT.match(after) is None:
            yield ONCE if PAST.search(before) is not None or LONG_AGO.match(after) is not None else NOW


@dataclass(frozen=True)
class View:
    """One drug of a regimen with everything a rule about it may ask."""

    drug: Drug
    profile: Profile
    facts: Facts
    codes: frozenset[str]
    others: tuple[Profile, ...]
    """Everything that is taken or still acts, the drug itself included."""
    day: date
    memory: dict[str, Held]
    """What has been asked about this person today."""
    smoking_change_days: int
    """How long a change of smoking is an event."""
    outpatient: bool = True
    stopped: tuple[tuple[Profile, date], ...] = ()
    """What is no longer taken, with the day of its last dose."""

    def ask(self, token: str) -> Held:
        """What a token says here; another drug that it finds is never the drug itself."""
        part = self.memory.get(token) or _asked(token, self)
        return _without(part, self.profile.key) if part.others and self.profile.key in part.others else part


def parse(text: str) -> When:
    """The condition; an unknown token raises ValueError. Empty always holds."""
    return conditions.parse(text, is_known)


def is_known(token: str) -> bool:
    """Whether it is a token about a person."""
    compared = conditions.comparison(token)
    if compared is not None:
        return compared.name in LABELS
    return token.partition(":")[0] in TOKENS or token in FLAGS


def holds(when: When, view: View) -> Held:
    """Whether it holds for this drug and person, and why."""
    return conditions.holds(when, view.ask)


def _without(part: Held, key: str) -> Held:
    """The same without the drug itself: nobody interacts with himself."""
    others = tuple(other for other in part.others if other != key)
    return part._replace(holds=bool(others), others=others, why=tuple(f"with {other}" for other in others))


def _asked(token: str, view: View) -> Held:
    """What a token says of the person and the others; remembered for the day unless it asks about the very drug."""
    ask, is_about_the_drug = _read(token)
    found = ask(view)
    if is_about_the_drug:
        return found
    if found.holds:
        found = found._replace(context=(token,))
    view.memory[token] = found
    return found


@lru_cache(maxsize=4096)
def _read(token: str) -> tuple[Callable[[View], Held], bool]:
    """A token as the question it is, and whether it asks about the very drug."""
    compared = conditions.comparison(token)
    if compared is not None:
        return lambda view: _measured(compared, view.facts), False
    if token in FLAGS:
        return FLAGS[token], False
    name, _, argument = token.partition(":")
    return lambda view: TOKENS[name](argument, view), name == "form"


def _measured(asked: conditions.Comparison, facts: Facts) -> Held:
    value = {"age": facts.age_years, "egfr": facts.egfr, "qtc": facts.qtc_ms, "weight": facts.weight_kg}[asked.name]
    label = LABELS[asked.name]
    if value is None:
        return NEVER if asked.name == "qtc" else Held(None, missing=(label,))
    return Held(asked.holds(value), why=(f"{label} {value}",))


def _hepatic(argument: str, view: View) -> Held:
    liver = view.facts.hepatic_class
    return Held(bool(liver) and argument in ("any", liver), why=(f"Child-Pugh {liver}",))


def _condition(argument: str, view: View) -> Held:
    return Held(True, why=(argument.replace("_", " "),)) if argument in view.codes else NEVER


def _sex(argument: str, view: View) -> Held:
    return Held(view.facts.sex[:1].upper() == argument if view.facts.sex else False, why=(f"sex {argument}",))


def _alcohol(argument: str, view: View) -> Held:
    return Held(view.facts.alcohol == argument, why=(f"{argument} alcohol use",))


def _genotype(argument: str, view: View) -> Held:
    gene, _, wanted = argument.rpartition("=")
    known = {name.upper(): state.casefold() for name, state in view.facts.genotype}
    return Held(known.get(gene.upper()) == wanted.casefold(), why=(f"{gene} {wanted}",))


def _form(argument: str, view: View) -> Held:
    return Held(re.search(rf"(?<![a-z]){argument.casefold()}(?![a-z])", view.drug.form.casefold()) is not None)


def _with(argument: str, view: View) -> Held:
    """Another drug: by key, by class, or by how strongly it inhibits an enzyme (weak, moderate, strong or any)."""
    kind, _, rest = argument.partition(":")
    if kind == "cyp":
        enzyme, _, grade = rest.partition(":")
        found = [one.key for one in view.others if _inhibits(one.inhibits.get(enzyme, 0), grade)]
    elif kind == "set":
        found = [one.key for one in view.others if rest in one.sets]
    else:
        found = [one.key for one in view.others if one.key == argument]
    return Held(bool(found), tuple(found), tuple(f"with {key}" for key in found))


STOPPED = re.compile(r"(.+) within (\d+)d")


def _stopped(argument: str, view: View) -> Held:
    """Whether a drug or one of a class was last taken within so many days: "set:name within 28d"."""
    found = STOPPED.fullmatch(argument)
    if found is None:
        return NEVER
    who, days = found[1].removeprefix("set:"), int(found[2])
    ended = [
        profile.key
        for profile, last in view.stopped
        if who in (profile.key, *profile.sets) and recently(last, view.day, days)
    ]
    return Held(bool(ended), tuple(ended), tuple(f"{key} stopped" for key in ended))


def _indication(_argument: str, _view: View) -> Held:
    """What a drug is given for is on no record: every indication is possible."""
    return ALWAYS


POSSIBLE = "pregnancy is possible"
ASSUMED = "assumed by age and sex: nothing on record rules it out"


def recently(changed_on: date | None, day: date, days: int) -> bool:
    """Within so many days, the day itself included."""
    return changed_on is not None and 0 <= (day - changed_on).days <= days


def _inhibits(strength: int, grade: str) -> bool:
    return strength >= 1 if grade == "any" else strength == STRENGTH[grade]


FLAGS: dict[str, Callable[[View], Held]] = {
    "pregnant": lambda view: Held(view.facts.pregnant is True, why=("pregnant",)),
    "breastfeeding": lambda view: Held(view.facts.breastfeeding is True, why=("breast-feeding",)),
    "pregnancy_potential": lambda view: Held(
        view.facts.pregnancy_potential is True,
        why=(POSSIBLE if "pregnancy_potential" not in view.facts.assumed else f"{POSSIBLE} ({ASSUMED})",),
    ),
    "smoking_stopped": lambda view: Held(
        view.facts.smoking_change == "stopped"
        and recently(view.facts.smoking_changed_on, view.day, view.smoking_change_days),
        why=("smoking stopped",),
    ),
    "outpatient": lambda view: Held(view.outpatient),
}
TOKENS: dict[str, Callable[[str, View], Held]] = {
    "hepatic": _hepatic,
    "condition": _condition,
    "sex": _sex,
    "alcohol": _alcohol,
    "pgx": _genotype,
    "form": _form,
    "with": _with,
    "stopped": _stopped,
    "indication": _indication,
}
