"""The whole suite on a fresh machine: one pass on SQLite, one on PostgreSQL and Redis, servers started and thrown away.

python -m tests.run [--only sqlite|postgres] [pytest arguments]
A test that asks no database runs once, in the SQLite pass (tests/conftest.py decides). Where a server cannot be had,
one line says what was not run; with CI=true that is a failure.
"""

import argparse
import contextlib
import os
import subprocess
import sys
import tempfile
import time

from tests import servers

NO_TESTS = 5
TWO_AT_ONCE = ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
"""A file stays with one worker, whose servers it shares; the order is that of collection: long files first."""
SLOWEST = ["--durations=20", "--durations-min=1"]


def run_pytest(marks: str, arguments: list[str], environment: dict[str, str]) -> int:
    """pytest's exit status, with "no tests matched" counted as well; ends with the slowest twenty."""
    whole = all(argument.startswith("-") for argument in arguments)
    command = [sys.executable, "-m", "pytest", "-m", marks, *(TWO_AT_ONCE if whole else []), *SLOWEST, *arguments]
    began = time.monotonic()
    status = subprocess.run(command, env={**os.environ, **environment}).returncode
    print(f"== that took {time.monotonic() - began:.0f} s", flush=True)
    return 0 if status == NO_TESTS else status


def sqlite_pass(arguments: list[str]) -> int:
    """Pure tests, and the suite on the embedded default."""
    print("== SQLite pass", flush=True)
    with tempfile.TemporaryDirectory(prefix="medmgmt-test-") as folder:
        address = {"DATABASE_URL": f"sqlite:///{folder}/tests.sqlite3", "REDIS_URL": ""}
        return run_pytest("not postgres and not redis", arguments, address)


def postgres_pass(arguments: list[str]) -> int:
    """What asks a database again on PostgreSQL and Redis, with the tests that only they can answer."""
    print("== PostgreSQL and Redis pass", flush=True)
    with contextlib.ExitStack() as stack:
        try:
            environment = {"DATABASE_URL": stack.enter_context(servers.postgres())}
            environment["TEST_REDIS_URL"] = stack.enter_context(servers.redis())
        except servers.Unavailable as absent:
            print(f"NOT RUN: the PostgreSQL and Redis pass ({absent})", flush=True)
            return 1 if os.environ.get("CI") == "true" else 0
        return run_pytest("not sqlite and not browser", arguments, environment)


def main(arguments: list[str]) -> int:
    """Exit status 0 only when every pass that was asked for is green."""
    parser = argparse.ArgumentParser("python -m tests.run", add_help=False, allow_abbrev=False)
    parser.add_argument("--only", choices=("sqlite", "postgres"))
    asked, arguments = parser.parse_known_args(arguments)
    statuses = []
    if asked.only != "postgres":
        statuses.append(sqlite_pass(arguments))
    if asked.only != "sqlite":
        statuses.append(postgres_pass(arguments))
    return max(statuses)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
