"""Guards that stand before every page: session time limits, and no clinical page kept in any cache."""

import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from medmgmt import problems
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


class Head:
    """A HEAD is the GET of the same address without its words: links are looked at by whoever carries a message."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method != "HEAD":
            return self.get_response(request)
        request.method = "GET"
        response = self.get_response(request)
        length = response.headers.get("Content-Length")
        response.close()
        silent = HttpResponse(status=response.status_code, headers=dict(response.headers))
        silent.cookies = response.cookies
        if length is not None:
            silent.headers["Content-Length"] = length
        return silent


class Methods:
    """Refuses whatever is neither read nor sent: TRACE, and all that no page knows. The API's addresses say it
    themselves, each what it answers to."""

    OF_PAGES = ("GET", "HEAD", "POST", "OPTIONS")
    OF_PROGRAMS = (*OF_PAGES, "PUT", "PATCH", "DELETE")

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        is_page = not request.path_info.startswith(problems.FACES)
        known = self.OF_PAGES if is_page else self.OF_PROGRAMS
        if request.method not in known:
            refused = HttpResponseNotAllowed(known)
            if not is_page:
                problems.rewrite(refused, request.path)
            return refused
        if is_page and request.method == "OPTIONS":
            return HttpResponse(status=204, headers={"Allow": ", ".join(known)})
        return self.get_response(request)


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
