"""What is expected of each column of each table, as data/columns.csv says."""

from dataclasses import dataclass
from pathlib import Path

from interactions.importers import rows

FILE = "columns.csv"
YES = "yes"


@dataclass(frozen=True, slots=True)
class Column:
    """One column: what may stand in it, in which unit, and whether it names the row."""

    table: str
    name: str
    kind: str
    argument: str
    """What the kind needs to know: the words of "word:a|b", the ends of "whole:0..3"."""
    unit: str
    may_be_blank: bool
    is_key: bool
    meaning: str


def read(folder: Path) -> dict[str, tuple[Column, ...]]:
    """The columns of every table in the order of the file, by the table's path in the folder."""
    found: dict[str, list[Column]] = {}
    for _line, row in rows.read(folder / FILE):
        kind, _, argument = row["kind"].partition(":")
        column = Column(
            row["table"], row["column"], kind, argument, row["unit"], row["blank"] == YES, row["key"] == YES,
            row["meaning"],
        )  # fmt: skip
        found.setdefault(column.table, []).append(column)
    return {table: tuple(of) for table, of in found.items()}
