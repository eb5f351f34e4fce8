"""Tasks are worked on by whoever cares for the patient, and closed once."""

from datetime import timedelta

import pytest
from django.utils import timezone

from medmgmt.actions import worklist
from medmgmt.record.errors import NoSuchPatient, NotAllowed
from medmgmt.worklist import reads
from refills.errors import TaskClosed, TaskTaken
from refills.models import Task, TaskKind
from refills.worklist.tasks import open_task
from tests import factories

pytestmark = pytest.mark.django_db


def waiting(number: int = 1, **values: object) -> Task:
    usual: dict[str, object] = {
        "kind": TaskKind.OTHER,
        "key": f"t{number}",
        "patient_id": factories.carla().pk,
        "role": "psychiatrist",
        "due_at": timezone.now() + timedelta(hours=1),
        "title": "Something to do",
    }
    return open_task(**{**usual, **values})  # type: ignore[arg-type]


def test_a_task_is_claimed_by_one_and_closed_with_what_came_of_it() -> None:
    task = waiting()
    mine = worklist.claim(factories.adler(), task.pk, version=task.version)
    with pytest.raises(TaskTaken):
        worklist.claim(factories.brandt(), task.pk, version=task.version)
    closed = worklist.done(factories.adler(), task.pk, outcome="Dose lowered.", version=mine.version)
    assert (closed.state, closed.outcome, closed.closed_by) == ("done", "Dose lowered.", factories.adler())
    with pytest.raises(TaskClosed):
        worklist.cancel(factories.adler(), task.pk, why="late", version=closed.version)


def test_a_task_given_back_waits_for_anybody_again() -> None:
    task = waiting()
    worklist.claim(factories.adler(), task.pk, version=task.version)
    assert worklist.release(factories.adler(), task.pk).state == "open"


def test_strangers_patients_and_unknown_numbers_get_nothing() -> None:
    task = waiting()
    with pytest.raises(NoSuchPatient):
        worklist.claim(factories.dorn(), task.pk, version=1)
    with pytest.raises(NotAllowed):
        worklist.claim(factories.carla_user(), task.pk, version=1)
    with pytest.raises(NoSuchPatient):
        worklist.claim(factories.adler(), 10**9, version=1)
    assert list(reads.worklist(factories.dorn())) == []


def test_the_worklist_takes_the_same_number_of_queries_however_long_it_is(django_assert_num_queries: object) -> None:
    adler = factories.adler()
    waiting()
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert len(list(reads.worklist(adler))) == 1
    for number in range(2, 30):
        waiting(number)
    with django_assert_num_queries(2):  # type: ignore[operator]
        assert len([task.patient.family_name for task in reads.worklist(adler) if task.patient]) == 29
