"""A gateway that counts, in a process of its own: takes JSON under an Idempotency-Key, and fails 30 % of its calls.

python -m tests.chaos.gateway PORT SEED. A third of the faults answers 500, a third stalls before the message is taken,
a third takes it and never says so. GET /report tells every key's deliveries; nothing is ever sent anywhere.
"""

import json
import random
import sys
import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STALL_SECONDS = 3.0
QUICK_SECONDS = 0.02
FAULTS = 0.30
REFUSES, STALLS, SILENT = "answered 500", "stalled", "took it and fell silent"


class Book:
    """What arrived: by key how often and when first, and how many calls went wrong."""

    def __init__(self, seed: int) -> None:
        self.lock = threading.Lock()
        self.chance = random.Random(seed)
        self.taken: Counter[str] = Counter()
        self.first: dict[str, float] = {}
        self.faults: Counter[str] = Counter()
        self.calls = 0

    def fault(self) -> str:
        """What goes wrong with this call; blank for seven out of ten."""
        with self.lock:
            self.calls += 1
            drawn = self.chance.random()
            kind = [REFUSES, STALLS, SILENT][int(drawn * 10)] if drawn < FAULTS else ""
            self.faults.update([kind] if kind else [])
            return kind

    def take(self, key: str) -> None:
        """The message is here."""
        with self.lock:
            self.taken[key] += 1
            self.first.setdefault(key, time.time())

    def report(self) -> dict[str, object]:
        with self.lock:
            return {
                "taken": dict(self.taken),
                "first": dict(self.first),
                "faults": dict(self.faults),
                "calls": self.calls,
            }


class Handler(BaseHTTPRequestHandler):
    """One call."""

    book: Book

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        key, fault = self.headers.get("Idempotency-Key", ""), self.book.fault()
        time.sleep(QUICK_SECONDS)
        if fault == STALLS:
            time.sleep(STALL_SECONDS)
            return
        if fault == REFUSES:
            self.answer(500, {"error": "later"})
            return
        self.book.take(key)
        if fault == SILENT:
            time.sleep(STALL_SECONDS)
            return
        self.answer(200, {"id": f"m-{key[:12]}"})

    def do_GET(self) -> None:
        self.answer(200, self.book.report())

    def answer(self, status: int, told: dict[str, object]) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Nothing is said of a call."""


class Server(ThreadingHTTPServer):
    """Many calls at once; a caller that was killed is no error here."""

    request_queue_size = 256
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """The other side is gone."""


if __name__ == "__main__":
    Handler.book = Book(int(sys.argv[2]))
    Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
