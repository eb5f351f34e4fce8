"""Supply, requests and fills, gathered for reading."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from interactions import library
from medmgmt.record import access, part2
from medmgmt.record.errors import NoSuchThing
from medmgmt.record.models import Patient, Prescription, Role, User
from medmgmt.regimen import courses
from medmgmt.regimen import scopes as regimen_scopes
from medmgmt.supply import adherence, limits, renewals
from medmgmt.supply import authorisations as supply_authorisations
from medmgmt.supply.adherence import Regularity
from medmgmt.supply.limits import Suggestion
from medmgmt.supply.renewals import Renewal
from refills import site
from refills.models import Authorisation, Dispense, PartialFill, RenewalDecision, Task, TaskKind

MOST_IN_QUEUE = 50


@dataclass(frozen=True)
class SupplyPage:
    """Everything about the supply of one medicine."""

    patient: Patient
    renewal: Renewal
    suggestion: Suggestion | None
    early: tuple[tuple[str, int], ...]
    partials: tuple[PartialFill, ...]
    told: tuple[tuple[Authorisation, list[tuple[str, str]]], ...]


@dataclass(frozen=True)
class Queue:
    """What waits for a renewal: those that may be signed together, those that need a look, and how many more."""

    plain: tuple[Renewal, ...]
    others: tuple[Renewal, ...]
    more: int


@dataclass(frozen=True)
class OwnRequest:
    """Where a patient's own request for a refill stands."""

    waiting_since: date | None
    decision: RenewalDecision | None

    @property
    def is_waiting(self) -> bool:
        """Has nobody answered yet?"""
        return self.waiting_since is not None


def supply(by: User, prescription_id: int) -> SupplyPage:
    """The supply of one medicine: what is written and left, limits, labs, adherence, early and partial fills."""
    patient, prescription = opened(by, prescription_id)
    shown = renewal_found(prescription, part2.mask(by, patient.pk))
    knowledge, today = library.current(), shown.today
    scopes = regimen_scopes.scopes_of(prescription, knowledge)
    partials = PartialFill.objects.filter(dispense__prescription=prescription, dispense__voided=None)
    return SupplyPage(
        patient=patient,
        renewal=shown,
        suggestion=None if shown.limit else limits.suggested_for(by, knowledge.formulary.care, patient, scopes, today),
        early=tuple(supply_authorisations.early_counts(prescription.pk, today)),
        partials=tuple(partials.select_related("dispense").order_by("-handed_at")[:10]),
        told=tuple(
            (
                line.authorisation,
                supply_authorisations.told_pharmacy(line.authorisation, shown.line, prescription, scopes, shown.limit),
            )
            for line in reversed(shown.lines)
            if line.fills_left and not line.is_revoked
        ),
    )


def renewal(by: User, prescription_id: int) -> Renewal:
    """One prescription with all that matters before it is renewed, its review made again today."""
    patient, prescription = opened(by, prescription_id)
    return renewal_found(prescription, part2.mask(by, patient.pk))


def opened(by: User, prescription_id: int) -> tuple[Patient, Prescription]:
    """The prescription of a patient in the person's care; the look is audited."""
    prescription = Prescription.objects.select_related("patient").filter(pk=prescription_id).first()
    patient = access.patient_for(by, "view_chart", prescription.patient_id if prescription else 0)
    assert prescription is not None
    access.require_open(by, patient, prescription)
    return patient, prescription


def renewal_found(prescription: Prescription, hides: part2.Mask) -> Renewal:
    """Its renewal; NoSuchThing where nothing of it was ever signed."""
    shown = renewals.renewal_of(prescription, hides)
    if shown is None:
        raise NoSuchThing()
    return shown


def queue(by: User) -> Queue:
    """Refills asked for and prescriptions that run out with nothing left, of the patients in the person's care.

    The same number of queries however many there are.
    """
    access.require(by, "work_tasks")
    mine = access.patients_of(by).values("pk")
    waiting = Task.objects.filter(
        Q(patient_id__in=mine), kind__in=renewals.REQUESTS, closed_at=None, source_type="prescription"
    )
    numbers = waiting.order_by("priority", "due_at", "id").values_list("source_id", flat=True)
    ordered = list(dict.fromkeys(int(number) for number in numbers if number.isdecimal()))
    rows = Prescription.objects.filter(part2.listed(by), pk__in=ordered[:MOST_IN_QUEUE], patient_id__in=mine)
    rows = rows.select_related("patient")
    by_number = {row.pk: row for row in rows}
    masks = part2.masks(by, {one.patient_id for one in by_number.values()})
    shown = renewals.of_many([by_number[number] for number in ordered if number in by_number], masks)
    shown.sort(key=lambda one: one.runs_out_on or one.today)
    return Queue(
        plain=tuple(one for one in shown if one.is_plain),
        others=tuple(one for one in shown if not one.is_plain),
        more=max(0, len(ordered) - MOST_IN_QUEUE),
    )


def adherence_of(by: User, patient_id: int) -> tuple[Patient, Regularity]:
    """How regularly a patient has had each medicine and class in the last year; for staff, or the patient."""
    patient = access.patient_for(by, "view_own" if by.role == Role.PATIENT else "view_chart", patient_id)
    hides = part2.mask(by, patient.pk)
    known = courses.of_patient(patient.pk, *courses.SUPPLY, courses.REPORTS)
    known = [one for one in known if not hides.hides(one.prescription.pk)]
    return patient, adherence.of_patient(known, patient.today(timezone.now()), library.current())


def dispenses(by: User) -> QuerySet[Dispense]:
    """Fills of the person's patients, with those that were taken back."""
    return with_voidings(
        Dispense.objects.filter(part2.listed(by, "prescription__"), patient_id__in=access.own_or_cared_for(by))
    )


def with_voidings(fills: QuerySet[Dispense]) -> QuerySet[Dispense]:
    """Fills, newest first, each with its prescription and why it was taken back, if it was."""
    told = fills.annotate(voided_why=F("voided__why")).select_related("prescription")
    return told.order_by("-dispensed_on", "-id")


def authorisations(by: User) -> QuerySet[Authorisation]:
    """Prescriptions for the pharmacy of the person's patients, newest first."""
    mine = part2.listed(by, "prescription__")
    found = Authorisation.objects.filter(mine, patient_id__in=access.own_or_cared_for(by)).select_related("revoked")
    return found.order_by("-issued_on", "-id")


def asked_by(patient: Patient, prescription_ids: Sequence[int]) -> Mapping[int, OwnRequest]:
    """By prescription, what the patient asked for and what was answered of late; two queries."""
    names = [str(number) for number in prescription_ids]
    waiting = Task.objects.filter(
        patient=patient, kind=TaskKind.REFILL_REQUEST, closed_at=None, source_type="prescription", source_id__in=names
    )
    since = {int(task.source_id): patient.today(task.created_at) for task in waiting.order_by("-created_at")}
    decided = RenewalDecision.objects.filter(
        patient=patient,
        prescription_id__in=prescription_ids,
        decided_at__gte=timezone.now() - site.days("answers_shown_days"),
    )
    newest: dict[int, RenewalDecision] = {}
    for row in decided.select_related("authorisation").order_by("decided_at", "id"):
        newest[row.prescription_id] = row
    return {number: OwnRequest(since.get(number), newest.get(number)) for number in prescription_ids}
