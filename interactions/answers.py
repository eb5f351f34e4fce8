"""Answering a card: one act says why a clinical problem is acceptable, and each of its findings keeps the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import review
from interactions.errors import AlreadyAnswered, NoSuchFinding, NotAnAnswer
from interactions.models import Answer, AnswerReason, Finding

MOST_NOTE = 4000


@dataclass(frozen=True)
class Said:
    """What somebody says of a card. `follow_up` names what alone keeps a promise to monitor."""

    reason_code: str
    note: str
    follow_up_on: date
    follow_up: str = ""


@dataclass(frozen=True)
class Earlier:
    """What the signed courses show of an earlier time on all the drugs of a finding; the columns of an Answer."""

    overlap_verdict: str
    overlap_days: int
    overlap_from: date | None
    overlap_to: date | None


def of_card(finding_id: int) -> list[Finding]:
    """The findings that an answer to this one answers: itself, then all else of its card that no answer speaks for.

    Raises NoSuchFinding, or AlreadyAnswered where this finding has its answer. The caller holds the patient's lock.
    """
    finding = Finding.objects.select_related("review").filter(pk=finding_id).first()
    if finding is None:
        raise NoSuchFinding()
    if is_answered(finding):
        raise AlreadyAnswered()
    if not finding.card:
        return [finding]
    same = Finding.objects.filter(review=finding.review, card=finding.card).exclude(pk=finding.pk)
    others = list(same.exclude(severity__in=review.FOLDED).select_related("review"))
    spoken_for = review.answers_for(finding.review.patient_id, others)
    return [finding, *(one for one in others if one.key not in spoken_for)]


def is_answered(finding: Finding) -> bool:
    """Whether this finding, or the same one in another review of the same change, has its answer."""
    same = Answer.objects.filter(key=finding.key, context=finding.context, patient_id=finding.review.patient_id)
    here = Q(finding=finding)
    if finding.review.change_id is not None:
        here |= Q(finding__review__change_id=finding.review.change_id)
    return same.filter(here).exists()


@transaction.atomic
def give(findings: Sequence[Finding], by_id: int, said: Said, earlier: Mapping[str, Earlier]) -> list[Answer]:
    """Keeps what was said for each of these findings of one card, the first as the lead of the others, for ever.

    `earlier` says by key what was taken together before. Raises AlreadyAnswered when somebody was faster.
    """
    require_sense(said)
    now, lead, given = timezone.now(), None, []
    for finding in findings:
        shown = earlier.get(finding.key)
        answer = Answer(
            finding=finding,
            patient_id=finding.review.patient_id,
            key=finding.key,
            context=finding.context,
            card=finding.card,
            lead=lead,
            reason_code=said.reason_code,
            note=said.note.strip(),
            by_id=by_id,
            at=now,
            follow_up_on=said.follow_up_on,
            follow_up=said.follow_up,
            **(vars(shown) if shown else {}),
        )
        try:
            with transaction.atomic():
                answer.save(force_insert=True)
        except IntegrityError as faster:
            raise AlreadyAnswered() from faster
        lead = lead or answer
        given.append(answer)
    return given


def require_sense(said: Said) -> None:
    """Refuses a reason that is not on the list, one that says nothing, and a promise that names nothing."""
    if said.reason_code not in AnswerReason.values:
        raise NotAnAnswer(_("Choose one of the reasons on the list."))
    if said.reason_code == AnswerReason.OTHER and not said.note.strip():
        raise NotAnAnswer(_("Say in the note what the reason is."))
    if len(said.note) > MOST_NOTE:
        raise NotAnAnswer(_("The note is too long."))
    promises = said.reason_code == AnswerReason.WILL_MONITOR
    if promises and not said.follow_up:
        raise NotAnAnswer(
            _("Say what will be monitored: a lab, a scale or a visit. Recording it closes the follow-up.")
        )
    if said.follow_up and not promises:
        raise NotAnAnswer(_("Only “will monitor” names what will be recorded; leave it out for another reason."))
