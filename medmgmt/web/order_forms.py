"""An order or a change of one, as it is typed: the drug, one line that says how to take it, since when and why."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from medmgmt.record import dosing
from medmgmt.record.models import ReasonCode
from medmgmt.regimen import order_lines
from medmgmt.regimen.order_lines import Product
from medmgmt.web.kit.forms import CHOOSE, DECIMAL, NUMERIC, DayField, Number, Whole, Written, confirm, note, with_blank

if TYPE_CHECKING:
    from medmgmt.web.kit.forms import Words

LARGEST_CODE = 2_147_483_647
USUAL_REASONS: dict[str, tuple[str, ...]] = {
    "start": ("initial_treatment", "augmentation", "continued_treatment", "cross_taper", "relapse"),
    "new_dose": ("titration", "inadequate_response", "side_effect", "taper", "lab_result", "interaction"),
    "hold": ("side_effect", "lab_result", "procedure", "interaction", "pregnancy", "patient_wish"),
    "resume": ("relapse", "procedure", "lab_result", "patient_wish"),
    "stop": ("side_effect", "remission", "inadequate_response", "cross_taper", "interaction", "patient_wish"),
}
"""Reasons offered first for each kind of change; every other reason follows."""
LINE = {"autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}


class DrugSearch(forms.Form):
    """A drug by generic name, brand or RxCUI."""

    q = Written(
        label=gettext_lazy("Drug"),
        max_length=200,
        help_text=gettext_lazy("Name, brand or RxCUI, misspelt is well; or the whole order: “sertr 100 qam”."),
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )


class ChangeForm(forms.Form):
    """Since when, why, and what led to it: what every dosage change says."""

    effective_on = DayField(label=gettext_lazy("From"))
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
    """A change that says how to take the medicine: in one line, or else by lists."""

    line = Written(
        label=gettext_lazy("How to take it"),
        required=False,
        max_length=500,
        help_text=gettext_lazy(
            "As you would write it: “300 mg am 600 hs”, “1/2 tab bid with food”, “1-2 tabs q6h prn pain, max 8/day”."
        ),
        widget=forms.TextInput(attrs=LINE),
    )
    amount = Number(
        label=gettext_lazy("Dose"),
        required=False,
        max_digits=12,
        decimal_places=dosing.DECIMALS,
        widget=forms.TextInput(attrs=DECIMAL),
    )
    unit = forms.ChoiceField(
        label=gettext_lazy("Unit"),
        required=False,
        choices=[(code, unit.one) for code, unit in dosing.UNITS.items()],
        initial="mg",
    )
    route = forms.ChoiceField(
        label=gettext_lazy("Route"),
        required=False,
        choices=[CHOOSE, *((code, route.words) for code, route in dosing.ORDERED_ROUTES.items())],
        initial="PO",
    )
    timing = forms.ChoiceField(label=gettext_lazy("How often"), required=False)
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
    sig: dosing.Sig | str

    def __init__(self, *args: Any, is_second: bool = False, product: Product | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.chosen = product or Product()
        if not is_second:
            del self.fields["alongside"]
        self.fields["timing"].choices = with_blank(timings())  # type: ignore[attr-defined]

    def product(self) -> Product:
        """What the line is about."""
        return self.chosen

    def clean(self) -> dict[str, Any]:
        """The line, or the columns as one sig; what nobody could follow is said beside what is to blame."""
        data = super().clean() or self.cleaned_data
        if "line" not in self.errors and data.get("line"):
            self.read_line(data)
        elif data.get("line") == "" and not any(data.get(name) for name in ("amount", "timing")):
            self.add_error("amount" if "amount" in self.errors else "line", _("Say how it is taken."))
        else:
            self.read_columns(data)
        return data

    def read_line(self, data: dict[str, Any]) -> None:
        """The line is kept as it was typed: whoever takes it down reads it beside the product."""
        if data.get("amount") is not None:
            self.add_error("line", _("Write one line, or choose below; not both."))
            return
        try:
            order_lines.understood(data["line"], self.product())
            self.sig = data["line"]
        except dosing.ImpossibleSig as wrong:
            self.add_error("line", str(wrong))

    def read_columns(self, data: dict[str, Any]) -> None:
        """What was chosen from the lists."""
        for name in ("amount", "unit", "route", "timing"):
            if name not in self.errors and data.get(name) in (None, ""):
                self.add_error(name, _("This field is required."))
        columns = ("amount", "unit", "route", "timing", "every_days", "as_needed", "max_per_day")
        if any(name in self.errors for name in columns):
            return
        try:
            self.sig = dosing.Sig.of(**{name: data[name] for name in columns})
        except dosing.ImpossibleSig as wrong:
            self.add_error(column_to_blame(str(wrong)), str(wrong))


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

    def product(self) -> Product:
        """The drug that was chosen, and what was typed of its product."""
        typed = {name: str(self.cleaned_data.get(name) or "") for name in ("drug_name", "strength", "form")}
        return Product(*typed.values())


class WithdrawForm(forms.Form):
    """Why a proposal is taken back."""

    note = note(gettext_lazy("Why it is withdrawn"), required=True)
