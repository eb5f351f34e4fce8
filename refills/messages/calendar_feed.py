"""A patient's calendar link: signed, revocable, silent about health, and the calendar behind it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import icalendar
from django.conf import settings
from django.core import signing
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from refills import site
from refills.errors import LinkExpired, LinkOver, LinkUnknown
from refills.messages import bundling
from refills.messages.bundling import Thing, Today
from refills.messages.waking import Waking
from refills.models import CalendarFeed

SALT = "refills.calendar"
PATH = "/calendar/"
ENDING = ".ics"
LASTS = timedelta(minutes=15)
"""How long an entry stays in the calendar after its day."""


@dataclass(frozen=True)
class Entry:
    """One health task: the day it is meant for, and its instant."""

    on: date
    at: datetime


def renew(patient_id: int, now: datetime) -> CalendarFeed:
    """A new link in the place of the old. Needs a lock on the patient."""
    revoke(patient_id, now)
    return CalendarFeed.objects.create(patient_id=patient_id, created_at=now)


def revoke(patient_id: int, now: datetime) -> int:
    """No link works any more; how many did."""
    return CalendarFeed.objects.filter(patient_id=patient_id, revoked_at=None).update(revoked_at=now)


def token(feed: CalendarFeed) -> str:
    """What the link carries: a random number, signed; the database alone does not give it away."""
    return _signer().sign(feed.public_id.hex)


def url(feed: CalendarFeed) -> str:
    return f"{settings.BASE_URL}{PATH}{token(feed)}{ENDING}"


def read(token: str) -> CalendarFeed:
    """The link in use of this token; LinkUnknown for one that was changed or guessed, LinkExpired for one that is older
    than CALENDAR_LINK_DAYS, LinkOver for one that was switched off or replaced, or whose chart is another's now."""
    try:
        number = UUID(_signer().unsign(token))
    except (signing.BadSignature, ValueError) as wrong:
        raise LinkUnknown from wrong
    found = CalendarFeed.objects.select_related("patient").filter(public_id=number).first()
    if found is None:
        raise LinkUnknown
    if found.revoked_at is not None or found.patient.merged_into_id is not None:
        raise LinkOver
    if works_until(found) <= timezone.now():
        raise LinkExpired
    return found


def works_until(feed: CalendarFeed) -> datetime:
    """The instant at which a link ends by itself."""
    return feed.created_at + timedelta(days=settings.CALENDAR_LINK_DAYS)


def entries(things: Sequence[Thing], zone: str, waking: Waking, today: date) -> list[Entry]:
    """When the calendar has a health task: the same days as messages would have, those of the last weeks too."""
    since = today - site.days("calendar_past_days")
    days = {telling.on for telling in bundling.tellings(things, {}, Today(since))}
    return [Entry(day, waking.on(day, zone)) for day in sorted(days)]


def written(feed: CalendarFeed, found: Sequence[Entry]) -> bytes:
    """The calendar as text (RFC 5545): every title is the same, every time is in UTC, every UID is the entry's for
    good."""
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//medmgmt//health tasks//EN")
    calendar.add("version", "2.0")
    calendar.add("calscale", "GREGORIAN")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", _("Health tasks"))
    calendar.add("refresh-interval", timedelta(hours=6), parameters={"VALUE": "DURATION"})
    for entry in found:
        event = icalendar.Event()
        event.add("uid", uid(feed, entry.on))
        event.add("dtstamp", feed.created_at.astimezone(UTC).replace(microsecond=0))
        event.add("dtstart", entry.at.astimezone(UTC))
        event.add("dtend", entry.at.astimezone(UTC) + LASTS)
        event.add("summary", _("Health task"))
        event.add("transp", "TRANSPARENT")
        event.add("class", "PRIVATE")
        calendar.add_component(event)
    return bytes(calendar.to_ical())


def uid(feed: CalendarFeed, on: date) -> str:
    """The same for the same patient's day, also behind a renewed link; it tells nothing."""
    digest = salted_hmac(SALT, f"{feed.patient_id}|{on.isoformat()}", algorithm="sha256").hexdigest()[:32]
    return f"{digest}@{settings.DEFAULT_FROM_EMAIL.rpartition('@')[2].strip('> ')}"


def _signer() -> signing.Signer:
    """Signs with a salt of its own."""
    return signing.Signer(salt=SALT, sep=".")
