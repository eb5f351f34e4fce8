"""What no address knows is answered with 405 and what it does know; a HEAD is its GET without the words."""

import pytest
from django.test import Client

from tests import factories
from tests.faces import world as worlds
from tests.faces.matrix import QUERIES
from tests.faces.test_matrix import path_of, rows

pytestmark = pytest.mark.django_db
NAMES = {"kind": "stop", "act": "activate", "name": "refused", "decision": "approve"}
ODD = ("TRACE", "TRACK", "CONNECT", "PROPFIND", "FOO")
OF_OTHERS = ("web:sign_out", "web:reminder")


@pytest.fixture
def adler() -> Client:
    """Dr Adler, signed in."""
    client = Client(raise_request_exception=False)
    client.force_login(factories.adler(), backend="django.contrib.auth.backends.ModelBackend")
    return client


def addresses(world: worlds.World) -> dict[str, str]:
    """The name of each address with Carla's own numbers in it."""
    ids = {**world.ids, **NAMES}
    found = {row.split()[0]: path_of(here, ids) + QUERIES.get(row, "") for row, (here, _method) in rows().items()}
    return {name: path for name, path in found.items() if "<" not in path}


def test_odd_methods_are_refused_everywhere_with_what_is_known_there(adler: Client) -> None:
    for name, path in addresses(worlds.build()).items():
        for method in ODD:
            answer = adler.generic(method, path)
            assert (answer.status_code, bool(answer.headers.get("Allow"))) == (405, True), (name, method)
            assert "X-Custom" not in answer.content.decode()


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_page_is_read_or_sent_and_nothing_else(adler: Client, method: str) -> None:
    for path in ("/", "/sign-in/", "/patients/", "/nothing/here/"):
        assert adler.generic(method, path).headers["Allow"] == "GET, HEAD, POST, OPTIONS"


def test_asking_for_options_does_nothing_and_breaks_nothing(adler: Client) -> None:
    for name, path in addresses(worlds.build()).items():
        answer = adler.options(path.partition("?")[0])
        assert answer.status_code in (204, 401, 403, 404, 405), name
        assert answer.headers.get("Allow") or answer.status_code in (401, 403, 404), name


def test_a_head_says_what_its_get_would_say_and_no_word_of_it(adler: Client) -> None:
    for name, path in addresses(worlds.build()).items():
        if name in OF_OTHERS:
            continue
        got, headed = adler.get(path), adler.head(path)
        assert (headed.status_code, headed.content) == (got.status_code, b""), name
        assert headed.headers.get("Content-Type") == got.headers.get("Content-Type"), name
        if not got.streaming and got.status_code == 200 and b"csrf" not in got.content:
            assert headed.headers.get("Content-Length") == got.headers.get("Content-Length"), name
