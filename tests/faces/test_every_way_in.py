"""Every address says how it was come to, whoever comes: no act is ever asked through no door."""

from collections.abc import Callable

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.test import Client

from medmgmt.record import door
from tests.faces import test_matrix, world

pytestmark = pytest.mark.django_db
SEEN: list[str] = []


class Looking:
    """Stands behind all other middleware and looks once the view is through."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        way = door.present()
        SEEN.append("none" if way is None else way.kind)
        return response


@pytest.fixture
def addresses(settings: object) -> list[tuple[str, str]]:
    """Name and path of every address, with somebody looking behind each."""
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.Looking"]  # type: ignore[attr-defined]
    rest = {"kind": "stop", "act": "activate", "name": "refused", "decision": "approve"}
    ids = {**world.build().ids, **rest}
    return sorted({(name, test_matrix.path_of(here, ids)) for name, here, _ in test_matrix.addresses()})


def ways(client: Client, paths: list[str], **headers: str) -> set[str]:
    """The ways in that were seen at these addresses."""
    SEEN.clear()
    for path in paths:
        client.get(path, headers=headers or None)
    assert len(SEEN) == len(paths)
    return set(SEEN)


def test_every_address_knows_whether_somebody_is_signed_in(addresses: list[tuple[str, str]]) -> None:
    paths = [path for _, path in addresses]
    assert ways(Client(), paths) == {door.NOBODY}
    signed_in = Client()
    signed_in.force_login(world.factories.adler(), backend=settings.AUTHENTICATION_BACKENDS[-1])
    assert ways(signed_in, paths) == {door.SESSION}
    assert door.present() is None


def test_a_token_is_another_way_in_even_beside_a_session(addresses: list[tuple[str, str]]) -> None:
    adler = world.factories.adler()
    secret = world.factories.token(adler)
    client = Client()
    client.force_login(adler, backend=settings.AUTHENTICATION_BACKENDS[-1])
    public = {"api:schema", "api:docs", "api:nothing-here", "api:answer-link"}
    paths = [path for name, path in addresses if name.startswith("api:") and name not in public]
    assert ways(client, paths, Authorization=f"Bearer {secret}") == {door.TOKEN}
