"""Supply, adherence and renewals, gathered for reading; every function opens a chart through the one door."""

from dataclasses import dataclass

from django.db.models import Q
from django.utils import timezone

from interactions import library
from medmgmt import adherence, authorised, limits, regimens, renewals, supplies
from medmgmt.adherence import Told
from medmgmt.limits import Suggestion
from medmgmt.record import access
from medmgmt.record.errors import NoSuchThing
from medmgmt.record.models import Patient, Prescription, Role, User
from medmgmt.renewals import Renewal
from refills.models import (
    Authorisation,
    PartialFill,
    Task,
)

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


def supply(by: User, prescription_id: int) -> SupplyPage:
    """The supply of one medicine: what is written and left, limits, labs, adherence, early and partial fills."""
    patient, prescription = opened(by, prescription_id)
    shown = found(prescription)
    scopes, today = supplies.scopes_of(prescription), shown.today
    partials = PartialFill.objects.filter(dispense__prescription=prescription).select_related("dispense")
    return SupplyPage(
        patient=patient,
        renewal=shown,
        suggestion=None if shown.limit else limits.suggested_for(patient, scopes, today),
        early=tuple(authorised.early_counts(prescription.pk, today)),
        partials=tuple(partials.order_by("-handed_at")[:10]),
        told=tuple(
            (
                line.authorisation,
                authorised.told_pharmacy(line.authorisation, shown.line, prescription, scopes, shown.limit),
            )
            for line in reversed(shown.lines)
            if line.fills_left and not line.is_revoked
        ),
    )


def renewal(by: User, prescription_id: int) -> Renewal:
    """One prescription with all that matters before it is renewed, its review made again today."""
    _patient, prescription = opened(by, prescription_id)
    return found(prescription)


def opened(by: User, prescription_id: int) -> tuple[Patient, Prescription]:
    """The prescription of a patient in the person's care; the look is audited."""
    prescription = Prescription.objects.select_related("patient").filter(pk=prescription_id).first()
    patient = access.patient_for(by, "view_chart", prescription.patient_id if prescription else 0)
    assert prescription is not None
    return patient, prescription


def found(prescription: Prescription) -> Renewal:
    """Its renewal; NoSuchThing where nothing of it was ever signed."""
    shown = renewals.of(prescription)
    if shown is None:
        raise NoSuchThing()
    return shown


@dataclass(frozen=True)
class Queue:
    """What waits for a renewal: those that may be signed together, those that need a look, and how many more."""

    plain: tuple[Renewal, ...]
    others: tuple[Renewal, ...]
    more: int


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
    rows = Prescription.objects.filter(pk__in=ordered[:MOST_IN_QUEUE], patient_id__in=mine).select_related("patient")
    by_number = {row.pk: row for row in rows}
    shown = renewals.of_many([by_number[number] for number in ordered if number in by_number])
    shown.sort(key=lambda one: one.runs_out_on or one.today)
    return Queue(
        plain=tuple(one for one in shown if one.is_plain),
        others=tuple(one for one in shown if not one.is_plain),
        more=max(0, len(ordered) - MOST_IN_QUEUE),
    )


def adherence_of(by: User, patient_id: int) -> tuple[Patient, Told]:
    """How regularly a patient has had each medicine and class in the last year; for staff, or the patient."""
    patient = access.patient_for(by, "view_own" if by.role == Role.PATIENT else "view_chart", patient_id)
    courses, rows = regimens.courses(patient.pk), adherence.rows_of([patient.pk])
    return patient, adherence.of_patient(courses, rows, patient.today(timezone.now()), library.current())
