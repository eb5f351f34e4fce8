"""The signed, expiring link of a message, by which somebody answers without signing in."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.db import transaction
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare, salted_hmac

from refills.clock import database_now
from refills.errors import LinkExpired, LinkUnknown, SnoozedEnough
from refills.messages import items as messages_items
from refills.messages import planning, waking
from refills.messages.bundling import REFILL, Name
from refills.messages.items import Item
from refills.messages.waking import Waking
from refills.models import Reminder, ReminderAnswer, ReminderItem, ReminderKind
from refills.worklist import kinds

SALT = "refills.reminder-link"
PATH = "/r/"
STOP = "stop/"
MOST_SNOOZES = 3
MARK = 16
"""Characters of the mark of an address: sixty-four bits, which nobody guesses within the days of a link."""


class Choice(StrEnum):
    CONFIRM = "confirm"
    REQUEST_REFILL = "request_refill"
    PICKED_UP = "picked_up"
    SNOOZE = "snooze"
    STOP = "stop"
    START = "start"


ANSWERS = {
    Choice.SNOOZE: ReminderAnswer.SNOOZED,
    Choice.STOP: ReminderAnswer.STOPPED,
    Choice.START: ReminderAnswer.NONE,
    Choice.CONFIRM: ReminderAnswer.CONFIRMED,
    Choice.PICKED_UP: ReminderAnswer.PICKED_UP,
    Choice.REQUEST_REFILL: ReminderAnswer.REFILL_REQUESTED,
}
WEIGHT = [
    ReminderAnswer.NONE,
    ReminderAnswer.SNOOZED,
    ReminderAnswer.STOPPED,
    ReminderAnswer.CONFIRMED,
    ReminderAnswer.PICKED_UP,
    ReminderAnswer.REFILL_REQUESTED,
]
"""A later answer counts only if it is stronger: answers may come in any order, any number of times."""


@dataclass(frozen=True)
class Link:
    """A link that was opened: the message it stood in, and the mark of the address that it was sent to."""

    reminder: Reminder
    mark: str

    def went_to(self, address: str) -> bool:
        """Whether this is the address that it was sent to."""
        return constant_time_compare(self.mark, address_mark(address))


def address_mark(address: str) -> str:
    """What a link knows an address by: keyed, so that it tells the address to nobody."""
    return salted_hmac(SALT, address.strip().casefold(), algorithm="sha256").hexdigest()[:MARK]


def token(reminder: Reminder, address: str) -> str:
    """What the link carries: a random number, a mark of the address it is sent to and a time, signed. It names neither
    patient nor drug nor address."""
    return _signer().sign(reminder.public_id.hex + address_mark(address))


def url(reminder: Reminder, address: str) -> str:
    """The whole link for the message to this address; for somebody on the staff, the list of their tasks."""
    if reminder.patient_id is None:
        return f"{settings.BASE_URL}/"
    return f"{settings.BASE_URL}{PATH}{token(reminder, address)}/"


def stop_url(reminder: Reminder, address: str) -> str:
    """What a mail program posts to when its "unsubscribe" is pressed; blank for the staff."""
    return f"{url(reminder, address)}{STOP}" if reminder.patient_id is not None else ""


def read_link(token: str) -> Link:
    """The message of a link; changes nothing, so a mail scanner that opens it does no harm.

    LinkExpired when it is older than REMINDER_LINK_DAYS, LinkUnknown when it is not one of ours. Whether what stands
    behind it still holds is for the clinic to say.
    """
    number, mark = _opened(token)
    found = Reminder.objects.filter(public_id=number, patient__isnull=False).first()
    if found is None:
        raise LinkUnknown
    return Link(found, mark)


def items(reminder: Reminder) -> list[ReminderItem]:
    """What a message is about, the earliest first."""
    return list(ReminderItem.objects.filter(reminder=reminder).order_by("day", "id"))


def things(reminder: Reminder) -> dict[Name, Item]:
    """The things a message is about, each once."""
    return {item.name: item for item in map(messages_items.as_item, items(reminder))}


def offers(reminder: Reminder) -> list[Choice]:
    """The buttons that make sense for what the message is about, each another answer: asking and having picked up are
    for supplies, and of supplies alone nothing else is to be confirmed."""
    about = {name[0] for name in things(reminder)}
    supply = [Choice.PICKED_UP, Choice.REQUEST_REFILL] if REFILL in about else []
    rest = [] if about == {REFILL} else [Choice.CONFIRM]
    return [*rest, *supply, Choice.SNOOZE]


def keep(known: Reminder, choice: str, now: datetime | None = None, *, awake: Waking | None = None) -> Reminder:
    """Keep an answer for everything the message is about; the same answer again changes nothing.

    A stronger answer replaces a weaker one (put off < stopped < confirmed < picked up < refill asked for), never the
    other way round. Confirming ends what is planned of these things; having picked up, and asking for a refill, what
    is planned of these supplies. Putting off plans one more message for the next day, three times at most for one
    thing: SnoozedEnough.
    """
    kept = ANSWERS[Choice(choice)]
    with transaction.atomic():
        planning.locked(known.patient_id or 0)
        reminder = Reminder.objects.select_for_update().get(pk=known.pk)
        if WEIGHT.index(kept) <= WEIGHT.index(ReminderAnswer(reminder.answer)):
            return reminder
        about = things(reminder)
        if kept == ReminderAnswer.SNOOZED:
            _put_off(reminder, about.values(), now or database_now(), awake or planning.waking())
        else:
            settled = [name for name in about if planning.settles(kept, name)]
            planning.settle_answered(reminder.patient_id or 0, settled)
        Reminder.objects.filter(pk=reminder.pk).update(answer=kept, answered_at=Now())
        reminder.refresh_from_db()
        return reminder


def refill_request_keys(reminder: Reminder) -> dict[int, str]:
    """By prescription, the key of the prescriber's task: one for its run-out, however many messages asked."""
    return {
        item.prescription_id: kinds.REFILL_ASKED_BY_LINK.key_of(item.prescription_id, item.day)
        for item in items(reminder)
        if item.about_type == REFILL and item.prescription_id is not None
    }


def _signer() -> signing.TimestampSigner:
    """Signs with a salt of its own, so that no other signed text of the site passes for a link."""
    return signing.TimestampSigner(salt=SALT, sep=".")


def _opened(token: str) -> tuple[UUID, str]:
    """The random number and the mark of the address in a link, once its signature and its age are found good."""
    try:
        said = _signer().unsign(token, max_age=timedelta(days=settings.REMINDER_LINK_DAYS))
        return UUID(said[:-MARK]), said[-MARK:]
    except signing.SignatureExpired as old:
        raise LinkExpired from old
    except (signing.BadSignature, ValueError) as wrong:
        raise LinkUnknown from wrong


def _put_off(reminder: Reminder, about: Collection[Item], now: datetime, awake: Waking) -> None:
    """Tell the same things once more the next day, except those that are told that day anyway."""
    put_off = ReminderItem.objects.filter(reminder__patient_id=reminder.patient_id or 0, kind=ReminderKind.SNOOZE)
    names = list(put_off.values_list("about_type", "about_id", "day"))
    if any(names.count(item.name) >= MOST_SNOOZES for item in about):
        raise SnoozedEnough
    planning.tell_again(reminder, about, waking.tomorrow(now, reminder.time_zone, waking=awake), awake)
