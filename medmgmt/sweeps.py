"""What the clock does about supplies: run-outs computed where something moved, and only there messages and gaps."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from medmgmt import messages, run_outs, supplies
from medmgmt.record.models import Patient, Prescription, Status
from refills import clock
from refills.models import LIVE, Dispense, Lasts, PillCount, SupplyState, Task

BATCH = 200
EVERY = timedelta(hours=6)
"""So often what depends on the day alone is looked at: a gap grows, a planned hold or end comes."""
DAYS = "supply days"


def keep_supplies() -> None:
    """Compute what moved, plan what that changed, look at what the day has changed. Safe to repeat, and at once."""
    run_outs.refresh()
    plan_changed()
    follow_the_calendar()
    find_gaps()


def plan_changed() -> int:
    """Plan the messages of patients whose run-outs changed; how many prescriptions. A crash leaves the rest marked."""
    planned, after = 0, 0
    while True:
        rows = list(
            SupplyState.objects.filter(to_plan=True, prescription_id__gt=after)
            .order_by("prescription_id")
            .values_list("prescription_id", "computed_at")[:BATCH]
        )
        if not rows:
            return planned
        after = rows[-1][0]
        _plan(Prescription.objects.filter(pk__in=[pk for pk, _at in rows]))
        for pk, computed_at in rows:
            SupplyState.objects.filter(pk=pk, computed_at=computed_at).update(to_plan=False)
        planned += len(rows)


def follow_the_calendar() -> int:
    """Plan anew every prescription whose course changed yesterday, today or tomorrow by an earlier plan, some times a
    day; how many."""
    age = clock.age_seconds(DAYS)
    if age is not None and age < EVERY.total_seconds():
        return 0
    clock.beat(DAYS)
    day = timezone.now().date()
    near = Prescription.objects.filter(
        changes__status=Status.SIGNED,
        changes__effective_on__gte=day - timedelta(days=2),
        changes__effective_on__lte=day + timedelta(days=1),
    )
    return _plan(near.distinct())


def _plan(prescriptions: QuerySet[Prescription]) -> int:
    """Plan the messages of each patient once; how many prescriptions. Gaps are found by looking for them."""
    patients = dict(prescriptions.values_list("pk", "patient_id"))
    for patient in Patient.objects.filter(pk__in=set(patients.values())).order_by("pk"):
        messages.plan(patient, timezone.now())
    return len(patients)


def find_gaps() -> int:
    """Look at every supply that ran out of late, and again at every gap that waits for somebody, some times a day;
    how many. Safe to repeat, and what one run missed the next finds."""
    now, looked = timezone.now(), 0
    while True:
        ids = _to_look_at(now)
        if not ids:
            return looked
        for prescription in run_outs.with_history(ids):
            _look(prescription)
        SupplyState.objects.filter(pk__in=ids).update(looked_at=now)
        looked += len(ids)


def _to_look_at(now: datetime) -> list[int]:
    """The next prescriptions that may have a gap, or had one."""
    day = now.date()
    ended = Q(
        lasts=Lasts.RUNS_OUT,
        run_out_on__gte=day - supplies.GAPS_SEEN_FOR - timedelta(days=1),
        run_out_on__lte=day + timedelta(days=1),
    )
    waiting = Task.objects.filter(key__startswith=supplies.GAP, state__in=LIVE).values_list("source_id", flat=True)
    rested = Q(looked_at__isnull=True) | Q(looked_at__lte=now - EVERY)
    concerned = ended | Q(pk__in=[int(found) for found in waiting])
    return list(SupplyState.objects.filter(concerned, rested).order_by("pk").values_list("pk", flat=True)[:BATCH])


def _look(prescription: Prescription) -> None:
    """Open the task of a gap that has grown to what the rules call one; close what is none any more."""
    steps = [change.step for change in prescription.changes.all()]
    recorded: list[Dispense] = list(prescription.dispenses.all())
    counts: list[PillCount] = list(prescription.pill_counts.all())
    out_on = supplies.run_out_on(prescription, recorded, steps, counts)
    without = supplies.days_without(prescription.patient, prescription, out_on, steps)
    if out_on is None or without is None:
        return
    if without >= supplies.supply_rules().number("gap_task_days", supplies.scopes_of(prescription)):
        supplies.open_gap_task(prescription.patient, prescription, out_on)
