"""Tasks whose evidence was wrong: a closed task stays closed, and another is opened for what it asked."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from refills.models import LIVE, Task, TaskState
from refills.worklist import tasks

AGAIN = "|"
"""Between the key of a task and what made it open again."""


def closed_with(*, patient_id: int, evidence: tuple[str, object]) -> list[Task]:
    """The patient's tasks that this evidence closed, oldest first; one query."""
    named = Task.objects.filter(
        patient_id=patient_id, state=TaskState.DONE, evidence_type=evidence[0], evidence_id=str(evidence[1])
    )
    return list(named.order_by("id"))


def open_again(closed: Sequence[Task], *, earliest_due: datetime) -> list[Task]:
    """For each, a task that asks for the same, as of the same time, due as before but not earlier than that.

    It counts as opened when the first was, so that whatever was recorded since then still answers it.
    """
    return [
        Task.objects.get_or_create(
            key=f"{task.key}{AGAIN}{task.evidence_id}",
            defaults={
                **{name: getattr(task, name) for name in ("kind", "role", "patient_id", "assignee_id", "priority")},
                **{name: getattr(task, name) for name in ("source_type", "source_id", "title", "closes_on")},
                **{name: getattr(task, name) for name in ("stop_tier", "rank", "service_case", "created_at")},
                "due_at": max(task.due_at, earliest_due),
                "escalate_at": max(task.due_at, earliest_due),
                "detail": f"{task.detail} {_('What had closed this was corrected: it waits again.')}".strip(),
            },
        )[0]
        for task in closed
    ]


def done(*, patient_id: int, kind: str, evidence: tuple[str, object], by_id: int, outcome: str) -> int:
    """Close the patient's live tasks of this kind, whose work has been done elsewhere; how many. One query."""
    found = Task.objects.filter(patient_id=patient_id, kind=kind, closes_on="", state__in=LIVE)
    return found.update(**tasks.done_by(by_id, outcome, evidence))
