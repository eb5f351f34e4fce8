"""A caller of the API with a bearer token, whose every answer is held against the OpenAPI document."""

import json
from typing import Any

from django.http import HttpResponse
from django.test import Client

from medmgmt.record.models import User
from tests import factories
from tests.faces.api import declared


class Api:
    """One person, or nobody, calling the API."""

    def __init__(self, by: User | None = None, **headers: str) -> None:
        self.client = Client()
        self.headers = dict(headers)
        if by is not None:
            self.headers["Authorization"] = f"Bearer {factories.token(by)}"

    def call(self, method: str, path: str, body: object = None, **headers: str) -> HttpResponse:
        """One request below /api/; the answer is one that the document declares."""
        sent = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body, default=str).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        given = {"Content-Type": "application/json", **self.headers, **named}
        response = self.client.generic(
            method, f"/api/{path}", sent, content_type=given.pop("Content-Type"), headers=given
        )
        declared.require(method, f"/api/{path}".partition("?")[0], response)
        return response

    @classmethod
    def in_person(cls, by: User) -> "Api":
        """Somebody who has just signed in on a page, which no token can replace."""
        api = cls()
        api.client.force_login(by, backend="django.contrib.auth.backends.ModelBackend")
        return api

    def fresh(self) -> "Api":
        """The same person with a connection of their own, for another thread."""
        other = Api(**self.headers)
        other.client.cookies = self.client.cookies
        return other

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: object = None, **headers: str) -> HttpResponse:
        return self.call("POST", path, {} if body is None else body, **headers)

    def patch(self, path: str, body: object, **headers: str) -> HttpResponse:
        return self.call("PATCH", path, body, **headers)


def problem(response: HttpResponse, status: int, kind: str) -> dict[str, Any]:
    """The problem document of an answer, once it is found to be one of that kind."""
    assert response.status_code == status, (response.status_code, response.content[:500])
    assert response.headers["Content-Type"].startswith("application/problem+json"), response.headers
    found: dict[str, Any] = json.loads(response.content)
    assert found["type"] == f"/problems/{kind}", found
    assert found["status"] == status
    assert found["title"]
    assert found["detail"]
    return found


def fields(response: HttpResponse) -> set[str]:
    """The names of what was refused."""
    return {fault["field"] for fault in problem(response, 400, "invalid-request")["errors"]}


def done(response: HttpResponse, status: int = 200) -> Any:
    """The body of an answer that is not a refusal."""
    assert response.status_code == status, (response.status_code, response.content[:800])
    assert response.headers["Content-Type"] == "application/json"
    return json.loads(response.content)
