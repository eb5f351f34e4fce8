"""The review of a patient's regimens: what is kept of a check, who answers it, and what still waits for an answer."""

from collections.abc import Collection, Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import library, tiers
from interactions.engine import alternatives, check
from interactions.engine.findings import Finding as Found
from interactions.engine.findings import Judgement, NotChecked, PairState
from interactions.engine.knowledge import Knowledge
from interactions.engine.regimen import Drug, Regimen
from interactions.engine.rules import cards
from interactions.engine.rules.coverage import described
from interactions.engine.severity import Severity as Grade
from interactions.errors import UnansweredFindings
from interactions.models import Answer, Finding, Moment, Review, Severity

STOPS = (Severity.MAJOR, Severity.CONTRAINDICATED)
"""A finding as severe as this refuses a signature until it is answered."""
OF_ITSELF = (Moment.SCREEN, Moment.RECORD)
"""What nobody ordered: a change of the knowledge, or something newly on record."""
FOLDED = (Severity.MINOR, Severity.UNGRADED)
"""Shown only to who opens them."""
LOUDEST_FIRST = {"finding": 0, "not_checked": 1, "nothing_on_record": 2}
Asked = tuple[int, str, str]
"""Number of a patient, key and context of a finding."""


@dataclass(frozen=True)
class Draft:
    """A review with its findings, as checked; `keep` writes both down."""

    review: Review
    findings: list[Finding]


@transaction.atomic(savepoint=False)
def run(
    *,
    patient_id: int,
    change_id: int | None,
    by_id: int | None,
    moment: str,
    before: Sequence[Regimen],
    after: Sequence[Regimen],
) -> Draft:
    """Check every day given and keep the answer: one finding a key with the first day it holds.

    New is what no day of `before` shows, and what came up on record since the last signature. A finding interrupts when
    it is major or above and either new or on what the change starts, resumes or raises; all else waits on the list. The
    caller holds the patient's lock.
    """
    held = library.loaded()
    earlier = keys(before, held.knowledge) - came_up(patient_id)
    drafted = draft(held, earlier, after, patient_id=patient_id, change_id=change_id, by_id=by_id, moment=moment)
    keep(held, [drafted])
    return drafted


def came_up(patient_id: int) -> set[str]:
    """Keys of what something newly on record has brought up since the last signed review, and nobody has answered."""
    reviews = Review.objects.filter(patient_id=patient_id)
    signed = reviews.filter(moment=Moment.SIGN, change__status="signed").order_by("-id")
    since = Coalesce(Subquery(signed.values("pk")[:1]), 0)
    found = Finding.objects.filter(review__patient_id=patient_id).filter(
        review_id__gt=since, review__moment=Moment.RECORD, is_new=True, answer__isnull=True
    )
    return set(found.values_list("key", flat=True))


def keys(regimens: Iterable[Regimen], knowledge: Knowledge) -> set[str]:
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
    without = without_restricted(judged, held.knowledge)
    open_findings = (
        {one for _day, judgement in without for one in judgement.findings} if without is not judged else None
    )
    review = Review(
        patient_id=patient_id,
        change_id=change_id,
        moment=Moment(moment),
        by_id=by_id,
        at=timezone.now(),
        regimen=[_snapshot(regimen) for regimen, _judgement in judged],
        coverage=_marked(_coverage(judged), _coverage(without)),
        not_checked=_marked(_not_checked(judged), _not_checked(without)),
        scope=scope(held.knowledge),
        is_unchecked=says_nothing(held.knowledge),
    )
    instead = alternatives.alternatives_for(judged[0][0], judged[0][1], held.knowledge) if judged else {}
    first = _first(judged)
    problems = {
        finding.key: card.name
        for card in cards.gathered([finding for finding, _day in first], held.knowledge.formulary)
        for finding in card.findings
    }
    rows = [_row(review, _on(finding, problems), day, earlier, instead) for finding, day in first]
    for row, (finding, _day) in zip(rows, first, strict=True):
        row.is_restricted = open_findings is not None and finding not in open_findings
    return Draft(review, rows)


def without_restricted(
    judged: list[tuple[Regimen, Judgement]], knowledge: Knowledge
) -> list[tuple[Regimen, Judgement]]:
    """What would be said of the same days without the facts that are restricted; the very same where none are."""
    if all(regimen.open_facts is None for regimen, _said in judged):
        return judged
    return [(regimen, check.check(known_to_all(regimen), knowledge)) for regimen, _said in judged]


def known_to_all(regimen: Regimen) -> Regimen:
    """The regimen with the facts that are not restricted."""
    return replace(regimen, facts=regimen.open_facts or regimen.facts, open_facts=None)


def _marked(entries: list[dict[str, Any]], known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The entries, marked where they are not said without what is restricted."""
    return [one if one in known else {**one, "restricted": True} for one in entries]


def says_nothing(knowledge: Knowledge) -> bool:
    """Whether nothing is in use that an order could be checked against; the clinic's own rules alone are no check."""
    return all(source.is_empty or source.label == tiers.LOCAL for source in knowledge.sources)


@transaction.atomic(savepoint=False)
def keep(held: library.Loaded, drafts: Sequence[Draft]) -> list[Review]:
    """Three queries for however many reviews. The caller holds the lock of each patient."""
    kept = Review.objects.bulk_create([one.review for one in drafts])
    used = Review.releases.through
    used.objects.bulk_create(
        used(review_id=review.pk, release_id=release_id) for review in kept for release_id, _sha256 in held.marks
    )
    Finding.objects.bulk_create(finding for one in drafts for finding in one.findings)
    return kept


def unanswered_keys(wanted: Collection[Asked], *, screened_since: datetime | None = None) -> set[Asked]:
    """Those of these patients' findings that no answer speaks for; two queries, however many there are.

    With `screened_since`, what a screening has found and told since then is left out as well.
    """
    patients, named = {patient for patient, _key, _context in wanted}, {key for _patient, key, _context in wanted}
    given = Answer.objects.filter(patient_id__in=patients, key__in=named)
    standing = given.exclude(finding__review__change__status="withdrawn")
    answered = set(standing.values_list("patient_id", "key", "context"))
    if screened_since is not None:
        told = Finding.objects.filter(
            review__patient_id__in=patients,
            review__moment=Moment.SCREEN,
            review__at__gte=screened_since,
            is_new=True,
            key__in=named,
        )
        answered |= set(told.values_list("review__patient_id", "key", "context"))
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
    return without_answer(Finding.objects.filter(review_id=review_id).select_related("review"))


def without_answer(findings: Iterable[Finding]) -> list[Finding]:
    """Those of one review's findings that stop a signature and have no answer that speaks for them; one query, none
    where nothing would stop it."""
    waiting = [one for one in findings if one.severity in STOPS and one.is_interruptive]
    if not waiting:
        return []
    answered = answers_for(waiting[0].review.patient_id, waiting)
    return [finding for finding in waiting if finding.key not in answered]


def of_screenings(patient_id: int) -> list[Finding]:
    """What screenings have brought up and is still found in what the patient really takes, each key once, the newest.

    Answered or not; most severe first. Three queries at most.
    """
    newest = latest_of_patient(patient_id)
    if newest is None:
        return []
    brought_up = Finding.objects.filter(
        review__patient_id=patient_id, review__moment__in=OF_ITSELF, severity__in=STOPS, is_interruptive=True
    )
    still = Finding.objects.filter(review=newest).values("key")
    once: dict[str, Finding] = {}
    for finding in brought_up.filter(key__in=still).select_related("review").order_by("-review_id", "id"):
        once.setdefault(finding.key, finding)
    return sorted(once.values(), key=lambda one: (-STOPS.index(Severity(one.severity)), one.key))


def require_clear(review_id: int) -> None:
    """Raises UnansweredFindings while anything waits for an answer."""
    waiting = unanswered(review_id)
    if waiting:
        raise UnansweredFindings(waiting)


def answers_for(patient_id: int, findings: Iterable[Finding]) -> dict[str, Answer]:
    """By key, the newest answer that speaks for each finding: one to the same key in the same context.

    An answer given for a proposal since withdrawn speaks for nothing.
    """
    asked = {finding.key: finding.context for finding in findings}
    given = Answer.objects.filter(patient_id=patient_id, key__in=asked).select_related("by").order_by("id")
    standing = given.exclude(finding__review__change__status="withdrawn")
    return {one.key: one for one in standing if one.context == asked[one.key]}


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
    return (signed | seen.filter(moment__in=OF_ITSELF)).first()


def _first(judged: Sequence[tuple[Regimen, Judgement]]) -> list[tuple[Found, date]]:
    """Every finding once, most severe first, with the first day on which it holds."""
    first: dict[str, tuple[Found, date]] = {}
    for regimen, judgement in judged:
        for finding in judgement.findings:
            first.setdefault(finding.key, (finding, regimen.day))
    return sorted(first.values(), key=lambda item: (-item[0].severity, item[0].key))


def _on(finding: Found, problems: Mapping[str, str]) -> Found:
    """The finding on the card that gathers it with those of the other days."""
    return finding._replace(card=problems.get(finding.key, finding.card))


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
        is_interruptive=finding.severity >= Grade.MAJOR and not finding.is_slight and (is_new or finding.is_triggered),
        context=finding.context,
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
