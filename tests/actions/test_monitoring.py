"""Monitoring to order from a card: what it asks for, one click once, and what makes the order done."""

import threading
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from interactions import library
from interactions.models import Finding
from medmgmt.actions import monitoring, observing
from medmgmt.monitoring import measures as monitoring_measures
from medmgmt.record import part2
from medmgmt.record.errors import NoSuchPatient, NotAllowed, Refused
from medmgmt.record.models import AuditEntry, MonitoringOrder
from refills.models import Task
from refills.worklist import tasks
from tests import factories, shipped_knowledge
from tests.actions import orders

pytestmark = pytest.mark.django_db


def finding(problem: str = "qt_prolongation", *drugs: str) -> Finding:
    """Carla takes the first drug and is to take the second; the finding of that problem."""
    standing, new = drugs or ("citalopram", "haloperidol")
    factories.taking(standing, None, "20")
    review = orders.start(factories.adler(), new, amount="5").review
    found: Finding = review.findings.filter(problem=problem).first()
    assert found is not None
    return found


def measures(of: Finding) -> dict[str, monitoring_measures.Measure]:
    """What stands on the card, by code."""
    found = monitoring_measures.of_findings(factories.carla(), [of], library.current().formulary.cards, part2.Mask())
    return {one.wanted.code: one for one in found.get(of.pk, [])}


def test_a_card_on_the_qt_interval_asks_for_an_ecg_and_electrolytes_with_loinc_codes_and_a_day(knowledge: None) -> None:
    told = measures(finding())
    assert {code: one.wanted.loinc for code, one in told.items()} == {
        "qtc": "8636-3", "potassium": "2823-3", "magnesium": "19123-9",
    }  # fmt: skip
    assert told["qtc"].due_on == orders.today() + timedelta(days=7)
    assert told["qtc"].wanted.schedule
    assert told["qtc"].wanted.source
    assert (told["qtc"].last, told["qtc"].order) == (None, None)


def test_the_last_result_stands_on_the_card_and_says_whether_it_is_recent(knowledge: None) -> None:
    of = finding()
    seen = timezone.now() - timedelta(days=60)
    observing.record_observation(factories.bo(), factories.carla().pk, code="qtc", observed_at=seen, value=Decimal(442))
    observing.record_observation(
        factories.bo(), factories.carla().pk, code="potassium", observed_at=seen, value=Decimal("4.1")
    )
    told = measures(of)
    assert told["qtc"].last is not None
    assert told["qtc"].last.value == 442
    assert (told["qtc"].is_recent, told["potassium"].is_recent) == (True, False)


def test_a_result_out_of_the_usual_range_is_no_baseline_however_fresh(knowledge: None) -> None:
    of = finding()
    observing.record_observation(
        factories.bo(), factories.carla().pk, code="qtc", observed_at=timezone.now(), value=Decimal(470)
    )
    assert (measures(of)["qtc"].is_recent, measures(of)["qtc"].is_out_of_range) == (False, True)


def test_one_click_orders_it_and_opens_a_task_that_only_the_result_closes(knowledge: None) -> None:
    of = finding()
    made = monitoring.order_monitoring(factories.adler(), of.pk, code="qtc")
    assert made.is_new
    assert (made.order.loinc, made.order.due_on) == ("8636-3", orders.today() + timedelta(days=7))
    task = Task.objects.get(kind="monitoring_order")
    assert (task.role, task.closes_on, task.title) == ("nurse", "observation:qtc", "Monitoring to arrange")
    assert measures(of)["qtc"].order == made.order
    assert AuditEntry.objects.filter(act="order_monitoring").exists()


def test_the_result_closes_the_order(knowledge: None) -> None:
    of = finding()
    monitoring.order_monitoring(factories.adler(), of.pk, code="qtc")
    observing.record_observation(
        factories.bo(), factories.carla().pk, code="qtc", observed_at=timezone.now(), value=Decimal(441)
    )
    assert Task.objects.get(kind="monitoring_order").state == "done"
    assert measures(of)["qtc"].order is None
    assert monitoring.order_monitoring(factories.adler(), of.pk, code="qtc").is_new


def test_ordered_twice_on_this_card_or_another_it_is_one_order(knowledge: None) -> None:
    of = finding()
    first = monitoring.order_monitoring(factories.adler(), of.pk, code="qtc")
    again = monitoring.order_monitoring(factories.brandt(), of.pk, code="qtc")
    other = orders.start(factories.adler(), "methadone", amount="20").review.findings.filter(problem="qt_prolongation")
    third = monitoring.order_monitoring(factories.adler(), other[0].pk, code="qtc")
    assert (again.order, again.is_new) == (third.order, third.is_new) == (first.order, False)
    assert MonitoringOrder.objects.count() == Task.objects.filter(kind="monitoring_order").count() == 1


def test_an_order_for_an_earlier_day_takes_the_place_of_the_one_before(knowledge: None) -> None:
    of = finding()
    later = MonitoringOrder.objects.create(
        patient=factories.carla(), code="qtc", what="ECG", due_on=orders.today() + timedelta(days=60),
        ordered_by=factories.adler(),
    )  # fmt: skip
    assert measures(of)["qtc"].comes_too_late
    made = monitoring.order_monitoring(factories.adler(), of.pk, code="qtc").order
    assert made.replaces == later
    assert measures(of)["qtc"].order == made


def test_what_somebody_gave_up_can_be_ordered_again(knowledge: None) -> None:
    of = finding()
    monitoring.order_monitoring(factories.adler(), of.pk, code="qtc")
    tasks.cancel(Task.objects.get(kind="monitoring_order").pk, factories.bo().pk, "The patient declines.")
    assert measures(of)["qtc"].order is None
    assert monitoring.order_monitoring(factories.adler(), of.pk, code="qtc").is_new


def test_all_of_a_card_is_ordered_at_once_and_again_changes_nothing(knowledge: None) -> None:
    of = finding()
    first = monitoring.order_all(factories.adler(), of.pk)
    again = monitoring.order_all(factories.adler(), of.pk)
    assert {one.order.code for one in first} == {"qtc", "potassium", "magnesium"}
    assert [one.is_new for one in first + again] == [True] * 3 + [False] * 3
    assert Task.objects.filter(kind="monitoring_order").count() == 3


def test_the_drug_decides_which_level_is_asked_for(knowledge: None) -> None:
    told = measures(finding("lithium_level", "lithium", "ibuprofen"))
    assert {"lithium", "creatinine", "sodium"} <= set(told)
    assert told["lithium"].due_on == orders.today() + timedelta(days=5)


@pytest.mark.parametrize(
    ("code", "closed_by"),
    [
        ("qtc", "observation:qtc"),
        ("phq9", "scale:phq9"),
        ("hunter", "scale:hunter"),
        ("visit", "visit"),
        ("inr", "observation:inr"),
        ("moonlight", ""),
    ],
)
def test_each_thing_is_closed_by_what_shows_it_or_in_words_where_the_record_has_no_such_value(
    code: str, closed_by: str
) -> None:
    assert monitoring_measures.closes_on(code) == closed_by


def test_only_what_the_card_asks_for_and_only_by_a_prescriber_who_has_the_patient_in_care(knowledge: None) -> None:
    of = finding()
    with pytest.raises(Refused):
        monitoring.order_monitoring(factories.adler(), of.pk, code="ammonia")
    for who in (factories.bo, factories.pia, factories.carla_user):
        with pytest.raises(NotAllowed):
            monitoring.order_monitoring(who(), of.pk, code="qtc")
    with pytest.raises(NoSuchPatient):
        monitoring.order_monitoring(factories.dorn(), of.pk, code="qtc")
    with pytest.raises(NoSuchPatient):
        monitoring.order_monitoring(factories.adler(), 999_999, code="qtc")


def test_an_order_is_never_edited_and_replaces_only_its_patients_own(knowledge: None) -> None:
    made = monitoring.order_monitoring(factories.adler(), finding().pk, code="qtc").order
    for act in (
        lambda: MonitoringOrder.objects.update(due_on=orders.today()),
        lambda: made.delete(),
        lambda: MonitoringOrder.objects.create(
            patient=factories.patient("X-2"),
            code="qtc",
            what="ECG",
            due_on=orders.today(),
            ordered_by=factories.adler(),
            replaces=made,
        ),
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            act()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_ordered_by_two_people_at_once_it_is_one_order() -> None:
    shipped_knowledge.put_into_use()
    of = finding()
    people = [factories.adler(), factories.brandt()]
    barrier, made = threading.Barrier(2), []

    def run(by: Any) -> None:
        try:
            barrier.wait(10)
            made.append(monitoring.order_monitoring(by, of.pk, code="qtc").order.pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(by,)) for by in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert made == [made[0]] * 2
    assert MonitoringOrder.objects.count() == 1
