"""Pairs of an imported data set."""

from interactions.engine.data_set import DataSet, Note, Selection
from interactions.engine.findings import Match, SourceGrade
from interactions.engine.pair_table import pair_code
from interactions.engine.rules import windows
from interactions.engine.rules.seats import Seat

PROBLEM = "listed_interaction"


def matches(seats: list[Seat], selections: list[Selection], data_set: DataSet) -> list[Match]:
    """Every pair of seats that the data set lists, at its highest grade over the ingredients."""
    placed = sorted([(number, seat.place) for seat in seats for number in selections[seat.place].numbers])
    rows, grades, notes = data_set.table.rows, data_set.grades, data_set.notes
    words = [(PROBLEM, grade, "", "", "", "", "", None, "", id(grade), ()) for grade in grades]
    active = [seat.is_active for seat in seats]
    found: dict[tuple[int, int], Match] = {}
    for later, (higher, high_place) in enumerate(placed):
        row = rows[higher]
        width = len(row)
        for lower, low_place in placed[:later]:
            if lower >= width:
                break
            byte = row[lower]
            if not byte or high_place == low_place:
                continue
            place = (low_place, high_place) if low_place < high_place else (high_place, low_place)
            known = found.get(place)
            if known is not None and known.grade.severity >= byte:
                continue
            both = active[low_place] and active[high_place]
            if both or _counts(seats[low_place], seats[high_place], grades[byte]):
                note = notes.get(pair_code(higher, lower)) if notes else None
                found[place] = _noted(place, grades[byte], note) if note else Match._make(place + words[byte])
    return list(found.values())


def _counts(a: Seat, b: Seat, grade: SourceGrade) -> bool:
    """One is taken and the other not yet gone."""
    if not (a.is_active or b.is_active):
        return False
    stopped = b if a.is_active else a
    return windows.counts(stopped.days_since_stop, windows.of_grade(grade.severity, stopped.rules_entry))


def _noted(place: tuple[int, int], grade: SourceGrade, note: Note) -> Match:
    cited = grade._replace(citation=note.citation)
    words = (note.mechanism, note.effect, note.management, "", "", None, "", id(note), ())
    return Match._make((*place, PROBLEM, cited, *words))
