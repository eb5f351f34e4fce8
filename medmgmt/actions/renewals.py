"""A prescriber answers renewals: one, or the uncontroversial ones together, or says no with a reason."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import library
from interactions import review as reviews
from interactions.models import Finding
from medmgmt.actions import authorising
from medmgmt.actions.authorising import Written
from medmgmt.messages import planning
from medmgmt.record import access, audit, part2
from medmgmt.record.errors import NoSuchThing, Refused, Unconfirmed
from medmgmt.record.models import Patient, Prescription, User
from medmgmt.regimen import courses
from medmgmt.supply import renewals
from medmgmt.supply.renewals import Renewal
from refills.models import Authorisation, RenewalAnswer, RenewalDecision, RenewalReason
from refills.worklist import tasks

MOST_WORDS, MOST_AT_ONCE = 1000, 50


@dataclass(frozen=True)
class Batch:
    """What became of renewals that were signed together: those renewed, and those that need a look of their own."""

    renewed: tuple[RenewalDecision, ...]
    left: tuple[Renewal, ...]


@transaction.atomic
def renew(
    by: User,
    prescription_id: int,
    *,
    quantity: Decimal,
    unit: str,
    days_supply: int,
    refills: int = 0,
    may_fill_from: date | None = None,
    quantity_meant: bool = False,
    why: str = "",
    note: str = "",
    confirm: bool = False,
) -> RenewalDecision:
    """Writes the prescription, keeps today's review, closes the request and tells the patient.

    Refused where a major finding of today's review has no answer and `why` says nothing; RefillRefused by the rules.
    Unconfirmed where somebody has decided on it today already.
    """
    patient, prescription = access.locked(by, "renew", Prescription, prescription_id)
    shown = renewal_under_lock(prescription, by)
    if shown.open_findings and not why.strip():
        raise Refused(_("Today's review has a major finding without an answer: answer it, or say why you renew."))
    require_words(why, note)
    if not confirm:
        require_undecided(shown)
    part = Written(quantity, unit, days_supply, refills, may_fill_from)
    [made] = authorising.issue(
        by, patient, prescription, [part], issued_on=None, quantity_meant=quantity_meant, confirm=confirm
    )
    keep_review(by, patient)
    return decide(
        by, patient, prescription, RenewalAnswer.RENEWED, authorisation=made, note=note, why=why, in_batch=False
    )


@transaction.atomic
def renew_batch(by: User, prescription_ids: Sequence[int]) -> Batch:
    """One signature for several: each looked at again under its lock, and renewed as proposed only where nothing
    stands in the way now. The others are left as they are and named."""
    access.require(by, "renew")
    ids = sorted(set(prescription_ids))
    if not 1 <= len(ids) <= MOST_AT_ONCE:
        raise Refused(_("Choose from one to %(most)s renewals.") % {"most": MOST_AT_ONCE})
    patients = Prescription.objects.filter(pk__in=ids).order_by("patient_id", "pk").values_list("pk", flat=True)
    if len(patients) != len(ids):
        raise NoSuchThing()
    renewed, left = [], []
    for prescription_id in patients:
        patient, prescription = access.locked(by, "renew", Prescription, prescription_id)
        shown = renewal_under_lock(prescription, by)
        if not shown.is_plain or shown.proposed.quantity is None:
            left.append(shown)
            continue
        wanted = shown.proposed
        assert wanted.quantity is not None
        part = Written(wanted.quantity, wanted.unit, wanted.days_supply, wanted.refills, wanted.may_fill_from)
        [made] = authorising.issue(
            by, patient, prescription, [part], issued_on=None, quantity_meant=True, confirm=False
        )
        keep_review(by, patient)
        renewed.append(
            decide(by, patient, prescription, RenewalAnswer.RENEWED, authorisation=made, note="", why="", in_batch=True)
        )
    return Batch(tuple(renewed), tuple(left))


@transaction.atomic
def decline(
    by: User, prescription_id: int, *, answer: str, reason: str, note: str = "", confirm: bool = False
) -> RenewalDecision:
    """Not renewed as it is: the treatment changes, or not at all, with a reason for the patient; closes the request.

    Unconfirmed where somebody has decided on it today already.
    """
    patient, prescription = access.locked(by, "renew", Prescription, prescription_id)
    if answer not in (RenewalAnswer.CHANGED, RenewalAnswer.DENIED):
        raise Refused(_("Choose whether the treatment changes or it is not renewed."))
    if not reason or reason not in RenewalReason.values:
        raise Refused(_("Choose the reason that the patient is told."))
    require_words("", note)
    if not confirm:
        require_undecided(renewal_under_lock(prescription, by))
    return decide(by, patient, prescription, answer, reason=reason, note=note, why="", in_batch=False)


def renewal_under_lock(prescription: Prescription, by: User) -> Renewal:
    """The renewal as this person sees it, under the lock; NoSuchThing where nothing of it was ever signed."""
    shown = renewals.renewal_of(prescription, part2.mask(by, prescription.patient_id))
    if shown is None:
        raise NoSuchThing()
    return shown


def require_undecided(shown: Renewal) -> None:
    """Unconfirmed where it was renewed or declined today: two who decide at once would both be told that it is done."""
    today = [one for one in shown.decisions if shown.patient.today(one.decided_at) == shown.today]
    if today:
        last = max(today, key=lambda one: one.decided_at)
        raise Unconfirmed(
            _("%(who)s has answered this today already: %(what)s. Decide again only if both are meant.")
            % {"who": last.decided_by.get_full_name() or last.decided_by.get_username(),
               "what": last.get_answer_display()}
        )  # fmt: skip


def require_words(why: str, note: str) -> None:
    """Refuses more than a few sentences."""
    if len(why) > MOST_WORDS or len(note) > MOST_WORDS:
        raise Refused(_("The note is too long."))


def keep_review(by: User, patient: Patient) -> list[Finding]:
    """Keeps the review of today's regimen that something is decided on; its findings."""
    known, today = courses.of_patient(patient.pk), patient.today(timezone.now())
    after = [courses.at(courses.Person.of(patient), known, today)]
    held, last = library.loaded(), reviews.latest_of_patient(patient.pk)
    earlier = set(last.findings.values_list("key", flat=True)) if last else set()
    drafted = reviews.draft(held, earlier, after, patient_id=patient.pk, change_id=None, by_id=by.pk, moment="screen")
    reviews.keep(held, [drafted])
    return drafted.findings


def decide(
    by: User,
    patient: Patient,
    prescription: Prescription,
    answer: str,
    *,
    authorisation: Authorisation | None = None,
    reason: str = "",
    note: str,
    why: str,
    in_batch: bool,
) -> RenewalDecision:
    """Keeps the decision, closes what asked for it, and tells the audit."""
    made = RenewalDecision.objects.create(
        patient=patient,
        prescription=prescription,
        answer=answer,
        reason=reason,
        note=note.strip(),
        authorisation=authorisation,
        in_batch=in_batch,
        decided_by=by,
    )
    tasks.settle(
        source=("prescription", prescription.pk),
        kinds=renewals.REQUESTS,
        by_id=by.pk,
        outcome=str(RenewalAnswer(answer).label),
        evidence=("renewal_decision", made.pk),
    )
    planning.replan(patient, prescription)
    seals = {authorisation.pk: authorisation.seal} if authorisation else {}
    audit.record(by, "renew", patient_id=patient.pk, obj=("renewal_decision", made.pk), why=why.strip(),
                 detail={"answer": answer, "in_batch": in_batch, "written": seals})  # fmt: skip
    return made
