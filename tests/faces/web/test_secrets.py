"""Passwords, PINs and codes are typed anew: no page shows them again, and nothing keeps them where they can be read."""

from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django import forms
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.utils import timezone

from medmgmt.record.models import IdempotencyRecord
from medmgmt.web.kit import kept
from tests import factories as cast

pytestmark = [pytest.mark.page, pytest.mark.django_db]
SECRET = "tidal Lantern 7 moss"
SENT = {
    "/account/password/": {"old": SECRET, "new": SECRET, "repeated": SECRET},
    "/account/pin/": {"pin": SECRET, "repeated": SECRET},
    "/account/second-factor/": {"new_code": SECRET, "new_passkey": SECRET},
    "/account/recovery-codes/": {"proof_password": SECRET, "proof_code": SECRET, "proof_passkey": SECRET},
    "/cover/": {"note": "away for a course", "proof_password": SECRET, "proof_code": SECRET},
}
PASSKEYS = {"new_passkey", "proof_passkey", "proof_password", "proof_code", "new_code"}
"""Written into their pages by hand."""


def signed_in() -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(cast.adler(), backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def what_is_kept() -> str:
    """All that sessions and stored answers hold, in clear."""
    sessions = [str(one.get_decoded()) for one in Session.objects.all()]
    return " ".join([*sessions, *(str(row) for row in IdempotencyRecord.objects.values_list())])


@pytest.mark.parametrize("address", SENT)
def test_a_secret_that_was_typed_after_the_session_had_ended_is_neither_kept_nor_shown(address: str) -> None:
    cast.adler()
    client = Client()
    sent = client.post(address, SENT[address])
    assert SECRET not in what_is_kept()
    assert "Lantern" not in sent["Location"]
    where = {"username": "adler", "password": cast.PASSWORD, "next": sent["Location"].partition("next=")[2]}
    assert "Lantern" not in client.post("/sign-in/", where, follow=True).content.decode()
    assert "Lantern" not in what_is_kept()


@pytest.mark.parametrize("address", SENT)
@pytest.mark.parametrize("minutes", [0, 40])
def test_no_page_and_no_question_for_a_proof_carries_a_secret_on(address: str, minutes: int, time_machine: Any) -> None:
    client = signed_in()
    time_machine.move_to(timezone.now() + timedelta(minutes=minutes))
    for typed in (SENT[address], {**SENT[address], "repeated": ""}):
        assert SECRET not in client.post(address, typed).content.decode()
    assert SECRET not in what_is_kept()


def test_the_question_for_a_proof_carries_the_form_on_and_no_secret_in_it(time_machine: Any) -> None:
    client, patient = signed_in(), cast.carla()
    time_machine.move_to(timezone.now() + timedelta(minutes=settings.CONFIRM_MINUTES + 1))
    sent = {"form": "json", "reason": "for her new clinic in Salem", "pin": SECRET}
    asked = client.post(f"/patients/{patient.pk}/export/", sent).content.decode()
    assert "for her new clinic in Salem" in asked
    assert SECRET not in asked


def test_a_page_that_breaks_gives_the_words_back_and_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    from medmgmt.actions import signing_in, worklist

    def breaks(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(signing_in, "change_password", breaks)
    monkeypatch.setattr(worklist, "tell_absence", breaks)
    client = signed_in()
    broken = client.post("/account/password/", {"old": SECRET, "new": SECRET + "!", "repeated": SECRET + "!"})
    assert broken.status_code == 500
    assert SECRET not in broken.content.decode()


def test_what_is_no_secret_still_comes_back() -> None:
    cast.adler()
    client = Client()
    client.post("/cover/", SENT["/cover/"])
    assert "away for a course" in what_is_kept()


def every_form() -> Iterator[type[forms.BaseForm]]:
    """Every form of the pages."""
    import_module("medmgmt.web.urls")
    waiting: list[type[forms.BaseForm]] = [forms.BaseForm]
    while waiting:
        one = waiting.pop()
        waiting += one.__subclasses__()
        if one.__module__.startswith("medmgmt."):
            yield one


def test_every_field_for_a_secret_is_known_as_one_and_no_other_field_has_its_name() -> None:
    fields = [(name, field) for one in every_form() for name, field in getattr(one, "base_fields", {}).items()]
    hidden = {name for name, field in fields if isinstance(field.widget, forms.PasswordInput)}
    assert {"old", "new", "repeated", "pin", "password"} <= hidden
    assert hidden - kept.SECRETS <= {"new_password1", "new_password2"}, "the page behind a one-time link keeps nothing"
    assert not {name for name, field in fields if not isinstance(field.widget, forms.PasswordInput)} & kept.SECRETS
    assert kept.SECRETS - hidden == PASSKEYS
