"""The audit trail, for administrators."""

from medmgmt import people
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import at, lists, plain_columns
from medmgmt.api.kit.shapes import Shown
from medmgmt.record.models import AuditEntry


class AuditLine(Shown):
    """Who did what, when and why; ids, counts and codes only."""

    shows = AuditEntry, (
        "id chain seq at actor actor_name role act patient object_type object_id why detail request_id hash"
    )  # fmt: skip


class AuditFilters(filters.FilterSet):
    """Entries by patient, person, act and day."""

    patient = filters.Id("patient_id")
    actor = filters.Id("actor_id")
    at_from = filters.Day("at", "date__gte")
    at_until = filters.Day("at", "date__lte")


# fmt: off
ADDRESSES = [
    at("audit", "audit", called="AuditTrail",
       get=lists(AuditLine, plain_columns(people.audit_entries, AuditLine), "The audit trail, newest first.",
            order=("-at", "-id"), filters=AuditFilters, is_trail=True)),
]
# fmt: on
