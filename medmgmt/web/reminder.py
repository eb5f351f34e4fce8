"""The page behind the link of a message: no login, no health detail, one tap."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.views.decorators.csrf import csrf_exempt

from medmgmt import problems
from medmgmt.actions import messages
from medmgmt.messages import planning, standing
from refills.errors import LinkExpired, LinkOver, LinkStopped, LinkUnknown, SnoozedEnough
from refills.messages import links
from refills.messages.links import Choice
from refills.models import Reminder, ReminderKind

PLAN = (ReminderKind.TAPER_STEP, ReminderKind.END_OF_TAPER)


def reminder(request: HttpRequest, token: str) -> HttpResponse:
    """A GET shows the buttons and changes nothing, so a mail scanner does no harm; a POST keeps the answer."""
    try:
        link = links.read_link(token)
    except (LinkExpired, LinkUnknown) as error:
        return no_link(request, error)
    with translation.override(planning.language_of(link.reminder)):
        if request.method == "POST":
            return answered(request, token, link)
        try:
            standing.require(link, timezone.now())
        except LinkOver as error:
            return no_link(request, error, may_start=standing.may_take_back(link, timezone.now()))
        return shown(request, link.reminder)


@csrf_exempt
def stop(request: HttpRequest, token: str) -> HttpResponse:
    """What a mail program posts when its own "unsubscribe" is pressed (RFC 8058): it has no cookie and no form of ours.

    The signed link is the right to stop these, and to do nothing else. A GET leads to the page with the buttons.
    """
    if request.method != "POST":
        return redirect("web:reminder", token=token)
    try:
        messages.answer_link(token, Choice.STOP)
    except (LinkExpired, LinkUnknown) as error:
        return no_link(request, error)
    return HttpResponse(status=204)


def shown(request: HttpRequest, found: Reminder, status: int = 200, **said: object) -> HttpResponse:
    """The page, with the answers that make sense and are still open."""
    about = links.things(found)
    context = {
        "reminder": found,
        "offers": links.offers(found),
        "count": len(about),
        "is_plan": found.kind in PLAN,
        "day": min((day for _, _, day in about), default=found.local_date),
        **said,
    }
    return render(request, "reminder.html", context, status=status)


def answered(request: HttpRequest, token: str, link: links.Link) -> HttpResponse:
    """Keeps the answer and comes back to the page, which says thank you; again does nothing twice."""
    choice = request.POST.get("choice", "")
    try:
        if choice not in list(links.Choice):
            standing.require(link, timezone.now())
            return shown(request, link.reminder, status=422, unchosen=True)
        messages.answer_link(token, choice)
    except SnoozedEnough as error:
        return shown(request, link.reminder, status=422, refused=str(error))
    except (LinkExpired, LinkUnknown) as error:
        return no_link(request, error, may_start=standing.may_take_back(link, timezone.now()))
    return redirect(request.path)


def no_link(request: HttpRequest, error: Exception, *, may_start: bool = False) -> HttpResponse:
    """A friendly page for a link whose time is over, behind which nothing stands any more, or that was cut off."""
    problem = problems.describe(error)
    context = {
        "problem": problem,
        "is_over": isinstance(error, LinkOver),
        "is_stopped": isinstance(error, LinkStopped),
        "may_start": may_start and isinstance(error, LinkStopped),
        "clinic_phone": settings.CLINIC_PHONE,
    }
    return render(request, "reminder_over.html", context, status=problem.status)
