"""Tasks handed on, put off, written under and worked several at a time; absences with cover; the morning notice."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from medmgmt.actions import worklist
from medmgmt.messages import digests
from medmgmt.record.errors import Conflict, NoSuchPatient, NotAllowed, Refused
from medmgmt.record.models import AuditEntry, CareTeamMember, Enrolment, Level, Role, User
from medmgmt.worklist import duty, lateness, reads
from refills.errors import ClosesOnEvidence, PutOffTooFar, TaskClosed, TaskTaken
from refills.models import Reminder, Task, TaskComment, TaskKind, TaskOutcome, Waits
from refills.worklist import escalation
from refills.worklist.tasks import close_with, open_task
from tests import factories

pytestmark = pytest.mark.django_db
WEDNESDAY = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)


def waiting(number: int = 1, **values: Any) -> Task:
    values = {"kind": TaskKind.OTHER, "role": "nurse", "title": "Look", "patient_id": factories.carla().pk, **values}
    return open_task(key=f"t{number}", **values)


def nina() -> User:
    return factories.member("nina", Role.NURSE, factories.team(), first_name="Nina", last_name="Noor")


# -- service levels say when ------------------------------------------------------------------------------------------
def test_a_task_without_a_day_of_its_own_is_due_by_its_service_level_and_ranked_by_its_risk() -> None:
    with time_machine.travel(WEDNESDAY, tick=False):
        severe = waiting(1, kind=TaskKind.SIDE_EFFECT_REVIEW, case="severe")
        lithium = waiting(2, kind=TaskKind.SUPPLY_GAP, priority=2, stop_tier=1)
        other = waiting(3, kind=TaskKind.SUPPLY_GAP, priority=2, stop_tier=3)
    assert (severe.priority, severe.due_at) == (1, WEDNESDAY + timedelta(hours=4))
    assert lithium.rank < other.rank
    assert [task.pk for task in reads.worklist(factories.bo())] == [lithium.pk, severe.pk, other.pk]


def test_what_is_late_is_raised_to_the_role_then_the_next_of_its_chain_then_the_administrators() -> None:
    bo, adler, admin, other = factories.bo(), factories.adler(), factories.admin(), nina()
    with time_machine.travel(WEDNESDAY, tick=False):
        task = waiting(kind=TaskKind.CONTACT_PATIENT, assignee_id=bo.pk, priority=1)
    sees = []
    for hours in (23, 25, 38, 51, 64):
        with time_machine.travel(WEDNESDAY + timedelta(hours=hours), tick=False):
            escalation.escalate(timezone.now())
            duty.keep_worklist()
            people = [who.username for who in (bo, other, adler) if task in reads.worklist(who)]
            sees.append([*people, *["admin" for one in lateness.lateness_for(admin).raised if one.pk == task.pk]])
    assert sees == [["bo"], ["bo", "nina"], ["bo", "nina", "adler"], ["bo", "nina", "adler", "admin"],
                    ["bo", "nina", "adler", "admin"]]  # fmt: skip


@pytest.mark.parametrize("size", [1, 60])
def test_raising_and_routing_take_the_same_number_of_queries_however_much_is_late(size: int) -> None:
    factories.bo(), factories.adler()
    for number in range(size):
        waiting(number, kind=TaskKind.values[number % len(TaskKind.values)], due_at=WEDNESDAY)
    with CaptureQueriesContext(connection) as raising:
        assert escalation.escalate(WEDNESDAY + timedelta(minutes=1)) == size
    with CaptureQueriesContext(connection) as routing:
        duty.keep_worklist()
    assert (len(raising), len(routing)) == (1, 5)


# -- handing on -------------------------------------------------------------------------------------------------------
def test_a_task_is_handed_on_to_somebody_on_duty_who_may_see_the_patient_with_a_word_why() -> None:
    bo, other, task = factories.bo(), nina(), waiting()
    given = worklist.reassign(bo, task.pk, version=task.version, to_user_id=other.pk, why="I leave at noon.")
    assert (given.assignee, given.role, given.state) == (other, "nurse", "open")
    assert task not in reads.worklist(bo)
    assert task in reads.worklist(other)
    assert [(one.author, one.text) for one in TaskComment.objects.all()] == [(bo, "I leave at noon.")]
    back = worklist.reassign(other, task.pk, version=given.version, to_role="pharmacist")
    assert (back.assignee, back.role) == (None, "pharmacist")
    assert task in reads.worklist(factories.pia())


def test_a_task_is_not_given_to_somebody_away_gone_a_stranger_or_two_at_once() -> None:
    bo, other, task = factories.bo(), nina(), waiting()
    for wrong in (factories.dorn().pk, factories.admin().pk, factories.carla_user().pk, 10**9):
        with pytest.raises(Refused):
            worklist.reassign(bo, task.pk, version=1, to_user_id=wrong)
    now = timezone.now()
    absence = worklist.tell_absence(other, user_id=other.pk, since=now, until=now + timedelta(days=1))
    with pytest.raises(Refused, match="not on duty"):
        worklist.reassign(bo, task.pk, version=1, to_user_id=other.pk)
    worklist.withdraw_absence(other, absence.pk)
    CareTeamMember.objects.filter(user=other).update(until=now)
    with pytest.raises(Refused, match="not on duty"):
        worklist.reassign(bo, task.pk, version=1, to_user_id=other.pk)
    for values in ({}, {"to_role": "nurse", "to_user_id": bo.pk}, {"to_role": "patient"}):
        with pytest.raises(Refused):
            worklist.reassign(bo, task.pk, version=1, **values)
    with pytest.raises(NoSuchPatient):
        worklist.reassign(factories.dorn(), task.pk, version=1, to_role="nurse")


def test_somebody_elses_claim_is_not_handed_on_and_a_claim_is_renewed_by_its_holder() -> None:
    bo, other, task = factories.bo(), nina(), waiting()
    held = worklist.claim(bo, task.pk, version=1)
    with pytest.raises(TaskTaken):
        worklist.reassign(other, task.pk, version=held.version, to_role="nurse")
    Task.objects.update(claimed_until=timezone.now() + timedelta(minutes=1))
    longer = worklist.claim(bo, task.pk, version=held.version)
    assert longer.claimed_until is not None
    assert longer.claimed_until > timezone.now() + timedelta(hours=3)


# -- putting off, writing, closing ------------------------------------------------------------------------------------
def test_a_task_is_put_off_as_far_as_its_service_level_allows_with_the_reason_kept() -> None:
    bo = factories.bo()
    with time_machine.travel(WEDNESDAY, tick=False):
        task, gap = waiting(), waiting(2, kind=TaskKind.SUPPLY_GAP, case="1")
        later = WEDNESDAY + timedelta(days=2)
        put_off = worklist.postpone(bo, task.pk, until=later, why="She is travelling.", version=1)
        assert (put_off.due_at, put_off.escalate_at) == (later, later)
        assert TaskComment.objects.get().text == "Put off: She is travelling."
        for until in (WEDNESDAY - timedelta(hours=1), WEDNESDAY + timedelta(days=60)):
            with pytest.raises(PutOffTooFar):
                worklist.postpone(bo, task.pk, until=until, why="No.", version=put_off.version)
        with pytest.raises(PutOffTooFar, match="not put off"):
            worklist.postpone(bo, gap.pk, until=later, why="No.", version=1)


def test_what_is_written_under_a_task_stays_and_is_for_those_who_care_for_the_patient() -> None:
    task = waiting()
    written = worklist.comment(factories.bo(), task.pk, text="Left a message.")
    with pytest.raises(NoSuchPatient):
        worklist.comment(factories.dorn(), task.pk, text="Hello?")
    with pytest.raises(NotAllowed):
        worklist.comment(factories.admin(), task.pk, text="Hello?")
    for change in (lambda: TaskComment.objects.update(text="x"), lambda: written.delete()):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert AuditEntry.objects.filter(act="comment_task", patient=factories.carla()).count() == 1


def test_a_task_is_closed_with_a_code_and_other_needs_words() -> None:
    task = waiting()
    for code in ("other", "nonsense"):
        with pytest.raises(Refused):
            worklist.done(factories.bo(), task.pk, version=1, code=code)
    closed = worklist.done(factories.bo(), task.pk, version=1, code="reached")
    assert (closed.outcome_code, closed.outcome) == ("reached", "")


def test_a_task_that_waits_for_a_lab_closes_with_it_alone_and_a_cancelled_one_was_not_kept() -> None:
    bo, carla = factories.bo(), factories.carla()
    task, other = waiting(closes_on="observation:lithium"), waiting(2, closes_on="observation:lithium")
    with pytest.raises(ClosesOnEvidence):
        worklist.done(bo, task.pk, outcome="It was fine.", version=1)
    asked = {"patient_id": carla.pk, "closes_on": "observation:lithium", "evidence": ("observation", 7), "by_id": bo.pk}
    assert close_with(**asked, at=task.created_at - timedelta(hours=1)) == 0
    kept = worklist.cancel(bo, other.pk, why="She refuses.", version=1)
    assert (kept.state, kept.outcome_code) == ("cancelled", TaskOutcome.NOT_KEPT)
    assert close_with(**asked, at=timezone.now()) == 1
    assert close_with(**asked, at=timezone.now()) == 0
    task.refresh_from_db()
    assert (task.state, task.evidence_type, task.evidence_id, task.closed_by) == ("done", "observation", "7", bo)
    with pytest.raises(TaskClosed):
        worklist.done(bo, task.pk, outcome="Again.", version=task.version)


# -- several at once --------------------------------------------------------------------------------------------------
def test_several_tasks_are_judged_one_by_one_and_each_is_told() -> None:
    bo, other = factories.bo(), nina()
    good, old, taken, closed = (waiting(number) for number in range(4))
    foreign = waiting(9, patient_id=factories.stranger().pk)
    worklist.claim(other, taken.pk, version=1)
    worklist.done(other, closed.pk, outcome="x", version=1)
    versions = {good: 1, old: 9, taken: 2, closed: 2, foreign: 1}
    seen = [worklist.Seen(task.pk, version) for task, version in versions.items()] + [worklist.Seen(good.pk, 1)]
    told = worklist.each(bo, seen, lambda number, version: worklist.claim(bo, number, version=version))
    errors = [(one.task_id, type(one.error)) for one in told]
    assert errors == [(good.pk, type(None)), (old.pk, TaskTaken), (taken.pk, TaskTaken), (closed.pk, TaskClosed),
                      (foreign.pk, NoSuchPatient)]  # fmt: skip
    assert list(reads.worklist(bo, whose="mine")) == [good]
    for wrong in ([], [worklist.Seen(1, 1)] * 101):
        with pytest.raises(Refused):
            worklist.each(bo, wrong, lambda number, version: worklist.claim(bo, number, version=version))
    with pytest.raises(NotAllowed):
        worklist.each(factories.admin(), seen, lambda number, version: worklist.get(number))  # type: ignore[attr-defined]


# -- filters ----------------------------------------------------------------------------------------------------------
def test_the_list_is_narrowed_by_whose_kind_lateness_patient_and_level_of_care() -> None:
    bo, carla = factories.bo(), factories.carla()
    other = factories.patient("N-2")
    Enrolment.objects.filter(patient=other).update(level=Level.OUTPATIENT)
    mine = waiting(1, assignee_id=bo.pk)
    late = waiting(2, due_at=timezone.now() - timedelta(hours=1))
    theirs = waiting(3, assignee_id=factories.adler().pk, role="psychiatrist", kind=TaskKind.RENEWAL)
    elsewhere = waiting(4, patient_id=other.pk)
    foreign = waiting(5, patient_id=factories.stranger().pk)

    def found(**asked: Any) -> set[int]:
        return set(reads.worklist(bo, **asked).values_list("pk", flat=True))

    assert found() == {mine.pk, late.pk, elsewhere.pk}
    assert found(whose="mine") == {mine.pk}
    assert found(whose="role") == {mine.pk, late.pk, elsewhere.pk}
    assert found(whose="team") == {mine.pk, late.pk, elsewhere.pk, theirs.pk}
    assert found(whose="team", kind=TaskKind.RENEWAL) == {theirs.pk}
    assert found(late=True) == {late.pk}
    assert found(patient_id=other.pk) == {elsewhere.pk}
    assert found(patient_id=foreign.patient_id, whose="team") == set()
    assert found(level=Level.OUTPATIENT) == {elsewhere.pk}
    assert reads.task_counts(bo) == {"open": 3, "mine": 1, "late": 1}
    assert carla.pk != other.pk


# -- absences ---------------------------------------------------------------------------------------------------------
def test_tasks_of_somebody_away_go_to_their_cover_at_once_and_come_back_with_them() -> None:
    bo, other, third = factories.bo(), nina(), factories.member("nuri", Role.NURSE, factories.team())
    task, now = waiting(assignee_id=bo.pk), timezone.now()
    told = worklist.tell_absence(bo, user_id=bo.pk, since=now, until=now + timedelta(days=3), cover_id=other.pk)
    assert task in reads.worklist(other)
    assert task not in reads.worklist(third)
    assert Task.objects.get().waits == Waits.ASSIGNEE_AWAY
    worklist.tell_absence(other, user_id=other.pk, since=now, until=now + timedelta(days=1), cover_id=third.pk)
    duty.keep_worklist()
    assert task in reads.worklist(third)
    worklist.withdraw_absence(bo, told.pk)
    assert (Task.objects.get().waits, Task.objects.get().stand_in) == ("", None)


def test_an_absence_is_ones_own_or_told_by_an_administrator_and_covered_by_the_same_role() -> None:
    bo, adler, admin, now = factories.bo(), factories.adler(), factories.admin(), timezone.now()
    week = {"since": now, "until": now + timedelta(days=7)}
    with pytest.raises(NotAllowed):
        worklist.tell_absence(adler, user_id=bo.pk, **week)
    with pytest.raises(NotAllowed):
        worklist.tell_absence(factories.carla_user(), user_id=factories.carla_user().pk, **week)
    told = worklist.tell_absence(admin, user_id=bo.pk, **week)
    with pytest.raises(NotAllowed):
        worklist.withdraw_absence(adler, told.pk)
    never: list[dict[str, Any]] = [{"until": now - timedelta(days=1)}, {"until": now + timedelta(days=999)}]
    for values in ({"cover_id": adler.pk}, {"cover_id": bo.pk}, {"since": now - timedelta(days=400)}, *never):
        with pytest.raises(Refused):
            worklist.tell_absence(bo, user_id=bo.pk, **{**week, **values})
    with pytest.raises(Refused):
        worklist.tell_absence(admin, user_id=admin.pk, **week)
    with time_machine.travel(now + timedelta(days=8)), pytest.raises(Conflict):
        worklist.withdraw_absence(bo, told.pk)
    assert [one.pk for one in reads.absences(adler)] == [told.pk]


# -- late and why -----------------------------------------------------------------------------------------------------
def test_what_is_late_is_told_by_kind_role_age_and_reason_within_ones_own_patients() -> None:
    bo, now = factories.bo(), timezone.now()
    waiting(1, due_at=now - timedelta(hours=2))
    waiting(2, due_at=now - timedelta(days=2), role="pharmacist")
    waiting(3, due_at=now - timedelta(days=9), patient_id=factories.stranger().pk)
    held = waiting(4, due_at=now - timedelta(days=5))
    worklist.claim(bo, held.pk, version=1)
    duty.keep_worklist()
    report = lateness.lateness_for(bo)
    assert {(one.role, one.age, one.reason, one.count) for one in report.groups} == {
        ("nurse", "hours", "untaken", 1),
        ("pharmacist", "days", "role_absent", 1),
        ("nurse", "week", "taken", 1),
    }
    assert report.raised == []
    everywhere = lateness.lateness_for(factories.admin())
    assert (everywhere.late, everywhere.unreached) == (4, 1)
    with pytest.raises(NotAllowed):
        lateness.lateness_for(factories.carla_user())


# -- the morning notice -----------------------------------------------------------------------------------------------
def at(day: date, hour: int, minute: int = 0) -> datetime:
    """An hour at the site, in New York."""
    return datetime(day.year, day.month, day.day, hour + 5, minute, tzinfo=UTC)


def test_the_morning_notice_goes_once_a_working_day_to_whoever_is_here_has_tasks_and_wants_it() -> None:
    bo, pia, other, adler = factories.bo(), factories.pia(), nina(), factories.adler()
    waiting(1), waiting(2, role="psychiatrist")
    worklist.choose_digest(adler, wanted=False)
    day = date(2026, 11, 18)
    with time_machine.travel(at(day, 7), tick=False):
        worklist.tell_absence(other, user_id=other.pk, since=at(day, 7), until=at(day, 17))
    for hour, planned in ((7, 0), (8, 1), (9, 0), (11, 0)):
        with time_machine.travel(at(day, hour, 5), tick=False):
            assert digests.plan() == planned
    notice = Reminder.objects.get(kind="digest")
    assert (notice.recipient, notice.patient, notice.due_at) == (bo, None, at(day, 8))
    for closed in (date(2026, 11, 21), date(2026, 11, 26)):
        with time_machine.travel(at(closed, 8, 5), tick=False):
            assert digests.plan() == 0
    worklist.choose_digest(adler, wanted=True)
    with time_machine.travel(at(date(2026, 11, 19), 8, 5), tick=False):
        assert digests.plan() == 3
    assert not Reminder.objects.filter(recipient=pia).exists()
