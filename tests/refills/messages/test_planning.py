"""What a supply plans, keeps and cancels."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from refills.messages import planning
from refills.messages.bundling import Step, Thing
from refills.messages.planning import Helper
from refills.models import Dispense, Reminder, ReminderState
from refills.supply.fills import Fill
from tests import factories
from tests.refills import people
from tests.refills.people import NOON, helping, refill, supply

pytestmark = pytest.mark.django_db


def planned() -> list[tuple[str, date]]:
    rows = Reminder.objects.filter(state=ReminderState.PLANNED).order_by("due_at", "id")
    return [(row.kind, row.local_date) for row in rows]


def states() -> dict[str, str]:
    return {f"{row.kind} {row.local_date}": row.state for row in Reminder.objects.all()}


FOUR = [
    ("refill_7", date(2026, 11, 24)),
    ("refill_3", date(2026, 11, 28)),
    ("refill_1", date(2026, 11, 30)),
    ("refill_0", date(2026, 12, 1)),
]


def test_a_dispense_plans_four_reminders_at_nine_in_the_patients_zone() -> None:
    prescription = factories.taking()
    planning.plan(supply(prescription), NOON)
    assert planned() == FOUR
    rows = Reminder.objects.order_by("due_at")
    assert [row.due_at for row in rows] == [
        datetime.combine(on, NOON.time(), UTC) - timedelta(hours=3) for _, on in FOUR
    ]
    assert rows[0].key == f"{prescription.patient_id}|2026-11-24|09|email"
    assert {row.prescription_id for row in rows} == {prescription.pk}
    assert {row.run_out_on for row in rows} == {date(2026, 12, 1)}
    assert {row.patient_id for row in rows} == {prescription.patient_id}


def test_planning_twice_is_planning_once() -> None:
    prescription = factories.taking()
    for _ in range(3):
        planning.plan(supply(prescription), NOON)
    assert planned() == FOUR
    assert Reminder.objects.count() == 4


def test_a_new_dispense_moves_the_run_out_and_cancels_what_it_overtook() -> None:
    prescription = factories.taking()
    planning.plan(supply(prescription), NOON)
    planning.plan(supply(prescription, [Fill(date(2026, 11, 1), 30), Fill(date(2026, 11, 20), 30)]), NOON)
    moved = [(kind, on + timedelta(days=30)) for kind, on in FOUR]
    assert planned() == moved
    assert Reminder.objects.filter(state=ReminderState.CANCELLED, outcome="no longer due").count() == 4


def test_a_stopped_order_has_no_more_reminders() -> None:
    prescription = factories.taking()
    planning.plan(supply(prescription), NOON)
    planning.plan(supply(prescription, active=False), NOON)
    assert planned() == []
    assert Reminder.objects.filter(state=ReminderState.CANCELLED, settled_at__isnull=False).count() == 4


def test_an_order_held_and_resumed_has_its_reminders_again() -> None:
    prescription = factories.taking()
    planning.plan(supply(prescription), NOON)
    planning.plan(supply(prescription, active=False), NOON)
    planning.plan(supply(prescription), NOON)
    assert planned() == FOUR
    assert Reminder.objects.count() == 4


def test_if_the_change_is_rolled_back_so_is_the_plan() -> None:
    prescription = factories.taking()
    planning.plan(supply(prescription), NOON)
    with transaction.atomic():
        planning.plan(supply(prescription, active=False), NOON)
        transaction.set_rollback(True)
    assert planned() == FOUR


def test_what_was_sent_stays_sent() -> None:
    prescription = factories.taking()
    planning.plan(supply(prescription), NOON)
    Reminder.objects.filter(kind="refill_7").update(state=ReminderState.SENT, settled_at=NOON)
    planning.plan(supply(prescription), NOON)
    planning.plan(supply(prescription, active=False), NOON)
    planning.plan(supply(prescription), NOON)
    assert states()["refill_7 2026-11-24"] == ReminderState.SENT
    assert planned() == FOUR[1:]


def test_what_is_due_but_not_yet_sent_stays_due_when_planned_again_the_next_day() -> None:
    prescription = factories.taking()
    planning.plan(supply(prescription), NOON)
    planning.plan(supply(prescription), datetime(2026, 11, 25, 17, tzinfo=UTC))
    assert planned() == FOUR


def test_no_row_is_planned_in_the_past() -> None:
    prescription = factories.taking()
    now = datetime(2026, 11, 29, 17, tzinfo=UTC)
    planning.plan(supply(prescription), now)
    assert planned() == FOUR[2:]
    planning.plan(supply(prescription, also=[refill(factories.taking(), date(2026, 1, 31))]), now)
    assert planned() == FOUR[2:]


def test_a_reminder_of_today_whose_hour_has_passed_is_due_at_once() -> None:
    prescription = factories.taking()
    now = datetime(2026, 12, 1, 19, 30, tzinfo=UTC)
    planning.plan(supply(prescription), now)
    planning.plan(supply(prescription), now + timedelta(minutes=5))
    [row] = Reminder.objects.all()
    assert (row.kind, row.due_at) == ("refill_0", now)


def test_a_patient_who_moves_is_reminded_at_nine_where_they_are() -> None:
    prescription = factories.taking()
    planning.plan(supply(prescription), NOON)
    Reminder.objects.filter(kind="refill_7").update(state=ReminderState.SENT, settled_at=NOON)
    planning.plan(supply(prescription, time_zone="America/Los_Angeles"), NOON)
    hours = {row.kind: (row.due_at.hour, row.next_attempt_at.hour) for row in Reminder.objects.all()}
    assert hours == {"refill_7": (14, 14), "refill_3": (17, 17), "refill_1": (17, 17), "refill_0": (17, 17)}


@pytest.mark.parametrize("channels", [[], ["push"], ["pigeon"]])
def test_without_a_channel_we_can_deliver_on_nothing_is_planned(channels: list[str]) -> None:
    planning.plan(supply(factories.taking(), channels=channels), NOON)
    assert Reminder.objects.count() == 0


def test_a_channel_named_twice_counts_once() -> None:
    planning.plan(supply(factories.taking(), channels=["email", "email", "sms"]), NOON)
    assert planned() == FOUR


def test_without_a_dispense_nothing_is_planned() -> None:
    planning.plan(supply(factories.taking(), []), NOON)
    assert Reminder.objects.count() == 0


def test_one_prescription_leaves_the_reminders_of_another_alone() -> None:
    one, other = factories.taking(), factories.taking()
    planning.plan(supply(one, also=[refill(other, date(2026, 12, 1))]), NOON)
    for _ in range(2):
        planning.plan(supply(one, active=False, also=[refill(other, date(2026, 12, 1))]), NOON)
    assert planned() == FOUR
    assert {row.prescription_id for row in Reminder.objects.filter(state="planned")} == {other.pk}
    planning.plan(supply(one, active=False), NOON)
    assert planned() == []


def test_a_message_that_is_leaving_is_left_to_settle() -> None:
    prescription = factories.taking()
    planning.plan(supply(prescription), NOON)
    Reminder.objects.filter(kind="refill_7").update(handed_over_at=NOON)
    planning.plan(supply(prescription, active=False), NOON)
    assert planned() == FOUR[:1]


def test_the_key_is_unique_in_the_database() -> None:
    prescription = factories.taking()
    planning.plan(supply(prescription), NOON)
    row = Reminder.objects.first()
    assert row is not None
    row.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save(force_insert=True)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"state": "lost", "settled_at": NOON}, "a_reminder_state_is_known"),
        ({"patient_id": None}, "a_reminder_is_for_somebody"),
        ({"delivered_at": NOON}, "only_a_delivered_reminder_says_when"),
        ({"channel": "fax"}, "a_reminder_channel_can_be_delivered"),
        ({"kind": "later"}, "a_reminder_kind_is_known"),
        ({"lease_until": NOON}, "a_lease_has_a_holder_and_an_end"),
        ({"state": "sent"}, "a_settled_reminder_has_a_time_and_no_lease"),
        ({"settled_at": NOON}, "a_settled_reminder_has_a_time_and_no_lease"),
        ({"answer": "confirmed"}, "an_answered_reminder_has_a_time"),
        ({"answer": "maybe", "answered_at": NOON}, "an_answered_reminder_has_a_time"),
    ],
)
def test_a_reminder_cannot_be_brought_into_a_state_that_makes_no_sense(
    columns: dict[str, object], sentence: str
) -> None:
    planning.plan(supply(factories.taking()), NOON)
    with pytest.raises(IntegrityError, match=sentence), transaction.atomic():
        Reminder.objects.update(**columns)


# -- dispenses -------------------------------------------------------------------------------------------------------
def a_dispense() -> Dispense:
    prescription = factories.taking()
    return Dispense.objects.create(
        patient=prescription.patient,
        prescription=prescription,
        dispensed_on=date(2026, 11, 1),
        quantity=Decimal(30),
        unit="{tablet}",
        days_supply=30,
        recorded_by=factories.bo(),
    )


def test_a_dispense_is_never_changed_or_deleted_in_the_database_itself() -> None:
    dispense = a_dispense()
    statements = ["UPDATE refills_dispense SET days_supply = 90", "DELETE FROM refills_dispense"]
    for statement in statements:
        refused = pytest.raises(DatabaseError, match="never changed or deleted")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)
    dispense.refresh_from_db()
    assert dispense.days_supply == 30


@pytest.mark.postgres
def test_the_dispenses_cannot_be_emptied_either() -> None:
    refused = pytest.raises(DatabaseError, match="never changed or deleted")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("TRUNCATE refills_dispense CASCADE")


def test_a_dispense_of_nothing_is_refused() -> None:
    dispense = a_dispense()
    dispense.pk, dispense.quantity = None, Decimal(0)
    with pytest.raises(IntegrityError, match="a_dispense_hands_out_something"), transaction.atomic():
        dispense.save(force_insert=True)


def test_in_the_evening_which_is_tomorrow_in_utc_todays_message_still_goes() -> None:
    planning.plan(supply(factories.taking()), datetime(2026, 11, 25, 0, 30, tzinfo=UTC))
    assert planned() == FOUR


def test_nothing_is_due_at_once_while_the_patient_sleeps() -> None:
    planning.plan(supply(factories.taking()), datetime(2026, 12, 2, 4, 30, tzinfo=UTC))
    assert planned() == []


def test_what_was_put_off_and_told_again_takes_the_place_of_no_step() -> None:
    prescription, now = factories.taking(), datetime(2026, 11, 24, 17, tzinfo=UTC)
    planning.plan(supply(prescription), NOON)
    Reminder.objects.filter(kind="refill_7").update(state=ReminderState.SENT, settled_at=now)
    people.answer(people.link(Reminder.objects.get(kind="refill_7")), "snooze", now)
    Reminder.objects.filter(kind="snooze").update(state=ReminderState.SENT, settled_at=now + timedelta(days=1))
    planning.plan(supply(prescription), now + timedelta(days=1))
    assert planned() == FOUR[1:]


def test_a_caregiver_is_told_what_only_the_patient_has_been_told() -> None:
    prescription, now = factories.taking(), datetime(2026, 11, 24, 17, tzinfo=UTC)
    planning.plan(supply(prescription), NOON)
    Reminder.objects.filter(kind="refill_7").update(state=ReminderState.SENT, settled_at=now)
    consent = helping()
    helper = Helper(consent.pk, "email", frozenset({"prescription"}))
    planning.plan(supply(prescription, helpers=[helper]), now)
    theirs = Reminder.objects.filter(caregiver=consent, state=ReminderState.PLANNED)
    assert list(theirs.order_by("due_at").values_list("kind", flat=True)) == [kind for kind, _ in FOUR]


def test_after_a_standstill_patient_and_caregiver_each_get_their_latest() -> None:
    consent = helping()
    helper = Helper(consent.pk, "email", frozenset({"prescription"}))
    planning.plan(supply(factories.taking(), helpers=[helper]), NOON)
    assert planning.supersede(datetime(2026, 12, 1, 17, tzinfo=UTC)) == 6
    left = Reminder.objects.filter(state=ReminderState.PLANNED).values_list("caregiver_id", "kind")
    assert set(left) == {(None, "refill_0"), (consent.pk, "refill_0")}


def test_what_is_late_for_the_patient_never_goes_to_the_caregiver_instead() -> None:
    consent = helping()
    helper = Helper(consent.pk, "email", frozenset({"prescription"}))
    planning.plan(supply(factories.taking(), helpers=[helper]), NOON)
    for caregiver_id, waits in ((None, "refill_7"), (consent.pk, "refill_0")):
        told = Reminder.objects.filter(caregiver_id=caregiver_id).exclude(kind=waits)
        told.update(state=ReminderState.SENT, settled_at=NOON)
    assert planning.supersede(datetime(2026, 12, 1, 17, tzinfo=UTC)) == 0
    left = Reminder.objects.filter(state=ReminderState.PLANNED).values_list("caregiver_id", "kind")
    assert set(left) == {(None, "refill_7"), (consent.pk, "refill_0")}


# -- once means once -------------------------------------------------------------------------------------------------
def left(kind: str, at: datetime) -> None:
    """The message of this kind has left the house."""
    Reminder.objects.filter(kind=kind).update(state=ReminderState.SENT, handed_over_at=at, settled_at=at)


def test_a_supply_found_after_the_days_message_has_left_waits_for_its_next_day_however_often_it_is_planned() -> None:
    prescription, other, now = factories.taking(), factories.taking(), datetime(2026, 11, 24, 17, tzinfo=UTC)
    planning.plan(supply(prescription), NOON)
    left("refill_7", now - timedelta(hours=3))
    for minutes in range(0, 60, 7):
        planning.plan(supply(prescription, also=[refill(other, date(2026, 11, 24))]), now + timedelta(minutes=minutes))
        assert planned() == FOUR[1:]
    assert Reminder.objects.count() == 4


def test_a_step_of_a_plan_found_after_the_days_message_has_left_is_told_once_that_day() -> None:
    prescription, now = factories.taking(), datetime(2026, 11, 24, 17, tzinfo=UTC)
    planning.plan(supply(prescription), NOON)
    left("refill_7", now - timedelta(hours=3))
    step = Thing("dosage_change", "1", date(2026, 11, 25), (Step("taper_step", -1),), prescription.pk)
    for minutes in range(0, 60, 7):
        planning.plan(supply(prescription, also=[step]), now + timedelta(minutes=minutes))
    [row] = Reminder.objects.filter(kind="taper_step")
    assert row.key.split("|")[2] == "09+1"
    left("taper_step", now)
    planning.plan(supply(prescription, also=[step]), now + timedelta(minutes=20))
    assert Reminder.objects.filter(kind="taper_step").count() == 1


def test_what_may_not_be_sent_now_comes_back_under_its_own_key() -> None:
    prescription, now = factories.taking(), datetime(2026, 11, 24, 17, tzinfo=UTC)
    planning.plan(supply(prescription), NOON)
    Reminder.objects.filter(kind="refill_7").update(state=ReminderState.WITHHELD, settled_at=now)
    for minutes in (0, 1, 16):
        planning.plan(supply(prescription), now + timedelta(minutes=minutes))
    assert Reminder.objects.count() == 4
    assert planned() == FOUR


def test_the_late_message_of_yesterday_goes_with_the_one_of_this_morning() -> None:
    prescription, now = factories.taking(), datetime(2026, 12, 1, 13, 5, tzinfo=UTC)
    planning.plan(supply(prescription), NOON)
    left("refill_7", NOON)
    left("refill_3", NOON)
    assert planning.supersede(now) == 1, "yesterday's, at five past eight of a morning whose message is due at nine"
    assert planned() == [FOUR[3]]
