"""What was written for the pharmacy, and what the rules of its schedule then allow."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from medmgmt import chart, problems
from medmgmt.actions import authorising, observing, prescribing, supply
from medmgmt.record.errors import NoSuchPatient, NotAllowed, Refused
from medmgmt.record.models import AuditEntry, Prescription
from medmgmt.supply import cases
from refills.errors import ClosesOnEvidence, RefillRefused
from refills.models import Authorisation, Dispense, EarlyFill, PartialFill, Task
from refills.supply.controlled import Reason
from refills.worklist import tasks
from tests import factories
from tests.actions import orders

pytestmark = pytest.mark.usefixtures("knowledge")


def ago(days: int) -> date:
    return orders.today() - timedelta(days=days)


def taking(drug: str, **values: object) -> Prescription:
    return orders.signed(factories.adler(), drug, on=ago(90), **values).prescription


def of_50_mg() -> prescribing.DrugChoice:
    return prescribing.DrugChoice(name="sertraline", strength="50 mg")


def written(of: Prescription, *, days_ago: int = 0, days: int = 30, **values: object) -> Authorisation:
    return authorising.authorise(
        values.pop("by", None) or factories.adler(),
        of.pk,
        issued_on=ago(days_ago),
        quantity=Decimal(values.pop("quantity", days)),
        unit="{tablet}",
        days_supply=days,
        **values,
    )


def filled(
    of: Prescription, *, days_ago: int, quantity: int = 30, days: int = 30, reason: str = "", sure: bool = False
) -> Dispense:
    return supply.record_dispense(
        factories.bo(),
        of.pk,
        dispensed_on=ago(days_ago),
        quantity=Decimal(quantity),
        unit="{tablet}",
        days_supply=days,
        early_reason=reason,
        confirm=sure,
    )


def refused(of: Prescription, **values: int) -> RefillRefused:
    before = Dispense.objects.count()
    with pytest.raises(RefillRefused) as said, transaction.atomic():
        filled(of, **values)
    assert Dispense.objects.count() == before
    return said.value


def odd() -> list[Task]:
    return list(Task.objects.filter(key__startswith="fill|", state="open").order_by("id"))


def test_schedule_two_is_never_refilled_and_the_refusal_says_which_rule() -> None:
    stimulant = taking("methylphenidate")
    written(stimulant, days_ago=40)
    filled(stimulant, days_ago=40)
    said = refused(stimulant, days_ago=8)
    assert [one.reason for one in said.refusals] == [Reason.NO_REFILLS]
    assert "a new prescription is needed. (21 CFR 1306.12(a))" in str(said)
    assert problems.describe(said).status == 422
    written(stimulant, days_ago=8)
    filled(stimulant, days_ago=8)


def test_schedule_two_takes_no_refills_and_no_series_beyond_ninety_days() -> None:
    stimulant = taking("methylphenidate")
    with pytest.raises(RefillRefused, match="At most 0 refills"):
        written(stimulant, refills=2)
    written(stimulant)
    with pytest.raises(RefillRefused, match="first day it may be filled"):
        written(stimulant)
    written(stimulant, may_fill_from=orders.today() + timedelta(days=30))
    with pytest.raises(RefillRefused, match="more than 90 days"):
        written(stimulant, days=31, may_fill_from=orders.today() + timedelta(days=60))
    written(stimulant, may_fill_from=orders.today() + timedelta(days=60))


def test_the_next_of_a_series_waits_for_its_first_day() -> None:
    stimulant = taking("methylphenidate")
    written(stimulant, days_ago=31)
    written(stimulant, days_ago=31, may_fill_from=ago(1))
    filled(stimulant, days_ago=31)
    said = refused(stimulant, days_ago=3)
    assert f"not be filled before {ago(1)}" in str(said)
    filled(stimulant, days_ago=1)
    assert [one.reason for one in refused(stimulant, days_ago=0).refusals] == [Reason.NO_REFILLS]


def test_schedule_four_has_five_refills_at_most_and_six_months() -> None:
    hypnotic = taking("zolpidem")
    with pytest.raises(RefillRefused, match="At most 5 refills"):
        written(hypnotic, refills=6)
    written(hypnotic, days_ago=240, refills=5)
    filled(hypnotic, days_ago=240)
    said = refused(hypnotic, days_ago=0)
    assert [one.reason for one in said.refusals] == [Reason.EXPIRED]
    assert "could be filled until" in str(said)


def test_more_than_is_left_of_a_prescription_is_refused_and_the_rest_is_not() -> None:
    hypnotic = taking("zolpidem")
    written(hypnotic, days_ago=20)
    filled(hypnotic, days_ago=20, quantity=20, days=20)
    assert "Only 10 units" in str(refused(hypnotic, days_ago=0))
    filled(hypnotic, days_ago=0, quantity=10, days=10)


def test_without_an_authorisation_on_record_nothing_is_refused() -> None:
    stimulant = taking("methylphenidate")
    for days in (70, 40, 10):
        filled(stimulant, days_ago=days)
    assert odd() == []


def test_only_who_may_sign_authorises_and_only_for_their_patients() -> None:
    hypnotic = taking("zolpidem")
    with pytest.raises(NotAllowed):
        written(hypnotic, by=factories.bo())
    with pytest.raises(NoSuchPatient):
        written(hypnotic, by=factories.dorn())
    for days_ago in (-1, 800):
        with pytest.raises(Refused):
            written(hypnotic, days_ago=days_ago)
    made = written(hypnotic, refills=5)
    assert AuditEntry.objects.filter(act="authorise_refill", object_id=str(made.pk)).exists()


def test_an_early_fill_of_a_controlled_drug_without_a_reason_is_a_pharmacists_task_and_not_refused() -> None:
    hypnotic = taking("zolpidem")
    filled(hypnotic, days_ago=10)
    filled(hypnotic, days_ago=0, sure=True)
    [task] = odd()
    assert (task.role, "zolpidem" in task.title, "16 days before" in task.detail) == ("pharmacist", False, True)


def test_early_fills_with_a_reason_are_counted_and_the_second_is_looked_at() -> None:
    hypnotic = taking("zolpidem")
    written(hypnotic, days_ago=30, refills=5)
    filled(hypnotic, days_ago=20)
    filled(hypnotic, days_ago=6, reason="lost")
    assert (EarlyFill.objects.get().reason, odd()) == ("lost", [])
    filled(hypnotic, days_ago=0, reason="stolen")
    [task] = odd()
    assert "2 early fills since" in task.detail
    assert "2 times lost or stolen since" in task.detail
    with pytest.raises(Refused):
        filled(hypnotic, days_ago=0, reason="because")


def test_a_fill_in_time_counts_as_no_early_fill_whatever_was_said() -> None:
    taken = taking("sertraline")
    filled(taken, days_ago=30)
    filled(taken, days_ago=2, reason="travel")
    assert not EarlyFill.objects.exists()


def test_a_quantity_that_does_not_fit_the_plan_is_looked_at() -> None:
    taken = taking("sertraline", choice=of_50_mg())
    filled(taken, days_ago=0, quantity=60, days=30)
    [task] = odd()
    assert "does not last the 30 days" in task.detail


def test_history_written_down_late_opens_no_task() -> None:
    taken = taking("sertraline", choice=of_50_mg())
    filled(taken, days_ago=40, quantity=60, days=30)
    assert odd() == []


@pytest.mark.parametrize("table", ["refills_authorisation", "refills_earlyfill"])
def test_neither_is_ever_changed_or_deleted(table: str) -> None:
    hypnotic = taking("zolpidem")
    written(hypnotic, days_ago=10, refills=5)
    filled(hypnotic, days_ago=10)
    filled(hypnotic, days_ago=0, reason="travel")
    for statement in (f"UPDATE {table} SET id = 99", f"DELETE FROM {table}"):
        with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic():
            connection.cursor().execute(statement)


def test_a_case_with_a_schedule_two_refill_is_answered_from_the_catalogue_without_being_told_the_schedule() -> None:
    case = {
        "id": "x",
        "as_of": "2025-08-01",
        "proposed": {"action": "refill", "drug": "Ritalin"},
        "refill": {"fill_date": "2025-07-03", "days_supply": 30, "refills_remaining": 1},
    }
    told = cases.refill_answer(case)
    [finding], [card] = told["findings"], told["cards"]
    assert (finding["type"], finding["severity"], finding["drugs"]) == ("refill", "major", ["methylphenidate"])
    assert (finding["card"], card["interruptive"]) == (card["card"], True)
    assert cases.refill_answer({**case, "proposed": {"action": "refill", "drug": "no such drug"}})["findings"] == []


def counted(days_ago: int) -> None:
    observing.record_observation(
        factories.bo(),
        factories.carla().pk,
        code="anc",
        observed_at=timezone.now() - timedelta(days=days_ago),
        value=Decimal("2.4"),
    )


def gate_tasks() -> list[Task]:
    return list(Task.objects.filter(kind="lab_gate", closed_at=None).order_by("id"))


def test_clozapine_without_a_count_is_recorded_and_waits_for_a_prescriber() -> None:
    clozapine = taking("clozapine")
    filled(clozapine, days_ago=5, quantity=7, days=7)
    [task] = gate_tasks()
    assert (task.role, task.closes_on, task.assignee) == ("psychiatrist", "observation:anc", factories.adler())
    assert "neutrophil count: none is on record" in task.detail
    assert "clozapine" not in task.title
    with pytest.raises(ClosesOnEvidence):
        tasks.done(task.pk, by_id=factories.adler().pk, outcome="ok")
    counted(0)
    assert gate_tasks() == []
    filled(clozapine, days_ago=0, quantity=7, days=7)
    assert gate_tasks() == []


def test_a_count_that_is_overdue_is_named_with_its_day() -> None:
    clozapine = taking("clozapine")
    counted(12)
    filled(clozapine, days_ago=0, quantity=7, days=7)
    assert f"was due on {ago(5)}" in gate_tasks()[0].detail


# -- controlled without a prescription on record ----------------------------------------------------------------------
def test_a_controlled_fill_without_any_prescription_is_kept_as_history_and_a_pharmacist_looks() -> None:
    hypnotic = taking("zolpidem")
    filled(hypnotic, days_ago=2)
    [task] = odd()
    assert (task.kind, task.role) == ("fill_look", "pharmacist")
    assert "no prescription for it is on record" in task.detail


def test_what_is_not_controlled_needs_no_prescription_on_record() -> None:
    filled(taking("sertraline"), days_ago=2)
    assert odd() == []


# -- partial fills ----------------------------------------------------------------------------------------------------
def partly(of: Prescription, *, days_ago: int, quantity: int, reason: str, hours: int = 12) -> PartialFill:
    at = datetime.combine(ago(days_ago), time(hours), ZoneInfo("America/New_York"))
    made = supply.record_dispense(
        factories.bo(),
        of.pk,
        dispensed_on=ago(days_ago),
        quantity=Decimal(quantity),
        unit="{tablet}",
        days_supply=quantity,
        partial_reason=reason,
        handed_at=at,
    )
    return made.partial


def test_the_rest_of_a_partial_fill_that_the_patient_asked_for_is_known_with_its_last_day() -> None:
    stimulant = taking("methylphenidate")
    written(stimulant, days_ago=20)
    kept = partly(stimulant, days_ago=20, quantity=10, reason="requested")
    assert kept.remaining == 20
    assert kept.until.astimezone(ZoneInfo("America/New_York")).date() == ago(20) + timedelta(days=30)
    filled(stimulant, days_ago=1, quantity=20, days=20)


def test_a_balance_after_short_stock_comes_within_seventy_two_hours_or_needs_a_new_prescription() -> None:
    stimulant = taking("methylphenidate")
    written(stimulant, days_ago=10)
    kept = partly(stimulant, days_ago=10, quantity=10, reason="short_stock", hours=10)
    assert kept.until == kept.handed_at + timedelta(hours=72)
    said = refused(stimulant, days_ago=0, quantity=20, days=20)
    assert [one.reason for one in said.refusals] == [Reason.BALANCE_LATE]
    assert "21 CFR 1306.13(a)" in str(said)


def test_a_balance_in_time_is_no_new_prescription() -> None:
    stimulant = taking("methylphenidate")
    written(stimulant, days_ago=10)
    partly(stimulant, days_ago=10, quantity=10, reason="short_stock", hours=10)
    filled(stimulant, days_ago=8, quantity=20, days=20)
    assert Dispense.objects.filter(prescription=stimulant).count() == 2


def test_a_partial_fill_for_no_known_reason_or_at_another_days_hour_is_refused() -> None:
    stimulant = taking("methylphenidate")
    with pytest.raises(Refused):
        partly(stimulant, days_ago=3, quantity=10, reason="because")
    with pytest.raises(Refused), transaction.atomic():
        supply.record_dispense(
            factories.bo(),
            stimulant.pk,
            dispensed_on=ago(3),
            quantity=Decimal(10),
            unit="{tablet}",
            days_supply=10,
            partial_reason="requested",
            handed_at=timezone.now(),
        )


# -- what was counted and said ----------------------------------------------------------------------------------------
def test_a_count_at_home_is_what_the_supply_is_counted_from() -> None:
    taken = taking("sertraline", choice=of_50_mg())
    filled(taken, days_ago=20)
    supply.count_pills(factories.bo(), taken.pk, counted_on=orders.today(), quantity=Decimal(14), unit="{tablet}")
    [shown] = [one for one in chart.chart(factories.bo(), taken.patient_id).medications if one.prescription == taken]
    assert shown.runs_out_on == orders.today() + timedelta(days=14)
    assert shown.regularity.missed_doses == 4
    with pytest.raises(Refused):
        supply.count_pills(factories.bo(), taken.pk, counted_on=ago(-1), quantity=Decimal(1), unit="{tablet}")


def test_a_patient_says_how_they_took_it_once_a_day_and_only_of_their_own() -> None:
    taken = taking("sertraline")
    said = supply.report_adherence(factories.carla_user(), taken.pk, answer="missed_some")
    assert supply.report_adherence(factories.carla_user(), taken.pk, answer="missed_some") == said
    assert supply.report_adherence(factories.carla_user(), taken.pk, answer="as_agreed") != said
    with pytest.raises(Refused):
        supply.report_adherence(factories.carla_user(), taken.pk, answer="perhaps")
    with pytest.raises(NoSuchPatient):
        supply.report_adherence(
            factories.carla_user(), factories.prescription(factories.stranger()).pk, answer="as_agreed"
        )
    with pytest.raises(NotAllowed):
        supply.report_adherence(factories.bo(), taken.pk, answer="as_agreed")
