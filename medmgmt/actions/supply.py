"""Medicine in hand: what was dispensed or counted, what the patient says and answers, who asks for more."""

from datetime import date, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from medmgmt.actions import monitoring
from medmgmt.messages import planning
from medmgmt.record import access, audit, dosing
from medmgmt.record.errors import NoSuchThing, Refused
from medmgmt.record.models import Patient, Prescription, Role, Status, User
from medmgmt.regimen import courses
from medmgmt.regimen import scopes as regimen_scopes
from medmgmt.supply import authorisations, gaps, limits, stock
from refills import site
from refills.errors import RefillRefused
from refills.models import (
    AdherenceReport,
    Authorisation,
    Dispense,
    EarlyFill,
    EarlyReason,
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
from refills.worklist import tasks

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
) -> Dispense:
    """Takes a fill down and plans the reminders that follow from the new run-out date.

    Where a prescriber's authorisation is on record, RefillRefused says which rule forbids a fill and until when; so
    does limited dispensing. What a pharmacist should look at (a controlled drug without a prescription on record,
    early without a reason, early often, a quantity that does not fit) opens a task; a lab that is missing opens the
    prescriber's.
    """
    patient, prescription = access.prescription(by, "record_dispense", prescription_id)
    today = patient.today(timezone.now())
    require_fill(today, dispensed_on, days_supply, early_reason, partial_reason)
    limit = limits.of(prescription, dispensed_on)
    if limit is not None and days_supply > limit.most_days:
        raise RefillRefused([limits.refusal(limit)])
    written = require_authorised(prescription, dispensed_on, quantity, unit, handed_at)
    early = days_early(prescription, dispensed_on)
    made = Dispense.objects.create(
        patient=patient,
        prescription=prescription,
        dispensed_on=dispensed_on,
        quantity=quantity,
        unit=unit,
        days_supply=days_supply,
        recorded_by=by,
        note=note,
    )
    if early and early_reason:
        EarlyFill.objects.create(patient=patient, dispense=made, reason=early_reason, days_early=early)
    if partial_reason:
        keep_partial(patient, made, written, partial_reason, handed_at)
    if dispensed_on >= today - site.days("fill_looked_at_days"):
        ask_pharmacist(patient, made, early, stated=bool(early_reason), written=bool(written))
        monitoring.open_if_pending(patient, prescription, dispensed_on)
    planning.replan(patient, prescription)
    audit.record(by, "record_dispense", patient_id=patient.pk, obj=("dispense", made.pk), detail={"days_early": early})
    return made


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
    prescription: Prescription, on: date, quantity: Decimal, unit: str, handed_at: datetime | None
) -> list[Authorisation]:
    """What is written for it by that day; RefillRefused where that does not allow this fill. Without any, nothing is
    known and nothing is refused: what was handed out is history, and a pharmacist is asked to look."""
    written = list(authorisations.rows([prescription.pk]))
    fills = list(prescription.dispenses.order_by("dispensed_on", "id").select_related("partial"))
    scopes = regimen_scopes.scopes_of(prescription)
    found = authorisations.decide(written, fills, on, scopes, quantity=quantity, unit=unit)
    if found is not None and not found.allowed:
        raise RefillRefused(found.refusals)
    late = balance_is_late(prescription, fills, on, handed_at)
    if found is not None and late is not None:
        raise RefillRefused([late])
    return [one for one in written if one.issued_on <= on]


def balance_is_late(
    prescription: Prescription, fills: list[Dispense], on: date, handed_at: datetime | None
) -> Refusal | None:  # fmt: skip
    """The balance of a fill that was short of stock comes within its hours; None where nothing is owed, or in time."""
    owed = next((one.partial for one in reversed(fills) if hasattr(one, "partial")), None)
    newest = fills[-1] if fills else None
    if owed is None or newest is None or owed.dispense_id != newest.pk or owed.reason != PartialReason.SHORT_STOCK:
        return None
    zone = ZoneInfo(prescription.patient.time_zone)
    if owed.until is None or owed.remaining is None:
        return None
    last = owed.until.astimezone(zone).date()
    is_late = handed_at > owed.until if handed_at is not None else on > last
    later = prescription.authorisations.filter(issued_on__gt=newest.dispensed_on, revoked=None).exists()
    if not is_late or later:
        return None
    rule = site.supply_rules().find("partial_short_stock_hours", regimen_scopes.scopes_of(prescription))
    return Refusal(Reason.BALANCE_LATE, day=last, source=rule.source if rule else "")


def keep_partial(
    patient: Patient, made: Dispense, written: list[Authorisation], reason: str, handed_at: datetime | None
) -> PartialFill:  # fmt: skip
    """A fill of less than was written: what remains of it, and until when it may be had."""
    zone = ZoneInfo(patient.time_zone)
    at = handed_at or datetime.combine(made.dispensed_on, time(12), zone)
    if at.astimezone(zone).date() != made.dispensed_on:
        raise Refused(_("The time it was handed out does not lie on the day of the fill."))
    numbers, scopes = site.supply_rules(), regimen_scopes.scopes_of(made.prescription)
    standing = authorisations.lines(written, list(made.prescription.dispenses.all()), made.dispensed_on, scopes)
    line = next((one for one in reversed(standing) if one.rest is not None), None)
    last = authorisations.until(line.authorisation, scopes) if line else None
    until = datetime.combine(last, time(23, 59, 59), zone) if last else None
    if reason == PartialReason.SHORT_STOCK:
        until = controlled.balance_by(at, numbers, scopes) or until
    remaining = line.rest if line else None
    return PartialFill.objects.create(
        patient=patient, dispense=made, reason=reason, handed_at=at, remaining=remaining, until=until
    )


def days_early(prescription: Prescription, on: date) -> int:
    """Days before the first on which the stock at home allows the next fill; 0 where nothing is early."""
    before = list(prescription.dispenses.filter(dispensed_on__lte=on).order_by("dispensed_on", "id"))
    if not before:
        return 0
    end = stock.run_out_on(prescription, before, courses.signed_steps(prescription))
    if end is None:
        return 0
    scopes = regimen_scopes.scopes_of(prescription)
    first = dispensing.earliest(end, before[-1].days_supply, site.supply_rules(), scopes).on
    return max(0, (first - on).days)


def ask_pharmacist(patient: Patient, made: Dispense, early: int, *, stated: bool, written: bool) -> None:
    """A task for what a pharmacist should look at in a new fill, none where nothing is odd; it refuses nothing."""
    numbers, scopes = site.supply_rules(), regimen_scopes.scopes_of(made.prescription)
    rows = EarlyFill.objects.filter(dispense__prescription=made.prescription).select_related("dispense")
    history = [dispensing.Early(one.dispense.dispensed_on, dispensing.EarlyReason(one.reason)) for one in rows]
    odd = []
    if CONTROLLED in scopes and not written:
        odd.append(_("A controlled drug was handed out, and no prescription for it is on record here."))
    if early and not stated and CONTROLLED in scopes:
        odd.append(_("Filled %(days)s days before it was due, without a reason.") % {"days": early})
    for found in dispensing.noticed(history, made.dispensed_on, numbers, scopes) if early else []:
        odd.append(SIGNALS[found.signal] % {"count": found.count, "day": found.since})
    if not stock.quantity_fits(made):
        odd.append(_("The quantity does not last the %(days)s days stated, as directed.") % {"days": made.days_supply})
    if odd:
        tasks.open_task(
            kind=TaskKind.FILL_LOOK,
            key=f"fill|{made.pk}",
            patient_id=patient.pk,
            role=Role.PHARMACIST,
            source=("dispense", made.pk),
            title=_("A fill needs a look"),
            detail=" ".join([f"{made.prescription.drug_name}:", *odd]),
        )


@transaction.atomic
def count_pills(by: User, prescription_id: int, *, counted_on: date, quantity: Decimal, unit: str) -> PillCount:
    """Units found at home before that day's dose; from then on the supply is counted from them."""
    patient, prescription = access.prescription(by, "count_pills", prescription_id)
    today = patient.today(timezone.now())
    if not today - site.days("count_backdated_days_max") <= counted_on <= today:
        words = _("A count is written down within %(period)s, never before its day.")
        raise Refused(words % {"period": site.period("count_backdated_days_max")})
    if unit not in dosing.UNITS or quantity < 0:
        raise Refused(_("Give a number of units, zero or more."))
    made = PillCount.objects.create(
        patient=patient, prescription=prescription, counted_on=counted_on, quantity=quantity, unit=unit, counted_by=by
    )
    planning.replan(patient, prescription)
    audit.record(by, "count_pills", patient_id=patient.pk, obj=("pill_count", made.pk))
    return made


@transaction.atomic
def report_adherence(by: User, prescription_id: int, *, answer: str) -> AdherenceReport:
    """The patient says how they have taken a medicine; the same answer twice on a day is one."""
    patient, prescription = access.prescription(by, "report_adherence", prescription_id)
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
    patient, prescription = access.prescription(by, "request_refill", prescription_id)
    day = patient.today(timezone.now())
    answered = RenewalDecision.objects.filter(prescription=prescription).count()
    task = open_refill_task(patient, prescription, key=f"refill:{prescription.pk}:{day.isoformat()}:{answered}")
    monitoring.open_if_pending(patient, prescription, day)
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
    return tasks.open_task(
        kind=TaskKind.REFILL_REQUEST,
        key=key,
        patient_id=patient.pk,
        role=Role.PSYCHIATRIST,
        assignee_id=signed.signed_by_id if still_here else None,
        stop_tier=gaps.stop_tier(prescription),
        source=("prescription", prescription.pk),
        title=_("Refill asked for"),
        detail=prescription.drug_name,
    )
