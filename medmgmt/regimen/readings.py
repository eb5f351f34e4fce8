"""What somebody types for an observation, read into a number of its own unit, or asked about, or refused."""

import re
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from django.utils.translation import gettext as _

from interactions.engine.observables import Observable, OtherUnit, rounded
from medmgmt.record import dosing
from medmgmt.record.errors import Refused, Unconfirmed
from medmgmt.regimen import lexicon

COMPARATORS = {"<=": "<=", ">=": ">=", "≤": "<=", "≥": ">=", "<": "<", ">": ">"}
APART = "[ '’\u00a0\u202f]"
"""Between thousands, where neither a point nor a comma stands there."""
TYPED = re.compile(
    rf"(<=|>=|[<>≤≥])?\s*([0-9][0-9.,]*(?:{APART}[0-9]{{3}}(?![0-9]))*(?:[.,][0-9]+)?|[.,][0-9]+)\s*(.*)", re.DOTALL
)
PLAIN = re.compile(r"[0-9]+(\.[0-9]+)?|\.[0-9]+")
TWO_WAYS = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
THOUSANDS = {
    sign: re.compile(rf"[1-9][0-9]{{0,2}}(?:{re.escape(sign)}[0-9]{{3}})+(?:{re.escape(point)}[0-9]+)?")
    for sign, point in ((",", "."), (".", ","))
}
PAIR = re.compile(r"([0-9]{2,3})\s*/\s*([0-9]{2,3})\s*(.{0,20})")
LONGEST = 60
ONE = Decimal(1)
SLIPS = (Decimal("0.1"), Decimal(10))
"""A decimal point that was left out, or put in."""
ALIKE = Decimal("1.15")
"""Two values whose ratio is below it are as good as the same."""


class Reading(NamedTuple):
    """A number in the observable's own unit, with what the laboratory put before it."""

    comparator: str
    value: Decimal


class Typed(NamedTuple):
    """A figure as it was typed."""

    comparator: str
    figure: Decimal
    unit: str


def read(text: str, of: Observable, *, unit: str, comma: bool, last: Decimal | None, confirm: bool) -> Reading:
    """The value that was typed for `of`, with or without its unit; `comma` where the reader writes decimals with one.

    Refused for what is no number, a unit that is not one of it, or a value that nobody has. Unconfirmed for one that
    looks like another unit or a slip of the pen: with `confirm` it is taken as typed where that is possible, else as
    what it looks like. `last` is the value before it, if there is one.
    """
    typed = parsed(text, of, comma=comma)
    told = one_unit(typed.unit, unit, of)
    value = of.in_unit(typed.figure, told)
    if value is None:
        raise Refused(
            _("“%(unit)s” is not a unit of %(what)s: give it in %(units)s.")
            % {"unit": told, "what": lexicon.label(of.code), "units": ", ".join(units_of(of))}
        )
    if of.is_scale:
        return Reading(typed.comparator, score(value, of))
    if told:
        value = of_given_unit(typed, value, of, told=told, confirm=confirm)
    else:
        value = of_no_unit(typed.figure, of, last=last, confirm=confirm)
    return Reading(typed.comparator, rounded(Fraction(value)))


def parsed(text: str, of: Observable, *, comma: bool) -> Typed:
    """Comparator, figure and unit; Refused for anything that is no single number."""
    found = TYPED.fullmatch(text.strip()) if len(text) <= LONGEST else None
    if found is None:
        raise no_number(text, of)
    figure = number(found[2], of, comma=comma)
    return Typed(COMPARATORS.get(found[1] or "", ""), figure, found[3].strip())


def number(typed: str, of: Observable, *, comma: bool) -> Decimal:
    """A figure with its point or comma, and thousands set apart; Refused where it can be read in two ways."""
    text = re.sub(APART, "", typed)
    if comma and TWO_WAYS.fullmatch(text):
        told = {"typed": typed, "one": text.replace(".", ""), "other": text.replace(".", ",")}
        raise Refused(_("“%(typed)s” can be read in two ways. Type %(one)s or %(other)s.") % told)
    sign = "." if comma else ","
    text = text.replace(sign, "") if THOUSANDS[sign].fullmatch(text) else text
    text = text.replace(",", ".") if comma and "." not in text else text
    if not PLAIN.fullmatch(text):
        raise no_number(typed, of)
    return Decimal(text)


def no_number(typed: str, of: Observable) -> Refused:
    """Why what was typed is not taken."""
    values = {"typed": typed.strip()[:LONGEST], "what": lexicon.label(of.code), "unit": lexicon.unit_words(of.unit)}
    if not values["unit"]:
        return Refused(_("“%(typed)s” is not a number for %(what)s. Type it like 7 or 12.") % values)
    return Refused(
        _("“%(typed)s” is not a number for %(what)s. Type it like 1.5, <0.1 or 1500, with a unit that is not %(unit)s.")
        % values
    )


def pair(text: str) -> list[str]:
    """The two figures of a blood pressure, each with the unit that stands behind them; Refused for anything else."""
    found = PAIR.fullmatch(text.strip())
    if found is None:
        raise Refused(_("Give a blood pressure as two numbers, the upper one first: 120/80."))
    return [f"{figure} {found[3]}".strip() for figure in (found[1], found[2])]


def one_unit(typed: str, given: str, of: Observable) -> str:
    """The unit, told once or twice; Refused where the two differ."""
    if typed and given and of.in_unit(Decimal(1), typed) != of.in_unit(Decimal(1), given):
        raise Refused(_("The unit is told twice: “%(one)s” and “%(other)s”.") % {"one": typed, "other": given})
    return typed or given


def units_of(of: Observable) -> list[str]:
    """The units in which it may be told, its own first, as people write them."""
    others = [lexicon.unit_words(one.written) for one in of.units.values()]
    return list(dict.fromkeys([lexicon.unit_words(of.unit), *others]))


def score(value: Decimal, of: Observable) -> Decimal:
    """A score within the scale, on one of its steps."""
    low, high = of.possible
    if not of.is_possible(value):
        raise Refused(
            _("%(what)s goes from %(low)s to %(high)s.") % {"what": name_of(of), "low": f"{low:f}", "high": f"{high:f}"}
        )
    if of.step and value % of.step:
        raise Refused(_("The score of this scale is a whole number."))
    return value


def of_given_unit(typed: Typed, value: Decimal, of: Observable, *, told: str, confirm: bool) -> Decimal:
    """The unit was told, so that nothing is guessed: too far off is refused, unusual is asked about."""
    if not of.is_possible(value):
        raise nobody_has(typed.figure, told, of)
    if not of.is_usual(value) and not confirm:
        raise Unconfirmed(_("%(value)s is very unusual. Is it right?") % {"value": in_words(value, of.unit, of)})
    return value


def of_no_unit(figure: Decimal, of: Observable, *, last: Decimal | None, confirm: bool) -> Decimal:
    """No unit was told: a figure that looks like another unit or a slip is asked about, never taken a thousandfold."""
    meant = likely(figure, of, last)
    if of.is_possible(figure) and (confirm or (of.is_usual(figure) and not meant)):
        return figure
    if not of.is_possible(figure) and not meant:
        raise nobody_has(figure, of.unit, of)
    if confirm:
        return meant[0][1]
    raise Unconfirmed(question(figure, of, meant))


def likely(figure: Decimal, of: Observable, last: Decimal | None) -> list[tuple[OtherUnit | None, Decimal]]:
    """What the figure may have been meant as, the likeliest first: another unit, then a decimal point out of place."""
    if of.is_usual(figure):
        return far_from(figure, of, last)
    units: list[tuple[OtherUnit | None, Decimal]] = list(of.likely_units(figure))
    slips = [(None, figure * by) for by in SLIPS if of.is_usual(figure * by) and by * figure]
    slips = slips if figure == figure.to_integral_value() or figure < of.usual[0] else []
    return [*units, *slips[:1]]


def far_from(figure: Decimal, of: Observable, last: Decimal | None) -> list[tuple[OtherUnit | None, Decimal]]:
    """A usual figure that is far from the last value, and in another unit as good as the same."""
    if last is None or not last or of.group != "vitals" or are_alike(figure, last, Decimal("1.5")):
        return []
    return [(unit, value) for unit, value in of.likely_units(figure) if are_alike(value, last, ALIKE)]


def are_alike(one: Decimal, other: Decimal, within: Decimal) -> bool:
    """Whether neither is much more than the other."""
    low, high = sorted((one, other))
    return bool(low > 0 and high / low <= within)


def question(figure: Decimal, of: Observable, meant: list[tuple[OtherUnit | None, Decimal]]) -> str:
    """What is asked, with what it looks like."""
    typed = in_words(figure, of.unit, of)
    if not meant:
        return _("%(typed)s is very unusual. Is it right?") % {"typed": typed}
    said = [
        _("%(other)s, which is %(value)s")
        % {"other": f"{figure:f} {lexicon.unit_words(unit.written)}", "value": in_words(value, of.unit, of)}
        if unit
        else in_words(value, of.unit, of)
        for unit, value in meant
    ]
    first = in_words(meant[0][1], of.unit, of)
    told = {"typed": typed, "meant": _(" or ").join(said), "what": lexicon.label(of.code), "first": first}
    if of.is_possible(figure):
        return _("%(what)s: %(typed)s is very unusual. Is it %(meant)s? Give the unit, or confirm it as typed.") % told
    return _("%(what)s cannot be %(typed)s. Is it %(meant)s? Give the unit, or confirm to record %(first)s.") % told


def nobody_has(figure: Decimal, unit: str, of: Observable) -> Refused:
    """A value that no person can have."""
    low, high = (in_words(end, of.unit, of) for end in of.possible)
    return Refused(
        _("%(what)s cannot be %(typed)s: it lies between %(low)s and %(high)s. Check the number and its unit.")
        % {"what": name_of(of), "typed": in_words(figure, unit, of), "low": low, "high": high}
    )


def name_of(of: Observable) -> str:
    """As it begins a sentence."""
    name = lexicon.label(of.code)
    return f"{name[:1].upper()}{name[1:]}"


def in_words(value: Decimal, unit: str, of: Observable) -> str:
    """A figure with its unit."""
    known = of.units.get(unit)
    return f"{dosing.plain(value)} {lexicon.unit_words(known.written if known else unit)}".strip()
