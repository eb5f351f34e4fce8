"""Answering cards: on the review of a proposal, and on what a screening brought up."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from interactions.models import Finding
from medmgmt.actions import monitoring, prescribing
from medmgmt.actions import review as actions
from medmgmt.monitoring import measures
from medmgmt.record import access
from medmgmt.review import reads
from medmgmt.review.cards import FindingCard, ProblemCard
from medmgmt.web import review_forms
from medmgmt.web.kit import banner
from medmgmt.web.kit.forms import LARGEST, Written
from medmgmt.web.kit.page import FORESEEN, Asked, mendable, page, refusal_on, status_of, to
from medmgmt.web.kit.patient_page import chart_of
from medmgmt.web.order_forms import WithdrawForm
from medmgmt.web.review_forms import AnswerForm

ASKED = gettext_lazy("Asked. The request stands in their worklist.")
AGREED = gettext_lazy("Co-signed. The prescriber can sign now.")
DECLINED = gettext_lazy("Declined. The author has a task with your reason.")

LONGEST_CODE = 20
EVERYTHING = "all"

NOBODYS = 0
"""The number of nothing on record: what is asked of it is refused like what is out of reach."""


@dataclass(frozen=True)
class Card:
    """One clinical problem on a page, with the form to answer it where this person may, and where that is sent."""

    problem: ProblemCard
    form: AnswerForm | None
    url: str
    may_order: bool = False
    """Whether this person may order what the card asks to be measured."""

    @property
    def card(self) -> FindingCard:
        """The finding that leads."""
        return self.problem.lead

    @property
    def behind(self) -> list[FindingCard]:
        """All else behind the same problem."""
        return self.problem.behind

    def holds(self, finding_id: int) -> bool:
        """Whether the finding stands on it."""
        return any(one.finding.pk == finding_id for one in self.problem.findings)


def with_answer_forms(
    problems: Sequence[ProblemCard],
    bound: Mapping[int, AnswerForm],
    *,
    today: date,
    can_answer: bool,
    may_order: bool,
    address: tuple[str, int],
) -> list[Card]:
    """A card for every clinical problem, with a form on each that this person may still answer."""
    name, number = address
    found = []
    for problem in problems:
        lead = problem.lead.finding.pk
        form = next((bound[one.finding.pk] for one in problem.findings if one.finding.pk in bound), None)
        if form is None:
            form = review_forms.fresh(lead, problem.choices, today)
        else:
            form.offer(problem.choices)
        is_open = can_answer and problem.needs_answer
        address_of = reverse(name, args=[number, lead])
        found.append(Card(problem, form if is_open else None, address_of, may_order=may_order))
    return found


def give(request: Asked, finding_id: int, **of: int) -> AnswerForm:
    """Takes the answer that was sent; the form says what was refused. A finding that is not of what the address names
    is refused as one that is not there."""
    if not Finding.objects.filter(pk=finding_id, **of).exists():
        actions.override(request.user, NOBODYS, reason_code="", note="", follow_up_on=timezone.localdate())
    form = review_forms.sent(finding_id, request.POST)
    if request.method == "POST" and form.is_valid():
        with refusal_on(form):
            actions.override(request.user, finding_id, **form.cleaned_data)
    return form


@page
def screening(request: Asked, patient_id: int) -> HttpResponse:
    """What screenings brought up for a patient, to be answered without an order."""
    return show_screening(request, patient_id)


def show_screening(
    request: Asked, patient_id: int, *, bound: Mapping[int, AnswerForm] | None = None, status: int = 200
) -> HttpResponse:
    """The page, with a form that was sent back where there is one."""
    shown = reads.of_patient(request.user, patient_id)
    context = {
        "page": shown,
        "banner": banner.banner_of(shown.patient, request.user),
        "cards": screening_cards(shown, bound or {}),
    }
    return render(request, "screening.html", context, status=status)


def screening_cards(shown: reads.ScreeningPage, bound: Mapping[int, AnswerForm]) -> list[Card]:
    """Those that wait first."""
    found = with_answer_forms(
        shown.problems,
        bound,
        today=shown.patient.today(timezone.now()),
        can_answer=shown.can_answer,
        may_order=shown.can_answer,
        address=("web:answer_screening", shown.patient.pk),
    )
    return sorted(found, key=lambda one: not one.problem.needs_answer)


@page
def answer_screening(request: Asked, patient_id: int, finding_id: int) -> HttpResponse:
    """Accepts a card with a reason. With htmx it changes in place, and what still waits beside it."""
    if not request.POST:
        return redirect("web:screening", patient_id)
    form = give(request, finding_id, review__patient_id=patient_id)
    is_back = form.errors or request.method == "GET"
    bound = {finding_id: form} if is_back else {}
    if not request.htmx:
        if is_back:
            return show_screening(request, patient_id, bound=bound, status=422)
        return redirect(f"{reverse('web:screening', args=[patient_id])}#finding-{finding_id}")
    shown = reads.of_patient(request.user, patient_id)
    mine = next((card for card in screening_cards(shown, bound) if card.holds(finding_id)), None)
    if mine is None:
        raise Http404
    context = {"page": shown, "each": mine, "in_place": True}
    return render(request, "_answered_screening.html", context, status=status_of(form))


@page
def review(request: Asked, change_id: int) -> HttpResponse:
    """What the active knowledge says about a proposal; new findings first."""
    return show_review(request, change_id)


def show_review(
    request: Asked,
    change_id: int,
    *,
    bound: dict[int, AnswerForm] | None = None,
    withdraw_form: WithdrawForm | None = None,
    word: str = "",
    refused: str = "",
    status: int = 200,
) -> HttpResponse:
    """The review, with forms that were sent back where there are any, and why a signature was refused."""
    shown = reads.proposal(request.user, change_id)
    cards = with_forms(shown, bound or {})
    context = {
        "page": shown,
        "banner": banner.banner_of(shown.patient, request.user),
        "refused": refused,
        "word": word,
        "withdraw_form": withdraw_form or WithdrawForm(auto_id="id_withdraw_%s"),
        "new": [card for card in cards if card.problem.is_new],
        "standing": [card for card in cards if not card.problem.is_new],
        "coverage": coverage(shown),
        "may_withdraw": access.may(request.user, "withdraw"),
        "may_propose": access.may(request.user, "propose"),
    }
    return render(request, "review.html", context, status=status)


def coverage(shown: reads.ProposalPage) -> list[dict[str, Any]]:
    """Every pair that was compared, with names where the review kept numbers; one query."""
    names = {str(pk): name for pk, name in shown.patient.prescriptions.values_list("pk", "drug_name")}
    return [
        {**pair, "a": names.get(pair["a"], pair["a"]), "b": names.get(pair["b"], pair["b"])} for pair in shown.coverage
    ]


def with_forms(shown: reads.ProposalPage, bound: Mapping[int, AnswerForm]) -> list[Card]:
    """A card for every clinical problem, with a form on each that this person may still answer."""
    return with_answer_forms(
        shown.problems,
        bound,
        today=shown.patient.today(timezone.now()),
        can_answer=shown.can_answer,
        may_order=shown.can_order,
        address=("web:answer", shown.change.pk),
    )


@page
def answer(request: Asked, change_id: int, finding_id: int) -> HttpResponse:
    """Accepts a card with a reason. With htmx it changes in place, and the signature below it."""
    if not request.POST:
        return redirect("web:review", change_id)
    form = give(request, finding_id, review__change_id=change_id)
    if request.htmx:
        return answered_in_place(request, change_id, finding_id, form)
    if form.errors or request.method == "GET":
        return show_review(request, change_id, bound={finding_id: form}, status=422)
    return redirect(f"{reverse('web:review', args=[change_id])}#finding-{finding_id}")


def answered_in_place(request: Asked, change_id: int, finding_id: int, form: AnswerForm) -> HttpResponse:
    """The one card, and the signature as it stands now."""
    shown = reads.proposal(request.user, change_id)
    bound = {finding_id: form} if form.errors else {}
    mine = next((card for card in with_forms(shown, bound) if card.holds(finding_id)), None)
    if mine is None:
        raise Http404
    context = {"page": shown, "each": mine, "in_place": True}
    return render(request, "_answered.html", context, status=status_of(form))


@page
def sign(request: Asked, change_id: int) -> HttpResponse:
    """Signs, after one more look; a refusal stands on the page with its reason."""
    if request.method != "POST":
        return redirect("web:review", change_id)
    try:
        signed = prescribing.sign(request.user, change_id, unchecked=request.POST.get("unchecked") == "on")
    except FORESEEN as error:
        problem = mendable(error)
        return show_review(request, change_id, refused=problem.detail, status=problem.status)
    return to(request, reverse("web:chart", args=[signed.patient_id]), _("Signed. The chart shows it."))


@page
def withdraw(request: Asked, change_id: int) -> HttpResponse:
    """Takes a proposal back."""
    if not request.POST:
        return redirect("web:review", change_id)
    form = WithdrawForm(request.POST, auto_id="id_withdraw_%s")
    if request.method == "POST" and form.is_valid():
        with refusal_on(form):
            gone = prescribing.withdraw(request.user, change_id, note=form.cleaned_data["note"])
            return to(request, chart_of(gone.patient), _("The proposal is withdrawn."))
    return show_review(request, change_id, withdraw_form=form, status=422)


class WordForm(forms.Form):
    """Which review was read, and the sentence."""

    review = forms.IntegerField(min_value=1, max_value=LARGEST)
    note = Written(max_length=actions.MOST_NOTE, required=False)


@page
def ask(request: Asked, change_id: int) -> HttpResponse:
    """Asks the pharmacists, or the colleague who was chosen."""
    chosen = request.POST.get("colleague", "")
    number = int(chosen) if chosen.isascii() and chosen.isdecimal() and len(chosen) < 10 else None
    return say(request, change_id, lambda: actions.ask(request.user, change_id, colleague_id=number), ASKED)


@page
def cosign(request: Asked, change_id: int) -> HttpResponse:
    """The second signature."""
    return give_word(request, change_id, actions.cosign, AGREED)


@page
def decline(request: Asked, change_id: int) -> HttpResponse:
    """No, with the reason."""
    return give_word(request, change_id, actions.decline, DECLINED)


def give_word(request: Asked, change_id: int, act: Callable[..., object], said: Promise) -> HttpResponse:
    """A yes or a no to the review that was read."""
    form = WordForm(request.POST)
    if request.method != "POST" and request.POST:
        return show_review(request, change_id, word=request.POST.get("note", ""))
    if request.method != "POST" or not form.is_valid():
        return redirect("web:review", change_id)
    read, note = form.cleaned_data["review"], form.cleaned_data["note"]
    return say(request, change_id, lambda: act(request.user, change_id, review_id=read, note=note), said)


def say(request: Asked, change_id: int, act: Callable[[], object], said: str | Promise) -> HttpResponse:
    """Does it; what is refused stands at the top of the review, where it can be mended."""
    if request.method != "POST":
        return redirect("web:review", change_id)
    try:
        act()
    except FORESEEN as error:
        problem, word = mendable(error), request.POST.get("note", "")
        return show_review(request, change_id, word=word, refused=problem.detail, status=problem.status)
    return to(request, f"{reverse('web:review', args=[change_id])}#sign", said)


@page
def order(request: Asked, finding_id: int) -> HttpResponse:
    """One click: orders one thing or all, once; the code comes with the form, for an address never names a drug."""
    if not request.POST:
        return redirect("web:home")
    code, is_asked = request.POST.get("code", "")[:LONGEST_CODE], request.method == "POST"
    if is_asked and code == EVERYTHING:
        monitoring.order_all(request.user, finding_id)
    elif is_asked:
        monitoring.order_monitoring(request.user, finding_id, code=code)
    shown = measures.of_card(request.user, finding_id)
    if request.htmx:
        may = access.may(request.user, "order_monitoring")
        context = {"measures": shown.measures, "finding_id": finding_id, "may_order": may, "in_place": True}
        return render(request, "_monitoring.html", context)
    change_id, said = shown.finding.review.change_id, _("Ordered.") if is_asked else ""
    if change_id is None:
        return to(request, reverse("web:screening", args=[shown.patient.pk]), said)
    return to(request, f"{reverse('web:review', args=[change_id])}#finding-{finding_id}", said)
