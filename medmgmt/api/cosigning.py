"""The second signature over the API: asked for, given or declined, and how it stands."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from medmgmt import chart
from medmgmt.actions import cosigning
from medmgmt.api.endpoint import Endpoint, reads, writes
from medmgmt.api.fields import Id, Instant, Strict
from medmgmt.record.models import User, Verdict


class WordLine(serializers.Serializer[Any]):
    """What a second person said of a proposal, with the sentence."""

    id = Id()
    verdict = serializers.ChoiceField(Verdict.choices)
    note = serializers.CharField()
    by = Id(source="by_id")
    at = Instant()


class NeedLine(serializers.Serializer[Any]):
    """One contraindicated finding, and whether a second person's word lets you sign."""

    finding = Id(source="finding.pk")
    drugs = serializers.ListField(child=serializers.CharField(), source="finding.drugs")
    summary = serializers.CharField(source="finding.summary")
    is_met = serializers.BooleanField()
    word = WordLine(allow_null=True)


class SecondSignature(serializers.Serializer[Any]):
    """Which findings need a second signature, who has said what, and who has been asked."""

    review = Id(source="review.pk", help_text="The review to name when you co-sign or decline.")
    needs = NeedLine(many=True, source="cosignature.needs")
    words = WordLine(many=True, source="cosignature.words")
    asked = Id(source="cosignature.asked.pk", allow_null=True, help_text="The task of who was asked.")
    can_say = serializers.BooleanField(source="cosignature.can_say")
    unanswered = serializers.IntegerField(help_text="Findings that the prescriber answers first.")


class NewRequest(Strict):
    """Whom to ask; the pharmacists of the team without a name."""

    colleague = Id(required=False, allow_null=True)


class NewWord(Strict):
    """The review that was read, and the reason in a sentence."""

    review = Id()
    note = serializers.CharField(max_length=cosigning.MOST_NOTE)


class RequestLine(serializers.Serializer[Any]):
    """The task that asks for the second signature."""

    task = Id(source="pk")
    role = serializers.CharField()
    assignee = Id(source="assignee_id", allow_null=True)
    due_at = Instant()


class Second(Endpoint):
    """The second signature of one proposal."""

    @reads(SecondSignature)
    def get(self, by: User, change_id: int) -> object:
        """How it stands for the person who asks: a co-signature is never one's own."""
        return chart.proposal(by, change_id)


class Ask(Endpoint):
    """Asking for the second signature."""

    @writes(RequestLine, takes=NewRequest, status=201, refuses=("unanswered-findings", "conflict", "refused"))
    def post(self, by: User, values: Mapping[str, Any], change_id: int) -> object:
        """Ask the pharmacists, or one colleague; asked twice it is one task."""
        return cosigning.ask(by, change_id, colleague_id=values.get("colleague"))


class CoSign(Endpoint):
    """Giving the second signature."""

    @writes(WordLine, takes=NewWord, status=201, refuses=("unanswered-findings", "conflict", "refused"))
    def post(self, by: User, values: Mapping[str, Any], change_id: int) -> object:
        """Co-sign every contraindicated finding of the review you name. Never the author, nor who answered them."""
        return cosigning.cosign(by, change_id, review_id=values["review"], note=values["note"])


class Decline(Endpoint):
    """Declining the second signature."""

    @writes(WordLine, takes=NewWord, status=201, refuses=("conflict", "refused"))
    def post(self, by: User, values: Mapping[str, Any], change_id: int) -> object:
        """Decline with the reason, or take a co-signature back; the author gets a task."""
        return cosigning.decline(by, change_id, review_id=values["review"], note=values["note"])
