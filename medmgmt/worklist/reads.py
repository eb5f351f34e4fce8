"""Lists of tasks and one task, gathered for reading."""

from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from medmgmt.record import access, part2, programme_tasks
from medmgmt.record.models import Enrolment, User
from medmgmt.worklist import duty
from refills.errors import NoSuchTask
from refills.models import Absence, Task, TaskComment
from refills.worklist import cover
from refills.worklist import tasks as tasks_for

NOBODY = 0
"""The number of no patient."""


def worklist(
    by: User,
    *,
    state: str = "open",
    kind: str = "",
    whose: str = "",
    late: bool = False,
    patient_id: int | None = None,
    level: str = "",
) -> QuerySet[Task]:
    """Tasks by clinical risk and then due time. `open` is what waits; another state is their patients' past tasks.

    What waits is for this person unless `whose` says otherwise: "mine" what is theirs, theirs to stand in for or held
    by them, "role" what waits for their role, "team" whatever waits for anybody who looks after their patients.
    """
    access.require(by, "work_tasks")
    mine_to_see = access.patients_of(by).values("pk")
    if state in ("open", "live", ""):
        its = tasks_for.waiting_for(by.pk, by.role)
        its = its | Q(patient__isnull=False) if whose == "team" else its
        found = tasks_for.within(mine_to_see).filter(its)
        found = found.filter(due_at__lt=timezone.now()) if late else found
    else:
        visible = Q(patient_id__in=mine_to_see) | Q(patient=None, closed_by=by)
        found = Task.objects.filter(visible, state=state).select_related(
            "patient", "assignee", "claimed_by", "stand_in"
        )
        found = found.order_by("-closed_at", "-id")
    found = found.exclude(programme_tasks.hidden_tasks(by, mine_to_see))
    if whose == "mine":
        found = found.filter(Q(claimed_by=by) | Q(assignee=by) | Q(stand_in=by))
    if whose == "role":
        found = found.filter(Q(role=by.role) | Q(raised_to=by.role) | Q(stand_in_role=by.role))
    if level:
        found = found.filter(patient_id__in=Enrolment.objects.filter(ends_on=None, level=level).values("patient_id"))
    found = found.filter(kind=kind) if kind else found
    return found if patient_id is None else found.filter(patient_id=patient_id)


def task_counts(by: User) -> dict[str, int]:
    """How many tasks wait for the person, are their own, and are late. One query."""
    return tasks_for.counts(worklist(by), by.pk, timezone.now())


def takers(by: User, task: Task) -> list[User]:
    """Whom a task may be given to: the people on duty who may see its patient. Three queries."""
    access.require(by, "reassign_task")
    return duty.takers(task.patient_id, but=part2.hidden_teams(by, task.patient_id))


def colleagues(by: User) -> list[User]:
    """Whom several tasks may be given to: the people on duty of one's own teams. Three queries."""
    access.require(by, "reassign_task")
    return duty.colleagues(by)


def stand_ins(by: User) -> list[User]:
    """Everybody who works here, by name, for choosing who is away and who stands in. One query."""
    access.require(by, "manage_cover")
    working = User.objects.filter(role__in=access.STAFF, is_active=True)
    return list(working.order_by("last_name", "first_name", "pk"))


def wants_digest(by: User) -> bool:
    """Whether the person gets the morning notice. One query."""
    return by.pk not in cover.want_no_digest()


def absences(by: User) -> QuerySet[Absence]:
    """Who is away now or will be, the next first; everybody who works here may know."""
    access.require(by, "manage_cover")
    return cover.holding(timezone.now())


def task(by: User, task_id: int) -> Task:
    """One task with its detail: of a patient in the person's care, or without a patient and waiting for them."""
    access.require(by, "work_tasks")
    people = ("assignee", "claimed_by", "closed_by", "stand_in")
    found = Task.objects.select_related("patient", *people).filter(pk=task_id).first()
    if found is None or found.patient_id is not None or not waits_for(found, by):
        access.patient_for(by, "view_chart", patient_of(found))
    assert found is not None  # what is not there is about a patient whom nobody has
    require_seen(by, found)
    return found


def patient_of(task: Task | None) -> int:
    """Whose chart must open to somebody who asks for the task: its patient's; NOBODY for a task that is not there or
    that waits for others, so that all three are refused alike, after the same questions."""
    return NOBODY if task is None or task.patient_id is None else task.patient_id


def require_seen(by: User, task: Task) -> None:
    """NoSuchTask where it is about what a Part 2 programme prescribed and this person may not see."""
    hidden = programme_tasks.hidden_tasks(by, [task.patient_id])
    if task.patient_id is not None and Task.objects.filter(hidden, pk=task.pk).exists():
        raise NoSuchTask(task.pk)


def put_off_until(task: Task) -> datetime | None:
    """How far a live task may be put off now; None where it may not."""
    return tasks_for.put_off_until(task, timezone.now()) if task.is_live else None


def comments(by: User, task_id: int) -> list[TaskComment]:
    """What was written under a task that the person may see, the first first."""
    return list(task(by, task_id).comments.select_related("author"))


def waits_for(task: Task, by: User) -> bool:
    """Whether the task is the person's own, or their role's."""
    people = (task.assignee_id, task.claimed_by_id, task.closed_by_id, task.stand_in_id)
    return by.pk in people or by.role in (task.role, task.raised_to, task.stand_in_role)
