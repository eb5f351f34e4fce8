"""What the engine is told of a person on a day: the signed courses, what is on record by then, and nothing else."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from interactions import library
from interactions.models import CurrentDrug
from medmgmt.actions import observing, side_effects
from medmgmt.record.models import Allergy, Condition, Patient
from medmgmt.regimen import courses as regimen_courses
from medmgmt.regimen import facts
from tests import factories
from tests.clinic import saying

pytestmark = pytest.mark.usefixtures("knowledge")


def known(day: Any = None) -> Any:
    carla = factories.carla()
    return facts.on(facts.Record.of(carla), day or saying.today(), library.current())


def drugs(of: Patient | None = None, day: Any = None) -> dict[str, Decimal | None]:
    """What is taken on the day, in milligrams a day."""
    carla = of or factories.carla()
    found = regimen_courses.on_day(carla, day or saying.today())
    return {one.name: one.mg_per_day for one in found.drugs if one.stopped_on is None}


def test_a_proposed_dose_is_taken_by_nobody_alone_or_among_many() -> None:
    made, other = saying.taken(), saying.taken(of=factories.patient("C-1002"))
    saying.proposed(made, "new_dose", sig=factories.sig("300"))
    assert drugs() == {"bupropion": 50}
    courses = regimen_courses.of_patients([made.patient_id])
    assert [len(course.changes) for course in courses[made.patient_id]] == [1]
    assert set(courses) == {made.patient_id}
    assert other.patient_id not in courses


def test_what_is_stopped_matters_to_a_screening_for_its_longest_washout_and_is_no_suspect() -> None:
    made = saying.taken("phenelzine", amount="45")
    saying.changed(made, "stop", 1)
    regimen_courses.keep_current([made.patient_id])
    assert CurrentDrug.objects.get().until == saying.ago(2) + timedelta(days=600)
    report = side_effects.log_side_effect(
        factories.bo(), made.patient_id, term="Tremor", severity="mild", began_on=saying.ago(1)
    )
    assert not report.suspects.exists()
    before = side_effects.log_side_effect(
        factories.bo(), made.patient_id, term="Tremor", severity="mild", began_on=saying.ago(2)
    )
    assert [one.prescription for one in before.suspects.all()] == [made]


def test_a_switch_is_one_for_eight_weeks() -> None:
    old, new = (
        saying.taken("risperidone", amount="4"),
        saying.taken("aripiprazole", amount="10", since=56, reason_code="cross_taper"),
    )
    saying.changed(old, "new_dose", 56, factories.sig("2"), reason_code="cross_taper")
    courses = regimen_courses.of_patient(old.patient_id)
    for days, found in ((0, True), (1, False)):
        tapers = regimen_courses.cross_tapers(courses, saying.ago(-days))
        assert bool(tapers) is found
    [taper] = regimen_courses.cross_tapers(courses, saying.today())
    assert (taper.refs, taper.since) == ({str(old.pk), str(new.pk)}, saying.ago(56))


def test_the_same_dose_written_anew_brings_nothing_up() -> None:
    made = saying.taken(sig=factories.sig("50"))
    courses = regimen_courses.of_patient(made.patient_id)
    for amount, is_new in (("50", False), ("25", False), ("75", True)):
        change = factories.change(made, kind="new_dose", on=saying.ago(-1), sig=factories.sig(amount))
        assert bool(regimen_courses.action(courses, change).refs) is is_new


# -- what is on record ------------------------------------------------------------------------------------------------
def test_what_was_measured_today_counts_today_wherever_the_patient_lives(far: Patient) -> None:
    saying.seen("potassium", "3.1", 1, hour=12)
    saying.seen("potassium", "3.9", 0, hour=0)
    assert known().potassium == Decimal("3.9")
    assert known(saying.ago(1)).potassium == Decimal("3.1")
    assert known(saying.ago(2)).potassium is None


def test_a_sodium_counts_for_ninety_days() -> None:
    saying.seen("sodium", "128", 90)
    assert known().sodium == 128
    assert known(saying.ago(-1)).sodium is None


def test_the_value_before_the_newest_is_the_earlier_one() -> None:
    for value, days_ago in (("140", 60), ("135", 30), ("129", 1)):
        saying.seen("sodium", value, days_ago)
    [lab] = [one for one in known().labs if one.value == 129]
    assert lab.earlier == 135


def test_a_diagnosis_holds_from_its_onset_until_the_day_it_ends() -> None:
    carla = factories.carla()
    Condition.objects.create(patient=carla, text="Epilepsy", onset_on=saying.ago(-2), abated_on=saying.ago(-5))
    held = [days for days in range(8) if "Epilepsy" in known(saying.ago(-days)).conditions]
    assert held == [2, 3, 4]


def test_an_allergy_holds_until_the_day_it_is_refuted() -> None:
    row: Allergy = observing.record_allergy(
        factories.bo(),
        factories.carla().pk,
        substance="lamotrigine",
        kind="allergy",
        reaction="rash",
        severity="severe",
    )
    Allergy.objects.filter(pk=row.pk).update(refuted_on=saying.ago(-2))
    held = [days for days in range(-2, 5) if known(saying.ago(-days)).allergies]
    assert held == [0, 1]


def test_a_review_is_of_the_day_it_is_made() -> None:
    made = saying.taken(since=3)
    assert drugs() == {"bupropion": 50}
    with time_machine.travel(timezone.now() - timedelta(days=4)):
        assert drugs() == {}
    assert made.patient == factories.carla()
