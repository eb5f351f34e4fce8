"""Every address of the site, tried as every role, as a stranger and as another patient: one explicit table."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import get_resolver
from django.urls.resolvers import URLPattern, URLResolver

from tests.faces import world as worlds
from tests.faces.matrix import FORM_AGAIN, QUERIES, TABLE

pytestmark = pytest.mark.django_db
PEOPLE = ("nobody", "adler", "bo", "pia", "admin", "carla", "dorn", "pat", "olga")
WORDS = ("Castillo", "C-1001", worlds.NOTE, "tremor")
"""What only Carla's own people may read."""


def addresses(patterns: list[Any] | None = None, before: str = "", space: str = "") -> Iterator[tuple[str, str, Any]]:
    """Name, template and view of every address that the resolver knows."""
    for each in get_resolver().url_patterns if patterns is None else patterns:
        here = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from addresses(each.url_patterns, here, f"{each.namespace}:" if each.namespace else space)
        elif isinstance(each, URLPattern):
            yield f"{space}{each.name}", here, each.callback


def methods(view: Any) -> list[str]:
    """The methods an address may know; a page made of a function is tried with both."""
    shown = getattr(view, "view_class", None) or getattr(view, "cls", None)
    if shown is None:
        return ["GET", "POST"]
    return [name.upper() for name in ("get", "post", "patch", "put", "delete") if hasattr(shown, name)]


def rows() -> dict[str, tuple[str, str]]:
    """Every method of every address -> its template and method."""
    return {f"{name} {method}": (here, method) for name, here, view in addresses() for method in methods(view)}


def expected() -> dict[str, str]:
    """The table, one letter a person: see matrix.py."""
    lines = [line.split() for line in TABLE.strip().splitlines()]
    return {" ".join(line[:2]): "".join(line[2:]) for line in lines}


def path_of(template: str, ids: dict[str, Any]) -> str:
    """The address with Carla's numbers in it."""
    plain = template.replace("^", "").replace("$", "").replace("/?", "/")
    plain = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<\1>", plain)
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(ids[found[1]]), plain)


def test_the_table_names_every_method_of_every_address_and_nothing_else() -> None:
    assert set(expected()) == set(rows())
    assert all(len(letters) == len(PEOPLE) for letters in expected().values())


def sessions(world: worlds.World) -> dict[str, str]:
    """Everybody signed in once; nobody not at all."""
    keys = {}
    for who, person in world.people.items():
        client = Client()
        if person is not None:
            client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
            keys[who] = client.cookies[settings.SESSION_COOKIE_NAME].value
    return keys


ONE = Client()
"""Each client sets up its own middleware, which takes longer than most answers."""


def try_out(
    name: str,
    method: str,
    path: str,
    world: worlds.World,
    session: str | None,
    *,
    then: Callable[[], None] = lambda: None,
) -> tuple[str, bytes]:
    """The letter and the words of one answer; whatever it changed is undone, after `then` has looked at it."""
    client = ONE
    client.cookies.clear()
    if session is not None:
        client.cookies[settings.SESSION_COOKIE_NAME] = session
    with transaction.atomic():
        if method == "GET":
            response = client.get(path)
        elif name.startswith("api:"):
            body = json.dumps(world.bodies.get(name.removeprefix("api:"), {}))
            response = client.generic(method, path, body, "application/json")
        else:
            form = urlencode(world.forms.get(name.removeprefix("web:"), {}))
            response = client.generic(method, path, form, "application/x-www-form-urlencoded")
        content = b"".join(response) if response.streaming else response.content
        then()
        transaction.set_rollback(True)
    return letter(response), content


def letter(response: Any) -> str:
    """What an answer amounts to, as one letter."""
    status = response.status_code
    if status == 401 or (status in (302, 303) and response.headers["Location"].startswith("/sign-in/")):
        return "s"
    if status in (301, 302, 303):
        return "r"
    known = {403: "n", 404: "x", 405: "m", 503: "d"}
    return known.get(status, "y" if status < 300 or status in FORM_AGAIN else f"({status})")


def test_every_address_answers_every_role_as_the_table_says() -> None:
    world, table, found, leaks = worlds.build(), expected(), {}, []
    keys = sessions(world)
    for row, (template, method) in rows().items():
        name = row.split()[0]
        ids = {**world.ids, "kind": "stop", "act": "activate", "name": "refused", "decision": "approve"}
        if name in ("web:review", "web:answer", "api:findings"):
            ids["change_id"] = world.ids["risky"]
        path = path_of(template, ids) + QUERIES.get(row, "")
        letters = ""
        for who in PEOPLE:
            sign, content = try_out(name, method, path, world, keys.get(who))
            letters += sign
            if who in ("nobody", "dorn", "pat") and any(word.encode() in content for word in WORDS):
                leaks.append((row, who))
        found[row] = letters
    wrong = {
        row: f"{letters}, expected {table.get(row)}" for row, letters in found.items() if letters != table.get(row)
    }
    assert not wrong, "\n".join(f"{row:40} {said}" for row, said in wrong.items())
    assert not leaks


ADMINISTRATIONS = (
    "admin/", "admin/login/", "admin/record/user/", "admin/knox/authtoken/", "admin/knox/authtoken/add/",
    "admin/jsi18n/", "admin",
)  # fmt: skip
"""Where Django's own administration would be, and where a token was once made for somebody else."""


def test_there_is_no_administration_beside_our_own_pages() -> None:
    assert not apps.is_installed("django.contrib.admin")
    assert not [here for _name, here, _view in addresses() if "admin" in here]
    world = worlds.build()
    for path in ADMINISTRATIONS:
        for who, person in world.people.items():
            client = Client()
            if person is not None:
                client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
            answers = [getattr(client, method)(f"/{path}").status_code for method in ("get", "post", "head")]
            assert answers == [404, 404, 404], (path, who)
