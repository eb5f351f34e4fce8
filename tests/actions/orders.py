"""Short ways to say what the cast orders, for tests of the clinic floor."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from interactions import review as interactions_review
from interactions.models import Answer
from medmgmt.actions import prescribing, review
from medmgmt.record.models import DosageChange, Patient, User
from tests import factories


def today() -> date:
    """Carla's own today."""
    return factories.carla().today(timezone.now())


def start(by: User, drug: str, *, patient: Patient | None = None, amount: str = "50", **values: Any) -> Any:
    """Proposes a daily medicine for Carla from today on, also when it has been proposed just now."""
    return prescribing.propose_start(
        by,
        (patient or factories.carla()).pk,
        drug=values.pop("choice", None) or prescribing.DrugChoice(name=drug),
        sig=values.pop("sig", None) or factories.sig(amount),
        effective_on=values.pop("on", None) or today(),
        reason_code=values.pop("reason_code", "initial_treatment"),
        confirm=True,
        **values,
    )


def answer(by: User, finding_id: int, **values: Any) -> Answer:
    """Answers the card of a finding."""
    said = {
        "reason_code": "benefit_outweighs",
        "note": "Discussed with the patient.",
        "follow_up_on": today() + timedelta(days=7),
        **values,
    }
    return review.override(by, finding_id, **said)


def answer_all(by: User, change: DosageChange) -> int:
    """Answers every card that stands in the way; how many."""
    reviewed = interactions_review.latest(change.pk)
    assert reviewed is not None
    cards = 0
    while waiting := interactions_review.unanswered(reviewed.pk):
        answer(by, waiting[0].pk)
        cards += 1
    return cards


def signed(by: User, drug: str, **values: Any) -> DosageChange:
    """Proposes, answers and signs."""
    proposal = start(by, drug, **values)
    answer_all(by, proposal.change)
    return prescribing.sign(by, proposal.change.pk)
