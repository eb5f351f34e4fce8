"""The same thing twice: one ingredient in two products, or two drugs of a class of which one is enough."""

import re
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from itertools import combinations, groupby

from interactions.engine.catalogue import normal
from interactions.engine.regimen import Drug, is_meant
from interactions.engine.rules.draft import Draft
from interactions.engine.rules.pairs import PairWords
from interactions.engine.rules.seats import Seat
from interactions.engine.rules.situation import Situation
from interactions.engine.severity import Severity

KIND = PROBLEM = "duplicate_therapy"
SLOW = re.compile(r"\b(?:ER|XR|XL|SR|CR|LA|extended)\b", re.IGNORECASE)


def drafts(situation: Situation, told: PairWords, strangers: Sequence[Drug]) -> Iterator[Draft]:
    """Duplicates of which no rule has spoken; a switch, a planned overlap and two lines that are meant are none."""
    spoken = {finding.drugs for finding in told.findings if finding.problem == PROBLEM}
    for a, b in _alike(situation):
        if is_planned(situation, a, b) or tuple(sorted((a.entry.key, b.entry.key))) in spoken:
            continue
        is_ruled = (a.place, b.place, PROBLEM) in told.judged and a.entry.key != b.entry.key
        if not a.entry.shares_with(b.entry):
            found = None if is_ruled else _same_class(situation, a, b)
        elif is_meant(a.drug, b.drug) or (is_ruled and _is_standing(situation, a, b)):
            found = None
        else:
            found = _same_drug(situation, a, b) or _same_ingredient(situation, a, b)
        if found is not None:
            yield found
    yield from _same_name(strangers)


def _same_name(strangers: Sequence[Drug]) -> Iterator[Draft]:
    """A name that the knowledge does not know, ordered once more."""
    taken = sorted((one for one in strangers if one.stopped_on is None), key=lambda one: normal(one.name))
    for name, group in groupby(taken, key=lambda one: normal(one.name)):
        for a, b in combinations(group, 2):
            if is_meant(a, b) is False:
                yield _twice(Severity.MAJOR, name, a, b)


def _alike(situation: Situation) -> list[tuple[Seat, Seat]]:
    """Pairs of seats that share an ingredient, a drug or a class of which one is enough."""
    groups: dict[object, list[Seat]] = {}
    for seat in situation.seats:
        if seat.is_active and not seat.is_state:
            for mark in _marks(situation, seat):
                groups.setdefault(mark, []).append(seat)
    pairs = {(a.place, b.place) for group in groups.values() if len(group) > 1 for a, b in combinations(group, 2)}
    return [(situation.seats[a], situation.seats[b]) for a, b in sorted(pairs)]


def _marks(situation: Situation, seat: Seat) -> tuple[object, ...]:
    """What makes two drugs alike: the drug itself, its ingredients, the classes of which one is enough; remembered."""
    alike = situation.memory.alike
    mark = f"{seat.entry.key} on the spot" if seat.is_local else seat.entry.key
    known = alike.get(mark)
    if known is None:
        marks: set[object] = {seat.rules_entry.key, *seat.entry.ingredients}
        if seat.is_local:
            known = tuple((seat.exposure.route_class, one) for one in marks)
        else:
            known = tuple(marks | _classes(situation, seat))
        alike[mark] = known
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
        lasts = days.get(depot.rules_entry.key)
        if not lasts or not depot.is_active or start is None or situation.day - start > timedelta(days=lasts):
            continue
        found |= {
            frozenset({depot.drug.ref, other.drug.ref})
            for other in situation.seats
            if other is not depot and not other.rules_entry.is_long_acting
        }
    return frozenset(found)


def _same_drug(situation: Situation, a: Seat, b: Seat) -> Draft | None:
    """Ordered a second time, and nobody said that both are meant.

    Where nobody was asked, only what is ordered as if it were new: in the same form, and as much of it or under another
    name. Another strength under one name then belongs to the first order; a booster of a stimulant is meant.
    """
    if a.entry.key != b.entry.key:
        return None
    if is_meant(a.drug, b.drug) is None and not _is_ordered_as_new(situation, a, b):
        return None
    return _twice(situation.numbers.same_drug_twice, a.rules_entry.key, a.drug, b.drug)


def _is_standing(situation: Situation, a: Seat, b: Seat) -> bool:
    """Neither is started now, and nobody was asked when they were."""
    is_started = situation.action.kind == "start" and not situation.action.refs.isdisjoint((a.drug.ref, b.drug.ref))
    return not is_started and is_meant(a.drug, b.drug) is None


def _is_ordered_as_new(situation: Situation, a: Seat, b: Seat) -> bool:
    if _is_standing(situation, a, b):
        return False
    if _release(a.drug.form) != _release(b.drug.form) or a.drug.route != b.drug.route:
        return False
    is_other_name = a.drug.ordered_as != b.drug.ordered_as and not _is_boosted(a)
    return is_other_name or not (a.drug.mg_per_day and b.drug.mg_per_day and a.drug.mg_per_day != b.drug.mg_per_day)


def _twice(severity: Severity, key: str, a: Drug, b: Drug) -> Draft:
    """One drug on two lines, with what is taken of it in all."""
    doses = [one.mg_per_day for one in (a, b) if one.mg_per_day]
    sum_of_both = f": {' and '.join(map(_plain, doses))} mg a day" if len(doses) > 1 else ""
    return Draft(
        KIND,
        PROBLEM,
        severity,
        (key,),
        f"{key} is already taken{sum_of_both}{f', {_plain(sum(doses, Decimal()))} mg in all' if sum_of_both else ''}",
        "Change the dose of the present order instead of starting a second one, or order it as meant beside the first",
        "D18",
        "Same ingredient ordered twice",
        refs=(a.ref, b.ref),
        context=_lines(a, b),
    )


def _plain(number: Decimal) -> str:
    return f"{number.normalize():f}"


def _lines(a: Drug, b: Drug) -> tuple[str, ...]:
    """An answer for these two lines speaks for no third one."""
    return () if is_meant(a, b) is None else (f"lines {' '.join(sorted((a.ref, b.ref)))}",)


def _release(form: str) -> str:
    """ "extended" for whatever releases slowly, else the form as it is written."""
    return "extended" if SLOW.search(form) else form.casefold()


def _is_boosted(seat: Seat) -> bool:
    return seat.profile is not None and "boosted" in seat.profile.sets


def _same_ingredient(situation: Situation, a: Seat, b: Seat) -> Draft | None:
    if a.entry.key == b.entry.key:
        return None
    has_depot = a.rules_entry.is_long_acting != b.rules_entry.is_long_acting
    is_standing = _is_standing(situation, a, b)
    numbers = situation.numbers
    return Draft(
        KIND,
        PROBLEM,
        numbers.same_ingredient_depot if has_depot and is_standing else numbers.same_ingredient_twice,
        (a.rules_entry.key, b.rules_entry.key),
        f"{' and '.join(sorted((a.entry.key, b.entry.key)))} hold the same ingredient",
        "Stop the tablets once the planned overlap is over" if has_depot else "Use one product; add up the doses",
        "D18",
        "Same ingredient in two products",
        refs=(a.drug.ref, b.drug.ref),
        context=_lines(a.drug, b.drug),
    )


def _classes(situation: Situation, seat: Seat) -> set[str]:
    """The classes of the drug of which one is enough: its own, and the sets that it belongs to."""
    known = situation.formulary.duplicate_classes
    found = {seat.rules_entry.drug_class} & known.keys()
    if seat.profile is not None:
        found |= {f"set:{name}" for name in seat.profile.sets} & known.keys()
    return found


def _same_class(situation: Situation, a: Seat, b: Seat) -> Draft | None:
    known = situation.formulary.duplicate_classes
    shared = max(_classes(situation, a) & _classes(situation, b), key=lambda one: (known[one][0], one), default="")
    if not shared:
        return None
    severity, action, source = known[shared]
    named = shared.removeprefix("set:").removeprefix("same_moiety_").replace("_", " ")
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
