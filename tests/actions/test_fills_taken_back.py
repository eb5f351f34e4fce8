"""A fill that is on record already is asked about, and a wrong one is taken back with everything that followed."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from medmgmt.actions import people, supply
from medmgmt.record.errors import NoSuchPatient, Refused, Unconfirmed
from medmgmt.record.models import AuditEntry, Prescription
from medmgmt.regimen import courses
from medmgmt.supply import adherence, authorisations, run_outs, stock
from refills.models import Dispense, FillVoided, PartialFill, ReminderItem, SupplyState, Task
from tests import factories
from tests.actions import orders

pytestmark = pytest.mark.usefixtures("knowledge")


@pytest.fixture
def taken() -> Prescription:
    """Taken for a long time, and filled twice."""
    made = orders.signed(factories.adler(), "sertraline", on=orders.today() - timedelta(days=90)).prescription
    for days_ago in (60, 30):
        filled(made, days_ago)
    return made


def filled(
    of: Prescription, days_ago: int, *, sure: bool = False, early_reason: str = "", partial: str = ""
) -> Dispense:
    return supply.record_dispense(
        factories.bo(), of.pk, dispensed_on=orders.today() - timedelta(days=days_ago), quantity=Decimal(30),
        unit="{tablet}", days_supply=30, confirm=sure, early_reason=early_reason, partial_reason=partial,
    )  # fmt: skip


def state(of: Prescription) -> date | None:
    """The run-out as SQL has it."""
    run_outs.refresh()
    return SupplyState.objects.get(prescription=of).run_out_on


def test_what_is_asked_leaves_nothing_behind_and_is_taken_once_it_is_meant(taken: Prescription) -> None:
    made = filled(taken, 0)
    with pytest.raises(Unconfirmed, match=r"on record already: 30 tablets on .*, written down by Bo Berg"):
        filled(taken, 0)
    with pytest.raises(Unconfirmed, match="another fill"):
        filled(taken, 1)
    assert Dispense.objects.filter(prescription=taken).count() == 3
    assert filled(taken, 0, sure=True).pk != made.pk


def test_a_fill_taken_back_leaves_no_reminder_of_its_own_day(taken: Prescription) -> None:
    def told_of() -> set[date]:
        waiting = ReminderItem.objects.filter(reminder__state="planned", prescription=taken)
        return {one.day for one in waiting if one.day}

    people.set_contact(factories.bo(), taken.patient_id, channel="email", address="c@x.example", consented=True)
    newest = filled(taken, 0)
    before = told_of()
    assert before
    supply.void_fill(factories.bo(), newest.pk, why="Another patient's.")
    assert told_of() != before


def test_a_fill_taken_back_counts_nowhere_and_stays_in_the_record(taken: Prescription) -> None:
    before = state(taken)
    wrong = filled(taken, 10, early_reason="lost", partial="requested")
    assert state(taken) != before
    supply.void_fill(factories.bo(), wrong.pk, why="  Another patient's.  ")
    assert state(taken) == before == stock.run_out_on(courses.of_prescription(taken, *courses.SUPPLY))
    assert authorisations.early_counts(taken.pk, orders.today()) == []
    assert (PartialFill.objects.count(), FillVoided.objects.get().why) == (1, "Another patient's.")
    assert Dispense.objects.filter(pk=wrong.pk).exists()
    assert AuditEntry.objects.filter(act="void_fill", object_id=str(wrong.pk)).count() == 1


def test_the_same_fill_may_be_written_down_again_once_the_wrong_one_is_taken_back(taken: Prescription) -> None:
    supply.void_fill(factories.bo(), filled(taken, 0).pk, why="Wrong day.")
    filled(taken, 0)


def test_a_fill_is_taken_back_once_with_a_reason_and_by_nobody_outside_its_care(taken: Prescription) -> None:
    wrong = filled(taken, 0)
    for why in ("", "   ", "x" * 2001):
        with pytest.raises(Refused, match="why it is taken back"):
            supply.void_fill(factories.bo(), wrong.pk, why=why)
    with pytest.raises(NoSuchPatient):
        supply.void_fill(factories.dorn(), wrong.pk, why="x")
    supply.void_fill(factories.bo(), wrong.pk, why="x")
    with pytest.raises(Refused, match="already"):
        supply.void_fill(factories.bo(), wrong.pk, why="x")


def test_the_pharmacists_task_about_a_fill_goes_with_it() -> None:
    hypnotic = orders.signed(factories.adler(), "zolpidem", on=orders.today() - timedelta(days=40)).prescription
    wrong = filled(hypnotic, 0)
    assert Task.objects.get(kind="fill_look").state == "open"
    supply.void_fill(factories.bo(), wrong.pk, why="Another patient's.")
    assert Task.objects.get(kind="fill_look").state == "cancelled"


def test_a_count_that_found_the_box_empty_explains_the_next_fill(taken: Prescription) -> None:
    filled(taken, 6)
    supply.count_pills(factories.bo(), taken.pk, counted_on=orders.today(), quantity=Decimal(2), unit="{tablet}")
    filled(taken, 0)


def test_a_count_that_found_the_box_full_explains_nothing(taken: Prescription) -> None:
    filled(taken, 6)
    supply.count_pills(factories.bo(), taken.pk, counted_on=orders.today(), quantity=Decimal(24), unit="{tablet}")
    with pytest.raises(Unconfirmed):
        filled(taken, 0)


def test_adherence_follows_a_fill_that_is_taken_back(taken: Prescription) -> None:
    def days() -> object:
        course = courses.of_prescription(taken, *courses.SUPPLY, courses.REPORTS)
        return adherence.of_patient([course], orders.today(), courses.library.current())

    before = days()
    wrong = filled(taken, 15, sure=True)
    supply.void_fill(factories.bo(), wrong.pk, why="x")
    assert days() == before


def test_another_fill_of_the_same_day_needs_more_of_a_reason_than_other(taken: Prescription) -> None:
    filled(taken, 0)
    with pytest.raises(Unconfirmed):
        filled(taken, 0, early_reason="other")
    assert filled(taken, 0, early_reason="stolen").pk, "that is one"


def test_other_is_a_reason_for_a_fill_of_another_day(taken: Prescription) -> None:
    filled(taken, 3)
    assert filled(taken, 0, early_reason="other").pk
