"""The worklist goes by clinical risk: what may do harm stands above what can wait, whichever was opened first."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from medmgmt.actions import observing, supply
from medmgmt.record.models import Prescription
from medmgmt.worklist import reads
from refills.models import Task
from tests import factories
from tests.actions import orders

pytestmark = pytest.mark.usefixtures("knowledge")


def taken(drug: str, *, left: int) -> Prescription:
    """Taken for a while, with so many days of it left."""
    of = orders.signed(factories.adler(), drug, on=orders.today() - timedelta(days=60)).prescription
    day = orders.today() - timedelta(days=30 - left)
    supply.record_dispense(
        factories.bo(), of.pk, dispensed_on=day, quantity=Decimal(30), unit="{tablet}", days_supply=30
    )  # fmt: skip
    return of


def kinds_in_order() -> list[str]:
    return [task.kind for task in reads.worklist(factories.adler())]


@pytest.mark.parametrize("drug", ["citalopram", "quetiapine"])
def test_an_accepted_major_risk_stands_above_a_refill_with_weeks_left(drug: str) -> None:
    supply.request_refill(factories.carla_user(), taken(drug, left=22).pk)
    taken("gabapentin", left=22)
    orders.signed(factories.adler(), "methadone")
    found = kinds_in_order()
    assert found.index("finding_follow_up") < found.index("refill_request")
    assert Task.objects.get(kind="refill_request").service_case == "far"


def test_a_refill_that_is_near_is_not_put_behind() -> None:
    supply.request_refill(factories.carla_user(), taken("quetiapine", left=4).pk)
    asked = Task.objects.get(kind="refill_request")
    assert (asked.service_case, asked.priority) == ("*", 2)


def test_an_unsigned_proposal_and_a_mild_side_effect_come_before_a_refill_with_weeks_left() -> None:
    supply.request_refill(factories.carla_user(), taken("quetiapine", left=22).pk)
    orders.start(factories.adler(), "methadone")
    found = kinds_in_order()
    assert found.index("review_proposal") < found.index("refill_request")


@pytest.mark.parametrize(("drug", "qtc"), [("clozapine", 480), ("citalopram", 505), ("quetiapine", 470)])
def test_a_long_qtc_stands_above_a_refill_with_weeks_left(drug: str, qtc: int) -> None:
    supply.request_refill(factories.carla_user(), taken(drug, left=22).pk)
    observing.record_observation(
        factories.bo(), factories.carla().pk, code="qtc", value=Decimal(qtc), observed_at=timezone.now()
    )
    found = kinds_in_order()
    assert found.index("result") < found.index("refill_request")
