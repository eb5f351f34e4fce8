"""Signing in and out, and the guards that stand before every page."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from tests import factories as cast
from tests.faces.web import reading
from tests.faces.web.world import World

pytestmark = pytest.mark.page


def sign_in(client: Client, password: str = cast.PASSWORD) -> object:
    """Sends the sign-in form as Dr Adler."""
    return client.post("/sign-in/?next=/tasks/", {"username": "adler", "password": password, "next": "/tasks/"})


@pytest.mark.django_db
def test_signing_in_leads_to_where_one_wanted_to_go() -> None:
    cast.adler()
    client = Client()
    assert sign_in(client)["Location"] == "/tasks/"  # type: ignore[index]
    assert client.get("/tasks/").status_code == 200
    assert client.get("/sign-out/").status_code == 405
    assert client.post("/sign-out/")["Location"] == "/sign-in/"
    assert client.get("/tasks/").status_code == 302


@pytest.mark.django_db
def test_a_wrong_password_is_said_kindly_and_the_name_stays() -> None:
    cast.adler()
    answer = sign_in(Client(), "wrong")
    assert answer.status_code == 422  # type: ignore[attr-defined]
    text = answer.content.decode()  # type: ignore[attr-defined]
    assert "do not belong together" in text
    assert 'value="adler"' in text


@pytest.mark.django_db
def test_after_too_many_wrong_passwords_the_name_is_locked_with_a_page_that_says_so() -> None:
    cast.adler()
    client = Client()
    for _ in range(settings.LOGIN_ATTEMPTS):
        last = sign_in(client, "wrong")
    assert last.status_code == 429  # type: ignore[attr-defined]
    assert "Too many attempts" in last.content.decode()  # type: ignore[attr-defined]
    assert sign_in(client).status_code == 429  # type: ignore[attr-defined]


@pytest.mark.django_db
def test_signing_in_never_leads_to_another_site() -> None:
    cast.adler()
    typed = {"username": "adler", "password": cast.PASSWORD, "next": "https://evil.example/"}
    assert Client().post("/sign-in/", typed)["Location"] == "/"


@pytest.mark.django_db
def test_the_demo_lists_its_accounts_and_production_does_not(settings: object) -> None:
    cast.adler()
    assert "<code>adler</code>" in Client().get("/sign-in/").content.decode()
    settings.PRODUCTION = True  # type: ignore[attr-defined]
    assert "<code>adler</code>" not in Client().get("/sign-in/?as=adler").content.decode()
    assert 'value="adler"' not in Client().get("/sign-in/?as=adler").content.decode()


@pytest.mark.django_db
def test_the_sign_in_page_speaks_spanish_when_the_browser_does() -> None:
    page = Client().get("/sign-in/", headers={"Accept-Language": "es"})
    assert reading.read(page.content).lang == "es"
    assert "Iniciar sesión" in page.content.decode()


def test_a_form_without_its_token_is_refused_with_a_page_that_helps(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.adler(), backend="django.contrib.auth.backends.ModelBackend")
    answer = client.post(f"/changes/{world.proposal.pk}/sign/")
    assert answer.status_code == 403
    assert "Nothing was changed" in answer.content.decode()


def test_an_htmx_request_after_the_session_has_ended_leads_the_whole_page_to_sign_in(world: World) -> None:
    answer = Client().post(f"/patients/{world.carla.pk}/prescribe/", {"q": "li"}, headers={"HX-Request": "true"})
    assert answer["HX-Redirect"].startswith("/sign-in/?next=/patients/")


def test_a_session_that_rested_too_long_has_ended(world: World, as_adler: Client, time_machine: object) -> None:
    as_adler.get("/tasks/")
    rested = timedelta(minutes=settings.SESSION_IDLE_MINUTES + 1)
    time_machine.move_to(timezone.now() + rested)  # type: ignore[attr-defined]
    assert as_adler.get("/tasks/").status_code == 302


def test_whoever_works_without_a_pause_stays_signed_in_until_the_longest_time_is_over(
    world: World, as_adler: Client, time_machine: object
) -> None:
    began = timezone.now()
    for minutes in range(0, settings.SESSION_HOURS * 60, 20):
        time_machine.move_to(began + timedelta(minutes=minutes))  # type: ignore[attr-defined]
        assert as_adler.get("/cover/").status_code == 200, minutes
    time_machine.move_to(began + timedelta(hours=settings.SESSION_HOURS, minutes=1))  # type: ignore[attr-defined]
    assert as_adler.get("/cover/").status_code == 302


@pytest.mark.django_db
def test_the_session_is_kept_from_scripts_other_sites_and_the_next_who_opens_the_browser() -> None:
    cast.adler()
    cookie = sign_in(Client()).cookies[settings.SESSION_COOKIE_NAME]  # type: ignore[attr-defined]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"], cookie["expires"]) == (True, "Lax", "", "")


@pytest.mark.django_db
def test_a_page_runs_nothing_of_others_is_shown_in_no_frame_and_tells_no_other_site_its_address() -> None:
    answer = Client().get("/sign-in/")
    policy = {line.split()[0]: line.split()[1:] for line in answer["Content-Security-Policy"].split(";")}
    assert policy == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "base-uri": ["'none'"],
    }
    assert (answer["X-Frame-Options"], answer["Referrer-Policy"]) == ("DENY", "same-origin")


@pytest.mark.django_db
def test_the_number_of_a_request_is_the_servers_own() -> None:
    answers = [Client().get("/sign-in/", headers={"X-Request-ID": "mine"})["X-Request-ID"] for _ in range(2)]
    assert "mine" not in answers
    assert len(set(answers)) == 2


@pytest.mark.django_db
def test_a_stranger_who_guesses_elsewhere_does_not_lock_the_nurse_out() -> None:
    cast.adler()
    for _ in range(settings.LOGIN_ATTEMPTS):
        sign_in(Client(REMOTE_ADDR="192.0.2.7"), "wrong")
    assert sign_in(Client(REMOTE_ADDR="192.0.2.7")).status_code == 429  # type: ignore[attr-defined]
    assert sign_in(Client(REMOTE_ADDR="192.0.2.8")).status_code == 302  # type: ignore[attr-defined]
