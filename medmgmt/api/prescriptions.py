"""What is prescribed: the list, the course of one prescription, and the dose on any day."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from medmgmt import chart
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import Endpoint, columns, reads
from medmgmt.api.kit.endpoint import lists as lists_of
from medmgmt.api.kit.fields import Amount, Day, Id, Instant, Rxcui, Strict
from medmgmt.api.supply import DispenseLine
from medmgmt.record import dosing
from medmgmt.record.models import Kind, ReasonCode, Status, User

DOSE_STATES = ["not_started", "taking", "held", "stopped"]


class SigFields(Strict):
    """How much, in which UCUM unit, by which route and how often."""

    amount = Amount()
    unit = serializers.ChoiceField([(code, unit.one) for code, unit in dosing.UNITS.items()], help_text="UCUM")
    route = serializers.ChoiceField([(code, route.words) for code, route in dosing.ORDERED_ROUTES.items()])
    timing = serializers.ChoiceField([(code, timing.words) for code, timing in dosing.ORDERED_TIMINGS.items()])
    every_days = serializers.IntegerField(min_value=2, max_value=366, required=False, allow_null=True)
    as_needed = serializers.BooleanField(default=False)
    max_per_day = Amount(required=False, allow_null=True)


class SigShown(SigFields):
    """A regimen, and the same in words."""

    text = serializers.SerializerMethodField()

    def get_text(self, sig: dosing.Sig) -> str:
        """The medication line."""
        return sig.text()


class PrescriptionLine(serializers.Serializer[Any]):
    """A drug for a patient; what is taken of it on a day is asked of its course."""

    id = Id()
    patient = Id(source="patient_id")
    drug_name = serializers.CharField()
    rxcui = Rxcui(allow_null=True)
    product_rxcui = Rxcui(allow_null=True)
    strength = serializers.CharField()
    form = serializers.CharField()
    free_text = serializers.BooleanField(help_text="No vocabulary knows the name, so it is not checked.")
    indication = serializers.CharField()
    created_at = Instant()


class ChangeLine(serializers.Serializer[Any]):
    """A dosage change: proposed, signed or withdrawn, never edited."""

    id = Id()
    patient = Id(source="patient_id")
    prescription = Id(source="prescription_id")
    drug_name = serializers.CharField(source="prescription.drug_name")
    kind = serializers.ChoiceField(Kind.choices)
    status = serializers.ChoiceField(Status.choices)
    effective_on = Day()
    sig = SigShown(allow_null=True)
    old_sig = SigShown(source="old_sig_value", allow_null=True)
    reason_code = serializers.ChoiceField(ReasonCode.choices)
    note = serializers.CharField()
    author = Id(source="author_id")
    proposed_at = Instant()
    signed_by = Id(source="signed_by_id", allow_null=True)
    signed_at = Instant(allow_null=True)
    withdrawn_by = Id(source="withdrawn_by_id", allow_null=True)
    withdrawn_at = Instant(allow_null=True)
    withdrawn_note = serializers.CharField()
    prompted_by_side_effect = Id(source="prompted_by_side_effect_id", allow_null=True)
    prompted_by_observation = Id(source="prompted_by_observation_id", allow_null=True)
    prompted_by_plan = serializers.CharField()


class MedicationLine(serializers.Serializer[Any]):
    """A medicine as it stands on a day."""

    prescription = PrescriptionLine()
    state = serializers.ChoiceField(DOSE_STATES)
    line = serializers.CharField(help_text="The dose in words; empty while nothing is taken.")
    sig = SigShown(source="dose.sig", allow_null=True)
    since = Day(allow_null=True)
    runs_out_on = Day(allow_null=True, help_text="The first day without medicine, if nothing more is dispensed.")
    mapped = serializers.BooleanField(help_text="Whether the active knowledge knows the drug.")
    next_changes = ChangeLine(many=True)


class CourseDetails(serializers.Serializer[Any]):
    """One prescription with everything that was ever proposed, signed or withdrawn for it."""

    medication = MedicationLine()
    changes = ChangeLine(many=True)
    dispenses = DispenseLine(many=True)


class DoseOnDay(serializers.Serializer[Any]):
    """What is taken of a prescription on one day."""

    prescription = Id()
    day = Day()
    state = serializers.ChoiceField(DOSE_STATES)
    sig = SigShown(allow_null=True)
    since = Day(allow_null=True)
    change = Id(allow_null=True, help_text="The signed change that made it so.")


class OnDay(serializers.Serializer[Any]):
    """Which day is asked about."""

    day = Day()


class PrescriptionFilters(filters.FilterSet):
    """Prescriptions by patient and drug."""

    patient = filters.Id("patient_id")
    rxcui = filters.Id("rxcui")
    free_text = filters.YesOrNo("free_text")


class Prescriptions(Endpoint):
    """Prescriptions of the patients in your care, or your own."""

    @lists_of(PrescriptionLine, order=("id",), filters=PrescriptionFilters, seen="prescriptions")
    def get(self, by: User) -> QuerySet[Any, Any]:
        """Every prescription, running or stopped."""
        return columns(chart.prescriptions(by), PrescriptionLine)


class OnePrescription(Endpoint):
    """One prescription."""

    @reads(CourseDetails)
    def get(self, by: User, prescription_id: int) -> object:
        """The prescription as it stands today, and its whole course."""
        return chart.course(by, prescription_id)


class Dose(Endpoint):
    """The dose on a day."""

    @reads(DoseOnDay, query=OnDay)
    def get(self, by: User, prescription_id: int, day: date) -> object:
        """What is taken on any day, past or future, by what is signed today."""
        dose = chart.course(by, prescription_id, day=day).medication.dose
        found = {"state": dose.state, "sig": dose.sig, "since": dose.since, "change": dose.ref}
        return {"prescription": prescription_id, "day": day, **found}
