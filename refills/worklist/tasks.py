"""Tasks for people: opened once, claimed by one, closed once; whose list each stands in."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.functional import Promise

from refills.errors import ClosesOnEvidence, NoSuchTask, PutOffTooFar, TaskClosed, TaskTaken
from refills.models import LIVE, Task, TaskComment, TaskOutcome, TaskState
from refills.worklist import service_levels
from refills.worklist.kinds import Closes, Occasion

CLAIM_LASTS = timedelta(hours=4)


class TaskWords(TypedDict, total=False):
    """What else may be told of a task: urgency and due time are otherwise those of its service level.

    `due_at` is for a day that was promised or is set by something else, `escalate_at` for one before it on which it is
    raised already. With `closes_on` ("observation:<code>",
    "scale:<code>", "visit") only that evidence makes it done: see `close_with`. `stop_tier` tells how soon harm comes
    when the drug it is about stops (1 first, 3 last; 0 without a drug).
    """

    role: str
    assignee_id: int | None
    patient_id: int | None
    case: str
    priority: int | None
    due_at: datetime | None
    escalate_at: datetime | None
    source: tuple[str, object]
    detail: str
    closes_on: str
    stop_tier: int


def open_for(asked: Occasion, about: object, *, key: str = "", **told: Unpack[TaskWords]) -> Task:
    """The task of this occasion about this thing: as `open_task`, with what the table of kinds says of it."""
    return _opened(task_for(asked, about, key=key, **told))


def task_for(asked: Occasion, about: object, *, key: str = "", **told: Unpack[TaskWords]) -> Task:
    """The same, not opened yet: for `open_tasks`. The key is made of `about` alone, unless one is given."""
    usual: TaskWords = {
        "role": asked.role,
        "case": asked.case,
        "priority": asked.priority,
        "source": (asked.about, about),
    }
    task = _new(asked.kind, key or asked.key_of(about), asked.title, {**usual, **told})
    if asked.closes != Closes.PROMISE and bool(task.closes_on) != (asked.closes == Closes.EVIDENCE):
        raise ValueError(f"{task.key} is closed by {asked.closes.value}")
    return task


def open_task(*, kind: str, key: str, title: str | Promise, **told: Unpack[TaskWords]) -> Task:
    """The task of this key: a new one, or the one that was opened for it before, as it stands (it may be closed).

    Safe to call again and at once from many places. The title carries no health data; the detail may.
    """
    return _opened(_new(kind, key, title, told))


def _new(kind: str, key: str, title: str | Promise, told: TaskWords) -> Task:
    """A task that is not opened yet, with what its service level says of it."""
    source_type, source_id = told.pop("source", ("", ""))
    case, priority = told.pop("case", ""), told.pop("priority", None)
    level = service_levels.levels().of(kind, case or priority or "")
    task = Task(kind=kind, key=key, title=str(title), source_type=source_type, source_id=str(source_id), **told)
    task.service_case, task.priority = level.case, level.priority if priority is None else priority
    task.due_at = told.get("due_at") or service_levels.due(kind, level.case, timezone.now())
    task.rank = level.rank(task.priority, task.stop_tier)
    task.escalate_at = told.get("escalate_at") or task.due_at
    return task


def _opened(task: Task) -> Task:
    """The one of its key."""
    columns = (field.attname for field in Task._meta.concrete_fields if field.attname not in ("id", "key"))
    opened, _created = Task.objects.get_or_create(
        key=task.key, defaults={name: getattr(task, name) for name in columns}
    )
    return opened


def open_tasks(tasks: Sequence[Task]) -> int:
    """Many at once: each whose key is new is opened, the others stay as they stand; how many are new. Two queries."""
    known = set(Task.objects.filter(key__in=[task.key for task in tasks]).values_list("key", flat=True))
    fresh = [task for task in tasks if task.key not in known]
    Task.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def claim(task_id: int, by_id: int, version: int) -> Task:
    """Take the task for four hours. TaskTaken if somebody holds it or it changed since `version`; again by its holder
    it is theirs for another four hours."""
    return _change(
        task_id,
        Q(version=version) & _free(by_id),
        state=TaskState.CLAIMED,
        claimed_by_id=by_id,
        claimed_until=Now() + CLAIM_LASTS,
    )


def release(task_id: int, by_id: int) -> Task:
    """Give a claimed task back; TaskTaken if it is not yours."""
    return _change(task_id, Q(claimed_by_id=by_id), state=TaskState.OPEN, claimed_by_id=None, claimed_until=None)


def reassign(task_id: int, by_id: int, *, role: str, assignee_id: int | None, version: int) -> Task:
    """Give the task to one person, or to everybody of a role. TaskTaken if somebody else holds it or it changed since
    `version`; its claim ends."""
    return _change(
        task_id,
        Q(version=version) & _free(by_id),
        state=TaskState.OPEN,
        claimed_by_id=None,
        claimed_until=None,
        role=role,
        assignee_id=assignee_id,
        stand_in_id=None,
        stand_in_role="",
        waits="",
    )


def postpone(task_id: int, by_id: int, *, until: datetime, version: int) -> Task:
    """Put the task off. PutOffTooFar where its service level does not allow it, TaskTaken as for a claim."""
    now = timezone.now()
    latest = put_off_until(get(task_id), now)
    if latest is None or not now < until <= latest:
        raise PutOffTooFar(latest)
    return _change(task_id, Q(version=version) & _free(by_id), due_at=until, escalate_at=until)


def move(key: str, *, due_at: datetime, escalate_at: datetime) -> int:
    """Give the live task of this key, if there is one, another day, because what it is about has one; how many. One
    query; whoever holds it keeps it."""
    return Task.objects.filter(key=key, state__in=LIVE).update(
        due_at=due_at, escalate_at=escalate_at, version=F("version") + 1
    )


def put_off_until(task: Task, now: datetime) -> datetime | None:
    """How far the task may be put off now by its service level; None where it may not."""
    level = service_levels.levels().of(task.kind, task.service_case)
    return level.later(now, level.put_off, service_levels.hours()) if level.put_off else None


def comment(task_id: int, by_id: int, text: str) -> TaskComment:
    """Write something under the task, open or closed; what is written stays."""
    return TaskComment.objects.create(task=get(task_id), author_id=by_id, text=text)


def done(task_id: int, by_id: int, outcome: str, version: int | None = None, *, code: str = "") -> Task:
    """Close the task as done. TaskTaken if somebody else holds it, TaskClosed if it is closed already, ClosesOnEvidence
    if words alone do not close it."""
    task = get(task_id)
    if task.closes_on and task.is_live:
        raise ClosesOnEvidence(task.closes_on)
    return _close(task_id, by_id, version, state=TaskState.DONE, outcome=outcome, outcome_code=code)


def close_with(*, patient_id: int, closes_on: str, evidence: tuple[str, object], by_id: int, at: datetime) -> int:
    """Close as done the patient's live tasks that wait for this evidence and were opened by its time; how many.

    `at` is the evidence's own time: a level drawn before the task was opened does not answer it. Whoever holds such a
    task keeps nothing: what it waited for is there. One query; safe to repeat.
    """
    waiting = Task.objects.filter(
        patient_id=patient_id, closes_on=closes_on, closed_at__isnull=True, created_at__lte=at
    ).exclude(closes_on="")
    return waiting.update(**done_by(by_id, "", evidence), outcome_code=TaskOutcome.RESOLVED)


def settle(
    *, by_id: int, outcome: str, key: str = "", source: tuple[str, object] = ("", ""), kinds: Sequence[str] = (),
    evidence: tuple[str, object] = ("", ""),
) -> int:  # fmt: skip
    """Close as done the live task of this key, or those of these kinds about this source, because what they asked for
    has been done; how many. Whoever holds one keeps nothing. One query; safe to repeat.

    A task that waits for evidence is closed only with some: a reasoned release, for instance.
    """
    about = Q(key=key) if key else Q(source_type=source[0], source_id=str(source[1]), kind__in=kinds)
    found = Task.objects.filter(about, closed_at__isnull=True)
    if not evidence[0]:
        found = found.filter(closes_on="")
    return found.update(**done_by(by_id, outcome, evidence))


def cancel(task_id: int, by_id: int | None, outcome: str, version: int | None = None, *, code: str = "") -> Task:
    """Close the task as not needed any more; `by_id` None when no person did it. Refused like `done`.

    One that waited for evidence says so: it was not kept, unless it is the same as another.
    """
    if get(task_id).closes_on and code != TaskOutcome.DUPLICATE:
        code = TaskOutcome.NOT_KEPT
    return _close(
        task_id, by_id, version, state=TaskState.CANCELLED, outcome=outcome, outcome_code=code or TaskOutcome.NOT_NEEDED
    )


def cancel_by_key(key: str, outcome: str) -> int:
    """Close the task of this key, if there is a live one, because its reason has gone; the number closed."""
    return cancel_where(Q(key=key), outcome)


def cancel_where(about: Q, outcome: str) -> int:
    """The same for every live task that this holds of."""
    return Task.objects.filter(about, state__in=LIVE).update(
        **_closing(None, outcome),
        state=TaskState.CANCELLED,
        outcome_code=TaskOutcome.NOT_NEEDED,
        version=F("version") + 1,
    )


def waiting_for(user_id: int, role: str) -> Q:
    """What waits for one person: their own, what they hold or stand in for, what waits for their role, what was raised
    to it, and, once raised, a colleague's in their role."""
    return (
        Q(assignee_id=user_id)
        | Q(claimed_by_id=user_id)
        | Q(stand_in_id=user_id)
        | Q(role=role, assignee__isnull=True)
        | Q(role=role, escalation_level__gte=1)
        | Q(raised_to=role)
        | Q(stand_in_role=role)
    )


def for_person(user_id: int, role: str, patient_ids: Iterable[object]) -> QuerySet[Task]:
    """The live tasks of one person, by clinical risk and then the earliest first, each with its patient; one query.

    Only of patients in `patient_ids` (a subquery is welcome), and tasks without a patient.
    """
    return within(patient_ids).filter(waiting_for(user_id, role))


def within(patient_ids: Iterable[object]) -> QuerySet[Task]:
    """The live tasks of these patients and those without one, whoever they wait for, in the order of the list."""
    if isinstance(patient_ids, QuerySet):
        # Asked row by row in the order of the index: an IN would go through every past task of each patient.
        theirs: Q | Exists = Exists(patient_ids.filter(pk=OuterRef("patient_id")))
    else:
        theirs = Q(patient_id__in=patient_ids)
    found = Task.objects.filter(Q(patient__isnull=True) | theirs, closed_at__isnull=True)
    return found.select_related("patient", "assignee", "claimed_by", "stand_in").order_by("rank", "due_at", "id")


def counts(tasks: QuerySet[Task], user_id: int, now: datetime) -> dict[str, int]:
    """How many of these wait, are the person's own, and are late; one query."""
    mine = Q(assignee_id=user_id) | Q(claimed_by_id=user_id) | Q(stand_in_id=user_id)
    found: dict[str, int] = tasks.order_by().aggregate(
        open=Count("pk"), mine=Count("pk", filter=mine), late=Count("pk", filter=Q(due_at__lt=now))
    )
    return found


def get(task_id: int) -> Task:
    """The task of this number, or NoSuchTask."""
    task = Task.objects.filter(pk=task_id).first()
    if task is None:
        raise NoSuchTask(task_id)
    return task


def _free(by_id: int | None) -> Q:
    """Open, mine, or left lying after its lease."""
    return Q(state=TaskState.OPEN) | Q(claimed_by_id=by_id) | Q(claimed_until__lte=Now())


def _close(task_id: int, by_id: int | None, version: int | None, *, outcome: str, **columns: object) -> Task:
    """Close what is free for this person."""
    condition = _free(by_id)
    if version is not None:
        condition &= Q(version=version)
    return _change(task_id, condition, **_closing(by_id, outcome), **columns)


def done_by(by_id: int, outcome: str, evidence: tuple[str, object]) -> dict[str, object]:
    """The columns of a task whose work has been done elsewhere, whoever held it."""
    named = {"evidence_type": evidence[0], "evidence_id": str(evidence[1])}
    return {**_closing(by_id, outcome), **named, "state": TaskState.DONE, "version": F("version") + 1}


def _closing(by_id: int | None, outcome: str) -> dict[str, object]:
    """The columns of a closed task."""
    return {
        "claimed_by_id": None,
        "claimed_until": None,
        "closed_by_id": by_id,
        "closed_at": Now(),
        "outcome": outcome,
        "stand_in_id": None,
        "stand_in_role": "",
        "waits": "",
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
