"""The ways out beside e-mail, against a gateway on the loopback that counts what it is told."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import pytest
from pytest_django import Settings

from refills.messages import addresses, delivery
from refills.messages.channels import services
from refills.messages.channels.letters import DeliveryUnknown, Letter, NotDelivered
from refills.models import DemoMessage

LINK = "http://127.0.0.1:8000/r/0123456789abcdef0123456789abcdef.1vMf2c.s-_g/"


class Desk(BaseHTTPRequestHandler):
    """Takes messages, and answers as it is told to."""

    taken: ClassVar[list[tuple[dict[str, str], Any]]] = []
    status: ClassVar[int] = 201
    body: ClassVar[bytes] = b'{"id": "m-1"}'
    silent: ClassVar[bool] = False

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.taken.append((dict(self.headers), told))
        if self.silent:
            threading.Event().wait(1.5)
            return
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_said: object) -> None:
        """Says nothing."""


@pytest.fixture
def desk(settings: Settings) -> Iterator[type[Desk]]:
    Desk.taken, Desk.status, Desk.body, Desk.silent = [], 201, b'{"id": "m-1"}', False
    server = HTTPServer(("127.0.0.1", 0), Desk)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.SMS_URL, settings.SMS_TOKEN = f"http://127.0.0.1:{server.server_port}/messages", "t0ken"
    settings.GATEWAY_TIMEOUT = 1
    yield Desk
    server.shutdown()
    server.server_close()


def text(language: str = "en", kind: str = "refill_7", key: str = "7|2026-11-24|09|sms") -> delivery.Letter:
    return delivery.compose(
        key=key, address="+14155550100", language=language, link=LINK, channel="sms", kind=kind
    )  # fmt: skip


def test_the_gateway_is_told_number_text_and_key_and_its_name_for_the_message_is_kept(desk: type[Desk]) -> None:
    assert delivery.hand_over(text()) == "m-1"
    [(headers, told)] = desk.taken
    assert told["to"] == "+14155550100"
    assert told["text"].startswith("You have a health task due: http")
    assert headers["Idempotency-Key"] == told["reference"] == text().key
    assert headers["Authorization"] == "Bearer t0ken"
    assert "7|2026" not in json.dumps([headers, told])
    assert delivery.takes_key("sms")


def test_the_same_message_always_has_the_same_key_and_another_has_another(desk: type[Desk]) -> None:
    assert text().key == text("es").key != text(key="8|2026-11-24|09|sms").key


@pytest.mark.parametrize("status", [302, 400, 401, 404, 429, 500, 503])
def test_an_answer_that_is_no_yes_is_no_delivery(desk: type[Desk], status: int) -> None:
    desk.status = status
    with pytest.raises(NotDelivered, match=str(status)):
        delivery.hand_over(text())


@pytest.mark.parametrize("body", [b"", b"ok", b"[]", b'{"id": null}', b'{"id": {"a": 1}}', b"\xff"])
def test_a_yes_without_a_name_is_still_a_yes(desk: type[Desk], body: bytes) -> None:
    desk.body = body
    assert delivery.hand_over(text()) == ""


def test_silence_is_unknown_and_a_closed_door_is_not(desk: type[Desk], settings: Settings) -> None:
    desk.silent = True
    with pytest.raises(DeliveryUnknown):
        delivery.hand_over(text())


def test_a_service_of_the_library_is_reached_over_http(desk: type[Desk], settings: Settings) -> None:
    port = settings.SMS_URL.rpartition(":")[2].partition("/")[0]
    settings.SMS_URL = f"json://127.0.0.1:{port}/{{to}}"
    desk.body = b"{}"
    assert delivery.hand_over(text()) == ""
    assert desk.taken[0][1]["message"].startswith("You have a health task due")
    assert not delivery.takes_key("sms")
    desk.status = 500
    with pytest.raises(DeliveryUnknown):
        delivery.hand_over(text())


def test_an_address_of_no_service_is_told_in_a_sentence() -> None:
    assert "does not know" in services.fault("pigeon://roof/{to}", production=False)
    assert "{to}" in services.fault("json://127.0.0.1/x", production=False)
    assert "https" in services.fault("json://sms.example/{to}", production=True)
    assert services.fault("jsons://sms.example/{to}", production=True) == ""


def test_a_site_without_the_channel_reaches_nobody_by_it(settings: Settings) -> None:
    settings.SMS_URL = ""
    assert delivery.deliverable() == ["email"]
    with pytest.raises(NotDelivered, match="no such channel"):
        delivery.hand_over(text())


@pytest.mark.django_db
def test_the_demo_shows_text_messages_on_its_page_each_once() -> None:
    for _ in range(2):
        delivery.hand_over(text())
    [shown] = DemoMessage.objects.all()
    assert (shown.recipient, shown.subject) == ("+14155550100", "sms")


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("+1 (415) 555-0100", "+14155550100"),
        ("0044 20 7946 0958", "+442079460958"),
        ("+34 600 123 456", "+34600123456"),
        ("415 555 0100", ""),
        ("+0 415 555 0100", ""),
        ("+1415555", ""),
        ("+1234567890123456", ""),
        ("+1415555O100", ""),
        ("", ""),
    ],
)
def test_a_phone_number_is_written_one_way_or_refused(written: str, normal: str) -> None:
    assert addresses.normal("sms", written) == normal


@pytest.mark.parametrize(
    "broken", ["a\r\nBcc: b@x.example", "a\nb", "a\x00", "a\u2028b"], ids=["header", "line", "nul", "odd"]
)
@pytest.mark.parametrize("part", ["recipient", "subject", "stop_link"])
def test_what_becomes_a_header_is_one_line_or_nobody_is_reached(part: str, broken: str) -> None:
    said = {"recipient": "a@x.example", "subject": "Hello", "stop_link": "https://x.example/stop", part: broken}
    with pytest.raises(NotDelivered):
        Letter(body="Two\nlines.", message_id="<1@x.example>", **said)


def test_a_letter_of_several_lines_below_a_plain_subject_is_fine() -> None:
    assert Letter("a@x.example", "Your refill", "Two\r\nlines.", "<1@x.example>").body == "Two\r\nlines."
