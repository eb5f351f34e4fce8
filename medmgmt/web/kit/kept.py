"""What somebody typed and could not be taken, kept for a short time in their own session to stand in its form again.

An address never says what was typed, only the number under which the session holds it. Whoever the form was shown to
gets it back, and nobody else.
"""

import secrets
import time
from datetime import timedelta
from typing import Any, TypedDict

from django.conf import settings
from django.contrib import messages
from django.core import signing
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseRedirect
from django.utils.translation import gettext as _

PLACE = "kept"
"""The name in the session, and in an address that asks for one."""
WHOSE = "whose"
"""The hidden field that says whom a form was shown to."""
LASTS, MOST, LARGEST = timedelta(minutes=15), 12, 100_000
"""How long what was not saved waits; how many are kept at once, the newest; characters of one."""
PROOFS = {"proof_password", "proof_code", "proof_passkey"}
"""What proves who sends a form: never kept, never shown again."""
SECRETS = {"old", "new", "repeated", "password", "pin", "new_code", "new_passkey"} | PROOFS
"""Passwords, PINs, codes and what a passkey answers, by the names of their fields: typed anew, never kept."""
OF_THE_PAGE = {"csrfmiddlewaretoken", "once", WHOSE, "listed"} | SECRETS
"""What belongs to one showing of a form, and is made anew."""
NOT_TYPED = OF_THE_PAGE | {"version", "back", "review", "step", "act", "task", "drug_name", "rxcui"}
"""And what a form carries with it, though nobody typed it there."""


class Sent(TypedDict):
    """One form that was sent."""

    path: str
    typed: dict[str, list[str]]
    whose: int | None
    until: float
    lost: bool
    """Was it meant to be saved, and was not?"""


def mark(user_id: int) -> str:
    """Whom a form is shown to, signed."""
    return signing.dumps(user_id, salt=WHOSE)


def shown_to(request: HttpRequest) -> int | None:
    """Whom the form that was sent was shown to, by its own mark; None where it has none."""
    try:
        return int(signing.loads(request.POST.get(WHOSE, ""), salt=WHOSE))
    except (signing.BadSignature, ValueError, TypeError):
        return None


def holds_words(request: HttpRequest) -> bool:
    """Was anything sent that a person has typed or chosen?"""
    return any(value.strip() for name in request.POST if name not in NOT_TYPED for value in request.POST.getlist(name))


def words(request: HttpRequest) -> list[str]:
    """What somebody has written that was sent, in their own words."""
    sent = [value.strip() for name in request.POST if name not in NOT_TYPED for value in request.POST.getlist(name)]
    return [value for value in sent if len(value.split()) > 1]


def keep(request: HttpRequest, *, whose: int | None, at: str = "", lost: bool = True) -> str:
    """Keeps what was sent, for the page of this address or `at` another of ours; the address that shows it again."""
    typed = {name: request.POST.getlist(name) for name in request.POST if name not in OF_THE_PAGE}
    number = secrets.token_urlsafe(9)
    if sum(len(value) for values in typed.values() for value in values) > LARGEST:
        typed = {}
    lasts = LASTS if lost else timedelta(hours=settings.SESSION_HOURS)
    path, _mark, query = (at or request.get_full_path()).partition("?")
    one = Sent(path=path, typed=typed, whose=whose, until=time.time() + lasts.total_seconds(), lost=lost)
    others = list(request.session.get(PLACE, {}).items())[-MOST + 1 :]
    request.session[PLACE] = {**dict(others), number: one}
    asked = QueryDict(query, mutable=True)
    asked[PLACE] = number
    return f"{path}?{asked.urlencode()}"


def to_be_shown(request: HttpRequest) -> HttpResponse:
    """On to an address that shows what was looked for; reading it again, and Back, ask nothing of anybody."""
    assert request.user.is_authenticated
    return HttpResponseRedirect(keep(request, whose=request.user.pk, lost=False))


def bring_back(request: HttpRequest) -> bool:
    """Lets a page that is read find what was sent to it before as if it had been sent now; whether there was any."""
    number = request.GET.get(PLACE, "") if request.method == "GET" else ""
    found: dict[str, Any] | None = request.session.get(PLACE, {}).get(number) if number else None
    if found is None or found["path"] != request.path or found["until"] < time.time():
        return False
    if found["whose"] not in (None, request.user.pk):
        forget(request, request.get_full_path())
        return False
    sent = QueryDict(mutable=True)
    for name, values in found["typed"].items():
        sent.setlist(name, values)
    request.POST = sent  # type: ignore[assignment]  # its own setter; a GET has none that was sent
    if found["lost"]:
        messages.warning(request, _("Nothing has been saved yet. Please look it through and send it again."))
    return True


def forget(request: HttpRequest, address: str) -> None:
    """What was kept for this address is taken, or was not meant for this person."""
    number, all_kept = number_in(address), request.session.get(PLACE, {})
    if number in all_kept:
        request.session[PLACE] = {name: one for name, one in all_kept.items() if name != number}


def waits_at(request: HttpRequest, address: str) -> bool:
    """Whether something is kept for an address that one goes on to after signing in."""
    return number_in(address) in request.session.get(PLACE, {})


def number_in(address: str) -> str:
    """The number that an address asks for; empty where it asks for none."""
    return str(QueryDict(address.partition("?")[2]).get(PLACE, ""))
