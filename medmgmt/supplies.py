"""The bridge to refills: what of a prescription is left, whom a message may reach; rows turned into plain values."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.utils import timezone

from medmgmt.record import dosing
from medmgmt.record.models import Channel, ContactPoint, Patient, Prescription, Status
from refills import planning, reminders
from refills.models import Dispense, Reminder
from refills.schedule import Fill


def replan(patient: Patient, prescription: Prescription) -> None:
    """Plans the reminders of a prescription anew after anything that moves its run-out date; safe to repeat."""
    now = timezone.now()
    today = patient.today(now)
    steps = [change.step for change in prescription.changes.filter(status=Status.SIGNED)]
    planning.plan(
        planning.Supply(
            patient_id=patient.pk,
            prescription_id=prescription.pk,
            time_zone=patient.time_zone,
            fills=fills(prescription, steps),
            channels=[Channel.EMAIL],
            active=is_wanted(steps, today),
        ),
        now=now,
    )


def replan_all() -> int:
    """Plans anew every prescription whose course changed yesterday, today or tomorrow by an earlier plan; how many."""
    day = timezone.now().date()
    near = Prescription.objects.filter(
        changes__status=Status.SIGNED,
        changes__effective_on__gte=day - timedelta(days=2),
        changes__effective_on__lte=day + timedelta(days=1),
    )
    concerned = list(near.select_related("patient").distinct())
    for prescription in concerned:
        replan(prescription.patient, prescription)
    return len(concerned)


def fills(prescription: Prescription, steps: Sequence[dosing.Step]) -> list[Fill]:
    """The fills of one prescription, fetched; see fills_of."""
    recorded = Dispense.objects.filter(prescription=prescription).order_by("dispensed_on", "id")
    return fills_of(prescription, list(recorded), steps)


def fills_of(prescription: Prescription, recorded: Sequence[Dispense], steps: Sequence[dosing.Step]) -> list[Fill]:
    """What was dispensed; before the first dispense, the supply ordered with the start, as if filled that day."""
    starts = [step.effective_on for step in steps if step.kind == "start"]
    if recorded or not starts or not prescription.first_supply_days:
        return [Fill(on=row.dispensed_on, days_supply=row.days_supply, quantity=row.quantity) for row in recorded]
    return [Fill(on=max(starts), days_supply=prescription.first_supply_days, quantity=None)]


def is_wanted(steps: Sequence[dosing.Step], today: date) -> bool:
    """Whether a reminder makes sense: taken by the clock now or soon; not held, stopped, or taken only as needed."""
    days = [today, *dosing.days_of_change(steps, today)]
    sigs = [dosing.dose_on(day, steps).sig for day in days]
    return any(sig is not None and not sig.as_needed for sig in sigs)


def reach(reminder: Reminder) -> reminders.Reach:
    """Where a reminder may go at this very moment: consent, an address, and a medicine still taken.

    Without any address it is allowed and cannot be delivered, so that a person is told to ask for one.
    """
    patient, prescription = reminder.patient, reminder.prescription
    contact = ContactPoint.objects.filter(patient=patient, channel=reminder.channel, ended_at=None).first()
    steps = [change.step for change in prescription.changes.filter(status=Status.SIGNED)]
    if contact is not None and not contact.reachable:
        allowed, why = False, "no consent"
    elif not is_wanted(steps, patient.today(timezone.now())):
        allowed, why = False, "no longer taken"
    else:
        allowed, why = True, ""
    address = contact.address if contact else None
    return reminders.Reach(address, patient.language, patient.time_zone, allowed=allowed, why=why)
