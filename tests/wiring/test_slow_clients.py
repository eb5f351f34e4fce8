"""Two hundred clients that drip, stare or read byte by byte, and everybody else works on as before."""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests import site

pytestmark = pytest.mark.servers
PAGES = ("/patients/", "/tasks/", "/renewals/")
SECONDS, SETTLING, CLIENTS, USERS = 10.0, 3.0, 200, 2
FLOOR_SECONDS = 0.05
"""Below this, twice as long is noise."""
PAUSE = 0.05


@pytest.fixture(scope="module")
def clinic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[site.Site]:
    """The service as `make run` starts it."""
    with site.running(Path(tmp_path_factory.mktemp("slow"))) as running:
        yield running


def work(clinic: site.Site, who: requests.Session, seconds: float, taken: list[float]) -> None:
    """Page after page, each on a connection of its own; an answer other than 200 fails."""
    ends, turn = time.monotonic() + seconds, 0
    while time.monotonic() < ends:
        began, turn = time.monotonic(), turn + 1
        answer = who.get(clinic.address + PAGES[turn % len(PAGES)], timeout=20, headers={"Connection": "close"})
        assert answer.status_code == 200
        taken.append(time.monotonic() - began)
        time.sleep(PAUSE)


def p95(clinic: site.Site, people: list[requests.Session], seconds: float) -> float:
    """What 95 of 100 pages take at most, for people who work side by side."""
    taken: list[float] = []
    threads = [threading.Thread(target=work, args=(clinic, who, seconds, taken)) for who in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) >= len(people) * seconds / 4, f"only {len(taken)} pages in {seconds:.0f} s"
    return sorted(taken)[int(len(taken) * 0.95)]


def test_with_two_hundred_slow_clients_pages_take_at_most_twice_as_long(clinic: site.Site) -> None:
    people = [clinic.signed_in("adler") for _ in range(USERS)]
    p95(clinic, people, 2.0)
    before = p95(clinic, people, SECONDS)
    port, lasts = str(urlsplit(clinic.address).port), str(SECONDS + SETTLING + 1)
    crowd = subprocess.Popen(
        [sys.executable, "-m", "tests.slow_clients", port, lasts, str(CLIENTS)], stdout=subprocess.PIPE, text=True
    )
    try:
        time.sleep(SETTLING)
        during = p95(clinic, people, SECONDS)
        told, _ = crowd.communicate(timeout=30)
    finally:
        crowd.kill()
    print(f"p95 of a page: {before * 1000:.0f} ms before, {during * 1000:.0f} ms with {CLIENTS} slow clients; {told}")
    assert f"'stand': {CLIENTS}" in told, told
    assert during <= 2 * max(before, FLOOR_SECONDS), f"{during:.3f} s with slow clients, {before:.3f} s without"
