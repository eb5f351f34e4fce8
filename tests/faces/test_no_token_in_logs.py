"""No token of a link, a calendar or a program stands in any line of any log, whatever becomes of the request."""

import io
import logging
import re
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import get_resolver

from medmgmt.record import redaction
from medmgmt.web import hooks, reminder
from tests import factories
from tests.faces import world as worlds
from tests.faces.test_matrix import addresses

SECRET = re.compile(r"<str:(?:token|feed)>")
SIGNED = "0123456789abcdef0123456789abcdef" + "." + "A" * 43


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    """What a handler at the root, another at each of Django's own loggers, and one of a web server's write."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s %(args)s"))
    loggers = [logging.getLogger(name) for name in ("", "django.request", "django.security", "waitress")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
    yield written
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)


def crash(*_arguments: object, **_named: object) -> None:
    raise RuntimeError(f"broken at {_arguments} {_named}")


@pytest.mark.django_db
def test_whatever_becomes_of_a_request_its_token_stands_in_no_line(
    lines: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = worlds.build()
    token, feed, bearer = world.ids["token"], world.ids["feed"], factories.token(factories.bo())
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    places = [f"/r/{token}/", f"/r/{token}/stop/", f"/calendar/{feed}.ics"]
    for place in (*places, *[f"{place[:-6]}wrong/" for place in places]):
        for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS"):
            client.generic(method, place)
        client.get(f"{place}nothing/here")
        client.get("/sign-in/", {"next": place}, headers={"Referer": f"http://testserver{place}"})
        client.get(f"/api/nothing?of={quote(place, safe='')}")
    client.post("/api/reminders/answer/", {"token": f"{token}x", "choice": "confirm"}, content_type="application/json")
    for method in ("GET", "POST", "DELETE"):
        client.generic(method, "/api/nothing/", headers={"Authorization": f"Bearer {bearer}"})
    monkeypatch.setattr(reminder.links, "read_link", crash)
    monkeypatch.setattr(hooks.reads, "calendar", crash)
    for place in places:
        client.get(place)
    logging.getLogger("waitress").exception("of %s", places, exc_info=RuntimeError(f"Bearer {bearer}"))
    text = lines.getvalue()
    assert "Forbidden" in text
    assert "Method Not Allowed" in text
    assert "Internal Server Error" in text
    assert "RuntimeError" in text
    assert "Not Found" in text
    for secret in (token, feed, bearer):
        assert secret not in text
        assert secret.split(".")[0][:20] not in text
        assert secret[-20:] not in text


def test_the_web_servers_own_line_of_a_request_is_without_its_token(lines: io.StringIO) -> None:
    """The server's line of what broke, and a line in the form of most servers' access logs."""
    server = logging.getLogger("waitress")
    server.exception("Exception while serving %s", f"/r/{SIGNED}/", exc_info=RuntimeError(SIGNED))
    atoms = {"r": f"GET /r/{SIGNED}/ HTTP/1.1", "f": f"https://clinic.example/calendar/{SIGNED}.ics"}
    server.error('"%(r)s" "%(f)s"', atoms)
    assert SIGNED not in lines.getvalue()
    assert "Exception while serving /r/[redacted]/" in lines.getvalue()
    assert '"GET /r/[redacted]/ HTTP/1.1" "https://clinic.example/calendar/[redacted]"' in lines.getvalue()


def test_every_address_that_holds_a_secret_is_redacted_by_its_own_pattern() -> None:
    found = [here for _name, here, _view in addresses() if SECRET.search(here)]
    assert len(found) >= 3
    for here in found:
        path = "/" + SECRET.sub("short-and-guessed", here)
        for written in (path, quote(path, safe=""), f"http://x{path}?a=b"):
            assert "short-and-guessed" not in redaction.redacted(written), here
    assert get_resolver().resolve(f"/r/{SIGNED}/").kwargs == {"token": SIGNED}


@pytest.mark.parametrize(
    "line",
    ["Not Found: /patients/12/", "refused act=sign user=3 patient=7", "GET /tasks/?whose=team 200",
     "reminder 12, attempt 2", "/problems/refused", "/renewals/ took 0.2 s", "POST /api/reminders/answer/ 410",
     "0.1.0 of 2026-11-21"],
)  # fmt: skip
def test_what_is_no_secret_stays_as_it_was_written(line: str) -> None:
    assert redaction.redacted(line) == line


@pytest.mark.parametrize("write", [
    lambda log: log.warning("%s and %s", "one"),
    lambda log: log.warning("%d", SIGNED),
])  # fmt: skip
def test_a_line_that_cannot_be_put_together_breaks_nothing_and_tells_nothing(
    lines: io.StringIO, write: Callable[[logging.Logger], None], capsys: pytest.CaptureFixture[str]
) -> None:
    write(logging.getLogger("medmgmt.test"))
    assert "could not be put together" in lines.getvalue()
    assert SIGNED not in lines.getvalue() + capsys.readouterr().err
