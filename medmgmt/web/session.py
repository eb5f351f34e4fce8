"""Signing in and out, and the choice of a language."""

import os
from dataclasses import dataclass

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from medmgmt.record.models import User
from medmgmt.web.kit import kept
from medmgmt.web.kit.forms import SignInForm


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
)


class SignIn(LoginView):
    """Name and password; the demo says whose."""

    template_name = "sign_in.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """The demo's accounts, as far as this database has them; one query, in the demo alone."""
        context = {**super().get_context_data(**kwargs), "site_name": settings.SITE_NAME}
        context["is_kept"] = kept.waits_at(self.request, self.get_redirect_url())
        if settings.PRODUCTION:
            return context
        names = [account.username for account in DEMO_ACCOUNTS]
        known = set(User.objects.filter(username__in=names).values_list("username", flat=True))
        accounts = [account for account in DEMO_ACCOUNTS if account.username in known]
        return {**context, "accounts": accounts, "password": os.environ.get("DEMO_PASSWORD", "demo-harbor-iop")}

    def get_initial(self) -> dict[str, object]:
        """In the demo a link may say who one wants to be; the password is still typed."""
        wanted = "" if settings.PRODUCTION else self.request.GET.get("as", "")[:150]
        return {**super().get_initial(), "username": wanted}

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        """The same page with what was wrong; what was typed as name stays."""
        response = super().form_invalid(form)
        response.status_code = 422
        return response


class SignOut(LogoutView):
    """Ends the session; only a POST does."""

    http_method_names = ["post", "options"]
