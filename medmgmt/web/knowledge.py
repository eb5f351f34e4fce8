"""What the service knows: releases of interaction data, switched on and off by a person."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from medmgmt import lists, previews
from medmgmt.actions import knowledge as actions
from medmgmt.record import access
from medmgmt.web.page import Asked, page, paged, to

SAID: dict[str, Promise] = {
    "activate": _("The release is active. Every review from now on uses it. Run the selftest on it next."),
    "retire": _("The release is retired. Reviews that used it still name it."),
}


@page
def releases(request: Asked) -> HttpResponse:
    """Every release with its source, date, licence, counts and warnings."""
    rows, may = paged(request, lists.releases(request.user)), access.may
    context = {
        "rows": rows,
        "may_activate": may(request.user, "activate_release"),
        "may_see_alerts": may(request.user, "view_alerts"),
        "runs": lists.rescreenings(request.user)[:5],
        "tested": lists.tested(request.user),
    }
    return render(request, "knowledge.html", context)


@page
def switch(request: Asked, release_id: int, act: str) -> HttpResponse:
    """Asks before a release is activated or retired, then does it."""
    if act not in SAID:
        raise Http404
    access.require(request.user, "activate_release")
    if request.method == "POST":
        do = actions.activate if act == "activate" else actions.retire
        do(request.user, release_id)
        return to(request, reverse("web:knowledge"), SAID[act])
    release = lists.releases(request.user).filter(pk=release_id).first()
    if release is None:
        raise Http404
    found = previews.of(request.user, release_id, active=act == "activate")
    return render(request, "knowledge_confirm.html", {"release": release, "act": act, "preview": found})
