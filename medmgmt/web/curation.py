"""The rules behind every review: looked up, and changed for this clinic by two people."""

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interactions.models import LocalChange, LocalState
from medmgmt.actions import knowledge
from medmgmt.knowledge import reads
from medmgmt.record import access
from medmgmt.record.models import User
from medmgmt.web.kit import kept
from medmgmt.web.kit.once import sent
from medmgmt.web.kit.page import Asked, page, paged, status_of, to
from medmgmt.web.rule_forms import FIELDS, KINDS, LocalChangeForm, RuleSearch

SAID: dict[str, Promise] = {
    "approve": gettext_lazy("It is in use from its first day on. Patients whom it concerns are looked at again."),
    "reject": gettext_lazy("It is rejected."),
    "end": gettext_lazy("It is no longer in use."),
}
SWITCHED = gettext_lazy("It is done: every review from now on goes by it.")
STAYS = gettext_lazy("It stays in use.")
ASKED_TO_END = gettext_lazy("It stays in use until a second person takes it out.")
MOST_FOUND = 200
PREFILLED = ("of_source", "of_rule", "of_code", "a", "b", "severity")


@page
def rules(request: Asked) -> HttpResponse:
    """Rules in use, the clinic's own changes, and the passive list. A search is a POST, as everywhere."""
    sources = reads.rule_sources(request.user)
    if request.method == "POST":
        return kept.to_be_shown(request)
    form = RuleSearch(request.POST or None, sources=sources)
    asked = form.cleaned_data if form.is_bound and form.is_valid() else {"q": "", "severity": "", "source": ""}
    found = reads.rules(request.user, search=asked["q"], severity=asked["severity"], source=asked["source"])
    context = {
        "form": form,
        "rows": paged(request, found, MOST_FOUND) if any(asked.values()) else paged(request, found),
        "changes": reads.local_changes(request.user)[:100],
        "passive": reads.passive_pairs(request.user),
        "may_curate": access.may(request.user, "curate_knowledge"),
    }
    return render(request, "rules.html", context)


@page
def show(request: Asked, local_change_id: int) -> HttpResponse:
    """One change of the clinic's own, and what its cases come to with it in use."""
    return page_of(request, local_change_id)


def page_of(request: Asked, local_change_id: int) -> HttpResponse:
    """Its page, with a reason that was typed and not taken."""
    change, tried = knowledge.try_out(request.user, local_change_id)
    may, is_open = access.may, change.state in ("proposed", "suspended")
    context = {
        "change": change,
        "tried": tried,
        "fails": [one for one in tried if not one.passes],
        "may_decide": is_open and may(request.user, "approve_knowledge"),
        "is_own": change.author_id == request.user.pk,
        "may_end": may_end(request.user, change),
        "may_keep": may(request.user, "approve_knowledge"),
        "why": request.POST.get("why", ""),
    }
    return render(request, "rule_change.html", context)


def is_in_force(change: LocalChange) -> bool:
    """Whether there is something that can be taken out of use; a switch of a release is over once it was done."""
    return not change.becomes and change.state in (LocalState.APPROVED, LocalState.SUSPENDED)


def may_end(by: User, change: LocalChange) -> bool:
    """Whether this person may ask for its end, or end what another than they asks to end."""
    if change.state == LocalState.APPROVED and change.end_asked_by_id is not None:
        return change.end_asked_by_id != by.pk and access.may(by, "approve_knowledge")
    return is_in_force(change) and access.may(by, "curate_knowledge")


@page
def new(request: Asked) -> HttpResponse:
    """A rule or a grade of the clinic's own, for a second person to approve."""
    access.require(request.user, "curate_knowledge")
    kind = (request.POST or request.GET).get("kind", "")
    if kind not in FIELDS:
        status = 422 if request.method == "POST" else 200
        return render(request, "rule_kinds.html", {"kinds": KINDS.items()}, status=status)
    form = LocalChangeForm(request.POST or None, kind=kind, initial=prefilled(request))
    said = _("It is proposed. What its cases come to stands below.")
    done = sent(
        request, form, lambda by, **_typed: shown_at(knowledge.propose(by, form.wanted()).pk), leads_to=str, said=said
    )
    if done:
        return done
    context = {"form": form, "title": KINDS[kind], "button": _("Propose"), "sides": reads.rule_sides(request.user)}
    return render(request, "rule_form.html", context, status=status_of(form))


def prefilled(request: Asked) -> dict[str, Any]:
    """What a page that leads here has filled in, with a first case made of it."""
    given = {name: request.GET[name][:200] for name in PREFILLED if name in request.GET}
    example = reads.example_case(
        request.user, given.get("a", ""), given.get("b", ""), given.get("of_source", ""), given.get("of_rule", "")
    )
    severity = "minor" if request.GET.get("kind") == "passive" else given.get("severity", "")
    return {**given, "cases": f"{example} => {severity}"} if example else given


def shown_at(change_id: int) -> str:
    """Where it is shown."""
    return reverse("web:local_change", args=[change_id])


@page
def decide(request: Asked, local_change_id: int, decision: str) -> HttpResponse:
    """Yes, no, or no longer."""
    if decision not in SAID:
        raise Http404
    if request.method != "POST":
        return page_of(request, local_change_id) if request.POST else to(request, shown_at(local_change_id))
    why = request.POST.get("why", "")[:2000]
    if decision == "approve":
        is_switch = knowledge.approve(request.user, local_change_id).becomes
        return to(request, shown_at(local_change_id), SWITCHED if is_switch else SAID[decision])
    if decision == "reject":
        stays = knowledge.reject(request.user, local_change_id, why=why).state == LocalState.APPROVED
        return to(request, shown_at(local_change_id), STAYS if stays else SAID[decision])
    is_over = knowledge.end(request.user, local_change_id, why=why).state == LocalState.ENDED
    return to(request, shown_at(local_change_id), SAID[decision] if is_over else ASKED_TO_END)
