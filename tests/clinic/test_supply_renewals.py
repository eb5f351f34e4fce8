"""What a prescriber sees before a renewal: each condition of an obstacle, the order of the queue, whose rows stand."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from interactions import library
from medmgmt import chart
from medmgmt.actions import authorising, monitoring, observing, side_effects, supply
from medmgmt.actions import renewals as deciding
from medmgmt.monitoring import due
from medmgmt.record import dosing
from medmgmt.record.models import Condition, Patient, Prescription
from medmgmt.supply import reads
from medmgmt.supply.renewals import Renewal
from refills.errors import RefillRefused
from refills.models import RenewalDecision
from tests import factories
from tests.clinic import saying

pytestmark = pytest.mark.usefixtures("knowledge")


def shown(of: Prescription) -> Renewal:
    return reads.renewal(factories.adler(), of.pk)


def codes(of: Prescription) -> set[str]:
    return {one.code for one in shown(of).obstacles}


@pytest.fixture
def plain() -> Prescription:
    """Bupropion, taken as it should be."""
    return saying.regular(saying.taken())


def felt(severity: str = "severe", **values: Any) -> Any:
    return side_effects.log_side_effect(
        factories.bo(), factories.carla().pk, term="rash", severity=severity, began_on=saying.ago(3), **values
    )


# -- side effects -----------------------------------------------------------------------------------------------------
def test_a_side_effect_counts_as_it_was_corrected_and_until_it_is_over(plain: Prescription) -> None:
    report = felt()
    assert "side_effect" in codes(plain)
    report = side_effects.correct_side_effect(factories.bo(), report.pk, severity="mild")
    assert codes(plain) == set()
    assert [one.pk for one in shown(plain).side_effects] == [report.pk]
    report = side_effects.correct_side_effect(factories.bo(), report.pk, severity="severe", outcome="recovered")
    assert (codes(plain), shown(plain).side_effects) == (set(), ())
    side_effects.correct_side_effect(factories.bo(), report.pk, outcome="recovering", ended_on=saying.ago(1))
    assert (codes(plain), shown(plain).side_effects) == (set(), ())


def decline(of: Prescription) -> None:
    deciding.decline(factories.adler(), of.pk, answer="denied", reason="visit_needed")


def test_a_side_effect_of_an_hour_after_a_renewal_is_seen_by_the_next_wherever_the_patient_lives(far: Patient) -> None:
    made = saying.regular(saying.taken())
    deciding.renew(factories.adler(), made.pk, quantity=Decimal(30), unit="{tablet}", days_supply=30, why="She asked.")
    with time_machine.travel(timezone.now() + timedelta(hours=1)):
        felt()
        assert "side_effect" in codes(made)


def test_what_was_felt_the_day_before_a_renewal_was_known_then(far: Patient) -> None:
    made = saying.regular(saying.taken())
    with time_machine.travel(timezone.now() - timedelta(days=1)):
        felt()
    deciding.renew(factories.adler(), made.pk, quantity=Decimal(30), unit="{tablet}", days_supply=30, why="She asked.")
    assert "side_effect" not in codes(made)


def test_a_request_was_made_on_the_patients_own_day(far: Patient) -> None:
    made = saying.regular(saying.taken())
    supply.request_refill(factories.carla_user(), made.pk)
    assert shown(made).asked_on == saying.today()
    assert reads.asked_by(far, [made.pk])[made.pk].waiting_since == saying.today()


def test_a_side_effect_stays_in_the_way_after_a_no_and_on_the_day_of_a_renewal(plain: Prescription) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=2)):
        felt()
    decline(plain)
    assert "side_effect" in codes(plain), "a no is no renewal"
    felt()
    deciding.renew(
        factories.adler(), plain.pk, quantity=Decimal(30), unit="{tablet}", days_supply=30, why="Mild after all.",
        confirm=True,
    )  # fmt: skip
    assert "side_effect" in codes(plain), "it came up on the same day"
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        deciding.renew(
            factories.adler(), plain.pk, quantity=Decimal(30), unit="{tablet}", days_supply=30, why="Mild after all."
        )
        assert "side_effect" not in codes(plain)


# -- findings, word of mouth, stock -----------------------------------------------------------------------------------
def test_a_finding_of_two_other_medicines_does_not_stand_in_the_way(plain: Prescription) -> None:
    first = saying.taken("sertraline")
    saying.taken("phenelzine", amount="45")
    assert "finding" in codes(first)
    alone = saying.taken("melatonin", amount="3")
    assert "finding" not in codes(alone)
    assert all(str(alone.pk) in one.prescriptions for one in shown(alone).findings)


def test_what_no_knowledge_checked_is_not_renewed_with_others() -> None:
    assert "not_checked" in codes(saying.regular(saying.taken("grandmother's drops")))


def test_the_patients_word_counts_for_thirty_days_and_the_newest_speaks(plain: Prescription) -> None:
    supply.report_adherence(factories.carla_user(), plain.pk, answer="as_agreed")
    later = timezone.now() + timedelta(hours=1)
    with time_machine.travel(later):
        supply.report_adherence(factories.carla_user(), plain.pk, answer="missed_some")
    assert "self_report" in codes(plain)
    for days, counts in ((30, True), (31, False)):
        with time_machine.travel(later + timedelta(days=days)):
            assert ("self_report" in codes(plain)) is counts


def test_a_medicine_on_hold_is_looked_at(plain: Prescription) -> None:
    saying.changed(plain, "hold", 0)
    assert "not_taken" in codes(plain)


@pytest.mark.parametrize(("days", "too_early"), [(30, False), (31, True)])
def test_enough_at_home_for_longer_than_a_month_is_too_early(days: int, too_early: bool) -> None:
    made = saying.taken()
    saying.filled(made, 0, days)
    assert ("early" in codes(made)) is too_early


def test_a_request_that_was_answered_waits_no_more(plain: Prescription) -> None:
    supply.request_refill(factories.carla_user(), plain.pk)
    assert (len(shown(plain).requests), len(reads.queue(factories.adler()).plain)) == (1, 1)
    decline(plain)
    assert (shown(plain).requests, reads.queue(factories.adler()).plain) == ((), ())
    asked = chart.portal(factories.carla_user()).asked[plain.pk]
    assert (asked.is_waiting, asked.decision.answer) == (False, "denied")


def test_the_portal_tells_the_newest_answer_and_an_old_one_no_more(plain: Prescription) -> None:
    decline(plain)
    with time_machine.travel(timezone.now() + timedelta(days=3)):
        made = deciding.renew(factories.adler(), plain.pk, quantity=Decimal(30), unit="{tablet}", days_supply=30)
        assert chart.portal(factories.carla_user()).asked[plain.pk].decision == made
    with time_machine.travel(timezone.now() + timedelta(days=64)):
        assert chart.portal(factories.carla_user()).asked[plain.pk].decision is None
    assert RenewalDecision.objects.count() == 2


def test_what_runs_out_first_stands_first_in_the_queue() -> None:
    numbers = {}
    for drug, days_ago in (("bupropion", 5), ("mirtazapine", 25), ("melatonin", 15)):
        made = saying.taken(drug)
        saying.filled(made, days_ago)
        supply.request_refill(factories.carla_user(), made.pk)
        numbers[made.pk] = drug
    found = reads.queue(factories.adler())
    assert [numbers[one.prescription.pk] for one in (*found.plain, *found.others)] == [
        "mirtazapine", "melatonin", "bupropion",
    ]  # fmt: skip


def test_a_renewal_is_of_the_patients_own_day(far: Patient) -> None:
    made = saying.taken()
    saying.filled(made, 10)
    one = shown(made)
    assert (one.today, one.last_fill.dispensed_on) == (saying.today(), saying.ago(10))
    assert one.dose == dosing.dose_on(saying.today(), one.course.steps)
    saying.changed(made, "hold", 1)
    saying.changed(made, "resume", 0, factories.sig())
    assert shown(made).dose.is_taken


# -- regularity -------------------------------------------------------------------------------------------------------
def regularity(of: Prescription) -> Any:
    return reads.adherence_of(factories.bo(), of.patient_id)[1].of(of.pk)


def test_who_stopped_as_told_was_regular_until_then(plain: Prescription) -> None:
    saying.changed(plain, "stop", 20)
    found = regularity(plain)
    assert (found.pdc.days, found.pdc.of, found.last) == (125, 125, saying.ago(21))


def test_what_is_tapered_off_has_no_figure_and_leaves_its_class_alone(plain: Prescription) -> None:
    other = saying.taken("sertraline")
    saying.filled(other, 150)
    saying.filled(other, 20)
    saying.changed(other, "stop", -10)
    saying.changed(plain, "stop", 0)
    assert "tapered" in regularity(other).why_not
    [found] = reads.adherence_of(factories.bo(), factories.carla().pk)[1].classes
    assert (found.drugs, found.percent) == (("bupropion",), "100.0")


# -- labs -------------------------------------------------------------------------------------------------------------
def test_the_newest_lab_says_when_the_next_is_due_and_its_grace_has_a_last_day() -> None:
    lithium = saying.taken("lithium", amount="900", since=100)
    saying.seen("lithium", "0.5", 90)
    saying.seen("lithium", "0.7", 20)
    rule = next(
        one for one in due.asked(library.current().formulary.care) if (one.target, one.code) == ("lithium", "lithium")
    )
    found = next(one for one in shown(lithium).labs if one.code == "lithium")
    assert (found.latest.value, found.due_on, found.overdue) == (
        Decimal("0.7"),
        saying.ago(20) + timedelta(days=60),
        False,
    )
    for days, overdue in ((0, False), (1, True)):
        with time_machine.travel(timezone.now() + timedelta(days=40 + rule.grace_days + days)):
            labs = shown(lithium).labs
            assert next(one for one in labs if one.code == "lithium").overdue is overdue
            assert [one.overdue for one in labs] == sorted((one.overdue for one in labs), reverse=True)


def test_what_is_overdue_stands_first() -> None:
    lithium = saying.taken("lithium", amount="900", since=400)
    for code, value in (("lithium", "0.7"), ("egfr", "90"), ("creatinine", "0.9"), ("calcium", "9")):
        saying.seen(code, value, 5)
    saying.seen("tsh", "2", 390)
    labs = shown(lithium).labs
    assert {one.overdue for one in labs} == {True, False}
    assert labs[0].overdue
    assert not labs[-1].overdue


def test_a_lab_is_due_by_the_patients_own_day(far: Patient) -> None:
    lithium = saying.taken("lithium", amount="900")
    for hour in (1, 22):
        saying.seen("lithium", "0.7", 20, hour=hour)
        found = next(one for one in shown(lithium).labs if one.code == "lithium")
        assert found.due_on == saying.ago(20) + timedelta(days=60)
        assert shown(lithium).gate.reach.next_due_on == saying.ago(20) + timedelta(days=60)


# -- gates ------------------------------------------------------------------------------------------------------------
def release(of: Prescription) -> None:
    monitoring.release_lab_gate(factories.adler(), of.pk, why="Haematology agrees.", until=saying.ago(-5))


def is_open(of: Prescription) -> bool:
    """At the counter and on the renewal screen alike."""
    gate = shown(of).gate
    try:
        written = saying.written(of, days=3)
    except RefillRefused:
        assert gate.pends
        return False
    authorising.revoke(factories.adler(), written.pk, why="Only tried.")
    assert not gate.pends
    return True


def test_the_newest_count_alone_lets_clozapine_through() -> None:
    clozapine = saying.taken("clozapine", amount="300")
    saying.seen("anc", "2.4", 5)
    assert is_open(clozapine)
    saying.seen("anc", "0.8", 2)
    assert not is_open(clozapine)
    saying.seen("anc", "2.4", 0, hour=0)
    assert is_open(clozapine)


def test_a_release_stands_on_the_day_of_its_low_count_and_falls_with_a_lower_one_of_a_later_day() -> None:
    clozapine = saying.taken("clozapine", amount="300")
    noon = timezone.now().replace(hour=17)
    with time_machine.travel(noon, tick=False):
        saying.seen("anc", "0.9", 0)
        assert not is_open(clozapine)
        release(clozapine)
        assert is_open(clozapine)
    with time_machine.travel(noon + timedelta(days=1), tick=False):
        assert is_open(clozapine)
        saying.seen("anc", "0.6", 0)
        assert not is_open(clozapine)


def test_a_count_of_this_very_day_counts_wherever_the_patient_lives(far: Patient) -> None:
    clozapine = saying.taken("clozapine", amount="300")
    saying.seen("anc", "2.4", 0, hour=0)
    assert shown(clozapine).gate.latest.on == saying.today()
    assert is_open(clozapine)


def test_a_lower_count_is_enough_only_while_its_condition_is_on_record() -> None:
    clozapine = saying.taken("clozapine", amount="300")
    row: Condition = observing.record_condition(
        factories.adler(), factories.carla().pk, text="Benign ethnic neutropenia", icd10cm="D70.8"
    )
    saying.seen("anc", "0.8", 2)
    assert is_open(clozapine)
    Condition.objects.filter(pk=row.pk).update(abated_on=saying.ago(1))
    assert not is_open(clozapine)
