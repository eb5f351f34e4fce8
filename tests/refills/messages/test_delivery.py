"""The message itself: no health data, one Message-ID a reminder, and success only when somebody was reached."""

import csv
import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.core import mail
from pytest_django import Settings

from refills.messages import delivery
from refills.messages.delivery import DeliveryUnknown, NotDelivered
from refills.models import AT_ONCE, DemoMessage, ReminderKind

LINK = "http://127.0.0.1:8000/r/0123456789abcdef0123456789abcdef.1vMf2c.s-_g/"
FORBIDDEN = Path(__file__).parents[2] / "cases" / "words_no_message_may_carry.csv"


def letter(language: str = "en", key: str = "7|refill_7|2026-11-24|email") -> delivery.Letter:
    return delivery.compose(key=key, address="carla@mail.example", language=language, link=LINK)


def words(text: str) -> set[str]:
    return set(re.findall(r"[^\W\d_]+", text.lower()))


@pytest.mark.parametrize("kind", ["", *ReminderKind.values])
@pytest.mark.parametrize("channel", ["email", "sms", "push"])
@pytest.mark.parametrize("language", ["en", "es"])
@pytest.mark.parametrize("helps", [False, True])
def test_no_message_names_a_drug_a_diagnosis_or_a_clinic(language: str, channel: str, kind: str, helps: bool) -> None:
    written = delivery.compose(
        key="7|2026-11-24|09|email",
        address="carla@mail.example",
        language=language,
        link=LINK,
        channel=channel,
        kind=kind,
        helps=helps,
    )
    assert (LINK in written.body) is (kind not in AT_ONCE)
    text = f"{written.subject} {written.body.replace(LINK, '')} {written.message_id.split('@')[0]}".lower()
    with FORBIDDEN.open(encoding="utf-8") as file:
        forbidden = [row["word"].lower() for row in csv.DictReader(file)]
    assert len(forbidden) > 400
    found = [word for word in forbidden if re.search(rf"\b{re.escape(word)}\b", text)]
    assert found == []


@pytest.mark.parametrize("channel", ["email", "sms"])
@pytest.mark.parametrize("language", ["en", "es"])
def test_who_is_in_danger_reads_the_sites_own_numbers(settings: Settings, language: str, channel: str) -> None:
    settings.EMERGENCY_NUMBER, settings.CRISIS_NUMBER = "112", "024"
    told = delivery.compose(
        key="r", address="c", language=language, link=LINK, channel=channel, kind=ReminderKind.IN_DANGER
    )
    assert "112" in told.body
    assert "024" in told.body


def test_each_language_has_its_own_text_and_an_unknown_one_gets_english() -> None:
    assert "health task" in letter("en").subject
    assert "tarea de salud" in letter("es").subject
    assert letter("fr") == letter("en")
    assert all(LINK in letter(language).body for language in ("en", "es"))
    assert "14 days" in letter("en").body
    assert words(letter("en").body) != words(letter("es").body)


def test_the_same_reminder_always_has_the_same_message_id_and_another_has_another() -> None:
    assert letter("en").message_id == letter("es").message_id
    assert letter("en", key="8|refill_7|2026-11-24|email").message_id != letter("en").message_id
    assert re.fullmatch(r"<[0-9a-f]{32}@clinic\.example>", letter().message_id)


def test_the_message_is_handed_over_with_its_message_id() -> None:
    delivery.hand_over(letter())
    [message] = mail.outbox
    assert (message.to, message.extra_headers["Message-ID"]) == (["carla@mail.example"], letter().message_id)
    assert message.message()["Auto-Submitted"] == "auto-generated"


def test_a_backend_that_reached_nobody_is_a_failure(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "tests.refills.gateways.ReachesNobody"
    with pytest.raises(NotDelivered, match="nobody was reached"):
        delivery.hand_over(letter())


def test_an_empty_address_is_a_failure() -> None:
    empty = delivery.compose(key="k", address="", language="en", link=LINK)
    with pytest.raises(NotDelivered):
        delivery.hand_over(empty)


def test_an_address_that_smuggles_a_header_is_a_failure() -> None:
    with pytest.raises(NotDelivered):
        delivery.compose(key="k", address="a@b.example\nBcc: c@d.example", language="en", link=LINK)
    assert mail.outbox == []


@pytest.mark.django_db
def test_in_the_demo_every_message_lands_in_the_outbox(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "refills.messages.outbox.EmailBackend"
    delivery.hand_over(letter())
    [message] = DemoMessage.objects.all()
    assert (message.recipient, message.message_id) == ("carla@mail.example", letter().message_id)
    assert message.subject == letter().subject
    assert LINK in message.body
    assert delivery.at_once("email") == 1


# -- a mail server that misbehaves -----------------------------------------------------------------------------------
class Server(socketserver.ThreadingTCPServer):
    """Speaks just enough SMTP; `at_the_end` says what becomes of a message once its text has arrived."""

    allow_reuse_address = True
    daemon_threads = True
    taken = 0
    at_the_end = "250 taken"


class Conversation(socketserver.StreamRequestHandler):
    """One connection of a mail client."""

    server: Server

    def handle(self) -> None:
        self.say("220 ready")
        for line in iter(self.rfile.readline, b""):
            verb = line[:4].upper().strip()
            if verb == b"QUIT":
                self.say("221 bye")
                return
            if verb == b"DATA":
                self.say("354 go on")
                if not self.text():
                    return
                continue
            self.say("250 ok")

    def text(self) -> bool:
        """Swallow the message; False when the line goes dead."""
        while self.rfile.readline() not in (b".\r\n", b""):
            pass
        self.server.taken += 1
        if self.server.at_the_end == "hang up":
            return False
        if self.server.at_the_end == "fall silent":
            threading.Event().wait(2)
            return False
        self.say(self.server.at_the_end)
        return True

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def smtp(settings: Settings) -> Iterator[Callable[[str], Server]]:
    """Start the server with the end it is to make; mail goes to it by Django's own SMTP backend."""
    server = Server(("127.0.0.1", 0), Conversation)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
    settings.EMAIL_TIMEOUT = 0.5

    def ending(end: str) -> Server:
        server.at_the_end = end
        return server

    yield ending
    server.shutdown()
    server.server_close()


def test_a_mail_server_takes_the_message(smtp: Callable[[str], Server]) -> None:
    server = smtp("250 taken")
    delivery.hand_over(letter())
    assert server.taken == 1


def test_a_mail_server_that_says_no_may_be_asked_again(smtp: Callable[[str], Server]) -> None:
    smtp("451 try later")
    with pytest.raises(NotDelivered, match="SMTPDataError"):
        delivery.hand_over(letter())


@pytest.mark.parametrize("end", ["hang up", "fall silent"])
def test_a_mail_server_that_falls_silent_after_the_text_leaves_it_unknown(
    smtp: Callable[[str], Server], end: str
) -> None:
    server = smtp(end)
    with pytest.raises(DeliveryUnknown):
        delivery.hand_over(letter())
    assert server.taken == 1


def test_a_mail_server_that_is_not_there_may_be_asked_again(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(NotDelivered, match="ConnectionRefusedError"):
        delivery.hand_over(letter())
