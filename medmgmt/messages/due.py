"""What falls due for a patient: supplies that run out, injections, tests, steps of a plan, ends of courses."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, time

from django.conf import settings

from medmgmt.monitoring import due
from medmgmt.record.models import Patient
from medmgmt.regimen import courses
from medmgmt.regimen import scopes as regimen_scopes
from medmgmt.regimen.courses import Course, Known
from medmgmt.supply import adherence, renewals, stock
from refills import site
from refills.messages import bundling
from refills.messages.bundling import Step, Thing
from refills.messages.waking import CLOSES, OPENS, Waking
from refills.models import Channel, ReminderKind, ReminderPlan
from refills.supply.injections import Window

INJECTION, LAB, TAPER, END, ANSWER = "injection", "lab", "dosage_change", "end_of_course", "renewal_answer"


@dataclass(frozen=True)
class Wishes:
    """How one patient is told, the clinic's numbers filled in where the patient's plan says nothing."""

    before: tuple[int, ...]
    after: tuple[int, ...]
    channels: tuple[str, ...]
    waking: Waking
    language: str


def things(patient: Patient, wishes: Wishes, today: date, known: Known | None = None) -> list[Thing]:
    """Everything that falls due, as each subject says it, with the days on which it is told: supplies that run out,
    injections, tests, steps of a plan, ends of courses, answers. `known` are the patient's courses with their supply
    where somebody has them at hand."""
    taken, found = known or Known.measured(patient, *courses.SUPPLY), list[Thing]()
    care = taken.person.knowledge.formulary.care
    for one in taken.courses:
        scopes = regimen_scopes.scopes_of(one.prescription, taken.person.knowledge)
        timing = adherence.timing_of(care, scopes)
        if timing is not None and (window := adherence.injection_due(one, today, timing)):
            found.append(injection(one, window))
        elif run_out := stock.due(one, today):
            found.append(refill(one, run_out, scopes, wishes))
        found += [plan_step(one, step) for step in courses.steps_due(one, today)]
        for lab in due.of_course(care, one.steps, scopes, taken.person.record.observations, patient.time_zone, today):
            if lab.due_on is not None:
                found.append(test(lab.code, lab.due_on))
    found += [answer(number, day) for number, day in renewals.answers_due(patient, today)]
    return list({thing.name: thing for thing in found}.values())


def answer(prescription_id: int, day: date) -> Thing:
    """An answer to a request for a refill, told once; what it says is in the portal alone."""
    return Thing(ANSWER, str(prescription_id), day, (Step(ReminderKind.ON_THE_DAY, 0),))


def refill(one: Course, run_out_on: date, scopes: Collection[str], wishes: Wishes) -> Thing:
    """A supply that runs out; what may lead to a relapse first is told on its very day, whatever it is told with."""
    return Thing(
        about_type=bundling.REFILL,
        about_id=str(one.prescription.pk),
        day=run_out_on,
        steps=cadence(wishes),
        prescription_id=one.prescription.pk,
        early=site.whole("bundle_days", scopes),
        early_on_day=site.whole("bundle_on_day_days", scopes),
    )


def injection(one: Course, window: Window) -> Thing:
    """The next injection: told before it is due, on the day, and at the end of its window."""
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


def plan_step(one: Course, step: courses.PlannedStep) -> Thing:
    """A day on which a course changes by itself, told the day before; a course's end likewise."""
    about, kind = (END, ReminderKind.END_OF_TAPER) if step.ends else (TAPER, ReminderKind.TAPER_STEP)
    return Thing(about, str(one.prescription.pk), step.day, (Step(kind, -1),), one.prescription.pk)


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
