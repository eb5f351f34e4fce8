"""Requests to amend the record: asked for, put off, answered, and the last word after a denial (45 CFR 164.526)."""

from rest_framework import serializers

from medmgmt import amendments
from medmgmt.actions import amendments as actions
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import at, lists, writes
from medmgmt.api.kit.fields import Day, Id
from medmgmt.api.kit.shapes import BodyOfAct, Shown
from medmgmt.record.models import (
    AmendmentAnswer,
    AmendmentExtension,
    AmendmentRequest,
    AmendmentStatement,
    EntryKind,
)


class ExtensionLine(Shown):
    """Until when an answer was put off, and why."""

    shows = AmendmentExtension, "id request until why by at"


class AmendmentAnswerLine(Shown):
    """What was decided, in plain words."""

    shows = AmendmentAnswer, "id request decision ground words entry_kind entry_number told_whom by at"
    ground = serializers.CharField(help_text="Blank where all was accepted.")
    entry_kind = serializers.CharField(help_text="Of the entry that amends the record; blank for none.")


class StatementLine(Shown):
    """What was said after a denial."""

    shows = AmendmentStatement, "id request kind text by at"


class AmendmentLine(Shown):
    """What a patient asked to have amended, by when it is answered, and all that was said to it."""

    shows = AmendmentRequest, "id patient programme way received_on entry_kind entry_number what why tell by at"
    entry_kind = serializers.CharField(help_text="Blank where no entry was named.")
    due_on = Day(help_text="The last day on which it may be answered.")
    extension = ExtensionLine(source="extended", allow_null=True)
    answer = AmendmentAnswerLine(source="answered", allow_null=True)
    statements = StatementLine(many=True, source="statements.all")


class NewAmendment(BodyOfAct):
    """What, why, of which entry, and who else should know. Staff say how it came and when."""

    asks = actions.request_amendment
    patient = Id(source="patient_id")
    entry_number = Id(required=False, allow_null=True, default=None)


class NewExtension(BodyOfAct):
    """The new last day, within 90 days of the day it was received, and why: the patient reads it."""

    asks = actions.extend_amendment


class NewAmendmentAnswer(BodyOfAct):
    """Accepted, partly, or denied on a ground of the rule; in plain words."""

    asks = actions.answer_amendment
    entry_number = Id(required=False, allow_null=True, default=None)


class NewStatement(BodyOfAct):
    """What is to be said."""

    asks = actions.disagree


class AmendmentFilters(filters.FilterSet):
    """Requests by patient, by the kind of entry, by whether they wait."""

    patient = filters.Id("patient_id")
    entry_kind = filters.Choice(choices=EntryKind.choices)
    waits = filters.YesOrNo("answered", lookup_expr="isnull")


# fmt: off
ADDRESSES = [
    at("amendments", "amendments",
       get=lists(AmendmentLine, amendments.requests, order=("-id",), filters=AmendmentFilters),
       post=writes(AmendmentLine, actions.request_amendment,
            "Ask that something in the record be amended; a task to answer within 60 days is opened.",
            takes=NewAmendment, status=201, refuses=("not-found", "refused"))),
    at("amendments/<amendment_id>/put-off", "extend-amendment",
       post=writes(ExtensionLine, actions.extend_amendment, "Put the answer off, once, by 30 days at most.",
            takes=NewExtension, status=201, refuses=("refused", "conflict", "not-in-person"))),
    at("amendments/<amendment_id>/answer", "answer-amendment",
       post=writes(AmendmentAnswerLine, actions.answer_amendment, "Decide on a request, once.",
            takes=NewAmendmentAnswer, status=201, refuses=("refused", "conflict", "not-in-person"))),
    at("amendments/<amendment_id>/disagree", "disagree",
       post=writes(StatementLine, actions.disagree, "The patient's statement of disagreement with a denial.",
            takes=NewStatement, status=201, refuses=("refused", "conflict"))),
    at("amendments/<amendment_id>/rebut", "rebut",
       post=writes(StatementLine, actions.rebut, "What we say to a statement of disagreement.",
            takes=NewStatement, status=201, refuses=("refused", "conflict", "not-in-person"))),
]
# fmt: on
