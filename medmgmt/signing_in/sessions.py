"""Sessions that are open, and devices where somebody signed in before."""

import hashlib
import secrets
from datetime import timedelta
from importlib import import_module

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone

from medmgmt.record import tokens
from medmgmt.record.models import Device, OpenSession, User
from medmgmt.signing_in.places import Place

DEVICE_DAYS = 180
"""How long a browser is known for having been signed in from."""


def open_of(user: User) -> QuerySet[OpenSession]:
    """The sessions of somebody that are open: neither ended nor older than one may be."""
    oldest = timezone.now() - timedelta(hours=settings.SESSION_HOURS)
    return OpenSession.objects.filter(user=user, ended_at=None, began_at__gt=oldest)


def begin(user: User, session_key: str, place: Place) -> OpenSession:
    OpenSession.objects.filter(session_key=session_key, ended_at=None).update(ended_at=timezone.now())
    return OpenSession.objects.create(
        user=user, session_key=session_key, words=place.words[:60], address=place.address[:45]
    )


def seen(entry_id: int) -> None:
    """It is still used; one query."""
    OpenSession.objects.filter(pk=entry_id, ended_at=None).update(seen_at=timezone.now())


def renamed(entry_id: int, session_key: str) -> None:
    """The same session goes by another key; one query."""
    OpenSession.objects.filter(pk=entry_id, ended_at=None).update(session_key=session_key, seen_at=timezone.now())


def end(sessions: QuerySet[OpenSession]) -> int:
    """Ends these at once, on whichever machine they are; how many."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    keys = list(sessions.values_list("session_key", flat=True))
    for key in keys:
        store(key).delete()
    return sessions.filter(ended_at=None).update(ended_at=timezone.now()) if keys else 0


def end_all(user: User, *, but: int | None = None) -> tuple[int, int]:
    """Ends every session but one, and every token; how many of each. Devices ask for a second factor again."""
    ended = end(OpenSession.objects.filter(user=user, ended_at=None).exclude(pk=but or 0))
    Device.objects.filter(user=user, trusted_until__gt=timezone.now()).update(trusted_until=None)
    return ended, tokens.end_all(user.pk)


# -- devices ----------------------------------------------------------------------------------------------------------


def new_word() -> str:
    """What a device's cookie holds."""
    return secrets.token_urlsafe(32)


def digest(word: str) -> str:
    return hashlib.sha256(word.encode()).hexdigest()


def known(user: User | None, place: Place) -> Device | None:
    """The device, where this person signed in from it before and has not taken it out. One query at most."""
    if user is None or not place.device:
        return None
    since = timezone.now() - timedelta(days=DEVICE_DAYS)
    return Device.objects.filter(user=user, digest=digest(place.device), ended_at=None, seen_at__gt=since).first()


def devices_of(user: User) -> QuerySet[Device]:
    """The devices that are known for somebody, the last first."""
    since = timezone.now() - timedelta(days=DEVICE_DAYS)
    return Device.objects.filter(user=user, ended_at=None, seen_at__gt=since)


def is_trusted(device: Device | None) -> bool:
    """Whether a second factor need not be asked for."""
    if device is None or device.trusted_until is None or not settings.DEVICE_TRUST_DAYS:
        return False
    return device.trusted_until > timezone.now()


def remember(user: User, place: Place, *, trust: bool) -> Device:
    """The device is known from now on; with `trust` it asks for no second factor for some days."""
    now = timezone.now()
    found, _made = Device.objects.get_or_create(
        user=user, digest=digest(place.device), ended_at=None, defaults={"words": place.words[:60]}
    )
    found.words, found.address, found.seen_at = place.words[:60], place.address[:45], now
    if trust and settings.DEVICE_TRUST_DAYS:
        found.trusted_until = now + timedelta(days=settings.DEVICE_TRUST_DAYS)
    found.save()
    return found
