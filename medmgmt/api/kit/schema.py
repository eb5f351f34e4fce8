"""The API described by itself: OpenAPI 3.1 drawn from each operation, every refusal declared with its problem types."""

import inspect
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import django_filters
from django.utils.translation import gettext_lazy as _
from drf_spectacular.authentication import SessionScheme
from drf_spectacular.contrib.knox_auth_token import KnoxTokenScheme
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import permissions, serializers

from medmgmt import problems
from medmgmt.api.kit import filters as own_filters
from medmgmt.api.kit import idempotency
from medmgmt.api.kit.endpoint import Endpoint, Operation

ALWAYS = ("invalid-request", "malformed-request", "not-acceptable", "too-many-requests", "server-error", "busy")
WITH_LOGIN = ("not-authenticated", "not-allowed")
WITH_WRITING = ("csrf-failed", "out-of-scope")
WITH_BODY = ("too-large", "unsupported-media-type")
WITH_KEY = ("request-in-progress", "done-before", "idempotency-key-reused", "not-found")
WITH_VERSION = ("conflict", "precondition-failed", "version-required")


class ProblemDocument(serializers.Serializer[Any]):
    """RFC 9457: why a request was refused."""

    type = serializers.CharField(help_text="A path on this site that explains this kind of problem; it never changes.")
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="A sentence about this very request.")
    instance = serializers.CharField(required=False, help_text="The address that was asked for.")


class FieldFault(serializers.Serializer[Any]):
    """One value that was refused."""

    field = serializers.CharField(help_text="Its name, with dots for what is nested; empty for the body as a whole.")
    message = serializers.CharField()


class InvalidRequestProblem(ProblemDocument):
    """Values that were refused, each by name."""

    errors = FieldFault(many=True, required=False)  # type: ignore[assignment]  # a declared field, taken off the class


class OpenFinding(serializers.Serializer[Any]):
    """A finding that waits for an answer."""

    id = serializers.IntegerField()
    severity = serializers.CharField()
    problem = serializers.CharField()
    drugs = serializers.ListField(child=serializers.CharField())
    summary = serializers.CharField()


class UnansweredFindingsProblem(ProblemDocument):
    """A conflict; where findings wait for an answer they are listed."""

    findings = OpenFinding(many=True, required=False)


SHAPES: dict[int, type[ProblemDocument]] = {400: InvalidRequestProblem, 409: UnansweredFindingsProblem}


class TokenScheme(KnoxTokenScheme):  # type: ignore[no-untyped-call]  # spectacular registers it, untyped
    """The bearer token in the document's list of ways to sign in."""

    target_class = "medmgmt.api.kit.session.TokenAuthentication"
    name = "token"


class CookieScheme(SessionScheme):  # type: ignore[no-untyped-call]  # spectacular registers it, untyped
    """The session cookie in the document's list of ways to sign in."""

    target_class = "medmgmt.api.kit.session.SessionAuthentication"
    name = "session"


class Schema(AutoSchema):
    """Reads the operation that stands on the view's method; needs no second description anywhere."""

    @property
    def operation(self) -> Operation:
        """What this method of this address takes, gives and refuses."""
        assert isinstance(self.view, Endpoint)  # every other view says schema = None
        return self.view.operation_of(self.method)

    def _is_list_view(self, serializer: Any = None) -> bool:
        """The operation knows; spectacular would guess from whichever answer comes first."""
        return self.operation.is_list if serializer is None else super()._is_list_view(serializer)

    def get_operation_id(self) -> str:
        """Method and name of the endpoint: short, and the same for ever."""
        return self.method.lower() + type(self.view).__name__

    def get_description(self) -> str:  # type: ignore[override]  # spectacular's own signature
        """What the operation says of itself, else its act."""
        return inspect.cleandoc(self.operation.words or self.operation.act.__doc__ or "")

    def get_request_serializer(self) -> Any:  # Any: spectacular's own signature
        return self.operation.takes

    def get_response_serializers(self) -> Any:  # Any: spectacular's own signature
        done = self.operation.gives(many=True) if self.operation.is_list else self.operation.gives
        responses: dict[Any, Any] = {str(self.operation.status): done}
        for status, kinds in sorted(self.problems().items()):
            responses[str(status), problems.MEDIA_TYPE] = OpenApiResponse(
                SHAPES.get(status, ProblemDocument),
                description="; ".join(f"`{kind}` {problems.KINDS[kind].title}" for kind in kinds),
            )
        return responses

    def problems(self) -> Mapping[int, list[str]]:
        """The kinds of problem this operation can end in, by status."""
        found: dict[int, list[str]] = defaultdict(list)
        for kind in dict.fromkeys(self.kinds()):
            found[problems.KINDS[kind].status].append(kind)
        return found

    def kinds(self) -> Iterator[str]:
        """What follows from the operation's shape, then what it names itself."""
        yield from ALWAYS
        if not self.is_public():
            yield from WITH_LOGIN
            if self.method != "GET":
                yield from WITH_WRITING
        if "{" in self.path or self.operation.is_list:
            yield "not-found"
        if self.operation.takes is not None:
            yield from WITH_BODY
        if self.method == "POST" and not self.operation.only_reads:
            yield from WITH_KEY
            yield from ("asked",) if self.operation.asks_again else ()
        if self.operation.is_versioned:
            yield from WITH_VERSION
        yield from self.operation.refuses

    def is_public(self) -> bool:
        """Whether anybody may call it, signed in or not."""
        return any(isinstance(rule, permissions.AllowAny) for rule in self.view.get_permissions())

    def get_override_parameters(self) -> list[Any]:
        """Query parameters, ids of the address, and the headers that carry keys and versions."""
        found: list[Any] = [self.operation.query] if self.operation.query else []
        found += [OpenApiParameter(name, OpenApiTypes.INT64, OpenApiParameter.PATH) for name in self.view_ids()]
        if self.method == "POST" and not (self.is_public() or self.operation.only_reads):
            found.append(OpenApiParameter(idempotency.HEADER, str, OpenApiParameter.HEADER, description=str(KEY_WORDS)))
            found.append(self.answered(idempotency.REPLAYED, "`true` where this is the first answer again."))
        if self.operation.is_versioned:
            found.append(OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, description=str(MATCH_WORDS)))
        if self.operation.has_version():
            found.append(self.answered("ETag", "The version, for `If-Match`."))
        if self.operation.links_to:
            found.append(self.answered("Location", "Where the new thing is read."))
        return found

    def answered(self, name: str, words: str) -> OpenApiParameter:
        """A header of the answer where the operation was done."""
        done = [self.operation.status]
        return OpenApiParameter(name, str, OpenApiParameter.HEADER, description=words, response=done)

    def view_ids(self) -> list[str]:
        """The names in braces in the address."""
        return [part[1:-1] for part in self.path.split("/") if part.startswith("{") and part.endswith("_id}")]

    def _get_filter_parameters(self) -> list[dict[str, Any]]:
        filters = self.operation.filters.base_filters if self.operation.filters else {}
        return [filter_parameter(name, each) for name, each in filters.items()]


KEY_WORDS = _("A name of your choice for this request. Sent again with the same body, it gives the first answer again.")
MATCH_WORDS = _('The ETag you read, for instance "3". Instead of it, the body may say `version`.')


def filter_parameter(name: str, each: django_filters.Filter) -> dict[str, Any]:
    """A filter as a query parameter."""
    schema: dict[str, Any] = {"type": "string"}
    if isinstance(each, own_filters.Id):
        schema = {"type": "integer", "format": "int64", "minimum": 1}
    elif isinstance(each, own_filters.Choice):
        choices = each.extra["choices"]
        if not callable(choices):
            schema = {"type": "string", "enum": [str(code) for code, _words in choices]}
    elif isinstance(each, own_filters.Day):
        schema = {"type": "string", "format": "date"}
    elif isinstance(each, own_filters.YesOrNo):
        schema = {"type": "boolean"}
    words = str(each.extra.get("help_text") or "")
    return {"in": "query", "name": name, "schema": schema, **({"description": words} if words else {})}
