"""What waits for a person: tasks by urgency, taken up and closed."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from medmgmt import chart, lists, problems
from medmgmt.actions import worklist as actions
from medmgmt.web.forms import CancelForm, DoneForm
from medmgmt.web.page import FORESEEN, MENDABLE, Asked, page, paged, refusal_on, status_of, to
from refills.models import Task, TaskKind, TaskState

STATES = {"open": TaskState.OPEN, "done": TaskState.DONE, "cancelled": TaskState.CANCELLED}


@page
def worklist(request: Asked) -> HttpResponse:
    """Tasks, the most urgent first; filters are plain links and codes."""
    state = request.GET.get("state", "open")
    state = state if state in STATES else "open"
    kind = request.GET.get("kind", "")
    kind = kind if kind in TaskKind.values else ""
    mine = request.GET.get("mine") == "1"
    rows = paged(request, lists.worklist(request.user, state=state, kind=kind, mine=mine))
    context = {
        "rows": rows,
        "state": state,
        "kind": kind,
        "mine": mine,
        "kinds": TaskKind.choices,
        "back": request.get_full_path(),
    }
    return render(request, "worklist.html", context)


@page
def claim(request: Asked, task_id: int) -> HttpResponse:
    """Takes a task; with htmx only its row changes."""
    return act(request, task_id, lambda: actions.claim(request.user, task_id, version=version(request)))


@page
def release(request: Asked, task_id: int) -> HttpResponse:
    """Gives it back."""
    return act(request, task_id, lambda: actions.release(request.user, task_id))


def act(request: Asked, task_id: int, work: Callable[[], Task]) -> HttpResponse:
    """Does it and goes back to the list. Whoever was too late is told so, and sees how the task stands now."""
    if request.method != "POST":
        return redirect("web:task", task_id)
    refused = ""
    try:
        work()
    except FORESEEN as error:
        problem = problems.describe(error)
        if problem.status not in MENDABLE:
            raise
        refused = problem.detail
    if request.htmx:
        shown = chart.task(request.user, task_id)
        context = {"task": shown, "refused": refused, "back": came_from(request), "in_place": True}
        return render(request, "_task.html", context)
    if refused:
        messages.error(request, refused)
    return redirect(came_from(request))


@page
def task(request: Asked, task_id: int) -> HttpResponse:
    """One task with its two ways to close it."""
    return show(request, task_id)


@page
def done(request: Asked, task_id: int) -> HttpResponse:
    """Closes it with what came of it."""
    form = DoneForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusal_on(form):
            actions.done(request.user, task_id, outcome=form.cleaned_data["outcome"], version=version(request))
            return to(request, came_from(request), _("The task is done."))
    return show(request, task_id, form=form)


@page
def cancel(request: Asked, task_id: int) -> HttpResponse:
    """Closes it as not needed any more."""
    form = CancelForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusal_on(form):
            actions.cancel(request.user, task_id, why=form.cleaned_data["why"], version=version(request))
            return to(request, came_from(request), _("The task is cancelled."))
    return show(request, task_id, form=form)


def show(request: Asked, task_id: int, *, form: DoneForm | CancelForm | None = None) -> HttpResponse:
    """The task's page; a form that was sent back keeps what was typed."""
    context = {
        "task": chart.task(request.user, task_id),
        "form": form,
        "done_form": form if isinstance(form, DoneForm) else DoneForm(),
        "cancel_form": form if isinstance(form, CancelForm) else CancelForm(),
        "back": came_from(request),
    }
    return render(request, "task.html", context, status=status_of(form) if form else 200)


def version(request: Asked) -> int:
    """The version that was on the page; what cannot be read is older than any."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def came_from(request: Asked) -> str:
    """The list with its filters, or the chart, that led here; never an address of somebody else."""
    address = request.POST.get("back") or request.GET.get("back", "")
    own = url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return address if own else reverse("web:worklist")
