"""What the service knows: releases of interaction data, switched on and off by a person."""

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from medmgmt.actions import knowledge as actions
from medmgmt.knowledge import previews, reads
from medmgmt.record import access
from medmgmt.web.kit.once import once
from medmgmt.web.kit.page import FORESEEN, REFUSED, Asked, mendable, page, paged, to

SAID: dict[str, Promise] = {
    "activate": _("The release is active. Every review from now on uses it. Run the selftest on it next."),
    "retire": _("It is proposed. A second person decides; until then nothing changes."),
}

SHOWN = 20
SCOPES = ("in_use", "shipped")


@page
def releases(request: Asked) -> HttpResponse:
    """Every release with its source, date, licence, counts and warnings."""
    rows, may = paged(request, reads.releases(request.user)), access.may
    context = {
        "rows": rows,
        "may_activate": may(request.user, "activate_release"),
        "may_curate": may(request.user, "curate_knowledge"),
        "may_see_alerts": may(request.user, "view_alerts"),
        "runs": reads.rescreenings(request.user)[:5],
        "tested": reads.tested(request.user),
    }
    return render(request, "knowledge.html", context)


@page
def switch(request: Asked, release_id: int, act: str) -> HttpResponse:
    """Asks before a release comes into use or goes out of it; what takes much away is proposed to a second person."""
    if act not in SAID:
        raise Http404
    access.require(request.user, "activate_release" if act == "activate" else "curate_knowledge")
    if request.method == "POST" and not request.POST.get("reason"):
        if act == "activate":
            actions.activate(request.user, release_id)
            return to(request, reverse("web:knowledge"), SAID[act])
        return ask(request, release_id, act, refused=_("Say why."), status=REFUSED)
    if request.method == "POST":
        reason, becomes = request.POST["reason"][:2000], "active" if act == "activate" else "retired"
        change = actions.propose_switch(request.user, release_id, becomes=becomes, reason=reason)
        return to(request, reverse("web:local_change", args=[change.pk]), SAID["retire"])
    return ask(request, release_id, act)


def ask(request: Asked, release_id: int, act: str, *, refused: str | Promise = "", status: int = 200) -> HttpResponse:
    """What would change, and the question."""
    release = reads.releases(request.user).filter(pk=release_id).first()
    if release is None:
        raise Http404
    found = previews.preview_of(request.user, release_id, active=act == "activate")
    context = {
        "release": release,
        "act": act,
        "preview": found,
        "refused": refused,
        "reason": request.POST.get("reason", ""),
        "may_propose": access.may(request.user, "curate_knowledge"),
        "needs_second": found.needs_second,
    }
    return render(request, "knowledge_confirm.html", context, status=status)


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
        problem = mendable(error)
        return show(request, refused=problem.detail, status=problem.status)


def started(request: Asked, scope: str) -> str:
    """Runs it; the address of the page."""
    actions.run(request.user, scope=scope)
    return reverse("web:selftest")


def show(request: Asked, *, refused: str = "", status: int = 200) -> HttpResponse:
    """The page."""
    runs = list(reads.selftests(request.user)[:SHOWN])
    context = {
        "current": reads.tested(request.user),
        "newest": runs[0] if runs else None,
        "runs": runs,
        "refused": refused,
        "may_run": access.may(request.user, "activate_release"),
    }
    return render(request, "selftest.html", context, status=status)
