"""Side effects, gathered for reading."""

from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from medmgmt.record import access
from medmgmt.record.models import Patient, SideEffectReport, Suspect, User
from refills.models import Task


@dataclass(frozen=True)
class SideEffectPage:
    """One report with its suspects, its earlier versions and the tasks it opened."""

    patient: Patient
    report: SideEffectReport
    suspects: list[Suspect]
    versions: list[SideEffectReport]
    tasks: list[Task]


def side_effects(by: User) -> QuerySet[SideEffectReport]:
    """The newest version of each report of the person's patients."""
    found = SideEffectReport.objects.filter(patient_id__in=access.own_or_cared_for(by), corrected_by=None)
    return found.select_related("reporter").order_by("-began_on", "-id")


def side_effects_of(patient: Patient) -> QuerySet[SideEffectReport]:
    """The newest version of each report, with its suspects ready."""
    suspects = Suspect.objects.select_related("prescription").order_by("rank")
    newest = SideEffectReport.current(patient.pk).select_related("reporter")
    return newest.prefetch_related(Prefetch("suspects", queryset=suspects)).order_by("-began_on", "-id")


def side_effect(by: User, report_id: int) -> SideEffectPage:
    """A report for staff, or for the patient it is about."""
    report = SideEffectReport.objects.filter(pk=report_id).select_related("reporter").first()
    act = "view_own" if by.patient_id else "view_chart"
    patient = access.patient_for(by, act, report.patient_id if report else 0)
    assert report is not None
    suspects = report.suspects.select_related("prescription", "change").order_by("rank")
    tasks = patient.tasks.filter(source_type="side_effect", source_id=str(report.pk)).select_related("assignee")
    return SideEffectPage(patient, report, list(suspects), versions_of(report), list(tasks))


def versions_of(report: SideEffectReport) -> list[SideEffectReport]:
    """Every version of a report, oldest first."""
    found = [report]
    while found[0].corrects is not None:
        found.insert(0, found[0].corrects)
    later = SideEffectReport.objects.filter(corrects=found[-1]).first()
    while later is not None:
        found.append(later)
        later = SideEffectReport.objects.filter(corrects=later).first()
    return found
