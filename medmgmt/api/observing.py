"""What is seen and heard of a patient: observations, allergies, conditions, side effects."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from medmgmt.actions import observing
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import Endpoint, writes
from medmgmt.api.kit.endpoint import lists as lists_of
from medmgmt.api.kit.fields import Amount, Day, Id, Instant, Rxcui, Strict, Text
from medmgmt.record import access
from medmgmt.record.models import (
    Allergy,
    AllergyKind,
    Condition,
    Encounter,
    EncounterKind,
    Observation,
    ObservationCode,
    ReactionSeverity,
    User,
)
from medmgmt.record.models.observations import validate_icd10cm


class ObservationLine(serializers.Serializer[Any]):
    """A dated measurement (`value` in `unit`) or state (`value_code`)."""

    id = Id()
    code = serializers.ChoiceField(ObservationCode.choices)
    loinc = serializers.CharField()
    value = Amount(allow_null=True)
    value_code = serializers.CharField()
    unit = serializers.CharField(help_text="UCUM")
    observed_at = Instant()
    recorded_by = Id(source="recorded_by_id")
    corrects = Id(source="corrects_id", allow_null=True)
    entered_in_error = serializers.BooleanField()


class NewObservation(Strict):
    """A number for a measurement, a code for a state."""

    code = serializers.ChoiceField(ObservationCode.choices)
    value = Amount(required=False)
    value_code = Text(max_length=40)
    observed_at = Instant()


class Correction(Strict):
    """What it should have been, or that there is no such value; what is not named stays."""

    value = Amount(required=False)
    value_code = Text(max_length=40)
    observed_at = Instant(required=False)
    entered_in_error = serializers.BooleanField(default=False)


class EncounterLine(serializers.Serializer[Any]):
    """A visit on the patient's own day."""

    id = Id()
    kind = serializers.ChoiceField(EncounterKind.choices)
    on = Day()
    by = Id(source="by_id")
    note = serializers.CharField()
    recorded_at = Instant()


class NewEncounter(Strict):
    """How and on which day somebody of the clinic saw or spoke with the patient."""

    kind = serializers.ChoiceField(EncounterKind.choices)
    on = Day()
    note = Text()


class AllergyLine(serializers.Serializer[Any]):
    """An allergy or intolerance that has not been refuted."""

    id = Id()
    kind = serializers.ChoiceField(AllergyKind.choices)
    substance = serializers.CharField()
    rxcui = Rxcui(allow_null=True)
    reaction = serializers.CharField()
    severity = serializers.ChoiceField(ReactionSeverity.choices)
    recorded_on = Day()


class NewAllergy(Strict):
    """An allergy or intolerance; a substance no vocabulary knows is kept as it was said."""

    kind = serializers.ChoiceField(AllergyKind.choices, default=AllergyKind.ALLERGY)
    substance = serializers.CharField(max_length=300)
    rxcui = Rxcui(required=False, allow_null=True)
    reaction = Text(max_length=300)
    severity = serializers.ChoiceField(ReactionSeverity.choices, default=ReactionSeverity.UNKNOWN)


class ConditionLine(serializers.Serializer[Any]):
    """A diagnosis that has not abated."""

    id = Id()
    icd10cm = serializers.CharField()
    text = serializers.CharField()
    onset_on = Day(allow_null=True)


class NewCondition(Strict):
    """A diagnosis in words, with its ICD-10-CM code where there is one."""

    icd10cm = serializers.CharField(max_length=8, default="", allow_blank=True, validators=[validate_icd10cm])
    text = serializers.CharField(max_length=500)
    onset_on = Day(required=False, allow_null=True)


class ObservationFilters(filters.FilterSet):
    """Observations by what was observed and when."""

    code = filters.Choice(choices=ObservationCode.choices)
    observed_from = filters.Day("observed_at", "date__gte")
    observed_until = filters.Day("observed_at", "date__lte")


class Observations(Endpoint):
    """A patient's observations."""

    @lists_of(ObservationLine, order=("-observed_at", "-id"), filters=ObservationFilters)
    def get(self, by: User, patient_id: int) -> QuerySet[Observation]:
        """What was measured or found out, newest first; corrected values are left out."""
        return Observation.current(access.patient_for(by, "view_chart", patient_id).pk)

    @writes(ObservationLine, takes=NewObservation, status=201, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any], patient_id: int) -> object:
        """Write down a measurement or a state."""
        return observing.record_observation(by, patient_id, **values)


class CorrectObservation(Endpoint):
    """Putting an observation right."""

    @writes(ObservationLine, takes=Correction, status=201, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any], observation_id: int) -> object:
        """Another value in the place of a wrong one, or none where it was entered in error; the old one stays."""
        return observing.correct_observation(by, observation_id, **values)


class EncounterFilters(filters.FilterSet):
    """Visits by kind and day."""

    kind = filters.Choice(choices=EncounterKind.choices)
    on_from = filters.Day("on", "gte")
    on_until = filters.Day("on", "lte")


class Encounters(Endpoint):
    """A patient's visits."""

    @lists_of(EncounterLine, order=("-on", "-id"), filters=EncounterFilters)
    def get(self, by: User, patient_id: int) -> QuerySet[Encounter]:
        """When somebody of the clinic saw or spoke with the patient, newest first."""
        return Encounter.objects.filter(patient=access.patient_for(by, "view_chart", patient_id))

    @writes(EncounterLine, takes=NewEncounter, status=201, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any], patient_id: int) -> object:
        """Write a visit down; what waited for one since before that day closes."""
        return observing.record_encounter(by, patient_id, **values)


class Allergies(Endpoint):
    """A patient's allergies and intolerances."""

    @lists_of(AllergyLine, order=("substance", "id"))
    def get(self, by: User, patient_id: int) -> QuerySet[Allergy]:
        """Those that have not been refuted."""
        return access.patient_for(by, "view_chart", patient_id).allergies.filter(refuted_on=None)

    @writes(AllergyLine, takes=NewAllergy, status=201, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any], patient_id: int) -> object:
        """Write down an allergy or intolerance."""
        return observing.record_allergy(by, patient_id, **values)


class Conditions(Endpoint):
    """A patient's diagnoses."""

    @lists_of(ConditionLine, order=("onset_on", "id"))
    def get(self, by: User, patient_id: int) -> QuerySet[Condition]:
        """Those that have not abated."""
        return access.patient_for(by, "view_chart", patient_id).conditions.filter(abated_on=None)

    @writes(ConditionLine, takes=NewCondition, status=201, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any], patient_id: int) -> object:
        """Write down a diagnosis."""
        return observing.record_condition(by, patient_id, **values)
