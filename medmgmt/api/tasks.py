"""Tasks that wait for a person: the list, taking one up, closing it."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from medmgmt import chart, lists
from medmgmt.actions import worklist
from medmgmt.api import filters
from medmgmt.api.endpoint import Endpoint, reads, writes
from medmgmt.api.endpoint import lists as lists_of
from medmgmt.api.fields import Id, Instant, Strict
from medmgmt.record.models import User
from refills.models import Task, TaskKind, TaskState

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
    outcome = serializers.CharField()
    escalation_level = serializers.IntegerField()
    created_at = Instant()
    version = serializers.IntegerField()


class Seen(Strict):
    """The version that was seen, unless its ETag comes in `If-Match`."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False)


class Closing(Seen):
    """What came of it."""

    outcome = serializers.CharField(max_length=4000)


class Cancelling(Seen):
    """Why it is not needed any more."""

    why = serializers.CharField(max_length=4000)


class TaskQuery(serializers.Serializer[Any]):
    """What waits for you, or your patients' past tasks."""

    state = serializers.ChoiceField([("open", "open or claimed"), *PAST], default="open")
    kind = serializers.ChoiceField(TaskKind.choices, default="")
    mine = serializers.BooleanField(default=False, help_text="Only those assigned to you or claimed by you.")


class TaskFilters(filters.FilterSet):
    """Tasks by patient, urgency and due day."""

    patient = filters.Id("patient_id")
    due_from = filters.Day("due_at", "date__gte")
    due_until = filters.Day("due_at", "date__lte")


class Tasks(Endpoint):
    """Your worklist."""

    @lists_of(TaskLine, order=("priority", "due_at", "id"), query=TaskQuery, filters=TaskFilters, seen="tasks")
    def get(self, by: User, state: str, kind: str, mine: bool) -> QuerySet[Task]:
        """What waits for you, most urgent first; with `state` the closed tasks of your patients."""
        return lists.worklist(by, state=state, kind=kind, mine=mine)


class OneTask(Endpoint):
    """One task."""

    @reads(TaskLine)
    def get(self, by: User, task_id: int) -> object:
        """A task of one of your patients, or one without a patient that waits for you."""
        return chart.task(by, task_id)


class ClaimTask(Endpoint):
    """Taking a task up."""

    @writes(TaskLine, takes=Seen, is_versioned=True, refuses=("task-taken", "task-closed"))
    def post(self, by: User, values: Mapping[str, Any], task_id: int, version: int) -> object:
        """Take a task for a while; of two people one gets it."""
        return worklist.claim(by, task_id, version=version)


class ReleaseTask(Endpoint):
    """Giving a task back."""

    @writes(TaskLine, refuses=("task-taken", "task-closed"))
    def post(self, by: User, values: Mapping[str, Any], task_id: int) -> object:
        """Give a task back that you had claimed."""
        return worklist.release(by, task_id)


class CloseTask(Endpoint):
    """Closing a task as done."""

    @writes(TaskLine, takes=Closing, is_versioned=True, refuses=("task-taken", "task-closed"))
    def post(self, by: User, values: Mapping[str, Any], task_id: int, version: int) -> object:
        """Close a task and say what came of it."""
        return worklist.done(by, task_id, outcome=values["outcome"], version=version)


class CancelTask(Endpoint):
    """Closing a task that is not needed."""

    @writes(TaskLine, takes=Cancelling, is_versioned=True, refuses=("task-taken", "task-closed"))
    def post(self, by: User, values: Mapping[str, Any], task_id: int, version: int) -> object:
        """Close a task that is no longer needed, and say why."""
        return worklist.cancel(by, task_id, why=values["why"], version=version)
