"""Who is away, who is on duty, what is late and why, and what is promised for each kind of task."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from medmgmt.actions import worklist
from medmgmt.api.kit.endpoint import Empty, Endpoint, reads, writes
from medmgmt.api.kit.endpoint import lists as lists_of
from medmgmt.api.kit.fields import Id, Instant, Strict
from medmgmt.record.models import User
from medmgmt.worklist import lateness
from medmgmt.worklist import reads as worklist_reads
from refills.models import Absence, TaskKind


class AbsenceLine(serializers.Serializer[Any]):
    """Somebody's time away, and who stands in."""

    id = Id()
    user = Id(source="user_id")
    since = Instant()
    until = Instant()
    cover = Id(source="cover_id", allow_null=True)
    told_by = Id(source="told_by_id")
    told_at = Instant()
    withdrawn_at = Instant(allow_null=True)


class NewAbsence(Strict):
    """Who is away, from the instant `since` until just before `until`, and who stands in."""

    user = Id()
    since = Instant()
    until = Instant()
    cover = Id(required=False, allow_null=True, default=None, help_text="Somebody of the same role; else the role.")


class Digest(Strict):
    """Whether you want the morning notice."""

    wanted = serializers.BooleanField()


class LateGroup(serializers.Serializer[Any]):
    """So many late tasks of one sort."""

    kind = serializers.ChoiceField(TaskKind.choices)
    role = serializers.CharField()
    age = serializers.ChoiceField([(code, str(words)) for code, words in lateness.AGE_WORDS.items()])
    level = serializers.IntegerField(help_text="How often the most raised of them was raised.")
    reason = serializers.ChoiceField([(code, str(words)) for code, words in lateness.REASONS.items()])
    count = serializers.IntegerField()
    oldest = Instant()


class RaisedTask(serializers.Serializer[Any]):
    """A task that an administrator must find somebody for: its number and nothing of its patient."""

    id = Id()
    kind = serializers.ChoiceField(TaskKind.choices)
    role = serializers.CharField()
    due_at = Instant()
    escalation_level = serializers.IntegerField()
    waits = serializers.CharField()


class LatenessReport(serializers.Serializer[Any]):
    """What is late and why."""

    late = serializers.IntegerField()
    unreached = serializers.IntegerField(help_text="Tasks, late or not, that nobody on duty may see.")
    on_duty = serializers.DictField(child=serializers.IntegerField(), help_text="How many people of each role.")
    groups = LateGroup(many=True)
    raised = RaisedTask(many=True, help_text="For administrators only.")


class Lateness(Endpoint):
    """The clinic's lateness."""

    @reads(LatenessReport)
    def get(self, by: User) -> object:
        """What is late among your patients, by kind, role, age and reason; for administrators everywhere."""
        return lateness.of(by)


class Absences(Endpoint):
    """Who is away."""

    @lists_of(AbsenceLine, order=("since", "id"))
    def get(self, by: User) -> QuerySet[Absence]:
        """Who is away now or will be, the next first."""
        return worklist_reads.absences(by)

    @writes(AbsenceLine, takes=NewAbsence, status=201, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any]) -> object:
        """Say that you will be away (administrators: that anybody will). Your tasks go to whoever stands in."""
        return worklist.tell_absence(
            by, user_id=values["user"], since=values["since"], until=values["until"], cover_id=values["cover"]
        )


class WithdrawAbsence(Endpoint):
    """Being back."""

    @writes(AbsenceLine, takes=Empty, refuses=("conflict",))
    def post(self, by: User, values: Mapping[str, Any], absence_id: int) -> object:
        """Say that an absence does not hold any more; the tasks go back."""
        return worklist.withdraw_absence(by, absence_id)


class MorningNotice(Endpoint):
    """The morning notice."""

    @writes(Digest, takes=Digest)
    def post(self, by: User, values: Mapping[str, Any]) -> object:
        """Turn your morning notice on or off. It says that tasks wait and how many, nothing else."""
        return {"wanted": worklist.choose_digest(by, wanted=values["wanted"])}
