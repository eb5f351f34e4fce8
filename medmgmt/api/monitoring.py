"""What a card asks to be measured, ordered over the API, and every order of a patient."""

from typing import Any

from rest_framework import serializers

from medmgmt.actions import monitoring
from medmgmt.api.kit.endpoint import at, lists, reads, writes
from medmgmt.api.kit.fields import Strict
from medmgmt.api.kit.shapes import Shown
from medmgmt.monitoring import measures
from medmgmt.record.models import MonitoringOrder, Observation, User


class OrderLine(Shown):
    """A monitoring order, like a FHIR ServiceRequest; it is never edited."""

    shows = MonitoringOrder, "id patient code loinc what due_on problem ordered_by ordered_at replaces"


class LastResult(Shown):
    """The newest observation of a code."""

    shows = Observation, "id value value_code unit observed_at"
    value = serializers.CharField(allow_null=True)


class MeasureLine(Shown):
    """One thing to measure: when, why, the last result, and the order that waits."""

    shows = measures.Measure, (
        "wanted.code wanted.loinc wanted.kind wanted.what due_on wanted.schedule citation last is_recent"
        " is_out_of_range order"
    )  # fmt: skip
    citation = serializers.CharField(source="wanted.source")
    last = LastResult(allow_null=True)
    is_recent = serializers.BooleanField(help_text="The last result still serves as the baseline.")
    is_out_of_range = serializers.BooleanField(help_text="The last result lies out of the usual range: it never does.")
    order = OrderLine(allow_null=True)


class MeasuresOfCard(serializers.Serializer[Any]):
    """What the card of a finding asks to be measured."""

    results = MeasureLine(many=True, source="measures")


class NewOrder(Strict):
    """One of the codes that the card asks for."""

    code = serializers.CharField(max_length=20)


def order(by: User, finding_id: int, *, code: str) -> MonitoringOrder:
    """Order one of them; ordered twice it is one order, and the answer is the one that stands."""
    return monitoring.order_monitoring(by, finding_id, code=code).order


# fmt: off
ADDRESSES = [
    at("findings/<finding_id>/monitoring", "card-monitoring",
       get=reads(MeasuresOfCard, measures.of_card,
            "What the card of this finding asks to be measured, with last results and orders."),
       post=writes(OrderLine, order, takes=NewOrder, status=201, refuses=("refused",))),
    at("patients/<patient_id>/monitoring-orders", "monitoring-orders",
       get=lists(OrderLine, measures.of_patient, "Every order, the newest first.", order=("-id",))),
]
# fmt: on
