"""The bridge to labs that a supply depends on: where a prescription stands, and the release that covers it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from interactions import library
from interactions.engine.care_tables import CareTables
from medmgmt.record import dosing, part2
from medmgmt.record.models import Condition, Observation, Prescription
from medmgmt.regimen import courses
from medmgmt.regimen import scopes as regimen_scopes
from refills import site
from refills.models import GateRelease
from refills.supply import lab_gates
from refills.supply.controlled import Reason, Refusal
from refills.supply.lab_gates import Gate, Interval, Missing, Needed, Reach, Release, Result, State


@lru_cache(maxsize=4)
def all_needed(care: CareTables) -> tuple[Needed, ...]:
    """Every lab that a supply depends on by the release in use; worked out once a release."""
    return tuple(
        Needed(
            drug=one.drug,
            code=one.code,
            label=one.label,
            intervals=tuple(Interval(*span) for span in one.spans),
            lowest=one.lowest,
            grace_days=one.grace_days,
            condition=one.condition,
            source=one.source,
        )
        for one in care.gates
    )


@dataclass(frozen=True)
class GateStanding:
    """Where one supply stands by its lab: what is needed, what is missing, the latest result, how far it reaches."""

    needed: Needed
    gate: Gate
    latest: Result | None
    reach: Reach | None
    call: str = ""
    """In place of why it waits, whom to call about it: it rests on what is hidden."""

    @property
    def pends(self) -> bool:
        """Does it wait for a person?"""
        return self.gate.state == State.PENDS or self.call != ""

    @property
    def closes_on(self) -> str:
        """What closes a task about it."""
        return f"observation:{self.needed.code}"

    @property
    def sentence(self) -> str:
        """What is missing, or until when the latest result reaches; in words for a clinician."""
        if self.call:
            return self.call
        values = {
            "lab": self.needed.label,
            "day": self.gate.since,
            "next": self.reach.next_due_on if self.reach else "",
        }
        words = {
            None: _("%(lab)s: next due %(next)s."),
            Missing.NEVER_TAKEN: _("%(lab)s: none is on record."),
            Missing.OVERDUE: _("%(lab)s: was due on %(day)s."),
            Missing.TOO_LOW: _("%(lab)s: too low on %(day)s."),
        }[self.gate.missing]
        told = words % values
        if self.gate.release is None:
            return told
        more = _("Released by %(who)s until %(until)s: %(why)s")
        return f"{told} " + more % {
            "who": self.gate.release.by,
            "until": self.gate.release.until,
            "why": self.gate.release.why,
        }

    @property
    def refusal(self) -> Refusal:
        """The rule that stands in the way while it pends."""
        return Refusal(Reason.LAB_PENDS, day=self.gate.since, source=self.needed.source, what=self.sentence.rstrip("."))


@dataclass(frozen=True)
class Known:
    """What is on record of one patient that a gate may ask for, and the gates in use; fetched once for many."""

    care: CareTables
    zone: str
    observations: tuple[Observation, ...]
    conditions: tuple[str, ...]
    releases: tuple[GateRelease, ...]


def standing(
    prescription: Prescription, steps: Sequence[dosing.Step], day: date, scopes: Collection[str], known: Known
) -> GateStanding | None:
    """Where the supply stands on a day by what is known; None where it depends on no lab then."""
    needed = lab_gates.for_person(all_needed(known.care), scopes, known.conditions)
    since = dosing.taken_since(steps, day)
    if needed is None or since is None:
        return None
    interval = lab_gates.interval_on((day - since).days, needed.intervals)
    if interval is None:
        return None
    zone = ZoneInfo(known.zone)
    results = [
        Result(one.observed_at.astimezone(zone).date(), one.value)
        for one in known.observations
        if one.code == needed.code and one.value is not None
    ]
    by_then = [one for one in results if one.on <= day]
    latest = max(by_then, key=lambda one: one.on, default=None)
    found = lab_gates.gate(
        latest,
        interval,
        day,
        grace_days=needed.grace_days,
        lowest=needed.lowest,
        release=release_for(known, prescription.pk, needed.code, latest),
    )
    reach = lab_gates.reach(latest.on, interval, needed.grace_days, day) if latest else None
    return GateStanding(needed, found, latest, reach)


def masked(shown: GateStanding | None, whole: GateStanding | None, hides: part2.Mask) -> GateStanding | None:
    """Where it stands by what may be seen; it waits, without a word of why, where only the whole record says so."""
    if shown is None or whole is None or shown.pends or not whole.pends:
        return shown
    return replace(shown, call=hides.sentence)


def release_for(known: Known, prescription_id: int, code: str, latest: Result | None) -> Release | None:
    """The newest release of this supply. A result of a later day of the patient's speaks for itself: the release was
    for the old."""
    mine = [one for one in known.releases if (one.prescription_id, one.code) == (prescription_id, code)]
    newest = max(mine, key=lambda one: (one.released_at, one.pk), default=None)
    if newest is None:
        return None
    released_on = newest.released_at.astimezone(ZoneInfo(known.zone)).date()
    if latest is not None and latest.on > released_on:
        return None
    by = newest.released_by
    return Release(by=by.get_full_name() or by.get_username(), why=newest.why, until=newest.until)


def seen(known: Known, hides: part2.Mask) -> Known:
    """The same without results that are hidden."""
    return replace(known, observations=tuple(hides.seen(known.observations)))


def known_of(prescription: Prescription, care: CareTables) -> Known:
    """What is on record of its patient; three queries."""
    codes = {one.code for one in all_needed(care)}
    patient = prescription.patient
    found = Observation.current(patient.pk).filter(code__in=codes, value__isnull=False).order_by("-observed_at")
    conditions = Condition.objects.filter(patient=patient, abated_on=None).values_list("text", flat=True)
    releases = GateRelease.objects.filter(prescription=prescription).select_related("released_by")
    return Known(care, patient.time_zone, tuple(found[:100]), tuple(conditions), tuple(releases))


def gate_of(
    prescription: Prescription, day: date, hides: part2.Mask, *, steps: Sequence[dosing.Step] | None = None
) -> GateStanding | None:
    """The same for one prescription, looked up, as far as whoever is told may see it."""
    knowledge = library.current()
    care, scopes = knowledge.formulary.care, regimen_scopes.scopes_of(prescription, knowledge)
    if not any(f"drug:{one.drug}" in scopes for one in all_needed(care)):
        return None
    course = courses.of_prescription(prescription).steps if steps is None else steps
    known = known_of(prescription, care)
    whole = standing(prescription, course, day, scopes, known)
    return masked(standing(prescription, course, day, scopes, seen(known, hides)), whole, hides) if hides else whole


def longest_release(prescription: Prescription, day: date) -> date:
    """The last day on which a release made on `day` may still hold."""
    most = site.supply_rules().whole("gate_release_days_max", regimen_scopes.scopes_of(prescription))
    return day + timedelta(days=most)
