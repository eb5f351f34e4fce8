"""How a patient is told: the plan, the channels, helpers by consent, the calendar link."""

from typing import Any

from django.conf import settings
from rest_framework import serializers

from medmgmt.actions import messages
from medmgmt.api.kit.endpoint import at, reads, writes
from medmgmt.api.kit.fields import Strict
from medmgmt.api.kit.shapes import BodyOfAct, Shown
from medmgmt.messages import planning
from medmgmt.messages import reads as messages_reads
from medmgmt.record.models import User
from refills.models import CaregiverConsent
from refills.models import Channel as Ways


class WayLine(Shown):
    """A channel of a patient: its address, whether messages may go there, whether they came back."""

    shows = messages_reads.ChannelLine, "channel address agreed failing"


class CaregiverLine(Shown):
    """Somebody who is told as well, by the patient's word."""

    shows = CaregiverConsent, "id name relation channel address covers starts_on ends_on recorded_at"
    channel = serializers.CharField()
    covers = serializers.CharField(help_text="What for: refills, injections, tests, plan; comma between.")
    withdrawn_at = serializers.SerializerMethodField()

    def get_withdrawn_at(self, row: Any) -> str | None:  # Any: a row of the consents
        """When the patient took it back."""
        ended = getattr(row, "withdrawn", None)
        return ended.at.isoformat() if ended else None


class ComingLine(Shown):
    """A day on which something falls due."""

    shows = messages_reads.ComingDay, "day kind what"


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


class NewCaregiver(BodyOfAct):
    """Who is told as well, what for, from and until when."""

    asks = messages.add_caregiver
    channel = serializers.ChoiceField([("email", "e-mail"), ("sms", "text message")])
    covers = serializers.ListField(
        child=serializers.ChoiceField(list(planning.COVERS)), min_length=1, max_length=len(planning.COVERS)
    )


class CalendarChoice(Strict):
    """On makes a new link, off switches the one in use off."""

    on = serializers.BooleanField()


def page(by: User, patient_id: int) -> messages_reads.Page:
    """The plan, the channels, helpers, the calendar link and what comes; a patient's own too."""
    return messages_reads.page(by, "manage_messages", patient_id)


def save_plan(by: User, patient_id: int, **plan: Any) -> messages_reads.Page:
    """Set the plan, if nobody has since you read it."""
    messages.save_plan(by, patient_id, **plan)
    return page(by, patient_id)


def choose_way(by: User, patient_id: int, **said: Any) -> messages_reads.Page:
    """Opt in or out of a channel; the same again changes nothing."""
    messages.opt(by, patient_id, **said)
    return page(by, patient_id)


def withdraw_caregiver(by: User, consent_id: int) -> messages_reads.Page:
    """Withdraw a consent; nothing is sent after this. The same again changes nothing."""
    return page(by, messages.withdraw_caregiver(by, consent_id))


def switch_calendar(by: User, patient_id: int, *, on: bool) -> messages_reads.Page:
    """Make a new link, or switch the one in use off."""
    act = messages.renew_calendar if on else messages.revoke_calendar
    act(by, patient_id)
    return page(by, patient_id)


# fmt: off
ADDRESSES = [
    at("patients/<patient_id>/messages", "messages",
       get=reads(MessagesPage, page),
       patch=writes(MessagesPage, save_plan, takes=PlanChanges, is_versioned=True, refuses=("refused",))),
    at("patients/<patient_id>/messages/channels", "choose-channel", called="ChooseWay",
       post=writes(MessagesPage, choose_way, takes=WayChoice, refuses=("refused",))),
    at("patients/<patient_id>/caregivers", "caregivers",
       post=writes(CaregiverLine, messages.add_caregiver, "Write the patient's consent down.", takes=NewCaregiver,
            status=201, refuses=("refused",))),
    at("caregivers/<consent_id>/withdraw", "withdraw-caregiver",
       post=writes(MessagesPage, withdraw_caregiver, refuses=("not-found",))),
    at("patients/<patient_id>/calendar-link", "calendar-link",
       post=writes(MessagesPage, switch_calendar, takes=CalendarChoice)),
]
# fmt: on
