"""The site's map with one more address: an empty view, the baseline that pages are measured against."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from medmgmt.urls import urlpatterns as site


def empty(_request: HttpRequest) -> HttpResponse:
    """What the web server, the middleware and the session cost without any page."""
    return HttpResponse("")


urlpatterns = [path("bench/empty", empty), *site]
