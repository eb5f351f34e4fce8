"""Restricted records of Part 2 programmes: consents, their end, the accounting, and which teams are programmes."""

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from medmgmt import part2
from medmgmt.actions import part2 as actions
from medmgmt.record import access
from medmgmt.record.models import Part2Consent, Recipient, User
from medmgmt.web.kit import banner
from medmgmt.web.kit.forms import asks
from medmgmt.web.kit.once import sent
from medmgmt.web.kit.page import Asked, page, status_of, to


class ConsentForm(forms.Form):
    """A signed consent, as it was signed."""

    said = asks(actions.give_consent)
    to = forms.ChoiceField(label=gettext_lazy("Who may see our records?"))
    purpose = said("purpose", gettext_lazy("What for?"), initial=gettext_lazy("treatment, payment, operations"))
    medicines = said("medicines", gettext_lazy("Medicines"), initial=True)
    diagnoses = said("diagnoses", gettext_lazy("Diagnoses and allergies"), initial=True)
    results = said("results", gettext_lazy("Results, scales and what is to be measured"), initial=True)
    notes = said("notes", gettext_lazy("Visits, notes, side effects and remarks"), initial=True)
    given_on = said("given_on", gettext_lazy("Signed on"))
    until = said("until", gettext_lazy("Holds until"))
    ends_with = said("ends_with", gettext_lazy("Or ends with"), help_text=gettext_lazy("An event, such as discharge."))

    def __init__(self, by: User, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        treating = (Recipient.TREATING.value, gettext_lazy("everybody who treats the patient"))
        choice = self.fields["to"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [treating, *part2.recipients(by)]


class ProgrammeForm(forms.Form):
    """A team that is a programme."""

    said = asks(actions.mark_programme)
    team_id = forms.ChoiceField(label=gettext_lazy("Team"))
    phone = said("phone", gettext_lazy("Phone for questions about restricted records"), max_length=40)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        choice = self.fields["team_id"]
        assert isinstance(choice, forms.ChoiceField)
        choice.choices = [(one.pk, one.name) for one in part2.teams()]


@page
def restricted(request: Asked, patient_id: int) -> HttpResponse:
    """For members of the programme: who may see what it made, and who has."""
    shown = part2.restricted(request.user, patient_id)
    today = shown.patient.today(timezone.now())
    form = ConsentForm(request.user, request.POST or None, initial={"given_on": today})
    here = reverse("web:restricted", args=[shown.patient.pk])
    done = sent(request, form, given, patient_id, leads_to=here, said=_("The consent is written down and holds."))
    context = {"page": shown, "form": form, "banner": banner.banner_of(shown.patient, request.user), "today": today}
    return done or render(request, "restricted.html", context, status=status_of(form))


def given(by: User, patient_id: int, *, to: str, **said: Any) -> Part2Consent:
    """Writes it down for whom the form names."""
    kind, _colon, number = to.partition(":")
    named: dict[str, Any] = {f"{kind}_id": int(number)} if number else {}
    return actions.give_consent(by, patient_id, recipient=kind, **named, **said)


@page
def revoke(request: Asked, part2_consent_id: int) -> HttpResponse:
    """A consent ends, written down by the programme."""
    if request.method != "POST":
        return redirect("web:home")
    made = actions.revoke_consent(request.user, part2_consent_id)
    here = reverse("web:restricted", args=[made.patient_id])
    return to(request, here, _("The consent holds no more."))


@page
def revoke_mine(request: Asked, part2_consent_id: int) -> HttpResponse:
    """The patient takes a consent back."""
    if request.method != "POST":
        return redirect("web:portal")
    access.require(request.user, "view_own")
    actions.revoke_consent(request.user, part2_consent_id)
    return to(request, reverse("web:portal"), _("Your consent holds no more."))


@page
def disclosures(request: Asked) -> HttpResponse:
    """The accounting, for the privacy officer."""
    return render(request, "disclosures.html", {"disclosures": part2.all_disclosures(request.user)})


@page
def programmes(request: Asked) -> HttpResponse:
    """Which teams are Part 2 programmes, and a form to mark one."""
    access.require(request.user, "mark_programme")
    form = ProgrammeForm(request.POST or None)
    here, said = reverse("web:programmes"), _("What its members write down from now on is restricted.")
    done = sent(request, form, marked, leads_to=here, said=said)
    return done or render(request, "programmes.html", {"form": form, "teams": part2.teams()}, status=status_of(form))


def marked(by: User, *, team_id: str, phone: str) -> object:
    """Marks the team of the form."""
    return actions.mark_programme(by, team_id=int(team_id), phone=phone)
