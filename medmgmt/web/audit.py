"""The audit trail for the administrator: who did what, when and why."""

from django.http import HttpResponse
from django.shortcuts import render

from medmgmt import people
from medmgmt.web.kit.page import Asked, page, paged


@page
def audit(request: Asked) -> HttpResponse:
    """Entries, newest first; `?patient=` narrows to one chart by its number."""
    text = request.GET.get("patient", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 18 else None
    rows = paged(request, people.audit_entries(request.user, patient_id=number).select_related("actor"))
    return render(request, "audit.html", {"rows": rows, "patient": number})
