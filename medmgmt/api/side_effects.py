"""Side effects over HTTP: reported, corrected, listed with their suspects."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from medmgmt import side_effects
from medmgmt.actions import side_effects as actions_side_effects
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import Endpoint, reads, writes
from medmgmt.api.kit.endpoint import lists as lists_of
from medmgmt.api.kit.fields import Day, Id, Instant, Strict, Text
from medmgmt.record.models import ActionTaken, Outcome, SideEffectReport, SideEffectSeverity, User


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

    def get_tasks(self, page: side_effects.SideEffectPage) -> list[int]:
        """The numbers of the tasks it opened."""
        return [task.pk for task in page.tasks]


class SideEffectFilters(filters.FilterSet):
    """Reports by patient, severity and onset."""

    patient = filters.Id("patient_id")
    severity = filters.Choice(choices=SideEffectSeverity.choices)
    began_from = filters.Day("began_on", "gte")
    began_until = filters.Day("began_on", "lte")
    is_over = filters.YesOrNo("ended_on", lookup_expr="isnull", exclude=True)


class SideEffects(Endpoint):
    """Side effects of the patients in your care, or your own."""

    @lists_of(SideEffectLine, order=("-began_on", "-id"), filters=SideEffectFilters, seen="side_effects")
    def get(self, by: User) -> QuerySet[SideEffectReport]:
        """The newest version of every report."""
        return side_effects.side_effects(by)

    @writes(
        SideEffectLine, takes=NewSideEffect, status=201, refuses=("not-found", "refused"), links_to="api:side-effect"
    )
    def post(self, by: User, values: dict[str, Any]) -> object:
        """Take a side effect down; what may have caused it is ranked, and a psychiatrist finds the task."""
        return actions_side_effects.log_side_effect(by, values.pop("patient"), **values)


class OneSideEffect(Endpoint):
    """One side effect."""

    @reads(SideEffectDetails)
    def get(self, by: User, report_id: int) -> object:
        """A report with its suspects and versions."""
        return side_effects.side_effect(by, report_id)


class CorrectSideEffect(Endpoint):
    """Saying a side effect differently."""

    @writes(SideEffectLine, takes=SideEffectCorrection, status=201, refuses=("refused",), links_to="api:side-effect")
    def post(self, by: User, values: Mapping[str, Any], report_id: int) -> object:
        """A new version of a report; the old one stays."""
        return actions_side_effects.correct_side_effect(by, report_id, **values)
