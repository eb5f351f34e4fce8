"""What somebody writes back by text message: heard, done, answered or read by a nurse, and never dropped."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from medmgmt.actions import messages, people, reports, supply
from medmgmt.messages import planning
from medmgmt.record.models import AuditEntry
from refills.messages import reminders
from refills.messages.reports import Report, Said
from refills.models import CaregiverConsent, DemoMessage, Reminder, ReminderState, Task, TaskKind
from tests import factories
from tests.actions import orders

pytestmark = pytest.mark.usefixtures("knowledge")
PHONE, SISTERS = "+14155550100", "+14155550101"
NIGHT = "2026-11-21T03:00-05:00"


@pytest.fixture(autouse=True)
def _phone() -> None:
    people.set_contact(factories.bo(), factories.carla().pk, channel="sms", address=PHONE, consented=True)


def said(text: str, sender: str = PHONE, event: str = "e1") -> None:
    reports.take_report("sms", Report(event, Said.REPLY, sender=sender, text=text))


def sister() -> CaregiverConsent:
    return messages.add_caregiver(
        factories.carla_user(), factories.carla().pk, name="Mara", channel="sms", address=SISTERS, language="es",
        covers=["refills"], starts_on=orders.today(),
    )  # fmt: skip


def calls() -> list[Task]:
    return list(Task.objects.filter(kind=TaskKind.CONTACT_PATIENT).order_by("role"))


def reminded() -> Reminder:
    """A reminder of a supply that has reached Carla by text message."""
    made = factories.taking("sertraline", rxcui=None)
    on = orders.today() - timedelta(days=10)
    supply.record_dispense(
        factories.bo(), made.pk, dispensed_on=on, quantity=Decimal(30), unit="{tablet}", days_supply=30
    )  # fmt: skip
    row = Reminder.objects.filter(state=ReminderState.PLANNED).earliest("due_at")
    now = timezone.now()
    Reminder.objects.filter(pk=row.pk).update(
        state=ReminderState.SENT, channel="sms", settled_at=now, handed_over_at=now
    )  # fmt: skip
    row.refresh_from_db()
    return row


def sent_now() -> list[DemoMessage]:
    reminders.tick(timezone.now(), reach=planning.reach)
    return list(DemoMessage.objects.order_by("id"))


@pytest.mark.django_db(transaction=True)
def test_who_is_in_danger_at_night_is_answered_at_once_and_two_people_are_told() -> None:
    with time_machine.travel(NIGHT, tick=True):
        said("quiero morirme")
        assert [(task.role, task.priority) for task in calls()] == [("nurse", 1), ("psychiatrist", 1)]
        assert all(task.due_at - task.created_at < timedelta(minutes=20) for task in calls())
        assert all("quiero morirme" in task.detail and "morirme" not in task.title for task in calls())
        [told] = sent_now()
    assert told.recipient == PHONE
    assert "911" in told.body
    assert "988" in told.body


@pytest.mark.django_db(transaction=True)
def test_after_a_stop_somebody_in_danger_is_answered_all_the_same() -> None:
    said("STOP")
    said("I took all my pills", event="e2")
    assert [message.recipient for message in sent_now()] == [PHONE]


@pytest.mark.django_db(transaction=True)
def test_a_caregiver_in_alarm_is_answered_in_her_own_language_and_named_to_the_nurse() -> None:
    sister()
    said("he is having a seizure", sender=SISTERS)
    assert all("Mara" in task.detail for task in calls())
    assert [(one.recipient, "Emergencia" in one.body) for one in sent_now()] == [(SISTERS, True)]


@pytest.mark.django_db(transaction=True)
def test_help_is_answered_and_is_nobodys_task() -> None:
    said("HELP")
    [told] = sent_now()
    assert "STOP" in told.body
    assert calls() == []


@pytest.mark.django_db
def test_what_a_caregiver_writes_is_read_and_her_stop_ends_her_own_messages_alone() -> None:
    consent = sister()
    said("is she allowed grapefruit?", sender=SISTERS)
    assert [task.detail for task in calls()] == ["Mara: “is she allowed grapefruit?”"]
    said("no más mensajes", sender=SISTERS, event="e2")
    assert hasattr(CaregiverConsent.objects.get(pk=consent.pk), "withdrawn")
    assert factories.carla().contact_points.get(channel="sms", ended_at=None).reachable


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("need a refill", "refill_requested"),
        ("ya lo recogí", "picked_up"),
        ("not now", "snoozed"),
        ("done", "confirmed"),
    ],
)
def test_an_answer_by_text_is_the_answer_of_the_link(text: str, answer: str) -> None:
    row = reminded()
    for event in ("e1", "e2"):
        said(text, event=event)
    row.refresh_from_db()
    assert row.answer == answer
    assert calls() == []
    assert Task.objects.filter(kind=TaskKind.REFILL_REQUEST).count() == (answer == "refill_requested")


@pytest.mark.django_db
def test_an_answer_from_a_new_number_answers_nothing_that_went_to_the_old_one() -> None:
    row = reminded()
    people.set_contact(factories.bo(), factories.carla().pk, channel="sms", address="+14155550199", consented=True)
    said("done", sender="+14155550199")
    row.refresh_from_db()
    assert row.answer == "none"
    assert [task.detail for task in calls()] == ["“done”"]


@pytest.mark.django_db
def test_an_answer_from_the_number_that_a_reminder_went_to_counts_though_its_consent_was_written_anew_since() -> None:
    row = reminded()
    people.set_contact(factories.bo(), factories.carla().pk, channel="sms", address=PHONE, consented=True)
    said("done")
    row.refresh_from_db()
    assert row.answer == "confirmed"
    assert calls() == []


@pytest.mark.django_db
def test_an_answer_to_no_reminder_is_read_by_a_nurse() -> None:
    said("need a refill")
    assert [task.detail for task in calls()] == ["“need a refill”"]


@pytest.mark.django_db
def test_a_bare_yes_begins_again_only_after_a_stop() -> None:
    said("yes")
    assert len(calls()) == 1
    said("alto", event="e2")
    said("sí", event="e3")
    assert len(calls()) == 1
    assert factories.carla().contact_points.get(channel="sms", ended_at=None).reachable


@pytest.mark.django_db
def test_thanks_are_nobodys_work_and_a_number_that_is_not_ours_is_left_alone() -> None:
    said("Thank you!")
    said("I want to die", sender="+14155550199", event="e2")
    assert calls() == []


@pytest.mark.django_db
def test_the_trail_says_how_it_was_understood_and_never_the_words() -> None:
    said("I want to die")
    entry = AuditEntry.objects.filter(act="reply").latest("id")
    assert entry.detail == {"meant": "else", "red_flags": ["RF002"]}
    assert "die" not in entry.why
