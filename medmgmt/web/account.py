"""One's own sign-in: password, second factors, PIN, open sessions, known devices, and how long the session lasts."""

import time
from urllib.parse import urlencode

from django import forms
from django.conf import settings
from django.contrib.auth import logout, update_session_auth_hash
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from medmgmt.actions import signing_in
from medmgmt.record import door
from medmgmt.record.errors import Refused, TooSoon, WrongProof
from medmgmt.record.models import FactorKind, QuickPin, User
from medmgmt.signing_in import client, factors, proof, sessions
from medmgmt.web import session as signing
from medmgmt.web.kit.middleware import lock
from medmgmt.web.kit.page import Asked, came_from, page, status_of, to


def secret_field(label: object, hint: object = "", autocomplete: str = "new-password") -> forms.CharField:
    """A field whose words are never shown again."""
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, help_text=hint, strip=False, max_length=200, widget=widget)  # type: ignore[arg-type]  # lazily


class PasswordForm(forms.Form):
    old = secret_field(gettext_lazy("Present password"), autocomplete="current-password")
    new = secret_field(
        gettext_lazy("New password"),
        gettext_lazy("At least 12 characters. Three or four words of your own are easy to keep and hard to guess."),
    )
    repeated = secret_field(gettext_lazy("New password once more"))

    def clean(self) -> dict[str, object]:
        said = self.cleaned_data
        if said.get("new") != said.get("repeated"):
            self.add_error("repeated", _("This is not the same."))
        return said


class PinForm(forms.Form):
    pin = forms.CharField(
        label=gettext_lazy("New PIN"),
        help_text=gettext_lazy("Four to eight digits."),
        max_length=8,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    repeated = forms.CharField(
        label=gettext_lazy("New PIN once more"),
        max_length=8,
        widget=forms.PasswordInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, object]:
        said = self.cleaned_data
        if said.get("pin") != said.get("repeated"):
            self.add_error("repeated", _("This is not the same."))
        return said


@page
def account(request: Asked) -> HttpResponse:
    """All of it on one page."""
    user = request.user
    mine = list(factors.of(user))
    context = {
        "factors": [each for each in mine if each.kind != FactorKind.RECOVERY],
        "codes_left": sum(each.kind == FactorKind.RECOVERY for each in mine),
        "has_pin": QuickPin.objects.filter(user=user).exists(),
        "sessions": sessions.open_of(user),
        "here": proof.entry_of(request),
        "devices": [(each, sessions.is_trusted(each)) for each in sessions.devices_of(user)],
        "idle_minutes": settings.SESSION_IDLE_MINUTES,
    }
    return render(request, "account.html", context)


@page
def password(request: Asked) -> HttpResponse:
    """A new password; every other session and all tokens end."""
    form = PasswordForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said, place = form.cleaned_data, client.place_of(request)
        try:
            user = signing_in.change_password(
                request.user, old=said["old"], new=said["new"], place=place, entry_id=proof.entry_of(request)
            )
        except (WrongProof, TooSoon) as wrong:
            form.add_error("old", str(wrong))
        except ValidationError as weak:
            form.add_error("new", weak)
        else:
            update_session_auth_hash(request, user)
            if entry := proof.entry_of(request):
                sessions.renamed(entry, str(request.session.session_key))
            return to(request, reverse("web:account"), _("Your password is changed. All other sessions have ended."))
    return plain(request, form, _("Change your password"), _("Change password"))


@page
def second_factor(request: Asked) -> HttpResponse:
    """Another app or passkey; needs a fresh proof."""
    door.require_fresh()
    return signing.enrol(request, request.user, at_sign_in=False, to=reverse("web:account"))


@page
def remove_factor(request: Asked, factor_id: int) -> HttpResponse:
    """One of one's own factors ends."""
    if request.method == "POST":
        signing_in.remove_factor(request.user, factor_id)
        return to(request, reverse("web:account"), _("Removed."))
    return HttpResponseRedirect(reverse("web:account"))


@page
def recovery_codes(request: Asked) -> HttpResponse:
    """New codes, shown this once."""
    if request.method != "POST":
        return HttpResponseRedirect(reverse("web:account"))
    codes = signing_in.new_recovery_codes(request.user)
    return render(request, "recovery_codes.html", {"codes": codes, "to": reverse("web:account")})


@page
def pin(request: Asked) -> HttpResponse:
    """A new PIN, or none."""
    if request.POST.get("act") == "remove":
        signing_in.remove_pin(request.user)
        return to(request, reverse("web:account"), _("You have no PIN any more."))
    door.require_fresh()  # before it is typed: the page that asks for a proof carries no PIN on
    form = PinForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            signing_in.set_pin(request.user, form.cleaned_data["pin"])
        except Refused as weak:
            form.add_error("pin", str(weak))
        else:
            request.session[proof.QUICK] = True
            return to(request, reverse("web:account"), _("Your PIN is set. After a pause it lets you go on here."))
    return plain(request, form, _("A PIN for going on after a pause"), _("Set PIN"))


def plain(request: Asked, form: forms.Form, title: str, button: str) -> HttpResponse:
    """One short form on a page of its own."""
    context = {"form": form, "title": title, "button": button, "leave": reverse("web:account")}
    return render(request, "account_form.html", context, status=status_of(form))


@page
def end_sessions(request: Asked) -> HttpResponse:
    """One session, or all but this one."""
    if request.method == "POST":
        number = request.POST.get("session", "")
        if number.isascii() and number.isdigit() and len(number) < 18:
            signing_in.end_session(request.user, int(number))
            return to(request, reverse("web:account"), _("That session has ended."))
        signing_in.end_other_sessions(request.user, entry_id=proof.entry_of(request))
        return to(request, reverse("web:account"), _("All other sessions have ended."))
    return HttpResponseRedirect(reverse("web:account"))


@page
def forget_device(request: Asked, device_id: int) -> HttpResponse:
    """A device is as new."""
    if request.method == "POST":
        signing_in.forget_device(request.user, device_id)
        return to(request, reverse("web:account"), _("That device is forgotten."))
    return HttpResponseRedirect(reverse("web:account"))


@require_POST
def session(request: HttpRequest) -> HttpResponse:
    """What a page's script asks: stay (which counts as being there), look (which does not), or lock now.

    Tells how many seconds are left, and whose session it is.

    Whoever is signed out is told so; a button without the script leads to the sign-in page.
    """
    user, wants_lock = request.user, request.POST.get("act") == "lock"
    if isinstance(user, User) and wants_lock and not lock(request, user):
        signing_in.went_out(user, proof.entry_of(request), act="session_timed_out")
        logout(request)
    if "application/json" not in request.headers.get("Accept", ""):
        return HttpResponseRedirect(f"{settings.LOGIN_URL}?{urlencode({'next': came_from(request) or '/'})}")
    if wants_lock or not isinstance(user, User):
        return JsonResponse({"left": 0, "locked": bool(request.session.get(proof.LOCKED))})
    if request.POST.get("act") == "stay":
        request.session["seen_at"] = int(time.time())
    return JsonResponse({"left": proof.seconds_left(request), "who": proof.whose(user.pk)})
