"""Looking again at the patients whom a change of the knowledge concerns: the clock's work, in batches that resume."""

import hashlib
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from interactions import changes, library, rescreening, review
from interactions.models import Finding, Moment, RescreenRun, Severity
from interactions.rescreening import Came
from medmgmt.messages import planning
from medmgmt.record import access, audit, part2
from medmgmt.record.models import Patient
from medmgmt.regimen import courses as regimen_courses
from refills.models import Task
from refills.worklist import kinds
from refills.worklist import tasks as worklist_tasks

BATCH = 100
"""So many patients are locked together: for well under a second."""
SECONDS = 1.5
"""A tick is short: the embedded clock also sends reminders."""
WESTERNMOST = timedelta(hours=12)
"""So long it is still yesterday for somebody, while it is today in Greenwich."""
PRIORITY = {Severity.CONTRAINDICATED: 1, Severity.MAJOR: 2}


def work(*, seconds: float = SECONDS) -> int:
    """Plans runs that wait, then looks at batch after batch until the time is over; how many patients.

    Safe to start twice, also at once; a crash loses at most the batch that was under way, which is taken up again.
    """
    ends = time.monotonic() + seconds
    while plan() is not None:
        pass
    screened = 0
    while (batch := screen_batch()) and time.monotonic() < ends:
        screened += batch
    return screened + batch


@transaction.atomic
def plan() -> RescreenRun | None:
    """Works out whom the next run concerns."""
    now = timezone.now()
    run = rescreening.plan_next((now - WESTERNMOST).date(), now)
    if run is not None:
        audit.record(None, "rescreen_plan", obj=("rescreening", run.pk), actor_name=audit.CLOCK,
                     detail={"patients": run.touched, **run.changes})  # fmt: skip
    return run


@transaction.atomic
def screen_batch(most: int = BATCH) -> int:
    """Looks at the next patients, keeps a review of each and opens tasks, in a fixed number of queries; how many."""
    claimed = rescreening.claim(most)
    if claimed is None:
        return 0
    run, rows = claimed
    patients = access.patients_for_the_clock(row.patient_id for row in rows)
    drafts = drafted(patients, run)
    came = open_tasks(run, drafts)
    review.keep(library.loaded(), drafts)
    if run.changes.get(changes.SCHEDULES):
        planning.ask_for(row.patient_id for row in rows)
    rescreening.settle(run, rows, came, timezone.now())
    audit.record(None, "rescreen", obj=("rescreening", run.pk), actor_name=audit.CLOCK,
                 detail={"patients": [patient.pk for patient in patients], "tasks": came.tasks})  # fmt: skip
    return len(rows)


def drafted(patients: Sequence[Patient], run: RescreenRun) -> list[review.Draft]:
    """What the knowledge in use says of each patient; new is what the knowledge before did not say of the same."""
    held, before, now = library.loaded(), library.knowledge_of(run.before), timezone.now()
    courses = regimen_courses.of_patients([patient.pk for patient in patients])
    drafts = []
    for person in regimen_courses.people(patients, held.knowledge):
        known, day = courses[person.record.patient.pk], person.record.patient.today(now)
        earlier = review.keys(regimen_courses.planned(replace(person, knowledge=before), known, day), before)
        after = regimen_courses.planned(person, known, day)
        drafts.append(
            review.draft(
                held,
                earlier,
                after,
                patient_id=person.record.patient.pk,
                change_id=None,
                by_id=run.asked_by_id,
                moment=Moment.SCREEN,
            )
        )
    return drafts


def open_tasks(run: RescreenRun, drafts: Sequence[review.Draft]) -> Came:
    """One task for each patient of whom something serious is said for the first time, the most serious first."""
    new = [(one.review.patient_id, finding) for one in drafts for finding in one.findings if is_loud(finding)]
    asked = [(patient, finding.key, finding.context) for patient, finding in new]
    waiting = review.unanswered_keys(asked, screened_since=run.asked_at)
    by_patient: dict[int, list[Finding]] = {}
    for patient, finding in new:
        if (patient, finding.key, finding.context) in waiting:
            by_patient.setdefault(patient, []).append(finding)
    hides = part2.whole_mask(by_patient)
    tasks = [task(run, patient, findings, hides) for patient, findings in by_patient.items()]
    return Came(new_findings=len(new), tasks=worklist_tasks.open_tasks(tasks))


def is_loud(finding: Finding) -> bool:
    """New, and of a severity that would stop a signature."""
    return finding.is_new and finding.severity in review.STOPS


def task(run: RescreenRun, patient_id: int, findings: Sequence[Finding], hides: part2.Mask) -> Task:
    """The task of a patient; the same findings of the same patient are the same task, whichever run found them."""
    worst = min(findings, key=lambda one: PRIORITY[Severity(one.severity)])
    said = hashlib.sha256("\n".join(sorted(one.key for one in findings)).encode()).hexdigest()[:32]
    return worklist_tasks.task_for(
        kinds.RESCREENED,
        run.pk,
        key=kinds.RESCREENED.key_of(patient_id, said),
        patient_id=patient_id,
        case=worst.severity,
        priority=PRIORITY[Severity(worst.severity)],
        detail=" ".join(f"{one.get_severity_display()}: {one.summary}" for one in hides.findings(findings)),
    )


def catch_up(most: int = 1000) -> int:
    """Lays out the medicines of patients whom nobody has told the knowledge of; how many prescriptions. A second time
    it finds none."""
    laid_out = 0
    while missing := regimen_courses.patients_not_laid_out(most):
        laid_out += regimen_courses.keep_current(missing)
    return laid_out
