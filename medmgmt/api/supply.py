"""Medicine in hand: what was dispensed, which reminders follow, what the patient answers."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from rest_framework import serializers

from medmgmt.actions import messages, supply
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import at, lists, plain_columns, writes
from medmgmt.api.kit.fields import Id, Instant, Strict
from medmgmt.api.kit.shapes import BodyOfAct, Shown
from medmgmt.api.worklist import TaskReceipt
from medmgmt.messages import reads as messages_reads
from medmgmt.record import dosing
from medmgmt.supply import reads
from refills.messages.links import Choice
from refills.models import (
    Dispense,
    EarlyReason,
    FillVoided,
    PartialReason,
    Reminder,
    ReminderItem,
    ReminderKind,
    ReminderState,
)


class DispenseLine(Shown):
    """Medicine handed to a patient on a day."""

    shows = Dispense, "id patient prescription dispensed_on quantity unit days_supply note recorded_by recorded_at"
    voided_why = serializers.CharField(
        default=None, allow_null=True, help_text="Why it was taken back and counts no more; null while it counts."
    )


class NewDispense(BodyOfAct):
    """A fill: how much of what, for how many days."""

    asks = supply.record_dispense
    only = "prescription dispensed_on quantity unit days_supply note early_reason partial_reason handed_at confirm"
    prescription = Id(source="prescription_id")
    unit = serializers.ChoiceField([(code, unit.one) for code, unit in dosing.UNITS.items()], help_text="UCUM")
    early_reason = serializers.ChoiceField(EarlyReason.choices, default="", allow_blank=True)
    partial_reason = serializers.ChoiceField(
        PartialReason.choices, default="", allow_blank=True, help_text="Why it was less than written."
    )
    handed_at = Instant(
        required=False, help_text="When it was handed out; a balance after short stock is counted from here."
    )


class ReasonedFill(BodyOfAct):
    """Why a fill is taken back."""

    asks = supply.void_fill
    why = serializers.CharField(max_length=2000)


class VoidedLine(Shown):
    """A fill that was written down wrongly, and why it counts no more."""

    shows = FillVoided, "id dispense why voided_by voided_at"


class ReminderLine(Shown):
    """One message to one patient: when it is due, how it ended, what was answered."""

    shows = Reminder, (
        "id patient prescription kind channel run_out_on local_date time_zone due_at state attempts settled_at"
        " delivered_at answer answered_at"
    )  # fmt: skip
    patient = Id(source="patient_id")
    prescription = Id(source="prescription_id", allow_null=True, help_text="Of a message about several: none.")
    channel = serializers.CharField()


class LinkAnswer(Strict):
    """What the patient chose on the page behind the link; `token` is the part of the link that was signed."""

    token = serializers.CharField(max_length=300)
    choice = serializers.ChoiceField([choice.value for choice in Choice])


class AnswerKept(Shown):
    """What counts as the answer now; says nothing about health."""

    shows = Reminder, "answer answered_at"


class DispenseFilters(filters.FilterSet):
    """Fills by patient, prescription and day."""

    patient = filters.Id("patient_id")
    prescription = filters.Id("prescription_id")
    dispensed_from = filters.Day("dispensed_on", "gte")
    dispensed_until = filters.Day("dispensed_on", "lte")


class ReminderFilters(filters.FilterSet):
    """Reminders by patient, by a prescription they are about among others, by state and day."""

    patient = filters.Id("patient_id")
    prescription = filters.Id("prescription_id", method="about")
    state = filters.Choice(choices=ReminderState.choices)
    kind = filters.Choice(choices=ReminderKind.choices)
    local_date_from = filters.Day("local_date", "gte")
    local_date_until = filters.Day("local_date", "lte")

    def about(self, rows: QuerySet[Any, Any], _name: str, prescription_id: int) -> QuerySet[Any, Any]:
        """Messages about this prescription, alone or with others."""
        said = ReminderItem.objects.filter(reminder=OuterRef("pk"), prescription_id=prescription_id)
        return rows.filter(Q(prescription_id=prescription_id) | Exists(said))


def answer_link(by: object, *, token: str, choice: str) -> Reminder:
    """Confirm, ask for a refill, or put off. Doing it twice does nothing twice."""
    return messages.answer_link(token, choice)


# fmt: off
ADDRESSES = [
    at("prescriptions/<prescription_id>/request-refill", "request-refill",
       post=writes(TaskReceipt, supply.request_refill,
            "Ask your prescriber for a refill of one of your own medicines; asking twice on a day is asking once.",
            status=201, refuses=("refused",))),
    at("dispenses", "dispenses",
       get=lists(DispenseLine, plain_columns(reads.dispenses, DispenseLine), "What was dispensed, newest first.",
            order=("-dispensed_on", "-id"), filters=DispenseFilters),
       post=writes(DispenseLine, supply.record_dispense,
            "Write a fill down; reminders follow from the new run-out date.", takes=NewDispense, status=201,
            refuses=("not-found", "refused", "refill-refused", "asked"))),
    at("dispenses/<dispense_id>/void", "void-fill",
       post=writes(VoidedLine, supply.void_fill,
            "Take back a fill that was written down wrongly; run-out, reminders and adherence follow.",
            takes=ReasonedFill, status=201, refuses=("not-found", "refused"))),
    at("reminders", "reminders",
       get=lists(ReminderLine, plain_columns(messages_reads.reminders, ReminderLine),
            "Reminders planned, sent and given up, the next due first.", order=("due_at", "id"),
            filters=ReminderFilters)),
    at("reminders/answer", "answer-link", is_public=True,
       post=writes(AnswerKept, answer_link, takes=LinkAnswer, refuses=("not-found", "link-expired", "refused"))),
]
# fmt: on
