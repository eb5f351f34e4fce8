"""Medicine in hand: what was dispensed or counted, what the patient says and answers, who asks for more."""

from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interactions import library
from medmgmt.actions import monitoring
from medmgmt.messages import planning
from medmgmt.record import access, audit, dosing
from medmgmt.record.errors import NoSuchThing, Refused, Unconfirmed
from medmgmt.record.models import Patient, Prescription, Status, User
from medmgmt.regimen import courses
from medmgmt.regimen import scopes as regimen_scopes
from medmgmt.regimen.courses import Course, Known
from medmgmt.supply import authorisations, gaps, limits, repeats, stock
from refills import bounds, site
from refills.errors import RefillRefused
from refills.models import (
    AdherenceReport,
    Authorisation,
    Dispense,
    EarlyFill,
    EarlyReason,
    FillVoided,
    PartialFill,
    PartialReason,
    PillCount,
    RenewalDecision,
    Taken,
    Task,
    TaskKind,
)
from refills.supply import controlled, dispensing
from refills.supply.controlled import Reason, Refusal
from refills.supply.rules import CONTROLLED
from refills.worklist import kinds, tasks

SIGNALS = {
    dispensing.Signal.MANY_EARLY_REQUESTS: gettext_lazy("%(count)s early fills since %(day)s."),
    dispensing.Signal.MANY_LOST: gettext_lazy("%(count)s times lost or stolen since %(day)s."),
    dispensing.Signal.SEVERAL_PRESCRIBERS: gettext_lazy("%(count)s prescribers at once."),
}
REQUESTS = (TaskKind.REFILL_REQUEST, TaskKind.RENEWAL)


@transaction.atomic
def record_dispense(
    by: User,
    prescription_id: int,
    *,
    dispensed_on: date,
    quantity: Decimal,
    unit: str,
    days_supply: int,
    note: str = "",
    early_reason: str = "",
    partial_reason: str = "",
    handed_at: datetime | None = None,
    confirm: bool = False,
) -> Dispense:
    """Takes a fill down and plans the reminders that follow from the new run-out date.

    Unconfirmed where it looks like one that is on record already, until somebody says that it is another.
    Where a prescriber's authorisation is on record, RefillRefused says which rule forbids a fill and until when; so
    does limited dispensing. What a pharmacist should look at (a controlled drug without a prescription on record,
    early without a reason, early often, a quantity that does not fit) opens a task; a lab that is missing opens the
    prescriber's.
    """
    patient, prescription = access.locked(by, "record_dispense", Prescription, prescription_id)
    today = patient.today(timezone.now())
    require_meant(quantity)
    require_fill(today, dispensed_on, days_supply, early_reason, partial_reason)
    limit = limits.limit_of(prescription, dispensed_on)
    if limit is not None and days_supply > limit.most_days:
        raise RefillRefused([limits.refusal(limit)])
    with library.steady():
        known = Known.measured(patient, *courses.SUPPLY, courses.AUTHORISATIONS, beside=prescription)
        course = known.course(prescription.pk)
        require_authorised(course, dispensed_on, quantity, unit, handed_at)
        made = Dispense(
            patient=patient,
            prescription=prescription,
            dispensed_on=dispensed_on,
            quantity=quantity,
            unit=unit,
            days_supply=days_supply,
            recorded_by=by,
            note=note,
        )
        doubt = repeats.doubt(course, made, early_reason=early_reason, partial_reason=partial_reason)
        if doubt and not confirm:
            raise Unconfirmed(doubt)
        made.save(force_insert=True)
        early = repeats.days_early(course, dispensed_on)
        filled = course.with_fill(made)
        if early and early_reason:
            EarlyFill.objects.create(patient=patient, dispense=made, reason=early_reason, days_early=early)
        if partial_reason:
            keep_partial(filled, made, partial_reason, handed_at)
        if dispensed_on >= today - site.days("fill_looked_at_days"):
            ask_pharmacist(course, made, early, early_reason)
            monitoring.open_if_pending(patient, prescription, dispensed_on)
        planning.replan(patient, prescription, known.with_course(filled))
    audit.record(by, "record_dispense", patient_id=patient.pk, obj=("dispense", made.pk), detail={"days_early": early})
    return made


def require_meant(quantity: Decimal) -> None:
    """Refuses more units than anybody hands out or finds at home."""
    most = bounds.OF["quantity"].most
    if quantity > most:
        raise Refused(_("More than %(most)s units cannot be meant. Look for a slip of the pen.") % {"most": most})


def require_fill(today: date, dispensed_on: date, days_supply: int, early_reason: str, partial_reason: str) -> None:
    """Refuses a fill that makes no sense whatever was prescribed."""
    if not today - site.days("backdated_days_max") <= dispensed_on <= today:
        words = _("A fill is written down on its day or within %(period)s after it, never before it.")
        raise Refused(words % {"period": site.period("backdated_days_max")})
    if days_supply < 1:
        raise Refused(_("A fill lasts at least one day."))
    if early_reason and early_reason not in EarlyReason.values:
        raise Refused(_("This is not a reason for an early fill that this service knows."))
    if partial_reason and partial_reason not in PartialReason.values:
        raise Refused(_("This is not a reason for a partial fill that this service knows."))


def require_authorised(
    course: Course, on: date, quantity: Decimal, unit: str, handed_at: datetime | None
) -> None:  # fmt: skip
    """RefillRefused where what is written for it by that day does not allow this fill. Without any, nothing is known
    and nothing is refused: what was handed out is history, and a pharmacist is asked to look."""
    scopes = regimen_scopes.scopes_of(course.prescription)
    found = authorisations.decide(course, on, scopes, quantity=quantity, unit=unit)
    if found is not None and not found.allowed:
        raise RefillRefused(found.refusals)
    late = balance_is_late(course, on, handed_at)
    if found is not None and late is not None:
        raise RefillRefused([late])


def balance_is_late(course: Course, on: date, handed_at: datetime | None) -> Refusal | None:
    """The balance of a fill that was short of stock comes within its hours; None where nothing is owed, or in time."""
    newest = course.fills[-1] if course.fills else None
    owed: PartialFill | None = getattr(newest, "partial", None)
    if newest is None or owed is None or owed.reason != PartialReason.SHORT_STOCK:
        return None
    zone = ZoneInfo(course.prescription.patient.time_zone)
    if owed.until is None or owed.remaining is None:
        return None
    last = owed.until.astimezone(zone).date()
    is_late = handed_at > owed.until if handed_at is not None else on > last
    later = any(one.issued_on > newest.dispensed_on and not hasattr(one, "revoked") for one in course.authorisations)
    if not is_late or later:
        return None
    rule = site.supply_rules().find("partial_short_stock_hours", regimen_scopes.scopes_of(course.prescription))
    return Refusal(Reason.BALANCE_LATE, day=last, source=rule.source if rule else "")


def keep_partial(course: Course, made: Dispense, reason: str, handed_at: datetime | None) -> PartialFill:
    """A fill of less than was written: what remains of it, and until when it may be had."""
    zone = ZoneInfo(course.prescription.patient.time_zone)
    at = handed_at or datetime.combine(made.dispensed_on, time(12), zone)
    if at.astimezone(zone).date() != made.dispensed_on:
        raise Refused(_("The time it was handed out does not lie on the day of the fill."))
    numbers, scopes = site.supply_rules(), regimen_scopes.scopes_of(course.prescription)
    by_then = replace(course, authorisations=written_by(course, made.dispensed_on))
    standing = authorisations.lines(by_then, made.dispensed_on, scopes)
    line = next((one for one in reversed(standing) if one.rest is not None), None)
    last = authorisations.until(line.authorisation, scopes) if line else None
    until = datetime.combine(last, time(23, 59, 59), zone) if last else None
    if reason == PartialReason.SHORT_STOCK:
        until = controlled.balance_by(at, numbers, scopes) or until
    remaining = line.rest if line else None
    return PartialFill.objects.create(
        patient_id=made.patient_id, dispense=made, reason=reason, handed_at=at, remaining=remaining, until=until
    )


def written_by(course: Course, day: date) -> tuple[Authorisation, ...]:
    """What was written for it until a day."""
    return tuple(one for one in course.authorisations if one.issued_on <= day)


def ask_pharmacist(course: Course, made: Dispense, early: int, reason: str) -> None:
    """A task for what a pharmacist should look at in a new fill, none where nothing is odd; it refuses nothing. The
    course is as it was before the fill, `reason` that of a fill so many days early."""
    numbers, scopes = site.supply_rules(), regimen_scopes.scopes_of(course.prescription)
    odd = []
    if CONTROLLED in scopes and not written_by(course, made.dispensed_on):
        odd.append(_("A controlled drug was handed out, and no prescription for it is on record here."))
    if early and not reason and CONTROLLED in scopes:
        odd.append(_("Filled %(days)s days before it was due, without a reason.") % {"days": early})
    history = early_fills(course)
    if reason:
        history.append(dispensing.Early(made.dispensed_on, dispensing.EarlyReason(reason)))
    for found in dispensing.noticed(history, made.dispensed_on, numbers, scopes) if early else []:
        odd.append(SIGNALS[found.signal] % {"count": found.count, "day": found.since})
    if not stock.quantity_fits(made, course):
        odd.append(_("The quantity does not last the %(days)s days stated, as directed.") % {"days": made.days_supply})
    if odd:
        detail = " ".join([f"{course.prescription.drug_name}:", *odd])
        tasks.open_for(kinds.FILL_LOOK, made.pk, patient_id=made.patient_id, detail=detail)


def early_fills(course: Course) -> list[dispensing.Early]:
    """Every fill that came early, with its reason."""
    early = [(one.dispensed_on, one.early.reason) for one in course.fills if hasattr(one, "early")]
    return [dispensing.Early(on, dispensing.EarlyReason(reason)) for on, reason in early]


@transaction.atomic
def void_fill(by: User, dispense_id: int, *, why: str) -> FillVoided:
    """Takes a fill back that was written down wrongly: once only, and with a reason. It stays, and counts no more; what
    followed from it is planned anew."""
    patient, fill = access.locked(by, "void_fill", Dispense, dispense_id)
    if not why.strip() or len(why) > monitoring.MOST_WORDS:
        raise Refused(_("Say in a sentence or two why it is taken back."))
    if FillVoided.objects.filter(dispense=fill).exists():
        raise Refused(_("This fill has been taken back already."))
    with library.steady():
        made = FillVoided.objects.create(
            patient=patient, prescription=fill.prescription, dispense=fill, why=why.strip(), voided_by=by
        )
        known = Known.measured(patient, *courses.SUPPLY, courses.AUTHORISATIONS, beside=fill.prescription)
        close_what_followed(known.course(fill.prescription_id), fill)
        planning.replan(patient, fill.prescription, known)
    audit.record(by, "void_fill", patient_id=patient.pk, obj=("dispense", fill.pk))
    return made


def close_what_followed(course: Course, voided: Dispense) -> None:
    """Closes the tasks that a wrong fill alone had opened; the course is as it stands without it."""
    words = _("The fill that this was about was taken back.")
    tasks.cancel_by_key(kinds.FILL_LOOK.key_of(voided.pk), words)
    opened = Q(kind=TaskKind.RENEWAL, source_type="prescription", source_id=str(course.prescription.pk))
    still = kinds.RENEWAL.key_of(course.prescription.pk, stock.run_out_on(course))
    tasks.cancel_where(opened & Q(created_at__gte=voided.recorded_at) & ~Q(key=still), words)


@transaction.atomic
def count_pills(by: User, prescription_id: int, *, counted_on: date, quantity: Decimal, unit: str) -> PillCount:
    """Units found at home before that day's dose; from then on the supply is counted from them."""
    patient, prescription = access.locked(by, "count_pills", Prescription, prescription_id)
    today = patient.today(timezone.now())
    if not today - site.days("count_backdated_days_max") <= counted_on <= today:
        words = _("A count is written down within %(period)s, never before its day.")
        raise Refused(words % {"period": site.period("count_backdated_days_max")})
    if unit not in dosing.UNITS or quantity < 0:
        raise Refused(_("Give a number of units, zero or more."))
    require_meant(quantity)
    made = PillCount.objects.create(
        patient=patient, prescription=prescription, counted_on=counted_on, quantity=quantity, unit=unit, counted_by=by
    )
    planning.replan(patient, prescription)
    audit.record(by, "count_pills", patient_id=patient.pk, obj=("pill_count", made.pk))
    return made


@transaction.atomic
def report_adherence(by: User, prescription_id: int, *, answer: str) -> AdherenceReport:
    """The patient says how they have taken a medicine; the same answer twice on a day is one."""
    patient, prescription = access.locked(by, "report_adherence", Prescription, prescription_id)
    if answer not in Taken.values:
        raise Refused(_("Choose one of the answers."))
    today = patient.today(timezone.now())
    last = AdherenceReport.objects.filter(prescription=prescription).order_by("-said_at", "-id").first()
    if last is not None and (last.on, last.answer) == (today, answer):
        return last
    made = AdherenceReport.objects.create(
        patient=patient, prescription=prescription, answer=answer, on=today, said_by=by
    )
    audit.record(by, "report_adherence", patient_id=patient.pk, obj=("adherence_report", made.pk))
    return made


@transaction.atomic
def request_refill(by: User, prescription_id: int) -> Task:
    """The patient, signed in, asks for more of a medicine they take; asking again before an answer is asking once.

    Where the supply waits for a lab, the prescriber's task about that opens with it.
    """
    patient, prescription = access.locked(by, "request_refill", Prescription, prescription_id)
    day = patient.today(timezone.now())
    answered = RenewalDecision.objects.filter(prescription=prescription).count()
    task = open_refill_task(patient, prescription, key=kinds.REFILL_ASKED.key_of(prescription.pk, day, answered))
    monitoring.open_if_pending(patient, prescription, day)
    planning.plan(patient, timezone.now())
    audit.record(by, "request_refill", patient_id=patient.pk, obj=("prescription", prescription.pk))
    return task


def open_refill_task(patient: Patient, prescription: Prescription, *, key: str) -> Task:
    """The prescriber's task, or the one that still waits for an answer; it names no drug in its title."""
    waiting = Task.objects.filter(
        kind__in=REQUESTS, source_type="prescription", source_id=str(prescription.pk), closed_at=None
    ).first()
    if waiting is not None:
        return waiting
    signed = (
        prescription.changes.filter(status=Status.SIGNED).order_by("-signed_at").select_related("signed_by").first()
    )
    if signed is None:
        raise NoSuchThing()
    still_here = signed.signed_by is not None and access.cares_for(signed.signed_by, patient.pk)
    return tasks.open_for(
        kinds.REFILL_ASKED,
        prescription.pk,
        key=key,
        patient_id=patient.pk,
        assignee_id=signed.signed_by_id if still_here else None,
        stop_tier=gaps.stop_tier(prescription),
        case=how_far(patient, prescription),
        detail=prescription.drug_name,
    )


def how_far(patient: Patient, prescription: Prescription) -> str:
    """`far` where the supply lasts beyond the days in which it is renewed; empty where it does not, or nobody knows."""
    out_on = stock.run_out_on(courses.of_prescription(prescription, *courses.SUPPLY))
    latest = patient.today(timezone.now()) + site.days("renewal_lead_days")
    return "far" if out_on is not None and out_on > latest else ""
