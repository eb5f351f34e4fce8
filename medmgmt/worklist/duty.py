"""Who is on duty: works here, in a team now, and is not away; for choosing to whom tasks go."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from medmgmt.record.access import STAFF
from medmgmt.record.models import CareAssignment, CareTeamMember, User
from refills.models import Task
from refills.worklist import cover
from refills.worklist.cover import Staff

Grouped = Mapping[int, frozenset[int]]


def staff(now: datetime | None = None) -> Staff:
    """Everybody who works here now, and the teams of every patient with a task. Four queries."""
    moment = now or timezone.now()
    current = (Q(until__isnull=True) | Q(until__gt=moment)) & Q(since__lte=moment)
    people = dict(User.objects.filter(role__in=STAFF).values_list("pk", "role"))
    members = CareTeamMember.objects.filter(current, user__role__in=STAFF, user__is_active=True)
    teams = _grouped(members.values_list("user_id", "team_id"))
    live = Task.objects.filter(closed_at__isnull=True, patient__isnull=False).values("patient_id")
    waiting = CareAssignment.objects.filter(current, patient_id__in=live)
    care = _grouped(waiting.values_list("patient_id", "team_id").distinct())
    gone = cover.away(moment)
    here = {user: people[user] for user in teams if user not in gone}
    return Staff(on_duty=here, everybody=people, teams=teams, care=care, away=gone)


def keep_worklist(now: datetime | None = None) -> int:
    """Sends every task that would wait for somebody who is not on duty to whoever is; how many moved. The clock's."""
    return cover.route(staff(now))


def on_duty(now: datetime | None = None) -> list[User]:
    """The people on duty, by name, for choosing one. Two queries."""
    moment = now or timezone.now()
    current = Q(memberships__until__isnull=True) | Q(memberships__until__gt=moment)
    working = User.objects.filter(current, memberships__since__lte=moment, role__in=STAFF, is_active=True)
    gone = cover.away(moment)
    return [one for one in working.distinct().order_by("last_name", "first_name", "pk") if one.pk not in gone]


def takers(patient_id: int | None, now: datetime | None = None, *, but: Collection[int] = ()) -> list[User]:
    """The people on duty who may see this patient, by name; with none, everybody on duty. Not who does so for those
    teams alone that are in `but`. Three queries."""
    people = on_duty(now)
    if patient_id is None:
        return people
    moment = now or timezone.now()
    current = (Q(until__isnull=True) | Q(until__gt=moment)) & Q(since__lte=moment)
    teams = CareAssignment.objects.filter(current, patient_id=patient_id).exclude(team__in=but).values("team_id")
    carers = set(CareTeamMember.objects.filter(current, team_id__in=teams).values_list("user_id", flat=True))
    return [one for one in people if one.pk in carers]


def colleagues(user: User, now: datetime | None = None) -> list[User]:
    """The people on duty who share a team with somebody, by name, themselves too. Three queries."""
    moment = now or timezone.now()
    current = (Q(until__isnull=True) | Q(until__gt=moment)) & Q(since__lte=moment)
    teams = CareTeamMember.objects.filter(current, user=user).values("team_id")
    known = set(CareTeamMember.objects.filter(current, team_id__in=teams).values_list("user_id", flat=True))
    return [one for one in on_duty(moment) if one.pk in known]


def _grouped(pairs: Iterable[tuple[int, int]]) -> Grouped:
    """The second numbers of each first one."""
    found: dict[int, set[int]] = defaultdict(set)
    for key, value in pairs:
        found[key].add(value)
    return {key: frozenset(values) for key, values in found.items()}
