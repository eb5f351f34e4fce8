"""How delivery stands, for whoever runs the service: numbers, what is late and why, what waits for a decision."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from medmgmt.record import access
from medmgmt.record.models import Patient, User
from refills import figures, restoring
from refills.figures import Figures, LateRow
from refills.models import Reminder, ReminderState

SHOWN = 200


@dataclass(frozen=True)
class Sign:
    """The last sign of life of a part of the clock."""

    part: str
    seconds: float
    well: bool


@dataclass(frozen=True)
class Report:
    """One page of numbers: no patient, no drug, no address."""

    figures: Figures
    states: list[tuple[str, int]]
    late: Sequence[LateRow]
    signs: list[Sign]
    held: list[Reminder]


def of(by: User) -> Report:
    """The report, in a constant number of queries."""
    access.require(by, "view_delivery")
    now = figures.now()
    names = {"deliver": _("Delivery")}
    signs = [
        Sign(names.get(part, part), seconds, part != "deliver" or seconds <= settings.CLOCK_STALE_SECONDS)
        for part, seconds in sorted(now.ticks.items())
    ]
    bare = restoring.held().only("pk", "kind", "channel", "due_at", "state")
    states = [
        (str(ReminderState(state).label), count)
        for state, count in now.settled.items()
        if count and state != ReminderState.HELD
    ]
    return Report(now, states, figures.late_rows(), signs, list(bare[:SHOWN]))


def held_of(by: User, patient_id: int) -> tuple[Patient, QuerySet[Reminder]]:
    """A patient's held messages, for whoever cares for them."""
    patient = access.patient_for(by, "decide_held", patient_id)
    return patient, restoring.held_of(patient.pk)
