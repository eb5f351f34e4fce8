"""The forms of the pages about messages."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from medmgmt.messages.planning import COVERS
from medmgmt.record.models import Channel

BEFORE, AFTER = (14, 7, 5, 3, 2, 1, 0), (1, 2, 3, 7, 14)
ORDERS = [
    ("email,sms,push", _("E-mail first, then text message")),
    ("sms,email,push", _("Text message first, then e-mail")),
    ("email", _("E-mail only")),
    ("sms", _("Text message only")),
]
COVER_WORDS = {
    "refills": _("Refills"),
    "injections": _("Injections"),
    "tests": _("Tests"),
    "plan": _("Changes of the plan"),
}


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
    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1)

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

    name = forms.CharField(label=_("Name"), max_length=120)
    relation = forms.CharField(label=_("Relation"), max_length=60, required=False)
    channel = forms.ChoiceField(label=_("In which way"), choices=Channel.choices)
    address = forms.CharField(
        label=_("Address"),
        max_length=254,
        help_text=_("E-mail address, or a phone number that begins with + and the country."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    covers = forms.MultipleChoiceField(
        label=_("What for"),
        choices=[(name, COVER_WORDS[name]) for name in COVERS],
        widget=forms.CheckboxSelectMultiple,
    )
    starts_on = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}))
    ends_on = forms.DateField(
        label=_("Until (the last day)"), required=False, widget=forms.DateInput(attrs={"type": "date"})
    )

    @property
    def ticked(self) -> list[forms.BoundField]:
        """The field with several ticks."""
        return [self["covers"]]

    @property
    def plain(self) -> list[forms.BoundField]:
        """The fields with one answer."""
        return [self[name] for name in self.fields if name != "covers"]
