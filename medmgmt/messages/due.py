"""What falls due for a patient: supplies that run out, injections, tests, steps of a plan, ends of courses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from interactions import library
from interactions.engine.care_tables import Injection
from interactions.engine.knowledge import Knowledge
from medmgmt.monitoring import due
from medmgmt.record import dosing
from medmgmt.record.models import Observation, Patient, Prescription, Status
from medmgmt.regimen import scopes as regimen_scopes
from medmgmt.supply import adherence, stock
from refills import site
from refills.messages import bundling
from refills.messages.bundling import Step, Thing
from refills.messages.waking import CLOSES, OPENS, Waking
from refills.models import Channel, Dispense, PillCount, ReminderKind, ReminderPlan, RenewalDecision
from refills.supply import injections

INJECTION, LAB, TAPER, END, ANSWER = "injection", "lab", "dosage_change", "end_of_course", "renewal_answer"


@dataclass(frozen=True)
class Taken:
    """One prescription with everything that decides what falls due."""

    prescription: Prescription
    steps: Sequence[dosing.Step]
    recorded: Sequence[Dispense]
    counts: Sequence[PillCount]
    scopes: frozenset[str]


@dataclass(frozen=True)
class Wishes:
    """How one patient is told, the clinic's numbers filled in where the patient's plan says nothing."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    channels: tuple[str, ...]
    waking: Waking
    language: str


def things(patient: Patient, wishes: Wishes, today: date) -> list[Thing]:
    """Everything that falls due: supplies that run out, injections, tests, steps of a plan, ends of courses."""
    found: list[Thing] = []
    knowledge = library.current()
    care = knowledge.formulary.care
    observations = list(Observation.current(patient.pk)) if (taken := taken_by(patient, knowledge)) else []
    for one in taken:
        timing = adherence.timing_of(care, one.scopes)
        if timing is not None and one.recorded and stock.is_wanted(one.steps, today):
            found.append(injection(one, timing, wishes))
        elif run_out := run_out_of(one, today):
            found.append(refill(one, run_out, wishes))
        found += plan_steps(one, today)
        for lab in due.of_course(care, one.steps, one.scopes, observations, patient.time_zone, today):
            if lab.due_on is not None:
                found.append(test(lab.code, lab.due_on))
    found += answers(patient, today)
    return list({thing.name: thing for thing in found}.values())


def answers(patient: Patient, today: date) -> list[Thing]:
    """Answers to requests for a refill, told once on the morning after; what they say is in the portal alone."""
    zone = ZoneInfo(patient.time_zone)
    since = datetime.combine(today - site.days("answers_told_days"), time.min, zone)
    rows = RenewalDecision.objects.filter(patient=patient, decided_at__gte=since)
    days = {(row.prescription_id, row.decided_at.astimezone(zone).date() + timedelta(days=1)) for row in rows}
    step = (Step(ReminderKind.ON_THE_DAY, 0),)
    return [Thing(ANSWER, str(number), day, step) for number, day in sorted(days)]


def taken_by(patient: Patient, knowledge: Knowledge) -> list[Taken]:
    """The patient's prescriptions that were ever signed. Four queries."""
    rows = Prescription.objects.filter(patient=patient).prefetch_related("changes", "dispenses", "pill_counts")
    found = []
    for row in rows.order_by("pk"):
        changes = [change for change in row.changes.all() if change.status == Status.SIGNED]
        if changes:
            recorded = sorted(row.dispenses.all(), key=lambda one: (one.dispensed_on, one.pk))
            scopes = regimen_scopes.scopes_of(row, knowledge)
            steps = [change.step for change in changes]
            found.append(Taken(row, steps, recorded, list(row.pill_counts.all()), scopes))
    return found


def run_out_of(one: Taken, today: date) -> date | None:
    """The first day without medicine, where somebody should have more by then; None for what is taken as needed, what
    is on hold or stopped, and a supply that lasts to a planned stop."""
    held = stock.lasting(one.prescription, one.recorded, one.steps, one.counts)
    if not held or held[-1].as_planned or not stock.is_wanted(one.steps, today):
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
        early=site.whole("bundle_days", one.scopes),
        early_on_day=site.whole("bundle_on_day_days", one.scopes),
    )


def injection(one: Taken, timing: Injection, wishes: Wishes) -> Thing:
    """The next injection, counted from the last: before it is due, on the day, and at the end of its window."""
    window = injections.window(one.recorded[-1].dispensed_on, timing.interval_days, timing.early, timing.late)
    closes = (window.closes_on - window.due_on).days
    days = sorted({*(-day for day in site.cadence("injection_before")), *([closes] if closes > 0 else [])})
    steps = tuple(Step(ReminderKind.INJECTION, day) for day in days)
    early = site.whole("bundle_injection_days")
    return Thing(INJECTION, str(one.prescription.pk), window.due_on, steps, one.prescription.pk, early=early)


def test(code: str, due_on: date) -> Thing:
    """A test that is due; it joins a message that goes anyway in the days before."""
    days = sorted({-day for day in site.cadence("lab_before")} | set(site.cadence("lab_overdue")))
    steps = tuple(Step(ReminderKind.LAB, day) for day in days)
    return Thing(LAB, code, due_on, steps, early=site.whole("bundle_lab_days"), early_on_day=0)


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


def wishes_of(patient: Patient, row: ReminderPlan | None = None) -> Wishes:
    """The patient's plan over the clinic's: each blank is the clinic's."""
    row = row or ReminderPlan.objects.filter(patient=patient).first() or ReminderPlan(patient=patient)
    opens = row.quiet_until if row.quiet_until is not None else OPENS
    closes = row.quiet_from if row.quiet_from is not None else CLOSES
    hour = row.hour if row.hour is not None else settings.REMINDER_HOUR
    return Wishes(
        before=days_in(row.cadence) or site.cadence("remind_before"),
        after=days_in(row.overdue) or site.cadence("remind_overdue"),
        channels=tuple(name for name in row.channels.split(",") if name) or tuple(Channel.values),
        waking=Waking(at=time(min(max(hour, opens), closes - 1)), opens=opens, closes=closes),
        language=row.language or patient.language,
    )


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


def days_in(written: str) -> tuple[int, ...]:
    """Reads "7,3,1,0"."""
    return tuple(int(part) for part in written.split(",") if part.strip().isdecimal())
