"""Turns a patient's medication requests into courses: when each was begun, and when it ended.

Pure. A FHIR R4 MedicationRequest says when it was ordered and whether it still runs, and seldom when it ended. An end
that it gives counts. What else is assumed, and said again in the note of every change and in the report:

1. Requests for the same product are one course with continued supply if the next one came within CONTINUED_WITHIN and
   the reason for the earlier one had not ended before it. Otherwise they are episodes of their own. Two that both
   still run are one course if they say the same, else two that add up, unless one says that it follows the other.
2. A request that no longer runs ended on the first of these days that is known: the day its reason (a Condition)
   abated; else the day of the patient's next contact on file (any other request or condition), at most a year after
   the last order, which is how long a prescription is valid in most US states, and at most the last day on file.
3. Nothing is taken after the day of death. A request that runs on has no end.
4. The day of an end is the first day without the medicine, and never the day of the start itself.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from medmgmt.fhir.importing.dates import ONE_DAY

CONTINUED_WITHIN = timedelta(days=400)
"""A year, the usual time between renewals, and five weeks of grace."""
LONGEST_SUPPLY = timedelta(days=365)


class Basis(StrEnum):
    """Where the day of an end comes from."""

    SAID = "said"
    REPLACED = "replaced"
    REASON_ENDED = "reason_ended"
    NEXT_CONTACT = "next_contact"
    A_YEAR = "a_year"
    DEATH = "death"
    AS_OF = "as_of"


SENTENCES = {
    Basis.SAID: "The source gives this end.",
    Basis.REPLACED: "Another order took its place on this day.",
    Basis.REASON_ENDED: "The source gives no end; its reason had ended on this day.",
    Basis.NEXT_CONTACT: "The source gives no end; this is the next contact on file.",
    Basis.A_YEAR: "The source gives no end; this is a year after the last order on file.",
    Basis.DEATH: "The patient died on the day before.",
    Basis.AS_OF: "The source gives no end; this is the last day on file, when it had ended.",
}


@dataclass(frozen=True, slots=True)
class Order:
    """One line of a request as far as its course goes; `product` is what makes two requests the same medicine.

    `says` is how it is taken, `shape` which of the lines of one request it is like; `until` is the first day without
    it, where the request says so, and `follows` the request before it.
    """

    ref: str
    product: str
    on: date
    runs: bool
    is_held: bool
    reasons: tuple[str, ...]
    says: Hashable = ""
    shape: Hashable = ""
    until: date | None = None
    request: str = ""
    follows: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """The first day without the medicine, and why this day."""

    on: date
    basis: Basis


@dataclass(frozen=True, slots=True)
class Course:
    """Orders of one product in the order of their days, and their end; None while it runs."""

    orders: tuple[Order, ...]
    end: End | None

    @property
    def is_held(self) -> bool:
        return self.end is None and self.orders[-1].is_held


@dataclass(frozen=True, slots=True)
class Life:
    """What else is on file: contacts in order, when reasons ended, death, and the last day that anything is dated."""

    contacts: Sequence[date]
    reasons_ended: Mapping[str, date]
    died_on: date | None
    as_of: date
    today: date = date.max


def courses(orders: Iterable[Order], life: Life) -> list[Course]:
    """Every course of a patient, in the order of their starts. Orders after death are for the caller to leave out."""
    told = sorted(orders, key=lambda order: (order.on, order.ref))
    replaced = _replaced(told)
    by_product: dict[str, list[Order]] = {}
    for order in told:
        by_product.setdefault(order.product, []).append(order)
    found = [episode for group in by_product.values() for episode in _episodes(group, life, replaced)]
    return sorted(found, key=lambda course: (course.orders[0].on, course.orders[0].ref))


def _replaced(orders: Iterable[Order]) -> dict[str, date]:
    """Requests that another one says it follows -> the day on which that begins."""
    found: dict[str, date] = {}
    for order in orders:
        if order.follows:
            found.setdefault(order.follows, order.on)
    return found


def _episodes(group: list[Order], life: Life, replaced: Mapping[str, date]) -> list[Course]:
    episodes: list[list[Order]] = []
    for order in group:
        fits = [episode for episode in episodes if _continues(episode[-1], order, life)]
        if fits:
            max(fits, key=lambda episode: _likeness(episode[-1], order)).append(order)
        else:
            episodes.append([order])
    return [Course(orders=tuple(episode), end=_end(episode, life, replaced)) for episode in episodes]


def _likeness(before: Order, order: Order) -> tuple[bool, bool, bool, date]:
    """What it continues of several: what it says that it follows, else the same, else the like, else the latest."""
    follows = bool(order.follows) and order.follows == before.request
    return follows, before.says == order.says, before.shape == order.shape, before.on


def _continues(before: Order, order: Order, life: Life) -> bool:
    if order.request and order.request == before.request:
        return False
    if order.follows and order.follows == before.request:
        return True
    if before.until is not None and before.until <= order.on:
        return before.until == order.on
    if before.runs:
        return order.runs and before.is_held == order.is_held and before.says == order.says
    if before.on == order.on and before.says != order.says:
        return False
    ended = _reason_ended(before, life)
    return order.on - before.on <= CONTINUED_WITHIN and (ended is None or ended > order.on)


def _reason_ended(order: Order, life: Life) -> date | None:
    """The day on which the last of its reasons had ended; None if one goes on or none is known."""
    ends = [life.reasons_ended.get(reason) for reason in order.reasons]
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


def _end(episode: list[Order], life: Life, replaced: Mapping[str, date]) -> End | None:
    last = episode[-1]
    end = _end_of_running(last, replaced) if last.runs else _end_of_stopped(last, life)
    if end is not None and end.on <= last.on:
        end = replace(end, on=last.on + ONE_DAY)
    if life.died_on is not None and (end is None or end.on > life.died_on):
        return End(max(life.died_on, last.on) + ONE_DAY, Basis.DEATH)
    return end


def _end_of_running(last: Order, replaced: Mapping[str, date]) -> End | None:
    """What the order says itself, or another that took its place."""
    other = replaced.get(last.request)
    if other is not None and (last.until is None or other < last.until):
        return End(other, Basis.REPLACED)
    return End(last.until, Basis.SAID) if last.until is not None else None


def _end_of_stopped(last: Order, life: Life) -> End:
    """What the order says itself, if that day has come; else the first of the days that are assumed."""
    if last.until is not None and last.until <= life.today:
        return End(last.until, Basis.SAID)
    earliest = last.on + ONE_DAY
    ended = _reason_ended(last, life)
    if ended is not None and ended >= last.on:
        return End(max(ended, earliest), Basis.REASON_ENDED)
    contact = next((day for day in life.contacts if day > last.on), None)
    limit = last.on + LONGEST_SUPPLY
    if contact is not None and contact <= limit:
        return End(contact, Basis.NEXT_CONTACT)
    if limit > life.as_of:
        return End(max(life.as_of, earliest), Basis.AS_OF)
    return End(limit, Basis.A_YEAR)
