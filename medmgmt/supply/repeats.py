"""Whether a fill looks like one that is on record already, or comes too soon after one to be another."""

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction
from math import ceil

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from medmgmt.record import dosing
from medmgmt.record.models import Kind
from medmgmt.regimen import scopes as regimen_scopes
from medmgmt.regimen.courses import Course
from medmgmt.supply import authorisations, stock
from refills import site
from refills.models import Dispense, EarlyReason


def days_early(course: Course, on: date) -> int:
    """Days before the first on which the stock at home allows the next fill; 0 where nothing is early. What was handed
    out alone counts: a count at home tells of what was taken, not of what was due."""
    before = by_then(course, on)
    if not before.fills:
        return 0
    first = authorisations.earliest(before, stock.run_out_on(before), regimen_scopes.scopes_of(course.prescription))
    return max(0, (first.on - on).days) if first else 0


def by_then(course: Course, on: date) -> Course:
    """The course with what was handed out until a day, without counts."""
    return replace(course, fills=tuple(one for one in course.fills if one.dispensed_on <= on), counts=())


def doubt(course: Course, fill: Dispense, *, early_reason: str = "", partial_reason: str = "") -> str:
    """Why a fill that is about to be written down is asked about, as a sentence; empty where nothing is odd.

    The same day, quantity and reasons twice are one bag written down twice. Sooner after the last fill than anybody
    comes back, it says why, or it is the same again: a part, the rest of one, a new dose or an empty box is neither.
    """
    reasons = (early_reason, partial_reason)
    twin = next((one for one in course.fills if is_same(one, fill) and reasons_of(one) == reasons), None)
    if twin is not None:
        return _(
            "This fill is on record already: %(fill)s, written down by %(who)s. "
            "Record it again only if it was handed out twice."
        ) % {"fill": in_words(twin), "who": twin.recorded_by.get_full_name() or twin.recorded_by.get_username()}
    near = neighbour(course, fill)
    if near is None or says_why(near, fill, reasons):
        return ""
    first, second = sorted((near, fill), key=lambda one: one.dispensed_on)
    if second.dispensed_on >= comes_back_from(first) or is_explained(course, first, second):
        return ""
    return _(
        "%(fill)s are on record, and by then not half of it is used. Is this another fill? "
        "Give the reason why it was early, or say that both were handed out."
    ) % {"fill": in_words(near)}


def says_why(near: Dispense, fill: Dispense, reasons: tuple[str, str]) -> bool:
    """Is a reason on record for either of two fills? Another one of the same day needs more of it than “other”."""
    own = [reasons, reasons_of(near)]
    if near.dispensed_on == fill.dispensed_on:
        own = [(early.replace(EarlyReason.OTHER, ""), partial) for early, partial in own]
    return any(any(each) for each in own)


def neighbour(course: Course, fill: Dispense) -> Dispense | None:
    """The last fill before it or on its day, else the first one after it."""
    before = [one for one in course.fills if one.dispensed_on <= fill.dispensed_on]
    after = [one for one in course.fills if one.dispensed_on > fill.dispensed_on]
    nearest = sorted([*before[-1:], *after[:1]], key=lambda one: abs(one.dispensed_on - fill.dispensed_on))
    return nearest[0] if nearest else None


def comes_back_from(first: Dispense) -> date:
    """The first day on which somebody may be back for more without a reason."""
    return first.dispensed_on + timedelta(days=ceil(first.days_supply * share_used()))


def share_used() -> Fraction:
    """What is used up of a fill before anybody comes back for more."""
    return site.supply_rules().number("same_fill_share", {"*"})


def is_explained(course: Course, first: Dispense, second: Dispense) -> bool:
    """Does the record itself say why there is another: a new dose since, or a count that found the box near empty?"""
    span = (first.dispensed_on, second.dispensed_on)
    if any(one.kind == Kind.NEW_DOSE and span[0] < one.effective_on <= span[1] for one in course.changes):
        return True
    counts = [one for one in course.counts if span[0] < one.counted_on <= span[1] and one.unit == first.unit]
    return bool(counts) and Fraction(counts[-1].quantity) <= Fraction(first.quantity) * (1 - share_used())


def is_same(one: Dispense, other: Dispense) -> bool:
    """The same day, quantity and days."""
    return (one.dispensed_on, one.quantity, one.unit, one.days_supply) == (
        other.dispensed_on, other.quantity, other.unit, other.days_supply
    )  # fmt: skip


def reasons_of(one: Dispense) -> tuple[str, str]:
    """Why a recorded fill was early, and why it was a part."""
    return tuple(one_of.reason if (one_of := getattr(one, name, None)) else "" for name in ("early", "partial"))  # type: ignore[return-value]


def in_words(one: Dispense) -> str:
    """A fill as people name it: what, and on which day."""
    unit = dosing.UNITS[one.unit].many if one.unit in dosing.UNITS else one.unit
    day = date_format(one.dispensed_on, "j M Y")
    return _("%(quantity)s %(unit)s on %(day)s") % {"quantity": dosing.plain(one.quantity), "unit": unit, "day": day}
