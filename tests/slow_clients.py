"""Two hundred clients that take all the time in the world, against a service on this machine; they stop by themselves.

python -m tests.slow_clients PORT SECONDS [CLIENTS]: a quarter each drips headers, drips a body, says nothing, and reads
an answer byte by byte. Who is shut out comes back at once. Prints how many stood at the end, and who was shut out.
"""

import asyncio
import contextlib
import socket
import sys
import time
from collections import Counter
from collections.abc import Awaitable, Callable

LOOPBACK = "127.0.0.1"
LONG_ANSWER = "/static/drf_spectacular_sidecar/swagger-ui-dist/swagger-ui-bundle.js"
PAUSE = 0.5
HOST = b"Host: 127.0.0.1\r\n"
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


async def drip_headers(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A request whose headers never end."""
    await say(writer, b"GET /sign-in/ HTTP/1.1\r\n" + HOST)
    while True:
        await asyncio.sleep(PAUSE)
        await say(writer, b"X: y\r\n")


async def drip_body(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A form of a hundred thousand bytes, one at a time; with a cookie, so that its token is looked for in the body."""
    kind = (
        b"Cookie: csrftoken="
        + b"a" * 32
        + b"\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100000\r\n\r\n"
    )
    await say(writer, b"POST /sign-in/ HTTP/1.1\r\n" + HOST + kind)
    while True:
        await asyncio.sleep(PAUSE)
        await say(writer, b"x")


async def say_nothing(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """A connection, and not a word."""
    if not await reader.read(1):
        raise ConnectionError


async def read_slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """More than a megabyte is asked for, and taken a few bytes at a time."""
    await say(writer, f"GET {LONG_ANSWER} HTTP/1.1\r\n".encode() + HOST + b"\r\n")
    while True:
        await asyncio.sleep(PAUSE)
        if not await reader.read(16):
            raise ConnectionError


async def say(writer: asyncio.StreamWriter, words: bytes) -> None:
    writer.write(words)
    await writer.drain()


KINDS: tuple[Talk, ...] = (drip_headers, drip_body, say_nothing, read_slowly)


async def one(kind: Talk, port: int, counted: Counter[str]) -> None:
    """One client for ever, who comes back whenever it is shut out."""
    while True:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            plug = socket.socket()
            plug.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
            plug.setblocking(False)
            await asyncio.get_running_loop().sock_connect(plug, (LOOPBACK, port))
            reader, writer = await asyncio.open_connection(sock=plug, limit=2048)
            counted["stand"] += 1
            try:
                await kind(reader, writer)
            finally:
                counted["stand"] -= 1
                writer.transport.abort()
        counted[f"shut out: {kind.__name__}"] += 1
        await asyncio.sleep(0.1)


async def crowd(port: int, seconds: float, clients: int = 200) -> Counter[str]:
    """So many at once, for so long."""
    counted: Counter[str] = Counter()
    tasks = [asyncio.create_task(one(KINDS[number % len(KINDS)], port, counted)) for number in range(clients)]
    await asyncio.sleep(seconds)
    seen = Counter(counted)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return seen


if __name__ == "__main__":
    began = time.monotonic()
    outcome = asyncio.run(crowd(int(sys.argv[1]), float(sys.argv[2]), *map(int, sys.argv[3:])))
    print(f"{dict(outcome)} in {time.monotonic() - began:.0f} s")
