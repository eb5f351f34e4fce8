"""What is newly on record held against what is taken, in one transaction with it: reviewed, and told to people."""

from collections.abc import Sequence

from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import library, review
from interactions.engine.rules.labs import KIND as OF_RESULTS
from interactions.models import Finding, Moment, Severity
from medmgmt.monitoring import alarms
from medmgmt.monitoring.alarms import Told
from medmgmt.record import part2
from medmgmt.record.models import Observation, Patient, Role
from medmgmt.regimen import courses
from medmgmt.worklist import duty
from refills.messages import bell, notices
from refills.models import ReminderKind, Task, TaskKind
from refills.worklist import kinds, tasks

ABOUT = "observation"
"""What a task about a result comes from."""


def look_again(by_id: int, before: courses.Known, after: courses.Known) -> None:
    """Reviews what is taken by what is on record now; new findings that would stop a signature open a task, and so do
    those that something else about the person grades now: a pregnancy is news where one was only possible.

    The review is kept where it says anything else than before. Nothing is reviewed of somebody who takes nothing. The
    caller holds the patient's lock.
    """
    held, patient = library.loaded(), before.person.record.patient
    if not before.courses or not held.knowledge.sources:
        return
    today = patient.today(timezone.now())
    was, now = (
        review.draft(
            held,
            review.keys(courses.planned(before.person, known.courses, today), held.knowledge),
            courses.planned(known.person, known.courses, today),
            patient_id=patient.pk,
            change_id=None,
            by_id=by_id,
            moment=Moment.RECORD,
        )
        for known in (before, after)
    )
    if _said(was) == _said(now):
        return
    graded = {one.key: one.context for one in was.findings}
    for one in now.findings:
        if one.severity in review.STOPS and graded.get(one.key, one.context) != one.context:
            one.is_new = one.is_interruptive = True
    review.keep(held, [now])
    loud = [one for one in now.findings if one.is_new and one.severity in review.STOPS]
    open_review(patient, [one for one in loud if one.kind != OF_RESULTS])


def _said(drafted: review.Draft) -> set[tuple[str, str, str]]:
    return {(one.key, one.context, one.summary) for one in drafted.findings}


def open_review(patient: Patient, new: Sequence[Finding]) -> None:
    """One task for the prescriber about everything that came up."""
    if not new:
        return
    worst = min(new, key=lambda one: review.STOPS[::-1].index(Severity(one.severity)))
    tasks.open_for(
        kinds.RECORD_REVIEW,
        worst.review_id,
        patient_id=patient.pk,
        case=worst.severity,
        detail=" ".join(f"{one.get_severity_display()}: {one.summary}" for one in part2.told_to_all(patient.pk, new)),
    )


def tell(known: courses.Known, observations: Sequence[Observation], *, again: str = "") -> Told | None:
    """Tells prescriber and nurse of values that must be acted on; what was told, or None where they alarm nobody.

    The same value of the same day is told once, a programme's apart: nobody outside sees its task. `again` sets a task
    apart from the one that was taken back.
    """
    told = alarms.of(known, observations)
    if told is None:
        return None
    lead, patient = observations[0], known.person.record.patient
    if lead.programme_id is None:
        told = alarms.told_to(known, observations, part2.whole_mask([patient.pk])) or told
    else:
        again += f"|programme:{lead.programme_id}"
    day = patient.today(lead.observed_at)
    what = told.urgency if told.about == "bp" else f"{lead.comparator}{lead.value or lead.value_code}"
    everybody = [kinds.RESULT_FOR_PRESCRIBER, kinds.RESULT_FOR_NURSE]
    for asked in everybody if told.urgency in alarms.AT_ONCE else everybody[:1]:
        key = asked.key_of(patient.pk, told.about, day.isoformat(), f"{what}{again}")
        is_new = not Task.objects.filter(key=key).exists()
        task = tasks.open_for(asked, lead.pk, key=key, patient_id=patient.pk, case=told.urgency, detail=told.text)
        if is_new and told.urgency == alarms.NOW:
            ring_for(task)
    return told


def ring_for(task: Task) -> None:
    """A notice at once to everybody of its role who is on duty for the patient; it says that tasks wait, no more."""
    now = timezone.now()
    for person in duty.takers(task.patient_id, now):
        if person.email and person.role == Role(task.role):
            key = f"urgent|{task.pk}|{person.pk}"
            notices.notify(user_id=person.pk, key=key, kind=ReminderKind.DIGEST, due_at=now)
    bell.ring()


def take_back(patient: Patient, old: Observation) -> int:
    """Closes what waits because of a value that was wrong, and says why; how many."""
    about = Q(kind=TaskKind.RESULT, source_type=ABOUT, source_id=str(old.pk), patient_id=patient.pk)
    return tasks.cancel_where(about, _("The result was corrected: this value does not stand any more."))


def tell_again(known: courses.Known, old: Observation, made: Observation) -> Told | None:
    """After a correction: tells of the value that stands now, the corrected one or the newest of its kind."""
    same = [one for one in known.person.record.observations if one.code == old.code]
    newest = [made] if not made.entered_in_error else sorted(same, key=lambda one: one.observed_at)[-1:]
    return tell(known, newest, again=f"|{made.pk}") if newest else None
