"""What people type, understood: shapes and words only; whether it makes sense is for the rooms below to say."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interactions.engine import written
from medmgmt.actions import shapes
from medmgmt.actions.side_effects import log_side_effect
from medmgmt.record import dosing, legible
from medmgmt.record.models import ReasonCode

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = str | _StrPromise


NOTE_LENGTH = 2000
LARGEST_CODE = 2_147_483_647
UNREADABLE = gettext_lazy("This holds a control character that nobody can read. Type it again without it.")
CHOOSE = ("", gettext_lazy("Choose…"))
USUAL_REASONS: dict[str, tuple[str, ...]] = {
    "start": ("initial_treatment", "augmentation", "continued_treatment", "cross_taper", "relapse"),
    "new_dose": ("titration", "inadequate_response", "side_effect", "taper", "lab_result", "interaction"),
    "hold": ("side_effect", "lab_result", "procedure", "interaction", "pregnancy", "patient_wish"),
    "resume": ("relapse", "procedure", "lab_result", "patient_wish"),
    "stop": ("side_effect", "remission", "inadequate_response", "cross_taper", "interaction", "patient_wish"),
}
"""Reasons offered first for each kind of change; every other reason follows."""
SEVERITY_WORDS: "dict[str, tuple[Words, Words]]" = {
    "mild": (gettext_lazy("Mild"), gettext_lazy("Noticed, but does not get in the way of the day.")),
    "moderate": (gettext_lazy("Moderate"), gettext_lazy("Gets in the way of some things, such as work or sleep.")),
    "severe": (gettext_lazy("Severe"), gettext_lazy("Cannot do everyday things; may need treatment or hospital.")),
    "life_threatening": (gettext_lazy("Life-threatening"), gettext_lazy("In danger now. Call emergency help first.")),
}
PLAIN_SEVERITY: "dict[str, tuple[Words, Words]]" = {
    "mild": (gettext_lazy("It is a little annoying"), gettext_lazy("I notice it, but my day goes on as usual.")),
    "moderate": (
        gettext_lazy("It gets in my way"),
        gettext_lazy("It makes some things harder, such as work or sleep."),
    ),
    "severe": (gettext_lazy("It is bad"), gettext_lazy("I cannot do my everyday things.")),
    "life_threatening": (
        gettext_lazy("I am in danger"),
        format_lazy(
            gettext_lazy("Call {number} now. Then tell us here if you still can."), number=settings.EMERGENCY_NUMBER
        ),
    ),
}


DECIMAL = {"inputmode": "decimal", "autocomplete": "off"}
NUMERIC = {"inputmode": "numeric", "autocomplete": "off"}


class Day(forms.DateInput):
    """The browser's own date field."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class Moment(forms.DateTimeInput):
    """The browser's own field for a day and a time."""

    input_type = "datetime-local"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%dT%H:%M")


class PlainNumber:
    """A number in plain digits; what only a programming language reads as one is none."""

    error_messages: dict[str, Any]

    def to_python(self, value: Any) -> Any:  # Any: Django's own signature
        """The number, or None where nothing was typed."""
        if isinstance(value, str) and value.strip() and written.number(value) is None:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)  # type: ignore[misc]  # of the field it is mixed into


class Number(PlainNumber, forms.DecimalField):
    """A decimal number in plain digits."""


class Whole(PlainNumber, forms.IntegerField):
    """A whole number in plain digits."""


class Written(forms.CharField):
    """Text that a person types: what nobody can see is left out, a control character is refused."""

    def to_python(self, value: Any) -> str:
        text = str(super().to_python(value))
        if legible.has_controls(text):
            raise forms.ValidationError(UNREADABLE)
        return legible.plain(text).strip() if self.strip else legible.plain(text)

    def widget_attrs(self, widget: forms.Widget) -> Any:
        """Written from the side from which its letters run."""
        return {**super().widget_attrs(widget), "dir": "auto"}


OF_KINDS: dict[object, Callable[[], tuple[type[forms.Field], dict[str, Any]]]] = {
    bool: lambda: (forms.BooleanField, {"required": False}),
    int: lambda: (Whole, {"widget": forms.TextInput(attrs=NUMERIC)}),
    date: lambda: (forms.DateField, {"widget": Day()}),
    datetime: lambda: (forms.DateTimeField, {"widget": Moment()}),
}


def note(label: "Words", *, required: bool = False, help_text: "Words" = "") -> forms.CharField:
    """A few lines of free text."""
    area = forms.Textarea(attrs={"rows": 3})
    return Written(label=label, required=required, max_length=NOTE_LENGTH, widget=area, help_text=help_text)


def confirm(label: "Words") -> forms.BooleanField:
    """The tick that answers what an act asks; it is seen once it was asked."""
    return forms.BooleanField(label=label, required=False, widget=forms.HiddenInput())


def asks(act: Callable[..., object]) -> Callable[..., Any]:
    """Makes fields for the keywords of an act: kind, bounds and what is needed are the act's and its columns' own."""

    def field(name: str, label: "Words", **options: Any) -> forms.Field:
        detail = shapes.details(act)[name]
        kind, bounds = kind_of(detail, with_choices="choices" in options)
        return kind(**{"label": label, "required": detail.is_needed, **bounds, **options})

    return field


def kind_of(detail: shapes.Detail, *, with_choices: bool) -> tuple[type[forms.Field], dict[str, Any]]:
    """The field for a keyword, with what its column allows."""
    column = detail.column
    if with_choices or (column is not None and column.choices):
        return forms.ChoiceField, {"choices": getattr(column, "choices", ()), "initial": detail.default or None}
    if detail.kind is Decimal:
        digits = {name: getattr(column, name, None) for name in ("max_digits", "decimal_places")}
        return Number, {**digits, "widget": forms.TextInput(attrs=DECIMAL)}
    if detail.kind is str:
        return Written, {"max_length": getattr(column, "max_length", None)}
    return OF_KINDS[detail.kind]()


def with_blank(choices: Iterable[Any]) -> list[Any]:
    """Nothing chosen beforehand."""
    return [CHOOSE, *choices]


def described(words: "Mapping[str, tuple[Words, Words]]") -> list[tuple[str, SafeString]]:
    """Choices as a strong word and a sentence below it."""
    return [
        (code, format_html('<strong>{}</strong> <span class="choice-more">{}</span>', word, more))
        for code, (word, more) in words.items()
    ]


class SignInForm(AuthenticationForm):
    """Name and password."""

    error_messages = {
        "invalid_login": gettext_lazy("This name and password do not belong together. Capital letters count."),
        "inactive": gettext_lazy("This account is closed."),
    }


class PatientSearch(forms.Form):
    """Sent as a POST, so that no name is ever part of an address."""

    q = Written(label=gettext_lazy("Name or record number"), required=False, max_length=120)


class DrugSearch(forms.Form):
    """A drug by generic name, brand or RxCUI."""

    q = Written(
        label=gettext_lazy("Drug"),
        max_length=200,
        help_text=gettext_lazy("Generic name, brand or RxCUI. Misspellings are understood."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class ChangeForm(forms.Form):
    """Since when, why, and what led to it: what every dosage change says."""

    effective_on = forms.DateField(label=gettext_lazy("From"), widget=Day())
    reason_code = forms.ChoiceField(label=gettext_lazy("Reason"))
    prompt = forms.ChoiceField(label=gettext_lazy("Prompted by"), required=False)
    plan = Written(
        label=gettext_lazy("Plan"),
        required=False,
        max_length=300,
        help_text=gettext_lazy("For instance: step 2 of the titration plan."),
    )
    note = note(gettext_lazy("Note"))
    confirm = confirm(gettext_lazy("It is meant as well: propose it"))

    def __init__(self, *args: Any, kind: str, prompts: "Sequence[tuple[str, Words]]" = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["reason_code"].choices = reasons(kind)  # type: ignore[attr-defined]
        self.fields["prompt"].choices = [("", gettext_lazy("Nothing in the record")), *prompts]  # type: ignore[attr-defined]

    def prompted_by(self, what: str) -> int | None:
        """The id of the side effect or observation chosen as prompt."""
        kind, _colon, number = self.cleaned_data["prompt"].partition(":")
        return int(number) if kind == what else None


def reasons(kind: str) -> list[Any]:
    """The usual reasons for this kind of change first, then all others."""
    usual = [(code, ReasonCode(code).label) for code in USUAL_REASONS[kind]]
    others = [(reason.value, reason.label) for reason in ReasonCode if reason.value not in USUAL_REASONS[kind]]
    return [CHOOSE, (_("Usual"), usual), (_("Others"), others)]


class SigForm(ChangeForm):
    """A change that says how to take the medicine."""

    amount = Number(
        label=gettext_lazy("Dose"), max_digits=12, decimal_places=dosing.DECIMALS, widget=forms.TextInput(attrs=DECIMAL)
    )
    unit = forms.ChoiceField(
        label=gettext_lazy("Unit"), choices=[(code, unit.one) for code, unit in dosing.UNITS.items()], initial="mg"
    )
    route = forms.ChoiceField(
        label=gettext_lazy("Route"),
        choices=[CHOOSE, *((code, route.words) for code, route in dosing.ORDERED_ROUTES.items())],
        initial="PO",
    )
    timing = forms.ChoiceField(label=gettext_lazy("How often"))
    every_days = Whole(
        label=gettext_lazy("Every how many days"),
        required=False,
        help_text=gettext_lazy("Only for “every so many days”."),
        widget=forms.TextInput(attrs=NUMERIC),
    )
    as_needed = forms.BooleanField(label=gettext_lazy("Only as needed (PRN)"), required=False)
    max_per_day = Number(
        label=gettext_lazy("At most per day"),
        required=False,
        max_digits=12,
        decimal_places=dosing.DECIMALS,
        help_text=gettext_lazy("In the same unit. Needed where it is taken as needed."),
        widget=forms.TextInput(attrs=DECIMAL),
    )
    alongside = forms.BooleanField(
        label=gettext_lazy("Both are meant: order it beside what is taken"),
        required=False,
        help_text=gettext_lazy("Another strength, a planned overlap with an injection, a short-acting form beside it."),
    )
    sig: dosing.Sig

    def __init__(self, *args: Any, is_second: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not is_second:
            del self.fields["alongside"]
        self.fields["timing"].choices = with_blank(timings())  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The columns as one sig; what nobody could follow is said beside the column that is to blame."""
        data = super().clean() or self.cleaned_data
        columns = ("amount", "unit", "route", "timing", "every_days", "as_needed", "max_per_day")
        if any(name in self.errors for name in columns):
            return data
        try:
            self.sig = dosing.Sig.of(**{name: data[name] for name in columns})
        except dosing.ImpossibleSig as wrong:
            self.add_error(column_to_blame(str(wrong)), str(wrong))
        return data


def column_to_blame(sentence: str) -> str:
    """Beside which column a refused sig is explained."""
    if "maximum" in sentence:
        return "max_per_day"
    if "how many days" in sentence or "number of days" in sentence:
        return "every_days"
    if "as needed" in sentence:
        return "as_needed"
    return "amount"


def timings() -> list[tuple[str, str]]:
    """How often, in words; the two that have none of their own get them here."""
    own = {"every_n_days": _("every so many days"), "PRN": _("as needed, no fixed times")}
    return [(code, own.get(code) or timing.words) for code, timing in dosing.ORDERED_TIMINGS.items()]


class StartForm(SigForm):
    """A new medicine: the drug as it was chosen, and how to take it."""

    drug_name = Written(max_length=300, widget=forms.HiddenInput())
    rxcui = forms.IntegerField(required=False, min_value=1, max_value=LARGEST_CODE, widget=forms.HiddenInput())
    strength = Written(label=gettext_lazy("Strength"), required=False, max_length=120)
    form = Written(label=gettext_lazy("Form"), required=False, max_length=120)
    indication = Written(label=gettext_lazy("For"), required=False, max_length=300)
    first_supply_days = Whole(
        label=gettext_lazy("Days of first supply"),
        required=False,
        min_value=1,
        max_value=366,
        help_text=gettext_lazy("Reminders are planned from it until the first fill is recorded."),
        widget=forms.TextInput(attrs=NUMERIC),
    )


class WithdrawForm(forms.Form):
    """Why a proposal is taken back."""

    note = note(gettext_lazy("Why it is withdrawn"), required=True)


class SideEffectForm(forms.Form):
    """A side effect as a nurse takes it down."""

    said = asks(log_side_effect)
    term = said(
        "term",
        gettext_lazy("What is it?"),
        help_text=gettext_lazy("Choose from the list or use your own words."),
        widget=forms.TextInput(attrs={"list": "terms", "autocomplete": "off"}),
    )
    severity = said(
        "severity",
        gettext_lazy("How bad is it?"),
        choices=lambda: described(SEVERITY_WORDS),
        widget=forms.RadioSelect(),
    )
    began_on = said("began_on", gettext_lazy("When did it begin?"))
    note = note(gettext_lazy("Note"))
    ended_on = said("ended_on", gettext_lazy("Ended on"))
    outcome = said("outcome", gettext_lazy("How is it now?"))
    action_taken = said("action_taken", gettext_lazy("What was done with the medicine?"))
    confirm = confirm(gettext_lazy("It is another one: record it"))


class MySideEffectForm(forms.Form):
    """A side effect in the patient's own words."""

    said = asks(log_side_effect)
    term = said(
        "term",
        gettext_lazy("What do you notice?"),
        help_text=gettext_lazy("For example: shaky hands, feeling sick, sleeping badly."),
    )
    severity = said(
        "severity",
        gettext_lazy("How bad is it?"),
        choices=lambda: described(PLAIN_SEVERITY),
        widget=forms.RadioSelect(),
    )
    began_on = said("began_on", gettext_lazy("When did it start?"))
    note = note(gettext_lazy("Anything else we should know?"))
