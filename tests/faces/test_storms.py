"""Every field of every page and of the API is given its extremes: nothing breaks, now or on a later page."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import Resolver404, resolve

from tests.faces import extremes
from tests.faces import world as worlds
from tests.faces.api import declared
from tests.faces.matrix import QUERIES
from tests.faces.test_matrix import PEOPLE, expected, path_of, rows, sessions

pytestmark = pytest.mark.django_db
NAMES = {"kind": "new_dose", "act": "activate", "name": "refused", "decision": "approve"}
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def _unthrottled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rest_framework.throttling.SimpleRateThrottle.THROTTLE_RATES", {"user": None})


class Storm:
    """Sends extremes as people of the cast, and looks at the patient's pages before undoing what was accepted."""

    def __init__(self) -> None:
        self.world = worlds.build()
        self.keys = sessions(self.world)
        self.client = Client(raise_request_exception=False)
        self.seen, self.broken = Counter[int](), list[tuple[Any, ...]]()

    def send(self, who: str, method: str, path: str, content: bytes = b"", kind: str = "application/json") -> Any:
        """One answer, whatever it is; a crash is noted."""
        self.client.cookies.clear()
        if key := self.keys.get(who):
            self.client.cookies[settings.SESSION_COOKIE_NAME] = key
        answer = self.client.generic(method, path, content, kind)
        if method != "GET":
            self.seen[answer.status_code] += 1
        if answer.status_code >= 500 and answer.status_code != 503:
            self.broken.append((who, method, path, content[:200], answer.status_code))
            print(*self.broken[-1])
        return answer

    def field(self, attempts: list[Callable[[], Any]]) -> None:
        """All that one field is made to be; where some of it was kept, the patient's pages still answer."""
        with transaction.atomic():
            kept = [answer for answer in (attempt() for attempt in attempts) if answer.status_code < 400]
            before = len(self.broken)
            if kept:
                self.look_around()
            if len(self.broken) > before:
                self.broken.append(("after", kept[-1].wsgi_request.path))
            transaction.set_rollback(True)

    def look_around(self) -> None:
        """Chart, supply, renewal, worklist, review and signatures of the patient."""
        ids = self.world.ids
        drug, patient = f"/prescriptions/{ids['prescription_id']}", f"/patients/{ids['patient_id']}"
        for path in (patient, f"{drug}/supply", f"{drug}/renewal", "/tasks", f"/changes/{ids['change_id']}"):
            self.send("adler", "GET", f"{path}/")
        self.send("adler", "POST", f"/changes/{ids['change_id']}/sign/", b"", FORM)
        self.send("adler", "POST", f"/api/proposals/{ids['risky']}/sign")


def operations(world: worlds.World) -> Iterator[tuple[str, str, str, str]]:
    """Each operation of the API: name, method, address, and somebody who gets through."""
    for row, letters in expected().items():
        name, method = row.split()
        if name.startswith("api:") and "y" in letters:
            path = path_of(rows()[row][0], {**world.ids, **NAMES})
            if declared.operation(method, path):
                yield name.removeprefix("api:"), method, path, PEOPLE[letters.index("y")]


def test_no_extreme_in_any_field_of_the_api_breaks_anything_now_or_later() -> None:
    storm = Storm()
    for name, method, path, who in operations(storm.world):
        body = storm.world.bodies.get(name, {})
        for one in extremes.of_body(method, path) if method != "GET" else []:
            bodies = [json.dumps(extremes.put(body, one.path, value)).encode() for value in one.values]
            storm.field([partial(storm.send, who, method, path, sent) for sent in bodies])
        for one in extremes.of_query(method, path):
            queries = [urlencode({one.path[0]: value}, errors="surrogatepass") for value in one.values]
            for query in queries:
                storm.send(who, method, f"{path}?{query}")
    assert not storm.broken, "\n".join(map(str, storm.broken[:40]))
    assert storm.seen[400] > 400
    assert storm.seen[200] + storm.seen[201] > 50


def pages(storm: Storm) -> Iterator[tuple[str, extremes.Form]]:
    """Each form of each page, once for each address it is sent to: who may see it, and the form."""
    known = set()
    for row, letters in expected().items():
        name, method = row.split()
        if method != "GET" or not name.startswith("web:"):
            continue
        path = path_of(rows()[row][0], {**storm.world.ids, **NAMES}) + QUERIES.get(row, "")
        for who in (PEOPLE[place] for place, letter in enumerate(letters) if letter == "y"):
            answer = storm.send(who, "GET", path)
            for form in [] if answer.streaming else extremes.forms_on(path, answer.content.decode()):
                mark = (called(form.action), frozenset(form.kinds))
                if mark not in known:
                    known.add(mark)
                    yield who, form


def called(action: str) -> str:
    """The name of the address that a form is sent to."""
    try:
        return str(resolve(urlsplit(action).path).view_name)
    except Resolver404:
        return action


def test_no_extreme_in_any_field_of_any_form_breaks_anything_now_or_later() -> None:
    storm = Storm()
    forms = [(who, form) for who, form in pages(storm) if not form.action.startswith(("/sign-", "/admin"))]
    assert {called(form.action).removeprefix("web:") for _, form in forms} >= {"new_dispense", "count", "start"}
    for who, form in forms:
        good = {**form.filled, **storm.world.forms.get(called(form.action).removeprefix("web:"), {})}
        for one in form.fields():
            typed = [{**good, one.path[0]: value} for value in one.values]
            bodies = [urlencode(each, doseq=True, errors="surrogatepass").encode() for each in typed]
            storm.field([partial(storm.send, who, "POST", form.action, sent, FORM) for sent in bodies])
    assert not storm.broken, "\n".join(map(str, storm.broken[:40]))
    assert storm.seen[422] > 100
    assert storm.seen[302] > 30
