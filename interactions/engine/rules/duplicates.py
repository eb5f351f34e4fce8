"""The same thing twice: one ingredient in two products, or two drugs of a class of which one is enough."""

import re
from collections.abc import Iterator
from datetime import timedelta
from itertools import combinations

from interactions.engine.rules.draft import Draft
from interactions.engine.rules.seats import Seat
from interactions.engine.rules.situation import Situation

KIND = PROBLEM = "duplicate_therapy"
SLOW = re.compile(r"\b(?:ER|XR|XL|SR|CR|LA|extended)\b", re.IGNORECASE)


def drafts(situation: Situation, judged: set[tuple[int, int, str]]) -> Iterator[Draft]:
    """Duplicates on which no rule was written; two strengths of one drug, a switch and a planned overlap are none."""
    for a, b in _alike(situation):
        is_ruled = (a.place, b.place, PROBLEM) in judged and a.rules_entry.key != b.rules_entry.key
        if is_ruled or is_planned(situation, a, b):
            continue
        found = _same_drug(situation, a, b) or _same_ingredient(situation, a, b) or _same_class(situation, a, b)
        if found is not None:
            yield found


def _alike(situation: Situation) -> list[tuple[Seat, Seat]]:
    """Pairs of seats that share an ingredient, a drug or a class of which one is enough."""
    groups: dict[object, list[Seat]] = {}
    for seat in situation.known:
        if seat.is_active and not seat.is_state:
            for mark in _marks(situation, seat):
                groups.setdefault(mark, []).append(seat)
    pairs = {(a.place, b.place) for group in groups.values() if len(group) > 1 for a, b in combinations(group, 2)}
    return [(situation.seats[a], situation.seats[b]) for a, b in sorted(pairs)]


def _marks(situation: Situation, seat: Seat) -> tuple[object, ...]:
    """What makes two drugs alike: the drug itself, its ingredients, the classes of which one is enough; remembered."""
    alike = situation.memory.alike
    known = alike.get(seat.entry.key)
    if known is None:
        marks = {seat.rules_entry.key, *seat.entry.ingredients, *_classes(situation, seat)}
        known = alike[seat.entry.key] = tuple(marks)
    return known


def is_planned(situation: Situation, a: Seat, b: Seat) -> bool:
    """A documented switch under way, or the oral overlap of a long-acting injection."""
    if frozenset({a.drug.ref, b.drug.ref}) in situation.facts.labelled_overlaps:
        return True
    return situation.is_switch(a.drug, b.drug)


def overlaps(situation: Situation) -> frozenset[frozenset[str]]:
    """Pairs of refs of an injection within its planned oral overlap and a tablet of the same substance."""
    days = situation.formulary.overlaps
    found = set()
    for depot in situation.seats:
        start = depot.drug.started_on
        if depot.rules_entry.key not in days or not depot.is_active or start is None:
            continue
        if situation.day - start > timedelta(days=days[depot.rules_entry.key]):
            continue
        found |= {
            frozenset({depot.drug.ref, other.drug.ref})
            for other in situation.seats
            if other is not depot and not other.rules_entry.is_long_acting
        }
    return frozenset(found)


def _same_drug(situation: Situation, a: Seat, b: Seat) -> Draft | None:
    """Ordered a second time as if it were new: in the same form, and as much of it or under another name.

    Another strength under one name belongs to the first order; a booster of a stimulant is meant.
    """
    if a.rules_entry.key != b.rules_entry.key or situation.action.kind != "start":
        return None
    if not (a.drug.ref in situation.action.refs or b.drug.ref in situation.action.refs):
        return None
    if _release(a.drug.form) != _release(b.drug.form) or a.drug.route != b.drug.route:
        return None
    is_other_name = a.drug.ordered_as != b.drug.ordered_as and not _is_boosted(a)
    if not is_other_name and a.drug.mg_per_day and b.drug.mg_per_day and a.drug.mg_per_day != b.drug.mg_per_day:
        return None
    return Draft(
        KIND,
        PROBLEM,
        situation.numbers.same_drug_twice,
        (a.rules_entry.key,),
        f"{a.entry.key} is already taken",
        "Change the dose of the present order instead of starting a second one",
        "D18",
        "Same ingredient ordered twice",
    )


def _release(form: str) -> str:
    """ "extended" for whatever releases slowly, else the form as it is written."""
    return "extended" if SLOW.search(form) else form.casefold()


def _is_boosted(seat: Seat) -> bool:
    return seat.profile is not None and "boosted" in seat.profile.sets


def _same_ingredient(situation: Situation, a: Seat, b: Seat) -> Draft | None:
    if a.rules_entry.key == b.rules_entry.key or set(a.entry.ingredients).isdisjoint(b.entry.ingredients):
        return None
    has_depot = a.rules_entry.is_long_acting != b.rules_entry.is_long_acting
    return Draft(
        KIND,
        PROBLEM,
        situation.numbers.same_ingredient_depot if has_depot else situation.numbers.same_ingredient_twice,
        (a.rules_entry.key, b.rules_entry.key),
        f"{' and '.join(sorted((a.entry.key, b.entry.key)))} hold the same ingredient",
        "Stop the tablets once the planned overlap is over" if has_depot else "Use one product; add up the doses",
        "D18",
        "Same ingredient in two products",
    )


def _classes(situation: Situation, seat: Seat) -> set[str]:
    """The classes of the drug of which one is enough: its own, and the sets that it belongs to."""
    known = situation.formulary.duplicate_classes
    found = {seat.rules_entry.drug_class} & known.keys()
    if seat.profile is not None:
        found |= {f"set:{name}" for name in seat.profile.sets} & known.keys()
    return found


def _same_class(situation: Situation, a: Seat, b: Seat) -> Draft | None:
    if a.rules_entry.key == b.rules_entry.key:
        return None
    shared = sorted(_classes(situation, a) & _classes(situation, b))
    if not shared:
        return None
    severity, action, source = situation.formulary.duplicate_classes[shared[0]]
    named = shared[0].removeprefix("set:").replace("_", " ")
    return Draft(
        KIND,
        PROBLEM,
        severity,
        (a.rules_entry.key, b.rules_entry.key),
        f"{' and '.join(sorted((a.entry.key, b.entry.key)))}: two of the class {named}",
        action,
        "D18",
        "Two drugs of one class",
        citation=source,
        confidence="textbook",
    )
