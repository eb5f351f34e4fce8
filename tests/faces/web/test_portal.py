"""The patient's own pages, and the page behind the link of a reminder."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.formats import date_format

from medmgmt.record.models import Kind, Patient
from refills.models import Reminder, Task
from tests import factories
from tests.faces.web import reading
from tests.faces.web.world import World, signed, today

pytestmark = pytest.mark.page

SPEAKING = ("sertraline", "lithium", "Carla", "Castillo", "depression", "Harbor", "psychiat", "medic")


@pytest.fixture
def reminder(world: World) -> Reminder:
    """One of the reminders that Carla's fill has planned."""
    return Reminder.objects.filter(prescription=world.sertraline).order_by("due_at")[0]


def test_carla_reads_what_she_takes_in_plain_words(world: World, as_carla: Client) -> None:
    said = reading.read(as_carla.get("/my/").content).said()
    assert "100 mg by mouth, once a day" in said
    assert "From 1 Dec" in said or "From" in said
    assert "Paused: do not take it for now" in said
    assert "quetiapine" not in said


def test_asking_for_a_refill_twice_opens_one_task(world: World, as_carla: Client) -> None:
    for _ in range(2):
        answer = as_carla.post(f"/my/refills/{world.sertraline.pk}/", follow=True)
        assert "We have told your care team" in answer.content.decode()
    assert Task.objects.filter(kind="refill_request", patient=world.carla).count() == 1


def test_a_refill_of_somebody_elses_medicine_is_not_found(world: World, as_carla: Client) -> None:
    assert as_carla.post("/my/refills/987654/").status_code == 404
    assert as_carla.get(f"/my/refills/{world.sertraline.pk}/").status_code == 302
    assert not Task.objects.filter(kind="refill_request").exists()


def test_the_reminder_page_needs_no_login_and_tells_nothing(reminder: Reminder) -> None:
    page = Client().get(f"/r/{factories.link(reminder)}/")
    assert page.status_code == 200
    text = page.content.decode().replace("/static/", "")
    assert not [word for word in SPEAKING if word.lower() in text.lower()]
    assert len(reading.read(page.content).forms) == 1
    assert page["Cache-Control"] == "no-store, private"


def test_a_mail_scanner_that_opens_the_link_changes_nothing(reminder: Reminder) -> None:
    for _ in range(3):
        Client().get(f"/r/{factories.link(reminder)}/")
    reminder.refresh_from_db()
    assert reminder.answer == "none"


def test_an_answer_is_kept_and_given_again_does_no_harm(reminder: Reminder) -> None:
    client, address = Client(), f"/r/{factories.link(reminder)}/"
    for _ in range(2):
        thanks = client.post(address, {"choice": "request_refill"}, follow=True)
        assert "We have passed on that you need a refill" in thanks.content.decode()
    assert Task.objects.filter(kind="refill_request").count() == 1
    client.post(address, {"choice": "snooze"})
    reminder.refresh_from_db()
    assert reminder.answer == "refill_requested"


def test_an_answer_that_is_none_of_the_three_is_asked_again(reminder: Reminder) -> None:
    answer = Client().post(f"/r/{factories.link(reminder)}/", {"choice": "dance"})
    assert answer.status_code == 422
    assert "Please choose one" in answer.content.decode()


def test_an_old_link_and_a_broken_one_are_friendly(reminder: Reminder, time_machine: object) -> None:
    token = factories.link(reminder)
    assert Client().get(f"/r/{token[:-3]}/").status_code == 404
    time_machine.move_to(timezone.now() + timedelta(days=60))  # type: ignore[attr-defined]
    old = Client().get(f"/r/{token}/")
    assert old.status_code == 410
    assert "too old" in old.content.decode()


def test_the_reminder_page_speaks_the_patients_language(reminder: Reminder, world: World) -> None:
    Patient.objects.filter(pk=world.carla.pk).update(language="es")
    page = Client().get(f"/r/{factories.link(reminder)}/", headers={"Accept-Language": "en"})
    assert reading.read(page.content).lang == "es"
    assert "Necesito" in page.content.decode()


def test_the_portal_speaks_the_patients_language_unless_she_chooses_another(world: World, as_carla: Client) -> None:
    Patient.objects.filter(pk=world.carla.pk).update(language="es")
    page = reading.read(as_carla.get("/my/").content)
    assert page.lang == "es"
    assert "Mis medicamentos" in page.said()
    assert "por la boca" in page.said()
    as_carla.post("/language/", {"language": "en", "next": "/my/"})
    assert "My medicines" in reading.read(as_carla.get("/my/").content).said()


def test_staff_pages_stay_in_one_language_whatever_the_browser_asks(world: World, as_bo: Client) -> None:
    page = as_bo.get(f"/patients/{world.carla.pk}/", headers={"Accept-Language": "es"})
    assert reading.read(page.content).lang == "en"


def test_behind_the_link_even_a_form_that_is_not_trusted_names_no_clinic(reminder: Reminder) -> None:
    answer = Client(enforce_csrf_checks=True).post(f"/r/{factories.link(reminder)}/", {"choice": "confirm"})
    assert answer.status_code == 403
    text = answer.content.decode().replace("/static/", "")
    assert not [word for word in SPEAKING if word.lower() in text.lower()]


def test_the_portal_names_the_last_day_with_medicine_what_comes_next_and_nothing_unsigned(
    world: World, as_carla: Client
) -> None:
    day = today()
    left = [one.days_left for one in as_carla.get("/my/").context["medicines"] if one.days_left is not None]
    assert len(set(left)) > 1
    assert as_carla.get("/my/").context["next_up"].days_left == min(left)
    signed(world.lithium, Kind.HOLD, day + timedelta(days=11))
    signed(world.sertraline, Kind.STOP, day + timedelta(days=30))
    factories.change(world.lithium, Kind.NEW_DOSE, day + timedelta(days=5), sig=factories.sig("1234"))
    shown = as_carla.get("/my/")
    mine = {one.medication.prescription.pk: one for one in shown.context["medicines"]}
    sertraline = mine[world.sertraline.pk]
    assert sertraline.last_day == sertraline.medication.runs_out_on - timedelta(days=1)
    assert shown.context["next_up"].medication.prescription == world.sertraline
    said = reading.read(shown.content).said().replace("\xa0", " ")
    assert f"From {date_format(day + timedelta(days=11), 'j M Y')}: pause it" in said
    assert f"From {date_format(day + timedelta(days=30), 'j M Y')}: stop taking it" in said
    assert "1234" not in said
