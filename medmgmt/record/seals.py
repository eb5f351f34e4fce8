"""Seals: keyed sums over what was written, each with the number of its key, so that keys change and old seals hold."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass

from django.conf import settings

CHANGED = "it was changed, moved, or not written by this service"
UNSEALED = "it carries no seal"


@dataclass(frozen=True, slots=True)
class Seal:
    """The sum over something said, and which key made it."""

    hash: str
    key: str


def key_id(key: str) -> str:
    """The number of a key: the beginning of a sum over it, so that none is given twice and none is forgotten."""
    return hashlib.sha256(b"medmgmt audit key " + key.encode()).hexdigest()[:12]


def keys() -> dict[str, str]:
    """Every key that is known here, the one in use and those before it, by number."""
    return {key_id(key): key for key in (settings.AUDIT_KEY, *settings.AUDIT_KEYS_OLD)}


def current() -> str:
    """The number of the key in use."""
    return key_id(settings.AUDIT_KEY)


def seal(said: Mapping[str, object]) -> Seal:
    """HMAC-SHA256, keyed with settings.AUDIT_KEY, over everything said."""
    return Seal(_sum(settings.AUDIT_KEY, said), current())


def fault(said: Mapping[str, object], held: Seal) -> str:
    """What is wrong with the seal over this, in a sentence; empty where nothing is."""
    if not held.hash:
        return UNSEALED
    key = keys().get(held.key)
    if key is None:
        return f"the key {held.key} that sealed it is not here: put it into AUDIT_KEYS_OLD"
    return "" if hmac.compare_digest(_sum(key, said).encode(), held.hash.encode()) else CHANGED


def _sum(key: str, said: Mapping[str, object]) -> str:
    text = json.dumps(said, sort_keys=True, separators=(",", ":"))
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()
