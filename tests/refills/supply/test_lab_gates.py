"""Labs and injections that a supply depends on, asked on the last day that is in time and on the day after."""

import csv
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from io import StringIO

import pytest

from refills.supply import injections, lab_gates
from refills.supply.injections import Missed
from refills.supply.lab_gates import Gate, Interval, Missing, Needed, Reach, Release, Result, State

START = date(2026, 3, 2)
WEEKLY_AT_FIRST = (Interval(0, 182, 7), Interval(183, 365, 14), Interval(366, None, 28))


def day(number: int) -> date:
    return START + timedelta(days=number)


# -- how often --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(("on", "every"), [(-1, None), (0, 7), (182, 7), (183, 14), (365, 14), (366, 28), (9000, 28)])
def test_each_stretch_of_a_schedule_counts_from_its_first_to_its_last_day(on: int, every: int | None) -> None:
    assert lab_gates.interval_on(on, WEEKLY_AT_FIRST) == every


def test_of_two_stretches_that_overlap_the_more_frequent_counts() -> None:
    assert lab_gates.interval_on(5, (Interval(0, None, 28), Interval(0, 10, 7))) == 7


def needed(condition: str, every: int) -> Needed:
    return Needed("clozapine", "anc", "neutrophils", (Interval(0, None, every),), None, 3, condition, "label")


def test_a_row_for_a_condition_on_record_comes_before_the_one_for_anybody() -> None:
    for_some, for_all = known = [needed("benign neutropenia", 14), needed("", 7)]
    mine = {"drug:clozapine", "*"}
    assert lab_gates.for_person(known, mine, []) == for_all
    assert lab_gates.for_person(known, mine, ["Asthma"]) == for_all
    assert lab_gates.for_person(known[::-1], mine, ["Asthma", "Benign Neutropenia, familial"]) == for_some
    assert lab_gates.for_person(known, {"drug:lithium"}, ["Benign neutropenia"]) is None
    assert lab_gates.for_person([for_some], mine, []) is None
    assert lab_gates.for_person([], mine, []) is None


# -- the gate ---------------------------------------------------------------------------------------------------------
def test_a_supply_reaches_to_the_next_result_and_never_less_than_nothing() -> None:
    assert lab_gates.reach(START, 28, 3, day(10)) == Reach(day(28), 18, 21)
    assert lab_gates.reach(START, 28, 3, day(30)) == Reach(day(28), 0, 1)
    assert lab_gates.reach(START, 28, 3, day(32)) == Reach(day(28), 0, 0)


@pytest.mark.parametrize(("on", "state"), [(7, State.CLEAR), (10, State.CLEAR), (11, State.PENDS)])
def test_a_result_is_overdue_the_day_after_its_grace(on: int, state: State) -> None:
    latest = Result(START, Decimal("2.1"))
    assert lab_gates.gate(latest, 7, day(on), grace_days=3).state == state
    assert lab_gates.gate(latest, 7, day(8)) == Gate(State.PENDS, Missing.OVERDUE, day(7))


def test_a_value_just_at_the_lowest_is_not_too_low() -> None:
    def told(value: str) -> Gate:
        return lab_gates.gate(Result(START, Decimal(value)), 7, day(1), lowest=Decimal("1.0"))

    assert told("1.0") == Gate(State.CLEAR)
    assert told("0.99") == Gate(State.PENDS, Missing.TOO_LOW, START)


def test_a_release_covers_whatever_is_missing_to_its_last_day() -> None:
    release = Release("adler", "Blood is drawn this afternoon.", day(20))
    assert lab_gates.gate(None, 7, day(20), release=release) == Gate(State.RELEASED, Missing.NEVER_TAKEN, None, release)
    assert lab_gates.gate(None, 7, day(21), release=release) == Gate(State.PENDS, Missing.NEVER_TAKEN)
    fine = Result(day(19), Decimal(2))
    assert lab_gates.gate(fine, 7, day(20), release=release) == Gate(State.CLEAR)


def test_treatment_begins_again_from_the_limit_on_to_the_microsecond() -> None:
    last = datetime(2026, 3, 2, 8)
    just = lab_gates.hours_between(last, datetime(2026, 3, 4, 8))
    assert just == 48
    assert lab_gates.must_retitrate(just, Fraction(48))
    before = lab_gates.hours_between(last, datetime(2026, 3, 4, 7, 59, 59, 999999))
    assert before == 48 - Fraction(1, 3_600_000_000)
    assert not lab_gates.must_retitrate(before, Fraction(48))


# -- injections -------------------------------------------------------------------------------------------------------
def row(after: str = "", until: str = "", *, low: str = "", high: str = "", **values: str) -> Missed:
    told = {"product": "it", "phase": "maintenance", "action": "give {dose} mg", "source": "label", **values}
    limits = (Decimal(limit) if limit else None for limit in (low, high))
    return Missed(told["product"], told["phase"], *limits, after, until, told["action"], told["source"])


def test_an_injection_is_on_time_on_both_ends_of_its_window_and_overdue_the_day_after() -> None:
    found = injections.window(START, 28, 7, 3)
    assert (found.opens_on, found.due_on, found.closes_on, found.overdue_from) == (day(21), day(28), day(31), day(32))


@pytest.mark.parametrize(("on", "holds"), [(42, False), (43, True), (180, True), (181, False)])
def test_a_row_holds_after_its_first_length_of_time_and_up_to_its_second(on: int, holds: bool) -> None:
    assert row("42 d", "180 d").holds(START, day(on)) is holds


def test_a_row_without_limits_always_holds() -> None:
    assert row().holds(START, START)
    assert row(until="7 d").holds(START, START)
    assert row(after="7 d").holds(START, day(999))
    assert not row(after="7 d").holds(START, day(7))


@pytest.mark.parametrize(
    ("low", "high", "dose", "speaks"),
    [
        ("", "", None, True),
        ("", "", "5", True),
        ("10", "", None, False),
        ("", "20", None, False),
        ("10", "20", None, False),
        ("10", "20", "9.9", False),
        ("10", "20", "10", True),
        ("10", "20", "20", True),
        ("10", "20", "20.1", False),
        ("10", "", "500", True),
        ("", "20", "1", True),
    ],
)
def test_a_row_speaks_of_the_doses_from_its_least_to_its_most(
    low: str, high: str, dose: str | None, speaks: bool
) -> None:
    assert row(low=low, high=high).is_for(None if dose is None else Decimal(dose)) is speaks


@pytest.mark.parametrize(
    ("term", "then"),
    [
        ("42 d", day(42)),
        ("3 wk", day(21)),
        ("4 mo", date(2026, 7, 2)),
        ("6 mo + 3 wk", date(2026, 9, 23)),
        ("4 mo - 1 d", date(2026, 7, 1)),
    ],
)
def test_lengths_of_time_are_added_as_they_are_written(term: str, then: date) -> None:
    assert injections.later(START, term) == then


@pytest.mark.parametrize("term", ["", "soon", "4 y", "4 mo or so", "mo"])
def test_what_is_no_length_of_time_is_refused(term: str) -> None:
    with pytest.raises(ValueError, match="is no length of time"):
        injections.terms(term)


def test_the_time_since_is_told_in_words() -> None:
    assert row("42 d", "180 d").category == ">42 and <=180 days"
    assert row("6 wk", "6 mo").category == ">6 weeks and <=6 months"
    assert row("4 mo - 1 d").category == ">4 months - 1 days"
    assert row(until="6 wk").category == "<=6 weeks"
    assert row().category == "any time"


def test_the_action_names_the_dose_plainly_or_the_usual_one() -> None:
    assert row().text(Decimal("100.00")) == "give 100 mg"
    assert row().text(None) == "give usual mg"


def test_the_first_row_for_product_phase_dose_and_time_is_the_one_that_speaks() -> None:
    rows = [
        row(product="other"),
        row(phase="initiation"),
        row(high="10"),
        row("9 d", action="late"),
        row(action="in time"),
    ]
    late, in_time = (injections.missed("it", START, day(on), rows, dose_mg=Decimal(50)) for on in (10, 9))
    assert late is not None
    assert in_time is not None
    assert (late.action, in_time.action) == ("late", "in time")
    assert injections.missed("it", START, day(9), rows, phase="initiation") == rows[1]
    assert injections.missed("nothing of ours", START, day(9), rows) is None


def test_a_table_of_missed_doses_is_read_field_by_field() -> None:
    table = (
        "product,phase,from_mg,to_mg,after,until,action,source\n"
        "it,maintenance,10,,7 d,,call,label\n"
        "it,x,,20,,2 wk,go,web\n"
    )
    assert injections.missed_rows(csv.DictReader(StringIO(table))) == [
        row("7 d", low="10", action="call"),
        row(until="2 wk", high="20", phase="x", action="go", source="web"),
    ]
