"""Which days somebody is told of what, so that what falls due within a week is told together.

Pure: standard library only. Everything with a day of its own is a thing; each step of its cadence is told once.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

REFILL = "prescription"


@dataclass(frozen=True, slots=True)
class Step:
    """One telling of a cadence: what it is called, and how many days after the day (negative: before it)."""

    kind: str
    days: int


@dataclass(frozen=True, slots=True)
class Thing:
    """Something that falls due on a day. A step may be told up to `early` days before its own date so that it joins
    another; from the day itself on, up to `early_on_day` days."""

    about_type: str
    about_id: str
    day: date
    steps: tuple[Step, ...]
    prescription_id: int | None = None
    early: int = 0
    early_on_day: int = 0

    @property
    def name(self) -> "Name":
        """What makes it the same thing in two plans."""
        return (self.about_type, self.about_id, self.day)


Name = tuple[str, str, date]


@dataclass(frozen=True, slots=True)
class Telling:
    """A step of a thing, told on a local date."""

    on: date
    kind: str
    thing: Thing


@dataclass(frozen=True, slots=True)
class Today:
    """The reader's date; whether today's message can still go at its hour, whether one may go at once, and whether they
    have heard of supplies today: once a day is enough of those."""

    on: date
    is_to_come: bool = True
    may_go_at_once: bool = False
    has_told_supply: bool = False

    def allows(self, day: date, own: date, about: str = "") -> bool:
        """May something be told on this day? One that has come late only on the date that is its own."""
        if day != self.on:
            return day > self.on
        if about == REFILL and self.has_told_supply:
            return False
        return self.is_to_come or (self.may_go_at_once and day == own)


def tellings(things: Sequence[Thing], told: Mapping[Name, Collection[date]], today: Today) -> list[Telling]:
    """What is still to be told, and when: in as few messages as the things allow, and no step of one twice.

    `told` has the dates on which a thing was told already. A step whose date has passed unused is told on its own
    later date, unless a later step of the same thing comes before that anyway.
    """
    refills = sorted((one for one in things if one.about_type == REFILL), key=lambda one: (one.day, one.about_id))
    found: list[Telling] = []
    for week in groups(refills, lambda one: one.early):
        for close in groups(week, lambda one: one.early_on_day):
            for thing in close:
                found += _of(thing, _dates(thing, week[0].day, close[0].day), told.get(thing.name, ()), today)
    days = {one.on for one in found}
    for thing in sorted((one for one in things if one.about_type != REFILL), key=lambda one: (one.day, one.about_id)):
        joined = _of(thing, [_join(thing, step, days, today) for step in thing.steps], told.get(thing.name, ()), today)
        days |= {one.on for one in joined}
        found += joined
    return sorted(found, key=lambda one: (one.on, one.thing.name))


def groups(things: Sequence[Thing], early: Callable[[Thing], int]) -> Iterator[list[Thing]]:
    """Things in order of day, as few groups as possible: each member may come as early as the first of its group."""
    group: list[Thing] = []
    for thing in things:
        if group and thing.day - timedelta(days=early(thing)) > group[0].day:
            yield group
            group = []
        group.append(thing)
    if group:
        yield group


def _dates(thing: Thing, week: date, close: date) -> list[date]:
    """The date of each step: those before the day by the first of the week, those from the day on by the first of the
    few that may share it."""
    return [(week if step.days < 0 else close) + timedelta(days=step.days) for step in thing.steps]


def _join(thing: Thing, step: Step, days: Collection[date], today: Today) -> date:
    """The latest day on which a message goes anyway and which is not too early for this step; else its own date."""
    own = thing.day + timedelta(days=step.days)
    first = own - timedelta(days=thing.early if step.days < 0 else thing.early_on_day)
    return max((day for day in days if first <= day <= own and day > today.on), default=own)


def _of(thing: Thing, dates: Sequence[date], told: Collection[date], today: Today) -> list[Telling]:
    """The steps of one thing that are still to be told: each after the one before it, none that was told."""
    found: list[Telling] = []
    before = date.min
    for place, (step, planned) in enumerate(zip(thing.steps, dates, strict=True)):
        own = thing.day + timedelta(days=step.days)
        on = planned if planned > before else own
        if any(before < day <= on for day in told):
            before = on
            continue
        if not today.allows(on, own, thing.about_type) and own > on:
            later = [day for day in dates[place + 1 :] if today.allows(day, day, thing.about_type)]
            if step.days < 0 and later and later[0] <= own:
                before = on
                continue
            on = own
        if on <= before:
            continue
        before = on
        if today.allows(on, own, thing.about_type):
            found.append(Telling(on, step.kind, thing))
    return found
