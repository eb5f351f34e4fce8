"""What the knowledge says of one drug, row by row, and what a pharmacist here says of each row."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from medmgmt.actions import evidence as actions
from medmgmt.knowledge import evidence as reads
from medmgmt.record import access
from medmgmt.web.kit import kept
from medmgmt.web.kit.once import once
from medmgmt.web.kit.page import FORESEEN, Asked, mendable, page, to

SENT = ("table", "key", "sha256", "verdict", "remark")
LONGEST = 4000


@page
def drugs(request: Asked) -> HttpResponse:
    """Finds the page of a drug by name, brand or code, typing errors forgiven. A search is a POST, as everywhere."""
    access.require(request.user, "view_knowledge")
    if request.method == "POST":
        return kept.to_be_shown(request)
    text = request.POST.get("q", "")[:120]
    return render(request, "knowledge_drugs.html", {"q": text, "found": reads.search(request.user, text)})


@page
def drug(request: Asked, drug_id: int) -> HttpResponse:
    """The page of the drug; a post says of one of its rows that it was reviewed, or what is wrong with it."""
    told = {name: request.POST.get(name, "")[:LONGEST] for name in SENT}
    if request.method != "POST":
        return show(request, drug_id, typed=told)
    try:
        return to(request, once(request, lambda: judged(request, drug_id, told)), _("It is written down."))
    except FORESEEN as error:
        problem = mendable(error)
        return show(request, drug_id, refused=problem.detail, status=problem.status, typed=told)


def judged(request: Asked, drug_id: int, told: dict[str, str]) -> str:
    """Keeps it; the address of the table on the page."""
    made = actions.judge_row(request.user, drug_id, **told)
    return f"{reverse('web:knowledge_drug', args=[drug_id])}#table-{made.table}"


def show(request: Asked, drug_id: int, *, refused: str = "", status: int = 200, **typed: Any) -> HttpResponse:
    """The page, with a remark that was typed and not taken."""
    context = {
        "drug": reads.drug(request.user, drug_id),
        "may_judge": access.may(request.user, "curate_knowledge"),
        "refused": refused,
        **typed,
    }
    return render(request, "knowledge_drug.html", context, status=status)
