"""What the knowledge says of one drug, row by row, and what a pharmacist here says of each row."""

from typing import Any

from rest_framework import serializers

from interactions.evidence import Change, Row
from interactions.models import Release, RowVerdict, Verdict
from medmgmt.actions import evidence as actions
from medmgmt.api.kit.endpoint import at, reads, writes
from medmgmt.api.kit.fields import Id
from medmgmt.api.kit.shapes import BodyOfAct, Shown
from medmgmt.knowledge import evidence


class RowVerdictLine(Shown):
    """What was said of a row with exactly this content; the newest holds."""

    shows = RowVerdict, "id table key sha256 verdict remark by at"


class KnowledgeRow(Shown):
    """One row of one table as it is in use; `confidence` is textbook, verified, derived, config or empty."""

    shows = Row, "table key of_source confidence sha256 said"
    of_source = serializers.CharField(source="source", help_text="Where it is from; empty where the row does not say.")
    said = serializers.DictField(
        child=serializers.CharField(), help_text="Field by field; what is nothing is left out."
    )


class KnowledgeLine(serializers.Serializer[Any]):
    """A row, and the verdict that holds on it; null where no pharmacist here has reviewed it."""

    row = KnowledgeRow()
    verdict = RowVerdictLine(allow_null=True)


class RowChange(Shown):
    """A row that says something else than in the release before; `fields` are name, before, after."""

    shows = Change, "table key what fields"
    what = serializers.ChoiceField(["added", "removed", "regraded", "changed"])
    fields = serializers.ListField(child=serializers.ListField(child=serializers.CharField(allow_blank=True)))  # type: ignore[assignment]  # a member is called so


class NamedRelease(Shown):
    """A release by its number and name."""

    shows = Release, "id source version released_on"


class ReleaseDifferences(serializers.Serializer[Any]):
    """What a release says otherwise than the one of the same source before it; null where there is none."""

    release = NamedRelease()
    before = NamedRelease(allow_null=True)
    changes = RowChange(many=True)


class KnowledgeOfDrug(Shown):
    """Everything that the rules in use say of one drug or of a class that it is in."""

    shows = evidence.DrugPage, "drug name unreviewed lines differences own"
    drug = Id(source="drug_id")
    lines = KnowledgeLine(many=True)
    differences = ReleaseDifferences(many=True)
    own = serializers.SerializerMethodField(help_text="Changes of the clinic's own that hold for it, by number.")

    def get_own(self, page: evidence.DrugPage) -> list[int]:
        """Their numbers."""
        return [change.pk for change in page.own]


class NewRowVerdict(BodyOfAct):
    """The row exactly as it was shown, and what is said of it; an objection needs its remark."""

    asks = actions.judge_row
    verdict = serializers.ChoiceField(Verdict.choices)


# fmt: off
ADDRESSES = [
    at("knowledge-drugs/<drug_id>", "knowledge-drug", get=reads(KnowledgeOfDrug, evidence.drug)),
    at("knowledge-drugs/<drug_id>/verdicts", "row-verdicts",
       post=writes(RowVerdictLine, actions.judge_row, takes=NewRowVerdict, status=201, refuses=("refused",))),
]
# fmt: on
