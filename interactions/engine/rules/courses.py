"""Doses over time: what happens to a dose on the day, and who takes it, as the rules of a course ask about them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from interactions.engine import person
from interactions.engine.attributes import Profile
from interactions.engine.conditions import Held
from interactions.engine.regimen import Dose
from interactions.engine.rules.doses import view_of
from interactions.engine.rules.seats import Seat
from interactions.engine.rules.situation import Situation

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Turn:
    """A dose that changes on the day: begun, raised, lowered, taken up again or ended."""

    key: str
    seat: Seat
    profile: Profile
    view: person.View
    earlier: tuple[Dose, ...]
    """Every dose before the day, oldest first."""
    now: Decimal
    """mg a day from this day on; 0 is an end."""

    @property
    def before(self) -> Decimal | None:
        """mg a day until the day before; 0 where nothing was taken, None where it is not known."""
        return self.earlier[-1].mg_per_day if self.earlier else Decimal(0)

    @property
    def last_taken_on(self) -> date | None:
        """The day of the last dose before a pause that ends on this day."""
        return self.earlier[-1].since - ONE_DAY if self.earlier and self.before == 0 else None

    @property
    def former(self) -> Decimal | None:
        """mg a day before that pause."""
        return self.earlier[-2].mg_per_day if len(self.earlier) > 1 else None

    @property
    def run(self) -> tuple[Dose, ...]:
        """The doses since it was last begun, without this day's."""
        return unbroken(self.earlier)

    @property
    def began_on(self) -> date:
        """When it was last begun; the day itself for a start."""
        return self.run[0].since if self.run else self.view.day


def unbroken(doses: Sequence[Dose]) -> tuple[Dose, ...]:
    """The doses at the end without a pause between them."""
    place = next((at for at in range(len(doses), 0, -1) if doses[at - 1].mg_per_day == 0), 0)
    return tuple(doses[place:])


def turns(situation: Situation) -> Iterator[Turn]:
    """Every drug whose whole dose is another from this day on, in the order of names.

    Lines of one drug count together. A line whose doses nobody told, or in no known milligrams, is left out.
    """
    lines: dict[str, list[Seat]] = {}
    for seat in situation.known:
        if not seat.is_state and seat.drug.doses:
            lines.setdefault(seat.rules_entry.key, []).append(seat)
    active = [profile for _seat, profile in situation.active]
    ended = tuple(
        (seat.profile, seat.drug.stopped_on)
        for seat in situation.known
        if seat.profile is not None and seat.drug.stopped_on is not None
    )
    remembered: dict[str, Held] = {}
    for key, seats in sorted(lines.items()):
        doses = added([seat.drug.doses for seat in seats])
        if not doses or doses[-1].since != situation.day or doses[-1].mg_per_day is None:
            continue
        seat = next((one for one in seats if one.is_active), seats[-1])
        assert seat.profile is not None
        view = replace(view_of(situation, seat, seat.profile), others=tuple(active), stopped=ended, memory=remembered)
        yield Turn(key, seat, seat.profile, view, doses[:-1], doses[-1].mg_per_day)


def added(lines: Sequence[tuple[Dose, ...]]) -> tuple[Dose, ...]:
    """Several lines of one drug as one course; unknown on a day on which the dose of one of them is."""
    if len(lines) == 1:
        return lines[0]
    found: list[Dose] = []
    for day in sorted({dose.since for line in lines for dose in line}):
        doses = [_on(line, day) for line in lines]
        whole = None if None in doses else sum((dose for dose in doses if dose is not None), Decimal(0))
        if not found or found[-1].mg_per_day != whole:
            found.append(Dose(day, whole))
    return tuple(found)


def _on(line: tuple[Dose, ...], day: date) -> Decimal | None:
    return next((dose.mg_per_day for dose in reversed(line) if dose.since <= day), Decimal(0))


def is_of_form(wanted: str, turn: Turn) -> bool:
    """Whether a row for one form may be meant: one that nobody told may be any."""
    told = f"{turn.seat.drug.form} {turn.seat.drug.route}".casefold()
    if not wanted or not turn.seat.drug.form:
        return wanted.casefold() not in ROUTED or ROUTED[wanted.casefold()] in ("", turn.seat.drug.route or "")
    return any(word.casefold() in told for word in wanted.replace(" or ", " ").split())


ROUTED = {"patch": "TD", "capsule": "PO", "nasal": "IN", "injection": "IM", "intravenous": "IV", "sublingual": "SL"}
"""Forms that a route tells apart."""


def plain(number: Decimal) -> str:
    """To four places, without a trailing zero."""
    return f"{round(number, 4).normalize():f}"
