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
from medmgmt import measuring
from medmgmt.record import access, audit
from medmgmt.record.errors import Refused
from medmgmt.record.models import MonitoringOrder, Patient, Role, User
from refills import worklist
from refills.models import TaskKind

DONE_BY = time(17)


@dataclass(frozen=True)
class Ordered:
    """The order that stands now; `is_new` is false where it stood before."""

    order: MonitoringOrder
    is_new: bool


@transaction.atomic
def order_monitoring(by: User, finding_id: int, *, code: str) -> Ordered:
    """Orders what the card of a finding asks for, due as the knowledge says, with a task for the nurses.

    Ordered before, on this card or another, for the same day or an earlier one, that order stands. For a later day,
    a new order takes its place. Refused where the card asks for no such thing.
    """
    finding = Finding.objects.select_related("review").filter(pk=finding_id).first()
    patient = access.patient_for(by, "order_monitoring", finding.review.patient_id if finding else 0, lock=True)
    assert finding is not None
    wanted = asked_for(finding, code)
    standing = measuring.open_orders(patient.pk, [code]).get(code)
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
    )
    if standing is not None:
        worklist.cancel_by_key(measuring.key_of(standing.pk), _("It was ordered for an earlier day."))
    open_task(patient, made, wanted, finding)
    audit.record(by, "order_monitoring", patient_id=patient.pk, obj=("monitoring_order", made.pk),
                 detail={"code": code, "finding": finding.pk})  # fmt: skip
    return Ordered(made, is_new=True)


@transaction.atomic
def order_all(by: User, finding_id: int) -> list[Ordered]:
    """Orders everything that the card of a finding asks for and nobody has ordered by that day yet."""
    finding = Finding.objects.select_related("review").filter(pk=finding_id).first()
    access.patient_for(by, "order_monitoring", finding.review.patient_id if finding else 0, lock=True)
    assert finding is not None
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
    worklist.open_task(
        kind=TaskKind.MONITORING_ORDER,
        key=measuring.key_of(order.pk),
        patient_id=patient.pk,
        role=Role.NURSE,
        due_at=end_of_day(patient, order.due_on),
        source=("dosage_change", finding.review.change_id or ""),
        title=_("Monitoring to arrange"),
        detail=f"{order.what}. {wanted.schedule}".strip(),
        closes_on=measuring.closes_on(wanted.code),
    )


def end_of_day(patient: Patient, day: date) -> datetime:
    """Five in the afternoon of `day` where the patient lives."""
    return datetime.combine(day, DONE_BY, tzinfo=ZoneInfo(patient.time_zone))
