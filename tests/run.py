"""The whole suite on a fresh machine: one pass on SQLite, one on PostgreSQL and Redis, servers started and thrown away.

python -m tests.run [--only sqlite|postgres] [pytest arguments]
Where a server cannot be had, one line says what was not run; with CI=true that is a failure.
"""

import contextlib
import os
import subprocess
import sys
import tempfile

from tests import servers

NO_TESTS = 5


def run_pytest(marks: str, arguments: list[str], environment: dict[str, str]) -> int:
    """pytest's exit status, with "no tests matched" counted as well."""
    whole = all(argument.startswith("-") for argument in arguments)
    two_at_once = ["-n", "2", "--dist", "loadfile"] if whole else []
    command = [sys.executable, "-m", "pytest", "-m", marks, *two_at_once, *arguments]
    status = subprocess.run(command, env={**os.environ, **environment}).returncode
    return 0 if status == NO_TESTS else status


def sqlite_pass(arguments: list[str]) -> int:
    """Pure tests, and the suite on the embedded default."""
    print("== SQLite pass", flush=True)
    with tempfile.TemporaryDirectory(prefix="medmgmt-test-") as folder:
        address = {"DATABASE_URL": f"sqlite:///{folder}/tests.sqlite3", "REDIS_URL": ""}
        return run_pytest("not postgres and not redis", arguments, address)


def postgres_pass(arguments: list[str]) -> int:
    """The suite again on PostgreSQL and Redis, with the tests that only they can answer."""
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
    only = ""
    if arguments[:1] == ["--only"]:
        only, arguments = arguments[1], arguments[2:]
    statuses = []
    if only in ("", "sqlite"):
        statuses.append(sqlite_pass(arguments))
    if only in ("", "postgres"):
        statuses.append(postgres_pass(arguments))
    return max(statuses)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
