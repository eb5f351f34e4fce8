"""Saying why one looks into who saw a record."""

from django.db import transaction

from medmgmt import looks
from medmgmt.record import access, audit
from medmgmt.record.models import AuditEntry, User


@transaction.atomic
def look_into(by: User, *, mrn: str, why: str) -> AuditEntry:
    """Opens the trail of one patient for an hour to the person who says why; the patient's own trail keeps it."""
    patient_id = access.chart_by_number(by, "view_audit", mrn)
    return audit.record(by, looks.LOOK, patient_id=patient_id, obj=("record.patient", patient_id), why=why.strip())


@transaction.atomic
def export(by: User, patient_id: int, *, rows: int) -> AuditEntry:
    """The trail of one patient left the house as a table of so many rows."""
    access.require(by, "view_audit")
    looks.require_reason(by, patient_id)
    return audit.record(by, "export_audit", patient_id=patient_id, detail={"rows": rows})
