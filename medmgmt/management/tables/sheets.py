"""Tables as they stand in their files: what columns.csv expects of each, its rows, what is wrong with its shape."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from interactions.importers.faults import Fault

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


def columns(folder: Path) -> dict[str, tuple[Column, ...]]:
    """The columns of every table in the order of the file, by the table's path in the folder."""
    found: dict[str, list[Column]] = {}
    with (folder / FILE).open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            kind, _, argument = row["kind"].partition(":")
            column = Column(
                row["table"], row["column"], kind, argument, row["unit"], row["blank"] == YES, row["key"] == YES,
                row["meaning"],
            )  # fmt: skip
            found.setdefault(column.table, []).append(column)
    return {table: tuple(of) for table, of in found.items()}


class Line(NamedTuple):
    """A row and the line on which it ends, the heading being line 1."""

    number: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Sheet:
    """One table; rows whose shape is wrong are left out and told as faults."""

    name: str
    lines: tuple[Line, ...] = ()
    faults: tuple[Fault, ...] = ()

    def fault(self, line: Line, reason: str) -> Fault:
        return Fault(self.name, line.number, reason)

    def values(self, column: str) -> set[str]:
        return {line.cells.get(column, "") for line in self.lines} - {""}


def read(folder: Path, name: str, columns: Sequence[Column]) -> Sheet:
    """The table of this name; a missing file or heading leaves no rows and one fault."""
    path = folder / name
    if not path.is_file():
        return Sheet(name, faults=(Fault(name, 1, "the file is missing"),))
    with path.open(encoding="utf-8", newline="") as lines:
        rows = csv.reader(lines)
        heading = next(rows, [])
        wrong = tuple(Fault(name, 1, reason) for reason in _of_heading(heading, columns))
        if wrong:
            return Sheet(name, faults=wrong)
        whole: list[Line] = []
        faults: list[Fault] = []
        for cells in rows:
            reason = _of_shape(cells, len(heading))
            if reason:
                faults.append(Fault(name, rows.line_num, reason))
            else:
                whole.append(Line(rows.line_num, dict(zip(heading, cells, strict=True))))
    return Sheet(name, tuple(whole), (*faults, *_twice(name, whole, columns)))


def _of_heading(heading: Sequence[str], columns: Sequence[Column]) -> Iterator[str]:
    wanted = [column.name for column in columns]
    yield from (f"the column {name!r} is missing" for name in wanted if name not in heading)
    yield from (f"the column {name!r} is unknown: describe it in columns.csv" for name in heading if name not in wanted)
    yield from (f"the column {name!r} stands there twice" for name in sorted(set(heading)) if heading.count(name) > 1)


def _of_shape(cells: Sequence[str], wanted: int) -> str:
    if len(cells) != wanted:
        return f"{len(cells)} cells where the heading has {wanted}"
    padded = next((text for text in cells if text != text.strip()), None)
    return "" if padded is None else f"{padded!r} begins or ends with a space"


def _twice(name: str, lines: Sequence[Line], columns: Sequence[Column]) -> Iterator[Fault]:
    """Rows that the key columns do not tell apart."""
    keys = [column.name for column in columns if column.is_key]
    first: dict[tuple[str, ...], int] = {}
    for line in lines:
        key = tuple(line.cells[column] for column in keys)
        earlier = first.setdefault(key, line.number)
        if keys and earlier != line.number:
            told = ", ".join(filter(None, key))
            yield Fault(name, line.number, f"{told} is on line {earlier} already")
