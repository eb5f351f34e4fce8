"""Answering a card: why a clinical problem is accepted for this patient, and the task that keeps what was promised."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import answers, library, review
from interactions.errors import AlreadyAnswered, NotAnAnswer
from interactions.models import Answer, AnswerReason, Finding, Review
from medmgmt.actions import prescribing
from medmgmt.monitoring import evidence
from medmgmt.record import access, audit, door, part2
from medmgmt.record.errors import Conflict, NotAllowed, Refused
from medmgmt.record.models import CoSignature, DosageChange, Patient, User, Verdict
from medmgmt.regimen import courses
from medmgmt.review import cosignatures, tolerance
from refills.models import Task, TaskKind
from refills.worklist import evidence as worklist_evidence
from refills.worklist import kinds, tasks

FURTHEST_DAYS = 366

MOST_NOTE = 2000


@transaction.atomic
def override(
    by: User, finding_id: int, *, reason_code: str, note: str, follow_up_on: date, follow_up: str = ""
) -> Answer:
    """Answers the whole card of a finding with a coded reason; opens the task that keeps the promise made by it.

    "Will monitor" names with `follow_up` what alone closes that task. "Tolerated before" is held against the signed
    courses, and the answer keeps what they show. Gives the answer to this finding; those to the rest of its card name
    it as their lead. Raises AlreadyAnswered when somebody was faster.
    """
    patient, finding = access.locked(by, "answer_finding", Finding, finding_id, through="review")
    said = answers.Said(reason_code=reason_code, note=note, follow_up_on=follow_up_on, follow_up=follow_up)
    require_follow_up(patient, said)
    hides = part2.mask(by, patient.pk)
    findings = masked_with(finding, said, hides) if hides.is_masked(finding) else answers.of_card(finding_id)
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
    if part2.is_anybodys(review_id):
        patient, reviewed = access.locked(by, "answer_finding", Review, review_id)
        hides = part2.mask(by, patient.pk)
        every = reviewed.findings.select_related("review").order_by("id")
        named = hides.masked(every) if card == part2.RESTRICTED else [one for one in of if not hides.is_masked(one)]
        of = Finding.objects.filter(pk__in=[one.pk for one in named]).order_by("id")
    waiting = of.filter(severity__in=review.STOPS, is_interruptive=True, answer__isnull=True)
    first = waiting.first() or of.first()
    return override(by, first.pk if first else 0, **said)


def masked_with(finding: Finding, said: answers.Said, hides: part2.Mask) -> list[Finding]:
    """All that one card without words stands for and no answer speaks for yet, this one first.

    Refused for a reason that only somebody who sees the medicines can give; AlreadyAnswered where nothing waits.
    """
    if said.reason_code == AnswerReason.TOLERATED_BEFORE:
        raise Refused(_("Only the programme can say what was tolerated before. Call it, or give another reason."))
    patient_id, reviewed = finding.review.patient_id, finding.review
    found = review.of_screenings(patient_id) if reviewed.moment in review.OF_ITSELF else reviewed.findings.all()
    group = [one for one in hides.masked(found) if not answers.is_answered(one)]
    spoken_for = review.answers_for(patient_id, group)
    waiting = [one for one in group if one.key not in spoken_for]
    if not waiting:
        raise AlreadyAnswered
    return sorted(waiting, key=lambda one: (one.pk != finding.pk, one.pk))


def require_follow_up(patient: Patient, said: answers.Said) -> None:
    """Refuses a day in the past or too far ahead, and a promise to record what nobody can record here."""
    today = patient.today(timezone.now())
    if not today <= said.follow_up_on <= today + timedelta(days=FURTHEST_DAYS):
        raise Refused(_("The follow-up must be today or later, and within a year."))
    if said.follow_up and not evidence.is_known(said.follow_up):
        raise NotAnAnswer(_("Choose a lab, a scale or a visit from the list."))


def shown_earlier(patient: Patient, findings: Sequence[Finding], said: answers.Said) -> dict[str, answers.Earlier]:
    """By key, what the signed courses show of an earlier time; nothing where nobody says there was one. Two queries."""
    if said.reason_code != AnswerReason.TOLERATED_BEFORE:
        return {}
    known = courses.of_patient(patient.pk)
    shown = tolerance.histories_of(findings, known, patient.today(timezone.now()), library.current())
    return {key: history.earlier for key, history in shown.items()}


def open_follow_up(by: User, patient: Patient, lead: Answer, findings: Sequence[Finding]) -> None:
    """The one task of an answered card; with a promise to monitor only what was named closes it."""
    change_id = findings[0].review.change_id
    said = [str(lead.get_reason_code_display()).capitalize()]
    if lead.follow_up:
        said.append(_("to be recorded: %(what)s") % {"what": evidence.label(lead.follow_up)})
    if lead.note:
        said.append(lead.note)
    tasks.open_for(
        kinds.FOLLOW_UP,
        lead.pk,
        patient_id=patient.pk,
        assignee_id=by.pk,
        case=findings[0].severity,
        due_at=end_of_working_day(patient, lead.follow_up_on),
        source=("dosage_change", change_id) if change_id else ("screening", patient.pk),
        detail=f"{part2.told_to_all(patient.pk, findings[:1])[0].summary.rstrip('.')}. {'; '.join(said)}",
        closes_on=lead.follow_up,
    )


def close_screening(by: User, patient: Patient, lead: Answer) -> None:
    """The task of a screening is done with the last answer to what screenings brought up."""
    if lead.finding.review.moment not in review.OF_ITSELF:
        return
    asked = review.of_screenings(patient.pk)
    answered = review.answers_for(patient.pk, asked)
    if all(finding.key in answered for finding in asked):
        worklist_evidence.done(
            patient_id=patient.pk,
            kind=TaskKind.KNOWLEDGE_CHANGE,
            evidence=("answer", lead.pk),
            by_id=by.pk,
            outcome=_("Every finding was answered."),
        )


def end_of_working_day(patient: Patient, day: date) -> datetime:
    """Five in the afternoon of `day` where the patient lives, as an aware instant."""
    return datetime.combine(day, time(17), tzinfo=ZoneInfo(patient.time_zone))


@transaction.atomic
def ask(by: User, change_id: int, *, colleague_id: int | None = None) -> Task:
    """Asks the pharmacists, or one colleague by number, for the second signature; asked twice at once it is one task.

    The findings are answered first. Raises UnansweredFindings; Refused where none is needed or nobody could give it.
    """
    patient, change = prescribing.proposed(by, "sign", change_id)
    reviewed = latest(change)
    review.require_clear(reviewed.pk)
    standing = cosignatures.standing(change, reviewed.findings.all(), by)
    if not standing.missing:
        raise Refused(_("This order needs no second signature, or has it."))
    if standing.asked is not None:
        return standing.asked
    colleague = None if colleague_id is None else second_person(change, patient, colleague_id)
    task = tasks.open_for(
        kinds.COSIGN,
        change.pk,
        key=kinds.COSIGN.key_of(change.pk, len(standing.words)),
        patient_id=patient.pk,
        role=colleague.role if colleague else kinds.COSIGN.role,
        assignee_id=colleague.pk if colleague else None,
        detail=" ".join(finding.summary for finding in part2.told_to_all(patient.pk, standing.missing)),
        closes_on=cosignatures.waits_for(change),
    )
    audit.record(by, "ask_cosignature", patient_id=patient.pk, obj=("dosage_change", change.pk),
                 detail={"review": reviewed.pk, "task": task.pk})  # fmt: skip
    return task


def second_person(change: DosageChange, patient: Patient, colleague_id: int) -> User:
    """Somebody else than the author who may co-sign and has the patient in care; Refused otherwise."""
    found = User.objects.filter(pk=colleague_id).exclude(pk=change.author_id).first()
    if found is None or not access.may(found, "cosign") or not access.cares_for(found, patient.pk):
        raise Refused(_("Choose a pharmacist or another prescriber of the patient's team."))
    return found


@transaction.atomic
def cosign(by: User, change_id: int, *, review_id: int, note: str) -> CoSignature:
    """The second signature on every contraindicated finding of the review that was read, with a sentence.

    Raises Conflict when a newer review exists, UnansweredFindings while the prescriber has not answered, NotAllowed
    for whoever proposed the order or answered for it.
    """
    return say(by, change_id, review_id, note, Verdict.AGREED)


@transaction.atomic
def decline(by: User, change_id: int, *, review_id: int, note: str) -> CoSignature:
    """No, with the reason; a co-signature given before is taken back by it. The author gets a task."""
    return say(by, change_id, review_id, note, Verdict.DECLINED)


def say(by: User, change_id: int, review_id: int, note: str, verdict: Verdict) -> CoSignature:
    """Keeps the word on what was read, closes the task that asked for it, and tells the audit."""
    patient, change = prescribing.proposed(by, "cosign", change_id)
    if verdict == Verdict.AGREED:
        door.require_fresh()
    require_another(by, change)
    reviewed = latest(change)
    if reviewed.pk != review_id:
        raise Conflict(_("This was reviewed again in the meantime. Read the findings again before you decide."))
    if verdict == Verdict.AGREED:
        review.require_clear(reviewed.pk)
    marks = cosignatures.marks(to_cosign(reviewed))
    last = CoSignature.objects.filter(change=change, by=by).last()
    if last is not None and (last.verdict, last.findings) == (verdict, marks):
        raise Conflict(_("You have said so already."))
    word = CoSignature.objects.create(
        patient=patient,
        change=change,
        by=by,
        verdict=verdict,
        note=sentence(note),
        findings=marks,
    )
    tasks.close_with(patient_id=patient.pk, closes_on=cosignatures.waits_for(change),
                        evidence=("cosignature", word.pk), by_id=by.pk, at=timezone.now())  # fmt: skip
    if verdict == Verdict.DECLINED:
        tell_author(change, word)
    else:
        tasks.cancel_where(cosignatures.tasks_of(change), _("The order was co-signed."))
    audit.record(by, "cosign" if verdict == Verdict.AGREED else "decline_cosignature", patient_id=patient.pk,
                 obj=("dosage_change", change.pk), detail={"review": reviewed.pk, "cosignature": word.pk})  # fmt: skip
    return word


def latest(change: DosageChange) -> Review:
    """The newest review of the proposal, which every proposal has."""
    found = review.latest(change.pk)
    assert found is not None
    return found


def require_another(by: User, change: DosageChange) -> None:
    """NotAllowed for the author and for whoever answered a contraindicated finding."""
    if not cosignatures.is_another(by, change):
        raise NotAllowed(_("A second, different person co-signs this: not who proposed it or answered its findings."))


def to_cosign(reviewed: Review) -> list[Finding]:
    """The contraindicated findings of a review; Refused where there is none."""
    found = cosignatures.contraindicated(reviewed.findings.all())
    if not found:
        raise Refused(_("This order needs no second signature."))
    return found


def sentence(note: str) -> str:
    """The note, which says something."""
    if not note.strip():
        raise Refused(_("Say in a sentence why."))
    if len(note) > MOST_NOTE:
        raise Refused(_("The note is too long."))
    return note.strip()


def tell_author(change: DosageChange, word: CoSignature) -> None:
    """The author decides what comes next: another order, another colleague, or none."""
    tasks.open_for(
        kinds.COSIGN_DECLINED,
        change.pk,
        key=kinds.COSIGN_DECLINED.key_of(word.pk),
        patient_id=change.patient_id,
        assignee_id=change.author_id,
        detail=word.note,
    )
