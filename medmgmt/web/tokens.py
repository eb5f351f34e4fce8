"""A person's own tokens: what each may do, when it was last used, and a new one, whose secret is shown once."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from medmgmt import people
from medmgmt.actions import tokens
from medmgmt.record.models import Scope
from medmgmt.record.tokens import LONGEST
from medmgmt.web.kit.page import Asked, page, refusal_on, status_of, to


class TokenForm(forms.Form):
    """What a new token is for, how far it reaches and how long."""

    name = forms.CharField(label=gettext_lazy("What is it for?"), max_length=60)
    scope = forms.ChoiceField(label=gettext_lazy("It may"), choices=Scope.choices, initial=Scope.READ)
    days = forms.IntegerField(label=gettext_lazy("Days"), min_value=1, max_value=LONGEST.days, initial=30)


@page
def own_tokens(request: Asked) -> HttpResponse:
    """One's tokens and a form for a new one. Sent twice it makes one: two of a name there are not."""
    form, secret = TokenForm(request.POST or None), ""
    if form.is_bound and form.is_valid():
        with refusal_on(form):
            _token, secret = tokens.make_token(request.user, **form.cleaned_data)
    context = {
        "rows": people.tokens(request.user),
        "form": TokenForm() if secret else form,
        "secret": secret,
        "now": timezone.now(),
    }
    return render(request, "tokens.html", context, status=status_of(form))


@page
@require_POST
def revoke(request: Asked, token_id: int) -> HttpResponse:
    """The end of one of them."""
    tokens.revoke_token(request.user, token_id)
    return to(request, "/tokens/", _("The token is revoked. Nothing gets in with it any more."))
