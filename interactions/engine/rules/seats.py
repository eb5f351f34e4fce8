"""The drugs of a regimen with what every rule needs to know about each on that day."""

from typing import NamedTuple

from interactions.engine.catalogue import CatalogueDrug
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Drug, Regimen

UNKNOWN_WASHOUT_DAYS = 35
"""A stopped drug whose washout nobody knows is named as not checked for as long as the slowest common one counts."""


class Seat(NamedTuple):
    """One drug that the catalogue knows."""

    place: int
    drug: Drug
    entry: CatalogueDrug
    rules_entry: CatalogueDrug
    """The catalogue drug whose rules and washout speak for it; itself, unless it is screened as another."""
    days_since_stop: int
    """Days since the last dose; 0 while it is taken."""
    is_active: bool
    is_present: bool
    """Taken, or so recently stopped that ordinary screening still counts it."""


def seated(regimen: Regimen, knowledge: Knowledge) -> tuple[list[Seat], list[Drug]]:
    """The drugs of the day that the catalogue knows, and those that it does not."""
    seats: list[Seat] = []
    strangers: list[Drug] = []
    for drug in regimen.drugs:
        if drug.started_on is not None and drug.started_on > regimen.day:
            continue
        days = max(0, (regimen.day - drug.stopped_on).days) if drug.stopped_on is not None else 0
        entry = knowledge.catalogue.drugs.get(drug.key) if drug.key is not None else None
        if entry is not None:
            rules_entry = knowledge.catalogue.drugs.get(entry.screened_as, entry)
            washout = UNKNOWN_WASHOUT_DAYS if rules_entry.washout_days is None else rules_entry.washout_days
            is_present = days <= 0 or days < washout
            seats.append(Seat(len(seats), drug, entry, rules_entry, days, days <= 0, is_present))
        elif days < UNKNOWN_WASHOUT_DAYS:
            strangers.append(drug)
    return seats, strangers
