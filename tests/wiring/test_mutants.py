"""The list of changes made on purpose does not rot: each can be made, and the test it names is there."""

from collections import Counter

from tests import mutants

ROWS = mutants.read()


def test_every_change_can_be_made_and_names_a_test_that_is_there() -> None:
    assert ROWS
    assert {str(row): row.fault() for row in ROWS if row.fault()} == {}


def test_no_change_is_listed_twice() -> None:
    assert [row for row, times in Counter((row.file, row.find, row.replace) for row in ROWS).items() if times > 1] == []
