"""The one reader of tables, but for those of the pharmacy: the rows of a CSV file by heading, each with its line."""

import csv
from collections.abc import Iterator
from pathlib import Path

Row = dict[str, str]


def read(path: Path) -> Iterator[tuple[int, Row]]:
    """Each row with the line on which it ends, the heading being line 1; a mark of byte order is no part of it."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        for row in rows:
            yield rows.line_num, row
