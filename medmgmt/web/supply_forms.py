"""The forms about supply: prescriptions for the pharmacy, limits, releases, counts, renewals."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from medmgmt.actions import authorising, supply
from medmgmt.record import dosing
from medmgmt.web.kit.forms import NUMERIC, DayField, Whole, Written, asks, confirm, note, with_blank
from refills.models import RenewalAnswer, RenewalReason

UNITS = [(code, unit.many) for code, unit in dosing.UNITS.items()]
MOST_PARTS = 13


def reason(label: Any) -> forms.CharField:
    """A sentence or two that must be there."""
    return Written(label=label, max_length=2000, widget=forms.Textarea(attrs={"rows": 2}))


class WrittenForm(forms.Form):
    """One prescription: quantity of a fill, its days, refills, and the first day it may be filled."""

    said = asks(authorising.authorise)
    quantity = said("quantity", gettext_lazy("Quantity"))
    unit = said("unit", gettext_lazy("Unit"), choices=UNITS, initial="{tablet}")
    days_supply = said("days_supply", gettext_lazy("Days' supply"))
    refills = said("refills", gettext_lazy("Refills"), initial=0, required=True)
    may_fill_from = said("may_fill_from", gettext_lazy("May be filled from"), help_text=gettext_lazy("Empty: at once."))
    quantity_meant = said("quantity_meant", gettext_lazy("I mean this quantity although it does not fit the plan"))
    confirm = confirm(gettext_lazy("It is meant as well: write it"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Whether a quantity is meant is asked only after it was found not to fit."""
        super().__init__(*args, **kwargs)
        if not self.is_bound:
            self.fields["quantity_meant"].widget = forms.HiddenInput()


class AuthoriseForm(WrittenForm):
    """The same, or a series of it."""

    count = Whole(
        label=gettext_lazy("How many prescriptions"),
        min_value=1,
        max_value=MOST_PARTS,
        initial=1,
        widget=forms.TextInput(attrs=NUMERIC),
        help_text=gettext_lazy(
            "More than one writes a series, as schedule II allows: each may be filled when the one before ends."
        ),
    )
    field_order = ("quantity", "unit", "days_supply", "refills", "may_fill_from", "count", "quantity_meant")


class RenewForm(WrittenForm):
    """A renewal: the prescription, and what the patient is told."""

    note = note(gettext_lazy("For the patient, in the portal"))
    why = Written(
        label=gettext_lazy("Why you renew although a finding has no answer"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, *args: Any, asks_why: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_why:
            del self.fields["why"]


class DeclineForm(forms.Form):
    """Not renewed as it is."""

    answer = forms.ChoiceField(
        label=gettext_lazy("What instead"),
        choices=[choice for choice in RenewalAnswer.choices if choice[0] != RenewalAnswer.RENEWED],
    )
    reason = forms.ChoiceField(
        label=gettext_lazy("What the patient is told"),
        choices=with_blank([choice for choice in RenewalReason.choices if choice[0]]),
    )
    note = note(gettext_lazy("More for the patient, in the portal"))
    confirm = confirm(gettext_lazy("Both are meant: decide again"))


class WhyForm(forms.Form):
    """A reason, and nothing else."""

    why = reason(gettext_lazy("Why"))


class ReleaseForm(forms.Form):
    """Supply goes on without its lab."""

    why = reason(gettext_lazy("Why the supply goes on without the lab"))
    until = DayField(label=gettext_lazy("Until"))


class LimitForm(forms.Form):
    """Limited dispensing."""

    said = asks(authorising.limit_supply)
    most_days = said("most_days", gettext_lazy("Days handed out at once"))
    until = said("until", gettext_lazy("Until"))
    all_medicines = forms.BooleanField(label=gettext_lazy("All medicines of this patient"), required=False)
    why = reason(gettext_lazy("Why"))


class CountForm(forms.Form):
    """What was counted at home."""

    said = asks(supply.count_pills)
    counted_on = said("counted_on", gettext_lazy("Counted on"))
    quantity = said("quantity", gettext_lazy("Units found, before that day's dose"))
    unit = said("unit", gettext_lazy("Unit"), choices=UNITS, initial="{tablet}")
