"""The one short cut: what somebody has taken for a while, signed and handed out, stands in the record at once."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from interactions import library
from medmgmt.record.dosing import Sig
from medmgmt.record.models import DosageChange, Kind, Prescription, ReasonCode, Status
from medmgmt.regimen import courses, order_lines
from refills.models import Dispense
from tests.stories.people import World

MONTH, LASTS, LEFT = 30, 100, 90
"""A fill a month where the story says when they run out; else fills of a hundred days, the last of ten days ago."""


def take(world: World, said: dict[str, Any]) -> None:
    """The prescription, its signed steps and its fills."""
    columns = drug_columns(said)
    product = order_lines.product_of(str(said["product"])) if "product" in said else order_lines.Product()
    line = order_lines.understood(str(said["sig"]), replace(product, name=columns["drug_name"]))
    course = Course(world, said, line.sig)
    made = Prescription.objects.create(
        patient_id=world.patient, created_by=world.user("psychiatrist"), strength=line.product.strength,
        form=line.product.form, **columns,
    )  # fmt: skip
    course.sign(made, Kind.START, course.since, ReasonCode.INITIAL_TREATMENT)
    if course.until is not None:
        course.sign(made, Kind.STOP, course.until, str(said.get("reason", ReasonCode.PATIENT_WISH)))
    course.hand_out(made)
    courses.keep_current([world.patient])
    world.is_stale = True


def drug_columns(said: dict[str, Any]) -> dict[str, Any]:
    """The columns of a prescription, as an order would fill them."""
    name = str(said["drug"])
    known = library.resolve(name=name)
    rxcui = known.rxcui if known else None
    return {
        "drug_name": known.name if known else name,
        "rxcui": rxcui,
        "free_text": known is None,
        "indication": str(said.get("indication", "")),
    }


class Course:
    """What a story says of one medicine that is taken already, with its days worked out."""

    def __init__(self, world: World, said: dict[str, Any], sig: Sig) -> None:
        self.world, self.said, self.sig = world, said, sig
        self.since = world.clock.day(said.get("since", "today"))
        self.until = world.clock.day(said["until"]) if "until" in said else None

    def sign(self, of: Prescription, kind: Kind, on: date, reason: str) -> None:
        """One signed change; a stop follows what was taken before it."""
        prescriber, at = self.world.user("psychiatrist"), self.at(on)
        is_start = kind == Kind.START
        DosageChange.objects.create(
            patient_id=of.patient_id, prescription=of, kind=kind, status=Status.SIGNED, effective_on=on,
            reason_code=reason, old_sig=None if is_start else self.sig, author=prescriber,
            signed_by=prescriber, proposed_at=at, signed_at=at,
            sig=self.sig if is_start else None,
        )  # fmt: skip

    def hand_out(self, of: Prescription) -> None:
        """Every fill, in the unit of the sig."""
        nurse, sig = self.world.user("nurse"), self.sig
        Dispense.objects.bulk_create(
            Dispense(
                patient_id=of.patient_id, prescription=of, dispensed_on=on, days_supply=days, unit=sig.unit,
                quantity=round(sig.amount_per_day * days, 3), recorded_by=nurse, recorded_at=self.at(on),
            )
            for on, days in self.fills()
        )  # fmt: skip

    def at(self, on: date) -> datetime:
        """The morning of a day at the site, before the story's own."""
        return datetime.combine(on, time(9), tzinfo=self.world.clock.zone)

    def fills(self) -> Iterator[tuple[date, int]]:
        """Day and days of each fill, without a gap, from `since` on; of an injection one every interval."""
        if self.said.get("runs_out") == "none":
            return
        if "last_given" in self.said:
            yield from self.injections()
            return
        today = self.world.clock.today()
        if "runs_out" in self.said:
            every, out = MONTH, self.world.clock.day(self.said["runs_out"])
        else:
            every, out = LASTS, self.until or today + timedelta(days=LEFT)
        while out > self.since:
            on = min(today, max(self.since, out - timedelta(days=every)))
            yield on, (out - on).days
            out = on

    def injections(self) -> Iterator[tuple[date, int]]:
        """Backwards from the last one that was given."""
        every, on = self.sig.days if self.sig.days > 1 else MONTH, self.world.clock.day(self.said["last_given"])
        while on >= self.since:
            yield on, every
            on -= timedelta(days=every)


def quantity(number: object) -> str:
    """A quantity as the API takes it."""
    return str(Decimal(str(number)))
