"""Answering over the API: a finding or a whole card, on the review of a proposal or on what a screening brought up."""

from typing import Any

from rest_framework import serializers

from interactions.models import Answer, Together
from medmgmt.actions import review as actions_review
from medmgmt.api.kit.endpoint import at, reads, writes
from medmgmt.api.kit.fields import Day, Id, Text
from medmgmt.api.kit.shapes import BodyOfAct, Shown
from medmgmt.monitoring import evidence
from medmgmt.record.models import CoSignature, User
from medmgmt.review import reads as review_reads
from medmgmt.review.cards import FindingCard, ProblemCard
from refills.models import Task

SEVERITIES = ["contraindicated", "major", "moderate", "minor", "ungraded"]
REFUSED = ("conflict", "refused")
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


class AnswerLine(Shown):
    """Why a finding was accepted, by whom, what is to be recorded, and when it is looked at again."""

    shows = Answer, "id lead reason_code note by at follow_up_on follow_up"
    lead = Id(source="lead_id", allow_null=True, help_text="The answer of the same card that leads; null for itself.")
    follow_up_on = Day(allow_null=True)
    follow_up = serializers.CharField(help_text=f"What alone closes the follow-up: {WHAT}")
    tolerated = EarlierLine(source="shown_earlier", allow_null=True)


class NewAnswer(BodyOfAct):
    """A coded reason and the day on which somebody looks again; `will_monitor` names what is to be recorded."""

    asks = actions_review.override
    note = Text()
    follow_up = Text(max_length=60, help_text=f"For `will_monitor`, and for nothing else: {WHAT}")


class NewCardAnswer(NewAnswer):
    """The same for a card, by the name that the review gives it."""

    card = serializers.CharField(max_length=300)


class ChoiceLine(Shown):
    """Something that may be promised to be recorded."""

    shows = evidence.Choice, "what label days"
    what = serializers.CharField(help_text=WHAT)
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


def follow_ups(by: User) -> dict[str, object]:
    """Every lab, sign and scale that can be recorded, and a visit."""
    return {"results": evidence.everything()}


class WordLine(Shown):
    """What a second person said of a proposal, with the sentence."""

    shows = CoSignature, "id verdict note by at"


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


class NewRequest(BodyOfAct):
    """Whom to ask; the pharmacists of the team without a name."""

    asks = actions_review.ask


class NewWord(BodyOfAct):
    """The review that was read, and the reason in a sentence."""

    asks = actions_review.cosign
    note = serializers.CharField(max_length=actions_review.MOST_NOTE)


class RequestLine(Shown):
    """The task that asks for the second signature."""

    shows = Task, "task role assignee due_at"
    task = Id(source="pk")


# fmt: off
ADDRESSES = [
    at("patients/<patient_id>/screening", "screening",
       get=reads(ScreeningDetails, review_reads.of_patient,
            "The cards that wait or were answered, most severe first; answer them by finding or by card.")),
    at("proposals/<change_id>/cosignature", "cosignature", called="Second",
       get=reads(SecondSignature, review_reads.proposal,
            "How it stands for the person who asks: a co-signature is never one's own.")),
    at("proposals/<change_id>/cosignature/ask", "ask-cosignature", called="Ask",
       post=writes(RequestLine, actions_review.ask,
            "Ask the pharmacists, or one colleague; asked twice it is one task.", takes=NewRequest, status=201,
            refuses=("unanswered-findings", *REFUSED))),
    at("proposals/<change_id>/cosignature/agree", "cosign", called="CoSign",
       post=writes(WordLine, actions_review.cosign,
            "Co-sign every contraindicated finding of the review you name. Never the author, nor who answered them.",
            takes=NewWord, status=201, refuses=("unanswered-findings", "not-in-person", *REFUSED))),
    at("proposals/<change_id>/cosignature/decline", "decline-cosignature", called="Decline",
       post=writes(WordLine, actions_review.decline,
            "Decline with the reason, or take a co-signature back; the author gets a task.", takes=NewWord, status=201,
            refuses=("not-in-person", *REFUSED))),
    at("findings/<finding_id>/override", "override",
       post=writes(AnswerLine, actions_review.override,
            "Accept the whole card of a finding with a coded reason; a follow-up task is opened.", takes=NewAnswer,
            status=201, refuses=("already-answered", "refused", "conflict"))),
    at("reviews/<review_id>/answer", "answer-card",
       post=writes(AnswerLine, actions_review.override_card,
            "Accept a card with a coded reason: each of its findings is answered, and one follow-up task is opened.",
            takes=NewCardAnswer, status=201, refuses=("already-answered", "not-found", "refused"))),
    at("follow-ups", "follow-ups", called="FollowUpChoices", get=reads(FollowUps, follow_ups)),
]
# fmt: on
