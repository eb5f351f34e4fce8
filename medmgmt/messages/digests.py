"""The morning notice: whoever has tasks waiting is told so once a working day, and nothing else is said."""

from datetime import datetime, timedelta

from django.utils import timezone

from medmgmt.record import access
from medmgmt.worklist import duty
from refills.messages import notices
from refills.models import ReminderKind
from refills.worklist import cover, service_levels, tasks

WITHIN = timedelta(hours=2)
"""A clock that comes later than this after the site's morning tells nobody any more."""


def plan(now: datetime | None = None) -> int:
    """Plans this morning's notices for everybody on duty who has tasks waiting and did not decline them; how many are
    new. Nobody is told twice on a day, on a day off, or while away. Safe to repeat."""
    moment = now or timezone.now()
    site = service_levels.hours()
    day = moment.astimezone(site.zone).date()
    morning = site.morning_of(day)
    if morning is None or not morning <= moment < morning + WITHIN:
        return 0
    declined = cover.want_no_digest()
    planned = 0
    for person in duty.on_duty(moment):
        if person.pk in declined or not person.email:
            continue
        waiting = tasks.for_person(person.pk, person.role, access.patients_of(person).values("pk"))
        if waiting.order_by().exists():
            key = f"digest|{person.pk}|{day.isoformat()}"
            planned += notices.notify(user_id=person.pk, key=key, kind=ReminderKind.DIGEST, due_at=morning)
    return planned
