"""What channels report back: delivered, came back, answered in words; the next channel is tried where one fails."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from interactions.engine.red_flags import RedFlag
from medmgmt.actions import messages
from medmgmt.messages import due, planning
from medmgmt.record import access, audit
from medmgmt.record.models import ContactPoint, Patient
from medmgmt.regimen import red_flags
from refills.errors import SnoozedEnough
from refills.messages import addresses, consents, fallback, links, notices, replies, reports
from refills.messages.links import Choice
from refills.messages.replies import Meant
from refills.messages.reports import Report, Said
from refills.models import CaregiverConsent, How, Reminder, ReminderKind, ReminderState
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


ANSWERS = {
    Meant.REQUEST_REFILL: Choice.REQUEST_REFILL,
    Meant.PICKED_UP: Choice.PICKED_UP,
    Meant.SNOOZE: Choice.SNOOZE,
    Meant.CONFIRM: Choice.CONFIRM,
}


@dataclass(frozen=True)
class Reader:
    """Somebody who answers: the patient, or whoever cares for them by a consent."""

    patient: Patient
    channel: str
    address: str
    consent: CaregiverConsent | None = None


def take_reply(channel: str, report: Report) -> None:
    """What somebody wrote back, for everybody who is reached at that address. What cannot wait comes first; a clear
    word is done; everything else a nurse reads, in the words in which it was written."""
    sender = addresses.normal(channel, report.sender)
    if not sender:
        return
    points = ContactPoint.objects.filter(channel=channel, address=sender, ended_at=None)
    for patient in access.patients_for_the_clock(points.values_list("patient_id", flat=True)):
        read_reply(Reader(patient, channel, sender), report)
    helped = CaregiverConsent.objects.filter(channel=channel, address=sender, withdrawn=None)
    for consent in helped.order_by("pk"):
        for patient in access.patients_for_the_clock([consent.patient_id]):
            read_reply(Reader(patient, channel, sender, consent), report)


def read_reply(reader: Reader, report: Report) -> None:
    """Does what one reader's words ask for; the trail tells how they were understood, never the words."""
    said = replies.meant(report.text)
    flags = red_flags.heard(reader.patient, report.text) if said == Meant.ELSE else ()
    if flags:
        raise_alarm(reader, report, flags)
    elif said == Meant.HELP:
        answer_back(reader, ReminderKind.HELP, report)
    elif not is_done(reader, said):
        ask_to_call(reader, report)
    audit.record(None, "reply", patient_id=reader.patient.pk, why="by answering a message",
                 detail={"meant": str(said), "red_flags": [flag.flag_id for flag in flags]})  # fmt: skip


def is_done(reader: Reader, said: Meant) -> bool:
    """Whether a clear word could be done; what could not is for a person."""
    if said in (Meant.STOP, Meant.START, Meant.YES):
        return is_switched(reader, said)
    if said == Meant.THANKS:
        return is_told(reader)
    choice = ANSWERS.get(said)
    return choice is not None and is_answered(reader, choice)


def is_told(reader: Reader) -> bool:
    """Whether whoever writes is still to be told: the patient, or somebody whose consent holds today."""
    today = reader.patient.today(timezone.now())
    return reader.consent is None or consents.holds(reader.consent, today)


def is_switched(reader: Reader, said: Meant) -> bool:
    """No more of these, or again. An ended consent is the patient's to give again, and a bare yes says "again" only to
    somebody who had said no."""
    if reader.consent is not None:
        if said == Meant.STOP:
            messages.end_consent(reader.patient, reader.consent.pk, How.REPLY, None)
        return said != Meant.YES
    if said == Meant.YES and consents.choices(reader.patient.pk).get(reader.channel, True):
        return False
    messages.changed(reader.patient, reader.channel, said != Meant.STOP, How.REPLY, None)
    return True


def is_answered(reader: Reader, choice: Choice) -> bool:
    """The last reminder is answered as by its link; False where none came there of late that could be answered so,
    where the consent of whoever writes is over, and where the medicine is no longer taken: a person reads it then."""
    last = sent_to(reader).order_by("-handed_over_at", "-id").first()
    if not is_told(reader):
        return False
    if last is None or not planning.is_about_something(last, reader.patient.today(timezone.now())):
        return False
    if choice != Choice.CONFIRM and choice not in links.offers(last):
        return False
    try:
        messages.answer(last, reader.patient, choice, why="by answering the message")
    except SnoozedEnough:
        return False
    return True


def sent_to(reader: Reader) -> QuerySet[Reminder]:
    """The reminders of late that went to the address that answers; what went to one before it was read elsewhere."""
    sent = Reminder.objects.filter(
        patient=reader.patient, channel=reader.channel, caregiver=reader.consent, items__isnull=False,
        state__in=(ReminderState.SENT, ReminderState.DELIVERED, ReminderState.UNKNOWN),
        handed_over_at__gte=timezone.now() - timedelta(days=settings.REMINDER_LINK_DAYS),
    )  # fmt: skip
    if reader.consent is not None:
        return sent
    left = OuterRef("handed_over_at")
    points = ContactPoint.objects.filter(
        Q(ended_at=None) | Q(ended_at__gt=left), patient=reader.patient, channel=reader.channel, address=reader.address,
        created_at__lte=left,
    )  # fmt: skip
    return sent.filter(Exists(points))


def raise_alarm(reader: Reader, report: Report, flags: Sequence[RedFlag]) -> None:
    """A nurse and a prescriber are told at once; whoever wrote is told whom to call, without a word about health."""
    detail = "\n".join([*(flag.told for flag in flags), words_of(reader, report)])
    for kind in (kinds.RED_FLAG, kinds.RED_FLAG_PRESCRIBER):
        key = kind.key_of(reader.channel, report.event_id, reader.patient.pk)
        tasks.open_for(kind, "", key=key, patient_id=reader.patient.pk, detail=detail)
    answer_back(reader, ReminderKind.IN_DANGER, report)


def answer_back(reader: Reader, kind: ReminderKind, report: Report) -> None:
    """A few words back to the same address, at once."""
    row = Reminder(
        patient=reader.patient, caregiver=reader.consent, channel=reader.channel, kind=kind,
        time_zone=reader.patient.time_zone,
    )  # fmt: skip
    notices.answer_at_once(row, event=report.event_id, now=timezone.now())


def ask_to_call(reader: Reader, report: Report) -> None:
    """A nurse reads what somebody wrote, and calls."""
    key = kinds.REPLY.key_of(reader.channel, report.event_id, reader.patient.pk)
    tasks.open_for(kinds.REPLY, "", key=key, patient_id=reader.patient.pk, detail=words_of(reader, report))


def words_of(reader: Reader, report: Report) -> str:
    """The words themselves, and whose they are where they are not the patient's."""
    if reader.consent is None:
        return f"“{report.text}”"
    return f"{reader.consent.name}: “{report.text}”"


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
