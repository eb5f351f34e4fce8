"""What the clinic knows about drugs: the search, and the releases behind every review."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from interactions.errors import NoSuchRelease
from interactions.models import Release, ReleaseKind, ReleaseStatus, SelftestRun, SelftestScope
from medmgmt.actions import knowledge
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import Endpoint, reads, writes
from medmgmt.api.kit.endpoint import lists as lists_of
from medmgmt.api.kit.fields import Day, Id, Instant, Rxcui, Strict
from medmgmt.knowledge import previews
from medmgmt.knowledge import reads as knowledge_reads
from medmgmt.record.models import User

MOST_DRUGS = 50


class DrugQuery(serializers.Serializer[Any]):
    """Part of a name, a brand, or an RxCUI; misspelt is well."""

    q = serializers.CharField(max_length=100)
    limit = serializers.IntegerField(min_value=1, max_value=MOST_DRUGS, default=10)


class DrugLine(serializers.Serializer[Any]):
    """A drug somebody may have meant."""

    key = serializers.CharField()
    name = serializers.CharField()
    rxcui = Rxcui(allow_null=True)
    atc = serializers.CharField()
    matched_on = serializers.CharField(help_text="The name, brand or code that was close.")
    score = serializers.FloatField()


class FoundDrugs(serializers.Serializer[Any]):
    """The best matches first."""

    results = DrugLine(many=True)


class ReleaseLine(serializers.Serializer[Any]):
    """A release of interaction knowledge: imported inactive, activated by a person, never edited."""

    id = Id()
    source = serializers.CharField()  # type: ignore[assignment]  # a declared field, taken off the class
    version = serializers.CharField()
    released_on = Day()
    kind = serializers.ChoiceField(ReleaseKind.choices)
    licence = serializers.CharField()
    url = serializers.CharField()
    sha256 = serializers.CharField()
    counts = serializers.DictField()
    warnings = serializers.ListField(child=serializers.CharField())
    status = serializers.ChoiceField(ReleaseStatus.choices)
    imported_at = Instant()
    activated_at = Instant(allow_null=True)
    activated_by = Id(source="activated_by_id", allow_null=True)


class ReleaseFilters(filters.FilterSet):
    """Releases by state."""

    status = filters.Choice(choices=ReleaseStatus.choices)


class Drugs(Endpoint):
    """Looking for a drug."""

    @reads(FoundDrugs, query=DrugQuery)
    def get(self, by: User, q: str, limit: int) -> object:
        """Drugs of the active knowledge by name, brand or RxCUI, typing errors allowed."""
        return {"results": knowledge_reads.drugs(by, q, limit=limit)}


class Releases(Endpoint):
    """Releases of interaction knowledge."""

    @lists_of(ReleaseLine, order=("-imported_at", "-id"), filters=ReleaseFilters)
    def get(self, by: User) -> QuerySet[Release]:
        """Every release, newest first."""
        return knowledge_reads.releases(by)


class OneRelease(Endpoint):
    """One release."""

    @reads(ReleaseLine)
    def get(self, by: User, release_id: int) -> object:
        """What a release is, where it comes from and whether it is in use."""
        found = knowledge_reads.releases(by).filter(pk=release_id).first()
        if found is None:
            raise NoSuchRelease
        return found


class PreviewQuery(serializers.Serializer[Any]):
    """What one thinks of doing with the release."""

    act = serializers.ChoiceField(["activate", "retire"], default="activate")


class ChangedRule(serializers.Serializer[Any]):
    """A rule that would say something else; `before` and `after` are severities, empty where it is not there."""

    source = serializers.CharField()  # type: ignore[assignment]  # a declared field, taken off the class
    rule = serializers.CharField()
    what = serializers.ChoiceField(["added", "removed", "regraded", "reworded"])
    a = serializers.CharField()
    b = serializers.CharField()
    before = serializers.CharField(allow_blank=True)
    after = serializers.CharField(allow_blank=True)


class SuspendedChange(serializers.Serializer[Any]):
    """A change of the clinic's own whose cases would fail."""

    change = Id()
    why = serializers.CharField()


class ReleasePreview(serializers.Serializer[Any]):
    """The difference that a release would make; alerts are findings of major severity or above."""

    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Rules and pairs that differ, by how.")
    rules = ChangedRule(many=True, help_text="The first two hundred.")
    patients = serializers.IntegerField(help_text="Who would be looked at again.")
    orders = serializers.IntegerField(help_text="Medicines that are taken now.")
    judged = serializers.IntegerField()
    new_alerts = serializers.IntegerField()
    gone_alerts = serializers.IntegerField()
    new_alerts_per_100_orders = serializers.FloatField()
    is_estimate = serializers.BooleanField(help_text="Not everybody concerned was judged.")
    suspended = SuspendedChange(many=True)


class PreviewRelease(Endpoint):
    """What a release would change."""

    @reads(ReleasePreview, query=PreviewQuery)
    def get(self, by: User, release_id: int, act: str) -> object:
        """What would change, and for how many, if the release were put into use or out of it; nothing is changed."""
        return previews.of(by, release_id, active=act == "activate")


class ActivateRelease(Endpoint):
    """Putting a release into use."""

    @writes(ReleaseLine, refuses=("refused", "conflict"))
    def post(self, by: User, values: Mapping[str, Any], release_id: int) -> object:
        """From now on every review uses this release as well."""
        return knowledge.activate(by, release_id)


class RetireRelease(Endpoint):
    """Taking a release out of use."""

    @writes(ReleaseLine, refuses=("refused", "conflict"))
    def post(self, by: User, values: Mapping[str, Any], release_id: int) -> object:
        """From now on no review uses this release."""
        return knowledge.retire(by, release_id)


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
        return knowledge_reads.selftests(by)

    @writes(SelftestLine, takes=NewSelftest, status=201, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any]) -> object:
        """Run it now; about a second."""
        return knowledge.run(by, scope=values["scope"])


class CurrentSelftest(Endpoint):
    """The selftest of what is in use now."""

    @reads(Tested)
    def get(self, by: User) -> object:
        """The newest run over exactly the releases in use; null where something has changed since."""
        return {"run": knowledge_reads.tested(by)}
