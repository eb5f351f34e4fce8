"""Answering cards: on the review of a proposal, and on what a screening brought up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from medmgmt import screenings
from medmgmt.actions import answering as actions
from medmgmt.problem_cards import FindingCard, ProblemCard
from medmgmt.web import answer_forms, banner
from medmgmt.web.answer_forms import AnswerForm
from medmgmt.web.page import Asked, page, refusal_on, status_of


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


def with_forms(
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
            form = answer_forms.fresh(lead, problem.choices, today)
        else:
            form.offer(problem.choices)
        is_open = can_answer and problem.needs_answer
        address_of = reverse(name, args=[number, lead])
        found.append(Card(problem, form if is_open else None, address_of, may_order=may_order))
    return found


def give(request: Asked, finding_id: int) -> AnswerForm:
    """Takes the answer that was sent; the form says what was refused."""
    form = answer_forms.sent(finding_id, request.POST)
    if form.is_valid():
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
    shown = screenings.of_patient(request.user, patient_id)
    context = {"page": shown, "banner": banner.of(shown.patient), "cards": screening_cards(shown, bound or {})}
    return render(request, "screening.html", context, status=status)


def screening_cards(shown: screenings.ScreeningPage, bound: Mapping[int, AnswerForm]) -> list[Card]:
    """Those that wait first."""
    found = with_forms(
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
    if request.method != "POST":
        return redirect("web:screening", patient_id)
    form = give(request, finding_id)
    bound = {finding_id: form} if form.errors else {}
    if not request.htmx:
        if form.errors:
            return show_screening(request, patient_id, bound=bound, status=422)
        return redirect(f"{reverse('web:screening', args=[patient_id])}#finding-{finding_id}")
    shown = screenings.of_patient(request.user, patient_id)
    mine = next((card for card in screening_cards(shown, bound) if card.holds(finding_id)), None)
    if mine is None:
        raise Http404
    context = {"page": shown, "each": mine, "in_place": True}
    return render(request, "_answered_screening.html", context, status=status_of(form))
