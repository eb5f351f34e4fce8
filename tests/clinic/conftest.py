"""The shipped knowledge, and a Carla who lives far from Greenwich: where her day is another than the server's."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.core.management import call_command

from medmgmt.record.models import Patient
from tests import factories

FAR = {
    "Pacific/Auckland": datetime(2026, 11, 17, 20, 0, tzinfo=UTC),
    "Pacific/Honolulu": datetime(2026, 11, 19, 6, 0, tzinfo=UTC),
}
"""Two moments at which it is the eighteenth of November for the patient, and another day in Greenwich."""


@pytest.fixture
def knowledge(db: None) -> None:
    """The shipped release, active."""
    call_command("load_knowledge", verbosity=0)


@pytest.fixture(params=sorted(FAR))
def far(request: pytest.FixtureRequest, knowledge: None) -> Iterator[Patient]:
    """Carla on the eighteenth of November of her own, with the server a day behind or ahead."""
    with time_machine.travel(FAR[request.param], tick=False):
        factories.patient("C-1001", given_name="Carla", family_name="Castillo", time_zone=request.param)
        yield factories.carla()
