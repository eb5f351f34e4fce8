"""Prescriptions for the pharmacy, limited dispensing, releases of a supply that waits for a lab, counts at home."""

from typing import Any

from rest_framework import serializers

from medmgmt.actions import authorising, monitoring, supply
from medmgmt.actions.authorising import Written
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import at, lists, writes
from medmgmt.api.kit.fields import Amount, Day, Id, Strict
from medmgmt.api.kit.shapes import BodyOfAct, Shown
from medmgmt.record import dosing
from medmgmt.record.models import User
from medmgmt.supply import reads
from refills import bounds
from refills.models import Authorisation, GateRelease, LimitLifted, PillCount, Revocation, SupplyLimit

UNITS = [(code, unit.one) for code, unit in dosing.UNITS.items()]
NOT_FOUND = ("not-found", "refused")
REFUSES = (*NOT_FOUND, "refill-refused", "asked")


class RevokedLine(Shown):
    """Since when nothing more may be filled on it."""

    shows = Revocation, "on revoked_by revoked_at"


class AuthorisationLine(Shown):
    """What was written for the pharmacy; `revoked` where it was taken back."""

    shows = Authorisation, (
        "id patient prescription issued_on quantity unit days_supply refills may_fill_from authorised_by"
        " authorised_at revoked"
    )  # fmt: skip
    revoked = RevokedLine(allow_null=True)


class NewPart(Strict):
    """One prescription: quantity of one fill, its days, refills, the first day it may be filled."""

    quantity = Amount(max_digits=10, decimal_places=3, **bounds.limits("quantity"))
    unit = serializers.ChoiceField(UNITS, help_text="UCUM")
    days_supply = serializers.IntegerField(**bounds.limits("days_supply"))
    refills = serializers.IntegerField(default=0, **bounds.limits("refills"))
    may_fill_from = Day(required=False, allow_null=True)


class NewSeries(Strict):
    """What is written in one go: one prescription, or a series as schedule II allows. All are written, or none."""

    prescription = Id(source="prescription_id")
    parts = serializers.ListField(child=NewPart(), min_length=1, max_length=authorising.MOST_PARTS)
    quantity_meant = serializers.BooleanField(
        default=False, help_text="The quantity is meant although it does not last the days stated."
    )
    confirm = serializers.BooleanField(
        default=False, help_text="It is meant although the same was written on this day and nothing of it is filled."
    )


class Series(serializers.Serializer[Any]):
    """What was written."""

    authorisations = AuthorisationLine(many=True, source="*")


class Reasoned(Strict):
    """A reason."""

    why = serializers.CharField(max_length=2000)


class RevocationLine(Shown):
    """A prescription that was taken back."""

    shows = Revocation, "id authorisation on why revoked_by"


class NewLimit(BodyOfAct):
    """Limited dispensing: of one medicine, or of all where none is named."""

    asks, only = authorising.limit_supply, "prescription most_days until why"
    most_days = serializers.IntegerField(min_value=1, max_value=90)
    why = serializers.CharField(max_length=2000)


class LimitLine(Shown):
    """At most so many days at once, from one day to another."""

    shows = SupplyLimit, "id patient prescription most_days since until why set_by"


class LiftedLine(Shown):
    """A limit that ended before its day."""

    shows = LimitLifted, "id limit why lifted_by"


class NewRelease(BodyOfAct):
    """Why the supply goes on without its lab, and until when."""

    asks = monitoring.release_lab_gate
    why = serializers.CharField(max_length=2000)


class GateReleaseLine(Shown):
    """A reasoned release of a supply that waits for a lab."""

    shows = GateRelease, "id prescription code missing since until why released_by"


class NewCount(BodyOfAct):
    """Units found at home before that day's dose."""

    asks = supply.count_pills
    unit = serializers.ChoiceField(UNITS, help_text="UCUM")


class CountLine(Shown):
    """A count."""

    shows = PillCount, "id prescription counted_on quantity unit"


class SupplyFilters(filters.FilterSet):
    """By patient and prescription."""

    patient = filters.Id("patient_id")
    prescription = filters.Id("prescription_id")


def authorise(
    by: User, *, prescription_id: int, parts: list[dict[str, Any]], quantity_meant: bool, confirm: bool
) -> list[Authorisation]:
    """Write a prescription or a series; a refusal names each rule, its source and until when."""
    written = [Written(**part) for part in parts]
    meant = {"quantity_meant": quantity_meant, "confirm": confirm}
    return authorising.authorise_series(by, prescription_id, parts=written, **meant)


# fmt: off
ADDRESSES = [
    at("authorisations", "authorisations",
       get=lists(AuthorisationLine, reads.authorisations,
            "What was written, newest first.", order=("-issued_on", "-id"), filters=SupplyFilters),
       post=writes(Series, authorise, takes=NewSeries, status=201, refuses=REFUSES)),
    at("authorisations/<authorisation_id>/revoke", "revoke",
       post=writes(RevocationLine, authorising.revoke, "Nothing more may be filled on it from today on.",
            takes=Reasoned, status=201, refuses=NOT_FOUND)),
    at("patients/<patient_id>/supply-limits", "supply-limits",
       post=writes(LimitLine, authorising.limit_supply,
            "Hand out less at once, of one medicine or of all, until a day.", takes=NewLimit, status=201,
            refuses=NOT_FOUND)),
    at("supply-limits/<limit_id>/lift", "lift-limit",
       post=writes(LiftedLine, authorising.lift_limit, "Lift it, with a reason.", takes=Reasoned, status=201,
            refuses=NOT_FOUND)),
    at("prescriptions/<prescription_id>/release-lab-gate", "release-lab-gate", called="ReleaseGate",
       post=writes(GateReleaseLine, monitoring.release_lab_gate,
            "Let it go on without the lab, with a reason and until a day.", takes=NewRelease, status=201,
            refuses=NOT_FOUND)),
    at("prescriptions/<prescription_id>/pill-counts", "pill-counts", called="CountPills",
       post=writes(CountLine, supply.count_pills, "Write a count down; the supply is counted from it.", takes=NewCount,
            status=201, refuses=NOT_FOUND)),
]
# fmt: on
