"""Messages as people want them: plans, yes and no, helpers, the calendar link, and answers by the link in a message."""

from collections.abc import Callable, Collection
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt.actions import supply
from medmgmt.messages import due, planning, standing
from medmgmt.record import access, audit
from medmgmt.record.errors import Conflict, Refused
from medmgmt.record.models import ContactPoint, Patient, Prescription, Role, User
from refills.messages import addresses, calendar_feed, consents, links, restoring
from refills.messages.links import Choice
from refills.models import (
    CalendarFeed,
    CaregiverConsent,
    Channel,
    How,
    Reminder,
    ReminderAnswer,
    ReminderPlan,
)
from refills.worklist import kinds, tasks

MOST_STEPS, FURTHEST = 6, 30
EARLIEST_QUIET, LATEST_WAKING = 12, 12
"""Quiet hours begin after noon and end before it, so that there is always an hour at which somebody can be told."""

MOST_AT_ONCE = 5_000


@transaction.atomic
def save_plan(
    by: User,
    patient_id: int,
    *,
    before: list[int],
    after: list[int],
    channels: list[str],
    hour: int,
    quiet_from: int,
    quiet_until: int,
    language: str,
    version: int,
) -> ReminderPlan:
    """How a patient is told from now on; Conflict if somebody changed the plan since `version` was read."""
    patient = access.patient_for(by, "manage_messages", patient_id, lock=True)
    row, _made = ReminderPlan.objects.get_or_create(patient=patient)
    if row.version != version:
        raise Conflict()
    require_days(before, _("before"))
    require_days(after, _("after"))
    require_hours(hour, quiet_from, quiet_until)
    if not channels or set(channels) - set(Channel.values) or len(set(channels)) < len(channels):
        raise Refused(_("Choose at least one channel, each once."))
    row.cadence = ",".join(str(days) for days in sorted(set(before), reverse=True))
    row.overdue = ",".join(str(days) for days in sorted(set(after)))
    row.channels, row.language = ",".join(channels), language
    row.hour, row.quiet_from, row.quiet_until = hour, quiet_from, quiet_until
    row.version, row.changed_at = row.version + 1, timezone.now()
    row.save()
    planning.plan(patient, timezone.now())
    audit.record(by, "save_plan", patient_id=patient.pk, obj=("reminder_plan", row.pk))
    return row


def require_days(days: list[int], side: str) -> None:
    """Refuses what would be no cadence: none at all, too many, too far."""
    if not days or len(set(days)) > MOST_STEPS or any(not 0 <= day <= FURTHEST for day in days):
        raise Refused(
            _("Choose one to %(most)s days %(side)s, each at most %(far)s days away.")
            % {"most": MOST_STEPS, "side": side, "far": FURTHEST}
        )


def require_hours(hour: int, quiet_from: int, quiet_until: int) -> None:
    """Refuses an hour at which somebody wants quiet, and a quiet that never ends."""
    fits = EARLIEST_QUIET <= quiet_from <= 24 and 0 <= quiet_until <= LATEST_WAKING
    if not fits or not quiet_until <= hour < quiet_from:
        raise Refused(_("Quiet hours begin after noon and end before it, and messages come outside them."))


@transaction.atomic
def opt(by: User, patient_id: int, *, channel: str, wanted: bool) -> None:
    """A yes or a no to messages on a channel; the same again changes nothing."""
    patient = access.patient_for(by, "manage_messages", patient_id, lock=True)
    if channel not in Channel.values:
        raise Refused(_("There is no such channel."))
    how = How.PORTAL if by.role == Role.PATIENT else How.STAFF
    if wanted and not patient.contact_points.filter(channel=channel, ended_at=None).exists():
        raise Refused(_("There is no address for this channel yet. Please tell the clinic."))
    changed(patient, channel, wanted, how, by)


def changed(patient: Patient, channel: str, wanted: bool, how: How, by: User | None) -> None:
    """Keeps the choice, plans anew and tells the audit, if it is news."""
    now = timezone.now()
    told = consents.choose(
        patient_id=patient.pk, channel=channel, opted_in=wanted, how=how, by_id=by.pk if by else None, at=now
    )
    if told:
        say_on_the_address(patient, channel, wanted, now)
        planning.plan(patient, now)
        audit.record(by, "opt", patient_id=patient.pk, detail={"channel": channel, "in": wanted, "how": str(how)})


def say_on_the_address(patient: Patient, channel: str, wanted: bool, now: datetime) -> None:
    """The address in use says so too: a no withdraws its consent, a yes after a no is a consent anew, in a new row."""
    point = patient.contact_points.filter(channel=channel, ended_at=None).first()
    if point is None or point.reachable is wanted:
        return
    if not wanted:
        point.consent_withdrawn_at = now
        point.save(update_fields=["consent_withdrawn_at"])
        return
    point.ended_at = now
    point.save(update_fields=["ended_at"])
    ContactPoint.objects.create(
        patient=patient, channel=channel, address=point.address, created_at=now, consented_at=now
    )  # fmt: skip


@transaction.atomic
def add_caregiver(
    by: User,
    patient_id: int,
    *,
    name: str,
    relation: str = "",
    channel: str,
    address: str,
    language: str,
    covers: list[str],
    starts_on: date,
    ends_on: date | None = None,
) -> CaregiverConsent:
    """Takes down the patient's word that somebody may be told as well: who, what for, from and until when."""
    patient = access.patient_for(by, "manage_messages", patient_id, lock=True)
    written = addresses.normal(channel, address)
    if not written:
        raise Refused(bad_address(channel))
    if not name.strip() or not covers or set(covers) - set(planning.COVERS):
        raise Refused(_("Say who it is, and what for."))
    today = patient.today(timezone.now())
    if starts_on < today or (ends_on is not None and ends_on < starts_on):
        raise Refused(_("A consent begins today or later, and ends after it begins."))
    if consents.is_told(patient.pk, channel, written, ",".join(covers), starts_on):
        raise Refused(_("Somebody is told the same at this address already."))
    made = CaregiverConsent.objects.create(
        patient=patient,
        name=name.strip(),
        relation=relation.strip(),
        channel=channel,
        address=written,
        language=language,
        covers=",".join(covers),
        starts_on=starts_on,
        ends_on=ends_on,
        recorded_by=by,
    )
    planning.plan(patient, timezone.now())
    audit.record(by, "add_caregiver", patient_id=patient.pk, obj=("caregiver_consent", made.pk))
    return made


@transaction.atomic
def withdraw_caregiver(by: User, consent_id: int) -> int:
    """The patient takes their word back; no message leaves after this. The same again changes nothing. The number of
    the patient."""
    patient, _consent = access.locked(by, "manage_messages", CaregiverConsent, consent_id)
    how = How.PORTAL if by.role == Role.PATIENT else How.STAFF
    end_consent(patient, consent_id, how, by)
    return patient.pk


def end_consent(patient: Patient, consent_id: int, how: How, by: User | None) -> None:
    """Ends a consent, plans anew and tells the audit, if it is news."""
    now = timezone.now()
    if consents.withdraw(consent_id, how=how, by_id=by.pk if by else None, at=now):
        planning.plan(patient, now)
        audit.record(by, "withdraw_caregiver", patient_id=patient.pk, obj=("caregiver_consent", consent_id),
                     detail={"how": str(how)})  # fmt: skip


@transaction.atomic
def renew_calendar(by: User, patient_id: int) -> CalendarFeed:
    """A new calendar link; the one before stops working at once."""
    patient = access.patient_for(by, "manage_messages", patient_id, lock=True)
    made = calendar_feed.renew(patient.pk, timezone.now())
    audit.record(by, "renew_calendar", patient_id=patient.pk, obj=("calendar_feed", made.pk))
    return made


@transaction.atomic
def revoke_calendar(by: User, patient_id: int) -> None:
    """The calendar link stops working at once; again it changes nothing."""
    patient = access.patient_for(by, "manage_messages", patient_id, lock=True)
    if calendar_feed.revoke(patient.pk, timezone.now()):
        audit.record(by, "revoke_calendar", patient_id=patient.pk)


@transaction.atomic
def answer_link(token: str, choice: str) -> Reminder:
    """Somebody answers a message by its link, without signing in; the same answer twice does nothing twice.

    Raises LinkUnknown, LinkExpired, SnoozedEnough; LinkOver where consent, address or medicine are no more, by what is
    found under the lock.
    """
    link = links.read_link(token)
    patient = planning.patient_of(link.reminder)
    standing.require(link, timezone.now(), choice)
    return answer(link.reminder, patient, choice, why="by the link in the message")


def answer(known: Reminder, patient: Patient, choice: str, *, why: str) -> Reminder:
    """Keeps an answer to a message, however it came, and does what it asks for; the patient is locked."""
    reminder = links.keep(known, choice, awake=due.wishes_of(patient).waking)
    if choice in (Choice.STOP, Choice.START):
        switch(reminder, patient, wanted=choice == Choice.START)
    if reminder.answer == ReminderAnswer.REFILL_REQUESTED and choice == Choice.REQUEST_REFILL:
        for prescription, key in asked_for(reminder, patient):
            supply.open_refill_task(patient, prescription, key=key)
    if reminder.answer == ReminderAnswer.PICKED_UP and choice == Choice.PICKED_UP:
        for prescription, _key in asked_for(reminder, patient):
            open_fill_task(patient, prescription, reminder)
    planning.plan(patient, timezone.now())
    audit.record(None, "answer_reminder", patient_id=patient.pk, obj=("reminder", reminder.pk),
                 why=why, detail={"answer": choice})  # fmt: skip
    return reminder


def switch(reminder: Reminder, patient: Patient, *, wanted: bool) -> None:
    """“Stop these” and “send them again”: the patient's channel, or a caregiver's consent. An ended consent is the
    patient's to give again, not the caregiver's."""
    if reminder.caregiver_id is None:
        changed(patient, reminder.channel, wanted, How.LINK, None)
    elif not wanted:
        end_consent(patient, reminder.caregiver_id, How.LINK, None)


def asked_for(reminder: Reminder, patient: Patient) -> list[tuple[Prescription, str]]:
    """The prescriptions whose supplies a message was about and that are still taken, each with the key of what is asked
    for."""
    keys = links.refill_request_keys(reminder)
    taken = planning.still_wanted(keys, patient.today(timezone.now()))
    return [(one, keys[one.pk]) for one in Prescription.objects.filter(pk__in=taken, patient=patient).order_by("pk")]


def open_fill_task(patient: Patient, prescription: Prescription, reminder: Reminder) -> None:
    """The patient says they have it: somebody writes the fill down, so that the next run-out is known. Once for a
    run-out."""
    day = next(item.day for item in links.items(reminder) if item.prescription_id == prescription.pk)
    key = kinds.PICKED_UP.key_of(prescription.pk, day.isoformat())
    tasks.open_for(kinds.PICKED_UP, prescription.pk, key=key, patient_id=patient.pk, detail=prescription.drug_name)


def bad_address(channel: str) -> str:
    """What an address of this channel looks like."""
    if channel == Channel.EMAIL:
        return _("This does not look like an e-mail address.")
    return _("A phone number begins with + and the country, for instance +1 415 555 0100.")


@transaction.atomic
def send_held(by: User, ids: Collection[int], *, why: str, patient_id: int | None = None) -> int:
    """They go after all, at once: nobody has had them. How many; those that somebody has decided on stay decided."""
    return _decide(by, "send_held_message", restoring.release, ids, why=why, patient_id=patient_id)


@transaction.atomic
def drop_held(by: User, ids: Collection[int], *, why: str, patient_id: int | None = None) -> int:
    """They do not go: they had gone out before the restore, or are of no use any more. How many."""
    return _decide(by, "drop_held_message", restoring.drop, ids, why=why, patient_id=patient_id)


def _decide(
    by: User,
    act: str,
    apply: Callable[[Collection[int]], int],
    ids: Collection[int],
    *,
    why: str,
    patient_id: int | None,
) -> int:
    """One patient's by whoever cares for them; anybody's, as bare numbers, by whoever runs the service."""
    if patient_id is None:
        access.require(by, "view_delivery")
    else:
        access.patient_for(by, "decide_held", patient_id, lock=True)
    if not why.strip():
        raise Refused(_("Say why: the next person wants to know."))
    if not 0 < len(ids) <= MOST_AT_ONCE:
        raise Refused(_("Choose at least one message, and not more than five thousand at once."))
    held = restoring.lock_held(ids, patient_id)
    apply(list(held))
    for patient, chosen in _by_patient(held).items():
        audit.record(by, act, patient_id=patient, obj=("reminder", chosen[0]), why=why, detail={"reminders": chosen})
        if patient is not None and not restoring.held_of(patient).exists():
            for task in restoring.tasks_of(patient):
                tasks.settle(by_id=by.pk, outcome=why, key=task.key)
    return len(held)


def _by_patient(held: dict[int, int | None]) -> dict[int | None, list[int]]:
    """The numbers of the messages of each patient; None for those to the staff."""
    found: dict[int | None, list[int]] = {}
    for number, patient in held.items():
        found.setdefault(patient, []).append(number)
    return found
