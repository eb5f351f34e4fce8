"""What is ordered to be measured, gathered for reading: on one card, and for one patient."""

from dataclasses import dataclass

from django.db.models import QuerySet

from interactions import library
from interactions.models import Finding
from medmgmt import measuring
from medmgmt.record import access
from medmgmt.record.models import MonitoringOrder, Patient, User


@dataclass(frozen=True)
class CardMeasures:
    """What the card of one finding asks for."""

    patient: Patient
    finding: Finding
    measures: list[measuring.Measure]


def of_card(by: User, finding_id: int) -> CardMeasures:
    """For staff of the patient's team; a fixed number of queries."""
    finding = Finding.objects.select_related("review").filter(pk=finding_id).first()
    patient = access.patient_for(by, "view_chart", finding.review.patient_id if finding else 0)
    assert finding is not None
    same = Finding.objects.filter(review=finding.review_id, card=finding.card).exclude(pk=finding.pk)
    every = [finding, *(same if finding.card else [])]
    found = measuring.of_findings(patient, every, library.current().formulary.cards)
    return CardMeasures(patient, finding, found.get(finding.pk, []))


def of_patient(by: User, patient_id: int) -> QuerySet[MonitoringOrder]:
    """Every order of the patient, the newest first, also those that another took the place of."""
    patient = access.patient_for(by, "view_chart", patient_id)
    return MonitoringOrder.objects.filter(patient=patient).select_related("replaced_by").order_by("-id")
