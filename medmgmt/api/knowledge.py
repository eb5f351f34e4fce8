"""What the clinic knows about drugs: the search, and the releases behind every review."""

from typing import Any

from rest_framework import serializers

from interactions.errors import NoSuchRelease
from interactions.library import FoundDrug
from interactions.models import Release, ReleaseStatus, SelftestRun, SelftestScope
from medmgmt.actions import knowledge
from medmgmt.api.curation import LocalChangeLine
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import at, lists, reads, writes
from medmgmt.api.kit.fields import Id, Rxcui, Strict
from medmgmt.api.kit.shapes import BodyOfAct, Shown
from medmgmt.knowledge import previews
from medmgmt.knowledge import reads as knowledge_reads
from medmgmt.record.models import User

MOST_DRUGS = 50


class DrugQuery(serializers.Serializer[Any]):
    """Part of a name, a brand, or an RxCUI; misspelt is well."""

    q = serializers.CharField(max_length=100, source="text")
    limit = serializers.IntegerField(min_value=1, max_value=MOST_DRUGS, default=10)


class DrugLine(Shown):
    """A drug somebody may have meant."""

    shows = FoundDrug, "key name rxcui atc matched_on score"
    rxcui = Rxcui(allow_null=True)
    score = serializers.FloatField()
    matched_on = serializers.CharField(help_text="The name, brand or code that was close.")


class FoundDrugs(serializers.Serializer[Any]):
    """The best matches first."""

    results = DrugLine(many=True, source="*")


class ReleaseLine(Shown):
    """A release of interaction knowledge: imported inactive, activated by a person, never edited."""

    shows = Release, (
        "id source version released_on kind licence url sha256 counts warnings status imported_at activated_at"
        " activated_by"
    )  # fmt: skip


class ReleaseFilters(filters.FilterSet):
    """Releases by state."""

    status = filters.Choice(choices=ReleaseStatus.choices)


def one_release(by: User, release_id: int) -> Release:
    """What a release is, where it comes from and whether it is in use."""
    found = knowledge_reads.releases(by).filter(pk=release_id).first()
    if found is None:
        raise NoSuchRelease
    return found


class PreviewQuery(serializers.Serializer[Any]):
    """What one thinks of doing with the release."""

    act = serializers.ChoiceField(["activate", "retire"], default="activate")


class ChangedRule(Shown):
    """A rule that would say something else; `before` and `after` are severities, empty where it is not there."""

    shows = dict[str, str], "source rule what a b before after"
    what = serializers.ChoiceField(["added", "removed", "regraded", "reworded"])


class SuspendedChange(serializers.Serializer[Any]):
    """A change of the clinic's own whose cases would fail."""

    change = Id()
    why = serializers.CharField()


class ReleasePreview(Shown):
    """The difference that a release would make; alerts are findings of major severity or above."""

    shows = previews.Preview, (
        "counts rules patients orders judged new_alerts gone_alerts new_alerts_per_100_orders is_estimate suspended"
    )  # fmt: skip
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="Rules and pairs that differ, by how.")
    rules = ChangedRule(many=True, help_text="The first two hundred.")
    patients = serializers.IntegerField(help_text="Who would be looked at again.")
    orders = serializers.IntegerField(help_text="Medicines that are taken now.")
    is_estimate = serializers.BooleanField(help_text="Not everybody concerned was judged.")
    suspended = SuspendedChange(many=True)


def preview(by: User, release_id: int, *, act: str) -> previews.Preview:
    """What would change, and for how many, if the release were put into use or out of it; nothing is changed."""
    return previews.preview_of(by, release_id, active=act == "activate")


class CategoryLine(Shown):
    """One category of cases."""

    shows = dict[str, int], "category to_find found to_stay_silent nuisances pending"
    category = serializers.CharField()


class FailureLine(Shown):
    """A case that did not come out as expected, and why."""

    shows = dict[str, str], "category case title is_nuisance why"
    is_nuisance = serializers.BooleanField()
    why = serializers.ListField(child=serializers.CharField())


class TestedRelease(Shown):
    """A release that was asked."""

    shows = dict[str, str], "source version released_on sha256"


class SelftestLine(Shown):
    """One run over the shipped cases."""

    shows = SelftestRun, (
        "id scope at by releases to_find found to_stay_silent nuisances pending categories failures milliseconds"
    )  # fmt: skip
    releases = TestedRelease(many=True)
    categories = CategoryLine(many=True)
    failures = FailureLine(many=True)


class Tested(serializers.Serializer[Any]):
    """Whether exactly what is in use now has been tested; `run` is null where it has not."""

    run = SelftestLine(allow_null=True)


class NewSwitch(BodyOfAct):
    """What the release is to become, and why."""

    asks = knowledge.propose_switch
    becomes = serializers.ChoiceField([ReleaseStatus.ACTIVE.value, ReleaseStatus.RETIRED.value])


class NewSelftest(Strict):
    """What is tested: everything in use, or the shipped rules alone."""

    scope = serializers.ChoiceField(SelftestScope.choices, default="in_use")


def tested(by: User) -> dict[str, SelftestRun | None]:
    """The newest run over exactly the releases in use; null where something has changed since."""
    return {"run": knowledge_reads.tested(by)}


# fmt: off
ADDRESSES = [
    at("selftests", "selftests",
       get=lists(SelftestLine, knowledge_reads.selftests, "Every run, the newest first.", order=("-id",)),
       post=writes(SelftestLine, knowledge.run, "Run it now; about a second.", takes=NewSelftest, status=201,
            refuses=("refused", "not-in-person"))),
    at("selftests/current", "current-selftest", get=reads(Tested, tested)),
    at("drugs", "drugs",
       get=reads(FoundDrugs, knowledge_reads.drugs,
            "Drugs of the active knowledge by name, brand or RxCUI, typing errors allowed.", query=DrugQuery)),
    at("releases", "releases",
       get=lists(ReleaseLine, knowledge_reads.releases, "Every release, newest first.", order=("-imported_at", "-id"),
            filters=ReleaseFilters)),
    at("releases/<release_id>", "release", called="OneRelease", get=reads(ReleaseLine, one_release)),
    at("releases/<release_id>/preview", "preview-release", get=reads(ReleasePreview, preview, query=PreviewQuery)),
    at("releases/<release_id>/activate", "activate-release",
       post=writes(ReleaseLine, knowledge.activate, "From now on every review uses this release as well.",
            refuses=("refused", "conflict", "not-in-person"))),
    at("releases/<release_id>/propose", "propose-switch",
       post=writes(LocalChangeLine, knowledge.propose_switch,
            "Propose that a release goes out of use, or that one comes into use which takes much away. A second person "
            "approves it as they do a local change.", takes=NewSwitch, status=201,
            refuses=("refused", "not-in-person"))),
]
# fmt: on
