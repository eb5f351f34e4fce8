"""What people type about tasks and absences: what came of one, to whom it goes, until when; who is away."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from medmgmt.record.models import Role, User
from medmgmt.web.kit.forms import CHOOSE, MomentField, Written, note, with_blank
from refills.models import TaskOutcome

UNDONE = (TaskOutcome.NOT_NEEDED, TaskOutcome.DUPLICATE, TaskOutcome.NOT_KEPT)
DONE_WITH = [(one.value, one.label) for one in TaskOutcome if one not in UNDONE]
NOT_DONE = [(one.value, one.label) for one in UNDONE[:2]]
WORKING_ROLES = (Role.PSYCHIATRIST, Role.NURSE, Role.PHARMACIST)
ROLE, PERSON = "role:", "person:"


class DoneForm(forms.Form):
    """What came of a task."""

    code = forms.ChoiceField(
        label=gettext_lazy("What came of it?"), required=False, choices=with_blank(DONE_WITH), initial=""
    )
    outcome = note(gettext_lazy("In words"))

    def clean(self) -> dict[str, Any]:
        """A code, or words, or both; words alone are `other`."""
        values: dict[str, Any] = super().clean() or {}
        values["code"] = values.get("code") or TaskOutcome.OTHER
        if values["code"] == TaskOutcome.OTHER and not values.get("outcome") and not self.errors:
            self.add_error("outcome", _("Choose what came of it, or say it in words."))
        return values


class CancelForm(forms.Form):
    """Why a task is not needed any more."""

    code = forms.ChoiceField(label=gettext_lazy("It is"), required=False, choices=NOT_DONE)
    why = note(gettext_lazy("Why is it not needed any more?"), required=True)


class CommentForm(forms.Form):
    """What is to be kept under a task."""

    text = note(gettext_lazy("Write under this task"), required=True)


class PostponeForm(forms.Form):
    """Until when, and why."""

    until = MomentField(label=gettext_lazy("Until"))
    why = Written(label=gettext_lazy("Why"), max_length=500)


class ReassignForm(forms.Form):
    """To whom a task goes: a person on duty or a whole role."""

    to = forms.ChoiceField(label=gettext_lazy("To"))
    why = Written(label=gettext_lazy("Why"), max_length=500, required=False)

    def __init__(self, people: Iterable[User], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["to"].choices = [CHOOSE, *to_whom(people)]  # type: ignore[attr-defined]  # a choice field has them

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        return {**target(self.cleaned_data["to"]), "why": self.cleaned_data["why"]}


class SeveralForm(forms.Form):
    """The same act with several tasks."""

    to = forms.ChoiceField(label=gettext_lazy("To"), required=False)
    code = forms.ChoiceField(label=gettext_lazy("What came of it?"), required=False, choices=with_blank(DONE_WITH))
    outcome = Written(label=gettext_lazy("In words"), max_length=2000, required=False)
    until = MomentField(label=gettext_lazy("Until"), required=False)
    why = Written(label=gettext_lazy("Why"), max_length=500, required=False)

    def __init__(self, people: Iterable[User], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["to"].choices = [CHOOSE, *to_whom(people)]  # type: ignore[attr-defined]  # a choice field has them

    def missing(self, act: str) -> str:
        """What the act still needs; empty where it has everything."""
        given = self.cleaned_data
        if act == "reassign" and not given["to"]:
            return _("Choose to whom the tasks go.")
        if act == "postpone" and not (given["until"] and given["why"]):
            return _("Say until when, and why.")
        if act == "done" and given["code"] in ("", TaskOutcome.OTHER) and not given["outcome"]:
            return _("Choose what came of it, or say it in words.")
        return ""


class AbsenceForm(forms.Form):
    """Who is away, from when until when, and who stands in."""

    user = forms.ChoiceField(label=gettext_lazy("Who"))
    since = MomentField(label=gettext_lazy("From"))
    until = MomentField(label=gettext_lazy("Until"))
    cover = forms.ChoiceField(
        label=gettext_lazy("Who stands in"),
        required=False,
        help_text=gettext_lazy("Of the same role. Without anybody, the tasks go to the whole role."),
    )

    def __init__(self, by: User, people: Iterable[User], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        everybody = [(str(one.pk), f"{one.get_full_name() or one.get_username()}, {one.get_role_display()}")
                     for one in people]  # fmt: skip
        mine = [pair for pair in everybody if pair[0] == str(by.pk)]
        self.fields["user"].choices = [CHOOSE, *everybody] if by.role == Role.ADMINISTRATOR else mine  # type: ignore[attr-defined]  # a choice field has them
        others = [pair for pair in everybody if by.role == Role.ADMINISTRATOR or same_role(people, pair[0], by)]
        self.fields["cover"].choices = [("", _("Nobody in particular")), *others]  # type: ignore[attr-defined]  # as above
        self.fields["since"].initial = timezone.localtime().replace(second=0, microsecond=0)


def same_role(people: Iterable[User], number: str, by: User) -> bool:
    """Could this person stand in for somebody?"""
    return any(str(one.pk) == number and one.role == by.role and one.pk != by.pk for one in people)


def to_whom(people: Iterable[User]) -> list[tuple[str, Any]]:
    """Roles and people on duty, as choices."""
    roles = [(ROLE + role, _("any %(role)s") % {"role": Role(role).label}) for role in WORKING_ROLES]
    persons = [(f"{PERSON}{one.pk}", f"{one.get_full_name() or one.get_username()}, {one.get_role_display()}")
               for one in people]  # fmt: skip
    return [(_("A whole role"), roles), (_("On duty now"), persons)]


def target(chosen: str) -> dict[str, Any]:
    """The person or role behind a choice."""
    if chosen.startswith(PERSON):
        return {"to_user_id": int(chosen.removeprefix(PERSON)), "to_role": ""}
    return {"to_user_id": None, "to_role": chosen.removeprefix(ROLE)}
