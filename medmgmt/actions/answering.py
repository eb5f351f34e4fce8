"""Answering a card: why a clinical problem is accepted for this patient, and the task that keeps what was promised."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import answers, library, review
from interactions.errors import NotAnAnswer
from interactions.models import Answer, AnswerReason, Finding, Moment
from medmgmt import followups, regimens, tolerance
from medmgmt.record import access, audit
from medmgmt.record.errors import Refused
from medmgmt.record.models import Patient, Role, User
from refills import evidence, worklist
from refills.models import TaskKind

FURTHEST_DAYS = 366


@transaction.atomic
def override(
    by: User, finding_id: int, *, reason_code: str, note: str, follow_up_on: date, follow_up: str = ""
) -> Answer:
    """Answers the whole card of a finding with a coded reason; opens the task that keeps the promise made by it.

    "Will monitor" names with `follow_up` what alone closes that task. "Tolerated before" is held against the signed
    courses, and the answer keeps what they show. Gives the answer to this finding; those to the rest of its card name
    it as their lead. Raises AlreadyAnswered when somebody was faster.
    """
    of = Finding.objects.filter(pk=finding_id).values_list("review__patient_id", flat=True).first()
    patient = access.patient_for(by, "answer_finding", of or 0, lock=True)
    said = answers.Said(reason_code=reason_code, note=note, follow_up_on=follow_up_on, follow_up=follow_up)
    require_follow_up(patient, said)
    findings = answers.of_card(finding_id)
    given = answers.give(findings, by.pk, said, shown_earlier(patient, findings, said))
    lead = given[0]
    open_follow_up(by, patient, lead, findings)
    close_screening(by, patient, lead)
    audit.record(by, "answer_finding", patient_id=patient.pk, obj=("finding", finding_id),
                 detail={"reason": reason_code, "severity": findings[0].severity, "answer": lead.pk,
                         "findings": len(given), "tolerated": lead.overlap_verdict})  # fmt: skip
    return lead


@transaction.atomic
def override_card(by: User, review_id: int, *, card: str, **said: Any) -> Answer:
    """The same, addressed by a review and the name of the card; `said` as in override."""
    access.require(by, "answer_finding")
    of = Finding.objects.filter(review_id=review_id, card=card).exclude(card="").order_by("id")
    waiting = of.filter(severity__in=review.STOPS, is_interruptive=True, answer__isnull=True)
    first = waiting.first() or of.first()
    return override(by, first.pk if first else 0, **said)


def require_follow_up(patient: Patient, said: answers.Said) -> None:
    """Refuses a day in the past or too far ahead, and a promise to record what nobody can record here."""
    today = patient.today(timezone.now())
    if not today <= said.follow_up_on <= today + timedelta(days=FURTHEST_DAYS):
        raise Refused(_("The follow-up must be today or later, and within a year."))
    if said.follow_up and not followups.is_known(said.follow_up):
        raise NotAnAnswer(_("Choose a lab, a scale or a visit from the list."))


def shown_earlier(patient: Patient, findings: Sequence[Finding], said: answers.Said) -> dict[str, answers.Earlier]:
    """By key, what the signed courses show of an earlier time; nothing where nobody says there was one. Two queries."""
    if said.reason_code != AnswerReason.TOLERATED_BEFORE:
        return {}
    known = regimens.courses(patient.pk)
    shown = tolerance.of(findings, known, patient.today(timezone.now()), library.current())
    return {key: history.earlier for key, history in shown.items()}


def open_follow_up(by: User, patient: Patient, lead: Answer, findings: Sequence[Finding]) -> None:
    """The one task of an answered card; with a promise to monitor only what was named closes it."""
    change_id = findings[0].review.change_id
    source = ("dosage_change", change_id) if change_id else ("screening", patient.pk)
    said = [str(lead.get_reason_code_display()).capitalize()]
    if lead.follow_up:
        said.append(_("to be recorded: %(what)s") % {"what": followups.label(lead.follow_up)})
    if lead.note:
        said.append(lead.note)
    worklist.open_task(
        kind=TaskKind.FINDING_FOLLOW_UP,
        key=f"follow-up:{lead.pk}",
        patient_id=patient.pk,
        role=Role.PSYCHIATRIST,
        assignee_id=by.pk,
        priority=2,
        due_at=end_of_working_day(patient, lead.follow_up_on),
        source=source,
        title=_("Follow up an accepted risk"),
        detail=f"{findings[0].summary.rstrip('.')}. {'; '.join(said)}",
        closes_on=lead.follow_up,
    )


def close_screening(by: User, patient: Patient, lead: Answer) -> None:
    """The task of a screening is done with the last answer to what screenings brought up."""
    if lead.finding.review.moment != Moment.SCREEN:
        return
    asked = review.of_screenings(patient.pk)
    answered = review.answers_for(patient.pk, asked)
    if all(finding.key in answered for finding in asked):
        evidence.done(
            patient_id=patient.pk,
            kind=TaskKind.KNOWLEDGE_CHANGE,
            evidence=("answer", lead.pk),
            by_id=by.pk,
            outcome=_("Every finding was answered."),
        )


def end_of_working_day(patient: Patient, day: date) -> datetime:
    """Five in the afternoon of `day` where the patient lives, as an aware instant."""
    return datetime.combine(day, time(17), tzinfo=ZoneInfo(patient.time_zone))
