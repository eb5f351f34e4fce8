"""Errors of every room turned into RFC 9457 problem documents: the one table that knows status codes."""

import json
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from django.core import exceptions as django_errors
from django.db import DatabaseError, DataError, IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions as rest_errors
from rest_framework.response import Response

from interactions import errors as interactions_errors
from medmgmt.record import dosing
from medmgmt.record import errors as record_errors
from refills import errors as refills_errors

Words = str | Promise
MEDIA_TYPE = "application/problem+json"
PREFIX = "/problems/"
# PostgreSQL: violates check constraint "a_dose_is_..."; SQLite: CHECK constraint failed: a_dose_is_...
RULE = re.compile(r'constraint "?(?:failed: )?([a-z]+(?:_[a-z0-9]+){2,})')
log = logging.getLogger(__name__)
CONFIRM_AT = "/api/confirm-identity/"
FACES = ("/api/", PREFIX)
"""Addresses below these answer every error as a problem document, whoever refused."""


@dataclass(frozen=True)
class Kind:
    """One type of problem: its name never changes once published, its words may."""

    status: int
    title: Words
    meaning: Words


KINDS: dict[str, Kind] = {
    "malformed-request": Kind(400, _("The request could not be read"),
        _("The body or the address is not what it claims to be: broken JSON, text that is not UTF-8, a NUL "
          "character, a number that is not finite, or values nested too deep.")),
    "invalid-request": Kind(400, _("Some values are not valid"),
        _("`errors` names every field or parameter that was refused, and why. Unknown names are refused too.")),
    "not-authenticated": Kind(401, _("Sign in first"),
        _("No valid session or token came with the request. Tokens are sent as `Bearer`.")),
    "not-allowed": Kind(403, _("Not allowed"), _("You are known here, but your role may not do this.")),
    "not-in-person": Kind(403, _("Only in person"),
        _("Somebody who is signed in must do this; a token cannot. Four eyes are two people.")),
    "out-of-scope": Kind(403, _("Out of the token's scope"),
        _("A token reads, records or prescribes, as its owner chose; this needs more than it has.")),
    "confirm-identity": Kind(403, _("Please confirm that it is you"),
        _("This needs a recent proof of who is asking: `confirm_at` says where a session gives it. Then send the same "
          "again. A token cannot prove it.")),
    "csrf-failed": Kind(403, _("The request could not be trusted"),
        _("A request with a session cookie needs the CSRF token as well. Requests with a token in the header do not.")),
    "not-found": Kind(404, _("Not found"),
        _("There is no such thing, or it is not yours to see; the two answers are the same on purpose.")),
    "method-not-allowed": Kind(405, _("Method not allowed"),
        _("The header `Allow` names what this address answers to.")),
    "not-acceptable": Kind(406, _("Not acceptable"),
        _("Answers are `application/json`; `Accept` asked for others only.")),
    "conflict": Kind(409, _("Somebody was faster"),
        _("What you saw has changed since. Read it again, then decide again.")),
    "asked": Kind(409, _("Is this meant?"),
        _("It can be done, but looks like a slip or a repeat; `detail` says of what. Nothing was done yet. If it is "
          "meant, send the same with `confirm` true.")),
    "unanswered-findings": Kind(409, _("Findings are waiting for an answer"),
        _("Findings of major severity or above have no answer yet. `findings` lists them; answer each, then sign.")),
    "co-signature-needed": Kind(409, _("A second signature is needed"),
        _("Contraindicated findings need the co-signature of a second, different prescriber or of a pharmacist. "
          "`findings` lists them; ask for it, then sign.")),
    "nothing-was-checked": Kind(409, _("Nothing was checked"),
        _("No knowledge is in use, so that nobody can say what speaks against this order. Its signer may sign it all "
          "the same by sending `unchecked` true; the order and the trail keep the word.")),
    "already-answered": Kind(409, _("Already answered"), _("This finding has an answer, and answers are not edited.")),
    "task-taken": Kind(409, _("Somebody else has this task"), _("Another person claimed the task first.")),
    "task-closed": Kind(409, _("This task is closed"), _("The task is done or cancelled and cannot be worked on.")),
    "put-off-too-far": Kind(422, _("This task cannot be put off so far"),
        _("The service level of its kind says how long it may be put off, if at all; `detail` says until when.")),
    "closes-on-evidence": Kind(409, _("This task waits for something to be recorded"),
        _("`waits_for` names what closes it: an observation, a score or a visit. Record that, or cancel the task.")),
    "request-in-progress": Kind(409, _("The same request is still being worked on"),
        _("Another request with the same `Idempotency-Key` has not ended yet. Ask again in a moment.")),
    "done-before": Kind(409, _("This was done before"),
        _("The same request was done more than a day ago, and its answer is not kept. Nothing was done twice: read "
          "what it changed.")),
    "link-expired": Kind(410, _("This link has expired"), _("The link in the message was meant for a limited time.")),
    "precondition-failed": Kind(412, _("It has changed since you read it"),
        _("`If-Match` names an older version. Read again, then decide again.")),
    "too-large": Kind(413, _("The request is too large"), _("The body is larger than this address accepts.")),
    "unsupported-media-type": Kind(415, _("Unsupported media type"), _("Send bodies as `application/json` in UTF-8.")),
    "refused": Kind(422, _("This cannot be done"),
        _("The request was understood and makes no sense for this record; `detail` says why.")),
    "refill-refused": Kind(422, _("A supply rule forbids this"),
        _("A law, the state or the clinic does not allow this fill or prescription. `rules` names each rule "
          "with its `citation`, and `until` the day that it turns on: the last or the first on which it is "
          "allowed.")),
    "idempotency-key-reused": Kind(422, _("This key was used for another request"),
        _("An `Idempotency-Key` stands for one request. Use a new key for a new request.")),
    "version-required": Kind(428, _("Say which version you saw"),
        _("Changing this needs the version you read: as `version` in the body, or its ETag in `If-Match`.")),
    "too-many-requests": Kind(429, _("Too many requests"), _("`Retry-After` says how many seconds to wait.")),
    "server-error": Kind(500, _("Something went wrong on our side"),
        _("Nothing was changed by this request. Please tell the clinic's support.")),
    "busy": Kind(503, _("Busy at the moment"),
        _("The database did not answer in time. Nothing was changed; try again.")),
}  # fmt: skip


class ProblemRaised(Exception):
    """A face refuses: one kind of the table, in a sentence."""

    def __init__(self, kind: str, detail: Words = "", **extra: object) -> None:
        super().__init__(str(detail))
        self.kind, self.detail, self.extra = kind, detail, extra


ERRORS: dict[str, tuple[type[Exception], ...]] = {
    "not-found": (
        record_errors.NoSuchPatient, record_errors.NoSuchThing, interactions_errors.NoSuchFinding,
        interactions_errors.NoSuchRelease, interactions_errors.NoSuchLocalChange, interactions_errors.NoSuchDrug,
        refills_errors.NoSuchTask,
        refills_errors.LinkUnknown, refills_errors.NoSuchAbsence, Http404, rest_errors.NotFound),
    "not-allowed": (record_errors.NotAllowed, django_errors.PermissionDenied, rest_errors.PermissionDenied),
    "not-in-person": (record_errors.NotInPerson,),
    "out-of-scope": (record_errors.OutOfScope,),
    "confirm-identity": (record_errors.Unproven,),
    "conflict": (record_errors.Conflict,),
    "asked": (record_errors.Unconfirmed,),
    "refused": (
        record_errors.RecordError, dosing.ImpossibleSig, dosing.ImpossibleStep, interactions_errors.InteractionsError,
        refills_errors.RefillsError, DataError, IntegrityError, django_errors.ValidationError),
    "already-answered": (interactions_errors.AlreadyAnswered,),
    "unanswered-findings": (interactions_errors.UnansweredFindings,),
    "co-signature-needed": (interactions_errors.CoSignatureNeeded,),
    "nothing-was-checked": (interactions_errors.NothingChecked,),
    "link-expired": (refills_errors.LinkExpired,),
    "task-taken": (refills_errors.TaskTaken,),
    "task-closed": (refills_errors.TaskClosed,),
    "closes-on-evidence": (refills_errors.ClosesOnEvidence,),
    "put-off-too-far": (refills_errors.PutOffTooFar,),
    "refill-refused": (refills_errors.RefillRefused,),
    "malformed-request": (django_errors.BadRequest, django_errors.SuspiciousOperation, rest_errors.ParseError),
    "too-large": (django_errors.RequestDataTooBig,),
    "busy": (OperationalError,),
    "invalid-request": (rest_errors.ValidationError,),
    "not-authenticated": (rest_errors.NotAuthenticated, rest_errors.AuthenticationFailed),
    "method-not-allowed": (rest_errors.MethodNotAllowed,),
    "not-acceptable": (rest_errors.NotAcceptable,),
    "unsupported-media-type": (rest_errors.UnsupportedMediaType,),
    "too-many-requests": (rest_errors.Throttled, record_errors.TooSoon),
}  # fmt: skip
# Looked up along the class's own line of descent, so the most particular entry wins.
OF_ERROR = {error: kind for kind, errors in ERRORS.items() for error in errors}
OF_STATUS = {
    400: "malformed-request",
    401: "not-authenticated",
    403: "not-allowed",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    429: "too-many-requests",
    503: "busy",
}


@dataclass(frozen=True)
class Problem:
    """What went wrong, ready to be shown: as a problem document or on a page."""

    status: int
    type: str
    title: str
    detail: str
    extra: Mapping[str, object] = field(default_factory=dict)

    def as_json(self, instance: str = "") -> dict[str, object]:
        """The members of RFC 9457, then what this type adds."""
        words: dict[str, object] = {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        return {**words, **({"instance": instance} if instance else {}), **self.extra}


def of_kind(kind: str, detail: Words = "", **extra: object) -> Problem:
    """The problem of that kind; without a detail of its own it says what the kind means."""
    entry = KINDS[kind]
    return Problem(entry.status, PREFIX + kind, str(entry.title), str(detail or entry.meaning), extra)


def kind_of(error: BaseException) -> str:
    """The error's entry in the table, or that of its nearest ancestor; what nobody foresaw is a server error."""
    for line in type(error).__mro__:
        if line in OF_ERROR:
            return OF_ERROR[line]
    return "server-error"


def describe(error: BaseException) -> Problem:
    """The problem an error amounts to. What nobody foresaw says nothing of its inside."""
    if isinstance(error, ProblemRaised):
        return of_kind(error.kind, error.detail, **error.extra)
    if isinstance(error, rest_errors.ValidationError):
        faults = list(field_faults(error.detail))
        return of_kind("invalid-request", _sentence(faults), errors=faults)
    kind = kind_of(error)
    if kind == "not-allowed" and str(error).startswith("CSRF Failed"):
        return of_kind("csrf-failed")
    if isinstance(error, django_errors.ValidationError):
        return of_kind(kind, " ".join(error.messages))
    if kind in ("server-error", "busy") or isinstance(error, DatabaseError | Http404):
        return of_kind(kind, broken_rule(error))
    if isinstance(error, interactions_errors.UnansweredFindings | interactions_errors.CoSignatureNeeded):
        return of_kind(kind, str(error), findings=[finding_line(each) for each in error.findings])
    if isinstance(error, record_errors.Unproven):
        return of_kind(kind, str(error), confirm_at=CONFIRM_AT)
    if isinstance(error, refills_errors.RefillRefused):
        return of_kind(kind, str(error), rules=error.rules)
    if isinstance(error, refills_errors.ClosesOnEvidence):
        return of_kind(kind, str(error), waits_for=error.waits_for)
    return of_kind(kind, str(error))


def broken_rule(error: BaseException) -> str:
    """The database's named rule that was broken, as the sentence its name is; empty for anything else."""
    named = RULE.search(str(error)) if isinstance(error, IntegrityError) else None
    if named is None:
        return ""
    log.warning("refused by the database: %s", named[1])
    return named[1].replace("_", " ").capitalize() + "."


def finding_line(finding: object) -> dict[str, object]:
    """A finding in a problem document: what is needed to answer it, nothing that is not on the review as well."""
    return {name: getattr(finding, name, None) for name in ("id", "severity", "problem", "drugs", "summary")}


def field_faults(detail: object, path: str = "") -> Iterator[dict[str, str]]:
    """Every refused value of a validation error as {field, message}; nested fields joined by dots."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from field_faults(inner, ".".join(filter(None, (path, own))))
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        for place, inner in enumerate(detail):
            nested = isinstance(inner, Mapping)
            yield from field_faults(inner, f"{path}.{place}".lstrip(".") if nested else path)
    else:
        yield {"field": path, "message": str(detail)}


def _sentence(faults: Sequence[Mapping[str, str]]) -> str:
    return " ".join(
        f"{fault['field']}: {fault['message']}" if fault["field"] else fault["message"] for fault in faults[:5]
    )


def api_exception_handler(error: Exception, context: Mapping[str, object]) -> Response | None:
    """DRF's door: every foreseen error as a problem document; the unforeseen goes on to Django, which reports it."""
    problem = describe(error)
    if problem.status == 500:
        return None
    request = context.get("request")
    headers = dict(_headers(error, problem))
    response = Response(problem.as_json(getattr(request, "path", "")), status=problem.status, headers=headers)
    response.content_type = MEDIA_TYPE
    return response


def _headers(error: Exception, problem: Problem) -> Iterator[tuple[str, str]]:
    if challenge := getattr(error, "auth_header", None):
        yield "WWW-Authenticate", str(challenge)
    if isinstance(error, record_errors.TooSoon):
        yield "Retry-After", str(int(error.wait.total_seconds()) + 1)
    elif (wait := getattr(error, "wait", None)) is not None:
        yield "Retry-After", str(int(wait))
    elif problem.status == 503:
        yield "Retry-After", "1"


def answer(problem: Problem, instance: str) -> HttpResponse:
    """The problem document as an answer, where no API framework makes one."""
    return HttpResponse(json.dumps(problem.as_json(instance)), status=problem.status, content_type=MEDIA_TYPE)


class ProblemMiddleware:
    """Whoever refuses a request to the API, the refusal is a problem document: unknown addresses and crashes too."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        foreign = not response.headers.get("Content-Type", "").startswith(MEDIA_TYPE)
        if response.status_code >= 400 and foreign and request.path_info.startswith(FACES):
            rewrite(response, request.path)
        return response


def rewrite(response: HttpResponse, instance: str) -> None:
    """Give an answer that somebody else refused the body of its problem; its status and headers stay."""
    status = response.status_code
    kind = OF_STATUS.get(status, "server-error" if status >= 500 else "malformed-request")
    problem = {**of_kind(kind).as_json(instance), "status": status}
    response.content = json.dumps(problem, ensure_ascii=False).encode()
    response.headers["Content-Type"] = MEDIA_TYPE
    if "Content-Length" in response.headers:
        response.headers["Content-Length"] = str(len(response.content))
