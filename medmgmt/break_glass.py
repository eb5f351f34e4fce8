"""Charts opened in an emergency, gathered for reading: one's own that are open, a patient's, and those to be judged."""

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from medmgmt.record import access, audit
from medmgmt.record.errors import NoSuchThing, NotAllowed
from medmgmt.record.models import BreakGlass, Role, User

MOST = 500
"""How many are listed to be judged."""


def openings(by: User) -> QuerySet[BreakGlass]:
    """For who judges them every opening, for anybody else those of theirs that hold now; the newest first.

    Only ids, times and words: whose chart it is, is told by number.
    """
    if access.may(by, "judge_break_glass"):
        require_judge(by)
        return BreakGlass.objects.select_related("patient", "by", "ended", "judged__by").order_by("-opened_at", "-id")
    access.require(by, "break_glass")
    found = BreakGlass.holding(timezone.now()).filter(by=by, patient__merged_into=None)
    return found.select_related("patient", "by").order_by("-opened_at", "-id")


def to_judge(by: User) -> list[BreakGlass]:
    """Every opening with whom it was about, those without a judgement first; that each was looked at is audited."""
    found = list(openings(by)[:MOST])
    found.sort(key=lambda one: hasattr(one, "judged"))
    for patient_id in sorted({one.patient_id for one in found}):
        audit.record(by, "list_break_glass", patient_id=patient_id)
    return found


def one_to_judge(by: User, opening_id: int) -> BreakGlass:
    """One opening for who judges it; the look is audited. Three queries."""
    found = openings(by).filter(pk=opening_id).first()
    if found is None:
        raise NoSuchThing
    audit.record(by, "view_break_glass", patient_id=found.patient_id, obj=("break_glass", found.pk))
    return found


def of_patient(by: User) -> list[BreakGlass]:
    """Who opened the chart of the patient who asks, the newest first. One query."""
    access.require(by, "view_own")
    found = BreakGlass.objects.filter(patient=by.patient_id).select_related("by", "ended")
    return list(found.order_by("-opened_at", "-id"))


def reason_for_patient(opening: BreakGlass) -> str:
    """The reason as the patient reads it: what was typed where the site shows it, else nothing."""
    return opening.reason if settings.BREAK_GLASS_REASON_SHOWN else ""


def require_judge(by: User) -> None:
    """NotAllowed unless the person judges openings: the privacy officer, an administrator where there is none."""
    access.require(by, "judge_break_glass")
    officers = User.objects.filter(role=Role.PRIVACY_OFFICER, is_active=True)
    if by.role != Role.PRIVACY_OFFICER and officers.exists():
        raise NotAllowed
