"""One release in use says everything clinical: reminders, gates, renewals and follow-ups change with it, and back."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from interactions import library, releases
from interactions.models import Finding, Release, RescreenRun
from medmgmt import tasks
from medmgmt.actions import authorising, monitoring
from medmgmt.actions import knowledge as acts
from medmgmt.messages import due
from medmgmt.monitoring import evidence
from medmgmt.record.errors import Refused
from medmgmt.record.models import Prescription
from medmgmt.supply import reads
from refills.errors import RefillRefused
from refills.models import Reminder, ReminderItem, ReminderKind, SupplyState, Task, TaskKind
from tests import factories, shipped_knowledge, switching
from tests.clinic import saying

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]
Cells = Mapping[str, str]


def edition(version: str, *edits: tuple[str, Cells, Cells]) -> Release:
    """The shipped release with other cells in some rows: (table, which row, what it says now); not in use."""
    found = shipped_knowledge.tables()
    tables = dict(found.tables)
    for table, which, cells in edits:
        rows = [{**row, **cells} if which.items() <= row.items() else row for row in tables[table]]
        assert rows != list(tables[table]), (table, which)
        tables[table] = tuple(rows)
    about = replace(shipped_knowledge.about(), version=version)
    return releases.keep_rules(about, replace(found, tables=tables), {"made.csv": version * 64})


def put_into_use(release_id: int) -> None:
    """By the pharmacist; then the clock goes round once."""
    acts.activate(factories.pia(), release_id)
    go_round()


def go_round() -> None:
    tasks.lay_out_medicines()
    tasks.rescreen()
    tasks.plan_supply()


def shipped() -> int:
    return Release.objects.get(source="medmgmt", version=shipped_knowledge.about().version).pk


def told_on() -> set[date]:
    """The days of tests of which Carla has messages planned."""
    items = ReminderItem.objects.filter(reminder__in=Reminder.objects.filter(state="planned"), kind=ReminderKind.LAB)
    return set(items.values_list("day", flat=True))


def renewal(of: Prescription) -> Any:
    return reads.renewal(factories.adler(), of.pk)


def obstacles(of: Prescription) -> set[str]:
    return {one.code for one in renewal(of).obstacles}


def things() -> dict[tuple[str, str], date]:
    """What falls due for Carla, and when."""
    carla = factories.carla()
    found = due.things(carla, due.wishes_of(carla), saying.today())
    return {(one.about_type, one.about_id): one.day for one in found}


def classes() -> tuple[Any, ...]:
    return tuple(reads.adherence_of(factories.bo(), factories.carla().pk)[1].classes)


def may_be_written(of: Prescription) -> bool:
    """At the counter: for the pharmacy, three days of it."""
    try:
        written = saying.written(of, days=3)
    except RefillRefused:
        return False
    authorising.revoke(factories.adler(), written.pk, why="Only tried.")
    return True


# -- one thing after another ------------------------------------------------------------------------------------------
def test_another_interval_moves_the_lab_its_reminder_the_renewal_and_the_supply_and_the_old_one_moves_them_back() -> (
    None
):
    lithium = saying.taken("lithium", amount="900", since=400)
    saying.seen("lithium", "0.7", 40)
    go_round()

    def said() -> dict[str, Any]:
        shown = renewal(lithium)
        lab = next(one for one in shown.labs if one.code == "lithium")
        words = next((one.words for one in shown.obstacles if one.code == "labs"), "")
        return {
            "next": (lab.due_on, things()[due.LAB, "lithium"]),
            "a message is planned": saying.ago(-50) in told_on(),
            "a renewal is held up": (lab.overdue, "Lithium level" in words, "lab_gate" in obstacles(lithium)),
            "the pharmacy may have it": may_be_written(lithium),
        }

    by_the_shipped = said()
    assert list(by_the_shipped.values()) == [(saying.ago(-50),) * 2, True, (False, False, False), True]
    stricter = edition("4", ("monitoring_rules", {"rule_id": "MR010"}, {"schedule_segments": "0..:20"}))
    put_into_use(stricter.pk)
    assert list(said().values()) == [(saying.ago(20),) * 2, False, (True, True, True), False]
    put_into_use(shipped())
    assert said() == by_the_shipped


def test_another_threshold_holds_a_supply_and_opens_its_task() -> None:
    clozapine = saying.taken("clozapine", amount="300")
    saying.seen("anc", "1.6", 2)
    assert not renewal(clozapine).gate.pends
    for_anybody = {"rule_id": "MR001"}
    stricter = edition("4", ("lab_gates", for_anybody, {"lowest": "2.0"}))
    put_into_use(stricter.pk)
    assert not may_be_written(clozapine)
    assert {"lab_gate", "rules"} <= obstacles(clozapine)
    saying.filled(clozapine, 0, 3)
    assert Task.objects.filter(kind=TaskKind.LAB_GATE, source_id=str(clozapine.pk)).exists()
    milder = edition("5", ("lab_gates", for_anybody, {"lowest": "1.5"}))
    put_into_use(milder.pk)
    assert may_be_written(clozapine)


def test_another_interval_of_an_injection_moves_its_message_and_what_was_on_time() -> None:
    monthly = factories.sig("156", timing="every_n_days", every_days=30, route="IM")
    made = saying.taken("paliperidone palmitate monthly", sig=monthly)
    for days_ago in (65, 25):
        saying.filled(made, days_ago, 30, 1, unit="{injection}")
    go_round()
    injection = ("injection", str(made.pk))
    assert (things()[injection], renewal(made).adherence.injections) == (saying.ago(-5), (0, 1))
    assert set(ReminderItem.objects.filter(kind=ReminderKind.INJECTION).values_list("day", flat=True)) == {
        saying.ago(-5)
    }
    put_into_use(edition("4", ("lai_rules", {"product": made.drug_name}, {"interval_days": "40"})).pk)
    assert (things()[injection], renewal(made).adherence.injections) == (saying.ago(-15), (1, 1))
    planned = Reminder.objects.filter(state="planned")
    assert set(planned.filter(items__kind=ReminderKind.INJECTION).values_list("items__day", flat=True)) == {
        saying.ago(-15)
    }


def test_another_sign_of_risk_asks_for_less_at_once_and_another_class_tells_other_medicines_together() -> None:
    sertraline = saying.regular(saying.taken("sertraline"))
    saying.seen("cssrs", "5", 1)
    assert reads.supply(factories.bo(), sertraline.pk).suggestion is None
    assert [one.name for one in classes()] == ["antidepressants"]
    other = edition(
        "4",
        ("overdose_risk", {"value": "drug:lithium"}, {"value": "drug:sertraline", "words": "as the release says"}),
        ("adherence_classes", {"class": "antidepressants"}, {"class": "mood", "scope": "set:ssri"}),
    )
    put_into_use(other.pk)
    suggestion = reads.supply(factories.bo(), sertraline.pk).suggestion
    assert suggestion is not None
    assert suggestion.danger == "as the release says"
    assert "risk" in obstacles(sertraline)
    assert [one.name for one in classes()] == ["mood"]
    put_into_use(shipped())
    assert reads.supply(factories.bo(), sertraline.pk).suggestion is None


def test_a_card_suggests_what_the_release_in_use_wants_measured() -> None:
    def suggested() -> list[str]:
        finding = Finding(problem="nothing_of_ours", drugs=["lithium"])
        return [choice.what for choice in evidence.suggested([finding], library.current())]

    assert suggested()[0] == "observation:lithium"
    occasion = {"event_triggers": "interacting_drug:TSH"}
    put_into_use(edition("4", ("monitoring_rules", {"rule_id": "MR010"}, {"event_triggers": ""}),
                         ("monitoring_rules", {"rule_id": "MR012"}, occasion)).pk)  # fmt: skip
    assert suggested()[0] == "observation:tsh"
    put_into_use(shipped())
    assert suggested()[0] == "observation:lithium"


def test_with_no_release_in_use_nothing_is_asked_for_and_nothing_breaks() -> None:
    lithium = saying.taken("lithium", amount="900", since=400)
    saying.seen("cssrs", "5", 1)
    saying.seen("lithium", "0.7", 85)
    saying.filled(lithium, 20)
    go_round()
    assert told_on() == {saying.ago(-5)}
    assert (renewal(lithium).gate is None, renewal(lithium).at_risk) == (False, True)
    switching.out_of_use(shipped())
    go_round()
    assert told_on() == set(), "no lab is due by a release that nobody uses"
    assert set(things()) == {("prescription", str(lithium.pk))}, "a supply runs out all the same"
    shown = renewal(lithium)
    assert (shown.gate, shown.labs, shown.at_risk, shown.not_checked) == (None, (), False, True)
    assert may_be_written(lithium)
    assert reads.supply(factories.bo(), lithium.pk).suggestion is None
    assert classes() == ()
    assert [one.what for one in evidence.suggested([Finding(drugs=["lithium"])], library.current())] == ["visit"]
    with pytest.raises(Refused, match="there is nothing to release"):
        monitoring.release_lab_gate(factories.adler(), lithium.pk, why="None is asked for.", until=saying.ago(-5))


def test_a_release_that_changes_no_schedule_plans_nobody_anew() -> None:
    saying.taken("lithium", amount="900", since=400)
    go_round()
    other = edition("4", ("condition_rules", {"drug": "lithium"}, {"action": "Read the label."}))
    acts.activate(factories.pia(), other.pk)
    tasks.rescreen()
    assert RescreenRun.objects.latest("id").touched == 1
    assert not SupplyState.objects.filter(to_plan=True).exists()
    schedule = edition("5", ("monitoring_rules", {"rule_id": "MR010"}, {"schedule_segments": "0..:20"}))
    acts.activate(factories.pia(), schedule.pk)
    tasks.rescreen()
    assert RescreenRun.objects.latest("id").changes["schedules_changed"] == 1
    assert SupplyState.objects.filter(to_plan=True).count() == 1


def test_a_schedule_that_changed_plans_only_whom_it_concerns() -> None:
    hers, others = saying.taken("lithium", amount="900"), saying.taken("bupropion", of=factories.patient("C-1002"))
    go_round()
    acts.activate(
        factories.pia(),
        edition("4", ("monitoring_rules", {"rule_id": "MR010"}, {"schedule_segments": "0..:20"})).pk,
    )
    tasks.rescreen()
    waiting = SupplyState.objects.filter(to_plan=True).values_list("prescription_id", flat=True)
    assert (hers.pk in waiting, others.pk in waiting) == (True, False)
