"""The demo's e-mail backend: every message lands in a table that a page shows, and nothing leaves the house."""

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

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
