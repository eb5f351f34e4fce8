"""What people type, understood: shapes and words only; whether it makes sense is for the rooms below to say."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy

from interactions.engine import written
from medmgmt.actions import shapes, signing_in
from medmgmt.actions.side_effects import log_side_effect
from medmgmt.record import legible
from medmgmt.record.errors import AccountClosed, WrongProof
from medmgmt.signing_in import client
from refills import bounds

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    Words = str | _StrPromise


NOTE_LENGTH = 2000
LARGEST = 10**18 - 1
"""The largest number that a form or an address names a thing or its version by; a database holds it."""
UNREADABLE = gettext_lazy("This holds a control character that nobody can read. Type it again without it.")
NO_SUCH_DAY = gettext_lazy("Look at the year again: it is beyond what can be meant.")
CHOOSE = ("", gettext_lazy("Choose…"))
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


class DayField(forms.DateField):
    """A day within the years that the record knows; the act itself says what is wrong with a day of the past."""

    widget = Day

    def __init__(self, *, is_past: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.is_past = is_past

    def clean(self, value: Any) -> date | None:  # Any: Django's own signature
        day = super().clean(value)
        return day if self.is_past else within_the_years(day)


class MomentField(forms.DateTimeField):
    """A moment within the years that the record knows; the act itself says what is wrong with one of the past."""

    widget = Moment

    def __init__(self, *, is_past: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.is_past = is_past

    def clean(self, value: Any) -> datetime | None:  # Any: Django's own signature
        """Where somebody's clock cannot say it, the years end as well."""
        try:
            moment = super().clean(value)
            return moment if self.is_past else within_the_years(moment)
        except OverflowError as beyond:
            raise forms.ValidationError(NO_SUCH_DAY) from beyond


D = TypeVar("D", date, datetime)


def within_the_years(day: D | None) -> D | None:
    """The same day, refused where nobody can mean it."""
    if day is not None and not bounds.FIRST_DAY.year <= day.year <= bounds.LAST_DAY.year:
        raise forms.ValidationError(NO_SUCH_DAY)
    return day


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
    date: lambda: (DayField, {}),
    datetime: lambda: (MomentField, {}),
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
        return Number, {**digits, **bounds.limits(detail.name), "widget": forms.TextInput(attrs=DECIMAL)}
    if detail.kind is str:
        return Written, {"max_length": getattr(column, "max_length", None)}
    kind, options = OF_KINDS[detail.kind]()
    return kind, {**options, **(bounds.limits(detail.name) if detail.kind is int else {})}


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
    """Name and password; a code as well, where strangers have slowed the name."""

    error_messages = {
        "invalid_login": gettext_lazy("This name and password do not belong together. Capital letters count."),
        "inactive": gettext_lazy("This account is closed."),
    }
    code = forms.CharField(
        label=gettext_lazy("Code from your app, or a recovery code"),
        required=False,
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "autocapitalize": "none", "spellcheck": "false"}
        ),
    )

    def clean(self) -> dict[str, Any]:
        """Asks the act, which counts; TooSoon is for the page."""
        said = self.cleaned_data
        if said.get("username") and said.get("password"):
            place = client.place_of(self.request)  # type: ignore[arg-type]  # its view gives one
            try:
                self.user_cache = signing_in.password(
                    said["username"], said["password"], place=place, code=said.get("code", "")
                )
            except AccountClosed as closed:
                raise forms.ValidationError(str(closed)) from None
            except WrongProof:
                raise self.get_invalid_login_error() from None
        return said


class PatientSearch(forms.Form):
    """Sent as a POST, so that no name is ever part of an address."""

    q = Written(label=gettext_lazy("Name, birth date or record number"), required=False, max_length=120)


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
    began_on = said("began_on", gettext_lazy("When did it begin?"), is_past=True)
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
    began_on = said("began_on", gettext_lazy("When did it start?"), is_past=True)
    note = note(gettext_lazy("Anything else we should know?"))
