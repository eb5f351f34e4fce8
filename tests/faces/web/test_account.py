"""One's own password, sessions, devices and PIN, by page and by API."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from medmgmt.record.models import AuditEntry, OpenSession, QuickPin
from tests import factories as cast

pytestmark = pytest.mark.django_db
NEW = "kettle marsh violin nine"


def signed_in(name: str = "adler", **headers: str) -> Client:
    client = Client(headers=headers or None)
    client.post("/sign-in/", {"username": name, "password": cast.PASSWORD})
    return client


def is_in(client: Client) -> bool:
    return client.get("/cover/").status_code == 200


def change(client: Client, old: str = cast.PASSWORD, new: str = NEW, repeated: str | None = None) -> Any:
    return client.post("/account/password/", {"old": old, "new": new, "repeated": repeated or new})


def test_a_new_password_ends_all_other_sessions_and_tokens_and_keeps_this_one() -> None:
    adler = cast.adler()
    here, there = signed_in(), signed_in()
    secret = cast.token(adler)
    assert change(here)["Location"] == "/account/"
    assert is_in(here)
    assert not is_in(there)
    bearer = {"Authorization": f"Bearer {secret}"}
    assert Client().get("/api/me/", headers=bearer).status_code == 401
    assert Client().post("/sign-in/", {"username": "adler", "password": cast.PASSWORD}).status_code == 422
    assert Client().post("/sign-in/", {"username": "adler", "password": NEW}).status_code == 302
    row = AuditEntry.objects.get(act="change_password")
    assert row.detail == {"sessions_ended": 1, "tokens_ended": 1}
    assert [one.ended_at is None for one in OpenSession.objects.order_by("pk")] == [True, False, True]


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"old": "not-her-password"}, "That was not right"),
        ({"new": "password1234"}, "too common"),
        ({"new": "abcabcabcabc"}, "over and over"),
        ({"new": "harbor-iop-1"}, "name of this site"),
        ({"new": cast.PASSWORD}, "is the old one"),
        ({"repeated": "something else"}, "not the same"),
    ],
)
def test_a_password_that_is_wrong_common_repeated_or_the_old_one_changes_nothing(
    said: dict[str, str], sentence: str
) -> None:
    cast.adler()
    client, other = signed_in(), signed_in()
    answer = change(client, **said)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()
    assert cast.PASSWORD not in answer.content.decode()
    assert is_in(other)


def test_the_present_password_is_not_guessed_in_an_open_session() -> None:
    cast.adler()
    client = signed_in()
    for _ in range(settings.LOGIN_ATTEMPTS):
        change(client, old="a-guess")
    assert "Wait a little" in change(client).content.decode()
    assert Client().post("/sign-in/", {"username": "adler", "password": NEW}).status_code == 422


def test_the_list_names_device_and_address_and_ends_the_others() -> None:
    cast.adler()
    here = signed_in()
    there = signed_in(**{"User-Agent": "Mozilla/5.0 (iPad; CPU OS 17) Version/17 Safari/604"})
    page = here.get("/account/").content.decode()
    assert "Safari on iPad" in page
    assert "127.0.0.1" in page
    assert here.post("/account/sessions/end/")["Location"] == "/account/"
    assert is_in(here)
    assert not is_in(there)


def test_one_session_ends_by_itself_and_nobody_ends_anothers() -> None:
    cast.adler(), cast.bo()
    here, there, bo = signed_in(), signed_in(), signed_in("bo")
    first, second, third = OpenSession.objects.order_by("pk")
    assert bo.post("/account/sessions/end/", {"session": second.pk}).status_code == 404
    assert is_in(there)
    assert here.post("/account/sessions/end/", {"session": second.pk}).status_code == 302
    assert (is_in(here), is_in(there), is_in(bo)) == (True, False, True)
    assert (first.user, third.user) == (cast.adler(), cast.bo())


def test_by_api_as_by_page() -> None:
    cast.adler()
    here, there = signed_in(), signed_in()
    listed = here.get("/api/me/sessions/").json()["results"]
    assert [set(one) for one in listed] == [{"id", "words", "address", "began_at", "seen_at"}] * 2
    told = here.post("/api/me/sessions/end-others/", {}, content_type="application/json")
    assert told.json() == {"ended": 1}
    assert not is_in(there)
    weak = here.post(
        "/api/me/password/", {"old": cast.PASSWORD, "new": "aaaaaaaaaaaa"}, content_type="application/json"
    )
    assert (weak.status_code, weak.json()["errors"][0]["field"]) == (400, "new")
    body = {"old": cast.PASSWORD, "new": NEW}
    assert here.post("/api/me/password/", body, content_type="application/json").status_code == 200
    assert is_in(here)


def test_no_token_changes_a_password_or_ends_a_session() -> None:
    adler = cast.adler()
    secret = cast.token(adler)
    bearer = {"Authorization": f"Bearer {secret}"}
    for address in ("me/password", "me/sessions/end-others", "confirm-identity"):
        answer = Client().post(f"/api/{address}/", {}, content_type="application/json", headers=bearer)
        assert answer.json()["type"] == "/problems/not-in-person"
    adler.refresh_from_db()
    assert adler.check_password(cast.PASSWORD)


@pytest.mark.parametrize("pin", ["123", "1111", "1234", "9876", "12a4", "123456789", "12 34", "٣١٤٢"])
def test_a_pin_that_is_no_pin_or_easy_is_refused(pin: str) -> None:
    cast.bo()
    assert signed_in("bo").post("/account/pin/", {"pin": pin, "repeated": pin}).status_code == 422
    assert not QuickPin.objects.exists()


def test_a_pin_is_kept_as_a_slow_digest_and_can_be_taken_away() -> None:
    cast.bo()
    client = signed_in("bo")
    assert client.post("/account/pin/", {"pin": "2580", "repeated": "2580"}).status_code == 302
    assert "2580" not in QuickPin.objects.get().digest
    assert client.post("/account/pin/", {"act": "remove"}).status_code == 302
    assert not QuickPin.objects.exists()
    acts = list(AuditEntry.objects.filter(act__endswith="_pin").order_by("seq").values_list("act", flat=True))
    assert acts == ["set_pin", "remove_pin"]
