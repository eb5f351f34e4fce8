"""What waits for a person: tasks by clinical risk, taken up, handed on, written under and closed, one or several."""

from collections.abc import Callable

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme, urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from medmgmt import problems
from medmgmt.actions import worklist as actions
from medmgmt.record import access
from medmgmt.record.models import Level, User
from medmgmt.web.kit import kept, once
from medmgmt.web.kit.page import FORESEEN, Asked, mendable, page, paged, refusal_on, status_of, to
from medmgmt.web.worklist_forms import (
    AbsenceForm,
    CancelForm,
    CommentForm,
    DoneForm,
    PostponeForm,
    ReassignForm,
    SeveralForm,
    target,
)
from medmgmt.worklist import lateness, reads
from refills.models import Task, TaskKind, TaskState

STATES = {"open": TaskState.OPEN, "done": TaskState.DONE, "cancelled": TaskState.CANCELLED}
WHOSE = ("mine", "role", "team")
DOINGS = ("claim", "reassign", "done", "postpone")


@page
def worklist(request: Asked) -> HttpResponse:
    """Tasks, the greatest risk first; filters are plain links and codes, a patient is a number."""
    asked = filters(request)
    rows = paged(request, reads.worklist(request.user, **asked))  # type: ignore[arg-type]  # each of its own kind
    is_open = asked["state"] == "open"
    context = {
        **asked,
        "rows": rows,
        "kinds": TaskKind.choices,
        "levels": Level.choices,
        "back": request.get_full_path(),
        "ticked": request.POST.getlist("task"),
        "batch": SeveralForm(reads.colleagues(request.user), request.POST or None, auto_id="several_%s")
        if is_open
        else None,
    }
    return render(request, "worklist.html", context)


def filters(request: Asked) -> dict[str, object]:
    """What the address asks for; what nobody understands is left out."""
    given = request.GET
    whose = "mine" if given.get("mine") == "1" else given.get("whose", "")
    patient = given.get("patient", "")
    return {
        "state": given["state"] if given.get("state") in STATES else "open",
        "kind": given["kind"] if given.get("kind") in TaskKind.values else "",
        "whose": whose if whose in WHOSE else "",
        "late": given.get("late") == "1",
        "level": given["level"] if given.get("level") in Level.values else "",
        "patient_id": int(patient) if patient.isascii() and patient.isdigit() and len(patient) < 19 else None,
    }


@page
def claim(request: Asked, task_id: int) -> HttpResponse:
    """Takes a task, or keeps it longer; with htmx only its row changes."""
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
        refused = mendable(error).detail
    if request.htmx:
        shown = reads.task(request.user, task_id)
        listed = request.POST.get("listed") == "1"
        context = {"task": shown, "refused": refused, "back": came_from(request), "in_place": True, "batch": listed}
        return render(request, "_task.html", context)
    if refused:
        messages.error(request, refused)
    return redirect(came_from(request))


@page
def task(request: Asked, task_id: int) -> HttpResponse:
    """One task with everything that can be done with it."""
    return show(request, task_id)


@page
def done(request: Asked, task_id: int) -> HttpResponse:
    """Closes it with what came of it."""
    form = DoneForm(request.POST or None, auto_id="done_%s")
    return sent(request, task_id, form, actions.done, _("The task is done."))


@page
def cancel(request: Asked, task_id: int) -> HttpResponse:
    """Closes it as not needed any more."""
    form = CancelForm(request.POST or None, auto_id="cancel_%s")
    return sent(request, task_id, form, actions.cancel, _("The task is cancelled."))


@page
def reassign(request: Asked, task_id: int) -> HttpResponse:
    """Hands it on to a person on duty or to a role."""
    shown = reads.task(request.user, task_id)
    form = ReassignForm(reads.takers(request.user, shown), request.POST or None, auto_id="reassign_%s")

    def hand_on(by: User, number: int, *, version: int, **_typed: object) -> Task:
        return actions.reassign(by, number, version=version, **form.values())

    return sent(request, task_id, form, hand_on, _("The task was handed on."))


@page
def postpone(request: Asked, task_id: int) -> HttpResponse:
    """Puts it off."""
    form = PostponeForm(request.POST or None, auto_id="postpone_%s")
    return sent(request, task_id, form, actions.postpone, _("The task was put off."))


@page
def comment(request: Asked, task_id: int) -> HttpResponse:
    """Writes something under it."""
    form = CommentForm(request.POST or None, auto_id="comment_%s")
    here = f"{reverse('web:task', args=[task_id])}?{urlencode({'back': came_from(request)})}"
    done = once.sent(request, form, actions.comment, task_id, leads_to=here, said=_("Written under the task."))
    return done or show(request, task_id, form=form)


@page
def several(request: Asked) -> HttpResponse:
    """The same act with several tasks; what became of each is told."""
    if request.method != "POST":
        return list_again(request) if request.POST else redirect("web:worklist")
    form = SeveralForm(reads.colleagues(request.user), request.POST)
    seen, doing = chosen(request), request.POST.get("act", "")
    fault = "" if form.is_valid() else " ".join(str(error) for errors in form.errors.values() for error in errors)
    fault = fault or ("" if doing in DOINGS else _("Choose what to do with the tasks."))
    fault = fault or form.missing(doing) or ("" if seen else _("Choose at least one task."))
    if fault:
        messages.error(request, fault)
        return list_again(request)
    tell(request, actions.each(request.user, seen[: actions.MOST_AT_ONCE], one_of(request, doing, form)))
    kept.forget(request, came_from(request))
    return redirect(came_from(request))


def list_again(request: Asked) -> HttpResponse:
    """The list that led here, with what was ticked and typed."""
    return redirect(kept.keep(request, whose=request.user.pk, at=came_from(request), lost=False))


def one_of(request: Asked, doing: str, form: SeveralForm) -> Callable[[int, int], Task]:
    """What is done with each of several tasks."""
    by, given = request.user, form.cleaned_data

    def work(task_id: int, seen: int) -> Task:
        if doing == "reassign":
            return actions.reassign(by, task_id, version=seen, **target(given["to"]), why=given["why"])
        if doing == "done":
            code = given["code"] or "other"
            return actions.done(by, task_id, outcome=given["outcome"], code=code, version=seen)
        if doing == "postpone":
            return actions.postpone(by, task_id, until=given["until"], why=given["why"], version=seen)
        return actions.claim(by, task_id, version=seen)

    return work


def tell(request: Asked, told: list[actions.CameOfTask]) -> None:
    """How many were done, and of each other which and why not."""
    good = sum(one.error is None for one in told)
    if good:
        messages.success(request, ngettext("%(count)d task: done as asked.", "%(count)d tasks: done as asked.", good)
                         % {"count": good})  # fmt: skip
    for one in told:
        if one.error is not None:
            why = problems.describe(one.error).detail
            messages.error(request, _("Task %(number)s: %(why)s") % {"number": one.task_id, "why": why})


def chosen(request: Asked) -> list[actions.Seen]:
    """The ticked tasks with the versions that were on the page; what cannot be read is no task."""
    pairs = (text.partition(":") for text in request.POST.getlist("task"))
    return [
        actions.Seen(int(number), int(seen))
        for number, _colon, seen in pairs
        if number.isascii() and number.isdigit() and seen.isascii() and seen.isdigit() and len(number + seen) < 19
    ]


def sent(
    request: Asked, task_id: int, form: forms.Form, work: Callable[..., Task], said: str
) -> HttpResponse:  # fmt: skip
    """Does what a form of the task's page asks and goes back; a form that was refused keeps what was typed."""
    if request.method == "POST" and form.is_valid():
        with refusal_on(form):
            work(request.user, task_id, version=version(request), **form.cleaned_data)
            return to(request, came_from(request), said)
    return show(request, task_id, form=form if request.POST else None)


def show(request: Asked, task_id: int, *, form: forms.Form | None = None) -> HttpResponse:
    """The task's page; a form that was sent back keeps what was typed."""
    shown = reads.task(request.user, task_id)
    people = reads.takers(request.user, shown) if shown.is_live else []
    context = {
        "task": shown,
        "form": form,
        "comments": shown.comments.select_related("author"),
        "put_off_until": reads.put_off_until(shown),
        "done_form": form if isinstance(form, DoneForm) else DoneForm(auto_id="done_%s"),
        "cancel_form": form if isinstance(form, CancelForm) else CancelForm(auto_id="cancel_%s"),
        "comment_form": form if isinstance(form, CommentForm) else CommentForm(auto_id="comment_%s"),
        "postpone_form": form if isinstance(form, PostponeForm) else PostponeForm(auto_id="postpone_%s"),
        "reassign_form": form if isinstance(form, ReassignForm) else ReassignForm(people, auto_id="reassign_%s"),
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
    return address if own and address.startswith("/") else reverse("web:worklist")


@page
def late(request: Asked) -> HttpResponse:
    """What is late, by kind, role, age and reason; an administrator sees numbers alone."""
    return render(request, "late.html", {"report": lateness.lateness_for(request.user)})


@page
def cover(request: Asked) -> HttpResponse:
    """Who is away, and a form to say so."""
    absences, people = reads.absences(request.user), reads.stand_ins(request.user)
    form = AbsenceForm(request.user, people, request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusal_on(form):
            given = form.cleaned_data
            actions.tell_absence(
                request.user,
                user_id=int(given["user"]),
                since=given["since"],
                until=given["until"],
                cover_id=int(given["cover"]) if given["cover"] else None,
            )
            return to(request, reverse("web:cover"), _("It is written down, and the tasks go on to whoever stands in."))
    works = access.may(request.user, "work_tasks")
    notice = reads.wants_digest(request.user) if works else None
    context = {"absences": absences, "form": form, "notice": notice, "works": works}
    return render(request, "cover.html", context, status=status_of(form))


@page
def withdraw(request: Asked, absence_id: int) -> HttpResponse:
    """Somebody is not away after all."""
    if request.method == "POST":
        actions.withdraw_absence(request.user, absence_id)
        return to(request, reverse("web:cover"), _("The absence does not hold any more."))
    return redirect("web:cover")


@page
def notice(request: Asked) -> HttpResponse:
    """Turns the morning notice on or off."""
    if request.method == "POST":
        wanted = actions.choose_digest(request.user, wanted=request.POST.get("wanted") == "1")
        return to(
            request, reverse("web:cover"), _("You get the notice.") if wanted else _("You get no notice any more.")
        )
    return redirect("web:cover")
