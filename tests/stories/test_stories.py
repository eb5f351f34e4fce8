"""Every story comes true, but for those that wait for an issue; one that no longer waits leaves the list."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.stories import knowing, reading, running
from tests.stories.pending import FOLDER, pending

FILES = reading.files([FOLDER])
ON_BOTH = {
    "chart_as_of_a_day",
    "fhir_what_is_not_taken",
    "fill_of_another_patient_taken_back",
    "stranger_sees_nothing_and_a_nurse_signs_nothing",
    "three_refills_are_one_message",
    "will_monitor_closes_on_the_level",
}
"""What is told on PostgreSQL too: signing, time, access, import, messages, tasks. The rest asks no more of it."""


@pytest.fixture(scope="module")
def clinic(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The knowledge in use, once for all stories; each leaves nothing behind."""
    with django_db_blocker.unblock(), knowing.known():
        yield


def told(path: Path) -> Any:
    """A story, on both databases where it is one of those."""
    marks = [pytest.mark.django_db] if path.stem in ON_BOTH else []
    return pytest.param(path, id=path.stem, marks=marks)


@pytest.mark.parametrize("path", [told(path) for path in FILES if path.name not in pending()])
def test_a_story_comes_true(clinic: None, path: Path) -> None:
    outcome = running.run(reading.read(path))
    assert outcome.is_true, outcome.line()


@pytest.mark.parametrize("path", [told(path) for path in FILES if path.name in pending()])
def test_a_story_that_comes_true_is_not_pending(clinic: None, path: Path) -> None:
    outcome = running.run(reading.read(path))
    assert not outcome.is_true, f"{path.name} comes true: take it out of pending.csv"


def test_what_is_pending_is_a_story_and_says_why() -> None:
    names = {path.name for path in FILES}
    assert not [row for row in pending().values() if row.story not in names or not row.issue or not row.why]
