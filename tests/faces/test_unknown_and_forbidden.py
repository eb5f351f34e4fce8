"""What does not exist and what is not yours answer the same: status, words, and about as many questions asked."""

import json
import re
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.conf import settings
from django.db import connection, reset_queries, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from medmgmt.record.models import CareTeamMember, Role, User
from refills.models import Task
from tests import factories
from tests.faces import world as worlds
from tests.faces.matrix import QUERIES
from tests.faces.test_matrix import ONE, PEOPLE, expected, path_of, rows, sessions

pytestmark = pytest.mark.django_db
NOBODYS = 987_654_321
"""A number that nothing has."""
APART = 2
"""So many questions more or less tell nobody what is there: a read that is not needed for what is not there."""
SHARED = {"release_id", "local_change_id", "drug_id"}
"""What everybody who works here may know to exist."""
STRANGERS = ("admin", "dorn", "pat", "olga", "nell")
"""Who does not see Carla's chart, by role or by team; her own people are told what they may not do."""
KNOWN_TO = {"absence_id": {"admin", "dorn", "nell"}, "staff_change_id": {"admin"}}
"""Who may know of everything of a kind, and is told why not."""
CHANGING = re.compile(r'name="(?:csrfmiddlewaretoken|once|whose)" value="[^"]*"|"X-CSRFToken": "[^"]*"')


def asked(name: str, method: str, path: str, session: str, world: worlds.World) -> tuple[int, str, int]:
    """Status, words and number of questions of one answer; all is undone."""
    ONE.cookies.clear()
    ONE.cookies[settings.SESSION_COOKIE_NAME] = session
    reset_queries()  # Django keeps nine thousand, and counts none beyond them
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        if method == "GET":
            response = ONE.get(path)
        elif name.startswith("api:"):
            body = json.dumps(world.bodies.get(name.removeprefix("api:"), {}))
            response = ONE.generic(method, path, body, "application/json")
        else:
            form = urlencode(world.forms.get(name.removeprefix("web:"), {}))
            response = ONE.generic(method, path, form, "application/x-www-form-urlencoded")
        content = b"".join(response) if response.streaming else response.content  # type: ignore[attr-defined]
        transaction.set_rollback(True)
    words = CHANGING.sub("", content.decode()) + str(response.headers.get("Location", ""))
    return response.status_code, words, len(queries)


def nurse_elsewhere() -> User:
    """A nurse of Dr Dorn's team."""
    return factories.member("nell", Role.NURSE, factories.team("Elsewhere"))


def told_apart(row: str, template: str, method: str, keys: dict[str, str], world: worlds.World) -> dict[str, str]:
    """By person how the two answers differ, for those to whom the thing is not there or not allowed."""
    name = row.split()[0]
    rest = {**world.ids, "kind": "stop", "act": "activate", "name": "refused", "decision": "approve"}
    ids = set(re.findall(r"<(?:\w+:)?(\w+_id)>", template)) - SHARED
    letters = dict(zip(PEOPLE, expected()[row], strict=True)) | {"nell": "x"}
    found = {}
    for who, letter in letters.items():
        if not ids or who not in STRANGERS or letter not in "xn" or any(who in KNOWN_TO.get(one, ()) for one in ids):
            continue
        answers = []
        for numbers in (rest, {**rest, **dict.fromkeys(ids, NOBODYS)}):
            path = path_of(template, numbers)
            status, words, number = asked(name, method, path + QUERIES.get(row, ""), keys[who], world)
            answers.append((status, words.replace(path.rstrip("/"), "HERE"), number))
        (status, words, many), (other_status, other_words, few) = answers
        if status != other_status:
            found[who] = f"{status} and {other_status}"
        elif status >= 400 and words != other_words:
            found[who] = f"{status}: {first_difference(words, other_words)}"
        elif status >= 400 and abs(many - few) > APART:
            found[who] = f"{status}: {many} and {few} questions"
    return found


def first_difference(one: str, other: str) -> str:
    place = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    return f"{one[max(0, place - 40) : place + 60]!r} and {other[max(0, place - 40) : place + 60]!r}"


def test_no_address_tells_what_is_not_yours_from_what_is_not_there() -> None:
    world = worlds.build()
    world.people["nell"] = nurse_elsewhere()
    keys = sessions(world)
    apart = {}
    with time_machine.travel(timezone.now(), tick=False):
        for row, (template, method) in rows().items():
            differing = told_apart(row, template, method, keys, world)
            if differing:
                apart[row] = differing
    assert not apart, "\n".join(f"{row:36} {who:6} {how}" for row, by in apart.items() for who, how in by.items())


@pytest.fixture
def unowned() -> Task:
    """A task of the pharmacists that is about no patient."""
    return Task.objects.create(
        kind="other", key="site", patient=None, role=Role.PHARMACIST, due_at=timezone.now(), title="Look at the site"
    )


ACTS: dict[str, dict[str, Any]] = {
    "claim": {"version": 1},
    "release": {},
    "done": {"version": 1, "outcome": "ok"},
    "cancel": {"version": 1, "why": "ok"},
    "reassign": {"version": 1, "to_role": "nurse"},
    "postpone": {"version": 1, "until": "2099-01-01T00:00:00Z", "why": "ok"},
    "comments": {"text": "ok"},
}


@pytest.mark.parametrize("act", ACTS)
def test_who_may_not_read_a_task_without_a_patient_does_nothing_with_it(unowned: Task, act: str) -> None:
    client = Client()
    client.force_login(nurse_elsewhere(), backend="django.contrib.auth.backends.ModelBackend")
    before = Task.objects.values().get(pk=unowned.pk)
    assert client.get(f"/api/tasks/{unowned.pk}/").status_code == 404
    answers = [
        client.post(f"/api/tasks/{number}/{act}/", json.dumps(ACTS[act]), content_type="application/json")
        for number in (unowned.pk, NOBODYS)
    ]
    mine, other = ({**answer.json(), "instance": ""} for answer in answers)
    assert (answers[0].status_code, mine) == (404, other)
    batch = {"act": "claim", "tasks": [{"id": unowned.pk, "version": 1}]}
    told = client.post("/api/tasks/batch/", json.dumps(batch), content_type="application/json").json()
    assert told["results"][0]["problem"]["status"] == 404
    assert Task.objects.values().get(pk=unowned.pk) == before
    assert not unowned.comments.exists()


@pytest.mark.parametrize("act", ["claim", "done", "cancel", "comments"])
def test_whom_a_task_without_a_patient_waits_for_reads_it_and_works_on_it(unowned: Task, act: str) -> None:
    client = Client()
    client.force_login(factories.pia(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/api/tasks/{unowned.pk}/").status_code == 200
    answer = client.post(f"/api/tasks/{unowned.pk}/{act}/", json.dumps(ACTS[act]), content_type="application/json")
    assert answer.status_code in (200, 201), answer.content


def test_a_task_that_was_handed_to_somebody_stays_theirs_when_they_change_teams(unowned: Task) -> None:
    nell = nurse_elsewhere()
    Task.objects.filter(pk=unowned.pk).update(assignee=nell)
    CareTeamMember.objects.filter(user=nell).update(until=timezone.now())
    client = Client()
    client.force_login(nell, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(f"/api/tasks/{unowned.pk}/").status_code == 200
    said = json.dumps(ACTS["done"])
    assert client.post(f"/api/tasks/{unowned.pk}/done/", said, content_type="application/json").status_code == 200
