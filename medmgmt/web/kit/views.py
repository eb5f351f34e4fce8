"""The pages that say no before any view is asked: too many attempts, and a form that cannot be trusted."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from refills.messages import links


def locked_out(request: HttpRequest, credentials: Mapping[str, Any] | None, *args: Any, **kwargs: Any) -> HttpResponse:
    """After too many wrong passwords for one name; says nothing about whether the name exists."""
    return render(request, "locked_out.html", status=429)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open too long or came from elsewhere; behind a reminder's link it names no clinic either."""
    layout = "bare.html" if request.path.startswith(links.PATH) else "base.html"
    return render(request, "csrf_failure.html", {"layout": layout}, status=403)
