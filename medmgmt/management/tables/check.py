"""Every table of data/ held to its columns, and all of them together to sense."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from interactions.importers.faults import Fault
from medmgmt.management.tables import cells, release, sense, sheets
from medmgmt.management.tables.known import Known
from medmgmt.management.tables.sheets import Column, Sheet


@dataclass(frozen=True)
class Checked:
    tables: int
    rows: int
    faults: tuple[Fault, ...]


def check(folder: Path) -> Checked:
    """All faults of the tables in the folder; what asks several tables at once waits until every cell is sound."""
    expected = sheets.columns(folder)
    known = Known({name: sheets.read(folder, name, of) for name, of in expected.items()})
    found = [*_undescribed(folder, expected), *(fault for sheet in known.sheets.values() for fault in sheet.faults)]
    if not found:
        found += [fault for name, of in expected.items() for fault in _of_cells(known.sheet(name), of, known)]
    if not found:
        rules = known.sheet("pair_rules.csv"), known.sheet("derived_pairs.csv")
        found += [*sense.faults(known, expected), *release.faults(folder, *rules)]
    return Checked(len(expected), sum(len(sheet.lines) for sheet in known.sheets.values()), tuple(found))


def _undescribed(folder: Path, expected: dict[str, tuple[Column, ...]]) -> Iterator[Fault]:
    for path in sorted(folder.rglob("*.csv")):
        name = path.relative_to(folder).as_posix()
        if name not in expected:
            yield Fault(name, 1, "columns.csv does not describe it")


def _of_cells(sheet: Sheet, expected: tuple[Column, ...], known: Known) -> Iterator[Fault]:
    for line in sheet.lines:
        for column in expected:
            wrong = cells.reason(line.cells[column.name], column, line.cells, known)
            if wrong:
                yield sheet.fault(line, wrong)
