"""The page behind the link of a reminder: no login, no health detail, three buttons."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation

from medmgmt import problems
from medmgmt.actions import messaging
from refills import links
from refills.errors import LinkExpired, LinkUnknown, SnoozedEnough
from refills.models import Reminder


def reminder(request: HttpRequest, token: str) -> HttpResponse:
    """A GET shows the buttons and changes nothing, so a mail scanner does no harm; a POST keeps the answer."""
    try:
        found = links.read_link(token)
    except (LinkExpired, LinkUnknown) as error:
        return no_link(request, error)
    with translation.override(found.patient.language):
        if request.method == "POST":
            return answered(request, token, found)
        return render(request, "reminder.html", {"reminder": found})


def answered(request: HttpRequest, token: str, found: Reminder) -> HttpResponse:
    """Keeps the answer and comes back to the page, which says thank you; again does nothing twice."""
    choice = request.POST.get("choice", "")
    if choice not in list(links.Choice):
        return render(request, "reminder.html", {"reminder": found, "unchosen": True}, status=422)
    try:
        messaging.answer_link(token, choice)
    except SnoozedEnough as error:
        return render(request, "reminder.html", {"reminder": found, "refused": str(error)}, status=422)
    except (LinkExpired, LinkUnknown) as error:
        return no_link(request, error)
    return redirect(request.path)


def no_link(request: HttpRequest, error: Exception) -> HttpResponse:
    """A friendly page for a link whose time is over, or that was cut off on the way."""
    problem = problems.describe(error)
    return render(request, "reminder_over.html", {"problem": problem}, status=problem.status)
