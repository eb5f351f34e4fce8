"""Nothing waits for somebody who is away: who stands in, and to whom each task goes meanwhile."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from refills.errors import NoSuchAbsence
from refills.models import Absence, NoDigest, Task, Waits
from refills.worklist.service_levels import ROLES, levels

AT_ONCE = 500
"""How many tasks one statement routes."""
Way = tuple[int | None, str, str]
"""Who stands in, which role stands in, and why."""


@dataclass(frozen=True)
class Staff:
    """Who works here now: roles of those on duty, of everybody, teams of people and patients, and who is away."""

    on_duty: Mapping[int, str]
    everybody: Mapping[int, str]
    teams: Mapping[int, frozenset[int]]
    care: Mapping[int, frozenset[int]]
    away: Mapping[int, int | None]
    _known: dict[tuple[str, frozenset[int] | None], bool] = field(default_factory=dict)

    def reaches(self, user_id: int, patient_id: int | None) -> bool:
        """Is the person on duty, and may they see this patient? Every one on duty sees a task without a patient."""
        if user_id not in self.on_duty:
            return False
        return patient_id is None or bool(self.teams.get(user_id, frozenset()) & self.care.get(patient_id, frozenset()))

    def has(self, role: str, patient_id: int | None) -> bool:
        """Is anybody of this role on duty who may see this patient?"""
        where = None if patient_id is None else self.care.get(patient_id, frozenset())
        if (role, where) not in self._known:
            people = (user for user, own in self.on_duty.items() if own == role)
            self._known[role, where] = any(self.reaches(user, patient_id) for user in people)
        return self._known[role, where]

    def standing_in(self, user_id: int, patient_id: int | None) -> int | None:
        """Who covers for somebody away and may see this patient; where the cover is away too, whoever covers them."""
        asked, cover = {user_id}, self.away.get(user_id)
        while cover is not None and cover not in asked:
            if self.reaches(cover, patient_id):
                return cover
            asked.add(cover)
            cover = self.away.get(cover)
        return None


def tell(*, user_id: int, since: datetime, until: datetime, cover_id: int | None, by_id: int) -> Absence:
    """Write down that somebody will be away, and who stands in if anybody does."""
    return Absence.objects.create(user_id=user_id, since=since, until=until, cover_id=cover_id, told_by_id=by_id)


def is_told(user_id: int, since: datetime, until: datetime, cover_id: int | None) -> bool:
    """Is this very absence on record?"""
    same = Absence.objects.filter(user_id=user_id, since=since, until=until, cover_id=cover_id)
    return same.filter(withdrawn_at__isnull=True).exists()


def withdraw(absence_id: int, by_id: int) -> bool:
    """Somebody is not away after all, or back early; True once, however often and at once it is said."""
    standing = Absence.objects.filter(pk=absence_id, withdrawn_at__isnull=True)
    return bool(standing.update(withdrawn_at=timezone.now(), withdrawn_by_id=by_id))


def get(absence_id: int) -> Absence:
    found = Absence.objects.select_related("user", "cover").filter(pk=absence_id).first()
    if found is None:
        raise NoSuchAbsence(absence_id)
    return found


def choose_digest(user_id: int, *, wanted: bool) -> None:
    """Whether somebody wants the morning notice; wanted unless they said otherwise. Safe to repeat."""
    if wanted:
        NoDigest.objects.filter(user_id=user_id).delete()
    else:
        NoDigest.objects.get_or_create(user_id=user_id)


def want_no_digest() -> set[int]:
    """Whoever wants no morning notice."""
    return set(NoDigest.objects.values_list("user_id", flat=True))


def holding(now: datetime) -> QuerySet[Absence]:
    """Absences of now and later that were not withdrawn, the next first."""
    held = Absence.objects.filter(withdrawn_at__isnull=True, until__gt=now)
    return held.select_related("user", "cover").order_by("since", "id")


def away(now: datetime) -> dict[int, int | None]:
    """Everybody who is away now, with their cover; of two that overlap the one told last speaks. One query."""
    told = holding(now).filter(since__lte=now).select_related(None).order_by("told_at", "id")
    return dict(told.values_list("user_id", "cover_id"))


def route(staff: Staff, among: Q | None = None) -> int:
    """Send every live task whose person or role is not on duty to whoever is; how many go another way than before.

    Safe to repeat and at once: a task that was given to somebody else meanwhile is left alone. One query to read, and
    for what changes one a way, so that most rounds are a single query.
    """
    live = Task.objects.filter(among or Q(), closed_at__isnull=True)
    columns = (
        "pk",
        "kind",
        "service_case",
        "assignee_id",
        "role",
        "patient_id",
        "stand_in_id",
        "stand_in_role",
        "waits",
    )
    moved: dict[tuple[int | None, str, Way], list[int]] = defaultdict(list)
    for pk, kind, case, assignee, role, patient, *before in live.values_list(*columns).iterator():
        way = way_of(staff, kind=kind, case=case, assignee=assignee, role=role, patient=patient)
        if way != tuple(before):
            moved[assignee, role, way].append(pk)
    return sum(_send(assignee, role, way, tasks) for (assignee, role, way), tasks in moved.items())


def _send(assignee: int | None, role: str, way: Way, tasks: list[int]) -> int:
    """Write one way into its tasks, as far as they are still given to whom they were."""
    stand_in, stand_in_role, waits = way
    count = 0
    for start in range(0, len(tasks), AT_ONCE):
        still = Task.objects.filter(
            pk__in=tasks[start : start + AT_ONCE], assignee_id=assignee, role=role, closed_at__isnull=True
        )
        count += still.update(stand_in_id=stand_in, stand_in_role=stand_in_role, waits=waits)
    return count


def way_of(staff: Staff, *, kind: str, case: str, assignee: int | None, role: str, patient: int | None) -> Way:
    """Where a task goes: to whom it was meant for; else to their cover, their role, the roles of its chain, any role on
    duty; else nobody, and the administrators are told. For an office (the privacy officer's) nobody stands in."""
    if role and role not in ROLES:
        return None, "", ""
    why = ""
    if assignee is not None:
        if staff.reaches(assignee, patient):
            return None, "", ""
        why = Waits.ASSIGNEE_AWAY if assignee in staff.away else Waits.ASSIGNEE_LEFT
        cover = staff.standing_in(assignee, patient)
        if cover is not None:
            return cover, "", why
        role = role or staff.everybody.get(assignee, "")
    if staff.has(role, patient):
        return None, role if why else "", why
    chain = [name for name in levels().of(kind, case).chain if name in ROLES]
    for name in [*chain, *ROLES]:
        if staff.has(name, patient):
            return None, name, why or Waits.ROLE_ABSENT
    return None, "", Waits.NOBODY
