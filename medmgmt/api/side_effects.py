"""Side effects over HTTP: reported, corrected, listed with their suspects."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from interactions.engine.red_flags import RedFlag
from medmgmt import side_effects
from medmgmt.actions.side_effects import correct_side_effect, log_side_effect
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import at, lists, reads, writes
from medmgmt.api.kit.fields import Id
from medmgmt.api.kit.shapes import BodyOfAct, Shown
from medmgmt.record.models import SideEffectReport, SideEffectSeverity, Suspect


class NewSideEffect(BodyOfAct):
    """A side effect of a patient; any term is taken down, known or not."""

    asks = log_side_effect
    patient = Id(source="patient_id")


class SideEffectCorrection(BodyOfAct):
    """What is to be said differently; what is not named stays."""

    asks, any_of = log_side_effect, True
    only = "term term_code severity began_on ended_on outcome action_taken note"


class SideEffectLine(Shown):
    """The newest version of a report."""

    shows = SideEffectReport, (
        "id patient term term_code severity began_on ended_on outcome action_taken note reporter reporter_role"
        " reported_at corrects version"
    )  # fmt: skip
    reporter_role = serializers.CharField()
    red_flags = serializers.ListField(
        child=serializers.CharField(), help_text="What in it cannot wait, by the names of red_flags.csv."
    )


class SideEffectTaken(SideEffectLine):
    """The report as it was taken down, with what the patient is to do now where it cannot wait."""

    what_to_do_now = serializers.SerializerMethodField()
    call = serializers.SerializerMethodField()

    def get_what_to_do_now(self, report: SideEffectReport) -> list[str]:
        """Sentences for the patient, in their language; empty where nothing in the report cannot wait."""
        return side_effects.what_to_do_now(report, report.patient.language)

    def get_call(self, report: SideEffectReport) -> list[str]:
        """The numbers of emergency help and of the crisis line, where it cannot wait."""
        return [settings.EMERGENCY_NUMBER, settings.CRISIS_NUMBER] if report.red_flags else []


class RedFlagLine(Shown):
    """What was heard in a report that cannot wait, and what the staff does."""

    shows = RedFlag, "flag_id label action source"


class SuspectLine(Shown):
    """A medicine suspected of a side effect, with the reasons in words."""

    shows = Suspect, "prescription prescription.drug_name rank score reasons dose_text change"
    score = serializers.FloatField()


class SideEffectDetails(serializers.Serializer[Any]):
    """A report with its suspects and every version of it, oldest first."""

    report = SideEffectTaken()
    red_flags = RedFlagLine(many=True, source="flags")
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


# fmt: off
ADDRESSES = [
    at("side-effects", "side-effects",
       get=lists(SideEffectLine, side_effects.side_effects, "The newest version of every report.",
            order=("-began_on", "-id"), filters=SideEffectFilters),
       post=writes(SideEffectTaken, log_side_effect,
            "Take a side effect down; what may have caused it is ranked, and a psychiatrist finds the task.",
            takes=NewSideEffect, status=201, refuses=("not-found", "refused", "asked"), links_to="api:side-effect")),
    at("side-effects/<report_id>", "side-effect", called="OneSideEffect",
       get=reads(SideEffectDetails, side_effects.side_effect, "A report with its suspects and versions.")),
    at("side-effects/<report_id>/correct", "correct-side-effect",
       post=writes(SideEffectTaken, correct_side_effect, "A new version of a report; the old one stays.",
            takes=SideEffectCorrection, status=201, refuses=("refused",), links_to="api:side-effect")),
]
# fmt: on
