"""Your own tokens: which there are, and the end of one. They are made on a page, by whoever is signed in there."""

from rest_framework import serializers

from medmgmt import people
from medmgmt.actions import tokens
from medmgmt.api.kit.endpoint import at, lists, writes
from medmgmt.api.kit.fields import Instant
from medmgmt.api.kit.shapes import Shown
from medmgmt.record.models import Token


class TokenLine(Shown):
    """One token; its secret is told once, when it is made. `begins_with` are its first characters."""

    shows = Token, "id name scope created last_used_at revoked_at"
    expires_at = Instant(source="expiry")
    begins_with = serializers.CharField(source="token_key")


# fmt: off
ADDRESSES = [
    at("tokens", "tokens",
       get=lists(TokenLine, people.tokens, "Your tokens, those that have ended as well.", order=("-created", "-id"))),
    at("tokens/<token_id>/revoke", "revoke-token",
       post=writes(TokenLine, tokens.revoke_token, "End a token of yours at once.")),
]
# fmt: on
