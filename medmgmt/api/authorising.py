"""Prescriptions for the pharmacy, limited dispensing, releases of a supply that waits for a lab, counts at home."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from medmgmt.actions import authorising, monitoring, supply
from medmgmt.actions.authorising import Written
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import Endpoint, columns, writes
from medmgmt.api.kit.endpoint import lists as lists_of
from medmgmt.api.kit.fields import Amount, Day, Id, Instant, Strict
from medmgmt.record import dosing
from medmgmt.record.models import User
from medmgmt.supply import reads

UNITS = [(code, unit.one) for code, unit in dosing.UNITS.items()]
REFUSES = ("not-found", "refused", "refill-refused")


class AuthorisationLine(serializers.Serializer[Any]):
    """What was written for the pharmacy."""

    id = Id()
    patient = Id(source="patient_id")
    prescription = Id(source="prescription_id")
    issued_on = Day()
    quantity = Amount(max_digits=10, decimal_places=3)
    unit = serializers.CharField()
    days_supply = serializers.IntegerField()
    refills = serializers.IntegerField()
    may_fill_from = Day(allow_null=True)
    authorised_by = Id(source="authorised_by_id")
    authorised_at = Instant()


class NewPart(Strict):
    """One prescription: quantity of one fill, its days, refills, the first day it may be filled."""

    quantity = Amount(max_digits=10, decimal_places=3, min_value=0)
    unit = serializers.ChoiceField(UNITS, help_text="UCUM")
    days_supply = serializers.IntegerField(min_value=1, max_value=366)
    refills = serializers.IntegerField(min_value=0, max_value=99, default=0)
    may_fill_from = Day(required=False, allow_null=True)


class NewSeries(Strict):
    """What is written in one go: one prescription, or a series as schedule II allows. All are written, or none."""

    prescription = Id()
    parts = serializers.ListField(child=NewPart(), min_length=1, max_length=authorising.MOST_PARTS)
    quantity_meant = serializers.BooleanField(
        default=False, help_text="The quantity is meant although it does not last the days stated."
    )


class Series(serializers.Serializer[Any]):
    """What was written."""

    authorisations = AuthorisationLine(many=True)


class Reasoned(Strict):
    """A reason."""

    why = serializers.CharField(max_length=2000)


class RevocationLine(serializers.Serializer[Any]):
    """A prescription that was taken back."""

    id = Id()
    authorisation = Id(source="authorisation_id")
    on = Day()
    why = serializers.CharField()
    revoked_by = Id(source="revoked_by_id")


class NewLimit(Strict):
    """Limited dispensing: of one medicine, or of all where none is named."""

    prescription = Id(required=False, allow_null=True)
    most_days = serializers.IntegerField(min_value=1, max_value=90)
    until = Day()
    why = serializers.CharField(max_length=2000)


class LimitLine(serializers.Serializer[Any]):
    """At most so many days at once, from one day to another."""

    id = Id()
    patient = Id(source="patient_id")
    prescription = Id(source="prescription_id", allow_null=True)
    most_days = serializers.IntegerField()
    since = Day()
    until = Day()
    why = serializers.CharField()
    set_by = Id(source="set_by_id")


class LiftedLine(serializers.Serializer[Any]):
    """A limit that ended before its day."""

    id = Id()
    limit = Id(source="limit_id")
    why = serializers.CharField()
    lifted_by = Id(source="lifted_by_id")


class NewRelease(Strict):
    """Why the supply goes on without its lab, and until when."""

    why = serializers.CharField(max_length=2000)
    until = Day()


class GateReleaseLine(serializers.Serializer[Any]):
    """A reasoned release of a supply that waits for a lab."""

    id = Id()
    prescription = Id(source="prescription_id")
    code = serializers.CharField()
    missing = serializers.CharField()
    since = Day(allow_null=True)
    until = Day()
    why = serializers.CharField()
    released_by = Id(source="released_by_id")


class NewCount(Strict):
    """Units found at home before that day's dose."""

    counted_on = Day()
    quantity = Amount(max_digits=10, decimal_places=3, min_value=0)
    unit = serializers.ChoiceField(UNITS, help_text="UCUM")


class CountLine(serializers.Serializer[Any]):
    """A count."""

    id = Id()
    prescription = Id(source="prescription_id")
    counted_on = Day()
    quantity = Amount(max_digits=10, decimal_places=3)
    unit = serializers.CharField()


class SupplyFilters(filters.FilterSet):
    """By patient and prescription."""

    patient = filters.Id("patient_id")
    prescription = filters.Id("prescription_id")


class Authorisations(Endpoint):
    """Prescriptions for the pharmacy."""

    @lists_of(AuthorisationLine, order=("-issued_on", "-id"), filters=SupplyFilters, seen="authorisations")
    def get(self, by: User) -> QuerySet[Any, Any]:
        """What was written, newest first."""
        return columns(reads.authorisations(by), AuthorisationLine)

    @writes(Series, takes=NewSeries, status=201, refuses=REFUSES)
    def post(self, by: User, values: dict[str, Any]) -> object:
        """Write a prescription or a series; a refusal names each rule, its source and until when."""
        parts = [Written(**part) for part in values["parts"]]
        made = authorising.authorise_series(
            by, values["prescription"], parts=parts, quantity_meant=values["quantity_meant"]
        )
        return {"authorisations": made}


class Revoke(Endpoint):
    """Taking a prescription back."""

    @writes(RevocationLine, takes=Reasoned, status=201, refuses=("not-found", "refused"))
    def post(self, by: User, values: Mapping[str, Any], authorisation_id: int) -> object:
        """Nothing more may be filled on it from today on."""
        return authorising.revoke(by, authorisation_id, why=values["why"])


class SupplyLimits(Endpoint):
    """Limited dispensing."""

    @writes(LimitLine, takes=NewLimit, status=201, refuses=("not-found", "refused"))
    def post(self, by: User, values: dict[str, Any], patient_id: int) -> object:
        """Hand out less at once, of one medicine or of all, until a day."""
        prescription_id = values.pop("prescription", None)
        return authorising.limit_supply(by, patient_id, prescription_id=prescription_id, **values)


class LiftLimit(Endpoint):
    """Ending limited dispensing before its day."""

    @writes(LiftedLine, takes=Reasoned, status=201, refuses=("not-found", "refused"))
    def post(self, by: User, values: Mapping[str, Any], limit_id: int) -> object:
        """Lift it, with a reason."""
        return authorising.lift_limit(by, limit_id, why=values["why"])


class ReleaseGate(Endpoint):
    """Supply that waits for a lab."""

    @writes(GateReleaseLine, takes=NewRelease, status=201, refuses=("not-found", "refused"))
    def post(self, by: User, values: Mapping[str, Any], prescription_id: int) -> object:
        """Let it go on without the lab, with a reason and until a day."""
        return monitoring.release_lab_gate(by, prescription_id, **values)


class CountPills(Endpoint):
    """What is at home."""

    @writes(CountLine, takes=NewCount, status=201, refuses=("not-found", "refused"))
    def post(self, by: User, values: Mapping[str, Any], prescription_id: int) -> object:
        """Write a count down; the supply is counted from it."""
        return supply.count_pills(by, prescription_id, **values)
