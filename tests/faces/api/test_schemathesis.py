"""Schemathesis sends what the OpenAPI document allows and what it forbids, as staff and as a patient; every answer is
one that the document declares, and none of them is that something broke here."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import SchemathesisConfig
from schemathesis.specs.openapi import checks

from medmgmt.record.models import User
from medmgmt.wsgi import application
from tests.faces import world as worlds
from tests.faces.api import declared
from tests.faces.api.client import Api

pytestmark = pytest.mark.django_db
EXAMPLES = 4
"""For each operation and caller; hypothesis is derandomised, so that every run sends the same."""
HELD = [not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
        checks.response_schema_conformance]  # fmt: skip


@pytest.fixture(autouse=True)
def _unthrottled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rest_framework.throttling.SimpleRateThrottle.THROTTLE_RATES", {"user": None})


@pytest.fixture(autouse=True)
def _one_connection() -> Iterator[None]:
    """As Django's own client does: a request would else close the connection that the test's transaction is on."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


def operations() -> list[Any]:
    """Every operation of the document."""
    schema = schemathesis.openapi.from_dict(declared.document(), config=SchemathesisConfig())
    schema.app = application
    return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.parametrize("who", ["adler", "carla"])
def test_whatever_the_document_allows_or_forbids_is_answered_as_it_declares(who: str) -> None:
    world, sent = worlds.build(), 0
    person = world.people[who]
    assert isinstance(person, User)
    token = Api(person).headers["Authorization"]
    for operation in operations():
        kinds = [operation.as_strategy(generation_mode=mode) for mode in GenerationMode]

        @given(case=st.one_of(*kinds), is_carlas=st.booleans())
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def send(case: Any, is_carlas: bool) -> None:
            nonlocal sent
            sent += 1
            if is_carlas:
                known = {name: world.ids[name] for name in case.path_parameters or {} if name in world.ids}
                case.path_parameters = {**(case.path_parameters or {}), **known}
            with transaction.atomic():
                answer = case.call(headers={"Authorization": token})
                transaction.set_rollback(True)
            case.validate_response(answer, checks=HELD)

        send()
    assert sent > 300
