"""How a patient is told: the plan, the channels, helpers by consent, the calendar link."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from rest_framework import serializers

from medmgmt.actions import messages
from medmgmt.api.kit.endpoint import Endpoint, reads, writes
from medmgmt.api.kit.fields import Day, Id, Instant, Strict, Text
from medmgmt.messages import planning
from medmgmt.messages import reads as messages_reads
from medmgmt.record.models import User
from refills.models import Channel as Ways


class WayLine(serializers.Serializer[Any]):
    """A channel of a patient: its address, whether messages may go there, whether they came back."""

    channel = serializers.CharField()
    address = serializers.CharField()
    agreed = serializers.BooleanField()
    failing = serializers.BooleanField()


class CaregiverLine(serializers.Serializer[Any]):
    """Somebody who is told as well, by the patient's word."""

    id = Id()
    name = serializers.CharField()
    relation = serializers.CharField()
    channel = serializers.CharField()
    address = serializers.CharField()
    covers = serializers.CharField(help_text="What for: refills, injections, tests, plan; comma between.")
    starts_on = Day()
    ends_on = Day(allow_null=True)
    recorded_at = Instant()
    withdrawn_at = serializers.SerializerMethodField()

    def get_withdrawn_at(self, row: Any) -> str | None:  # Any: a row of the consents
        """When the patient took it back."""
        ended = getattr(row, "withdrawn", None)
        return ended.at.isoformat() if ended else None


class ComingLine(serializers.Serializer[Any]):
    """A day on which something falls due."""

    day = Day()
    kind = serializers.CharField()
    what = serializers.CharField()


class MessagesPage(serializers.Serializer[Any]):
    """A patient's plan with everything that hangs on it."""

    version = serializers.IntegerField(source="plan.version")
    before = serializers.ListField(child=serializers.IntegerField(), source="wishes.before")
    after = serializers.ListField(child=serializers.IntegerField(), source="wishes.after")
    order = serializers.ListField(child=serializers.CharField(), source="wishes.channels")
    hour = serializers.IntegerField(source="wishes.waking.at.hour")
    quiet_from = serializers.IntegerField(source="wishes.waking.closes")
    quiet_until = serializers.IntegerField(source="wishes.waking.opens")
    language = serializers.CharField(source="wishes.language")
    channels = WayLine(many=True)
    caregivers = CaregiverLine(many=True, source="helpers")
    calendar = serializers.CharField(source="feed", allow_blank=True)
    coming = ComingLine(many=True)


class PlanChanges(Strict):
    """The whole plan as it shall be."""

    before = serializers.ListField(child=serializers.IntegerField(min_value=0, max_value=30), max_length=6)
    after = serializers.ListField(child=serializers.IntegerField(min_value=0, max_value=30), max_length=6)
    channels = serializers.ListField(child=serializers.ChoiceField(Ways.choices), max_length=3)
    hour = serializers.IntegerField(min_value=0, max_value=23)
    quiet_from = serializers.IntegerField(min_value=12, max_value=24)
    quiet_until = serializers.IntegerField(min_value=0, max_value=12)
    language = serializers.ChoiceField(settings.LANGUAGES)
    version = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1)


class WayChoice(Strict):
    """A yes or a no to messages on a channel."""

    channel = serializers.ChoiceField(Ways.choices)
    wanted = serializers.BooleanField()


class NewCaregiver(Strict):
    """Who is told as well, what for, from and until when."""

    name = Text(max_length=120, required=True)
    relation = Text(max_length=60)
    channel = serializers.ChoiceField([("email", "e-mail"), ("sms", "text message")])
    address = serializers.CharField(max_length=254)
    language = serializers.ChoiceField(settings.LANGUAGES)
    covers = serializers.ListField(
        child=serializers.ChoiceField(list(planning.COVERS)), min_length=1, max_length=len(planning.COVERS)
    )
    starts_on = Day()
    ends_on = Day(required=False, allow_null=True)


class CalendarChoice(Strict):
    """On makes a new link, off switches the one in use off."""

    on = serializers.BooleanField()


class Messages(Endpoint):
    """How a patient is told."""

    @reads(MessagesPage)
    def get(self, by: User, patient_id: int) -> object:
        """The plan, the channels, helpers, the calendar link and what comes; a patient's own too."""
        return messages_reads.page(by, "manage_messages", patient_id)

    @writes(MessagesPage, takes=PlanChanges, is_versioned=True, refuses=("refused",))
    def patch(self, by: User, values: dict[str, Any], patient_id: int, version: int) -> object:
        """Set the plan, if nobody has since you read it."""
        messages.save_plan(by, patient_id, version=version, **values)
        return messages_reads.page(by, "manage_messages", patient_id)


class ChooseWay(Endpoint):
    """Yes and no by channel."""

    @writes(MessagesPage, takes=WayChoice, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any], patient_id: int) -> object:
        """Opt in or out of a channel; the same again changes nothing."""
        messages.opt(by, patient_id, **values)
        return messages_reads.page(by, "manage_messages", patient_id)


class Caregivers(Endpoint):
    """Somebody who is told as well."""

    @writes(CaregiverLine, takes=NewCaregiver, status=201, refuses=("refused",))
    def post(self, by: User, values: Mapping[str, Any], patient_id: int) -> object:
        """Write the patient's consent down."""
        return messages.add_caregiver(by, patient_id, **values)


class WithdrawCaregiver(Endpoint):
    """The end of a consent."""

    @writes(MessagesPage, refuses=("not-found",))
    def post(self, by: User, values: Mapping[str, Any], consent_id: int) -> object:
        """Withdraw a consent; nothing is sent after this. The same again changes nothing."""
        return messages_reads.page(by, "manage_messages", messages.withdraw_caregiver(by, consent_id))


class CalendarLink(Endpoint):
    """The calendar link of a patient."""

    @writes(MessagesPage, takes=CalendarChoice)
    def post(self, by: User, values: Mapping[str, Any], patient_id: int) -> object:
        """Make a new link, or switch the one in use off."""
        act = messages.renew_calendar if values["on"] else messages.revoke_calendar
        act(by, patient_id)
        return messages_reads.page(by, "manage_messages", patient_id)
