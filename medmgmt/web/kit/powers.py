"""Which acts a person's role may do, so that pages offer nothing that would be refused."""

from medmgmt.record import access
from medmgmt.record.models import Patient, User


def powers(by: User, patient: Patient | None = None) -> dict[str, bool]:
    """Every act of the record's table and whether this person may do it; in a chart that they opened in an emergency,
    what may be done then. No query."""
    may = access.may if patient is None or patient.opening is None else access.may_in_emergency
    return {act: may(by, act) for act in access.ACTS}
