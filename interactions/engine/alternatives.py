"""What could be given instead: what the policy of the release offers and does not forbid here, tried by the check.

That no rule speaks of a drug is no reason to offer it: what stands in no row is never a suggestion.
"""

from collections.abc import Iterable
from dataclasses import replace

from interactions.engine import person
from interactions.engine.alternative_tables import Alternative
from interactions.engine.catalogue import CatalogueDrug
from interactions.engine.check import check, situation_of
from interactions.engine.findings import Card, Judgement
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Drug, Regimen
from interactions.engine.rules import doses
from interactions.engine.severity import Severity

MOST = 5
KINDS = {"start", "change_dose", "resume"}
Tried = dict[str, tuple[Card, ...]]


def alternatives_for(regimen: Regimen, judgement: Judgement, knowledge: Knowledge) -> dict[str, str]:
    """By card that interrupts: a sentence with what may stand in the ordered drug's place; nothing without an order."""
    if regimen.action.kind not in KINDS:
        return {}
    ordered = next((drug for drug in regimen.drugs if drug.ref in regimen.action.refs and drug.key), None)
    loud = [card for card in judgement.cards if card.is_interruptive]
    if ordered is None or not loud:
        return {}
    policy = _holding(regimen, ordered, knowledge)
    tried: Tried = {}
    return {card.name: text for card in loud if (text := _sentence(card, policy, regimen, ordered, knowledge, tried))}


def _holding(regimen: Regimen, ordered: Drug, knowledge: Knowledge) -> list[tuple[Alternative, bool]]:
    """The rows that speak of this drug and this person, each with whether it surely does: what is not known forbids,
    and offers nothing."""
    situation = situation_of(regimen, knowledge)
    seats = [(seat, profile) for seat, profile in situation.active if seat.drug.ref == ordered.ref]
    if not seats:
        return []
    view = doses.view_of(situation, *seats[0])
    asked = [(row, person.holds(row.when, view).holds) for row in knowledge.formulary.alternatives
             if not row.ordered or view.profile.key in row.ordered]  # fmt: skip
    return [(row, bool(holds)) for row, holds in asked if holds is not False]


def _sentence(card: Card, policy: list[tuple[Alternative, bool]], regimen: Regimen, ordered: Drug,
              knowledge: Knowledge, tried: Tried) -> str:  # fmt: skip
    rows = [(row, surely) for row, surely in policy if row.problem in ("", card.problem)]
    never = {key for row, _ in rows for key in row.never}
    for particular in (True, False):
        offers = (key for row, surely in rows if surely and row.is_particular is particular for key in row.offers)
        free = [key for key in dict.fromkeys(offers) if key not in never
                and _is_free(key, card, regimen, ordered, knowledge, tried)]  # fmt: skip
        if free:
            return f"By policy, and tried for this patient: {', '.join(free[:MOST])}"
    return ""


def _is_free(key: str, card: Card, regimen: Regimen, ordered: Drug, knowledge: Knowledge, tried: Tried) -> bool:
    """Whether it is another drug than all that is taken, brings up nothing major, and not this card again."""
    entry = knowledge.catalogue.drugs.get(key)
    if entry is None or not _is_new(entry, regimen.drugs, knowledge):
        return False
    if key not in tried:
        tried[key] = _cards(regimen, ordered, entry, knowledge)
    again = [other for other in tried[key] if _is_same(other, card) and other.severity >= Severity.MODERATE]
    return not again and all(other.severity <= Severity.MODERATE for other in tried[key])


def _is_new(entry: CatalogueDrug, drugs: Iterable[Drug], knowledge: Knowledge) -> bool:
    taken = [knowledge.catalogue.drugs[drug.key] for drug in drugs if drug.key in knowledge.catalogue.drugs]
    return all(one.key != entry.key and set(one.ingredients).isdisjoint(entry.ingredients) for one in taken)


def _cards(regimen: Regimen, ordered: Drug, entry: CatalogueDrug, knowledge: Knowledge) -> tuple[Card, ...]:
    """The cards that name the drug when it stands in the ordered one's place, at its usual dose."""
    other = Drug(ordered.ref, entry.name, entry.key, entry.rxcui, "" if entry.is_long_acting else ordered.route, "",
                 started_on=ordered.started_on, stopped_on=ordered.stopped_on, changed_on=ordered.changed_on,
                 food=ordered.food, ordered=ordered.ordered, alongside=ordered.alongside)  # fmt: skip
    drugs = tuple(other if one.ref == ordered.ref else one for one in regimen.drugs)
    found = check(replace(regimen, drugs=drugs), knowledge).cards
    return tuple(card for card in found if entry.key in card.drugs)


def _is_same(other: Card, card: Card) -> bool:
    return other.name.partition(":")[0] == card.name.partition(":")[0]
