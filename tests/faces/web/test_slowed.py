"""Guessing is slowed, for one name at many places and many names at one; nobody keeps anybody else out for long."""

from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from medmgmt.actions import signing_in
from medmgmt.record.models import Attempts, AuditEntry
from medmgmt.signing_in import places
from tests import factories as cast

pytestmark = pytest.mark.django_db
PROXY = "10.0.0.2"


def sign_in(name: str = "adler", password: str = cast.PASSWORD, **said: Any) -> Any:
    """The answer to the sign-in form in a browser; `place` is the address it comes from."""
    client, place = said.pop("client", None) or Client(), said.pop("place", "192.0.2.1")
    typed = {"username": name, "password": password, **said.pop("typed", {})}
    return client.post("/sign-in/", typed, REMOTE_ADDR=place, **said)


def guess(times: int, name: str = "adler", place: str = "192.0.2.1", **said: Any) -> list[int]:
    return [sign_in(name, "wrong-guess", place=place, **said).status_code for _ in range(times)]


def test_each_slip_too_many_makes_the_next_wait_twice_as_long_and_never_for_long(time_machine: Any) -> None:
    cast.adler()
    now, waits = timezone.now(), []
    time_machine.move_to(now, tick=False)
    assert guess(settings.LOGIN_ATTEMPTS - 1) == [422] * (settings.LOGIN_ATTEMPTS - 1)
    for _ in range(9):
        answer = sign_in(password="wrong-guess")
        assert answer.status_code == 429
        waits.append(int(answer["Retry-After"]))
        now += timedelta(seconds=waits[-1] + 1)
        time_machine.move_to(now, tick=False)
    assert waits[:3] == [16, 31, 61]
    assert max(waits) <= settings.LOGIN_SLOWEST_MINUTES * 60 + 1
    assert sign_in().status_code == 302


def test_whoever_tries_on_while_waiting_draws_nothing_out(time_machine: Any) -> None:
    cast.adler()
    now = timezone.now()
    time_machine.move_to(now, tick=False)
    guess(settings.LOGIN_ATTEMPTS + 20)
    time_machine.move_to(now + timedelta(seconds=17), tick=False)
    assert sign_in().status_code == 302


def test_twenty_five_names_from_one_address_are_slowed_and_colleagues_elsewhere_are_not() -> None:
    cast.adler()
    answers = [sign_in(f"nobody-{number}", "wrong-guess").status_code for number in range(25)]
    assert answers[0] == 422
    assert answers[-1] == 429
    assert sign_in(place="192.0.2.9").status_code == 302


def test_one_name_from_ten_addresses_is_slowed() -> None:
    cast.adler()
    answers = [guess(1, place=f"198.51.100.{number}")[0] for number in range(10)]
    assert answers[0] == 422
    assert answers[-1] == 429
    assert sign_in(place="198.51.100.77").status_code == 429


def test_strangers_do_not_keep_her_out_of_a_device_where_she_signed_in_before() -> None:
    cast.adler()
    at_work = Client()
    assert sign_in(client=at_work).status_code == 302
    at_work.post("/sign-out/")
    for number in range(30):
        guess(1, place=f"198.51.100.{number}")
    assert sign_in(place="198.51.100.200").status_code == 429
    assert sign_in(client=at_work, place="198.51.100.201").status_code == 302


def test_the_word_of_ones_own_device_opens_no_other_name() -> None:
    cast.adler(), cast.bo()
    own = Client()
    sign_in("bo", client=own)
    own.post("/sign-out/")
    assert guess(settings.LOGIN_ATTEMPTS, client=own)[-1] == 429


def test_a_slowed_clinician_gets_in_with_a_second_factor_shown_first() -> None:
    adler, secret = cast.adler(), pyotp.random_base32()
    before = pyotp.TOTP(secret).at(timezone.now() - timedelta(seconds=30))
    signing_in.enrol_app(adler, secret, before)
    for number in range(25):
        guess(1, place=f"198.51.100.{number}", typed={"code": "000000"})
    assert sign_in().status_code == 429
    assert sign_in(typed={"code": "000000"}).status_code == 429
    assert "/sign-in/?code=1" in sign_in().content.decode()
    assert sign_in(typed={"code": pyotp.TOTP(secret).now()})["Location"] == "/"


def test_a_spoofed_header_behind_the_documented_proxy_moves_nobody(settings: Any) -> None:
    """Five wrong passwords, each time with another address of the liar's own making before the proxy's word."""
    settings.TRUSTED_PROXIES = places.networks([PROXY])
    cast.adler()
    for number in range(settings.LOGIN_ATTEMPTS):
        lie = f"203.0.113.{number}, 198.51.100.1"
        answer = sign_in(password="wrong-guess", place=PROXY, HTTP_X_FORWARDED_FOR=lie)
    assert answer.status_code == 429
    assert sign_in(place=PROXY, HTTP_X_FORWARDED_FOR="198.51.100.2").status_code == 302


def test_nobody_is_locked_out_by_a_stranger_who_says_their_address(settings: Any) -> None:
    settings.TRUSTED_PROXIES = places.networks([PROXY])
    cast.adler()
    guess(settings.LOGIN_ATTEMPTS, place=PROXY, HTTP_X_FORWARDED_FOR="198.51.100.2, 203.0.113.5")
    guess(settings.LOGIN_ATTEMPTS, place="203.0.113.6", HTTP_X_FORWARDED_FOR="198.51.100.2")
    Attempts.objects.filter(key__startswith="name:").delete()
    assert sign_in(place=PROXY, HTTP_X_FORWARDED_FOR="198.51.100.2").status_code == 302


def test_what_is_counted_names_neither_person_nor_address() -> None:
    guess(1, name="somebody-else", place="192.0.2.44")
    kept = " ".join(Attempts.objects.values_list("key", flat=True))
    assert "somebody" not in kept
    assert "192.0.2" not in kept


def test_a_bad_sign_in_leaves_a_row_without_what_was_typed_and_a_slowed_one_says_so() -> None:
    adler = cast.adler()
    guess(settings.LOGIN_ATTEMPTS)
    sign_in("my-pass-word-in-the-wrong-field", "x")
    rows = list(AuditEntry.objects.filter(act__startswith="sign_in_").order_by("seq"))
    assert [row.act for row in rows] == ["sign_in_failed"] * settings.LOGIN_ATTEMPTS + [
        "sign_in_slowed",
        "sign_in_failed",
    ]
    assert {row.object_id for row in rows[:-1]} == {str(adler.pk)}
    assert all("my-pass" not in f"{row.detail}{row.actor_name}{row.why}" for row in rows)
    assert all("wrong-guess" not in f"{row.detail}" for row in rows)
    assert rows[-1].object_id == ""


def test_signing_in_and_out_leave_their_rows() -> None:
    adler, client = cast.adler(), Client()
    sign_in(client=client)
    client.post("/sign-out/")
    rows = AuditEntry.objects.filter(actor=adler).values_list("act", "detail__by")
    assert list(rows) == [("sign_in", "password"), ("sign_out", None)]


def test_old_slips_are_forgotten(time_machine: Any) -> None:
    cast.adler()
    guess(settings.LOGIN_ATTEMPTS - 1)
    time_machine.move_to(timezone.now() + timedelta(minutes=61))
    assert guess(1) == [422]
