"""A supply that waits for a lab: the task that it opens, and a prescriber's reasoned release."""

from datetime import date

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt import gates, supplies
from medmgmt.actions import locking
from medmgmt.gates import Standing
from medmgmt.record import access, audit
from medmgmt.record.errors import Refused
from medmgmt.record.models import Patient, Prescription, Role, User
from refills import worklist
from refills.errors import RefillRefused
from refills.lab_gates import State
from refills.models import GateRelease, Task, TaskKind

MOST_WORDS = 2000


@transaction.atomic
def release_lab_gate(by: User, prescription_id: int, *, why: str, until: date) -> GateRelease:
    """Supply goes on although its lab is missing, overdue or low: why, and until which day. Closes the task about it.

    Refused where nothing is missing, without a reason, and for longer than the site allows.
    """
    patient, prescription = locking.prescription(by, "release_lab_gate", prescription_id)
    today = patient.today(timezone.now())
    found = gates.of(prescription, today)
    if found is None or found.gate.state == State.CLEAR or found.gate.missing is None:
        raise Refused(_("Nothing stands in the way of this supply, so there is nothing to release."))
    if not why.strip() or len(why) > MOST_WORDS:
        raise Refused(_("Say in a sentence or two why the supply goes on without the lab."))
    longest = gates.longest_release(prescription, today)
    if not today <= until <= longest:
        raise Refused(_("A release of this supply ends on a day from today to %(day)s.") % {"day": longest})
    made = GateRelease.objects.create(
        patient=patient,
        prescription=prescription,
        code=found.needed.code,
        missing=found.gate.missing.value,
        since=found.gate.since,
        until=until,
        why=why.strip(),
        released_by=by,
    )
    evidence = ("gate_release", made.pk)
    worklist.settle(
        key=task_key(prescription, found), by_id=by.pk, outcome=_("Released with a reason."), evidence=evidence
    )
    audit.record(by, "release_lab_gate", patient_id=patient.pk, obj=("gate_release", made.pk),
                 detail={"code": made.code, "missing": made.missing})  # fmt: skip
    return made


def require_clear(prescription: Prescription, day: date) -> None:
    """RefillRefused while the supply waits for a lab that nobody has released."""
    found = gates.of(prescription, day)
    if found is not None and found.pends:
        raise RefillRefused([found.refusal])


def open_if_pending(patient: Patient, prescription: Prescription, day: date) -> Task | None:
    """The prescriber's task while a supply waits; None where it does not. The lab itself closes it, or a release."""
    found = gates.of(prescription, day)
    if found is None or not found.pends:
        return None
    return worklist.open_task(
        kind=TaskKind.LAB_GATE,
        key=task_key(prescription, found),
        patient_id=patient.pk,
        role=Role.PSYCHIATRIST,
        assignee_id=prescriber_id(patient, prescription),
        stop_tier=supplies.stop_tier(prescription),
        source=("prescription", prescription.pk),
        title=_("A supply waits for a lab"),
        detail=f"{prescription.drug_name}: {found.sentence}",
        closes_on=found.closes_on,
    )


def task_key(prescription: Prescription, found: Standing) -> str:
    """One task for one missing lab."""
    return f"lab-gate|{prescription.pk}|{found.needed.code}|{found.gate.missing}|{found.gate.since}"


def prescriber_id(patient: Patient, prescription: Prescription) -> int | None:
    """Who signed the newest change, if still in the patient's care; None leaves it to the whole role."""
    signed = prescription.changes.filter(status="signed").order_by("-signed_at").select_related("signed_by").first()
    if signed is None or signed.signed_by is None:
        return None
    return signed.signed_by_id if access.cares_for(signed.signed_by, patient.pk) else None
