"""The signed, expiring link of a reminder, by which a patient answers without signing in."""

from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models.functions import Now

from refills import planning, schedule
from refills.clock import database_now
from refills.errors import LinkExpired, LinkUnknown, SnoozedEnough
from refills.models import Reminder, ReminderAnswer, ReminderKind, ReminderState

SALT = "refills.reminder-link"
PATH = "/r/"
MOST_SNOOZES = 3


class Choice(StrEnum):
    """The buttons of the page."""

    CONFIRM = "confirm"
    REQUEST_REFILL = "request_refill"
    SNOOZE = "snooze"


ANSWERS = {
    Choice.SNOOZE: ReminderAnswer.SNOOZED,
    Choice.CONFIRM: ReminderAnswer.CONFIRMED,
    Choice.REQUEST_REFILL: ReminderAnswer.REFILL_REQUESTED,
}
NEEDLESS = {
    ReminderAnswer.CONFIRMED: ReminderKind.values,
    ReminderAnswer.REFILL_REQUESTED: [ReminderKind.SNOOZE.value],
}
"""What an answer cancels of the same run-out: who has the medicine needs no more reminders of it; who asked for it is
still told on the day, in case nothing came."""
WEIGHT = [ReminderAnswer.NONE, *ANSWERS.values()]
"""A later answer counts only if it is stronger: answers may come in any order, any number of times."""


def token(reminder: Reminder) -> str:
    """What the link carries: a random number and a time, signed. It names neither patient nor drug."""
    return _signer().sign(reminder.public_id.hex)


def url(reminder: Reminder) -> str:
    """The whole address for the message."""
    return f"{settings.BASE_URL}{PATH}{token(reminder)}/"


def read_link(token: str) -> Reminder:
    """The reminder of a link; changes nothing, so a mail scanner that opens it does no harm.

    LinkExpired when it is older than REMINDER_LINK_DAYS, LinkUnknown when it is not one of ours.
    """
    return _found(Reminder.objects.filter(public_id=_opened(token)).first())


def answer(token: str, choice: str, now: datetime | None = None) -> Reminder:
    """Keep the patient's answer and return the reminder; the same answer again changes nothing.

    A stronger answer replaces a weaker one (put off < confirmed < refill asked for), never the other way round.
    Confirming cancels what is still planned for this run-out. Putting off plans one more reminder for the next day,
    three times at most for one run-out: SnoozedEnough.
    """
    kept = ANSWERS[Choice(choice)]
    known = read_link(token)
    with transaction.atomic():
        reminder = _found(planning.locked(known.prescription_id, [known.key]).get(known.key))
        if WEIGHT.index(kept) <= WEIGHT.index(ReminderAnswer(reminder.answer)):
            return reminder
        if kept == ReminderAnswer.SNOOZED:
            _put_off(reminder, now or database_now())
        else:
            planning.cancel_answered(reminder.prescription_id, reminder.run_out_on, NEEDLESS[kept])
        Reminder.objects.filter(pk=reminder.pk).update(answer=kept, answered_at=Now())
        reminder.refresh_from_db()
        return reminder


def refill_request_key(reminder: Reminder) -> str:
    """The key of the prescriber's task: one for a prescription and its run-out, however many messages asked."""
    return f"refill_request|{reminder.prescription_id}|{reminder.run_out_on.isoformat()}"


def _signer() -> signing.TimestampSigner:
    """Signs with a salt of its own, so that no other signed text of the site passes for a link."""
    return signing.TimestampSigner(salt=SALT, sep=".")


def _opened(token: str) -> UUID:
    """The random number in a link, once its signature and its age are found good."""
    try:
        return UUID(_signer().unsign(token, max_age=timedelta(days=settings.REMINDER_LINK_DAYS)))
    except signing.SignatureExpired as old:
        raise LinkExpired from old
    except (signing.BadSignature, ValueError) as wrong:
        raise LinkUnknown from wrong


def _found(reminder: Reminder | None) -> Reminder:
    """The row, or LinkUnknown."""
    if reminder is None:
        raise LinkUnknown
    return reminder


def _put_off(reminder: Reminder, now: datetime) -> None:
    """Plan one more for the next day, unless something comes that day anyway."""
    same = Reminder.objects.filter(
        prescription_id=reminder.prescription_id, channel=reminder.channel, run_out_on=reminder.run_out_on
    )
    if same.filter(kind=ReminderKind.SNOOZE).count() >= MOST_SNOOZES:
        raise SnoozedEnough
    moment = schedule.tomorrow(now, reminder.time_zone, waking=planning.waking())
    if same.filter(local_date=moment.local_date, state=ReminderState.PLANNED).exists():
        return
    supply = planning.Supply(
        patient_id=reminder.patient_id,
        prescription_id=reminder.prescription_id,
        time_zone=reminder.time_zone,
        fills=(),
        channels=(reminder.channel,),
        active=True,
    )
    planning.add([planning.row(supply, moment, reminder.channel, run_out_on=reminder.run_out_on)])
