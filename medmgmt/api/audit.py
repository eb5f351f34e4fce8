"""Who did and saw what: the trail for who watches over it, of one patient for a reason; and a patient's own."""

from typing import Any

from rest_framework import serializers

from medmgmt import looks, people
from medmgmt.actions import looks as actions
from medmgmt.api.kit import filters
from medmgmt.api.kit.endpoint import at, lists, plain_columns, writes
from medmgmt.api.kit.shapes import BodyOfAct, Shown
from medmgmt.record.models import AuditEntry


class AuditLine(Shown):
    """Who did what, when and why; ids, counts and codes only."""

    shows = AuditEntry, (
        "id chain seq at actor actor_name role act patient object_type object_id why detail request_id hash"
    )  # fmt: skip


class Named(serializers.JSONField):
    """What an entry holds beside; of several patients only the one who was asked for, and how many `others`."""

    def to_representation(self, value: Any) -> Any:  # Any: what the trail keeps
        """Without the numbers of other charts."""
        return looks.alone(value, self.context["patient_id"])


class AuditOfLine(AuditLine):
    """Who did what with this patient's record; of an entry about several it names nobody else."""

    detail = Named()


class NewLook(BodyOfAct):
    """Whose trail, by record number and in the body, because addresses are written to logs; and why."""

    asks = actions.look_into


class LookTaken(Shown):
    """The trail of this patient is open to you for an hour."""

    shows = AuditEntry, "id at patient why"


class OwnLook(Shown):
    """Somebody who saw or did something, in plain words."""

    shows = AuditEntry, "id at role"
    who = serializers.SerializerMethodField()
    what = serializers.SerializerMethodField()

    def get_who(self, entry: Any) -> str:  # Any: an entry with its actor
        """Their name, or what acted by itself."""
        return looks.name_of(entry)

    def get_what(self, entry: Any) -> str:  # Any: an entry with its actor
        """What was done."""
        return looks.words_of(entry)


class AuditFilters(filters.FilterSet):
    """Entries by person, act and day."""

    actor = filters.Id("actor_id")
    at_from = filters.Day("at", "date__gte")
    at_until = filters.Day("at", "date__lte")


# fmt: off
ADDRESSES = [
    at("audit", "audit", called="AuditTrail",
       get=lists(AuditLine, plain_columns(people.audit_entries, AuditLine), "The audit trail, newest first.",
            order=("-at", "-id"), filters=AuditFilters, is_trail=True)),
    at("audit/looks", "look-into",
       post=writes(LookTaken, actions.look_into, takes=NewLook, status=201, refuses=("not-found",), is_trail=True)),
    at("audit/patients/<patient_id>", "audit-of", called="AuditOfPatient",
       get=lists(AuditOfLine, plain_columns(looks.of_one, AuditOfLine),
            "The trail of one patient, for an hour after you said why: whoever saw or changed anything.",
            order=("-at", "-id"), filters=AuditFilters, is_trail=True)),
    at("portal/looks", "own-looks", called="WhoLooked",
       get=lists(OwnLook, looks.at_own, "Who has looked at your record, if you are a patient here; the whole history.",
            order=("-at", "-id"))),
]
# fmt: on
