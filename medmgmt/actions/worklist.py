"""Taking up, handing on, writing under and closing the tasks that wait for a person, one at a time or several."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt.messages import planning
from medmgmt.record import access, audit
from medmgmt.record.errors import Conflict, NotAllowed, RecordError, Refused
from medmgmt.record.models import Role, User
from medmgmt.worklist import duty, reads
from refills.errors import RefillsError
from refills.models import Absence, Task, TaskComment, TaskKind, TaskOutcome
from refills.worklist import cover
from refills.worklist import tasks as worklist_tasks

MOST_AT_ONCE = 100

LONGEST = timedelta(days=366)
FURTHEST = timedelta(days=2 * 366)


@dataclass(frozen=True)
class Seen:
    """A task as somebody saw it: its number and the version that was before them."""

    task_id: int
    version: int


@dataclass(frozen=True)
class CameOfTask:
    """What became of one task of several: the task, or why not."""

    task_id: int
    task: Task | None
    error: RecordError | RefillsError | None


@transaction.atomic
def claim(by: User, task_id: int, *, version: int) -> Task:
    """Takes a task for a while; TaskTaken if somebody was faster or `version` is old. Its holder takes it longer."""
    return worked_on(by, task_id, "claim_task", lambda: worklist_tasks.claim(task_id, by.pk, version))


@transaction.atomic
def release(by: User, task_id: int) -> Task:
    """Gives a claimed task back."""
    return worked_on(by, task_id, "release_task", lambda: worklist_tasks.release(task_id, by.pk))


@transaction.atomic
def done(by: User, task_id: int, *, outcome: str = "", version: int, code: str = TaskOutcome.OTHER) -> Task:
    """Closes a task with what came of it: a code that can be counted, and words; words alone are `other`."""
    require_outcome(code, outcome)
    return worked_on(
        by, task_id, "close_task", lambda: worklist_tasks.done(task_id, by.pk, outcome, version, code=code)
    )


@transaction.atomic
def cancel(by: User, task_id: int, *, why: str, version: int, code: str = "") -> Task:
    """Closes a task that is no longer needed, and says why. Refused of what the law asks for: it is answered."""
    if code:
        require_outcome(code, why)

    def work() -> Task:
        require_not_owed(worklist_tasks.get(task_id))
        return worklist_tasks.cancel(task_id, by.pk, why, version, code=code)

    return worked_on(by, task_id, "cancel_task", work)


def require_not_owed(task: Task) -> None:
    """Refuses to put aside a request to amend the record: it is owed an answer (45 CFR 164.526(b)(2))."""
    if task.kind == TaskKind.AMENDMENT and task.closes_on:
        raise Refused(_("A request to amend the record is owed an answer. Answer it; nobody can put it aside."))


@transaction.atomic
def reassign(
    by: User, task_id: int, *, version: int, to_user_id: int | None = None, to_role: str = "", why: str = ""
) -> Task:
    """Hands a task on: to one person on duty who may see its patient, or to a whole role; `why` is kept under it."""
    if bool(to_role) == (to_user_id is not None) or (to_role and to_role not in access.STAFF):
        raise Refused(_("Give the task to one person or to one role."))

    def hand_on() -> Task:
        role = to_role or taker(to_user_id or 0, worklist_tasks.get(task_id).patient_id).role
        task = worklist_tasks.reassign(task_id, by.pk, role=role, assignee_id=to_user_id, version=version)
        if why:
            worklist_tasks.comment(task_id, by.pk, why)
        return task

    return worked_on(by, task_id, "reassign_task", hand_on, needs="reassign_task")


@transaction.atomic
def postpone(by: User, task_id: int, *, until: datetime, why: str, version: int) -> Task:
    """Puts a task off, as far as its service level allows, and keeps the reason under it."""

    def put_off() -> Task:
        task = worklist_tasks.postpone(task_id, by.pk, until=until, version=version)
        worklist_tasks.comment(task_id, by.pk, _("Put off: %(why)s") % {"why": why})
        return task

    return worked_on(by, task_id, "postpone_task", put_off)


@transaction.atomic
def comment(by: User, task_id: int, *, text: str) -> TaskComment:
    """Writes something under a task, open or closed; what is written is never changed."""
    task = reached(by, task_id, "comment_task")
    written = worklist_tasks.comment(task_id, by.pk, text)
    audit.record(by, "comment_task", patient_id=task.patient_id, obj=("task", task.pk), detail={"comment": written.pk})
    return written


def each(by: User, tasks: Sequence[Seen], work: Callable[[int, int], Task]) -> list[CameOfTask]:
    """Does the same with several tasks, each judged on its own and in a transaction of its own; what became of each.

    `work` gets the number of a task and the version that was seen. The same task named twice is done once.
    """
    access.require(by, "work_tasks")
    if not 0 < len(tasks) <= MOST_AT_ONCE:
        raise Refused(_("Choose from one to %(most)s tasks.") % {"most": MOST_AT_ONCE})
    told = []
    for seen in {one.task_id: one for one in tasks}.values():
        try:
            with transaction.atomic():
                told.append(CameOfTask(seen.task_id, work(seen.task_id, seen.version), None))
        except (RecordError, RefillsError) as error:
            told.append(CameOfTask(seen.task_id, None, error))
    return told


def taker(user_id: int, patient_id: int | None) -> User:
    """The person a task may be given to: on duty, and with its patient in their care."""
    person = next((one for one in duty.on_duty() if one.pk == user_id), None)
    if person is None:
        raise Refused(_("This person is not on duty. Choose somebody else, or a role."))
    if patient_id is not None and not access.cares_for(person, patient_id):
        raise Refused(_("This patient is not in that person's care. Choose somebody else, or a role."))
    return person


def require_outcome(code: str, words: str) -> None:
    """Refuses a code nobody knows, and `other` without a word."""
    if code not in TaskOutcome.values:
        raise Refused(_("There is no such outcome."))
    if code == TaskOutcome.OTHER and not words.strip():
        raise Refused(_("Say in words what came of it."))


def worked_on(by: User, task_id: int, act: str, work: Callable[[], Task], *, needs: str = "work_tasks") -> Task:
    """Lets the person work on the task if its patient is in their care, and tells the audit."""
    reached(by, task_id, needs)
    task = work()
    if task.kind == TaskKind.REFILL_REQUEST and not task.is_live:
        planning.ask_for([task.patient_id or 0])
    audit.record(by, act, patient_id=task.patient_id, obj=("task", task.pk), detail={"state": task.state})
    return task


def reached(by: User, task_id: int, act: str) -> Task:
    """The task, if the person may do this and has its patient in their care, locked; without a patient, if it waits for
    them: who may act on a task can read it. What is not there and what is not theirs is refused alike."""
    access.require(by, act)
    found = Task.objects.filter(pk=task_id).first()
    if found is None or found.patient_id is not None or not reads.waits_for(found, by):
        access.patient_for(by, act, reads.patient_of(found), lock=True)
    assert found is not None  # what is not there is about a patient whom nobody has
    reads.require_seen(by, found)
    return found


@transaction.atomic
def tell_absence(by: User, *, user_id: int, since: datetime, until: datetime, cover_id: int | None = None) -> Absence:
    """Says that somebody will be away, oneself or, for an administrator, anybody who works here; their tasks go at once
    to whoever stands in, else to their role."""
    person = whose(by, user_id)
    now = timezone.now()
    if not since < until or until <= now:
        raise Refused(_("The absence must end after it begins, and in the future."))
    if until - since > LONGEST or until > now + FURTHEST:
        raise Refused(_("An absence lasts a year at most, and ends within two years."))
    if cover_id is not None:
        require_cover(person, cover_id)
    if cover.is_told(person.pk, since, until, cover_id):
        raise Conflict(_("This absence is on record already."))
    told = cover.tell(user_id=person.pk, since=since, until=until, cover_id=cover_id, by_id=by.pk)
    audit.record(by, "tell_absence", obj=("absence", told.pk), detail={"user": person.pk, "cover": cover_id})
    cover.route(duty.staff(now), Q(assignee=person))
    return told


@transaction.atomic
def withdraw_absence(by: User, absence_id: int) -> Absence:
    """Somebody is not away after all, or back early; their tasks are theirs again."""
    access.require(by, "manage_cover")
    found = cover.get(absence_id)
    whose(by, found.user_id)
    if found.until <= timezone.now():
        raise Conflict(_("This absence is over."))
    is_news = cover.withdraw(absence_id, by.pk)
    found.refresh_from_db()
    if not is_news:
        return found
    audit.record(by, "withdraw_absence", obj=("absence", absence_id), detail={"user": found.user_id})
    cover.route(duty.staff(), Q(assignee_id=found.user_id))
    return found


@transaction.atomic
def choose_digest(by: User, *, wanted: bool) -> bool:
    """Turns one's own morning notice on or off."""
    access.require(by, "work_tasks")
    cover.choose_digest(by.pk, wanted=wanted)
    audit.record(by, "choose_digest", detail={"wanted": wanted})
    return wanted


def whose(by: User, user_id: int) -> User:
    """The person whose absence this is, locked: oneself, or for an administrator anybody who works here."""
    access.require(by, "manage_cover")
    if by.role != Role.ADMINISTRATOR and by.pk != user_id:
        raise NotAllowed()
    people = User.objects.select_for_update(of=("self",), no_key=True)
    person = people.filter(pk=user_id, role__in=access.STAFF).first()
    if person is None:
        raise Refused(_("Nobody of this number works on tasks here."))
    return person


def require_cover(person: User, cover_id: int) -> None:
    """Refuses a stand-in who could not do the work."""
    other = User.objects.filter(pk=cover_id, is_active=True, role=person.role).exclude(pk=person.pk).first()
    if other is None:
        raise Refused(_("Somebody of the same role must stand in."))
