"""Further risks of the whole regimen: seizures, low sodium, low blood pressure, dopamine, lithium (C08 to C18)."""

from collections.abc import Iterator
from dataclasses import replace

from interactions.engine.rules.draft import Draft
from interactions.engine.rules.loads import calmed, draft, load_of, of_shares
from interactions.engine.rules.shares import keys, shares_of, slight
from interactions.engine.rules.situation import Situation


def drafts(situation: Situation) -> Iterator[Draft]:
    """Each names every contributor with its share; a pair alone is left to the rules on pairs."""
    for rule in (_seizures, _sodium, _pressure, _dopamine, _lithium):
        yield from rule(situation)


def _seizures(situation: Situation) -> Iterator[Draft]:
    shares = shares_of(situation, "seizure")
    load = load_of(situation, "C08", len(shares), shares)
    if load is not None:
        found = of_shares(situation, "C08", load, shares)
        yield replace(calmed(situation, found, load, shares) or found, slight=slight(shares))


def _sodium(situation: Situation) -> Iterator[Draft]:
    shares = shares_of(situation, "hyponatraemia")
    load = load_of(situation, "C10", len(shares), shares)
    if load is None:
        return
    risks = situation.older | situation.low_sodium
    found = replace(of_shares(situation, "C10", load, shares), slight=slight(shares))
    in_range = ("sodium", situation.numbers.sodium_in_range_from, None)
    calm = None if situation.low_sodium else calmed(situation, found, load, shares, in_range)
    severity = load.raised if risks else load.severity
    yield calm or replace(found, severity=severity, factors=tuple(risks.values()), context=tuple(risks))


def _pressure(situation: Situation) -> Iterator[Draft]:
    shares = shares_of(situation, "orthostasis")
    load = load_of(situation, "C11", len(shares), shares)
    if load is None:
        return
    found = of_shares(situation, "C11", load, shares, case="older" if situation.is_older else "")
    calm = calmed(situation, found, load, shares)
    yield replace(calm or replace(found, context=tuple(situation.older)), slight=slight(shares))


def _dopamine(situation: Situation) -> Iterator[Draft]:
    agonists = keys(shares_of(situation, "dopamine_agonist", at_least=3))
    blockers = shares_of(situation, "dopamine_antagonist")
    load = load_of(situation, "C12", len(blockers), blockers) if agonists else None
    if load is not None:
        found = of_shares(situation, "C12", load, blockers, agonists=" and ".join(agonists))
        yield replace(found, keys=(*agonists, *keys(blockers)))


def _lithium(situation: Situation) -> Iterator[Draft]:
    salts = [profile.key for _, profile in situation.active if "lithium" in profile.sets]
    raising = [profile.key for _, profile in situation.active if profile.lithium_effect == "raises"]
    load = load_of(situation, "C18", len(raising)) if salts else None
    if load is not None:
        said: dict[str, object] = {"count": len(raising), "drug": salts[0], "listed": ", ".join(raising)}
        yield draft(situation, "C18", load, (*salts, *raising), said)
