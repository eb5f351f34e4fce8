"""The histories of the demo clinic: the same at the same moment, plausible at any hour, and nobody real."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from interactions import library
from medmgmt.actions.history import PastCourse
from medmgmt.demo import histories
from medmgmt.demo.histories import DemoPatient
from medmgmt.record import dosing
from refills.messages import waking
from refills.supply import fills as supply_fills

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
PIECES = {"tablet": "{tablet}", "capsule": "{capsule}", "film": "{film}", "spray": "{spray}"}


@pytest.fixture(scope="module")
def made() -> tuple[DemoPatient, ...]:
    return histories.clinic(NOW)


def steps(course: PastCourse) -> list[dosing.Step]:
    return [
        dosing.Step(step.kind, step.effective_on, step.sig, ref=number, order=number)
        for number, step in enumerate(course.steps, start=1)
    ]


def test_the_same_moment_makes_the_same_clinic_and_a_week_later_everything_has_moved_by_a_week() -> None:
    later = histories.clinic(NOW + timedelta(days=7))
    assert histories.clinic(NOW) == histories.clinic(NOW)
    for one, moved in zip(histories.clinic(NOW), later, strict=True):
        days = [past.starts_on + timedelta(days=7) for past in one.history.enrolments]
        assert [past.starts_on for past in moved.history.enrolments] == days


def test_nobody_is_made_twice(made: tuple[DemoPatient, ...]) -> None:
    for names in (
        [one.history.patient.mrn for one in made],
        [one.history.patient.source_id for one in made],
        [(one.history.patient.given_name, one.history.patient.family_name) for one in made],
        [one.email for one in made],
        [course.source_id for one in made for course in one.history.courses],
        [fill.source_id for one in made for course in one.history.courses for fill in course.fills],
        [seen.source_id for one in made for seen in one.history.observations],
    ):
        assert len(set(names)) == len(names)


def test_every_address_is_nobodys(made: tuple[DemoPatient, ...]) -> None:
    assert all(one.email.endswith("@mail.example") for one in made)


def test_patients_differ_in_age_language_and_place(made: tuple[DemoPatient, ...]) -> None:
    people = [one.history.patient for one in made]
    assert 3 <= sum(person.language == "es" for person in people) <= 25
    assert len({person.time_zone for person in people}) >= 5
    ages = [NOW.year - person.birth_date.year for person in people]
    assert min(ages) < 25
    assert max(ages) > 64
    assert Counter(one.team for one in made)["Hillside"] >= 8


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_every_course_is_possible_and_nothing_is_dated_after_now(hour: int) -> None:
    now = NOW.replace(hour=hour)
    for one in histories.clinic(now):
        today = now.astimezone(ZoneInfo(one.history.patient.time_zone)).date()
        assert all(seen.observed_at <= now for seen in one.history.observations)
        assert all(fill.dispensed_on <= today for course in one.history.courses for fill in course.fills)
        for course in one.history.courses:
            known: list[dosing.Step] = []
            for step in steps(course):
                dosing.require_possible(known, step)
                known.append(step)
            signed = [step.at for step in course.steps]
            assert signed == sorted(signed)
            assert signed[-1] <= now


def test_an_enrolment_is_open_and_a_step_down_shares_its_day(made: tuple[DemoPatient, ...]) -> None:
    for one in made:
        assert [past.ends_on for past in one.history.enrolments][-1] is None
        days = [past.starts_on for past in one.history.enrolments][1:]
        assert [past.ends_on for past in one.history.enrolments][:-1] == days


def test_nobody_is_allergic_to_what_they_take(made: tuple[DemoPatient, ...]) -> None:
    for one in made:
        taken = {course.drug_name for course in one.history.courses}
        assert not taken & {allergy.substance for allergy in one.history.allergies}


def test_several_supplies_end_in_the_next_days(made: tuple[DemoPatient, ...]) -> None:
    left = []
    for one in made:
        today = NOW.astimezone(ZoneInfo(one.history.patient.time_zone)).date()
        for course in one.history.courses:
            fills = [supply_fills.Fill(fill.dispensed_on, fill.days_supply) for fill in course.fills]
            end = supply_fills.run_out(fills)
            if end is not None and dosing.dose_on(today, steps(course)).is_taken:
                left.append((end - today).days)
    assert min(left) >= 0
    assert 8 <= sum(days <= 7 for days in left) <= len(left) * 0.6


@pytest.mark.parametrize("hour", range(24))
def test_carla_lives_where_it_is_day_and_has_medicine_for_three_days(hour: int) -> None:
    now = NOW.replace(hour=hour)
    carla = histories.clinic(now)[0]
    zone = carla.history.patient.time_zone
    assert carla.history.patient.given_name == "Carla"
    assert waking.Waking().holds(now, zone)
    sertraline = next(course for course in carla.history.courses if course.drug_name == "sertraline")
    fills = [supply_fills.Fill(fill.dispensed_on, fill.days_supply) for fill in sertraline.fills]
    assert supply_fills.run_out(fills) == now.astimezone(ZoneInfo(zone)).date() + timedelta(days=3)


def test_what_is_dispensed_is_whole_pieces_that_last_as_long_as_it_says(made: tuple[DemoPatient, ...]) -> None:
    counted = 0
    for course in (course for one in made for course in one.history.courses):
        unit = next((unit for word, unit in PIECES.items() if word in course.form.lower()), "{dose}")
        size, _, of = course.strength.partition(" ")
        last = [step.sig for step in course.steps if step.sig and step.effective_on <= NOW.date()]
        for fill in course.fills:
            assert (fill.quantity % 1, fill.unit) == (0, unit)
        if course.fills and last[-1].unit == of:
            fill = course.fills[-1]
            wanted = last[-1].dose / Decimal(size) * last[-1].doses_per_day * fill.days_supply
            assert 0 <= fill.quantity - wanted < 1
            counted += 1
    assert counted > 50


def test_every_measurement_is_one_a_person_can_have(made: tuple[DemoPatient, ...]) -> None:
    for seen in (seen for one in made for seen in one.history.observations):
        if seen.value is not None:
            assert library.observed_at_hand().by_code[seen.code].is_usual(seen.value)


def test_levels_of_care_step_down_in_the_order_of_their_days(made: tuple[DemoPatient, ...]) -> None:
    ranks = ["partial_hospitalisation", "intensive_outpatient", "outpatient"]
    for enrolments in (one.history.enrolments for one in made):
        assert [ranks.index(past.level) for past in enrolments] == sorted(
            ranks.index(past.level) for past in enrolments
        )
        assert [past.starts_on for past in enrolments] == sorted(past.starts_on for past in enrolments)
        assert enrolments[-1].starts_on <= NOW.date()
