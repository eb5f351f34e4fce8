"""The bridge to refills: what of a prescription is left, whom a message may reach; rows turned into plain values."""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import library
from interactions.engine.catalogue import CatalogueDrug
from interactions.engine.knowledge import Knowledge
from medmgmt.record import dosing
from medmgmt.record.models import (
    Patient,
    Prescription,
    Role,
    Status,
)
from refills import case_findings, dispensing, rules, supply, worklist
from refills.models import LIVE, Dispense, PillCount, Task, TaskKind
from refills.rules import Rules
from refills.supply import Batch, Lasting, Plan, Use

STRENGTH = re.compile(r"^\s*(\d+(?:\.\d+)?)\s*(mg|mcg|ug|g)\s*$", re.IGNORECASE)
MG_IN = {"mg": Fraction(1), "g": Fraction(1000), "ug": Fraction(1, 1000), "mcg": Fraction(1, 1000)}
COUNTED = ("{tablet}", "{capsule}", "{film}", "{patch}", "{lozenge}", "{suppository}", "{injection}", "{piece}")
GAP = "gap|"
"""How the key of a gap's task begins; the prescription and the run-out date follow."""
GAPS_SEEN_FOR = timedelta(days=60)
"""A supply that ended longer ago is history that nobody kept up, such as that taken over from elsewhere."""


def supply_rules() -> Rules:
    """The numbers that hold here: the federal rows and the clinic's, those of its states, and those of its own table.

    Of several rows for one thing the strictest counts, so that no table loosens another.
    """
    return rules_of(tuple(settings.SUPPLY_STATES), str(settings.SUPPLY_RULES))


@lru_cache(maxsize=8)
def rules_of(states: tuple[str, ...], own: str) -> Rules:
    """The same for given states and a table of the site's own; read once a process."""
    shipped = settings.BASE_DIR / "data"
    found = rules.load(shipped / "refill_rules.csv").tightened_by(rules.load(shipped / "state_refill_rules.csv").rows)
    found = found.tightened_by(rules.load(Path(own)).rows) if own else found
    return found.within({"US", "site", *states})


@cache
def shipped_with() -> dict[str, str]:
    """Which release the shipped table of supply rules belongs to: its name, version and date."""
    told = json.loads((settings.BASE_DIR / "data" / "release.json").read_text(encoding="utf-8"))
    return {"release": "supply rules", "version": str(told["version"]), "date": str(told["released_on"])}


def replan(patient: Patient, prescription: Prescription) -> None:
    """Looks for a gap after anything that moves a run-out date; safe to repeat."""
    now = timezone.now()
    steps = signed_steps(prescription)
    recorded = list(Dispense.objects.filter(prescription=prescription).order_by("dispensed_on", "id"))
    held = lasting(prescription, recorded, steps, list(PillCount.objects.filter(prescription=prescription)))
    out_on = held[-1].run_out_on if held else None
    without = days_without(patient, prescription, out_on, steps)
    if out_on is not None and without is not None:
        # Found out late: the clock may have nothing to find it by, so the task opens now and is due when it matters.
        wait = supply_rules().whole("gap_task_days", scopes_of(prescription)) - without
        open_gap_task(patient, prescription, out_on, now + timedelta(days=max(1, wait)))


def signed_steps(prescription: Prescription) -> list[dosing.Step]:
    """The signed course of one prescription."""
    return [change.step for change in prescription.changes.filter(status=Status.SIGNED)]


def run_out_on(
    prescription: Prescription,
    recorded: Sequence[Dispense],
    steps: Sequence[dosing.Step],
    counts: Sequence[PillCount] = (),
) -> date | None:
    """The first day without medicine, all stock used as planned; None for no stock, or while it is on hold."""
    held = lasting(prescription, recorded, steps, counts)
    return held[-1].run_out_on if held else None


def lasting(
    prescription: Prescription,
    recorded: Sequence[Dispense],
    steps: Sequence[dosing.Step],
    counts: Sequence[PillCount] = (),
) -> list[Lasting]:
    """How long each fill lasts when it is used by the signed course; before the first dispense, the supply ordered
    with the start, as if filled that day. A count of what is at home stands for all that was handed out before it."""
    starts = [step.effective_on for step in steps if step.kind == "start"]
    if recorded or not starts or not prescription.first_supply_days:
        batches = [batch(row, prescription, steps) for row in recorded]
        return supply.follow(since_count(batches, prescription, steps, counts))
    first = max(starts)
    days = Fraction(prescription.first_supply_days)
    return supply.follow([Batch(first, days, in_days(steps, first))])


def since_count(
    batches: list[Batch], prescription: Prescription, steps: Sequence[dosing.Step], counts: Sequence[PillCount]
) -> list[Batch]:
    """The batches with the newest count in place of what came before it, where its units tell the dose."""
    newest = max(counts, key=lambda one: (one.counted_on, one.pk), default=None)
    plan = in_units(steps, prescription.strength, newest.unit, newest.counted_on) if newest else None
    if newest is None or plan is None or not plan.uses:
        return batches
    return supply.counted(batches, newest.counted_on, Fraction(newest.quantity), plan)


def batch(row: Dispense, prescription: Prescription, steps: Sequence[dosing.Step]) -> Batch:
    """A fill with what it is used by: in its own units where a dose is known in them and fits the days' supply that
    was stated; else in days as directed, which only holds, stops and the start move."""
    by_units = in_units(steps, prescription.strength, row.unit, row.dispensed_on)
    if by_units is not None and fits(row, prescription, steps, by_units):
        return Batch(row.dispensed_on, Fraction(row.quantity), by_units)
    return Batch(row.dispensed_on, Fraction(row.days_supply), in_days(steps, row.dispensed_on))


def quantity_fits(row: Dispense) -> bool:
    """Does a fill last as long as it says? Yes where a dose cannot be told in its units."""
    steps = signed_steps(row.prescription)
    plan = in_units(steps, row.prescription.strength, row.unit, row.dispensed_on)
    return plan is None or not plan.uses or fits(row, row.prescription, steps, plan)


def fits(row: Dispense, prescription: Prescription, steps: Sequence[dosing.Step], plan: Plan) -> bool:
    """Does the quantity last as long as stated, by the course as it stood at any signature, or by the dose of that day?

    If not, somebody knew something that we do not, and the stated days count.
    """
    tolerance = supply_rules().whole("quantity_tolerance_days", rules.scopes())
    on_the_day = next((use for use in plan.uses if use.units and use.since >= row.dispensed_on), None)
    on_the_day = (None if plan.is_paused(row.dispensed_on) else plan.on(row.dispensed_on)) or on_the_day
    by_signature = sorted(steps, key=lambda step: step.order)
    tried = [Plan((on_the_day,)), plan] if on_the_day else [plan]
    for known in range(1, len(by_signature)):
        earlier = in_units(by_signature[:known], prescription.strength, row.unit, row.dispensed_on)
        tried += [earlier] if earlier else []
    return any(
        dispensing.compare(
            row.quantity, row.days_supply, row.dispensed_on, one, tolerance_days=tolerance
        ).agrees
        for one in tried
    )  # fmt: skip


def in_units(steps: Sequence[dosing.Step], strength: str, unit: str, first_fill: date) -> Plan | None:
    """The course as units of the dispensed kind; None where a dose cannot be told in them."""
    uses = []
    for day, dose in courses_days(steps, first_fill):
        use = Use(day, Fraction(0)) if dose.sig is None else use_of(day, dose.sig, strength, unit)
        if use is None:
            return None
        uses.append(use)
    return Plan(tuple(uses), ends_on=end_of(steps))


def in_days(steps: Sequence[dosing.Step], first_fill: date) -> Plan:
    """The course as days as directed: one a day while it is taken."""
    uses = [Use(day, Fraction(1 if dose.is_taken else 0)) for day, dose in courses_days(steps, first_fill)]
    return Plan(tuple(uses), ends_on=end_of(steps))


def courses_days(steps: Sequence[dosing.Step], first_fill: date) -> list[tuple[date, dosing.Dose]]:
    """Each day from which something else is taken, with what that is.

    What was filled before the first step was taken before it too: a course that began elsewhere is written down late,
    and a reminder that comes early does less harm than one that comes late.
    """
    days = [(day, dosing.dose_on(day, steps)) for day in dosing.days_of_change(steps, date.min)]
    if days and first_fill < days[0][0] and days[0][1].is_taken:
        days[0] = (first_fill, days[0][1])
    return days


def end_of(steps: Sequence[dosing.Step]) -> date | None:
    """The first day without the medicine if the course ends with a stop."""
    days = dosing.days_of_change(steps, date.min)
    return days[-1] if days and dosing.dose_on(days[-1], steps).state == "stopped" else None


def use_of(day: date, sig: dosing.Sig, strength: str, unit: str) -> Use | None:
    """A sig in dispensed units; as needed, the most that may be taken; None where the units say nothing of the dose."""
    each = units_in(sig.max_per_day or sig.amount, sig.unit, strength, unit)
    timing = dosing.TIMINGS[sig.timing]
    if each is None or not sig.is_complete:
        return None
    if sig.max_per_day is not None:
        return Use(day, each)
    if sig.every_days:
        return Use(day, each, Fraction(sig.every_days))
    if timing.days == 1:
        return Use(day, each * Fraction(timing.doses))
    return Use(day, each, Fraction(timing.days or 1) / Fraction(timing.doses))


def units_in(amount: Decimal, unit: str, strength: str, dispensed: str) -> Fraction | None:
    """Dispensed units in an amount: the same unit, or countable pieces of one plain strength such as "25 mg"."""
    if unit == dispensed:
        return Fraction(amount)
    written = STRENGTH.match(strength)
    if dispensed not in COUNTED or unit not in MG_IN or written is None:
        return None
    piece = Fraction(written[1]) * MG_IN[written[2].lower()]
    return Fraction(amount) * MG_IN[unit] / piece if piece else None


def days_without(
    patient: Patient, prescription: Prescription, out_on: date | None, steps: Sequence[dosing.Step]
) -> int | None:  # fmt: skip
    """Days that somebody has been without a medicine they should take, 0 on the day it runs out; None where there is
    no gap. Tasks whose reason a fill, a hold or a stop has taken away are closed."""
    today = patient.today(timezone.now())
    sig = dosing.dose_on(today, steps).sig
    wanted = out_on is not None and sig is not None and not sig.as_needed
    without = (today - out_on).days if out_on is not None and wanted else -1
    live = Task.objects.filter(key__startswith=f"{GAP}{prescription.pk}|", state__in=LIVE)
    for task in live if without < 0 else live.exclude(key=f"{GAP}{prescription.pk}|{out_on}"):
        worklist.cancel_by_key(task.key, _("The supply no longer has this gap."))
    return without if 0 <= without <= GAPS_SEEN_FOR.days else None


def open_gap_task(patient: Patient, prescription: Prescription, out_on: date, due_at: datetime | None = None) -> None:
    """A nurse's task, one for a run-out; more urgent where a relapse comes sooner, and due by its service level unless
    told otherwise."""
    worklist.open_task(
        kind=TaskKind.SUPPLY_GAP,
        key=f"{GAP}{prescription.pk}|{out_on}",
        patient_id=patient.pk,
        role=Role.NURSE,
        priority=supply_rules().whole("gap_task_priority", scopes_of(prescription)),
        due_at=due_at,
        stop_tier=stop_tier(prescription),
        source=("prescription", prescription.pk),
        title=_("A supply has run out and no fill is recorded: please contact the patient."),
        detail=_("%(drug)s: without supply since %(day)s.") % {"drug": prescription.drug_name, "day": out_on},
    )


def stop_tier(prescription: Prescription) -> int:
    """How soon harm comes when it stops: 1 at once, 2 within three days, 3 later; by when a gap is a task."""
    days = supply_rules().number("gap_task_days", scopes_of(prescription))
    return 1 if days == 0 else 2 if days <= 3 else 3


def scopes_of(prescription: Prescription, among: Knowledge | None = None) -> frozenset[str]:
    """What the supply rules may say of this drug: its schedule, its sets and classes in the active knowledge.

    Each call without `among` asks the database which knowledge is in use: give it for many at once.
    """
    knowledge = among or library.current()
    return scopes_for(drug_named(prescription.drug_name, prescription.rxcui, knowledge), among=knowledge)


def drug_named(name: str, rxcui: int | None = None, among: Knowledge | None = None) -> CatalogueDrug | None:
    """The drug in the knowledge; None where no release knows it."""
    knowledge = among or library.current()
    resolved = library.resolve(name=name, rxcui=rxcui, among=knowledge)
    return knowledge.catalogue.drugs[resolved.key] if resolved else None


def scopes_for(
    drug: CatalogueDrug | None, schedule: str = "", *, among: Knowledge | None = None
) -> frozenset[str]:  # fmt: skip
    """The scopes of a drug of the catalogue; a schedule that is told counts beside its own, the stricter wins."""
    if drug is None:
        return rules.scopes(schedule)
    named = (among or library.current()).sets
    sets = {f"set:{name}" for name, members in named.items() if drug.key in members}
    classes = {f"class:{name}" for name in ("antiseizure", "antidepressant") if name in drug.drug_class.lower()}
    classes |= {"class:long-acting injection"} if drug.is_long_acting else set()
    own = rules.scopes(drug.attributes.get("dea_schedule", ""), {f"drug:{drug.key}", *sets, *classes})
    return own | rules.scopes(schedule)


def refill_answer(case: Mapping[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """What the supply rules add to the answer to a case told as JSON: findings, each with a card of its own."""
    proposed, told = case.get("proposed") or {}, case.get("refill") or {}
    name = str(proposed.get("drug") or "")
    drug = drug_named(name)
    schedule = str(told.get("schedule") or (drug.attributes.get("dea_schedule", "") if drug else ""))
    found = case_findings.of_case(case, schedule, supply_rules(), scopes_for(drug, schedule))
    drugs = [drug.name if drug else name]
    findings, cards, shipped = [], [], shipped_with()
    for place, one in enumerate(found, start=1):
        shared = {"severity": one.severity, "problem": one.problem, "drugs": drugs, "summary": one.summary}
        source = shipped | {"severity": one.severity, "rule": one.problem, "citation": one.source}
        findings.append(
            shared
            | {"type": "refill", "mechanism": "", "management": one.management, "onset": ""}
            | {"sources": [source], "release": f"{shipped['release']} {shipped['version']}", "card": f"refill-{place}"}
        )
        cards.append(shared | {"card": f"refill-{place}", "interruptive": one.severity == case_findings.MAJOR})
    return {"findings": findings, "cards": cards}


def is_wanted(steps: Sequence[dosing.Step], today: date) -> bool:
    """Whether a reminder makes sense: taken by the clock now or soon; not held, stopped, or taken only as needed."""
    days = [today, *dosing.days_of_change(steps, today)]
    sigs = [dosing.dose_on(day, steps).sig for day in days]
    return any(sig is not None and not sig.as_needed for sig in sigs)
