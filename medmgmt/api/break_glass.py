"""A chart opened in an emergency: the explicit act, its end, and the privacy officer's judgement."""

from medmgmt import break_glass
from medmgmt.actions import break_glass as actions
from medmgmt.api.kit.endpoint import at, lists, writes
from medmgmt.api.kit.fields import Instant
from medmgmt.api.kit.shapes import BodyOfAct, Shown
from medmgmt.record.models import BreakGlass, BreakGlassJudgement


class OpeningLine(Shown):
    """One chart open to one person, why, and until when."""

    shows = BreakGlass, "id patient by role reason opened_at until over_at"
    over_at = Instant(help_text="When it ended, or will.")


class NewOpening(BodyOfAct):
    """Whose chart, by its exact record number or by name and birth date, and a sentence why."""

    asks = actions.open_chart


class JudgementLine(Shown):
    """What is thought of an opening."""

    shows = BreakGlassJudgement, "id opening verdict note by at"


class NewJudgement(BodyOfAct):
    """Whether it was appropriate, and why."""

    asks = actions.judge


# fmt: off
ADDRESSES = [
    at("break-glass", "break-glass",
       get=lists(OpeningLine, break_glass.openings, order=("-opened_at", "-id")),
       post=writes(OpeningLine, actions.open_chart,
            "Open the chart of somebody who is not in your care, in an emergency. It is on record, the patient sees it,"
            " and the privacy officer judges it.", takes=NewOpening, status=201,
            refuses=("refused", "not-in-person"))),
    at("break-glass/<opening_id>/end", "end-break-glass",
       post=writes(OpeningLine, actions.end, "Close the chart now.", refuses=("conflict", "not-in-person"))),
    at("break-glass/<opening_id>/judgement", "judge-break-glass",
       post=writes(JudgementLine, actions.judge, "Say whether an opening was appropriate.", takes=NewJudgement,
            status=201, refuses=("refused", "conflict", "not-in-person"))),
]
# fmt: on
