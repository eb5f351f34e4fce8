"""From a fill to a reminder to the patient's answer to the prescriber's task."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core import mail
from django.utils import timezone

from medmgmt import chart, supplies
from medmgmt.actions import people, prescribing, supply
from medmgmt.record.errors import NoSuchPatient, Refused
from medmgmt.record.models import AuditEntry, Prescription
from refills import reminders
from refills.errors import LinkUnknown
from refills.models import Reminder, Task, TaskKind
from tests import factories
from tests.actions import orders

pytestmark = pytest.mark.usefixtures("knowledge")


@pytest.fixture
def taken() -> Prescription:
    """Sertraline, taken for two months."""
    return orders.signed(factories.adler(), "sertraline", on=orders.today() - timedelta(days=60)).prescription


def fill(prescription: Prescription, *, days_ago: int, days: int = 30) -> None:
    supply.record_dispense(
        factories.bo(),
        prescription.pk,
        dispensed_on=orders.today() - timedelta(days=days_ago),
        quantity=Decimal(days),
        unit="{tablet}",
        days_supply=days,
    )


def deliver_at_noon() -> reminders.Counts:
    """One tick at noon of the due day where Carla lives."""
    due = Reminder.objects.filter(state="planned").earliest("due_at").due_at
    return reminders.tick(now=due + timedelta(hours=3), reach=supplies.reach)


def link_in(message: mail.EmailMessage) -> str:
    found = re.search(r"/r/([^/\s]+)/", str(message.body))
    assert found is not None
    return found.group(1)


@pytest.fixture
def _mail(settings: object) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"  # type: ignore[attr-defined]


def test_a_fill_moves_the_run_out_date_and_the_reminders(taken: Prescription) -> None:
    fill(taken, days_ago=20)
    assert set(Reminder.objects.filter(state="planned").values_list("run_out_on", flat=True)) == {
        orders.today() + timedelta(days=10)
    }
    fill(taken, days_ago=0)
    assert set(Reminder.objects.filter(state="planned").values_list("run_out_on", flat=True)) == {
        orders.today() + timedelta(days=40)
    }


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_mail")
def test_the_clock_sends_the_reminder_and_the_patient_answers_with_one_tap(taken: Prescription) -> None:
    fill(taken, days_ago=20)
    assert deliver_at_noon().sent == 1
    message = mail.outbox[0]
    assert message.to == ["carla@mail.example"]
    assert "sertraline" not in f"{message.subject} {message.body}".lower()
    token = link_in(message)
    assert supply.answer_link(token, "confirm").answer == "confirmed"
    assert supply.answer_link(token, "confirm").answer == "confirmed"
    assert not Task.objects.filter(kind=TaskKind.REFILL_REQUEST).exists()
    assert supply.answer_link(token, "request_refill").answer == "refill_requested"
    supply.answer_link(token, "request_refill")
    task = Task.objects.get(kind=TaskKind.REFILL_REQUEST)
    assert task.assignee == factories.adler()
    assert "sertraline" not in task.title
    assert AuditEntry.objects.filter(act="answer_reminder", patient=taken.patient).count() == 4
    with pytest.raises(LinkUnknown):
        supply.answer_link(token[:-2] + "xx", "confirm")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_mail")
def test_consent_withdrawn_after_planning_holds_the_message_back(taken: Prescription) -> None:
    fill(taken, days_ago=20)
    people.set_contact(factories.bo(), taken.patient_id, channel="email", address="carla@mail.example", consented=False)
    assert deliver_at_noon().withheld == 1
    assert mail.outbox == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_mail")
def test_a_stopped_medicine_has_no_more_reminders(taken: Prescription) -> None:
    fill(taken, days_ago=20)
    stop = prescribing.propose_change(
        factories.adler(), taken.pk, kind="stop", sig=None, effective_on=orders.today(), reason_code="remission"
    )
    prescribing.sign(factories.adler(), stop.change.pk)
    late = timezone.now() + timedelta(days=30)
    assert reminders.tick(now=late, reach=supplies.reach).claimed == 0
    assert mail.outbox == []


def test_a_patient_asks_for_a_refill_in_the_portal_once_a_day(taken: Prescription) -> None:
    carla = factories.carla_user()
    first, again = supply.request_refill(carla, taken.pk), supply.request_refill(carla, taken.pk)
    assert first.pk == again.pk
    with pytest.raises(NoSuchPatient):
        supply.request_refill(carla, factories.prescription(factories.stranger()).pk)


def test_a_fill_from_the_future_or_for_no_days_is_refused(taken: Prescription) -> None:
    for wrong in ({"days_ago": -1}, {"days_ago": 0, "days": 0}, {"days_ago": 3000}):
        with pytest.raises(Refused):
            fill(taken, **wrong)


def test_the_portal_shows_what_is_taken_and_when_it_runs_out(taken: Prescription) -> None:
    fill(taken, days_ago=20)
    portal = chart.portal(factories.carla_user())
    assert [(one.prescription.pk, one.runs_out_on) for one in portal.medicines] == [
        (taken.pk, orders.today() + timedelta(days=10))
    ]
    assert portal.next_refills[0][1] is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_mail")
def test_a_patient_without_any_address_becomes_a_task_for_a_person(taken: Prescription) -> None:
    fill(taken, days_ago=20)
    taken.patient.contact_points.all().update(ended_at=timezone.now())
    assert deliver_at_noon().sent == 0
    assert Task.objects.filter(kind=TaskKind.CONTACT_PATIENT, patient=taken.patient).exists()


def test_a_medicine_taken_only_as_needed_has_no_reminders() -> None:
    now_and_then = factories.sig("25", timing="PRN", as_needed=True, max_per_day=Decimal(75))
    orders.signed(factories.adler(), "hydroxyzine", sig=now_and_then, first_supply_days=10)
    assert not Reminder.objects.exists()
