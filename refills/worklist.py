"""Tasks for people: opened once, claimed by one, closed once, raised when overdue."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Greatest, Now

from refills.clock import database_now
from refills.errors import ClosesOnEvidence, NoSuchTask, TaskClosed, TaskTaken
from refills.models import HIGHEST_LEVEL, LIVE, MOST_URGENT, Task, TaskState

CLAIM_LASTS = timedelta(hours=4)
ESCALATE_EVERY = timedelta(hours=4)


def open_task(
    *,
    kind: str,
    key: str,
    role: str = "",
    assignee_id: int | None = None,
    patient_id: int | None = None,
    priority: int = 3,
    due_at: datetime,
    source: tuple[str, object] = ("", ""),
    title: str,
    detail: str = "",
    closes_on: str = "",
    stop_tier: int = 0,
) -> Task:
    """The task of this key: a new one, or the one that was opened for it before, as it stands (it may be closed).

    Safe to call again and at once from many places. The title carries no health data; the detail may. With
    `closes_on` ("observation:<code>", "scale:<code>", "visit") only that evidence makes it done: see `close_with`.
    `stop_tier` tells how soon harm comes when the drug it is about stops (1 first, 3 last; 0 without a drug).
    """
    task, _ = Task.objects.get_or_create(
        key=key,
        defaults={
            "kind": kind,
            "role": role,
            "assignee_id": assignee_id,
            "patient_id": patient_id,
            "priority": priority,
            "due_at": due_at,
            "source_type": source[0],
            "source_id": str(source[1]),
            "title": str(title),
            "detail": str(detail),
            "closes_on": closes_on,
            "stop_tier": stop_tier,
            "rank": priority * 10,
            "escalate_at": due_at,
        },
    )
    return task


def open_tasks(tasks: Sequence[Task]) -> int:
    """Many at once: each whose key is new is opened, the others stay as they stand; how many are new. Two queries."""
    known = set(Task.objects.filter(key__in=[task.key for task in tasks]).values_list("key", flat=True))
    fresh = [task for task in tasks if task.key not in known]
    for task in fresh:
        task.rank, task.escalate_at = task.priority * 10, task.due_at
    Task.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def claim(task_id: int, by_id: int, version: int) -> Task:
    """Take the task for four hours. TaskTaken if somebody holds it or it changed since `version`; again by its holder
    it is theirs for another four hours."""
    free = Q(state=TaskState.OPEN) | Q(claimed_until__lte=Now()) | Q(claimed_by_id=by_id)
    return _change(
        task_id,
        Q(version=version) & free,
        state=TaskState.CLAIMED,
        claimed_by_id=by_id,
        claimed_until=Now() + CLAIM_LASTS,
    )


def release(task_id: int, by_id: int) -> Task:
    """Give a claimed task back; TaskTaken if it is not yours."""
    return _change(task_id, Q(claimed_by_id=by_id), state=TaskState.OPEN, claimed_by_id=None, claimed_until=None)


def done(task_id: int, by_id: int, outcome: str, version: int | None = None) -> Task:
    """Close the task as done. TaskTaken if somebody else holds it, TaskClosed if it is closed already, ClosesOnEvidence
    if words alone do not close it."""
    waits_for = get(task_id).closes_on
    if waits_for:
        raise ClosesOnEvidence(waits_for)
    return _close(task_id, by_id, outcome, version, TaskState.DONE)


def close_with(*, patient_id: int, closes_on: str, evidence: tuple[str, object], by_id: int, at: datetime) -> int:
    """Close as done the patient's live tasks that wait for this evidence and were opened by its time; how many.

    `at` is the evidence's own time: a level drawn before the task was opened does not answer it. Whoever holds such a
    task keeps nothing: what it waited for is there. One query; safe to repeat.
    """
    waiting = Task.objects.filter(
        patient_id=patient_id, closes_on=closes_on, closed_at__isnull=True, created_at__lte=at
    ).exclude(closes_on="")
    return waiting.update(
        **_closing(by_id, ""),
        state=TaskState.DONE,
        evidence_type=evidence[0],
        evidence_id=str(evidence[1]),
        version=F("version") + 1,
    )


def cancel(task_id: int, by_id: int | None, outcome: str, version: int | None = None) -> Task:
    """Close the task as not needed any more; `by_id` None when no person did it. Refused like `done`."""
    return _close(task_id, by_id, outcome, version, TaskState.CANCELLED)


def cancel_by_key(key: str, outcome: str) -> int:
    """Close the task of this key, if there is a live one, because its reason has gone; the number closed."""
    return Task.objects.filter(key=key, state__in=LIVE).update(
        **_closing(None, outcome), state=TaskState.CANCELLED, version=F("version") + 1
    )


def escalate(now: datetime | None = None) -> int:
    """Raise what is overdue by one level and one priority, once every four hours, three times at most; how many.

    It leaves the version alone: somebody who has the task open before them is not turned away by the clock.
    """
    moment = now or database_now()
    rested = Q(escalated_at__isnull=True) | Q(escalated_at__lte=moment - ESCALATE_EVERY)
    overdue = Task.objects.filter(rested, closed_at__isnull=True, due_at__lt=moment, escalation_level__lt=HIGHEST_LEVEL)
    return overdue.update(
        escalation_level=F("escalation_level") + 1,
        priority=Greatest(F("priority") - 1, MOST_URGENT),
        escalated_at=moment,
    )


def for_person(user_id: int, role: str, patient_ids: Iterable[object]) -> QuerySet[Task]:
    """The live tasks of one person, the most urgent and then the earliest first, each with its patient; one query.

    Theirs are those assigned to them, those waiting for their role, and, once escalated, those of a colleague in their
    role. Only of patients in `patient_ids` (a subquery is welcome), and tasks without a patient.
    """
    mine = Q(assignee_id=user_id) | Q(role=role, assignee__isnull=True) | Q(role=role, escalation_level__gte=1)
    reachable = Q(patient__isnull=True) | Q(patient_id__in=patient_ids)
    return (
        Task.objects.filter(mine, reachable, closed_at__isnull=True)
        .select_related("patient", "assignee", "claimed_by")
        .order_by("priority", "due_at", "id")
    )


def get(task_id: int) -> Task:
    """The task of this number, or NoSuchTask."""
    task = Task.objects.filter(pk=task_id).first()
    if task is None:
        raise NoSuchTask(task_id)
    return task


def _close(task_id: int, by_id: int | None, outcome: str, version: int | None, state: TaskState) -> Task:
    """Close what is open, mine, or left lying after its lease."""
    condition = Q(state=TaskState.OPEN) | Q(claimed_by_id=by_id) | Q(claimed_until__lte=Now())
    if version is not None:
        condition &= Q(version=version)
    return _change(task_id, condition, state=state, **_closing(by_id, outcome))


def _closing(by_id: int | None, outcome: str) -> dict[str, object]:
    """The columns of a closed task."""
    return {
        "claimed_by_id": None,
        "claimed_until": None,
        "closed_by_id": by_id,
        "closed_at": Now(),
        "outcome": outcome,
    }


def _change(task_id: int, condition: Q, **columns: object) -> Task:
    """One conditional update: whoever loses a race is told, and nothing is overwritten."""
    with transaction.atomic():
        changed = Task.objects.filter(condition, pk=task_id, state__in=LIVE).update(**columns, version=F("version") + 1)
        task = get(task_id)
        if changed:
            return task
        if not task.is_live:
            raise TaskClosed
        raise TaskTaken
