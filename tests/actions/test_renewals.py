"""Renewals: all that matters on one screen, one signature for the uncontroversial, a reason for all others."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from medmgmt import chart
from medmgmt.actions import authorising, renewals, side_effects, supply
from medmgmt.record.errors import NoSuchPatient, NotAllowed, Refused, Unconfirmed
from medmgmt.record.models import Patient, Prescription
from medmgmt.supply import reads, renewal_tasks, run_outs
from medmgmt.supply.renewals import Renewal
from refills.errors import RefillRefused
from refills.models import Authorisation, ReminderItem, RenewalDecision, Task
from tests import factories
from tests.actions import orders

pytestmark = pytest.mark.usefixtures("knowledge")


def ago(days: int) -> date:
    return orders.today() - timedelta(days=days)


def taking(drug: str, **values: object) -> Prescription:
    return orders.signed(factories.adler(), drug, on=ago(170), **values).prescription


def fill(of: Prescription, *, days_ago: int, days: int = 30) -> None:
    supply.record_dispense(
        factories.bo(), of.pk, dispensed_on=ago(days_ago), quantity=Decimal(days), unit="{tablet}", days_supply=days
    )


def regular(of: Prescription) -> Prescription:
    """Five fills of thirty days, the last nearly used up."""
    for days_ago in (145, 115, 85, 55, 25):
        fill(of, days_ago=days_ago)
    return of


@pytest.fixture
def plain() -> Prescription:
    """Bupropion, taken as it should be: a medicine that nothing stands in the way of, and asked for."""
    taken = regular(taking("bupropion"))
    supply.request_refill(factories.carla_user(), taken.pk)
    return taken


def queued() -> reads.Queue:
    return reads.queue(factories.adler())


def codes(of: Prescription) -> set[str]:
    return {one.code for one in reads.renewal(factories.adler(), of.pk).obstacles}


def renew(of: Prescription, **values: Any) -> RenewalDecision:
    wanted = {"quantity": Decimal(30), "unit": "{tablet}", "days_supply": 30, "refills": 0, **values}
    return renewals.renew(wanted.pop("by", None) or factories.adler(), of.pk, **wanted)


def test_a_request_of_one_who_takes_it_regularly_may_be_signed_with_others(plain: Prescription) -> None:
    [one] = queued().plain
    assert (one.prescription, one.obstacles, queued().others) == (plain, (), ())
    assert Decimal(one.adherence.percent) == 100
    assert (one.proposed.quantity, one.proposed.unit, one.proposed.days_supply) == (30, "{tablet}", 30)
    assert one.asked_on is not None


def test_one_signature_writes_closes_the_request_and_tells_the_patient(plain: Prescription) -> None:
    task = Task.objects.get(kind="refill_request")
    batch = renewals.renew_batch(factories.adler(), [plain.pk])
    [decision] = batch.renewed
    assert (decision.in_batch, decision.authorisation.quantity, batch.left) == (True, 30, ())
    task.refresh_from_db()
    assert (task.state, task.closed_by) == ("done", factories.adler())
    assert queued().plain == ()
    shown = chart.portal(factories.carla_user()).asked[plain.pk]
    assert (shown.is_waiting, shown.decision) == (False, decision)


def test_what_is_no_longer_plain_when_it_is_signed_is_left_and_named(plain: Prescription) -> None:
    side_effects.log_side_effect(
        factories.bo(), factories.carla().pk, term="seizure", severity="severe", began_on=ago(1)
    )
    batch = renewals.renew_batch(factories.adler(), [plain.pk])
    assert (batch.renewed, [one.prescription for one in batch.left]) == ((), [plain])
    assert not Authorisation.objects.exists()


def test_a_batch_of_nothing_of_too_many_or_of_a_strangers_is_refused_whole(plain: Prescription) -> None:
    foreign = factories.prescription(factories.stranger())
    for ids in ([], list(range(1, 60))):
        with pytest.raises(Refused):
            renewals.renew_batch(factories.adler(), ids)
    with pytest.raises(NoSuchPatient), transaction.atomic():
        renewals.renew_batch(factories.adler(), [plain.pk, foreign.pk])
    with pytest.raises(NotAllowed):
        renewals.renew_batch(factories.bo(), [plain.pk])
    assert not RenewalDecision.objects.exists()


def severe(of: Prescription) -> None:
    side_effects.log_side_effect(factories.bo(), factories.carla().pk, term="rash", severity="severe", began_on=ago(2))


def limited(of: Prescription) -> None:
    authorising.limit_supply(
        factories.adler(), factories.carla().pk, prescription_id=of.pk, most_days=7, until=ago(-20), why="Risk."
    )


def left_over(of: Prescription) -> None:
    authorising.authorise(factories.adler(), of.pk, quantity=Decimal(30), unit="{tablet}", days_supply=30, refills=2)


def missed(of: Prescription) -> None:
    supply.report_adherence(factories.carla_user(), of.pk, answer="missed_some")


@pytest.mark.parametrize(
    ("make", "code"),
    [(severe, "side_effect"), (limited, "limited"), (left_over, "left"), (missed, "self_report")],
)
def test_each_reason_for_a_look_is_named(plain: Prescription, make: Any, code: str) -> None:
    make(plain)
    assert code in codes(plain)
    [one] = queued().others
    assert next(each.words for each in one.obstacles if each.code == code)


def test_a_controlled_drug_is_never_signed_with_others() -> None:
    assert "controlled" in codes(regular(taking("zolpidem")))


def test_too_little_taken_or_too_little_known_needs_a_look() -> None:
    irregular = taking("bupropion")
    for days_ago in (150, 90, 25):
        fill(irregular, days_ago=days_ago)
    assert "adherence" in codes(irregular)
    assert "adherence_unknown" in codes(taking("mirtazapine"))


def test_an_overdue_lab_and_a_lab_gate_need_a_look() -> None:
    lithium = regular(taking("lithium"))
    shown = reads.renewal(factories.adler(), lithium.pk)
    assert {"labs", "lab_gate", "rules"} <= {one.code for one in shown.obstacles}
    assert any("Lithium level" in one.parameter for one in shown.overdue_labs)


def test_a_major_finding_that_nobody_answered_needs_words_to_renew() -> None:
    taken = regular(taking("sertraline"))
    factories.taking("tramadol", 10689, on=ago(5))
    assert "finding" in codes(taken)
    with pytest.raises(Refused, match="major finding without an answer"):
        renew(taken)
    made = renew(taken, why="Discussed; tramadol ends on Friday.")
    assert made.answer == "renewed"


def test_a_renewal_keeps_the_review_it_was_decided_on(plain: Prescription) -> None:
    before = chart.reviews.latest_of_patient(factories.carla().pk)
    renew(plain, note="See you on Monday.")
    after = chart.reviews.latest_of_patient(factories.carla().pk)
    assert after != before
    assert after.by == factories.adler()


def test_a_renewal_breaks_no_rule() -> None:
    stimulant = taking("methylphenidate")
    with pytest.raises(RefillRefused, match="At most 0 refills"):
        renew(stimulant, refills=2)
    assert not RenewalDecision.objects.exists()


def test_no_is_said_with_a_reason_that_the_patient_sees_and_that_names_nothing(plain: Prescription) -> None:
    for wrong in ({"answer": "renewed", "reason": "call_us"}, {"answer": "denied", "reason": ""}):
        with pytest.raises(Refused):
            renewals.decline(factories.adler(), plain.pk, **wrong)
    with pytest.raises(NotAllowed):
        renewals.decline(factories.bo(), plain.pk, answer="denied", reason="visit_needed")
    made = renewals.decline(factories.adler(), plain.pk, answer="denied", reason="visit_needed", note="Tuesday at ten?")
    assert made.get_reason_display() == "We need to see you first."
    assert not Task.objects.filter(kind="refill_request", closed_at=None).exists()
    assert chart.portal(factories.carla_user()).asked[plain.pk].decision == made


def test_asking_again_before_an_answer_is_asking_once_and_after_it_is_a_new_request(plain: Prescription) -> None:
    first = supply.request_refill(factories.carla_user(), plain.pk)
    renewals.decline(factories.adler(), plain.pk, answer="denied", reason="too_early")
    assert Task.objects.filter(kind="refill_request").count() == 1
    again = supply.request_refill(factories.carla_user(), plain.pk)
    assert again.pk != first.pk
    assert again.closed_at is None


def test_a_proposal_is_shorter_where_a_limit_or_a_lab_asks_for_it(plain: Prescription) -> None:
    limited(plain)
    one = reads.renewal(factories.adler(), plain.pk)
    assert (one.proposed.days_supply, one.proposed.quantity, one.verdict) == (7, 7, [])


def test_a_renewal_is_read_by_staff_of_the_patient_alone(plain: Prescription) -> None:
    for who in (factories.bo(), factories.pia()):
        assert reads.renewal(who, plain.pk).prescription == plain
    with pytest.raises(NoSuchPatient):
        reads.renewal(factories.dorn(), plain.pk)
    assert reads.queue(factories.dorn()).plain == ()


def another(number: int) -> Patient:
    return factories.patient(f"R-{number}")


def test_the_queue_costs_the_same_number_of_queries_however_long_it_is(plain: Prescription) -> None:
    def cost() -> int:
        queued()
        with CaptureQueriesContext(connection) as seen:
            queued()
        return len(seen)

    one = cost()
    for number in range(6):
        taken = factories.taking("bupropion", 42347, of=another(number), on=ago(100))
        side_effects.log_side_effect(
            factories.bo(), taken.patient_id, term="dry mouth", severity="mild", began_on=ago(2)
        )
        supply.open_refill_task(taken.patient, taken, key=f"r{number}")
    assert len(queued().others) == 6
    assert cost() <= one
    assert one <= 30


def test_a_decision_is_never_changed_or_deleted(plain: Prescription) -> None:
    renew(plain)
    for statement in ("UPDATE refills_renewaldecision SET note = 'x'", "DELETE FROM refills_renewaldecision"):
        with pytest.raises(DatabaseError, match="never changed or deleted"), transaction.atomic():
            connection.cursor().execute(statement)


def test_adherence_is_told_per_medicine_and_class_as_pqa_has_it() -> None:
    first = regular(taking("bupropion"))
    prn = orders.signed(
        factories.adler(),
        "hydroxyzine",
        on=ago(100),
        sig=factories.sig("25", timing="PRN", as_needed=True, max_per_day=Decimal(75)),
    ).prescription
    _patient, told = reads.adherence_of(factories.bo(), factories.carla().pk)
    one = told.of(first.pk)
    assert (one.pdc.days, one.pdc.of, one.pdc.percent, one.is_low) == (146, 146, Decimal("100.0"), False)
    assert one.mpr.percent == 100
    assert "Covered on 146 of 146 days (100.0 %), adherent." in one.sentence
    assert "as needed" in told.of(prn.pk).why_not
    assert [(each.name, each.drugs) for each in told.classes] == [("antidepressants", ("bupropion",))]
    mine = reads.adherence_of(factories.carla_user(), factories.carla().pk)[1]
    assert mine.of(first.pk).percent == "100.0"


def test_injections_are_told_by_how_many_were_on_time() -> None:
    monthly = factories.sig("156", timing="every_n_days", every_days=30, route="IM")
    injected = taking("paliperidone palmitate monthly", sig=monthly)
    for days_ago in (130, 100, 70, 25):
        supply.record_dispense(
            factories.bo(),
            injected.pk,
            dispensed_on=ago(days_ago),
            quantity=Decimal(1),
            unit="{injection}",
            days_supply=30,
        )
    _patient, told = reads.adherence_of(factories.bo(), factories.carla().pk)
    assert told.of(injected.pk).injections == (2, 3)
    assert "2 of 3 injections on time." in told.of(injected.pk).sentence


def test_the_renewal_screen_and_the_queue_say_the_same(plain: Prescription) -> None:
    one: Renewal = reads.renewal(factories.adler(), plain.pk)
    [other] = queued().plain
    assert (one.proposed, one.obstacles, one.runs_out_on) == (other.proposed, other.obstacles, other.runs_out_on)
    assert one.runs_out_on == ago(-5)


def states(of: Prescription) -> list[Task]:
    run_outs.refresh()
    renewal_tasks.open_renewals()
    return list(Task.objects.filter(kind="renewal", source_id=str(of.pk), closed_at=None))


def test_a_supply_that_runs_out_with_nothing_left_to_fill_is_the_prescribers_task_once() -> None:
    taken = taking("bupropion")
    assert states(taken) == []
    fill(taken, days_ago=25)
    assert states(taken) == [], "nothing was ever written here, so nothing is known"
    authorising.authorise(
        factories.adler(), taken.pk, quantity=Decimal(30), unit="{tablet}", days_supply=30, issued_on=ago(26)
    )
    [task] = states(taken)
    assert (task.role, "bupropion" in task.title, task.stop_tier) == ("psychiatrist", False, 2)
    assert states(taken) == [task]
    assert [one.prescription for one in queued().others] == [taken]
    renew(taken)
    assert states(taken) == []


def test_a_supply_with_fills_left_or_far_from_its_end_is_nobodys_task() -> None:
    far, left = taking("bupropion"), taking("mirtazapine")
    for of, days_ago, refills in ((far, 5, 0), (left, 25, 3)):
        fill(of, days_ago=days_ago)
        authorising.authorise(
            factories.adler(),
            of.pk,
            quantity=Decimal(30),
            unit="{tablet}",
            days_supply=30,
            refills=refills,
            issued_on=ago(days_ago + 1),
        )
        assert states(of) == []


def test_the_patient_is_told_the_next_morning_that_there_is_an_answer_and_not_what_it_says(plain: Prescription) -> None:
    renewals.decline(factories.adler(), plain.pk, answer="denied", reason="visit_needed", note="Tuesday at ten?")
    [item] = ReminderItem.objects.filter(about_type="renewal_answer")
    assert (item.day, item.reminder.local_date, item.prescription) == (ago(-1), ago(-1), None)


def test_two_who_decide_on_one_day_are_told_of_each_other(plain: Prescription) -> None:
    part: dict[str, Any] = {"quantity": Decimal(30), "unit": "{tablet}", "days_supply": 30}
    renewals.renew(factories.adler(), plain.pk, **part)
    with pytest.raises(Unconfirmed, match="Anna Adler has answered this today already: renewed"):
        renewals.renew(factories.brandt(), plain.pk, **part)
    with pytest.raises(Unconfirmed):
        renewals.decline(factories.brandt(), plain.pk, answer="denied", reason="call_us")
    assert (Authorisation.objects.count(), RenewalDecision.objects.count()) == (1, 1)


def test_a_renewal_of_the_day_before_asks_nothing(plain: Prescription) -> None:
    part: dict[str, Any] = {"quantity": Decimal(30), "unit": "{tablet}", "days_supply": 30}
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        renewals.renew(factories.adler(), plain.pk, **part)
    assert renewals.renew(factories.adler(), plain.pk, **part).pk


def test_what_was_written_for_the_pharmacy_and_taken_back_is_written_again_unasked(plain: Prescription) -> None:
    part: dict[str, Any] = {"quantity": Decimal(30), "unit": "{tablet}", "days_supply": 30}
    made = authorising.authorise(factories.adler(), plain.pk, **part)
    with pytest.raises(Unconfirmed):
        authorising.authorise(factories.brandt(), plain.pk, **part)
    authorising.revoke(factories.adler(), made.pk, why="A slip.")
    assert authorising.authorise(factories.brandt(), plain.pk, **part).pk
