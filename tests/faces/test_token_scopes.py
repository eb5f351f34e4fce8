"""How far a token reaches: every operation of the API with every scope, and what no token does at all."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone

from medmgmt.record.models import Scope, Token, User
from tests import factories
from tests.faces import world as worlds
from tests.faces.api.client import Api, done, problem
from tests.faces.matrix import QUERIES
from tests.faces.test_matrix import ONE, PEOPLE, expected, path_of, rows

pytestmark = pytest.mark.django_db
PUBLIC = {"answer-link"}
ONLY_READ = {"search-patients", "check", "understand-line"}
PRESCRIBES = {
    "proposals", "sign", "withdraw", "override", "answer-card", "authorisations", "revoke", "renewals", "renewal",
    "decline-renewal", "release-lab-gate", "supply-limits", "lift-limit", "card-monitoring", "ask-cosignature",
}  # fmt: skip
IN_PERSON = {
    "cosign", "decline-cosignature", "approve-local-change", "reject-local-change", "end-local-change",
    "activate-release", "selftests", "break-glass", "end-break-glass", "judge-break-glass",
    "confirm-identity", "my-password", "end-other-sessions", "logins", "ask-role", "ask-password", "ask-factors",
    "ask-active", "make-inactive", "clear-lock", "correct-login", "begin-membership", "end-membership", "teams",
    "rename-team", "decline-staff-change", "export-chart", "programmes", "revoke-part2-consent",
    "answer-amendment", "extend-amendment", "rebut", "close-own-account", "close-account",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _unthrottled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rest_framework.throttling.SimpleRateThrottle.THROTTLE_RATES", {"user": None})


def reaches(name: str, method: str) -> set[str]:
    """The scopes that let somebody do this who may do it in person."""
    if method == "GET" or name in ONLY_READ:
        return {"read", "record", "prescribe"}
    if name in IN_PERSON:
        return set()
    return {"prescribe"} if name in PRESCRIBES else {"record", "prescribe"}


def test_every_operation_is_open_to_the_scopes_that_reach_it_and_to_no_other() -> None:
    world, table = worlds.build(), expected()
    secrets = {(who, scope): factories.token(person, scope) for who, person in world.people.items() if person
               for scope in Scope.values}  # fmt: skip
    wrong, tried = {}, set()
    for row, (template, method) in rows().items():
        name = row.split()[0].removeprefix("api:")
        letters = dict(zip(PEOPLE, table[row], strict=True))
        who = next((each for sign in "yx" for each in PEOPLE if letters[each] == sign and each != "dorn"), None)
        if not row.startswith("api:") or name in PUBLIC or who is None or letters["nobody"] != "s":
            continue
        ids = {**world.ids, **({"change_id": world.ids["risky"]} if name == "findings" else {})}
        path = path_of(template, ids) + QUERIES.get(row, "")
        body = json.dumps(world.bodies.get(name, {}))
        through = {scope for scope in Scope.values if gets_through(secrets[who, scope], method, path, body)}
        tried.add(name)
        if through != reaches(name, method):
            wrong[row] = (who, through)
    assert wrong == {}
    assert tried >= PRESCRIBES | IN_PERSON | ONLY_READ


def gets_through(secret: str, method: str, path: str, body: str) -> bool:
    """Whether the scope lets it pass, whatever the act says then; all is undone."""
    ONE.cookies.clear()
    headers = {"Authorization": f"Bearer {secret}"}
    with transaction.atomic():
        if method == "GET":
            response = ONE.get(path, headers=headers)
        else:
            response = ONE.generic(method, path, body, "application/json", headers=headers)
        transaction.set_rollback(True)
    kind = response.json().get("type", "") if response.status_code >= 400 else ""
    assert response.status_code != 401, (path, response.content)
    return kind not in ("/problems/out-of-scope", "/problems/not-in-person", "/problems/not-found")


def token_of(by: User, scope: str, **values: Any) -> Api:
    return Api(Authorization=f"Bearer {factories.token(by, scope, **values)}")


def test_a_token_that_reads_writes_nothing_and_says_why() -> None:
    reader, nurse = token_of(factories.bo(), "read"), token_of(factories.bo(), "record")
    address = f"patients/{factories.carla().pk}/conditions/"
    said = {"text": "depression", "confirm": True}
    problem(reader.post(address, said), 403, "out-of-scope")
    problem(reader.post(address, {}), 403, "out-of-scope")
    assert done(reader.get(address))["count"] == 0
    done(nurse.post(address, said), 201)


def test_a_token_gives_nobody_a_right_that_they_have_not() -> None:
    carer = token_of(factories.bo(), "prescribe")
    problem(carer.post("proposals/", {}), 400, "invalid-request")
    stranger = token_of(factories.dorn(), "prescribe")
    problem(stranger.get(f"patients/{factories.carla().pk}/"), 404, "not-found")


def test_a_token_of_a_closed_account_opens_nothing_and_stays_closed_with_it() -> None:
    nurse = factories.bo()
    api = token_of(nurse, "read")
    User.objects.filter(pk=nurse.pk).update(is_active=False)
    problem(api.get("me/"), 401, "not-authenticated")
    User.objects.filter(pk=nurse.pk).update(is_active=True)
    problem(api.get("me/"), 401, "not-authenticated")


def test_a_token_opens_the_api_until_its_last_day_and_no_longer() -> None:
    api, now = token_of(factories.bo(), "read", expiry=timedelta(days=1)), timezone.now()
    with time_machine.travel(now + timedelta(hours=23), tick=False):
        done(api.get("me/"))
    with time_machine.travel(now + timedelta(hours=25), tick=False):
        problem(api.get("me/"), 401, "not-authenticated")


def test_its_last_use_is_noted_once_a_minute(django_assert_num_queries: Any) -> None:
    api, now = token_of(factories.bo(), "read"), timezone.now()
    used = []
    for seconds in (0, 30, 61):
        with time_machine.travel(now + timedelta(seconds=seconds), tick=False):
            done(api.get("me/"))
        used.append(round((Token.objects.get().last_used_at - now).total_seconds()))
    assert used == [0, 0, 61]


def test_a_revoked_token_opens_nothing_and_the_others_go_on() -> None:
    mine, other = token_of(factories.bo(), "record", name="mine"), token_of(factories.bo(), "read", name="other")
    listed = done(mine.get("tokens/"))["results"]
    assert {line["name"] for line in listed} == {"mine", "other"}
    assert all(len(line["begins_with"]) < 20 for line in listed)
    number = Token.objects.get(name="other").pk
    assert done(mine.post(f"tokens/{number}/revoke/"))["revoked_at"]
    problem(other.get("me/"), 401, "not-authenticated")
    done(mine.get("me/"))
    problem(token_of(factories.pia(), "record").post(f"tokens/{number}/revoke/"), 404, "not-found")


def test_on_the_page_somebody_makes_a_token_sees_its_secret_once_and_revokes_it() -> None:
    browser = Client()
    browser.force_login(factories.bo(), backend="django.contrib.auth.backends.ModelBackend")
    form = {"name": "Lab bridge", "scope": "read", "days": "30"}
    page = browser.post("/tokens/", form).content.decode()
    secret = page.split("<code>")[1].split("</code>")[0]
    assert done(Api(Authorization=f"Bearer {secret}").get("me/"))["username"] == "bo"
    again = browser.post("/tokens/", form)
    assert (again.status_code, Token.objects.count()) == (422, 1)
    shown = browser.get("/tokens/").content.decode()
    assert "Lab bridge" in shown
    assert secret not in shown
    browser.post(f"/tokens/{Token.objects.get().pk}/revoke/")
    problem(Api(Authorization=f"Bearer {secret}").get("me/"), 401, "not-authenticated")


def test_a_token_is_no_way_onto_the_pages() -> None:
    secret = factories.token(factories.bo())
    client = Client()
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/tokens/", headers=headers).headers["Location"].startswith("/sign-in/")
    assert client.post("/tokens/", {"name": "n", "scope": "read", "days": "1"}, headers=headers).status_code == 302
    assert Token.objects.count() == 1
