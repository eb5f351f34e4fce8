"""What the chart of a day holds: exactly what held on it, and nothing that came later."""

from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from medmgmt.record import dosing
from medmgmt.record.errors import Refused
from medmgmt.record.models import Patient
from medmgmt.regimen.as_of import AsOf
from medmgmt.regimen.courses import Course
from tests import factories

TODAY = date(2026, 12, 1)
KINDS = ("start", "new_dose", "hold", "resume", "stop")
days = st.integers(-400, 400).map(lambda number: TODAY + timedelta(days=number))
past = st.integers(-400, 0).map(lambda number: TODAY + timedelta(days=number))


def patient() -> Patient:
    """Somebody born long ago, who lives where the clock is that of the tests."""
    return Patient(pk=1, birth_date=date(1960, 1, 1), time_zone="UTC")


@st.composite
def changes(draw: Any) -> Any:
    """A signed change: for any day, signed on any day until today."""
    kind, on, signed = draw(st.sampled_from(KINDS)), draw(days), draw(past)
    number = draw(st.integers(1, 10_000))
    sig = factories.sig(str(draw(st.integers(1, 9)))) if kind in dosing.KINDS_WITH_SIG else None
    return SimpleNamespace(
        pk=number,
        effective_on=on,
        signed_at=datetime.combine(signed, time(12), UTC),
        step=dosing.Step(kind=kind, effective_on=on, sig=sig, ref=number, order=number),
    )


def course(of: list[Any], fills: list[date]) -> Course:
    handed = tuple(SimpleNamespace(dispensed_on=day) for day in sorted(fills))
    return Course(SimpleNamespace(pk=1), tuple(of), fills=handed)  # type: ignore[arg-type]  # only days are asked for


@given(st.lists(changes(), max_size=6, unique_by=lambda one: one.pk), st.lists(past, max_size=4), days)
def test_a_day_shows_the_dose_of_that_day_and_nothing_planned_or_handed_out_later(
    of: list[Any], fills: list[date], day: date
) -> None:
    whole, at = course(of, fills), AsOf(patient(), day, TODAY)
    shown = at.course(whole)
    assert dosing.dose_on(day, shown.steps) == dosing.dose_on(day, whole.steps)
    if day == TODAY:
        assert shown == whole
        return
    assert all(one.effective_on <= day for one in shown.changes)
    assert all(fill.dispensed_on <= day for fill in shown.fills)
    assert len(shown.fills) == sum(on <= day for on in fills)


@pytest.mark.parametrize("day", [date(1959, 12, 31), date(1, 1, 1), date(2200, 1, 1), date.max])
def test_a_day_before_birth_or_beyond_the_record_is_refused_in_a_sentence(day: date) -> None:
    with pytest.raises(Refused, match="from the patient's birth on"):
        AsOf(patient(), day, TODAY)


def test_a_day_ends_where_the_patient_lives() -> None:
    there = Patient(pk=1, birth_date=date(1960, 1, 1), time_zone="Pacific/Kiritimati")
    assert AsOf(there, TODAY, TODAY).end == datetime(2026, 12, 1, 10, tzinfo=UTC)
