"""What somebody typed is not lost: after the session has ended, with an old token, and where it was refused."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import unquote

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from medmgmt.record.models import Allergy, Condition, DosageChange, Encounter, Patient, SideEffectReport
from medmgmt.web.kit import kept, views
from refills.models import Dispense, Task, TaskComment
from tests import factories as cast
from tests.faces.web.world import World

pytestmark = pytest.mark.page
WORDS = "Came out in hives after one tablet <b>twice</b>"


def sign_in(client: Client, to: str, name: str = "adler") -> Any:
    """Signs in where one was sent to, and goes on."""
    typed = {"username": name, "password": cast.PASSWORD, "next": unquote(to.removeprefix("/sign-in/?next="))}
    return client.post("/sign-in/", typed, follow=True)


def allergy(of: Patient) -> tuple[str, dict[str, str]]:
    return f"/patients/{of.pk}/allergies/new/", {
        "substance": "amoxicillin", "kind": "allergy", "severity": "severe", "reaction": WORDS,
    }  # fmt: skip


def written() -> int:
    """Allergies on record with those words."""
    return Allergy.objects.filter(reactions__text=WORDS).count()


def test_a_form_sent_after_the_session_has_ended_comes_back_filled_and_says_that_nothing_was_saved(
    world: World,
) -> None:
    client = Client()
    address, typed = allergy(world.carla)
    sent = client.post(address, typed)
    assert sent.status_code == 302
    assert sent["Location"].startswith("/sign-in/?next=")
    assert not any(word in sent["Location"] for word in ("amoxicillin", "hives"))
    assert "kept for some minutes" in client.get(sent["Location"]).content.decode()
    page = sign_in(client, sent["Location"])
    text = page.content.decode()
    assert (page.status_code, 'value="amoxicillin"' in text, "Came out in hives" in text) == (200, True, True)
    assert "<b>twice" not in text
    assert "Nothing has been saved yet" in text
    assert not written()
    again = client.get(page.request["PATH_INFO"] + "?" + page.request["QUERY_STRING"])
    assert "Came out in hives" in again.content.decode(), "it survives being read again"
    address = again.request["PATH_INFO"] + "?" + again.request["QUERY_STRING"]
    assert client.post(address, typed).status_code == 302
    assert written() == 1
    assert 'value="amoxicillin"' not in client.get(address).content.decode()


def test_what_one_person_typed_is_shown_to_no_other_who_signs_in_there(world: World) -> None:
    client = Client()
    client.force_login(cast.adler(), backend="django.contrib.auth.backends.ModelBackend")
    address, typed = allergy(world.carla)
    [whose] = re.findall(r'name="whose" value="([^"]+)"', client.get(address).content.decode())[-1:]
    client.logout()
    sent = client.post(address, {**typed, "whose": whose})
    page = sign_in(client, sent["Location"], "bo")
    assert "Came out in hives" not in page.content.decode()
    assert "Came out in hives" not in client.get(address).content.decode()


@pytest.mark.parametrize("mark", ["", "forged", "1:2:3"])
def test_a_mark_that_cannot_be_read_breaks_nothing(world: World, mark: str) -> None:
    client = Client()
    address, typed = allergy(world.carla)
    sent = client.post(address, {**typed, "whose": mark})
    assert "Came out in hives" in sign_in(client, sent["Location"]).content.decode()


def test_a_session_that_rested_too_long_gives_the_text_back_to_its_own_user_alone(
    world: World, time_machine: Any, settings: Any
) -> None:
    client = Client()
    client.force_login(cast.adler(), backend="django.contrib.auth.backends.ModelBackend")
    client.get("/tasks/")
    time_machine.move_to(timezone.now() + timedelta(minutes=settings.SESSION_IDLE_MINUTES + 1))
    address, typed = allergy(world.carla)
    sent = client.post(address, typed)
    assert "Came out in hives" not in sign_in(client, sent["Location"], "bo").content.decode()


def test_what_was_kept_is_gone_after_a_quarter_of_an_hour(world: World, time_machine: Any) -> None:
    client = Client()
    address, typed = allergy(world.carla)
    sent = client.post(address, typed)
    time_machine.move_to(timezone.now() + timedelta(minutes=16))
    assert "Came out in hives" not in sign_in(client, sent["Location"]).content.decode()


def test_an_old_token_loses_nothing_and_saves_nothing(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.adler(), backend="django.contrib.auth.backends.ModelBackend")
    address, typed = allergy(world.carla)
    answer = client.post(address, {**typed, "csrfmiddlewaretoken": "x" * 32})
    text = answer.content.decode()
    assert (answer.status_code, "Came out in hives" in text, "Nothing has been saved yet" in text) == (403, True, True)
    assert not written()
    [token] = set(re.findall(r'name="csrfmiddlewaretoken" value="([^"]+)"', text))
    assert client.post(address, {**typed, "csrfmiddlewaretoken": token}).status_code == 302


def test_what_another_site_sends_stands_in_no_form(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.adler(), backend="django.contrib.auth.backends.ModelBackend")
    address, typed = allergy(world.carla)
    answer = client.post(address, typed, headers={"Origin": "https://evil.example"})
    assert (answer.status_code, "Came out in hives" in answer.content.decode()) == (403, False)


def forms(world: World) -> dict[str, tuple[str, dict[str, str], Callable[[], int]]]:
    """Address, what is typed with WORDS among it, and how many rows there are, of forms of every kind."""
    carla, change, day = world.carla.pk, world.proposal.pk, "2026-11-01"
    task = Task.objects.create(
        kind="other", key="k", patient=world.carla, role="nurse", due_at=timezone.now(), title="t"
    )
    side_effect = {"term": "rash", "severity": "mild", "began_on": day, "note": WORDS}
    return {
        "condition": (f"/patients/{carla}/conditions/new/", {"text": WORDS}, Condition.objects.count),
        "side effect": (f"/patients/{carla}/side-effects/new/", side_effect, SideEffectReport.objects.count),
        "visit": (f"/patients/{carla}/visits/new/", {"kind": "office", "on": day, "note": WORDS},
                  Encounter.objects.count),
        "withdrawal": (f"/changes/{change}/withdraw/", {"note": WORDS},
                       DosageChange.objects.filter(status="withdrawn").count),
        "comment": (f"/tasks/{task.pk}/comment/", {"text": WORDS}, TaskComment.objects.count),
        "closing": (f"/tasks/{task.pk}/done/", {"outcome": WORDS, "version": "1"},
                    Task.objects.filter(state="done").count),
        "handing on": (f"/tasks/{task.pk}/reassign/", {"to": "role:pharmacist", "why": WORDS, "version": "1"},
                       Task.objects.filter(role="pharmacist").count),
        "hold": (f"/prescriptions/{world.sertraline.pk}/hold/", {"effective_on": day, "reason_code": "other",
                 "note": WORDS}, DosageChange.objects.count),
    }  # fmt: skip


@pytest.mark.parametrize(
    "name", ["condition", "side effect", "visit", "withdrawal", "comment", "closing", "handing on", "hold"]
)
def test_every_form_comes_back_with_its_words_and_has_done_nothing(world: World, name: str) -> None:
    client = Client()
    address, typed, count = forms(world)[name]
    before = count()
    text = sign_in(client, client.post(address, typed)["Location"]).content.decode()
    assert "Came out in hives" in text
    assert "Nothing has been saved yet" in text
    assert count() == before


def test_a_search_may_be_read_again_and_its_address_names_nobody(world: World, as_adler: Client) -> None:
    answer = as_adler.post("/patients/", {"q": "Castillo"})
    assert answer.status_code == 302
    assert "Castillo" not in answer["Location"]
    for _ in range(2):
        assert "Castillo" in as_adler.get(answer["Location"]).content.decode()


def test_the_drug_that_was_picked_may_be_read_again(world: World, as_adler: Client) -> None:
    answer = as_adler.post(f"/patients/{world.carla.pk}/prescribe/", {"pick": "36437:sertraline"})
    assert "sertraline" not in answer["Location"]
    for _ in range(2):
        assert "sertraline" in as_adler.get(answer["Location"]).content.decode()


def test_every_page_about_a_patient_names_them_first_in_its_title(world: World, as_adler: Client) -> None:
    carla = world.carla
    addresses = [
        f"/patients/{carla.pk}/", f"/patients/{carla.pk}/allergies/new/", f"/patients/{carla.pk}/prescribe/",
        f"/patients/{carla.pk}/adherence/", f"/patients/{carla.pk}/messages/", f"/patients/{carla.pk}/screening/",
        f"/changes/{world.proposal.pk}/",
    ]  # fmt: skip
    for address in addresses:
        [title] = re.findall("<title>(.*?)</title>", as_adler.get(address).content.decode(), re.DOTALL)
        assert title.startswith(f"{carla.family_name}, {carla.given_name}"), address
    sent = as_adler.post(f"/patients/{carla.pk}/allergies/new/", {"substance": ""})
    assert re.findall("<title>(.*?)</title>", sent.content.decode())[0].startswith(carla.family_name)


def test_a_fill_that_is_asked_about_keeps_what_was_typed_and_gets_a_tick(world: World, as_adler: Client) -> None:
    typed = {"dispensed_on": "2026-11-20", "quantity": "30", "unit": "{tablet}", "days_supply": "30", "note": WORDS}
    address = f"/prescriptions/{world.sertraline.pk}/fills/new/"
    as_adler.post(address, {**typed, "confirm": "on"})
    answer = as_adler.post(address, typed)
    text = answer.content.decode()
    assert (answer.status_code, "on record already" in text, "Came out in hives" in text) == (422, True, True)
    assert '<input type="checkbox" name="confirm"' in text
    count = Dispense.objects.count()
    assert as_adler.post(address, {**typed, "confirm": "on"}).status_code == 302
    assert Dispense.objects.count() == count + 1


def test_what_is_refused_outright_gives_the_words_back(world: World) -> None:
    client = Client()
    client.force_login(cast.pia(), backend="django.contrib.auth.backends.ModelBackend")
    address, typed = allergy(world.carla)
    answer = client.post(address, typed)
    text = answer.content.decode()
    assert (answer.status_code, "Came out in hives" in text, "<b>twice" in text) == (403, True, False)
    assert "Nothing of it was saved" in text


def test_a_crash_gives_the_words_back(world: World) -> None:
    request = RequestFactory().post("/patients/1/conditions/new/", {"text": WORDS, "csrfmiddlewaretoken": "a b"})
    answer = views.broken(request)
    assert (answer.status_code, "Came out in hives" in answer.content.decode()) == (500, True)
    assert "a b" not in answer.content.decode()


def test_a_password_is_never_kept(world: World) -> None:
    client = Client(enforce_csrf_checks=True, headers={"Origin": "http://testserver"})
    answer = client.post("/sign-in/", {"username": "adler", "password": "a b c d"})
    assert answer.status_code == 403
    assert kept.PLACE not in client.session
    assert "a b c d" not in answer.content.decode()


def test_a_correction_that_came_too_late_keeps_what_was_typed_and_says_what_is_on_record(
    world: World, as_adler: Client, as_bo: Client
) -> None:
    carla = world.carla
    names = ("given_name", "family_name", "birth_date", "sex", "language", "time_zone", "version")
    typed = {name: str(getattr(carla, name)) for name in names}
    address = f"/patients/{carla.pk}/details/"
    assert as_bo.post(address, {**typed, "family_name": "Castro"}).status_code == 302
    late = as_adler.post(address, {**typed, "given_name": "Carlotta"})
    text = late.content.decode()
    assert (late.status_code, 'value="Carlotta"' in text) == (422, True)
    assert "On record now: Family name Castro" in text
    [version] = re.findall(r'name="version" value="(\d+)"', text)
    assert as_adler.post(address, {**typed, "given_name": "Carlotta", "version": version}).status_code == 302


def test_a_comment_sent_twice_is_one(world: World, as_adler: Client) -> None:
    task = Task.objects.create(
        kind="other", key="k", patient=world.carla, role="nurse", due_at=timezone.now(), title="t"
    )
    for _ in range(2):
        assert as_adler.post(f"/tasks/{task.pk}/comment/", {"once": "a", "text": WORDS}).status_code == 302
    assert TaskComment.objects.count() == 1
