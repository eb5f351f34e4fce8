"""What is seen and heard of a patient: observations, allergies, conditions, side effects."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from medmgmt import chart, lists
from medmgmt.actions import monitoring
from medmgmt.api import filters
from medmgmt.api.endpoint import Endpoint, reads, writes
from medmgmt.api.endpoint import lists as lists_of
from medmgmt.api.fields import Amount, Day, Id, Instant, Rxcui, Strict, Text
from medmgmt.record import access
from medmgmt.record.models import (
    ActionTaken,
    Allergy,
    AllergyKind,
    Condition,
    Encounter,
    EncounterKind,
    Observation,
    ObservationCode,
    Outcome,
    ReactionSeverity,
    SideEffectReport,
    SideEffectSeverity,
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


class SideEffectFields(Strict):
    """What can be said of a side effect."""

    term = serializers.CharField(max_length=200)
    term_code = Text(max_length=40)
    severity = serializers.ChoiceField(SideEffectSeverity.choices)
    began_on = Day()
    ended_on = Day(required=False, allow_null=True)
    outcome = serializers.ChoiceField(Outcome.choices, default=Outcome.UNKNOWN)
    action_taken = serializers.ChoiceField(ActionTaken.choices, default=ActionTaken.NONE_YET)
    note = Text()


class NewSideEffect(SideEffectFields):
    """A side effect of a patient; any term is taken down, known or not."""

    patient = Id()


class SideEffectCorrection(Strict):
    """What is to be said differently; what is not named stays."""

    term = serializers.CharField(max_length=200, required=False)
    term_code = serializers.CharField(max_length=40, required=False, allow_blank=True)
    severity = serializers.ChoiceField(SideEffectSeverity.choices, required=False)
    began_on = Day(required=False)
    ended_on = Day(required=False, allow_null=True)
    outcome = serializers.ChoiceField(Outcome.choices, required=False)
    action_taken = serializers.ChoiceField(ActionTaken.choices, required=False)
    note = serializers.CharField(max_length=4000, required=False, allow_blank=True)


class SideEffectLine(serializers.Serializer[Any]):
    """The newest version of a report."""

    id = Id()
    patient = Id(source="patient_id")
    term = serializers.CharField()
    term_code = serializers.CharField()
    severity = serializers.ChoiceField(SideEffectSeverity.choices)
    began_on = Day()
    ended_on = Day(allow_null=True)
    outcome = serializers.ChoiceField(Outcome.choices)
    action_taken = serializers.ChoiceField(ActionTaken.choices)
    note = serializers.CharField()
    reporter = Id(source="reporter_id")
    reporter_role = serializers.CharField()
    reported_at = Instant()
    corrects = Id(source="corrects_id", allow_null=True)
    version = serializers.IntegerField()


class SuspectLine(serializers.Serializer[Any]):
    """A medicine suspected of a side effect, with the reasons in words."""

    prescription = Id(source="prescription_id")
    drug_name = serializers.CharField(source="prescription.drug_name")
    rank = serializers.IntegerField()
    score = serializers.FloatField()
    reasons = serializers.ListField(child=serializers.CharField())
    dose_text = serializers.CharField()
    change = Id(source="change_id", allow_null=True)


class SideEffectDetails(serializers.Serializer[Any]):
    """A report with its suspects and every version of it, oldest first."""

    report = SideEffectLine()
    suspects = SuspectLine(many=True)
    versions = SideEffectLine(many=True)
    tasks = serializers.SerializerMethodField()

    def get_tasks(self, page: chart.SideEffectPage) -> list[int]:
        """The numbers of the tasks it opened."""
        return [task.pk for task in page.tasks]


class ObservationFilters(filters.FilterSet):
    """Observations by what was observed and when."""

    code = filters.Choice(choices=ObservationCode.choices)
    observed_from = filters.Day("observed_at", "date__gte")
    observed_until = filters.Day("observed_at", "date__lte")


class SideEffectFilters(filters.FilterSet):
    """Reports by patient, severity and onset."""

    patient = filters.Id("patient_id")
    severity = filters.Choice(choices=SideEffectSeverity.choices)
    began_from = filters.Day("began_on", "gte")
    began_until = filters.Day("began_on", "lte")
    is_over = filters.YesOrNo("ended_on", lookup_expr="isnull", exclude=True)


class Observations(Endpoint):
    """A patient's observations."""

    @lists_of(ObservationLine, order=("-observed_at", "-id"), filters=ObservationFilters)
    def get(self, by: User, patient_id: int) -> QuerySet[Observation]:
        """What was measured or found out, newest first; corrected values are left out."""
        return Observation.current(access.patient_for(by, "view_chart", patient_id).pk)

    @writes(ObservationLine, takes=NewObservation, status=201, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any], patient_id: int) -> object:
        """Write down a measurement or a state."""
        return monitoring.record_observation(by, patient_id, **values)


class CorrectObservation(Endpoint):
    """Putting an observation right."""

    @writes(ObservationLine, takes=Correction, status=201, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any], observation_id: int) -> object:
        """Another value in the place of a wrong one, or none where it was entered in error; the old one stays."""
        return monitoring.correct_observation(by, observation_id, **values)


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
        return monitoring.record_encounter(by, patient_id, **values)


class Allergies(Endpoint):
    """A patient's allergies and intolerances."""

    @lists_of(AllergyLine, order=("substance", "id"))
    def get(self, by: User, patient_id: int) -> QuerySet[Allergy]:
        """Those that have not been refuted."""
        return access.patient_for(by, "view_chart", patient_id).allergies.filter(refuted_on=None)

    @writes(AllergyLine, takes=NewAllergy, status=201, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any], patient_id: int) -> object:
        """Write down an allergy or intolerance."""
        return monitoring.record_allergy(by, patient_id, **values)


class Conditions(Endpoint):
    """A patient's diagnoses."""

    @lists_of(ConditionLine, order=("onset_on", "id"))
    def get(self, by: User, patient_id: int) -> QuerySet[Condition]:
        """Those that have not abated."""
        return access.patient_for(by, "view_chart", patient_id).conditions.filter(abated_on=None)

    @writes(ConditionLine, takes=NewCondition, status=201, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any], patient_id: int) -> object:
        """Write down a diagnosis."""
        return monitoring.record_condition(by, patient_id, **values)


class SideEffects(Endpoint):
    """Side effects of the patients in your care, or your own."""

    @lists_of(SideEffectLine, order=("-began_on", "-id"), filters=SideEffectFilters, seen="side_effects")
    def get(self, by: User) -> QuerySet[SideEffectReport]:
        """The newest version of every report."""
        return lists.side_effects(by)

    @writes(
        SideEffectLine, takes=NewSideEffect, status=201, refuses=("not-found", "refused"), links_to="api:side-effect"
    )
    def post(self, by: User, values: dict[str, Any]) -> object:
        """Take a side effect down; what may have caused it is ranked, and a psychiatrist finds the task."""
        return monitoring.log_side_effect(by, values.pop("patient"), **values)


class OneSideEffect(Endpoint):
    """One side effect."""

    @reads(SideEffectDetails)
    def get(self, by: User, report_id: int) -> object:
        """A report with its suspects and versions."""
        return chart.side_effect(by, report_id)


class CorrectSideEffect(Endpoint):
    """Saying a side effect differently."""

    @writes(SideEffectLine, takes=SideEffectCorrection, status=201, refuses=("refused",), links_to="api:side-effect")
    def post(self, by: User, values: Mapping[str, Any], report_id: int) -> object:
        """A new version of a report; the old one stays."""
        return monitoring.correct_side_effect(by, report_id, **values)
