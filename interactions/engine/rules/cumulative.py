"""Risks that add up over the whole regimen (C04 to C18), each with the share of every drug in words."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from interactions.engine.rules import burdens
from interactions.engine.rules.draft import Draft
from interactions.engine.rules.loads import calmed, draft, load_of, of_shares
from interactions.engine.rules.shares import shares_of, slight
from interactions.engine.rules.situation import Situation


def drafts(situation: Situation) -> Iterator[Draft]:
    """Every cumulative risk of what is taken on the day."""
    for rule in (_serotonin, _qt, _sedation, _anticholinergic, _bleeding, _kidney, _metabolic, _older, _pathways):
        yield from rule(situation)
    yield from burdens.drafts(situation)


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


def _flat(lists: Iterable[list[str]]) -> Iterator[str]:
    for one in lists:
        yield from one
