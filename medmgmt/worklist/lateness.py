"""What is late and why: by kind, role, age and how far it was raised; for administrators without any patient."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Case, CharField, Count, Max, Min, Q, QuerySet, Value, When
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from medmgmt.record import access
from medmgmt.record.models import Role, User
from medmgmt.worklist import duty
from refills.models import HIGHEST_LEVEL, Task, TaskKind, TaskState, Waits
from refills.worklist import tasks as worklist_tasks

AGES: tuple[tuple[str, timedelta, str | Promise], ...] = (
    ("hours", timedelta(hours=24), _("under a day")),
    ("days", timedelta(days=3), _("one to three days")),
    ("week", timedelta(days=7), _("three to seven days")),
)
LONGER = ("longer", _("over a week"))
AGE_WORDS = dict([*((code, words) for code, _upto, words in AGES), LONGER])
TAKEN, UNTAKEN = "taken", "untaken"
REASONS: dict[str, str | Promise] = {
    **dict(Waits.choices),
    TAKEN: _("somebody has taken it and it is not done"),
    UNTAKEN: _("nobody has taken it yet"),
}
SHOWN = 200


@dataclass(frozen=True)
class Late:
    """So many late tasks of one kind, role, age, level and reason."""

    kind: str
    role: str
    age: str
    level: int
    reason: str
    count: int
    oldest: datetime

    @property
    def kind_words(self) -> str:
        """The kind for people."""
        return str(TaskKind(self.kind).label)

    @property
    def age_words(self) -> str:
        """How long late, for people."""
        return str(AGE_WORDS[self.age])

    @property
    def why(self) -> str:
        """The reason for people."""
        return str(REASONS[self.reason])


@dataclass(frozen=True)
class Lateness:
    """The late tasks counted, and for administrators those that reach nobody or were raised to them, by number only."""

    late: int
    unreached: int
    groups: list[Late]
    raised: list[Task] = field(default_factory=list)
    on_duty: dict[str, int] = field(default_factory=dict)


def lateness_for(by: User, *, now: datetime | None = None) -> Lateness:
    """What is late among the person's patients; for an administrator everywhere, without names. Audited by nobody: it
    shows numbers."""
    access.require(by, "view_lateness")
    moment = now or timezone.now()
    tasks = reach(by)
    found = grouped(tasks.filter(due_at__lt=moment), moment)
    unreached = tasks.filter(waits=Waits.NOBODY).count()
    people = duty.on_duty(moment)
    return Lateness(
        late=sum(one.count for one in found),
        unreached=unreached,
        groups=found,
        raised=list(raised(tasks)) if by.role == Role.ADMINISTRATOR else [],
        on_duty={role: sum(one.role == role for one in people) for role in sorted(access.STAFF)},
    )


def reach(by: User) -> QuerySet[Task]:
    """The live tasks whose lateness the person may know of: their patients', or every one as a bare number."""
    if by.role == Role.ADMINISTRATOR:
        return Task.objects.filter(closed_at__isnull=True).order_by()
    return worklist_tasks.within(access.patients_of(by).values("pk")).select_related(None).order_by()


def raised(tasks: QuerySet[Task]) -> QuerySet[Task]:
    """What an administrator must act on: it reaches nobody on duty, or was raised to the end of its chain.

    Only number, kind, role, times and reason: no patient, title or detail is read.
    """
    found = tasks.filter(Q(waits=Waits.NOBODY) | Q(escalation_level=HIGHEST_LEVEL))
    bare = found.only("pk", "kind", "role", "due_at", "waits", "escalation_level")
    return bare.order_by("rank", "due_at", "id")[:SHOWN]


def grouped(tasks: QuerySet[Task], now: datetime) -> list[Late]:
    """The rows of the table, the oldest first. One query."""
    ages = [When(due_at__gt=now - upto, then=Value(code)) for code, upto, _words in AGES]
    reasons = [When(waits=code, then=Value(code)) for code in Waits.values]
    taken = When(Q(state=TaskState.CLAIMED, claimed_until__gt=now), then=Value(TAKEN))
    rows = (
        tasks.annotate(
            age=Case(*ages, default=Value(LONGER[0]), output_field=CharField()),
            reason=Case(*reasons, taken, default=Value(UNTAKEN), output_field=CharField()),
        )
        .values("kind", "role", "age", "reason")
        .annotate(count=Count("pk"), oldest=Min("due_at"), level=Max("escalation_level"))
        .order_by("oldest", "kind")
    )
    return [Late(**row) for row in rows]
