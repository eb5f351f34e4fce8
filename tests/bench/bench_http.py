"""Chart, worklist and review over HTTP against an empty view, on SQLite and PostgreSQL, with their query counts.

python -m tests.bench.bench_http: starts the web server on a private loopback port over a seeded demo clinic, signs in,
asks each page a bounded number of times one after the other, and prints medians and ratios to the empty view.
"""

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date

import requests

from tests import servers

ROUNDS = 60
PASSWORD = "demo-harbor-iop"


@contextlib.contextmanager
def site(database_url: str) -> Iterator[str]:
    """The demo clinic behind its web server; yields its address."""
    port = servers.free_port()
    environment = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": "", "API_RATE": "100000/hour"}
    environment["DJANGO_SETTINGS_MODULE"] = "medmgmt.settings"
    for command in (["migrate", "-v0"], ["load_knowledge", "-v0"], ["seed_demo", "-v0"]):
        subprocess.run([sys.executable, "manage.py", *command], env=environment, check=True, stdout=subprocess.DEVNULL)
    server = subprocess.Popen([sys.executable, "-m", "tests.bench.wsgi", str(port)], env=environment)
    try:
        servers.wait_for(port, server, "the web server")
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


def signed_in(address: str) -> requests.Session:
    """A session of the demo psychiatrist."""
    session = requests.Session()
    session.trust_env = False
    session.get(f"{address}/sign-in/", timeout=30)
    form = {"username": "adler", "password": PASSWORD, "csrfmiddlewaretoken": session.cookies["csrftoken"]}
    answer = session.post(f"{address}/sign-in/", data=form, timeout=30, headers={"Referer": address})
    if "sessionid" not in session.cookies:
        raise SystemExit(f"could not sign in: {answer.status_code}")
    return session


def median_ms(ask: Callable[[], requests.Response]) -> float:
    """Median milliseconds of ROUNDS answers after three to warm up; an answer other than 2xx ends the benchmark."""
    taken = []
    for turn in range(ROUNDS + 3):
        began = time.perf_counter()
        answer = ask()
        if turn >= 3:
            taken.append((time.perf_counter() - began) * 1000)
        if not answer.ok:
            raise SystemExit(f"{answer.request.method} answered {answer.status_code}: {answer.text[:300]}")
    return statistics.median(taken)


def pages(address: str) -> dict[str, Callable[[], requests.Response]]:
    """What is asked, the empty view first."""
    session = signed_in(address)
    csrf = {"X-CSRFToken": session.cookies["csrftoken"], "Referer": address}
    search = session.post(f"{address}/api/patients/search", json={"search": "Carla"}, headers=csrf, timeout=30)
    patient = search.json()["results"][0]["id"]
    order = {
        "kind": "start",
        "patient": patient,
        "drug": {"name": "tramadol"},
        "sig": {"amount": "50", "unit": "mg", "route": "PO", "timing": "BID"},
        "effective_on": date.today().isoformat(),
        "reason_code": "initial_treatment",
        "confirm": True,
    }
    propose = f"{address}/api/proposals"
    return {
        "empty view": lambda: session.get(f"{address}/bench/empty", timeout=30),
        "chart": lambda: session.get(f"{address}/patients/{patient}/", timeout=30),
        "worklist": lambda: session.get(f"{address}/tasks/", timeout=30),
        "propose and review (API)": lambda: session.post(propose, json=order, headers=csrf, timeout=30),
    }


def measure(name: str, database_url: str) -> None:
    """One table for one database."""
    with site(database_url) as address:
        print(f"{name}: median of {ROUNDS}, one request at a time")
        baseline = 0.0
        for page, ask in pages(address).items():
            taken = median_ms(ask)
            baseline = baseline or taken
            print(f"  {page:28} {taken:7.2f} ms   {taken / baseline:6.1f} x the empty view", flush=True)


def main() -> None:
    """SQLite, then PostgreSQL with its durability on; a server that cannot be had is said in one line."""
    with tempfile.TemporaryDirectory() as folder:
        measure("SQLite", f"sqlite:///{folder}/bench.sqlite3")
    try:
        with servers.postgres(fsync=True) as database_url:
            measure("PostgreSQL", database_url)
    except servers.Unavailable as absent:
        print(f"NOT RUN: {absent}")


if __name__ == "__main__":
    main()
