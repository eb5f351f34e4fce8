"""What is prescribed: the list, the course of one prescription, and the dose on any day."""

import json
from dataclasses import fields
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from medmgmt import chart
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import at, lists, plain_columns, reads
from medmgmt.api.kit.fields import Amount, Day, Id, Strict, Text
from medmgmt.api.kit.shapes import Shown
from medmgmt.api.supply import DispenseLine
from medmgmt.fhir import dosage
from medmgmt.record import dosing
from medmgmt.record.models import DosageChange, Prescription, User
from refills import bounds

DOSE_STATES = ["not_started", "taking", "held", "stopped"]


UNITS = [(code, unit.one) for code, unit in dosing.UNITS.items()]
TIMINGS = [(code, timing.words) for code, timing in dosing.ORDERED_TIMINGS.items()]
SHORT = ("amount", "unit", "timing", "every_days")
"""What an order of one part says beside its route."""


class PartFields(Strict):
    """One of the amounts of an order and when it is taken; `most` is the upper end of a range."""

    amount = Amount()
    most = Amount(required=False, allow_null=True)
    unit = serializers.ChoiceField(UNITS, help_text="UCUM")
    timing = serializers.ChoiceField(TIMINGS)
    every_days = serializers.IntegerField(required=False, allow_null=True, **bounds.limits("every_days"))
    weekdays = serializers.ListField(
        child=serializers.ChoiceField(dosing.WEEKDAYS), default=list, help_text="Only on these days, Monday first."
    )
    at = serializers.ListField(child=Text(required=True, max_length=5), default=list, help_text="Clock times: 08:00.")


class SigFields(Strict):
    """By which route, and how much how often: in `parts`, or one part written short beside the route."""

    route = serializers.ChoiceField([(code, route.words) for code, route in dosing.ORDERED_ROUTES.items()])
    parts = PartFields(
        many=True, required=False, allow_empty=False, help_text="In the order of the day, all in one unit."
    )
    amount = Amount(required=False, allow_null=True)
    unit = serializers.ChoiceField(UNITS, required=False, allow_null=True)
    timing = serializers.ChoiceField(TIMINGS, required=False, allow_null=True)
    every_days = serializers.IntegerField(required=False, allow_null=True, **bounds.limits("every_days"))
    as_needed = serializers.BooleanField(default=False)
    max_per_day = Amount(required=False, allow_null=True)
    min_interval_hours = Amount(required=False, allow_null=True, help_text="As needed: hours between two doses.")
    reason = Text(max_length=200, help_text="What it is needed for.")
    hours_worn = serializers.IntegerField(required=False, allow_null=True, **bounds.limits("hours_worn"))
    words = Text(max_length=1000, help_text="As it was written.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Parts, or the one part written short."""
        said = {name for name in SHORT if attrs.get(name) is not None}
        if "parts" in attrs and said - {"unit"}:
            raise serializers.ValidationError({name: [_("Say it in the parts.")] for name in said})
        if "parts" not in attrs and {"amount", "unit", "timing"} - said:
            missing = {"amount", "unit", "timing"} - said
            raise serializers.ValidationError({name: [_("This field is required.")] for name in missing})
        return attrs


class SigOrLine(SigFields):
    """The same, or an order line as people write it: "300 mg every morning and 600 mg at bedtime"."""

    def run_validation(self, data: Any = empty) -> Any:  # Any: DRF's own signature
        """A text is read by whoever knows the product."""
        if isinstance(data, str):
            return Text(required=True, max_length=500).run_validation(data)
        return super().run_validation(data)


class SigOrLineSchema(OpenApiSerializerExtension):  # type: ignore[no-untyped-call]  # spectacular registers it, untyped
    """Either of the two in the document."""

    target_class = SigOrLine

    def map_serializer(self, auto_schema: Any, direction: Any) -> dict[str, Any]:  # Any: spectacular's own signature
        """A text or the object."""
        inner = auto_schema.resolve_serializer(SigFields, direction)
        line = {"type": "string", "minLength": 1, "maxLength": 500, "description": "An order line in words."}
        return {"oneOf": [line, inner.ref]}


def sig_of(said: dict[str, Any] | str) -> dosing.Sig | str:
    """The sig that a body says, or its line; what nobody could follow is refused in a sentence."""
    if isinstance(said, str):
        return said
    short = {name: said[name] for name in SHORT if said.get(name) is not None}
    rest = {name: value for name, value in said.items() if name not in (*SHORT, "parts")}
    parts = [dosing.Part(**part_of(part)) for part in said.get("parts") or [short]]
    return dosing.Sig(parts=tuple(parts), **rest)


def part_of(said: dict[str, Any]) -> dict[str, Any]:
    """Lists as the tuples of a part, days and times in their order."""
    days = tuple(day for day in dosing.WEEKDAYS if day in said.get("weekdays", ()))
    return {**said, "weekdays": days, "at": tuple(sorted(said.get("at", ())))}


class SigShown(SigFields):
    """A regimen, with what it comes to a day and the same in words; one part is shown short as well."""

    amount_per_day = Amount(max_digits=40, decimal_places=4)
    text = serializers.CharField()

    def to_representation(self, sig: dosing.Sig) -> dict[str, Any]:
        """Of several parts nothing is shown short."""
        [*parts] = sig.parts
        short = {name: getattr(parts[0], name) if len(parts) == 1 else None for name in SHORT}
        whole = {field.name: getattr(sig, field.name) for field in fields(sig)}
        said = {**whole, **short, "unit": sig.unit, "amount_per_day": sig.amount_per_day, "text": sig.text()}
        shown: dict[str, Any] = super().to_representation(said)
        return shown


@extend_schema_field({"type": "array", "items": {"type": "object", "additionalProperties": True}})
class DosageInstruction(serializers.Field[Any, Any, Any, Any]):
    """What is taken on a day as FHIR R4 Dosages, from the day of that dose on; none while nothing is taken."""

    def __init__(self, **said: Any) -> None:
        super().__init__(read_only=True, **said)

    def to_representation(self, dose: dosing.Dose) -> list[dict[str, Any]]:
        """FHIR's numbers are numbers of JSON."""
        told = dosage.of(dose.sig, since=dose.since) if dose.sig else []
        numbered: list[dict[str, Any]] = json.loads(json.dumps(told, default=dosage.number))
        return numbered


class PrescriptionLine(Shown):
    """A drug for a patient; what is taken of it on a day is asked of its course."""

    shows = Prescription, "id patient drug_name rxcui product_rxcui strength form free_text indication created_at"
    free_text = serializers.BooleanField(help_text="No vocabulary knows the name, so it is not checked.")


class ChangeLine(Shown):
    """A dosage change: proposed, signed or withdrawn, never edited."""

    shows = DosageChange, (
        "id patient prescription prescription.drug_name kind status effective_on sig old_sig reason_code note"
        " alongside author proposed_at signed_by signed_at signed_unchecked withdrawn_by withdrawn_at withdrawn_note"
        " prompted_by_side_effect prompted_by_observation prompted_by_plan"
    )  # fmt: skip
    sig = SigShown(allow_null=True)
    old_sig = SigShown(allow_null=True)


class MedicationLine(Shown):
    """A medicine as it stands on a day."""

    shows = chart.Medication, "prescription state line sig since runs_out_on mapped next_changes dosage_instruction"
    prescription = PrescriptionLine()
    state = serializers.ChoiceField(DOSE_STATES)
    line = serializers.CharField(help_text="The dose in words; empty while nothing is taken.")
    sig = SigShown(source="dose.sig", allow_null=True)
    runs_out_on = Day(allow_null=True, help_text="The first day without medicine, if nothing more is dispensed.")
    mapped = serializers.BooleanField(help_text="Whether the active knowledge knows the drug.")
    next_changes = ChangeLine(many=True)
    dosage_instruction = DosageInstruction(source="dose", help_text="How it is taken, as FHIR R4 Dosages.")


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
            "Every prescription, running or stopped.", order=("id",), filters=PrescriptionFilters)),
    at("prescriptions/<prescription_id>", "prescription", called="OnePrescription",
       get=reads(CourseDetails, chart.course, "The prescription as it stands today, and its whole course.")),
    at("prescriptions/<prescription_id>/dose_on", "dose-on", called="Dose", get=reads(DoseOnDay, dose_on, query=OnDay)),
]
# fmt: on
