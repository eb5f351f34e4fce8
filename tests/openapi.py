"""Compares the committed OpenAPI snapshot with what the code declares today; `make openapi` writes it anew."""

import difflib
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SNAPSHOT = Path(__file__).resolve().parent.parent / "medmgmt" / "api" / "openapi.yaml"


def main() -> int:
    """Exit status 1 with a diff when the interface changed and nobody said so."""
    with tempfile.TemporaryDirectory() as folder:
        today = os.path.join(folder, "openapi.yaml")
        command = [sys.executable, "manage.py", "spectacular", "--validate", "--fail-on-warn", "--file", today]
        made = subprocess.run(command, capture_output=True, text=True)
        if made.returncode:
            print(made.stdout + made.stderr)
            return 1
        new, old = Path(today).read_text().splitlines(), SNAPSHOT.read_text().splitlines()
    diff = list(difflib.unified_diff(old, new, "committed", "today", lineterm="", n=1))
    if diff:
        print("\n".join(diff[:60]), "\nThe API changed: run `make openapi` and commit the snapshot if that was wanted.")
    return 1 if diff else 0


if __name__ == "__main__":
    raise SystemExit(main())
