"""Days without a medicine that should be taken, and the tasks they open."""

from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt.record import dosing
from medmgmt.record.models import Patient, Prescription
from medmgmt.regimen import courses, scopes
from medmgmt.regimen.courses import Course
from medmgmt.supply import stock
from refills import site
from refills.models import LIVE, FillVoided, Lasts, SupplyState, Task
from refills.worklist import kinds, tasks

BATCH = 200
EVERY = timedelta(hours=6)
"""So often what depends on the day alone is looked at: a gap grows, a planned hold or end comes."""


def replan(patient: Patient, course: Course) -> None:
    """Looks for a gap after anything that moves a run-out date; safe to repeat."""
    now, prescription = timezone.now(), course.prescription
    if not course.fills and not prescription.first_supply_days:
        return  # nothing was ever handed out that could run out
    out_on = stock.run_out_on(course)
    without = days_without(patient, course, out_on)
    if out_on is not None and without is not None:
        # Found out late: the clock may have nothing to find it by, so the task opens now and is due when it matters.
        wait = site.supply_rules().whole("gap_task_days", scopes.scopes_of(prescription)) - without
        open_gap_task(patient, prescription, out_on, now + timedelta(days=max(1, wait)))


def days_without(patient: Patient, course: Course, out_on: date | None) -> int | None:
    """Days that somebody has been without a medicine they should take, 0 on the day it runs out; None where there is
    no gap. Tasks whose reason a fill, a hold or a stop has taken away are closed."""
    today = patient.today(timezone.now())
    sig, prescription = dosing.dose_on(today, course.steps).sig, course.prescription
    wanted = out_on is not None and sig is not None and not sig.as_needed
    without = (today - out_on).days if out_on is not None and wanted else -1
    live = Task.objects.filter(key__startswith=kinds.SUPPLY_GAP.key_of(prescription.pk, ""), state__in=LIVE)
    for task in live if without < 0 or out_on is None else live.exclude(key=gap_key(prescription, out_on)):
        tasks.cancel_by_key(task.key, _("The supply no longer has this gap."))
    return without if 0 <= without <= site.whole("gap_seen_days") else None


def open_gap_task(patient: Patient, prescription: Prescription, out_on: date, due_at: datetime | None = None) -> None:
    """A nurse's task, one for a run-out; more urgent where a relapse comes sooner, and due by its service level unless
    told otherwise."""
    tasks.open_for(
        kinds.SUPPLY_GAP,
        prescription.pk,
        key=gap_key(prescription, out_on),
        patient_id=patient.pk,
        priority=site.supply_rules().whole("gap_task_priority", scopes.scopes_of(prescription)),
        due_at=due_at,
        stop_tier=stop_tier(prescription),
        detail=_("%(drug)s: without supply since %(day)s.") % {"drug": prescription.drug_name, "day": out_on},
    )


def gap_key(prescription: Prescription, out_on: date) -> str:
    """One task for a run-out, and another where a fill that had closed it was taken back since."""
    voided = FillVoided.objects.filter(prescription=prescription).count()
    return kinds.SUPPLY_GAP.key_of(prescription.pk, f"{out_on}|{voided}" if voided else out_on)


def stop_tier(prescription: Prescription) -> int:
    """How soon harm comes when it stops: 1 at once, 2 within three days, 3 later; by when a gap is a task."""
    days = site.supply_rules().number("gap_task_days", scopes.scopes_of(prescription))
    return 1 if days == 0 else 2 if days <= 3 else 3


def find_gaps() -> int:
    """Look at every supply that ran out of late, and again at every gap that waits for somebody, some times a day;
    how many. Safe to repeat, and what one run missed the next finds."""
    now, looked = timezone.now(), 0
    while True:
        ids = _to_look_at(now)
        if not ids:
            return looked
        for course in courses.of_prescriptions(ids, *courses.SUPPLY):
            _look(course)
        SupplyState.objects.filter(pk__in=ids).update(looked_at=now)
        looked += len(ids)


def _to_look_at(now: datetime) -> list[int]:
    """The next prescriptions that may have a gap, or had one."""
    day = now.date()
    ended = Q(
        lasts=Lasts.RUNS_OUT,
        run_out_on__gte=day - site.days("gap_seen_days") - timedelta(days=1),
        run_out_on__lte=day + timedelta(days=1),
    )
    known = Task.objects.filter(key__startswith=kinds.SUPPLY_GAP.begins, state__in=LIVE)
    waiting = known.values_list("source_id", flat=True)
    rested = Q(looked_at__isnull=True) | Q(looked_at__lte=now - EVERY)
    concerned = ended | Q(pk__in=[int(found) for found in waiting])
    return list(SupplyState.objects.filter(concerned, rested).order_by("pk").values_list("pk", flat=True)[:BATCH])


def _look(course: Course) -> None:
    """Open the task of a gap that has grown to what the rules call one; close what is none any more."""
    prescription, out_on = course.prescription, stock.run_out_on(course)
    without = days_without(prescription.patient, course, out_on)
    if out_on is None or without is None:
        return
    if without >= site.supply_rules().number("gap_task_days", scopes.scopes_of(prescription)):
        open_gap_task(prescription.patient, prescription, out_on)
