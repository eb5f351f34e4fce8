"""Tasks that wait for a person: the list, taking one up, closing it."""

from collections.abc import Callable, Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from medmgmt.actions import worklist
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import at, lists, reads, writes
from medmgmt.api.kit.fields import Id, Instant, Strict, Text
from medmgmt.api.kit.shapes import BodyOfAct, Shown
from medmgmt.problems import describe
from medmgmt.record.models import Level, User
from medmgmt.worklist import reads as worklist_reads
from refills.models import Task, TaskComment, TaskKind, TaskOutcome, TaskState, Waits

ROLES = [("psychiatrist", "psychiatrist"), ("nurse", "nurse"), ("pharmacist", "pharmacist")]
REFUSED = ("task-taken", "task-closed")
PAST = [(state.value, state.label) for state in (TaskState.DONE, TaskState.CANCELLED)]


class TaskReceipt(Shown):
    """A task as the person who caused it sees it."""

    shows = Task, "id kind state created_at"


class TaskLine(Shown):
    """Something a person has to do, by when, and who; `version` goes back with whatever is done to it."""

    shows = Task, (
        "id kind patient assignee role priority rank stop_tier due_at title detail source_type source_id state"
        " claimed_by claimed_until closed_by closed_at outcome_code outcome closes_on evidence_type evidence_id"
        " escalation_level escalate_at raised_to stand_in stand_in_role waits created_at version"
    )  # fmt: skip
    priority = serializers.IntegerField(help_text="1 is the most urgent, 4 the least.")
    rank = serializers.IntegerField(help_text="Clinical risk: the smallest comes first. See data/service_levels.csv.")
    stop_tier = serializers.IntegerField(
        help_text="How soon harm comes when its drug stops: 1 first, 3 last; 0 without a drug."
    )
    outcome_code = serializers.ChoiceField([("", "none"), *TaskOutcome.choices])
    closes_on = serializers.CharField(help_text="What alone makes it done (such as `observation:weight`), or empty.")
    escalate_at = Instant(allow_null=True, help_text="When it is raised next, if it still waits.")
    raised_to = serializers.CharField(help_text="The role that sees it too since it was raised.")
    waits = serializers.ChoiceField(
        [("", "it reaches whom it was meant for"), *Waits.choices], help_text="Why it goes to somebody else."
    )


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

    to_user = Id(required=False, source="to_user_id")
    to_role = serializers.ChoiceField(ROLES, required=False)
    why = Text()


class PuttingOff(Seen):
    """Until when, and why."""

    until = Instant()
    why = serializers.CharField(max_length=4000)


class Writing(BodyOfAct):
    """What is to be kept under a task."""

    asks = worklist.comment


class CommentLine(Shown):
    """What somebody wrote under a task."""

    shows = TaskComment, "id author at text"


class Comments(serializers.Serializer[Any]):
    """Everything written under one task, the first first."""

    comments = CommentLine(many=True, source="*")


class Counts(Shown):
    """How many tasks wait for you."""

    shows = dict[str, int], "open mine late"
    mine = serializers.IntegerField(help_text="Given to you, held by you, or yours to stand in for.")


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
    to_user = Id(required=False, source="to_user_id")
    to_role = serializers.ChoiceField(ROLES, required=False)
    code = serializers.ChoiceField(TaskOutcome.choices, default=TaskOutcome.OTHER)
    outcome = Text()
    until = Instant(required=False)
    why = Text()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Each act needs its own words."""
        if attrs["act"] == "postpone" and not (attrs.get("until") and attrs["why"]):
            raise serializers.ValidationError({"until": [_("Say until when, and why.")]})
        if attrs["act"] == "reassign" and ("to_user_id" in attrs) == ("to_role" in attrs):
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

    def get_done(self, told: worklist.CameOfTask) -> bool:
        """Whether it was done."""
        return told.error is None

    def get_problem(self, told: worklist.CameOfTask) -> dict[str, Any] | None:
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


def asked_for(by: User, *, mine: bool, whose: str, **asked: Any) -> QuerySet[Task]:
    """What waits for you, by clinical risk and then due time; with `state` the closed tasks of your patients."""
    return worklist_reads.worklist(by, whose="mine" if mine else whose, **asked)


WORDS_OF: Mapping[str, tuple[Callable[..., Task], tuple[str, ...]]] = {
    "claim": (worklist.claim, ()),
    "reassign": (worklist.reassign, ("to_user_id", "to_role", "why")),
    "done": (worklist.done, ("outcome", "code")),
    "postpone": (worklist.postpone, ("until", "why")),
}
"""What may be done with several tasks, and what of the body each act wants to know."""


def several(by: User, *, act: str, tasks: list[dict[str, int]], **said: Any) -> dict[str, list[worklist.CameOfTask]]:
    """Take, hand on, close or put off several tasks. Each is judged on its own, each refusal has its problem."""
    work, words = WORDS_OF[act]
    wanted = {name: said[name] for name in words if name in said}
    seen = [worklist.Seen(one["id"], one["version"]) for one in tasks]
    return {"results": worklist.each(by, seen, lambda task_id, version: work(by, task_id, version=version, **wanted))}


# fmt: off
ADDRESSES = [
    at("tasks", "tasks",
       get=lists(TaskLine, asked_for, order=("rank", "due_at", "id"), query=TaskQuery, filters=TaskFilters)),
    at("tasks/counts", "task-counts",
       get=reads(Counts, worklist_reads.task_counts, "How many tasks wait for you, are yours, and are late.")),
    at("tasks/batch", "several-tasks", post=writes(Told, several, takes=Several)),
    at("tasks/<task_id>", "task", called="OneTask",
       get=reads(TaskLine, worklist_reads.task,
            "A task of one of your patients, or one without a patient that waits for you.")),
    at("tasks/<task_id>/reassign", "reassign-task",
       post=writes(TaskLine, worklist.reassign,
            "Give a task to one person on duty who may see its patient, or to a whole role.", takes=HandingOn,
            is_versioned=True, refuses=(*REFUSED, "refused"))),
    at("tasks/<task_id>/postpone", "postpone-task",
       post=writes(TaskLine, worklist.postpone,
            "Put a task off, as far as the service level of its kind allows; the reason is kept under it.",
            takes=PuttingOff, is_versioned=True, refuses=(*REFUSED, "put-off-too-far"))),
    at("tasks/<task_id>/comments", "task-comments",
       get=reads(Comments, worklist_reads.comments, "Everything that was written under a task."),
       post=writes(CommentLine, worklist.comment,
            "Write something under a task, open or closed; what is written is never changed.", takes=Writing,
            status=201)),
    at("tasks/<task_id>/claim", "claim-task",
       post=writes(TaskLine, worklist.claim, "Take a task for a while; of two people one gets it.", takes=Seen,
            is_versioned=True, refuses=REFUSED)),
    at("tasks/<task_id>/release", "release-task",
       post=writes(TaskLine, worklist.release, "Give a task back that you had claimed.", refuses=REFUSED)),
    at("tasks/<task_id>/done", "close-task",
       post=writes(TaskLine, worklist.done, "Close a task and say what came of it.", takes=Closing, is_versioned=True,
            refuses=(*REFUSED, "closes-on-evidence"))),
    at("tasks/<task_id>/cancel", "cancel-task",
       post=writes(TaskLine, worklist.cancel, "Close a task that is no longer needed, and say why.", takes=Cancelling,
            is_versioned=True, refuses=REFUSED)),
]
# fmt: on
