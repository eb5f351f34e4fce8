"""Who is asking: a browser's session or a bearer token."""

import re

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication as KnoxAuthentication
from rest_framework import authentication, exceptions

TOKEN = re.compile(rb"[\x21-\x7e]{1,200}")


class TokenAuthentication(KnoxAuthentication):  # type: ignore[misc]  # knox has no types
    """A hashed bearer token; bytes that cannot be a token are refused before anybody looks them up."""

    def authenticate_credentials(self, token: bytes) -> tuple[object, object]:
        if not TOKEN.fullmatch(token):
            raise exceptions.AuthenticationFailed(_("Invalid token."))
        found: tuple[object, object] = super().authenticate_credentials(token)
        return found


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of the pages, CSRF token required; a missing one is told apart from a missing right."""

    def enforce_csrf(self, request: HttpRequest) -> None:
        super().enforce_csrf(request)  # type: ignore[arg-type]  # the stubs want DRF's request, DRF passes Django's
