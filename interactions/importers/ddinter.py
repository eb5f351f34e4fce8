"""DDInter's official CSV files, one for each first letter of the ATC code."""

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from interactions.engine.data_set import SourceDrug
from interactions.engine.pair_table import LARGEST, NUMBER_BITS
from interactions.engine.severity import Severity
from interactions.importers.faults import BadFile, Fault
from interactions.importers.naming import Names, split_bracket
from interactions.importers.pair_import import Conflict, PairImport, arranged

HEADING = ["DDInterID_A", "Drug_A", "DDInterID_B", "Drug_B", "Level"]
LETTERS = tuple("ABCDGHJLMNPRSV")
LEVELS = {
    "Unknown": Severity.UNGRADED,
    "Minor": Severity.MINOR,
    "Moderate": Severity.MODERATE,
    "Major": Severity.MAJOR,
}
IDENTIFIER = re.compile(r"DDInter\d+")
LETTER = re.compile(r"_code_([A-Z])\.csv", re.IGNORECASE)
MOST_FAULTS = 1000
Progress = Callable[[int], None]


@dataclass
class _Reading:
    numbers: dict[str, int] = field(default_factory=dict)
    names: list[str] = field(default_factory=list)
    grades: dict[int, int] = field(default_factory=dict)
    others: dict[int, set[int]] = field(default_factory=dict)
    """Pairs that the files grade differently -> every grade."""
    by_file: list[set[int]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    rows: int = 0


def parse(
    paths: Sequence[Path], names: Names, *, skip_bad: bool = False, progress: Progress | None = None
) -> PairImport:
    """Every row of the files. A bad row refuses them all (BadFile), or is left out and reported with `skip_bad`."""
    reading = _Reading()
    for path in paths:
        _read(path, reading, progress)
    if reading.faults and not skip_bad:
        raise BadFile(reading.faults)
    if not reading.grades:
        raise BadFile(
            [*reading.faults, Fault(", ".join(path.name for path in paths), 1, "there is not one pair in it")]
        )
    letters = tuple(sorted({found[1].upper() for path in paths if (found := LETTER.search(path.name))}))
    missing = tuple(letter for letter in LETTERS if letter not in letters)
    complete = set(range(len(reading.names))) if not missing else complete_drugs(reading.by_file, reading.grades)
    drugs = [_drug(name, number in complete, names) for number, name in enumerate(reading.names)]
    ordered, table, _ = arranged(drugs, reading.grades, {})
    return PairImport(
        drugs=ordered,
        table=table,
        rows=reading.rows,
        conflicts=tuple(_conflicts(reading)),
        faults=tuple(reading.faults),
        letters=letters,
        missing_letters=missing,
    )


def complete_drugs(by_file: Iterable[set[int]], grades: Mapping[int, int]) -> set[int]:
    """The drugs all of whose pairs are surely in these files, by number.

    A file holds every pair with at least one drug of its letter. So a drug of the letter has all its known pairs in
    that one file; and a pair whose other drug has not, must be there because of this drug.
    """
    degree = _degrees(grades)
    complete: set[int] = set()
    for codes in by_file:
        here = _degrees(codes)
        candidates = {number for number, count in here.items() if count == degree[number]}
        for code in codes:
            a, b = code >> NUMBER_BITS, code & LARGEST
            if a in candidates and b not in candidates:
                complete.add(a)
            elif b in candidates and a not in candidates:
                complete.add(b)
    return complete


def _degrees(codes: Iterable[int]) -> Counter[int]:
    degree: Counter[int] = Counter()
    degree.update(code >> NUMBER_BITS for code in codes)
    degree.update(code & LARGEST for code in codes)
    return degree


def _read(path: Path, reading: _Reading, progress: Progress | None) -> None:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.reader(lines)
        heading = next(rows, [])
        if [cell.strip() for cell in heading] != HEADING:
            raise BadFile([Fault(path.name, 1, f"the heading is not {','.join(HEADING)}")])
        codes: set[int] = set()
        reading.by_file.append(codes)
        for row in rows:
            reading.rows += 1
            fault = _take(row, reading, codes)
            if fault:
                reading.faults.append(Fault(path.name, rows.line_num, fault))
                reading.rows -= 1
                if len(reading.faults) >= MOST_FAULTS:
                    raise BadFile(reading.faults)
            if progress is not None and reading.rows % 20_000 == 0:
                progress(reading.rows)


def _take(row: list[str], reading: _Reading, codes: set[int]) -> str:
    """Keep one row; the reason in words when it cannot be kept."""
    if len(row) != 5:
        return f"{len(row)} cells instead of 5"
    a = reading.numbers.get(row[0] + row[1])
    b = reading.numbers.get(row[2] + row[3])
    if a is None or b is None:
        fault = _new_drug(row[0], row[1], reading) or _new_drug(row[2], row[3], reading)
        if fault:
            return fault
        a, b = reading.numbers[row[0] + row[1]], reading.numbers[row[2] + row[3]]
    grade = LEVELS.get(row[4])
    if grade is None:
        return f"the level {row[4]!r} is none of {', '.join(LEVELS)}"
    if a == b:
        return "a drug stands against itself"
    code = a << NUMBER_BITS | b if a > b else b << NUMBER_BITS | a
    codes.add(code)
    known = reading.grades.setdefault(code, grade)
    if known != grade:
        reading.others.setdefault(code, {known}).add(grade)
        reading.grades[code] = max(known, grade)
    return ""


def _new_drug(identifier: str, name: str, reading: _Reading) -> str:
    if identifier + name in reading.numbers:
        return ""
    if not IDENTIFIER.fullmatch(identifier):
        return f"{identifier!r} is not a DDInter number"
    if not name.strip():
        return f"{identifier} has no name"
    if identifier in reading.numbers:
        return f"{identifier} is called {name!r} here and {reading.names[reading.numbers[identifier]]!r} before"
    reading.numbers[identifier] = reading.numbers[identifier + name] = len(reading.names)
    reading.names.append(name)
    return ""


def _drug(name: str, is_complete: bool, names: Names) -> SourceDrug:
    base, variant = split_bracket(name)
    return SourceDrug(name=name, base=base, variant=variant, rxcui=names.rxcui(name), is_complete=is_complete)


def _conflicts(reading: _Reading) -> Iterator[Conflict]:
    for code, grades in sorted(reading.others.items()):
        a, b = sorted((reading.names[code >> NUMBER_BITS], reading.names[code & LARGEST]))
        yield Conflict(a, b, tuple(Severity(grade).word for grade in sorted(grades)))
