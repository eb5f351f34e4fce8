"""A supply that waits for a lab counts what may be seen, and waits without a word where only what is hidden says so.

Carla takes clozapine from Dr Adler; her neutrophils are counted by the programme as well.
"""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from medmgmt.actions import monitoring, observing, part2
from medmgmt.record.errors import Refused
from medmgmt.record.models import Prescription, User
from tests import factories, shipped_knowledge
from tests.faces.test_part2 import client_of, consent, otto, programme

pytestmark = pytest.mark.django_db
CALL = "An interaction with a restricted record: call the programme, +1 555 0142."


@pytest.fixture
def clozapine() -> Prescription:
    shipped_knowledge.put_into_use()
    programme()
    return factories.taking("clozapine", 2626, "300")


def counted(by: User, value: str, days_ago: int = 0) -> None:
    at = timezone.now() - timedelta(days=days_ago, minutes=5)
    observing.record_observation(by, factories.carla().pk, code="anc", value=Decimal(value), observed_at=at)


def waits_for(by: User, of: Prescription) -> str:
    told: str = client_of(by).get(f"/api/prescriptions/{of.pk}/renewal/").json()["supply_waits_for"]
    return told


def test_a_count_that_the_programme_made_lets_nobody_outside_go_on(clozapine: Prescription) -> None:
    counted(otto(), "3.2")
    assert "none is on record" in waits_for(factories.adler(), clozapine)
    assert waits_for(otto(), clozapine) == ""


def test_a_low_count_of_the_programme_holds_the_supply_and_says_only_whom_to_call(clozapine: Prescription) -> None:
    adler = factories.adler()
    counted(adler, "3.2", days_ago=2)
    assert waits_for(adler, clozapine) == ""
    counted(otto(), "0.4")
    assert waits_for(adler, clozapine) == CALL
    assert "too low" in waits_for(otto(), clozapine)
    page = client_of(adler).get(f"/prescriptions/{clozapine.pk}/renewal/").content.decode()
    assert "too low" not in page
    today = factories.carla().today(timezone.now())
    with pytest.raises(Refused, match="call the programme"):
        monitoring.release_lab_gate(adler, clozapine.pk, why="She is well.", until=today + timedelta(days=1))
    given = consent(medicines=False, diagnoses=False, notes=False)
    assert "too low" in waits_for(adler, clozapine)
    part2.revoke_consent(otto(), given.pk)
    assert waits_for(adler, clozapine) == CALL


def test_a_low_count_of_an_ordinary_team_is_told_whole(clozapine: Prescription) -> None:
    counted(factories.adler(), "0.4")
    assert "too low" in waits_for(factories.adler(), clozapine)
