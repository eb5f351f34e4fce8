"""Finds supplies that run out soon with nothing left to fill, so that a prescriber renews them in time."""

from collections.abc import Iterator
from datetime import date, timedelta

from django.db.models import CharField, Exists, OuterRef, Prefetch
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import library
from interactions.engine.knowledge import Knowledge
from medmgmt.record.models import DosageChange, Prescription, Role, Status
from medmgmt.regimen import scopes as regimen_scopes
from medmgmt.supply import authorisations, gaps, stock
from refills import site
from refills.models import Authorisation, Dispense, Lasts, SupplyState, Task, TaskKind
from refills.worklist import tasks

BATCH = 500
REQUESTS = (TaskKind.REFILL_REQUEST, TaskKind.RENEWAL)


def open_renewals() -> int:
    """A prescriber's task for every supply that runs out within the site's lead and has no fill left on what was
    written; how many are new. Where nothing was ever written here, nothing is known, and nothing is opened.

    Safe to repeat and at once: one task for a run-out. Five queries for each batch, however much there is.
    """
    day, opened, knowledge = timezone.localdate(), 0, library.current()
    for some in batches(day - site.days("renewal_seen_days"), day + site.days("renewal_lead_days")):
        due = [task(one, knowledge) for one in some if is_due(one, day, knowledge)]
        opened += tasks.open_tasks(due) if due else 0
    return opened


def batches(first: date, last: date) -> Iterator[list[Prescription]]:
    """Prescriptions whose supply runs out in these days, that something was written for and nobody asked for yet."""
    number = Cast(OuterRef("prescription_id"), CharField())
    asked = Task.objects.filter(source_type="prescription", source_id=number, kind__in=REQUESTS, closed_at=None)
    written = Authorisation.objects.filter(prescription_id=OuterRef("prescription_id"))
    near = SupplyState.objects.filter(
        Exists(written), ~Exists(asked), lasts=Lasts.RUNS_OUT, run_out_on__gte=first, run_out_on__lte=last
    )
    after = 0
    while True:
        ids = list(
            near.filter(prescription_id__gt=after).order_by("prescription_id")[:BATCH].values_list("pk", flat=True)
        )
        if not ids:
            return
        after = ids[-1]
        yield list(
            Prescription.objects.filter(pk__in=ids)
            .select_related("supply_state", "patient")
            .prefetch_related(
                Prefetch("changes", DosageChange.objects.filter(status=Status.SIGNED)),
                Prefetch("dispenses", Dispense.objects.order_by("dispensed_on", "id")),
                Prefetch("authorisations", Authorisation.objects.select_related("revoked").order_by("issued_on", "id")),
            )
            .order_by("pk")
        )


def is_due(one: Prescription, day: date, knowledge: Knowledge) -> bool:
    """Is it still taken by the clock, with nothing left to fill?"""
    steps = [change.step for change in one.changes.all()]
    if not stock.is_wanted(steps, day):
        return False
    scopes = regimen_scopes.scopes_of(one, knowledge)
    lines = authorisations.lines(list(one.authorisations.all()), list(one.dispenses.all()), day, scopes)
    return not any(line.fills_left for line in lines)


def task(one: Prescription, knowledge: Knowledge) -> Task:
    """The prescriber's task; it names no drug in its title."""
    scopes = regimen_scopes.scopes_of(one, knowledge)
    run_out_on = one.supply_state.run_out_on or timezone.localdate()
    left = (run_out_on - timezone.localdate()).days
    return Task(
        kind=TaskKind.RENEWAL,
        key=f"renewal|{one.pk}|{run_out_on}",
        patient_id=one.patient_id,
        role=Role.PSYCHIATRIST,
        priority=site.supply_rules().whole("gap_task_priority", scopes),
        stop_tier=gaps.stop_tier(one),
        due_at=timezone.now() + timedelta(days=max(1, left - site.whole("renewal_due_days"))),
        source_type="prescription",
        source_id=str(one.pk),
        title=_("A prescription has no fill left"),
        detail=_("%(drug)s: runs out on %(day)s.") % {"drug": one.drug_name, "day": run_out_on},
    )
