"""Two people at one task in the same moment, on threads: one of them has it, and the other is told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from medmgmt.actions import worklist
from medmgmt.worklist import duty
from refills.errors import TaskClosed, TaskTaken
from refills.models import Task, TaskKind
from refills.worklist import escalation
from refills.worklist.tasks import open_task
from tests import factories
from tests.refills.messages.test_at_once import at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
NOON = datetime(2026, 11, 18, 17, tzinfo=UTC)


def waiting(number: int) -> Task:
    return open_task(
        kind=TaskKind.OTHER, key=f"t{number}", role="nurse", patient_id=factories.carla().pk, title="Look", due_at=NOON
    )


def refused(results: list[object]) -> list[object]:
    return [one for one in results if isinstance(one, TaskTaken | TaskClosed)]


def test_of_one_who_takes_several_and_one_who_takes_one_of_them_each_task_has_one_holder() -> None:
    bo, other = factories.bo(), factories.member("nina", factories.Role.NURSE, factories.team())
    for turn in range(5):
        tasks = [waiting(turn * 10 + number) for number in range(5)]
        seen = [worklist.Seen(task.pk, 1) for task in tasks]
        several, single = at_once(
            lambda seen=seen: worklist.each(bo, seen, lambda pk, version: worklist.claim(bo, pk, version=version)),
            lambda tasks=tasks: worklist.claim(other, tasks[2].pk, version=1),
        )
        assert isinstance(several, list)
        told = {one.task_id: one.error for one in several}
        assert [told[task.pk] for task in tasks if task is not tasks[2]] == [None] * 4
        assert (told[tasks[2].pk] is None) == isinstance(single, TaskTaken)
        holders = Task.objects.filter(pk__in=[task.pk for task in tasks]).values_list("claimed_by", flat=True)
        assert sorted(holders) == sorted([bo.pk] * 4 + [bo.pk if isinstance(single, TaskTaken) else other.pk])


def test_of_one_who_hands_a_task_on_and_one_who_closes_it_one_is_told_that_it_changed() -> None:
    bo, other = factories.bo(), factories.member("nina", factories.Role.NURSE, factories.team())
    for turn in range(8):
        task = waiting(turn)
        acts: list[Callable[[], object]] = [
            lambda task=task: worklist.reassign(bo, task.pk, version=1, to_role="pharmacist"),
            lambda task=task: worklist.done(other, task.pk, version=1, code="resolved"),
        ]
        results = at_once(*acts)
        assert len(refused(results)) == 1, results
        task.refresh_from_db()
        assert (task.state, task.role) in {("open", "pharmacist"), ("done", "nurse")}
        assert task.version == 2


def test_two_clocks_that_raise_and_route_at_once_do_each_task_once_and_undo_nobodys_hand() -> None:
    bo = factories.bo()
    gone = factories.member("nina", factories.Role.NURSE, factories.team())
    tasks = [waiting(number) for number in range(20)]
    Task.objects.update(assignee=gone)
    gone.is_active = False
    gone.save()
    at_once(
        *[lambda: escalation.escalate(NOON + timedelta(minutes=1))] * 3,
        *[duty.keep_worklist] * 3,
        lambda: worklist.reassign(bo, tasks[7].pk, version=1, to_user_id=bo.pk),
    )
    duty.keep_worklist()
    levels = Task.objects.values_list("escalation_level", flat=True)
    assert set(levels) == {1}
    handed = Task.objects.get(pk=tasks[7].pk)
    assert (handed.assignee, handed.waits, handed.stand_in_role) == (bo, "", "")
    others = Task.objects.exclude(pk=handed.pk)
    assert set(others.values_list("waits", "stand_in_role")) == {("assignee_left", "nurse")}
