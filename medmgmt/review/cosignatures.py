"""Where the second signature of a proposal stands: which contraindicated findings need one, and who has said what."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from django.db.models import Q

from interactions.models import Answer, Finding, Severity
from medmgmt.record import access
from medmgmt.record.models import CoSignature, DosageChange, Status, User, Verdict
from medmgmt.record.part2 import Mask
from refills.models import LIVE, Task, TaskKind

Mark = tuple[str, str]
"""Key and context of a finding: a higher severity, another dose band or another fact about the person is another."""


@dataclass(frozen=True)
class Need:
    """One contraindicated finding with the newest word said on it, and whether that lets this signer sign."""

    finding: Finding
    word: CoSignature | None
    is_met: bool


@dataclass(frozen=True)
class CosignatureStanding:
    """The second signature of one proposal as it stands for one signer."""

    needs: list[Need] = field(default_factory=list)
    words: list[CoSignature] = field(default_factory=list)
    """Everything said on this proposal, oldest first."""
    asked: Task | None = None
    """The task of whoever was asked and has not answered."""
    can_say: bool = False
    """Whether this person is a second one, who may co-sign or decline."""
    colleagues: list[User] = field(default_factory=list)
    """Whom this person may ask by name, besides the pharmacists together."""

    @property
    def missing(self) -> list[Finding]:
        """The findings that nobody has co-signed whose co-signature counts."""
        return [need.finding for need in self.needs if not need.is_met]


def mark_of(finding: Finding) -> Mark:
    """What a co-signature of this finding speaks for."""
    return finding.key, finding.context


def marks(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """The marks of these findings as a co-signature keeps them."""
    return [{"key": key, "context": context} for key, context in map(mark_of, findings)]


def contraindicated(findings: Iterable[Finding]) -> list[Finding]:
    """The findings that one signature alone is not enough for: contraindicated, and brought up by the change."""
    return [one for one in findings if one.is_interruptive and one.severity == Severity.CONTRAINDICATED]


def standing(change: DosageChange, findings: Iterable[Finding], signer: User) -> CosignatureStanding:
    """For this signer, against the findings of one review. One query where a second signature is needed, else none."""
    found = contraindicated(findings)
    if not found:
        return CosignatureStanding()
    said = said_for(change)
    words = [one for one in said if one.change_id == change.pk]
    asked = asked_of(change) if change.status == Status.PROPOSED else None
    return CosignatureStanding([_need(finding, change, said, signer) for finding in found], words, asked)


def shown_to(by: User, change: DosageChange, findings: Iterable[Finding]) -> CosignatureStanding:
    """The same for a page, with what this person may do about it; two more queries where anything is needed."""
    found = standing(change, findings, by)
    if not found.needs or change.status != Status.PROPOSED:
        return found
    can_ask = bool(found.missing) and found.asked is None and access.may(by, "sign")
    return replace(
        found,
        can_say=access.may(by, "cosign") and is_another(by, change),
        colleagues=colleagues(by, change) if can_ask else [],
    )


def masked(found: CosignatureStanding, hides: Mask) -> CosignatureStanding:
    """The same with one need in place of all that have a hidden medicine in them."""
    mine = [need for need in found.needs if hides.is_masked(need.finding)]
    if not mine:
        return found
    rest = [need for need in found.needs if need not in mine]
    told = hides.finding([need.finding for need in mine])
    one = Need(told, next((need.word for need in mine if need.word), None), all(need.is_met for need in mine))
    return replace(found, needs=[one, *rest])


def is_another(by: User, change: DosageChange) -> bool:
    """Neither the author nor anybody who answered a contraindicated finding of it: a second person looks afresh."""
    if change.author_id == by.pk:
        return False
    mine = Answer.objects.filter(finding__review__change=change, finding__severity=Severity.CONTRAINDICATED, by=by)
    return not mine.exists()


def colleagues(by: User, change: DosageChange) -> list[User]:
    """Who else of the patient's team may co-sign; one query."""
    others = access.people_of(change.patient_id, "cosign").exclude(pk__in=[by.pk, change.author_id])
    return list(others.order_by("role", "last_name", "first_name"))


def said_for(change: DosageChange) -> list[CoSignature]:
    """Every word on this proposal, and those on orders of the patient that have been signed; oldest first. One query.

    A word on a proposal that still waits, or was withdrawn, speaks for nothing but that proposal.
    """
    mine, signed = Q(change=change), Q(change__status=Status.SIGNED, verdict=Verdict.AGREED)
    return list(
        CoSignature.objects.filter(mine | signed, patient_id=change.patient_id).select_related("by").order_by("id")
    )


def _need(finding: Finding, change: DosageChange, said: Sequence[CoSignature], signer: User) -> Need:
    """The newest word on the proposal decides; without one, a combination that stands already keeps its old one.

    What begins, or begins again, with this change is asked afresh. Nobody is their own second person, and who does not
    work here any more, or not as a clinician, is none for an order that is signed today.
    """
    mark = mark_of(finding)
    told = [one for one in said if _speaks_of(one, mark)]
    here = [one for one in told if one.change_id == change.pk]
    if here:
        newest = here[-1]
        counts = newest.verdict == Verdict.AGREED and newest.by_id != signer.pk and access.may(newest.by, "cosign")
        return Need(finding, newest, counts)
    earlier = [] if finding.is_new else [one for one in told if one.by_id != signer.pk]
    return Need(finding, earlier[-1] if earlier else None, bool(earlier))


def _speaks_of(word: CoSignature, mark: Mark) -> bool:
    return any((one["key"], one["context"]) == mark for one in word.findings)


def asked_of(change: DosageChange) -> Task | None:
    """The live task that asks for the second signature of this proposal; one query."""
    return (
        Task.objects.filter(patient_id=change.patient_id, closes_on=waits_for(change), state__in=LIVE)
        .select_related("assignee")
        .first()
    )


def tasks_of(change: DosageChange) -> Q:
    """Which tasks are about the second signature of this proposal, asked or declined."""
    about = {"source_type": "dosage_change", "source_id": str(change.pk)}
    return Q(patient_id=change.patient_id, kind=TaskKind.COSIGN, **about)


def waits_for(change: DosageChange) -> str:
    """What alone closes the task: a word on this proposal."""
    return f"cosignature:{change.pk}"
