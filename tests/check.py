"""Every static check in one command, two at a time: prints each as it ends, runs them all, and fails if any failed."""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

PYTHON = sys.executable
BIN = Path(PYTHON).parent
PRODUCTION = {
    "MEDMGMT_MODE": "production",
    "SECRET_KEY": "9f3k-Tq7w" * 8,
    "AUDIT_KEY": "a-second-key-that-only-this-check-uses-and-no-clinic-0123456789",
    "ALLOWED_HOSTS": "clinic.example",
    "BASE_URL": "https://clinic.example",
    "DATABASE_URL": "postgres://medmgmt@127.0.0.1:1/medmgmt",
}
TWO_AT_ONCE = 2
Check = tuple[str, list[str], dict[str, str]]


def checks(folder: str) -> list[Check]:
    """Name, command and extra environment of each check, the longest first; `folder` is for what they write."""
    lint_cache = {"IMPORT_LINTER_CACHE_DIR": folder}
    return [
        ("types", [str(BIN / "mypy")], {}),
        ("floors", [str(BIN / "lint-imports"), "--no-cache"], lint_cache),
        ("openapi", [PYTHON, "-m", "tests.openapi"], {}),
        ("data", [PYTHON, "manage.py", "check_data"], {}),
        ("deploy", [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
        ("migrations", [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"], {}),
        ("lint", [str(BIN / "ruff"), "check", "--quiet", "."], {}),
        ("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."], {}),
    ]


def run(check: Check) -> "subprocess.CompletedProcess[str]":
    """One check to its end, with all that it printed."""
    _name, command, extra = check
    return subprocess.run(command, env={**os.environ, **extra}, capture_output=True, text=True)


def main() -> int:
    """Exit status 1 if any check failed, with the output of those that did."""
    failed = []
    with tempfile.TemporaryDirectory(prefix="medmgmt-check-") as folder, ThreadPoolExecutor(TWO_AT_ONCE) as pool:
        begun = {pool.submit(run, check): check[0] for check in checks(folder)}
        for ended in as_completed(begun):
            name, done = begun[ended], ended.result()
            print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name}", flush=True)
            if done.returncode:
                failed.append(name)
                print(done.stdout + done.stderr, flush=True)
    print("All checks pass." if not failed else f"Failed: {', '.join(failed)}.")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
