"""The audit trail: chains of sealed entries, each of which names the seal of the one before it.

The database lets an entry in only behind the newest of its chain, and moves the head of the chain itself. The seal is
keyed, so whoever can write to the database but does not hold settings.AUDIT_KEY cannot write an entry that verifies.
What only a copy elsewhere can show, a chain cut off together with its head, verify() finds by the numbers outside the
database (anchor), which are written after each commit.
"""

import json
from collections.abc import Collection, Iterator, Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC
from itertools import islice
from typing import Any

from django.db import connection, models, transaction
from django.utils import timezone

from medmgmt.record import anchor, entered, seals, sight, signatures, written
from medmgmt.record.models.audit import AuditEntry, AuditHead, AuditPatient
from medmgmt.record.models.people import User

SITE = "site"
CLOCK = "the clock"
AT_ONCE = 500
NEVER_WRITTEN = (0, "")
request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The number of the request being answered; set by the faces, copied into every entry."""
opening: ContextVar[tuple[int, int, int] | None] = ContextVar("opening", default=None)
"""Who last came to whose chart by which opening in an emergency; set by the door, named in their entries about it."""

LOCK_HEAD = """
    INSERT INTO record_audithead (chain, seq, hash) VALUES (%s, 0, '')
    ON CONFLICT (chain) DO UPDATE SET seq = record_audithead.seq
    RETURNING seq, hash
"""
"""Locks the newest number and seal of a chain until the transaction ends, making the chain if it is new."""

COLUMNS = [field.column for field in AuditEntry._meta.local_concrete_fields if not field.primary_key]
APPEND = f"""
    INSERT INTO record_auditentry ({", ".join(f'"{column}"' for column in COLUMNS)})
    VALUES ({", ".join("%s" for _ in COLUMNS)})
    RETURNING id
"""  # noqa: S608 - the names are our own columns
"""Plain SQL costs half of what the ORM takes for the same row; every read of a chart pays it."""


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
    patients: Collection[int] = (),
    obj: models.Model | tuple[str, object] | None = None,
    why: str = "",
    detail: Mapping[str, object] | None = None,
    actor_name: str = "",
) -> AuditEntry:
    """Appends one entry to the patient's chain, or to the site's where there is no patient; two queries.

    An entry about several `patients` stands in the chain of whoever saw them, so that nobody who looks through a list
    waits for somebody else who does; each of them finds it. Three queries, however many they are.

    Part of the caller's transaction: it is written exactly when what it speaks of is. `detail` holds ids, counts and
    codes only; a float or a date in it is a TypeError. Without `by`, `actor_name` says what acted (the clock, a link
    in a message). A transaction that writes to several chains writes to the site's last, so that two never wait for
    each other.
    """
    entered.row_about(patient_id)
    object_type, object_id = _named(obj)
    entry = AuditEntry(
        chain=_chain(by, patient_id, patients),
        at=timezone.now(),
        actor_id=None if by is None else by.pk,
        actor_name=actor_name or (CLOCK if by is None else by.get_username()),
        role="" if by is None else by.role,
        act=act,
        patient_id=patient_id,
        object_type=object_type,
        object_id=object_id,
        why=why.replace("\x00", ""),
        detail=_plain({**(detail or {}), **_named_in(patients), **_in_emergency(by, patient_id)}),
        request_id=request_id.get()[:64],
        key=seals.current(),
    )
    with transaction.atomic(savepoint=False), connection.cursor() as cursor:
        cursor.execute(LOCK_HEAD, [entry.chain])
        last, entry.previous_hash = cursor.fetchone()
        entry.seq = last + 1
        entry.hash = seals.seal(said(entry)).hash
        cursor.execute(APPEND, _values(entry))
        entry.pk = cursor.fetchone()[0]
        transaction.on_commit(anchor.advance(entry.chain, entry.seq, entry.hash), robust=True)
        AuditPatient.objects.bulk_create([AuditPatient(entry=entry, patient_id=one) for one in sorted(patients)])
    sight.written(patients if patient_id is None else [patient_id])
    return entry


def _chain(by: User | None, patient_id: int | None, patients: Collection[int]) -> str:
    if patient_id is not None:
        return f"patient:{patient_id}"
    return f"person:{by.pk}" if by is not None and patients else SITE


def _named_in(patients: Collection[int]) -> dict[str, object]:
    """What the detail of an entry about several patients says of them."""
    return {"named": sorted(patients)} if patients else {}


def _in_emergency(by: User | None, patient_id: int | None) -> dict[str, object]:
    """The opening under which this person is in this chart, where they are."""
    under = opening.get()
    is_theirs = under is not None and by is not None and under[:2] == (by.pk, patient_id)
    return {"break_glass": under[2]} if under is not None and is_theirs else {}


def _values(entry: AuditEntry) -> list[Any]:
    values = {field.column: getattr(entry, field.attname) for field in AuditEntry._meta.local_concrete_fields}
    values["at"] = connection.ops.adapt_datetimefield_value(entry.at)
    values["detail"] = json.dumps(entry.detail)
    return [values[column] for column in COLUMNS]


def _named(obj: models.Model | tuple[str, object] | None) -> tuple[str, str]:
    if obj is None:
        return "", ""
    if isinstance(obj, models.Model):
        return obj._meta.label_lower, str(obj.pk)
    return obj[0], str(obj[1])


def _plain(value: object) -> Any:
    """The value, if made of text, whole numbers, yes and no: what reads back unchanged from any database."""
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, str):
        return str(value).replace("\x00", "")
    if value is None or isinstance(value, (bool, int)):
        return value
    raise TypeError(f"an audit entry holds ids, counts and codes, not {type(value).__name__}")


def said(entry: AuditEntry) -> dict[str, object]:
    """Everything an entry says, with the seal before it: what its own seal is over."""
    return {
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
        "key": entry.key,
    }


def heads() -> dict[str, tuple[int, str]]:
    """The newest number and seal of every chain; kept outside the database, they prove later that none was cut off."""
    written = AuditHead.objects.filter(seq__gt=0).values_list("chain", "seq", "hash")
    return {chain: (seq, newest) for chain, seq, newest in written}


def verify(kept: Mapping[str, tuple[int, str]] | None = None) -> list[Fault]:
    """Reads the whole trail and returns every fault in it; an empty list means that it is as it was written.

    Finds entries that were changed, removed, inserted, moved or cut off, patients whom an entry names and the index
    does not, and signed rows that are not what was signed; may run while others write. What was cut off together with
    its head the numbers outside the database show (anchor); `kept` are heads from an earlier run. Each entry that
    either names must still be there.
    """
    named = [anchor.heads(), heads(), dict(kept or {})]
    changes, prescriptions = signatures.looked_through(), written.looked_through()
    # before the trail, which names whatever was signed by then
    ends: dict[str, tuple[int, str]] = {}
    sealed: dict[int, str] = {}
    for_pharmacy: dict[int, str] = {}
    faults: list[Fault] = []
    for entry, patients in _with_patients():
        faults += _entry_faults(entry, *ends.get(entry.chain, NEVER_WRITTEN))
        faults += _named_faults(entry, named)
        if patients != entry.detail.get("named", []):
            faults.append(Fault(entry.chain, entry.seq, "the index of patients does not name whom it names"))
        sealed |= {int(pk): str(seal) for pk, seal in entry.detail.get("seals", {}).items()}
        for_pharmacy |= {int(pk): str(seal) for pk, seal in entry.detail.get("written", {}).items()}
        ends[entry.chain] = (entry.seq, entry.hash)
    faults += _end_faults(ends, named, heads())
    faults += [Fault("dosage change", pk, wrong) for pk, wrong in changes.faults(sealed)]
    faults += [Fault("prescription for the pharmacy", pk, wrong) for pk, wrong in prescriptions.faults(for_pharmacy)]
    return sorted(set(faults), key=lambda fault: (fault.chain, fault.seq, fault.what))


def _with_patients() -> Iterator[tuple[AuditEntry, list[int]]]:
    """Every entry in the order of its chain, with the patients whom the index gives it; the index is read after it."""
    entries = AuditEntry.objects.order_by("chain", "seq").iterator(chunk_size=AT_ONCE)
    while some := list(islice(entries, AT_ONCE)):
        index: dict[int, list[int]] = {}
        rows = AuditPatient.objects.filter(entry__in=[entry.pk for entry in some])
        for entry_id, patient_id in rows.order_by("patient_id").values_list("entry_id", "patient_id"):
            index.setdefault(entry_id, []).append(patient_id)
        yield from ((entry, index.get(entry.pk, [])) for entry in some)


def _entry_faults(entry: AuditEntry, seq: int, previous: str) -> Iterator[Fault]:
    """What is wrong with an entry that comes behind the number and the seal given."""
    if entry.seq != seq + 1:
        yield _missing(entry.chain, seq + 1, entry.seq - 1)
    elif entry.previous_hash != previous:
        yield Fault(entry.chain, entry.seq, "it does not follow the entry before it")
    wrong = seals.fault(said(entry), seals.Seal(entry.hash, entry.key))
    if wrong:
        yield Fault(entry.chain, entry.seq, wrong)


def _named_faults(entry: AuditEntry, named: list[dict[str, tuple[int, str]]]) -> Iterator[Fault]:
    for known in named:
        seq, newest = known.get(entry.chain, NEVER_WRITTEN)
        if seq == entry.seq and newest != entry.hash:
            yield Fault(entry.chain, seq, "it is not the entry that a head of its chain names")


def _end_faults(
    ends: Mapping[str, tuple[int, str]], named: list[dict[str, tuple[int, str]]], now: Mapping[str, tuple[int, str]]
) -> Iterator[Fault]:
    """What is wrong behind the last entry of each chain, and the chains that are gone."""
    for known in named:
        for chain, (seq, _) in known.items():
            last, _ = ends.get(chain, NEVER_WRITTEN)
            if last < seq:
                yield _missing(chain, last + 1, seq)
    for chain, (last, _) in ends.items():
        if now.get(chain, NEVER_WRITTEN)[0] < last:
            yield Fault(chain, last, "the head of the chain does not reach its last entry")


def _missing(chain: str, first: int, last: int) -> Fault:
    return Fault(chain, first, "it is missing" if first == last else f"it and all others up to {last} are missing")
