"""Which tokens of a person still open the API, what each scope holds, and how tokens end."""

from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from medmgmt.record.models.tokens import Scope, Token

LONGEST = timedelta(days=90)
MOST = 20
"""Tokens that one person may have at a time."""
USED_EVERY = timedelta(minutes=1)
"""How often at most it is written down that a token was used."""
HOLDS: dict[str, frozenset[str]] = {
    scope: frozenset(list(Scope.values)[: place + 1]) for place, scope in enumerate(Scope.values)
}
"""What each scope holds: itself, and all before it."""


def live(now: datetime) -> QuerySet[Token]:
    """The tokens that open the API: neither over nor revoked, of people whose account is open."""
    found: QuerySet[Token] = Token.objects.filter(revoked_at=None, expiry__gt=now, user__is_active=True)
    return found


def note_use(token: Token, now: datetime) -> None:
    """Writes down that the token was used, once a minute at most; else no query."""
    if token.last_used_at is None or now - token.last_used_at >= USED_EVERY:
        Token.objects.filter(pk=token.pk).update(last_used_at=now)


def end_all(user_id: int, now: datetime | None = None) -> int:
    """Revokes every token of this person: after a reset, and when their account is closed. How many there were."""
    ended: int = Token.objects.filter(user_id=user_id, revoked_at=None).update(revoked_at=now or timezone.now())
    return ended


def end_what_is_over(now: datetime) -> int:
    """Revokes what is over and what belongs to a closed account, so that neither comes back to life. How many."""
    over = Token.objects.filter(Q(expiry__lte=now) | Q(user__is_active=False), revoked_at=None)
    ended: int = over.update(revoked_at=now)
    return ended
