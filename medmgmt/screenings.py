"""What a screening brought up for one patient after the knowledge had changed, gathered for who answers it."""

from dataclasses import dataclass
from typing import Any

from interactions import review as reviews
from interactions.models import Release, Review
from medmgmt.problem_cards import ProblemCard, cards, gathered
from medmgmt.record import access
from medmgmt.record.models import Patient, User
from refills.models import LIVE, Task, TaskKind


@dataclass(frozen=True)
class ScreeningPage:
    """The cards that screenings brought up and that still hold, with their answers; and what nobody could check."""

    patient: Patient
    review: Review | None
    """The newest look at what the patient really takes; None where there was none."""
    problems: list[ProblemCard]
    not_checked: list[dict[str, Any]]
    scope: str
    releases: list[Release]
    tasks: list[Task]
    """What still waits for somebody because of it."""
    can_answer: bool

    @property
    def unanswered(self) -> int:
        """How many cards wait for an answer."""
        return sum(card.needs_answer for card in self.problems)


def of_patient(by: User, patient_id: int) -> ScreeningPage:
    """For staff of the patient's team; a fixed number of queries, however much was found."""
    patient = access.patient_for(by, "view_chart", patient_id)
    newest = reviews.latest_of_patient(patient.pk)
    tasks = patient.tasks.filter(kind=TaskKind.KNOWLEDGE_CHANGE, state__in=LIVE)
    return ScreeningPage(
        patient=patient,
        review=newest,
        problems=gathered(cards(reviews.of_screenings(patient.pk), patient.pk), patient),
        not_checked=list(newest.not_checked) if newest else [],
        scope=newest.scope if newest else "",
        releases=list(newest.releases.all()) if newest else [],
        tasks=list(tasks.select_related("assignee", "claimed_by").order_by("priority", "due_at", "id")),
        can_answer=access.may(by, "answer_finding"),
    )
