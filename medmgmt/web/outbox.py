"""The demo's outbox: every message that would have been sent."""

from django.http import HttpResponse
from django.shortcuts import render

from medmgmt import lists
from medmgmt.web.page import Asked, page, paged


@page
def outbox(request: Asked) -> HttpResponse:
    """Messages, newest first."""
    return render(request, "outbox.html", {"rows": paged(request, lists.messages(request.user), size=25)})
