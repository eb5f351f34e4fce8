"""What of a prescription is left: each rule of the count, of gaps, of what was written and of limits, at its edge."""

from datetime import datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from interactions import library
from medmgmt import chart, tasks
from medmgmt.actions import authorising, observing
from medmgmt.actions import renewals as deciding
from medmgmt.record.models import Condition, Patient, Prescription
from medmgmt.regimen import courses, scopes
from medmgmt.supply import authorisations, cases, limits, reads, run_outs
from medmgmt.supply import gaps as supply_gaps
from medmgmt.supply import renewal_tasks as supply_renewal_tasks
from refills.errors import RefillRefused
from refills.models import LIVE, SupplyState, SupplyTouch, Task
from tests import factories
from tests.clinic import saying

pytestmark = pytest.mark.usefixtures("knowledge")


def lasts_for(of: Prescription) -> int | None:
    """Days from today until it runs out, as the chart tells it."""
    found = chart.course(factories.bo(), of.pk).medication.runs_out_on
    return (found - saying.today()).days if found else None


def by_tablet(drug: str = "bupropion", strength: str = "50 mg", **values: object) -> Prescription:
    return saying.taken(drug, prescription={"strength": strength}, **values)


# -- how long it lasts ------------------------------------------------------------------------------------------------
def test_without_a_strength_the_days_of_a_hold_use_nothing_up() -> None:
    made = saying.taken()
    saying.filled(made, 20)
    saying.changed(made, "hold", 12)
    saying.changed(made, "resume", 5, factories.sig())
    assert lasts_for(made) == 17


def test_what_was_filled_before_the_course_was_written_down_was_taken_then_too() -> None:
    made = by_tablet(since=10)
    saying.filled(made, 20)
    assert lasts_for(made) == 10


def test_the_newest_count_at_home_holds() -> None:
    made = by_tablet()
    saying.filled(made, 20)
    saying.counted(made, 10, 30)
    saying.counted(made, 2, 5)
    assert lasts_for(made) == 3
    assert chart.course(factories.bo(), made.pk).medication.regularity.missed_doses == 0
    saying.counted(made, 0, 14)
    assert chart.course(factories.bo(), made.pk).medication.regularity.missed_doses == 4


def test_a_fill_of_the_day_of_a_count_and_one_in_another_unit_are_no_missed_doses() -> None:
    made = by_tablet()
    saying.filled(made, 20)
    saying.filled(made, 10, 30, 150, unit="mL", confirm=True)
    saying.filled(made, 1, confirm=True)
    saying.counted(made, 1, 15)
    assert chart.course(factories.bo(), made.pk).medication.regularity.missed_doses == 4


def test_as_needed_a_supply_lasts_by_the_most_that_may_be_taken() -> None:
    now_and_then = factories.sig("25", timing="PRN", as_needed=True, max_per_day=Decimal(75))
    made = by_tablet("hydroxyzine", "25 mg", sig=now_and_then)
    saying.filled(made, 0, 10, 30)
    assert lasts_for(made) == 10
    assert authorisations.quantity_for(courses.of_prescription(made), "{tablet}", 10, saying.today()) == 30


def test_twice_daily_is_twice_as_much() -> None:
    made = by_tablet(sig=factories.sig("50", timing="BID"))
    saying.filled(made, 0, 30, 60)
    assert lasts_for(made) == 30
    assert authorisations.quantity_for(courses.of_prescription(made), "{tablet}", 7, saying.today()) == 14


def test_millilitres_are_never_counted_as_tablets() -> None:
    made = by_tablet()
    course = courses.of_prescription(made)
    assert authorisations.quantity_for(course, "mL", 30, saying.today()) is None
    assert authorisations.quantity_for(course, "{tablet}", 30, saying.today()) == 30


def test_a_course_that_begins_next_week_needs_its_units_from_then_on() -> None:
    made = by_tablet(since=-7)
    assert authorisations.quantity_for(courses.of_prescription(made), "{tablet}", 30, saying.today()) == 30


# -- gaps -------------------------------------------------------------------------------------------------------------
def gaps() -> list[str]:
    return list(
        Task.objects.filter(kind="supply_gap", state__in=LIVE).order_by("id").values_list("source_id", flat=True)
    )


def test_a_change_that_nobody_signed_neither_hides_a_gap_nor_closes_it() -> None:
    lithium = saying.taken("lithium")
    saying.filled(lithium, 31)
    assert gaps() == [str(lithium.pk)]
    saying.proposed(lithium, "stop")
    tasks.keep_supplies()
    supply_gaps.replan(lithium.patient, courses.of_prescription(lithium, *courses.SUPPLY))
    assert gaps() == [str(lithium.pk)]


def test_the_clock_sees_a_gap_behind_a_stop_that_nobody_signed() -> None:
    lithium = saying.taken("lithium")
    saying.filled(lithium, 29)
    saying.proposed(lithium, "stop")
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        tasks.keep_supplies()
    assert gaps() == [str(lithium.pk)]


def test_looking_again_keeps_the_task_of_a_gap_that_is_still_there() -> None:
    lithium = saying.taken("lithium")
    saying.filled(lithium, 31)
    task = Task.objects.get(kind="supply_gap")
    for _ in range(2):
        supply_gaps.replan(lithium.patient, courses.of_prescription(lithium, *courses.SUPPLY))
    task.refresh_from_db()
    assert task.state == "open"


def test_a_hold_ends_a_gap_though_the_supply_ended_long_ago() -> None:
    lithium = saying.taken("lithium")
    saying.filled(lithium, 31)
    assert gaps()
    with time_machine.travel(timezone.now() + timedelta(hours=7)):
        saying.changed(lithium, "hold", 1)
        run_outs.refresh()
        supply_gaps.find_gaps()
    assert gaps() == []


def test_nobody_calls_about_what_is_taken_only_as_needed_nor_about_a_supply_of_long_ago() -> None:
    prn = factories.sig("25", timing="PRN", as_needed=True, max_per_day=Decimal(75))
    saying.filled(saying.taken("hydroxyzine", sig=prn), 40)
    saying.filled(saying.taken("lithium"), 91)
    assert gaps() == []
    saying.filled(saying.taken("clozapine"), 90)
    assert len(gaps()) == 1, "sixty days ago is still called"


def test_a_gap_counts_by_the_patients_own_day(far: Patient) -> None:
    made = saying.taken("lithium", since=60)
    saying.filled(made, 30)
    course = courses.of_prescription(made)
    assert supply_gaps.days_without(far, course, saying.today()) == 0
    assert supply_gaps.days_without(far, course, saying.ago(-1)) is None


def test_a_fill_closes_the_gap_of_its_own_prescription_and_no_other() -> None:
    first = saying.taken("lithium", prescription={"pk": 7})
    other = saying.taken("lithium", prescription={"pk": 71}, of=factories.stranger())
    for one in (first, other):
        supply_gaps.open_gap_task(one.patient, one, saying.ago(3))
    saying.filled(first, 0)
    assert gaps() == ["71"]


def test_how_soon_harm_comes_ranks_a_gap() -> None:
    tiers = {
        drug: supply_gaps.stop_tier(saying.taken(drug)) for drug in ("lithium", "olanzapine", "bupropion", "melatonin")
    }
    assert tiers == {"lithium": 1, "olanzapine": 2, "bupropion": 2, "melatonin": 3}


# -- what was written -------------------------------------------------------------------------------------------------
def test_a_fill_on_the_day_of_issue_counts() -> None:
    stimulant = saying.taken("methylphenidate")
    saying.written(stimulant, 5)
    saying.filled(stimulant, 5)
    with pytest.raises(RefillRefused):
        saying.filled(stimulant, 0)


def test_a_prescription_of_today_is_known_today() -> None:
    stimulant = saying.taken("methylphenidate")
    saying.written(stimulant)
    assert saying.filled(stimulant, 0).days_supply == 30
    with pytest.raises(RefillRefused):
        saying.filled(stimulant, 0)


def test_a_portion_begins_a_fill_and_the_rest_of_it_is_told() -> None:
    made = by_tablet()
    saying.written(made, 20, refills=1)
    saying.filled(made, 20, 10, 10)
    [line] = reads.renewal(factories.adler(), made.pk).lines
    assert (line.fills_made, line.fills_left, line.rest) == (1, 1, 20)
    saying.filled(made, 10, 20, 20)
    [line] = reads.renewal(factories.adler(), made.pk).lines
    assert (line.fills_made, line.fills_left, line.rest) == (1, 1, None)


def test_what_was_taken_back_has_no_fills_and_frees_its_place_in_a_series() -> None:
    stimulant = saying.taken("methylphenidate")
    wrong = [saying.written(stimulant, may_fill_from=saying.ago(-days)) for days in (1, 31, 61)]
    for one in wrong:
        authorising.revoke(factories.adler(), one.pk, why="Written for the wrong strength.")
    right = saying.written(stimulant)
    lines = reads.renewal(factories.adler(), stimulant.pk).lines
    assert {line.authorisation.pk: line.fills_left for line in lines} == {
        **dict.fromkeys([o.pk for o in wrong], 0),
        right.pk: 1,
    }
    [(told, _words)] = reads.supply(factories.bo(), stimulant.pk).told
    assert told == right


def test_a_used_up_prescription_is_told_to_no_pharmacy_again() -> None:
    made = by_tablet()
    used = saying.written(made, 26)
    saying.filled(made, 26)
    fresh = saying.written(made)
    assert [row for row, _words in reads.supply(factories.bo(), made.pk).told] == [fresh] != [used]


def test_a_renewal_begins_from_the_newest_that_was_written() -> None:
    made = by_tablet(sig=factories.sig("100"))
    saying.written(made, 100, 30, quantity=60)
    saying.written(made, 10, 14, quantity=28)
    shown = reads.renewal(factories.adler(), made.pk).proposed
    assert (shown.days_supply, shown.quantity) == (14, 28)


def early(of: Prescription, days_ago: int) -> None:
    saying.filled(of, days_ago, early_reason="travel")


def test_early_and_partial_fills_are_those_of_the_prescription_itself() -> None:
    mine, other = saying.taken("zolpidem"), saying.taken("zolpidem", of=factories.patient("C-1002"))
    for of in (mine, other):
        saying.written(of, 170, refills=5)
        saying.filled(of, 150)
        early(of, 140)
        noon = datetime.combine(saying.ago(100), time(12), ZoneInfo(of.patient.time_zone))
        saying.filled(of, 100, 10, partial_reason="requested", handed_at=noon)
    page = reads.supply(factories.bo(), mine.pk)
    assert [count for _why, count in page.early] == [1]
    assert [row.dispense.prescription for row in page.partials] == [mine]
    with time_machine.travel(timezone.now() + timedelta(days=41)):
        assert reads.supply(factories.bo(), mine.pk).early == ()


def test_the_next_fill_is_reckoned_from_the_last() -> None:
    made = by_tablet()
    saying.filled(made, 100, 90)
    saying.filled(made, 10, 10)
    assert chart.course(factories.bo(), made.pk).due_from == saying.ago(2)


def test_a_schedule_that_is_told_counts_beside_the_catalogues_own() -> None:
    found = scopes.scopes_for(scopes.drug_named("zolpidem"), "CII")
    assert {"CII", "CIV"} <= found


# -- limited dispensing -----------------------------------------------------------------------------------------------
def limited(of: Prescription | None = None, days: int = 7, until: int = -30) -> object:
    return authorising.limit_supply(
        factories.adler(), factories.carla().pk, prescription_id=of.pk if of else None, most_days=days,
        until=saying.ago(until), why="Risk.",
    )  # fmt: skip


def test_a_limit_holds_for_its_medicine_through_its_last_day_until_it_is_lifted() -> None:
    tricyclic, other = saying.taken("amitriptyline"), saying.taken("bupropion")
    row = limited(tricyclic, until=-3)
    assert reads.renewal(factories.bo(), other.pk).limit is None
    for days, held in ((0, True), (3, True), (4, False)):
        with time_machine.travel(timezone.now() + timedelta(days=days)):
            assert (reads.renewal(factories.bo(), tricyclic.pk).limit == row) is held
            assert (limits.limit_of(tricyclic, saying.today()) == row) is held
    authorising.lift_limit(factories.adler(), row.pk, why="Better.")
    assert reads.renewal(factories.bo(), tricyclic.pk).limit is None
    assert limits.limit_of(tricyclic, saying.today()) is None


def test_the_strictest_of_several_limits_shortens_what_a_renewal_would_write() -> None:
    made = saying.taken("amitriptyline")
    saying.filled(made, 20)
    limited(days=14)
    strict = limited(made, days=7)
    shown = reads.renewal(factories.adler(), made.pk)
    assert (shown.limit, shown.proposed.days_supply, shown.proposed.quantity) == (strict, 7, 7)


def at_risk(of: Prescription) -> bool:
    return reads.supply(factories.bo(), of.pk).suggestion is not None


def test_a_score_counts_from_its_threshold_while_it_is_recent_and_the_newest_speaks() -> None:
    tricyclic = saying.taken("amitriptyline")
    sign = next(one for one in library.current().formulary.care.overdose if one.value == "cssrs")
    saying.seen("cssrs", str(sign.at_least), sign.within_days + 1)
    assert not at_risk(tricyclic)
    saying.seen("cssrs", str(sign.at_least), sign.within_days)
    assert at_risk(tricyclic)
    assert "risk" in {one.code for one in reads.renewal(factories.bo(), tricyclic.pk).obstacles}
    saying.seen("cssrs", "0", 1)
    assert not at_risk(tricyclic)


def test_a_score_of_this_evening_counts_this_evening(far: Patient) -> None:
    tricyclic = saying.taken("amitriptyline")
    saying.seen("cssrs", "5", hour=0)
    assert at_risk(tricyclic)
    shown = reads.supply(factories.bo(), tricyclic.pk).suggestion
    assert str(saying.today()) in shown.signs[0]


def test_a_diagnosis_counts_until_it_has_ended() -> None:
    tricyclic = saying.taken("amitriptyline")
    row: Condition = observing.record_condition(
        factories.adler(), factories.carla().pk, text="Suicidal ideations", icd10cm="R45.851"
    )
    for abated, counts in ((None, True), (saying.ago(0), False), (saying.ago(-1), True)):
        row.abated_on = abated
        found = limits.suggested(
            library.current().formulary.care, scopes.scopes_of(tricyclic), [row], [], "UTC", saying.today()
        )
        assert (found is not None) is counts


# -- run-outs and the clock's renewals --------------------------------------------------------------------------------
def renewal_tasks() -> list[Task]:
    run_outs.refresh()
    supply_renewal_tasks.open_renewals()
    return list(Task.objects.filter(kind="renewal", closed_at=None).order_by("id"))


def used_up(drug: str, lasts: int, **values: object) -> Prescription:
    """One fill was written and made, and lasts so many days from Carla's today."""
    made = saying.taken(drug, **values)
    saying.written(made, 30 - lasts)
    saying.filled(made, 30 - lasts)
    return made


@pytest.mark.parametrize(("lasts", "is_found"), [(11, False), (10, True), (-7, True), (-8, False)])
def test_a_renewal_is_asked_for_from_ten_days_before_to_a_week_after(lasts: int, is_found: bool) -> None:
    made = used_up("bupropion", lasts)
    assert [task.source_id for task in renewal_tasks()] == ([str(made.pk)] if is_found else [])


@pytest.mark.parametrize(("lasts", "is_found"), [(11, False), (10, True), (-7, True), (-8, False)])
def test_a_renewal_is_asked_for_by_the_patients_own_day(far: Patient, lasts: int, is_found: bool) -> None:
    used_up("bupropion", lasts)
    assert bool(renewal_tasks()) is is_found


def test_it_is_due_three_days_before_the_supply_ends() -> None:
    used_up("bupropion", 9)
    [task] = renewal_tasks()
    assert timedelta(days=5, hours=23) < task.due_at - timezone.now() <= timedelta(days=6)


def test_a_stop_that_nobody_signed_does_not_keep_the_renewal_from_being_asked_for() -> None:
    made = used_up("bupropion", 5)
    saying.proposed(made, "stop")
    assert [task.source_id for task in renewal_tasks()] == [str(made.pk)]


def test_what_ends_as_planned_is_held_or_taken_as_needed_is_not_renewed_by_the_clock() -> None:
    prn = factories.sig("25", timing="PRN", as_needed=True, max_per_day=Decimal(75))
    used_up("hydroxyzine", 5, sig=prn)
    ending = used_up("bupropion", 5)
    saying.changed(ending, "stop", -4)
    assert renewal_tasks() == []
    run_outs.refresh()
    assert SupplyState.objects.get(pk=ending.pk).lasts == "as_planned"


def test_who_was_answered_once_is_asked_for_again_when_the_next_supply_ends() -> None:
    made = used_up("bupropion", 5)
    [task] = renewal_tasks()
    deciding.renew(
        factories.adler(), made.pk, quantity=Decimal(30), unit="{tablet}", days_supply=30, why="Known to me."
    )
    task.refresh_from_db()
    assert task.closed_at is not None
    saying.filled(made, 0)
    with time_machine.travel(timezone.now() + timedelta(days=28)):
        [again] = renewal_tasks()
        assert again.pk != task.pk
        assert [one.pk for one in reads.renewal(factories.adler(), made.pk).requests] == [again.pk]


def test_a_run_out_computed_twice_before_it_was_planned_still_waits_to_be_planned() -> None:
    made = by_tablet()
    saying.changed(made, "new_dose", 40, factories.sig("100"))
    saying.filled(made, 5, 15, 30)
    for _ in range(2):
        run_outs.refresh()
        assert SupplyState.objects.get(pk=made.pk).to_plan
        SupplyTouch.objects.create(prescription_id=made.pk)
    tasks.keep_supplies()
    assert not SupplyState.objects.get(pk=made.pk).to_plan
    SupplyTouch.objects.create(prescription_id=made.pk)
    run_outs.refresh()
    assert not SupplyState.objects.get(pk=made.pk).to_plan, "nothing moved"


def test_a_proposed_change_moves_no_run_out_of_a_constant_dose() -> None:
    made = by_tablet()
    saying.filled(made, 5)
    saying.proposed(made, "new_dose", sig=factories.sig("100"))
    run_outs.refresh()
    state = SupplyState.objects.get(pk=made.pk)
    assert (state.run_out_on, state.in_sql) == (saying.ago(-25), True)


def test_the_cards_of_a_case_stand_gravest_first() -> None:
    case = {
        "id": "x",
        "as_of": "2026-08-01",
        "current_meds": [{"drug": "phenelzine", "total_daily_mg": 45}, {"drug": "clonidine", "total_daily_mg": 0.2}],
        "proposed": {"action": "refill", "drug": "methylphenidate"},
        "refill": {"fill_date": "2026-07-03", "days_supply": 30, "refills_remaining": 1},
    }
    ranks = {"contraindicated": 4, "major": 3, "moderate": 2, "minor": 1, "ungraded": 0}
    found = [ranks[card["severity"]] for card in cases.review(case)["cards"]]
    assert found == sorted(found, reverse=True)
    assert len(set(found)) > 1


def test_real_fills_take_the_place_of_the_first_supply() -> None:
    made = saying.taken(prescription={"first_supply_days": 200})
    assert lasts_for(made) == 30
    saying.filled(made, 20)
    assert lasts_for(made) == 10


@pytest.mark.parametrize(("reason", "lasts"), [("lost", 30), ("stolen", 30), ("damaged", 30), ("travel", 40)])
def test_what_replaces_a_loss_is_all_that_is_at_home(reason: str, lasts: int) -> None:
    made = by_tablet()
    saying.filled(made, 20)
    saying.filled(made, 0, early_reason=reason)
    assert (lasts_for(made), run_outs.refresh().touched > 0) == (lasts, True)
    assert SupplyState.objects.get(prescription=made).run_out_on == saying.today() + timedelta(days=lasts)
