"""What is seen and heard of a patient: observations, allergies, conditions, side effects."""

from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from interactions import library
from medmgmt import allergies as medmgmt_allergies
from medmgmt.actions import observing
from medmgmt.allergies import Line
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import at, lists, writes
from medmgmt.api.kit.fields import Figure, Instant, Strict, Text
from medmgmt.api.kit.shapes import BodyOfAct, Shown
from medmgmt.monitoring import alarms, understanding
from medmgmt.monitoring.alarms import Told
from medmgmt.record import access, part2
from medmgmt.record.errors import Refused
from medmgmt.record.models import (
    Allergy,
    AllergyKind,
    AllergyReaction,
    Condition,
    Encounter,
    EncounterKind,
    Observation,
    ReactionSeverity,
    User,
)


class ObservationLine(Shown):
    """A dated measurement (`value` in `unit`) or state (`value_code`)."""

    shows = (
        Observation,
        "id code loinc comparator value value_code unit observed_at recorded_by corrects entered_in_error",
    )
    comparator = serializers.CharField(help_text="<, <=, >= or > where only a bound is known.")
    unit = serializers.CharField(help_text="UCUM")


class ResultTold(Shown):
    """What a value asks of whoever looks after the patient."""

    shows = Told, "urgency value means steps sources"


class ObservationMade(ObservationLine):
    """What was written down, and what it asks for now; the nurse and the prescriber have a task about it."""

    told = serializers.SerializerMethodField()

    @extend_schema_field(ResultTold(allow_null=True))
    def get_told(self, made: Observation) -> dict[str, Any] | None:
        """None where it alarms nobody."""
        told = alarms.of_made(made.recorded_by, made)
        return ResultTold(told).data if told else None


class NewObservation(Strict):
    """A number for a measurement, as the laboratory prints it; "200/120" for a blood pressure; a code for a state."""

    code = serializers.CharField(max_length=60, help_text="Code, name or LOINC of data/observables.csv.")
    value = Figure(required=False)
    value_code = Text(max_length=40)
    unit = Text(max_length=40)
    observed_at = Instant()
    confirm = serializers.BooleanField(default=False)

    def validate(self, said: dict[str, Any]) -> dict[str, Any]:
        """It names something that can be recorded, and a figure has a digit."""
        try:
            of = understanding.called(said["code"], library.observed())
        except Refused as unknown:
            raise serializers.ValidationError({"code": str(unknown)}) from unknown
        if of.unit and "value" in said and not any(sign.isdigit() for sign in said["value"]):
            raise serializers.ValidationError({"value": _("A valid number is required.")})
        return said


class Correction(Strict):
    """What it should have been, or that there is no such value; what is not named stays."""

    value = Figure(required=False)
    value_code = Text(max_length=40)
    unit = Text(max_length=40)
    observed_at = Instant(required=False)
    confirm = serializers.BooleanField(default=False)
    entered_in_error = serializers.BooleanField(default=False)


class EncounterLine(Shown):
    """A visit on the patient's own day."""

    shows = Encounter, "id kind on by note recorded_at"


class NewEncounter(BodyOfAct):
    """How and on which day somebody of the clinic saw or spoke with the patient."""

    asks = observing.record_encounter


class ReactionLine(Shown):
    """One reaction."""

    shows = AllergyReaction, "text severity recorded_on"


class AllergyLine(Shown):
    """An allergy or intolerance that has not been refuted, or the statement that none is known (`none_known`)."""

    shows = Allergy, "id kind substance rxcui meant recorded_on"
    reaction = serializers.CharField(help_text="All of them in words.")
    severity = serializers.CharField(help_text="The severest: mild, moderate, severe or unknown.")
    reactions = ReactionLine(many=True)


class ListedAllergy(Shown):
    """A line of the allergy list with what it was understood as, and its words that no knowledge can compare."""

    shows = Line, "row.id row.kind row.substance row.rxcui row.meant row.recorded_on understood"
    not_compared = serializers.ListField(child=serializers.CharField(), source="unread")
    reaction = serializers.CharField(source="row.reaction", help_text="All of them in words.")
    severity = serializers.CharField(source="row.severity", help_text="The severest.")
    reactions = ReactionLine(many=True, source="row.reactions")


class NewAllergy(BodyOfAct):
    """An allergy or intolerance; a substance no vocabulary knows is kept as it was said."""

    asks = observing.record_allergy
    kind = serializers.ChoiceField([AllergyKind.ALLERGY, AllergyKind.INTOLERANCE], default=AllergyKind.ALLERGY)
    reaction = Text(max_length=300)
    severity = serializers.ChoiceField(ReactionSeverity.choices, default=ReactionSeverity.UNKNOWN)


class AllergyMeaning(BodyOfAct):
    """The medicine or class that is meant, or "not a medicine"."""

    asks = observing.code_allergy


class ConditionLine(Shown):
    """A diagnosis that has not abated."""

    shows = Condition, "id icd10cm text onset_on"


class NewCondition(BodyOfAct):
    """A diagnosis in words, with its ICD-10-CM code where there is one."""

    asks, only = observing.record_condition, "icd10cm text onset_on confirm"


class ObservationFilters(filters.FilterSet):
    """Observations by what was observed and when."""

    code = filters.Code("code")
    observed_from = filters.Day("observed_at", "date__gte")
    observed_until = filters.Day("observed_at", "date__lte")


class EncounterFilters(filters.FilterSet):
    """Visits by kind and day."""

    kind = filters.Choice(choices=EncounterKind.choices)
    on_from = filters.Day("on", "gte")
    on_until = filters.Day("on", "lte")


def observations(by: User, patient_id: int) -> QuerySet[Observation]:
    """What was measured or found out, newest first; corrected values are left out."""
    patient = access.patient_for(by, "view_chart", patient_id)
    return Observation.current(patient.pk).exclude(pk__in=part2.mask(by, patient.pk).of(Observation))


def encounters(by: User, patient_id: int) -> QuerySet[Encounter]:
    """When somebody of the clinic saw or spoke with the patient, newest first."""
    patient = access.patient_for(by, "view_chart", patient_id)
    return Encounter.objects.filter(patient=patient).exclude(pk__in=part2.mask(by, patient.pk).of(Encounter))


def allergies(by: User, patient_id: int) -> QuerySet[Allergy]:
    """Those that have not been refuted."""
    return listed(by, patient_id).exclude(kind=AllergyKind.NONE_KNOWN)


def statements(by: User, patient_id: int) -> QuerySet[Allergy]:
    """When somebody said that no allergy is known, newest first."""
    return listed(by, patient_id).filter(kind=AllergyKind.NONE_KNOWN)


def listed(by: User, patient_id: int) -> QuerySet[Allergy]:
    """Every line of the allergy list that holds, with its reactions."""
    patient = access.patient_for(by, "view_chart", patient_id)
    return medmgmt_allergies.holding(patient).exclude(pk__in=part2.mask(by, patient.pk).of(Allergy))


def conditions(by: User, patient_id: int) -> QuerySet[Condition]:
    """Those that have not abated."""
    patient = access.patient_for(by, "view_chart", patient_id)
    return patient.conditions.filter(abated_on=None).exclude(pk__in=part2.mask(by, patient.pk).of(Condition))


# fmt: off
ADDRESSES = [
    at("patients/<patient_id>/observations", "observations",
       get=lists(ObservationLine, observations, order=("-observed_at", "-id"), filters=ObservationFilters),
       post=writes(ObservationMade, observing.record_observation, "Write down a measurement or a state.",
            takes=NewObservation, status=201, refuses=("refused",), asks_again=True)),
    at("patients/<patient_id>/encounters", "encounters",
       get=lists(EncounterLine, encounters, order=("-on", "-id"), filters=EncounterFilters),
       post=writes(EncounterLine, observing.record_encounter,
            "Write a visit down; what waited for one since before that day closes.", takes=NewEncounter, status=201,
            refuses=("refused",), asks_again=True)),
    at("observations/<observation_id>/correct", "correct-observation",
       post=writes(ObservationMade, observing.correct_observation,
            "Another value in the place of a wrong one, or none where it was entered in error; the old one stays.",
            takes=Correction, status=201, refuses=("refused", "asked"))),
    at("patients/<patient_id>/allergies", "allergies",
       get=lists(AllergyLine, allergies, order=("substance", "id")),
       post=writes(AllergyLine, observing.record_allergy, "Write down an allergy or intolerance.", takes=NewAllergy,
            status=201, refuses=("refused",))),
    at("patients/<patient_id>/allergies/none-known", "none-known",
       get=lists(AllergyLine, statements, order=("-recorded_on", "-id"))),
    at("allergies/<allergy_id>/code", "code-allergy",
       post=writes(AllergyLine, observing.code_allergy, "Say which medicine or class a line of the allergy list means.",
            takes=AllergyMeaning, status=200, refuses=("refused",))),
    at("patients/<patient_id>/conditions", "conditions",
       get=lists(ConditionLine, conditions, order=("onset_on", "id")),
       post=writes(ConditionLine, observing.record_condition, "Write down a diagnosis.", takes=NewCondition, status=201,
            refuses=("refused", "asked"))),
]
# fmt: on
