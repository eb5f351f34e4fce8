"""The main story over the API: an order is proposed, reviewed, its findings answered, signed or withdrawn."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from interactions.engine.information import Item
from interactions.models import Release
from medmgmt import chart
from medmgmt.actions import prescribing
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import at, lists, reads, writes
from medmgmt.api.kit.fields import Day, Id, Instant, Rxcui, Strict, Text
from medmgmt.api.kit.shapes import BodyOfAct, Shown
from medmgmt.api.prescriptions import ChangeLine, SigOrLine, sig_of
from medmgmt.api.review import SEVERITIES, AnswerLine, CardLine
from medmgmt.record import dosing
from medmgmt.record.models import Kind, ReasonCode, Status, User
from medmgmt.regimen.same_drug import Line
from medmgmt.review import reads as review_reads
from medmgmt.review.cards import FindingCard
from refills import bounds

PAIR_STATES = ["finding", "nothing_on_record", "not_checked"]


class DrugFields(Strict):
    """The drug: by RxNorm ingredient, by name, or both."""

    name = Text(max_length=300)
    rxcui = Rxcui(required=False, allow_null=True)
    product_rxcui = Rxcui(required=False, allow_null=True)
    strength = Text(max_length=120)
    form = Text(max_length=120)
    product = Text(max_length=300, help_text="As on the label: lithium carbonate ER 300 mg tablet.")


class PromptFields(Strict):
    """What led to the change, where something in the record did."""

    side_effect = Id(required=False, allow_null=True, source="side_effect_id")
    observation = Id(required=False, allow_null=True, source="observation_id")
    plan = Text(max_length=300)


class NewProposal(Strict):
    """A start names `patient` and `drug`; every other change names `prescription`. A hold or a stop has no `sig`."""

    kind = serializers.ChoiceField(Kind.choices)
    patient = Id(required=False)
    drug = DrugFields(required=False)
    indication = Text(max_length=300)
    first_supply_days = serializers.IntegerField(required=False, allow_null=True, **bounds.limits("first_supply_days"))
    prescription = Id(required=False)
    sig = SigOrLine(required=False, allow_null=True)
    effective_on = Day()
    reason_code = serializers.ChoiceField(ReasonCode.choices)
    note = Text()
    alongside = serializers.BooleanField(
        required=False, help_text="Of a start or a resumption: it is meant beside what is taken of the same drug."
    )
    prompt = PromptFields(required=False)
    confirm = serializers.BooleanField(
        default=False, help_text="The same was proposed just before, and both are meant."
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Each kind with exactly the members it needs."""
        starts = attrs["kind"] == Kind.START
        needed = {"patient", "drug"} if starts else {"prescription"}
        foreign = {"prescription"} if starts else {"patient", "drug", "indication", "first_supply_days"}
        faults = {name: [_("Needed for this kind.")] for name in needed if name not in attrs}
        foreign |= set() if attrs["kind"] in (Kind.START, Kind.RESUME) else {"alongside"}
        faults |= {name: [_("Does not belong to this kind.")] for name in foreign if attrs.get(name)}
        if (attrs.get("sig") is None) == (attrs["kind"] in dosing.KINDS_WITH_SIG):
            faults["sig"] = [_("A start, a new dose or a resumption says how to take it; a hold or a stop does not.")]
        if faults:
            raise serializers.ValidationError(faults)
        return attrs


class GradeLine(Shown):
    """How one release grades the pair."""

    shows = dict[str, str], "label version released_on severity rule_id citation"
    severity = serializers.ChoiceField(SEVERITIES)


class CardItem(Shown):
    """One thing a card tells; where nobody knows, the text says so and why."""

    shows = Item, "name text citation is_known"
    citation = serializers.CharField(source="source")


class SourceAttributes(serializers.Serializer[Any]):
    """The source attributes of 45 CFR 170.315(b)(11) for one source of a finding."""

    label = serializers.CharField()  # type: ignore[assignment]  # a declared field, taken off the class
    items = CardItem(many=True)


class CardInformation(serializers.Serializer[Any]):
    """The HL7 minimum information model of a finding, and the attributes of each source behind it."""

    items = CardItem(many=True)
    sources = SourceAttributes(many=True)


class FindingLine(Shown):
    """One problem of the regimen, with the answer that covers it if there is one."""

    shows = FindingCard, (
        "id finding.kind finding.problem severity finding.drugs finding.is_new finding.first_day finding.summary"
        " finding.mechanism finding.effect finding.management finding.onset finding.evidence sources attributes card"
        " context needs_answer answer"
    )  # fmt: skip
    id = Id(source="finding.pk", allow_null=True, help_text="Null where no review has kept it yet.")
    severity = serializers.ChoiceField(SEVERITIES, source="finding.severity")
    sources = GradeLine(many=True, source="finding.sources")
    attributes = CardInformation(source="about")
    card = serializers.CharField(source="finding.card", help_text="One answer answers all findings of a card.")
    context = serializers.CharField(  # type: ignore[assignment]  # a declared field, taken off the class
        source="finding.context", help_text="Dose bands and facts that graded it: an answer speaks for the same ones."
    )
    answer = AnswerLine(allow_null=True)


class NotCheckedLine(Shown):
    """Something nobody has looked at, and why."""

    shows = dict[str, str], "what why"


class CoverageLine(Shown):
    """What is known of one pair: a finding, nothing on record in these releases, or not checked."""

    shows = dict[str, str], "a b state scope why"
    a = serializers.CharField(help_text="The number of a prescription.")
    state = serializers.ChoiceField(PAIR_STATES)
    scope = serializers.CharField(help_text="The releases behind it, with their dates.")
    day = Day(help_text="The first day on which it is so.")


class UsedRelease(Shown):
    """A release that the review used."""

    shows = Release, "id release version date"
    release = serializers.CharField(source="source")
    date = Day(source="released_on")


class BesideLine(Shown):
    """What is taken of the same substance on another line; a new dose of it is the other way."""

    shows = Line, "state text"
    prescription = Id(source="prescription.pk")
    drug_name = serializers.CharField(source="prescription.drug_name")
    state = serializers.ChoiceField(["taking", "held", "planned"])


class ProposalDetails(serializers.Serializer[Any]):
    """A proposal with its newest review: new findings apart from standing ones, minor and ungraded ones folded."""

    id = Id(source="change.pk")
    change = ChangeLine()
    line_before = serializers.CharField(source="medication_line_before")
    line_after = serializers.CharField(source="medication_line_after")
    beside = BesideLine(many=True)
    review = Id(source="review.pk")
    reviewed_at = Instant(source="review.at")
    cards = CardLine(many=True, source="problems")
    new = FindingLine(many=True)
    standing = FindingLine(many=True)
    folded = FindingLine(many=True)
    not_checked = NotCheckedLine(many=True)
    coverage = CoverageLine(many=True)
    scope = serializers.CharField()
    is_unchecked = serializers.BooleanField(
        source="review.is_unchecked", help_text="No knowledge was in use; signing needs `unchecked`."
    )
    releases = UsedRelease(many=True)
    unanswered = serializers.IntegerField()
    can_sign = serializers.BooleanField()
    can_answer = serializers.BooleanField()


class FindingsOfProposal(serializers.Serializer[Any]):
    """Every finding of the newest review of a proposal."""

    results = FindingLine(many=True, source="*")


class Signature(BodyOfAct):
    """Nothing needs to be said, unless nothing could be checked."""

    asks = prescribing.sign
    unchecked = serializers.BooleanField(
        default=False, help_text="You sign knowing that no knowledge is in use and nothing was checked."
    )


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


def propose(by: User, *, kind: str, **said: Any) -> review_reads.ProposalPage:
    """Propose a start, a new dose, a hold, a resumption or a stop; the answer holds its review."""
    sig = sig_of(said["sig"]) if said.get("sig") else None
    shared: dict[str, Any] = {name: said[name] for name in ("effective_on", "reason_code", "note", "confirm")}
    shared |= {"alongside": True} if said.get("alongside") else {}
    shared["prompt"] = prescribing.Prompt(**said.get("prompt", {}))
    if kind != Kind.START:
        made = prescribing.propose_change(by, said["prescription"], kind=kind, sig=sig, **shared)
        return review_reads.proposal(by, made.change.pk)
    assert sig is not None
    made = prescribing.propose_start(
        by,
        said["patient"],
        drug=prescribing.DrugChoice(**said["drug"]),
        sig=sig,
        indication=said["indication"],
        first_supply_days=said.get("first_supply_days"),
        **shared,
    )
    return review_reads.proposal(by, made.change.pk)


def findings(by: User, change_id: int) -> list[FindingCard]:
    """Every finding of the newest review, new ones first, each with its answer."""
    page = review_reads.proposal(by, change_id)
    return [*page.new, *page.standing, *page.folded]


# fmt: off
ADDRESSES = [
    at("proposals", "proposals",
       get=lists(ChangeLine, chart.changes, "Proposed, signed and withdrawn changes, the latest day first.",
            order=("-effective_on", "-id"), filters=ChangeFilters),
       post=writes(ProposalDetails, propose, takes=NewProposal, status=201,
            refuses=("not-found", "refused", "conflict", "asked"), links_to="api:proposal")),
    at("proposals/<change_id>", "proposal", called="OneProposal",
       get=reads(ProposalDetails, review_reads.proposal,
            "A proposal and everything its author must see before signing.")),
    at("proposals/<change_id>/findings", "findings", get=reads(FindingsOfProposal, findings)),
    at("proposals/<change_id>/sign", "sign",
       post=writes(ChangeLine, prescribing.sign,
            "Sign a proposal. It is reviewed again first; a finding without an answer, or a contraindicated one "
            "without a second person's co-signature, refuses the signature. So does a review without any knowledge in "
            "use, until its signer says `unchecked`.", takes=Signature,
            refuses=("nothing-was-checked", "unanswered-findings", "co-signature-needed", "conflict", "refused"))),
    at("proposals/<change_id>/withdraw", "withdraw",
       post=writes(ChangeLine, prescribing.withdraw,
            "Withdraw a proposal that nobody has signed; it stays in the record.", takes=Withdrawal,
            refuses=("conflict", "refused"))),
]
# fmt: on
