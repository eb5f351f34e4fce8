"""What a card asks to be measured, ordered over the API, and every order of a patient."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from medmgmt.actions import monitoring
from medmgmt.api.kit.endpoint import Endpoint, reads, writes
from medmgmt.api.kit.endpoint import lists as lists_of
from medmgmt.api.kit.fields import Day, Id, Instant, Strict
from medmgmt.monitoring import measures
from medmgmt.record.models import MonitoringOrder, User


class OrderLine(serializers.Serializer[Any]):
    """A monitoring order, like a FHIR ServiceRequest; it is never edited."""

    id = Id()
    patient = Id(source="patient_id")
    code = serializers.CharField()
    loinc = serializers.CharField()
    what = serializers.CharField()
    due_on = Day()
    problem = serializers.CharField()
    ordered_by = Id(source="ordered_by_id")
    ordered_at = Instant()
    replaces = Id(source="replaces_id", allow_null=True)


class LastResult(serializers.Serializer[Any]):
    """The newest observation of a code."""

    id = Id()
    value = serializers.CharField(allow_null=True)
    value_code = serializers.CharField()
    unit = serializers.CharField()
    observed_at = Instant()


class MeasureLine(serializers.Serializer[Any]):
    """One thing to measure: when, why, the last result, and the order that waits."""

    code = serializers.CharField(source="wanted.code")
    loinc = serializers.CharField(source="wanted.loinc")
    kind = serializers.CharField(source="wanted.kind")
    what = serializers.CharField(source="wanted.what")
    due_on = Day()
    schedule = serializers.CharField(source="wanted.schedule")
    citation = serializers.CharField(source="wanted.source")
    last = LastResult(allow_null=True)
    is_recent = serializers.BooleanField(help_text="The last result still serves as the baseline.")
    order = OrderLine(allow_null=True)


class MeasuresOfCard(serializers.Serializer[Any]):
    """What the card of a finding asks to be measured."""

    results = MeasureLine(many=True, source="measures")


class NewOrder(Strict):
    """One of the codes that the card asks for."""

    code = serializers.CharField(max_length=20)


class CardMonitoring(Endpoint):
    """The monitoring of one card."""

    @reads(MeasuresOfCard)
    def get(self, by: User, finding_id: int) -> object:
        """What the card of this finding asks to be measured, with last results and orders."""
        return measures.of_card(by, finding_id)

    @writes(OrderLine, takes=NewOrder, status=201, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any], finding_id: int) -> object:
        """Order one of them; ordered twice it is one order, and the answer is the one that stands."""
        return monitoring.order_monitoring(by, finding_id, code=values["code"]).order


class MonitoringOrders(Endpoint):
    """The monitoring orders of one patient."""

    @lists_of(OrderLine, order=("-id",))
    def get(self, by: User, patient_id: int) -> QuerySet[MonitoringOrder]:
        """Every order, the newest first."""
        return measures.of_patient(by, patient_id)
