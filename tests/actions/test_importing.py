"""History taken over from another record: once, whole, audited, and never reviewed as if prescribed today."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.core.management import call_command

from interactions.models import Review
from medmgmt.actions import importing, surveying
from medmgmt.actions.history import (
    History,
    PastAllergy,
    PastCondition,
    PastCourse,
    PastEnrolment,
    PastFill,
    PastObservation,
    PastPatient,
    PastRemark,
    PastStep,
)
from medmgmt.record import access, audit
from medmgmt.record.errors import Conflict, NotAllowed, Refused
from medmgmt.record.models import AuditEntry, DosageChange, ImportRemark, Observation, Patient, Prescription
from refills.models import Dispense, Reminder
from tests import factories

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
ROSA = PastPatient("old/1", "R-1", "Rosa", "Ortega", date(1980, 5, 1), "female", "es", "America/New_York")


def step(kind: str = "start", days: int = 0, amount: str = "50", **values: object) -> PastStep:
    on = date(2026, 9, 1) + timedelta(days)
    at = datetime(2026, 9, 1, 14, 0, tzinfo=UTC) + timedelta(days)
    sig = None if kind in ("hold", "stop") else factories.sig(amount)
    return PastStep(kind, on, at, sig, **values)  # type: ignore[arg-type]


def course(*steps: PastStep, source_id: str = "rx/1", **values: object) -> PastCourse:
    return PastCourse(source_id, "sertraline", steps or (step(),), rxcui=36437, **values)  # type: ignore[arg-type]


def history(*courses: PastCourse, **values: object) -> History:
    return History(ROSA, courses=courses, **values)  # type: ignore[arg-type]


def full() -> History:
    return history(
        course(step(), step("new_dose", 30, "100")),
        conditions=(PastCondition("c/1", "Depression", "F33.1"),),
        allergies=(PastAllergy("a/1", "allergy", "penicillin", date(2001, 1, 1)),),
        observations=(PastObservation("o/1", "weight", NOW - timedelta(9), value=Decimal("71.5")),),
        enrolments=(PastEnrolment("intensive_outpatient", date(2026, 9, 1)),),
    )


def test_everything_of_a_patient_is_made_with_the_dates_it_had() -> None:
    taken = importing.take_in(factories.adler(), full(), team_id=factories.team().pk)
    assert taken.made == {
        "patients": 1,
        "conditions": 1,
        "allergies": 1,
        "observations": 1,
        "prescriptions": 1,
        "changes": 2,
        "dispenses": 0,
        "remarks": 0,
    }
    start, raised = DosageChange.objects.order_by("signed_at")
    assert (start.status, start.signed_at, start.signed_by) == ("signed", step().at, factories.adler())
    assert (start.old_sig, raised.old_sig) == (None, factories.sig("50"))
    assert access.patients_of(factories.bo()).get().family_name == "Ortega"


def test_a_second_time_nothing_is_made() -> None:
    importing.take_in(factories.adler(), full())
    entries = AuditEntry.objects.count()
    again = importing.take_in(factories.adler(), full())
    assert sum(again.made.values()) == 0
    assert (again.extended, again.differing) == (frozenset(), frozenset())
    assert AuditEntry.objects.count() == entries


def test_it_is_audited_once_with_counts_and_without_names() -> None:
    taken = importing.take_in(factories.adler(), full())
    entry = AuditEntry.objects.get(act="import_history")
    assert (entry.patient_id, entry.actor) == (taken.patient_id, factories.adler())
    assert entry.detail["changes"] == 2
    assert "sertraline" not in str(entry.detail)
    assert audit.verify() == []


def test_history_is_not_reviewed() -> None:
    importing.take_in(factories.adler(), full())
    assert Review.objects.count() == 0


def test_only_psychiatrists_and_administrators_take_history_over() -> None:
    for person in (factories.bo(), factories.pia(), factories.carla_user()):
        with pytest.raises(NotAllowed):
            importing.take_in(person, full())
    assert not Patient.objects.filter(source_id="old/1").exists()


def remarks() -> list[tuple[str, str]]:
    return list(ImportRemark.objects.values_list("source_id", "kind"))


def test_an_impossible_course_stands_on_the_chart_and_stops_no_other() -> None:
    taken = importing.take_in(factories.adler(), history(course(step("stop")), course(source_id="rx/2")))
    assert [one.source_id for one in Prescription.objects.all()] == ["rx/2"]
    assert [one.source_id for one in taken.refused] == ["rx/1"]
    assert remarks() == [("rx/1", "left_out")]


def test_a_value_nobody_can_have_stands_on_the_chart_and_stops_no_other() -> None:
    values = [
        PastObservation(f"o/{number}", "weight", NOW - timedelta(9), value=Decimal(kg))
        for number, kg in enumerate((9000, 80))
    ]
    importing.take_in(factories.adler(), history(course(), observations=tuple(values)))
    assert (Observation.objects.get().source_id, Prescription.objects.count()) == ("o/1", 1)
    assert remarks() == [("o/0", "left_out")]


def test_a_remark_is_made_once_also_after_somebody_has_read_it() -> None:
    told = history(remarks=(PastRemark("m/1", "left_out", "lithium", "It was entered in error."),))
    importing.take_in(factories.adler(), told, team_id=factories.team().pk)
    importing.dismiss_remark(factories.bo(), ImportRemark.objects.get().pk)
    importing.take_in(factories.adler(), told)
    assert ImportRemark.objects.get().dismissed_by == factories.bo()
    with pytest.raises(Conflict):
        importing.dismiss_remark(factories.bo(), ImportRemark.objects.get().pk)


def test_what_had_no_date_is_the_same_course_on_another_day() -> None:
    undated = replace(step(), is_dated=False)
    importing.take_in(factories.adler(), history(course(undated)))
    later = replace(undated, effective_on=undated.effective_on + timedelta(days=9))
    again = importing.take_in(factories.adler(), history(course(later)))
    assert (again.differing, again.made["changes"]) == (frozenset(), 0)
    assert importing.take_in(factories.adler(), history(course(replace(later, is_dated=True)))).differing == {"rx/1"}


def test_a_record_number_in_use_is_refused() -> None:
    importing.take_in(factories.adler(), full())
    other = replace(full(), patient=replace(ROSA, source_id="old/2"))
    with pytest.raises(Refused):
        importing.take_in(factories.adler(), other)


def test_a_course_that_went_on_gets_what_it_lacks_with_the_dose_before_it() -> None:
    importing.take_in(factories.adler(), history(course(step())))
    taken = importing.take_in(factories.adler(), history(course(step(), step("new_dose", 30, "100"), step("stop", 60))))
    assert (taken.made["changes"], taken.extended) == (2, {"rx/1"})
    stop = DosageChange.objects.get(kind="stop")
    assert stop.old_sig == factories.sig("100")


def test_a_course_changed_here_since_is_left_as_it_is() -> None:
    importing.take_in(factories.adler(), history(course(step())))
    mine = Prescription.objects.get()
    factories.change(mine, on=date(2026, 9, 20), kind="hold", signed_at=NOW)  # type: ignore[arg-type]
    taken = importing.take_in(factories.adler(), history(course(step(), step("new_dose", 30, "100"))))
    assert taken.differing == {"rx/1"}
    assert mine.changes.count() == 2


def test_steps_dated_at_one_instant_stay_in_their_order() -> None:
    at = step().at
    same = course(step(), replace(step("hold", 0), at=at), replace(step("resume", 0, "25"), at=at))
    importing.take_in(factories.adler(), history(same))
    kinds = DosageChange.objects.order_by("signed_at", "-id").values_list("kind", flat=True)
    assert list(kinds) == ["start", "hold", "resume"]


def test_fills_are_taken_over_and_plan_their_reminders() -> None:
    fill = PastFill("f/1", date(2026, 11, 1), Decimal(30), "{tablet}", 30)
    with time_machine.travel(NOW, tick=False):
        importing.take_in(factories.adler(), history(course(fills=(fill,))))
        again = importing.take_in(factories.adler(), history(course(fills=(fill,))))
    assert again.made["dispenses"] == 0
    assert Dispense.objects.get().days_supply == 30
    assert set(Reminder.objects.values_list("local_date", flat=True)) == {
        date(2026, 11, 24),
        date(2026, 11, 28),
        date(2026, 11, 30),
        date(2026, 12, 1),
        date(2026, 12, 2),
        date(2026, 12, 4),
        date(2026, 12, 8),
    }


def test_an_observation_keeps_its_time_and_gets_its_unit() -> None:
    importing.take_in(factories.adler(), full())
    weight = Observation.objects.get()
    assert (weight.unit, weight.loinc, weight.observed_at) == ("kg", "29463-7", NOW - timedelta(9))


def test_a_survey_counts_what_the_knowledge_says_and_changes_no_chart() -> None:
    call_command("load_knowledge", verbosity=0)
    lithium = PastCourse("rx/2", "lithium", (step(),), rxcui=6448)
    ibuprofen = PastCourse("rx/3", "ibuprofen", (step(),), rxcui=5640)
    unknown = PastCourse("rx/4", "nosuchamine", (step(),), free_text=True)
    taken = importing.take_in(factories.adler(), history(lithium, ibuprofen, unknown))
    found = surveying.survey(factories.adler(), [taken.patient_id, 999_999])
    assert (found.patients, found.medicines, found.with_pairs) == (1, 3, 1)
    assert found.findings["major"] == 1
    assert found.pairs["not_checked"] == 2
    assert found.patients_not_checked == 1
    assert Review.objects.count() == 0
    with pytest.raises(NotAllowed):
        surveying.survey(factories.bo(), [taken.patient_id])
