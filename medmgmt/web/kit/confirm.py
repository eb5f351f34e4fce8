"""Confirming that it is you, in the middle of what you do: the page asks, and the very same form goes on."""

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from medmgmt.actions import signing_in
from medmgmt.record.errors import TooSoon, Unproven, WrongProof
from medmgmt.record.models import FactorKind, User
from medmgmt.signing_in import client, factors, proof
from medmgmt.web.kit import kept, passkey

AGAIN = "proof_for"
"""The hidden field of a page that was only read: it is read again, not sent."""


def take(request: HttpRequest) -> None:
    """Takes the proof that came with a form, if any did, out of it. Raises Unproven where it was not right."""
    given = {name: request.POST.get(name, "") for name in kept.PROOFS if name in request.POST}
    is_read_again = AGAIN in request.POST
    if request.method != "POST" or not (given or is_read_again):
        return
    left = request.POST.copy()
    for name in (*kept.PROOFS, AGAIN):
        left.pop(name, None)
    request.POST = left  # type: ignore[assignment]  # what the form itself says
    request._read_again = is_read_again  # type: ignore[attr-defined]  # asked once more, it is still only read
    try:
        check(request, given)
    except (WrongProof, TooSoon) as wrong:
        raise Unproven(str(wrong)) from wrong
    proof.given(request)
    if is_read_again:
        request.method, request.POST = "GET", QueryDict()


def check(request: HttpRequest, given: dict[str, str]) -> None:
    """A passkey or a code where somebody has one, else the password. WrongProof or TooSoon."""
    user, place = request.user, client.place_of(request)
    assert isinstance(user, User)
    if given.get("proof_passkey"):
        asker, state = passkey.asked(request)
        signing_in.by_passkey(asker, state, given["proof_passkey"], place=place, user=user)
    elif factors.has_one(user):
        signing_in.by_code(user, given.get("proof_code", ""), place=place)
    else:
        signing_in.again(user, given.get("proof_password", ""), place=place)


def show(request: HttpRequest, asked: Unproven) -> HttpResponse:
    """The page that asks, with all that was sent; what proves goes to the very same address."""
    user = request.user
    assert isinstance(user, User)
    kinds = set(factors.of(user).values_list("kind", flat=True))
    left_out = {"csrfmiddlewaretoken"} | kept.SECRETS
    sent = [(name, value) for name, values in request.POST.lists() if name not in left_out for value in values]
    was_wrong = str(asked) != str(Unproven.default)
    is_read = request.method == "GET" or getattr(request, "_read_again", False)
    context = {
        "carried": [(AGAIN, "1")] if is_read else sent,
        "is_read": is_read,
        "action": request.get_full_path(),
        "wrong": str(asked) if was_wrong else "",
        "by_code": kinds & {FactorKind.TOTP, FactorKind.RECOVERY},
        "by_passkey": FactorKind.PASSKEY in kinds,
        "by_password": not kinds - {FactorKind.RECOVERY},
    }
    response = render(request, "confirm.html", context, status=403)
    if getattr(request, "htmx", False):
        response.headers["HX-Retarget"], response.headers["HX-Reswap"] = "body", "innerHTML"
    return response
