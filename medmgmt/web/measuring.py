"""Ordering what a card asks to be measured; with htmx the card's own list changes in place."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from medmgmt import measures
from medmgmt.actions import ordering
from medmgmt.record import access
from medmgmt.web.page import Asked, page, to

LONGEST_CODE = 20
EVERYTHING = "all"


@page
def order(request: Asked, finding_id: int) -> HttpResponse:
    """One click: orders one thing or all, once; the code comes with the form, for an address never names a drug."""
    if request.method != "POST":
        return redirect("web:home")
    code = request.POST.get("code", "")[:LONGEST_CODE]
    if code == EVERYTHING:
        ordering.order_all(request.user, finding_id)
    else:
        ordering.order_monitoring(request.user, finding_id, code=code)
    shown = measures.of_card(request.user, finding_id)
    if request.htmx:
        may = access.may(request.user, "order_monitoring")
        context = {"measures": shown.measures, "finding_id": finding_id, "may_order": may, "in_place": True}
        return render(request, "_monitoring.html", context)
    change_id = shown.finding.review.change_id
    if change_id is None:
        return to(request, reverse("web:screening", args=[shown.patient.pk]), _("Ordered."))
    return to(request, f"{reverse('web:review', args=[change_id])}#finding-{finding_id}", _("Ordered."))
