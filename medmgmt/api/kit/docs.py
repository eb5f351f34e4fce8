"""The API's own pages: its schema, its browsable documentation, and what each type of problem means."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import permissions, serializers

from medmgmt import problems
from medmgmt.api.kit.endpoint import Endpoint, reads


class ProblemKind(serializers.Serializer[Any]):
    """One type of problem."""

    type = serializers.CharField()
    status = serializers.IntegerField()
    title = serializers.CharField()
    meaning = serializers.CharField()


class ProblemKinds(serializers.Serializer[Any]):
    """Every type of problem this API answers with."""

    results = ProblemKind(many=True)


class SchemaDocument(SpectacularAPIView):
    """The OpenAPI document, for anybody: it says nothing about anybody."""

    authentication_classes = []
    permission_classes = [permissions.AllowAny]
    schema = None


class Documentation(SpectacularSwaggerSplitView):
    """Swagger UI from this very server, held to the rules of every page: nothing inline, nothing from elsewhere."""

    template_name = "api_docs.html"

    authentication_classes = []
    permission_classes = [permissions.AllowAny]
    url_name = "api:schema"
    schema = None


def every_kind(by: object) -> dict[str, object]:
    """Every type of problem, by status."""
    ordered = sorted(problems.KINDS, key=lambda name: (problems.KINDS[name].status, name))
    return {"results": [kind(name) for name in ordered]}


def one_kind(by: object, name: str) -> dict[str, object]:
    """What a type of problem means; the address is the `type` of the problem document."""
    if name not in problems.KINDS:
        raise Http404
    return kind(name)


class Problems(Endpoint):
    authentication_classes = []
    permission_classes = [permissions.AllowAny]
    get = reads(ProblemKinds, every_kind)


class OneProblem(Endpoint):
    authentication_classes = []
    permission_classes = [permissions.AllowAny]
    get = reads(ProblemKind, one_kind)


@csrf_exempt
def nothing_here(request: HttpRequest) -> HttpResponse:
    """The last address of all: without it the pages would render their own "not found" for a program to read."""
    return problems.answer(problems.of_kind("not-found"), request.path)


def kind(name: str) -> dict[str, object]:
    """One entry of the table of problems."""
    entry = problems.KINDS[name]
    return {"type": problems.PREFIX + name, "status": entry.status, "title": entry.title, "meaning": entry.meaning}
