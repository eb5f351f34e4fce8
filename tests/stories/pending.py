"""The stories that do not come true yet, each with the issue it waits for."""

import csv
from functools import cache
from pathlib import Path
from typing import NamedTuple

FOLDER = Path(__file__).parent
TABLE = FOLDER / "pending.csv"


class Pending(NamedTuple):
    """A story file, the title of the issue that makes it true, and why it is not yet."""

    story: str
    issue: str
    why: str


@cache
def pending() -> dict[str, Pending]:
    """By the name of the file."""
    with TABLE.open(encoding="utf-8", newline="") as lines:
        rows = [Pending(**row) for row in csv.DictReader(lines)]
    return {row.story: row for row in rows}
