"""What could be given instead: drugs of the same class that would not trip the card, found by running the check."""

from dataclasses import replace

from interactions.engine.catalogue import CatalogueDrug
from interactions.engine.check import check
from interactions.engine.findings import Card, Judgement
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Drug, Regimen
from interactions.engine.severity import Severity

MOST = 5
KINDS = {"start", "change_dose", "resume"}


def alternatives_for(regimen: Regimen, judgement: Judgement, knowledge: Knowledge) -> dict[str, str]:
    """By card that interrupts: a sentence with the drugs that would not; nothing where there is none or no order."""
    if regimen.action.kind not in KINDS:
        return {}
    ordered = next((drug for drug in regimen.drugs if drug.ref in regimen.action.refs and drug.key), None)
    loud = [card for card in judgement.cards if card.is_interruptive]
    if ordered is None or not loud:
        return {}
    tried = {entry.key: _cards(regimen, ordered, entry, knowledge) for entry in _like(ordered, knowledge)}
    worst = {key: max((card.severity for card in cards), default=Severity.UNGRADED) for key, cards in tried.items()}
    return {card.name: text for card in loud if (text := _sentence(card, tried, worst))}


def _like(ordered: Drug, knowledge: Knowledge) -> list[CatalogueDrug]:
    """Other drugs of its class that the rules know, long-acting only for long-acting."""
    entry = knowledge.catalogue.drugs[ordered.key or ""]
    return [
        other
        for other in knowledge.catalogue.drugs.values()
        if other.in_rules
        and other.drug_class == entry.drug_class
        and entry.drug_class
        and other.key != entry.key
        and other.is_long_acting == entry.is_long_acting
        and set(other.ingredients).isdisjoint(entry.ingredients)
    ]


def _cards(regimen: Regimen, ordered: Drug, entry: CatalogueDrug, knowledge: Knowledge) -> tuple[Card, ...]:
    """The cards that name the drug when it stands in the ordered one's place, at its usual dose."""
    other = Drug(ordered.ref, entry.name, entry.key, entry.rxcui, ordered.route, ordered.form,
                 started_on=ordered.started_on, stopped_on=ordered.stopped_on, changed_on=ordered.changed_on,
                 food=ordered.food, ordered=ordered.ordered, alongside=ordered.alongside)  # fmt: skip
    drugs = tuple(other if one.ref == ordered.ref else one for one in regimen.drugs)
    found = check(replace(regimen, drugs=drugs), knowledge).cards
    return tuple(card for card in found if entry.key in card.drugs)


def _sentence(card: Card, tried: dict[str, tuple[Card, ...]], worst: dict[str, Severity]) -> str:
    free = [
        key
        for key, cards in tried.items()
        if worst[key] <= Severity.MODERATE
        and not any(_is_same(other, card) and other.severity >= Severity.MODERATE for other in cards)
    ]
    best = sorted(free, key=lambda key: (worst[key], key))[:MOST]
    return f"Of the same class and without this alert here: {', '.join(best)}" if best else ""


def _is_same(other: Card, card: Card) -> bool:
    return other.name.partition(":")[0] == card.name.partition(":")[0]
