"""Risks that add up over the whole regimen (C04 to C18), each with the share of every drug in words."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from interactions.engine.rules.draft import Draft
from interactions.engine.rules.loads import calmed, draft, keys, load_of, of_shares, shares_of, slight
from interactions.engine.rules.situation import Situation


def drafts(situation: Situation) -> Iterator[Draft]:
    """Each names every contributor with its share; a pair alone is left to the rules on pairs."""
    for rule in RULES:
        yield from rule(situation)


def _serotonin(situation: Situation) -> Iterator[Draft]:
    shares = shares_of(situation, "serotonergic")
    load = load_of(situation, "C04", len(shares), shares)
    if load is not None:
        yield replace(of_shares(situation, "C04", load, shares), slight=slight(shares))


def _qt(situation: Situation) -> Iterator[Draft]:
    shares = shares_of(situation, "qt")
    load = load_of(situation, "C05", len(shares), shares)
    if load is None:
        return
    risk = [*situation.qt_risks.values(), *situation.older.values()]
    if situation.facts.sex[:1].upper() == "F":
        risk.append("female sex")
    found = of_shares(situation, "C05", load, shares, case="at risk" if risk else "", risks=", ".join(risk))
    yield replace(found, context=tuple(situation.qt_risks), slight=() if situation.qt_risks else slight(shares))


def _sedation(situation: Situation) -> Iterator[Draft]:
    shares = shares_of(situation, "cns", at_least=2)
    load = load_of(situation, "C06", len(shares), shares)
    if load is not None:
        found = of_shares(situation, "C06", load, shares)
        yield calmed(situation, found, load, shares) or found


def _anticholinergic(situation: Situation) -> Iterator[Draft]:
    shares = shares_of(situation, "anticholinergic")
    load = load_of(situation, "C07", len(shares), shares)
    if load is None:
        return
    found = of_shares(situation, "C07", load, shares, case="older" if situation.is_older else "")
    found = calmed(situation, found, load, shares) or found
    yield replace(found, context=(*found.context, *situation.older), slight=slight(shares))


def _bleeding(situation: Situation) -> Iterator[Draft]:
    shares = shares_of(situation, "bleeding")
    load = load_of(situation, "C09", len(shares), shares)
    if load is not None:
        yield of_shares(situation, "C09", load, shares)


def _kidney(situation: Situation) -> Iterator[Draft]:
    """An NSAID, a renin-angiotensin drug and a diuretic: the three sides count, not how many drugs there are."""

    def playing(role: str) -> list[str]:
        return [profile.key for _, profile in situation.active if role in profile.sets]

    sides = playing("nsaid"), playing("raas"), playing("diuretic")
    load = load_of(situation, "C13", sum(map(bool, sides)))
    if load is not None:
        lithium = playing("lithium")
        drugs = (*lithium, *_flat(sides))
        yield draft(situation, "C13", load, drugs, {}, case="lithium" if lithium else "")


def _metabolic(situation: Situation) -> Iterator[Draft]:
    shares = shares_of(situation, "metabolic")
    load = load_of(situation, "C16", len(shares), shares)
    if load is not None:
        yield of_shares(situation, "C16", load, shares)


def _older(situation: Situation) -> Iterator[Draft]:
    found = [profile for _, profile in situation.active if profile.beers]
    load = load_of(situation, "C17", len(found))
    if load is None:
        return
    listed = ", ".join(f"{profile.key} ({profile.beers.replace('_', ' ')})" for profile in found)
    drugs = tuple(profile.key for profile in found)
    made = draft(situation, "C17", load, drugs, {"count": len(found), "listed": listed})
    yield replace(made, factors=tuple(situation.older.values()), context=tuple(situation.older))


def _pathways(situation: Situation) -> Iterator[Draft]:
    """Two pathways of one drug strongly blocked by two others: one tier above what each does alone."""
    for _, victim in situation.active:
        ways = victim.ways
        if not ways:
            continue
        blocking = {
            enzyme: [one.key for _, one in situation.active if one is not victim and one.inhibits.get(enzyme) == 3]
            for enzyme in ways
        }
        blocked = {enzyme: by for enzyme, by in blocking.items() if by}
        perpetrators = set(_flat(blocked.values()))
        load = load_of(situation, "D01", min(len(blocked), len(perpetrators)))
        if load is None:
            continue
        listed = "; ".join(f"{enzyme} by {' and '.join(by)}" for enzyme, by in sorted(blocked.items()))
        said: dict[str, object] = {"drug": victim.key, "listed": listed}
        yield draft(situation, "D01", load, (victim.key, *sorted(perpetrators)), said)


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


def _flat(lists: Iterable[list[str]]) -> Iterator[str]:
    for one in lists:
        yield from one


RULES = (
    _serotonin, _qt, _sedation, _anticholinergic, _bleeding, _kidney, _metabolic, _older, _pathways,
    _seizures, _sodium, _pressure, _dopamine, _lithium,
)  # fmt: skip
