"""One tick: what is sent, what is held back, what comes again, what ends as a task."""

import logging
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

import pytest
from django.core import mail
from django.db import IntegrityError, OperationalError
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from refills import clock
from refills.messages import planning, queue, reminders
from refills.messages.reminders import Reach
from refills.messages.waking import Waking
from refills.models import Reminder, ReminderState, Task, TaskKind
from refills.supply.fills import Fill
from refills.worklist import kinds
from tests import factories
from tests.refills import gateways
from tests.refills.people import NOON, ZONE, due, reachable, supply

pytestmark = pytest.mark.django_db


def only() -> Reminder:
    return Reminder.objects.get()


def fail_from_now_on(settings: Settings) -> None:
    settings.EMAIL_BACKEND = "tests.refills.gateways.Refuses"


def test_what_is_due_is_sent_once() -> None:
    rows = due(3)
    counts = reminders.tick(NOON, reach=reachable)
    assert (counts.claimed, counts.sent) == (3, 3)
    assert {message.to[0] for message in mail.outbox} == {f"r{row.pk}@mail.example" for row in rows}
    assert set(Reminder.objects.values_list("state", "attempts", "lease_token")) == {("sent", 1, None)}
    assert reminders.tick(NOON, reach=reachable) == reminders.Counts()
    assert len(mail.outbox) == 3


def test_what_is_not_due_yet_is_left_alone() -> None:
    planning.plan(supply(factories.taking()), NOON)
    assert reminders.tick(NOON, reach=reachable) == reminders.Counts()
    assert mail.outbox == []


def test_a_whole_refill_is_reminded_of_four_times_each_on_its_day() -> None:
    planning.plan(supply(factories.taking()), NOON)
    sent = []
    for days in range(15):
        now = NOON + timedelta(days=days)
        sent += [(now.date().day, counts.sent) for counts in [reminders.tick(now, reach=reachable)] if counts.sent]
    assert sent == [(24, 1), (28, 1), (30, 1), (1, 1)]
    assert len({message.extra_headers["Message-ID"] for message in mail.outbox}) == 4


def test_more_than_a_batch_is_sent_in_one_tick(monkeypatch: pytest.MonkeyPatch) -> None:
    due(7)
    monkeypatch.setattr(reminders, "BATCH", 2)
    assert reminders.tick(NOON, reach=reachable).sent == 7


@pytest.mark.parametrize("threads", [1, 4])
def test_with_one_thread_or_several_the_same_is_sent(settings: Settings, threads: int) -> None:
    due(9)
    gateways.Counts.reset(seconds=0.02)
    settings.EMAIL_BACKEND, settings.REMINDER_THREADS = "tests.refills.gateways.Counts", threads
    assert reminders.tick(NOON, reach=reachable).sent == 9
    assert sorted(gateways.Counts.taken.values()) == [1] * 9
    assert gateways.Counts.most_at_once == threads


# -- looked at again just before -------------------------------------------------------------------------------------
def test_a_patient_who_withdrew_consent_since_is_not_written_to() -> None:
    due(1)
    counts = reminders.tick(NOON, reach=lambda _: Reach("c@mail.example", "en", ZONE, allowed=False, why="no consent"))
    assert (counts.withheld, counts.sent, mail.outbox) == (1, 0, [])
    assert (only().state, only().outcome) == (ReminderState.WITHHELD, "no consent")
    assert not Task.objects.exists()


def test_a_message_answered_between_the_claim_and_the_sending_is_not_sent() -> None:
    [row] = due(1)

    def answered_meanwhile(reminder: Reminder) -> Reach:
        name = ("prescription", str(reminder.prescription_id), NOON.date())
        planning.settle_answered(reminder.patient_id or 0, [name])
        return reachable(reminder)

    counts = reminders.tick(NOON, reach=answered_meanwhile)
    assert (counts.sent, mail.outbox) == (0, [])
    row.refresh_from_db()
    assert (row.state, row.outcome) == (ReminderState.CANCELLED, planning.ANSWERED)


def test_a_patient_asleep_where_they_are_now_is_written_to_in_the_morning() -> None:
    due(1)

    def in_tokyo(_: Reminder) -> Reach:
        return Reach("c@mail.example", "en", "Asia/Tokyo", allowed=True)

    counts = reminders.tick(NOON, reach=in_tokyo)
    assert (counts.postponed, counts.sent) == (1, 0)
    assert (only().next_attempt_at, only().attempts) == (datetime(2026, 11, 22, 0, tzinfo=UTC), 0)
    assert only().due_at == NOON - timedelta(hours=1)
    assert reminders.tick(only().next_attempt_at, reach=in_tokyo).sent == 1


def test_a_patient_without_an_address_is_a_task_for_a_person() -> None:
    [row] = due(1)
    counts = reminders.tick(NOON, reach=lambda _: Reach(None, "en", ZONE, allowed=True))
    assert counts.dead == 1
    assert (only().state, only().outcome) == (ReminderState.DEAD, "no address")
    task = Task.objects.get()
    assert (task.kind, task.patient_id, task.role) == (TaskKind.CONTACT_PATIENT, row.patient_id, "nurse")
    assert (task.source_type, task.source_id) == ("reminder", str(row.pk))


def test_after_a_standstill_only_the_latest_of_several_is_sent() -> None:
    planning.plan(supply(factories.taking()), NOON)
    counts = reminders.tick(datetime(2026, 12, 1, 18, tzinfo=UTC), reach=reachable)
    assert (counts.superseded, counts.sent, len(mail.outbox)) == (3, 1, 1)
    assert Reminder.objects.get(state=ReminderState.SENT).kind == "refill_0"


def test_what_is_more_than_a_week_late_is_for_a_person() -> None:
    due(1)
    counts = reminders.tick(NOON + timedelta(days=8), reach=reachable)
    assert (counts.dead, mail.outbox) == (1, [])
    assert only().outcome == "too late"
    assert Task.objects.get().kind == TaskKind.CONTACT_PATIENT


def test_what_is_a_few_days_late_still_goes() -> None:
    due(1)
    assert reminders.tick(NOON + timedelta(days=6), reach=reachable).sent == 1


def test_what_is_a_week_late_still_goes_until_the_patients_own_midnight() -> None:
    due(1)
    assert reminders.tick(datetime(2026, 11, 29, 1, 30, tzinfo=UTC), reach=reachable).sent == 1


def test_the_patients_own_waking_hours_hold_and_not_the_sites() -> None:
    due(1)
    late_riser = Waking(time(14), opens=14, closes=21)

    def reach(reminder: Reminder) -> Reach:
        return replace(reachable(reminder), waking=late_riser)

    assert reminders.tick(NOON, reach=reach).postponed == 1
    assert only().next_attempt_at == NOON + timedelta(hours=2)


# -- failing ---------------------------------------------------------------------------------------------------------
def test_a_failure_comes_again_later_and_later_and_ends_as_one_task(settings: Settings) -> None:
    due(1)
    fail_from_now_on(settings)
    now, waits = NOON, []
    for attempt in range(1, settings.REMINDER_ATTEMPTS + 1):
        counts = reminders.tick(now, reach=reachable)
        assert (counts.claimed, only().attempts) == (1, attempt)
        if counts.retried:
            waits.append(only().next_attempt_at - now)
            assert reminders.tick(now + waits[-1] - timedelta(seconds=1), reach=reachable).claimed == 0
            now = only().next_attempt_at
    for number, pause in enumerate(waits):
        whole = timedelta(seconds=settings.REMINDER_RETRY_SECONDS) * 2**number
        assert whole / 2 <= pause <= whole
    assert (only().state, only().outcome, only().lease_token) == (ReminderState.DEAD, "ValueError", None)
    assert Task.objects.filter(kind=TaskKind.CONTACT_PATIENT).count() == 1
    assert reminders.tick(now + timedelta(days=1), reach=reachable) == reminders.Counts()


def test_a_failure_that_mends_itself_is_sent_and_no_task_is_opened(settings: Settings) -> None:
    due(1)
    works = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "tests.refills.gateways.ReachesNobody"
    assert reminders.tick(NOON, reach=reachable).retried == 1
    assert only().outcome == "nobody was reached"
    settings.EMAIL_BACKEND = works
    assert reminders.tick(only().next_attempt_at, reach=reachable).sent == 1
    assert (only().state, only().attempts, only().outcome) == (ReminderState.SENT, 2, "")
    assert not Task.objects.exists()


def test_silence_after_handing_over_is_unknown_and_is_not_sent_again(settings: Settings) -> None:
    due(1)
    settings.EMAIL_BACKEND = "tests.refills.gateways.Silent"
    assert reminders.tick(NOON, reach=reachable).unknown == 1
    assert (only().state, only().outcome) == (ReminderState.UNKNOWN, "silence: TimeoutError")
    assert Task.objects.get().kind == TaskKind.CONTACT_PATIENT
    assert reminders.tick(NOON + timedelta(days=1), reach=reachable) == reminders.Counts()


def test_one_poisoned_row_does_not_stop_the_others() -> None:
    rows = due(5)

    def poisoned(reminder: Reminder) -> Reach:
        if reminder.pk == rows[1].pk:
            raise KeyError("Carla takes sertraline")
        return reachable(reminder)

    counts = reminders.tick(NOON, reach=poisoned)
    assert (counts.sent, counts.retried) == (4, 1)
    rows[1].refresh_from_db()
    assert rows[1].outcome == "KeyError"


def test_when_the_database_is_away_the_tick_says_so_and_no_attempt_is_blamed_on_the_row() -> None:
    due(1)

    def away(_: Reminder) -> Reach:
        raise OperationalError

    with pytest.raises(OperationalError):
        reminders.tick(NOON, reach=away)
    assert (only().state, only().outcome) == (ReminderState.PLANNED, "")


def test_what_is_out_when_the_database_goes_away_is_still_written_down(settings: Settings) -> None:
    rows = due(5)
    gateways.Counts.reset(seconds=0.05)
    settings.EMAIL_BACKEND, settings.REMINDER_THREADS = "tests.refills.gateways.Counts", 4

    def away_for_the_fifth(reminder: Reminder) -> Reach:
        if reminder.pk == rows[4].pk:
            raise OperationalError
        return reachable(reminder)

    with pytest.raises(OperationalError):
        reminders.tick(NOON, reach=away_for_the_fifth)
    assert len(gateways.Counts.taken) == 4
    assert Reminder.objects.filter(state=ReminderState.SENT).count() == 4


def test_a_reminder_is_not_given_up_before_its_task_is_written(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(1)
    settings.EMAIL_BACKEND = "tests.refills.gateways.Silent"
    # A task for nobody, which the database refuses.
    monkeypatch.setattr(kinds, "MAY_HAVE_ARRIVED", replace(kinds.MAY_HAVE_ARRIVED, role=""))
    with pytest.raises(IntegrityError):
        reminders.tick(NOON, reach=reachable)
    assert only().state == ReminderState.PLANNED
    monkeypatch.undo()
    Reminder.objects.update(lease_until=clock.database_now() - timedelta(seconds=1))
    assert reminders.tick(NOON, reach=reachable).unknown == 1
    assert Task.objects.count() == 1


def test_neither_log_nor_row_says_what_the_error_said(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    [row] = due(1)
    fail_from_now_on(settings)
    with caplog.at_level(logging.DEBUG, logger="refills"):
        reminders.tick(NOON, reach=reachable)
    said = caplog.text + only().outcome
    assert f"reminder {row.pk}, attempt 1: ValueError" in said
    for secret in ("sertraline", "carla", "Castillo", "mail.example"):
        assert secret not in said


def test_a_task_says_nothing_about_health_in_its_title() -> None:
    due(1)
    reminders.tick(NOON, reach=lambda _: Reach(None, "en", ZONE, allowed=True))
    task = Task.objects.get()
    for secret in ("sertraline", "Carla", "refill"):
        assert secret not in f"{task.title} {task.detail} {task.key}"


# -- leases ----------------------------------------------------------------------------------------------------------
def test_what_is_leased_is_not_claimed_again_until_the_lease_lapses() -> None:
    due(2)
    first = queue.claim(NOON, 10)
    assert len(first.rows) == 2
    assert queue.claim(NOON, 10).rows == []
    Reminder.objects.update(lease_until=clock.database_now() - timedelta(seconds=1))
    assert len(queue.claim(NOON, 10).rows) == 2
    assert set(Reminder.objects.values_list("attempts", flat=True)) == {2}


def test_a_lease_lasts_by_the_databases_clock_whatever_a_worker_thinks_the_time_is(settings: Settings) -> None:
    due(1)
    for worker in (NOON, NOON + timedelta(hours=1), NOON + timedelta(days=1)):
        queue.claim(worker, 1)
    row = only()
    assert row.attempts == 1
    assert row.lease_until is not None
    left = (row.lease_until - clock.database_now()).total_seconds()
    assert settings.REMINDER_LEASE_SECONDS - 5 < left <= settings.REMINDER_LEASE_SECONDS


def test_once_the_lease_is_lost_nothing_is_settled_or_sent() -> None:
    [row] = due(1)
    slow = queue.claim(NOON, 1)
    Reminder.objects.update(lease_until=clock.database_now() - timedelta(seconds=1))
    quick = queue.claim(NOON, 1)
    assert queue.cross(slow.token, [row.pk]) == set()
    assert queue.settle_sent(slow.token, {row.pk: ""}) == 0
    assert queue.settle_failed(slow.token, slow.rows[0], "late", NOON) is None
    assert queue.settle_for_person(slow.token, slow.rows[0], ReminderState.DEAD, "late") is None
    assert queue.settle_withheld(slow.token, slow.rows[0], "late") == 0
    assert queue.release(slow.token, [row.pk]) == 0
    assert queue.postpone(slow.token, slow.rows[0], NOON) == 0
    assert not Task.objects.exists()
    assert queue.cross(quick.token, [row.pk]) == {row.pk}
    assert queue.settle_sent(quick.token, {row.pk: "m1"}) == 1


def test_with_most_of_the_lease_gone_nothing_more_is_begun(settings: Settings) -> None:
    rows = due(2)
    batch = queue.claim(NOON, 2)
    left = timedelta(seconds=settings.REMINDER_LEASE_SECONDS) * 0.39
    Reminder.objects.filter(pk=rows[0].pk).update(lease_until=clock.database_now() + left)
    assert queue.cross(batch.token, [row.pk for row in rows]) == {rows[1].pk}


def test_a_crash_before_handing_over_is_sent_again_after_the_lease() -> None:
    due(1)
    queue.claim(NOON, 1)
    assert reminders.tick(NOON, reach=reachable) == reminders.Counts()
    Reminder.objects.update(lease_until=clock.database_now() - timedelta(seconds=1))
    assert reminders.tick(NOON, reach=reachable).sent == 1


def test_a_crash_after_handing_over_is_unknown_and_told_to_a_person() -> None:
    [row] = due(1)
    batch = queue.claim(NOON, 1)
    queue.cross(batch.token, [row.pk])
    assert reminders.tick(NOON, reach=reachable) == reminders.Counts()
    Reminder.objects.update(lease_until=clock.database_now() - timedelta(seconds=1))
    assert reminders.tick(NOON, reach=reachable).unknown == 1
    assert (only().state, mail.outbox) == (ReminderState.UNKNOWN, [])
    assert "not known" in Task.objects.get().title


def test_what_may_have_left_the_house_is_never_claimed_again_even_by_itself() -> None:
    [row] = due(1)
    batch = queue.claim(NOON, 1)
    queue.cross(batch.token, [row.pk])
    Reminder.objects.update(lease_until=clock.database_now() - timedelta(seconds=1))
    assert queue.claim(NOON, 1).rows == []


def test_what_the_lease_no_longer_suffices_for_is_given_back_untried(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(4)
    settings.REMINDER_THREADS = 2
    monkeypatch.setattr(reminders, "MOST_BATCHES", 1)
    asked = []

    def slow(reminder: Reminder) -> Reach:
        asked.append(reminder.pk)
        if len(asked) == 3:
            left = clock.database_now() + queue.lease() * 0.3
            Reminder.objects.filter(lease_token__isnull=False).update(lease_until=left)
        return reachable(reminder)

    counts = reminders.tick(NOON, reach=slow)
    assert (counts.sent, counts.released, len(mail.outbox)) == (2, 2, 2)
    left = Reminder.objects.filter(state=ReminderState.PLANNED)
    assert set(left.values_list("attempts", "lease_token", "handed_over_at")) == {(0, None, None)}
    assert reminders.tick(NOON, reach=reachable).sent == 2


def test_a_row_that_kills_every_worker_ends_as_a_task(settings: Settings) -> None:
    due(1)
    for _ in range(settings.REMINDER_ATTEMPTS):
        assert len(queue.claim(NOON, 1).rows) == 1
        Reminder.objects.update(lease_until=clock.database_now() - timedelta(seconds=1))
    assert queue.claim(NOON, 1).rows == []
    assert reminders.tick(NOON, reach=reachable).dead == 1
    assert Task.objects.get().kind == TaskKind.CONTACT_PATIENT


# -- signs of life ---------------------------------------------------------------------------------------------------
def test_the_age_of_the_oldest_due_row_is_known_by_the_databases_clock() -> None:
    assert queue.oldest_due_seconds() == 0.0
    due(2, at=datetime(2200, 1, 1, tzinfo=UTC))
    assert queue.oldest_due_seconds() == 0.0
    row = Reminder.objects.first()
    assert row is not None
    Reminder.objects.filter(pk=row.pk).update(next_attempt_at=clock.database_now() - timedelta(minutes=3))
    assert 180 <= queue.oldest_due_seconds() < 200
    Reminder.objects.filter(pk=row.pk).update(state=ReminderState.SENT, settled_at=NOON)
    assert queue.oldest_due_seconds() == 0.0


def test_the_clock_leaves_a_sign_of_life() -> None:
    assert clock.age_seconds("clock") is None
    clock.beat("clock")
    clock.beat("clock")
    age = clock.age_seconds("clock")
    assert age is not None
    assert 0 <= age < 10


def test_a_tick_that_finds_nothing_due_asks_little(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    now = timezone.now()
    planning.plan(supply(factories.taking(), fills=[Fill(now.date(), 60)]), now)
    with django_assert_num_queries(2):
        reminders.tick(reach=reachable)
