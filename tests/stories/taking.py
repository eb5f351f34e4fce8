"""The one short cut: what somebody has taken for a while, signed and handed out, stands in the record at once."""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from interactions import library
from medmgmt.record.dosing import Sig
from medmgmt.record.models import DosageChange, Kind, Prescription, ReasonCode, Status
from medmgmt.regimen import courses
from refills.models import Dispense
from tests.stories import sigs
from tests.stories.people import World

STRENGTH = re.compile(r"\b\d+(?:\.\d+)?(?:-\d+(?:\.\d+)?)? ?(?:mg|mcg|g|%)(?:/(?:\d+ ?)?\w+)?")
MONTH, LASTS = 30, 100
"""A fill a month where the story says when they run out; else fills of a hundred days, the last of ten days ago."""


def take(world: World, said: dict[str, Any]) -> None:
    """The prescription, its signed steps and its fills."""
    sig = Sig.from_json(sig_of(said))
    since = world.clock.day(said.get("since", "today"))
    made = Prescription.objects.create(
        patient_id=world.patient, created_by=world.user("psychiatrist"), **drug_columns(said)
    )
    step(world, made, Kind.START, since, sig, ReasonCode.INITIAL_TREATMENT)
    until = world.clock.day(said["until"]) if "until" in said else None
    if until is not None:
        step(world, made, Kind.STOP, until, None, str(said.get("reason", ReasonCode.PATIENT_WISH)))
    Dispense.objects.bulk_create(
        Dispense(
            patient_id=world.patient, prescription=made, dispensed_on=on, days_supply=days, unit=sig.unit,
            quantity=round(sig.amount_per_day * days, 3), recorded_by=world.user("nurse"), recorded_at=at(world, on),
        )
        for on, days in fills(world, said, sig, since, until)
    )  # fmt: skip
    courses.keep_current([world.patient])
    world.is_stale = True


def sig_of(said: dict[str, Any]) -> dict[str, Any]:
    """The sig of a step, by what the drug and its product are."""
    return sigs.read(str(said["sig"]), f"{said['drug']} {said.get('product', '')}")


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
        **product(said),
    }


def product(said: dict[str, Any]) -> dict[str, str]:
    """Strength and form of a product as it is named: "lithium carbonate ER 300 mg tablet"."""
    named = str(said.get("product", ""))
    found = STRENGTH.search(named)
    if found is None:
        return {}
    before, after = named[: found.start()].split(), named[found.end() :].split()
    release = [word for word in before if word.isupper() and len(word) <= 3]
    return {"strength": found[0], "form": " ".join([*release, *after])}


def step(world: World, of: Prescription, kind: Kind, on: date, sig: Sig | None, reason: str) -> None:
    """One signed change; `old_sig` is what was taken before it."""
    before = DosageChange.objects.filter(prescription=of).order_by("-effective_on", "-id").first()
    DosageChange.objects.create(
        patient_id=of.patient_id, prescription=of, kind=kind, status=Status.SIGNED, effective_on=on, reason_code=reason,
        old_sig=before.sig.as_json() if before and before.sig else None, author=world.user("psychiatrist"),
        signed_by=world.user("psychiatrist"), proposed_at=at(world, on), signed_at=at(world, on),
        **DosageChange.sig_columns(sig),
    )  # fmt: skip


def at(world: World, on: date) -> datetime:
    """The morning of a day at the site, before the story's own."""
    return datetime.combine(on, time(9), tzinfo=world.clock.zone)


def fills(world: World, said: dict[str, Any], sig: Sig, since: date, until: date | None) -> Iterator[tuple[date, int]]:
    """Day and days of each fill, without a gap, from `since` on."""
    today = world.clock.today()
    if said.get("runs_out") == "none":
        return
    if "last_given" in said:
        every, last = sig.every_days or 30, world.clock.day(said["last_given"])
        while last >= since:
            yield last, every
            last -= timedelta(days=every)
        return
    every = MONTH if "runs_out" in said else LASTS
    out = world.clock.day(said["runs_out"]) if "runs_out" in said else (until or today + timedelta(days=90))
    while out > since:
        on = max(since, out - timedelta(days=every))
        if on > today:
            on = today
        yield on, (out - on).days
        out = on


def quantity(number: object) -> str:
    """A quantity as the API takes it."""
    return str(Decimal(str(number)))
