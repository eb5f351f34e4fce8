"""Each line of the timetable does its part: what falls due happens because the clock came, and for no other reason."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
import redis
import time_machine
from celery.signals import before_task_publish
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from interactions import library
from interactions.engine import cases
from interactions.models import CurrentDrug, LocalChange, RescreenRun
from medmgmt import celery, tasks
from medmgmt.actions import authorising, people, supply, worklist
from medmgmt.actions import knowledge as actions_knowledge
from medmgmt.record.models import IdempotencyRecord, Patient, Prescription
from refills import clock
from refills.models import Reminder, ReminderKind, SupplyState, Task
from refills.worklist.tasks import open_task
from tests import factories
from tests.actions import orders

WEDNESDAY = datetime(2026, 11, 18, 15, 0, tzinfo=UTC)
AT_LEAST_EVERY = {
    "deliver_reminders": timedelta(seconds=5),
    "escalate_tasks": timedelta(minutes=1),
    "plan_digests": timedelta(minutes=30),
    "plan_supply": timedelta(minutes=30),
    "rescreen": timedelta(seconds=10),
    "lay_out_medicines": timedelta(hours=2),
    "clear_out": timedelta(days=1),
}


@pytest.fixture
def knowledge(db: None) -> None:
    """The shipped release, active."""
    call_command("load_knowledge", stdout=StringIO())


def supplied(days_ago: int) -> Prescription:
    """Thirty days of Carla's sertraline, handed out so many days ago."""
    taken = factories.taking()
    supply.record_dispense(
        factories.bo(), taken.pk, dispensed_on=orders.today() - timedelta(days=days_ago), quantity=Decimal(30),
        unit="{tablet}", days_supply=30,
    )  # fmt: skip
    return taken


def new_rule() -> LocalChange:
    """Pia wants lamotrigine with metformin to be major; Dr Adler agrees."""
    wanted = actions_knowledge.Wanted(
        a="lamotrigine", b="metformin", adds_rule=True, severity="major", reason="Two cases here.",
        cases=["lamotrigine 200 mg + metformin => major", "lamotrigine + lisinopril => none"],
    )  # fmt: skip
    change = actions_knowledge.propose(factories.pia(), wanted)
    actions_knowledge.approve(factories.adler(), change.pk)
    return change


# -- the timetable ----------------------------------------------------------------------------------------------------


def test_every_task_is_on_the_timetable_often_enough_and_lapses_when_it_waited_too_long() -> None:
    lines = {line["task"].rpartition(".")[2]: line for line in celery.app.conf.beat_schedule.values()}
    assert set(lines) == set(AT_LEAST_EVERY)
    for name, line in lines.items():
        assert line["task"] == getattr(tasks, name).name
        assert timedelta(seconds=1) <= line["schedule"] <= AT_LEAST_EVERY[name]
        assert timedelta(seconds=line["options"]["expires"]) >= min(line["schedule"], timedelta(minutes=10))


# -- what each line does ----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("knowledge")
def test_the_clock_sends_what_is_due_and_says_that_it_is_alive() -> None:
    ahead = 12 - timezone.now().hour
    Patient.objects.filter(pk=factories.carla().pk).update(time_zone=f"Etc/GMT{-ahead:+d}")
    supplied(days_ago=10)
    just_now = timezone.now() - timedelta(seconds=5)
    Reminder.objects.update(due_at=just_now, next_attempt_at=just_now)
    assert clock.age_seconds("deliver") is None
    tasks.deliver_reminders()
    assert clock.age_seconds("deliver") is not None
    assert not Reminder.objects.filter(state="planned", due_at__lte=timezone.now()).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("knowledge")
def test_the_clock_tries_the_next_channel_for_what_did_not_arrive() -> None:
    people.set_contact(factories.bo(), factories.carla().pk, channel="sms", address="+1 415 555 0100", consented=True)
    supplied(days_ago=10)
    lost = Reminder.objects.order_by("due_at")[0]
    Reminder.objects.filter(pk=lost.pk).update(state="dead", settled_at=timezone.now(), outcome="answer 500")
    tasks.deliver_reminders()
    assert Reminder.objects.get(fallback_of=lost).channel == "sms"


@pytest.mark.django_db
def test_the_clock_raises_what_is_late_and_hands_on_the_tasks_of_somebody_who_is_away() -> None:
    bo, adler = factories.bo(), factories.adler()
    values = {"kind": "other", "title": "Look", "patient_id": factories.carla().pk}
    with time_machine.travel(WEDNESDAY, tick=False):
        worklist.tell_absence(adler, user_id=adler.pk, since=WEDNESDAY, until=WEDNESDAY + timedelta(days=9))
        hers = open_task(key="hers", assignee_id=adler.pk, role="psychiatrist", **values)
        late = open_task(key="late", assignee_id=bo.pk, role="nurse", due_at=WEDNESDAY, **values)
    Task.objects.filter(pk=late.pk).update(escalate_at=WEDNESDAY)
    with time_machine.travel(WEDNESDAY + timedelta(days=1), tick=False):
        tasks.escalate_tasks()
    hers.refresh_from_db(), late.refresh_from_db()
    assert late.escalation_level == 1
    assert hers.waits != ""


@pytest.mark.django_db
def test_the_clock_plans_the_morning_notice() -> None:
    bo = factories.bo()
    open_task(key="t", kind="other", title="Look", role="nurse", patient_id=factories.carla().pk)
    with time_machine.travel(datetime(2026, 11, 18, 13, 5, tzinfo=UTC), tick=False):
        tasks.plan_digests()
    assert Reminder.objects.get(kind=ReminderKind.DIGEST).recipient == bo


@pytest.mark.django_db
@pytest.mark.usefixtures("knowledge")
def test_the_clock_computes_run_outs_and_asks_a_prescriber_to_renew_what_has_no_fill_left() -> None:
    taken = supplied(days_ago=25)
    authorising.authorise(
        factories.adler(), taken.pk, quantity=Decimal(30), unit="{tablet}", days_supply=30,
        issued_on=orders.today() - timedelta(days=26),
    )  # fmt: skip
    tasks.plan_supply()
    assert SupplyState.objects.get(prescription=taken).run_out_on == orders.today() + timedelta(days=5)
    assert Task.objects.get(kind="renewal", source_id=str(taken.pk)).role == "psychiatrist"


def found() -> list[object]:
    """What the knowledge in use says of the two."""
    case = {"id": "1", "as_of": "2026-11-21", "current_meds": [{"drug": "lamotrigine"}, {"drug": "metformin"}]}
    return list(cases.review(case, library.current())["findings"])


@pytest.mark.django_db
@pytest.mark.usefixtures("knowledge")
def test_the_clock_ends_a_local_rule_after_its_last_day() -> None:
    change = new_rule()
    assert found()
    today = timezone.localdate()
    days = {"valid_from": today - timedelta(days=9), "valid_until": today - timedelta(days=1)}
    LocalChange.objects.filter(pk=change.pk).update(**days)
    tasks.lay_out_medicines()
    assert found() == []


@pytest.mark.django_db
def test_the_clock_finds_a_prescription_that_was_signed_without_telling_the_knowledge() -> None:
    taken = factories.taking()
    assert not CurrentDrug.objects.exists()
    tasks.lay_out_medicines()
    assert CurrentDrug.objects.get().prescription == taken


@pytest.mark.django_db
@pytest.mark.usefixtures("knowledge")
def test_the_clock_looks_again_and_without_a_broker_rings_no_bell() -> None:
    rung: list[str] = []

    def ring(sender: str, **_sent: object) -> None:
        rung.append(sender)

    for drug in ("lamotrigine", "metformin"):
        factories.taking(drug, None)
    tasks.lay_out_medicines()
    new_rule()
    before_task_publish.connect(ring)
    try:
        for _ in range(5):
            tasks.rescreen()
    finally:
        before_task_publish.disconnect(ring)
    assert set(RescreenRun.objects.values_list("state", flat=True)) == {"done"}
    assert RescreenRun.objects.filter(screened=1).exists()
    assert rung == []


@pytest.mark.django_db
def test_the_clock_forgets_the_answers_of_last_week_and_keeps_those_of_this_one() -> None:
    now = timezone.now()
    for key, age in (
        ("new", timedelta()),
        ("week", timedelta(days=6, hours=23)),
        ("old", timedelta(days=7, minutes=1)),
    ):
        IdempotencyRecord.objects.create(
            user=factories.bo(), key=key, method="POST", path="/", fingerprint="f", status=201, created_at=now - age
        )
    tasks.clear_out()
    assert set(IdempotencyRecord.objects.values_list("key", flat=True)) == {"new", "week"}


@pytest.mark.django_db
def test_the_clock_forgets_ended_sessions_and_no_others() -> None:
    for by in (factories.bo(), factories.adler()):
        Client().force_login(by, backend="django.contrib.auth.backends.ModelBackend")
    ended = Session.objects.all()[0]
    Session.objects.filter(pk=ended.pk).update(expire_date=timezone.now() - timedelta(seconds=1))
    tasks.clear_out()
    assert Session.objects.count() == 1
    assert not Session.objects.filter(pk=ended.pk).exists()


# -- the broker -------------------------------------------------------------------------------------------------------


def test_a_redis_that_is_away_is_waited_for(settings: object) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"  # type: ignore[attr-defined]
    with pytest.raises(celery.Silent, match="no Redis answers"):
        celery.require_fit()
    celery.refuse_unfit_redis()


@pytest.mark.redis
def test_a_redis_that_hides_its_configuration_is_believed(settings: object, redis_url: str) -> None:
    settings.REDIS_URL = redis_url  # type: ignore[attr-defined]
    celery.require_fit()
    asked = redis.Redis.from_url(redis_url)
    asked.acl_setuser("rented", enabled=True, passwords=["+word"], commands=["+@all", "-config"], keys=["*"])
    settings.REDIS_URL = redis_url.replace("redis://", "redis://rented:word@")  # type: ignore[attr-defined]
    try:
        celery.require_fit()
    finally:
        asked.acl_deluser("rented")
