"""What a browser is asked about passkeys, and what the session keeps of the question."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from fido2.server import Fido2Server

from medmgmt.record.errors import WrongProof
from medmgmt.record.models import User
from medmgmt.signing_in import passkeys

STATE = "passkey"


def asker_of(request: HttpRequest) -> Fido2Server:
    """The site as this browser knows it: by the name of its host."""
    return passkeys.server(request.get_host().rsplit(":", 1)[0], settings.SITE_NAME)


def ask(request: HttpRequest, user: User | None) -> dict[str, Any]:
    """The question that a passkey answers."""
    options, request.session[STATE] = passkeys.ask(asker_of(request), user)
    return options


def ask_for_new(request: HttpRequest, user: User) -> dict[str, Any]:
    """The question that makes a new passkey."""
    options, request.session[STATE] = passkeys.ask_for_new(asker_of(request), user)
    return options


def asked(request: HttpRequest) -> tuple[Fido2Server, Any]:
    """Who asked, and what: each question is answered once. WrongProof where none was asked."""
    state = request.session.pop(STATE, None)
    if state is None:
        raise WrongProof
    return asker_of(request), state
