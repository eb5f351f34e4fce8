"""What became of alerts, for whoever tends the knowledge: shown, overridden, and followed up."""

from django.http import HttpResponse
from django.shortcuts import render

from medmgmt import alerts as numbers
from medmgmt.web.page import Asked, page


@page
def alerts(request: Asked) -> HttpResponse:
    """The last ninety days."""
    return render(request, "alerts.html", {"alerts": numbers.of(request.user)})


@page
def export(request: Asked) -> HttpResponse:
    """The same as CSV."""
    found = numbers.of(request.user)
    response = HttpResponse(numbers.as_csv(found), content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="alerts-{found.until.isoformat()}.csv"'
    return response
