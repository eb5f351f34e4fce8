"""A link holds as long as the consent, the address it was sent to and the medicine behind it, and not a day longer."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from medmgmt.actions import merging, messages, people
from medmgmt.actions import reports as actions_reports
from medmgmt.record.models import AuditEntry, DosageChange, Prescription, Status
from refills.messages.reports import Report, Said
from refills.models import CaregiverConsent, ChannelChoice, How, Reminder, ReminderItem, Task
from tests import factories
from tests.faces.web import reading
from tests.faces.web import world as worlds
from tests.faces.web.world import World

pytestmark = pytest.mark.django_db
ACTS = ("confirm", "request_refill", "picked_up", "snooze")
OVER = "This link does not work any more"


@pytest.fixture
def reminder(world: World) -> Reminder:
    """A message to Carla about one of her medicines."""
    row = Reminder.objects.filter(state="planned", items__prescription=world.sertraline, caregiver=None)
    return row.earliest("due_at")


@pytest.fixture
def mara(world: World) -> CaregiverConsent:
    """Somebody who is told of Carla's refills, in Spanish."""
    return messages.add_caregiver(
        factories.bo(), world.carla.pk, name="Mara", channel="email", address="mara@mail.example", language="es",
        covers=["refills"], starts_on=worlds.today(), ends_on=worlds.today() + timedelta(days=5),
    )  # fmt: skip


def address_of(row: Reminder) -> str:
    return f"/r/{factories.link(row)}/"


def state() -> tuple[int, int, list[Any]]:
    """What an answer would change: tasks, choices, and what stands of each message."""
    rows = Reminder.objects.order_by("pk").values_list("pk", "state", "answer")
    return Task.objects.count(), ChannelChoice.objects.count(), list(rows)


def require_over(address: str, says: str = OVER) -> None:
    """The link shows nothing, does nothing, and says so with 410, whatever is tapped; unsubscribing neither."""
    before, entries = state(), AuditEntry.objects.filter(act="answer_reminder").count()
    client = Client()
    pages = [client.get(address), *[client.post(address, {"choice": choice}) for choice in ACTS]]
    assert [page.status_code for page in pages] == [410] * len(pages)
    for page in pages:
        text = page.content.decode()
        assert says in text
        assert 'name="choice" value="confirm"' not in text
        assert "sertraline" not in text
    told = client.post("/api/reminders/answer/", {"token": address.split("/")[2], "choice": "confirm"},
                       content_type="application/json")  # fmt: skip
    assert (told.status_code, told.json()["type"]) == (410, "/problems/link-expired")
    assert state() == before
    assert AuditEntry.objects.filter(act="answer_reminder").count() == entries


def require_well(address: str, choice: str = "confirm") -> None:
    """The link goes on: it shows its answers, and one of them is kept."""
    client = Client()
    assert client.get(address).status_code == 200
    assert client.post(address, {"choice": choice}).status_code == 302


def change_address(world: World) -> None:
    people.set_contact(factories.bo(), world.carla.pk, channel="email", address="new@mail.example", consented=True)


def end_address(world: World) -> None:
    world.carla.contact_points.filter(channel="email", ended_at=None).update(ended_at=timezone.now())


def say_no_at_the_clinic(world: World) -> None:
    messages.opt(factories.bo(), world.carla.pk, channel="email", wanted=False)


def take_consent_back(world: World) -> None:
    world.carla.contact_points.filter(ended_at=None).update(consent_withdrawn_at=timezone.now())


def stop_the_medicine(of: Prescription) -> None:
    """Signed yesterday: it is not taken any more."""
    stop = DosageChange.objects.filter(prescription=of).earliest("pk")
    worlds.signed(of, "stop", worlds.today() - timedelta(days=1))  # type: ignore[arg-type]  # a word of Kind
    assert stop.status == Status.SIGNED


@pytest.mark.parametrize("ended", [change_address, end_address, say_no_at_the_clinic, take_consent_back])
def test_a_patients_link_ends_with_its_address_and_with_her_word(
    world: World, reminder: Reminder, ended: Callable[[World], None]
) -> None:
    address = address_of(reminder)
    ended(world)
    require_over(address)


def test_a_link_goes_on_while_another_channel_changes(world: World, reminder: Reminder) -> None:
    address = address_of(reminder)
    people.set_contact(factories.bo(), world.carla.pk, channel="sms", address="+14155550100", consented=True)
    messages.opt(factories.bo(), world.carla.pk, channel="sms", wanted=False)
    require_well(address)


def test_the_stop_link_of_an_old_address_stops_nothing_at_the_new_one(world: World, reminder: Reminder) -> None:
    address = address_of(reminder)
    change_address(world)
    for path, form in ((f"{address}stop/", {"List-Unsubscribe": "One-Click"}), (address, {"choice": "stop"})):
        assert Client().post(path, form).status_code == 410
    assert not ChannelChoice.objects.filter(opted_in=False).exists()
    assert world.carla.contact_points.get(channel="email", ended_at=None).reachable


def test_the_old_address_given_again_makes_its_links_good_again(world: World, reminder: Reminder) -> None:
    address = address_of(reminder)
    old = world.carla.contact_points.get(channel="email", ended_at=None).address
    change_address(world)
    people.set_contact(factories.bo(), world.carla.pk, channel="email", address=old.upper(), consented=True)
    require_well(address)


def test_once_a_medicine_is_stopped_its_link_ends_and_that_of_another_goes_on(world: World) -> None:
    numbers = ReminderItem.objects.filter(reminder__state="planned").values_list("prescription", flat=True)
    assert world.sertraline.pk in numbers
    mine = Reminder.objects.filter(items__prescription=world.sertraline, state="planned").earliest("due_at")
    mine.items.exclude(prescription=world.sertraline).delete()
    other = Reminder.objects.filter(state="planned").exclude(pk=mine.pk).earliest("due_at")
    other.items.all().delete()
    ReminderItem.objects.create(reminder=other, prescription=world.lithium, kind="refill_3", about_type="prescription",
                                about_id=str(world.lithium.pk), day=worlds.today() + timedelta(days=3))  # fmt: skip
    gone, stays = address_of(mine), address_of(other)
    stop_the_medicine(world.sertraline)
    require_over(gone)
    require_well(stays)


def test_of_two_medicines_in_one_message_only_the_one_that_is_taken_is_ordered(
    world: World, reminder: Reminder
) -> None:
    day = worlds.today() + timedelta(days=3)
    ReminderItem.objects.create(reminder=reminder, prescription=world.lithium, kind="refill_3",
                                about_type="prescription", about_id=str(world.lithium.pk), day=day)  # fmt: skip
    address = address_of(reminder)
    stop_the_medicine(world.sertraline)
    require_well(address, "request_refill")
    asked = Task.objects.filter(kind="refill_request", detail__icontains="sertraline")
    assert not asked.exists()
    assert Task.objects.filter(kind="refill_request").count() == 1


def test_a_caregivers_link_ends_when_the_patient_takes_the_consent_back(world: World, mara: CaregiverConsent) -> None:
    address = address_of(Reminder.objects.filter(caregiver=mara).earliest("due_at"))
    page = Client().get(address)
    messages.withdraw_caregiver(factories.carla_user(), mara.pk)
    assert page.status_code == 200
    require_over(address, "Este enlace ya no funciona")
    assert Client().post(f"{address}stop/").status_code == 410


def test_a_caregivers_link_ends_with_the_last_day_of_the_consent(world: World, mara: CaregiverConsent) -> None:
    address = address_of(Reminder.objects.filter(caregiver=mara).earliest("due_at"))
    assert Client().get(address).status_code == 200
    with time_machine.travel(timezone.now() + timedelta(days=7), tick=False):
        require_over(address, "Este enlace ya no funciona")


def test_a_caregivers_link_goes_on_while_another_consent_ends(world: World, mara: CaregiverConsent) -> None:
    other = messages.add_caregiver(
        factories.bo(), world.carla.pk, name="Otto", channel="email", address="otto@mail.example", language="en",
        covers=["refills"], starts_on=worlds.today(),
    )  # fmt: skip
    address = address_of(Reminder.objects.filter(caregiver=mara).earliest("due_at"))
    messages.withdraw_caregiver(factories.carla_user(), other.pk)
    change_address(world)
    require_well(address)


def test_whoever_said_no_by_the_link_may_say_so_again_or_take_it_back_and_do_nothing_else(
    world: World, reminder: Reminder
) -> None:
    client, address = Client(), address_of(reminder)
    for _twice in range(2):
        page = client.post(address, {"choice": "stop"}, follow=True)
        assert page.status_code == 410
        assert "We have stopped these messages" in page.content.decode()
    require_over(address, "We have stopped these messages")
    assert ChannelChoice.objects.filter(opted_in=False).count() == 1
    assert client.post(address, {"choice": "start"}, follow=True).status_code == 200


def test_a_no_that_was_said_at_the_clinic_is_not_taken_back_by_a_link(world: World, reminder: Reminder) -> None:
    address = address_of(reminder)
    say_no_at_the_clinic(world)
    assert Client().post(address, {"choice": "start"}).status_code == 410
    assert ChannelChoice.objects.latest("at", "id").how == How.STAFF


def test_the_link_of_a_merged_chart_follows_the_person_and_their_address(world: World, reminder: Reminder) -> None:
    address = address_of(reminder)
    stays = factories.patient("P-7777", given_name="Carla", family_name="Castillo")
    merging.merge_charts(factories.bo(), world.carla.pk, mrn="P-7777", why="one person", confirm=True)
    reminder.refresh_from_db()
    assert reminder.patient_id == stays.pk
    require_well(address)


def test_in_spanish_too_somebody_reads_that_the_link_is_over_and_whom_to_call(
    world: World, reminder: Reminder, settings: Any
) -> None:
    settings.CLINIC_PHONE = "+1 415 555 0199"
    world.carla.language = "es"
    world.carla.save()
    address = address_of(reminder)
    change_address(world)
    page = Client().get(address)
    text = reading.read(page.content)
    assert text.lang == "es"
    assert "Este enlace ya no funciona" in page.content.decode()
    assert "+1 415 555 0199" in page.content.decode()
    assert "/sign-in/" not in page.content.decode()


def test_a_caregivers_reply_after_the_consent_is_over_is_read_by_a_person(world: World, mara: CaregiverConsent) -> None:
    Reminder.objects.filter(caregiver=mara).update(
        state="sent", handed_over_at=timezone.now(), settled_at=timezone.now()
    )
    with time_machine.travel(timezone.now() + timedelta(days=7), tick=False):
        report = Report("e-1", Said.REPLY, "", "mara@mail.example", "done")
        actions_reports.take_report("email", report)
    assert not Reminder.objects.filter(caregiver=mara).exclude(answer="none").exists()
    assert Task.objects.filter(detail__contains="Mara: “done”").exists()
