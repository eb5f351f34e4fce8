"""Medicine in hand: what was dispensed, what the patient answers to a reminder, who asks for more."""

from datetime import date, timedelta
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt import supplies
from medmgmt.record import access, audit
from medmgmt.record.errors import NoSuchThing, Refused
from medmgmt.record.models import Patient, Prescription, Role, Status, User
from refills import links, reminders, worklist
from refills.models import Dispense, Reminder, ReminderAnswer, Task, TaskKind

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
) -> Dispense:
    """Takes a fill down and plans the reminders that follow from the new run-out date."""
    patient, prescription = locked(by, "record_dispense", prescription_id)
    today = patient.today(timezone.now())
    if not today - timedelta(days=OLDEST_DAYS) <= dispensed_on <= today:
        raise Refused(_("A fill is written down on its day or within two years after it, never before it."))
    if days_supply < 1:
        raise Refused(_("A fill lasts at least one day."))
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
    supplies.replan(patient, prescription)
    audit.record(by, "record_dispense", patient_id=patient.pk, obj=("dispense", made.pk))
    return made


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
