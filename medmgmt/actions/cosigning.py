"""The second signature: a contraindicated order is co-signed by another prescriber or a pharmacist, or is declined."""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import review
from interactions.models import Finding, Review
from medmgmt import cosignatures
from medmgmt.actions import prescribing
from medmgmt.record import access, audit
from medmgmt.record.errors import Conflict, NotAllowed, Refused
from medmgmt.record.models import CoSignature, DosageChange, Patient, Role, User, Verdict
from refills import worklist
from refills.models import Task, TaskKind

MOST_NOTE = 2000


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
    task = worklist.open_task(
        kind=TaskKind.COSIGN,
        key=f"cosign|{change.pk}|{len(standing.words)}",
        patient_id=patient.pk,
        role=colleague.role if colleague else Role.PHARMACIST,
        assignee_id=colleague.pk if colleague else None,
        source=("dosage_change", change.pk),
        title=_("A second signature is asked for"),
        detail=" ".join(finding.summary for finding in standing.missing),
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
    require_another(by, change)
    reviewed = latest(change)
    if reviewed.pk != review_id:
        raise Conflict(_("This was reviewed again in the meantime. Read the findings again before you decide."))
    if verdict == Verdict.AGREED:
        review.require_clear(reviewed.pk)
    word = CoSignature.objects.create(
        patient=patient,
        change=change,
        by=by,
        verdict=verdict,
        note=sentence(note),
        findings=cosignatures.marks(to_cosign(reviewed)),
    )
    worklist.close_with(patient_id=patient.pk, closes_on=cosignatures.waits_for(change),
                        evidence=("cosignature", word.pk), by_id=by.pk, at=timezone.now())  # fmt: skip
    if verdict == Verdict.DECLINED:
        tell_author(change, word)
    else:
        for key in cosignatures.tasks_of(change):
            worklist.cancel_by_key(key, _("The order was co-signed."))
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
    worklist.open_task(
        kind=TaskKind.COSIGN,
        key=f"cosign-declined|{word.pk}",
        patient_id=change.patient_id,
        role=Role.PSYCHIATRIST,
        assignee_id=change.author_id,
        case="declined",
        source=("dosage_change", change.pk),
        title=_("A second signature was declined"),
        detail=word.note,
    )
