"""A pytest plugin for many short runs: keeps the migrated SQLite database in a file, and tells how each test ended.

MIGRATED_IN is the folder of the kept databases, one for each state of the migrations; TOLD the file for the outcomes.
"""

import hashlib
import json
import os
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management.commands import migrate
from django.db import connection

plain = migrate.Command.handle
outcomes: dict[str, str] = {}
WORST = ("passed", "skipped", "failed")


def kept_at() -> Path:
    """Where the database of these migrations is kept."""
    seen = hashlib.sha256()
    for path in sorted(Path(settings.BASE_DIR).glob("[!.]*/**/migrations/*.py")):
        seen.update(path.read_bytes())
    return Path(os.environ["MIGRATED_IN"]) / f"migrated-{seen.hexdigest()[:16]}.sqlite3"


def handle(self: migrate.Command, *arguments: Any, **options: Any) -> None:
    """Migrates once; after that the tables are copied from the file."""
    if connection.vendor != "sqlite" or "memory" not in str(connection.settings_dict["NAME"]):
        plain(self, *arguments, **options)
        return
    kept = kept_at()
    connection.ensure_connection()
    if kept.exists():
        with sqlite3.connect(kept) as source:
            source.backup(connection.connection)
        return
    plain(self, *arguments, **options)
    unfinished = kept.with_suffix(f".{os.getpid()}")
    with sqlite3.connect(unfinished) as target:
        connection.connection.backup(target)
    unfinished.replace(kept)


migrate.Command.handle = handle  # type: ignore[method-assign]


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """The worst of set-up, test and tear-down is what became of it."""
    before = outcomes.get(report.nodeid, "passed")
    outcomes[report.nodeid] = max(before, report.outcome, key=WORST.index)


def pytest_sessionfinish() -> None:
    """Writes the outcomes where the run was told to."""
    if told := os.environ.get("TOLD"):
        Path(told).write_text(json.dumps(outcomes))
