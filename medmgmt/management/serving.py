"""The web server: waitress reads and answers without a thread while a client is slow; here that has an end as well."""

import os
import resource
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer

Application = Callable[..., Any]
BODY_BYTES = 2 * 1024 * 1024
"""What is longer is refused unread. Between Django's own limit (1 MiB) and this one it is refused in words."""
HEADER_BYTES = 64 * 1024
ANSWER_BYTES = 16 * 1024 * 1024
"""Longer answers wait for their reader. No part of a request or an answer is ever put into a file."""
PLACES = 1000
SPARE_FILES = 100
THREADS = 8
GRACE_SECONDS = 4.0
"""How long what was begun may take once the server is told to stop; `serve` kills after five seconds."""
LOOK_SECONDS = 0.5


@dataclass(frozen=True)
class Patience:
    """Seconds that a client may take: to send a request to its end, to take an answer, and without a word between."""

    request: float = 30
    answer: float = 120
    silence: float = 30


class Channel(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """A connection that knows since when it is doing what it does."""

    answered = 0
    stage: tuple[object, ...] = ()
    since = 0.0

    def service(self) -> None:
        super().service()
        self.answered += 1

    def is_overdue(self, now: float, patience: Patience) -> bool:
        """Whether its client has used up the time for what it owes us; a byte now and then buys none."""
        stage, limit = self.doing(patience)
        if stage != self.stage:
            self.stage, self.since = stage, now
        return now - self.since > limit

    def doing(self, patience: Patience) -> tuple[tuple[object, ...], float]:
        """What it waits for, never the same for two requests, and how long; the work on a request is ours."""
        if self.total_outbufs_len:
            return ("answer", self.answered), patience.answer
        if self.requests:
            return ("work", self.answered), float("inf")
        if self.request is not None:
            return ("request", self.request), patience.request
        return ("silence", self.answered), patience.silence


class Server(TcpWSGIServer):  # type: ignore[misc]  # waitress has no types
    """One process of the site on a socket that listens already."""

    channel_class = Channel

    def __init__(self, application: Application, listening: socket.socket, patience: Patience) -> None:
        self.patience, self.looked = patience, 0.0
        where = (listening.family, listening.type, listening.proto, listening.getsockname())
        super().__init__(
            application, {}, _sock=listening, sockinfo=where, bind_socket=False, adj=adjusted(places())
        )  # fmt: skip

    def turn(self) -> None:
        """Waits for something to happen, at most a moment, and sees to it."""
        wasyncore.poll2(LOOK_SECONDS, self._map)
        now = time.monotonic()
        if now - self.looked >= LOOK_SECONDS:
            self.looked = now
            self.shut_out(lambda channel: channel.is_overdue(now, self.patience))

    def shut_out(self, whom: Callable[[Channel], bool]) -> None:
        """Closes those at once, whether or not they would still take a word."""
        for channel in [channel for channel in self.active_channels.values() if whom(channel)]:
            channel.handle_close()

    def end(self) -> None:
        """Takes nobody new, and ends what was begun if it ends in time."""
        wasyncore.dispatcher.close(self)
        ends = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < ends and self.active_channels:
            self.shut_out(lambda channel: not channel.requests and not channel.total_outbufs_len)
            self.turn()
        self.task_dispatcher.shutdown(timeout=0.1)
        wasyncore.close_all(self._map)


def adjusted(connections: int) -> Adjustments:
    """Waitress with our bounds. What proxies say is left in the headers: settings tell which of them are believed."""
    return Adjustments(
        threads=THREADS,
        ident=None,
        connection_limit=connections,
        max_request_header_size=HEADER_BYTES,
        max_request_body_size=BODY_BYTES,
        inbuf_overflow=2 * BODY_BYTES,
        outbuf_overflow=2 * ANSWER_BYTES,
        outbuf_high_watermark=ANSWER_BYTES,
        clear_untrusted_proxy_headers=False,
        log_socket_errors=False,
    )


def places() -> int:
    """How many connections this process holds at once: fewer where the system gives it few files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = PLACES + SPARE_FILES
    if soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return min(PLACES, soft - SPARE_FILES)


def listen(host: str, port: int) -> socket.socket:
    """The socket that every process of the site takes connections from; OSError where the port is taken."""
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1024)


def run(application: Application, listening: socket.socket, *, processes: int = 1) -> bool:
    """Serves until told to stop (True), or until one of its processes is gone (False); none outlives the others."""
    first = os.getpid()
    others: list[int] = []
    for _ in range(processes - 1):
        if (other := os.fork()) == 0:
            others = []
            break
        others.append(other)
    server = Server(application, listening, Patience())
    told: list[bool] = []

    def stop(*_: object) -> None:
        told.append(True)
        server.pull_trigger()

    for each in (signal.SIGTERM, signal.SIGINT):
        signal.signal(each, stop)
    while not told and first in (os.getpid(), os.getppid()) and not any(map(is_gone, others)):
        server.turn()
    server.end()
    for other in others:
        with suppress(ProcessLookupError, ChildProcessError):
            os.kill(other, signal.SIGTERM)
            os.waitpid(other, 0)
    return bool(told)


def is_gone(child: int) -> bool:
    """Whether a process that this one began has ended."""
    return os.waitpid(child, os.WNOHANG)[0] == child
