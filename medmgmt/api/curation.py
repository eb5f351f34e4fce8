"""The rules in use, and the clinic's own: proposed by one person, approved by another."""

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet
from rest_framework import serializers

from interactions.models import LocalChange, LocalState, Rule, Severity
from medmgmt.actions import knowledge
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import Endpoint, columns, reads, writes
from medmgmt.api.kit.endpoint import lists as lists_of
from medmgmt.api.kit.fields import Day, Id, Instant, Strict, Text
from medmgmt.knowledge import reads as knowledge_reads
from medmgmt.record.models import User

SIDE_HELP = 'A drug\'s name in the knowledge, or "set:" and a class.'


class RuleQuery(serializers.Serializer[Any]):
    """Words that a rule must have (a drug or brand finds its classes too), how serious it is, and whose."""

    q = serializers.CharField(max_length=200, required=False)
    severity = serializers.ChoiceField(Severity.choices, required=False)
    of_source = serializers.CharField(max_length=80, required=False)


class RuleLine(serializers.Serializer[Any]):
    """A rule in use, with where it comes from."""

    id = Id()
    rule = serializers.CharField(source="rule_id")
    release = Id(source="release_id")
    of_source = serializers.CharField(source="release__source")
    version = serializers.CharField(source="release__version")
    a = serializers.CharField()
    b = serializers.CharField()
    severity = serializers.ChoiceField(Severity.choices)
    problem = serializers.CharField()
    mechanism = serializers.CharField()
    effect = serializers.CharField()
    management = serializers.CharField()
    evidence = serializers.CharField()
    citation = serializers.CharField(source="source")
    confidence = serializers.CharField()


class NewLocalChange(Strict):
    """A new rule (`adds_rule`), or another grade: for a rule (`of_source`, `of_rule`), for what is worked out
    (`of_code`, on `a` and `b` where given), or for pairs of imported tables, where minor is the passive list."""

    adds_rule = serializers.BooleanField(default=False)
    a = Text(max_length=200, help_text=SIDE_HELP)
    b = Text(max_length=200, help_text=SIDE_HELP)
    of_source = Text(max_length=80)
    of_rule = Text(max_length=40)
    of_code = Text(max_length=40, help_text="As a finding names what worked it out: D01, C04.")
    severity = Text(max_length=16, help_text="Empty: as graded by the source, in place of a line of the passive list.")
    problem = Text(max_length=60)
    mechanism = Text()
    effect = Text()
    management = Text()
    reason = serializers.CharField(max_length=4000)
    citation = Text()
    valid_from = Day(required=False)
    valid_until = Day(required=False, allow_null=True)
    cases = serializers.ListField(
        child=serializers.JSONField(),
        max_length=50,
        help_text='Each "a 50 mg + b => severity", or a case as POST interactions/check takes it, with `expect`.',
    )


class LocalChangeLine(serializers.Serializer[Any]):
    """A rule or grade of the clinic's own, and who decided."""

    id = Id()
    kind = serializers.ChoiceField(["rule", "regrade", "derivation", "pair"])
    adds_rule = serializers.BooleanField()
    a = serializers.CharField()
    b = serializers.CharField()
    of_source = serializers.CharField()
    of_rule = serializers.CharField()
    of_code = serializers.CharField()
    severity = serializers.CharField()
    problem = serializers.CharField()
    effect = serializers.CharField()
    management = serializers.CharField()
    reason = serializers.CharField()
    citation = serializers.CharField()
    valid_from = Day()
    valid_until = Day(allow_null=True)
    cases = serializers.ListField()
    state = serializers.ChoiceField(LocalState.choices)
    author = Id(source="author_id")
    proposed_at = Instant()
    decided_by = Id(source="decided_by_id", allow_null=True)
    decided_at = Instant(allow_null=True)
    decided_why = serializers.CharField()


class TriedCase(serializers.Serializer[Any]):
    """What came of one case with the change in use; `by` names the rules that spoke."""

    told = serializers.CharField()
    expected = serializers.CharField()
    found = serializers.CharField()
    by = serializers.CharField()
    passes = serializers.BooleanField()


class TriedLocalChange(serializers.Serializer[Any]):
    """A change of the clinic's own, and what its cases come to now."""

    change = LocalChangeLine()
    tried = TriedCase(many=True)


class PassiveLine(serializers.Serializer[Any]):
    """Pairs of imported tables that are folded away, with the reason; `change` and `taken_off_by` are local changes."""

    a = serializers.CharField()
    b = serializers.CharField()
    severity = serializers.ChoiceField(Severity.choices)
    reason = serializers.CharField()
    of_source = serializers.CharField(source="source")
    confidence = serializers.CharField()
    change = serializers.IntegerField(help_text="0 where it was shipped.")
    taken_off_by = serializers.IntegerField(help_text="0 where it holds.")


class PassiveLines(serializers.Serializer[Any]):
    """The whole list."""

    results = PassiveLine(many=True)


class Why(Strict):
    """The reason of a decision."""

    why = Text()


class LocalChangeFilters(filters.FilterSet):
    """By state."""

    state = filters.Choice(choices=LocalState.choices)


class Rules(Endpoint):
    """Rules in use."""

    @lists_of(RuleLine, order=("release__source", "rule_id"), query=RuleQuery)
    def get(self, by: User, q: str = "", severity: str = "", of_source: str = "") -> QuerySet[Rule, Any]:
        """Rules of the releases in use that have all of these words."""
        return columns(knowledge_reads.rules(by, search=q, severity=severity, source=of_source), RuleLine)


class PassivePairs(Endpoint):
    """The list of pairs of little value."""

    @reads(PassiveLines)
    def get(self, by: User) -> object:
        """Every line, shipped and local, with its reason and source."""
        return {"results": knowledge_reads.passive_pairs(by)}


class OneLocalChange(Endpoint):
    """One change of the clinic's own."""

    @reads(TriedLocalChange)
    def get(self, by: User, local_change_id: int) -> object:
        """What it is, and what its cases come to with it in use today; nothing is changed."""
        change, tried = knowledge.try_out(by, local_change_id)
        return {"change": change, "tried": tried}


class LocalChanges(Endpoint):
    """The clinic's own rules and grades."""

    @lists_of(LocalChangeLine, order=("-id",), filters=LocalChangeFilters)
    def get(self, by: User) -> QuerySet[LocalChange]:
        """Proposed, approved, rejected and ended, the newest first."""
        return knowledge_reads.local_changes(by)

    @writes(LocalChangeLine, takes=NewLocalChange, status=201, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any]) -> object:
        """Proposes one; nothing changes until a second person approves."""
        return knowledge.propose(by, knowledge.Wanted(**values))


class ApproveLocalChange(Endpoint):
    """A second person's yes."""

    @writes(LocalChangeLine, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any], local_change_id: int) -> object:
        """Puts it into use; refused to its author, and while one of its cases does not come out as it should."""
        return knowledge.approve(by, local_change_id)


class RejectLocalChange(Endpoint):
    """A second person's no."""

    @writes(LocalChangeLine, takes=Why, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any], local_change_id: int) -> object:
        """Declines it; the row stays."""
        return knowledge.reject(by, local_change_id, **values)


class EndLocalChange(Endpoint):
    """Out of use again."""

    @writes(LocalChangeLine, takes=Why, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any], local_change_id: int) -> object:
        """Takes an approved one out of use."""
        return knowledge.end(by, local_change_id, **values)
