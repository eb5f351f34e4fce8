"""The audit trail, for administrators."""

from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from medmgmt import people
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import Endpoint, columns
from medmgmt.api.kit.endpoint import lists as lists_of
from medmgmt.api.kit.fields import Id, Instant
from medmgmt.record.models import User


class AuditLine(serializers.Serializer[Any]):
    """Who did what, when and why; ids, counts and codes only."""

    id = Id()
    chain = serializers.CharField()
    seq = serializers.IntegerField()
    at = Instant()
    actor = Id(source="actor_id", allow_null=True)
    actor_name = serializers.CharField()
    role = serializers.CharField()
    act = serializers.CharField()
    patient = Id(source="patient_id", allow_null=True)
    object_type = serializers.CharField()
    object_id = serializers.CharField()
    why = serializers.CharField()
    detail = serializers.DictField()
    request_id = serializers.CharField()
    hash = serializers.CharField()


class AuditFilters(filters.FilterSet):
    """Entries by patient, person, act and day."""

    patient = filters.Id("patient_id")
    actor = filters.Id("actor_id")
    at_from = filters.Day("at", "date__gte")
    at_until = filters.Day("at", "date__lte")


class AuditTrail(Endpoint):
    """What everybody did."""

    @lists_of(AuditLine, order=("-at", "-id"), filters=AuditFilters)
    def get(self, by: User) -> QuerySet[Any, Any]:
        """The audit trail, newest first."""
        return columns(people.audit_entries(by), AuditLine)
