"""The short forms that add to a record: what was seen, what was handed out, who somebody is and how to reach them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from medmgmt.record import dosing
from medmgmt.record.models import (
    ANSWERS,
    MEASURES,
    SCALES,
    AllergyKind,
    Channel,
    Level,
    ObservationCode,
    ReactionSeverity,
    Sex,
)
from medmgmt.record.models.observations import validate_icd10cm
from medmgmt.web.kit import plain_words
from medmgmt.web.kit.forms import CHOOSE, Day, Moment, note, with_blank
from medmgmt.web.kit.plain_words import STATE_WORDS
from refills.models import EarlyReason, PartialReason

if TYPE_CHECKING:
    pass


class ObservationForm(forms.Form):
    """A measurement or a state, with its time."""

    code = forms.ChoiceField(label=gettext_lazy("What"), choices=lambda: observation_codes())
    value = forms.DecimalField(
        label=gettext_lazy("Number"),
        required=False,
        max_digits=12,
        decimal_places=4,
        help_text=gettext_lazy("For measurements, in the unit shown in the list."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    value_code = forms.ChoiceField(
        label=gettext_lazy("State"),
        required=False,
        choices=lambda: observation_states(),
        help_text=gettext_lazy("For states, and for the Hunter criteria."),
    )
    observed_at = forms.DateTimeField(label=gettext_lazy("When"), widget=Moment())

    def clean(self) -> dict[str, Any]:
        """A measurement has a number, a state has a state that belongs to it."""
        data = super().clean() or self.cleaned_data
        code = data.get("code", "")
        if code in MEASURES and "value" not in self.errors and data.get("value") is None:
            self.add_error("value", _("This measurement needs a number."))
        if code in ANSWERS and data.get("value_code") not in ANSWERS[code].values:
            self.add_error(
                "value_code", _("Choose one of the states of “%(what)s”.") % {"what": ObservationCode(code).label}
            )
        return data


def observation_codes() -> list[Any]:
    """Measurements with their unit, scales with their lowest and highest score, then states."""
    measured = [
        (code, f"{ObservationCode(code).label} ({measure.unit})")
        for code, measure in MEASURES.items()
        if code not in SCALES
    ]
    scored = [
        (code, f"{ObservationCode(code).label} ({measure.at_least:f}–{measure.at_most:f})")
        for code, measure in MEASURES.items()
        if code in SCALES
    ]
    answered = [(code, str(ObservationCode(code).label)) for code in ANSWERS if code in SCALES]
    states = [(code, ObservationCode(code).label) for code in ANSWERS if code not in SCALES]
    return [CHOOSE, (_("Measurements"), measured), (_("Scales"), [*scored, *answered]), (_("States"), states)]


def observation_states() -> list[Any]:
    """States grouped by what they are states of."""
    groups = [
        (
            ObservationCode(code).label,
            [(value, plain_words.state_words(code, value)) for value in answer.values if value != "unknown"],
        )
        for code, answer in ANSWERS.items()
    ]
    return [("", _("None, it is a number")), *groups, ("unknown", STATE_WORDS["unknown"])]


class AllergyForm(forms.Form):
    """An allergy or intolerance."""

    substance = forms.CharField(label=gettext_lazy("Substance"), max_length=300)
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=AllergyKind.choices)
    reaction = forms.CharField(label=gettext_lazy("Reaction"), required=False, max_length=300)
    severity = forms.ChoiceField(
        label=gettext_lazy("Severity"), choices=ReactionSeverity.choices, initial=ReactionSeverity.UNKNOWN
    )


class CodeField(forms.CharField):
    """A code that may be typed in small letters."""

    def to_python(self, value: Any) -> str:
        """In capitals."""
        return str(super().to_python(value)).upper()


class ConditionForm(forms.Form):
    """A diagnosis."""

    text = forms.CharField(label=gettext_lazy("Diagnosis"), max_length=500)
    icd10cm = CodeField(
        label=gettext_lazy("ICD-10-CM code"),
        required=False,
        max_length=8,
        validators=[validate_icd10cm],
        help_text=gettext_lazy("For instance F33.1."),
    )
    onset_on = forms.DateField(label=gettext_lazy("Since"), required=False, widget=Day())


class DispenseForm(forms.Form):
    """A fill."""

    dispensed_on = forms.DateField(label=gettext_lazy("Dispensed on"), widget=Day())
    quantity = forms.DecimalField(
        label=gettext_lazy("Quantity"),
        max_digits=10,
        decimal_places=3,
        min_value=0,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )
    unit = forms.ChoiceField(
        label=gettext_lazy("Unit"),
        choices=[(code, unit.many) for code, unit in dosing.UNITS.items()],
        initial="{tablet}",
    )
    days_supply = forms.IntegerField(
        label=gettext_lazy("Days' supply"),
        min_value=1,
        max_value=366,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    early_reason = forms.ChoiceField(
        label=gettext_lazy("Why it was early"),
        required=False,
        choices=[("", gettext_lazy("it was not early")), *EarlyReason.choices],
    )
    partial_reason = forms.ChoiceField(
        label=gettext_lazy("Why it was less than written"),
        required=False,
        choices=[("", gettext_lazy("it was a whole fill")), *PartialReason.choices],
    )
    handed_at = forms.DateTimeField(
        label=gettext_lazy("When it was handed out"),
        required=False,
        widget=Moment(),
        help_text=gettext_lazy("Matters when the pharmacy was short of stock: the balance is counted from here."),
    )
    note = note(gettext_lazy("Note"))


class PatientForm(forms.Form):
    """Who somebody is."""

    given_name = forms.CharField(label=gettext_lazy("Given name"), max_length=120)
    family_name = forms.CharField(label=gettext_lazy("Family name"), max_length=120)
    birth_date = forms.DateField(label=gettext_lazy("Birth date"), widget=Day())
    sex = forms.ChoiceField(label=gettext_lazy("Sex"), choices=with_blank(Sex.choices))
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=[("en", "English"), ("es", "Español")])
    time_zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=60,
        help_text=gettext_lazy("For instance America/New_York. Reminders follow it."),
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
    )


class RegisterForm(PatientForm):
    """Somebody who comes into care."""

    mrn = forms.CharField(label=gettext_lazy("Medical record number"), max_length=40)
    team_id = forms.TypedChoiceField(label=gettext_lazy("Care team"), coerce=int)
    field_order = ("mrn", "given_name", "family_name", "birth_date", "sex", "language", "time_zone", "team_id")

    def __init__(self, *args: Any, teams: Sequence[tuple[int, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["team_id"].choices = teams  # type: ignore[attr-defined]


class UpdatePatientForm(PatientForm):
    """Corrected details; the version says what was seen when the correction began."""

    version = forms.IntegerField(widget=forms.HiddenInput())


class EnrolForm(forms.Form):
    """A level of care."""

    level = forms.ChoiceField(label=gettext_lazy("Level of care"), choices=with_blank(Level.choices))
    starts_on = forms.DateField(label=gettext_lazy("From"), widget=Day())


class ContactForm(forms.Form):
    """How a patient may be reached."""

    channel = forms.ChoiceField(label=gettext_lazy("Channel"), choices=Channel.choices)
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=254,
        help_text=gettext_lazy("E-mail address, or a phone number that begins with + and the country."),
    )
    consented = forms.BooleanField(
        label=gettext_lazy("The patient agreed to messages on this channel"),
        required=False,
        help_text=gettext_lazy("Messages name no medicine, diagnosis or clinic."),
    )
