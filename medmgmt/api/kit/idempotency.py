"""A repeat of the same request does nothing twice: the first answer is kept with its key, in the same transaction.

It is given again only to whoever would still be let through to the act, and the audit hears of it. The key is its seal:
the database holds a digest of the one and nothing legible of the other.
"""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.db import IntegrityError, OperationalError, connection, transaction
from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError
from rest_framework.fields import BooleanField
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from medmgmt import people, problems
from medmgmt.problems import ProblemRaised
from medmgmt.record import access, entered, sealed
from medmgmt.record.errors import Unconfirmed
from medmgmt.record.models import IdempotencyRecord, User
from medmgmt.record.models.requests import ANSWER_LASTS

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEY = re.compile(r"[\x21-\x7e]{1,255}")
WAIT = "10s"
"""How long a repeat waits for the first request of its key before it is told to ask again."""
KEPT_HEADERS = ("Location", "ETag")
AGAIN = timedelta(minutes=1)
"""The same said again so soon, without a key, is more likely a slip than meant."""
SAID_ALREADY = _(
    "You sent the very same less than a minute ago, and it was done. Send it with `confirm` true if it is meant twice."
)


def once(request: Request, act: Callable[[], Response], *, asks_again: bool = False) -> Response | HttpResponse:
    """The answer of `act`, done at most once for the user's key; without a key it is simply done.

    With `asks_again` the same request is asked about when it comes again within a minute without a key.
    Only what was done is kept: a refusal frees the key, so that the same request may be tried again once its reason
    has gone. What a refusal itself leaves behind (an audit entry, the review that refused a signature) stays.
    """
    key = request.headers.get(HEADER)
    if key is None and asks_again and isinstance(request.user, User):
        return not_again(request, request.user, act)
    if key is None or not isinstance(request.user, User):
        return act()
    if not KEY.fullmatch(key):
        raise ValidationError({HEADER: [_("Must be 1 to 255 printable ASCII characters without spaces.")]})
    mark = fingerprint(request, request.data)
    with transaction.atomic():
        record = reserve(request, request.user, key, mark)
        if record is None:
            return replay(request.user, key, mark)
        outcome = done(record, act, key)
    return told(outcome)


def not_again(request: Request, by: User, act: Callable[[], Response]) -> Response:
    """The answer of `act`; Unconfirmed where this person had the very same done within the last minute."""
    said = request.data if isinstance(request.data, dict) else {}
    mark = fingerprint(request, {name: value for name, value in said.items() if name != "confirm"})
    with transaction.atomic():
        record = reserve(request, by, f"again:{mark}", mark)
        if record is None:
            record = IdempotencyRecord.objects.select_for_update().get(user=by, key=digest(f"again:{mark}"))
            access.require_again(by, record.asked)
            if timezone.now() - record.created_at < AGAIN and not is_confirmed(said.get("confirm")):
                raise Unconfirmed(SAID_ALREADY)
        record.created_at = timezone.now()
        outcome = done(record, act)
    return told(outcome)


def is_confirmed(word: object) -> bool:
    """Whether it says yes in any of the ways in which a body may."""
    return isinstance(word, str | int) and word in BooleanField.TRUE_VALUES


def done(record: IdempotencyRecord, act: Callable[[], Response], key: str = "") -> Response | Exception:
    """The answer, or the refusal, which leaves the key free. What nobody foresaw is raised.

    The answer is kept under its key; without a key it is kept that it was done, and nothing of the answer.
    """
    try:
        with entered.noting() as noted:
            response = act()
    except Exception as error:
        if problems.describe(error).status >= 500:
            raise
        record.delete()
        return error
    record.asked = access.asked_for(record.user, noted)
    keep(record, response, key)
    return response


def told(outcome: Response | Exception) -> Response:
    """The answer, or the refusal raised once what it leaves behind stands."""
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def fingerprint(request: Request, body: object) -> str:
    """What makes two requests the same: method, address, and what the body means rather than how it is spaced."""
    said = json.dumps(body, sort_keys=True, default=str, ensure_ascii=True)
    whole = "\n".join((str(request.method), request.get_full_path(), request.headers.get("If-Match", ""), said))
    return hashlib.sha256(whole.encode("utf-8", "backslashreplace")).hexdigest()


def reserve(request: Request, by: User, key: str, mark: str) -> IdempotencyRecord | None:
    """This request's own row; None if the key has one already. Waits for a request that is writing it just now."""
    try:
        with transaction.atomic():
            limit_wait(WAIT)
            record = IdempotencyRecord.objects.create(
                user=by, key=digest(key), method=str(request.method), path=request.path[:500], fingerprint=mark
            )
            limit_wait("0")
            return record
    except IntegrityError:
        return None
    except OperationalError as waited:
        raise ProblemRaised("request-in-progress") from waited


def limit_wait(time: str) -> None:
    """PostgreSQL would wait for ever; SQLite has its busy timeout."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [time])


def digest(key: str) -> str:
    """Under what a key stands in the database."""
    return hashlib.sha256(key.encode()).hexdigest()


def keep(record: IdempotencyRecord, response: Response, key: str) -> None:
    """Writes the answer, to the byte, where the next request with this key will find it."""
    headers = {name: response.headers[name] for name in KEPT_HEADERS if name in response.headers}
    record.status = response.status_code
    if key:
        said = {"content": JSONRenderer().render(response.data).decode(), "headers": headers}
        record.answer = sealed.seal(json.dumps(said), record.user_id, key)
    record.save(update_fields=["status", "asked", "answer", "created_at"])


def replay(by: User, key: str, mark: str) -> HttpResponse:
    """The answer kept for the key, if its sender would still be let through to the act: else what they would be told.

    The same key on another request is refused.
    """
    record = IdempotencyRecord.objects.filter(user=by, key=digest(key)).first()
    if record is None or record.status is None:
        raise ProblemRaised("request-in-progress")
    if record.fingerprint != mark:
        raise ProblemRaised("idempotency-key-reused")
    access.require_again(by, record.asked)
    said = sealed.unsealed(record.answer, by.pk, key) if timezone.now() - record.created_at < ANSWER_LASTS else None
    if said is None:
        raise ProblemRaised("done-before")
    people.saw_again(by, record.asked["patients"])
    kept: dict[str, Any] = json.loads(said)
    response = HttpResponse(kept["content"], status=record.status, content_type="application/json")
    for name, value in {**kept["headers"], REPLAYED: "true"}.items():
        response.headers[name] = value
    return response
