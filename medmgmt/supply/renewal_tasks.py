"""Finds supplies that run out soon with nothing left to fill, so that a prescriber renews them in time."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import CharField, Exists, OuterRef
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import library
from medmgmt.regimen import courses
from medmgmt.regimen import scopes as regimen_scopes
from medmgmt.regimen.courses import Course
from medmgmt.supply import authorisations, gaps, stock
from refills import site
from refills.models import Authorisation, Lasts, SupplyState, Task, TaskKind
from refills.worklist import kinds, tasks

BATCH = 500
ONE_DAY = timedelta(days=1)
REQUESTS = (TaskKind.REFILL_REQUEST, TaskKind.RENEWAL)


@dataclass(frozen=True)
class Ending:
    """A course and its first day without supply."""

    course: Course
    run_out_on: date


def open_renewals() -> int:
    """A prescriber's task for every supply that runs out within the site's lead and has no fill left on what was
    written; how many are new. Where nothing was ever written here, nothing is known, and nothing is opened.

    Safe to repeat and at once: one task for a run-out. Seven queries for each batch, however much there is.
    """
    now, opened = timezone.now(), 0
    with library.steady():
        for some in batches(now):
            due = [task(one, now) for one in some if is_due(one, now)]
            opened += tasks.open_tasks(due) if due else 0
    return opened


def lead() -> timedelta:
    """How long before its end a supply is renewed."""
    return site.days("renewal_lead_days")


def batches(now: datetime) -> Iterator[list[Ending]]:
    """Courses that run out near this moment, wherever the patient lives: those that something was written for and
    nobody asked for yet."""
    first, last = now.date() - site.days("renewal_seen_days") - ONE_DAY, now.date() + lead() + ONE_DAY
    number = Cast(OuterRef("prescription_id"), CharField())
    asked = Task.objects.filter(source_type="prescription", source_id=number, kind__in=REQUESTS, closed_at=None)
    written = Authorisation.objects.filter(prescription_id=OuterRef("prescription_id"))
    near = SupplyState.objects.filter(
        Exists(written), ~Exists(asked), lasts=Lasts.RUNS_OUT, run_out_on__gte=first, run_out_on__lte=last
    )
    after = 0
    while True:
        rows = near.filter(prescription_id__gt=after).order_by("prescription_id").values_list("pk", "run_out_on")
        ends = {pk: run_out_on for pk, run_out_on in rows[:BATCH] if run_out_on is not None}
        if not ends:
            return
        after = max(ends)
        known = courses.of_prescriptions(ends, courses.FILLS, courses.AUTHORISATIONS)
        yield [Ending(one, ends[one.prescription.pk]) for one in known]


def is_due(one: Ending, now: datetime) -> bool:
    """Does it run out soon or of late by the patient's own day, still taken by the clock, with no fill left?"""
    course, day = one.course, one.course.prescription.patient.today(now)
    soon = day - site.days("renewal_seen_days") <= one.run_out_on <= day + lead()
    if not soon or not stock.is_wanted(course.steps, day):
        return False
    scopes = regimen_scopes.scopes_of(course.prescription)
    return not any(line.fills_left for line in authorisations.lines(course, day, scopes))


def task(ending: Ending, now: datetime) -> Task:
    """The prescriber's task; it names no drug in its title."""
    one, run_out_on = ending.course.prescription, ending.run_out_on
    scopes, days = regimen_scopes.scopes_of(one), (run_out_on - one.patient.today(now)).days
    return tasks.task_for(
        kinds.RENEWAL,
        one.pk,
        key=kinds.RENEWAL.key_of(one.pk, run_out_on),
        patient_id=one.patient_id,
        priority=site.supply_rules().whole("gap_task_priority", scopes),
        stop_tier=gaps.stop_tier(one),
        due_at=now + timedelta(days=max(1, days - site.whole("renewal_due_days"))),
        detail=_("%(drug)s: runs out on %(day)s.") % {"drug": one.drug_name, "day": run_out_on},
    )
