"""The short forms that add to a record: what was seen, what was handed out, who somebody is and how to reach them."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from medmgmt.actions import merging, observing, people, supply
from medmgmt.record.models import AllergyKind, Level, ReactionSeverity, Sex
from medmgmt.record.models.observations import validate_icd10cm
from medmgmt.web.kit.forms import LARGEST, asks, confirm, note, with_blank
from medmgmt.web.supply_forms import UNITS
from refills.models import EarlyReason, PartialReason

ALLERGENS = [one for one in AllergyKind.choices if one[0] != AllergyKind.NONE_KNOWN]


class AllergyForm(forms.Form):
    """An allergy or intolerance."""

    said = asks(observing.record_allergy)
    substance = said(
        "substance",
        gettext_lazy("Substance"),
        help_text=gettext_lazy("As it was said: medicine, class or food. “No known allergies” is written here too."),
    )
    kind = said("kind", gettext_lazy("Kind"), choices=ALLERGENS)
    reaction = said("reaction", gettext_lazy("Reaction"), max_length=300)
    severity = said("severity", gettext_lazy("Severity"), choices=ReactionSeverity.choices, required=True)
    confirm = confirm(gettext_lazy("It is another one: record it as well"))


class AllergyMeaningForm(forms.Form):
    """What a line of the allergy list means."""

    said = asks(observing.code_allergy)
    meant = said(
        "meant",
        gettext_lazy("Medicine or class"),
        help_text=gettext_lazy("As on a prescription, or “not a medicine” for a food, latex and the like."),
    )


class CodeField(forms.CharField):
    """A code that may be typed in small letters."""

    def to_python(self, value: Any) -> str:
        """In capitals."""
        return str(super().to_python(value)).upper()


class ConditionForm(forms.Form):
    """A diagnosis."""

    said = asks(observing.record_condition)
    text = said("text", gettext_lazy("Diagnosis"))
    icd10cm = CodeField(
        label=gettext_lazy("ICD-10-CM code"),
        required=False,
        max_length=8,
        validators=[validate_icd10cm],
        help_text=gettext_lazy("For instance F33.1."),
    )
    onset_on = said("onset_on", gettext_lazy("Since"))
    confirm = confirm(gettext_lazy("It is another one: record it"))


class DispenseForm(forms.Form):
    """A fill."""

    said = asks(supply.record_dispense)
    dispensed_on = said("dispensed_on", gettext_lazy("Dispensed on"))
    quantity = said("quantity", gettext_lazy("Quantity"))
    unit = said("unit", gettext_lazy("Unit"), choices=UNITS, initial="{tablet}")
    days_supply = said("days_supply", gettext_lazy("Days' supply"))
    early_reason = said(
        "early_reason",
        gettext_lazy("Why it was early"),
        choices=[("", gettext_lazy("it was not early")), *EarlyReason.choices],
    )
    partial_reason = said(
        "partial_reason",
        gettext_lazy("Why it was less than written"),
        choices=[("", gettext_lazy("it was a whole fill")), *PartialReason.choices],
    )
    handed_at = said(
        "handed_at",
        gettext_lazy("When it was handed out"),
        help_text=gettext_lazy("Matters when the pharmacy was short of stock: the balance is counted from here."),
    )
    note = note(gettext_lazy("Note"))
    confirm = confirm(gettext_lazy("It was handed out as well: record it"))


class PatientForm(forms.Form):
    """Who somebody is."""

    said = asks(people.register_patient)
    given_name = said("given_name", gettext_lazy("Given name"))
    family_name = said(
        "family_name", gettext_lazy("Family name"), help_text=gettext_lazy("One name is enough, in either field.")
    )
    birth_date = said("birth_date", gettext_lazy("Birth date"))
    sex = said("sex", gettext_lazy("Sex"), choices=with_blank(Sex.choices))
    language = said("language", gettext_lazy("Language"))
    time_zone = said(
        "time_zone",
        gettext_lazy("Time zone"),
        help_text=gettext_lazy("For instance America/New_York. Reminders follow it."),
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
    )


class RegisterForm(PatientForm):
    """Somebody who comes into care."""

    mrn = PatientForm.said("mrn", gettext_lazy("Medical record number"))
    team_id = forms.TypedChoiceField(label=gettext_lazy("Care team"), coerce=int)
    confirm = confirm(gettext_lazy("This is another person: make a new chart"))
    field_order = ("mrn", "given_name", "family_name", "birth_date", "sex", "language", "time_zone", "team_id")

    def __init__(self, *args: Any, teams: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team_id"].choices = teams  # type: ignore[attr-defined]


class MergeForm(forms.Form):
    """Which chart stays, and why."""

    said = asks(merging.merge_charts)
    mrn = said("mrn", gettext_lazy("Record number of the chart that stays"))
    why = note(gettext_lazy("How you know that it is one person"), required=True)
    confirm = confirm(gettext_lazy("I have read whose charts these are: merge them"))


class UpdatePatientForm(PatientForm):
    """Corrected details; the version says what was seen when the correction began."""

    version = forms.IntegerField(widget=forms.HiddenInput(), min_value=1, max_value=LARGEST)


class EnrolForm(forms.Form):
    """A level of care."""

    said = asks(people.enrol)
    level = said("level", gettext_lazy("Level of care"), choices=with_blank(Level.choices))
    starts_on = said("starts_on", gettext_lazy("From"))


class ContactForm(forms.Form):
    """How a patient may be reached."""

    said = asks(people.set_contact)
    channel = said("channel", gettext_lazy("Channel"))
    address = said(
        "address",
        gettext_lazy("Address"),
        help_text=gettext_lazy("E-mail address, or a phone number that begins with + and the country."),
    )
    consented = said(
        "consented",
        gettext_lazy("The patient agreed to messages on this channel"),
        help_text=gettext_lazy("Messages name no medicine, diagnosis or clinic."),
    )
