"""Who has looked at a patient's record: told to the patient in plain words, and to who watches over it for a reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from medmgmt import people
from medmgmt.record import access
from medmgmt.record.errors import NotAllowed
from medmgmt.record.models import AuditEntry, Role, User

LOOK = "look_into_access"
HOLDS = timedelta(hours=1)
"""So long after the reason was given may one person's trail be read."""

WORDS: dict[str, str | Promise] = {
    "view_chart": _("Opened your record"),
    "view_own": _("Opened your record"),
    "see": _("Saw you on a list"),
    "answer_again": _("Opened your record"),
    "propose": _("Prepared a prescription"),
    "sign": _("Signed a prescription"),
    "sign_refused": _("Looked at a prescription before signing"),
    "withdraw": _("Took a prepared prescription back"),
    "cosign": _("Looked at a prescription as a second person"),
    "answer_finding": _("Looked at a warning about your medicines"),
    "renew": _("Renewed a prescription"),
    "authorise_refill": _("Wrote a prescription for the pharmacy"),
    "record_dispense": _("Wrote down what you were given"),
    "record_observation": _("Wrote down a measurement"),
    "record_encounter": _("Wrote down a visit"),
    "log_side_effect": _("Wrote down a side effect"),
    "request_refill": _("Asked for a refill"),
    "manage_messages": _("Looked at or changed how we reach you"),
    "register_patient": _("Looked at or changed your details"),
    "enrol": _("Looked at or changed your programme"),
    "import_history": _("Took your record over from another clinic"),
    "merge_charts": _("Put two records of yours together"),
    "break_glass": _("Opened your record in an emergency"),
    "request_amendment": _("Asked that your record be corrected"),
    "view_amendment": _("Read what you asked to have corrected"),
    "extend_amendment": _("Put off an answer to what you asked to have corrected"),
    "answer_amendment": _("Answered what you asked to have corrected"),
    "disagree_amendment": _("Put a disagreement into your record"),
    "rebut_amendment": _("Wrote what we say to your disagreement"),
    "close_account": _("Closed your account"),
    LOOK: _("Checked who has looked at your record"),
}
"""What an act is to the patient; any other is work on the record."""
OTHERWISE = _("Worked on your record")


class ReasonNeeded(NotAllowed):
    default = _("Say first why you look into who saw this record.")


@dataclass(frozen=True)
class Look:
    """One line of who looked: who, as what, when and what was done. No role stands for what acts by itself."""

    at: datetime
    who: str
    role: str | Promise
    what: str
    is_own: bool


def at_own(by: User) -> QuerySet[AuditEntry]:
    """Everything that anybody did with or saw of the patient's own record, the newest first; their whole history."""
    patient = access.patient_for(by, "view_own", by.patient_id or 0)
    return AuditEntry.objects.filter(people.about(patient.pk)).select_related("actor").order_by("-at", "-id")


def in_words(entry: AuditEntry, by: User) -> Look:
    """One entry for the patient who reads it; the note that somebody made with it is for those who work here."""
    roles = dict(Role.choices)
    return Look(
        at=entry.at,
        who=name_of(entry),
        role=roles.get(entry.role, ""),
        what=words_of(entry),
        is_own=entry.actor_id == by.pk,
    )


def name_of(entry: AuditEntry) -> str:
    """Who it was by name; what acted by itself, by what it is called."""
    return (entry.actor.get_full_name() if entry.actor else "") or entry.actor_name


def words_of(entry: AuditEntry) -> str:
    """What was done, to the patient."""
    return str(WORDS.get(entry.act, OTHERWISE))


def require_reason(by: User, patient_id: int) -> None:
    """ReasonNeeded unless this person said within the last hour why they look into who saw this record. One query."""
    since = timezone.now() - HOLDS
    said = AuditEntry.objects.filter(actor=by, act=LOOK, patient_id=patient_id, at__gt=since)
    if not said.exists():
        raise ReasonNeeded


def alone(detail: Mapping[str, object], patient_id: int) -> dict[str, object]:
    """What an entry holds beside, told of one patient: of others whom it names only how many there are."""
    named = detail.get("named")
    if not isinstance(named, list):
        return dict(detail)
    mine = [one for one in named if one == patient_id]
    return {**detail, "named": mine, "others": len(named) - len(mine)}


def of_one(by: User, patient_id: int) -> QuerySet[AuditEntry]:
    """The trail of one patient, for whoever has said why; the newest first."""
    access.require(by, "view_audit")
    require_reason(by, patient_id)
    return people.audit_entries(by).filter(people.about(patient_id))
