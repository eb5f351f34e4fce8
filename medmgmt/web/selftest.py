"""The selftest for the site: what the knowledge in use finds, what it misses, and where it is a nuisance."""

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from medmgmt import lists, problems
from medmgmt.actions import selftesting
from medmgmt.record import access
from medmgmt.web.once import once
from medmgmt.web.page import FORESEEN, MENDABLE, Asked, page, to

SHOWN = 20
SCOPES = ("in_use", "shipped")


@page
def selftest(request: Asked) -> HttpResponse:
    """The newest run of what is in use and the runs before it; a post runs it again."""
    if request.method != "POST":
        return show(request)
    scope = request.POST.get("scope", "")
    try:
        return to(request, once(request, lambda: started(request, scope if scope in SCOPES else "in_use")),
                  _("The selftest has run."))  # fmt: skip
    except FORESEEN as error:
        problem = problems.describe(error)
        if problem.status not in MENDABLE:
            raise
        return show(request, refused=problem.detail, status=problem.status)


def started(request: Asked, scope: str) -> str:
    """Runs it; the address of the page."""
    selftesting.run(request.user, scope=scope)
    return reverse("web:selftest")


def show(request: Asked, *, refused: str = "", status: int = 200) -> HttpResponse:
    """The page."""
    runs = list(lists.selftests(request.user)[:SHOWN])
    context = {
        "current": lists.tested(request.user),
        "newest": runs[0] if runs else None,
        "runs": runs,
        "refused": refused,
        "may_run": access.may(request.user, "activate_release"),
    }
    return render(request, "selftest.html", context, status=status)
