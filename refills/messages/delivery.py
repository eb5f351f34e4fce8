"""Says the message, without health data, and knows which channel takes it."""

from collections.abc import Callable

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac
from django.utils.module_loading import import_string

from refills.messages.channels.gateway import Gateway
from refills.messages.channels.letters import Channel, DeliveryUnknown, Letter, NotDelivered
from refills.messages.channels.smtp import Email
from refills.messages.outbox import Shown
from refills.models import AT_ONCE, ReminderKind
from refills.models import Channel as Name

__all__ = ["Channel", "DeliveryUnknown", "Letter", "NotDelivered"]

LANGUAGES = ("en", "es")
OUTBOX = "refills.messages.outbox.EmailBackend"
SERVICE = "refills.messages.channels.services.Service"
"""By name: Apprise takes most of a second to load, which a site without it should not wait for."""
SHOWN = "outbox:"
"""The address of a channel whose messages the demo shows on a page."""
TEXTS = {
    ReminderKind.TAPER_STEP: "plan_changes",
    ReminderKind.END_OF_TAPER: "plan_changes",
    ReminderKind.DIGEST: "tasks_waiting",
    ReminderKind.IN_DANGER: "in_danger",
    ReminderKind.HELP: "help",
}
"""What a kind of message says where it does not say the usual."""


def compose(
    *,
    key: str,
    address: str,
    language: str,
    link: str,
    channel: str = Name.EMAIL,
    kind: str = "",
    stop_link: str = "",
    helps: bool = False,
) -> Letter:
    """The message in the reader's language, or English. It names no drug, diagnosis, clinic or speciality, and to
    somebody who helps a patient it does not name the patient."""
    spoken = language if language in LANGUAGES else "en"
    usual = "somebody_you_help" if helps else "reminder"
    text = TEXTS.get(ReminderKind(kind), usual) if kind and (not helps or kind in AT_ONCE) else usual
    short = "" if channel == Name.EMAIL else ".short"
    told = {
        "link": link,
        "days": settings.REMINDER_LINK_DAYS,
        "emergency": settings.EMERGENCY_NUMBER,
        "crisis": settings.CRISIS_NUMBER,
        "clinic": settings.CLINIC_PHONE,
    }
    written = render_to_string(f"refills/{text}{short}.{spoken}.txt", told)
    subject, body = written.split("\n", 1) if channel == Name.EMAIL else ("", written)
    return Letter(
        recipient=address,
        subject=subject,
        body=body,
        message_id=message_id(key),
        channel=channel,
        stop_link=stop_link,
    )


def message_id(key: str) -> str:
    """A Message-ID that is the same for the same reminder, tells nothing and cannot be computed by others."""
    digest = salted_hmac("refills.message-id", key, algorithm="sha256").hexdigest()[:32]
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
    return f"<{digest}@{domain}>"


def channel(name: str) -> Channel:
    """The channel of this name as this site has it. NotDelivered where it has none: nobody can be reached there."""
    if name == Name.EMAIL:
        return Email()
    url = urls().get(name, "")
    if not url:
        raise NotDelivered("no such channel here")
    if url == SHOWN:
        return Shown()
    if url.startswith(("http://", "https://")):
        return Gateway(url, settings.SMS_TOKEN if name == Name.SMS else settings.PUSH_TOKEN, settings.GATEWAY_TIMEOUT)
    service: Callable[[str], Channel] = import_string(SERVICE)
    return service(url)


def hand_over(letter: Letter) -> str:
    """Return only when the channel has taken the message, with what it calls it; NotDelivered or DeliveryUnknown
    otherwise."""
    return channel(letter.channel).hand_over(letter)


def takes_key(name: str) -> bool:
    """Does the channel know a second copy by its key? No, where there is none."""
    try:
        return channel(name).takes_key
    except NotDelivered:
        return False


def urls() -> dict[str, str]:
    """The address of each channel beside e-mail; blank where this site has none."""
    return {Name.SMS.value: settings.SMS_URL, Name.PUSH.value: settings.PUSH_URL}


def deliverable() -> list[str]:
    """The channels that this site can deliver on, e-mail first."""
    return [Name.EMAIL.value, *(name for name, url in urls().items() if url)]


def at_once(name: str) -> int:
    """How many to send at once on this channel. What the demo shows on a page is written to our own database, where
    threads would only queue: one."""
    shown = settings.EMAIL_BACKEND == OUTBOX if name == Name.EMAIL else urls().get(name) == SHOWN
    return 1 if shown else int(settings.REMINDER_THREADS)
