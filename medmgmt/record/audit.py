"""Writes the audit trail and proves that nobody touched it: chains of rows, each sealed with the one before it."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.db import connection, models, transaction
from django.utils import timezone

from medmgmt.record.models.audit import AuditEntry, AuditHead
from medmgmt.record.models.people import User

SITE = "site"
CLOCK = "the clock"
AT_ONCE = 2000
request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The number of the request being answered; set by the faces, copied into every entry."""

LOCK_HEAD = """
    INSERT INTO record_audithead (chain, seq, hash) VALUES (%s, 0, '')
    ON CONFLICT (chain) DO UPDATE SET seq = record_audithead.seq
    RETURNING seq, hash
"""
"""Locks the newest number and seal of a chain until the transaction ends, making the chain if it is new."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One place where the trail is not what was written; `what` is a sentence."""

    chain: str
    seq: int
    what: str

    def __str__(self) -> str:
        return f"{self.chain} number {self.seq}: {self.what}"


def record(
    by: User | None,
    act: str,
    *,
    patient_id: int | None = None,
    obj: models.Model | tuple[str, object] | None = None,
    why: str = "",
    detail: dict[str, Any] | None = None,
    actor_name: str = "",
) -> AuditEntry:
    """Appends one entry to the patient's chain, or to the site's where there is no patient; two queries.

    Part of the caller's transaction: it is written exactly when what it speaks of is. `detail` holds ids, counts and
    codes only. Without `by`, `actor_name` says what acted (the clock, a link in a message).
    """
    object_type, object_id = _named(obj)
    entry = AuditEntry(
        chain=SITE if patient_id is None else f"patient:{patient_id}",
        at=timezone.now(),
        actor_id=None if by is None else by.pk,
        actor_name=actor_name or (CLOCK if by is None else by.get_username()),
        role="" if by is None else by.role,
        act=act,
        patient_id=patient_id,
        object_type=object_type,
        object_id=object_id,
        why=why,
        detail=detail or {},
        request_id=request_id.get(),
    )
    with transaction.atomic(savepoint=False):
        with connection.cursor() as cursor:
            cursor.execute(LOCK_HEAD, [entry.chain])
            last, entry.previous_hash = cursor.fetchone()
        entry.seq = last + 1
        entry.hash = seal(entry)
        entry.save(force_insert=True)
    return entry


def _named(obj: models.Model | tuple[str, object] | None) -> tuple[str, str]:
    if obj is None:
        return "", ""
    if isinstance(obj, models.Model):
        return obj._meta.label_lower, str(obj.pk)
    return obj[0], str(obj[1])


def seal(entry: AuditEntry) -> str:
    """HMAC-SHA256, keyed with settings.AUDIT_KEY, over everything the entry says and the seal before it."""
    said = {
        "chain": entry.chain,
        "seq": entry.seq,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor": entry.actor_id,
        "actor_name": entry.actor_name,
        "role": entry.role,
        "act": entry.act,
        "patient": entry.patient_id,
        "object_type": entry.object_type,
        "object_id": entry.object_id,
        "why": entry.why,
        "detail": entry.detail,
        "request_id": entry.request_id,
        "previous_hash": entry.previous_hash,
    }
    text = json.dumps(said, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hmac.new(settings.AUDIT_KEY.encode(), text.encode(), hashlib.sha256).hexdigest()


def verify() -> list[Fault]:
    """Reads the whole trail and returns every fault in it; an empty list means that it is as it was written."""
    heads = {head.chain: head for head in AuditHead.objects.all()}
    faults: list[Fault] = []
    seen: set[str] = set()
    chain, seq, previous = "", 0, ""
    for entry in AuditEntry.objects.order_by("chain", "seq").iterator(chunk_size=AT_ONCE):
        if entry.chain != chain:
            faults += _end(heads, chain, seq, previous)
            chain, seq, previous = entry.chain, 0, ""
            seen.add(chain)
        faults += _entry_faults(entry, seq, previous)
        seq, previous = entry.seq, entry.hash
    faults += _end(heads, chain, seq, previous)
    faults += [
        Fault(name, 1, f"all {head.seq} entries are missing")
        for name, head in heads.items()
        if name not in seen and head.seq
    ]
    return faults


def _entry_faults(entry: AuditEntry, seq: int, previous: str) -> Iterator[Fault]:
    if entry.seq != seq + 1:
        yield Fault(entry.chain, seq + 1, f"entries {seq + 1} to {entry.seq - 1} are missing")
    elif entry.previous_hash != previous:
        yield Fault(entry.chain, entry.seq, "it does not follow the entry before it")
    if not hmac.compare_digest(entry.hash, seal(entry)):
        yield Fault(entry.chain, entry.seq, "it was changed, or not written by this service")


def _end(heads: dict[str, AuditHead], chain: str, seq: int, previous: str) -> Iterator[Fault]:
    if not chain:
        return
    head = heads.get(chain)
    if head is None:
        yield Fault(chain, seq, "the head of the chain is missing")
    elif head.seq > seq:
        yield Fault(chain, seq + 1, f"entries {seq + 1} to {head.seq} are missing")
    elif (head.seq, head.hash) != (seq, previous):
        yield Fault(chain, seq, "the head of the chain does not name its last entry")


def count() -> int:
    """How many entries the trail has."""
    return AuditEntry.objects.count()


def since(moment: datetime) -> "models.QuerySet[AuditEntry]":
    """The entries written at or after the moment, oldest first."""
    return AuditEntry.objects.filter(at__gte=moment).order_by("at", "id")
