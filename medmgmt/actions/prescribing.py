"""The main story: an order is proposed, reviewed, answered, reviewed again and signed, or withdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import library, review
from interactions.errors import CoSignatureNeeded, NothingChecked, UnansweredFindings
from interactions.models import Review
from interactions.review import Draft
from medmgmt.messages import planning
from medmgmt.record import access, audit, door, dosing, part2, signatures
from medmgmt.record.errors import Conflict, NoSuchThing, Refused, Unconfirmed
from medmgmt.record.models import CoSignature, DosageChange, Kind, Patient, Prescription, Status, User
from medmgmt.regimen import courses, order_lines
from medmgmt.regimen.courses import Known
from medmgmt.review import cosignatures
from medmgmt.supply import authorisations
from refills.worklist import kinds, tasks

FURTHEST_DAYS = 366
"""An order may take effect at most a year ahead, or be written down at most a year after the fact."""
AGAIN = timedelta(minutes=1)
"""The same proposed again so soon is more likely a slip than meant."""


@dataclass(frozen=True)
class DrugChoice:
    """What was chosen: a drug of the vocabulary by its RxNorm ingredient, or a name that somebody typed."""

    name: str
    rxcui: int | None = None
    product_rxcui: int | None = None
    strength: str = ""
    form: str = ""
    product: str = ""
    """All three in words, as on a label: "lithium carbonate ER 300 mg tablet"."""


@dataclass(frozen=True)
class Prompt:
    """What led to the change, where something in the record did."""

    side_effect_id: int | None = None
    observation_id: int | None = None
    plan: str = ""


@dataclass(frozen=True)
class Said:
    """What a proposal says, whichever medicine it is of."""

    kind: str
    sig: dosing.Sig | None
    effective_on: date
    reason_code: str
    note: str
    alongside: bool | None
    prompt: Prompt

    def columns(self) -> dict[str, Any]:
        """The columns of the change that hold it."""
        return {
            "kind": self.kind,
            "effective_on": self.effective_on,
            "sig": self.sig,
            "reason_code": self.reason_code,
            "note": self.note,
            "alongside": self.alongside,
            "prompted_by_side_effect_id": self.prompt.side_effect_id,
            "prompted_by_observation_id": self.prompt.observation_id,
            "prompted_by_plan": self.prompt.plan,
        }


@dataclass(frozen=True)
class Proposal:
    """A proposed change and what the active knowledge says about it."""

    change: DosageChange
    review: Review


@transaction.atomic
def propose_start(
    by: User,
    patient_id: int,
    *,
    drug: DrugChoice,
    sig: dosing.Sig | str,
    effective_on: date,
    reason_code: str,
    note: str = "",
    indication: str = "",
    first_supply_days: int | None = None,
    alongside: bool = False,
    prompt: Prompt | None = None,
    confirm: bool = False,
) -> Proposal:
    """Proposes a new medicine and reviews it. A drug that no vocabulary knows is taken down as free text. A `sig` in
    words is an order line, which may say strength, form and indication as well.

    `alongside` says that it is meant beside what is taken of the same drug: another strength, an overlap.
    """
    patient = access.patient_for(by, "propose", patient_id, lock=True)
    require_near(patient, effective_on)
    columns = drug_columns(with_label(drug))
    if isinstance(sig, str):
        line = order_lines.understood(sig, order_lines.Product(**named(columns)))
        columns |= {"strength": line.product.strength, "form": line.product.form}
        sig, indication = line.sig, indication or line.indication
    said = Said(Kind.START, sig, effective_on, reason_code, note, alongside, prompt or Prompt())
    of = {f"prescription__{name}": value for name, value in columns.items()}
    require_not_again(by, patient, said, confirm=confirm, **of)
    prescription = Prescription.objects.create(
        patient=patient,
        created_by=by,
        indication=indication,
        first_supply_days=first_supply_days,
        programme=part2.programme_of(by, patient),
        **columns,
    )
    return propose(by, patient, prescription, said)


@transaction.atomic
def propose_change(
    by: User,
    prescription_id: int,
    *,
    kind: str,
    sig: dosing.Sig | str | None,
    effective_on: date,
    reason_code: str,
    note: str = "",
    alongside: bool | None = None,
    prompt: Prompt | None = None,
    confirm: bool = False,
) -> Proposal:
    """Proposes a new dose, a hold, a resumption or a stop, and reviews it. A `sig` in words is an order line."""
    patient, prescription = access.locked(by, "propose", Prescription, prescription_id)
    require_near(patient, effective_on)
    if isinstance(sig, str):
        sig = order_lines.new_sig(sig, prescription.drug_name, prescription.strength, prescription.form)
    said = Said(kind, sig, effective_on, reason_code, note, alongside, prompt or Prompt())
    require_not_again(by, patient, said, confirm=confirm, prescription=prescription)
    return propose(by, patient, prescription, said)


def require_not_again(by: User, patient: Patient, said: Said, *, confirm: bool, **of: object) -> None:
    """Asks about what the same person proposed less than a minute ago and is still to be signed; the patient is
    locked."""
    if confirm:
        return
    recent = patient.dosage_changes.filter(status=Status.PROPOSED, author=by, proposed_at__gt=timezone.now() - AGAIN)
    columns = said.columns()
    if any(all(getattr(one, name) == columns[name] for name in columns) for one in recent.filter(**of)):
        raise Unconfirmed(
            _("You proposed the very same less than a minute ago, and it waits to be signed. Is this meant as well?")
        )


def propose(by: User, patient: Patient, prescription: Prescription, said: Said) -> Proposal:
    """Writes the proposed change down, reviews it and tells the audit. The patient is locked."""
    require_own_prompt(prescription, said.prompt, by)
    known = Known.whole(patient, beside=prescription)
    steps = known.course(prescription.pk).steps
    dosing.require_possible(steps, dosing.Step(kind=said.kind, effective_on=said.effective_on, sig=said.sig, ref=0))
    change = DosageChange.objects.create(
        patient=patient,
        prescription=prescription,
        old_sig=sig_before(steps, said.effective_on),
        author=by,
        **said.columns(),
    )
    reviewed = review_now(by, patient, change, known=known, moment="propose").review
    remember_to_sign(by, change)
    audit.record(by, "propose", patient_id=patient.pk, obj=("dosage_change", change.pk),
                 detail={"kind": said.kind, "review": reviewed.pk})  # fmt: skip
    return Proposal(change, reviewed)


def remember_to_sign(by: User, change: DosageChange) -> None:
    """A proposal left lying becomes its author's task; the signature or the withdrawal closes it."""
    tasks.open_for(kinds.REVIEW_PROPOSAL, change.pk, patient_id=change.patient_id, assignee_id=by.pk)


def close_waiting(change: DosageChange, why: str) -> None:
    """The tasks that waited for this proposal to be signed or co-signed wait no longer."""
    tasks.cancel_where(Q(key=kinds.REVIEW_PROPOSAL.key_of(change.pk)) | cosignatures.tasks_of(change), why)


def with_label(drug: DrugChoice) -> DrugChoice:
    """The choice with what its label says; NamesDisagree where that is another drug's."""
    if not drug.product:
        return drug
    product = order_lines.product_of(drug.product)
    name = drug.name or product.name
    library.agreed(name, None, product=product.name)
    return replace(drug, name=name, strength=drug.strength or product.strength, form=drug.form or product.form)


def named(columns: dict[str, Any]) -> dict[str, str]:
    """What a line may repeat of a prescription that is about to be written."""
    return {"name": columns["drug_name"], "strength": columns["strength"], "form": columns["form"]}


def drug_columns(drug: DrugChoice) -> dict[str, Any]:
    """The prescription's columns for a choice: the vocabulary's name and RxCUI where it knows the drug. NamesDisagree
    where name, code, product and strength are of different drugs."""
    name = " ".join(drug.name.split())
    if not name and drug.rxcui is None:
        raise Refused(_("Say which drug it is."))
    meant = library.agreed(name, drug.rxcui, drug.product_rxcui, f"{drug.strength} {drug.form}")
    if drug.rxcui is not None and meant.found is None and not name:
        raise Refused(_("No drug in the active knowledge has this RxCUI. Give its name as well."))
    return {
        "drug_name": meant.found.name if meant.found else name,
        "rxcui": meant.rxcui,
        "product_rxcui": meant.product_rxcui if meant.rxcui else None,
        "strength": drug.strength,
        "form": drug.form,
        "free_text": meant.found is None and meant.rxcui is None,
    }


def require_near(patient: Patient, day: date) -> None:
    """Refuses a day that is a slip of the pen: over a year away in either direction."""
    if abs((day - patient.today(timezone.now())).days) > FURTHEST_DAYS:
        raise Refused(_("The effective date must be within a year of today."))


def require_own_prompt(prescription: Prescription, prompt: Prompt, by: User) -> None:
    """Refuses as the reason of a change a side effect or an observation of somebody else, or hidden; and one that a
    Part 2 programme keeps to itself, where others read the change."""
    patient = prescription.patient
    reports = part2.seen(by, patient.side_effects.filter(pk=prompt.side_effect_id or 0))
    values = part2.seen(by, patient.observations.filter(pk=prompt.observation_id or 0))
    if (prompt.side_effect_id and not reports) or (prompt.observation_id and not values):
        raise NoSuchThing()
    made_by = {*(one.programme_id for one in reports), *(one.programme_id for one in values)}
    if made_by - {None, prescription.programme_id}:
        raise Refused(_("Others read this change: say why in words, and do not name what the programme wrote down."))


def sig_before(steps: Sequence[dosing.Step], effective_on: date) -> dosing.Sig | None:
    """What is taken on the effective day without the change; None for nothing."""
    return dosing.dose_on(effective_on, steps).sig


def review_now(by: User, patient: Patient, change: DosageChange, *, moment: str, known: Known | None = None) -> Draft:
    """Checks the regimen of every day on which anything changes, without and with the change, and keeps the answer.
    `known` is what is on record of the patient where somebody has it at hand."""
    days = courses.compared(known or Known.whole(patient), change)
    return review.run(
        patient_id=patient.pk,
        change_id=change.pk,
        by_id=by.pk,
        moment=moment,
        before=days.before,
        after=days.after,
    )


def sign(by: User, change_id: int, *, unchecked: bool = False) -> DosageChange:
    """Signs a proposed change: locks the patient, checks again, and refuses while a finding waits for its answer.

    What was found at this last look is kept even when the signature is refused, so that it can be answered. A
    contraindicated finding of this last look needs a second person's co-signature as well as its answer.
    Where no knowledge is in use nothing was checked: then its signer says `unchecked`, and the order keeps the word.
    Raises UnansweredFindings, CoSignatureNeeded, NothingChecked, Conflict (signed, withdrawn or overtaken), or an
    impossible step of the course; Unproven where a controlled drug needs a fresh proof of who signs.
    """
    with transaction.atomic():
        patient, change = proposed(by, "sign", change_id)
        with library.steady():
            require_proof(change)
            known = Known.whole(patient, *courses.SUPPLY, beside=change.prescription)
            require_unchanged(change, known)
            kept = review_now(by, patient, change, known=known, moment="sign")
            second = cosignatures.standing(change, kept.findings, by)
            alone, words = second.missing, second.words
            if getattr(change, "has_words", True) and not second.needs:
                words = list(change.cosignatures.all())
            waiting = review.without_answer(kept.findings)
            blind = kept.review.is_unchecked and not unchecked
            clear = not alone and not waiting and not blind
            if clear:
                now, change.signed_unchecked = timezone.now(), kept.review.is_unchecked
                change.sign(by_id=by.pk, at=now, seal=signatures.seal_of(change, by_id=by.pk, at=now, words=words))
                follow_from(patient, change, known, kept.review)
        seals = {change.pk: change.seal} if clear else {}
        audit.record(by, "sign" if clear else "sign_refused", patient_id=patient.pk,
                     obj=("dosage_change", change.pk), detail={**looked_at(kept.review), "seals": seals})  # fmt: skip
    if waiting:
        raise UnansweredFindings(part2.mask(by, patient.pk).findings(waiting))
    if alone:
        raise CoSignatureNeeded(part2.mask(by, patient.pk).findings(alone))
    if blind:
        raise NothingChecked
    return change


def looked_at(reviewed: Review) -> dict[str, object]:
    """What the trail keeps of the last look before a signature."""
    return {"review": reviewed.pk, **({"unchecked": True} if reviewed.is_unchecked else {})}


def proposed(by: User, act: str, change_id: int) -> tuple[Patient, DosageChange]:
    """The locked patient and a change still proposed, read after the lock; Conflict if it was settled by then."""
    said = Exists(CoSignature.objects.filter(change=OuterRef("pk")))
    patient, change = access.locked(by, act, DosageChange, change_id, through="prescription", has_words=said)
    if change.status != Status.PROPOSED:
        raise Conflict(_("This change has already been signed or withdrawn."))
    return patient, change


def require_proof(change: DosageChange) -> None:
    """Whoever signs that a controlled drug is taken proves afresh who they are; that it stops, waits for nobody."""
    if change.kind not in (Kind.STOP, Kind.HOLD) and authorisations.is_controlled(change.prescription):
        door.require_fresh()


def require_unchanged(change: DosageChange, known: Known) -> None:
    """Refuses a change whose ground has moved: what is taken now is not what the author saw."""
    steps = known.course(change.prescription_id).steps
    dosing.require_possible(steps, change.step)
    if sig_before(steps, change.effective_on) != change.old_sig:
        raise Conflict(_("The dose was changed after this was proposed. Withdraw it and propose it again."))


def follow_from(patient: Patient, change: DosageChange, known: Known, reviewed: Review) -> None:
    """What a signature brings about, in its own transaction: supply, reminders, and a task for what was not checked.
    `known` is as it was before."""
    signed = known.with_course(known.course(change.prescription_id).with_change(change))
    courses.lay_out(signed.courses)
    planning.replan(patient, change.prescription, signed)
    close_waiting(change, _("The proposal was signed."))
    if reviewed.not_checked:
        unknown = " ".join(f"{entry['what']}: {entry['why']}" for entry in reviewed.not_checked)
        tasks.open_for(kinds.NOT_CHECKED, change.pk, patient_id=patient.pk, detail=unknown)


@transaction.atomic
def withdraw(by: User, change_id: int, *, note: str) -> DosageChange:
    """Takes a proposal back, with the follow-up tasks that its answers had opened; the row stays."""
    patient, change = proposed(by, "withdraw", change_id)
    change.withdraw(by_id=by.pk, at=timezone.now(), note=note)
    close_waiting(change, _("The proposal was withdrawn."))
    for answer_id in review.answers_of(change.pk):
        tasks.cancel_by_key(kinds.FOLLOW_UP.key_of(answer_id), _("The proposal was withdrawn."))
    audit.record(by, "withdraw", patient_id=patient.pk, obj=("dosage_change", change.pk))
    return change
