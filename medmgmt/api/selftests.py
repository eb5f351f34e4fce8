"""The selftest over the API: what came of each run, and running it."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from interactions.models import SelftestRun, SelftestScope
from medmgmt import lists
from medmgmt.actions import selftesting
from medmgmt.api.endpoint import Endpoint, reads, writes
from medmgmt.api.endpoint import lists as lists_of
from medmgmt.api.fields import Id, Instant, Strict
from medmgmt.record.models import User


class CategoryLine(serializers.Serializer[Any]):
    """One category of cases."""

    category = serializers.CharField()
    to_find = serializers.IntegerField()
    found = serializers.IntegerField()
    to_stay_silent = serializers.IntegerField()
    nuisances = serializers.IntegerField()
    pending = serializers.IntegerField()


class FailureLine(serializers.Serializer[Any]):
    """A case that did not come out as expected, and why."""

    category = serializers.CharField()
    case = serializers.CharField()
    title = serializers.CharField()
    is_nuisance = serializers.BooleanField()
    why = serializers.ListField(child=serializers.CharField())


class TestedRelease(serializers.Serializer[Any]):
    """A release that was asked."""

    source = serializers.CharField()  # type: ignore[assignment]  # a declared field, taken off the class
    version = serializers.CharField()
    released_on = serializers.CharField()
    sha256 = serializers.CharField()


class SelftestLine(serializers.Serializer[Any]):
    """One run over the shipped cases."""

    id = Id()
    scope = serializers.ChoiceField(SelftestScope.choices)
    at = Instant()
    by = Id(source="by_id", allow_null=True)
    releases = TestedRelease(many=True)
    to_find = serializers.IntegerField()
    found = serializers.IntegerField()
    to_stay_silent = serializers.IntegerField()
    nuisances = serializers.IntegerField()
    pending = serializers.IntegerField()
    categories = CategoryLine(many=True)
    failures = FailureLine(many=True)
    milliseconds = serializers.IntegerField()


class Tested(serializers.Serializer[Any]):
    """Whether exactly what is in use now has been tested; `run` is null where it has not."""

    run = SelftestLine(allow_null=True)


class NewSelftest(Strict):
    """What is tested: everything in use, or the shipped rules alone."""

    scope = serializers.ChoiceField(SelftestScope.choices, default="in_use")


class Selftests(Endpoint):
    """The selftests of this site."""

    @lists_of(SelftestLine, order=("-id",))
    def get(self, by: User) -> QuerySet[SelftestRun]:
        """Every run, the newest first."""
        return lists.selftests(by)

    @writes(SelftestLine, takes=NewSelftest, status=201, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any]) -> object:
        """Run it now; about a second."""
        return selftesting.run(by, scope=values["scope"])


class CurrentSelftest(Endpoint):
    """The selftest of what is in use now."""

    @reads(Tested)
    def get(self, by: User) -> object:
        """The newest run over exactly the releases in use; null where something has changed since."""
        return {"run": lists.tested(by)}
