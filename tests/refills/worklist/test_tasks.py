"""Tasks: opened once, claimed by one, closed once, raised when overdue, listed in one query."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from medmgmt.record.models import Patient
from refills.clock import database_now
from refills.errors import NoSuchTask, TaskClosed, TaskTaken
from refills.models import Task, TaskKind, TaskState
from refills.worklist import escalation, evidence, tasks
from tests import factories

NOON = datetime(2026, 11, 21, 17, tzinfo=UTC)


def a_task(key: str = "event|1", **values: Any) -> Task:
    values = {"kind": TaskKind.SIDE_EFFECT_REVIEW, "role": "nurse", "due_at": NOON, "title": "Review", **values}
    return tasks.open_task(key=key, **values)


@pytest.mark.django_db
def test_the_same_event_opens_one_task_however_often_it_is_told() -> None:
    first = a_task(title="Review")
    again = a_task(title="Told differently")
    assert (again.pk, again.title) == (first.pk, "Review")
    assert Task.objects.count() == 1


@pytest.mark.django_db
def test_a_closed_task_is_not_opened_again_by_the_same_event() -> None:
    task = tasks.done(a_task().pk, factories.bo().pk, "called")
    assert a_task().pk == task.pk
    assert a_task().state == TaskState.DONE


@pytest.mark.django_db
def test_a_task_is_claimed_done_and_then_closed_for_good() -> None:
    bo, task = factories.bo(), a_task()
    claimed = tasks.claim(task.pk, bo.pk, task.version)
    assert (claimed.state, claimed.claimed_by_id, claimed.version) == (TaskState.CLAIMED, bo.pk, 2)
    assert claimed.claimed_until is not None
    assert timedelta(hours=3) < claimed.claimed_until - database_now() <= tasks.CLAIM_LASTS
    closed = tasks.done(task.pk, bo.pk, "seen, harmless")
    assert (closed.state, closed.closed_by_id, closed.outcome) == (TaskState.DONE, bo.pk, "seen, harmless")
    with pytest.raises(TaskClosed):
        tasks.done(task.pk, bo.pk, "again")
    with pytest.raises(TaskClosed):
        tasks.claim(task.pk, bo.pk, closed.version)


@pytest.mark.django_db
def test_a_claimed_task_is_nobody_elses() -> None:
    bo, pia, task = factories.bo(), factories.pia(), a_task()
    claimed = tasks.claim(task.pk, bo.pk, task.version)
    with pytest.raises(TaskTaken):
        tasks.claim(task.pk, pia.pk, claimed.version)
    with pytest.raises(TaskTaken):
        tasks.done(task.pk, pia.pk, "mine")
    with pytest.raises(TaskTaken):
        tasks.release(task.pk, pia.pk)
    assert tasks.release(task.pk, bo.pk).state == TaskState.OPEN
    assert tasks.claim(task.pk, pia.pk, 3).claimed_by_id == pia.pk


@pytest.mark.django_db
def test_a_claim_with_an_old_version_is_refused() -> None:
    bo, task = factories.bo(), a_task()
    tasks.claim(task.pk, bo.pk, 1)
    tasks.release(task.pk, bo.pk)
    with pytest.raises(TaskTaken):
        tasks.claim(task.pk, bo.pk, 1)


@pytest.mark.django_db
def test_a_claim_left_lying_past_its_lease_may_be_taken_over() -> None:
    bo, pia, task = factories.bo(), factories.pia(), a_task()
    tasks.claim(task.pk, bo.pk, 1)
    Task.objects.filter(pk=task.pk).update(claimed_until=database_now() - timedelta(seconds=1))
    assert tasks.claim(task.pk, pia.pk, 2).claimed_by_id == pia.pk
    with pytest.raises(TaskTaken):
        tasks.done(task.pk, bo.pk, "too late")


@pytest.mark.django_db
def test_a_task_without_a_person_is_cancelled_by_its_event() -> None:
    a_task("event|1")
    assert tasks.cancel_by_key("event|1", "order stopped") == 1
    assert tasks.cancel_by_key("event|1", "order stopped") == 0
    assert tasks.cancel_by_key("event|2", "order stopped") == 0
    assert Task.objects.get().state == TaskState.CANCELLED


@pytest.mark.django_db
def test_nobody_can_cancel_a_task_that_somebody_holds_without_saying_who() -> None:
    task = a_task()
    tasks.claim(task.pk, factories.bo().pk, 1)
    with pytest.raises(TaskTaken):
        tasks.cancel(task.pk, None, "not needed")


@pytest.mark.django_db
def test_a_task_that_does_not_exist_is_said_not_to_exist() -> None:
    for act in (lambda: tasks.get(77), lambda: tasks.claim(77, 1, 1), lambda: tasks.done(77, 1, "")):
        with pytest.raises(NoSuchTask):
            act()


@pytest.mark.django_db
def test_an_overdue_task_is_raised_once_an_interval_and_three_times_at_most() -> None:
    task, in_time = a_task("late", priority=3), a_task("in time", due_at=NOON + timedelta(days=30))
    moment = NOON + timedelta(minutes=1)
    assert escalation.escalate(moment) == 1
    assert escalation.escalate(moment) == 0
    for step in range(1, 6):
        escalation.escalate(moment + step * timedelta(hours=100))
    task.refresh_from_db()
    in_time.refresh_from_db()
    assert (task.escalation_level, task.priority, task.version) == (3, 1, 1)
    assert (in_time.escalation_level, in_time.escalated_at) == (0, None)


@pytest.mark.django_db
def test_a_closed_task_is_not_raised() -> None:
    tasks.done(a_task().pk, factories.bo().pk, "seen")
    assert escalation.escalate(NOON + timedelta(days=1)) == 0


def nobodys(key: str) -> Task:
    """A task of the kind that must never exist."""
    return a_task(key, role="")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"role": ""}, "a_task_has_an_assignee_or_a_role"),
        ({"priority": 5}, "a_task_priority_is_1_to_4"),
        ({"priority": 0}, "a_task_priority_is_1_to_4"),
        ({"kind": "anything"}, "a_task_kind_is_known"),
    ],
)
def test_nonsense_is_refused_by_the_database(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(IntegrityError, match=sentence), transaction.atomic():
        a_task(**values)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"state": "claimed"}, "only_a_claimed_task_has_a_claimer_and_a_lease"),
        ({"claimed_until": NOON}, "only_a_claimed_task_has_a_claimer_and_a_lease"),
        ({"state": "cancelled"}, "a_closed_task_and_only_it_has_a_closing_time"),
        ({"closed_at": NOON}, "a_closed_task_and_only_it_has_a_closing_time"),
        ({"state": "done", "closed_at": NOON}, "a_done_task_says_who_did_it"),
        ({"escalation_level": 1}, "an_escalated_task_says_when"),
        ({"escalation_level": 4, "escalated_at": NOON}, "a_task_escalates_at_most_three_times"),
        ({"version": 0}, "a_task_version_counts_from_one"),
    ],
)
def test_a_task_cannot_be_brought_into_a_state_that_makes_no_sense(columns: dict[str, Any], sentence: str) -> None:
    task = a_task()
    with pytest.raises(IntegrityError, match=sentence), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(**columns)


@pytest.mark.django_db
def test_a_persons_list_has_what_is_theirs_most_urgent_first_then_earliest() -> None:
    bo, adler, carla = factories.bo(), factories.adler(), factories.carla()
    a_task("c", patient_id=carla.pk, priority=2, due_at=NOON + timedelta(hours=1))
    a_task("b", patient_id=carla.pk, priority=2)
    a_task("d", priority=4)
    a_task("a", patient_id=carla.pk, priority=1, role="", assignee_id=bo.pk, due_at=NOON + timedelta(days=3))
    a_task("not hers: another role", patient_id=carla.pk, role="pharmacist")
    a_task("not hers: a colleague's", patient_id=carla.pk, assignee_id=adler.pk)
    a_task("not hers: a stranger", patient_id=factories.stranger().pk)
    tasks.done(a_task("done", patient_id=carla.pk).pk, bo.pk, "seen")
    hers = tasks.for_person(bo.pk, "nurse", Patient.objects.filter(pk=carla.pk).values("pk"))
    assert [task.key for task in hers] == ["a", "b", "c", "d"]


@pytest.mark.django_db
def test_a_colleagues_task_is_shown_to_the_whole_role_once_it_is_overdue() -> None:
    bo, carla = factories.bo(), factories.carla()
    other = factories.member("nina", factories.Role.NURSE, factories.team())
    a_task("a", patient_id=carla.pk, assignee_id=other.pk, role="nurse")
    assert not tasks.for_person(bo.pk, "nurse", [carla.pk])
    escalation.escalate(NOON + timedelta(hours=1))
    assert [task.key for task in tasks.for_person(bo.pk, "nurse", [carla.pk])] == ["a"]


@pytest.mark.django_db
@pytest.mark.parametrize("size", [1, 40])
def test_the_list_with_its_patients_is_one_query_whatever_its_size(size: int) -> None:
    bo, carla = factories.bo(), factories.carla()
    for number in range(size):
        a_task(f"event|{number}", patient_id=carla.pk)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        shown = [
            (task.title, task.patient.mrn if task.patient else "")
            for task in tasks.for_person(bo.pk, "nurse", Patient.objects.values("pk"))
        ]
    assert len(shown) == size
    assert len(queries) == 1


def level(of: Patient, at: datetime) -> int:
    """A lithium level of this time; how many tasks it closes."""
    return tasks.close_with(
        patient_id=of.pk, closes_on="observation:lithium", evidence=("observation", 1), by_id=factories.bo().pk, at=at
    )


@pytest.mark.django_db
def test_evidence_closes_the_tasks_of_its_own_patient_that_were_opened_by_its_time() -> None:
    carla, other = factories.carla(), factories.stranger()
    theirs = a_task("theirs", patient_id=other.pk, closes_on="observation:lithium")
    mine = a_task("mine", patient_id=carla.pk, closes_on="observation:lithium")
    assert level(carla, mine.created_at - timedelta(microseconds=1)) == 0
    assert level(carla, mine.created_at) == 1
    theirs.refresh_from_db()
    assert theirs.state == TaskState.OPEN


@pytest.mark.django_db
def test_what_waits_for_evidence_is_not_closed_by_work_done_elsewhere() -> None:
    bo, carla = factories.bo(), factories.carla()
    for key, closes_on in (("words", ""), ("level", "observation:lithium")):
        a_task(key, kind=TaskKind.MONITORING_DUE, patient_id=carla.pk, closes_on=closes_on, source=("plan", 1))
    told = {"by_id": bo.pk, "outcome": "seen"}
    assert evidence.done(patient_id=carla.pk, kind=TaskKind.MONITORING_DUE, evidence=("visit", 1), **told) == 1
    assert tasks.settle(source=("plan", 1), kinds=[TaskKind.MONITORING_DUE], **told) == 0
    assert Task.objects.get(closed_at=None).key == "level"


@pytest.mark.django_db
def test_a_task_opened_again_is_never_due_before_anybody_can_do_it() -> None:
    carla = factories.carla()
    task = a_task("level", patient_id=carla.pk, closes_on="observation:lithium")
    assert level(carla, task.created_at) == 1
    [closed] = evidence.closed_with(patient_id=carla.pk, evidence=("observation", 1))
    tomorrow = NOON + timedelta(days=1)
    [again] = evidence.open_again([closed], earliest_due=tomorrow)
    assert (again.due_at, again.escalate_at, again.state) == (tomorrow, tomorrow, TaskState.OPEN)


@pytest.mark.django_db
def test_who_stands_in_has_the_task_in_their_list() -> None:
    nina, task = factories.member("nina", factories.Role.NURSE, factories.team()), a_task(role="psychiatrist")
    assert not tasks.for_person(nina.pk, "nurse", [])
    Task.objects.filter(pk=task.pk).update(stand_in_id=nina.pk, waits="assignee_away")
    assert list(tasks.for_person(nina.pk, "nurse", [])) == [task]


@pytest.mark.django_db
def test_a_task_raised_for_the_last_time_is_not_due_to_be_raised_again() -> None:
    task = a_task("late")
    for step in range(3):
        escalation.escalate(NOON + timedelta(days=30 * step))
    task.refresh_from_db()
    assert (task.escalation_level, task.escalate_at) == (3, None)


@pytest.mark.django_db
def test_a_task_is_raised_in_the_moment_in_which_it_is_late() -> None:
    a_task("late")
    assert escalation.escalate(NOON - timedelta(seconds=1)) == 0
    assert escalation.escalate(NOON) == 1
