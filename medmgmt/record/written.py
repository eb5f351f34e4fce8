"""What was written for the pharmacy: the seal of a prescription, and whether the row is still what was written."""

from collections.abc import Collection
from decimal import Decimal
from itertools import chain

from medmgmt.record import seals, signatures
from medmgmt.record.seals import Seal
from medmgmt.record.signatures import LookedThrough
from refills.models import Authorisation

EXACT = Decimal("0.001")
"""As exact as the database keeps a quantity."""


def seal_of(row: Authorisation) -> Seal:
    """The seal of a prescription as it is written; the medicine is at hand. No query."""
    return seals.seal(said(row, row.patient_id))


def looked_through(numbers: Collection[int] | None = None) -> LookedThrough:
    """Reads everything that was written for the pharmacy, or what has these numbers, and holds it against its seal."""
    found = LookedThrough(looked_through)
    rows = Authorisation.objects.order_by("pk").select_related("prescription")
    merged = signatures.merged_charts() if numbers is None or numbers else {}
    parts = [rows] if numbers is None else [rows.filter(pk__in=one) for one in signatures.some(sorted(numbers))]
    for row in chain.from_iterable(part.iterator(chunk_size=signatures.AT_ONCE) for part in parts):
        found.seals[row.pk] = row.seal
        wrong = fault(row, [row.patient_id, *merged.get(row.patient_id, [])])
        if wrong:
            found.wrong[row.pk] = wrong
    return found


def fault(row: Authorisation, patients: list[int]) -> str:
    """What is wrong with one row, which may have been written in any of these charts; blank where nothing is."""
    found = [seals.fault(said(row, one), Seal(row.seal, row.seal_key)) for one in patients]
    return "" if "" in found else signatures.CHANGED if seals.CHANGED in found else found[0]


def said(row: Authorisation, patient_id: int) -> dict[str, object]:
    """Everything that the prescriber's word was given to."""
    return {
        "written": "for the pharmacy",
        "patient": patient_id,
        "prescription": row.prescription_id,
        "drug": row.prescription.drug_name,
        "issued_on": row.issued_on.isoformat(),
        "quantity": str(Decimal(row.quantity).quantize(EXACT)),
        "unit": row.unit,
        "days_supply": row.days_supply,
        "refills": row.refills,
        "may_fill_from": None if row.may_fill_from is None else row.may_fill_from.isoformat(),
        "by": row.authorised_by_id,
        "at": signatures.instant(row.authorised_at),
    }
