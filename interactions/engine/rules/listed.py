"""Pairs of an imported data set."""

from interactions.engine.data_set import DataSet, Selection
from interactions.engine.findings import Match, SourceGrade
from interactions.engine.rules import windows
from interactions.engine.rules.seats import Seat
from interactions.engine.severity import Severity

PROBLEM = "listed_interaction"


def matches(seats: list[Seat], selections: list[Selection], data_set: DataSet) -> list[Match]:
    """Every pair of seats that the data set lists, at its highest grade over the ingredients."""
    placed = [(number, seat.place) for seat in seats for number in selections[seat.place].numbers]
    hits: dict[tuple[int, int], tuple[int, int, int]] = {}
    rows = data_set.table.rows
    for later, (number, place) in enumerate(placed):
        for other, other_place in placed[:later]:
            row, column = (rows[number], other) if number > other else (rows[other], number)
            if column < len(row) and row[column] and other_place != place and number != other:
                known = hits.get((other_place, place))
                if known is None or known[0] < row[column]:
                    hits[other_place, place] = (row[column], number, other)
    return [
        _match(place, hit, data_set)
        for place, hit in hits.items()
        if _counts(seats[place[0]], seats[place[1]], Severity(hit[0]))
    ]


def _counts(a: Seat, b: Seat, severity: Severity) -> bool:
    if a.is_active and b.is_active:
        return True
    if not (a.is_active or b.is_active):
        return False
    stopped = b if a.is_active else a
    return windows.counts(stopped.days_since_stop, windows.of_grade(severity, stopped.rules_entry))


def _match(place: tuple[int, int], hit: tuple[int, int, int], data_set: DataSet) -> Match:
    grade, a, b = hit
    note = data_set.note(a, b)
    source = SourceGrade(
        data_set.label, data_set.version, data_set.released_on, Severity(grade), "", note.citation, PROBLEM
    )
    return Match(*place, PROBLEM, source, note.mechanism, note.effect, note.management, "", "")
