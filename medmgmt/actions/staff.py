"""Logins, teams and who is in them: asked for by an administrator, powers confirmed by a second person."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt import staff
from medmgmt.record import access, audit, door
from medmgmt.record.errors import Conflict, NoSuchThing, NotAllowed, Refused
from medmgmt.record.models import (
    CareTeam,
    CareTeamMember,
    Patient,
    Role,
    StaffChange,
    StaffChangeKind,
    StaffChangeState,
    User,
)
from medmgmt.signing_in import factors, sessions, slowing
from medmgmt.worklist import duty
from refills.worklist import cover, kinds, tasks

GIVES_A_LINK = (StaffChangeKind.LOGIN, StaffChangeKind.PASSWORD, StaffChangeKind.ACTIVE)
"""After these the person chooses a password by a link that works once."""
COMMAND_LINE = "the command line"
FURTHEST = timedelta(days=2 * 366)


@dataclass(frozen=True)
class Confirmed:
    """What was confirmed, and the secret of the one-time link where the person has to choose a password; else blank.

    It is kept nowhere, and dead once it was used, after settings.FIRST_SIGN_IN_HOURS, or when another one is given.
    """

    change: StaffChange
    secret: str


@transaction.atomic
def ask_login(
    by: User,
    *,
    username: str,
    role: str,
    why: str,
    first_name: str = "",
    last_name: str = "",
    email: str = "",
    mrn: str = "",
) -> StaffChange:
    """Asks for a new login, out of use until a second person has confirmed it. A patient's needs their `mrn`."""
    administrators(by, why)
    patient = whose_chart(by, role, mrn)
    user = User(username=User.normalize_username(username.strip()), role=role, patient=patient, is_active=False,
                first_name=first_name.strip(), last_name=last_name.strip(), email=email.strip())  # fmt: skip
    if User.objects.filter(username__iexact=user.username).exists():
        raise Refused(_("There is a login of this name already. Names that differ in capitals only are the same."))
    user.set_unusable_password()
    require_clean(user)
    user.save(force_insert=True)
    return asked(by, user, StaffChangeKind.LOGIN, why=why, role_before="", role=role)


@transaction.atomic
def ask_role(by: User, user_id: int, *, role: str, why: str) -> StaffChange:
    """Asks for another role of somebody else's login; theirs until a second person has confirmed it."""
    user = named(by, user_id, why)
    if Role.PATIENT in (role, user.role):
        raise Refused(_("A patient's login stays a patient's, and nobody else's becomes one. Make another login."))
    if role == user.role or role not in Role.values:
        raise Refused(_("Choose another role than the present one."))
    require_active(user)
    return asked(by, user, StaffChangeKind.ROLE, why=why, role_before=user.role, role=role)


@transaction.atomic
def ask_password(by: User, user_id: int, *, why: str) -> StaffChange:
    """Asks that somebody else may choose a new password; the present one holds until a second person confirms."""
    user = named(by, user_id, why)
    require_active(user)
    return asked(by, user, StaffChangeKind.PASSWORD, why=why, role_before=user.role, role=user.role)


@transaction.atomic
def ask_active(by: User, user_id: int, *, why: str) -> StaffChange:
    """Asks that a login which was taken out of use is in use again, with a new password."""
    user = named(by, user_id, why)
    if user.is_active:
        raise Refused(_("This login is in use."))
    return asked(by, user, StaffChangeKind.ACTIVE, why=why, role_before=user.role, role=user.role)


@transaction.atomic
def ask_factors(by: User, user_id: int, *, why: str) -> StaffChange:
    """Asks that the second factors of somebody who has lost them end; `why` says also how it is known who asks.

    They hold until a second person confirms. A patient's login is treated the same.
    """
    user = named(by, user_id, why)
    require_active(user)
    if not factors.of(user).exists():
        raise Refused(_("This person has no second factor."))
    return asked(by, user, StaffChangeKind.FACTORS, why=why, role_before=user.role, role=user.role)


@transaction.atomic
def make_inactive(by: User, user_id: int, *, why: str) -> StaffChange:
    """Takes a login out of use at once: its sessions, tokens and password end, its tasks go on to whoever is on duty.

    One person is enough, for it can be urgent. The last administrator who can sign in stays.
    """
    user = found(by, user_id, why)
    require_active(user)
    require_an_administrator_beside(user)
    for waiting in user.staff_changes.filter(state=StaffChangeState.WAITING):
        settle(waiting, by, StaffChangeState.DECLINED, why=why)
    user.is_active = False
    user.set_unusable_password()
    user.save(update_fields=["is_active", "password"])
    end_ways_in(user)
    now = timezone.now()
    change = StaffChange.objects.create(
        user=user, kind=StaffChangeKind.INACTIVE, role_before=user.role, role=user.role, why=why, asked_by=by,
        asked_at=now, state=StaffChangeState.CONFIRMED, decided_by=by, decided_at=now, alone=True,
    )  # fmt: skip
    told(by, "make_inactive", change, why=why)
    cover.route(duty.staff(now), Q(assignee=user))
    return change


@transaction.atomic
def confirm(by: User, change_id: int) -> Confirmed:
    """The second person's word: what was asked for a login is done now, and its sessions and tokens end.

    Never by whom it concerns. By who asked for it only where nobody else could: then every prescriber has a task.
    """
    door.require_in_person()
    door.require_fresh()
    change, user = waiting_for_a_word(by, change_id)
    if by.pk == user.pk:
        raise NotAllowed(_("Nobody confirms a change of their own login."))
    alone = by.pk == change.asked_by_id
    if alone and staff.has_second_person(but={by.pk, user.pk}, now=timezone.now()):
        raise NotAllowed(_("A second person must confirm it: another administrator, a pharmacist or a prescriber."))
    secret = put_through(change, user)
    settle(change, by, StaffChangeState.CONFIRMED, alone=alone)
    told(by, "confirm_staff_change", change)
    if alone:
        tasks.open_for(kinds.STAFF_ALONE, change.pk)
    return Confirmed(change, secret)


@transaction.atomic
def decline(by: User, change_id: int, *, why: str) -> StaffChange:
    """It is not done: declined by a second person, or taken back by who asked. A new login stays out of use."""
    require_reason(why)
    change, _user = waiting_for_a_word(by, change_id)
    settle(change, by, StaffChangeState.DECLINED, why=why)
    told(by, "decline_staff_change", change, why=why)
    return change


@transaction.atomic
def choose_password(user_id: int, *, secret: str, password: str) -> User:
    """The person behind a one-time link chooses a password; the link is dead then, and so are sessions and tokens.

    Raises NoSuchThing where it was used, is too old, or is nobody's; ValidationError for a password that is too weak.
    """
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).first()
    if user is None or not default_token_generator.check_token(user, secret):
        raise NoSuchThing(_("This link was used or has expired. Ask the clinic for another one."))
    validate_password(password, user)
    user.set_password(password)
    user.save(update_fields=["password"])
    end_ways_in(user)
    audit.record(user, "choose_password", patient_id=user.patient_id, obj=("login", user.pk))
    return user


@transaction.atomic
def make_administrator(username: str, *, email: str, why: str) -> Confirmed:
    """From the command line of the server: a new administrator, or a new password for one who cannot get in.

    A login of another role is left as it is: roles change on the pages, with a second person.
    """
    require_reason(why)
    user = User.objects.select_for_update(no_key=True).filter(username=username).first()
    before = user.role if user else ""
    user = user or User(username=username, email=email, role=Role.ADMINISTRATOR)
    if user.role != Role.ADMINISTRATOR:
        raise Refused(_("This login has another role. Roles change on the pages, with a second person."))
    user.is_active = True
    user.set_unusable_password()
    require_clean(user)
    user.save()
    end_ways_in(user)
    kind, now = StaffChangeKind.PASSWORD if before else StaffChangeKind.LOGIN, timezone.now()
    change = StaffChange.objects.create(
        user=user, kind=kind, role_before=before, role=user.role, why=why, asked_at=now,
        state=StaffChangeState.CONFIRMED, decided_at=now, alone=True,
    )  # fmt: skip
    told(None, "make_administrator", change, why=why)
    return Confirmed(change, default_token_generator.make_token(user))


@transaction.atomic
def correct_login(by: User, user_id: int, *, first_name: str, last_name: str, email: str, why: str) -> User:
    """Another name or address of the person behind a login; the login's own name never changes."""
    user = found(by, user_id, why)
    user.first_name, user.last_name, user.email = first_name.strip(), last_name.strip(), email.strip()
    require_clean(user)
    user.save(update_fields=["first_name", "last_name", "email"])
    audit.record(by, "correct_login", patient_id=user.patient_id, obj=("login", user.pk), why=why)
    return user


@transaction.atomic
def clear_lock(by: User, user_id: int, *, why: str) -> User:
    """Wrong passwords of this login so far count no longer; it may be tried again at once. Its password stays."""
    user = found(by, user_id, why)
    attempts = slowing.forget(user.username, user.pk)
    audit.record(by, "clear_lock", patient_id=user.patient_id, obj=("login", user.pk), why=why,
                 detail={"attempts": attempts})  # fmt: skip
    return user


@transaction.atomic
def make_team(by: User, *, name: str, why: str) -> CareTeam:
    """A new team, with nobody in it."""
    administrators(by, why)
    team = CareTeam(name=name.strip())
    require_clean(team)
    team.save(force_insert=True)
    audit.record(by, "make_team", obj=("team", team.pk), why=why)
    return team


@transaction.atomic
def rename_team(by: User, team_id: int, *, name: str, why: str) -> CareTeam:
    """Another name for the same people."""
    administrators(by, why)
    team = locked_team(team_id)
    team.name = name.strip()
    require_clean(team)
    team.save(update_fields=["name"])
    audit.record(by, "rename_team", obj=("team", team.pk), why=why)
    return team


@transaction.atomic
def begin_membership(
    by: User, user_id: int, *, team_id: int, why: str, first_day: date | None = None, last_day: date | None = None
) -> CareTeamMember:
    """Somebody else works in a team from the first day (today: from now on) up to and with the last."""
    user = named(by, user_id, why)
    require_active(user)
    if user.role not in access.STAFF:
        raise Refused(_("Only people who look after patients are in a team."))
    team, now = locked_team(team_id), timezone.now()
    since, until = begins(first_day, now), ends(last_day, now)
    if not now <= since <= now + FURTHEST or (until is not None and until <= since):
        raise Refused(_("A membership begins today or later, within two years, and ends after it begins."))
    overlap = Q(until=None) | Q(until__gt=since)
    if until is not None:
        overlap &= Q(since__lt=until)
    if user.memberships.filter(overlap, team=team).exists():
        raise Refused(_("This person is in the team already on one of these days."))
    member = CareTeamMember.objects.create(team=team, user=user, since=since, until=until)
    audit.record(by, "begin_membership", obj=("membership", member.pk), why=why,
                 detail={"user": user.pk, "team": team.pk})  # fmt: skip
    return member


@transaction.atomic
def end_membership(by: User, membership_id: int, *, why: str, last_day: date | None = None) -> CareTeamMember:
    """Somebody works in the team no longer: from now on, or after the last day. What ended stays ended."""
    access.require(by, "manage_staff")
    require_reason(why)
    member = CareTeamMember.objects.select_for_update(no_key=True).filter(pk=membership_id).first()
    if member is None:
        raise NoSuchThing(_("There is no such membership."))
    now = timezone.now()
    until = max(ends(last_day, now) or now, member.since)
    if member.until is not None and member.until <= max(now, until):
        raise Conflict(_("This membership ends then or earlier already. To go on, begin another."))
    if until < now or until > now + FURTHEST:
        raise Refused(_("A membership ends today or later, within two years."))
    member.until = until
    member.save(update_fields=["until"])
    audit.record(by, "end_membership", obj=("membership", member.pk), why=why,
                 detail={"user": member.user_id, "team": member.team_id})  # fmt: skip
    cover.route(duty.staff(now), Q(assignee_id=member.user_id))
    return member


def begins(first_day: date | None, now: datetime) -> datetime:
    """The instant at which a day begins here; for today, and where none is given, now."""
    if first_day is None or first_day == timezone.localdate(now):
        return now
    return timezone.make_aware(datetime.combine(first_day, time.min))


def ends(last_day: date | None, now: datetime) -> datetime | None:
    """The instant at which a day is over here; None where none is given."""
    return None if last_day is None else timezone.make_aware(datetime.combine(last_day + timedelta(days=1), time.min))


def administrators(by: User, why: str, *others: int) -> dict[int, User]:
    """Every administrator and these others, locked in order, for an administrator who is one still and says why.

    All acts on logins and teams wait for each other here: there are few, and none may meet another halfway.
    """
    access.require(by, "manage_staff")
    require_reason(why)
    rows = User.objects.select_for_update(no_key=True, of=("self",)).order_by("pk")
    here = {one.pk: one for one in rows.filter(Q(pk__in=[*others, by.pk]) | Q(role=Role.ADMINISTRATOR))}
    access.require(here[by.pk], "manage_staff")
    return here


def found(by: User, user_id: int, why: str) -> User:
    """The locked login, for an administrator who gives a reason."""
    here = administrators(by, why, user_id)
    if user_id not in here:
        raise NoSuchThing(_("There is no such login."))
    return here[user_id]


def named(by: User, user_id: int, why: str) -> User:
    """The same, of somebody else: nobody adds to their own powers, nor asks for a way into their own login."""
    if by.pk == user_id:
        access.require(by, "manage_staff")
        raise NotAllowed(_("Another administrator must do this for your own login."))
    return found(by, user_id, why)


def locked_team(team_id: int) -> CareTeam:
    team = CareTeam.objects.select_for_update(no_key=True).filter(pk=team_id).first()
    if team is None:
        raise NoSuchThing(_("There is no such team."))
    return team


def whose_chart(by: User, role: str, mrn: str) -> Patient | None:
    """The patient whose login it is to be; None for everybody else's."""
    if role not in Role.values:
        raise Refused(_("Choose a role."))
    if role != Role.PATIENT:
        if mrn.strip():
            raise Refused(_("Only a patient's login has a record number."))
        return None
    patient = access.patient_of_number(by, mrn)
    if patient is None or User.objects.filter(patient=patient).exists():
        raise Refused(_("No chart without a login has this record number."))
    return patient


def asked(by: User, user: User, kind: StaffChangeKind, *, why: str, role_before: str, role: str) -> StaffChange:
    """Writes down what waits for a second person, and asks for one."""
    if user.staff_changes.filter(state=StaffChangeState.WAITING).exists():
        raise Conflict(_("Another change of this login waits for a second person. It comes first."))
    change = StaffChange.objects.create(
        user=user, kind=kind, role_before=role_before, role=role, why=why, asked_by=by, asked_at=timezone.now()
    )
    told(by, f"ask_{kind}", change, why=why)
    for role_asked in (Role.PHARMACIST, Role.PSYCHIATRIST):
        if staff.able([role_asked]).exclude(pk__in=[by.pk, user.pk]).exists():
            tasks.open_for(kinds.STAFF_ASKED, change.pk, role=role_asked)
            break
    return change


def waiting_for_a_word(by: User, change_id: int) -> tuple[StaffChange, User]:
    """The locked change and its locked login, for somebody who may decide; Conflict where it was decided."""
    access.require(by, "confirm_staff")
    user_id = StaffChange.objects.filter(pk=change_id).values_list("user_id", flat=True).first()
    rows = User.objects.select_for_update(no_key=True, of=("self",)).order_by("pk")
    locked = {one.pk: one for one in rows.filter(Q(pk__in=[user_id or 0, by.pk]) | Q(role=Role.ADMINISTRATOR))}
    change = StaffChange.objects.select_for_update(of=("self",)).filter(pk=change_id).first()
    if change is None:
        raise NoSuchThing(_("There is no such change of a login."))
    access.require(locked[by.pk], "confirm_staff")
    if change.state != StaffChangeState.WAITING:
        raise Conflict(_("This has been decided already."))
    return change, locked[change.user_id]


def put_through(change: StaffChange, user: User) -> str:
    """Does what was asked; the secret of the link, where the person has to choose a password."""
    if change.kind == StaffChangeKind.ROLE:
        if user.role != change.role_before:
            raise Conflict(_("The role has changed since this was asked. Ask again."))
        require_active(user)
        require_an_administrator_beside(user)
        user.role = change.role
    if change.kind in (StaffChangeKind.PASSWORD, StaffChangeKind.FACTORS):
        require_active(user)
    if change.kind == StaffChangeKind.FACTORS:
        factors.of(user).update(ended_at=timezone.now())
    if change.kind in GIVES_A_LINK:
        user.is_active = True
        user.set_unusable_password()
    user.save(update_fields=["role", "is_active", "password"])
    end_ways_in(user)
    return default_token_generator.make_token(user) if change.kind in GIVES_A_LINK else ""


def settle(change: StaffChange, by: User, state: StaffChangeState, *, why: str = "", alone: bool = False) -> None:
    """Writes the decision down; nobody needs to look at it any more."""
    change.state, change.decided_by, change.decided_at = state, by, timezone.now()
    change.decided_why, change.alone = why, alone
    change.save(update_fields=["state", "decided_by", "decided_at", "decided_why", "alone"])
    tasks.cancel_by_key(kinds.STAFF_ASKED.key_of(change.pk), _("It has been decided."))


def told(by: User | None, act: str, change: StaffChange, *, why: str = "") -> None:
    """Tells the audit, of a patient's login in that patient's own trail."""
    detail = {"login": change.user_id, "kind": change.kind, "before": change.role_before, "after": change.role,
              "asked_by": change.asked_by_id, "alone": change.alone}  # fmt: skip
    of = change.user.patient_id
    audit.record(by, act, patient_id=of, obj=("staff_change", change.pk), why=why, detail=detail,
                 actor_name="" if by else COMMAND_LINE)  # fmt: skip


def end_ways_in(user: User) -> None:
    """Every session and token of the person ends now."""
    sessions.end_all(user)
    for session in Session.objects.filter(expire_date__gt=timezone.now()).iterator():
        if session.get_decoded().get("_auth_user_id") == str(user.pk):
            session.delete()


def require_reason(why: str) -> None:
    if not why.strip():
        raise Refused(_("Say why."))


def require_active(user: User) -> None:
    if not user.is_active:
        raise Refused(_("This login is out of use."))


def require_an_administrator_beside(user: User) -> None:
    """Refuses what would leave the site without an administrator who can sign in; their rows are locked."""
    if user.role == Role.ADMINISTRATOR and not staff.able([Role.ADMINISTRATOR]).exclude(pk=user.pk).exists():
        raise Refused(_("This is the last administrator who can sign in. Make another one first."))


def require_clean(row: User | CareTeam) -> None:
    """Refuses what a column of the row does not take, in its own words."""
    try:
        row.full_clean(exclude=["password"])
    except ValidationError as unclean:
        raise Refused(" ".join(unclean.messages)) from unclean
