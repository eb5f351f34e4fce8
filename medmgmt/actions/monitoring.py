"""Ordering what a finding asks to be measured: one click, one order, one task."""

from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from interactions import library
from interactions.engine.card_tables import Monitoring
from interactions.models import Finding
from medmgmt.monitoring import gates, measures
from medmgmt.monitoring.gates import GateStanding
from medmgmt.record import access, audit, part2
from medmgmt.record.errors import Refused
from medmgmt.record.models import (
    MonitoringOrder,
    Patient,
    Prescription,
    User,
)
from medmgmt.supply import gaps
from refills.errors import RefillRefused
from refills.models import GateRelease, Task
from refills.supply.lab_gates import State
from refills.worklist import kinds, tasks

DONE_BY = time(17)

MOST_WORDS = 2000


@dataclass(frozen=True)
class Ordered:
    """The order that stands now; `is_new` is false where it stood before."""

    order: MonitoringOrder
    is_new: bool


@transaction.atomic
def order_monitoring(by: User, finding_id: int, *, code: str) -> Ordered:
    """Orders what the card of a finding asks for, due as the knowledge says, with a task for the nurses.

    Ordered before, on this card or another, for the same day or an earlier one, that order stands. For a later day,
    a new order takes its place. What a Part 2 programme ordered and what others did stand each for itself: one in the
    place of the other would tell of it. Refused where the card asks for no such thing.
    """
    patient, finding = access.locked(by, "order_monitoring", Finding, finding_id, through="review")
    wanted = asked_for(finding, code)
    programme = part2.programme_of(by, patient)
    same_side = MonitoringOrder.objects.filter(patient=patient, programme=programme)
    standing = measures.open_orders(same_side, [code]).get(code)
    today = patient.today(timezone.now())
    due_on = date.fromordinal(today.toordinal() + wanted.due_days)
    if standing is not None and standing.due_on <= due_on:
        return Ordered(standing, is_new=False)
    made = MonitoringOrder.objects.create(
        patient=patient,
        code=code,
        loinc=wanted.loinc,
        what=wanted.what,
        due_on=due_on,
        problem=finding.problem,
        finding_key=finding.key,
        ordered_by=by,
        replaces=standing,
        programme=programme,
    )
    if standing is not None:
        tasks.cancel_by_key(measures.key_of(standing.pk), _("It was ordered for an earlier day."))
    open_task(patient, made, wanted, finding)
    audit.record(by, "order_monitoring", patient_id=patient.pk, obj=("monitoring_order", made.pk),
                 detail={"code": code, "finding": finding.pk})  # fmt: skip
    return Ordered(made, is_new=True)


@transaction.atomic
def order_all(by: User, finding_id: int) -> list[Ordered]:
    """Orders everything that the card of a finding asks for and nobody has ordered by that day yet."""
    _patient, finding = access.locked(by, "order_monitoring", Finding, finding_id, through="review")
    return [order_monitoring(by, finding_id, code=wanted.code) for wanted in on_card(finding)]


def asked_for(finding: Finding, code: str) -> Monitoring:
    """What the knowledge in use asks for on the card of this finding; Refused for anything else."""
    wanted = next((one for one in on_card(finding) if one.code == code), None)
    if wanted is None:
        raise Refused(_("This finding asks for no such measurement."))
    return wanted


def on_card(finding: Finding) -> list[Monitoring]:
    """Everything the card of this finding asks for, each code once; its own words first."""
    tables = library.current().formulary.cards
    same = Finding.objects.filter(review=finding.review_id, card=finding.card) if finding.card else ()
    found: dict[str, Monitoring] = {}
    for one in (finding, *same):
        for wanted in tables.wanted(one.problem, one.drugs):
            found.setdefault(wanted.code, wanted)
    return list(found.values())


def open_task(patient: Patient, order: MonitoringOrder, wanted: Monitoring, finding: Finding) -> None:
    """The nurses arrange it; the result closes the task, wherever it is recorded."""
    tasks.open_for(
        kinds.MONITORING_ORDER,
        finding.review.change_id or "",
        key=measures.key_of(order.pk),
        patient_id=patient.pk,
        due_at=end_of_day(patient, order.due_on),
        detail=f"{order.what}. {wanted.schedule}".strip(),
        closes_on=measures.closes_on(wanted.code),
    )


def end_of_day(patient: Patient, day: date) -> datetime:
    """Five in the afternoon of `day` where the patient lives."""
    return datetime.combine(day, DONE_BY, tzinfo=ZoneInfo(patient.time_zone))


@transaction.atomic
def release_lab_gate(by: User, prescription_id: int, *, why: str, until: date) -> GateRelease:
    """Supply goes on although its lab is missing, overdue or low: why, and until which day. Closes the task about it.

    Refused where nothing is missing, without a reason, and for longer than the site allows.
    """
    patient, prescription = access.locked(by, "release_lab_gate", Prescription, prescription_id)
    today = patient.today(timezone.now())
    found = gates.gate_of(prescription, today, part2.mask(by, patient.pk))
    if found is not None and found.call:
        raise Refused(found.call)
    if found is None or found.gate.state == State.CLEAR or found.gate.missing is None:
        raise Refused(_("Nothing stands in the way of this supply, so there is nothing to release."))
    if not why.strip() or len(why) > MOST_WORDS:
        raise Refused(_("Say in a sentence or two why the supply goes on without the lab."))
    longest = gates.longest_release(prescription, today)
    if not today <= until <= longest:
        raise Refused(_("A release of this supply ends on a day from today to %(day)s.") % {"day": longest})
    released = GateRelease.objects.filter(prescription=prescription, code=found.needed.code, missing=found.gate.missing)
    if released.filter(since=found.gate.since, until__gte=until).exists():
        raise Refused(_("This supply has been released until then already."))
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
    tasks.settle(
        key=task_key(prescription, found), by_id=by.pk, outcome=_("Released with a reason."), evidence=evidence
    )
    audit.record(by, "release_lab_gate", patient_id=patient.pk, obj=("gate_release", made.pk),
                 detail={"code": made.code, "missing": made.missing})  # fmt: skip
    return made


def require_clear(prescription: Prescription, day: date, by: User) -> None:
    """RefillRefused while the supply waits for a lab that nobody has released."""
    found = gates.gate_of(prescription, day, part2.mask(by, prescription.patient_id))
    if found is not None and found.pends:
        raise RefillRefused([found.refusal])


def open_if_pending(patient: Patient, prescription: Prescription, day: date) -> Task | None:
    """The prescriber's task while a supply waits; None where it does not. The lab itself closes it, or a release. It
    says what anybody may read, but of a programme's supply, whose task nobody else sees."""
    hides = part2.Mask() if prescription.programme_id else part2.whole_mask([patient.pk])
    found = gates.gate_of(prescription, day, hides)
    if found is None or not found.pends:
        return None
    return tasks.open_for(
        kinds.LAB_GATE,
        prescription.pk,
        key=task_key(prescription, found),
        patient_id=patient.pk,
        assignee_id=prescriber_id(patient, prescription),
        stop_tier=gaps.stop_tier(prescription),
        detail=f"{prescription.drug_name}: {found.sentence}",
        closes_on=found.closes_on,
    )


def task_key(prescription: Prescription, found: GateStanding) -> str:
    """One task for one missing lab."""
    return kinds.LAB_GATE.key_of(prescription.pk, found.needed.code, found.gate.missing, found.gate.since)


def prescriber_id(patient: Patient, prescription: Prescription) -> int | None:
    """Who signed the newest change, if still in the patient's care; None leaves it to the whole role."""
    signed = prescription.changes.filter(status="signed").order_by("-signed_at").select_related("signed_by").first()
    if signed is None or signed.signed_by is None:
        return None
    return signed.signed_by_id if access.cares_for(signed.signed_by, patient.pk) else None
