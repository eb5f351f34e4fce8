"""Nothing is orphaned: every open task reaches somebody on duty who may see its patient, or the administrators."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from medmgmt.record.access import STAFF
from medmgmt.record.models import CareAssignment, CareTeam, CareTeamMember, Patient, User
from medmgmt.worklist import duty, lateness, reads
from refills.models import Task, TaskKind, Waits
from refills.worklist import cover, escalation, service_levels
from refills.worklist import tasks as worklist_tasks
from tests import factories

NOW = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)
ROLES = sorted(STAFF)
PEOPLE, TEAMS, PATIENTS = 6, 3, 4


@st.composite
def clinics(draw: st.DrawFn) -> dict[str, Any]:
    """Some staffing: who is active, in which teams, away with which cover; which team has which patient; some tasks."""
    people = [
        {
            "role": draw(st.sampled_from([*ROLES, "administrator"])),
            "active": draw(st.integers(0, 4)) > 0,
            "teams": draw(st.sets(st.integers(0, TEAMS - 1), max_size=TEAMS)),
            "left": draw(st.integers(0, 4)) == 0,
            "away": draw(st.integers(0, 2)) == 0,
            "cover": draw(st.none() | st.integers(0, PEOPLE - 1)),
        }
        for _ in range(PEOPLE)
    ]
    patients = [draw(st.sets(st.integers(0, TEAMS - 1), max_size=2)) for _ in range(PATIENTS)]
    tasks = draw(
        st.lists(
            st.fixed_dictionaries(
                {
                    "kind": st.sampled_from(TaskKind.values),
                    "role": st.sampled_from(["", *ROLES]),
                    "assignee": st.none() | st.integers(0, PEOPLE - 1),
                    "patient": st.none() | st.integers(0, PATIENTS - 1),
                    "late": st.integers(-200, 200),
                    "claimed": st.none() | st.integers(0, PEOPLE - 1),
                }
            ).filter(lambda one: one["role"] or one["assignee"] is not None),
            min_size=1,
            max_size=8,
        )
    )
    return {"people": people, "patients": patients, "tasks": tasks, "rounds": draw(st.integers(0, 4))}


def build(clinic: dict[str, Any]) -> list[User]:
    """The clinic as rows."""
    teams = [CareTeam.objects.get_or_create(name=f"T{number}")[0] for number in range(TEAMS)]
    users = []
    for number, one in enumerate(clinic["people"]):
        user, _ = User.objects.update_or_create(
            username=f"u{number}", defaults={"role": one["role"], "is_active": one["active"]}
        )
        for team in one["teams"]:
            until = NOW - timedelta(days=1) if one["left"] else None
            CareTeamMember.objects.create(team=teams[team], user=user, since=factories.LONG_AGO, until=until)
        users.append(user)
    for number, one in enumerate(clinic["people"]):
        if one["away"]:
            other = users[one["cover"]] if one["cover"] not in (None, number) else None
            cover.tell(
                user_id=users[number].pk, since=NOW - timedelta(days=1), until=NOW + timedelta(days=1),
                cover_id=other.pk if other else None, by_id=users[number].pk,
            )  # fmt: skip
    patients = [patient_of(number, held, teams) for number, held in enumerate(clinic["patients"])]
    for number, one in enumerate(clinic["tasks"]):
        task = worklist_tasks.open_task(
            kind=one["kind"], key=f"k{number}", role=one["role"], title="Look",
            assignee_id=None if one["assignee"] is None else users[one["assignee"]].pk,
            patient_id=None if one["patient"] is None else patients[one["patient"]].pk,
            due_at=NOW - timedelta(hours=one["late"]),
        )  # fmt: skip
        if one["claimed"] is not None:
            worklist_tasks.claim(task.pk, users[one["claimed"]].pk, task.version)
    return users


def patient_of(number: int, held: set[int], teams: list[CareTeam]) -> Patient:
    """A patient in the care of some teams, or of none."""
    made, _ = Patient.objects.get_or_create(
        mrn=f"M{number}", defaults={"given_name": "A", "birth_date": "1990-01-01", "time_zone": "UTC"}
    )
    for team in held:
        CareAssignment.objects.create(patient=made, team=teams[team], since=factories.LONG_AGO)
    return made


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(clinic=clinics())
def test_whatever_the_staffing_every_open_task_reaches_somebody_on_duty_or_the_administrators(
    clinic: dict[str, Any],
) -> None:
    with time_machine.travel(NOW, tick=False), transaction.atomic():
        whatever_the_staffing(clinic)
        transaction.set_rollback(True)


def whatever_the_staffing(clinic: dict[str, Any]) -> None:
    """Each task in the list of somebody on duty who may see its patient; else with the administrators."""
    users = build(clinic)
    for number in range(clinic["rounds"]):
        escalation.escalate(NOW + timedelta(hours=20 * number))
    duty.keep_worklist(NOW)
    staff = duty.staff(NOW)
    here = [user for user in users if user.pk in staff.on_duty]
    reached = {task.pk for user in here for task in reads.worklist(user)}
    raised = {task.pk for task in lateness.lateness_for(factories.admin(), now=NOW).raised}
    for task in Task.objects.all():
        anybody = any(staff.reaches(user.pk, task.patient_id) for user in here)
        assert (task.pk in reached) == anybody, (clinic, task.kind)
        assert (task.waits == Waits.NOBODY) != anybody
        assert anybody or task.pk in raised
    assert (
        lateness.lateness_for(factories.admin(), now=NOW).unreached == Task.objects.filter(waits=Waits.NOBODY).count()
    )
    assert duty.keep_worklist(NOW) == 0


@pytest.mark.django_db
@pytest.mark.parametrize("kind", TaskKind.values)
@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("left", [set(), *({role} for role in ROLES)], ids=["nobody", *ROLES])
def test_a_task_of_any_kind_and_role_reaches_whoever_is_left_when_all_others_are_away(
    kind: str, role: str, left: set[str]
) -> None:
    carla = factories.carla()
    people = {one.role: one for one in (factories.adler(), factories.bo(), factories.pia())}
    for one in people.values():
        if one.role not in left:
            cover.tell(user_id=one.pk, since=NOW, until=NOW + timedelta(days=1), cover_id=None, by_id=one.pk)
    task = worklist_tasks.open_task(kind=kind, key="k", role=role, patient_id=carla.pk, title="Look", due_at=NOW)
    with time_machine.travel(NOW + timedelta(hours=1), tick=False):
        duty.keep_worklist()
        seen_by(people, task, left)


def seen_by(people: dict[str, User], task: Task, left: set[str]) -> None:
    """Whoever is left sees it; with nobody left it says so."""
    seen = {name for name, one in people.items() if reads.worklist(one).filter(pk=task.pk).exists()}
    task.refresh_from_db()
    assert left <= seen
    assert (task.waits == Waits.NOBODY) is not bool(left)


def test_every_chain_ends_with_the_administrators_and_names_another_role_before() -> None:
    for row in service_levels.levels().rows.values():
        assert row.chain[-1] == "administrator"
        assert {row.raised_to(2, role) for role in ROLES} & set(ROLES) or row.kind == "break_glass", "one judges alone"


@pytest.mark.django_db
def test_an_administrator_sees_a_number_a_kind_and_late_and_nothing_of_the_patient(
    client: Any,
) -> None:
    carla, admin = factories.carla(), factories.admin()
    task = worklist_tasks.open_task(
        kind=TaskKind.SUPPLY_GAP, key="k", role="nurse", patient_id=carla.pk, title="Call", detail="lithium",
        due_at=NOW - timedelta(days=400),
    )  # fmt: skip
    duty.keep_worklist()
    client.force_login(admin, backend="django.contrib.auth.backends.ModelBackend")
    page = client.get("/tasks/late/").content.decode()
    assert f"Task {task.pk}" in page
    assert "Supply has run out" in page
    assert "nobody at all is on duty" in page
    for word in ("Castillo", "C-1001", "lithium", "Call<", f"/patients/{carla.pk}"):
        assert word not in page
    assert client.get(f"/tasks/{task.pk}/").status_code == 403
    home = client.get("/").content.decode()
    assert "reaches nobody who is on duty" in home
