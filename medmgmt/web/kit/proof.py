"""When somebody last proved who they are, kept in their own session."""

from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from medmgmt.record.door import NOBODY, SESSION, Door

AT = "proven_at"
"""The name in the session: seconds since 1970."""


def way_in(request: HttpRequest) -> Door:
    """How a request of a page came in. No query of its own."""
    if not request.user.is_authenticated:
        return Door(NOBODY)
    seconds = request.session.get(AT)
    return Door(SESSION, proven_at=None if seconds is None else datetime.fromtimestamp(seconds, UTC))


def given(request: HttpRequest) -> None:
    """The person has just proven who they are."""
    request.session[AT] = timezone.now().timestamp()


def signed_in(sender: object, request: HttpRequest, **_rest: object) -> None:
    """Signing in proves it as well; in production what asks for a fresh proof asks beyond that."""
    if not settings.PRODUCTION:
        given(request)
