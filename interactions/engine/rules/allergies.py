"""What the person has reacted to, against what is taken: the drug itself, and what cross-reacts with it."""

from collections.abc import Iterator
from typing import NamedTuple

from interactions.engine import allergens
from interactions.engine.allergens import Allergen, Allergens
from interactions.engine.catalogue import normal
from interactions.engine.findings import NotChecked
from interactions.engine.formulary import AllergyGroup
from interactions.engine.regimen import Allergy
from interactions.engine.rules.draft import Draft
from interactions.engine.rules.seats import Seat
from interactions.engine.rules.situation import Situation
from interactions.engine.severity import Severity

KIND = PROBLEM = "allergy"
NOT_COMPARED = "allergy not compared: the knowledge in use knows no substance or class by these words; say which it is"


def judge(situation: Situation, reader: Allergens) -> tuple[list[Draft], list[NotChecked]]:
    """Every drug of the day against every substance on the allergy list; what nobody can read is named."""
    found: list[Draft] = []
    missing: list[NotChecked] = []
    for allergy in situation.facts.allergies:
        for allergen in reader.read(allergy.substance, allergy.rxcui):
            if allergen.kind == allergens.UNKNOWN:
                missing.append(NotChecked((), allergen.said, NOT_COMPARED))
                continue
            told = allergens.joined(allergen.reaction, allergy.reaction)
            reaction, words = _kind_of_reaction(situation, told, allergy), f" ({told})" if told else ""
            for seat in situation.seats:
                if seat.is_active and not seat.is_state:
                    found += _against(situation, seat, _Heard(allergen, reaction, words, reader.inside(seat.entry)))
    return found, missing


class _Heard(NamedTuple):
    """One substance with the kind of its reaction, its words in brackets, and what is in the drug beside it."""

    allergen: Allergen
    reaction: str
    told: str
    keys: frozenset[str]


def _kind_of_reaction(situation: Situation, told: str, allergy: Allergy) -> str:
    """severe, allergy or intolerance; what nobody described counts as an allergy."""
    text = normal(told)
    words = set(text.replace(",", " ").replace(";", " ").replace("(", " ").replace(")", " ").split())
    for kind in ("severe", "allergy", "intolerance"):
        if kind == "intolerance" and allergy.is_intolerance:
            return kind
        phrases = situation.formulary.reactions.get(kind, ())
        parts = words | {part for word in words for part in word.split("/")}
        if any(phrase in parts or (len(phrase) > 4 and phrase in text) for phrase in phrases):
            return kind
    return "allergy"


def _against(situation: Situation, seat: Seat, heard: _Heard) -> Iterator[Draft]:
    keys = heard.keys | {seat.rules_entry.key}
    if not heard.allergen.keys.isdisjoint(keys):
        yield _itself(situation, seat, heard)
        return
    for group in situation.formulary.allergy_groups:
        member = next((group.members[key] for key in sorted(keys) if key in group.members), None)
        severity = None if member is None else _grade(group, member, heard)
        if member is not None and severity is not None:
            _same, _cross, why, source = member
            yield _draft(
                seat, heard, severity, f"{why}: cross-sensitivity with {heard.allergen.name}", group.name, source
            )
            return


def _grade(group: AllergyGroup, member: tuple[Severity, Severity | None, str, str], heard: _Heard) -> Severity | None:
    """How badly a member of the group fits; None where the substance says nothing of it."""
    same, cross, _why, _source = member
    is_named = group.name in heard.allergen.groups
    is_class = is_named and heard.allergen.kind == allergens.CLASS
    if heard.reaction == "intolerance" or (not is_named and heard.allergen.keys.isdisjoint(group.members)):
        return None
    severity = same if is_class or (is_named and cross is None) else cross
    return Severity.MAJOR if severity == Severity.CONTRAINDICATED and heard.reaction != "severe" else severity


def _itself(situation: Situation, seat: Seat, heard: _Heard) -> Draft:
    numbers = situation.numbers
    severity = {"severe": numbers.allergy_severe, "allergy": numbers.allergy}.get(heard.reaction, numbers.intolerance)
    word = "Intolerance" if heard.reaction == "intolerance" else "Allergy"
    return _draft(
        seat, heard, severity, f"{word} to {heard.allergen.name} is on record", "itself", "the person's record"
    )


def _draft(seat: Seat, heard: _Heard, severity: Severity, summary: str, rule: str, source: str) -> Draft:
    action = (
        "Do not give; choose a drug that does not cross-react"
        if severity >= Severity.MAJOR
        else "Avoid if another drug serves; watch for the reaction"
    )
    return Draft(
        KIND,
        PROBLEM,
        severity,
        (seat.rules_entry.key,),
        f"{summary}{heard.told}",
        f"{action}. Allergy on record: {heard.allergen.said}{heard.told}",
        f"allergy:{rule}",
        citation=source,
        confidence="textbook",
        onset="rapid (<24 h)",
        context=(f"{normal(heard.allergen.name)}: {heard.reaction}",),
    )
