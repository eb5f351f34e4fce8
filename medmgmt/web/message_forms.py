"""The forms of the pages about messages."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from medmgmt.actions import messages
from medmgmt.messages.planning import COVERS
from medmgmt.record.models import Channel
from medmgmt.web.kit.forms import LARGEST, asks
from medmgmt.web.kit.plain_words import COVER_WORDS

BEFORE, AFTER = (14, 7, 5, 3, 2, 1, 0), (1, 2, 3, 7, 14)
ORDERS = [
    ("email,sms,push", _("E-mail first, then text message")),
    ("sms,email,push", _("Text message first, then e-mail")),
    ("email", _("E-mail only")),
    ("sms", _("Text message only")),
]


def hours(first: int, last: int) -> list[tuple[int, str]]:
    """Full hours for a choice."""
    return [(hour, f"{hour:02}:00") for hour in range(first, last + 1)]


class PlanForm(forms.Form):
    """How somebody is told."""

    before = forms.TypedMultipleChoiceField(
        label=_("Days before"),
        coerce=int,
        choices=[(day, str(day)) for day in BEFORE],
        widget=forms.CheckboxSelectMultiple,
    )
    after = forms.TypedMultipleChoiceField(
        label=_("Days after, if nothing has come"),
        coerce=int,
        choices=[(day, str(day)) for day in AFTER],
        widget=forms.CheckboxSelectMultiple,
    )
    channels = forms.ChoiceField(label=_("In which way"), choices=ORDERS)
    hour = forms.TypedChoiceField(label=_("At what time"), coerce=int, choices=hours(6, 22))
    quiet_from = forms.TypedChoiceField(label=_("Quiet from"), coerce=int, choices=hours(17, 24))
    quiet_until = forms.TypedChoiceField(label=_("Quiet until"), coerce=int, choices=hours(5, 12))
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=LARGEST)

    @property
    def ticked(self) -> list[forms.BoundField]:
        """The fields with several ticks."""
        return [self["before"], self["after"]]

    @property
    def plain(self) -> list[forms.BoundField]:
        """The fields with one answer."""
        return [self[name] for name in ("channels", "hour", "quiet_from", "quiet_until", "language")]

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        return {**self.cleaned_data, "channels": self.cleaned_data["channels"].split(",")}


class CaregiverForm(forms.Form):
    """Somebody who is told as well, by the patient's word."""

    said = asks(messages.add_caregiver)
    name = said("name", _("Name"))
    relation = said("relation", _("Relation"))
    channel = said("channel", _("In which way"), choices=Channel.choices)
    address = said(
        "address", _("Address"), help_text=_("E-mail address, or a phone number that begins with + and the country.")
    )
    language = said("language", _("Language"))
    covers = forms.MultipleChoiceField(
        label=_("What for"), choices=[(name, COVER_WORDS[name]) for name in COVERS], widget=forms.CheckboxSelectMultiple
    )
    starts_on = said("starts_on", _("From"))
    ends_on = said("ends_on", _("Until (the last day)"))

    @property
    def ticked(self) -> list[forms.BoundField]:
        """The field with several ticks."""
        return [self["covers"]]

    @property
    def plain(self) -> list[forms.BoundField]:
        """The fields with one answer."""
        return [self[name] for name in self.fields if name != "covers"]
