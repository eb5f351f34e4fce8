"""The patient's own page of who has looked at their record."""

from django.http import HttpResponse
from django.shortcuts import render

from medmgmt import looks
from medmgmt.web.kit.page import Asked, page, paged


@page
def who_looked(request: Asked) -> HttpResponse:
    """Everybody who saw or did something, the newest first, in plain words; the whole history, page by page."""
    rows = paged(request, looks.at_own(request.user))
    return render(
        request, "who_looked.html", {"rows": rows, "looks": [looks.in_words(one, request.user) for one in rows]}
    )
