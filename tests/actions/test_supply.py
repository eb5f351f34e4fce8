"""From a fill to a reminder to the patient's answer to the prescriber's task."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core import mail
from django.utils import timezone

from medmgmt import chart, tasks
from medmgmt.actions import messages, people, prescribing, supply
from medmgmt.messages import planning
from medmgmt.record.errors import NoSuchPatient, Refused
from medmgmt.record.models import AuditEntry, Prescription
from refills.errors import LinkUnknown
from refills.messages import reminders
from refills.models import Reminder, ReminderItem, Task, TaskKind
from refills.worklist import tasks as worklist_tasks
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
    return reminders.tick(now=due + timedelta(hours=3), reach=planning.reach)


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
    assert messages.answer_link(token, "confirm").answer == "confirmed"
    assert messages.answer_link(token, "confirm").answer == "confirmed"
    assert not Task.objects.filter(kind=TaskKind.REFILL_REQUEST).exists()
    assert messages.answer_link(token, "request_refill").answer == "refill_requested"
    messages.answer_link(token, "request_refill")
    task = Task.objects.get(kind=TaskKind.REFILL_REQUEST)
    assert task.assignee == factories.adler()
    assert "sertraline" not in task.title
    assert AuditEntry.objects.filter(act="answer_reminder", patient=taken.patient).count() == 4
    with pytest.raises(LinkUnknown):
        messages.answer_link(token[:-2] + "xx", "confirm")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_mail")
def test_consent_withdrawn_after_planning_holds_the_message_back(taken: Prescription) -> None:
    fill(taken, days_ago=20)
    taken.patient.contact_points.update(consent_withdrawn_at=timezone.now())
    assert deliver_at_noon().withheld == 1
    assert mail.outbox == []


def test_a_patient_who_takes_consent_back_has_nothing_planned_and_has_it_again_with_a_new_yes(
    taken: Prescription,
) -> None:
    fill(taken, days_ago=20)
    before = planned_for()
    for consented, expected in ((False, set()), (True, before)):
        people.set_contact(
            factories.bo(), taken.patient_id, channel="email", address="carla@mail.example", consented=consented
        )
        assert planned_for() == expected


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("_mail")
def test_a_stopped_medicine_has_no_more_reminders(taken: Prescription) -> None:
    fill(taken, days_ago=20)
    stop = prescribing.propose_change(
        factories.adler(), taken.pk, kind="stop", sig=None, effective_on=orders.today(), reason_code="remission"
    )
    prescribing.sign(factories.adler(), stop.change.pk)
    late = timezone.now() + timedelta(days=30)
    assert reminders.tick(now=late, reach=planning.reach).claimed == 0
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


@pytest.mark.parametrize("many", ["10000.001", "5824205", "9406138", "9999999.999"])
def test_more_units_than_anybody_can_mean_are_refused(taken: Prescription, many: str) -> None:
    today, bo = orders.today(), factories.bo()
    with pytest.raises(Refused, match="slip of the pen"):
        supply.count_pills(bo, taken.pk, counted_on=today, quantity=Decimal(many), unit="{tablet}")
    told = {"dispensed_on": today, "quantity": Decimal(many), "unit": "{tablet}", "days_supply": 30}
    with pytest.raises(Refused, match="slip of the pen"):
        supply.record_dispense(bo, taken.pk, **told)


def test_as_many_units_as_can_be_meant_are_taken_down_and_everything_goes_on(taken: Prescription) -> None:
    supply.count_pills(factories.bo(), taken.pk, counted_on=orders.today(), quantity=Decimal(10_000), unit="{tablet}")
    change(taken, "new_dose", amount="100")
    assert taken.changes.filter(status="signed").count() == 2


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


# -- supply follows the plan ------------------------------------------------------------------------------------------
def tablets(prescription: Prescription, *, days_ago: int, count: int, days: int) -> None:
    supply.record_dispense(
        factories.bo(),
        prescription.pk,
        dispensed_on=orders.today() - timedelta(days=days_ago),
        quantity=Decimal(count),
        unit="{tablet}",
        days_supply=days,
    )


def change(prescription: Prescription, kind: str, *, in_days: int = 0, amount: str | None = None) -> None:
    """A signed change of Carla's course."""
    proposal = prescribing.propose_change(
        factories.adler(),
        prescription.pk,
        kind=kind,
        sig=factories.sig(amount) if amount else None,
        effective_on=orders.today() + timedelta(days=in_days),
        reason_code="titration",
    )
    orders.answer_all(factories.adler(), proposal.change)
    prescribing.sign(factories.adler(), proposal.change.pk)


def runs_out_in(prescription: Prescription) -> int | None:
    """Days from today, as the chart says."""
    [shown] = [one for one in chart.chart(factories.bo(), prescription.patient_id).medications
               if one.prescription == prescription]  # fmt: skip
    return (shown.runs_out_on - orders.today()).days if shown.runs_out_on else None


def planned_for() -> set[int]:
    """Days from today of the run-outs that reminders are planned for."""
    items = ReminderItem.objects.filter(reminder__state="planned", about_type="prescription")
    days = items.values_list("day", flat=True)
    return {(day - orders.today()).days for day in days}


@pytest.fixture
def by_tablet() -> Prescription:
    """Sertraline 50 mg, one tablet of 50 mg a day, for two months."""
    choice = prescribing.DrugChoice(name="sertraline", strength="50 mg")
    return orders.signed(
        factories.adler(), "sertraline", choice=choice, on=orders.today() - timedelta(days=60)
    ).prescription


def test_a_higher_dose_in_the_middle_of_a_fill_brings_the_run_out_forward(by_tablet: Prescription) -> None:
    tablets(by_tablet, days_ago=10, count=40, days=40)
    assert runs_out_in(by_tablet) == 30
    change(by_tablet, "new_dose", amount="100")
    assert runs_out_in(by_tablet) == 15
    assert planned_for() == {15}


def test_without_a_strength_the_stated_days_stand(taken: Prescription) -> None:
    tablets(taken, days_ago=10, count=40, days=40)
    change(taken, "new_dose", amount="100")
    assert runs_out_in(taken) == 30


def test_a_quantity_that_contradicts_the_stated_days_is_not_used(by_tablet: Prescription) -> None:
    tablets(by_tablet, days_ago=10, count=40, days=20)
    assert runs_out_in(by_tablet) == 10


def test_a_planned_stop_before_the_run_out_needs_no_refill(by_tablet: Prescription) -> None:
    tablets(by_tablet, days_ago=0, count=30, days=30)
    assert planned_for() == {30}
    change(by_tablet, "stop", in_days=20)
    assert planned_for() == set()


def test_a_taper_that_is_under_supplied_is_reminded_of(by_tablet: Prescription) -> None:
    tablets(by_tablet, days_ago=0, count=15, days=15)
    change(by_tablet, "new_dose", in_days=10, amount="25")
    change(by_tablet, "stop", in_days=24)
    assert runs_out_in(by_tablet) == 20
    assert planned_for() == {20}


def test_on_hold_nothing_runs_out_and_resuming_counts_what_is_left(by_tablet: Prescription) -> None:
    tablets(by_tablet, days_ago=10, count=30, days=30)
    change(by_tablet, "hold")
    assert runs_out_in(by_tablet) is None
    assert planned_for() == set()
    change(by_tablet, "resume", in_days=5, amount="50")
    assert runs_out_in(by_tablet) == 25
    assert planned_for() == {25}


def test_confirming_a_reminder_cancels_the_later_ones_and_planning_again_does_not_bring_them_back(
    taken: Prescription,
) -> None:
    fill(taken, days_ago=25)
    first = Reminder.objects.filter(state="planned").earliest("due_at")
    messages.answer_link(factories.link(first), "confirm")
    assert planned_for() == set()
    planning.replan(taken.patient, taken)
    assert planned_for() == set()
    fill(taken, days_ago=0)
    assert planned_for() == {35}


def test_who_asked_for_a_refill_is_reminded_of_it_by_nobody_until_something_changes(taken: Prescription) -> None:
    fill(taken, days_ago=25)
    assert planned_for() == {5}
    messages.answer_link(factories.link(Reminder.objects.earliest("due_at")), "request_refill")
    assert planned_for() == set()
    fill(taken, days_ago=0)
    assert planned_for() == {35}


# -- gaps -------------------------------------------------------------------------------------------------------------
def gaps() -> list[Task]:
    return list(Task.objects.filter(key__startswith="gap|", state="open").order_by("id"))


def long_taken(drug: str) -> Prescription:
    return orders.signed(factories.adler(), drug, on=orders.today() - timedelta(days=90)).prescription


@pytest.mark.parametrize(
    ("drug", "days", "priority"),
    [("lithium", 0, 1), ("buprenorphine", 0, 1), ("clozapine", 0, 1), ("olanzapine", 1, 1), ("sertraline", 3, 2)],
)
def test_a_gap_becomes_a_nurses_task_soonest_where_a_relapse_comes_soonest(drug: str, days: int, priority: int) -> None:
    fill(long_taken(drug), days_ago=29)
    for day in range(1, days + 1):
        with time_machine.travel(timezone.now() + timedelta(days=day)):
            tasks.keep_supplies()
        assert gaps() == []
    with time_machine.travel(timezone.now() + timedelta(days=days + 1)):
        tasks.keep_supplies()
    [task] = gaps()
    assert (task.role, task.priority, drug in task.title, drug in task.detail) == ("nurse", priority, False, True)


def test_a_gap_that_is_found_out_late_opens_its_task_at_once_and_is_due_when_it_matters() -> None:
    fill(long_taken("sertraline"), days_ago=31)
    [task] = gaps()
    assert timedelta(days=1, hours=23) < task.due_at - timezone.now() < timedelta(days=2, hours=1)


def test_a_gap_is_one_task_however_often_it_is_looked_for_and_a_fill_closes_it() -> None:
    lithium = long_taken("lithium")
    fill(lithium, days_ago=32)
    for _ in range(3):
        tasks.keep_supplies()
    [task] = gaps()
    fill(lithium, days_ago=0)
    assert gaps() == []
    task.refresh_from_db()
    assert task.state == "cancelled"


def test_the_clock_finds_a_supply_that_ran_out_and_closes_the_task_of_one_that_was_stopped() -> None:
    lithium = long_taken("lithium")
    fill(lithium, days_ago=20)
    assert gaps() == []
    with time_machine.travel(timezone.now() + timedelta(days=11)):
        tasks.keep_supplies()
        assert len(gaps()) == 1
        factories.change(lithium, kind="stop", on=orders.today(), signed_at=timezone.now(), reason_code="remission")
        tasks.keep_supplies()
        assert gaps() == []


def test_a_gap_that_a_nurse_has_dealt_with_is_not_opened_again() -> None:
    fill(long_taken("lithium"), days_ago=32)
    [task] = gaps()
    worklist_tasks.done(task.pk, factories.bo().pk, "Has enough at home.")
    tasks.keep_supplies()
    assert gaps() == []
