"""Tasks over the API: of two people one gets it, and whoever saw an old version is told."""

import pytest

from refills.models import Task
from tests import factories
from tests.faces.api.client import Api, done, fields, problem
from tests.faces.api.test_lists import NOON

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(db: None) -> Task:
    """A task for Carla's nurses."""
    return Task.objects.create(
        kind="other", key="t", patient=factories.carla(), role="nurse", due_at=NOON, title="Look", detail="Her tremor."
    )


def test_of_two_people_one_gets_the_task(task: Task, bo: Api, adler: Api) -> None:
    seen = bo.get(f"tasks/{task.pk}/")
    assert (done(seen)["detail"], seen.headers["ETag"]) == ("Her tremor.", '"1"')
    claimed = bo.post(f"tasks/{task.pk}/claim/", If_Match=seen.headers["ETag"])
    assert done(claimed)["state"] == "claimed"
    problem(adler.post(f"tasks/{task.pk}/claim/", {"version": 1}), 409, "task-taken")
    problem(adler.post(f"tasks/{task.pk}/claim/", If_Match='"1"'), 412, "precondition-failed")
    problem(adler.post(f"tasks/{task.pk}/claim/"), 428, "version-required")
    problem(adler.post(f"tasks/{task.pk}/release/"), 409, "task-taken")
    assert done(bo.post(f"tasks/{task.pk}/release/"))["state"] == "open"
    cancelled = done(adler.post(f"tasks/{task.pk}/cancel/", {"why": "Not needed.", "version": 3}))
    assert (cancelled["state"], cancelled["outcome"]) == ("cancelled", "Not needed.")


def test_a_task_is_closed_with_what_came_of_it(task: Task, bo: Api) -> None:
    assert fields(bo.post(f"tasks/{task.pk}/done/", {"version": 1})) == {"outcome"}
    assert fields(bo.post(f"tasks/{task.pk}/done/", {"version": "x", "outcome": ""})) == {"outcome", "version"}
    closed = done(bo.post(f"tasks/{task.pk}/done/", {"version": 1, "outcome": "Called her."}, Idempotency_Key="k"))
    again = bo.post(f"tasks/{task.pk}/done/", {"version": 1, "outcome": "Called her."}, Idempotency_Key="k")
    assert done(again) == closed
    assert again.headers["ETag"] == '"2"'


def test_strangers_and_unknown_numbers_sound_the_same(task: Task, dorn: Api, carla: Api) -> None:
    for path in (f"tasks/{task.pk}/", "tasks/987654/"):
        problem(dorn.get(path), 404, "not-found")
    problem(dorn.post(f"tasks/{task.pk}/claim/", {"version": 1}), 404, "not-found")
    problem(dorn.post("tasks/987654/claim/", {"version": 1}), 404, "not-found")
    problem(carla.get(f"tasks/{task.pk}/"), 403, "not-allowed")
