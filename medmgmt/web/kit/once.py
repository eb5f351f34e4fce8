"""A form that is sent twice, by a double click or a reload, does what it says once."""

import hashlib
import uuid
from collections.abc import Callable
from typing import TypeVar

from django import forms
from django.db import transaction
from django.http import HttpResponse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString

from medmgmt.record import access, entered
from medmgmt.record.models import IdempotencyRecord
from medmgmt.web.kit.page import Asked, refusal_on, to

FIELD = "once"
Made = TypeVar("Made")


def hidden_field() -> SafeString:
    """The hidden input that makes one showing of a form one act."""
    return format_html('<input type="hidden" name="{}" value="{}">', FIELD, uuid.uuid4().hex)


def once(request: Asked, act: Callable[[], str]) -> str:
    """Does the act and returns the address it names; the same form sent again, or twice at once, gets that address.

    What the act refuses is raised and forgotten, so that a mended form may be sent again. Who is let through to it no
    longer is told so the second time. One transaction.
    """
    token = request.POST.get(FIELD, "")[:64] or uuid.uuid4().hex
    fingerprint = hashlib.sha256(request.path.encode()).hexdigest()
    with transaction.atomic():
        record, is_first = IdempotencyRecord.objects.get_or_create(
            user=request.user,
            key=f"page:{fingerprint[:16]}:{token}",
            defaults={"method": "POST", "path": request.path[:500], "fingerprint": fingerprint},
        )
        if not is_first and record.answer:
            access.require_again(request.user, record.asked)
            return record.answer
        with entered.noting() as noted:
            record.status, record.answer = 303, act()
        record.asked = access.asked_for(request.user, noted)
        record.save(update_fields=["status", "asked", "answer"])
        return record.answer


def sent(
    request: Asked,
    form: forms.Form,
    act: Callable[..., Made],
    *about: object,
    leads_to: str | Callable[[Made], str],
    said: str | Promise = "",
) -> HttpResponse | None:
    """What a filled-in form asks for, done once, and the way on with a sentence; None where the form is to be shown.

    The act is asked by this person about these, with what was typed. What it refuses is said on the form, and nothing
    that was typed is lost. `leads_to` may be made of what the act made.
    """

    def do() -> str:
        made = act(request.user, *about, **form.cleaned_data)
        return leads_to if isinstance(leads_to, str) else leads_to(made)

    if request.method == "POST" and form.is_valid():
        with refusal_on(form):
            return to(request, once(request, do), said)
    return None
