"""What the settings promise about sessions, cookies and sign-ins, seen from a browser and from the database file."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from tests import factories
from tests.wiring.test_settings import FIT

pytestmark = pytest.mark.django_db
BY = "django.contrib.auth.backends.ModelBackend"


def signing_in(client: Client, name: str = "adler", password: str = factories.PASSWORD, place: str = "10.0.0.1") -> int:
    """The answer to the sign-in form, sent from an address."""
    typed = {"username": name, "password": password}
    return client.post("/sign-in/", typed, REMOTE_ADDR=place).status_code


# -- the session ------------------------------------------------------------------------------------------------------


def test_a_session_ends_after_the_longest_time_although_it_never_rested() -> None:
    client, now = Client(), timezone.now()
    with time_machine.travel(now, tick=False) as clock:
        client.force_login(factories.adler(), backend=BY)
        step, last = timedelta(minutes=settings.SESSION_IDLE_MINUTES - 1), timedelta(hours=settings.SESSION_HOURS)
        passed = timedelta()
        while passed <= last:
            assert client.get("/tasks/").status_code == 200, passed
            passed += step
            clock.move_to(now + passed)
        assert client.get("/tasks/").status_code == 302


def test_the_cookie_of_a_session_is_out_of_reach_of_scripts_and_other_sites_and_ends_with_the_browser() -> None:
    factories.adler()
    client = Client()
    assert signing_in(client) == 302
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert (cookie["max-age"], cookie["expires"]) == ("", "")


def test_a_session_is_kept_no_longer_than_its_longest_time() -> None:
    factories.adler()
    assert signing_in(Client()) == 302
    kept = Session.objects.get().expire_date - timezone.now()
    assert kept <= timedelta(hours=settings.SESSION_HOURS)


NAMES = ["SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS"]


def told(**environment: str) -> list[object]:
    """What a new process takes these settings to be."""
    command = "import json; from medmgmt import settings; print(json.dumps([getattr(settings, n) for n in NAMES]))"
    clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", f"NAMES = {NAMES!r}; {command}"], env={**clean, **environment}, capture_output=True,
        text=True, check=True,
    )  # fmt: skip
    return list(json.loads(done.stdout))


def test_in_production_nothing_travels_in_the_clear() -> None:
    assert told(**FIT) == [True, True, True, 31_536_000]
    assert told() == [False, False, False, 0]


# -- signing in -------------------------------------------------------------------------------------------------------


def wrong(times: int, name: str = "adler", place: str = "10.0.0.1") -> list[int]:
    """The answers to so many wrong passwords."""
    return [signing_in(Client(), name, "wrong", place) for _ in range(times)]


def test_whoever_guesses_locks_neither_the_nurse_out_elsewhere_nor_the_colleagues_beside() -> None:
    factories.adler(), factories.bo()
    assert wrong(settings.LOGIN_ATTEMPTS)[-1] == 429
    assert signing_in(Client()) == 429
    assert signing_in(Client(), place="10.0.0.2") == 302
    assert signing_in(Client(), "bo") == 302


def test_a_right_password_forgets_the_slips_before_it() -> None:
    factories.adler()
    for _ in range(3):
        assert set(wrong(settings.LOGIN_ATTEMPTS - 1)) == {422}
        assert signing_in(Client()) == 302


def test_somebody_whose_login_was_closed_does_not_sign_in_and_is_signed_out() -> None:
    adler, client = factories.adler(), Client()
    assert signing_in(client) == 302
    adler.is_active = False
    adler.save()
    assert client.get("/tasks/").status_code == 302
    assert signing_in(Client()) == 422


def test_a_page_allows_no_script_but_its_own() -> None:
    answer: HttpResponse = Client().get("/sign-in/")  # type: ignore[assignment]
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in f"{policy};"
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


# -- the file of the embedded database --------------------------------------------------------------------------------

LOOK = """
import django; django.setup()
from django.db import connection, transaction
with transaction.atomic(), connection.cursor() as cursor:
    print([cursor.execute("PRAGMA " + name).fetchone()[0] for name in
           ("journal_mode", "synchronous", "foreign_keys", "recursive_triggers")])
    other = connection.copy()
    other.settings_dict = {**connection.settings_dict, "OPTIONS": {"timeout": 0}}
    try:
        other.cursor().execute("BEGIN IMMEDIATE")
    except Exception as refused:
        print(refused)
"""


def test_sqlite_writes_through_keeps_its_keys_and_takes_its_lock_when_a_transaction_begins(tmp_path: Path) -> None:
    """Write-ahead, synchronous (2 is FULL), foreign keys, triggers of a replace; and only one may begin to write."""
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/x.sqlite3"}
    done = subprocess.run([sys.executable, "-c", LOOK], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["['wal', 2, 1, 1]", "database is locked"]
