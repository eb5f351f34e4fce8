"""The worklist over the API: handed on, put off, written under, several at once; absences; what is late."""

from datetime import timedelta

import pytest
from django.utils import timezone

from refills.models import Absence, NoDigest, Task, TaskKind
from refills.worklist.tasks import open_task
from tests import factories
from tests.faces.api.client import Api, done, fields, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def task(db: None) -> Task:
    """A task for Carla's nurses."""
    return waiting(1)


def waiting(number: int, **values: object) -> Task:
    usual = {"kind": TaskKind.OTHER, "key": f"t{number}", "role": "nurse", "patient_id": factories.carla().pk}
    return open_task(**{**usual, "title": "Look", **values})  # type: ignore[arg-type]


def test_a_task_is_handed_on_and_refusals_are_problems(task: Task, bo: Api, dorn: Api) -> None:
    factories.adler()
    path = f"tasks/{task.pk}/reassign/"
    problem(bo.post(path, {"to_role": "pharmacist"}), 428, "version-required")
    problem(bo.post(path, {"version": 1}), 422, "refused")
    problem(bo.post(path, {"version": 1, "to_user": factories.dorn().pk}), 422, "refused")
    problem(dorn.post(path, {"version": 1, "to_role": "nurse"}), 404, "not-found")
    assert fields(bo.post(path, {"version": 1, "to_role": "patient"})) == {"to_role"}
    given = done(bo.post(path, {"version": 1, "to_user": factories.adler().pk, "why": "Needs a prescriber."}))
    assert (given["assignee"], given["role"], given["version"]) == (factories.adler().pk, "psychiatrist", 2)
    problem(bo.post(path, {"version": 1, "to_role": "nurse"}), 409, "task-taken")
    thread = done(bo.get(f"tasks/{task.pk}/comments/"))["comments"]
    assert [(one["author"], one["text"]) for one in thread] == [(factories.bo().pk, "Needs a prescriber.")]


def test_a_task_is_put_off_as_far_as_it_may(task: Task, bo: Api) -> None:
    path, now = f"tasks/{task.pk}/postpone/", timezone.now()
    far = {"version": 1, "why": "x", "until": (now + timedelta(days=90)).isoformat()}
    problem(bo.post(path, far), 422, "put-off-too-far")
    assert fields(bo.post(path, {"version": 1, "until": "tomorrow"})) == {"until", "why"}
    later = (now + timedelta(hours=30)).replace(microsecond=0)
    put_off = done(bo.post(path, {"version": 1, "why": "She travels.", "until": later.isoformat()}))
    assert put_off["due_at"] == put_off["escalate_at"] == later.strftime("%Y-%m-%dT%H:%M:%SZ")


def test_a_comment_is_written_and_kept(task: Task, bo: Api, dorn: Api, admin: Api) -> None:
    path = f"tasks/{task.pk}/comments/"
    assert done(bo.post(path, {"text": "Called."}), 201)["text"] == "Called."
    assert fields(bo.post(path, {"text": ""})) == {"text"}
    problem(dorn.get(path), 404, "not-found")
    problem(admin.post(path, {"text": "Hello"}), 403, "not-allowed")


def test_a_task_that_waits_for_a_lab_says_what_closes_it(bo: Api) -> None:
    task = waiting(2, closes_on="observation:weight")
    refused = problem(bo.post(f"tasks/{task.pk}/done/", {"version": 1, "outcome": "Fine."}), 409, "closes-on-evidence")
    assert refused["waits_for"] == "observation:weight"
    kept = done(bo.post(f"tasks/{task.pk}/cancel/", {"version": 1, "why": "She refuses."}))
    assert kept["outcome_code"] == "not_kept"


def test_several_are_judged_one_by_one_and_each_refusal_is_a_problem(task: Task, bo: Api) -> None:
    other, foreign = waiting(2), waiting(3, patient_id=factories.stranger().pk)
    seen = [{"id": task.pk, "version": 1}, {"id": other.pk, "version": 7}, {"id": foreign.pk, "version": 1}]
    told = done(bo.post("tasks/batch/", {"act": "done", "code": "reached", "tasks": seen}))["results"]
    assert [one["done"] for one in told] == [True, False, False]
    assert told[0]["task"]["outcome_code"] == "reached"
    assert [one["problem"]["type"] for one in told[1:]] == ["/problems/task-taken", "/problems/not-found"]
    for body, wrong in (
        ({"act": "done", "tasks": seen}, "outcome"),
        ({"act": "reassign", "tasks": seen}, "to_user"),
        ({"act": "postpone", "tasks": seen}, "until"),
        ({"act": "eat", "tasks": seen}, "act"),
        ({"act": "claim", "tasks": []}, "tasks"),
    ):
        assert any(name.startswith(wrong) for name in fields(bo.post("tasks/batch/", body))), body


def test_the_list_is_narrowed_and_counted(task: Task, bo: Api) -> None:
    waiting(2, role="psychiatrist", due_at=timezone.now() - timedelta(hours=1))
    assert done(bo.get("tasks/counts/")) == {"open": 1, "mine": 0, "late": 0}
    assert done(bo.get("tasks/?whose=team"))["count"] == 2
    assert done(bo.get("tasks/?whose=team&late=true"))["count"] == 1
    assert done(bo.get("tasks/?level=outpatient"))["count"] == 0
    assert fields(bo.get("tasks/?whose=everybody")) == {"whose"}


def test_absences_are_told_listed_and_withdrawn(bo: Api, adler: Api, admin: Api) -> None:
    me, now = factories.bo().pk, timezone.now()
    body = {"user": me, "since": now.isoformat(), "until": (now + timedelta(days=2)).isoformat()}
    made = done(bo.post("absences/", body), 201)
    assert (made["user"], made["cover"]) == (me, None)
    problem(adler.post("absences/", body), 403, "not-allowed")
    problem(bo.post("absences/", {**body, "until": body["since"]}), 422, "refused")
    assert done(adler.get("absences/"))["count"] == 1
    problem(adler.post(f"absences/{made['id']}/withdraw/"), 403, "not-allowed")
    problem(admin.post("absences/987654/withdraw/"), 404, "not-found")
    assert done(admin.post(f"absences/{made['id']}/withdraw/"))["withdrawn_at"]
    assert Absence.objects.get().withdrawn_by == factories.admin()
    assert done(bo.post("tasks/notice/", {"wanted": False})) == {"wanted": False}
    assert NoDigest.objects.get().user_id == me


def test_an_administrator_reads_what_is_late_without_any_patient(task: Task, bo: Api, admin: Api, carla: Api) -> None:
    Task.objects.update(due_at=timezone.now() - timedelta(days=2), waits="nobody", detail="Her lithium.")
    seen = done(admin.get("tasks/late/"))
    assert (seen["late"], seen["unreached"], len(seen["raised"])) == (1, 1, 1)
    assert set(seen["raised"][0]) == {"id", "kind", "role", "due_at", "escalation_level", "waits"}
    assert "lithium" not in str(seen)
    assert done(bo.get("tasks/late/"))["raised"] == []
    problem(carla.get("tasks/late/"), 403, "not-allowed")
