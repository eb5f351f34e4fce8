"""The main story over the API: an order is proposed, reviewed, its findings answered, signed or withdrawn."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from medmgmt import chart
from medmgmt.actions import prescribing
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import Endpoint, reads, writes
from medmgmt.api.kit.endpoint import lists as lists_of
from medmgmt.api.kit.fields import Day, Id, Instant, Rxcui, Strict, Text
from medmgmt.api.prescriptions import ChangeLine, SigFields
from medmgmt.api.review import SEVERITIES, AnswerLine, CardLine
from medmgmt.record import dosing
from medmgmt.record.models import DosageChange, Kind, ReasonCode, Status, User
from medmgmt.review import reads as review_reads

PAIR_STATES = ["finding", "nothing_on_record", "not_checked"]


class DrugFields(Strict):
    """The drug: by RxNorm ingredient, by name, or both."""

    name = Text(max_length=300)
    rxcui = Rxcui(required=False, allow_null=True)
    product_rxcui = Rxcui(required=False, allow_null=True)
    strength = Text(max_length=120)
    form = Text(max_length=120)


class PromptFields(Strict):
    """What led to the change, where something in the record did."""

    side_effect = Id(required=False, allow_null=True)
    observation = Id(required=False, allow_null=True)
    plan = Text(max_length=300)


class NewProposal(Strict):
    """A start names `patient` and `drug`; every other change names `prescription`. A hold or a stop has no `sig`."""

    kind = serializers.ChoiceField(Kind.choices)
    patient = Id(required=False)
    drug = DrugFields(required=False)
    indication = Text(max_length=300)
    first_supply_days = serializers.IntegerField(min_value=1, max_value=366, required=False, allow_null=True)
    prescription = Id(required=False)
    sig = SigFields(required=False, allow_null=True)
    effective_on = Day()
    reason_code = serializers.ChoiceField(ReasonCode.choices)
    note = Text()
    prompt = PromptFields(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Each kind with exactly the members it needs."""
        starts = attrs["kind"] == Kind.START
        needed = {"patient", "drug"} if starts else {"prescription"}
        foreign = {"prescription"} if starts else {"patient", "drug", "indication", "first_supply_days"}
        faults = {name: [_("Needed for this kind.")] for name in needed if name not in attrs}
        faults |= {name: [_("Does not belong to this kind.")] for name in foreign if attrs.get(name)}
        if (attrs.get("sig") is None) == (attrs["kind"] in dosing.KINDS_WITH_SIG):
            faults["sig"] = [_("A start, a new dose or a resumption says how to take it; a hold or a stop does not.")]
        if faults:
            raise serializers.ValidationError(faults)
        return attrs


class GradeLine(serializers.Serializer[Any]):
    """How one release grades the pair."""

    label = serializers.CharField()  # type: ignore[assignment]  # a declared field, taken off the class
    version = serializers.CharField()
    released_on = serializers.CharField()
    severity = serializers.ChoiceField(SEVERITIES)
    rule_id = serializers.CharField()
    citation = serializers.CharField()


class CardItem(serializers.Serializer[Any]):
    """One thing a card tells; where nobody knows, the text says so and why."""

    name = serializers.CharField()
    text = serializers.CharField()
    citation = serializers.CharField(source="source")
    is_known = serializers.BooleanField()


class SourceAttributes(serializers.Serializer[Any]):
    """The source attributes of 45 CFR 170.315(b)(11) for one source of a finding."""

    label = serializers.CharField()  # type: ignore[assignment]  # a declared field, taken off the class
    items = CardItem(many=True)


class CardInformation(serializers.Serializer[Any]):
    """The HL7 minimum information model of a finding, and the attributes of each source behind it."""

    items = CardItem(many=True)
    sources = SourceAttributes(many=True)


class FindingLine(serializers.Serializer[Any]):
    """One problem of the regimen, with the answer that covers it if there is one."""

    id = Id(source="finding.pk")
    kind = serializers.CharField(source="finding.kind")
    problem = serializers.CharField(source="finding.problem")
    severity = serializers.ChoiceField(SEVERITIES, source="finding.severity")
    drugs = serializers.ListField(child=serializers.CharField(), source="finding.drugs")
    is_new = serializers.BooleanField(source="finding.is_new")
    first_day = Day(source="finding.first_day")
    summary = serializers.CharField(source="finding.summary")
    mechanism = serializers.CharField(source="finding.mechanism")
    effect = serializers.CharField(source="finding.effect")
    management = serializers.CharField(source="finding.management")
    onset = serializers.CharField(source="finding.onset")
    evidence = serializers.CharField(source="finding.evidence")
    sources = GradeLine(many=True, source="finding.sources")
    attributes = CardInformation(source="about")
    card = serializers.CharField(source="finding.card", help_text="One answer answers all findings of a card.")
    context = serializers.CharField(  # type: ignore[assignment]  # a declared field, taken off the class
        source="finding.context", help_text="Dose bands and facts that graded it: an answer speaks for the same ones."
    )
    needs_answer = serializers.BooleanField()
    answer = AnswerLine(allow_null=True)


class NotCheckedLine(serializers.Serializer[Any]):
    """Something nobody has looked at, and why."""

    what = serializers.CharField()
    why = serializers.CharField()


class CoverageLine(serializers.Serializer[Any]):
    """What is known of one pair: a finding, nothing on record in these releases, or not checked."""

    a = serializers.CharField(help_text="The number of a prescription.")
    b = serializers.CharField()
    state = serializers.ChoiceField(PAIR_STATES)
    scope = serializers.CharField(help_text="The releases behind it, with their dates.")
    why = serializers.CharField()
    day = Day(help_text="The first day on which it is so.")


class UsedRelease(serializers.Serializer[Any]):
    """A release that the review used."""

    id = Id()
    release = serializers.CharField(source="source")
    version = serializers.CharField()
    date = Day(source="released_on")


class ProposalDetails(serializers.Serializer[Any]):
    """A proposal with its newest review: new findings apart from standing ones, minor and ungraded ones folded."""

    id = Id(source="change.pk")
    change = ChangeLine()
    line_before = serializers.CharField(source="medication_line_before")
    line_after = serializers.CharField(source="medication_line_after")
    review = Id(source="review.pk")
    reviewed_at = Instant(source="review.at")
    cards = CardLine(many=True, source="problems")
    new = FindingLine(many=True)
    standing = FindingLine(many=True)
    folded = FindingLine(many=True)
    not_checked = NotCheckedLine(many=True)
    coverage = CoverageLine(many=True)
    scope = serializers.CharField()
    releases = UsedRelease(many=True)
    unanswered = serializers.IntegerField()
    can_sign = serializers.BooleanField()
    can_answer = serializers.BooleanField()


class FindingsOfProposal(serializers.Serializer[Any]):
    """Every finding of the newest review of a proposal."""

    results = FindingLine(many=True)


class Withdrawal(Strict):
    """Why a proposal is taken back."""

    note = Text()


class ChangeFilters(filters.FilterSet):
    """Dosage changes by patient, prescription, kind, state and day."""

    patient = filters.Id("patient_id")
    prescription = filters.Id("prescription_id")
    status = filters.Choice(choices=Status.choices)
    kind = filters.Choice(choices=Kind.choices)
    effective_from = filters.Day("effective_on", "gte")
    effective_until = filters.Day("effective_on", "lte")


class Proposals(Endpoint):
    """Dosage changes of the patients in your care, or your own."""

    @lists_of(ChangeLine, order=("-effective_on", "-id"), filters=ChangeFilters, seen="changes")
    def get(self, by: User) -> QuerySet[DosageChange]:
        """Proposed, signed and withdrawn changes, the latest day first."""
        return chart.changes(by)

    @writes(
        ProposalDetails,
        takes=NewProposal,
        status=201,
        refuses=("not-found", "refused", "conflict"),
        links_to="api:proposal",
    )
    def post(self, by: User, values: Mapping[str, Any]) -> object:
        """Propose a start, a new dose, a hold, a resumption or a stop; the answer holds its review."""
        made = propose(by, values)
        return review_reads.proposal(by, made.change.pk)


def propose(by: User, values: Mapping[str, Any]) -> prescribing.Proposal:
    """The one action that fits the kind of change."""
    sig = dosing.Sig(**values["sig"]) if values.get("sig") else None
    prompt = {f"{name}_id" if name != "plan" else name: value for name, value in values.get("prompt", {}).items()}
    shared: dict[str, Any] = {name: values[name] for name in ("effective_on", "reason_code", "note")}
    shared["prompt"] = prescribing.Prompt(**prompt)
    if values["kind"] != Kind.START:
        return prescribing.propose_change(by, values["prescription"], kind=values["kind"], sig=sig, **shared)
    assert sig is not None
    return prescribing.propose_start(
        by,
        values["patient"],
        drug=prescribing.DrugChoice(**values["drug"]),
        sig=sig,
        indication=values["indication"],
        first_supply_days=values.get("first_supply_days"),
        **shared,
    )


class OneProposal(Endpoint):
    """One proposal."""

    @reads(ProposalDetails)
    def get(self, by: User, change_id: int) -> object:
        """A proposal and everything its author must see before signing."""
        return review_reads.proposal(by, change_id)


class Findings(Endpoint):
    """The findings of one proposal."""

    @reads(FindingsOfProposal)
    def get(self, by: User, change_id: int) -> object:
        """Every finding of the newest review, new ones first, each with its answer."""
        page = review_reads.proposal(by, change_id)
        return {"results": [*page.new, *page.standing, *page.folded]}


class Sign(Endpoint):
    """The signature of one proposal."""

    @writes(ChangeLine, refuses=("unanswered-findings", "co-signature-needed", "conflict", "refused"))
    def post(self, by: User, values: Mapping[str, Any], change_id: int) -> object:
        """Sign a proposal. It is reviewed again first; a finding without an answer, or a contraindicated one without a
        second person's co-signature, refuses the signature."""
        return prescribing.sign(by, change_id)


class Withdraw(Endpoint):
    """Taking one proposal back."""

    @writes(ChangeLine, takes=Withdrawal, refuses=("conflict", "refused"))
    def post(self, by: User, values: Mapping[str, Any], change_id: int) -> object:
        """Withdraw a proposal that nobody has signed; it stays in the record."""
        return prescribing.withdraw(by, change_id, note=values["note"])
