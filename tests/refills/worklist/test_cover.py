"""Who is away, from the first instant to the last, and to whom a task goes meanwhile."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from refills.models import TaskKind, Waits
from refills.worklist import cover
from refills.worklist.cover import Staff
from tests import factories

BEGINS = datetime(2026, 11, 18, 13, tzinfo=UTC)
ENDS = BEGINS + timedelta(days=2)
BO, NINA, ADLER, PIA, TEAM, CARLA = 1, 2, 3, 4, frozenset({9}), 7


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("moment", "gone"),
    [(BEGINS - timedelta(seconds=1), False), (BEGINS, True), (ENDS - timedelta(seconds=1), True), (ENDS, False)],
)
def test_somebody_is_away_from_the_first_instant_until_just_before_the_last(moment: datetime, gone: bool) -> None:
    bo, pia = factories.bo(), factories.pia()
    cover.tell(user_id=bo.pk, since=BEGINS, until=ENDS, cover_id=pia.pk, by_id=bo.pk)
    assert cover.away(moment) == ({bo.pk: pia.pk} if gone else {})


@pytest.mark.django_db
def test_somebody_back_early_is_not_away_and_of_two_absences_the_one_told_last_speaks() -> None:
    bo, pia, brandt = factories.bo(), factories.pia(), factories.brandt()
    first = cover.tell(user_id=bo.pk, since=BEGINS, until=ENDS, cover_id=pia.pk, by_id=bo.pk)
    last = cover.tell(user_id=bo.pk, since=BEGINS, until=ENDS, cover_id=brandt.pk, by_id=bo.pk)
    assert cover.away(BEGINS) == {bo.pk: brandt.pk}
    cover.withdraw(last.pk, bo.pk)
    assert cover.away(BEGINS) == {bo.pk: pia.pk}
    cover.withdraw(first.pk, bo.pk)
    assert cover.away(BEGINS) == {}


def staff(on_duty: dict[int, str], **values: Any) -> Staff:
    everybody = {BO: "nurse", NINA: "nurse", ADLER: "psychiatrist", PIA: "pharmacist"}
    values = {"teams": dict.fromkeys(everybody, TEAM), "care": {CARLA: TEAM}, "away": {}, **values}
    return Staff(on_duty=on_duty, everybody=everybody, **values)


def way(here: Staff, **values: Any) -> cover.Way:
    values = {"kind": TaskKind.OTHER, "case": "", "assignee": BO, "role": "", "patient": CARLA, **values}
    return cover.way_of(here, **values)


def test_a_task_goes_to_a_stand_in_who_is_here_and_may_see_the_patient_or_to_whoever_covers_them() -> None:
    here = {ADLER: "psychiatrist", PIA: "pharmacist"}
    assert way(staff(here, away={BO: PIA})) == (PIA, "", Waits.ASSIGNEE_AWAY)
    assert way(staff(here, away={BO: NINA, NINA: ADLER})) == (ADLER, "", Waits.ASSIGNEE_AWAY)
    stranger = staff(here, away={BO: PIA}, teams={ADLER: TEAM, PIA: frozenset({5})})
    assert way(stranger) != (PIA, "", Waits.ASSIGNEE_AWAY)


def test_without_a_stand_in_a_task_goes_to_the_role_of_whoever_is_away() -> None:
    assert way(staff({NINA: "nurse", ADLER: "psychiatrist"}, away={BO: None})) == (None, "nurse", Waits.ASSIGNEE_AWAY)


def test_a_task_goes_to_anybody_on_duty_before_it_goes_to_nobody() -> None:
    assert way(staff({PIA: "pharmacist"}), assignee=None, role="nurse") == (None, "pharmacist", Waits.ROLE_ABSENT)
    assert way(staff({}), assignee=None, role="nurse") == (None, "", Waits.NOBODY)
