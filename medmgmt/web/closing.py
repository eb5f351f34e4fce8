"""Closing an account: a patient their own, an administrator or the privacy officer for a patient who asks."""

from django import forms
from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from medmgmt.actions import closing
from medmgmt.record import access
from medmgmt.web.kit.forms import asks, note
from medmgmt.web.kit.once import sent
from medmgmt.web.kit.page import Asked, page, refusal_on, status_of, to


class CloseMineForm(forms.Form):
    """Why, if one likes to say."""

    why = note(gettext_lazy("If you like, tell us why"))


class CloseForm(forms.Form):
    """Whose, by number, and why."""

    said = asks(closing.close_account)
    mrn = said("mrn", gettext_lazy("Medical record number"), max_length=40)
    why = note(
        gettext_lazy("Why"),
        required=True,
        help_text=gettext_lazy("How the patient asked for it. It stands in the trail, and the patient can read it."),
    )


@page
def close_own_account(request: Asked) -> HttpResponse:
    """My own; I am signed out by it."""
    access.require(request.user, "close_own_account")
    form = CloseMineForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusal_on(form):
            closing.close_own_account(request.user, **form.cleaned_data)
            said = _("Your account is closed. Your record stays with us. To open the account again, call the clinic.")
            logout(request)
            return to(request, settings.LOGIN_URL, said)
    return render(request, "close_my_account.html", {"form": form}, status=status_of(form))


@page
def close_account(request: Asked) -> HttpResponse:
    """A patient's who asks for it."""
    access.require(request.user, "close_account")
    form, said = CloseForm(request.POST or None), _("The account is closed. The record stays.")
    done = sent(request, form, closing.close_account, leads_to=reverse("web:close_account"), said=said)
    return done or render(request, "close_account.html", {"form": form}, status=status_of(form))
