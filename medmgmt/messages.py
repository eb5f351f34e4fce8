"""The bridge to messages: what falls due for a patient, how they want to be told of it, whom a message may reach."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import count

from django.conf import settings
from django.utils import timezone

from interactions import library
from medmgmt import adherence, labs_due, supplies
from medmgmt.record import access, dosing
from medmgmt.record.models import (
    ContactPoint,
    DosageChange,
    Observation,
    Patient,
    Prescription,
    Status,
    User,
)
from refills import bundling, consents, injections, planning, reminders
from refills.bundling import Step, Thing
from refills.models import (
    CaregiverConsent,
    Channel,
    Dispense,
    PillCount,
    Reminder,
    ReminderItem,
    ReminderKind,
    ReminderPlan,
    Unreachable,
)
from refills.rules import NoSuchRule
from refills.schedule import CLOSES, OPENS, Waking

INJECTION, LAB, TAPER, END = "injection", "lab", "dosage_change", "end_of_course"
COVERS = {"refills": (bundling.REFILL,), "injections": (INJECTION,), "tests": (LAB,), "plan": (TAPER, END)}
"""What a caregiver's consent may be for, and the things it means."""


@dataclass(frozen=True)
class Wishes:
    """How one patient is told, the clinic's numbers filled in where the patient's plan says nothing."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    channels: tuple[str, ...]
    waking: Waking
    language: str


@dataclass(frozen=True)
class Taken:
    """One prescription with everything that decides what falls due."""

    prescription: Prescription
    steps: Sequence[dosing.Step]
    changes: Sequence[DosageChange]
    recorded: Sequence[Dispense]
    counts: Sequence[PillCount]
    scopes: frozenset[str]


def replan(patient: Patient, prescription: Prescription) -> None:
    """After anything that moves what falls due of a prescription: messages and gaps; safe to repeat."""
    supplies.replan(patient, prescription)
    plan(patient, timezone.now())


def plan(patient: Patient, now: datetime) -> None:
    """The patient's messages as everything they take now asks for; safe to repeat."""
    wishes = wishes_of(patient)
    planning.plan(
        planning.Plan(
            patient_id=patient.pk,
            time_zone=patient.time_zone,
            things=things(patient, wishes, patient.today(now)),
            channels=reachable_channels(patient, wishes),
            waking=wishes.waking,
            helpers=helpers(patient, patient.today(now)),
        ),
        now,
    )


def things(patient: Patient, wishes: Wishes, today: date) -> list[Thing]:
    """Everything that falls due: supplies that run out, injections, tests, steps of a plan, ends of courses."""
    found: list[Thing] = []
    observations = list(Observation.current(patient.pk)) if (taken := taken_by(patient)) else []
    for one in taken:
        timing = adherence.timing_of(one.scopes)
        if timing is not None and one.recorded and supplies.is_wanted(one.steps, today):
            found.append(injection(one, timing, wishes))
        elif run_out := run_out_of(one, today):
            found.append(refill(one, run_out, wishes))
        found += plan_steps(one, today)
        for lab in labs_due.of_course(one.steps, one.scopes, observations, patient.time_zone, today):
            if lab.due_on is not None:
                found.append(test(lab.code, lab.due_on))
    return list({thing.name: thing for thing in found}.values())


def taken_by(patient: Patient) -> list[Taken]:
    """The patient's prescriptions that were ever signed. Three queries and one for the knowledge in use."""
    rows = Prescription.objects.filter(patient=patient).prefetch_related("changes", "dispenses", "pill_counts")
    found = []
    knowledge = library.current()
    for row in rows.order_by("pk"):
        changes = [change for change in row.changes.all() if change.status == Status.SIGNED]
        if changes:
            recorded = sorted(row.dispenses.all(), key=lambda one: (one.dispensed_on, one.pk))
            scopes = supplies.scopes_of(row, knowledge)
            steps = [change.step for change in changes]
            found.append(Taken(row, steps, changes, recorded, list(row.pill_counts.all()), scopes))
    return found


def run_out_of(one: Taken, today: date) -> date | None:
    """The first day without medicine, where somebody should have more by then; None for what is taken as needed, what
    is on hold or stopped, and a supply that lasts to a planned stop."""
    held = supplies.lasting(one.prescription, one.recorded, one.steps, one.counts)
    if not held or held[-1].as_planned or not supplies.is_wanted(one.steps, today):
        return None
    return held[-1].run_out_on


def refill(one: Taken, run_out_on: date, wishes: Wishes) -> Thing:
    """A supply that runs out; what may lead to a relapse first is told on its very day, whatever it is told with."""
    return Thing(
        about_type=bundling.REFILL,
        about_id=str(one.prescription.pk),
        day=run_out_on,
        steps=cadence(wishes),
        prescription_id=one.prescription.pk,
        early=number("bundle_days", one.scopes, 6),
        early_on_day=number("bundle_on_day_days", one.scopes, 6),
    )


def injection(one: Taken, timing: adherence.Timing, wishes: Wishes) -> Thing:
    """The next injection, counted from the last: before it is due, on the day, and at the end of its window."""
    window = injections.window(one.recorded[-1].dispensed_on, timing.interval_days, timing.early, timing.late)
    closes = (window.closes_on - window.due_on).days
    days = sorted({*(-day for day in numbers("injection_before", (7, 1, 0))), *([closes] if closes > 0 else [])})
    steps = tuple(Step(ReminderKind.INJECTION, day) for day in days)
    return Thing(INJECTION, str(one.prescription.pk), window.due_on, steps, one.prescription.pk, early=2)


def test(code: str, due_on: date) -> Thing:
    """A test that is due; it joins a message that goes anyway in the days before."""
    days = sorted({-day for day in numbers("lab_before", (7, 0))} | set(numbers("lab_overdue", (7,))))
    return Thing(LAB, code, due_on, tuple(Step(ReminderKind.LAB, day) for day in days), early=3, early_on_day=0)


def plan_steps(one: Taken, today: date) -> list[Thing]:
    """The days on which a signed course changes by itself, each told the day before; a course's end likewise."""
    found = []
    for day in dosing.days_of_change(one.steps, today):
        dose = dosing.dose_on(day, one.steps)
        ends = dose.state == "stopped"
        kind = ReminderKind.END_OF_TAPER if ends else ReminderKind.TAPER_STEP
        about = END if ends else TAPER
        found.append(Thing(about, str(one.prescription.pk), day, (Step(kind, -1),), one.prescription.pk))
    return found


def cadence(wishes: Wishes) -> tuple[Step, ...]:
    """The steps of a refill, by the days before and after that the patient or the clinic chose."""
    before = [Step(kind_before(days), -days) for days in sorted(wishes.before, reverse=True)]
    return (*before, *(Step(kind_after(days), days) for days in sorted(wishes.after)))


def kind_before(days: int) -> str:
    """What a reminder so many days before is called."""
    known = ((4, ReminderKind.SEVEN_DAYS), (2, ReminderKind.THREE_DAYS), (1, ReminderKind.ONE_DAY))
    return next((kind for least, kind in known if days >= least), ReminderKind.ON_THE_DAY)


def kind_after(days: int) -> str:
    """What a reminder so many days after is called."""
    known = ((5, ReminderKind.OVERDUE_SEVEN), (2, ReminderKind.OVERDUE_THREE))
    return next((kind for least, kind in known if days >= least), ReminderKind.OVERDUE_ONE)


def wishes_of(patient: Patient, row: ReminderPlan | None = None) -> Wishes:
    """The patient's plan over the clinic's: each blank is the clinic's."""
    row = row or ReminderPlan.objects.filter(patient=patient).first() or ReminderPlan(patient=patient)
    opens = row.quiet_until if row.quiet_until is not None else OPENS
    closes = row.quiet_from if row.quiet_from is not None else CLOSES
    hour = row.hour if row.hour is not None else settings.REMINDER_HOUR
    return Wishes(
        before=days_in(row.cadence) or numbers("remind_before", (7, 3, 1, 0)),
        after=days_in(row.overdue) or numbers("remind_overdue", (1, 3, 7)),
        channels=tuple(name for name in row.channels.split(",") if name) or tuple(Channel.values),
        waking=Waking(at=time(min(max(hour, opens), closes - 1)), opens=opens, closes=closes),
        language=row.language or patient.language,
    )


def days_in(written: str) -> tuple[int, ...]:
    """Reads "7,3,1,0"."""
    return tuple(int(part) for part in written.split(",") if part.strip().isdecimal())


def numbers(rule: str, otherwise: tuple[int, ...]) -> tuple[int, ...]:
    """The clinic's days of a cadence: rows of refill_rules.csv named rule_1, rule_2 and on; else as given."""
    found: list[int] = []
    for place in count(1):
        row = supplies.supply_rules().find(f"{rule}_{place}", frozenset({"*"}))
        if row is None:
            return tuple(found) or otherwise
        found.append(int(row.value))
    return otherwise


def number(rule: str, scopes: Iterable[str], otherwise: int) -> int:
    """A number of refill_rules.csv; else as given."""
    try:
        return supplies.supply_rules().whole(rule, frozenset(scopes))
    except NoSuchRule:
        return otherwise


def reachable_channels(patient: Patient, wishes: Wishes) -> list[str]:
    """The channels the patient may be told on now, in their order: agreed to, not taken back, not known to fail.

    Without any address at all e-mail stays, so that a person finds out and asks for one.
    """
    points = {point.channel: point for point in ContactPoint.objects.filter(patient=patient, ended_at=None)}
    if not points:
        return [Channel.EMAIL.value]
    failing = set(Unreachable.objects.filter(patient=patient, mended_at=None).values_list("channel", "address"))
    choices = consents.choices(patient.pk)
    return [
        name
        for name in wishes.channels
        if name in points
        and points[name].reachable
        and choices.get(name, True)
        and (name, points[name].address) not in failing
    ]


def helpers(patient: Patient, today: date) -> list[planning.Helper]:
    """Whom the patient wants told as well, by consent that holds today."""
    return [
        planning.Helper(
            consent_id=one.pk,
            channel=one.channel,
            covers=frozenset(about for name in one.covers.split(",") for about in COVERS.get(name, ())),
        )
        for one in consents.in_force(patient.pk, today)
    ]


def reach(reminder: Reminder) -> reminders.Reach:
    """Where a message may go at this very moment: consent, an address, and something it is still about."""
    if reminder.patient_id is None:
        return reach_of_staff(reminder)
    patient = reminder.patient
    assert patient is not None
    wishes, today = wishes_of(patient), patient.today(timezone.now())
    if reminder.caregiver_id is not None:
        return reach_of_helper(reminder, patient, wishes, today)
    contact = ContactPoint.objects.filter(patient=patient, channel=reminder.channel, ended_at=None).first()
    why = ""
    if contact is not None and not (contact.reachable and consents.choices(patient.pk).get(reminder.channel, True)):
        why = "no consent"
    elif contact is not None and is_failing(patient, contact.channel, contact.address):
        why = "unreachable"
    elif not is_about_something(reminder, today):
        why = "no longer taken"
    address = contact.address if contact else None
    return reminders.Reach(
        address, wishes.language, patient.time_zone, allowed=not why, why=why, waking=wishes.waking
    )  # fmt: skip


def reach_of_helper(reminder: Reminder, patient: Patient, wishes: Wishes, today: date) -> reminders.Reach:
    """A caregiver is told only while the patient's consent holds: asked again just before."""
    consent = CaregiverConsent.objects.get(pk=reminder.caregiver_id)
    why = ""
    if not consents.holds(consent, today):
        why = "consent withdrawn"
    elif is_failing(patient, consent.channel, consent.address):
        why = "unreachable"
    elif not is_about_something(reminder, today):
        why = "no longer taken"
    return reminders.Reach(
        consent.address, consent.language, patient.time_zone, allowed=not why, why=why, waking=wishes.waking
    )


def reach_of_staff(reminder: Reminder) -> reminders.Reach:
    """A notice to somebody who works here."""
    user = User.objects.filter(pk=reminder.recipient_id, is_active=True).first()
    return reminders.Reach(
        address=user.email or None if user else None,
        language=settings.LANGUAGE_CODE,
        time_zone=settings.TIME_ZONE,
        allowed=user is not None,
        why="" if user else "no longer works here",
    )


def patient_of(reminder: Reminder) -> Patient:
    """The patient a message is for, locked, for what is done by its link. Needs a transaction."""
    return access.patients_for_the_clock([reminder.patient_id or 0])[0]


def is_failing(patient: Patient, channel: str, address: str) -> bool:
    """Did messages come back from this address, and nobody has mended it since?"""
    return Unreachable.objects.filter(patient=patient, channel=channel, address=address, mended_at=None).exists()


def is_about_something(reminder: Reminder, today: date) -> bool:
    """Does any of its items still hold: a medicine still taken, a test still wanted?"""
    items = list(ReminderItem.objects.filter(reminder=reminder))
    numbers_of = {item.prescription_id for item in items} or {reminder.prescription_id}
    if None in numbers_of:
        return True
    rows = Prescription.objects.filter(pk__in=numbers_of).prefetch_related("changes")
    by_number = {row.pk: supplies.signed_steps(row) for row in rows}
    if any(item.kind in (ReminderKind.TAPER_STEP, ReminderKind.END_OF_TAPER) for item in items):
        return any(
            item.day in dosing.days_of_change(by_number[item.prescription_id or 0], date.min)
            for item in items
            if item.prescription_id in by_number
        )
    return any(supplies.is_wanted(steps, today) for steps in by_number.values())


def plan_all(patient_ids: Iterable[int], now: datetime) -> int:
    """Plans these patients' messages anew, each locked while it is done; how many. Needs a transaction."""
    found = access.patients_for_the_clock(patient_ids)
    for patient in found:
        plan(patient, now)
    return len(found)
