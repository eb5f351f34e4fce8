"""Many guesses at once count as many, and one right attempt beside them is not lost."""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from medmgmt.actions import signing_in
from medmgmt.record.errors import TooSoon, WrongProof
from medmgmt.record.models import Attempts
from medmgmt.signing_in import factors, slowing
from medmgmt.signing_in.places import Place
from tests import factories

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
HERE = Place("192.0.2.1")


def at_once(times: int, act: Callable[[int], Any]) -> list[Any]:
    """What came of an act that so many threads did at the same moment."""
    start, came = threading.Barrier(times), [None] * times

    def run(place: int) -> None:
        start.wait(20)
        try:
            came[place] = act(place)
        except Exception as error:
            came[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return came


def test_of_twelve_guesses_at_once_no_more_are_looked_at_than_one_after_the_other() -> None:
    factories.adler()
    came = at_once(12, lambda _place: signing_in.password("adler", "a-guess", place=HERE))
    looked_at = max(Attempts.objects.filter(key__startswith="pair:").values_list("failures", flat=True))
    assert all(isinstance(one, WrongProof | TooSoon) for one in came), came
    assert looked_at == settings.LOGIN_ATTEMPTS


def test_of_two_who_show_one_code_at_once_one_gets_in() -> None:
    adler, secret = factories.adler(), pyotp.random_base32()
    signing_in.enrol_app(adler, secret, pyotp.TOTP(secret).at(timezone.now() - timedelta(seconds=30)))
    code = pyotp.TOTP(secret).at(timezone.now())
    came = at_once(2, lambda _place: factors.use_code(adler, code))
    assert sorted(isinstance(one, WrongProof) for one in came) == [False, True], came


def test_counters_in_another_order_do_not_wait_for_each_other() -> None:
    both = [slowing.counter("code", number, free=50) for number in range(2)]
    came = at_once(8, lambda place: slowing.take(both if place % 2 else both[::-1]))
    assert came == [None] * 8
    assert set(Attempts.objects.values_list("failures", flat=True)) == {8}
