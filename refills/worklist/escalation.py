"""What is late is raised: to the whole role, to the next role of its chain, and at last to the administrators."""

from collections import defaultdict
from datetime import datetime, timedelta
from functools import reduce
from operator import or_

from django.db.models import Case, DateTimeField, F, Q, Value, When
from django.db.models.functions import Greatest

from refills.clock import database_now
from refills.models import HIGHEST_LEVEL, MOST_URGENT, Task
from refills.worklist import service_levels
from refills.worklist.service_levels import BAND, Level


def escalate(now: datetime | None = None) -> int:
    """Raise what is overdue by one level, one urgency and one band of rank, again after the hours of its service level,
    three times at most; how many. One query, safe to repeat and at once.

    It leaves the version alone: somebody who has the task open before them is not turned away by the clock.
    """
    moment = now or database_now()
    overdue = Task.objects.filter(closed_at__isnull=True, escalate_at__lte=moment, escalation_level__lt=HIGHEST_LEVEL)
    return overdue.update(
        escalation_level=F("escalation_level") + 1,
        priority=Greatest(F("priority") - 1, MOST_URGENT),
        rank=Greatest(F("rank") - BAND, 1),
        escalated_at=moment,
        escalate_at=_raised_next(moment),
        raised_to=_raised_to(),
    )


def _raised_next(moment: datetime) -> Case:
    """When it is raised again, by the row of the service levels that speaks for it; never after the last time."""
    site = service_levels.hours()
    levels = service_levels.levels()
    waits: dict[tuple[bool, timedelta], Q] = defaultdict(Q)
    for row in levels.rows.values():
        waits[row.by_clock, row.again] |= _of(row)
    rest = levels.of("other").later(moment, levels.of("other").again, site)
    return Case(
        When(escalation_level__gte=HIGHEST_LEVEL - 1, then=Value(None, DateTimeField())),
        *[When(which, then=Value((moment + again) if clock else site.after(moment, again), DateTimeField()))
          for (clock, again), which in waits.items()],
        default=Value(rest, DateTimeField()),
    )  # fmt: skip


def _raised_to() -> Case:
    """The role that sees it too from now on: the next of its chain, where that is another than its own."""
    named: dict[tuple[int, str], list[Q]] = defaultdict(list)
    for row in service_levels.levels().rows.values():
        for level in range(1, HIGHEST_LEVEL + 1):
            role = row.raised_to(level, role="")
            if role:
                named[level, role].append(_of(row))
    return Case(
        *[When(reduce(or_, rows) & Q(escalation_level=level - 1) & ~Q(role=role), then=Value(role))
          for (level, role), rows in named.items()],
        default=F("raised_to"),
    )  # fmt: skip


def _of(row: Level) -> Q:
    """The tasks that a row speaks for."""
    return Q(kind=row.kind, service_case=row.case)
