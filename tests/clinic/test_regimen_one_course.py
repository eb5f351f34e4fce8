"""One patient, three courses, every reader: what the chart, the renewal, the reminders and the clock make of them."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from medmgmt import chart, tasks
from medmgmt.actions import messages, supply
from medmgmt.messages import due
from medmgmt.record.models import Patient, Prescription
from medmgmt.regimen import courses
from medmgmt.supply import reads, renewal_tasks, run_outs, stock
from medmgmt.supply.renewals import Renewal
from refills.models import CaregiverConsent, Reminder, SupplyState, Task
from tests import factories
from tests.clinic import saying

TODAY = date(2026, 11, 18)


class Taken(NamedTuple):
    """What Carla takes: by mouth, by injection, and what a lab guards."""

    sertraline: Prescription
    injection: Prescription
    lithium: Prescription


@pytest.fixture
def taken(far: Patient) -> Taken:
    """Sertraline raised, held, resumed, filled in full, in part, again, and counted at home, with two fills left; an
    injection a month, once late; lithium with its level taken late in the evening twenty days ago."""
    sertraline = factories.prescription(drug_name="sertraline", strength="50 mg")
    for kind, days_ago, amount in (
        ("start", 78, "50"),
        ("new_dose", 48, "100"),
        ("hold", 29, ""),
        ("resume", 24, "100"),
    ):
        saying.changed(sertraline, kind, days_ago, factories.sig(amount) if amount else None)
    saying.written(sertraline, 78, 30, quantity_meant=True)
    saying.filled(sertraline, 78, 30)
    saying.written(sertraline, 48, 30, quantity=60, refills=3, quantity_meant=True)
    noon = datetime.combine(saying.ago(48), time(12), ZoneInfo(far.time_zone))
    saying.filled(sertraline, 48, 10, 20, partial_reason="requested", handed_at=noon)
    saying.filled(sertraline, 38, 20, 40)
    saying.filled(sertraline, 13, 30, 60)
    saying.counted(sertraline, 3, 45)
    supply.report_adherence(factories.carla_user(), sertraline.pk, answer="missed_some")
    monthly = factories.sig("156", timing="every_n_days", every_days=30, route="IM")
    injection = saying.taken("paliperidone palmitate monthly", sig=monthly)
    for days_ago in (130, 100, 70, 25):
        saying.filled(injection, days_ago, 30, 1, unit="{injection}")
    lithium = saying.regular(saying.taken("lithium", amount="900"))
    saying.seen("lithium", "0.7", 20, hour=21)
    return Taken(sertraline, injection, lithium)


def plain(line: str) -> str:
    """A medication line with ordinary spaces."""
    return line.replace("\N{NO-BREAK SPACE}", " ")


def renewal(of: Prescription) -> Renewal:
    return reads.renewal(factories.adler(), of.pk)


def test_the_chart_tells_each_course_as_it_is_taken_and_how_regularly(taken: Taken) -> None:
    shown = chart.chart(factories.bo(), taken.sertraline.patient_id)
    assert [
        (one.prescription, one.state, plain(one.line), one.since, one.runs_out_on) for one in shown.medications
    ] == [
        (taken.lithium, "taking", "900 mg by mouth once daily", date(2026, 6, 1), date(2026, 11, 23)),
        (taken.injection, "taking", "156 mg into the muscle every 30 days", date(2026, 6, 1), date(2026, 11, 23)),
        (taken.sertraline, "taking", "100 mg by mouth once daily", date(2026, 10, 25), date(2026, 12, 7)),
    ]
    regularity = [one.regularity for one in shown.medications]
    assert [(one.first, one.last, one.gap_days, one.fills, one.injections, one.missed_doses) for one in regularity] == [
        (date(2026, 6, 26), TODAY, 0, 5, None, None),
        (date(2026, 7, 11), TODAY, 15, 4, (2, 3), None),
        (date(2026, 9, 1), TODAY, 5, 4, None, 2),
    ]
    assert [one.sentence for one in regularity] == [
        "Covered on 146 of 146 days (100.0 %), adherent.",
        "Covered on 116 of 131 days (88.5 %), adherent. 2 of 3 injections on time.",
        "The first fill was less than 91 days ago: no share of days yet. 5 days without supply. "
        "A count on 2026-11-15 suggests 2 missed doses. The patient said on 2026-11-18: missed some doses.",
    ]


def test_the_chart_of_any_day_tells_the_course_of_that_day(taken: Taken) -> None:
    days = (date(2026, 9, 1), date(2026, 10, 1), date(2026, 10, 20), date(2026, 10, 25))
    for day, state, line, since in (
        (date(2026, 8, 31), "not_started", "", None),
        (date(2026, 9, 30), "taking", "50 mg by mouth once daily", days[0]),
        (date(2026, 10, 1), "taking", "100 mg by mouth once daily", days[0]),
        (date(2026, 10, 20), "held", "", days[2]),
        (date(2026, 10, 25), "taking", "100 mg by mouth once daily", days[3]),
    ):
        found = chart.course(factories.bo(), taken.sertraline.pk, day=day).medication
        assert (found.state, plain(found.line), found.since) == (state, line, since)
        assert [change.effective_on for change in found.next_changes] == [change for change in days if change > day]


def test_each_fill_lasts_by_the_course_and_a_count_at_home_stands_for_all_before_it(taken: Taken) -> None:
    course = courses.Known.measured(factories.carla(), *courses.SUPPLY).course(taken.sertraline.pk)
    uncounted = stock.lasting(replace(course, counts=()))
    assert [(one.starts_on, one.run_out_on) for one in uncounted] == [
        (date(2026, 9, 1), date(2026, 10, 1)),
        (date(2026, 10, 1), date(2026, 10, 11)),
        (date(2026, 10, 11), date(2026, 11, 5)),
        (date(2026, 11, 5), date(2026, 12, 5)),
    ]
    [one] = stock.lasting(course)
    assert (one.starts_on, one.run_out_on, one.leftover) == (date(2026, 11, 15), date(2026, 12, 7), Fraction(1))
    stayed = tuple(change for change in course.changes if change.kind != "resume")
    held = stock.lasting(replace(course, changes=stayed, fills=course.fills[:3], counts=()))
    assert held[-1].run_out_on is None, "on hold nothing runs out"


def test_a_renewal_says_what_is_left_what_it_would_write_and_what_stands_in_its_way(taken: Taken) -> None:
    one = renewal(taken.sertraline)
    assert (one.today, one.runs_out_on, one.earliest.on) == (TODAY, date(2026, 12, 7), date(2026, 11, 30))
    assert [(line.fills_made, line.fills_left, line.given, line.rest) for line in one.lines] == [
        (1, 0, Fraction(30), None),
        (2, 2, Fraction(120), None),
    ]
    assert (one.fills_left, [each.code for each in one.obstacles]) == (2, ["adherence_unknown", "self_report", "left"])
    assert (one.proposed.quantity, one.proposed.unit, one.proposed.days_supply) == (Decimal(60), "{tablet}", 30)
    assert (one.proposed.refills, one.proposed.may_fill_from) == (3, None)
    injection = renewal(taken.injection)
    assert [(lab.parameter, lab.due_on, lab.overdue) for lab in injection.labs] == [
        ("Weight and BMI", date(2026, 8, 30), True)
    ]
    assert (injection.proposed.quantity, injection.proposed.unit) == (1, "{injection}")
    assert [each.code for each in injection.obstacles] == ["labs"]
    lithium = renewal(taken.lithium)
    assert (lithium.gate.pends, lithium.gate.sentence) == (False, "lithium level: next due 2026-12-28.")
    assert (lithium.gate.reach.next_due_on, lithium.gate.reach.days_with_grace) == (date(2026, 12, 28), 54)
    assert [(lab.code, lab.due_on, lab.overdue) for lab in lithium.labs if lab.code == "lithium"] == [
        ("lithium", date(2026, 12, 28), False)
    ]


def test_what_falls_due_is_told_once_a_thing_on_its_day(taken: Taken, far: Patient) -> None:
    found = due.things(far, due.wishes_of(far), saying.today())
    told = {(one.about_type, one.about_id): (one.day, tuple(step.days for step in one.steps)) for one in found}
    refill, lab = (-7, -3, -1, 0, 1, 3, 7), (-7, 0, 7)
    assert told == {
        ("prescription", str(taken.sertraline.pk)): (date(2026, 12, 7), refill),
        ("injection", str(taken.injection.pk)): (date(2026, 11, 23), (-7, -1, 0, 7)),
        ("prescription", str(taken.lithium.pk)): (date(2026, 11, 23), refill),
        ("lab", "weight"): (date(2026, 8, 30), lab),
        ("lab", "lithium"): (date(2026, 12, 28), lab),
    }


def planned(far: Patient, **of: object) -> list[tuple[date, str, set[str]]]:
    """Local day, kind, and the numbers of the prescriptions of each planned message."""
    rows = Reminder.objects.filter(patient=far, state="planned", **of).order_by("due_at", "id")
    return [(row.local_date, row.kind, set(row.items.values_list("about_id", flat=True))) for row in rows]


def test_reminders_go_at_nine_of_the_patients_morning_and_a_helper_hears_of_refills_alone(
    taken: Taken, far: Patient
) -> None:
    helper: CaregiverConsent = messages.add_caregiver(
        factories.carla_user(), far.pk, name="Mara", channel="email", address="mara@mail.example", language="es",
        covers=["refills"], starts_on=saying.today(),
    )  # fmt: skip
    first, needle, salt = (str(one.pk) for one in taken)
    mine = [one for one in planned(far, caregiver=None) if not one[1].startswith("lab")]
    assert mine == [
        (date(2026, 11, 20), "refill_3", {salt}),
        (date(2026, 11, 22), "refill_1", {needle, salt}),
        (date(2026, 11, 23), "refill_0", {needle, salt}),
        (date(2026, 11, 24), "overdue_1", {salt}),
        (date(2026, 11, 26), "overdue_3", {salt}),
        (date(2026, 11, 30), "overdue_7", {needle, salt, first}),
        (date(2026, 12, 4), "refill_3", {first}),
        (date(2026, 12, 6), "refill_1", {first}),
        (date(2026, 12, 7), "refill_0", {first}),
        (date(2026, 12, 8), "overdue_1", {first}),
        (date(2026, 12, 10), "overdue_3", {first}),
        (date(2026, 12, 14), "overdue_7", {first}),
    ]
    assert planned(far, caregiver=helper) == [(day, kind, about - {needle}) for day, kind, about in mine]
    zone = ZoneInfo(far.time_zone)
    at = [row.due_at.astimezone(zone) for row in Reminder.objects.filter(state="planned")]
    assert {(when.hour, when.minute) for when in at} == {(9, 0)}
    assert next(iter(chart.portal(factories.carla_user()).next_refills))[1].local_date == date(2026, 11, 20)


@pytest.fixture
def on(far: Patient) -> Iterator[object]:
    """Carries the clinic to nine in the morning of a day of Carla's."""
    opened = []

    def carry(day: date) -> None:
        opened.append(time_machine.travel(datetime.combine(day, time(9), ZoneInfo(far.time_zone)), tick=False))
        opened[-1].start()

    yield carry
    for one in reversed(opened):
        one.stop()


def gaps() -> dict[str, tuple[int, str]]:
    """Drug -> priority of each open gap, and its detail."""
    rows = Task.objects.filter(kind="supply_gap", state="open").order_by("id")
    return {row.detail.partition(":")[0]: (row.priority, row.detail.rpartition(" ")[2]) for row in rows}


def test_the_clock_finds_each_gap_on_its_day_by_how_soon_harm_comes(taken: Taken, on: object) -> None:
    assert callable(on)
    run_outs.refresh()
    states = {row.prescription_id: (row.lasts, row.run_out_on, row.in_sql) for row in SupplyState.objects.all()}
    assert states == {
        taken.sertraline.pk: ("runs_out", date(2026, 12, 7), False),
        taken.injection.pk: ("runs_out", date(2026, 11, 23), True),
        taken.lithium.pk: ("runs_out", date(2026, 11, 23), True),
    }
    expected: dict[str, tuple[int, str]] = {}
    at_once = {
        "paliperidone palmitate monthly": (1, "2026-11-23."),
        "lithium": (1, "2026-11-23."),
    }
    for day, new in (
        (date(2026, 11, 22), {}),
        (date(2026, 11, 23), at_once),
        (date(2026, 12, 9), {}),
        (date(2026, 12, 10), {"sertraline": (2, "2026-12-07.")}),
    ):
        on(day)
        tasks.keep_supplies()
        expected |= new
        assert gaps() == expected, day
    saying.filled(taken.lithium, 0)
    saying.counted(taken.sertraline, 0, 4)
    assert sorted(gaps()) == ["paliperidone palmitate monthly"]


def test_a_prescriber_is_asked_to_renew_ten_days_before_when_no_fill_is_left(taken: Taken, on: object) -> None:
    assert callable(on)

    def asked() -> list[str]:
        tasks.keep_supplies()
        renewal_tasks.open_renewals()
        return [row.source_id for row in Task.objects.filter(kind="renewal", closed_at=None)]

    saying.written(taken.lithium, 26)
    assert asked() == [str(taken.lithium.pk)], "five days are left of the one fill that was written"
    saying.filled(taken.sertraline, 0, confirm=True)
    saying.filled(taken.sertraline, 0, confirm=True)
    states = {one.prescription: one.fills_left for one in (renewal(taken.sertraline), renewal(taken.lithium))}
    assert states == {taken.sertraline: 1, taken.lithium: 0}
    assert timezone.now().date() != saying.today(), "the server's day is another"
