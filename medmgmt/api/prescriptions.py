"""What is prescribed: the list, the course of one prescription, and the dose on any day."""

from datetime import date
from typing import Any

from rest_framework import serializers

from medmgmt import chart
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import at, lists, plain_columns, reads
from medmgmt.api.kit.fields import Amount, Day, Id, Strict
from medmgmt.api.kit.shapes import Shown
from medmgmt.api.supply import DispenseLine
from medmgmt.record import dosing
from medmgmt.record.models import DosageChange, Prescription, User

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


class PrescriptionLine(Shown):
    """A drug for a patient; what is taken of it on a day is asked of its course."""

    shows = Prescription, "id patient drug_name rxcui product_rxcui strength form free_text indication created_at"
    free_text = serializers.BooleanField(help_text="No vocabulary knows the name, so it is not checked.")


class ChangeLine(Shown):
    """A dosage change: proposed, signed or withdrawn, never edited."""

    shows = DosageChange, (
        "id patient prescription prescription.drug_name kind status effective_on sig old_sig reason_code note"
        " alongside author"
        " proposed_at signed_by signed_at withdrawn_by withdrawn_at withdrawn_note prompted_by_side_effect"
        " prompted_by_observation prompted_by_plan"
    )  # fmt: skip
    sig = SigShown(allow_null=True)
    old_sig = SigShown(source="old_sig_value", allow_null=True)


class MedicationLine(Shown):
    """A medicine as it stands on a day."""

    shows = chart.Medication, "prescription state line sig since runs_out_on mapped next_changes"
    prescription = PrescriptionLine()
    state = serializers.ChoiceField(DOSE_STATES)
    line = serializers.CharField(help_text="The dose in words; empty while nothing is taken.")
    sig = SigShown(source="dose.sig", allow_null=True)
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


def dose_on(by: User, prescription_id: int, *, day: date) -> dict[str, object]:
    """What is taken on any day, past or future, by what is signed today."""
    dose = chart.course(by, prescription_id, day=day).medication.dose
    found = {"state": dose.state, "sig": dose.sig, "since": dose.since, "change": dose.ref}
    return {"prescription": prescription_id, "day": day, **found}


# fmt: off
ADDRESSES = [
    at("prescriptions", "prescriptions",
       get=lists(PrescriptionLine, plain_columns(chart.prescriptions, PrescriptionLine),
            "Every prescription, running or stopped.", order=("id",), filters=PrescriptionFilters,
            seen="prescriptions")),
    at("prescriptions/<prescription_id>", "prescription", called="OnePrescription",
       get=reads(CourseDetails, chart.course, "The prescription as it stands today, and its whole course.")),
    at("prescriptions/<prescription_id>/dose_on", "dose-on", called="Dose", get=reads(DoseOnDay, dose_on, query=OnDay)),
]
# fmt: on
