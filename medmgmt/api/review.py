"""Answering over the API: a finding or a whole card, on the review of a proposal or on what a screening brought up."""

from collections.abc import Mapping
from typing import Any

from rest_framework import serializers

from interactions.models import Answer, AnswerReason, Together
from medmgmt.actions import review as actions_review
from medmgmt.api.kit.endpoint import Endpoint, reads, writes
from medmgmt.api.kit.fields import Day, Id, Instant, Strict, Text
from medmgmt.monitoring import evidence
from medmgmt.record.models import User, Verdict
from medmgmt.review import reads as review_reads
from medmgmt.review.cards import FindingCard, ProblemCard

SEVERITIES = ["contraindicated", "major", "moderate", "minor", "ungraded"]
WHAT = "`observation:` or `scale:` and a code of the observations, or `visit`."


class EarlierLine(serializers.Serializer[Any]):
    """What the signed courses show of an earlier time on all the drugs, for "tolerated before"."""

    verdict = serializers.ChoiceField(Together.choices, source="overlap_verdict")
    days = serializers.IntegerField(source="overlap_days")
    first = Day(source="overlap_from", allow_null=True)
    last = Day(source="overlap_to", allow_null=True)
    told = serializers.SerializerMethodField(help_text="In a sentence, as the page says it.")

    def get_told(self, answer: Answer) -> str:
        """The page's own sentence."""
        return FindingCard(answer.finding, answer).shown_earlier


class AnswerLine(serializers.Serializer[Any]):
    """Why a finding was accepted, by whom, what is to be recorded, and when it is looked at again."""

    id = Id()
    lead = Id(source="lead_id", allow_null=True, help_text="The answer of the same card that leads; null for itself.")
    reason_code = serializers.ChoiceField(AnswerReason.choices)
    note = serializers.CharField()
    by = Id(source="by_id")
    at = Instant()
    follow_up_on = Day(allow_null=True)
    follow_up = serializers.CharField(help_text=f"What alone closes the follow-up: {WHAT}")
    tolerated = EarlierLine(source="shown_earlier", allow_null=True)


class NewAnswer(Strict):
    """A coded reason and the day on which somebody looks again; `will_monitor` names what is to be recorded."""

    reason_code = serializers.ChoiceField(AnswerReason.choices)
    note = Text()
    follow_up_on = Day()
    follow_up = Text(max_length=60, help_text=f"For `will_monitor`, and for nothing else: {WHAT}")


class NewCardAnswer(NewAnswer):
    """The same for a card, by the name that the review gives it."""

    card = serializers.CharField(max_length=300)


class ChoiceLine(serializers.Serializer[Any]):
    """Something that may be promised to be recorded."""

    what = serializers.CharField(help_text=WHAT)
    label = serializers.CharField()  # type: ignore[assignment]  # a declared field, taken off the class
    days = serializers.IntegerField(help_text="Within how many days.")


class BeforeLine(serializers.Serializer[Any]):
    """What the record shows of an earlier time on the drugs of one finding."""

    finding = Id(source="finding.pk")
    verdict = serializers.ChoiceField(Together.choices)
    told = serializers.CharField(source="sentence")


class CardLine(serializers.Serializer[Any]):
    """One clinical problem: what one answer answers. `before` and `choices` are there while it waits."""

    card = serializers.CharField(source="name")
    review = Id(source="lead.finding.review_id")
    severity = serializers.ChoiceField(SEVERITIES)
    problem = serializers.CharField(source="lead.finding.problem")
    drugs = serializers.ListField(child=serializers.CharField(), source="lead.finding.drugs")
    summary = serializers.CharField(source="lead.finding.summary")
    management = serializers.CharField(source="lead.finding.management")
    is_new = serializers.BooleanField()
    needs_answer = serializers.BooleanField()
    lead = Id(source="lead.finding.pk", help_text="The finding that leads.")
    findings = serializers.SerializerMethodField()
    answer = AnswerLine(source="lead.answer", allow_null=True)
    before = BeforeLine(many=True)
    choices = ChoiceLine(many=True)

    def get_findings(self, card: ProblemCard) -> list[int]:
        """The numbers of all its findings, the leading one first."""
        return [one.finding.pk for one in card.findings]


class ScreeningDetails(serializers.Serializer[Any]):
    """What screenings brought up for a patient and still holds."""

    patient = Id(source="patient.pk")
    cards = CardLine(many=True, source="problems")
    unanswered = serializers.IntegerField(help_text="How many cards wait.")
    scope = serializers.CharField()
    tasks = serializers.SerializerMethodField()
    can_answer = serializers.BooleanField()

    def get_tasks(self, page: review_reads.ScreeningPage) -> list[int]:
        """The numbers of the tasks that wait because of it."""
        return [task.pk for task in page.tasks]


class FollowUps(serializers.Serializer[Any]):
    """Everything that a promise to monitor may name."""

    results = ChoiceLine(many=True)


class Override(Endpoint):
    """The answer to the card of one finding."""

    @writes(AnswerLine, takes=NewAnswer, status=201, refuses=("already-answered", "refused", "conflict"))
    def post(self, by: User, values: Mapping[str, Any], finding_id: int) -> object:
        """Accept the whole card of a finding with a coded reason; a follow-up task is opened."""
        return actions_review.override(by, finding_id, **values)


class AnswerCard(Endpoint):
    """The answer to one card of a review."""

    @writes(AnswerLine, takes=NewCardAnswer, status=201, refuses=("already-answered", "not-found", "refused"))
    def post(self, by: User, values: Mapping[str, Any], review_id: int) -> object:
        """Accept a card with a coded reason: each of its findings is answered, and one follow-up task is opened."""
        return actions_review.override_card(by, review_id, **values)


class Screening(Endpoint):
    """What screenings brought up for one patient."""

    @reads(ScreeningDetails)
    def get(self, by: User, patient_id: int) -> object:
        """The cards that wait or were answered, most severe first; answer them by finding or by card."""
        return review_reads.of_patient(by, patient_id)


class FollowUpChoices(Endpoint):
    """What a promise to monitor may name."""

    @reads(FollowUps)
    def get(self, by: User) -> object:
        """Every lab, sign and scale that can be recorded, and a visit."""
        return {"results": evidence.everything()}


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
    note = serializers.CharField(max_length=actions_review.MOST_NOTE)


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
        return review_reads.proposal(by, change_id)


class Ask(Endpoint):
    """Asking for the second signature."""

    @writes(RequestLine, takes=NewRequest, status=201, refuses=("unanswered-findings", "conflict", "refused"))
    def post(self, by: User, values: Mapping[str, Any], change_id: int) -> object:
        """Ask the pharmacists, or one colleague; asked twice it is one task."""
        return actions_review.ask(by, change_id, colleague_id=values.get("colleague"))


class CoSign(Endpoint):
    """Giving the second signature."""

    @writes(WordLine, takes=NewWord, status=201, refuses=("unanswered-findings", "conflict", "refused"))
    def post(self, by: User, values: Mapping[str, Any], change_id: int) -> object:
        """Co-sign every contraindicated finding of the review you name. Never the author, nor who answered them."""
        return actions_review.cosign(by, change_id, review_id=values["review"], note=values["note"])


class Decline(Endpoint):
    """Declining the second signature."""

    @writes(WordLine, takes=NewWord, status=201, refuses=("conflict", "refused"))
    def post(self, by: User, values: Mapping[str, Any], change_id: int) -> object:
        """Decline with the reason, or take a co-signature back; the author gets a task."""
        return actions_review.decline(by, change_id, review_id=values["review"], note=values["note"])
