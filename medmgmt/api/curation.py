"""The rules in use, and the clinic's own: proposed by one person, approved by another."""

from typing import Any

from rest_framework import serializers

from interactions import tiers
from interactions.local.cases import Tried
from interactions.models import LocalChange, LocalState, Rule, Severity
from medmgmt.actions import knowledge
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import at, lists, plain_columns, reads, writes
from medmgmt.api.kit.fields import Day, Strict, Text
from medmgmt.api.kit.shapes import Shown
from medmgmt.knowledge import reads as knowledge_reads
from medmgmt.record.models import User

SIDE_HELP = 'A drug\'s name in the knowledge, or "set:" and a class.'


class RuleQuery(serializers.Serializer[Any]):
    """Words that a rule must have (a drug or brand finds its classes too), how serious it is, and whose."""

    q = serializers.CharField(max_length=200, required=False, source="search")
    severity = serializers.ChoiceField(Severity.choices, required=False)
    of_source = serializers.CharField(max_length=80, required=False, source="source")


class RuleLine(Shown):
    """A rule in use, with where it comes from."""

    shows = Rule, (
        "id rule release of_source version a b severity problem mechanism effect management evidence citation"
        " confidence"
    )  # fmt: skip
    rule = serializers.CharField(source="rule_id")
    of_source = serializers.CharField(source="release__source")
    version = serializers.CharField(source="release__version")
    citation = serializers.CharField(source="source")


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


class LocalChangeLine(Shown):
    """A rule or grade of the clinic's own, and who decided."""

    shows = LocalChange, (
        "id kind adds_rule a b of_source of_rule of_code severity problem effect management reason citation"
        " of_release becomes"
        " valid_from valid_until cases state author proposed_at decided_by decided_at decided_why"
        " end_asked_by end_asked_why"
    )  # fmt: skip
    kind = serializers.ChoiceField(["rule", "regrade", "derivation", "pair", "switch"])
    cases = serializers.ListField()


class TriedCase(Shown):
    """What came of one case with the change in use; `by` names the rules that spoke."""

    shows = Tried, "told expected found by passes"


class TriedLocalChange(serializers.Serializer[Any]):
    """A change of the clinic's own, and what its cases come to now."""

    change = LocalChangeLine()
    tried = TriedCase(many=True)


class PassiveLine(Shown):
    """Pairs of imported tables that are folded away, with the reason; `change` and `taken_off_by` are local changes."""

    shows = tiers.PassiveLine, "a b severity reason of_source confidence change taken_off_by"
    severity = serializers.ChoiceField(Severity.choices)
    of_source = serializers.CharField(source="source")
    change = serializers.IntegerField(help_text="0 where it was shipped.")
    taken_off_by = serializers.IntegerField(help_text="0 where it holds.")


class PassiveLines(serializers.Serializer[Any]):
    """The whole list."""

    results = PassiveLine(many=True, source="*")


class Why(Strict):
    """The reason of a decision."""

    why = Text()


class LocalChangeFilters(filters.FilterSet):
    """By state."""

    state = filters.Choice(choices=LocalState.choices)


def try_out(by: User, local_change_id: int) -> dict[str, object]:
    """What it is, and what its cases come to with it in use today; nothing is changed."""
    change, tried = knowledge.try_out(by, local_change_id)
    return {"change": change, "tried": tried}


def propose(by: User, **wanted: Any) -> LocalChange:
    """Proposes one; nothing changes until a second person approves."""
    return knowledge.propose(by, knowledge.Wanted(**wanted))


# fmt: off
ADDRESSES = [
    at("rules", "rules",
       get=lists(RuleLine, plain_columns(knowledge_reads.rules, RuleLine),
            "Rules of the releases in use that have all of these words.", order=("release__source", "rule_id"),
            query=RuleQuery)),
    at("passive-pairs", "passive-pairs",
       get=reads(PassiveLines, knowledge_reads.passive_pairs,
            "Every line, shipped and local, with its reason and source.")),
    at("local-changes", "local-changes",
       get=lists(LocalChangeLine, knowledge_reads.local_changes,
            "Proposed, approved, rejected and ended, the newest first.", order=("-id",), filters=LocalChangeFilters),
       post=writes(LocalChangeLine, propose, takes=NewLocalChange, status=201, refuses=("refused",))),
    at("local-changes/<local_change_id>", "local-change", called="OneLocalChange",
       get=reads(TriedLocalChange, try_out)),
    at("local-changes/<local_change_id>/approve", "approve-local-change",
       post=writes(LocalChangeLine, knowledge.approve,
            "Puts it into use; refused to its author, and while one of its cases does not come out as it should.",
            refuses=("refused", "not-in-person"))),
    at("local-changes/<local_change_id>/reject", "reject-local-change",
       post=writes(LocalChangeLine, knowledge.reject,
            "Declines it, or the end that somebody asked for; the row stays.", takes=Why,
            refuses=("refused", "not-in-person"))),
    at("local-changes/<local_change_id>/end", "end-local-change",
       post=writes(LocalChangeLine, knowledge.end,
            "Takes an approved one out of use: the first asks, a second person who says the same ends it.", takes=Why,
            refuses=("refused", "not-in-person"))),
]
# fmt: on
