"""Releases for the tests of this room."""

from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from interactions import releases
from interactions.importers import table
from interactions.models import Release
from tests import shipped_knowledge


def run_command(name: str, *arguments: str | Path, **options: object) -> str:
    """What a command of this room prints."""
    out = StringIO()
    call_command(name, *map(str, arguments), stdout=out, stderr=StringIO(), **options)
    return out.getvalue()


@pytest.fixture
def shipped_release(db: None) -> Release:
    """The shipped knowledge, in use."""
    return shipped_knowledge.put_into_use()


def licensed(folder: Path, *rows: str, source: str = "Licensed", name: str = "licensed.csv") -> Release:
    """A small hospital's table as a release, not in use."""
    path = folder / name
    path.write_text("\n".join(["rxcui_a,rxcui_b,severity", *rows]) + "\n", encoding="utf-8")
    about = releases.About(source=source, version="1", released_on=date(2026, 1, 1))
    return releases.keep_pairs(about, table.parse(path, {}), releases.digests([path]))
