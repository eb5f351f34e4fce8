"""Who is away, who is on duty, what is late and why, and what is promised for each kind of task."""

from typing import Any

from rest_framework import serializers

from medmgmt.actions import worklist
from medmgmt.api.kit.endpoint import at, lists, reads, writes
from medmgmt.api.kit.fields import Id, Strict
from medmgmt.api.kit.shapes import BodyOfAct, Shown
from medmgmt.record.models import User
from medmgmt.worklist import lateness
from medmgmt.worklist import reads as worklist_reads
from refills.models import Absence, Task, TaskKind


class AbsenceLine(Shown):
    """Somebody's time away, and who stands in."""

    shows = Absence, "id user since until cover told_by told_at withdrawn_at"


class NewAbsence(BodyOfAct):
    """Who is away, from the instant `since` until just before `until`, and who stands in."""

    asks = worklist.tell_absence
    cover = Id(
        source="cover_id",
        required=False,
        allow_null=True,
        default=None,
        help_text="Somebody of the same role; else the role.",
    )


class Digest(Strict):
    """Whether you want the morning notice."""

    wanted = serializers.BooleanField()


class LateGroup(Shown):
    """So many late tasks of one sort."""

    shows = lateness.Late, "kind role age level reason count oldest"
    kind = serializers.ChoiceField(TaskKind.choices)
    age = serializers.ChoiceField([(code, str(words)) for code, words in lateness.AGE_WORDS.items()])
    level = serializers.IntegerField(help_text="How often the most raised of them was raised.")
    reason = serializers.ChoiceField([(code, str(words)) for code, words in lateness.REASONS.items()])


class RaisedTask(Shown):
    """A task that an administrator must find somebody for: its number and nothing of its patient."""

    shows = Task, "id kind role due_at escalation_level waits"
    waits = serializers.CharField()


class LatenessReport(serializers.Serializer[Any]):
    """What is late and why."""

    late = serializers.IntegerField()
    unreached = serializers.IntegerField(help_text="Tasks, late or not, that nobody on duty may see.")
    on_duty = serializers.DictField(child=serializers.IntegerField(), help_text="How many people of each role.")
    groups = LateGroup(many=True)
    raised = RaisedTask(many=True, help_text="For administrators only.")


def choose_digest(by: User, *, wanted: bool) -> dict[str, bool]:
    """Turn your morning notice on or off. It says that tasks wait and how many, nothing else."""
    return {"wanted": worklist.choose_digest(by, wanted=wanted)}


# fmt: off
ADDRESSES = [
    at("tasks/late", "late-tasks", called="Lateness",
       get=reads(LatenessReport, lateness.lateness_for,
            "What is late among your patients, by kind, role, age and reason; for administrators everywhere.")),
    at("tasks/notice", "morning-notice", post=writes(Digest, choose_digest, takes=Digest)),
    at("absences", "absences",
       get=lists(AbsenceLine, worklist_reads.absences, "Who is away now or will be, the next first.",
            order=("since", "id")),
       post=writes(AbsenceLine, worklist.tell_absence,
            "Say that you will be away (administrators: that anybody will). Your tasks go to whoever stands in.",
            takes=NewAbsence, status=201, refuses=("refused",))),
    at("absences/<absence_id>/withdraw", "withdraw-absence",
       post=writes(AbsenceLine, worklist.withdraw_absence,
            "Say that an absence does not hold any more; the tasks go back.", refuses=("conflict",))),
]
# fmt: on
