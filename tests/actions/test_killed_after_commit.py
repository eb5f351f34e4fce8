"""COMMIT, and killed (-9) before any callback ran: every effect happens all the same, because it is a row."""

import os
import signal
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connections, transaction
from pytest_django import Settings

from medmgmt import tasks
from medmgmt.actions import supply
from medmgmt.messages import planning
from medmgmt.record.models import AuditEntry, User
from refills.messages import reminders
from refills.models import Dispense, Reminder, ReminderItem, SupplyState
from tests import factories
from tests.actions import orders
from tests.refills import gateways

KILLS = 100


def dies() -> None:
    """What a crash between COMMIT and the first callback looks like."""
    os.kill(os.getpid(), signal.SIGKILL)


def dispense_and_die(prescription_id: int, bo_id: int) -> int:
    """In a process of its own; the signal that ended it."""
    child = os.fork()
    if not child:
        try:
            by = User.objects.get(pk=bo_id)
            with transaction.atomic():
                transaction.on_commit(dies)  # asked for first, so it runs before every other
                transaction.on_commit(lambda: os._exit(3))
                supply.record_dispense(
                    by,
                    prescription_id,
                    dispensed_on=orders.today() - timedelta(days=20),
                    quantity=Decimal(30),
                    unit="{tablet}",
                    days_supply=30,
                )
        finally:
            os._exit(1)
    return os.WTERMSIG(os.waitpid(child, 0)[1])


@pytest.mark.servers
@pytest.mark.postgres  # a child process cannot see SQLite's test database, which is in memory
@pytest.mark.django_db(transaction=True)
def test_of_a_hundred_commits_whose_process_died_at_once_every_effect_happens(
    knowledge: None, settings: Settings
) -> None:
    bo = factories.bo()
    patients = [factories.patient(f"K-{number}") for number in range(KILLS)]
    taken = [factories.taking(of=patient) for patient in patients]
    for patient in patients:
        point = {"channel": "email", "address": f"{patient.mrn}@mail.example", "consented_at": factories.LONG_AGO}
        patient.contact_points.create(created_at=factories.LONG_AGO, **point)
    connections.close_all()
    assert [dispense_and_die(one.pk, bo.pk) for one in taken] == [signal.SIGKILL] * KILLS

    ids = {one.pk for one in taken}
    assert set(Dispense.objects.values_list("prescription_id", flat=True)) == ids
    assert set(ReminderItem.objects.values_list("prescription_id", flat=True)) == ids
    told = AuditEntry.objects.filter(act="record_dispense").values_list("patient_id", flat=True)
    assert set(told) == {patient.pk for patient in patients}
    tasks.keep_supplies()
    assert set(SupplyState.objects.values_list("pk", flat=True)) == ids

    settings.EMAIL_BACKEND = "tests.refills.gateways.Counts"
    gateways.Counts.reset()
    due_at = Reminder.objects.filter(state="planned").earliest("due_at").due_at
    counts = reminders.tick(now=due_at + timedelta(hours=2), reach=planning.reach)
    assert counts.sent == len(gateways.Counts.taken) == KILLS
    assert set(gateways.Counts.taken.values()) == {1}
