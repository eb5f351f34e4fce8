"""A Redis that may evict keys is refused at start, by whatever would use it; a real one is asked."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import servers

STARTS = {
    "serve": ["manage.py", "serve"],
    "worker": ["-m", "celery", "-A", "medmgmt.celery:app", "worker", "--pool", "solo"],
    "beat": ["-m", "celery", "-A", "medmgmt.celery:app", "beat", "--pidfile="],
}


@pytest.fixture(scope="module")
def evicting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis that throws away what was used least recently."""
    try:
        binary = servers.redis_binary()
    except servers.Unavailable as absent:
        pytest.skip(str(absent))
    port = servers.free_port()
    command = [binary, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--maxmemory", "100mb"]
    command += ["--maxmemory-policy", "allkeys-lru", "--dir", str(tmp_path_factory.mktemp("redis"))]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        servers.wait_for(port, server, "Redis")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize("what", STARTS)
def test_nothing_starts_on_a_redis_that_may_evict_keys(evicting: str, what: str, tmp_path: Path) -> None:
    environment = {**os.environ, "REDIS_URL": evicting, "DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite3"}
    schedule = ["--schedule", str(tmp_path / "beat")] if what == "beat" else []
    ended = subprocess.run(
        [sys.executable, *STARTS[what], *schedule], env=environment, capture_output=True, text=True, timeout=120
    )
    assert ended.returncode != 0
    assert "may evict keys" in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
