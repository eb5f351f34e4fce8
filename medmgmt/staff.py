"""Logins, teams and what was asked for them, gathered for reading; who else may decide."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt.record import access
from medmgmt.record.errors import NoSuchThing
from medmgmt.record.models import (
    CareTeam,
    CareTeamMember,
    OpenSession,
    Role,
    StaffChange,
    StaffChangeKind,
    StaffChangeState,
    User,
)

SETTLING = timedelta(days=7)
"""So long after somebody who could have decided was taken out of use, nobody decides alone."""
WORKING = tuple(role for role in Role if role != Role.PATIENT)


def everybody(by: User) -> QuerySet[User]:
    """Everybody who can or could sign in, patients too."""
    access.require(by, "manage_staff")
    return User.objects.all()


def logins(by: User, *, search: str = "", role: str = "", is_active: bool | None = None) -> QuerySet[User]:
    """Those of a role, or all who work here, with `current_memberships`; found by parts of name, login and address.

    Three queries, when read.
    """
    found = everybody(by).filter(role=role) if role else everybody(by).exclude(role=Role.PATIENT)
    if is_active is not None:
        found = found.filter(is_active=is_active)
    for word in search.split():
        named = Q(username__icontains=word) | Q(first_name__icontains=word) | Q(last_name__icontains=word)
        found = found.filter(named | Q(email__icontains=word))
    return found.prefetch_related(
        Prefetch("memberships", queryset=open_memberships().select_related("team"), to_attr="current_memberships")
    ).order_by("last_name", "first_name", "username")


def open_memberships(now: datetime | None = None) -> QuerySet[CareTeamMember]:
    """Those that have not ended, the planned ones too."""
    still = Q(until=None) | Q(until__gt=now or timezone.now())
    return CareTeamMember.objects.filter(still).order_by("team__name", "since")


def login(by: User, user_id: int) -> User:
    """One login."""
    found = everybody(by).filter(pk=user_id).first()
    if found is None:
        raise NoSuchThing(_("There is no such login."))
    return found


def memberships(by: User) -> QuerySet[CareTeamMember]:
    """Who is and was in which team, the newest first."""
    access.require(by, "manage_staff")
    return CareTeamMember.objects.select_related("team", "user").order_by("-since", "-id")


def membership(by: User, membership_id: int) -> CareTeamMember:
    """One of them."""
    found = memberships(by).filter(pk=membership_id).first()
    if found is None:
        raise NoSuchThing(_("There is no such membership."))
    return found


def care_team(by: User, team_id: int) -> CareTeam:
    """One team."""
    found = care_teams(by).filter(pk=team_id).first()
    if found is None:
        raise NoSuchThing(_("There is no such team."))
    return found


def care_teams(by: User) -> QuerySet[CareTeam]:
    """Every team, with how many are in it now as `people` and how many patients it has as `patients`."""
    access.require(by, "manage_staff")
    now = timezone.now()
    here = (Q(members__until=None) | Q(members__until__gt=now)) & Q(members__since__lte=now)
    cared = Q(assignments__until=None) | Q(assignments__until__gt=now)
    return CareTeam.objects.annotate(
        people=Count("members__user", filter=here, distinct=True),
        patients=Count("assignments__patient", filter=cared, distinct=True),
    ).order_by("name", "id")


def changes(by: User, *, state: str = "", user_id: int | None = None) -> QuerySet[StaffChange]:
    """What was asked for logins, the newest first; for those who ask and those who decide."""
    access.require(by, "confirm_staff")
    found = StaffChange.objects.select_related("user", "asked_by", "decided_by").order_by("-id")
    if state:
        found = found.filter(state=state)
    return found if user_id is None else found.filter(user_id=user_id)


def change(by: User, change_id: int) -> StaffChange:
    """One of them."""
    found = changes(by).filter(pk=change_id).first()
    if found is None:
        raise NoSuchThing(_("There is no such change of a login."))
    return found


def second_factors_ended(user: User) -> StaffChange | None:
    """The newest ending of somebody's lost second factors that they have not signed in since; one query."""
    since = OpenSession.objects.filter(user=user, began_at__gt=OuterRef("decided_at"))
    ended = StaffChange.objects.filter(user=user, kind=StaffChangeKind.FACTORS, state=StaffChangeState.CONFIRMED)
    return ended.filter(~Exists(since)).first()


def able(roles: Iterable[Role]) -> QuerySet[User]:
    """Those of these roles who can sign in now: in use, and with a password of their own."""
    here = User.objects.filter(role__in=list(roles), is_active=True)
    return here.exclude(password__startswith=UNUSABLE_PASSWORD_PREFIX)


def has_second_person(*, but: set[int], now: datetime) -> bool:
    """Whether somebody else can decide what was asked, or could until they were taken out of use just now."""
    deciding = access.ACTS["confirm_staff"]
    gone = StaffChange.objects.filter(
        state=StaffChangeState.CONFIRMED,
        kind__in=(StaffChangeKind.INACTIVE, StaffChangeKind.ROLE),
        role_before__in=deciding,
        decided_at__gt=now - SETTLING,
    )
    return able(deciding).exclude(pk__in=but).exists() or gone.exclude(user_id__in=but).exists()
