"""The review of a patient's regimens: what is kept of a check, who answers it, and what still waits for an answer."""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import library
from interactions.engine import alternatives, check
from interactions.engine.findings import Finding as Found
from interactions.engine.findings import Judgement, NotChecked, PairState
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Drug, Regimen
from interactions.engine.rules.coverage import described
from interactions.engine.severity import Severity as Grade
from interactions.errors import AlreadyAnswered, NoSuchFinding, NotAnAnswer, UnansweredFindings
from interactions.models import Answer, AnswerReason, Finding, Moment, Review, Severity

STOPS = (Severity.MAJOR, Severity.CONTRAINDICATED)
"""A finding as severe as this refuses a signature until it is answered."""
FOLDED = (Severity.MINOR, Severity.UNGRADED)
"""Shown only to who opens them."""
LOUDEST_FIRST = {"finding": 0, "not_checked": 1, "nothing_on_record": 2}
MOST_NOTE = 4000


@transaction.atomic
def run(
    *,
    patient_id: int,
    change_id: int | None,
    by_id: int | None,
    moment: str,
    before: Sequence[Regimen],
    after: Sequence[Regimen],
) -> Review:
    """Check every day given and keep the answer: one finding a key with the first day it holds.

    New is what no day of `before` shows. A finding interrupts when it is major or above and either new or on what the
    change starts, resumes or raises; all else waits on the list. The caller holds the patient's lock.
    """
    held = library.loaded()
    earlier = keys(before, held.knowledge)
    drafted = draft(held, earlier, after, patient_id=patient_id, change_id=change_id, by_id=by_id, moment=moment)
    return keep(held, [drafted])[0]


@dataclass(frozen=True)
class Draft:
    """A review with its findings, not kept yet."""

    review: Review
    findings: list[Finding]


def keys(regimens: Iterable[Regimen], knowledge: Knowledge) -> set[str]:
    """The keys of everything found on any of these days."""
    return {finding.key for regimen in regimens for finding in check.check(regimen, knowledge).findings}


def draft(
    held: library.Loaded,
    earlier: Set[str],
    after: Sequence[Regimen],
    *,
    patient_id: int,
    change_id: int | None,
    by_id: int | None,
    moment: str,
) -> Draft:
    """Check every day given; new is what `earlier` does not hold. Nothing is written."""
    judged = [(regimen, check.check(regimen, held.knowledge)) for regimen in sorted(after, key=lambda one: one.day)]
    review = Review(
        patient_id=patient_id,
        change_id=change_id,
        moment=Moment(moment),
        by_id=by_id,
        at=timezone.now(),
        regimen=[_snapshot(regimen) for regimen, _judgement in judged],
        coverage=_coverage(judged),
        not_checked=_not_checked(judged),
        scope=scope(held.knowledge),
    )
    instead = alternatives.of(judged[0][0], judged[0][1], held.knowledge) if judged else {}
    return Draft(review, [_row(review, finding, day, earlier, instead) for finding, day in _first(judged)])


@transaction.atomic
def keep(held: library.Loaded, drafts: Sequence[Draft]) -> list[Review]:
    """Three queries for however many reviews. The caller holds the lock of each patient."""
    kept = Review.objects.bulk_create([one.review for one in drafts])
    used = Review.releases.through
    used.objects.bulk_create(
        used(review_id=review.pk, release_id=release_id) for review in kept for release_id, _sha256 in held.marks
    )
    Finding.objects.bulk_create(finding for one in drafts for finding in one.findings)
    return kept


def unanswered_keys(
    wanted: Collection[tuple[int, str]], *, screened_since: datetime | None = None
) -> set[tuple[int, str]]:
    """Those of these patients' findings that no answer speaks for; two queries, however many there are.

    With `screened_since`, what a screening has found and told since then is left out as well.
    """
    patients, named = {patient for patient, _key in wanted}, {key for _patient, key in wanted}
    given = Answer.objects.filter(patient_id__in=patients, key__in=named)
    answered = set(given.exclude(finding__review__change__status="withdrawn").values_list("patient_id", "key"))
    if screened_since is not None:
        told = Finding.objects.filter(
            review__patient_id__in=patients,
            review__moment=Moment.SCREEN,
            review__at__gte=screened_since,
            is_new=True,
            key__in=named,
        )
        answered |= set(told.values_list("review__patient_id", "key"))
    return set(wanted) - answered


def scope(knowledge: Knowledge) -> str:
    """Against what a review was made, in one sentence; it names every release and its date."""
    if not knowledge.sources:
        return _("Not checked: no release of interaction knowledge is in use.")
    limited = [f"{source.label}: {source.limits}" for source in knowledge.sources if source.limits]
    told = _("Checked against %(releases)s.") % {"releases": " and ".join(map(described, knowledge.sources))}
    return f"{told} {'; '.join(limited)}.".strip() if limited else told


def unanswered(review_id: int) -> list[Finding]:
    """The findings of major severity or above that this change brings up and no answer speaks for.

    A standing finding that the change does not touch was answered, or lies on the list, and does not stop it again.
    """
    found = Finding.objects.filter(review_id=review_id, severity__in=STOPS, is_interruptive=True)
    waiting = list(found.select_related("review"))
    if not waiting:
        return []
    answered = answers_for(waiting[0].review.patient_id, [finding.key for finding in waiting])
    return [finding for finding in waiting if finding.key not in answered]


def require_clear(review_id: int) -> None:
    """Raises UnansweredFindings while anything waits for an answer."""
    waiting = unanswered(review_id)
    if waiting:
        raise UnansweredFindings(waiting)


@transaction.atomic
def answer(finding_id: int, by_id: int, reason_code: str, note: str, follow_up_on: date) -> Answer:
    """Why the finding is acceptable, for ever. Raises AlreadyAnswered when somebody was faster."""
    finding = Finding.objects.select_related("review").filter(pk=finding_id).first()
    if finding is None:
        raise NoSuchFinding()
    if reason_code not in AnswerReason.values:
        raise NotAnAnswer(_("Choose one of the reasons on the list."))
    if reason_code == AnswerReason.OTHER and not note.strip():
        raise NotAnAnswer(_("Say in the note what the reason is."))
    if len(note) > MOST_NOTE:
        raise NotAnAnswer(_("The note is too long."))
    if _is_answered(finding):
        raise AlreadyAnswered()
    try:
        with transaction.atomic():
            return Answer.objects.create(
                finding=finding,
                patient_id=finding.review.patient_id,
                key=finding.key,
                reason_code=reason_code,
                note=note.strip(),
                by_id=by_id,
                at=timezone.now(),
                follow_up_on=follow_up_on,
            )
    except IntegrityError as faster:
        raise AlreadyAnswered() from faster


def _is_answered(finding: Finding) -> bool:
    """Whether this finding, or the same one in another review of the same change, has its answer."""
    same = Answer.objects.filter(key=finding.key, patient_id=finding.review.patient_id)
    change_id = finding.review.change_id
    return same.filter(finding=finding).exists() or (
        change_id is not None and same.filter(finding__review__change_id=change_id).exists()
    )


def answers_for(patient_id: int, keys: Iterable[str]) -> dict[str, Answer]:
    """The newest answer that speaks for each key. One given for a proposal since withdrawn speaks for nothing."""
    given = Answer.objects.filter(patient_id=patient_id, key__in=set(keys)).select_related("by").order_by("id")
    return {one.key: one for one in given.exclude(finding__review__change__status="withdrawn")}


def answers_of(change_id: int) -> list[int]:
    """Numbers of the answers given for one change."""
    return list(Answer.objects.filter(finding__review__change_id=change_id).values_list("pk", flat=True))


def latest(change_id: int) -> Review | None:
    """The newest review of a change; None when it has none."""
    return Review.objects.filter(change_id=change_id).order_by("-id").first()


def latest_of_patient(patient_id: int) -> Review | None:
    """The newest review of what the patient really takes: of a signed change, or of a screening."""
    seen = Review.objects.filter(patient_id=patient_id).order_by("-id")
    signed = seen.filter(moment=Moment.SIGN, change__status="signed")
    return (signed | seen.filter(moment=Moment.SCREEN)).first()


def _first(judged: Sequence[tuple[Regimen, Judgement]]) -> list[tuple[Found, date]]:
    """Every finding once, most severe first, with the first day on which it holds."""
    first: dict[str, tuple[Found, date]] = {}
    for regimen, judgement in judged:
        for finding in judgement.findings:
            first.setdefault(finding.key, (finding, regimen.day))
    return sorted(first.values(), key=lambda item: (-item[0].severity, item[0].key))


def _row(review: Review, finding: Found, day: date, earlier: Set[str], instead: Mapping[str, str]) -> Finding:
    is_new = finding.key not in earlier
    return Finding(
        review=review,
        key=finding.key,
        kind=finding.kind,
        problem=finding.problem,
        severity=finding.severity.word,
        drugs=list(finding.drugs),
        prescriptions=list(finding.refs),
        is_new=is_new,
        first_day=day,
        summary=finding.summary,
        mechanism=finding.mechanism,
        effect=finding.effect,
        management=". ".join(part for part in (finding.management, instead.get(finding.card, "")) if part),
        onset=finding.onset,
        evidence=finding.evidence,
        sources=[_source(grade._asdict()) for grade in finding.sources],
        card=finding.card,
        is_interruptive=finding.severity >= Grade.MAJOR and (is_new or finding.is_triggered),
    )


def _source(grade: dict[str, Any]) -> dict[str, Any]:
    return {
        **grade,
        "released_on": grade["released_on"].isoformat(),
        "severity": grade["severity"].word,
        "factors": list(grade["factors"]),
    }


def _snapshot(regimen: Regimen) -> dict[str, Any]:
    return {"day": regimen.day.isoformat(), "drugs": [_taken(drug) for drug in regimen.drugs]}


def _taken(drug: Drug) -> dict[str, Any]:
    return {
        "ref": drug.ref,
        "key": drug.key,
        "rxcui": drug.rxcui,
        "route": drug.route,
        "mg_per_day": None if drug.mg_per_day is None else str(drug.mg_per_day),
        "started_on": drug.started_on and drug.started_on.isoformat(),
        "stopped_on": drug.stopped_on and drug.stopped_on.isoformat(),
    }


def _coverage(judged: Sequence[tuple[Regimen, Judgement]]) -> list[dict[str, str]]:
    """Every pair once, in its loudest state over all days."""
    loudest: dict[tuple[str, str], tuple[PairState, date]] = {}
    for regimen, judgement in judged:
        for pair in judgement.pairs:
            known = loudest.get((pair.a_ref, pair.b_ref))
            if known is None or LOUDEST_FIRST[pair.state] < LOUDEST_FIRST[known[0].state]:
                loudest[pair.a_ref, pair.b_ref] = (pair, regimen.day)
    return [
        {"a": a, "b": b, "state": pair.state, "scope": pair.scope, "why": pair.why, "day": day.isoformat()}
        for (a, b), (pair, day) in sorted(loudest.items())
    ]


def _not_checked(judged: Sequence[tuple[Regimen, Judgement]]) -> list[dict[str, Any]]:
    refs: dict[tuple[str, str], set[str]] = {}
    entries: Iterable[NotChecked] = (entry for _regimen, judgement in judged for entry in judgement.not_checked)
    for entry in entries:
        refs.setdefault((entry.what, entry.why), set()).update(entry.refs)
    return [{"refs": sorted(of), "what": what, "why": why} for (what, why), of in sorted(refs.items())]
