"""The form that answers a card: a reason, what keeps a promise to monitor, when somebody looks again, and a note."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interactions.models import AnswerReason
from medmgmt.monitoring import evidence
from medmgmt.web.kit.forms import DayField, note, with_blank


class AnswerForm(forms.Form):
    """Why a card is accepted. What is to be recorded counts only where the reason is to monitor."""

    reason_code = forms.ChoiceField(
        label=gettext_lazy("Why this is acceptable"), choices=with_blank(AnswerReason.choices)
    )
    follow_up = forms.ChoiceField(
        label=gettext_lazy("To be recorded"),
        help_text=gettext_lazy("For “will monitor”: the task closes when this is recorded, and not before."),
    )
    follow_up_on = DayField(label=gettext_lazy("Look again on"), help_text=gettext_lazy("Opens a task for that day."))
    note = note(gettext_lazy("Note"), help_text=gettext_lazy("Needed for “other”."))

    def __init__(self, *args: Any, choices: Sequence[evidence.Choice] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["note"].widget.attrs["rows"] = 2
        self.offer(choices)

    def offer(self, choices: Sequence[evidence.Choice]) -> None:
        """What the card suggests comes first, everything else that can be recorded after it."""
        groups: list[Any] = [(_("Suggested for this"), [(one.what, one.label) for one in choices])] if choices else []
        visit = [] if choices else [(evidence.VISIT, evidence.label(evidence.VISIT))]
        rest = [(name, [(one.what, one.label) for one in of]) for name, of in evidence.others(choices)]
        field = self.fields["follow_up"]
        field.choices = [*groups, *visit, *rest]  # type: ignore[attr-defined]  # a ChoiceField

    def clean(self) -> dict[str, Any]:
        """A promise to monitor names what; any other reason names nothing, whatever the list was left at."""
        data = super().clean() or self.cleaned_data
        reason = data.get("reason_code")
        if reason != AnswerReason.WILL_MONITOR:
            data["follow_up"] = ""
            self.errors.pop("follow_up", None)
        if reason == AnswerReason.OTHER and not data.get("note"):
            self.add_error("note", _("Say in the note what the reason is."))
        return data


def fresh(finding_id: int, choices: Sequence[evidence.Choice], today: date) -> AnswerForm:
    """The form of a card before anybody has typed: the first suggestion, due as the knowledge says."""
    first = choices[0] if choices else evidence.Choice(evidence.VISIT)
    initial = {"follow_up": first.what, "follow_up_on": today + timedelta(days=first.days)}
    return AnswerForm(auto_id=auto_id(finding_id), choices=choices, initial=initial)


def sent(finding_id: int, data: Any) -> AnswerForm:
    """The form as it came back."""
    return AnswerForm(data, auto_id=auto_id(finding_id))


def auto_id(finding_id: int) -> str:
    """Several forms stand on a page, so their fields are named after the finding."""
    return f"id_{finding_id}_%s"
