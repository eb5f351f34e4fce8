"""The second signature on the page of a review: asking for it, giving it, declining it."""

from collections.abc import Callable

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from medmgmt import problems
from medmgmt.actions import cosigning as actions
from medmgmt.web import prescribing
from medmgmt.web.page import FORESEEN, MENDABLE, Asked, page, to

ASKED = _("Asked. The request stands in their worklist.")
AGREED = _("Co-signed. The prescriber can sign now.")
DECLINED = _("Declined. The author has a task with your reason.")


class WordForm(forms.Form):
    """Which review was read, and the sentence."""

    review = forms.IntegerField()
    note = forms.CharField(max_length=actions.MOST_NOTE, required=False)


@page
def ask(request: Asked, change_id: int) -> HttpResponse:
    """Asks the pharmacists, or the colleague who was chosen."""
    chosen = request.POST.get("colleague", "")
    number = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 10 else None
    return say(request, change_id, lambda: actions.ask(request.user, change_id, colleague_id=number), ASKED)


@page
def cosign(request: Asked, change_id: int) -> HttpResponse:
    """The second signature."""
    form = WordForm(request.POST)
    if request.method != "POST" or not form.is_valid():
        return redirect("web:review", change_id)
    read, note = form.cleaned_data["review"], form.cleaned_data["note"]
    return say(request, change_id, lambda: actions.cosign(request.user, change_id, review_id=read, note=note), AGREED)


@page
def decline(request: Asked, change_id: int) -> HttpResponse:
    """No, with the reason."""
    form = WordForm(request.POST)
    if request.method != "POST" or not form.is_valid():
        return redirect("web:review", change_id)
    read, note = form.cleaned_data["review"], form.cleaned_data["note"]
    return say(
        request, change_id, lambda: actions.decline(request.user, change_id, review_id=read, note=note), DECLINED
    )


def say(request: Asked, change_id: int, act: Callable[[], object], said: str | Promise) -> HttpResponse:
    """Does it; what is refused stands at the top of the review, where it can be mended."""
    if request.method != "POST":
        return redirect("web:review", change_id)
    try:
        act()
    except FORESEEN as error:
        problem = problems.describe(error)
        if problem.status not in MENDABLE:
            raise
        return prescribing.show_review(request, change_id, refused=problem.detail, status=problem.status)
    return to(request, f"{reverse('web:review', args=[change_id])}#sign", said)
