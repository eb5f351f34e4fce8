"""One address of the API: understands the request, calls one action or one read, shows the result."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import URLPattern, re_path, reverse
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS, AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from medmgmt.api.kit import idempotency
from medmgmt.api.kit.fields import Strict
from medmgmt.api.kit.filters import FilterSet
from medmgmt.api.kit.pagination import Pages
from medmgmt.api.kit.session import SessionAuthentication, TokenAuthentication
from medmgmt.problems import ProblemRaised
from medmgmt.record import door, sight, tokens
from medmgmt.record.errors import Conflict, OutOfScope
from medmgmt.record.models import Scope, Token
from refills.errors import TaskTaken

Fields = type[serializers.Serializer[Any]]
Act = Callable[..., object]
ID = r"[0-9]{1,18}"
ETAG = re.compile(r'"([0-9]{1,9})"')


@dataclass(frozen=True)
class Operation:
    """What one method of one address takes, gives and refuses; the schema is drawn from it."""

    gives: Fields
    act: Act
    status: int = 200
    takes: Fields | None = None
    query: Fields | None = None
    filters: type[FilterSet] | None = None
    order: tuple[str, ...] = ()
    is_list: bool = False
    is_versioned: bool = False
    refuses: tuple[str, ...] = ()
    links_to: str = ""
    is_trail: bool = False
    """Whether it tells who did what: of patients only the numbers of their charts."""
    words: str = ""
    """What it does, where its act says it otherwise."""
    only_reads: bool = False
    """Whether a POST changes nothing, so that it is simply done again: what it asks for has no place in an address."""
    asks_again: bool = False
    """Whether the very same, sent twice within a minute without a key, is asked about."""

    def has_version(self) -> bool:
        """Whether the answer is one thing with a version."""
        return not self.is_list and "version" in self.gives().fields

    def parameters(self) -> set[str]:
        """The names that may stand in the address after the question mark."""
        names = set(self.filters.base_filters) if self.filters else set()
        names |= set(self.query().fields) if self.query else set()
        return names | ({"page", "page_size"} if self.is_list else set())


class Handler(Protocol):
    """A method of an endpoint, with its operation attached."""

    operation: Operation

    def __call__(self, view: "Endpoint", request: Request, **ids: Any) -> HttpResponseBase: ...


class Endpoint(APIView):
    """The base of every address: who is asking, which parameters are known, how versions travel."""

    authentication_classes = [TokenAuthentication, SessionAuthentication]
    pagination_class: ClassVar[type[Pages]] = Pages
    metadata_class = None

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Numbers in the address arrive as text."""
        ids = {name: int(text) if name.endswith("_id") else text for name, text in kwargs.items()}
        return super().dispatch(request, *args, **ids)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After authentication: a query parameter that nobody knows was meant to do something, so it is refused."""
        super().initial(request, *args, **kwargs)
        say_the_way_in(request, self.operation_of(request.method))
        known = self.operation_of(request.method).parameters()
        unknown = {
            str(name)[:100]: [_("There is no such parameter.")] for name in request.query_params if name not in known
        }
        twice = {name: [_("Given twice.")] for name in known if len(request.query_params.getlist(name)) > 1}
        if unknown or twice:
            raise ValidationError({**unknown, **twice})

    def operation_of(self, method: str | None) -> Operation:
        """The operation behind an HTTP method; DRF has refused methods this address does not know before that."""
        name = (method or "get").lower()
        handler = getattr(self, "get" if name == "head" else name, None)
        found: Operation = getattr(handler, "operation", NOTHING)
        return found

    def show(self, operation: Operation, thing: object) -> Response:
        """The result as an answer, with its version as ETag and, for a new thing, its address."""
        data = operation.gives(thing).data
        if not operation.is_trail:
            sight.show(patients_in(data))
        response = Response(data, status=operation.status)
        if operation.has_version():
            response.headers["ETag"] = f'"{data["version"]}"'
        if operation.links_to:
            response.headers["Location"] = reverse(operation.links_to, args=[data["id"]]) + "/"
        return response


def say_the_way_in(request: Request, operation: Operation) -> None:
    """A token is another way in than the session whose cookie may have come beside it, and reaches as far as its scope.

    What only reads is open to every token. Anything else needs at least the scope to record, before its act is asked.
    """
    token = request.auth
    if not isinstance(token, Token):
        return
    reads_only = request.method in SAFE_METHODS or operation.only_reads
    holds = tokens.HOLDS[token.scope]
    door.is_now(door.Door(door.TOKEN, scope=None if reads_only else holds))
    if not reads_only and Scope.RECORD not in holds:
        raise OutOfScope


def patients_in(data: object) -> Iterator[int]:
    """The numbers of the patients whom an answer names, however deep: as `patient`, or as one with a record number."""
    if isinstance(data, list | tuple):
        for each in data:
            yield from patients_in(each)
    if not isinstance(data, Mapping):
        return
    whose = data.get("id") if "mrn" in data else data.get("patient")
    if isinstance(whose, int):
        yield whose
    for each in data.values():
        yield from patients_in(each)


def at(address: str, name: str, *, called: str = "", is_public: bool = False, **operations: Handler) -> URLPattern:
    """One address with what may be done there, by method; `<thing_id>` stands for a number that a database can hold.

    It answers with and without a slash at its end. `called` is how the document calls it, where not as its name.
    """
    public: dict[str, Any] = {"authentication_classes": [], "permission_classes": [AllowAny]} if is_public else {}
    view: type[Endpoint] = type(called or name.title().replace("-", ""), (Endpoint,), {**operations, **public})
    return re_path("^" + re.sub(r"<(\w+_id)>", rf"(?P<\1>{ID})", address) + "/?$", view.as_view(), name=name)


class Empty(Strict):
    """A body without members."""


NOTHING = Operation(Empty, dict)


def reads(gives: Fields, act: Act, words: str = "", **options: Any) -> Handler:
    """A GET of one thing. The act gets who is asking, the ids of the address in their order, the query's values.

    What it does is told by `words`, else by the act's own docstring.
    """
    operation = Operation(gives, act, words=words, **options)

    def handler(view: Endpoint, request: Request, **ids: Any) -> Response:
        return view.show(operation, act(request.user, *ids.values(), **query_values(operation, request)))

    return attached(handler, operation)


def lists(gives: Fields, act: Act, words: str = "", *, order: Sequence[str], **options: Any) -> Handler:
    """A GET of a page of things. The act returns a queryset; filters, order and pages are applied here."""
    operation = Operation(gives, act, order=tuple(order), is_list=True, words=words, **options)

    def handler(view: Endpoint, request: Request, **ids: Any) -> Response:
        rows: QuerySet[Any] = act(request.user, *ids.values(), **query_values(operation, request))  # type: ignore[assignment]  # every list is one
        pages = view.pagination_class()
        page = pages.paginate_queryset(filtered(operation, request, rows).order_by(*order), request, view=view)
        data = gives(page, many=True, context=ids).data
        if not operation.is_trail:
            sight.show(patients_in(data))
        return pages.get_paginated_response(data)

    return attached(handler, operation)


def writes(
    gives: Fields, act: Act, words: str = "", *, takes: Fields = Empty, status: int = 200, **options: Any
) -> Handler:
    """A POST or PATCH: the body is checked, the act done at most once for an idempotency key, its result shown.

    The act gets who is asking, the ids of the address in their order, and what the body says by name.
    """
    is_said_by_us = bool(options.get("asks_again")) and "confirm" not in takes().fields
    takes = confirmed(takes) if is_said_by_us else takes
    operation = Operation(gives, act, takes=takes, status=status, words=words, **options)

    def handler(view: Endpoint, request: Request, **ids: Any) -> Response | HttpResponse:
        def once() -> Response:
            values = body_values(takes, request)
            if is_said_by_us:
                del values["confirm"]
            with version_of(operation, request, values) as version:
                return view.show(operation, act(request.user, *ids.values(), **values, **version))

        if request.method != "POST" or operation.only_reads:
            return once()
        return idempotency.once(request, once, asks_again=operation.asks_again)

    return attached(handler, operation)


def confirmed(takes: Fields) -> Fields:
    """The same body, which may say that it is meant though the same was said just before."""
    confirm = serializers.BooleanField(default=False, help_text="The same was sent just before, and both are meant.")
    return type(takes.__name__, (takes,), {"__doc__": takes.__doc__, "confirm": confirm})


def plain_columns(act: Callable[..., QuerySet[Any]], line: Fields) -> Act:
    """A list that gives only the columns that a plain shape shows, as plain values: a long one makes no objects."""

    def rows(*asked: Any, **narrowed: Any) -> QuerySet[Any, Any]:
        return act(*asked, **narrowed).values(*[str(field.source) for field in line().fields.values()])

    return rows


def attached(handler: Callable[..., HttpResponseBase], operation: Operation) -> Handler:
    """The handler with its operation where the schema and the tests find it."""
    handler.operation = operation  # type: ignore[attr-defined]  # a function may carry it
    return handler  # type: ignore[return-value]  # it does now


def query_values(operation: Operation, request: Request) -> Mapping[str, Any]:
    """The checked values of the query parameters that are not filters."""
    if operation.query is None:
        return {}
    given = {name: request.query_params[name] for name in operation.query().fields.keys() & request.query_params.keys()}
    query = operation.query(data=given)
    query.is_valid(raise_exception=True)
    values: Mapping[str, Any] = query.validated_data
    return values


def body_values(takes: Fields, request: Request) -> dict[str, Any]:
    """The checked values of the body."""
    body = takes(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)


def filtered(operation: Operation, request: Request, rows: QuerySet[Any]) -> QuerySet[Any]:
    """The rows that the filters leave; a value that no filter understands is refused by name."""
    if operation.filters is None:
        return rows
    filters = operation.filters(data=request.query_params, queryset=rows)
    if not filters.is_valid():
        raise ValidationError(filters.errors)
    left: QuerySet[Any] = filters.qs
    return left


class version_of:
    """The version the sender saw, from If-Match or the body; whose conflict it then is, decides 412 or 409."""

    def __init__(self, operation: Operation, request: Request, values: dict[str, Any]) -> None:
        self.operation, self.values = operation, values
        self.tag = request.headers.get("If-Match")

    def __enter__(self) -> dict[str, int]:
        if not self.operation.is_versioned:
            return {}
        in_body = self.values.pop("version", None)
        if self.tag is None:
            if in_body is None:
                raise ProblemRaised("version-required")
            return {"version": in_body}
        match = ETAG.fullmatch(self.tag.strip())
        if match is None or in_body not in (None, int(match[1])):
            raise ProblemRaised("precondition-failed")
        return {"version": int(match[1])}

    def __exit__(self, kind: object, error: BaseException | None, _trace: object) -> None:
        if self.tag is not None and self.operation.is_versioned and isinstance(error, Conflict | TaskTaken):
            raise ProblemRaised("precondition-failed", str(error)) from error
