"""Side effects, gathered for reading."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Prefetch, QuerySet

from interactions import library
from interactions.engine.red_flags import RedFlag
from medmgmt.record import access, part2
from medmgmt.record.errors import NoSuchThing
from medmgmt.record.models import Patient, Restricted, SideEffectReport, Suspect, User
from refills.models import Task


@dataclass(frozen=True)
class SideEffectPage:
    """One report with its suspects, its earlier versions, the tasks it opened and what in it cannot wait."""

    patient: Patient
    report: SideEffectReport
    suspects: list[Suspect]
    versions: list[SideEffectReport]
    tasks: list[Task]
    flags: tuple[RedFlag, ...] = ()

    @property
    def is_urgent(self) -> bool:
        """Whether the patient is told what to do now instead of to wait for us."""
        return any(task.service_case == "red_flag" for task in self.tasks)

    @property
    def is_crisis(self) -> bool:
        """Whether the crisis line is offered first: also where only the severity says that somebody is in danger."""
        return self.is_urgent and (not self.flags or any(flag.is_crisis for flag in self.flags))


def side_effects(by: User) -> QuerySet[SideEffectReport]:
    """The newest version of each report of the person's patients."""
    mine = part2.listed(by, kind=Restricted.NOTES)
    found = SideEffectReport.objects.filter(mine, patient_id__in=access.own_or_cared_for(by), corrected_by=None)
    return found.select_related("reporter").order_by("-began_on", "-id")


def side_effects_of(patient: Patient, hides: part2.Mask) -> QuerySet[SideEffectReport]:
    """The newest version of each report, with its suspects ready, but for reports and medicines that are hidden."""
    suspects = Suspect.objects.exclude(prescription__in=hides.hidden).select_related("prescription").order_by("rank")
    newest = SideEffectReport.current(patient.pk).exclude(pk__in=hides.of(SideEffectReport)).select_related("reporter")
    return newest.prefetch_related(Prefetch("suspects", queryset=suspects)).order_by("-began_on", "-id")


def side_effect(by: User, report_id: int) -> SideEffectPage:
    """A report for staff, or for the patient it is about; NoSuchThing for a programme's, from outside it."""
    report = SideEffectReport.objects.filter(pk=report_id).select_related("reporter").first()
    act = "view_own" if by.patient_id else "view_chart"
    patient = access.patient_for(by, act, report.patient_id if report else 0)
    assert report is not None
    hides = part2.mask(by, patient.pk)
    if hides.hides_record(report):
        raise NoSuchThing
    suspects = report.suspects.exclude(prescription__in=hides.hidden).select_related("prescription", "change")
    shown = renumbered(suspects.order_by("rank"))
    tasks = patient.tasks.filter(source_type="side_effect", source_id=str(report.pk)).select_related("assignee")
    flags = library.current().formulary.flags.named(report.red_flags)
    return SideEffectPage(patient, report, shown, versions_of(report), list(tasks), flags)


def renumbered(suspects: Iterable[Suspect]) -> list[Suspect]:
    """Ranked among those that are shown: a place left empty would tell of one that is not."""
    found = list(suspects)
    for place, one in enumerate(found, start=1):
        one.rank = place
    return found


def what_to_do_now(report: SideEffectReport, language: str) -> list[str]:
    """What the patient does now, each sentence once; empty where nothing in the report cannot wait."""
    flags = library.current().formulary.flags.named(report.red_flags)
    return list(dict.fromkeys(flag.do_now.get(language[:2], flag.do_now["en"]) for flag in flags))


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
