"""Taking up and closing the tasks that wait for a person."""

from collections.abc import Callable

from django.db import transaction

from medmgmt.record import access, audit
from medmgmt.record.models import User
from refills import worklist
from refills.models import Task


@transaction.atomic
def claim(by: User, task_id: int, *, version: int) -> Task:
    """Takes a task for a while; TaskTaken if somebody was faster or `version` is old."""
    return worked_on(by, task_id, "claim_task", lambda: worklist.claim(task_id, by.pk, version))


@transaction.atomic
def release(by: User, task_id: int) -> Task:
    """Gives a claimed task back."""
    return worked_on(by, task_id, "release_task", lambda: worklist.release(task_id, by.pk))


@transaction.atomic
def done(by: User, task_id: int, *, outcome: str, version: int) -> Task:
    """Closes a task with what came of it."""
    return worked_on(by, task_id, "close_task", lambda: worklist.done(task_id, by.pk, outcome, version))


@transaction.atomic
def cancel(by: User, task_id: int, *, why: str, version: int) -> Task:
    """Closes a task that is no longer needed, and says why."""
    return worked_on(by, task_id, "cancel_task", lambda: worklist.cancel(task_id, by.pk, why, version))


def worked_on(by: User, task_id: int, act: str, work: Callable[[], Task]) -> Task:
    """Lets the person work on the task if its patient is in their care, and tells the audit."""
    found = worklist.get(task_id)
    if found.patient_id is None:
        access.require(by, "work_tasks")
    else:
        access.patient_for(by, "work_tasks", found.patient_id, lock=True)
    task = work()
    audit.record(by, act, patient_id=task.patient_id, obj=("task", task.pk), detail={"state": task.state})
    return task
