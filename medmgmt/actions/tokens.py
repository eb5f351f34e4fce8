"""A person's own tokens: made in person, or on the server with a reason; each has a name, a scope and an end."""

from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from medmgmt.record import access, audit, door, tokens
from medmgmt.record.errors import NoSuchThing, Refused
from medmgmt.record.models import Scope, Token, User

COMMAND_LINE = "the command line"


@transaction.atomic
def make_token(by: User, *, name: str, scope: str, days: int) -> tuple[Token, str]:
    """A new token of one's own and its secret, which is told once and never again.

    In person and with a fresh proof of who one is: a token makes no tokens.
    """
    access.require(by, "make_token")
    door.require_in_person()
    door.require_fresh()
    token, secret = made(by, name=name, scope=scope, days=days)
    audit.record(by, "make_token", obj=("token", token.pk), detail={"scope": scope, "days": days})
    return token, secret


@transaction.atomic
def make_token_for(username: str, *, name: str, scope: str, days: int, reason: str) -> tuple[Token, str]:
    """A token that somebody makes on the server for an account that is open; the trail keeps the reason."""
    owner = User.objects.filter(username=username).first()
    if owner is None or not access.may(owner, "make_token"):
        raise Refused(_("Nobody of that name works here with an open account."))
    if not reason.strip():
        raise Refused(_("Say why."))
    token, secret = made(owner, name=name, scope=scope, days=days)
    detail = {"scope": scope, "days": days, "user": owner.pk}
    audit.record(None, "make_token", obj=("token", token.pk), why=reason, detail=detail, actor_name=COMMAND_LINE)
    return token, secret


@transaction.atomic
def revoke_token(by: User, token_id: int) -> Token:
    """Ends a token of one's own at once; one that has ended stays ended."""
    access.require(by, "revoke_token")
    token: Token | None = Token.objects.select_for_update().filter(pk=token_id, user=by).first()
    if token is None:
        raise NoSuchThing
    if token.revoked_at is None:
        token.revoked_at = timezone.now()
        token.save(update_fields=["revoked_at"])
        audit.record(by, "revoke_token", obj=("token", token.pk))
    return token


def made(owner: User, *, name: str, scope: str, days: int) -> tuple[Token, str]:
    """The row and the secret, within the bounds; Refused outside of them. The owner is locked, so that none is one
    too many."""
    User.objects.select_for_update().get(pk=owner.pk)
    name = " ".join(name.split())
    longest = tokens.LONGEST.days
    if not 1 <= days <= longest:
        raise Refused(_("A token lasts from 1 to %(longest)s days.") % {"longest": longest})
    if scope not in Scope.values:
        raise Refused(_("There is no such scope."))
    if not 0 < len(name) <= 60:
        raise Refused(_("Give the token a name of at most 60 characters, so that you know it again."))
    theirs = Token.objects.filter(user=owner, revoked_at=None)
    if theirs.filter(name=name).exists():
        raise Refused(_("You have a token of this name. Choose another name, or revoke the old one first."))
    if tokens.live(timezone.now()).filter(user=owner).count() >= tokens.MOST:
        raise Refused(_("You have %(most)s tokens. Revoke one first.") % {"most": tokens.MOST})
    token, secret = Token.objects.create(owner, expiry=timedelta(days=days), name=name, scope=scope)
    return token, secret
