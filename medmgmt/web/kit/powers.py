"""Which acts a person's role may do, so that pages offer nothing that would be refused."""

from medmgmt.record import access
from medmgmt.record.models import Patient, User


def powers(by: User, patient: Patient | None = None) -> dict[str, bool]:
    """Every act of the record's table and whether this person may do it; in a chart that they opened in an emergency,
    what may be done then. No query."""
    is_only = patient is not None and patient.opening is not None and patient.opening.is_only
    may = access.may_in_emergency if is_only else access.may
    return {act: may(by, act) for act in access.ACTS}
