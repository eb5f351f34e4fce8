"""Says the message, without health data, and hands it to the mail server."""

import contextlib
from dataclasses import dataclass
from smtplib import SMTPServerDisconnected

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac

LANGUAGES = ("en", "es")
OUTBOX = "refills.outbox.EmailBackend"


class NotDelivered(Exception):
    """Nobody was reached, for certain: it is safe to try again."""


class DeliveryUnknown(Exception):
    """The other side fell silent after we began to hand over: the message may or may not have arrived."""


@dataclass(frozen=True)
class Letter:
    """A message ready to leave; the same reminder always has the same Message-ID."""

    recipient: str
    subject: str
    body: str
    message_id: str


def compose(*, key: str, address: str, language: str, link: str) -> Letter:
    """The message in the patient's language, or English. It names no drug, diagnosis or clinic."""
    name = f"refills/reminder.{language if language in LANGUAGES else 'en'}.txt"
    text = render_to_string(name, {"link": link, "days": settings.REMINDER_LINK_DAYS})
    subject, body = text.split("\n", 1)
    return Letter(recipient=address, subject=subject, body=body, message_id=message_id(key))


def message_id(key: str) -> str:
    """A Message-ID that is the same for the same reminder, tells nothing and cannot be computed by others."""
    digest = salted_hmac("refills.message-id", key, algorithm="sha256").hexdigest()[:32]
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].strip("> ")
    return f"<{digest}@{domain}>"


def hand_over(letter: Letter) -> None:
    """Return only when the mail server has taken the message; NotDelivered or DeliveryUnknown otherwise.

    No connection, or an answer that says no, is certain. Silence after we began is not: e-mail has no key by which a
    server would know the second copy, so that is for a person to find out.
    """
    email = EmailMessage(
        letter.subject,
        letter.body,
        to=[letter.recipient],
        headers={"Message-ID": letter.message_id, "Auto-Submitted": "auto-generated"},
    )
    if not email.recipients():
        raise NotDelivered("nobody was reached")
    mailer = get_connection(fail_silently=False)
    try:
        mailer.open()
    except Exception as error:
        raise NotDelivered(type(error).__name__) from error
    try:
        taken = mailer.send_messages([email])
    except (TimeoutError, ConnectionError, SMTPServerDisconnected) as error:
        raise DeliveryUnknown(type(error).__name__) from error
    except Exception as error:
        raise NotDelivered(type(error).__name__) from error
    finally:
        with contextlib.suppress(OSError):  # the message is taken or not; a rude goodbye changes neither
            mailer.close()
    if not taken:
        raise NotDelivered("nobody was reached")


def threads() -> int:
    """How many to send at once. The demo outbox writes to our own database, where threads would only queue: one."""
    return 1 if settings.EMAIL_BACKEND == OUTBOX else int(settings.REMINDER_THREADS)
