"""What became of alerts, in numbers, and how far rescreenings have come."""

from datetime import date
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from rest_framework import serializers

from interactions.models import RescreenRun, RunState
from medmgmt.api.kit.endpoint import Endpoint, reads
from medmgmt.api.kit.endpoint import lists as lists_of
from medmgmt.api.kit.fields import Day, Id, Instant
from medmgmt.knowledge import alerts
from medmgmt.knowledge import reads as knowledge_reads
from medmgmt.record.models import User


class AlertQuery(serializers.Serializer[Any]):
    """The days, both included; the last ninety by default."""

    since = Day(required=False)
    until = Day(required=False)


class AlertLine(serializers.Serializer[Any]):
    """How often one rule, severity, role or reason was shown and overridden."""

    name = serializers.CharField()
    shown = serializers.IntegerField()
    overridden = serializers.IntegerField()
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


class AlertFeedback(serializers.Serializer[Any]):
    """One alert as feedback on decision support; it names no patient."""

    intervention = serializers.CharField(source="ruling.name")
    version = serializers.CharField()
    problem = serializers.CharField()
    severity = serializers.CharField()
    action = serializers.ChoiceField(["overridden", "withdrawn", "signed", "waiting"])
    feedback = serializers.CharField(source="reason", help_text="The reason that was chosen; empty where none was.")
    user = serializers.CharField()
    role = serializers.CharField()
    at = Instant()
    location = serializers.SerializerMethodField()

    def get_location(self, _shown: object) -> str:
        """The site."""
        return str(settings.SITE_NAME)


class FeedbackLines(serializers.Serializer[Any]):
    """Every alert of the days."""

    results = AlertFeedback(many=True)


class RescreenLine(serializers.Serializer[Any]):
    """A change of the knowledge in use, and how far the patients it concerns have been looked at again."""

    id = Id()
    before = serializers.ListField(child=serializers.IntegerField(), help_text="Numbers of releases.")
    after = serializers.ListField(child=serializers.IntegerField())
    asked_at = Instant()
    asked_by = Id(source="asked_by_id", allow_null=True)
    state = serializers.ChoiceField(RunState.choices)
    changes = serializers.DictField()
    touched = serializers.IntegerField()
    screened = serializers.IntegerField()
    new_findings = serializers.IntegerField()
    tasks = serializers.IntegerField()
    started_at = Instant(allow_null=True)
    finished_at = Instant(allow_null=True)


class Alerts(Endpoint):
    """Alert analytics."""

    @reads(AlertNumbers, query=AlertQuery)
    def get(self, by: User, since: date | None = None, until: date | None = None) -> object:
        """Shown and overridden, by rule, severity, role and reason; follow-ups kept; candidates for demotion."""
        return alerts.of(by, since, until)


class Feedback(Endpoint):
    """Feedback on decision support."""

    @reads(FeedbackLines, query=AlertQuery)
    def get(self, by: User, since: date | None = None, until: date | None = None) -> object:
        """Each alert with what was done, the reason given, by whom, when and where."""
        return {"results": alerts.feedback(by, since, until)}


class Rescreenings(Endpoint):
    """Rescreenings."""

    @lists_of(RescreenLine, order=("-id",))
    def get(self, by: User) -> QuerySet[RescreenRun]:
        """Every change of the knowledge in use with its progress, the newest first."""
        return knowledge_reads.rescreenings(by)
