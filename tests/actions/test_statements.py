"""How many statements the two busiest acts make: a fill, and a signature that nobody waits for long."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from medmgmt.actions import prescribing, supply
from medmgmt.record.models import DosageChange, Prescription
from medmgmt.regimen import courses
from refills.models import ReminderItem
from tests import factories
from tests.actions import orders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]
FILL, SIGNATURE = 25, 30
"""Statements at most, beside those that only mark where a transaction begins and ends."""
MARKS = ("SAVEPOINT", "RELEASE SAVEPOINT", "BEGIN", "COMMIT")


def statements(act: Callable[[], object]) -> list[str]:
    with CaptureQueriesContext(connection) as seen:
        act()
    return [one["sql"] for one in seen.captured_queries if not one["sql"].startswith(MARKS)]


def filling(of: Prescription, days_ago: int, **values: str) -> Callable[[], object]:
    """A fill of thirty days, all looked up beforehand but what the act looks up."""
    bo, on = factories.bo(), orders.today() - timedelta(days=days_ago)
    return lambda: supply.record_dispense(
        bo, of.pk, dispensed_on=on, quantity=Decimal(30), unit="{tablet}", days_supply=30, confirm=True, **values
    )


def taking(*drugs: str) -> list[Prescription]:
    """Taken for two months, with one fill that is used up and one that is not."""
    since = orders.today() - timedelta(days=60)
    made = [orders.signed(factories.adler(), drug, on=since).prescription for drug in drugs]
    for one in made:
        filling(one, 40)()
        filling(one, 10)()
    return made


def test_a_fill_takes_few_statements_whatever_else_is_taken_and_was_filled() -> None:
    [sertraline] = taking("sertraline")
    alone = statements(filling(sertraline, 4))
    assert ReminderItem.objects.exists()
    taking("quetiapine", "lamotrigine", "bupropion")
    for days_ago in (3, 2, 1):
        filling(sertraline, days_ago)()
    among_others = statements(filling(sertraline, 0))
    assert len(alone) <= FILL, alone
    assert len(among_others) <= FILL, among_others
    assert len(among_others) <= len(alone) + 2, "messages about several things are brought up to date"


def test_an_early_fill_with_a_reason_takes_as_few() -> None:
    [sertraline, *_others] = taking("sertraline", "quetiapine", "lamotrigine")
    assert len(found := statements(filling(sertraline, 0, early_reason="travel"))) <= FILL, found


def proposed(of: Prescription, kind: str, amount: str = "") -> DosageChange:
    change = prescribing.propose_change(
        factories.adler(),
        of.pk,
        kind=kind,
        sig=factories.sig(amount) if amount else None,
        effective_on=orders.today(),
        reason_code="inadequate_response",
    ).change
    orders.answer_all(factories.adler(), change)
    return change


def signing(change: DosageChange) -> Callable[[], object]:
    adler = factories.adler()
    return lambda: prescribing.sign(adler, change.pk)


@pytest.mark.parametrize(("kind", "amount"), [("new_dose", "100"), ("hold", ""), ("stop", "")])
def test_a_signature_takes_few_statements_whatever_else_is_taken(kind: str, amount: str) -> None:
    [sertraline, *_others] = taking("sertraline", "quetiapine", "lamotrigine", "bupropion")
    assert len(found := statements(signing(proposed(sertraline, kind, amount)))) <= SIGNATURE, found


def test_a_start_that_asks_for_labs_takes_as_few() -> None:
    taking("sertraline", "quetiapine", "lamotrigine")
    change = orders.start(factories.adler(), "lithium", amount="900").change
    orders.answer_all(factories.adler(), change)
    assert len(found := statements(signing(change))) <= SIGNATURE, found


def test_a_signature_over_an_answered_finding_takes_as_few_and_no_more_with_every_change_and_fill() -> None:
    taking("sertraline", "quetiapine")
    change = orders.start(factories.adler(), "tramadol").change
    assert orders.answer_all(factories.adler(), change) == 1
    assert len(found := statements(signing(change))) <= SIGNATURE, found
    first = statements(signing(proposed(change.prescription, "new_dose", "100")))
    for amount in ("150", "200"):
        filling(change.prescription, 0)()
        signing(proposed(change.prescription, "new_dose", amount))()
    last = statements(signing(proposed(change.prescription, "new_dose", "250")))
    assert len(last) <= min(SIGNATURE, len(first) + 5), last


@pytest.mark.parametrize("parts", [(), courses.SUPPLY, courses.EVERYTHING])
@pytest.mark.parametrize("drugs", [("sertraline",), ("sertraline", "quetiapine", "lamotrigine")])
def test_courses_are_loaded_in_one_statement_and_one_for_each_part(
    drugs: tuple[str, ...], parts: tuple[str, ...]
) -> None:
    numbers, pk = [one.pk for one in taking(*drugs)], factories.carla().pk
    assert len(statements(lambda: courses.of_patient(pk, *parts))) == 1 + len(parts)
    assert len(statements(lambda: courses.of_patients([pk], *parts))) == 1 + len(parts)
    assert len(statements(lambda: courses.of_prescriptions(numbers, *parts))) == 2 + len(parts)
    mine = courses.of_patient(pk, *parts)
    assert [one.prescription.pk for one in mine] == numbers
    assert mine == courses.of_patients([pk], *parts)[pk] == courses.of_prescriptions(numbers, *parts)
    assert [len(one.fills) for one in mine] == [2 if courses.FILLS in parts else 0] * len(drugs)
