"""Which acts a person's role may do, so that pages offer nothing that would be refused."""

from medmgmt.record import access
from medmgmt.record.models import User


def powers(by: User) -> dict[str, bool]:
    """Every act of the record's table and whether this person may do it; no query."""
    return {act: access.may(by, act) for act in access.ACTS}
