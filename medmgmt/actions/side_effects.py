"""Side effects: taken down, corrected, and the medicines suspected of them."""

from collections.abc import Sequence
from datetime import date, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from interactions import library
from interactions.engine import suspects
from interactions.engine.red_flags import IN_DANGER, RedFlag
from medmgmt.actions import shapes
from medmgmt.record import access, audit, part2
from medmgmt.record.errors import NotAllowed, Refused, Unconfirmed
from medmgmt.record.models import (
    DosageChange,
    Patient,
    Role,
    SideEffectReport,
    SideEffectSeverity,
    Status,
    Suspect,
    User,
)
from medmgmt.regimen import courses, red_flags
from refills.worklist import kinds, tasks


@transaction.atomic
def log_side_effect(
    by: User,
    patient_id: int,
    *,
    term: str,
    term_code: str = "",
    severity: str,
    began_on: date,
    ended_on: date | None = None,
    outcome: str = "unknown",
    action_taken: str = "none_yet",
    note: str = "",
    confirm: bool = False,
) -> SideEffectReport:
    """Takes a side effect down, ranks what may have caused it, and opens the psychiatrist's task. Where the words or
    the severity cannot wait, the task is due in minutes and a nurse has one too.

    Never refused for missing knowledge: an unknown term is kept as it was said, and ranked by time alone. A patient who
    says the same again has said it once; of anybody else it is asked.
    """
    patient = access.patient_for(by, "log_side_effect", patient_id, lock=True)
    same = SideEffectReport.current(patient.pk).filter(
        term__iexact=term, severity=severity, began_on=began_on, ended_on=ended_on, note=note
    )
    if (said := same.filter(reporter=by).first()) is not None and by.role == Role.PATIENT:
        return said
    if not confirm and part2.seen(by, same):
        words = _("%(what)s since %(day)s is on record already, in the same words.")
        raise Unconfirmed(words % {"what": term, "day": date_format(began_on, "j M Y")})
    report = SideEffectReport(
        patient=patient,
        term=term,
        term_code=term_code,
        severity=severity,
        began_on=began_on,
        ended_on=ended_on,
        outcome=outcome,
        action_taken=action_taken,
        note=note,
    )
    return keep_report(by, patient, report)


@transaction.atomic
def correct_side_effect(by: User, report_id: int, **fields: object) -> SideEffectReport:
    """A new version of a report; the old one stays. `fields` are those of log_side_effect, each optional.

    Raises NoSuchPatient for an unknown report, Refused where a newer version exists.
    """
    patient, old = access.locked(by, "log_side_effect", SideEffectReport, report_id)
    if by.role == Role.PATIENT and old.reporter_id != by.pk:
        raise NotAllowed(_("You can correct your own reports; tell the clinic about the others."))
    if SideEffectReport.objects.filter(corrects=old).exists():
        raise Refused(_("This report has been corrected already; correct its newest version."))
    kept = {name: one for name, one in shapes.details(log_side_effect).items() if name != "confirm"}
    unknown = set(fields) - set(kept)
    if unknown:
        raise Refused(_("A side effect has no such detail: %(names)s.") % {"names": ", ".join(sorted(unknown))})
    values = {name: fields.get(name, getattr(old, name)) for name in kept}
    return keep_report(by, patient, SideEffectReport(patient=patient, corrects=old, version=old.version + 1, **values))


def keep_report(by: User, patient: Patient, report: SideEffectReport) -> SideEffectReport:
    """Saves a report first, then its suspects and its task, then tells the audit."""
    require_days(patient, report)
    report.reporter, report.reporter_role = by, by.role
    report.programme = (report.corrects and report.corrects.programme) or part2.programme_of(by, patient)
    flags = cannot_wait(patient, report)
    report.red_flags = [flag.flag_id for flag in flags]
    report.save(force_insert=True)
    ranked = rank(patient, report)
    open_review(patient, report, ranked, flags)
    act = "correct_side_effect" if report.corrects_id else "log_side_effect"
    audit.record(by, act, patient_id=patient.pk, obj=("side_effect", report.pk),
                 detail={"severity": report.severity, "suspects": len(ranked), "version": report.version,
                         "red_flags": report.red_flags})  # fmt: skip
    return report


def require_days(patient: Patient, report: SideEffectReport) -> None:
    """Refuses an onset in the future or before birth, and an end before the onset."""
    today = patient.today(timezone.now())
    if report.began_on > today:
        raise Refused(_("A side effect cannot have begun in the future."))
    if report.began_on < patient.birth_date:
        raise Refused(_("A side effect cannot have begun before the patient was born."))
    if report.ended_on and not report.began_on <= report.ended_on <= today:
        raise Refused(_("A side effect ends on or after the day it began, and not in the future."))


def rank(patient: Patient, report: SideEffectReport) -> list[Suspect]:
    """The medicines taken on the day of onset, most suspect first, each with its reasons in words."""
    taken = courses.exposures(patient, report.began_on)
    ranked = suspects.rank(report.term, report.began_on, taken, library.current())
    doses = dose_texts(patient, report.began_on)
    rows = [
        Suspect(
            report=report,
            prescription_id=int(found.ref),
            rank=place,
            score=found.score,
            reasons=list(found.reasons),
            change_id=doses.get(int(found.ref), (None, ""))[0],
            dose_text=doses.get(int(found.ref), (None, ""))[1],
        )
        for place, found in enumerate(ranked, start=1)
    ]
    return Suspect.objects.bulk_create(rows)


def dose_texts(patient: Patient, day: date) -> dict[int, tuple[int | None, str]]:
    """By prescription: the change in force on `day` (or last in force before it) and the dose in words."""
    found = {}
    for course in courses.of_patient(patient.pk):
        change, sig = courses.in_force(course, day)
        found[course.prescription.pk] = (change, sig.text() if sig else "")
    return found


def open_review(
    patient: Patient, report: SideEffectReport, ranked: Sequence[Suspect], flags: Sequence[RedFlag]
) -> None:
    """The psychiatrist's task, due by severity; a correction replaces the task of the version before. What cannot wait
    is a nurse's task too, and no correction takes that one away."""
    if report.corrects_id:
        tasks.cancel_by_key(kinds.SIDE_EFFECT.key_of(report.corrects_id), _("The report was corrected."))
    urgent = bool(flags) or is_in_danger(patient, report)
    detail = "\n".join([f"{report.term} ({report.get_severity_display()})", *(flag.told for flag in flags)])
    tasks.open_for(
        kinds.SIDE_EFFECT,
        report.pk,
        patient_id=patient.pk,
        assignee_id=responsible_id(patient, report, ranked),
        case="red_flag" if urgent else report.severity,
        detail=detail,
    )
    if urgent:
        key = kinds.RED_FLAG.key_of("side_effect", report.pk, patient.pk)
        words = "\n".join(filter(None, [detail, report.note]))
        tasks.open_for(kinds.RED_FLAG, report.pk, key=key, patient_id=patient.pk, detail=words,
                       source=("side_effect", report.pk))  # fmt: skip


def cannot_wait(patient: Patient, report: SideEffectReport) -> tuple[RedFlag, ...]:
    """What in a report is a red flag, by its words, its severity and what is taken; nothing of what is long over."""
    if is_over(patient, report):
        return ()
    signs = [IN_DANGER] if is_in_danger(patient, report) else []
    return red_flags.heard(patient, f"{report.term}.\n{report.note}", signs)


def is_in_danger(patient: Patient, report: SideEffectReport) -> bool:
    """Whoever reports calls it life-threatening: that is enough, whatever the words."""
    return report.severity == SideEffectSeverity.LIFE_THREATENING and not is_over(patient, report)


def is_over(patient: Patient, report: SideEffectReport) -> bool:
    """Did it end before yesterday? Then it is history, however bad it was."""
    return report.ended_on is not None and report.ended_on < patient.today(timezone.now()) - timedelta(days=1)


def responsible_id(patient: Patient, report: SideEffectReport, ranked: Sequence[Suspect]) -> int | None:
    """The prescriber: of what a programme took down only one who works in it, since nobody else sees the task; of what
    others did only one of a medicine that they may know of."""
    if report.programme_id is None:
        return prescriber_id(patient, ranked, patient.dosage_changes.filter(prescription__programme=None))
    found = prescriber_id(patient, ranked, patient.dosage_changes.all())
    is_theirs = found is not None and part2.is_member(User.objects.get(pk=found), report.programme_id)
    return found if is_theirs else None


def prescriber_id(patient: Patient, ranked: Sequence[Suspect], among: QuerySet[DosageChange]) -> int | None:
    """Who signed the dose of the first suspect among these, if still in the patient's care; None leaves it to the whole
    role."""
    signed = among.filter(status=Status.SIGNED)
    by_number = signed.in_bulk([suspect.change_id for suspect in ranked if suspect.change_id])
    suspected = (by_number[one.change_id] for one in ranked if one.change_id in by_number)
    change = next(suspected, None) or signed.order_by("-signed_at", "-id").first()
    if change is None or change.signed_by is None:
        return None
    return change.signed_by_id if access.cares_for(change.signed_by, patient.pk) else None
