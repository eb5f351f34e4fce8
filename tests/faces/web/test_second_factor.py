"""A second factor: codes from an app, recovery codes; required of staff in production, offered everywhere."""

import re
from datetime import timedelta
from io import StringIO
from typing import Any

import pyotp
import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from medmgmt.actions import signing_in
from medmgmt.record.models import AuditEntry, Device, FactorKind, SecondFactor, StaffChange, User
from tests import factories as cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def strict(settings: Any) -> None:
    """As in production, but for the encryption on the way."""
    settings.SECOND_FACTOR = "required"


@pytest.fixture
def clock(time_machine: Any) -> Any:
    """A clock that goes on by whole codes."""
    now = [timezone.now()]

    def on(**by: float) -> None:
        now[0] += timedelta(**by)
        time_machine.move_to(now[0], tick=False)

    on()
    return on


def code_of(secret: str) -> str:
    return pyotp.TOTP(secret).at(timezone.now())


def with_app(user: User, clock: Any) -> tuple[str, list[str]]:
    """Somebody who has an app: its key, and their recovery codes."""
    secret = pyotp.random_base32()
    codes = signing_in.enrol_app(user, secret, code_of(secret))
    clock(seconds=60)
    return secret, codes


def password(client: Client, name: str = "adler", to: str = "/tasks/") -> Any:
    return client.post("/sign-in/", {"username": name, "password": cast.PASSWORD, "next": to})


def is_in(client: Client) -> bool:
    return client.get("/cover/").status_code == 200


def shown_key(page: str) -> str:
    found = re.search(r'totp-key">([A-Z2-7 ]+)<', page)
    assert found is not None
    return found[1].replace(" ", "")


def test_where_it_is_required_nothing_opens_before_the_first_is_set_up(strict: None, clock: Any) -> None:
    cast.adler()
    client = Client()
    assert password(client)["Location"] == "/sign-in/set-up/"
    assert not is_in(client)
    assert client.get("/api/me/").status_code == 401
    key = shown_key(client.get("/sign-in/set-up/").content.decode())
    assert client.post("/sign-in/set-up/", {"new_code": "000000"}).status_code == 422
    assert not is_in(client)
    page = client.post("/sign-in/set-up/", {"new_code": code_of(key)}).content.decode()
    assert is_in(client)
    assert len(re.findall(r"<code>\w{5}-\w{5}</code>", page)) == 10
    assert 'href="/tasks/"' in page


def test_a_patient_is_not_asked_and_the_demo_works_without(strict: None, settings: Any) -> None:
    cast.carla_user()
    assert password(Client(), "carla", "/my/")["Location"] == "/my/"
    settings.SECOND_FACTOR = "offered"
    cast.adler()
    assert password(Client())["Location"] == "/tasks/"


def test_after_the_password_a_code_opens_and_each_code_opens_once(clock: Any) -> None:
    secret, _ = with_app(cast.adler(), clock)
    client, other = Client(), Client()
    assert password(client)["Location"] == "/sign-in/second/"
    assert not is_in(client)
    code = code_of(secret)
    assert client.post("/sign-in/second/", {"proof_code": code})["Location"] == "/tasks/"
    assert is_in(client)
    password(other)
    assert other.post("/sign-in/second/", {"proof_code": code}).status_code == 422
    clock(seconds=30)
    assert other.post("/sign-in/second/", {"proof_code": code_of(secret)}).status_code == 302


def test_an_older_code_of_the_same_minute_does_not_open_after_a_newer_one(clock: Any) -> None:
    secret, _ = with_app(cast.adler(), clock)
    older = code_of(secret)
    clock(seconds=30)
    client, other = Client(), Client()
    password(client)
    client.post("/sign-in/second/", {"proof_code": code_of(secret)})
    password(other)
    assert other.post("/sign-in/second/", {"proof_code": older}).status_code == 422


def test_a_recovery_code_opens_once(clock: Any) -> None:
    adler = cast.adler()
    _, codes = with_app(adler, clock)
    for attempt, expected in ((codes[0].upper().replace("-", " "), 302), (codes[0], 422), (codes[1], 302)):
        client = Client()
        password(client)
        assert client.post("/sign-in/second/", {"proof_code": attempt}).status_code == expected
    assert SecondFactor.objects.filter(user=adler, kind=FactorKind.RECOVERY, ended_at=None).count() == 8


def test_codes_are_not_guessed(clock: Any) -> None:
    with_app(cast.adler(), clock)
    client = Client()
    password(client)
    answers = [client.post("/sign-in/second/", {"proof_code": f"{guess:06}"}).status_code for guess in range(7)]
    assert answers[0] == 422
    assert answers[-1] == 429
    assert not is_in(client)


def test_the_second_step_waits_ten_minutes_and_not_for_a_changed_password(clock: Any) -> None:
    adler = cast.adler()
    secret, _ = with_app(adler, clock)
    late, changed = Client(), Client()
    password(late)
    clock(minutes=11)
    assert late.post("/sign-in/second/", {"proof_code": code_of(secret)})["Location"] == "/sign-in/"
    password(changed)
    adler.set_password("another-word-of-her-own")
    adler.save()
    assert changed.get("/sign-in/second/")["Location"] == "/sign-in/"


def test_nobody_reaches_the_second_step_or_the_set_up_without_a_password(strict: None) -> None:
    cast.adler()
    for address in ("/sign-in/second/", "/sign-in/set-up/"):
        assert Client().get(address)["Location"] == "/sign-in/"
        assert Client().post(address, {"proof_code": "000000", "new_code": "000000"})["Location"] == "/sign-in/"


def test_who_has_a_factor_cannot_set_up_another_with_a_password_alone(strict: None, clock: Any) -> None:
    with_app(cast.adler(), clock)
    client = Client()
    password(client)
    assert client.get("/sign-in/set-up/")["Location"] == "/sign-in/second/"
    assert client.post("/sign-in/set-up/", {"new_code": "000000"})["Location"] == "/sign-in/second/"
    assert client.post("/sign-in/passkey/", {"for": "new"}).status_code == 403


def test_a_device_that_is_her_own_asks_again_after_its_days_and_can_be_forgotten(clock: Any) -> None:
    adler = cast.adler()
    secret, _ = with_app(adler, clock)
    client = Client()
    password(client)
    client.post("/sign-in/second/", {"proof_code": code_of(secret), "trust": "1"})
    client.post("/sign-out/")
    assert password(client)["Location"] == "/tasks/"
    assert password(Client())["Location"] == "/sign-in/second/"
    device = Device.objects.get(user=adler, trusted_until__isnull=False)
    assert "asks for no second step until" in client.get("/account/").content.decode()
    client.post(f"/account/devices/{device.pk}/forget/")
    client.post("/sign-out/")
    assert password(client)["Location"] == "/sign-in/second/"
    clock(seconds=30)
    client.post("/sign-in/second/", {"proof_code": code_of(secret), "trust": "1"})
    client.post("/sign-out/")
    clock(days=settings.DEVICE_TRUST_DAYS, minutes=1)
    assert password(client)["Location"] == "/sign-in/second/"


def test_a_trusted_device_of_one_asks_another_for_theirs(clock: Any) -> None:
    secret, _ = with_app(cast.adler(), clock)
    with_app(cast.bo(), clock)
    client = Client()
    password(client)
    client.post("/sign-in/second/", {"proof_code": code_of(secret), "trust": "1"})
    client.post("/sign-out/")
    assert password(client, "bo")["Location"] == "/sign-in/second/"


def test_the_key_of_an_app_is_not_in_the_database_as_it_is(clock: Any) -> None:
    adler = cast.adler()
    secret, codes = with_app(adler, clock)
    kept = " ".join(SecondFactor.objects.filter(user=adler).values_list("secret", flat=True))
    assert secret not in kept
    assert not any(code in kept or code.replace("-", "") in kept for code in codes)


def test_the_last_factor_stays_where_one_is_required_and_goes_where_it_is_not(
    strict: None, clock: Any, settings: Any
) -> None:
    adler, client = cast.adler(), Client()
    with_app(adler, clock)
    client.force_login(adler, backend=settings.AUTHENTICATION_BACKENDS[-1])
    app = SecondFactor.objects.get(user=adler, kind=FactorKind.TOTP)
    assert client.post(f"/account/second-factor/{app.pk}/remove/").status_code == 422
    settings.SECOND_FACTOR = "offered"
    assert client.post(f"/account/second-factor/{app.pk}/remove/").status_code == 302
    assert not SecondFactor.objects.filter(user=adler, ended_at=None).exists()
    assert password(Client())["Location"] == "/tasks/"


def test_nobody_removes_somebody_elses(clock: Any) -> None:
    with_app(cast.adler(), clock)
    client = Client()
    client.force_login(cast.bo(), backend=settings.AUTHENTICATION_BACKENDS[-1])
    app = SecondFactor.objects.get(kind=FactorKind.TOTP)
    assert client.post(f"/account/second-factor/{app.pk}/remove/").status_code == 404


def test_what_was_typed_comes_back_after_both_steps(clock: Any) -> None:
    adler = cast.adler()
    secret, _ = with_app(adler, clock)
    client = Client()
    sent = client.post("/cover/", {"since": "", "until": "", "note": "away for a course"})
    to = sent["Location"].removeprefix("/sign-in/?next=").replace("%3F", "?").replace("%3D", "=")
    assert password(client, to=to)["Location"] == "/sign-in/second/"
    assert client.post("/sign-in/second/", {"proof_code": code_of(secret)})["Location"] == to


def test_each_leaves_its_row(clock: Any) -> None:
    adler = cast.adler()
    _, codes = with_app(adler, clock)
    client = Client()
    password(client)
    client.post("/sign-in/second/", {"proof_code": "wrong"})
    client.post("/sign-in/second/", {"proof_code": codes[0]})
    acts = list(AuditEntry.objects.order_by("seq").values_list("act", flat=True))
    assert acts == ["enrol_second_factor", "make_recovery_codes", "second_factor_failed", "sign_in"]
    assert not any(codes[0] in str(row) for row in AuditEntry.objects.values_list("detail", "why", "actor_name"))


def test_lost_second_factors_end_by_two_people_on_the_pages_and_the_person_is_told_and_sets_up_anew(
    strict: None, clock: Any
) -> None:
    adler = cast.adler()
    secret, _ = with_app(adler, clock)
    hers = Client()
    password(hers)
    hers.post("/sign-in/second/", {"proof_code": code_of(secret), "trust": "1"})
    assert is_in(hers)
    lost(adler, clock)
    assert not is_in(hers)
    assert password(hers)["Location"] == "/sign-in/set-up/"
    key = shown_key(hers.get("/sign-in/set-up/").content.decode())
    clock(seconds=60)
    page = hers.post("/sign-in/set-up/", {"new_code": code_of(key)}).content.decode()
    assert "If you did not ask for it, tell the clinic now." in page
    clock(seconds=60)
    again = Client()
    password(again)
    again.post("/sign-in/second/", {"proof_code": code_of(key)})
    assert "tell the clinic now" not in again.get("/cover/").content.decode()


def test_a_patient_who_lost_theirs_comes_in_by_password_and_is_told(clock: Any) -> None:
    carla = cast.carla_user()
    with_app(carla, clock)
    earlier = Client()
    earlier.force_login(carla, backend=settings.AUTHENTICATION_BACKENDS[-1])
    lost(carla, clock)
    clock(seconds=60)
    client = Client()
    assert password(client, carla.username, to="/my/")["Location"] == "/my/"
    assert "tell the clinic now" in client.get("/my/").content.decode()


def lost(user: User, clock: Any) -> None:
    """An administrator asks, a pharmacist confirms."""
    admin, pia = Client(), Client()
    for client, by in ((admin, cast.admin()), (pia, cast.pia())):
        with_app(by, clock)
        client.force_login(by, backend=settings.AUTHENTICATION_BACKENDS[-1])
    assert "End lost second factors" in admin.get(f"/staff/{user.pk}/").content.decode()
    assert admin.post(f"/staff/{user.pk}/second-factors/", {"why": ""}).status_code == 422
    admin.post(f"/staff/{user.pk}/second-factors/", {"why": "Lost phone; seen here with a passport."})
    change = StaffChange.objects.get()
    assert "seen here with a passport" in pia.get(f"/staff/changes/{change.pk}/").content.decode()
    assert pia.post(f"/staff/changes/{change.pk}/confirm/").status_code == 302


def test_whoever_lost_all_of_it_gets_a_new_one_set_up_by_a_command_that_says_why(strict: None, clock: Any) -> None:
    adler = cast.adler()
    secret, _ = with_app(adler, clock)
    client = Client()
    password(client)
    client.post("/sign-in/second/", {"proof_code": code_of(secret)})
    assert is_in(client)
    with pytest.raises(CommandError):
        call_command("end_second_factors", "adler", reason=" ")
    call_command("end_second_factors", "adler", reason="Her phone was stolen.", stdout=StringIO())
    assert not is_in(client)
    assert password(Client())["Location"] == "/sign-in/set-up/"
    row = AuditEntry.objects.latest("pk")
    assert (row.act, row.why, row.actor_name) == ("end_second_factors", "Her phone was stolen.", "the command line")
