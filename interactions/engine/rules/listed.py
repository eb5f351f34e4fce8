"""Pairs of an imported data set."""

from collections.abc import Sequence

from interactions.engine.data_set import DataSet, Note, Selection
from interactions.engine.findings import Match, SourceGrade
from interactions.engine.pair_table import pair_code
from interactions.engine.rules import windows
from interactions.engine.rules.seats import Pair, Seat

NO_NOTE = Note()
PROBLEM = "listed_interaction"


def matches(pairs: Sequence[Pair], selections: list[Selection], data_set: DataSet) -> list[Match]:
    """Every pair of seats that the data set lists, at its highest grade over the ingredients."""
    found: list[Match] = []
    for a, b in pairs:
        if a.entry.key == b.entry.key:
            continue
        grade, code = highest(selections[a.place], selections[b.place], data_set)
        if grade and ((a.is_active and b.is_active) or _counts(a, b, data_set.grades[grade])):
            place = (a.place, b.place) if a.place < b.place else (b.place, a.place)
            found.append(_noted(place, data_set.grades[grade], data_set.notes.get(code, NO_NOTE)))
    return found


def highest(a: Selection, b: Selection, data_set: DataSet) -> tuple[int, int]:
    """The highest grade between two selections with the code of its pair; 0 where the data set has none."""
    grade_of = data_set.table.grade
    best = (0, 0)
    for number in a.numbers:
        for other in b.numbers:
            if number != other and (grade := grade_of(number, other)) > best[0]:
                best = (grade, pair_code(number, other))
    return best


def _counts(a: Seat, b: Seat, grade: SourceGrade) -> bool:
    """One is taken and the other not yet gone."""
    if not (a.is_active or b.is_active):
        return False
    stopped = b if a.is_active else a
    return windows.counts(stopped.days_since_stop, windows.of_grade(grade.severity, stopped.rules_entry))


def _noted(place: tuple[int, int], grade: SourceGrade, note: Note) -> Match:
    cited = grade._replace(citation=note.citation) if note.citation else grade
    words = (note.mechanism, note.effect, note.management, "", "", None, "", (id(grade), note), ())
    return Match._make((*place, PROBLEM, cited, *words))
