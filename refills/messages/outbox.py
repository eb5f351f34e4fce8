"""The demo's outbox: every message lands in a table that a page shows, and nothing leaves the house."""

from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from refills.messages.channels.letters import Letter
from refills.models import DemoMessage


class EmailBackend(BaseEmailBackend):
    """Takes messages like a mail server that never fails."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """One row a recipient; the number of messages that had any."""
        reached = [email for email in email_messages if email.recipients()]
        DemoMessage.objects.bulk_create(
            DemoMessage(
                sender=email.from_email,
                recipient=recipient,
                subject=str(email.subject),
                body=str(email.body),
                message_id=email.extra_headers.get("Message-ID", ""),
            )
            for email in reached
            for recipient in email.recipients()
        )
        return len(reached)


class Shown:
    """The demo's phone: takes every text message, and knows a second copy by its key."""

    takes_key = True

    def hand_over(self, letter: Letter) -> str:
        DemoMessage.objects.get_or_create(
            message_id=letter.key,
            recipient=letter.recipient,
            defaults={"sender": settings.SITE_NAME, "subject": letter.channel, "body": letter.body.strip()},
        )
        return letter.key
