"""The API's own document: its committed table is that of today; it is complete, and shown without foreign help."""

import copy
import re
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from django.test import Client
from django.urls import get_resolver

from medmgmt import problems
from medmgmt.api import urls
from tests import openapi
from tests.faces.api import declared

pytestmark = pytest.mark.django_db
WITHOUT_SCHEMA = {"schema", "docs", "nothing-here"}


def test_the_committed_table_is_that_of_today() -> None:
    committed = openapi.TABLE.read_text(encoding="utf-8")
    assert openapi.table(declared.document()) == committed, "run `make openapi` and commit, if the change was wanted"


def rewrite(change: Callable[[dict[str, Any]], None]) -> set[str]:
    """The lines of the table that a change of the document takes away or brings."""
    document = copy.deepcopy(declared.document())
    before = openapi.table(document)
    change(document)
    return set(before.splitlines()) ^ set(openapi.table(document).splitlines())


@pytest.mark.parametrize(
    "change",
    [
        lambda it: it["paths"]["/api/absences/"].pop("post"),
        lambda it: it["paths"]["/api/absences/"]["post"]["responses"].pop("422"),
        lambda it: it["paths"]["/api/absences/"]["post"]["responses"]["422"].update(description="`refused` No"),
        lambda it: it["paths"]["/api/absences/"]["post"].pop("requestBody"),
        lambda it: it["paths"]["/api/absences/"]["get"]["parameters"].pop(),
        lambda it: it["paths"]["/api/absences/"]["get"].update(security=[{}]),
        lambda it: it["components"]["schemas"]["AbsenceLine"]["properties"].pop("cover"),
        lambda it: it["components"]["schemas"]["AbsenceLine"]["required"].remove("cover"),
        lambda it: it["components"]["schemas"]["AbsenceLine"]["properties"]["cover"].update(type="integer"),
        lambda it: it["components"]["schemas"]["WhyRequest"]["properties"]["why"].update(maxLength=1),
        lambda it: it["components"]["schemas"]["Sex"]["enum"].pop(),
    ],
)
def test_the_table_shows_what_changed_for_a_caller(change: Callable[[dict[str, Any]], None]) -> None:
    assert 1 <= len(rewrite(change)) <= 8


def test_a_reworded_description_is_no_change_for_a_caller() -> None:
    assert rewrite(lambda it: it["paths"]["/api/absences/"]["get"].update(description="Otherwise.")) == set()


def test_anybody_may_read_it_and_it_is_openapi_3_1(client: Client) -> None:
    response = client.get("/api/schema/", headers={"Accept": "application/vnd.oai.openapi+json"})
    assert response.json()["openapi"].startswith("3.1")
    assert yaml.safe_load(client.get("/api/schema/").content)["info"]["title"] == "medmgmt API"


def test_every_address_is_in_the_document() -> None:
    names = {pattern.name for pattern in urls.urlpatterns} - WITHOUT_SCHEMA
    paths = [path for path in declared.document()["paths"] if path.startswith("/api/")]
    assert len(paths) == len(names)


ONLY_READ = {"/api/patients/search/", "/api/interactions/check/", "/api/order-lines/understand/"}
"""What is sent as a POST because it has no place in an address; it changes nothing, however often it comes."""


def test_every_operation_declares_every_refusal_it_can_make() -> None:
    for path, item in declared.document()["paths"].items():
        for method, operation in item.items():
            statuses = set(operation["responses"])
            public = {} in operation.get("security", [{}])
            wanted = {"400", "406", "429", "500", "503"} | (set() if public else {"401", "403"})
            wanted |= {"404"} if "{" in path else set()
            wanted |= {"413", "415"} if "requestBody" in operation else set()
            wanted |= {"409", "422"} if method == "post" and path not in ONLY_READ else set()
            wanted |= (
                {"412", "428"} if "If-Match" in {each["name"] for each in operation.get("parameters", [])} else set()
            )
            assert wanted <= statuses, (method, path, wanted - statuses)
            for status, answer in operation["responses"].items():
                media = "application/json" if status < "300" else declared.PROBLEM
                assert list(answer["content"]) == [media], (method, path, status)


def test_every_post_takes_a_key_or_is_made_without_signing_in() -> None:
    for path, item in declared.document()["paths"].items():
        if "post" in item and path not in ONLY_READ and {} not in item["post"].get("security", [{}]):
            assert "Idempotency-Key" in {each["name"] for each in item["post"]["parameters"]}, path


def test_every_kind_of_problem_is_declared_somewhere() -> None:
    said = str(declared.document())
    never = {kind for kind in problems.KINDS if f"`{kind}`" not in said}
    assert never <= {"method-not-allowed", "confirm-identity"}


def test_the_documentation_is_served_by_this_server_alone(client: Client) -> None:
    page = client.get("/api/docs/")
    assert page.status_code == 200
    html = page.content.decode()
    assert "swagger" in html
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", html)
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe-eval" not in policy
    assert "http" not in policy
    assert client.get(re.findall(r'src="([^"]*script=[^"]*)"', html)[0].replace("&amp;", "&")).status_code == 200


def test_the_documentation_is_held_to_the_rules_of_every_page_and_holds_nothing_inline(client: Client) -> None:
    page = client.get("/api/docs/")
    assert page.headers["Content-Security-Policy"] == client.get("/sign-in/").headers["Content-Security-Policy"]
    html = page.content.decode()
    assert not re.findall(r"<style|<script>|style=|\son\w+=", html)


def test_asking_the_documentation_for_its_options_is_answered(client: Client) -> None:
    for path in ("/api/docs/", "/api/schema/", "/api/patients/", "/problems/"):
        assert client.options(path).status_code < 500, path


def test_no_answer_is_kept_by_browsers_or_proxies(client: Client) -> None:
    for path in ("/api/patients/", "/api/nothing", "/api/schema/"):
        assert "no-store" in client.get(path).headers["Cache-Control"], path


def test_an_address_answers_with_and_without_a_slash_at_its_end(client: Client) -> None:
    assert client.get("/api/patients").status_code == client.get("/api/patients/").status_code == 401
    assert get_resolver().resolve("/api/interactions/check").url_name == "check"
