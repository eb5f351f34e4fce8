"""Who is asking: a browser's session or a bearer token."""

import re

from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from knox.auth import TokenAuthentication as KnoxAuthentication
from rest_framework import authentication, exceptions

from medmgmt.record import tokens
from medmgmt.record.models import Token, User

TOKEN = re.compile(rb"[\x21-\x7e]{1,200}")


class TokenAuthentication(KnoxAuthentication):  # type: ignore[misc]  # knox has no types
    """A hashed bearer token that is neither over nor revoked; bytes that cannot be a token are refused unlooked at."""

    def authenticate_credentials(self, token: bytes) -> tuple[object, object]:
        if not TOKEN.fullmatch(token):
            raise exceptions.AuthenticationFailed(_("Invalid token."))
        found: tuple[object, object] = super().authenticate_credentials(token)
        return found

    def validate_user(self, auth_token: Token) -> tuple[User, Token]:
        """The owner and the token, whose use is noted; those of a closed account are revoked and do not come back."""
        now = timezone.now()
        if not auth_token.user.is_active:
            tokens.end_all(auth_token.user_id, now)
            raise exceptions.AuthenticationFailed(_("Invalid token."))
        tokens.note_use(auth_token, now)
        return auth_token.user, auth_token

    def _cleanup_token(self, auth_token: Token) -> bool:
        """Whether a token opens nothing any more. It stays in its owner's list; knox would delete it."""
        return auth_token.revoked_at is not None or auth_token.expiry <= timezone.now()


class SessionAuthentication(authentication.SessionAuthentication):
    """The session of the pages, CSRF token required; a missing one is told apart from a missing right."""

    def enforce_csrf(self, request: HttpRequest) -> None:
        super().enforce_csrf(request)  # type: ignore[arg-type]  # the stubs want DRF's request, DRF passes Django's
