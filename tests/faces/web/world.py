"""Carla's chart with something of everything in it, made through the clinic's own actions wherever a person would."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.utils import timezone

from medmgmt.actions import observing, people, prescribing, side_effects, supply
from medmgmt.record.models import DosageChange, Kind, Patient, Prescription, SideEffectReport
from tests import factories as cast
from tests import shipped_knowledge


@dataclass
class World:
    """What tests of pages speak of."""

    carla: Patient
    sertraline: Prescription
    lithium: Prescription
    herbal: Prescription
    proposal: DosageChange
    report: SideEffectReport


def today() -> date:
    """Carla's calendar day."""
    return cast.carla().today(timezone.now())


def knowledge() -> None:
    """The shipped release, in use."""
    shipped_knowledge.put_into_use()


def signed(to: Prescription, kind: Kind, on: date, amount: str | None = None, **values: object) -> DosageChange:
    """A change that was signed on its day."""
    at = datetime(on.year, on.month, on.day, 15, 0, tzinfo=UTC)
    at = min(at, timezone.now() - timedelta(days=1))
    sig = cast.sig(amount, **values) if amount else None
    return cast.change(to, kind, on, sig=sig, proposed_at=at, signed_at=at)


def make() -> World:
    """The whole of it."""
    knowledge()
    adler, bo = cast.adler(), cast.bo()
    cast.pia(), cast.dorn(), cast.admin(), cast.carla_user()
    carla, now, day = cast.carla(), timezone.now(), today()
    sertraline = cast.taking(on=day - timedelta(days=240))
    signed(sertraline, Kind.NEW_DOSE, day - timedelta(days=180), "100")
    signed(sertraline, Kind.NEW_DOSE, day + timedelta(days=10), "150")
    lithium = cast.taking("lithium", 6448, "600", on=day - timedelta(days=120))
    signed(lithium, Kind.NEW_DOSE, day - timedelta(days=20), "900")
    trazodone = cast.taking("trazodone", 10737, "50", on=day - timedelta(days=90))
    signed(trazodone, Kind.HOLD, day - timedelta(days=5))
    quetiapine = cast.taking("quetiapine", 51272, "25", on=day - timedelta(days=200))
    signed(quetiapine, Kind.STOP, day - timedelta(days=60))
    herbal = cast.taking(
        "calm-down herbal tea", None, "1", on=day - timedelta(days=30), prescription={"free_text": True}
    )
    observations(bo, carla, now)
    observing.record_allergy(
        bo, carla.pk, kind="allergy", substance="penicillin", reaction="hives", severity="moderate"
    )
    observing.record_condition(adler, carla.pk, text="Recurrent depression, moderate", icd10cm="F33.1")
    fill(bo, sertraline, day - timedelta(days=25), "30", 30)
    fill(bo, lithium, day - timedelta(days=10), "90", 30)
    report = side_effects.log_side_effect(
        bo, carla.pk, term="Tremor", severity="moderate", began_on=day - timedelta(days=12), note="both hands, at rest"
    )
    side_effects.log_side_effect(
        cast.carla_user(), carla.pk, term="dry mouth", severity="mild", began_on=day - timedelta(days=3)
    )
    people.enrol(bo, carla.pk, level="outpatient", starts_on=day - timedelta(days=7))
    proposal = propose(adler, carla)
    return World(carla, sertraline, lithium, herbal, proposal.change, report)


def propose(by: "cast.User", to: Patient, drug: str = "tramadol", rxcui: int | None = 10689) -> prescribing.Proposal:
    """A proposal that has something to answer."""
    return prescribing.propose_start(
        by,
        to.pk,
        drug=prescribing.DrugChoice(name=drug, rxcui=rxcui),
        sig=cast.sig("50"),
        effective_on=to.today(timezone.now()),
        reason_code="initial_treatment",
        note="after dental surgery",
        indication="pain",
    )


def observations(by: "cast.User", of: Patient, now: datetime) -> None:
    """Weight, kidneys, smoking, two lithium levels."""
    for code, value, days in (
        ("weight", "71.5", 20),
        ("egfr", "58", 20),
        ("lithium", "0.62", 90),
        ("lithium", "1.18", 8),
    ):
        at = now - timedelta(days=days)
        observing.record_observation(by, of.pk, code=code, value=Decimal(value), observed_at=at)
    observing.record_observation(by, of.pk, code="smoking", value_code="current", observed_at=now - timedelta(days=200))


def fill(by: "cast.User", of: Prescription, on: date, quantity: str, days: int) -> None:
    """A fill."""
    supply.record_dispense(by, of.pk, dispensed_on=on, quantity=Decimal(quantity), unit="{tablet}", days_supply=days)
