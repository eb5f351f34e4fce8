"""Guards that stand before every page: session time limits, and no clinical page kept in any cache."""

import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse

from medmgmt.record import door
from medmgmt.record.audit import request_id
from medmgmt.web.kit import proof

Next = Callable[[HttpRequest], HttpResponse]


class SessionTimeout:
    """Signs a person out after SESSION_IDLE_MINUTES without a request, and after SESSION_HOURS in any case."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and "_auth_user_id" in request.session:
            self.keep_or_end(request)
        return self.get_response(request)

    def keep_or_end(self, request: HttpRequest) -> None:
        now = int(time.time())
        began = request.session.setdefault("signed_in_at", now)
        seen = request.session.setdefault("seen_at", now)
        if now - seen > settings.SESSION_IDLE_MINUTES * 60 or now - began > settings.SESSION_HOURS * 3600:
            request.ended_for = request.user.pk  # type: ignore[attr-defined]  # what was just typed is theirs
            logout(request)
        elif now - seen > 30:
            request.session["seen_at"] = now


class WayIn:
    """Says how the request came in, for the acts that ask; the API says it anew where a token came with it."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with door.opened(proof.way_in(request)):
            return self.get_response(request)


class NoStore:
    """Forbids browsers and proxies to keep anything but static files: what is left on a shared computer is a leak."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not request.path.startswith(settings.STATIC_URL):
            response.headers["Cache-Control"] = "no-store, private"
        return response


class RequestNumber:
    """Gives every request a number of its own, for the audit trail and the answer; a client's is not trusted."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = uuid.uuid4().hex
        mark = request_id.set(number)
        try:
            response = self.get_response(request)
        finally:
            request_id.reset(mark)
        response.headers["X-Request-ID"] = number
        return response
