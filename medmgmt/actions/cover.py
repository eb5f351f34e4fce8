"""Who will be away and who stands in; who wants no morning notice."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt import duty
from medmgmt.record import access, audit
from medmgmt.record.errors import Conflict, NotAllowed, Refused
from medmgmt.record.models import Role, User
from refills import cover
from refills.models import Absence

LONGEST = timedelta(days=366)
FURTHEST = timedelta(days=2 * 366)


@transaction.atomic
def tell_absence(by: User, *, user_id: int, since: datetime, until: datetime, cover_id: int | None = None) -> Absence:
    """Says that somebody will be away, oneself or, for an administrator, anybody who works here; their tasks go at once
    to whoever stands in, else to their role."""
    person = whose(by, user_id)
    now = timezone.now()
    if not since < until or until <= now:
        raise Refused(_("The absence must end after it begins, and in the future."))
    if until - since > LONGEST or until > now + FURTHEST:
        raise Refused(_("An absence lasts a year at most, and ends within two years."))
    if cover_id is not None:
        require_cover(person, cover_id)
    told = cover.tell(user_id=person.pk, since=since, until=until, cover_id=cover_id, by_id=by.pk)
    audit.record(by, "tell_absence", obj=("absence", told.pk), detail={"user": person.pk, "cover": cover_id})
    cover.route(duty.staff(now), Q(assignee=person))
    return told


@transaction.atomic
def withdraw_absence(by: User, absence_id: int) -> Absence:
    """Somebody is not away after all, or back early; their tasks are theirs again."""
    found = cover.get(absence_id)
    whose(by, found.user_id)
    if found.until <= timezone.now():
        raise Conflict(_("This absence is over."))
    found = cover.withdraw(absence_id, by.pk)
    audit.record(by, "withdraw_absence", obj=("absence", absence_id), detail={"user": found.user_id})
    cover.route(duty.staff(), Q(assignee_id=found.user_id))
    return found


@transaction.atomic
def choose_digest(by: User, *, wanted: bool) -> bool:
    """Turns one's own morning notice on or off."""
    access.require(by, "work_tasks")
    cover.choose_digest(by.pk, wanted=wanted)
    audit.record(by, "choose_digest", detail={"wanted": wanted})
    return wanted


def whose(by: User, user_id: int) -> User:
    """The person whose absence this is: oneself, or for an administrator anybody who works here."""
    access.require(by, "manage_cover")
    if by.role != Role.ADMINISTRATOR and by.pk != user_id:
        raise NotAllowed()
    person = User.objects.filter(pk=user_id, role__in=access.STAFF).first()
    if person is None:
        raise Refused(_("Nobody of this number works on tasks here."))
    return person


def require_cover(person: User, cover_id: int) -> None:
    """Refuses a stand-in who could not do the work."""
    other = User.objects.filter(pk=cover_id, is_active=True, role=person.role).exclude(pk=person.pk).first()
    if other is None:
        raise Refused(_("Somebody of the same role must stand in."))
