"""Which of the drugs taken when a side effect began may have caused it, ranked, with reasons in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from interactions.engine.catalogue import normal
from interactions.engine.knowledge import Knowledge, SideEffectTerm

LIKELIHOOD_POINTS = {"very_common": 40, "common": 30, "uncommon": 20, "rare": 10}
CHANGE_SOON_DAYS = 14
CHANGE_RECENT_DAYS = 42


@dataclass(frozen=True, slots=True)
class Exposure:
    """One drug that was taken on the day the side effect began."""

    ref: str
    name: str
    key: str | None
    since: date | None
    """First day of this course; None when not on record."""
    dose_raised_on: date | None = None
    """The last rise of the dose on or before that day."""


@dataclass(frozen=True, slots=True)
class Ranked:
    """A suspect; a higher score is a stronger suspicion, 0 means that nothing speaks for it."""

    ref: str
    score: int
    reasons: tuple[str, ...]


def rank(term: str, began_on: date, taken: Sequence[Exposure], knowledge: Knowledge) -> tuple[Ranked, ...]:
    """Every exposure, strongest suspicion first. An unknown term is ranked by timing alone, and says so."""
    known = find_term(term, knowledge)
    ranked = [_ranked(known, began_on, exposure, knowledge) for exposure in taken]
    return tuple(sorted(ranked, key=lambda one: (-one.score, one.ref)))


def find_term(text: str, knowledge: Knowledge) -> SideEffectTerm | None:
    """The side effect by its code, its name or its plain label; None when the active knowledge has no such term."""
    wanted = normal(text)
    for term in knowledge.terms:
        if wanted in (normal(term.term_id), normal(term.name), normal(term.plain)):
            return term
    return None


def _ranked(term: SideEffectTerm | None, began_on: date, exposure: Exposure, knowledge: Knowledge) -> Ranked:
    likely, why_likely = _likelihood(term, exposure, knowledge)
    timely, why_timely = _timing(term, began_on, exposure)
    return Ranked(exposure.ref, likely + timely, (why_likely, *why_timely))


def _likelihood(term: SideEffectTerm | None, exposure: Exposure, knowledge: Knowledge) -> tuple[int, str]:
    if term is None:
        return 0, "This side effect is not in the active knowledge: ranked by timing alone."
    entry = knowledge.catalogue.drugs.get(exposure.key) if exposure.key is not None else None
    if entry is None:
        return 0, f"{exposure.name} is not in the active knowledge: ranked by timing alone."
    names = knowledge.catalogue.keys_of(entry)
    told = [likelihood for selector, likelihood in term.associations if _selects(selector, names, knowledge)]
    if not told:
        return 0, f"{term.name} is not among the listed effects of {entry.name}."
    best = max(told, key=lambda likelihood: LIKELIHOOD_POINTS.get(likelihood, 0))
    return LIKELIHOOD_POINTS.get(best, 0), f"{term.name} is a {best.replace('_', ' ')} effect of {entry.name}."


def _selects(selector: str, names: frozenset[str], knowledge: Knowledge) -> bool:
    if selector.startswith("set:"):
        return not names.isdisjoint(knowledge.sets.get(selector.removeprefix("set:"), frozenset()))
    return selector in names


def _timing(term: SideEffectTerm | None, began_on: date, exposure: Exposure) -> tuple[int, tuple[str, ...]]:
    """Points and reasons for how the start, or the last rise of the dose, stands to the day it began."""
    changes = [("dose raised", exposure.dose_raised_on), ("started", exposure.since)]
    dated = [(what, (began_on - day).days) for what, day in changes if day is not None and day <= began_on]
    if not dated:
        return 0, ("When it was started is not on record.",)
    scored = [(_points(term, days), -days, _told(term, what, days)) for what, days in dated]
    points = max(scored)[0]
    return points, tuple(reason for _, _, reason in scored)


def _points(term: SideEffectTerm | None, days: int) -> int:
    soon = 30 if days <= CHANGE_SOON_DAYS else 15 if days <= CHANGE_RECENT_DAYS else 0
    if term is None or term.onset_days_min is None or term.onset_days_max is None:
        return soon
    if not term.onset_days_min <= days <= term.onset_days_max:
        return soon // 3
    return soon + 10


def _told(term: SideEffectTerm | None, what: str, days: int) -> str:
    when = "on the day" if days == 0 else f"{days} {'day' if days == 1 else 'days'} before"
    told = f"It was {what} {when} this began" if what == "started" else f"Its dose was raised {when} this began"
    if term is None or term.onset_days_min is None or term.onset_days_max is None:
        return f"{told}."
    if days < term.onset_days_min:
        return f"{told}, sooner than usual (day {term.onset_days_min} to {term.onset_days_max})."
    if days > term.onset_days_max:
        return f"{told}, later than usual (day {term.onset_days_min} to {term.onset_days_max})."
    return f"{told}, within the usual time (day {term.onset_days_min} to {term.onset_days_max})."
