"""The web server waits for a slow client, but not for ever, and nobody else waits with it."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from medmgmt.management import serving

PATIENCE = serving.Patience(request=1.0, answer=1.5, silence=1.2)
LONG = b"x" * (12 * 1024 * 1024)
ASK = b"GET /%s HTTP/1.1\r\nHost: a\r\n"
Connect = Callable[[], socket.socket]


def application(environ: dict[str, object], start_response: Callable[..., object]) -> list[bytes]:
    """Says back what a proxy said; /work takes its time, /long is long."""
    path = environ["PATH_INFO"]
    if path == "/work":
        time.sleep(2.0)
    told = str(environ.get("HTTP_X_FORWARDED_FOR", "nothing")).encode()
    words = LONG if path == "/long" else told
    start_response("200 OK", [("Content-Length", str(len(words)))])
    return [words]


@pytest.fixture
def serving_here() -> Iterator[tuple[Connect, threading.Event]]:
    """A way to connect, and the event that tells the server to end."""
    listening = serving.listen("127.0.0.1", 0)
    address, told = listening.getsockname(), threading.Event()
    server = serving.Server(application, listening, PATIENCE)

    def work() -> None:
        while not told.is_set():
            server.turn()
        server.end()

    thread = threading.Thread(target=work)
    thread.start()
    with contextlib.ExitStack() as stack:

        def connect() -> socket.socket:
            plug = stack.enter_context(socket.socket())
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            plug.settimeout(8)
            plug.connect(address)
            return plug

        yield connect, told
        told.set()
        server.pull_trigger()
        thread.join(10)
    assert not thread.is_alive()


def is_shut_out(plug: socket.socket, word: bytes, *, within: float = 6.0) -> bool:
    """Whether somebody who says `word` again and again finds the connection closed."""
    ends = time.monotonic() + within
    plug.setblocking(False)
    while time.monotonic() < ends:
        time.sleep(0.1)
        try:
            if word:
                plug.send(word)
            if plug.recv(1) == b"":
                return True
        except BlockingIOError:
            continue
        except OSError:
            return True
    return False


def all_of(plug: socket.socket) -> bytes:
    """What comes until the connection ends."""
    return b"".join(iter(lambda: plug.recv(1 << 20), b""))


def is_answered(plug: socket.socket) -> bool:
    """Whether an answer comes, to its last word."""
    told = b""
    while not told.endswith(b"nothing") and (more := plug.recv(4096)):
        told += more
    return told.startswith(b"HTTP/1.1 200 OK") and told.endswith(b"nothing")


@pytest.mark.parametrize(
    ("said", "drips"),
    [
        (ASK % b"", b"X: y\r\n"),
        (ASK % b"" + b"Content-Length: 9999\r\n\r\n", b"x"),
        (ASK % b"" + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
        (b"", b""),
        (b"", b"\r\n\r\n"),
    ],
    ids=["headers", "body", "chunks", "silence", "blank-lines"],
)
def test_who_takes_all_the_time_in_the_world_is_shut_out(
    serving_here: tuple[Connect, threading.Event], said: bytes, drips: bytes
) -> None:
    plug = serving_here[0]()
    plug.sendall(said)
    assert is_shut_out(plug, drips)


def test_who_does_not_take_an_answer_is_shut_out_before_its_end(
    serving_here: tuple[Connect, threading.Event],
) -> None:
    plug = serving_here[0]()
    plug.sendall(ASK % b"long" + b"\r\n")
    time.sleep(2 * PATIENCE.answer)
    assert len(all_of(plug)) < len(LONG)


def test_a_long_answer_is_given_whole_to_who_takes_it(serving_here: tuple[Connect, threading.Event]) -> None:
    plug = serving_here[0]()
    plug.sendall(ASK % b"long" + b"Connection: close\r\n\r\n")
    assert len(all_of(plug)) > len(LONG)


def test_who_is_slow_but_ends_in_time_is_answered(serving_here: tuple[Connect, threading.Event]) -> None:
    plug = serving_here[0]()
    for piece in (b"POST / HT", b"TP/1.1\r\nHost: a\r\nContent-", b"Length: 3\r\n\r\n", b"a", b"bc"):
        plug.sendall(piece)
        time.sleep(0.1)
    assert is_answered(plug)


def test_a_connection_that_is_used_again_and_again_is_kept(serving_here: tuple[Connect, threading.Event]) -> None:
    plug = serving_here[0]()
    ends = time.monotonic() + 3 * PATIENCE.silence
    while time.monotonic() < ends:
        plug.sendall(ASK % b"" + b"\r\n")
        assert is_answered(plug)
        time.sleep(0.4)


def test_work_that_takes_longer_than_any_client_may_is_answered(serving_here: tuple[Connect, threading.Event]) -> None:
    plug = serving_here[0]()
    plug.sendall(ASK % b"work" + b"\r\n")
    assert is_answered(plug)


def test_what_was_begun_is_answered_though_the_server_is_told_to_end(
    serving_here: tuple[Connect, threading.Event],
) -> None:
    connect, told = serving_here
    plug, idle = connect(), connect()
    plug.sendall(ASK % b"work" + b"\r\n")
    time.sleep(0.3)
    told.set()
    assert is_answered(plug)
    assert idle.recv(1) == b""
    with pytest.raises(OSError, match=r"refused|reset"):
        connect()


def test_too_long_a_body_or_header_is_refused_unread(serving_here: tuple[Connect, threading.Event]) -> None:
    connect, _ = serving_here
    body, header = connect(), connect()
    body.sendall(ASK % b"" + b"Content-Length: %d\r\n\r\n" % (serving.BODY_BYTES + 1))
    assert body.recv(4096).startswith(b"HTTP/1.1 413")
    with contextlib.suppress(OSError):
        header.sendall(ASK % b"" + b"X: " + b"y" * serving.HEADER_BYTES)
    assert header.recv(4096).startswith(b"HTTP/1.0 431")


def test_what_a_proxy_says_reaches_the_settings_that_decide(serving_here: tuple[Connect, threading.Event]) -> None:
    plug = serving_here[0]()
    plug.sendall(ASK % b"" + b"X-Forwarded-For: 203.0.113.9\r\nConnection: close\r\n\r\n")
    assert all_of(plug).endswith(b"203.0.113.9")


def test_a_port_that_is_taken_is_said_at_once() -> None:
    with serving.listen("127.0.0.1", 0) as listening, pytest.raises(OSError, match="in use"):
        serving.listen(*listening.getsockname())
