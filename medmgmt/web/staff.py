"""Who signs in here, in which role and team: asked for by an administrator, confirmed by a second person."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.forms import SetPasswordForm
from django.contrib.auth.views import INTERNAL_RESET_SESSION_TOKEN, PasswordResetConfirmView
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.encoding import force_bytes
from django.utils.functional import Promise
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from medmgmt import staff as reads
from medmgmt.actions import staff as actions
from medmgmt.record import access
from medmgmt.record.errors import NoSuchThing
from medmgmt.record.models import Role, StaffChange, StaffChangeState, User
from medmgmt.web import staff_forms
from medmgmt.web.kit import kept
from medmgmt.web.kit.once import sent
from medmgmt.web.kit.page import FORESEEN, Asked, mendable, page, paged, refusal_on, status_of, to

ASKED = gettext_lazy("Asked. A second person has to confirm it; until then nothing changes.")
USE = {"in": True, "out": False}


@page
def staff(request: Asked) -> HttpResponse:
    """Who signs in here. A search is a POST; role and use are filters of codes."""
    access.require(request.user, "manage_staff")
    if request.method == "POST" and not request.htmx:
        return kept.to_be_shown(request)
    form = staff_forms.LoginSearch(request.POST or None)
    search = form.cleaned_data["q"].strip() if form.is_bound and form.is_valid() else ""
    role = request.GET.get("role", "") if request.GET.get("role") in Role.values else ""
    use = request.GET.get("use", "") if request.GET.get("use") in USE else ""
    rows = paged(request, reads.logins(request.user, search=search, role=role, is_active=USE.get(use)))
    waiting = reads.changes(request.user, state=StaffChangeState.WAITING).count()
    context = {"form": form, "rows": rows, "search": search, "role": role, "use": use, "roles": Role.choices,
               "waiting": waiting}  # fmt: skip
    return render(request, "_logins.html" if request.htmx else "staff.html", context)


@page
def new(request: Asked) -> HttpResponse:
    """Somebody new."""
    access.require(request.user, "manage_staff")
    form = staff_forms.NewLoginForm(request.POST or None)
    done = sent(request, form, actions.ask_login, leads_to=of_change, said=ASKED)
    lede = _("The login can be used once a second person has confirmed it. The person then chooses a password.")
    return done or asked_page(request, form, title=_("A new login"), button=_("Ask for it"), lede=lede)


@page
def login(request: Asked, user_id: int) -> HttpResponse:
    """One login: who, in which teams, and everything that was ever asked for it."""
    context = {
        "login": reads.login(request.user, user_id),
        "memberships": reads.memberships(request.user).filter(user_id=user_id)[:50],
        "changes": reads.changes(request.user, user_id=user_id)[:50],
        "now": timezone.now(),
    }
    return render(request, "login.html", context)


@page
def role(request: Asked, user_id: int) -> HttpResponse:
    """Another role."""
    title, lede = _("Another role"), _("The present role holds until a second person has confirmed the new one.")
    form = staff_forms.RoleForm(request.POST or None)
    return of_login(request, user_id, form, actions.ask_role, title=title, button=_("Ask for it"), lede=lede)


@page
def password(request: Asked, user_id: int) -> HttpResponse:
    """A new password, which nobody but the person will know."""
    lede = _("A second person confirms it and hands on a link that works once. Sessions and tokens end then.")
    form = staff_forms.WhyForm(request.POST or None)
    title = _("A new password")
    return of_login(request, user_id, form, actions.ask_password, title=title, button=_("Ask for it"), lede=lede)


@page
def into_use(request: Asked, user_id: int) -> HttpResponse:
    """In use again."""
    lede = _("A second person confirms it and hands on a link with which the person chooses a new password.")
    form = staff_forms.WhyForm(request.POST or None)
    title = _("Back into use")
    return of_login(request, user_id, form, actions.ask_active, title=title, button=_("Ask for it"), lede=lede)


@page
def factors(request: Asked, user_id: int) -> HttpResponse:
    """Second factors that were lost."""
    lede = _("A second person confirms it. Sessions and tokens end then, and no device is trusted any more. Where a "
             "second factor is required, a new one is set up at the next sign-in.")  # fmt: skip
    form = staff_forms.LostFactorForm(request.POST or None)
    title = _("Second factors lost")
    return of_login(request, user_id, form, actions.ask_factors, title=title, button=_("Ask for it"), lede=lede)


@page
def out_of_use(request: Asked, user_id: int) -> HttpResponse:
    """Nobody signs in with it any more."""
    lede = _("At once: sessions, tokens and the password end, and tasks go on to whoever is on duty. The record stays.")
    form, said = staff_forms.WhyForm(request.POST or None), _("The login is out of use.")
    title = _("Out of use")
    return of_login(request, user_id, form, actions.make_inactive, title=title, button=title, lede=lede, said=said,
                    is_grave=True)  # fmt: skip


@page
def unlock(request: Asked, user_id: int) -> HttpResponse:
    """Wrong passwords count no longer."""
    lede = _("Wrong passwords so far count no longer, so that the person can try again at once. The password stays.")
    form, said = staff_forms.WhyForm(request.POST or None), _("The lock is cleared.")
    title = _("Clear the lock")
    return of_login(request, user_id, form, actions.clear_lock, title=title, button=title, lede=lede, said=said)


@page
def correct(request: Asked, user_id: int) -> HttpResponse:
    """Another name or address."""
    found = reads.login(request.user, user_id)
    form = staff_forms.CorrectForm(request.POST or None, initial=staff_forms.corrected(found))
    title, said = _("Correct name and address"), _("Corrected.")
    return of_login(request, user_id, form, actions.correct_login, title=title, button=_("Save"), said=said)


@page
def join(request: Asked, user_id: int) -> HttpResponse:
    """Into a team."""
    form = staff_forms.JoinForm(reads.care_teams(request.user), request.POST or None)
    title, said = _("Into a team"), _("The membership is written down.")
    lede = _("The charts of the team's patients open for this person from the first day up to and with the last.")
    return of_login(request, user_id, form, actions.begin_membership, title=title, button=_("Begin"), lede=lede,
                    said=said)  # fmt: skip


def of_login(
    request: Asked,
    user_id: int,
    form: forms.Form,
    act: Callable[..., object],
    *,
    said: str | Promise = ASKED,
    **words: Any,
) -> HttpResponse:
    """A form about one login; back to its page when it is done."""
    found = reads.login(request.user, user_id)
    leads_to = reverse("web:login", args=[user_id])
    done = sent(request, form, act, user_id, leads_to=leads_to, said=said)
    return done or asked_page(request, form, login=found, **words)


def asked_page(request: Asked, form: forms.Form, **words: Any) -> HttpResponse:
    """A form with a sentence of what will come of it."""
    return render(request, "staff_form.html", {"form": form, **words}, status=status_of(form))


@page
def end_membership(request: Asked, membership_id: int) -> HttpResponse:
    """Out of a team."""
    member = reads.membership(request.user, membership_id)
    form, said = staff_forms.EndForm(request.POST or None), _("The end is written down.")
    leads_to = reverse("web:login", args=[member.user_id])
    done = sent(request, form, actions.end_membership, membership_id, leads_to=leads_to, said=said)
    title = _("Out of the team %(team)s") % {"team": member.team.name}
    return done or asked_page(request, form, title=title, button=_("End it"), login=member.user)


@page
def teams(request: Asked) -> HttpResponse:
    """Every team, and a form to make one."""
    rows = paged(request, reads.care_teams(request.user))
    form, here = staff_forms.TeamForm(request.POST or None), reverse("web:teams")
    done = sent(request, form, actions.make_team, leads_to=here, said=_("The team is made. Nobody is in it yet."))
    return done or render(request, "teams.html", {"rows": rows, "form": form}, status=status_of(form))


@page
def rename_team(request: Asked, team_id: int) -> HttpResponse:
    """Another name."""
    team = reads.care_team(request.user, team_id)
    form = staff_forms.TeamForm(request.POST or None, initial={"name": team.name})
    done = sent(request, form, actions.rename_team, team_id, leads_to=reverse("web:teams"), said=_("Renamed."))
    return done or asked_page(request, form, title=_("Rename the team"), button=_("Rename"))


@page
def changes(request: Asked) -> HttpResponse:
    """What waits for a second person, and what was decided."""
    state = request.GET.get("state", "waiting")
    state = state if state in StaffChangeState.values else StaffChangeState.WAITING
    rows = paged(request, reads.changes(request.user, state=state))
    return render(request, "staff_changes.html", {"rows": rows, "state": state, "states": StaffChangeState.choices})


@page
def change(request: Asked, staff_change_id: int) -> HttpResponse:
    """One of them, to be decided."""
    return show_change(request, staff_change_id)


def show_change(
    request: Asked, staff_change_id: int, *, form: forms.Form | None = None, refused: str = "", status: int = 200
) -> HttpResponse:
    """Its page."""
    found, by = reads.change(request.user, staff_change_id), request.user
    is_open, is_mine = found.state == StaffChangeState.WAITING, found.asked_by_id == by.pk
    others = reads.has_second_person(but={by.pk, found.user_id}, now=timezone.now()) if is_mine else True
    context = {
        "change": found,
        "may_confirm": is_open and found.user_id != by.pk and not (is_mine and others),
        "may_decline": is_open,
        "is_mine": is_mine,
        "is_about_me": found.user_id == by.pk,
        "is_alone": is_mine and not others,
        "form": form or staff_forms.WhyForm(),
        "refused": refused,
        "chart": found.user.patient_id if access.cares_for(by, found.user.patient_id or 0) else None,
    }
    return render(request, "staff_change.html", context, status=status)


@page
def confirm(request: Asked, staff_change_id: int) -> HttpResponse:
    """The second person's yes; the link, where there is one, is shown this once."""
    if request.method != "POST":
        return redirect("web:staff_change", staff_change_id)
    try:
        confirmed = actions.confirm(request.user, staff_change_id)
    except FORESEEN as error:
        problem = mendable(error)
        return show_change(request, staff_change_id, refused=problem.detail, status=problem.status)
    if not confirmed.secret:
        return to(request, of_change(confirmed.change), _("Done. The person signs in anew."))
    context = {"change": confirmed.change, "link": link(confirmed), "hours": settings.PASSWORD_RESET_TIMEOUT // 3600}
    return render(request, "staff_link.html", context)


@page
def decline(request: Asked, staff_change_id: int) -> HttpResponse:
    """No, with the reason."""
    if not request.POST:
        return redirect("web:staff_change", staff_change_id)
    form = staff_forms.WhyForm(request.POST)
    if request.method == "POST" and form.is_valid():
        with refusal_on(form):
            actions.decline(request.user, staff_change_id, **form.cleaned_data)
            return to(request, reverse("web:staff_changes"), _("It is declined."))
    return show_change(request, staff_change_id, form=form, status=status_of(form))


def of_change(change: StaffChange) -> str:
    """Where it is shown."""
    return reverse("web:staff_change", args=[change.pk])


def link(confirmed: actions.Confirmed) -> str:
    """The whole address of the page on which the person chooses a password."""
    whose = urlsafe_base64_encode(force_bytes(confirmed.change.user_id))
    return f"{settings.BASE_URL}{reverse('web:first_sign_in', args=[whose, confirmed.secret])}"


class FirstSignIn(PasswordResetConfirmView):
    """The page behind a one-time link: the person chooses a password, then signs in with it.

    The address that holds the secret is left at once for one that does not.
    """

    template_name = "first_sign_in.html"
    form_class = staff_forms.FirstPasswordForm
    success_url = reverse_lazy("web:sign_in")
    title = gettext_lazy("Choose a password")

    def get_user(self, uidb64: str) -> User | None:
        """Only of a login that is in use."""
        found: User | None = super().get_user(uidb64)
        return found if found is not None and found.is_active else None

    def render_to_response(self, context: dict[str, Any], **options: Any) -> HttpResponse:
        """A link that was used, is too old or is nobody's is gone, and all three sound the same."""
        if not self.validlink:
            options["status"] = 404
        return super().render_to_response(context, **options)

    def form_valid(self, form: "SetPasswordForm[User]") -> HttpResponse:
        """Sets it; of two who open one link at once, the second finds it gone."""
        secret = self.request.session.get(INTERNAL_RESET_SESSION_TOKEN, "")
        try:
            actions.choose_password(form.user.pk, secret=secret, password=form.cleaned_data["new_password1"])
        except NoSuchThing:
            self.validlink = False
            return self.render_to_response(self.get_context_data(form=None))
        self.request.session.pop(INTERNAL_RESET_SESSION_TOKEN, None)
        messages.success(self.request, _("Your password is set. Sign in with it now."))
        return HttpResponseRedirect(str(self.success_url))

    def form_invalid(self, form: "SetPasswordForm[User]") -> HttpResponse:
        """The same page with what was wrong."""
        response = super().form_invalid(form)
        response.status_code = 422
        return response
