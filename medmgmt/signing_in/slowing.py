"""Wrong attempts make the next one wait, a little longer each time and never for long; kept in the database.

An attempt is counted before it is looked at, so that many at once count as many, and forgiven when it was right.
While somebody must wait nothing is tried and nothing is counted: nobody can draw a wait out by trying on.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from medmgmt.record.errors import TooSoon
from medmgmt.record.models import Attempts
from medmgmt.signing_in import places
from medmgmt.signing_in.places import Place

FIRST = timedelta(seconds=15)
FORGOTTEN = timedelta(hours=1)
"""How long the first wait is; each next is twice as long. After so long without a slip all are forgotten."""


@dataclass(frozen=True)
class Counter:
    """One thing that attempts are counted for; the wait begins with slip number `free`."""

    key: str
    free: int
    is_shared: bool = False
    """Whether others are counted here as well, so that one person's success forgives their own slip alone."""


def counter(kind: str, whose: object, *of: object, free: int, is_shared: bool = False) -> Counter:
    """The counter of a kind for a name or an address, alone or at a place; what it is for is kept as digests alone."""
    whole = digest("\n".join((kind, *(str(each).casefold() for each in (whose, *of)))))
    return Counter(f"{kind}:{digest(str(whose).casefold())[:24]}:{whole[:40]}", free, is_shared)


def digest(words: str) -> str:
    return salted_hmac("medmgmt.slowing", words, algorithm="sha256").hexdigest()


def forget(*whose: object) -> int:
    """The slips of a name or a person so far count no longer, wherever they were made; how many there were."""
    found = Attempts.objects.none()
    for each in whose:
        found = found | Attempts.objects.filter(key__contains=f":{digest(str(each).casefold())[:24]}:")
    slips = sum(found.values_list("failures", flat=True))
    found.delete()
    return slips


def for_password(name: str, place: Place, *, known_device: bool, proven: bool) -> list[Counter]:
    """What a password is counted for.

    A device where this person signed in before, and a second factor shown first, are counted by themselves: whatever
    strangers try elsewhere does not touch them.
    """
    few, where = settings.LOGIN_ATTEMPTS, places.counted_as(place.address)
    if known_device:
        return [counter("device", name, place.device, free=few)]
    if proven:
        return [counter("proven", name, free=few)]
    return [
        counter("pair", name, where, free=few),
        counter("name", name, free=few + 3),
        counter("address", where, free=few * 4, is_shared=True),
    ]


def for_code(who: object, place: Place) -> list[Counter]:
    """What a code, a PIN or a repeated password of somebody is counted for: there, and at all places together."""
    few, where = settings.LOGIN_ATTEMPTS, places.counted_as(place.address)
    return [counter("code", who, where, free=few), counter("codes", who, free=few * 4)]


def take(counters: Iterable[Counter]) -> None:
    """Counts one attempt, or raises TooSoon with the time left where one of them must wait. Its own transaction."""
    by_key = {each.key: each for each in counters}
    with transaction.atomic():
        now = timezone.now()
        rows = locked(by_key)
        waits = [row.until for row in rows if row.until is not None and row.until > now]
        if waits:
            raise TooSoon(max(waits) - now)
        for row in rows:
            row.failures = 1 if now - row.last_at > FORGOTTEN else row.failures + 1
            row.last_at, row.until = now, wait_until(now, row.failures - by_key[row.key].free)
            row.save()


def forgive(counters: Iterable[Counter]) -> None:
    """The attempt that was just counted was right."""
    by_key = {each.key: each for each in counters}
    with transaction.atomic():
        for row in locked(by_key):
            row.failures = max(0, row.failures - 1) if by_key[row.key].is_shared else 0
            row.until = None
            row.save()


def left(counters: Iterable[Counter]) -> timedelta:
    """How long the next attempt must wait; nothing or less where it need not. One query."""
    now = timezone.now()
    found = Attempts.objects.filter(key__in=[each.key for each in counters], until__gt=now)
    return max((row.until - now for row in found if row.until is not None), default=timedelta())


def locked(by_key: Iterable[str]) -> list[Attempts]:
    """The rows, made where there are none, locked in one order so that two never wait for each other."""
    keys = sorted(by_key)
    Attempts.objects.bulk_create([Attempts(key=key) for key in keys], ignore_conflicts=True)
    return list(Attempts.objects.select_for_update().filter(key__in=keys).order_by("key"))


def wait_until(now: datetime, beyond: int) -> datetime | None:
    """Until when one waits after so many slips beyond the free ones; negative is none."""
    if beyond < 0:
        return None
    longest = timedelta(minutes=settings.LOGIN_SLOWEST_MINUTES)
    return now + min(longest, FIRST * int(2 ** min(beyond, 20)))


def forget_old() -> int:
    """Takes out what no longer counts; how many rows."""
    return Attempts.objects.filter(last_at__lt=timezone.now() - FORGOTTEN * 24).delete()[0]
