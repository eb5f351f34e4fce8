"""The numbers of delivery: the same for Prometheus, /readyz and the page, and nobody is named in them."""

from datetime import timedelta

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from medmgmt.messages import reads
from medmgmt.record.errors import NotAllowed
from refills import clock
from refills.clock import database_now
from refills.messages import figures, queue
from refills.models import Reminder, TaskKind
from refills.worklist import tasks
from tests import factories
from tests.refills.people import due

pytestmark = pytest.mark.django_db


def numbers(text: str) -> dict[str, float]:
    """What Prometheus would read."""
    lines = [line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, value in lines}


def some_of_everything() -> None:
    """Two late, one of them claimed; one due; one sent, one given up, one of which nothing is known."""
    now = database_now()
    rows = due(6, at=now)
    Reminder.objects.filter(pk__in=[row.pk for row in rows[:2]]).update(next_attempt_at=now - timedelta(minutes=5))
    Reminder.objects.filter(pk=rows[2].pk).update(next_attempt_at=now - timedelta(seconds=10))
    for row, state in zip(rows[3:], ("sent", "dead", "unknown"), strict=True):
        Reminder.objects.filter(pk=row.pk).update(state=state, settled_at=now, due_at=now - timedelta(seconds=30))
    queue.claim(now, 1)
    clock.beat("deliver")


def test_metrics_say_what_is_due_claimed_sent_failed_unknown_and_how_late(client: Client) -> None:
    some_of_everything()
    found = numbers(client.get("/metrics").content.decode())
    told = {name: found[f"medmgmt_messages_{name}"] for name in ("due", "claimed", "late", "sent", "failed", "unknown")}
    assert told == {"due": 3, "claimed": 1, "late": 2, "sent": 1, "failed": 1, "unknown": 1}
    assert 300 <= found["medmgmt_delivery_oldest_due_seconds"] < 3_000
    assert 29 <= found["medmgmt_delivery_lag_seconds"] < 60
    assert found['medmgmt_clock_age_seconds{part="deliver"}'] < 3_000
    assert {"medmgmt_tasks_open", "medmgmt_tasks_late", "medmgmt_messages_held"} <= set(found)


def test_metrics_ask_the_database_as_often_for_many_messages_as_for_none(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(10):
        client.get("/metrics")
    some_of_everything()
    with django_assert_num_queries(10):
        client.get("/metrics")


def test_metrics_are_for_this_machine_or_for_whoever_has_the_token(client: Client, settings: Settings) -> None:
    assert client.get("/metrics").status_code == 200
    assert client.get("/metrics", REMOTE_ADDR="10.0.0.9").status_code == 403
    assert client.get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}).status_code == 403
    settings.METRICS_TOKEN = "a-token-of-the-site"
    assert client.get("/metrics").status_code == 403
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}).status_code == 403
    right = {"Authorization": "Bearer a-token-of-the-site"}
    assert client.get("/metrics", headers=right, REMOTE_ADDR="10.0.0.9").status_code == 200


def test_metrics_and_the_page_name_nobody(client: Client) -> None:
    some_of_everything()
    client.force_login(factories.admin())
    said = client.get("/metrics").content.decode() + client.get("/delivery/").content.decode()
    for secret in ("Carla", "Castillo", "sertraline", "mail.example", "C-1001"):
        assert secret not in said


def test_a_message_two_minutes_late_shows_on_readyz_on_the_page_and_in_the_metrics(client: Client) -> None:
    clock.beat("deliver")
    assert client.get("/readyz").json()["on_time"] is True
    [row] = due(1, at=database_now())
    Reminder.objects.filter(pk=row.pk).update(next_attempt_at=database_now() - figures.LATE - timedelta(seconds=5))
    assert client.get("/readyz").status_code == 503
    assert numbers(client.get("/metrics").content.decode())["medmgmt_messages_late"] == 1
    client.force_login(factories.admin())
    page = client.get("/delivery/").content.decode()
    assert "should have left more than two minutes ago" in page
    assert "Nobody has taken it up" in page


def test_the_page_says_why_each_message_is_late() -> None:
    rows = due(3, at=database_now())
    Reminder.objects.update(next_attempt_at=database_now() - timedelta(minutes=5))
    queue.claim(database_now(), 1)
    Reminder.objects.filter(pk=rows[1].pk).update(outcome="answer 503", attempts=1)
    why = {row.pk: row.why for row in figures.late_rows()}
    assert "A worker has it" in why[rows[0].pk]
    assert "answer 503" in why[rows[1].pk]
    assert "the clock is down" in why[rows[2].pk]


def test_delivery_is_for_whoever_runs_the_service_alone() -> None:
    assert reads.delivery_report(factories.admin()).figures.due == 0
    for stranger in (factories.bo(), factories.adler(), factories.carla_user()):
        with pytest.raises(NotAllowed):
            reads.delivery_report(stranger)


def test_the_age_of_the_oldest_is_the_same_everywhere() -> None:
    due(1, at=database_now())
    Reminder.objects.update(next_attempt_at=database_now() - timedelta(minutes=4))
    assert abs(figures.now().oldest_seconds - queue.oldest_due_seconds()) < 200


def test_the_tasks_that_are_late_are_counted_and_no_others() -> None:
    now = database_now()
    for key, due_at in (("late", -timedelta(hours=1)), ("soon", timedelta(hours=1)), ("later", timedelta(days=1))):
        tasks.open_task(kind=TaskKind.OTHER, key=key, title="Look", role="nurse", due_at=now + due_at)
    found = figures.now()
    assert (found.tasks_open, found.tasks_late) == (3, 1)
