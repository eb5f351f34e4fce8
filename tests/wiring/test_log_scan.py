"""The scan of a log finds what none may hold, and leaves ordinary lines alone."""

import pytest

from tests import log_scan

BEFORE = "12:00:00 web.1    | 2026-12-01 12:00:00,000 WARNING django.request "


@pytest.mark.parametrize(
    "said",
    [
        "Not Found: /patients/Reyes/",
        "no chart HA-10000",
        "sent to carla.reyes@mail.example",
        "Tramadol 50 mg",
        "refused lithium carbonate",
        "Forbidden (CSRF cookie not set.): /r/0123456789abcdef0123456789abcdef.1vMf2c.s-_g/",
        "Authorization: Bearer 0123456789abcdef0123",
        "Cookie: sessionid=abcdef",
    ],
)
def test_people_drugs_and_keys_are_found(said: str) -> None:
    assert list(log_scan.leaks(BEFORE + said))


@pytest.mark.parametrize(
    "said",
    [
        "Not Found: /patients/17/",
        "Unprocessable Entity: /api/proposals/3/sign",
        "Forbidden: /r/[link]/",
        "a task waits",
    ],
)
def test_ordinary_lines_are_left_alone(said: str) -> None:
    assert not list(log_scan.leaks(BEFORE + said))


def test_what_the_start_says_of_the_demo_is_no_log_line() -> None:
    assert not list(log_scan.leaks("    1  As adler open Carla Reyes, propose tramadol 50 mg"))
