"""The bridge to authorisations: what is left of each, whether a fill is allowed, what the pharmacy would be told."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import ceil

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from medmgmt.record import dosing, sigs
from medmgmt.record.models import Prescription
from medmgmt.regimen import scopes as regimen_scopes
from medmgmt.regimen.courses import Course
from medmgmt.supply import stock
from refills import site
from refills.models import Authorisation, Dispense, EarlyFill, EarlyReason, SupplyLimit
from refills.supply import controlled, dispensing, lasting
from refills.supply.controlled import Decision, Handed, Order, Part
from refills.supply.dispensing import Earliest
from refills.supply.rules import SCHEDULES

TO_TWENTY = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
TENS = ("zero", "ten", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


@dataclass(frozen=True)
class Line:
    """One authorisation as it stands on a day: refills used and left, units left, its last day, what stands in the
    way of a fill today."""

    authorisation: Authorisation
    decision: Decision
    fills_made: int
    given: Fraction | None
    """Units handed out on it, where they are known."""

    @property
    def rest(self) -> Decimal | None:
        """Units that are left of the fill that was begun; None where none is, or the units are not known."""
        left = -self.given % Fraction(self.authorisation.quantity) if self.given is not None else Fraction(0)
        return sigs.as_decimal(left) if left else None

    @property
    def fills_left(self) -> int:
        """Fills that may still be had on it, the first included; 0 once it is over."""
        over = {one.reason for one in self.decision.refusals} & controlled.NEEDS_NEW
        if over:
            return 0
        allowed = self.decision.refills_allowed
        return max(0, 1 + (allowed if allowed is not None else 0) - self.fills_made)

    @property
    def is_revoked(self) -> bool:
        """Was it taken back?"""
        return hasattr(self.authorisation, "revoked")

    @property
    def first_on(self) -> date:
        """The first day on which it may be filled."""
        return self.authorisation.may_fill_from or self.authorisation.issued_on


def orders(written: Sequence[Authorisation], *, with_quantity: bool) -> list[Order]:
    """Authorisations as the pure room reads them."""
    return [
        Order(
            issued_on=one.issued_on,
            refills=one.refills,
            quantity=Fraction(one.quantity) if with_quantity else None,
            earliest_on=one.may_fill_from,
            revoked_on=one.revoked.on if hasattr(one, "revoked") else None,
        )
        for one in written
    ]


def handed(fills: Iterable[Dispense], unit: str, *, since: date, until: date) -> list[Handed]:
    """Fills of those days; a quantity counts where it is in the unit that was prescribed."""
    return [
        Handed(row.dispensed_on, Fraction(row.quantity) if row.unit == unit else None)
        for row in fills
        if since <= row.dispensed_on <= until
    ]


def decide(
    course: Course, on: date, scopes: Collection[str], *, quantity: Decimal | None = None, unit: str = ""
) -> Decision | None:
    """Whether a fill is allowed on that day by what was written until then; None where nothing was."""
    known = [one for one in course.authorisations if one.issued_on <= on]
    if not known:
        return None
    units = {one.unit for one in known}
    same = units == {unit or known[-1].unit}
    told = handed(course.fills, known[-1].unit if same else "", since=known[0].issued_on, until=on)
    return controlled.in_force(
        orders(known, with_quantity=same),
        told,
        on,
        site.supply_rules(),
        scopes,
        units=Fraction(quantity) if same and quantity is not None else None,
    )


def lines(course: Course, on: date, scopes: Collection[str]) -> list[Line]:
    """Every authorisation of one prescription as it stands, in the order in which they may be filled."""
    written = course.authorisations
    if not written:
        return []
    numbers, same = site.supply_rules(), len({one.unit for one in written}) == 1
    ordered = sorted(written, key=lambda one: (one.may_fill_from or one.issued_on, one.issued_on, one.pk))
    told = handed(course.fills, ordered[0].unit if same else "", since=min(one.issued_on for one in written), until=on)
    plain = orders(ordered, with_quantity=same)
    spent = controlled.spread(plain, told, numbers, scopes)
    return [
        Line(
            row,
            controlled.decide(order, before, on, numbers, scopes, units=None),
            begun(before, row, same),
            given(before) if same else None,
        )
        for row, order, before in zip(ordered, plain, spent, strict=True)
    ]


def begun(before: Sequence[Handed], row: Authorisation, same: bool) -> int:
    """Fills made on an authorisation: portions of one fill are one where quantities are known."""
    total = given(before) if same else None
    return len(before) if total is None else ceil(total / Fraction(row.quantity))


def given(before: Sequence[Handed]) -> Fraction | None:
    """Units handed out; None where one fill's are not known."""
    amounts = [one.quantity for one in before]
    return None if None in amounts else sum((one for one in amounts if one is not None), Fraction(0))


def until(row: Authorisation, scopes: Collection[str]) -> date | None:
    """The last day for the rest of a partial fill that somebody asked for; None where nothing limits it."""
    numbers = site.supply_rules()
    own = controlled.remainder_by(row.issued_on, numbers, scopes)
    return own or controlled.last_valid_on(row.issued_on, numbers, scopes, partial=True)


def early_counts(prescription_id: int, today: date) -> list[tuple[str, int]]:
    """Early fills of the last half year by reason, in words, the most frequent first; one query."""
    rows = EarlyFill.objects.filter(
        dispense__prescription_id=prescription_id,
        dispense__voided=None,
        dispense__dispensed_on__gte=today - site.days("early_fills_shown_days"),
    )
    counted = Counter(rows.values_list("reason", flat=True))
    return [(str(EarlyReason(reason).label), number) for reason, number in counted.most_common()]


def earliest(course: Course, out_on: date | None, scopes: Collection[str]) -> Earliest | None:
    """The first day of the next fill by the stock at home; None where nothing was filled, or nothing runs out."""
    if out_on is None or not course.fills:
        return None
    return dispensing.earliest(out_on, course.fills[-1].days_supply, site.supply_rules(), scopes)


def is_controlled(prescription: Prescription) -> bool:
    """Whether the knowledge in use knows a DEA schedule for it."""
    return bool(schedule_of(regimen_scopes.scopes_of(prescription)))


def schedule_of(scopes: Collection[str]) -> str:
    """The DEA schedule, "CII"; empty for what is not controlled."""
    return next((one for one in SCHEDULES if one in scopes), "")


def quantity_sentence(course: Course, quantity: Decimal, unit: str, days_supply: int, on: date) -> str:
    """What does not fit between a quantity, its days and the plan; empty where it fits or the units say nothing."""
    plan = stock.in_units(course, unit, on)
    if plan is None or not plan.uses:
        return ""
    if plan.is_paused(on) and all(use.units == 0 for use in plan.uses if use.since >= on):
        return ""
    tolerance = site.supply_rules().whole("quantity_tolerance_days", {"*"})
    found = dispensing.compare(quantity, days_supply, on, plan, tolerance_days=tolerance)
    if found.agrees:
        return ""
    name = dosing.UNITS[unit].many if unit in dosing.UNITS else unit
    lasts = _("for good") if found.lasts_days is None else _("%(days)s days") % {"days": found.lasts_days}
    return _(
        "%(quantity)s %(unit)s last %(lasts)s as directed, not %(days)s; %(days)s days need %(needed)s %(unit)s."
    ) % {
        "quantity": dosing.plain(quantity),
        "unit": name,
        "lasts": lasts,
        "days": days_supply,
        "needed": f"{float(found.needed):g}",
    }


def quantity_for(course: Course, unit: str, days: int, on: date) -> Decimal | None:
    """Units that so many days need as directed; None where a dose cannot be told in them."""
    plan = stock.in_units(course, unit, on)
    if plan is None or not plan.uses:
        return None
    start = max(on, min(use.since for use in plan.uses))
    whole = sigs.as_decimal(lasting.needed(plan, start, date.fromordinal(start.toordinal() + days)))
    return whole.quantize(Decimal("0.001")).normalize() if whole > 0 else None


def parts(written: Iterable[Authorisation], issued_on: date) -> list[Part]:
    """What was issued on a day and not taken back, as parts of one series."""
    same_day = [one for one in written if one.issued_on == issued_on and not hasattr(one, "revoked")]
    return [Part(str(one.pk), one.days_supply, one.may_fill_from) for one in same_day]


def told_pharmacy(
    row: Authorisation, line: str, prescription: Prescription, scopes: Collection[str], limit: SupplyLimit | None
) -> list[tuple[str, str]]:
    """What a pharmacy would be told of one authorisation: each item with its name, in the order of a prescription."""
    product = " ".join(word for word in (prescription.drug_name, prescription.strength, prescription.form) if word)
    schedule = schedule_of(scopes)
    last = controlled.last_valid_on(row.issued_on, site.supply_rules(), scopes)
    unit = dosing.UNITS[row.unit].many if row.unit in dosing.UNITS else row.unit
    amount = f"{dosing.plain(row.quantity)} ({in_words(row.quantity)}) {unit}"
    told = [
        (_("Drug"), product),
        (_("Directions"), line or _("as on record")),
        (_("Quantity"), amount),
        (_("Days' supply"), ngettext("%(days)s day", "%(days)s days", row.days_supply) % {"days": row.days_supply}),
        (_("Refills"), str(row.refills) if row.refills else _("none")),
        (_("Date of issue"), row.issued_on.isoformat()),
        (_("Do not fill before"), row.may_fill_from.isoformat() if row.may_fill_from else ""),
        (_("Not to be filled after"), last.isoformat() if last else ""),
        (_("Schedule"), schedule),
        (_("Dispense at once"), _("at most %(days)s days") % {"days": limit.most_days} if limit else ""),
        (_("Prescriber"), row.authorised_by.get_full_name() or row.authorised_by.get_username()),
    ]
    return [(name, value) for name, value in told if value]


def in_words(number: Decimal) -> str:
    """A whole number below a thousand in words, as controlled prescriptions ask for; others as they stand."""
    if number != int(number) or not 0 <= number < 1000:
        return dosing.plain(number)
    whole = int(number)
    hundreds, rest = divmod(whole, 100)
    ones = TO_TWENTY[rest % 10] if rest % 10 else ""
    below = TO_TWENTY[rest] if rest < 20 else "-".join(filter(None, (TENS[rest // 10], ones)))
    if not hundreds:
        return below
    return f"{TO_TWENTY[hundreds]} hundred" + (f" {below}" if rest else "")
