"""The link of a reminder: signed, expiring, silent about health, safe to open and to repeat."""

import base64
import re
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from django.core import signing

from refills.errors import LinkExpired, LinkUnknown, SnoozedEnough
from refills.messages import links, notices, planning
from refills.messages.planning import Helper
from refills.models import Reminder, ReminderAnswer, ReminderItem, ReminderState
from tests import factories
from tests.refills import people
from tests.refills.people import NOON, due, helping, level_due, supply

pytestmark = pytest.mark.django_db


def sent() -> Reminder:
    """Carla's first reminder, which has reached her."""
    planning.plan(supply(factories.taking()), NOON)
    Reminder.objects.filter(kind="refill_7").update(state=ReminderState.SENT, settled_at=NOON)
    return Reminder.objects.get(kind="refill_7")


def everything() -> list[dict[str, object]]:
    return [dict(row) for row in Reminder.objects.order_by("id").values()]


def test_a_link_is_read_and_reading_it_changes_nothing() -> None:
    reminder = sent()
    before = everything()
    for _ in range(3):
        assert links.read_link(people.link(reminder)).reminder.pk == reminder.pk
    assert everything() == before


def test_a_link_expires() -> None:
    reminder = sent()
    with time_machine.travel(NOON, tick=False):
        token = people.link(reminder)
    with time_machine.travel(NOON + timedelta(days=13, hours=23), tick=False):
        assert links.read_link(token).reminder == reminder
    with time_machine.travel(NOON + timedelta(days=14, hours=1), tick=False):
        with pytest.raises(LinkExpired):
            links.read_link(token)
        with pytest.raises(LinkExpired):
            people.answer(token, "confirm")


def test_a_link_that_was_changed_or_guessed_is_unknown() -> None:
    token = people.link(sent())
    number, stamp, signature = token.split(".")
    other_salt = signing.TimestampSigner(salt="another", sep=".").sign(number)
    forged = [
        "",
        "x",
        "..",
        number,
        f"{number}.{stamp}.{'A' * len(signature)}",
        f"{number[:-1]}0.{stamp}.{signature}" if number[-1] != "0" else f"{number[:-1]}1.{stamp}.{signature}",
        f"{number}.zzzzzz.{signature}",
        token + "A",
        token.upper(),
        other_salt,
        links._signer().sign("1"),
        links._signer().sign("not a number\x00"),
        links._signer().sign("0" * 32),
    ]
    for guess in forged:
        with pytest.raises(LinkUnknown):
            links.read_link(guess)
        with pytest.raises(LinkUnknown):
            people.answer(guess, "confirm")


def test_a_link_carries_a_random_number_and_nothing_of_the_patient() -> None:
    reminder = sent()
    address = links.url(reminder, "carla@mail.example")
    assert address == f"http://127.0.0.1:8000/r/{people.link(reminder)}/"
    assert re.fullmatch(r"[0-9a-f]{48}\.[A-Za-z0-9]+\.[\w-]+", people.link(reminder))
    clear = address.lower() + base64.urlsafe_b64decode(people.link(reminder).split(".")[0]).decode("latin-1")
    carla = factories.carla()
    for secret in ("sertraline", "carla", "castillo", carla.mrn.lower(), reminder.key, "refill"):
        assert secret not in clear


@pytest.mark.parametrize(
    ("choice", "answer"),
    [
        ("confirm", ReminderAnswer.CONFIRMED),
        ("request_refill", ReminderAnswer.REFILL_REQUESTED),
        ("snooze", ReminderAnswer.SNOOZED),
    ],
)
def test_an_answer_given_often_is_given_once(choice: str, answer: str) -> None:
    reminder = sent()
    token = people.link(reminder)
    answered = people.answer(token, choice, now=NOON)
    assert (answered.pk, answered.answer) == (reminder.pk, answer)
    assert answered.answered_at is not None
    after = everything()
    for _ in range(3):
        assert people.answer(token, choice, now=NOON).answered_at == answered.answered_at
    assert everything() == after


def test_a_choice_that_is_no_button_is_refused() -> None:
    token = people.link(sent())
    before = everything()
    with pytest.raises(ValueError, match="drop table"):
        people.answer(token, "drop table")
    assert everything() == before


def test_a_stronger_answer_replaces_a_weaker_one_and_never_the_other_way_round() -> None:
    token = people.link(sent())
    order = ["snooze", "confirm", "snooze", "request_refill", "confirm", "snooze"]
    kept = [people.answer(token, choice, now=NOON).answer for choice in order]
    assert kept == ["snoozed", "confirmed", "confirmed", *["refill_requested"] * 3]


def test_putting_off_plans_one_more_for_the_next_day() -> None:
    reminder = sent()
    people.answer(people.link(reminder), "snooze", now=NOON)
    again = Reminder.objects.get(kind="snooze")
    assert (again.local_date, again.due_at) == (date(2026, 11, 22), datetime(2026, 11, 22, 14, tzinfo=UTC))
    assert (again.prescription_id, again.run_out_on) == (reminder.prescription_id, reminder.run_out_on)
    assert again.public_id != reminder.public_id


def test_putting_off_adds_nothing_when_a_reminder_comes_the_next_day_anyway() -> None:
    reminder = sent()
    the_day_before = datetime(2026, 11, 27, 17, tzinfo=UTC)  # the 28th has its own
    assert people.answer(people.link(reminder), "snooze", now=the_day_before).answer == ReminderAnswer.SNOOZED
    assert not Reminder.objects.filter(kind="snooze").exists()


def test_it_can_be_put_off_three_times_and_not_a_fourth() -> None:
    reminder, now = sent(), datetime(2026, 12, 1, 17, tzinfo=UTC)
    Reminder.objects.exclude(pk=reminder.pk).update(state=ReminderState.SENT, settled_at=now)
    for _ in range(3):
        people.answer(people.link(reminder), "snooze", now=now)
        now += timedelta(days=1)
        Reminder.objects.filter(state=ReminderState.PLANNED).update(state=ReminderState.SENT, settled_at=now)
        reminder = Reminder.objects.filter(kind="snooze").latest("due_at")
    with pytest.raises(SnoozedEnough):
        people.answer(people.link(reminder), "snooze", now=now)
    assert Reminder.objects.filter(kind="snooze").count() == 3
    assert people.answer(people.link(reminder), "confirm").answer == ReminderAnswer.CONFIRMED


def test_planning_again_keeps_what_was_put_off_and_a_new_supply_cancels_it() -> None:
    reminder = sent()
    people.answer(people.link(reminder), "snooze", now=NOON)
    assert reminder.prescription is not None
    planning.plan(supply(reminder.prescription), NOON)
    assert Reminder.objects.get(kind="snooze").state == ReminderState.PLANNED
    planning.plan(supply(reminder.prescription, active=False), NOON)
    assert Reminder.objects.get(kind="snooze").state == ReminderState.CANCELLED


def test_a_real_answer_makes_what_was_put_off_needless() -> None:
    token = people.link(sent())
    people.answer(token, "snooze", now=NOON)
    people.answer(token, "request_refill", now=NOON)
    assert Reminder.objects.get(kind="snooze").state == ReminderState.CANCELLED


def test_asking_for_a_refill_through_several_messages_is_one_request() -> None:
    sent()
    keys = {key for reminder in Reminder.objects.all() for key in links.refill_request_keys(reminder).values()}
    assert len(keys) == 1
    assert len({key for reminder in due(2) for key in links.refill_request_keys(reminder).values()} | keys) == 3


def test_what_the_patient_and_the_caregiver_put_off_comes_to_each_of_them() -> None:
    consent = helping()
    helper = Helper(consent.pk, "email", frozenset({"prescription"}))
    planning.plan(supply(factories.taking(), helpers=[helper]), NOON)
    first = Reminder.objects.filter(kind="refill_7")
    first.update(state=ReminderState.SENT, settled_at=NOON)
    for caregiver_id in (consent.pk, None):
        people.answer(people.link(first.get(caregiver_id=caregiver_id)), "snooze", now=NOON)
    again = Reminder.objects.filter(kind="snooze").values_list("caregiver_id", "local_date")
    assert set(again) == {(consent.pk, date(2026, 11, 22)), (None, date(2026, 11, 22))}


def test_what_is_put_off_never_joins_a_message_that_is_leaving() -> None:
    people.answer(people.link(sent()), "snooze", now=NOON)
    Reminder.objects.filter(kind="snooze").update(handed_over_at=NOON)
    [other] = due(1)
    people.answer(people.link(other), "snooze", now=NOON)
    told = ReminderItem.objects.get(kind="snooze", prescription_id=other.prescription_id).reminder
    assert (told.handed_over_at, told.local_date) == (None, date(2026, 11, 22))


def test_what_is_put_off_in_the_evening_comes_the_next_morning_where_the_patient_lives() -> None:
    evening = datetime(2026, 11, 22, 1, 30, tzinfo=UTC)
    people.answer(people.link(sent()), "snooze", now=evening)
    again = Reminder.objects.get(kind="snooze")
    assert (again.local_date, again.due_at) == (date(2026, 11, 22), datetime(2026, 11, 22, 14, tzinfo=UTC))


def test_the_same_test_put_off_by_others_uses_up_nothing_of_the_patients_own() -> None:
    mine, theirs = factories.carla(), factories.stranger()
    for patient in (mine, theirs):
        planning.plan(level_due(patient.pk, date(2026, 12, 10)), NOON)
    row = Reminder.objects.get(patient=theirs, local_date=date(2026, 12, 10))
    for day in (22, 23, 24):
        people.answer(people.link(row), "snooze", now=datetime(2026, 11, day, 17, tzinfo=UTC))
        Reminder.objects.filter(kind="snooze").update(state=ReminderState.SENT, settled_at=NOON)
        row = Reminder.objects.filter(kind="snooze").latest("local_date")
    with pytest.raises(SnoozedEnough):
        people.answer(people.link(row), "snooze", now=datetime(2026, 11, 25, 17, tzinfo=UTC))
    own = Reminder.objects.get(patient=mine, local_date=date(2026, 12, 10))
    assert people.answer(people.link(own), "snooze", now=NOON).answer == ReminderAnswer.SNOOZED


def test_one_patients_answer_leaves_the_same_test_of_another_alone() -> None:
    mine, theirs = factories.carla(), factories.stranger()
    for patient in (mine, theirs):
        planning.plan(level_due(patient.pk, date(2026, 12, 1)), NOON)
    people.answer(people.link(Reminder.objects.filter(patient=mine).earliest("due_at")), "confirm", now=NOON)
    waiting = Reminder.objects.filter(state=ReminderState.PLANNED)
    assert set(waiting.values_list("patient_id", flat=True)) == {theirs.pk}
    planning.plan(level_due(theirs.pk, date(2026, 12, 1)), NOON)
    assert waiting.filter(patient=theirs).count() == 2


@pytest.mark.parametrize("choice", ["confirm", "picked_up", "request_refill"])
def test_who_has_answered_hears_nothing_more_of_it_however_often_it_is_planned(choice: str) -> None:
    reminder = sent()
    people.answer(people.link(reminder), choice, now=NOON)
    assert reminder.prescription is not None
    for minutes in range(0, 90, 15):
        planning.plan(supply(reminder.prescription), NOON + timedelta(minutes=minutes))
        assert not Reminder.objects.filter(state=ReminderState.PLANNED).exists()


def test_asking_for_a_refill_leaves_a_test_that_was_told_with_it_to_be_told_again() -> None:
    reminder = sent()
    assert reminder.prescription is not None
    also = level_due(reminder.patient_id or 0, date(2026, 12, 10)).things
    ReminderItem.objects.create(
        reminder=reminder, kind="lab", about_type="lab", about_id="lithium", day=date(2026, 12, 10)
    )
    people.answer(people.link(reminder), "request_refill", now=NOON)
    planning.plan(supply(reminder.prescription, also=also), NOON)
    left = ReminderItem.objects.filter(reminder__state=ReminderState.PLANNED)
    assert set(left.values_list("about_type", flat=True)) == {"lab"}


def test_the_link_of_a_notice_to_the_staff_is_no_patients_link() -> None:
    notices.notify(user_id=factories.bo().pk, key="tasks|1", kind="digest", due_at=NOON)
    with pytest.raises(LinkUnknown):
        links.read_link(people.link(Reminder.objects.get()))


def test_a_message_about_a_test_or_a_step_of_a_plan_neither_offers_nor_asks_for_a_refill() -> None:
    [row] = due(1)
    ReminderItem.objects.filter(reminder=row).update(about_type="dosage_change", kind="taper_step")
    assert links.offers(row) == [links.Choice.CONFIRM, links.Choice.SNOOZE]
    assert links.refill_request_keys(row) == {}


def test_of_supplies_alone_each_answer_is_another_one() -> None:
    [row] = due(1)
    offered = links.offers(row)
    assert offered == [links.Choice.PICKED_UP, links.Choice.REQUEST_REFILL, links.Choice.SNOOZE]
    ReminderItem.objects.create(reminder=row, kind="lab", about_type="lab", about_id="lithium", day=NOON.date())
    assert links.offers(row) == [links.Choice.CONFIRM, *offered]
