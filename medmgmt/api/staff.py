"""Logins, teams and memberships: read, asked for and ended. A second person confirms on the pages, in person."""

from rest_framework import serializers

from medmgmt import staff
from medmgmt.actions import staff as actions
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import at, lists, reads, writes
from medmgmt.api.kit.fields import Strict
from medmgmt.api.kit.shapes import BodyOfAct, Shown
from medmgmt.record.models import CareTeam, CareTeamMember, Role, StaffChange, StaffChangeState, User

LONGEST = 4000


class LoginLine(Shown):
    """Somebody who signs in; `last_login` is null where they never did."""

    shows = User, "id username role first_name last_name email is_active last_login"


class LoginFilters(filters.FilterSet):
    """Logins by role and use."""

    role = filters.Choice(choices=Role.choices)
    active = filters.YesOrNo("is_active")


class NewLogin(BodyOfAct):
    """Somebody who is to sign in, and why."""

    asks = actions.ask_login
    username = serializers.CharField(max_length=150)
    email = serializers.CharField(max_length=254, default="", allow_blank=True)


class NewRole(BodyOfAct):
    """The role they are to have, and why."""

    asks = actions.ask_role


class Reason(Strict):
    """Why; it is kept in the trail."""

    why = serializers.CharField(max_length=LONGEST)


class Corrections(BodyOfAct):
    """Who the person behind the login is, as it stands from now on, and why."""

    asks = actions.correct_login
    email = serializers.CharField(max_length=254, allow_blank=True)
    first_name = serializers.CharField(max_length=150, allow_blank=True)
    last_name = serializers.CharField(max_length=150, allow_blank=True)


class StaffChangeLine(Shown):
    """What was asked for a login, by whom and why, and how it was decided; `alone` where one person did it."""

    shows = StaffChange, (
        "id user kind role_before role why asked_by asked_at state decided_by decided_at decided_why alone"
    )  # fmt: skip
    role_before = serializers.CharField(help_text="Blank for a new login.")


class StaffChangeFilters(filters.FilterSet):
    """Changes by state and login."""

    state = filters.Choice(choices=StaffChangeState.choices)
    user = filters.Id("user_id")


class CareTeamLine(Shown):
    """A team, and how many people and patients are in it now."""

    shows = CareTeam, "id name"
    people = serializers.IntegerField()
    patients = serializers.IntegerField()


class TeamName(Shown):
    """A team."""

    shows = CareTeam, "id name"


class NewTeam(BodyOfAct):
    """What a team is called, and why."""

    asks = actions.make_team


class MembershipLine(Shown):
    """Somebody's time in a team, from the instant `since` until just before `until`."""

    shows = CareTeamMember, "id team user since until"


class MembershipFilters(filters.FilterSet):
    """Memberships by person and team."""

    user = filters.Id("user_id")
    team = filters.Id("team_id")


class NewMembership(BodyOfAct):
    """Into which team, from which day up to and with which, and why."""

    asks = actions.begin_membership


class MembershipEnd(BodyOfAct):
    """The last day, now where none is given, and why."""

    asks = actions.end_membership


# fmt: off
ADDRESSES = [
    at("logins", "logins",
       get=lists(LoginLine, staff.everybody,
            order=("last_name", "first_name", "username", "id"), filters=LoginFilters),
       post=writes(StaffChangeLine, actions.ask_login, takes=NewLogin, status=201, refuses=("refused", "conflict"))),
    at("logins/<user_id>", "login", called="OneLogin", get=reads(LoginLine, staff.login)),
    at("logins/<user_id>/role", "ask-role",
       post=writes(StaffChangeLine, actions.ask_role, takes=NewRole, status=201, refuses=("refused", "conflict"))),
    at("logins/<user_id>/password", "ask-password",
       post=writes(StaffChangeLine, actions.ask_password, takes=Reason, status=201, refuses=("refused", "conflict"))),
    at("logins/<user_id>/second-factors", "ask-factors",
       post=writes(StaffChangeLine, actions.ask_factors, takes=Reason, status=201, refuses=("refused", "conflict"))),
    at("logins/<user_id>/into-use", "ask-active",
       post=writes(StaffChangeLine, actions.ask_active, takes=Reason, status=201, refuses=("refused", "conflict"))),
    at("logins/<user_id>/out-of-use", "make-inactive",
       post=writes(StaffChangeLine, actions.make_inactive, takes=Reason, refuses=("refused",))),
    at("logins/<user_id>/unlock", "clear-lock", post=writes(LoginLine, actions.clear_lock, takes=Reason)),
    at("logins/<user_id>/correct", "correct-login",
       post=writes(LoginLine, actions.correct_login, takes=Corrections, refuses=("refused",))),
    at("logins/<user_id>/memberships", "begin-membership",
       post=writes(MembershipLine, actions.begin_membership, takes=NewMembership, status=201, refuses=("refused",))),
    at("memberships", "memberships",
       get=lists(MembershipLine, staff.memberships, order=("-since", "-id"), filters=MembershipFilters)),
    at("memberships/<membership_id>/end", "end-membership",
       post=writes(MembershipLine, actions.end_membership, takes=MembershipEnd, refuses=("refused", "conflict"))),
    at("teams", "teams",
       get=lists(CareTeamLine, staff.care_teams, order=("name", "id")),
       post=writes(TeamName, actions.make_team, takes=NewTeam, status=201, refuses=("refused",))),
    at("teams/<team_id>/rename", "rename-team",
       post=writes(TeamName, actions.rename_team, takes=NewTeam, refuses=("refused",))),
    at("login-changes", "staff-changes",
       get=lists(StaffChangeLine, staff.changes, order=("-id",), filters=StaffChangeFilters)),
    at("login-changes/<staff_change_id>/decline", "decline-staff-change",
       post=writes(StaffChangeLine, actions.decline, takes=Reason, refuses=("refused", "conflict"))),
]
# fmt: on
