"""Where a patient's own requests for a refill stand."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone

from medmgmt.record.models import Patient
from refills.models import RenewalDecision, Task, TaskKind

ANSWER_SHOWN_FOR = timedelta(days=60)


@dataclass(frozen=True)
class Asked:
    """Where a patient's own request for a refill stands."""

    waiting_since: date | None
    decision: RenewalDecision | None

    @property
    def is_waiting(self) -> bool:
        """Has nobody answered yet?"""
        return self.waiting_since is not None


def asked_by(patient: Patient, prescription_ids: Sequence[int]) -> Mapping[int, Asked]:
    """By prescription, what the patient asked for and what was answered of late; two queries."""
    names = [str(number) for number in prescription_ids]
    waiting = Task.objects.filter(
        patient=patient, kind=TaskKind.REFILL_REQUEST, closed_at=None, source_type="prescription", source_id__in=names
    )
    since = {int(task.source_id): task.created_at.date() for task in waiting.order_by("-created_at")}
    decided = RenewalDecision.objects.filter(
        patient=patient, prescription_id__in=prescription_ids, decided_at__gte=timezone.now() - ANSWER_SHOWN_FOR
    )
    newest: dict[int, RenewalDecision] = {}
    for row in decided.select_related("authorisation").order_by("decided_at", "id"):
        newest[row.prescription_id] = row
    return {number: Asked(since.get(number), newest.get(number)) for number in prescription_ids}
