"""Every static check in one command: prints each as it goes, runs them all, and fails if any failed."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

PYTHON = sys.executable
BIN = Path(PYTHON).parent
PRODUCTION = {
    "MEDMGMT_MODE": "production",
    "SECRET_KEY": "9f3k-Tq7w" * 8,
    "AUDIT_KEY": "a-second-key-that-only-this-check-uses-0123456789",
    "ALLOWED_HOSTS": "clinic.example",
    "BASE_URL": "https://clinic.example",
    "DATABASE_URL": "postgres://medmgmt@127.0.0.1:1/medmgmt",
}


def checks(folder: str) -> list[tuple[str, list[str], dict[str, str]]]:
    """Name, command and extra environment of each check; `folder` is for what they write."""
    lint_cache = {"IMPORT_LINTER_CACHE_DIR": folder}
    return [
        ("format", [str(BIN / "ruff"), "format", "--check", "--quiet", "."], {}),
        ("lint", [str(BIN / "ruff"), "check", "--quiet", "."], {}),
        ("types", [str(BIN / "mypy")], {}),
        ("floors", [str(BIN / "lint-imports"), "--no-cache"], lint_cache),
        ("migrations", [PYTHON, "manage.py", "makemigrations", "--check", "--dry-run"], {}),
        ("deploy", [PYTHON, "manage.py", "check", "--deploy", "--fail-level", "WARNING"], PRODUCTION),
        ("openapi", [PYTHON, "-m", "tests.openapi"], {}),
        ("data", [PYTHON, "manage.py", "check_data"], {}),
    ]


def main() -> int:
    """Exit status 1 if any check failed, with the output of those that did."""
    failed = []
    with tempfile.TemporaryDirectory(prefix="medmgmt-check-") as folder:
        for name, command, extra in checks(folder):
            done = subprocess.run(command, env={**os.environ, **extra}, capture_output=True, text=True)
            print(f"{'ok  ' if done.returncode == 0 else 'FAIL'} {name}", flush=True)
            if done.returncode:
                failed.append(name)
                print(done.stdout + done.stderr, flush=True)
    print("All checks pass." if not failed else f"Failed: {', '.join(failed)}.")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
