"""Tasks that wait for a person: the list, taking one up, closing it."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from medmgmt.actions import worklist
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import Endpoint, reads, writes
from medmgmt.api.kit.endpoint import lists as lists_of
from medmgmt.api.kit.fields import Id, Instant, Strict, Text
from medmgmt.problems import describe
from medmgmt.record.models import Level, User
from medmgmt.worklist import reads as worklist_reads
from refills.models import Task, TaskKind, TaskOutcome, TaskState, Waits

ROLES = [("psychiatrist", "psychiatrist"), ("nurse", "nurse"), ("pharmacist", "pharmacist")]
REFUSED = ("task-taken", "task-closed")
PAST = [(state.value, state.label) for state in (TaskState.DONE, TaskState.CANCELLED)]


class TaskReceipt(serializers.Serializer[Any]):
    """A task as the person who caused it sees it."""

    id = Id()
    kind = serializers.ChoiceField(TaskKind.choices)
    state = serializers.ChoiceField(TaskState.choices)
    created_at = Instant()


class TaskLine(serializers.Serializer[Any]):
    """Something a person has to do, by when, and who; `version` goes back with whatever is done to it."""

    id = Id()
    kind = serializers.ChoiceField(TaskKind.choices)
    patient = Id(source="patient_id", allow_null=True)
    assignee = Id(source="assignee_id", allow_null=True)
    role = serializers.CharField()
    priority = serializers.IntegerField(help_text="1 is the most urgent, 4 the least.")
    rank = serializers.IntegerField(help_text="Clinical risk: the smallest comes first. See data/service_levels.csv.")
    stop_tier = serializers.IntegerField(
        help_text="How soon harm comes when its drug stops: 1 first, 3 last; 0 without a drug."
    )
    due_at = Instant()
    title = serializers.CharField()
    detail = serializers.CharField()
    source_type = serializers.CharField()
    source_id = serializers.CharField()
    state = serializers.ChoiceField(TaskState.choices)
    claimed_by = Id(source="claimed_by_id", allow_null=True)
    claimed_until = Instant(allow_null=True)
    closed_by = Id(source="closed_by_id", allow_null=True)
    closed_at = Instant(allow_null=True)
    outcome_code = serializers.ChoiceField([("", "none"), *TaskOutcome.choices])
    outcome = serializers.CharField()
    closes_on = serializers.CharField(help_text="What alone makes it done (such as `observation:weight`), or empty.")
    evidence_type = serializers.CharField()
    evidence_id = serializers.CharField()
    escalation_level = serializers.IntegerField()
    escalate_at = Instant(allow_null=True, help_text="When it is raised next, if it still waits.")
    raised_to = serializers.CharField(help_text="The role that sees it too since it was raised.")
    stand_in = Id(source="stand_in_id", allow_null=True)
    stand_in_role = serializers.CharField()
    waits = serializers.ChoiceField(
        [("", "it reaches whom it was meant for"), *Waits.choices], help_text="Why it goes to somebody else."
    )
    created_at = Instant()
    version = serializers.IntegerField()


class Seen(Strict):
    """The version that was seen, unless its ETag comes in `If-Match`."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)


class Closing(Seen):
    """What came of it: a code, and words; words alone are `other`."""

    code = serializers.ChoiceField(TaskOutcome.choices, default=TaskOutcome.OTHER)
    outcome = serializers.CharField(max_length=4000, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """`other` says nothing without words."""
        if attrs["code"] == TaskOutcome.OTHER and not attrs.get("outcome"):
            raise serializers.ValidationError({"outcome": [_("Say in words what came of it.")]})
        return attrs


class Cancelling(Seen):
    """Why it is not needed any more."""

    why = serializers.CharField(max_length=4000)
    code = serializers.ChoiceField([("", "not needed"), *TaskOutcome.choices], default="")


class HandingOn(Seen):
    """To whom: one person on duty, or a role."""

    to_user = Id(required=False)
    to_role = serializers.ChoiceField(ROLES, required=False)
    why = Text()


class PuttingOff(Seen):
    """Until when, and why."""

    until = Instant()
    why = serializers.CharField(max_length=4000)


class Writing(Strict):
    """What is to be kept under a task."""

    text = serializers.CharField(max_length=4000)


class CommentLine(serializers.Serializer[Any]):
    """What somebody wrote under a task."""

    id = Id()
    author = Id(source="author_id")
    at = Instant()
    text = serializers.CharField()


class Comments(serializers.Serializer[Any]):
    """Everything written under one task, the first first."""

    comments = CommentLine(many=True)


class Counts(serializers.Serializer[Any]):
    """How many tasks wait for you."""

    open = serializers.IntegerField()
    mine = serializers.IntegerField(help_text="Given to you, held by you, or yours to stand in for.")
    late = serializers.IntegerField()


class SeenTask(Strict):
    """One task as you saw it."""

    id = Id()
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class Several(Strict):
    """The same act with several tasks, each judged on its own."""

    act = serializers.ChoiceField(
        [("claim", "take"), ("reassign", "hand on"), ("done", "close as done"), ("postpone", "put off")]
    )
    tasks = serializers.ListField(child=SeenTask(), allow_empty=False, max_length=worklist.MOST_AT_ONCE)
    to_user = Id(required=False)
    to_role = serializers.ChoiceField(ROLES, required=False)
    code = serializers.ChoiceField(TaskOutcome.choices, default=TaskOutcome.OTHER)
    outcome = Text()
    until = Instant(required=False)
    why = Text()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Each act needs its own words."""
        if attrs["act"] == "postpone" and not (attrs.get("until") and attrs["why"]):
            raise serializers.ValidationError({"until": [_("Say until when, and why.")]})
        if attrs["act"] == "reassign" and ("to_user" in attrs) == ("to_role" in attrs):
            raise serializers.ValidationError({"to_user": [_("Give the tasks to one person or to one role.")]})
        if attrs["act"] == "done" and attrs["code"] == TaskOutcome.OTHER and not attrs["outcome"]:
            raise serializers.ValidationError({"outcome": [_("Say in words what came of it.")]})
        return attrs


class ToldLine(serializers.Serializer[Any]):
    """What became of one task: the task as it stands now, or why not."""

    id = Id(source="task_id")
    done = serializers.SerializerMethodField()
    task = TaskLine(allow_null=True)
    problem = serializers.SerializerMethodField()

    def get_done(self, told: worklist.Told) -> bool:
        """Whether it was done."""
        return told.error is None

    def get_problem(self, told: worklist.Told) -> dict[str, Any] | None:
        """The problem document of its refusal."""
        return None if told.error is None else describe(told.error).as_json()


class Told(serializers.Serializer[Any]):
    """What became of each."""

    results = ToldLine(many=True)


class TaskQuery(serializers.Serializer[Any]):
    """What waits for you, or your patients' past tasks."""

    state = serializers.ChoiceField([("open", "open or claimed"), *PAST], default="open")
    kind = serializers.ChoiceField(TaskKind.choices, default="")
    mine = serializers.BooleanField(default=False, help_text="The same as `whose=mine`.")
    whose = serializers.ChoiceField(
        [
            ("", "what waits for you"),
            ("mine", "yours"),
            ("role", "your role's"),
            ("team", "anybody's of your patients"),
        ],
        default="",
    )
    late = serializers.BooleanField(default=False, help_text="Only what is late.")
    level = serializers.ChoiceField(
        [("", "any level of care"), *Level.choices], default="", help_text="Only of patients at this level of care."
    )


class TaskFilters(filters.FilterSet):
    """Tasks by patient, urgency and due day."""

    patient = filters.Id("patient_id")
    due_from = filters.Day("due_at", "date__gte")
    due_until = filters.Day("due_at", "date__lte")


class Tasks(Endpoint):
    """Your worklist."""

    @lists_of(TaskLine, order=("rank", "due_at", "id"), query=TaskQuery, filters=TaskFilters, seen="tasks")
    def get(self, by: User, mine: bool, whose: str, **asked: Any) -> QuerySet[Task]:
        """What waits for you, by clinical risk and then due time; with `state` the closed tasks of your patients."""
        return worklist_reads.worklist(by, whose="mine" if mine else whose, **asked)


class TaskCounts(Endpoint):
    """What waits, in numbers."""

    @reads(Counts)
    def get(self, by: User) -> object:
        """How many tasks wait for you, are yours, and are late."""
        return worklist_reads.task_counts(by)


class OneTask(Endpoint):
    """One task."""

    @reads(TaskLine)
    def get(self, by: User, task_id: int) -> object:
        """A task of one of your patients, or one without a patient that waits for you."""
        return worklist_reads.task(by, task_id)


class ClaimTask(Endpoint):
    """Taking a task up."""

    @writes(TaskLine, takes=Seen, is_versioned=True, refuses=REFUSED)
    def post(self, by: User, values: Mapping[str, Any], task_id: int, version: int) -> object:
        """Take a task for a while; of two people one gets it."""
        return worklist.claim(by, task_id, version=version)


class ReleaseTask(Endpoint):
    """Giving a task back."""

    @writes(TaskLine, refuses=REFUSED)
    def post(self, by: User, values: Mapping[str, Any], task_id: int) -> object:
        """Give a task back that you had claimed."""
        return worklist.release(by, task_id)


class CloseTask(Endpoint):
    """Closing a task as done."""

    @writes(TaskLine, takes=Closing, is_versioned=True, refuses=(*REFUSED, "closes-on-evidence"))
    def post(self, by: User, values: Mapping[str, Any], task_id: int, version: int) -> object:
        """Close a task and say what came of it."""
        outcome = values.get("outcome", "")
        return worklist.done(by, task_id, outcome=outcome, code=values["code"], version=version)


class CancelTask(Endpoint):
    """Closing a task that is not needed."""

    @writes(TaskLine, takes=Cancelling, is_versioned=True, refuses=REFUSED)
    def post(self, by: User, values: Mapping[str, Any], task_id: int, version: int) -> object:
        """Close a task that is no longer needed, and say why."""
        return worklist.cancel(by, task_id, why=values["why"], code=values["code"], version=version)


class ReassignTask(Endpoint):
    """Handing a task on."""

    @writes(TaskLine, takes=HandingOn, is_versioned=True, refuses=(*REFUSED, "refused"))
    def post(self, by: User, values: Mapping[str, Any], task_id: int, version: int) -> object:
        """Give a task to one person on duty who may see its patient, or to a whole role."""
        return worklist.reassign(by, task_id, version=version, **to_whom(values), why=values["why"])


class PostponeTask(Endpoint):
    """Putting a task off."""

    @writes(TaskLine, takes=PuttingOff, is_versioned=True, refuses=(*REFUSED, "put-off-too-far"))
    def post(self, by: User, values: Mapping[str, Any], task_id: int, version: int) -> object:
        """Put a task off, as far as the service level of its kind allows; the reason is kept under it."""
        return worklist.postpone(by, task_id, until=values["until"], why=values["why"], version=version)


class TaskComments(Endpoint):
    """The thread under a task."""

    @reads(Comments)
    def get(self, by: User, task_id: int) -> object:
        """Everything that was written under a task."""
        return {"comments": worklist_reads.comments(by, task_id)}

    @writes(CommentLine, takes=Writing, status=201)
    def post(self, by: User, values: Mapping[str, Any], task_id: int) -> object:
        """Write something under a task, open or closed; what is written is never changed."""
        return worklist.comment(by, task_id, text=values["text"])


class SeveralTasks(Endpoint):
    """The same act with several tasks."""

    @writes(Told, takes=Several)
    def post(self, by: User, values: Mapping[str, Any]) -> object:
        """Take, hand on, close or put off several tasks. Each is judged on its own, each refusal has its problem."""
        seen = [worklist.Seen(one["id"], one["version"]) for one in values["tasks"]]
        return {"results": worklist.each(by, seen, work_of(by, values))}


def work_of(by: User, values: Mapping[str, Any]) -> Callable[[int, int], Task]:
    """The act that was chosen for several tasks, with its words."""

    def work(task_id: int, version: int) -> Task:
        if values["act"] == "claim":
            return worklist.claim(by, task_id, version=version)
        if values["act"] == "reassign":
            return worklist.reassign(by, task_id, version=version, **to_whom(values), why=values["why"])
        if values["act"] == "postpone":
            return worklist.postpone(by, task_id, until=values["until"], why=values["why"], version=version)
        return worklist.done(by, task_id, outcome=values["outcome"], code=values["code"], version=version)

    return work


def to_whom(values: Mapping[str, Any]) -> dict[str, Any]:
    """The person or the role a task is handed on to."""
    return {"to_user_id": values.get("to_user"), "to_role": values.get("to_role", "")}
