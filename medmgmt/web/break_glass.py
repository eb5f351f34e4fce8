"""Opening a chart in an emergency, ending that, and what the privacy officer thinks of it."""

from django import forms
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from medmgmt import break_glass
from medmgmt.actions import break_glass as actions
from medmgmt.record import access
from medmgmt.record.models import BreakGlass, Judgement
from medmgmt.web.kit.forms import asks, note
from medmgmt.web.kit.once import sent
from medmgmt.web.kit.page import Asked, page, status_of, to


class OpenForm(forms.Form):
    """Whose chart, by number or by name and birth date, and why."""

    said = asks(actions.open_chart)
    mrn = said("mrn", gettext_lazy("Medical record number"), required=False, max_length=40)
    given_name = said("given_name", gettext_lazy("Given name"), required=False, max_length=120)
    family_name = said("family_name", gettext_lazy("Family name"), required=False, max_length=120)
    birth_date = said("birth_date", gettext_lazy("Birth date"), required=False)
    reason = note(
        gettext_lazy("Why do you need this chart now?"),
        required=True,
        help_text=gettext_lazy("A sentence. The privacy officer reads it and asks about it."),
    )


class JudgeForm(forms.Form):
    """Whether it was right, and why."""

    said = asks(actions.judge)
    verdict = said(
        "verdict", gettext_lazy("Was it appropriate?"), choices=Judgement.choices, widget=forms.RadioSelect()
    )
    note = note(gettext_lazy("Why?"), required=True)


@page
def open_chart(request: Asked) -> HttpResponse:
    """A chart of somebody who is not in one's care, in an emergency."""
    access.require(request.user, "break_glass")
    form = OpenForm(request.POST or None)
    said = _("The chart is open to you. Everything you do in it is on record.")
    done = sent(request, form, actions.open_chart, leads_to=chart_opened, said=said)
    context = {"form": form, "hours": settings.BREAK_GLASS_HOURS, "openings": break_glass.openings(request.user)}
    return done or render(request, "break_glass.html", context, status=status_of(form))


def chart_opened(opening: BreakGlass) -> str:
    """The address of the chart that was opened."""
    return reverse("web:chart", args=[opening.patient_id])


@page
def end(request: Asked, opening_id: int) -> HttpResponse:
    """The chart closes now."""
    if request.method != "POST":
        return redirect("web:home")
    actions.end(request.user, opening_id)
    judges = access.may(request.user, "judge_break_glass")
    return to(request, reverse("web:openings" if judges else "web:home"), _("The chart is closed."))


@page
def openings(request: Asked) -> HttpResponse:
    """Every opening, those without a judgement first; for who judges them."""
    access.require(request.user, "judge_break_glass")
    return render(request, "openings.html", {"openings": break_glass.to_judge(request.user)})


@page
def judge(request: Asked, opening_id: int) -> HttpResponse:
    """A word on one opening."""
    break_glass.require_judge(request.user)
    form = JudgeForm(request.POST or None)
    here = reverse("web:openings")
    done = sent(request, form, actions.judge, opening_id, leads_to=here, said=_("It is judged, and the task is done."))
    context = {"form": form, "title": _("Was this opening appropriate?"), "button": _("Judge")}
    context |= {"opening": break_glass.one_to_judge(request.user, opening_id)} if not done else {}
    return done or render(request, "opening.html", context, status=status_of(form))
