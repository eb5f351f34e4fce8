"""What became of alerts, in numbers, and how far rescreenings have come."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from interactions.models import RescreenRun
from medmgmt.api.kit.endpoint import at, lists, reads
from medmgmt.api.kit.fields import Day
from medmgmt.api.kit.shapes import Shown
from medmgmt.knowledge import alerts
from medmgmt.knowledge import reads as knowledge_reads


class AlertQuery(serializers.Serializer[Any]):
    """The days, both included; the last ninety by default."""

    since = Day(required=False)
    until = Day(required=False)


class AlertLine(Shown):
    """How often one rule, severity, role or reason was shown and overridden."""

    shows = alerts.Line, "name shown overridden rate"
    rate = serializers.FloatField(help_text="Percent.")


class AlertNumbers(serializers.Serializer[Any]):
    """What interrupted, once a change, and what became of it."""

    since = Day()
    until = Day()
    total = AlertLine()
    by_rule = AlertLine(many=True)
    by_severity = AlertLine(many=True)
    by_role = AlertLine(many=True)
    by_reason = AlertLine(many=True)
    candidates = AlertLine(many=True, help_text="Shown ten times or more, and over nine in ten overridden.")
    follow_ups = serializers.IntegerField()
    kept = serializers.IntegerField()


class AlertFeedback(Shown):
    """One alert as feedback on decision support; it names no patient."""

    shows = alerts.Shown, "intervention version problem severity action feedback user role at"
    intervention = serializers.CharField(source="ruling.name")
    action = serializers.ChoiceField(["overridden", "withdrawn", "signed", "waiting"])
    feedback = serializers.CharField(source="reason", help_text="The reason that was chosen; empty where none was.")
    location = serializers.SerializerMethodField()

    def get_location(self, _shown: object) -> str:
        """The site."""
        return str(settings.SITE_NAME)


class FeedbackLines(serializers.Serializer[Any]):
    """Every alert of the days."""

    results = AlertFeedback(many=True, source="*")


class RescreenLine(Shown):
    """A change of the knowledge in use, and how far the patients it concerns have been looked at again."""

    shows = RescreenRun, (
        "id before after asked_at asked_by state changes touched screened new_findings tasks started_at finished_at"
    )  # fmt: skip
    before = serializers.ListField(child=serializers.IntegerField(), help_text="Numbers of releases.")
    after = serializers.ListField(child=serializers.IntegerField())


# fmt: off
ADDRESSES = [
    at("alerts", "alerts",
       get=reads(AlertNumbers, alerts.alerts_between,
            "Shown and overridden, by rule, severity, role and reason; follow-ups kept; candidates for demotion.",
            query=AlertQuery)),
    at("alerts/feedback", "alert-feedback", called="Feedback",
       get=reads(FeedbackLines, alerts.feedback,
            "Each alert with what was done, the reason given, by whom, when and where.", query=AlertQuery)),
    at("rescreenings", "rescreenings",
       get=lists(RescreenLine, knowledge_reads.rescreenings,
            "Every change of the knowledge in use with its progress, the newest first.", order=("-id",))),
]
# fmt: on
