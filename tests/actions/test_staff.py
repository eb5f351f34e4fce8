"""An administrator becomes nobody else: what is asked for a login, who confirms it, and what ends with it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from django.contrib.auth.tokens import default_token_generator
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from medmgmt import staff as reads
from medmgmt.actions import staff
from medmgmt.record import access
from medmgmt.record.errors import Conflict, NoSuchThing, NotAllowed, Refused
from medmgmt.record.models import (
    AuditEntry,
    CareTeamMember,
    FactorKind,
    Role,
    SecondFactor,
    StaffChange,
    Token,
    User,
)
from medmgmt.signing_in import factors
from refills.models import Task, TaskKind
from tests import factories

pytestmark = pytest.mark.django_db
WHY = "She starts on Monday."
GOOD = "tidal-Lantern-7-moss"


def second_admin() -> User:
    return factories.user("abe", Role.ADMINISTRATOR)


def new_login(by: User, role: str = Role.PSYCHIATRIST, **told: Any) -> StaffChange:
    return staff.ask_login(by, **{"username": "nell", "role": role, "why": WHY, **told})


def deciders() -> list[User]:
    return [second_admin(), factories.pia(), factories.adler()]


# -- a second person --------------------------------------------------------------------------------------------------


def test_a_new_login_signs_in_only_after_a_second_person_has_confirmed_it() -> None:
    admin, pia = factories.admin(), factories.pia()
    change = new_login(admin)
    assert not change.user.is_active
    assert not change.user.has_usable_password()
    confirmed = staff.confirm(pia, change.pk)
    assert confirmed.change.user.is_active
    assert default_token_generator.check_token(confirmed.change.user, confirmed.secret)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PATIENT])
def test_who_asked_for_powers_never_confirms_them_while_somebody_else_can(role: Role) -> None:
    admin, change = factories.admin(), None
    factories.pia()
    change = new_login(admin, role)
    with pytest.raises(NotAllowed):
        staff.confirm(admin, change.pk)
    assert not User.objects.get(username="nell").is_active


@pytest.mark.parametrize("who", [0, 1, 2])
def test_another_administrator_a_pharmacist_or_a_prescriber_confirms(who: int) -> None:
    change = staff.ask_role(factories.admin(), factories.bo().pk, role=Role.PHARMACIST, why=WHY)
    assert User.objects.get(username="bo").role == Role.NURSE
    staff.confirm(deciders()[who], change.pk)
    assert User.objects.get(username="bo").role == Role.PHARMACIST


@pytest.mark.parametrize("who", [factories.bo, factories.carla_user])
def test_nobody_else_confirms_or_declines(who: Callable[[], User]) -> None:
    change = new_login(factories.admin())
    with pytest.raises(NotAllowed):
        staff.confirm(who(), change.pk)
    with pytest.raises(NotAllowed):
        staff.decline(who(), change.pk, why=WHY)


def test_nobody_confirms_a_change_of_their_own_login() -> None:
    change = staff.ask_role(factories.admin(), factories.pia().pk, role=Role.PSYCHIATRIST, why=WHY)
    with pytest.raises(NotAllowed):
        staff.confirm(factories.pia(), change.pk)


def test_an_administrator_asks_nothing_for_their_own_login() -> None:
    admin = factories.admin()
    second_admin()
    for ask in (
        lambda: staff.ask_role(admin, admin.pk, role=Role.PSYCHIATRIST, why=WHY),
        lambda: staff.ask_password(admin, admin.pk, why=WHY),
        lambda: staff.ask_factors(admin, admin.pk, why=WHY),
        lambda: staff.begin_membership(admin, admin.pk, team_id=factories.team().pk, why=WHY),
    ):
        with pytest.raises(NotAllowed):
            ask()
    assert not StaffChange.objects.exists()


def test_a_declined_change_is_over_and_a_new_login_that_was_declined_never_signs_in() -> None:
    change = new_login(factories.admin())
    staff.decline(factories.pia(), change.pk, why="Nobody of this name works here.")
    assert not User.objects.get(username="nell").is_active
    with pytest.raises(Conflict):
        staff.confirm(factories.adler(), change.pk)


def test_one_change_of_a_login_waits_at_a_time() -> None:
    admin, bo = factories.admin(), factories.bo()
    staff.ask_password(admin, bo.pk, why=WHY)
    with pytest.raises(Conflict):
        staff.ask_role(admin, bo.pk, role=Role.PHARMACIST, why=WHY)


def test_a_second_person_has_a_task_which_the_decision_closes() -> None:
    factories.pia()
    change = new_login(factories.admin())
    task = Task.objects.get(kind=TaskKind.STAFF_CHANGE)
    assert (task.role, task.is_live) == (Role.PHARMACIST, True)
    staff.confirm(factories.pia(), change.pk)
    task.refresh_from_db()
    assert not task.is_live


# -- where there is nobody else ---------------------------------------------------------------------------------------


def test_a_single_administrator_with_nobody_beside_confirms_alone_and_every_prescriber_is_told() -> None:
    admin = factories.admin()
    confirmed = staff.confirm(admin, new_login(admin).pk)
    assert confirmed.change.alone
    task = Task.objects.get(kind=TaskKind.STAFF_CHANGE)
    assert (task.role, task.assignee, task.is_live) == (Role.PSYCHIATRIST, None, True)
    entry = AuditEntry.objects.get(act="confirm_staff_change")
    assert (entry.detail["alone"], entry.detail["after"]) == (True, Role.PSYCHIATRIST)


def test_taking_the_others_out_of_use_does_not_make_an_administrator_alone() -> None:
    admin, pia = factories.admin(), factories.pia()
    staff.make_inactive(admin, pia.pk, why="Gone.")
    change = new_login(admin)
    with pytest.raises(NotAllowed):
        staff.confirm(admin, change.pk)
    later = timezone.now() + reads.SETTLING
    assert not reads.has_second_person(but={admin.pk, change.user_id}, now=later + timedelta(minutes=1))


def test_the_account_that_holds_imported_history_is_no_second_person() -> None:
    admin = factories.admin()
    User.objects.create_user(username="imported", role=Role.ADMINISTRATOR)
    assert staff.confirm(admin, new_login(admin).pk).change.alone


# -- passwords --------------------------------------------------------------------------------------------------------


def test_a_new_password_is_asked_by_one_given_by_another_and_known_to_the_person_alone() -> None:
    admin, pia, adler = factories.admin(), factories.pia(), factories.adler()
    change = staff.ask_password(admin, adler.pk, why="She lost it.")
    assert User.objects.get(pk=adler.pk).check_password(factories.PASSWORD)
    secret = staff.confirm(pia, change.pk).secret
    assert not User.objects.get(pk=adler.pk).has_usable_password()
    staff.choose_password(adler.pk, secret=secret, password=GOOD)
    assert User.objects.get(pk=adler.pk).check_password(GOOD)
    with pytest.raises(NoSuchThing):
        staff.choose_password(adler.pk, secret=secret, password="another-Lantern-8-moss")


def test_a_weak_password_is_refused_and_the_link_still_works() -> None:
    change = staff.ask_password(factories.admin(), factories.adler().pk, why=WHY)
    secret = staff.confirm(factories.pia(), change.pk).secret
    with pytest.raises(ValidationError):
        staff.choose_password(change.user_id, secret=secret, password="password1234")
    staff.choose_password(change.user_id, secret=secret, password=GOOD)


def test_a_link_dies_with_the_next_one_and_with_its_time(settings: Any) -> None:
    first = staff.confirm(factories.pia(), staff.ask_password(factories.admin(), factories.adler().pk, why=WHY).pk)
    second = staff.confirm(factories.pia(), staff.ask_password(factories.admin(), factories.adler().pk, why=WHY).pk)
    with pytest.raises(NoSuchThing):
        staff.choose_password(factories.adler().pk, secret=first.secret, password=GOOD)
    settings.PASSWORD_RESET_TIMEOUT = -1
    with pytest.raises(NoSuchThing):
        staff.choose_password(factories.adler().pk, secret=second.secret, password=GOOD)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def gets_in(client: Client) -> bool:
    return client.get("/cover/").status_code == 200


def asked_factors(admin: User, user: User) -> StaffChange:
    """Somebody with an app for codes has lost it."""
    SecondFactor.objects.create(user=user, kind=FactorKind.TOTP, secret=factors.sealed(pyotp.random_base32()))
    return staff.ask_factors(admin, user.pk, why="Lost phone; seen here with her passport.")


def test_lost_second_factors_hold_until_a_second_person_ends_them_and_the_trail_says_why() -> None:
    admin, adler = factories.admin(), factories.adler()
    SecondFactor.objects.create(user=factories.bo(), kind=FactorKind.TOTP, secret="x")
    change = asked_factors(admin, adler)
    with pytest.raises(NotAllowed):
        staff.confirm(adler, change.pk)
    assert factors.of(adler).exists()
    staff.confirm(factories.pia(), change.pk)
    assert not factors.of(adler).exists()
    assert factors.of(factories.bo()).exists()
    assert adler.check_password(factories.PASSWORD)
    rows = AuditEntry.objects.filter(object_type="staff_change").order_by("seq")
    assert [(row.act, row.actor_id, row.detail["kind"]) for row in rows] == [
        ("ask_factors", admin.pk, "factors"), ("confirm_staff_change", factories.pia().pk, "factors"),
    ]  # fmt: skip
    assert rows[0].why == change.why


def test_what_was_declined_ends_no_second_factor_and_who_has_none_has_none_to_end() -> None:
    admin, adler = factories.admin(), factories.adler()
    staff.decline(factories.pia(), asked_factors(admin, adler).pk, why="It was not her who called.")
    assert factors.of(adler).exists()
    with pytest.raises(Refused):
        staff.ask_factors(admin, factories.bo().pk, why=WHY)


@pytest.mark.parametrize(
    "end",
    [
        lambda admin, bo: staff.confirm(factories.pia(), staff.ask_password(admin, bo.pk, why=WHY).pk),
        lambda admin, bo: staff.confirm(factories.pia(), staff.ask_role(admin, bo.pk, role="pharmacist", why=WHY).pk),
        lambda admin, bo: staff.confirm(factories.pia(), asked_factors(admin, bo).pk),
        lambda admin, bo: staff.make_inactive(admin, bo.pk, why=WHY),
    ],
)
def test_sessions_and_tokens_of_the_person_end_and_those_of_others_go_on(end: Callable[[User, User], Any]) -> None:
    admin, bo, pia = factories.admin(), factories.bo(), factories.pia()
    hers, others = signed_in(bo), signed_in(pia)
    factories.token(bo), factories.token(pia)
    end(admin, bo)
    assert not gets_in(hers)
    assert gets_in(others)
    assert list(Token.objects.filter(revoked_at=None).values_list("user", flat=True)) == [pia.pk]


def test_asking_alone_ends_nothing() -> None:
    hers = signed_in(factories.bo())
    staff.ask_password(factories.admin(), factories.bo().pk, why=WHY)
    assert gets_in(hers)


def test_a_session_from_before_does_not_come_back_when_the_login_is_in_use_again() -> None:
    admin, bo, pia = factories.admin(), factories.bo(), factories.pia()
    hers = signed_in(bo)
    staff.make_inactive(admin, bo.pk, why=WHY)
    confirmed = staff.confirm(pia, staff.ask_active(admin, bo.pk, why=WHY).pk)
    assert not gets_in(hers)
    assert not Session.objects.filter(session_key=hers.session.session_key or "").exists()
    staff.choose_password(bo.pk, secret=confirmed.secret, password=GOOD)
    assert gets_in(signed_in(User.objects.get(pk=bo.pk)))


# -- in use and out of use --------------------------------------------------------------------------------------------


def test_the_last_administrator_who_can_sign_in_stays() -> None:
    admin = factories.admin()
    User.objects.create_user(username="imported", role=Role.ADMINISTRATOR)
    with pytest.raises(Refused):
        staff.make_inactive(admin, admin.pk, why=WHY)
    other = second_admin()
    staff.make_inactive(admin, admin.pk, why="I leave.")
    with pytest.raises(Refused):
        staff.make_inactive(other, other.pk, why="Me too.")


def test_of_two_administrators_who_lower_each_other_one_stays() -> None:
    admin, other = factories.admin(), second_admin()
    factories.pia()
    lowered = [
        staff.ask_role(admin, other.pk, role=Role.NURSE, why=WHY),
        staff.ask_role(other, admin.pk, role=Role.NURSE, why=WHY),
    ]
    staff.confirm(factories.pia(), lowered[0].pk)
    with pytest.raises(Refused):
        staff.confirm(factories.pia(), lowered[1].pk)
    assert reads.able([Role.ADMINISTRATOR]).get() == admin


def test_a_login_out_of_use_takes_its_waiting_change_with_it() -> None:
    change = staff.ask_role(factories.admin(), factories.bo().pk, role=Role.PSYCHIATRIST, why=WHY)
    staff.make_inactive(factories.admin(), factories.bo().pk, why="Gone.")
    change.refresh_from_db()
    assert change.state == "declined"


def test_the_tasks_of_somebody_out_of_use_go_on_to_others() -> None:
    bo, nina = factories.bo(), factories.member("nina", Role.NURSE, factories.team())
    factories.carla()
    task = Task.objects.create(kind="other", key="k", patient=factories.carla(), role=Role.NURSE, assignee=bo,
                               due_at=timezone.now(), title="Look")  # fmt: skip
    staff.make_inactive(factories.admin(), bo.pk, why="Gone.")
    task.refresh_from_db()
    assert task.waits != "assignee" or task.assignee == nina


# -- logins, names and locks ------------------------------------------------------------------------------------------


def test_a_patients_login_belongs_to_the_chart_of_the_record_number() -> None:
    carla = factories.carla()
    change = new_login(factories.admin(), Role.PATIENT, mrn=carla.mrn, username="carla2")
    assert change.user.patient == carla
    assert AuditEntry.objects.get(act="ask_login").patient == carla
    staff.confirm(factories.pia(), change.pk)


@pytest.mark.parametrize(
    "told",
    [
        {"role": Role.PATIENT},
        {"role": Role.PATIENT, "mrn": "no-such"},
        {"role": Role.NURSE, "mrn": "C-1001"},
        {"role": "doctor"},
        {"username": "BO"},
        {"username": "two words"},
        {"username": ""},
        {"email": "nowhere"},
        {"why": "  "},
    ],
)
def test_a_login_that_makes_no_sense_is_refused_in_a_sentence(told: dict[str, Any]) -> None:
    factories.bo()
    factories.carla()
    with pytest.raises(Refused) as refused:
        new_login(factories.admin(), **{"role": Role.NURSE, **told})
    assert str(refused.value).endswith(".")
    assert not User.objects.filter(username="nell").exists()


def test_a_name_is_corrected_and_the_trail_says_by_whom_and_why() -> None:
    bo = staff.correct_login(factories.admin(), factories.bo().pk, first_name="Bo", last_name="Berg-Lind",
                             email="bo@new.example", why="Married.")  # fmt: skip
    assert (bo.last_name, bo.email) == ("Berg-Lind", "bo@new.example")
    entry = AuditEntry.objects.get(act="correct_login")
    assert (entry.actor, entry.why, entry.object_id) == (factories.admin(), "Married.", str(bo.pk))


# -- teams ------------------------------------------------------------------------------------------------------------


def test_a_membership_opens_charts_from_its_first_day_and_its_end_closes_them() -> None:
    admin, dorn, carla = factories.admin(), factories.dorn(), factories.carla()
    assert not access.cares_for(dorn, carla.pk)
    member = staff.begin_membership(admin, dorn.pk, team_id=factories.team().pk, why="Covers.")
    assert access.cares_for(dorn, carla.pk)
    staff.end_membership(admin, member.pk, why="Back.")
    assert not access.cares_for(dorn, carla.pk)
    with pytest.raises(Conflict):
        staff.end_membership(admin, member.pk, why="Again.")


def test_a_membership_with_days_begins_in_the_morning_and_holds_through_its_last_day() -> None:
    today = timezone.localdate()
    first, last = today + timedelta(days=7), today + timedelta(days=9)
    member = staff.begin_membership(factories.admin(), factories.dorn().pk, team_id=factories.team().pk, why=WHY,
                                    first_day=first, last_day=last)  # fmt: skip
    assert timezone.localtime(member.since).date() == first
    assert member.until is not None
    assert timezone.localtime(member.until - timedelta(seconds=1)).date() == last
    assert not access.cares_for(factories.dorn(), factories.carla().pk)


def test_an_end_that_is_planned_comes_earlier_and_never_later() -> None:
    admin, team, today = factories.admin(), factories.team(), timezone.localdate()
    member = staff.begin_membership(admin, factories.dorn().pk, team_id=team.pk, why=WHY,
                                    last_day=today + timedelta(days=9))  # fmt: skip
    for days in (9, 10):
        with pytest.raises(Conflict):
            staff.end_membership(admin, member.pk, why=WHY, last_day=today + timedelta(days=days))
    staff.end_membership(admin, member.pk, why=WHY, last_day=today + timedelta(days=3))
    member.refresh_from_db()
    assert member.until is not None
    assert timezone.localtime(member.until - timedelta(seconds=1)).date() == today + timedelta(days=3)


@pytest.mark.parametrize("days", [(-1, None), (3, 1), (900, None)])
def test_a_membership_is_never_backdated_nor_turned_round(days: tuple[int, int | None]) -> None:
    first, last = (None if one is None else timezone.localdate() + timedelta(days=one) for one in days)
    with pytest.raises(Refused):
        staff.begin_membership(factories.admin(), factories.dorn().pk, team_id=factories.team().pk, why=WHY,
                               first_day=first, last_day=last)  # fmt: skip


def test_nobody_is_twice_in_a_team_on_one_day_and_no_administrator_is_in_any() -> None:
    admin, team = factories.admin(), factories.team()
    with pytest.raises(Refused):
        staff.begin_membership(admin, factories.bo().pk, team_id=team.pk, why=WHY)
    with pytest.raises(Refused):
        staff.begin_membership(admin, second_admin().pk, team_id=team.pk, why=WHY)
    assert CareTeamMember.objects.filter(user=factories.bo()).count() == 1


def test_a_team_has_a_name_of_its_own() -> None:
    admin = factories.admin()
    made = staff.make_team(admin, name="Annex", why="Opened.")
    factories.team()
    for name in ("Harbor", " "):
        with pytest.raises(Refused):
            staff.make_team(admin, name=name, why=WHY)
        with pytest.raises(Refused):
            staff.rename_team(admin, made.pk, name=name, why=WHY)
    assert staff.rename_team(admin, made.pk, name="Annexe", why="Spelling.").name == "Annexe"


@pytest.mark.parametrize("who", [factories.adler, factories.bo, factories.pia, factories.carla_user])
def test_nobody_but_an_administrator_does_any_of_it(who: Callable[[], User]) -> None:
    bo, team = factories.bo().pk, factories.team().pk
    member = CareTeamMember.objects.get(user=bo).pk
    for do in (
        lambda: new_login(who()),
        lambda: staff.ask_role(who(), bo, role=Role.PHARMACIST, why=WHY),
        lambda: staff.ask_password(who(), bo, why=WHY),
        lambda: staff.ask_factors(who(), bo, why=WHY),
        lambda: staff.ask_active(who(), bo, why=WHY),
        lambda: staff.make_inactive(who(), bo, why=WHY),
        lambda: staff.correct_login(who(), bo, first_name="x", last_name="y", email="", why=WHY),
        lambda: staff.clear_lock(who(), bo, why=WHY),
        lambda: staff.make_team(who(), name="x", why=WHY),
        lambda: staff.rename_team(who(), team, name="x", why=WHY),
        lambda: staff.begin_membership(who(), bo, team_id=team, why=WHY),
        lambda: staff.end_membership(who(), member, why=WHY),
    ):
        with pytest.raises(NotAllowed):
            do()
