"""The drugs of a regimen with what every rule needs to know about each on that day."""

from collections.abc import Iterator
from decimal import Decimal
from typing import NamedTuple

from interactions.engine.attributes import Profile
from interactions.engine.catalogue import CatalogueDrug
from interactions.engine.formulary import Formulary
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Drug, Regimen
from interactions.engine.routes import LOCAL, SWALLOWED, Exposure

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
    profile: Profile | None = None
    """What it does at its dose; None where the active tables do not know it."""
    band: str = ""
    """Where the day's dose lies between the figures that the tables name; empty where that is not known."""
    exposure: Exposure = SWALLOWED
    """How much of it reaches the blood."""
    is_state: bool = False
    """Not prescribed: smoking, alcohol and the like, from what is on record about the person."""

    @property
    def is_local(self) -> bool:
        """It acts where it is put and hardly reaches the blood: nothing is judged of it but allergies."""
        return self.exposure.systemic == LOCAL


Pair = tuple[Seat, Seat]


def seated(regimen: Regimen, knowledge: Knowledge) -> tuple[list[Seat], list[Drug]]:
    """The drugs of the day that the catalogue knows, and those that it does not."""
    seats: list[Seat] = []
    strangers: list[Drug] = []
    catalogue = knowledge.catalogue.drugs
    for drug in regimen.drugs:
        if drug.started_on is not None and drug.started_on > regimen.day:
            continue
        days = max(0, (regimen.day - drug.stopped_on).days) if drug.stopped_on is not None else 0
        entry = catalogue.get(drug.key) if drug.key is not None else None
        if entry is not None:
            seats.append(_seat(len(seats), drug, entry, catalogue.get(entry.screened_as, entry), days))
        elif days < UNKNOWN_WASHOUT_DAYS:
            strangers.append(drug)
    taken = {seat.entry.key for seat in seats}
    for drug in _states(regimen, knowledge.formulary):
        entry = catalogue.get(drug.key or "")
        if entry is not None and entry.key not in taken:
            days = max(0, (regimen.day - drug.stopped_on).days) if drug.stopped_on is not None else 0
            seats.append(_seat(len(seats), drug, entry, entry, days)._replace(is_state=True))
    return _profiled(seats, knowledge.formulary), strangers


def _seat(place: int, drug: Drug, entry: CatalogueDrug, rules_entry: CatalogueDrug, days: int) -> Seat:
    washout = UNKNOWN_WASHOUT_DAYS if rules_entry.washout_days is None else rules_entry.washout_days
    return Seat(place, drug, entry, rules_entry, days, days <= 0, days <= 0 or days < washout)


def _states(regimen: Regimen, formulary: Formulary) -> Iterator[Drug]:
    """What about the person acts like a drug. Smoking that was given up counts from the day it was."""
    facts = regimen.facts
    for fact, value, key in formulary.states:
        state = getattr(facts, fact)
        changed_on = facts.smoking_changed_on if fact == "smoking" else None
        if state == value:
            yield Drug("", key, key, started_on=changed_on)
        elif state and changed_on is not None:
            yield Drug("", key, key, stopped_on=changed_on)


def _profiled(seats: list[Seat], formulary: Formulary) -> list[Seat]:
    """Each seat with what it does at the total dose of all prescriptions of its drug by routes that reach the blood."""
    exposures = [_exposure(seat, formulary) for seat in seats]
    totals: dict[str, Decimal] = {}
    for seat, exposure in zip(seats, exposures, strict=True):
        if seat.is_active and exposure.systemic != LOCAL and seat.drug.mg_per_day is not None:
            key = seat.rules_entry.key
            totals[key] = totals[key] + seat.drug.mg_per_day if key in totals else seat.drug.mg_per_day
    of, band = formulary.profiles.of, formulary.bands.of
    profiled = []
    for seat, exposure in zip(seats, exposures, strict=True):
        key = seat.rules_entry.key
        if exposure.systemic == LOCAL:
            profiled.append(Seat._make((*seat[:7], None, "", exposure, seat.is_state)))
            continue
        dose = totals.get(key, seat.drug.mg_per_day)
        told = "" if dose is None else band(key, dose)
        profiled.append(Seat._make((*seat[:7], of(key, seat.drug, dose), told, exposure, seat.is_state)))
    return profiled


def _exposure(seat: Seat, formulary: Formulary) -> Exposure:
    if not seat.drug.route and not seat.drug.form:
        return SWALLOWED
    entry = seat.entry
    codes = entry.ingredients or ((entry.rxcui,) if entry.rxcui is not None else ())
    return formulary.by_route.of(seat.drug.route, seat.drug.form, codes)
