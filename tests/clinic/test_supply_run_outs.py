"""The run-outs kept in the table: the database says what the engine says, of what moved and of nothing else."""

import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from medmgmt import tasks
from medmgmt.record import signatures
from medmgmt.record.dosing import Sig
from medmgmt.record.models import DosageChange, Prescription
from medmgmt.regimen import courses
from medmgmt.supply import run_outs
from refills.models import Dispense, PillCount, Reminder, SupplyState, SupplyTouch
from tests import factories

pytestmark = pytest.mark.django_db
HISTORIES = 3_000
LONG_AGO = date(2025, 9, 1)
STRENGTHS = ("50 mg", "25 mg", "0.5 mg", "300 mg", "12.5 mg", "", "25 mg/5 mL", "100 ug")
SIGS = (
    {"amount": "50", "unit": "mg", "timing": "daily"},
    {"amount": "25", "unit": "mg", "timing": "BID"},
    {"amount": "37.5", "unit": "mg", "timing": "daily"},
    {"amount": "1", "unit": "{tablet}", "timing": "TID"},
    {"amount": "1.5", "unit": "{tablet}", "timing": "every_n_days", "every_days": 2},
    {"amount": "70", "unit": "mg", "timing": "weekly"},
    {"amount": "2", "unit": "mg", "timing": "every_n_days", "every_days": 3},
    {"amount": "1", "most": "2", "unit": "{tablet}", "timing": "daily", "words": "1-2 tablets"},
    {"amount": "1", "unit": "{tablet}", "timing": "daily", "weekdays": ("mon", "wed", "fri")},
    {"amount": "25", "unit": "mg", "timing": "PRN", "as_needed": True, "max_per_day": "75"},
)
UNITS = ("{tablet}", "{tablet}", "{capsule}", "mL", "mg", "{patch}", "[IU]")


def histories(count: int, seed: int) -> None:
    """So many prescriptions of all kinds, most of them one constant dose."""
    chance, carla, adler, bo = random.Random(seed), factories.carla(), factories.adler(), factories.bo()
    made = Prescription.objects.bulk_create(
        Prescription(
            patient=carla,
            drug_name="sertraline",
            strength=chance.choice(STRENGTHS),
            first_supply_days=chance.choice((None, 7, 14, 30)),
            created_by=adler,
        )
        for _ in range(count)
    )
    changes, fills, counts = [], [], []
    for one in made:
        start = LONG_AGO + timedelta(days=chance.randrange(200))
        sig = sig_of(chance)
        changes.append(step(one, "start", start, sig))
        for kind in chance.choice([[], [], [], ["new_dose"], ["hold"], ["hold", "resume"], ["stop"], ["proposed"]]):
            day = start + timedelta(days=chance.randrange(1, 120))
            told = "new_dose" if kind == "proposed" else kind
            again = sig_of(chance, regular=True) if told in ("new_dose", "resume") else None
            changes.append(step(one, told, day, again, signed=kind != "proposed"))
        for _ in range(chance.choice((0, 1, 1, 2, 3, 5, 8))):
            fills.append(fill(one, start + timedelta(days=chance.randrange(-20, 200)), chance, bo.pk))
        if chance.random() < 0.05:
            counts.append(
                PillCount(
                    patient=carla,
                    prescription=one,
                    counted_on=start + timedelta(days=chance.randrange(150)),
                    quantity=chance.randrange(0, 40),
                    unit="{tablet}",
                    counted_by=bo,
                )
            )
    DosageChange.objects.bulk_create(changes)
    Dispense.objects.bulk_create(fills)
    PillCount.objects.bulk_create(counts)


def sig_of(chance: random.Random, *, regular: bool = False) -> Sig:
    told = chance.choice(SIGS[:-1] if regular else SIGS)
    numbers = {name: Decimal(str(told[name])) for name in ("amount", "most", "max_per_day") if name in told}
    return factories.sig(**{**told, **numbers})


def step(
    of: Prescription, kind: str, on: date, sig: Sig | None, *, signed: bool = True
) -> DosageChange:  # fmt: skip
    at = factories.LONG_AGO
    settled = {"status": "signed", "signed_by": factories.adler(), "signed_at": at} if signed else {}
    return DosageChange(
        patient_id=of.patient_id,
        prescription=of,
        kind=kind,
        effective_on=on,
        reason_code="titration",
        author=factories.adler(),
        proposed_at=at,
        sig=sig,
        **settled,
    )


def fill(of: Prescription, on: date, chance: random.Random, by: int) -> Dispense:
    return Dispense(
        patient_id=of.patient_id,
        prescription=of,
        dispensed_on=on,
        quantity=Decimal(chance.choice(("7", "14", "28", "30", "45", "60", "90", "12.5", "0.333", "100.125"))),
        unit=chance.choice(UNITS),
        days_supply=chance.choice((0, 1, 7, 14, 15, 28, 30, 60, 90)),
        recorded_by_id=by,
    )


def test_the_database_says_what_the_engine_says_of_thousands_of_random_histories() -> None:
    histories(HISTORIES, seed=20261121)
    done = run_outs.refresh()
    assert done.touched == HISTORIES
    assert HISTORIES * 0.25 < done.by_engine < HISTORIES * 0.75
    kept = {row.pk: (row.lasts, row.run_out_on) for row in SupplyState.objects.all()}
    known = courses.of_prescriptions(kept, *courses.SUPPLY)
    told = {one.prescription.pk: run_outs.compute(one) for one in known}
    assert {pk: said for pk, said in told.items() if kept[pk] != said} == {}
    assert len(kept) == HISTORIES
    in_sql = Counter(SupplyState.objects.filter(in_sql=True).values_list("lasts", flat=True))
    assert in_sql["runs_out"] > 500
    assert in_sql["nothing"] > 20


def test_only_what_moved_is_computed_again_and_only_what_changed_is_planned() -> None:
    histories(50, seed=7)
    run_outs.refresh()
    SupplyState.objects.update(to_plan=False)
    assert run_outs.refresh() == run_outs.Refreshed()
    row = SupplyState.objects.filter(in_sql=True, lasts="runs_out").first()
    assert row is not None
    assert row.run_out_on is not None
    Dispense.objects.create(
        patient=row.prescription.patient,
        prescription=row.prescription,
        dispensed_on=row.run_out_on,
        quantity=10,
        unit="[IU]",
        days_supply=10,
        recorded_by=factories.bo(),
    )
    assert run_outs.refresh() == run_outs.Refreshed(touched=1, by_engine=0)
    moved = SupplyState.objects.get(to_plan=True)
    assert (moved.pk, moved.run_out_on) == (row.pk, row.run_out_on + timedelta(days=10))


@pytest.mark.parametrize("kind", ["stop", "hold", "new_dose"])
def test_a_signed_change_is_noted_by_the_database_itself_and_a_proposed_one_is_not(kind: str) -> None:
    taken = factories.taking()
    run_outs.refresh()
    proposed = factories.change(taken, kind=kind, on=date(2026, 5, 1))  # type: ignore[arg-type]
    assert not SupplyTouch.objects.exists()
    by_id, at = factories.adler().pk, timezone.now()
    proposed.sign(by_id=by_id, at=at, seal=signatures.seal_of(proposed, by_id=by_id, at=at))
    assert [touch.prescription_id for touch in SupplyTouch.objects.all()] == [taken.pk]


def test_what_changed_is_planned_once_and_a_second_run_asks_little(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    taken = factories.taking(prescription={"strength": "50 mg"})
    today = timezone.now().date()
    Dispense.objects.create(
        patient=taken.patient,
        prescription=taken,
        dispensed_on=today,
        quantity=30,
        unit="{tablet}",
        days_supply=30,
        recorded_by=factories.bo(),
    )
    tasks.keep_supplies()
    assert not SupplyState.objects.filter(to_plan=True).exists()
    assert Reminder.objects.filter(run_out_on=today + timedelta(days=30)).exists()
    with django_assert_max_num_queries(16):
        tasks.keep_supplies()
