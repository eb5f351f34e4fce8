"""Where providers of channels report back, and where calendar programs read: no login, a signature instead."""

import hashlib
import json

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from medmgmt.actions import reports as actions_reports
from medmgmt.messages import reads
from refills.errors import LinkExpired, LinkUnknown
from refills.messages import reports
from refills.messages.reports import Report, Said

LONGEST = 20_000


@csrf_exempt
@require_POST
def report(request: HttpRequest, channel: str) -> HttpResponse:
    """A delivery report or an answer: signed with the shared secret over its time and its body, taken once.

    204 for everything that is signed and can be read, also for messages that are not ours; 401 without a good
    signature; 400 for what cannot be read. Nothing is said about anybody.
    """
    body = request.body
    genuine = len(body) <= LONGEST and reports.is_genuine(
        channel,
        timestamp=request.headers.get("X-Timestamp", ""),
        signature=request.headers.get("X-Signature", ""),
        body=body,
        now=timezone.now(),
    )
    if not genuine:
        return HttpResponse(status=401)
    found = read(body)
    if found is None:
        return HttpResponse(status=400)
    actions_reports.take_report(channel, found)
    return HttpResponse(status=204)


def read(body: bytes) -> Report | None:
    """The report in a body; None where there is none to read."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict):
        return None
    texts = {name: told.get(name, "") for name in ("id", "event", "message", "from", "text")}
    if not all(isinstance(text, str) and "\x00" not in text for text in texts.values()):
        return None
    if not 0 < len(texts["id"]) <= 200 or texts["event"] not in list(Said) or len(texts["message"]) > 200:
        return None
    return Report(texts["id"], Said(texts["event"]), texts["message"], texts["from"][:254], texts["text"][:2000])


@require_safe
def calendar(request: HttpRequest, feed: str) -> HttpResponse:
    """The health tasks of whoever made this link; 410 once it is over, was replaced or switched off, 404 where it never
    was one. Unchanged, it is not sent again."""
    try:
        written = reads.calendar(feed)
    except (LinkExpired, LinkUnknown) as error:
        status = 410 if isinstance(error, LinkExpired) else 404
        return HttpResponse(status=status, headers={"X-Robots-Tag": "noindex, nofollow"})
    mark = f'"{hashlib.sha256(written).hexdigest()[:32]}"'
    headers = {
        "ETag": mark,
        "X-Robots-Tag": "noindex, nofollow",
        "Referrer-Policy": "no-referrer",
        "Content-Disposition": 'inline; filename="health-tasks.ics"',
    }
    if request.headers.get("If-None-Match") == mark:
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(written, content_type="text/calendar; charset=utf-8", headers=headers)
