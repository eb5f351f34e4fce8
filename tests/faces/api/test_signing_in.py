"""Two ways in: the browser's session, and a bearer token of which the database keeps only a digest."""

import io

import pytest
from django.core.management import call_command
from django.test import Client

from medmgmt.record.models import Token
from tests import factories
from tests.faces.api.client import Api, done, problem

pytestmark = pytest.mark.django_db


def test_a_token_that_the_command_printed_opens_the_api_and_is_kept_as_a_digest() -> None:
    factories.bo()
    printed = io.StringIO()
    call_command("make_token", "bo", "--name", "n", "--reason", "r", stdout=printed)
    token = printed.getvalue().split()[-1]
    assert done(Api(Authorization=f"Bearer {token}").get("me/"))["username"] == "bo"
    kept = Token.objects.get()
    assert token not in (kept.digest, kept.token_key)
    problem(Api(Authorization=f"Bearer {token[:-1]}x").get("me/"), 401, "not-authenticated")
    problem(Api(Authorization=f"Token {token}").get("me/"), 401, "not-authenticated")


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
