"""What is typed about logins and teams."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import SetPasswordForm
from django.utils.translation import gettext_lazy

from medmgmt import staff as reads
from medmgmt.actions import staff
from medmgmt.record.models import CareTeam, Role, User
from medmgmt.web.kit.forms import CHOOSE, DayField, Written, asks, note, with_blank

if TYPE_CHECKING:  # generic for the type checker alone
    SetPasswordBase = SetPasswordForm[User]
else:
    SetPasswordBase = SetPasswordForm

HINT = gettext_lazy("At least 12 characters. Three or four words of your own are easy to keep and hard to guess.")
WHY = gettext_lazy("It is kept in the trail.")


def reason() -> forms.CharField:
    """Every act here says why."""
    return note(gettext_lazy("Why"), required=True, help_text=WHY)


class LoginSearch(forms.Form):
    """Sent as a POST, so that no name is ever part of an address."""

    q = Written(label=gettext_lazy("Name, sign-in name or address"), required=False, max_length=120)


class NewLoginForm(forms.Form):
    """Somebody who is to sign in."""

    said = asks(staff.ask_login)
    username = said("username", gettext_lazy("Sign-in name"), max_length=150,
                    help_text=gettext_lazy("It never changes. No spaces."))  # fmt: skip
    role = said("role", gettext_lazy("Role"), choices=with_blank(Role.choices))
    first_name = said("first_name", gettext_lazy("Given name"), max_length=150)
    last_name = said("last_name", gettext_lazy("Family name"), max_length=150)
    email = said("email", gettext_lazy("E-mail address"), max_length=254)
    mrn = said("mrn", gettext_lazy("Medical record number"), max_length=40,
               help_text=gettext_lazy("For a patient's own login, and for nobody else's."))  # fmt: skip
    why = reason()


class WhyForm(forms.Form):
    """Only why."""

    why = reason()


class LostFactorForm(forms.Form):
    """Why, and how it is known who asks."""

    why = note(gettext_lazy("Why, and how you made sure that it is the person who asks"), required=True,
               help_text=gettext_lazy("For example: seen here with a passport; called back on the number in the "
                                      "record. It is kept in the trail."))  # fmt: skip


class RoleForm(forms.Form):
    """Another role."""

    role = asks(staff.ask_role)(
        "role", gettext_lazy("New role"), choices=[CHOOSE, *[(one.value, one.label) for one in reads.WORKING]]
    )
    why = reason()


class CorrectForm(forms.Form):
    """Who the person behind a login is."""

    said = asks(staff.correct_login)
    first_name = said("first_name", gettext_lazy("Given name"), max_length=150, required=False)
    last_name = said("last_name", gettext_lazy("Family name"), max_length=150, required=False)
    email = said("email", gettext_lazy("E-mail address"), max_length=254, required=False)
    why = reason()


class JoinForm(forms.Form):
    """Into which team, and for how long."""

    team_id = forms.TypedChoiceField(label=gettext_lazy("Team"), coerce=int)
    first_day = DayField(label=gettext_lazy("First day"), required=False,
                                help_text=gettext_lazy("Left empty: from now on."))  # fmt: skip
    last_day = DayField(label=gettext_lazy("Last day"), required=False)
    why = reason()

    def __init__(self, teams: Iterable[CareTeam], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["team_id"].choices = [CHOOSE, *[(one.pk, one.name) for one in teams]]  # type: ignore[attr-defined]  # a choice field has them


class EndForm(forms.Form):
    """When it ends."""

    last_day = DayField(label=gettext_lazy("Last day"), required=False,
                               help_text=gettext_lazy("Left empty: it ends now."))  # fmt: skip
    why = reason()


class TeamForm(forms.Form):
    """What a team is called."""

    name = asks(staff.make_team)("name", gettext_lazy("Name of the team"))
    why = reason()


class FirstPasswordForm(SetPasswordBase):
    """A password of one's own, typed twice."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        one, again = self.fields["new_password1"], self.fields["new_password2"]
        one.label, one.help_text = gettext_lazy("New password"), HINT
        again.label, again.help_text = gettext_lazy("New password once more"), ""


def corrected(user: User) -> dict[str, str]:
    """What stands there now."""
    return {"first_name": user.first_name, "last_name": user.last_name, "email": user.email}
