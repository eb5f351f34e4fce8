"""What a channel's provider reports back: delivered, came back, or an answer; each once, and never on trust."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from refills.models import ProviderReport, Reminder, ReminderState, Unreachable
from refills.worklist import kinds, tasks

OPEN = (ReminderState.SENT, ReminderState.UNKNOWN)


class Said(StrEnum):
    DELIVERED = "delivered"
    BOUNCED = "bounced"
    REPLY = "reply"


@dataclass(frozen=True)
class Report:
    """One event of a provider, as it came in; `message` is what the provider calls the message."""

    event_id: str
    said: Said
    message: str = ""
    sender: str = ""
    text: str = ""


def is_genuine(channel: str, *, timestamp: str, signature: str, body: bytes, now: datetime) -> bool:
    """Was this signed with our shared secret, a short time ago? Without a secret nothing is."""
    secret = settings.WEBHOOK_KEYS.get(channel, "")
    if not secret or not timestamp.isascii() or not timestamp.isdecimal() or len(timestamp) > 12:
        return False
    wanted = hmac.new(secret.encode(), timestamp.encode() + b"." + body, sha256).hexdigest()
    fresh = abs(now.timestamp() - int(timestamp)) <= settings.WEBHOOK_SECONDS
    return hmac.compare_digest(wanted.encode(), signature.strip().lower().encode()) and fresh


def is_new(channel: str, event_id: str) -> bool:
    """Keep the event's number; False if it was here before. Needs a transaction, so that a failure forgets it."""
    _row, made = ProviderReport.objects.get_or_create(channel=channel, event_id=event_id)
    return made


def message_reported(channel: str, message: str) -> Reminder | None:
    """The message that the provider speaks of, locked; None for one that is not ours."""
    if not message:
        return None
    names = Q(provider_id=message) | Q(provider_id=f"<{message}>")
    return Reminder.objects.select_for_update().filter(names, channel=channel).order_by("-id").first()


def delivered(reminder: Reminder) -> bool:
    """It arrived; what was unknown is known now, and nobody need ask the patient. False where nothing changed."""
    done = Reminder.objects.filter(pk=reminder.pk, state__in=OPEN).update(
        state=ReminderState.DELIVERED, delivered_at=Now(), outcome=""
    )
    if done:
        tasks.cancel_by_key(contact_key(reminder.pk), _("The message did arrive."))
    return bool(done)


def bounced(reminder: Reminder, address: str) -> bool:
    """It came back: the address is marked until somebody mends it, and a nurse is told. False where nothing changed."""
    with transaction.atomic():
        done = Reminder.objects.filter(pk=reminder.pk, state__in=(*OPEN, ReminderState.DELIVERED)).update(
            state=ReminderState.BOUNCED, delivered_at=None, outcome="came back"
        )
        if not done:
            return False
        tasks.cancel_by_key(contact_key(reminder.pk), _("The message came back: see to the address."))
        if reminder.patient_id is None:
            key = kinds.OWN_ADDRESS_FAILS.key_of(reminder.recipient_id)
            tasks.open_for(kinds.OWN_ADDRESS_FAILS, reminder.pk, key=key, assignee_id=reminder.recipient_id)
        elif address:
            row, _made = Unreachable.objects.get_or_create(
                patient_id=reminder.patient_id, channel=reminder.channel, address=address, mended_at=None
            )
            key = kinds.ADDRESS_FAILS.key_of(row.pk)
            tasks.open_for(kinds.ADDRESS_FAILS, reminder.pk, key=key, patient_id=reminder.patient_id)
    return True


def contact_key(reminder_id: int) -> str:
    return kinds.NOT_ARRIVED.key_of(reminder_id)
