"""What a session knows of its person: when it began, when they last proved who they are, whether it is locked."""

import time
from dataclasses import replace
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import salted_hmac

from medmgmt.record.door import NOBODY, SESSION, Door, is_now, present

AT = "proven_at"
"""The name in the session: seconds since 1970."""
LOCKED, ENTRY, QUICK = "locked", "entry", "quick"
"""Whether it rests until its PIN, its number among the open sessions, and whether a PIN or passkey can open it."""


def way_in(request: HttpRequest) -> Door:
    """How a request of a page came in. No query of its own."""
    if not request.user.is_authenticated:
        return Door(NOBODY)
    seconds = request.session.get(AT)
    return Door(SESSION, proven_at=None if seconds is None else datetime.fromtimestamp(seconds, UTC))


def given(request: HttpRequest) -> None:
    """The person has just proven who they are; the rest of this request counts it already."""
    now = timezone.now()
    request.session[AT] = now.timestamp()
    if is_inside := present():
        is_now(replace(is_inside, kind=SESSION, proven_at=now))


def signed_in(sender: object, request: HttpRequest, **_rest: object) -> None:
    """A session begins, or a locked one goes on whole. Signing in proves who it is as well; in production what asks for
    a fresh proof asks beyond that."""
    now = int(timezone.now().timestamp())
    request.session["signed_in_at"] = request.session["seen_at"] = now
    request.session.pop(LOCKED, None)
    request.session.pop(AT, None)
    if not settings.PRODUCTION:
        given(request)


def entry_of(request: HttpRequest) -> int | None:
    """The number of this session in the list of open ones; None where it stands in none."""
    number = request.session.get(ENTRY)
    return number if isinstance(number, int) else None


def lasts() -> int:
    """How many seconds a proof counts from the instant it is given."""
    return int(settings.CONFIRM_MINUTES) * 60


def seconds_left(request: HttpRequest) -> int:
    """How long the session still lasts, if its person does nothing from now on."""
    now = int(time.time())
    ends = request.session.get("signed_in_at", now) + settings.SESSION_HOURS * 3600
    rests = request.session.get("seen_at", now) + settings.SESSION_IDLE_MINUTES * 60
    return max(0, int(min(ends, rests)) - now)


def whose(user_id: int) -> str:
    """By which a page knows, after a pause, whether it is still its own person who asks."""
    return salted_hmac("medmgmt.whose", str(user_id), algorithm="sha256").hexdigest()[:16]
