"""The whole service as a newcomer starts it: `manage.py serve` on a private port over a database of its own."""

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import requests

from tests import servers

PASSWORD = "demo-harbor-iop"
START_SECONDS = 120


@dataclass
class Site:
    """A running clinic: its address, and the environment in which its commands run."""

    address: str
    environment: dict[str, str]

    def manage(self, *command: str) -> str:
        """What a management command prints; one that fails is an error that shows what it said."""
        done = subprocess.run(
            [sys.executable, "manage.py", *command], env=self.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.strip()

    def api(self, username: str) -> "Api":
        """The API as one of the demo accounts, by a bearer token of its own."""
        said = ["--name", uuid4().hex, "--scope", "prescribe", "--reason", "a journey"]
        return Api(self.address, self.manage("make_token", username, *said))

    def in_person(self, username: str) -> "Api":
        """The API as one of them who has just signed in on the page."""
        api = Api(self.address, "")
        api.session = self.signed_in(username)
        api.session.headers.update({"X-CSRFToken": api.session.cookies["csrftoken"], "Referer": self.address})
        return api

    def browser(self) -> requests.Session:
        """Somebody with a web browser who is not signed in."""
        session = requests.Session()
        session.trust_env = False
        return session

    def signed_in(self, username: str) -> requests.Session:
        """Somebody who signed in on the page."""
        session = self.browser()
        page = f"{self.address}/sign-in/"
        session.get(page, timeout=30)
        form = {"username": username, "password": PASSWORD, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
        session.post(page, data=form, headers={"Referer": page}, timeout=30)
        assert "sessionid" in session.cookies, f"{username} could not sign in"
        return session


class Api:
    """JSON in, JSON out; every answer is checked against the status that is expected."""

    def __init__(self, address: str, token: str) -> None:
        self.address = f"{address}/api"
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path: str, expect: int = 200, **query: object) -> Any:
        return self.ask("GET", path, expect, params=query)

    def post(self, path: str, expect: int = 201, **body: object) -> Any:
        return self.ask("POST", path, expect, json=body)

    def ask(self, method: str, path: str, expect: int, **options: Any) -> Any:
        answer = self.session.request(method, f"{self.address}{path}", timeout=30, **options)
        assert answer.status_code == expect, f"{method} {path} answered {answer.status_code}: {answer.text[:800]}"
        return answer.json()


def zone_where_it_is_noon() -> str:
    """A time zone in which it is noon to one o'clock now, so that reminders may go at any hour of the machine."""
    ahead = 12 - datetime.now(UTC).hour
    return "Etc/GMT" if ahead == 0 else f"Etc/GMT{'-' if ahead > 0 else '+'}{abs(ahead)}"


@contextlib.contextmanager
def running(folder: Path, **settings: str) -> Iterator[Site]:
    """Serves until the block ends, then presses Ctrl-C; fails if anything is left running."""
    port = servers.free_port()
    inherited = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    environment = {**inherited, "PORT": str(port), "DATABASE_URL": f"sqlite:///{folder}/site.sqlite3", **settings}
    with (folder / "serve.log").open("w+") as log:
        command = [sys.executable, "manage.py", "serve"]
        served = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
        try:
            wait_until_well(f"http://127.0.0.1:{port}", served, folder / "serve.log")
            yield Site(f"http://127.0.0.1:{port}", environment)
        finally:
            served.send_signal(2)
            try:
                served.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(served.pid, 9)
                raise


def wait_until_well(address: str, served: "subprocess.Popen[bytes]", log: Path) -> None:
    """Returns when /healthz answers 200; fails with the log when it does not within START_SECONDS."""
    ended = time.monotonic() + START_SECONDS
    while time.monotonic() < ended and served.poll() is None:
        with contextlib.suppress(requests.RequestException):
            if requests.get(f"{address}/healthz", timeout=5).status_code == 200:
                return
        time.sleep(0.2)
    raise AssertionError(f"the site did not become well:\n{log.read_text()[-3000:]}")


def eventually(what: Any, *, within: float = 30.0) -> Any:
    """The first true answer of `what`, asked again and again; an assertion error after `within` seconds."""
    ended = time.monotonic() + within
    while time.monotonic() < ended:
        found = what()
        if found:
            return found
        time.sleep(0.3)
    raise AssertionError(f"did not happen within {within:.0f} s")
