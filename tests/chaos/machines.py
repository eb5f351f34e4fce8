"""PostgreSQL and Redis that can be crashed and come back on the same port, and processes that are killed whole."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tests import servers


class Postgres:
    """A cluster that keeps its promises (fsync on) and can be crashed (immediate)."""

    def __init__(self, folder: Path) -> None:
        self.home, self.port = folder / "postgres", servers.free_port()
        self.home.mkdir()
        self.binaries, self.who = servers.postgres_bin(), servers.unprivileged(self.home)
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": self.home, **self.who}
        made = [self.binaries / "initdb", "-D", self.home / "db", "-U", "medmgmt", "-A", "trust", "-E", "UTF8"]
        subprocess.run([*made, "--locale=C.UTF-8"], check=True, **quiet)  # type: ignore[call-overload]
        self.quiet = quiet
        self.start()

    @property
    def url(self) -> str:
        return f"postgres://medmgmt@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Up again, after recovery if it must."""
        options = ["listen_addresses=127.0.0.1", f"port={self.port}", f"unix_socket_directories={self.home}"]
        options += ["max_connections=80", "timezone=UTC"]
        command = [self.binaries / "postgres", "-D", self.home / "db", *[f"-c{option}" for option in options]]
        self.server = subprocess.Popen(command, **self.quiet)  # type: ignore[call-overload]
        servers.wait_for(self.port, self.server, "PostgreSQL")

    def crash(self) -> None:
        """Every backend ends at once, nothing is written any more; then it recovers from its log."""
        self.server.send_signal(signal.SIGQUIT)
        self.server.wait(30)
        self.start()

    def stop(self) -> None:
        self.server.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.server.wait(20)
        self.server.kill()
        self.server.wait()


class Redis:
    """A Redis without persistence: killed, it has forgotten everything."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, servers.free_port()
        self.start()

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        command = [servers.redis_binary(), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        command += ["--appendonly", "no", "--maxmemory-policy", "noeviction", "--dir", str(self.folder)]
        self.server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        servers.wait_for(self.port, self.server, "Redis")

    def crash(self) -> None:
        """Killed, and started again without memory."""
        self.server.kill()
        self.server.wait()
        self.start()

    def stop(self) -> None:
        self.server.kill()
        self.server.wait()


class Process:
    """One of ours with everything that it forks, in a session of its own: killed together, started again."""

    def __init__(self, arguments: Sequence[str], environment: dict[str, str], log: Path) -> None:
        self.ready = log.with_suffix(".ready")
        self.environment = {**environment, "CHAOS_READY": str(self.ready)}
        self.command, self.log = [sys.executable, "-m", *arguments], log
        self.start()

    def start(self) -> None:
        self.ready.unlink(missing_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )

    @property
    def is_up(self) -> bool:
        """Has it come so far that it does its work?"""
        return self.process.poll() is None and self.ready.exists()

    def kill(self) -> None:
        """kill -9, its children too."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def keep_up(self) -> None:
        """As any supervisor does: started again if it has ended by itself."""
        if self.process.poll() is not None:
            self.start()

    def wait_until_it_listens(self, port: int) -> None:
        servers.wait_for(port, self.process, str(self.command[2]))
        time.sleep(0.1)
