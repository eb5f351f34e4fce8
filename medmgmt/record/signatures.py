"""What a signature was given to: the seal of a signed dosage change, and whether the row is still what was signed."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import chain, product

from medmgmt.record import seals
from medmgmt.record.models.cosignatures import CoSignature
from medmgmt.record.models.people import Patient
from medmgmt.record.models.prescriptions import DosageChange, Prescription, Status
from medmgmt.record.seals import Seal

CHANGED = "it is not what was signed"
OTHER = "the trail names another seal"
UNTOLD = "no entry of the trail says that it was signed"
GONE = "it was signed and is missing"
AT_ONCE = 500


def seal_of(change: DosageChange, *, by_id: int, at: datetime, words: Sequence[CoSignature] | None = None) -> Seal:
    """The seal of a change as this person signs it at this instant; the prescription is at hand.

    `words` is everything that second people said of it, oldest first; None asks for them, with one query.
    """
    if words is None:
        words = list(change.cosignatures.all()) if change.pk else []
    said = [_word(one) for one in words]
    return seals.seal(
        {**_signed(change, by_id, at), **_whose(change.patient_id, change.prescription.rxcui), "co": said}
    )


@dataclass
class LookedThrough:
    """Signed rows of one table as they were found: the seal that each carries, and what is wrong with it."""

    look: Callable[[Collection[int]], "LookedThrough"]
    seals: dict[int, str] = field(default_factory=dict)
    wrong: dict[int, str] = field(default_factory=dict)

    def faults(self, sealed: Mapping[int, str]) -> Iterator[tuple[int, str]]:
        """The number of each row that is not as it was signed, with what is wrong; `sealed` are the seals that the
        trail, read later, names: each of these rows must be there and carry that very seal."""
        later = self.look(sealed.keys() - self.seals.keys())
        seals_now, wrong = self.seals | later.seals, self.wrong | later.wrong
        for pk, seal in seals_now.items():
            said = "" if sealed.get(pk) == seal else OTHER if pk in sealed else UNTOLD
            if pk in wrong or said:
                yield pk, wrong.get(pk, said)
        for pk in sealed.keys() - seals_now.keys():
            yield pk, GONE


def looked_through(numbers: Collection[int] | None = None) -> LookedThrough:
    """Reads every signed change, or those of these numbers, and holds it against its seal."""
    found = LookedThrough(looked_through)
    signed = DosageChange.objects.filter(status=Status.SIGNED).order_by("pk")
    rows = signed.select_related("prescription").prefetch_related("cosignatures")
    merged = merged_charts() if numbers is None or numbers else {}
    parts = [rows] if numbers is None else [rows.filter(pk__in=part) for part in some(sorted(numbers))]
    for change in chain.from_iterable(part.iterator(chunk_size=AT_ONCE) for part in parts):
        found.seals[change.pk] = change.seal
        wrong = _fault(change, [change.patient_id, *merged.get(change.patient_id, [])])
        if wrong:
            found.wrong[change.pk] = wrong
    return found


def some(numbers: list[int]) -> Iterator[list[int]]:
    return (numbers[start : start + AT_ONCE] for start in range(0, len(numbers), AT_ONCE))


def merged_charts() -> dict[int, list[int]]:
    """The charts that were merged into each one."""
    merged: dict[int, list[int]] = {}
    for gone, stays in Patient.objects.exclude(merged_into=None).values_list("pk", "merged_into_id"):
        merged.setdefault(stays or 0, []).append(gone)
    return merged


def _fault(change: DosageChange, patients: list[int]) -> str:
    """What is wrong with one signed change. Charts are merged and a drug may get its code later; nothing else moves."""
    by_id, at = change.signed_by_id or 0, change.signed_at or change.proposed_at
    held = Seal(change.seal, change.seal_key)
    words = [_word(one) for one in change.cosignatures.all()]
    codes = {change.prescription.rxcui, None}
    found = [
        seals.fault({**_signed(change, by_id, at), **_whose(patient, code), "co": words}, held)
        for patient, code in product(patients, codes)
    ]
    return "" if "" in found else CHANGED if seals.CHANGED in found else found[0]


def _whose(patient_id: int, rxcui: int | None) -> dict[str, object]:
    return {"patient": patient_id, "rxcui": rxcui}


def _signed(change: DosageChange, by_id: int, at: datetime) -> dict[str, object]:
    """Everything that the signature was given to."""
    drug: Prescription = change.prescription
    return {
        "prescription": change.prescription_id,
        "drug": drug.drug_name,
        "kind": change.kind,
        "effective_on": change.effective_on.isoformat(),
        "sig": None if change.sig is None else change.sig.as_json(),
        "old_sig": None if change.old_sig is None else change.old_sig.as_json(),
        "reason": change.reason_code,
        "note": change.note,
        "alongside": change.alongside,
        "author": change.author_id,
        "proposed_at": instant(change.proposed_at),
        "signed_by": by_id,
        "signed_at": instant(at),
        "unchecked": change.signed_unchecked,
    }


def _word(one: CoSignature) -> list[object]:
    return [one.pk, one.verdict, one.by_id, instant(one.at)]


def instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")
