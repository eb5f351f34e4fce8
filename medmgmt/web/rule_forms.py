"""The forms of the knowledge's page: searching rules, and one for each kind of change of the clinic's own."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from interactions.models import Severity
from medmgmt.actions import knowledge
from medmgmt.web.kit.forms import DayField, Written

KINDS = {
    "rule": gettext_lazy("A new rule for two drugs or classes"),
    "regrade": gettext_lazy("Another severity for a rule in use"),
    "derivation": gettext_lazy("Another severity for what is worked out: a mechanism on drugs or classes, or a load"),
    "passive": gettext_lazy(
        "On the passive list: two drugs or classes whose alerts from imported tables are folded away"
    ),
    "shown": gettext_lazy("Off the passive list: shown again as graded by the source"),
    "pair": gettext_lazy("Another severity for two drugs or classes in imported tables"),
}
FIELDS = {
    "rule": ("a", "b", "severity", "effect", "management"),
    "regrade": ("of_source", "of_rule", "severity"),
    "derivation": ("of_code", "a", "b", "severity"),
    "passive": ("a", "b"),
    "shown": ("a", "b"),
    "pair": ("a", "b", "severity"),
}
"""Beside reason, source, days and cases."""
OPTIONAL = {"derivation": ("a", "b"), "rule": ("effect", "management")}
GIVEN = {"passive": Severity.MINOR.value, "shown": ""}
"""The severity that a kind stands for."""
GRADES = [("", gettext_lazy("choose")), *(choice for choice in Severity.choices if choice[0] != Severity.UNGRADED)]
CODES = {
    "D01": gettext_lazy("enzyme inhibited: higher level, or less of a prodrug's effect"),
    "D02": gettext_lazy("enzyme induced: lower level"),
    "D03": gettext_lazy("P-glycoprotein inhibited"),
    "D04": gettext_lazy("serotonin, two drugs"),
    "D05": gettext_lazy("QT, two drugs"),
    "D06": gettext_lazy("sedation and breathing, two drugs"),
    "D08": gettext_lazy("seizure threshold, two drugs"),
    "D09": gettext_lazy("bleeding, two drugs"),
    "D10": gettext_lazy("low sodium, two drugs"),
    "D11": gettext_lazy("low blood pressure on standing, two drugs"),
    "D12": gettext_lazy("dopamine blocked and stimulated"),
    "D13": gettext_lazy("lithium level or toxicity"),
    "D14": gettext_lazy("slow heart rate"),
    "D15": gettext_lazy("high blood pressure"),
    "D18": gettext_lazy("duplicate class"),
    "C04": gettext_lazy("serotonergic load of three drugs and more"),
    "C05": gettext_lazy("QT load"),
    "C06": gettext_lazy("sedative load"),
    "C07": gettext_lazy("anticholinergic burden"),
    "C08": gettext_lazy("seizure load"),
    "C09": gettext_lazy("bleeding load"),
    "C10": gettext_lazy("sodium load"),
    "C11": gettext_lazy("blood pressure load"),
    "C12": gettext_lazy("dopamine load"),
    "C13": gettext_lazy("kidney: NSAID, renin-angiotensin drug and diuretic"),
    "C16": gettext_lazy("metabolic load"),
    "C17": gettext_lazy("three CNS-active drugs at 65 or more"),
    "C18": gettext_lazy("lithium load"),
}


class RuleSearch(forms.Form):
    """Words that a rule must have, and how serious or whose it must be."""

    q = Written(label=gettext_lazy("Drug, brand, class, number or words"), required=False, max_length=120)
    severity = forms.ChoiceField(
        label=gettext_lazy("Severity"), choices=[("", gettext_lazy("any")), *Severity.choices], required=False
    )
    source = Written(label=gettext_lazy("Source"), required=False, max_length=80)

    def __init__(self, *args: Any, sources: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [("", gettext_lazy("any")), *((name, name) for name in sources)]
        self.fields["source"] = forms.ChoiceField(label=gettext_lazy("Source"), choices=choices, required=False)


class LocalChangeForm(forms.Form):
    """What the knowledge should say here; only the fields of its kind."""

    kind = forms.ChoiceField(choices=list(KINDS.items()), widget=forms.HiddenInput)
    of_source = Written(label=gettext_lazy("Source of the rule"), max_length=80)
    of_rule = Written(label=gettext_lazy("Number of the rule"), max_length=40)
    of_code = forms.ChoiceField(
        label=gettext_lazy("What is worked out"), choices=[(code, f"{code}: {told}") for code, told in CODES.items()]
    )
    a = Written(
        label=gettext_lazy("First drug or class"),
        max_length=200,
        help_text=gettext_lazy("A drug by name or brand, or a class such as set:ssri."),
        widget=forms.TextInput(attrs={"list": "sides", "autocomplete": "off"}),
    )
    b = Written(
        label=gettext_lazy("Second drug or class"),
        max_length=200,
        help_text=gettext_lazy("In the same way; not the same drug."),
        widget=forms.TextInput(attrs={"list": "sides", "autocomplete": "off"}),
    )
    severity = forms.ChoiceField(label=gettext_lazy("Severity here"), choices=GRADES)
    effect = Written(label=gettext_lazy("What may happen"), max_length=2000)
    management = Written(label=gettext_lazy("What to do"), max_length=2000)
    reason = Written(label=gettext_lazy("Why"), max_length=4000, widget=forms.Textarea(attrs={"rows": 3}))
    citation = Written(label=gettext_lazy("Source"), required=False, max_length=2000)
    valid_from = DayField(label=gettext_lazy("In use from"), required=False)
    valid_until = DayField(label=gettext_lazy("Until"), required=False)
    cases = Written(
        label=gettext_lazy("Cases"),
        max_length=8000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy(
            "One a line: lithium 900 mg + ibuprofen => major. Write none for silence. They are tried before it goes "
            "live, on its first day, and whenever the knowledge changes."
        ),
    )

    def __init__(self, *args: Any, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.of_kind = kind
        wanted = ("kind", *FIELDS[kind], "reason", "citation", "valid_from", "valid_until", "cases")
        self.fields = {name: self.fields[name] for name in wanted}
        self.fields["kind"].initial = kind
        for name in OPTIONAL.get(kind, ()):
            self.fields[name].required = False

    def wanted(self) -> knowledge.Wanted:
        """The form as the action takes it."""
        values = {name: value for name, value in self.cleaned_data.items() if name != "kind"}
        lines = [line for line in values.pop("cases").splitlines() if line.strip()]
        given: Mapping[str, Any] = {"severity": GIVEN[self.of_kind]} if self.of_kind in GIVEN else {}
        return knowledge.Wanted(**{**values, **given}, adds_rule=self.of_kind == "rule", cases=lines)
