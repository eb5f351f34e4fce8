"""What every importer of pairs gives back: drugs, grades and an account of what was in the files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from interactions.engine.data_set import Note, SourceDrug
from interactions.engine.pair_table import LARGEST, NUMBER_BITS, PairTable, by_degree, pair_code
from interactions.engine.severity import Severity
from interactions.importers.faults import Fault


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two names that the files grade differently; the most severe is kept."""

    a: str
    b: str
    grades: tuple[str, ...]


@dataclass(frozen=True)
class PairImport:
    """Pairs as a release will hold them, with an account for the person who imports."""

    drugs: tuple[SourceDrug, ...]
    table: PairTable
    rows: int
    conflicts: tuple[Conflict, ...] = ()
    faults: tuple[Fault, ...] = ()
    notes: Mapping[int, Note] = field(default_factory=dict)
    letters: tuple[str, ...] = ()
    missing_letters: tuple[str, ...] = ()
    strangers: tuple[int, ...] = ()
    """Codes without a name that no vocabulary here knows."""

    @property
    def pairs(self) -> int:
        return len(self.table)

    @property
    def unmapped(self) -> tuple[str, ...]:
        """Names without an RxCUI, kept under their own name."""
        return tuple(sorted(drug.name for drug in self.drugs if drug.rxcui is None))

    def grades(self) -> dict[str, int]:
        counted = [0] * (max(Severity) + 1)
        for row in self.table.rows:
            for severity in Severity:
                counted[severity] += row.count(severity)
        return {severity.word: counted[severity] for severity in Severity}


def arranged(
    drugs: Iterable[SourceDrug], grades: Mapping[int, int], notes: Mapping[int, Note]
) -> tuple[tuple[SourceDrug, ...], PairTable, dict[int, Note]]:
    """The same drugs and pairs with the busiest drug first, so that the rows of rare drugs are short."""
    listed = list(drugs)
    to = by_degree(len(listed), grades)
    ordered = [listed[0]] * len(listed)
    for old, drug in enumerate(listed):
        ordered[to[old]] = drug
    moved_grades = {pair_code(to[code >> NUMBER_BITS], to[code & LARGEST]): grade for code, grade in grades.items()}
    moved_notes = {pair_code(to[code >> NUMBER_BITS], to[code & LARGEST]): note for code, note in notes.items()}
    return tuple(ordered), PairTable.of(len(ordered), moved_grades), moved_notes
