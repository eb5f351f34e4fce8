"""What every page goes through: who asks, in which language and time zone, and how a refusal is shown."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.http import HttpResponseClientRedirect
from django_htmx.middleware import HtmxDetails

from medmgmt import problems
from medmgmt.record.errors import Unconfirmed, Unproven
from medmgmt.record.models import Role, User
from medmgmt.web.kit import confirm, kept

P = ParamSpec("P")
M = TypeVar("M", bound=Model)
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]
FORESEEN = tuple(problems.OF_ERROR)
REFUSED = 422
MENDABLE = (409, REFUSED)
"""Refusals that belong beside the form: the person can change something or look again."""
PAGE_SIZE = 50


class Asked(HttpRequest):
    """A request of somebody who is signed in."""

    user: User
    htmx: HtmxDetails


def page(view: Callable[Concatenate[Asked, P], HttpResponseBase]) -> View[P]:
    """Only for people who are signed in; what the rooms refuse becomes a page with one sentence."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return to_sign_in(request)
        with speaking_to(request):
            is_again = kept.bring_back(request)
            try:
                confirm.take(request)
                response: HttpResponseBase = view(request, *args, **kwargs)  # type: ignore[arg-type]  # the user was asked for above
            except Unproven as asked:
                response = confirm.show(request, asked)
            except FORESEEN as error:
                response = refusal(request, error)
            if is_again and response.status_code == REFUSED:
                response.status_code = 200
            if request.method == "POST" and 300 <= response.status_code < 400:
                kept.forget(request, request.get_full_path())
            response.headers["Content-Language"] = translation.get_language() or settings.LANGUAGE_CODE
        return response

    guarded.keeps_what_was_typed = True  # type: ignore[attr-defined]  # a sign-in, which asks for a password, never does
    return guarded


def to_sign_in(request: HttpRequest) -> HttpResponse:
    """Back here after signing in, with what was typed; a fragment's own address would be no place to come back to."""
    is_fragment = getattr(request, "htmx", False)
    if request.method == "POST":
        whose = kept.shown_to(request) or getattr(request, "ended_for", None)
        answer = redirect_to_login(kept.keep(request, whose=whose))
        return HttpResponseClientRedirect(answer.url) if is_fragment else answer
    if is_fragment:
        return HttpResponseClientRedirect(settings.LOGIN_URL)
    return redirect_to_login(request.get_full_path())


@contextmanager
def speaking_to(request: HttpRequest) -> Iterator[None]:
    """Patients read their own language and clock, unless they chose another here; the clinic's pages are in one."""
    user = request.user
    if not isinstance(user, User) or user.role != Role.PATIENT or user.patient is None:
        with translation.override(settings.LANGUAGE_CODE):
            yield
        return
    chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    language = chosen if chosen in dict(settings.LANGUAGES) else user.patient.language
    with translation.override(language), timezone.override(ZoneInfo(user.patient.time_zone)):
        yield


def refusal(request: HttpRequest, error: Exception) -> HttpResponse:
    """The page that says no, with the status of the problem; a request nobody can read is told no more than that."""
    request._waiting = {}  # type: ignore[attr-defined]  # no counts on it: the database may be why this page is shown
    problem = problems.describe(error)
    template = "400.html" if problem.status == 400 else "problem.html"
    is_worth_it = problem.status in MENDABLE and kept.holds_words(request)
    again = kept.keep(request, whose=request.user.pk) if is_worth_it else ""
    context = {"problem": problem, "words": kept.words(request), "again": again, "back": came_from(request)}
    return render(request, template, context, status=problem.status)


def came_from(request: HttpRequest) -> str:
    """The page of ours that led here; empty where the browser does not say, or it is this one."""
    address = request.headers.get("Referer", "")
    own = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if own and address != request.build_absolute_uri() else ""


@contextmanager
def refusal_on(form: forms.BaseForm) -> Iterator[None]:
    """What the rooms refuse inside is said at the top of the form, and nothing that was typed is lost. What they only
    ask gets its tick."""
    try:
        yield
    except FORESEEN as error:
        form.add_error(None, mendable(error).detail)
        if isinstance(error, Unconfirmed):
            form.fields["confirm"].widget = forms.CheckboxInput()


def mendable(error: Exception) -> problems.Problem:
    """What was refused, where the person can change something or look again; anything else is raised on."""
    problem = problems.describe(error)
    if problem.status not in MENDABLE:
        raise error
    return problem


def to(request: HttpRequest, address: str, said: str | Promise = "") -> HttpResponseRedirect:
    """On to the next page after a change, with a sentence of what was done."""
    if said:
        messages.success(request, str(said))
    return HttpResponseRedirect(address)


def status_of(form: forms.BaseForm) -> int:
    """422 for a form that was sent back, else 200."""
    return REFUSED if form.is_bound and form.errors else 200


def paged(request: HttpRequest, rows: QuerySet[M], size: int = PAGE_SIZE) -> Page[M]:
    """The page of a list that `?page=` asks for; nonsense is the first or the last page, never an error."""
    return Paginator(rows, size).get_page(request.GET.get("page"))
