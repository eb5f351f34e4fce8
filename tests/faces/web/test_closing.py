"""A patient's account is closed: what leads in and goes out ends, the record stays, two people open it again."""

from typing import Any

import pytest
from django.test import Client

from medmgmt.actions import closing, messages, staff
from medmgmt.record.errors import Conflict, NoSuchPatient, NotAllowed
from medmgmt.record.models import AuditEntry, Device, OpenSession, StaffChange
from refills.messages import calendar_feed
from refills.models import CalendarFeed, Reminder
from tests import factories as cast
from tests.faces.api.client import Api, done, problem
from tests.faces.web import world as worlds

pytestmark = pytest.mark.django_db
CLOSED = "This account is closed, as its owner wished."
WRONG = "do not belong together"


def signed_in(name: str = "carla") -> Client:
    client = Client()
    assert client.post("/sign-in/", {"username": name, "password": cast.PASSWORD}).status_code == 302
    return client


def tries(name: str, password: str) -> str:
    response = Client().post("/sign-in/", {"username": name, "password": password})
    assert response.status_code == 422
    return str(response.content.decode())


def test_a_patient_closes_their_account_and_is_out_everywhere(world: worlds.World) -> None:
    here, there = signed_in(), signed_in()
    assert "/account/close/" in here.get("/account/").content.decode()
    response = here.post("/account/close/", {"why": ""})
    assert response["Location"] == "/sign-in/"
    assert "Your account is closed." in here.get("/sign-in/").content.decode()
    for client in (here, there):
        assert client.get("/my/")["Location"].startswith("/sign-in/")
    assert not OpenSession.objects.filter(user__username="carla", ended_at=None).exists()
    assert not Device.objects.filter(user__username="carla", ended_at=None).exists()
    row = AuditEntry.objects.get(act="close_account")
    assert (row.actor, row.patient, row.why) == (cast.carla_user(), world.carla, closing.OWN_WISH)


def test_an_old_proof_is_asked_for_anew_and_a_token_closes_nothing(world: worlds.World) -> None:
    carla = signed_in()
    session = carla.session
    session["proven_at"] = 1
    session.save()
    asked = carla.post("/account/close/", {"why": ""})
    assert asked.status_code == 403
    assert cast.carla_user().is_active
    assert carla.post("/account/close/", {"why": "", "proof_password": "wrong"}).status_code == 403
    assert carla.post("/account/close/", {"why": "", "proof_password": cast.PASSWORD}).status_code == 302
    assert not cast.carla_user().is_active


def test_who_knows_the_password_is_told_and_a_stranger_is_not(world: worlds.World) -> None:
    closing.close_own_account(cast.carla_user())
    assert CLOSED in tries("carla", cast.PASSWORD)
    for name, password in (("carla", "wrong word entirely"), ("nobody-here", cast.PASSWORD)):
        said = tries(name, password)
        assert WRONG in said
        assert CLOSED not in said
    assert AuditEntry.objects.filter(act="sign_in_closed", patient=world.carla).count() == 1


def test_a_login_taken_out_of_use_otherwise_sounds_like_none(world: worlds.World) -> None:
    staff.make_inactive(cast.admin(), cast.bo().pk, why="Left.")
    staff.make_inactive(cast.admin(), cast.carla_user().pk, why="Stolen password.")
    for name in ("bo", "carla"):
        assert CLOSED not in tries(name, cast.PASSWORD)


def test_an_account_out_of_use_whose_password_still_holds_sounds_like_none(world: worlds.World) -> None:
    """Of two charts of one person the other's login stays behind so."""
    carla = cast.carla_user()
    waits = staff.ask_password(cast.admin(), carla.pk, why="Forgotten.")
    staff.confirm(cast.pia(), waits.pk)
    carla.refresh_from_db()
    carla.set_password(cast.PASSWORD)
    carla.is_active = False
    carla.save()
    assert CLOSED not in tries("carla", cast.PASSWORD)


def test_messages_to_the_patient_end_with_their_links_and_the_calendar(world: worlds.World) -> None:
    feed = calendar_feed.token(messages.renew_calendar(cast.bo(), world.carla.pk))
    link = cast.link(Reminder.objects.filter(patient=world.carla, state="planned").earliest("due_at"))
    assert Client().get(f"/r/{link}/").status_code == 200
    assert Client().get(f"/calendar/{feed}.ics").status_code == 200
    closing.close_own_account(cast.carla_user())
    assert Client().get(f"/r/{link}/").status_code == 410
    assert Client().get(f"/calendar/{feed}.ics").status_code == 410
    assert not Reminder.objects.filter(patient=world.carla, caregiver=None, state="planned").exists()
    assert not CalendarFeed.objects.filter(patient=world.carla, revoked_at=None).exists()


def test_the_record_stays_whole_for_the_team(world: worlds.World, as_bo: Client) -> None:
    before = as_bo.get(f"/patients/{world.carla.pk}/").content.decode()
    closing.close_own_account(cast.carla_user())
    after = as_bo.get(f"/patients/{world.carla.pk}/").content.decode()
    for word in ("sertraline", "lithium", "Castillo"):
        assert before.count(word) == after.count(word)


def test_two_people_open_it_again_with_a_reason_and_the_old_password_never_works(world: worlds.World) -> None:
    closing.close_own_account(cast.carla_user())
    user = cast.carla_user()
    asked = staff.ask_active(cast.admin(), user.pk, why="She asked on the phone.")
    with pytest.raises(NotAllowed):
        staff.confirm(cast.admin(), asked.pk)
    secret = staff.confirm(cast.pia(), asked.pk).secret
    assert WRONG in tries("carla", cast.PASSWORD)
    staff.choose_password(user.pk, secret=secret, password="kettle marsh violin nine")
    again = Client()
    again.post("/sign-in/", {"username": "carla", "password": "kettle marsh violin nine"})
    assert again.get("/my/").status_code == 200
    assert not Reminder.objects.filter(patient=world.carla, caregiver=None, state="planned").exists()


def test_it_is_closed_once_and_what_waited_for_the_login_is_declined(world: worlds.World) -> None:
    waits = staff.ask_password(cast.admin(), cast.carla_user().pk, why="Forgotten.")
    closing.close_account(cast.admin(), mrn="C-1001", why="She asked at the desk.")
    waits.refresh_from_db()
    assert waits.state == "declined"
    with pytest.raises(Conflict):
        closing.close_account(cast.olga(), mrn="C-1001", why="Again.")


def test_administrator_and_privacy_officer_close_it_by_number_and_others_do_not(
    world: worlds.World, browser: Any
) -> None:
    said = {"mrn": "C-1001", "why": "She asked at the desk."}
    assert browser(cast.adler()).post("/accounts/close/", said).status_code == 403
    assert browser(cast.olga()).post("/accounts/close/", {**said, "mrn": "S-2002"}).status_code in (404, 422)
    assert cast.carla_user().is_active
    assert browser(cast.olga()).post("/accounts/close/", said).status_code == 302
    assert StaffChange.objects.get().kind == "closed"
    with pytest.raises(NoSuchPatient):
        closing.close_account(cast.olga(), mrn="nobody", why="x")


def test_over_the_api_the_session_ends_as_well(world: worlds.World) -> None:
    carla = Api.in_person(cast.carla_user()).fresh()
    shown = done(carla.post("me/close/", {"why": "Enough."}))
    assert (shown["kind"], shown["why"], shown["alone"]) == ("closed", "Enough.", True)
    assert carla.get("me/").status_code in (401, 403)
    olga = Api.in_person(cast.olga()).fresh()
    problem(olga.post("accounts/close/", {"mrn": "C-1001", "why": "Again."}), 409, "conflict")
