"""Guards that stand before every page: session limits, the way in, and no clinical page kept in any cache."""

import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from medmgmt import people, problems
from medmgmt.actions import signing_in
from medmgmt.record import door, sight
from medmgmt.record.audit import request_id
from medmgmt.record.models import User
from medmgmt.record.part2 import NOTICE, disclosed
from medmgmt.signing_in import proof, sessions

Next = Callable[[HttpRequest], HttpResponse]
ONLY_LOOKS = "/session/"
"""Where a page's script asks how long is left: that counts as being there only where it says so."""


class SessionTimeout:
    """A session rests after SESSION_IDLE_MINUTES without a request, and ends after SESSION_HOURS in any case.

    Where its person has a PIN or a passkey it is locked and goes on with that; else it ends there and then.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated and "_auth_user_id" in request.session:
            self.keep_or_end(request, request.user)
        return self.get_response(request)

    def keep_or_end(self, request: HttpRequest, user: User) -> None:
        now = int(time.time())
        began = request.session.setdefault("signed_in_at", now)
        seen = request.session.setdefault("seen_at", now)
        if now - began > settings.SESSION_HOURS * 3600:
            self.end(request, user)
        elif request.session.get(proof.LOCKED):
            hide(request)
        elif now - seen > settings.SESSION_IDLE_MINUTES * 60:
            if not lock(request, user):
                self.end(request, user)
        elif now - seen > 30 and request.path != ONLY_LOOKS:
            request.session["seen_at"] = now
            if entry := proof.entry_of(request):
                sessions.seen(entry)

    def end(self, request: HttpRequest, user: User) -> None:
        request.ended_for = user.pk  # type: ignore[attr-defined]  # what was just typed is theirs
        signing_in.went_out(user, proof.entry_of(request), act="session_timed_out")
        logout(request)


def lock(request: HttpRequest, user: User) -> bool:
    """Locks the session where its person can go on quickly; whether it did."""
    entry = proof.entry_of(request)
    if entry is None or not signing_in.may_go_on_quickly(user):
        return False
    request.session[proof.LOCKED] = True
    signing_in.was_locked(user, entry)
    hide(request)
    return True


def hide(request: HttpRequest) -> None:
    """A locked session is nobody's, until its own person goes on; what was just typed stays theirs."""
    request.locked_for = request.user  # type: ignore[attr-defined]  # the sign-in page asks for the PIN of this person
    request.ended_for = request.user.pk  # type: ignore[attr-defined]  # what was just typed is theirs
    request.user = AnonymousUser()


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


class WhoSawWhom:
    """Whom an answer shows stands in the trail before the answer leaves: one entry, where no other names them.

    What was refused may have taken its own entries back with it.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with sight.watched() as seen:
            response = self.get_response(request)
            whom = seen.untold if response.status_code < 400 else sorted(seen.shown)
            if whom and isinstance(request.user, User):
                page = request.resolver_match.view_name if request.resolver_match else ""
                people.saw(request.user, whom, on=page)
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
        silent = HttpResponse(status=response.status_code, headers=dict(response.headers))
        silent._resource_closers.extend(response._resource_closers)  # type: ignore[attr-defined]  # closing now would end the request
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
    """Gives every request a number of its own, for the audit trail and the answer; a client's is not trusted.

    An answer that shows what a Part 2 programme of others prescribed carries the notice of 42 CFR 2.32.
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        number = uuid.uuid4().hex
        mark, shown = request_id.set(number), disclosed.set(False)
        try:
            response = self.get_response(request)
        finally:
            is_restricted = disclosed.get()
            disclosed.reset(shown)
            request_id.reset(mark)
        if is_restricted:
            response.headers["X-Part2-Notice"] = NOTICE
        response.headers["X-Request-ID"] = number
        return response
