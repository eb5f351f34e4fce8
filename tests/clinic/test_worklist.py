"""Who is offered a task, who may open it, and what is late: on duty, of the team, now."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from medmgmt.record.errors import NoSuchPatient
from medmgmt.record.models import CareAssignment, CareTeamMember, Enrolment, Level, Role, User
from medmgmt.worklist import duty, lateness, reads
from refills.models import HIGHEST_LEVEL, Task, TaskKind
from refills.worklist.tasks import open_task
from tests import factories

pytestmark = pytest.mark.django_db


def waiting(key: str = "t", **values: Any) -> Task:
    values = {"kind": TaskKind.OTHER, "role": "nurse", "title": "Look", "patient_id": factories.carla().pk, **values}
    return open_task(key=key, **values)


def left(user: User, team: Any) -> User:
    """Left a team yesterday."""
    CareTeamMember.objects.filter(user=user, team=team).update(until=timezone.now() - timedelta(days=1))
    return user


def elsewhere(username: str) -> User:
    """A nurse of Carla's team who left it for another."""
    member = factories.member(username, Role.NURSE, factories.team())
    factories.member(username, Role.NURSE, factories.team("Hillside"))
    return left(member, factories.team())


def test_a_task_is_offered_to_those_who_care_for_the_patient_now() -> None:
    bo, carla = factories.bo(), factories.carla()
    elsewhere("eve"), factories.dorn()
    gone = factories.member("gus", Role.NURSE, factories.team(), is_active=False)
    assert duty.takers(carla.pk) == [bo]
    assert gone not in duty.on_duty()
    assert {one.username for one in duty.on_duty()} == {"bo", "dorn", "eve"}
    CareAssignment.objects.create(patient=carla, team=factories.team("Hillside"), since=factories.LONG_AGO,
                                  until=timezone.now() - timedelta(days=1))  # fmt: skip
    assert duty.takers(carla.pk) == [bo], "the other team cared for her until yesterday"


def test_colleagues_are_those_of_ones_present_teams() -> None:
    bo, eve = factories.bo(), elsewhere("eve")
    assert [one.username for one in duty.colleagues(bo)] == ["bo"]
    assert {one.username for one in duty.colleagues(eve)} == {"eve"}
    factories.dorn()
    assert {one.username for one in duty.colleagues(eve)} == {"eve", "dorn"}


def test_an_administrator_sees_what_was_raised_to_the_end_of_its_chain() -> None:
    factories.bo()
    first, other = waiting("a"), waiting("b")
    duty.keep_worklist()
    Task.objects.filter(pk=first.pk).update(escalation_level=HIGHEST_LEVEL, escalated_at=timezone.now())
    assert [task.pk for task in lateness.lateness_for(factories.admin()).raised] == [first.pk]
    assert other.pk != first.pk
    assert lateness.lateness_for(factories.bo()).raised == []


def test_a_claim_that_ran_out_is_nobodys_any_more() -> None:
    bo, now = factories.bo(), timezone.now()
    held, over = waiting("a", due_at=now - timedelta(hours=2)), waiting("b", due_at=now - timedelta(hours=2))
    for task, until in ((held, now + timedelta(hours=1)), (over, now - timedelta(minutes=1))):
        Task.objects.filter(pk=task.pk).update(state="claimed", claimed_by=bo, claimed_until=until)
    assert {one.reason: one.count for one in lateness.lateness_for(bo, now=now).groups} == {"taken": 1, "untaken": 1}


def test_a_task_without_a_patient_opens_for_its_role_and_for_whom_it_was_raised_to_alone() -> None:
    task = waiting(patient_id=None, role="pharmacist")
    for who, sees in ((factories.pia(), True), (factories.bo(), False)):
        if sees:
            assert reads.task(who, task.pk) == task
        else:
            with pytest.raises(NoSuchPatient):
                reads.task(who, task.pk)
    Task.objects.filter(pk=task.pk).update(raised_to="nurse")
    assert reads.task(factories.bo(), task.pk) == task


def test_the_level_of_care_is_that_of_now() -> None:
    bo, carla = factories.bo(), factories.carla()
    waiting()
    Enrolment.objects.filter(patient=carla).update(ends_on=carla.today(timezone.now()))
    Enrolment.objects.create(patient=carla, level=Level.PARTIAL_HOSPITALISATION, starts_on=carla.today(timezone.now()))
    assert [reads.worklist(bo, level=level).count() for level in (
        Level.INTENSIVE_OUTPATIENT, Level.PARTIAL_HOSPITALISATION)] == [0, 1]  # fmt: skip


def test_only_people_who_work_here_stand_in() -> None:
    factories.bo(), factories.member("gus", Role.NURSE, factories.team(), is_active=False)
    assert {one.username for one in reads.stand_ins(factories.admin())} == {"bo"}
