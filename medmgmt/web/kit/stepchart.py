"""The dose of one medicine over time as a drawing: steps, holds and plans turned into coordinates for the template."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from medmgmt.record import dosing, strengths

WIDTH, HEIGHT = 720, 200
LEFT, RIGHT, TOP, BOTTOM = 72, 16, 30, 34
MARGIN_DAYS = 14


@dataclass(frozen=True)
class Stretch:
    """A stretch of days with one dose; `y` is the top of its box, `planned` lies in the future."""

    x: float
    y: float
    width: float
    height: float
    label: str
    planned: bool
    held: bool


@dataclass(frozen=True)
class Mark:
    """A short text on an axis."""

    at: float
    text: str


@dataclass(frozen=True)
class StepChart:
    """Everything the template draws; numbers are pixels of a fixed view box."""

    stretches: list[Stretch]
    line: str
    planned_line: str
    doses: list[Mark]
    days: list[tuple[float, date]]
    today_x: float | None
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    floor: int = HEIGHT - BOTTOM
    top: int = TOP
    tall: int = HEIGHT - BOTTOM - TOP


@dataclass(frozen=True)
class Period:
    """From a day until just before another, one dose."""

    begins: date
    ends: date
    dose: dosing.Dose


@dataclass(frozen=True)
class Scale:
    """Amounts a day in one unit: that of all sigs, else milligrams by the strength of the product."""

    unit: str
    strength: str

    def amount(self, sig: dosing.Sig | None) -> Decimal | None:
        """Zero for nothing taken, None where it cannot be told in the unit."""
        if sig is None:
            return Decimal(0)
        told = strengths.in_milligrams(sig, self.strength)
        return sig.amount_per_day if sig.unit == self.unit else told.per_day if self.unit == "mg" else None


def scale_of(sigs: Sequence[dosing.Sig], strength: str) -> Scale | None:
    """The scale on which all of them can be drawn; None where heights would lie."""
    scale = Scale(sigs[0].unit if len({sig.unit for sig in sigs}) == 1 else "mg", strength)
    return None if any(scale.amount(sig) is None for sig in sigs) else scale


def draw(steps: Sequence[dosing.Step], today: date, strength: str = "") -> StepChart | None:
    """The drawing; None where nothing was ever taken, or where units differ and heights would lie."""
    sigs = [step.sig for step in steps if step.sig]
    scale = scale_of(sigs, strength) if sigs else None
    spans = periods(steps, today)
    if scale is None or not spans:
        return None
    amounts = {scale.amount(sig) or Decimal(0) for sig in sigs}
    most = max(amounts)
    first, last = spans[0].begins, spans[-1].ends

    def x_of(day: date) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * (day - first).days / max(1, (last - first).days), 1)

    stretches = [
        stretch(
            span, (x_of(span.begins), x_of(span.ends)), y_of(scale.amount(span.dose.sig) or Decimal(0), most), today
        )
        for span in spans
    ]
    return StepChart(
        stretches=stretches,
        line=outline([box for box in stretches if not box.planned]),
        planned_line=outline([box for box in stretches if box.planned]),
        doses=[
            Mark(y_of(amount, most), f"{dosing.plain(round(amount, 2))}{dosing.NBSP}{written(scale.unit)}")
            for amount in spaced(sorted(amounts), most)
        ],
        days=[(x_of(day), day) for day in days_to_name(spans, x_of(last))],
        today_x=x_of(today) if first <= today <= last else None,
    )


def written(unit: str) -> str:
    """The unit as on a medication line."""
    return dosing.UNITS[unit].many


def periods(steps: Sequence[dosing.Step], today: date) -> list[Period]:
    """The course cut today and on every day on which anything changes, with a margin after the last of them."""
    changes = dosing.days_of_change(steps, date.min)
    if not changes:
        return []
    cuts = sorted({*changes, today} if today > changes[0] else set(changes))
    end = cuts[-1] + timedelta(days=MARGIN_DAYS)
    return [
        Period(begins, ends, dosing.dose_on(begins, steps)) for begins, ends in zip(cuts, [*cuts[1:], end], strict=True)
    ]


def stretch(span: Period, across: tuple[float, float], top: float, today: date) -> Stretch:
    """One period as a box that stands on the floor."""
    begins, ends = across
    label = span.dose.sig.text() if span.dose.sig else ""
    return Stretch(
        x=begins,
        y=top,
        width=round(ends - begins, 1),
        height=round(HEIGHT - BOTTOM - top, 1),
        label=label,
        planned=span.begins >= today,
        held=span.dose.state == "held",
    )


def y_of(amount: Decimal, most: Decimal) -> float:
    """Height of an amount per day."""
    return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * float(amount / most), 1)


def spaced(amounts: Sequence[Decimal], most: Decimal) -> list[Decimal]:
    """The amounts whose names do not run into each other, the highest always among them."""
    kept = [amounts[-1]]
    for amount in reversed(amounts[:-1]):
        if y_of(amount, most) - y_of(kept[-1], most) >= 16:
            kept.append(amount)
    return kept


def days_to_name(spans: Sequence[Period], right: float) -> list[date]:
    """The days of change that have room for their name, the first always among them."""
    whole = max(1, (spans[-1].ends - spans[0].begins).days)
    room = whole * 92 / (right - LEFT)
    named = [spans[0].begins]
    for before, span in pairwise(spans):
        has_room = (span.begins - named[-1]).days >= room and (spans[-1].ends - span.begins).days >= room / 2
        if has_room and span.dose != before.dose:
            named.append(span.begins)
    return named


def outline(stretches: Sequence[Stretch]) -> str:
    """The line along the tops of the boxes, as the points of a polyline."""
    corners = [(box.x, box.y, box.x + box.width) for box in stretches]
    return " ".join(f"{left},{top} {round(right, 1)},{top}" for left, top, right in corners)


def sentence(steps: Sequence[dosing.Step], today: date) -> str:
    """The same in words, for those who do not see the drawing; empty where nothing was ever signed."""
    said = [clause(dosing.dose_on(day, steps), day, today) for day in dosing.days_of_change(steps, date.min)]
    whole = "; ".join(said)
    return f"{whole[:1].upper()}{whole[1:]}." if said else ""


def clause(dose: dosing.Dose, day: date, today: date) -> str:
    """One change in words."""
    words = {"on": date_format(day, "j M Y"), "dose": dose.sig.text() if dose.sig else ""}
    if dose.state == "held":
        return (_("on hold from %(on)s") if day <= today else _("to be put on hold from %(on)s")) % words
    if dose.state == "stopped":
        return (_("stopped on %(on)s") if day <= today else _("to be stopped on %(on)s")) % words
    return (_("%(dose)s from %(on)s") if day <= today else _("%(dose)s planned from %(on)s")) % words
