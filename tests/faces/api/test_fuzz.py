"""Whatever is sent to whatever address, the answer is declared, and it is never that something broke here."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faces import world as worlds
from tests.faces.api import declared
from tests.faces.api.client import Api
from tests.faces.test_matrix import PEOPLE, expected, path_of, rows

pytestmark = pytest.mark.django_db
NASTY: list[Any] = [
    None, True, 0, -1, 2**31, 2**63 - 1, 1e15, "", " ", "0", "-0.00001", "1e9", "NaN", "Infinity", "x" * 5000,
    "\u202e\u2028", "'; DROP TABLE x; --", "2026-02-30", "0001-01-01", "9999-12-31", "2026-11-21T25:00:00Z", "٣",
    [], {}, [[]], {"a": 1},
]  # fmt: skip
"""Values that have broken somebody's service before."""
IN_ADDRESSES = [
    "",
    "%00",
    "%ff",
    "-1",
    "1e9",
    "x" * 3000,
    "٣",
    "9" * 30,
    "a&a",
    "[]",
    "2026-02-30",
    "0001-01-01",
    "9999-12-31",
]
HEADERS = {
    "Accept": ["*", "application/json;q=abc", "\xff", "a/b/c", "application/json;version=9"],
    "Accept-Language": ["\xff", "xx-" * 500, "es;q=abc"],
    "If-Match": ['"1"', "*", '""', "\xff", '"' + "9" * 99 + '"'],
    "Idempotency-Key": ["\xff", " ", "k" * 300, "page:x"],
    "Authorization": ["Bearer \xff", "Basic abc", "Bearer", "\xff"],
    "Content-Type": ["application/json; charset=\xff", "application/json; charset=utf-7", "json", ";"],
    "Content-Length": ["-1", "abc"],
    "X-Forwarded-For": ["\xff", "1" * 3000],
}


@pytest.fixture(autouse=True)
def _unthrottled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rest_framework.throttling.SimpleRateThrottle.THROTTLE_RATES", {"user": None})


def ways() -> Iterator[tuple[str, str, str, str]]:
    """Each operation of the API with somebody who gets through: name, method, address template, who."""
    for row, letters in expected().items():
        name, method = row.split()
        if name.startswith("api:") and "y" in letters and declared.operation(method, path_of(rows()[row][0], SAMPLE)):
            yield name.removeprefix("api:"), method, rows()[row][0], PEOPLE[letters.index("y")]


THINGS = (
    "patient", "prescription", "change", "finding", "report", "review", "task", "release", "local_change", "consent",
    "drug", "authorisation", "limit", "absence", "observation", "allergy", "dispense", "remark", "token",
    "user", "team", "membership", "staff_change", "opening", "part2_consent", "amendment",
)  # fmt: skip
SAMPLE = {f"{name}_id": 1 for name in THINGS}


class Prober:
    """Sends what nobody should send, undoes what it changed, and holds each answer against the document."""

    def __init__(self) -> None:
        self.world = worlds.build()
        self.callers = {who: Api(person) for who, person in self.world.people.items()}
        self.sent = 0

    def send(self, who: str, method: str, path: str, body: bytes | None = None, **headers: str) -> int:
        """The status of the answer; a crash here raises, as the test client does."""
        self.sent += 1
        with transaction.atomic():
            response = self.callers[who].call(method, path, body, **headers)
            transaction.set_rollback(True)
        assert response.status_code < 500, (method, path, body)
        if response.status_code >= 400:
            assert response.headers["Content-Type"].startswith(declared.PROBLEM), (method, path, response.status_code)
        return response.status_code

    def path(self, template: str) -> str:
        """Carla's own address, below /api/."""
        return path_of(template, self.world.ids).removeprefix("/api/")


def mutations(value: Any) -> Iterator[Any]:
    """The value with one part at a time put in the place of something nasty, left out, or given a stranger."""
    yield from NASTY
    if isinstance(value, dict):
        for name, inner in value.items():
            rest = {other: kept for other, kept in value.items() if other != name}
            yield rest
            yield from ({**rest, name: mutated} for mutated in mutations(inner))
        yield {**value, "\u0000": 1}


def test_every_body_with_every_part_of_it_nasty() -> None:
    prober = Prober()
    for name, method, template, who in ways():
        if method == "GET":
            continue
        for mutated in mutations(prober.world.bodies.get(name, {})):
            prober.send(who, method, prober.path(template), json.dumps(mutated).encode())
    assert prober.sent > 1000


def test_every_parameter_of_every_address_nasty() -> None:
    prober = Prober()
    for _name, method, template, who in ways():
        path = prober.path(template)
        names = [
            each["name"]
            for each in declared.operation(method, f"/api/{path}").get("parameters", [])
            if each["in"] == "query"
        ]
        for parameter in [*names, "unknown", "", "%00", "page[]"] if method == "GET" else []:
            for nasty in IN_ADDRESSES:
                prober.send(who, method, f"{path}?{parameter}={nasty}")
    assert prober.sent > 500


def test_every_number_in_every_address_nasty() -> None:
    prober = Prober()
    for name, method, template, who in ways():
        if "_id" in template:
            for nasty in ("0", "9" * 18, "9" * 19, "-1", "1.0", "%2e%2e", "%00", "x", "٣", " 1"):
                path = path_of(template, dict.fromkeys(prober.world.ids, nasty)).removeprefix("/api/")
                body = json.dumps(prober.world.bodies.get(name, {})).encode()
                assert prober.send(who, method, path, body if method != "GET" else None) in (400, 403, 404), path


def test_every_header_nasty() -> None:
    prober = Prober()
    body = json.dumps(prober.world.bodies["side-effects"]).encode()
    claim = f"tasks/{prober.world.ids['task_id']}/claim/"
    for header, values in HEADERS.items():
        for value in values:
            named = {header.replace("-", "_"): value}
            prober.send("bo", "GET", "patients/", **named)
            prober.send("bo", "POST", "side-effects/", body, **named)
            prober.send("bo", "POST", claim, b'{"version": 1}', **named)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=40) | st.sampled_from(NASTY),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)


def test_any_json_in_any_part_of_any_body() -> None:
    prober = Prober()
    takers = [way for way in ways() if way[1] != "GET"]

    @given(data=st.data())
    @settings(max_examples=250, deadline=None, derandomize=True, database=None)
    def send(data: st.DataObject) -> None:
        name, method, template, who = data.draw(st.sampled_from(takers))
        body = prober.world.bodies.get(name, {})
        parts = st.sampled_from(sorted(body)) if body else st.just("x")
        mutated = {**body, **data.draw(st.dictionaries(parts, JSON, max_size=3))}
        prober.send(who, method, prober.path(template), json.dumps(mutated).encode())

    send()
