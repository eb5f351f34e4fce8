"""Two ways in: the browser's session, and a bearer token of which the database keeps only a digest."""

import io

import pytest
from django.core.management import call_command
from django.test import Client
from knox.models import AuthToken

from tests import factories
from tests.faces.api.client import Api, done, problem

pytestmark = pytest.mark.django_db


def test_a_token_that_the_command_printed_opens_the_api_and_is_kept_as_a_digest() -> None:
    factories.bo()
    printed = io.StringIO()
    call_command("issue_token", "bo", stdout=printed)
    token = printed.getvalue().split()[-1]
    assert done(Api(Authorization=f"Bearer {token}").get("me/"))["username"] == "bo"
    kept = AuthToken.objects.get()
    assert token not in (kept.digest, kept.token_key)
    problem(Api(Authorization=f"Bearer {token[:-1]}x").get("me/"), 401, "not-authenticated")
    problem(Api(Authorization=f"Token {token}").get("me/"), 401, "not-authenticated")


def test_who_was_switched_off_or_whose_token_is_over_gets_in_no_more() -> None:
    nurse = factories.bo()
    api = Api(nurse)
    done(api.get("me/"))
    nurse.is_active = False
    nurse.save()
    problem(api.get("me/"), 401, "not-authenticated")
    nurse.is_active = True
    nurse.save()
    done(api.get("me/"))
    AuthToken.objects.update(expiry=factories.LONG_AGO)
    problem(api.get("me/"), 401, "not-authenticated")
    assert not AuthToken.objects.exists()


def test_a_session_opens_the_api_until_it_ends(client: Client) -> None:
    client.force_login(factories.bo(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/api/me/").json()["username"] == "bo"
    client.logout()
    response = client.get("/api/me/")
    problem(response, 401, "not-authenticated")
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_a_carer_who_left_the_team_sees_nothing_of_it_at_once(bo: Api) -> None:
    patient = factories.carla()
    done(bo.get(f"patients/{patient.pk}/"))
    member = factories.bo().memberships.get()
    member.until = member.since
    member.save()
    problem(bo.get(f"patients/{patient.pk}/"), 404, "not-found")
    assert done(bo.get("patients/"))["count"] == 0
