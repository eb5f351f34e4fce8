"""Which alerts were shown and what became of them: by rule, severity, role and reason, in numbers."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from interactions import review
from interactions.models import Answer, Finding, Moment
from medmgmt.record import access, audit, legible, part2
from medmgmt.record.models import User
from refills.models import Task, TaskState
from refills.worklist import kinds
from refills.worklist.evidence import AGAIN

USUAL_DAYS = 90
TOO_OFTEN, FEWEST = 0.9, 10
"""Overridden more often than this, and shown at least so often, a rule is a candidate for a lower severity."""
PROMISE = ("key", "state", "due_at", "closed_at", "closed_by_id")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes a cell that begins so for a formula."""


@dataclass(frozen=True)
class Ruling:
    """What spoke: a rule by its number; what is worked out by its code, and a pair of a table, by its two drugs too."""

    source: str
    rule: str = ""
    a: str = ""
    b: str = ""

    @property
    def name(self) -> str:
        """As it is shown."""
        drugs = f": {self.a} + {self.b}" if self.a else ""
        return f"{self.source} {self.rule}".strip() + drugs


@dataclass(frozen=True)
class Line:
    """How often one rule, severity, role or reason was shown and overridden."""

    name: str
    shown: int
    overridden: int
    ruling: Ruling | None = None
    severity: str = ""
    """The last severity with which it was shown; of a rule."""

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


@dataclass(frozen=True)
class Shown:
    """One alert: what spoke to whom, when, about which change, and what became of it."""

    ruling: Ruling
    version: str
    problem: str
    severity: str
    user: str
    role: str
    at: datetime
    action: str
    """overridden, withdrawn, signed or waiting."""
    reason: str
    answer: int

    @property
    def is_overridden(self) -> bool:
        """Somebody said why it is acceptable."""
        return self.action == "overridden"


def alerts_between(by: User, since: date | None = None, until: date | None = None) -> Alerts:
    """Alerts of reviews made in these days, both included; the last ninety by default. Four queries."""
    access.require(by, "view_alerts")
    first, last = days(since, until)
    found = shown(first, last)
    reasons = Counter(one.reason for one in found if one.is_overridden)
    follow_ups, kept = promises([one.answer for one in found if one.is_overridden], first)
    audit.record(by, "view_alerts", detail={"alerts": len(found)})
    return Alerts(
        since=first,
        until=last,
        total=Line("", len(found), sum(reasons.values())),
        by_rule=rules(found),
        by_severity=lines((one.severity, one.is_overridden) for one in found),
        by_role=lines((one.role, one.is_overridden) for one in found),
        by_reason=[Line(reason, count, count) for reason, count in reasons.most_common()],
        follow_ups=follow_ups,
        kept=kept,
    )


def feedback(by: User, since: date | None = None, until: date | None = None) -> list[Shown]:
    """Each alert of these days as feedback on decision support: what spoke, what was done, why, who and when.

    It names no patient, and leaves out what was noted in words.
    """
    access.require(by, "view_alerts")
    found = shown(*days(since, until))
    audit.record(by, "export_alerts", detail={"alerts": len(found)})
    return found


def days(since: date | None, until: date | None) -> tuple[date, date]:
    """The days asked for; the last ninety where nothing is asked."""
    last = until or timezone.localdate()
    return since or last - timedelta(days=USUAL_DAYS), last


def shown(first: date, last: date) -> list[Shown]:
    """What interrupted in these days, each card once a change, by its first showing; of what rests on a programme's
    record no more than that. Three queries."""
    answers, hides = answered(first, last), part2.prescriptions_of_programmes()
    found = Finding.objects.filter(
        review__moment__in=(Moment.PROPOSE, Moment.SIGN),
        review__at__date__range=(first, last),
        severity__in=review.STOPS,
        is_interruptive=True,
    )
    columns = ("review__change_id", "card", "key", "severity", "problem", "sources", "drugs", "review__by__role",
               "review__by__username", "review__at", "review__change__status", "prescriptions",
               "is_restricted")  # fmt: skip
    once: dict[tuple[int, str], Shown] = {}
    for change_id, card, key, severity, problem, sources, drugs, *seen in found.values_list(*columns).order_by("id"):
        alert = (change_id, card or key)
        if alert in once:
            continue
        role, user, at, status, refs, is_restricted = seen
        if is_restricted or hides.intersection(map(str, refs)):
            problem, sources, drugs = part2.RESTRICTED, [], []
        reason, answer = answers.get(alert, ("", 0))
        action = "overridden" if answer else {"withdrawn": "withdrawn", "signed": "signed"}.get(status, "waiting")
        lead = sources[0] if sources else {}
        once[alert] = Shown(
            ruling_of(lead, drugs), lead.get("version", ""), problem, severity, user or "", role or "", at, action,
            reason, answer,
        )  # fmt: skip
    return list(once.values())


def answered(first: date, last: date) -> dict[tuple[int, str], tuple[str, int]]:
    """Change and card -> the reason, and the number of the answer that leads."""
    given = Answer.objects.filter(finding__review__at__date__range=(first, last)).order_by("id")
    rows = given.values_list("finding__review__change_id", "finding__card", "key", "reason_code", "lead_id", "pk")
    return {(change, card or key): (reason, lead or number) for change, card, key, reason, lead, number in rows}


def promises(answers: Iterable[int], first: date) -> tuple[int, int]:
    """Of the follow-ups of these answers: how many are due or done, and how many were done in time.

    One whose evidence was wrong counts as it stands now: by the task that was opened in its place.
    """
    wanted = {kinds.FOLLOW_UP.key_of(number) for number in answers}
    rows = Task.objects.filter(kind="finding_follow_up", created_at__date__gte=first).order_by("id")
    told = {row[0].partition(AGAIN)[0]: row[1:] for row in rows.values_list(*PROMISE)}
    now = timezone.now()
    due = [row for key, row in told.items() if key in wanted and is_due(row[0], row[1], row[3], now)]
    return len(due), sum(state == TaskState.DONE and closed <= by for state, by, closed, _who in due)


def is_due(state: str, due_at: datetime, closed_by: int | None, now: datetime) -> bool:
    """Whether it can be said by now that the promise was kept or not; what went with its reason counts for nobody."""
    if state == TaskState.CANCELLED:
        return closed_by is not None
    return state == TaskState.DONE or due_at <= now


def ruling_of(lead: Mapping[str, str], drugs: Sequence[str]) -> Ruling:
    """What spoke loudest; without a rule of its own, on which two drugs."""
    rule, is_derived = lead.get("rule_id", ""), lead.get("confidence") == "derived"
    pair = drugs if len(drugs) == 2 and (is_derived or not rule) else ("", "")
    return Ruling(lead.get("label", ""), rule, *pair)


def rules(alerts: Iterable[Shown]) -> list[Line]:
    """Put together by what spoke, what is shown most first."""
    shown, overridden, severity = Counter[Ruling](), Counter[Ruling](), dict[Ruling, str]()
    for one in alerts:
        shown[one.ruling] += 1
        overridden[one.ruling] += one.is_overridden
        severity[one.ruling] = one.severity
    return [Line(of.name, count, overridden[of], of, severity[of]) for of, count in shown.most_common()]


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
    rows = csv.writer(out)
    rows.writerow(["group", "name", "shown", "overridden", "override_percent"])
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
        rows.writerows([group, guarded(one.name), one.shown, one.overridden, one.rate] for one in told)
    return out.getvalue()


def feedback_csv(found: Iterable[Shown]) -> str:
    """Feedback on decision support as a table: intervention, action, feedback, user, date and place; no patient."""
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(["intervention", "source_version", "problem", "severity", "action_taken", "user_feedback", "user",
                      "role", "date_time", "location"])  # fmt: skip
    for one in found:
        cells = (one.ruling.name, one.version, one.problem, one.severity, one.action, one.reason, one.user, one.role,
                 one.at.isoformat(timespec="seconds"), settings.SITE_NAME)  # fmt: skip
        rows.writerow([guarded(cell) for cell in cells])
    return out.getvalue()


def guarded(cell: str) -> str:
    """Text that no spreadsheet runs."""
    told = legible.isolated(cell)
    return f"'{told}" if cell.startswith(FORMULA) else told
