"""Medicine in hand: what was dispensed, which reminders follow, what the patient answers."""

from collections.abc import Mapping
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from rest_framework import permissions, serializers

from medmgmt.actions import messages, supply
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import Endpoint, columns, writes
from medmgmt.api.kit.endpoint import lists as lists_of
from medmgmt.api.kit.fields import Amount, Day, Id, Instant, Strict, Text
from medmgmt.api.worklist import TaskReceipt
from medmgmt.messages import reads as messages_reads
from medmgmt.record import dosing
from medmgmt.record.models import User
from medmgmt.supply import reads
from refills.messages.links import Choice
from refills.models import EarlyReason, PartialReason, ReminderAnswer, ReminderItem, ReminderKind, ReminderState


class DispenseLine(serializers.Serializer[Any]):
    """Medicine handed to a patient on a day."""

    id = Id()
    patient = Id(source="patient_id")
    prescription = Id(source="prescription_id")
    dispensed_on = Day()
    quantity = Amount(max_digits=10, decimal_places=3)
    unit = serializers.CharField()
    days_supply = serializers.IntegerField()
    note = serializers.CharField()
    recorded_by = Id(source="recorded_by_id")
    recorded_at = Instant()


class NewDispense(Strict):
    """A fill: how much of what, for how many days."""

    prescription = Id()
    dispensed_on = Day()
    quantity = Amount(max_digits=10, decimal_places=3, min_value=0)
    unit = serializers.ChoiceField([(code, unit.one) for code, unit in dosing.UNITS.items()], help_text="UCUM")
    days_supply = serializers.IntegerField(min_value=1, max_value=366)
    note = Text()
    early_reason = serializers.ChoiceField(EarlyReason.choices, default="", allow_blank=True)
    partial_reason = serializers.ChoiceField(
        PartialReason.choices, default="", allow_blank=True, help_text="Why it was less than written."
    )
    handed_at = Instant(
        required=False, help_text="When it was handed out; a balance after short stock is counted from here."
    )


class ReminderLine(serializers.Serializer[Any]):
    """One message to one patient: when it is due, how it ended, what was answered."""

    id = Id()
    patient = Id(source="patient_id")
    prescription = Id(source="prescription_id", allow_null=True, help_text="Of a message about several: none.")
    kind = serializers.ChoiceField(ReminderKind.choices)
    channel = serializers.CharField()
    run_out_on = Day(allow_null=True)
    local_date = Day()
    time_zone = serializers.CharField()
    due_at = Instant()
    state = serializers.ChoiceField(ReminderState.choices)
    attempts = serializers.IntegerField()
    settled_at = Instant(allow_null=True)
    delivered_at = Instant(allow_null=True)
    answer = serializers.ChoiceField(ReminderAnswer.choices)
    answered_at = Instant(allow_null=True)


class LinkAnswer(Strict):
    """What the patient chose on the page behind the link; `token` is the part of the link that was signed."""

    token = serializers.CharField(max_length=300)
    choice = serializers.ChoiceField([choice.value for choice in Choice])


class AnswerKept(serializers.Serializer[Any]):
    """What counts as the answer now; says nothing about health."""

    answer = serializers.ChoiceField(ReminderAnswer.choices)
    answered_at = Instant(allow_null=True)


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


class Dispenses(Endpoint):
    """Fills of the patients in your care, or your own."""

    @lists_of(DispenseLine, order=("-dispensed_on", "-id"), filters=DispenseFilters, seen="dispenses")
    def get(self, by: User) -> QuerySet[Any, Any]:
        """What was dispensed, newest first."""
        return columns(reads.dispenses(by), DispenseLine)

    @writes(DispenseLine, takes=NewDispense, status=201, refuses=("not-found", "refused", "refill-refused"))
    def post(self, by: User, values: dict[str, Any]) -> object:
        """Write a fill down; reminders follow from the new run-out date."""
        return supply.record_dispense(by, values.pop("prescription"), **values)


class Reminders(Endpoint):
    """Reminders of the patients in your care, or your own."""

    @lists_of(ReminderLine, order=("due_at", "id"), filters=ReminderFilters, seen="reminders")
    def get(self, by: User) -> QuerySet[Any, Any]:
        """Reminders planned, sent and given up, the next due first."""
        return columns(messages_reads.reminders(by), ReminderLine)


class AnswerLink(Endpoint):
    """What the patient does with the link in a message, without signing in."""

    authentication_classes = []
    permission_classes = [permissions.AllowAny]

    @writes(AnswerKept, takes=LinkAnswer, refuses=("not-found", "link-expired", "refused"))
    def post(self, by: object, values: Mapping[str, Any]) -> object:
        """Confirm, ask for a refill, or put off. Doing it twice does nothing twice."""
        return messages.answer_link(values["token"], values["choice"])


class RequestRefill(Endpoint):
    """The patient asks for more of a medicine."""

    @writes(TaskReceipt, status=201, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any], prescription_id: int) -> object:
        """Ask your prescriber for a refill of one of your own medicines; asking twice on a day is asking once."""
        return supply.request_refill(by, prescription_id)
