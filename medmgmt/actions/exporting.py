"""A whole chart leaves: for the patient, for their care team with a reason, for the privacy officer with a reason."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt.exporting import FORMS
from medmgmt.exporting.reading import Export
from medmgmt.record import access, audit, door, part2
from medmgmt.record.errors import NoSuchPatient, Refused, TooSoon
from medmgmt.record.models import AuditEntry, Patient, Role, User

SHORTEST_REASON = 10
"""Letters: whoever reads the trail must understand it."""
AN_HOUR = timedelta(hours=1)


@transaction.atomic
def export_chart(by: User, patient_id: int, *, form: str, reason: str = "") -> Export:
    """Lets one whole chart leave, as `json` or `pdf`; the trail says for whom and why. Needs a fresh proof.

    Refused to others than the patient without a reason; TooSoon after EXPORTS_PER_HOUR within an hour. Never of a chart
    that is open in an emergency only.
    """
    return left(by, access.patient_to_export(by, patient_id), form=form, reason=reason)


@transaction.atomic
def export_chart_numbered(by: User, *, mrn: str, form: str, reason: str) -> Export:
    """The same for the privacy officer, who has no list of patients: by exactly this record number."""
    patient = access.patient_numbered(by, mrn)
    if patient is None:
        raise NoSuchPatient
    return left(by, patient, form=form, reason=reason)


def left(by: User, patient: Patient, *, form: str, reason: str) -> Export:
    door.require_fresh()
    if form not in FORMS:
        raise Refused(_("Choose JSON or PDF."))
    why = reason.strip()
    if by.role != Role.PATIENT and len(why) < SHORTEST_REASON:
        raise Refused(_("Say in a sentence what the record is needed for. It stands in the trail."))
    now, notices = timezone.now(), part2_notices(by, patient)
    require_not_too_often(by)
    audit.record(by, "export_chart", patient_id=patient.pk, obj=patient, why=why, detail={"form": form})
    return Export(patient, by, now, why, notices)


def part2_notices(by: User, patient: Patient) -> tuple[str, ...]:
    """The notice that goes with what a Part 2 programme made; what is seen of it is accounted for.

    Refused where the person may not see all of it: a part of a chart would pass for the whole.
    """
    hides = part2.mask(by, patient.pk)
    if hides:
        raise Refused(
            _("Part of this record needs the patient's consent. Ask the patient, or call the programme: %(phone)s.")
            % {"phone": hides.call}
        )
    is_restricted = by.role != Role.PATIENT and part2.made_by_programmes([patient.pk])
    return (part2.NOTICE,) if is_restricted else ()


def require_not_too_often(by: User) -> None:
    """TooSoon where the person has let EXPORTS_PER_HOUR charts leave within the last hour.

    Two at once are counted one after the other: the login is locked.
    """
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    now = timezone.now()
    before = AuditEntry.objects.filter(actor=by, act="export_chart", at__gt=now - AN_HOUR).order_by("-at")
    counted = list(before.values_list("at", flat=True)[: settings.EXPORTS_PER_HOUR])
    if len(counted) >= settings.EXPORTS_PER_HOUR:
        raise TooSoon(counted[-1] + AN_HOUR - now, _("Enough records were exported for now. Try again in an hour."))
