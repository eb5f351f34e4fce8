"""Who is away and who stands in; what is late and why; the morning notice."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from medmgmt import lateness, lists
from medmgmt.actions import cover as actions
from medmgmt.record import access
from medmgmt.web.page import Asked, page, refusal_on, status_of, to
from medmgmt.web.worklist_forms import AbsenceForm


@page
def late(request: Asked) -> HttpResponse:
    """What is late, by kind, role, age and reason; an administrator sees numbers alone."""
    return render(request, "late.html", {"report": lateness.of(request.user)})


@page
def cover(request: Asked) -> HttpResponse:
    """Who is away, and a form to say so."""
    absences, people = lists.absences(request.user), lists.stand_ins(request.user)
    form = AbsenceForm(request.user, people, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusal_on(form):
            given = form.cleaned_data
            actions.tell_absence(
                request.user,
                user_id=int(given["user"]),
                since=given["since"],
                until=given["until"],
                cover_id=int(given["cover"]) if given["cover"] else None,
            )
            return to(request, reverse("web:cover"), _("It is written down, and the tasks go on to whoever stands in."))
    works = access.may(request.user, "work_tasks")
    notice = lists.wants_digest(request.user) if works else None
    context = {"absences": absences, "form": form, "notice": notice, "works": works}
    return render(request, "cover.html", context, status=status_of(form))


@page
def withdraw(request: Asked, absence_id: int) -> HttpResponse:
    """Somebody is not away after all."""
    if request.method == "POST":
        actions.withdraw_absence(request.user, absence_id)
        return to(request, reverse("web:cover"), _("The absence does not hold any more."))
    return redirect("web:cover")


@page
def notice(request: Asked) -> HttpResponse:
    """Turns the morning notice on or off."""
    if request.method == "POST":
        wanted = actions.choose_digest(request.user, wanted=request.POST.get("wanted") == "1")
        return to(
            request, reverse("web:cover"), _("You get the notice.") if wanted else _("You get no notice any more.")
        )
    return redirect("web:cover")
