"""What the person has reacted to, against what is taken: the drug itself, and what cross-reacts with it."""

from collections.abc import Iterator

from interactions.engine.catalogue import normal
from interactions.engine.formulary import AllergyGroup
from interactions.engine.regimen import Allergy
from interactions.engine.rules.draft import Draft
from interactions.engine.rules.seats import Seat
from interactions.engine.rules.situation import Situation
from interactions.engine.severity import Severity

KIND = PROBLEM = "allergy"


def drafts(situation: Situation) -> Iterator[Draft]:
    """Every drug of the day against every allergy and intolerance on record."""
    for allergy in situation.facts.allergies:
        reaction = _kind_of_reaction(situation, allergy)
        for seat in situation.seats:
            if seat.is_active and not seat.is_state:
                found = _against(situation, seat, allergy, reaction)
                if found is not None:
                    yield found


def _kind_of_reaction(situation: Situation, allergy: Allergy) -> str:
    """severe, allergy or intolerance; what nobody described counts as an allergy."""
    text = normal(allergy.reaction)
    words = set(text.replace(",", " ").replace("/", " ").split())
    for kind in ("severe", "allergy"):
        if any(
            phrase in words or (len(phrase) > 4 and phrase in text)
            for phrase in situation.formulary.reactions.get(kind, ())
        ):
            return kind
    if allergy.is_intolerance or any(phrase in text for phrase in situation.formulary.reactions.get("intolerance", ())):
        return "intolerance"
    return "allergy"


def _against(situation: Situation, seat: Seat, allergy: Allergy, reaction: str) -> Draft | None:
    if _is_itself(seat, allergy):
        return _itself(situation, seat, allergy, reaction)
    if reaction == "intolerance":
        return None
    for group in situation.formulary.allergy_groups:
        member = group.members.get(seat.rules_entry.key)
        if member is None or not _names(group, allergy):
            continue
        same, cross, why, source = member
        severity = same if normal(allergy.substance) in group.words and allergy.key is None else cross
        if reaction != "severe" and severity == Severity.CONTRAINDICATED:
            severity = Severity.MAJOR
        told = f"{why}: cross-sensitivity with {allergy.substance}"
        return _draft(seat, allergy, severity, told, group.name, source, reaction)
    return None


def _is_itself(seat: Seat, allergy: Allergy) -> bool:
    text = normal(allergy.substance)
    return allergy.key in (seat.entry.key, seat.rules_entry.key) or text in (
        normal(seat.entry.key),
        *map(normal, seat.entry.aliases),
    )


def _names(group: AllergyGroup, allergy: Allergy) -> bool:
    return (
        allergy.key in group.members or normal(allergy.substance) in group.words or (allergy.key or "") in group.words
    )


def _itself(situation: Situation, seat: Seat, allergy: Allergy, reaction: str) -> Draft:
    numbers = situation.numbers
    severity = {"severe": numbers.allergy_severe, "allergy": numbers.allergy}.get(reaction, numbers.intolerance)
    word = "Intolerance" if reaction == "intolerance" else "Allergy"
    return _draft(
        seat, allergy, severity, f"{word} to {seat.entry.key} is on record", "itself", "the person's record", reaction
    )


def _draft(
    seat: Seat, allergy: Allergy, severity: Severity, summary: str, rule: str, source: str, reaction: str
) -> Draft:
    told = f" ({allergy.reaction})" if allergy.reaction else ""
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
        f"{summary}{told}",
        f"{action}. Allergy on record: {allergy.substance}{told}",
        f"allergy:{rule}",
        citation=source,
        confidence="textbook",
        onset="rapid (<24 h)",
        context=(f"{normal(allergy.substance)}: {reaction}",),
    )
