"""The clinic made by lot: the same from the same seed, plausible at any hour, and nobody real."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from medmgmt.actions.history import PastCourse
from medmgmt.demo import generator, tables
from medmgmt.demo.generator import DemoPatient
from medmgmt.record import dosing
from refills.messages import waking
from refills.supply import fills as supply_fills

NOW = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)
TOLD = tables.read()


def clinic(seed: int = 7, now: datetime = NOW) -> tuple[DemoPatient, ...]:
    return generator.clinic(TOLD, seed=seed, now=now)


@pytest.fixture(scope="module")
def made() -> tuple[DemoPatient, ...]:
    return clinic()


def steps(course: PastCourse) -> list[dosing.Step]:
    return [
        dosing.Step(step.kind, step.effective_on, step.sig, ref=number, order=number)
        for number, step in enumerate(course.steps, start=1)
    ]


def test_the_same_seed_makes_the_same_clinic_and_another_one_another() -> None:
    assert clinic(7) == clinic(7)
    assert clinic(7) != clinic(8)


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
    assert 4 <= sum(person.language == "es" for person in people) <= 25
    assert len({person.time_zone for person in people}) >= 5
    ages = [NOW.year - person.birth_date.year for person in people]
    assert min(ages) < 25
    assert max(ages) > 64
    assert Counter(one.team for one in made)["Hillside"] >= 8


@pytest.mark.parametrize("hour", range(0, 24, 3))
@pytest.mark.parametrize("seed", [1, 2026])
def test_every_course_is_possible_and_nothing_is_dated_after_now(hour: int, seed: int) -> None:
    now = NOW.replace(hour=hour)
    for one in clinic(seed, now):
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
    carla = clinic(now=now)[0]
    zone = carla.history.patient.time_zone
    assert carla.history.patient.given_name == "Carla"
    assert waking.Waking().holds(now, zone)
    sertraline = next(course for course in carla.history.courses if course.drug_name == "sertraline")
    fills = [supply_fills.Fill(fill.dispensed_on, fill.days_supply) for fill in sertraline.fills]
    assert supply_fills.run_out(fills) == now.astimezone(ZoneInfo(zone)).date() + timedelta(days=3)


def test_what_is_dispensed_is_whole_pieces_of_the_product() -> None:
    def sig(amount: str, **values: object) -> dosing.Sig:
        return dosing.Sig(**{"unit": "mg", "route": "PO", "timing": "daily", "amount": Decimal(amount), **values})  # type: ignore[arg-type]

    assert generator.dispensed(sig("150"), "50 mg", "Oral Tablet", 30) == (90, "{tablet}")
    assert generator.dispensed(sig("7.5"), "15 mg", "Oral Tablet", 30) == (15, "{tablet}")
    assert generator.dispensed(sig("0.75"), "0.5 mg", "Oral Tablet", 30) == (45, "{tablet}")
    assert generator.dispensed(sig("16", route="SL"), "8 mg", "Sublingual Film", 7) == (14, "{film}")
    assert generator.dispensed(sig("100"), "100 mg/mL", "Oral Solution", 30) == (30, "{dose}")
