"""Which alerts were shown and what became of them: by rule, severity, role and reason, in numbers."""

import csv
import io
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone

from interactions import review
from interactions.models import Answer, Finding, Moment
from medmgmt.record import access, audit
from medmgmt.record.models import User
from refills.evidence import AGAIN
from refills.models import Task, TaskState

USUAL_DAYS = 90
TOO_OFTEN, FEWEST = 0.9, 10
"""Overridden more often than this, and shown at least so often, a rule is a candidate for a lower severity."""
PROMISE = ("key", "state", "due_at", "closed_at", "closed_by_id")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula."""


@dataclass(frozen=True)
class Line:
    """How often one rule, severity, role or reason was shown and overridden."""

    name: str
    shown: int
    overridden: int

    @property
    def rate(self) -> float:
        """Overridden of shown, in percent."""
        return round(100 * self.overridden / self.shown, 1) if self.shown else 0.0


@dataclass(frozen=True)
class Alerts:
    """What was shown in a time, and what became of it. An alert is a card that interrupted, once a change.

    Of a card with several findings the most severe says rule and severity; it is overridden with its one answer.
    """

    since: date
    until: date
    total: Line
    by_rule: list[Line]
    by_severity: list[Line]
    by_role: list[Line]
    by_reason: list[Line]
    """Of a reason `shown` and `overridden` are the same."""
    follow_ups: int
    """Promised, and due by now, done, or given up by somebody; what went with a withdrawn proposal is left out."""
    kept: int
    """Done by the day that was promised: a promise to monitor by what it named, all else in words."""

    @property
    def candidates(self) -> list[Line]:
        """Rules that are nearly always overridden."""
        return [line for line in self.by_rule if line.shown >= FEWEST and line.overridden > TOO_OFTEN * line.shown]


def of(by: User, since: date | None = None, until: date | None = None) -> Alerts:
    """Alerts of reviews made in these days, both included; the last ninety by default. Four queries."""
    access.require(by, "view_alerts")
    last = until or timezone.localdate()
    first = since or last - timedelta(days=USUAL_DAYS)
    answers = answered(first, last)
    shown: dict[tuple[int, str], tuple[str, str, str]] = {}
    found = Finding.objects.filter(
        review__moment__in=(Moment.PROPOSE, Moment.SIGN),
        review__at__date__range=(first, last),
        severity__in=review.STOPS,
        is_interruptive=True,
    )
    columns = ("review__change_id", "card", "key", "severity", "sources", "review__by__role")
    for change_id, card, key, severity, sources, role in found.values_list(*columns).order_by("id").iterator():
        shown.setdefault((change_id, card or key), (rule_of(sources), severity, role or ""))
    reasons = Counter(answers[alert][0] for alert in shown if alert in answers)
    follow_ups, kept = promises([answers[alert][1] for alert in shown if alert in answers])
    audit.record(by, "view_alerts", detail={"alerts": len(shown)})
    return Alerts(
        since=first,
        until=last,
        total=Line("", len(shown), sum(reasons.values())),
        by_rule=lines((told[0], alert in answers) for alert, told in shown.items()),
        by_severity=lines((told[1], alert in answers) for alert, told in shown.items()),
        by_role=lines((told[2], alert in answers) for alert, told in shown.items()),
        by_reason=[Line(reason, count, count) for reason, count in reasons.most_common()],
        follow_ups=follow_ups,
        kept=kept,
    )


def answered(first: date, last: date) -> dict[tuple[int, str], tuple[str, int]]:
    """Change and card -> the reason, and the number of the answer that leads."""
    given = Answer.objects.filter(finding__review__at__date__range=(first, last)).order_by("id")
    rows = given.values_list("finding__review__change_id", "finding__card", "key", "reason_code", "lead_id", "pk")
    return {(change, card or key): (reason, lead or number) for change, card, key, reason, lead, number in rows}


def promises(answers: Iterable[int]) -> tuple[int, int]:
    """Of the follow-ups of these answers: how many are due or done, and how many were done in time.

    One whose evidence was wrong counts as it stands now: by the task that was opened in its place.
    """
    wanted = {f"follow-up:{number}" for number in answers}
    rows = Task.objects.filter(kind="finding_follow_up").order_by("id")
    told = {row[0].partition(AGAIN)[0]: row[1:] for row in rows.values_list(*PROMISE)}
    now = timezone.now()
    due = [row for key, row in told.items() if key in wanted and is_due(*row, now)]
    return len(due), sum(state == TaskState.DONE and closed <= by for state, by, closed, _who in due)


def is_due(state: str, due_at: datetime, closed_at: datetime | None, closed_by: int | None, now: datetime) -> bool:
    """Whether it can be said by now that the promise was kept or not; what went with its reason counts for nobody."""
    if state == TaskState.CANCELLED:
        return closed_by is not None
    return state == TaskState.DONE or due_at <= now


def rule_of(sources: list[dict[str, str]]) -> str:
    """The rule that spoke loudest; a pair of an imported table goes by its table."""
    lead = sources[0] if sources else {}
    return f"{lead.get('label', '')} {lead.get('rule_id', '')}".strip()


def lines(alerts: Iterable[tuple[str, bool]]) -> list[Line]:
    """Put together by name, what is shown most first."""
    shown, overridden = Counter[str](), Counter[str]()
    for name, was_overridden in alerts:
        shown[name] += 1
        overridden[name] += was_overridden
    return [Line(name, count, overridden[name]) for name, count in shown.most_common()]


def as_csv(found: Alerts) -> str:
    """The numbers as a table; a cell that a spreadsheet would take for a formula begins with an apostrophe."""
    out = io.StringIO()
    written = csv.writer(out)
    written.writerow(["group", "name", "shown", "overridden", "override_percent"])
    groups = (
        ("total", [found.total]),
        ("rule", found.by_rule),
        ("severity", found.by_severity),
        ("role", found.by_role),
        ("reason", found.by_reason),
        ("candidate for demotion", found.candidates),
        ("follow-up due and kept", [Line("", found.follow_ups, found.kept)]),
    )
    for group, told in groups:
        written.writerows([group, guarded(one.name), one.shown, one.overridden, one.rate] for one in told)
    return out.getvalue()


def guarded(cell: str) -> str:
    """Text that no spreadsheet runs."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell
