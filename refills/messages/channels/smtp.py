"""E-mail, by Django's backend: a mail server, or the demo's outbox."""

import contextlib
from smtplib import SMTPServerDisconnected

from django.core.mail import EmailMessage, get_connection

from refills.messages.channels.letters import DeliveryUnknown, Letter, NotDelivered


class Email:
    """Mail has no key by which a server would know the second copy, so a silence is for a person to find out."""

    takes_key = False

    def hand_over(self, letter: Letter) -> str:
        """The Message-ID, once the mail server has taken the message.

        No connection, or an answer that says no, is certain. Silence after we began is not.
        """
        email = written(letter)
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
        return letter.message_id


def written(letter: Letter) -> EmailMessage:
    """The e-mail, with the headers by which a mail program offers to stop these (RFC 8058) and none sends a holiday
    note back."""
    headers = {"Message-ID": letter.message_id, "Auto-Submitted": "auto-generated"}
    if letter.stop_link:
        headers["List-Unsubscribe"] = f"<{letter.stop_link}>"
        headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    return EmailMessage(letter.subject, letter.body, to=[letter.recipient], headers=headers)
