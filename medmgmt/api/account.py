"""One's own sign-in, by session: confirming that it is you, the password, open sessions. No token does any of it."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth import update_session_auth_hash
from django.core.exceptions import ValidationError as Weak
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from medmgmt.actions import signing_in
from medmgmt.api.kit.endpoint import Empty, Endpoint, Fields, Handler, Operation, at, attached, lists
from medmgmt.api.kit.fields import Strict
from medmgmt.api.kit.shapes import Shown
from medmgmt.record import door
from medmgmt.record.models import OpenSession, User
from medmgmt.signing_in import client, factors, proof, sessions


def secret(words: str, *, required: bool = True) -> serializers.CharField:
    """What is typed and never shown again; spaces count."""
    return serializers.CharField(
        max_length=200, required=required, trim_whitespace=False, write_only=True, help_text=words
    )


class Proof(Strict):
    """Who one is, once more: a code where one has a second factor, else the password."""

    code = secret("A code from the app, or a recovery code.", required=False)
    password = secret("The password, of somebody without a second factor.", required=False)


class NewPassword(Strict):
    """A new password of one's own; all other sessions and all tokens end."""

    old = secret("The present one.")
    new = secret("The new one: at least 12 characters, not a common one, not one piece over and over.")


class Confirmed(Strict):
    """How long the proof counts, in seconds from now."""

    seconds = serializers.IntegerField()


class Ended(Strict):
    """How many sessions have ended."""

    ended = serializers.IntegerField()


class SessionLine(Shown):
    """One session that is open: on which device, from where, and when it was last used."""

    shows = OpenSession, "id words address began_at seen_at"


def in_person(gives: Fields, act: Callable[[User, HttpRequest, dict[str, Any]], object], takes: Fields) -> Handler:
    """A POST of somebody who is signed in, about their own session; what is typed is kept nowhere, as no answer is."""
    operation = Operation(gives, act, takes=takes)

    def handler(view: Endpoint, request: Request, **ids: Any) -> Response | HttpResponse:
        door.require_in_person()
        body = takes(data=request.data)
        body.is_valid(raise_exception=True)
        said = {name: str(request.data[name]) for name in body.validated_data}
        assert isinstance(request.user, User)
        return view.show(operation, act(request.user, request._request, said))

    return attached(handler, operation)


def confirm(by: User, request: HttpRequest, said: dict[str, Any]) -> dict[str, int]:
    """Confirms that it is you; what asked for it may then be sent again."""
    place = client.place_of(request)
    if factors.has_one(by):
        signing_in.by_code(by, said.get("code", ""), place=place)
    else:
        signing_in.again(by, said.get("password", ""), place=place)
    proof.given(request)
    return {"seconds": proof.lasts()}


def change_password(by: User, request: HttpRequest, said: dict[str, Any]) -> dict[str, int]:
    """Changes your own password; all other sessions and all tokens end."""
    place, entry = client.place_of(request), proof.entry_of(request)
    before = sessions.open_of(by).exclude(pk=entry or 0).count()
    try:
        user = signing_in.change_password(by, old=said["old"], new=said["new"], place=place, entry_id=entry)
    except Weak as weak:
        raise serializers.ValidationError({"new": weak.messages}) from weak
    update_session_auth_hash(request, user)
    if entry:
        sessions.renamed(entry, str(request.session.session_key))
    return {"ended": before}


def end_others(by: User, request: HttpRequest, _said: dict[str, Any]) -> dict[str, int]:
    """Ends all your sessions but this one."""
    return {"ended": signing_in.end_other_sessions(by, entry_id=proof.entry_of(request))}


def mine(by: User) -> QuerySet[OpenSession]:
    """Your own open sessions, the last used first."""
    return sessions.open_of(by)


# fmt: off
ADDRESSES = [
    at("confirm-identity", "confirm-identity", post=in_person(Confirmed, confirm, Proof)),
    at("me/password", "my-password", post=in_person(Ended, change_password, NewPassword)),
    at("me/sessions", "my-sessions", get=lists(SessionLine, mine, order=("-seen_at", "-id"))),
    at("me/sessions/end-others", "end-other-sessions", post=in_person(Ended, end_others, Empty)),
]
# fmt: on
