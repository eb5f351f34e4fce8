"""Signing in, with a second factor where there is one; going on after a pause; signing out."""

import math
import os
import secrets
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login, logout
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from medmgmt import staff
from medmgmt.actions import signing_in
from medmgmt.record.errors import TooSoon, WrongProof
from medmgmt.record.models import FactorKind, QuickPin, StaffChange, User
from medmgmt.signing_in import client, factors, proof, sessions
from medmgmt.signing_in.places import Place
from medmgmt.web.kit import kept, passkey
from medmgmt.web.kit.forms import SignInForm

PENDING, PENDING_LASTS = "pending", 600
"""Whose password was right and who has yet to show a second factor; for so many seconds."""
NEW_SECRET = "new_secret"  # noqa: S105 - a name in the session
BACKEND = settings.AUTHENTICATION_BACKENDS[-1]


@dataclass(frozen=True)
class DemoAccount:
    """Somebody of the demo whom a visitor may be."""

    username: str
    who: str | Promise


DEMO_ACCOUNTS = (
    DemoAccount("adler", _("psychiatrist")),
    DemoAccount("bo", _("nurse")),
    DemoAccount("pia", _("pharmacist")),
    DemoAccount("carla", _("patient")),
    DemoAccount("ada", _("administrator")),
    DemoAccount("olga", _("privacy officer")),
    DemoAccount("dorn", _("psychiatrist of another team")),
    DemoAccount("otis", _("psychiatrist of a Part 2 programme")),
)


class SignIn(LoginView):
    """Name and password; the demo says whose. A locked session goes on here with its PIN or passkey."""

    template_name = "sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """A PIN, a passkey, or name and password."""
        try:
            if "pin" in request.POST:
                return self.by_pin(request)
            if "proof_passkey" in request.POST:
                return self.by_passkey(request)
            return super().post(request, *args, **kwargs)
        except TooSoon as slowed:
            return too_soon(request, slowed, self.get_redirect_url())

    def by_pin(self, request: HttpRequest) -> HttpResponse:
        """A locked session goes on; after the last wrong try it ends, and only signing in whole helps."""
        person, entry = getattr(request, "locked_for", None), proof.entry_of(request)
        if person is None or entry is None:
            return HttpResponseRedirect(request.get_full_path())
        try:
            signing_in.by_pin(person, request.POST.get("pin", "")[:20], entry_id=entry)
        except WrongProof:
            return self.shown_again(str(_("That was not your PIN.")))
        except TooSoon:
            signing_in.went_out(person, entry, act="session_ended_by_wrong_pins")
            logout(request)
            return self.shown_again(str(_("That was not your PIN, three times. Please sign in with your password.")))
        go_on(request)
        return HttpResponseRedirect(self.get_success_url())

    def by_passkey(self, request: HttpRequest) -> HttpResponse:
        """A passkey signs in by itself: it asks its owner for a finger, a face or a PIN."""
        try:
            asker, state = passkey.asked(request)
            place = client.place_of(request)
            user = signing_in.by_passkey(asker, state, request.POST["proof_passkey"], place=place)
        except WrongProof:
            return self.shown_again(str(_("That passkey is not known here. Use your password.")))
        return finish(request, user, by="passkey", to=self.get_success_url())

    def shown_again(self, wrong: str) -> HttpResponse:
        """The same page with what was wrong."""
        form = SignInForm(self.request)
        return render(self.request, self.template_name, self.get_context_data(form=form, wrong=wrong), status=422)

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """The demo's accounts, as far as this database has them; one query, in the demo alone."""
        context = {**super().get_context_data(**kwargs), "site_name": settings.SITE_NAME}
        context["is_kept"] = kept.waits_at(self.request, self.get_redirect_url())
        context["code_first"] = "code" in self.request.GET or bool(self.request.POST.get("code"))
        if person := getattr(self.request, "locked_for", None):
            context |= {"locked_for": person, "has_pin": QuickPin.objects.filter(user=person).exists()}
        if settings.PRODUCTION:
            return context
        names = [account.username for account in DEMO_ACCOUNTS]
        known = set(User.objects.filter(username__in=names).values_list("username", flat=True))
        accounts = [account for account in DEMO_ACCOUNTS if account.username in known]
        return {**context, "accounts": accounts, "password": os.environ.get("DEMO_PASSWORD", "demo-harbor-iop")}

    def get_initial(self) -> dict[str, object]:
        """Whose session is locked; in the demo a link may say who one wants to be. The password is still typed."""
        person = getattr(self.request, "locked_for", None)
        wanted = "" if settings.PRODUCTION else self.request.GET.get("as", "")[:150]
        return {**super().get_initial(), "username": person.get_username() if person else wanted}

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        """In, or on to the second factor that this person has or needs."""
        user, to = form.get_user(), self.get_success_url()
        place = client.place_of(self.request)
        has_shown = bool(form.cleaned_data.get("code")) and factors.has_one(user)
        if signing_in.must_enrol(user):
            return pend(self.request, user, "/sign-in/set-up/", to)
        if signing_in.needs_second(user, place) and not has_shown:
            return pend(self.request, user, "/sign-in/second/", to)
        return finish(self.request, user, by="code" if has_shown else "password", to=to)

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """The same page with what was wrong; what was typed as name stays."""
        response = super().form_invalid(form)
        response.status_code = 422
        return response


def too_soon(request: HttpRequest, slowed: TooSoon, to: str = "") -> HttpResponse:
    """After too many slips; says nothing about whether the name exists."""
    seconds = int(slowed.wait.total_seconds()) + 1
    context = {"minutes": math.ceil(seconds / 60), "seconds": seconds, "next": to, "site_name": settings.SITE_NAME}
    response = render(request, "locked_out.html", context, status=429)
    response.headers["Retry-After"] = str(seconds)
    return response


def pend(request: HttpRequest, user: User, address: str, to: str) -> HttpResponse:
    """The password was right; nothing opens yet."""
    request.session[PENDING] = {
        "user": user.pk, "at": int(time.time()), "hash": user.get_session_auth_hash(), "to": to,
    }  # fmt: skip
    return HttpResponseRedirect(address)


def pending(request: HttpRequest) -> tuple[User, str] | None:
    """Whose password was right a moment ago, and where they want to go. One query where there is somebody."""
    said = request.session.get(PENDING)
    if not said or not 0 <= time.time() - said["at"] <= PENDING_LASTS:
        return None
    user = User.objects.filter(pk=said["user"], is_active=True).first()
    if user is None or not secrets.compare_digest(user.get_session_auth_hash(), said["hash"]):
        return None
    return user, said["to"]


def finish(request: HttpRequest, user: User, *, by: str, to: str, trust: bool = False) -> HttpResponse:
    """Signed in: a session of its own, on the list, in a browser that is known from now on."""
    response = HttpResponseRedirect(to)
    enter(request, response, user, by=by, trust=trust)
    return response


def enter(request: HttpRequest, response: HttpResponse, user: User, *, by: str, trust: bool = False) -> None:
    """Opens the session, and gives the browser its word with the answer."""
    before = proof.entry_of(request) if getattr(request, "locked_for", None) == user else None
    for name in (PENDING, NEW_SECRET, passkey.STATE):
        request.session.pop(name, None)
    login(request, user, backend=BACKEND)
    if not request.session.session_key:
        request.session.save()
    place = client.place_of(request)
    word = place.device or sessions.new_word()
    named = Place(place.address, word, place.words)
    key = str(request.session.session_key)
    ended = staff.second_factors_ended(user)
    entry = signing_in.came_in(user, key, place=named, by=by, trust=trust, instead_of=before)
    request.session[proof.ENTRY] = entry.pk
    request.session[proof.QUICK] = signing_in.may_go_on_quickly(user)
    client.give_word(response, word)
    if ended is not None:
        messages.warning(request, factors_ended(ended))


def factors_ended(change: StaffChange) -> str:
    """What the person is told of it, at the first sign-in after."""
    day = date_format(timezone.localdate(change.decided_at), "DATE_FORMAT")
    words = _("The clinic ended your second factors, sessions and tokens on %(day)s, because they were said to be "
              "lost. If you did not ask for it, tell the clinic now.")  # fmt: skip
    return str(words) % {"day": day}


def go_on(request: HttpRequest) -> None:
    """A locked session is open again."""
    request.session.pop(proof.LOCKED, None)
    request.session["seen_at"] = int(time.time())
    request.session.cycle_key()
    if entry := proof.entry_of(request):
        sessions.renamed(entry, str(request.session.session_key))


def back_to_start() -> HttpResponse:
    return HttpResponseRedirect(settings.LOGIN_URL)


@sensitive_post_parameters()
def second(request: HttpRequest) -> HttpResponse:
    """The second factor after the password: a code, a recovery code or a passkey."""
    found = pending(request)
    if found is None:
        return back_to_start()
    user, to = found
    wrong = ""
    if request.method == "POST":
        place, trust = client.place_of(request), bool(request.POST.get("trust"))
        try:
            if request.POST.get("proof_passkey"):
                asker, state = passkey.asked(request)
                signing_in.by_passkey(asker, state, request.POST["proof_passkey"], place=place, user=user)
                return finish(request, user, by="passkey", to=to, trust=trust)
            signing_in.by_code(user, request.POST.get("proof_code", "")[:40], place=place)
            return finish(request, user, by="code", to=to, trust=trust)
        except WrongProof:
            wrong = str(_("That code was not right, or was used before. Wait for the next one and type it."))
        except TooSoon as slowed:
            return too_soon(request, slowed, to)
    kinds = set(factors.of(user).values_list("kind", flat=True))
    context = {
        "wrong": wrong,
        "by_code": FactorKind.TOTP in kinds or FactorKind.RECOVERY in kinds,
        "has_app": FactorKind.TOTP in kinds,
        "by_passkey": FactorKind.PASSKEY in kinds,
        "trust_days": settings.DEVICE_TRUST_DAYS,
        "lone_trust": settings.DEVICE_TRUST_DAYS if kinds == {FactorKind.PASSKEY} else 0,
    }
    return render(request, "sign_in_second.html", context, status=422 if wrong else 200)


@sensitive_post_parameters()
def set_up(request: HttpRequest) -> HttpResponse:
    """The first second factor, before anything else opens."""
    found = pending(request)
    if found is None:
        return back_to_start()
    user, to = found
    if not signing_in.must_enrol(user):
        return HttpResponseRedirect("/sign-in/second/")
    return enrol(request, user, at_sign_in=True, to=to)


def enrol(request: HttpRequest, user: User, *, at_sign_in: bool, to: str) -> HttpResponse:
    """Shows a new key for an app and a button for a passkey; keeps whichever is proven, and shows recovery codes."""
    wrong = ""
    if request.method == "POST":
        try:
            codes = kept_factor(request, user)
            return enrolled(request, user, codes, at_sign_in=at_sign_in, to=to)
        except WrongProof:
            wrong = str(_("That was not right. Wait for the next code and type it, or try the passkey again."))
    secret = request.session.setdefault(NEW_SECRET, factors.new_secret())
    address = factors.address_of(user, secret)
    context = {
        "wrong": wrong,
        "at_sign_in": at_sign_in,
        "picture": factors.picture_of(address),
        "secret": " ".join(secret[place : place + 4] for place in range(0, len(secret), 4)),
        "address": address,
        "who": user,
    }
    return render(request, "second_factor.html", context, status=422 if wrong else 200)


def kept_factor(request: HttpRequest, user: User) -> list[str]:
    """Keeps the passkey or the app that was proven; recovery codes where they are the first. WrongProof otherwise."""
    if request.POST.get("new_passkey"):
        asker, state = passkey.asked(request)
        label = request.POST.get("label", "").strip() or client.place_of(request).words
        return signing_in.enrol_passkey(user, asker, state, request.POST["new_passkey"], label=label)
    secret = request.session.get(NEW_SECRET, "")
    if not secret:
        raise WrongProof
    codes = signing_in.enrol_app(user, secret, request.POST.get("new_code", "")[:40])
    request.session.pop(NEW_SECRET, None)
    return codes


def enrolled(request: HttpRequest, user: User, codes: list[str], *, at_sign_in: bool, to: str) -> HttpResponse:
    """Recovery codes, shown this once; at the first sign-in the session opens here."""
    if not codes and not at_sign_in:
        return HttpResponseRedirect(to)
    response = HttpResponse()
    if at_sign_in:
        enter(request, response, user, by="enrolment")
    response.content = render(request, "recovery_codes.html", {"codes": codes, "to": to}).content
    return response


@require_POST
def ask_passkey(request: HttpRequest) -> HttpResponse:
    """What the browser asks its passkeys: of whoever is known to be here, else of anybody.

    A new one is made by whoever is signed in, or may open nothing before they have one.
    """
    user, waiting = request.user, pending(request)
    if request.POST.get("for") == "new":
        maker = (
            user if isinstance(user, User) else waiting[0] if waiting and signing_in.must_enrol(waiting[0]) else None
        )
        return JsonResponse({}, status=403) if maker is None else JsonResponse(passkey.ask_for_new(request, maker))
    known = user if isinstance(user, User) else getattr(request, "locked_for", None) or (waiting and waiting[0])
    return JsonResponse(passkey.ask(request, known or None))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session; only a POST does."""
    person = request.user if isinstance(request.user, User) else getattr(request, "locked_for", None)
    if person is not None:
        signing_in.went_out(person, proof.entry_of(request))
    logout(request)
    return HttpResponseRedirect(settings.LOGOUT_REDIRECT_URL)
