"""What weighs most asks once more who is there; the very same form goes on, and nothing is lost on the way."""

import json
import re
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from interactions.models import LocalChange, Release
from medmgmt.actions import knowledge, review, signing_in
from medmgmt.record.models import AuditEntry, CoSignature, Status, User
from tests import factories as cast
from tests import shipped_knowledge
from tests.actions import orders

pytestmark = pytest.mark.django_db
LATER = timedelta(minutes=20)


def browser(by: User) -> Client:
    client = Client()
    client.force_login(by, backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def carried(page: str) -> dict[str, str]:
    """What the page that asks carries on of the form."""
    form = page[page.index('name="proof_password"') - 1500 :] if "proof_password" in page else page
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', form))


@pytest.fixture
def tired(time_machine: Any) -> Any:
    """The proof of signing in is twenty minutes old."""
    shipped_knowledge.put_into_use()

    def wait(by: User) -> Client:
        client = browser(by)
        time_machine.move_to(timezone.now() + LATER)
        return client

    return wait


def controlled() -> Any:
    """A proposal of a schedule II drug that nothing stands in the way of."""
    change = orders.start(cast.adler(), "methylphenidate", amount="10").change
    orders.answer_all(cast.adler(), change)
    return change


def test_a_controlled_drug_is_signed_after_the_password_by_the_very_same_form(tired: Any) -> None:
    shipped_knowledge.put_into_use()
    change = controlled()
    client = tired(cast.adler())
    address = f"/changes/{change.pk}/sign/"
    asked = client.post(address, {"once": "a-form-of-its-own"})
    page = asked.content.decode()
    assert asked.status_code == 403
    assert f'action="{address}"' in page
    assert carried(page)["once"] == "a-form-of-its-own"
    change.refresh_from_db()
    assert change.status == Status.PROPOSED
    wrong = client.post(address, {**carried(page), "proof_password": "wrong"})
    assert wrong.status_code == 403
    assert "That was not right" in wrong.content.decode()
    done = client.post(address, {**carried(wrong.content.decode()), "proof_password": cast.PASSWORD})
    assert done.status_code == 302
    change.refresh_from_db()
    assert change.status == Status.SIGNED
    acts = AuditEntry.objects.values_list("act", flat=True)
    assert "confirmation_failed" in acts


def test_just_after_signing_in_and_for_what_is_not_controlled_nobody_is_asked(tired: Any) -> None:
    shipped_knowledge.put_into_use()
    change = controlled()
    assert browser(cast.adler()).post(f"/changes/{change.pk}/sign/").status_code == 302
    harmless = orders.start(cast.adler(), "folic acid", amount="1").change
    orders.answer_all(cast.adler(), harmless)
    assert tired(cast.adler()).post(f"/changes/{harmless.pk}/sign/").status_code == 302


def test_that_a_controlled_drug_stops_waits_for_nobody(tired: Any) -> None:
    shipped_knowledge.put_into_use()
    taken = orders.signed(cast.adler(), "methylphenidate", amount="10").prescription
    stop = orders.prescribing.propose_change(
        cast.adler(), taken.pk, kind="stop", sig=None, effective_on=orders.today(), reason_code="side_effect"
    ).change
    assert tired(cast.adler()).post(f"/changes/{stop.pk}/sign/").status_code == 302


def test_a_second_signature_is_given_after_a_proof_and_its_sentence_is_kept(tired: Any) -> None:
    shipped_knowledge.put_into_use()
    cast.pia()
    change = orders.start(cast.adler(), "phenelzine", amount="45").change
    cast.taking("sertraline", 36437, "50")
    orders.answer_all(cast.adler(), change)
    client = tired(cast.pia())
    form = {"review": review.latest(change).pk, "note": "Seen, both doses apart."}
    asked = client.post(f"/changes/{change.pk}/cosign/", form).content.decode()
    assert carried(asked)["note"] == "Seen, both doses apart."
    assert not CoSignature.objects.exists()


def test_a_release_is_proposed_out_of_use_after_a_proof_by_the_very_same_form(tired: Any) -> None:
    client = tired(cast.pia())
    address = f"/knowledge/{Release.objects.latest('pk').pk}/retire/"
    asked = client.post(address, {"reason": "Superseded."})
    page = asked.content.decode()
    assert asked.status_code == 403
    assert "confirm that it is you" in page
    assert not LocalChange.objects.exists()
    assert client.post(address, {**carried(page), "proof_password": cast.PASSWORD}).status_code == 302
    assert LocalChange.objects.get().reason == "Superseded."
    assert Release.objects.latest("pk").status == "active"


def test_an_export_is_asked_for_and_then_comes(tired: Any) -> None:
    client = tired(cast.pia())
    asked = client.get("/knowledge/alerts/export/?since=2026-01-01")
    page = asked.content.decode()
    assert asked.status_code == 403
    assert 'action="/knowledge/alerts/export/?since=2026-01-01"' in page
    came = client.post("/knowledge/alerts/export/?since=2026-01-01", {**carried(page), "proof_password": cast.PASSWORD})
    assert came["Content-Type"].startswith("text/csv")
    assert client.get("/knowledge/alerts/feedback/")["Content-Type"].startswith("text/csv")


def test_who_has_a_second_factor_is_asked_for_it_and_a_password_is_not_enough(tired: Any, time_machine: Any) -> None:
    pia, secret = cast.pia(), pyotp.random_base32()
    signing_in.enrol_app(pia, secret, pyotp.TOTP(secret).at(timezone.now()))
    client = tired(pia)
    page = client.get("/knowledge/alerts/export/").content.decode()
    assert "proof_code" in page
    assert "proof_password" not in page
    said = {"proof_for": "1"}
    assert client.post("/knowledge/alerts/export/", {**said, "proof_password": cast.PASSWORD}).status_code == 403
    code = pyotp.TOTP(secret).at(timezone.now())
    assert client.post("/knowledge/alerts/export/", {**said, "proof_code": code}).status_code == 200


def test_in_production_signing_in_is_no_proof_yet(settings: Any) -> None:
    shipped_knowledge.put_into_use()
    settings.PRODUCTION = True
    assert browser(cast.pia()).get("/knowledge/alerts/export/").status_code == 403


def test_what_proves_is_never_kept_nor_shown_again(tired: Any) -> None:
    client = tired(cast.adler())
    sent = client.post("/sign-out/") and client.post(
        "/cover/", {"note": "two words", "proof_password": "my-own-secret"}
    )
    kept = json.dumps(dict(client.session), default=str)
    assert sent["Location"].startswith("/sign-in/")
    assert "two words" in kept
    assert "my-own-secret" not in kept


def test_over_the_api_the_problem_says_where_to_confirm_and_then_it_is_done(tired: Any) -> None:
    shipped_knowledge.put_into_use()
    change = controlled()
    client = tired(cast.adler())
    asked = client.post(f"/api/proposals/{change.pk}/sign/", {}, content_type="application/json")
    assert (asked.status_code, asked.json()["type"]) == (403, "/problems/confirm-identity")
    where = asked.json()["confirm_at"]
    assert client.post(where, {"password": "wrong"}, content_type="application/json").status_code == 422
    told = client.post(where, {"password": cast.PASSWORD}, content_type="application/json")
    assert told.json() == {"seconds": settings.CONFIRM_MINUTES * 60}
    assert client.post(f"/api/proposals/{change.pk}/sign/", {}, content_type="application/json").status_code == 200


def test_a_second_word_on_what_the_knowledge_says_asks_who_gives_it(tired: Any) -> None:
    wanted = knowledge.Wanted(
        "major", "Seen here.", ["lamotrigine + metformin => major"], a="lamotrigine", b="metformin", adds_rule=True
    )
    change = knowledge.propose(cast.pia(), wanted)
    client, address = tired(cast.adler()), f"/knowledge/rules/{change.pk}/approve/"
    asked = client.post(address)
    change.refresh_from_db()
    assert (asked.status_code, change.state) == (403, "proposed")
    client.post(address, {"proof_password": cast.PASSWORD})
    change.refresh_from_db()
    assert change.state == "approved"
