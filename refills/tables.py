"""The one reader of the pharmacy's and the site's tables: the rows of a CSV file, each with its line."""

import csv
from collections.abc import Iterator
from pathlib import Path


def read(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Each row with the line on which it ends, the heading being line 1; a mark of byte order is no part of it."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.DictReader(lines)
        for row in rows:
            yield rows.line_num, row
