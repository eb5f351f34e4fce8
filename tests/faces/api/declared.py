"""The OpenAPI document as a judge: every answer a test gets must be one that the document declares."""

import functools
import json
import re
from typing import Any

import jsonschema
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from drf_spectacular.generators import SchemaGenerator

PROBLEM = "application/problem+json"
OF_ROUTING = {404, 405}
"""Refusals that come before any operation is found, so that none can declare them."""


@functools.cache
def document() -> dict[str, Any]:
    """Today's document, made once a run."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return json.loads(json.dumps(made, default=str))


@functools.cache
def addresses() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    """Each address as a pattern, the most particular first."""
    found = sorted(document()["paths"].items(), key=lambda item: ("{" in item[0], item[0]))
    return [(re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path).rstrip("/") + "/?"), item) for path, item in found]


def operation(method: str, path: str) -> dict[str, Any] | None:
    """What the document says of one method of one address."""
    for pattern, item in addresses():
        if pattern.fullmatch(path):
            return item.get(method.lower())
    return None


@functools.cache
def validator(reference: str) -> jsonschema.Draft202012Validator:
    """A validator of one component."""
    components = {"components": document()["components"]}
    return jsonschema.Draft202012Validator({"$ref": reference, **components})


def words(response: HttpResponseBase) -> bytes:
    """What was answered; what comes in pieces can still be read after it."""
    if isinstance(response, StreamingHttpResponse):
        pieces = list(response)
        response.streaming_content = pieces
        return b"".join(pieces)
    assert isinstance(response, HttpResponse)
    return response.content


def require(method: str, path: str, response: HttpResponseBase) -> None:
    """Raises AssertionError where the answer is not what the document says."""
    media = response.headers.get("Content-Type", "").split(";")[0]
    declared = operation(method, path)
    if declared is None:
        assert response.status_code in OF_ROUTING | {200}, f"{method} {path} is not in the document"
        return
    responses = declared["responses"]
    if response.status_code == 405:
        return
    assert str(response.status_code) in responses, (
        f"{method} {path} -> {response.status_code} is not declared: {words(response)[:300]!r}"
    )
    content = responses[str(response.status_code)].get("content", {})
    assert media in content, f"{method} {path} -> {response.status_code} as {media}, declared {list(content)}"
    schema = content[media]["schema"]
    errors = list(validator(schema["$ref"]).iter_errors(json.loads(words(response))))
    assert not errors, (
        f"{method} {path} -> {[error.message[:200] for error in errors[:3]]} at {[list(e.path) for e in errors[:3]]}"
    )
