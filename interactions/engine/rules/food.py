"""Food where absorption depends on it: how a drug is taken against how it is to be taken."""

import re

from interactions.engine.findings import NotChecked
from interactions.engine.formulary import FoodRule
from interactions.engine.rules.draft import Draft
from interactions.engine.rules.seats import Seat
from interactions.engine.rules.situation import Situation
from interactions.engine.severity import Severity

WORDS = {"with_food": "with food", "without_food": "without food"}
MISSING = "whether {} is taken with food"
NEEDED = "not on record, and its absorption depends on it"


def judge(situation: Situation) -> tuple[list[Draft], list[NotChecked]]:
    """What is taken the other way round, and where it matters, what nobody recorded."""
    found: list[Draft] = []
    missing: list[NotChecked] = []
    for seat, profile in situation.active:
        for rule in situation.formulary.food.get(profile.key, ()):
            taken = seat.drug.food or situation.facts.food
            if rule.form and not re.search(rf"\b(?:{rule.form})\b", seat.drug.form, re.IGNORECASE):
                continue
            if taken and taken != rule.wants:
                found.append(_draft(situation, rule, seat, taken))
            elif not taken and rule.severity >= Severity.MODERATE:
                name = situation.name(profile.key)
                missing.append(NotChecked(situation.refs(profile.key), MISSING.format(name), NEEDED))
    return found, missing


def _draft(situation: Situation, rule: FoodRule, seat: Seat, taken: str) -> Draft:
    key = seat.rules_entry.key
    return Draft(
        "interaction",
        rule.problem,
        rule.severity,
        (key,),
        f"{situation.name(key)} is taken {WORDS[taken]}: {rule.why}",
        rule.action,
        rule.rule_id,
        rule.why,
        "rapid (<24 h)",
        citation=rule.source,
        confidence=rule.confidence,
        factors=(f"taken {WORDS[taken]}",),
        context=(taken,),
    )
