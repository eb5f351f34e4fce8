"""What channels report back: delivered, came back, answered with a word; the next channel is tried where one fails."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from medmgmt.actions import messages
from medmgmt.messages import due, planning
from medmgmt.record import access, audit
from medmgmt.record.models import ContactPoint, Patient
from refills.messages import addresses, fallback, reports
from refills.messages.reports import Meant, Report, Said
from refills.models import CaregiverConsent, How, Reminder
from refills.worklist import kinds, tasks


@transaction.atomic
def take_report(channel: str, report: Report) -> None:
    """Does what a provider's report asks for, once; a message or a number that is not ours is left alone in silence."""
    if not reports.is_new(channel, report.event_id):
        return
    if report.said == Said.REPLY:
        take_reply(channel, report)
        return
    reminder = reports.message_reported(channel, report.message)
    if reminder is None:
        return
    now = timezone.now()
    if report.said == Said.DELIVERED:
        changed = reports.delivered(reminder)
    else:
        changed = reports.bounced(reminder, address_of(reminder))
        if changed and reminder.patient_id is not None:
            patient = planning.patient_of(reminder)
            try_next(reminder, patient, now)
            planning.plan(patient, now)
    if changed:
        audit.record(None, "delivery_report", patient_id=reminder.patient_id, obj=("reminder", reminder.pk),
                     why="by the channel's provider", detail={"said": str(report.said)})  # fmt: skip


def address_of(reminder: Reminder) -> str:
    """The address that the message went to, if it is still the one in use; else blank: it was mended meanwhile."""
    if reminder.caregiver_id is not None:
        return CaregiverConsent.objects.get(pk=reminder.caregiver_id).address
    left = reminder.handed_over_at or timezone.now()
    found = ContactPoint.objects.filter(
        patient_id=reminder.patient_id or 0, channel=reminder.channel, ended_at=None, created_at__lte=left
    ).first()
    return found.address if found else ""


def take_reply(channel: str, report: Report) -> None:
    """STOP and START, in English and Spanish, for everybody who is reached at that address; what is neither a person
    has to read, so a nurse is asked to call. The text itself is not kept."""
    sender = addresses.normal(channel, report.sender)
    said = reports.meant(report.text)
    if not sender:
        return
    points = ContactPoint.objects.filter(channel=channel, address=sender, ended_at=None)
    for patient in access.patients_for_the_clock(points.values_list("patient_id", flat=True)):
        if said == Meant.ELSE:
            ask_to_call(patient, channel, report.event_id)
        else:
            messages.changed(patient, channel, said == Meant.START, How.REPLY, None)
    helped = CaregiverConsent.objects.filter(channel=channel, address=sender, withdrawn=None)
    if said == Meant.STOP:
        for consent in helped.order_by("pk"):
            for patient in access.patients_for_the_clock([consent.patient_id]):
                messages.end_consent(patient, consent.pk, How.REPLY, None)


def ask_to_call(patient: Patient, channel: str, event_id: str) -> None:
    """Somebody wrote more than a word to a number that nobody reads."""
    tasks.open_for(kinds.REPLY, "", key=kinds.REPLY.key_of(channel, event_id, patient.pk), patient_id=patient.pk)


def fall_back() -> int:
    """Tries the next channel for messages that were given up of late; how many. Safe to repeat."""
    now = timezone.now()
    done = 0
    for number in fallback.waiting(now):
        with transaction.atomic():
            reminder = Reminder.objects.select_related("patient").get(pk=number)
            done += try_next(reminder, planning.patient_of(reminder), now)
    return done


def try_next(reminder: Reminder, patient: Patient, now: datetime) -> bool:
    """The same message on the next channel that the patient may be told on, if there is one and it was not tried."""
    if reminder.caregiver_id is not None:
        return False
    channels = planning.reachable_channels(patient, due.wishes_of(patient))
    return fallback.plan_next(reminder, channels, patient.today(now), now)


def plan_soon() -> int:
    """Plans anew for everybody of whom something was found out or began of late that no act planned for; how many.

    Each patient in a transaction of their own. Safe to repeat.
    """
    now = timezone.now()
    day = now.date()
    near = Q(caregiver_consents__starts_on__range=(day - timedelta(days=1), day + timedelta(days=1)))
    near |= Q(caregiver_consents__ends_on__range=(day - timedelta(days=2), day))
    near |= Q(observations__recorded_at__gte=now - timedelta(hours=1))
    near |= Q(prescriptions__changes__status="signed", prescriptions__changes__effective_on__range=(
        day - timedelta(days=2), day + timedelta(days=2)))  # fmt: skip
    numbers = list(Patient.objects.filter(near).values_list("pk", flat=True).distinct())
    for number in numbers:
        with transaction.atomic():
            planning.plan_all([number], now)
    return len(numbers)
