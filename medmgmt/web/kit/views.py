"""The pages that say no before any view is asked: a form that cannot be trusted, and what nobody foresaw."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.template.loader import render_to_string
from django.urls import ResolverMatch

from medmgmt.web.kit import kept
from refills.messages import links


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open too long or came from elsewhere; behind a reminder's link it names no clinic either.

    What somebody typed here stands in its form again, with a new token; what another site sent never does.
    """
    asked = request.resolver_match
    keeps = asked is not None and hasattr(asked.func, "keeps_what_was_typed")
    if asked is not None and keeps and is_ours(request) and kept.holds_words(request):
        return shown_again(request, asked)
    layout = "bare.html" if request.path.startswith(links.PATH) else "base.html"
    return render(request, "csrf_failure.html", {"layout": layout}, status=403)


def broken(request: HttpRequest) -> HttpResponse:
    """What nobody foresaw; it asks nothing of the database, and gives back what was written."""
    return HttpResponse(render_to_string("500.html", {"words": kept.words(request)}), status=500)


def is_ours(request: HttpRequest) -> bool:
    """Whether a form came from one of our own pages, as far as the browser says, and was shown to who sends it now."""
    origin, site = request.headers.get("Origin", ""), request.headers.get("Sec-Fetch-Site", "same-origin")
    own = origin in ("", f"{request.scheme}://{request.get_host()}") and site == "same-origin"
    if not request.user.is_authenticated:
        return own and bool(origin)
    return own and kept.shown_to(request) in (None, request.user.pk)


def shown_again(request: HttpRequest, asked: ResolverMatch) -> HttpResponse:
    """The page of the form with what was typed, as if it were read; nothing is done by it."""
    address = kept.keep(request, whose=kept.shown_to(request) or request.user.pk)
    request.META["QUERY_STRING"] = address.partition("?")[2]
    request.method, request.GET = "GET", QueryDict(request.META["QUERY_STRING"])
    response: HttpResponse = asked.func(request, *asked.args, **asked.kwargs)
    if response.status_code == 200:
        response.status_code = 403
    return response
