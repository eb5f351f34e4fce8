"""How the present request came in: by session or by token, with which scope, and when its sender proved who they are.

The faces set it before any view is asked. The clock, the command line and tests that call acts set none, and are let
through: nobody from outside comes that way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.conf import settings
from django.utils import timezone

from medmgmt.record.errors import NotInPerson, Unproven

SESSION: Literal["session"] = "session"
TOKEN: Literal["token"] = "token"  # noqa: S105 - a word, no secret
NOBODY: Literal["nobody"] = "nobody"
"""Nobody signed in: a link in a message, a provider's report, the sign-in page itself."""


@dataclass(frozen=True)
class Door:
    """One way in. `scope` is None where nothing is narrowed; `proven_at` is aware, None where nothing was proven."""

    kind: Literal["session", "token", "nobody"]
    scope: frozenset[str] | None = None
    proven_at: datetime | None = None


_present: ContextVar[Door | None] = ContextVar("door", default=None)


def present() -> Door | None:
    """The way in of the request that is being answered; None outside of one."""
    return _present.get()


@contextmanager
def opened(way: Door) -> Iterator[None]:
    """The present request came in this way; whatever stood before stands again afterwards, after a crash too."""
    mark = _present.set(way)
    try:
        yield
    finally:
        _present.reset(mark)


def is_now(way: Door) -> None:
    """The same request is known better now: its token was read, or its sender has just proven who they are.

    It ends with the `opened` around it.
    """
    _present.set(way)


def require_fresh(minutes: int | None = None) -> None:
    """Raises Unproven unless the person proved who they are within the last `minutes` (settings.CONFIRM_MINUTES).

    A token proves nobody, however new it is. No query.
    """
    way = present()
    if way is None:
        return
    lasts = timedelta(minutes=settings.CONFIRM_MINUTES if minutes is None else minutes)
    if way.kind != SESSION or way.proven_at is None or not timedelta(0) <= timezone.now() - way.proven_at <= lasts:
        raise Unproven


def require_in_person() -> None:
    """Raises NotInPerson unless somebody signed in does it: four eyes are two people, a token has none. No query."""
    way = present()
    if way is not None and way.kind != SESSION:
        raise NotInPerson
