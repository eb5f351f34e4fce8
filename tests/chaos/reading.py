"""Somebody who works over HTTP while everything is killed, and notes every answer that is an error."""

import contextlib
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import requests

from tests import servers
from tests.chaos.machines import Process

if TYPE_CHECKING:
    from tests.chaos.faults import Stage

PAUSE = 0.25


@dataclass
class Reader:
    """Nurse Bo at the API of a real web server."""

    url: str
    token: str
    patient: int
    stop: threading.Event = field(default_factory=threading.Event)
    answers: Counter[int] = field(default_factory=Counter)
    locked: int = 0
    slowest: float = 0.0

    @classmethod
    def of(cls, built: "Stage") -> "Reader":
        """A web server on the same database, and Bo at work."""
        port = servers.free_port()
        environment = {**built.environment, "PORT": str(port), "DJANGO_SETTINGS_MODULE": "medmgmt.settings"}
        web = Process(("django", "web"), environment, built.folder / "web.log")
        built.others.append(web)
        web.wait_until_it_listens(port)
        token, patient = built.ask("token", "0").split()
        made = cls(f"http://127.0.0.1:{port}", token, int(patient))
        made.thread = threading.Thread(target=made.work, daemon=True)
        made.thread.start()
        return made

    def work(self) -> None:
        """Read the worklist, write down a side effect, and so on."""
        number = 0
        with requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {self.token}"
            while not self.stop.wait(PAUSE):
                number += 1
                body = {
                    "patient": self.patient,
                    "term": f"tremor {number}",
                    "severity": "mild",
                    "began_on": "2026-05-01",
                }
                self.note(lambda: session.get(f"{self.url}/api/tasks/", timeout=30))
                headers = {"Idempotency-Key": f"reader-{number}"}
                self.note(
                    lambda body=body, headers=headers: session.post(
                        f"{self.url}/api/side-effects/", json=body, headers=headers, timeout=30
                    )
                )

    def note(self, ask: "object") -> None:
        began = time.monotonic()
        with contextlib.suppress(requests.ConnectionError):
            answer = ask()  # type: ignore[operator]
            self.answers[answer.status_code] += 1
            self.locked += answer.status_code >= 500 or "locked" in answer.text
        self.slowest = max(self.slowest, time.monotonic() - began)

    def finish(self) -> dict[str, object]:
        self.stop.set()
        self.thread.join(60)
        return {"answers": dict(self.answers), "errors": self.locked, "slowest": self.slowest}
