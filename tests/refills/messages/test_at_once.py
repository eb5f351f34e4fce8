"""Several clocks and people at the same moment, on threads: nothing lost, nothing twice."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.db import connections
from pytest_django import Settings

from refills.clock import database_now
from refills.errors import TaskTaken
from refills.messages import links, planning, reminders
from refills.models import Reminder, ReminderState, Task, TaskKind
from refills.supply.fills import Fill
from refills.worklist import escalation, tasks
from tests import factories
from tests.refills import gateways, people
from tests.refills.people import NOON, due, reachable, supply

ROWS = 200


def at_once(*acts: Callable[[], object]) -> list[object]:
    """Run these at the same moment, each on a thread and a connection of its own; what each gave, or its error."""
    start, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        start.wait()
        try:
            results[number] = act()  # type: ignore[call-overload]
        except Exception as error:
            results[number] = error  # type: ignore[call-overload]
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return list(results)


def states() -> Counter[str]:
    return Counter(Reminder.objects.values_list("state", flat=True))


@pytest.fixture
def counting(settings: Settings) -> type[gateways.Counts]:
    """A gateway that takes everything and counts."""
    settings.EMAIL_BACKEND = "tests.refills.gateways.Counts"
    settings.REMINDER_THREADS = 4
    gateways.Counts.reset(seconds=0.002)
    return gateways.Counts


# -- several at once, PostgreSQL -------------------------------------------------------------------------------------
@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("clocks", [2, 4])
def test_several_clocks_at_once_send_each_reminder_exactly_once(
    clocks: int, counting: type[gateways.Counts], monkeypatch: pytest.MonkeyPatch
) -> None:
    due(ROWS)
    monkeypatch.setattr(reminders, "BATCH", 10)
    ticks = at_once(*[lambda: reminders.tick(NOON, reach=reachable)] * clocks)
    assert all(isinstance(counts, reminders.Counts) for counts in ticks), ticks
    shares = [counts.sent for counts in ticks if isinstance(counts, reminders.Counts)]
    assert sum(shares) == ROWS
    assert min(shares) > 0
    assert len(counting.taken) == ROWS
    assert set(counting.taken.values()) == {1}
    assert states() == {"sent": ROWS}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_clocks_an_hour_apart_send_each_reminder_exactly_once(counting: type[gateways.Counts]) -> None:
    due(ROWS)
    hours = (timedelta(hours=-1), timedelta(), timedelta(hours=1))
    ticks = at_once(*[lambda hour=hour: reminders.tick(NOON + hour, reach=reachable) for hour in hours])
    assert all(isinstance(counts, reminders.Counts) for counts in ticks), ticks
    assert set(counting.taken.values()) == {1}
    assert states() == {"sent": ROWS}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_sender_slower_than_its_lease_settles_nothing_and_a_person_is_told(counting: type[gateways.Counts]) -> None:
    [row] = due(1)
    counting.line.clear()

    def later() -> reminders.Counts:
        while not Reminder.objects.filter(handed_over_at__isnull=False).exists():
            time.sleep(0.01)
        Reminder.objects.update(lease_until=database_now() - timedelta(seconds=1))
        try:
            return reminders.tick(NOON, reach=reachable)
        finally:
            counting.line.set()

    slow, other = at_once(lambda: reminders.tick(NOON, reach=reachable), later)
    assert isinstance(slow, reminders.Counts), slow
    assert isinstance(other, reminders.Counts), other
    assert (slow.sent, slow.lost, other.unknown) == (0, 1, 1)
    row.refresh_from_db()
    assert row.state == ReminderState.UNKNOWN
    assert sum(counting.taken.values()) == 1
    assert Task.objects.filter(kind=TaskKind.CONTACT_PATIENT).count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_the_same_plan_at_once_plans_once() -> None:
    prescription = factories.taking()
    results = at_once(*[lambda: planning.plan(supply(prescription), NOON)] * 4)
    assert results == [None] * 4
    assert states() == {"planned": 4}
    results = at_once(*[lambda: planning.plan(supply(prescription, active=False), NOON)] * 4)
    assert results == [None] * 4
    assert states() == {"cancelled": 4}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_an_answer_that_meets_a_tick_ends_each_reminder_one_way_only(counting: type[gateways.Counts]) -> None:
    rows = due(60)
    orders = [row.prescription_id for row in rows]

    def answer_all() -> None:
        for order in reversed(orders):
            planning.settle_answered(rows[0].patient_id or 0, [("prescription", str(order), NOON.date())])

    _, counts = at_once(answer_all, lambda: reminders.tick(NOON, reach=reachable))
    assert isinstance(counts, reminders.Counts), counts
    ended = states()
    assert set(ended) <= {"sent", "cancelled"}
    assert ended["sent"] == len(counting.taken) == counts.sent
    assert (counts.lost, set(counting.taken.values()) - {1}) == (0, set())


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_plan_that_moves_while_the_clock_ticks_deadlocks_nobody(counting: type[gateways.Counts]) -> None:
    prescriptions = [factories.taking() for _ in range(10)]
    fills = [Fill(date(2026, 10, 29), 30)]
    for prescription in prescriptions:
        planning.plan(supply(prescription, fills), NOON)

    def move(days: int) -> None:
        for prescription in prescriptions:
            planning.plan(supply(prescription, [Fill(date(2026, 10, 22), 30 + days)]), NOON)

    results = at_once(
        *[lambda days=days: move(days) for days in range(3)], *[lambda: reminders.tick(NOON, reach=reachable)] * 3
    )
    assert [result for result in results if isinstance(result, Exception)] == []
    assert set(counting.taken.values()) <= {1}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_one_event_told_by_many_at_once_opens_one_task() -> None:
    def tell() -> int:
        task = tasks.open_task(
            kind=TaskKind.REFILL_REQUEST, key="event|1", role="psychiatrist", due_at=NOON, title="Refill"
        )
        return int(task.pk)

    assert len(set(at_once(*[tell] * 8))) == 1
    assert Task.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_many_who_claim_a_task_at_once_one_has_it() -> None:
    people = [factories.bo(), factories.pia(), factories.adler(), factories.brandt()]
    task = tasks.open_task(kind=TaskKind.OTHER, key="event|1", role="nurse", due_at=NOON, title="Look")
    results = at_once(*[lambda by=by: tasks.claim(task.pk, by.pk, 1) for by in people])
    assert sum(isinstance(result, Task) for result in results) == 1
    assert sum(isinstance(result, TaskTaken) for result in results) == 3


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_clocks_that_escalate_at_once_raise_each_task_once() -> None:
    for number in range(30):
        tasks.open_task(kind=TaskKind.OTHER, key=f"event|{number}", role="nurse", due_at=NOON, title="Look")
    raised = at_once(*[lambda: escalation.escalate(NOON + timedelta(hours=1))] * 4)
    assert sum(int(str(count)) for count in raised) == 30
    assert set(Task.objects.values_list("escalation_level", flat=True)) == {1}


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_patient_who_taps_twice_at_once_answers_once() -> None:
    [row] = due(1)
    token = people.link(row)
    answers = at_once(*[lambda: people.answer(token, "snooze", NOON)] * 6)
    assert {getattr(answer, "answer", answer) for answer in answers} == {"snoozed"}
    assert Reminder.objects.filter(kind="snooze").count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_different_answers_at_once_the_strongest_stays() -> None:
    choices = [links.Choice.SNOOZE, links.Choice.CONFIRM, links.Choice.REQUEST_REFILL]
    for row in due(10):
        token = people.link(row)
        at_once(*[lambda choice=choice, token=token: people.answer(token, choice, NOON) for choice in choices])
        row.refresh_from_db()
        assert row.answer == "refill_requested"
    assert not Reminder.objects.filter(kind="snooze", state="planned").exists()
