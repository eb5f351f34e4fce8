"""An unused session locks and goes on with a PIN; without one it ends. Nothing typed is lost, nothing sent unmeant."""

from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from medmgmt.actions import signing_in
from medmgmt.record.models import AuditEntry
from refills.models import Absence
from tests import factories as cast

pytestmark = pytest.mark.django_db
PIN = "2580"
JSON = {"Accept": "application/json"}


@pytest.fixture
def rest(time_machine: Any) -> Any:
    """Time passes in which nobody touches the page."""
    now = [timezone.now()]

    def wait(**by: float) -> None:
        now[0] += timedelta(**(by or {"minutes": settings.SESSION_IDLE_MINUTES + 1}))
        time_machine.move_to(now[0])

    return wait


def tablet(name: str = "bo", pin: str = PIN) -> Client:
    """A browser in which somebody is signed in who has a PIN, or none."""
    client = Client()
    user = {"bo": cast.bo, "adler": cast.adler}[name]()
    client.post("/sign-in/", {"username": name, "password": cast.PASSWORD})
    if pin:
        signing_in.set_pin(user, pin)
    return client


def is_in(client: Client) -> bool:
    return client.get("/cover/").status_code == 200


def test_a_locked_session_shows_nothing_and_its_pin_opens_it_again(rest: Any) -> None:
    client = tablet()
    assert is_in(client)
    rest()
    assert client.get("/cover/")["Location"] == "/sign-in/?next=/cover/"
    assert client.get("/api/me/").status_code == 401
    page = client.get("/sign-in/?next=/cover/").content.decode()
    assert 'name="pin"' in page
    assert client.post("/sign-in/", {"pin": PIN, "next": "/cover/"})["Location"] == "/cover/"
    assert is_in(client)
    acts = list(AuditEntry.objects.order_by("seq").values_list("act", flat=True))
    assert acts == ["sign_in", "set_pin", "lock_session", "unlock_session"]


def test_without_a_pin_it_ends(rest: Any) -> None:
    client = tablet(pin="")
    rest()
    assert not is_in(client)
    assert 'name="pin"' not in client.get("/sign-in/").content.decode()
    assert AuditEntry.objects.latest("pk").act == "session_timed_out"


def test_after_three_wrong_pins_only_signing_in_whole_helps(rest: Any) -> None:
    client = tablet()
    rest()
    answers = [client.post("/sign-in/", {"pin": "8642"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [422] * 3
    assert "three times" in answers[-1].content.decode()
    rest(minutes=2)
    client.post("/sign-in/", {"pin": PIN})
    assert not is_in(client)
    assert client.post("/sign-in/", {"username": "bo", "password": cast.PASSWORD}).status_code == 302
    assert is_in(client)
    assert AuditEntry.objects.filter(act="pin_failed").count() == 3


def test_the_pin_is_worth_nothing_elsewhere_and_nothing_after_the_longest_time(rest: Any) -> None:
    client = tablet()
    stranger = Client()
    stranger.post("/sign-in/", {"pin": PIN, "username": "bo"})
    assert not is_in(stranger)
    rest()
    assert not is_in(client)
    rest(hours=settings.SESSION_HOURS)
    assert 'name="pin"' not in client.get("/sign-in/").content.decode()
    client.post("/sign-in/", {"pin": PIN})
    assert not is_in(client)


def test_somebody_else_signs_in_at_a_locked_tablet_and_the_first_session_is_gone(rest: Any) -> None:
    client = tablet()
    cast.adler()
    rest()
    client.get("/cover/")
    client.post("/sign-in/", {"username": "adler", "password": cast.PASSWORD})
    assert client.get("/api/me/").json()["username"] == "adler"
    assert client.post("/sign-in/", {"pin": PIN})["Location"] == "/"
    assert client.get("/api/me/").json()["username"] == "adler"


@pytest.mark.parametrize("pin", [PIN, ""])
def test_what_was_typed_stands_in_its_form_again_and_nothing_was_done(rest: Any, pin: str) -> None:
    client = tablet(pin=pin)
    rest()
    sent = client.post("/cover/", {"since": "2031-03-04T08:15", "until": "", "user": ""})
    to = unquote(sent["Location"].removeprefix("/sign-in/?next="))
    typed = {"pin": pin} if pin else {"username": "bo", "password": cast.PASSWORD}
    page = client.post("/sign-in/", {**typed, "next": to}, follow=True).content.decode()
    assert "2031-03-04T08:15" in page
    assert "Nothing has been saved yet" in page
    assert not Absence.objects.exists()


def test_what_one_typed_is_not_shown_to_the_next(rest: Any) -> None:
    client = tablet()
    cast.adler()
    rest()
    sent = client.post("/cover/", {"since": "2031-03-04T08:15", "until": "", "user": ""})
    to = unquote(sent["Location"].removeprefix("/sign-in/?next="))
    page = client.post("/sign-in/", {"username": "adler", "password": cast.PASSWORD, "next": to}, follow=True)
    assert "2031-03-04T08:15" not in page.content.decode()


def test_the_pages_script_is_told_how_long_and_staying_counts_as_being_there(rest: Any) -> None:
    client = tablet()
    whole = settings.SESSION_IDLE_MINUTES * 60
    page = client.get("/cover/").content.decode()
    assert 'data-idle="1' in page
    rest(minutes=settings.SESSION_IDLE_MINUTES - 1)
    looked = client.post("/session/", {"act": "look"}, headers=JSON).json()
    assert looked["left"] <= 60
    stayed = client.post("/session/", {"act": "stay"}, headers=JSON).json()
    assert stayed["left"] == whole
    assert stayed["who"] == looked["who"]
    assert stayed["who"] in page
    rest(minutes=settings.SESSION_IDLE_MINUTES - 1)
    assert is_in(client)


def test_staying_does_not_outlast_the_longest_time(rest: Any) -> None:
    client = tablet()
    for _ in range(settings.SESSION_HOURS * 60 // 20):
        rest(minutes=20)
        client.post("/session/", {"act": "stay"}, headers=JSON)
    rest(minutes=1)
    assert client.post("/session/", {"act": "stay"}, headers=JSON).json() == {"left": 0, "locked": False}
    assert not is_in(client)


def test_the_button_locks_at_once_and_whoever_has_no_pin_is_signed_out() -> None:
    client = tablet()
    assert client.post("/session/", {"act": "lock"})["Location"].startswith("/sign-in/")
    assert not is_in(client)
    assert client.post("/sign-in/", {"pin": PIN})["Location"] == "/"
    other = tablet("adler", pin="")
    assert other.post("/session/", {"act": "lock"}, headers=JSON).json() == {"left": 0, "locked": False}
    assert not is_in(other)


def test_a_stranger_is_told_nothing() -> None:
    assert Client().post("/session/", {"act": "look"}, headers=JSON).json() == {"left": 0, "locked": False}
