"""Medicine in hand: what was dispensed, what the patient answers to a reminder, who asks for more."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from medmgmt import supplies
from medmgmt.record import access, audit
from medmgmt.record.errors import NoSuchThing, Refused
from medmgmt.record.models import Patient, Prescription, Role, Status, User
from refills import controlled, dispensing, links, reminders, worklist
from refills.errors import RefillRefused
from refills.lab_gates import Missing
from refills.models import Authorisation, Dispense, EarlyFill, EarlyReason, Reminder, ReminderAnswer, Task, TaskKind
from refills.rules import CONTROLLED

SIGNALS = {
    dispensing.Signal.MANY_EARLY_REQUESTS: gettext_lazy("%(count)s early fills since %(day)s."),
    dispensing.Signal.MANY_LOST: gettext_lazy("%(count)s times lost or stolen since %(day)s."),
    dispensing.Signal.SEVERAL_PRESCRIBERS: gettext_lazy("%(count)s prescribers at once."),
}
MISSING = {
    Missing.NEVER_TAKEN: gettext_lazy("No neutrophil count is on record: decide whether to go on, and say why."),
    Missing.OVERDUE: gettext_lazy("A neutrophil count was due on %(day)s: decide whether to go on, and say why."),
    Missing.TOO_LOW: gettext_lazy("The neutrophil count of %(day)s was low: decide whether to go on, and say why."),
}
LOOKED_AT_FOR, LOOK_DUE = timedelta(days=7), timedelta(days=2)
"""History that is written down later than a week opens no tasks."""
REFILL_DUE = timedelta(days=1)
OLDEST_DAYS = 730


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
) -> Dispense:
    """Takes a fill down and plans the reminders that follow from the new run-out date.

    Where a prescriber's authorisation is on record, RefillRefused says which rule forbids a fill and until when. What
    a pharmacist should look at (early without a reason, early often, a quantity that does not fit) opens a task.
    """
    patient, prescription = locked(by, "record_dispense", prescription_id)
    today = patient.today(timezone.now())
    if not today - timedelta(days=OLDEST_DAYS) <= dispensed_on <= today:
        raise Refused(_("A fill is written down on its day or within two years after it, never before it."))
    if days_supply < 1:
        raise Refused(_("A fill lasts at least one day."))
    if early_reason and early_reason not in EarlyReason.values:
        raise Refused(_("This is not a reason for an early fill that this service knows."))
    require_authorised(prescription, dispensed_on, quantity, unit)
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
    if dispensed_on >= today - LOOKED_AT_FOR:
        ask_pharmacist(patient, made, early, stated=bool(early_reason))
    supplies.replan(patient, prescription)
    audit.record(by, "record_dispense", patient_id=patient.pk, obj=("dispense", made.pk), detail={"days_early": early})
    return made


@transaction.atomic
def authorise(
    by: User,
    prescription_id: int,
    *,
    issued_on: date,
    quantity: Decimal,
    unit: str,
    days_supply: int,
    refills: int = 0,
    may_fill_from: date | None = None,
) -> Authorisation:
    """Takes down what was written for the pharmacy; RefillRefused for refills or a series that its schedule forbids."""
    patient, prescription = locked(by, "sign", prescription_id)
    today = patient.today(timezone.now())
    if not today - timedelta(days=OLDEST_DAYS) <= issued_on <= today:
        raise Refused(_("A prescription is written down on its day or within two years after it, never before it."))
    same_day = prescription.authorisations.filter(issued_on=issued_on).order_by("id")
    parts = [controlled.Part(str(one.pk), one.days_supply, one.may_fill_from) for one in same_day]
    refusals = controlled.authorisable(
        refills,
        [*parts, controlled.Part("", days_supply, may_fill_from)],
        supplies.supply_rules(),
        supplies.scopes_of(prescription),
    )
    if refusals:
        raise RefillRefused(refusals)
    made = Authorisation.objects.create(
        patient=patient,
        prescription=prescription,
        issued_on=issued_on,
        quantity=quantity,
        unit=unit,
        days_supply=days_supply,
        refills=refills,
        may_fill_from=may_fill_from,
        authorised_by=by,
    )
    audit.record(by, "authorise", patient_id=patient.pk, obj=("authorisation", made.pk), detail={"refills": refills})
    return made


def require_authorised(prescription: Prescription, on: date, quantity: Decimal, unit: str) -> None:
    """RefillRefused where the authorisations on record do not allow this fill; without any, nothing is known."""
    written = list(prescription.authorisations.filter(issued_on__lte=on).order_by("issued_on", "id"))
    if not written:
        return
    known = {one.unit for one in written} == {unit}
    orders = [
        controlled.Order(one.issued_on, one.refills, Fraction(one.quantity) if known else None, one.may_fill_from)
        for one in written
    ]
    before = prescription.dispenses.filter(dispensed_on__gte=written[0].issued_on, dispensed_on__lte=on)
    handed = [
        controlled.Handed(row.dispensed_on, Fraction(row.quantity) if known and row.unit == unit else None)
        for row in before.order_by("dispensed_on", "id")
    ]
    found = controlled.in_force(
        orders,
        handed,
        on,
        supplies.supply_rules(),
        supplies.scopes_of(prescription),
        units=Fraction(quantity) if known else None,
    )
    if not found.allowed:
        raise RefillRefused(found.refusals)


def days_early(prescription: Prescription, on: date) -> int:
    """Days before the first on which the stock at home allows the next fill; 0 where nothing is early."""
    before = list(prescription.dispenses.filter(dispensed_on__lte=on).order_by("dispensed_on", "id"))
    if not before:
        return 0
    end = supplies.run_out_on(prescription, before, supplies.signed_steps(prescription))
    if end is None:
        return 0
    scopes = supplies.scopes_of(prescription)
    first = dispensing.earliest(end, before[-1].days_supply, supplies.supply_rules(), scopes).on
    return max(0, (first - on).days)


def ask_pharmacist(patient: Patient, made: Dispense, early: int, *, stated: bool) -> None:
    """A task for what a pharmacist should look at in a new fill, none where nothing is odd; it refuses nothing."""
    numbers, scopes = supplies.supply_rules(), supplies.scopes_of(made.prescription)
    rows = EarlyFill.objects.filter(dispense__prescription=made.prescription).select_related("dispense")
    history = [dispensing.Early(one.dispense.dispensed_on, dispensing.EarlyReason(one.reason)) for one in rows]
    odd = []
    if early and not stated and CONTROLLED in scopes:
        odd.append(_("Filled %(days)s days before it was due, without a reason.") % {"days": early})
    for found in dispensing.noticed(history, made.dispensed_on, numbers, scopes) if early else []:
        odd.append(SIGNALS[found.signal] % {"count": found.count, "day": found.since})
    if not supplies.quantity_fits(made):
        odd.append(_("The quantity does not last the %(days)s days stated, as directed.") % {"days": made.days_supply})
    gate = supplies.lab_gate(made)
    if gate is not None and gate.missing is not None:
        odd.append(MISSING[gate.missing] % {"day": gate.since})
    if odd:
        worklist.open_task(
            kind=TaskKind.OTHER,
            key=f"fill|{made.pk}",
            patient_id=patient.pk,
            role=Role.PHARMACIST,
            due_at=timezone.now() + LOOK_DUE,
            source=("dispense", made.pk),
            title=_("A fill needs a look"),
            detail=" ".join([f"{made.prescription.drug_name}:", *odd]),
        )


def locked(by: User, act: str, prescription_id: int) -> tuple[Patient, Prescription]:
    """The locked patient and one of their prescriptions, read after the lock."""
    patient_id = Prescription.objects.filter(pk=prescription_id).values_list("patient_id", flat=True).first()
    patient = access.patient_for(by, act, patient_id or 0, lock=True)
    return patient, Prescription.objects.get(pk=prescription_id, patient=patient)


@transaction.atomic
def request_refill(by: User, prescription_id: int) -> Task:
    """The patient, signed in, asks for more of a medicine they take; asking twice on a day is asking once."""
    patient, prescription = locked(by, "request_refill", prescription_id)
    day = patient.today(timezone.now())
    task = open_refill_task(patient, prescription, key=f"refill:{prescription.pk}:{day.isoformat()}")
    audit.record(by, "request_refill", patient_id=patient.pk, obj=("prescription", prescription.pk))
    return task


@transaction.atomic
def answer_link(token: str, choice: str) -> Reminder:
    """The patient answers a reminder by its link, without signing in; the same answer twice does nothing twice.

    Raises LinkUnknown, LinkExpired, SnoozedEnough.
    """
    reminder = reminders.answer(token, choice)
    if reminder.answer == ReminderAnswer.REFILL_REQUESTED:
        open_refill_task(reminder.patient, reminder.prescription, key=links.refill_request_key(reminder))
    audit.record(None, "answer_reminder", patient_id=reminder.patient_id, obj=("reminder", reminder.pk),
                 why="by the link in the message", detail={"answer": choice})  # fmt: skip
    return reminder


def open_refill_task(patient: Patient, prescription: Prescription, *, key: str) -> Task:
    """The prescriber's task; it names no drug in its title."""
    signed = (
        prescription.changes.filter(status=Status.SIGNED).order_by("-signed_at").select_related("signed_by").first()
    )
    if signed is None:
        raise NoSuchThing()
    still_here = signed.signed_by is not None and access.cares_for(signed.signed_by, patient.pk)
    return worklist.open_task(
        kind=TaskKind.REFILL_REQUEST,
        key=key,
        patient_id=patient.pk,
        role=Role.PSYCHIATRIST,
        assignee_id=signed.signed_by_id if still_here else None,
        priority=2,
        due_at=timezone.now() + REFILL_DUE,
        source=("prescription", prescription.pk),
        title=_("Refill asked for"),
        detail=prescription.drug_name,
    )
