"""Pairs of an imported data set."""

from interactions.engine.data_set import DataSet, Note, Selection
from interactions.engine.findings import Match, SourceGrade
from interactions.engine.pair_table import pair_code
from interactions.engine.rules import windows
from interactions.engine.rules.seats import Seat

PROBLEM = "listed_interaction"
NO_TEXTS = Note()


def matches(seats: list[Seat], selections: list[Selection], data_set: DataSet) -> list[Match]:
    """Every pair of seats that the data set lists, at its highest grade over the ingredients."""
    placed = sorted((number, seat.place) for seat in seats for number in selections[seat.place].numbers)
    rows, grades, notes = data_set.table.rows, data_set.grades, data_set.notes
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
            grade = grades[byte]
            known = found.get(place)
            if (known is None or known.grade.severity < byte) and _counts(seats[low_place], seats[high_place], grade):
                note = notes.get(pair_code(higher, lower), NO_TEXTS) if notes else NO_TEXTS
                found[place] = _match(place, grade, note)
    return list(found.values())


def _counts(a: Seat, b: Seat, grade: SourceGrade) -> bool:
    if a.is_active and b.is_active:
        return True
    if not (a.is_active or b.is_active):
        return False
    stopped = b if a.is_active else a
    return windows.counts(stopped.days_since_stop, windows.of_grade(grade.severity, stopped.rules_entry))


def _match(place: tuple[int, int], grade: SourceGrade, note: Note) -> Match:
    if note is NO_TEXTS:
        return Match(place[0], place[1], PROBLEM, grade, "", "", "", "", "")
    cited = grade._replace(citation=note.citation)
    return Match(place[0], place[1], PROBLEM, cited, note.mechanism, note.effect, note.management, "", "")
