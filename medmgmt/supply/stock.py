"""Units, batches, what is left of a prescription and when it runs out."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction

from medmgmt.record import dosing, strengths
from medmgmt.regimen.courses import Course
from refills import site
from refills.models import Dispense
from refills.supply import dispensing, rules
from refills.supply import lasting as supply_lasting
from refills.supply.lasting import Batch, Lasting, Plan, Use


def run_out_on(course: Course) -> date | None:
    """The first day without medicine, all stock used as planned; None for no stock, or while it is on hold."""
    held = lasting(course)
    return held[-1].run_out_on if held else None


def due(course: Course, today: date) -> date | None:
    """The first day without medicine, where somebody should have more by then; None for what is taken as needed, what
    is on hold or stopped, and a supply that lasts to a planned stop."""
    held = lasting(course) if is_wanted(course.steps, today) else []
    return held[-1].run_out_on if held and not held[-1].as_planned else None


def lasting(course: Course) -> list[Lasting]:
    """How long each fill lasts when it is used by the signed course; before the first dispense, the supply ordered
    with the start, as if filled that day. A count of what is at home stands for all that was handed out before it, and
    a fill that replaces what was lost for all that was there."""
    starts = [step.effective_on for step in course.steps if step.kind == "start"]
    if course.fills or not starts or not course.prescription.first_supply_days:
        return supply_lasting.follow(since_count([batch(row, course) for row in since_loss(course.fills)], course))
    first = max(starts)
    days = Fraction(course.prescription.first_supply_days)
    return supply_lasting.follow([Batch(first, days, in_days(course.steps, first))])


def since_loss(fills: Sequence[Dispense]) -> Sequence[Dispense]:
    """The fills from the last on that replaced what was lost, stolen or damaged."""
    losses = [number for number, fill in enumerate(fills) if replaces_all(fill)]
    return fills[losses[-1] :] if losses else fills


def replaces_all(fill: Dispense) -> bool:
    """Was it handed out because nothing usable was left of what there had been?"""
    early = getattr(fill, "early", None)
    return early is not None and early.reason in dispensing.REPLACED


def since_count(batches: list[Batch], course: Course) -> list[Batch]:
    """The batches with the newest count in place of what came before it, where its units tell the dose."""
    newest = max(course.counts, key=lambda one: (one.counted_on, one.pk), default=None)
    plan = in_units(course, newest.unit, newest.counted_on) if newest else None
    if newest is None or plan is None or not plan.uses:
        return batches
    return supply_lasting.counted(batches, newest.counted_on, Fraction(newest.quantity), plan)


def batch(row: Dispense, course: Course) -> Batch:
    """A fill with what it is used by: in its own units where a dose is known in them and fits the days' supply that
    was stated; else in days as directed, which only holds, stops and the start move."""
    by_units = in_units(course, row.unit, row.dispensed_on)
    if by_units is not None and fits(row, course, by_units):
        return Batch(row.dispensed_on, Fraction(row.quantity), by_units)
    return Batch(row.dispensed_on, Fraction(row.days_supply), in_days(course.steps, row.dispensed_on))


def quantity_fits(row: Dispense, course: Course) -> bool:
    """Does a fill last as long as it says? Yes where a dose cannot be told in its units."""
    plan = in_units(course, row.unit, row.dispensed_on)
    return plan is None or not plan.uses or fits(row, course, plan)


def fits(row: Dispense, course: Course, plan: Plan) -> bool:
    """Does the quantity last as long as stated, by the course as it stood at any signature, or by the dose of that day?

    If not, somebody knew something that we do not, and the stated days count.
    """
    tolerance = site.supply_rules().whole("quantity_tolerance_days", rules.scopes())
    on_the_day = next((use for use in plan.uses if use.units and use.since >= row.dispensed_on), None)
    on_the_day = (None if plan.is_paused(row.dispensed_on) else plan.on(row.dispensed_on)) or on_the_day
    by_signature = sorted(course.steps, key=lambda step: step.order)
    tried = [Plan((on_the_day,)), plan] if on_the_day else [plan]
    for known in range(1, len(by_signature)):
        earlier = as_units(by_signature[:known], course.prescription.strength, row.unit, row.dispensed_on)
        tried += [earlier] if earlier else []
    return any(
        dispensing.compare(
            row.quantity, row.days_supply, row.dispensed_on, one, tolerance_days=tolerance
        ).agrees
        for one in tried
    )  # fmt: skip


def in_units(course: Course, unit: str, first_fill: date) -> Plan | None:
    """The course as units of the dispensed kind; None where a dose cannot be told in them."""
    return as_units(course.steps, course.prescription.strength, unit, first_fill)


def as_units(steps: Sequence[dosing.Step], strength: str, unit: str, first_fill: date) -> Plan | None:
    """The same of some of its steps."""
    uses = []
    for day, dose in courses_days(steps, first_fill):
        use = Use(day, Fraction(0)) if dose.sig is None else use_of(day, dose.sig, strength, unit)
        if use is None:
            return None
        uses.append(use)
    return Plan(tuple(uses), ends_on=end_of(steps))


def in_days(steps: Sequence[dosing.Step], first_fill: date) -> Plan:
    """The course as days as directed: one a day while it is taken."""
    uses = [Use(day, Fraction(1 if dose.is_taken else 0)) for day, dose in courses_days(steps, first_fill)]
    return Plan(tuple(uses), ends_on=end_of(steps))


def courses_days(steps: Sequence[dosing.Step], first_fill: date) -> list[tuple[date, dosing.Dose]]:
    """Each day from which something else is taken, with what that is.

    What was filled before the first step was taken before it too: a course that began elsewhere is written down late,
    and a reminder that comes early does less harm than one that comes late.
    """
    days = [(day, dosing.dose_on(day, steps)) for day in dosing.days_of_change(steps, date.min)]
    if days and first_fill < days[0][0] and days[0][1].is_taken:
        days[0] = (first_fill, days[0][1])
    return days


def end_of(steps: Sequence[dosing.Step]) -> date | None:
    """The first day without the medicine if the course ends with a stop."""
    days = dosing.days_of_change(steps, date.min)
    return days[-1] if days and dosing.dose_on(days[-1], steps).state == "stopped" else None


def use_of(day: date, sig: dosing.Sig, strength: str, unit: str) -> Use | None:
    """A sig in dispensed units; as needed, the most that may be taken; None where the units say nothing of the dose."""
    each = units_in(sig, strength, unit)
    if each is None or not sig.is_complete:
        return None
    [part, *others] = sig.parts
    mean = each * Fraction(sig.amount_per_day)
    if sig.as_needed or sig.days == 1:
        return Use(day, mean)
    if all(one.days == 1 or (one.weekdays and one.days == dosing.WEEK) for one in sig.parts):
        week = tuple(each * sig.on_weekday(name) for name in dosing.WEEKDAYS)
        return Use(day, sum(week, Fraction(0)) / dosing.WEEK, week=week)
    return Use(day, mean) if others else Use(day, each * Fraction(part.larger), Fraction(part.days) / part.doses)


def units_in(sig: dosing.Sig, strength: str, dispensed: str) -> Fraction | None:
    """Dispensed units in one unit of the sig: the same unit, or by the milligrams that the strength says of both."""
    if sig.unit == dispensed:
        return Fraction(1)
    said, hours = strengths.read(strength), Fraction(sig.hours_worn or 24 * sig.days)
    taken, handed = said.mg_in(sig.unit, hours=hours), said.mg_in(dispensed, hours=hours)
    return taken / handed if taken and handed else None


def is_wanted(steps: Sequence[dosing.Step], today: date) -> bool:
    """Whether a reminder makes sense: taken by the clock now or soon; not held, stopped, or taken only as needed."""
    days = [today, *dosing.days_of_change(steps, today)]
    sigs = [dosing.dose_on(day, steps).sig for day in days]
    return any(sig is not None and not sig.as_needed for sig in sigs)
