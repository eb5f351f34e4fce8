"""Days are those of the patient: late in the evening in New York it is tomorrow elsewhere, and not for Carla."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.db import transaction

from interactions import review
from interactions.errors import NotAnAnswer
from medmgmt.actions import authorising, messages, monitoring, observing, people, side_effects, supply
from medmgmt.record.errors import Refused
from medmgmt.record.models import Prescription
from refills.errors import RefillRefused
from refills.models import Task
from tests import factories
from tests.actions import orders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]
EVENING = datetime(2026, 11, 18, 2, 30, tzinfo=UTC)
TODAY = date(2026, 11, 17)
NEW_YORK = ZoneInfo("America/New_York")
NO = (Refused, RefillRefused, NotAnAnswer)
TEN: dict[str, Any] = {"quantity": Decimal(10), "unit": "{tablet}", "days_supply": 10}
Try = Callable[[date], Any]


@pytest.fixture(autouse=True)
def _late_in_new_york(knowledge: None) -> Iterator[None]:
    with time_machine.travel(EVENING):
        yield


def days(number: int) -> timedelta:
    return timedelta(days=number)


def bupropion() -> Prescription:
    return factories.taking("bupropion", 42347, "150", on=TODAY - days(900))


def clozapine() -> Prescription:
    """A supply that waits for a count: none is on record."""
    return factories.taking("clozapine", 2626, "100", on=TODAY - days(90))


# -- the first and the last day -----------------------------------------------------------------------------------
def proposing() -> Try:
    return lambda day: orders.start(factories.adler(), "metformin", amount="500", on=day)


def following_up() -> Try:
    orders.signed(factories.adler(), "sertraline", amount="100")
    reviewed = orders.start(factories.adler(), "tramadol").review
    finding = review.unanswered(reviewed.pk)[0]
    return lambda day: orders.answer(factories.adler(), finding.pk, follow_up_on=day)


def beginning() -> Try:
    return lambda day: side_effects.log_side_effect(
        factories.bo(), factories.carla().pk, term="nausea", severity="mild", began_on=day
    )


def ending() -> Try:
    return lambda day: side_effects.log_side_effect(
        factories.bo(), factories.carla().pk, term="nausea", severity="mild", began_on=TODAY - days(5), ended_on=day
    )


def meeting() -> Try:
    return lambda day: observing.record_encounter(factories.bo(), factories.carla().pk, kind="office", on=day)


def filling() -> Try:
    taken = bupropion()
    return lambda day: supply.record_dispense(factories.bo(), taken.pk, dispensed_on=day, **TEN)


def counting() -> Try:
    taken = bupropion()
    return lambda day: supply.count_pills(
        factories.bo(), taken.pk, counted_on=day, quantity=Decimal(3), unit="{tablet}"
    )


def issuing() -> Try:
    taken = bupropion()
    return lambda day: authorising.authorise(factories.adler(), taken.pk, issued_on=day, **TEN)


def waiting_to_be_filled() -> Try:
    taken = bupropion()
    return lambda day: authorising.authorise(factories.adler(), taken.pk, may_fill_from=day, **TEN)


def limiting() -> Try:
    return lambda day: authorising.limit_supply(
        factories.adler(), factories.carla().pk, most_days=7, until=day, why="Risk."
    )


def releasing() -> Try:
    taken = clozapine()
    return lambda day: monitoring.release_lab_gate(factories.adler(), taken.pk, why="Drawn today.", until=day)


def helping() -> Try:
    return lambda day: messages.add_caregiver(
        factories.bo(), factories.carla().pk, name="Mara", channel="email", address="m@x.example", language="en",
        covers=["refills"], starts_on=TODAY + days(3), ends_on=day,
    )  # fmt: skip


def helping_from() -> Try:
    return lambda day: messages.add_caregiver(
        factories.bo(), factories.carla().pk, name="Mara", channel="email", address="m@x.example", language="en",
        covers=["refills"], starts_on=day,
    )  # fmt: skip


def moving() -> Try:
    return lambda day: people.enrol(factories.bo(), factories.carla().pk, level="outpatient", starts_on=day)


BORN = date(1990, 3, 14)
ENDS: list[tuple[Callable[[], Try], date, date | None]] = [
    (proposing, TODAY - days(366), TODAY + days(366)),
    (following_up, TODAY, TODAY + days(366)),
    (beginning, BORN, TODAY),
    (ending, TODAY - days(5), TODAY),
    (meeting, BORN, TODAY),
    (filling, TODAY - days(730), TODAY),
    (counting, TODAY - days(28), TODAY),
    (issuing, TODAY - days(730), TODAY),
    (waiting_to_be_filled, TODAY, TODAY + days(366)),
    (limiting, TODAY, TODAY + days(180)),
    (releasing, TODAY, TODAY + days(14)),
    (helping, TODAY + days(3), None),
    (helping_from, TODAY, None),
    (moving, factories.LONG_AGO.date(), None),
]


def taken(act: Try, day: date) -> bool:
    """Whether the act takes this day; nothing is kept."""
    with transaction.atomic():
        try:
            act(day)
        except NO:
            return False
        finally:
            transaction.set_rollback(True)
    return True


@pytest.mark.parametrize(("ready", "first", "last"), ENDS, ids=[one[0].__name__ for one in ENDS])
def test_the_first_and_the_last_day_are_taken_and_the_days_beyond_are_not(
    ready: Callable[[], Try], first: date, last: date | None
) -> None:
    act = ready()
    assert (taken(act, first), taken(act, first - days(1))) == (True, False)
    if last is not None:
        assert (taken(act, last), taken(act, last + days(1))) == (True, False)


def test_less_at_once_is_one_to_ninety_days() -> None:
    def limit(most_days: int) -> bool:
        return taken(
            lambda day: authorising.limit_supply(
                factories.adler(), factories.carla().pk, most_days=most_days, until=day, why="Risk."
            ),
            TODAY,
        )

    assert [limit(most) for most in (0, 1, 90, 91)] == [False, True, True, False]


# -- the day that is written down ---------------------------------------------------------------------------------
def test_what_is_written_down_in_the_evening_has_the_evenings_date() -> None:
    carla, medicine = factories.carla(), bupropion()
    written = authorising.authorise(factories.adler(), medicine.pk, **TEN)
    assert written.issued_on == TODAY
    assert authorising.revoke(factories.adler(), written.pk, why="x").on == TODAY
    assert supply.report_adherence(factories.carla_user(), medicine.pk, answer="as_agreed").on == TODAY
    limit = authorising.limit_supply(factories.adler(), carla.pk, most_days=7, until=TODAY, why="x")
    assert limit.since == TODAY
    allergy = observing.record_allergy(factories.bo(), carla.pk, kind="allergy", substance="penicillin")
    assert allergy.recorded_on == TODAY


def test_a_promise_is_due_at_five_in_the_afternoon_where_the_patient_lives() -> None:
    orders.signed(factories.adler(), "sertraline", amount="100")
    reviewed = orders.start(factories.adler(), "tramadol").review
    answer = orders.answer(factories.adler(), review.unanswered(reviewed.pk)[0].pk, follow_up_on=TODAY + days(3))
    due = Task.objects.get(key=f"follow-up:{answer.pk}").due_at
    assert due.astimezone(NEW_YORK) == datetime(2026, 11, 20, 17, tzinfo=NEW_YORK)


def test_a_measurement_is_ordered_for_the_patients_day_and_due_at_five_there() -> None:
    factories.taking("citalopram", None, "20")
    found = orders.start(factories.adler(), "haloperidol", amount="5").review.findings.filter(
        problem="qt_prolongation"
    )[0]
    order = monitoring.order_monitoring(factories.adler(), found.pk, code="qtc").order
    assert order.due_on == TODAY + days(7)
    due = Task.objects.get(kind="monitoring_order").due_at
    assert due.astimezone(NEW_YORK) == datetime.combine(TODAY + days(7), time(17), NEW_YORK)


def test_a_visit_of_today_keeps_what_was_promised_late_last_evening_and_not_this_morning() -> None:
    orders.signed(factories.adler(), "sertraline", amount="100")
    reviewed = orders.start(factories.adler(), "tramadol").review
    promise = {"reason_code": "will_monitor", "note": "", "follow_up": "visit"}
    answer = orders.answer(factories.adler(), review.unanswered(reviewed.pk)[0].pk, **promise)
    task = Task.objects.filter(key=f"follow-up:{answer.pk}")
    for at, kept in ((time(0, 30), "open"), (time(20), "done")):
        on = TODAY if kept == "open" else TODAY - days(1)
        task.update(created_at=datetime.combine(on, at, NEW_YORK))
        observing.record_encounter(factories.bo(), factories.carla().pk, kind="video", on=TODAY)
        assert task.get().state == kept


# -- a release and the result after it ----------------------------------------------------------------------------
def counted(value: str, at: datetime) -> None:
    observing.record_observation(factories.bo(), factories.carla().pk, code="anc", value=Decimal(value), observed_at=at)


def pends(medicine: Prescription, day: date) -> bool:
    """Whether the supply waits for a person on that day."""
    try:
        monitoring.require_clear(medicine, day, factories.adler())
    except RefillRefused:
        return True
    return False


def test_a_release_of_the_day_of_the_result_stands_and_a_result_of_the_next_day_outdates_it() -> None:
    medicine = clozapine()
    counted("0.8", datetime.combine(TODAY, time(9), NEW_YORK))
    assert pends(medicine, TODAY)
    monitoring.release_lab_gate(factories.adler(), medicine.pk, why="Haematology agrees.", until=TODAY + days(5))
    assert not pends(medicine, TODAY)
    tomorrow = datetime.combine(TODAY + days(1), time(9), NEW_YORK)
    with time_machine.travel(tomorrow):
        assert not pends(medicine, TODAY + days(1))
        counted("0.7", tomorrow)
        assert pends(medicine, TODAY + days(1)), "the release was for the result before"


def test_a_release_holds_to_its_last_day_and_no_longer() -> None:
    medicine = clozapine()
    monitoring.release_lab_gate(factories.adler(), medicine.pk, why="Drawn.", until=TODAY + days(2))
    assert [pends(medicine, TODAY + days(number)) for number in (0, 2, 3)] == [False, False, True]


# -- how much at once ---------------------------------------------------------------------------------------------
def test_exactly_as_much_as_a_limit_allows_is_written_and_filled_on_its_last_day() -> None:
    medicine = bupropion()
    authorising.limit_supply(factories.adler(), factories.carla().pk, most_days=10, until=TODAY, why="Risk.")
    authorising.authorise(factories.adler(), medicine.pk, **TEN)
    supply.record_dispense(factories.bo(), medicine.pk, dispensed_on=TODAY, **TEN)
    more = {**TEN, "quantity": Decimal(11), "days_supply": 11}
    for act in (
        lambda: authorising.authorise(factories.adler(), medicine.pk, **more),
        lambda: supply.record_dispense(factories.bo(), medicine.pk, dispensed_on=TODAY, **more),
    ):
        with pytest.raises(RefillRefused):
            act()
