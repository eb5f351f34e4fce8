"""The pages of logins and teams as an administrator, a second person and the person themselves use them."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client

from medmgmt.actions import staff
from medmgmt.record.models import AuditEntry, Role, StaffChange, User
from tests import factories as cast

pytestmark = [pytest.mark.page, pytest.mark.django_db]
Browser = Callable[[User], Client]
GOOD = "tidal-Lantern-7-moss"
NEW = {"username": "nell", "role": "psychiatrist", "first_name": "Nell", "last_name": "Noor", "why": "Starts Monday."}


def asked(browser: Browser, **told: str) -> StaffChange:
    answer = browser(cast.admin()).post("/staff/new/", {**NEW, **told})
    assert answer.status_code == 302, answer.content
    return StaffChange.objects.latest("pk")


def link_in(answer: Any) -> str:
    found = re.search(r"/first-sign-in/[^<\s]+", answer.content.decode())
    assert found is not None
    return found[0]


def test_somebody_new_is_asked_for_confirmed_chooses_a_password_and_signs_in(browser: Browser) -> None:
    change = asked(browser)
    path = f"/staff/changes/{change.pk}/"
    pia = browser(cast.pia())
    assert "Starts Monday." in pia.get(path).content.decode()
    address = link_in(pia.post(f"{path}confirm/"))
    nell = Client()
    page = nell.get(address, follow=True)
    assert page.redirect_chain[0][0].endswith("/set-password/")
    secret = address.rstrip("/").rpartition("/")[2]
    assert secret not in page.content.decode()
    shown = page.request["PATH_INFO"]
    weak = nell.post(shown, {"new_password1": "short", "new_password2": "short"})
    assert weak.status_code == 422
    done = nell.post(shown, {"new_password1": GOOD, "new_password2": GOOD})
    assert done["Location"] == "/sign-in/"
    nell.post("/sign-in/", {"username": "nell", "password": GOOD})
    assert nell.get("/tasks/").status_code == 200
    assert secret not in str(list(AuditEntry.objects.values()))


def test_a_link_works_once_and_what_is_nobodys_sounds_the_same(browser: Browser) -> None:
    change = asked(browser)
    address = link_in(browser(cast.pia()).post(f"/staff/changes/{change.pk}/confirm/"))
    one, other = Client(), Client()
    shown = one.get(address)["Location"]
    assert other.get(address)["Location"] == shown
    both = {"new_password1": GOOD, "new_password2": GOOD}
    assert one.post(shown, both).status_code == 302
    late = other.post(shown, {"new_password1": GOOD[::-1], "new_password2": GOOD[::-1]})
    again, nobodys = Client().get(address), Client().get("/first-sign-in/OTk5/abc-def/")
    assert [late.status_code, again.status_code, nobodys.status_code] == [404, 404, 404]
    assert User.objects.get(username="nell").check_password(GOOD)
    assert "works no longer" in again.content.decode()


def test_the_link_is_shown_to_who_confirms_and_never_again(browser: Browser) -> None:
    change, pia = asked(browser), browser(cast.pia())
    path = f"/staff/changes/{change.pk}/"
    link_in(pia.post(f"{path}confirm/"))
    again = pia.post(f"{path}confirm/")
    assert again.status_code == 409
    for page in (again, pia.get(path), browser(cast.admin()).get(path), browser(cast.admin()).get("/staff/")):
        assert "first-sign-in" not in page.content.decode()


def test_who_asked_sees_that_somebody_else_confirms_and_may_take_it_back(browser: Browser) -> None:
    change = asked(browser)
    cast.pia()
    admin, path = browser(cast.admin()), f"/staff/changes/{change.pk}/"
    assert "/confirm/" not in admin.get(path).content.decode()
    assert admin.post(f"{path}confirm/").status_code == 403
    assert admin.post(f"{path}decline/", {"why": "A slip."}).status_code == 302
    assert not User.objects.get(username="nell").is_active


def test_an_administrator_with_nobody_beside_is_told_that_prescribers_will_hear_of_it(browser: Browser) -> None:
    change = asked(browser, role="nurse")
    admin, path = browser(cast.admin()), f"/staff/changes/{change.pk}/"
    assert "every prescriber gets a task" in admin.get(path).content.decode()
    link_in(admin.post(f"{path}confirm/"))
    assert "done alone" in admin.get(path).content.decode()


def test_what_is_refused_stands_on_the_form_with_what_was_typed(browser: Browser) -> None:
    cast.bo()
    answer = browser(cast.admin()).post("/staff/new/", {**NEW, "username": "Bo"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "There is a login of this name already." in text
    assert "Starts Monday." in text
    without = browser(cast.admin()).post("/staff/new/", {**NEW, "why": ""})
    assert without.status_code == 422


def test_people_are_found_by_name_and_login_and_no_name_is_in_the_address(browser: Browser) -> None:
    cast.bo(), cast.adler()
    admin = browser(cast.admin())
    for search in ("berg", "BO", "bo@clinic"):
        page = admin.post("/staff/", {"q": search}, follow=True)
        assert search.lower() not in page.request["QUERY_STRING"].lower()
        assert [one.username for one in page.context["rows"]] == ["bo"], search
    fragment = admin.post("/staff/", {"q": "berg"}, headers={"hx-request": "true"})
    assert b"<html" not in fragment.content


def test_a_long_list_has_pages(browser: Browser) -> None:
    for number in range(60):
        cast.user(f"nurse{number}", Role.NURSE)
    admin = browser(cast.admin())
    assert len(admin.get("/staff/").context["rows"]) == 50
    assert len(admin.get("/staff/?page=2").context["rows"]) == 11
    assert admin.get("/staff/?page=x&role=pilot&use=9").status_code == 200


def test_a_lock_is_cleared_and_the_password_stays(browser: Browser, settings: Any) -> None:
    bo, wrong = cast.bo(), {"username": "bo", "password": "wrong"}
    tries = Client()
    for _ in range(settings.LOGIN_ATTEMPTS):
        tries.post("/sign-in/", wrong)
    right = {"username": "bo", "password": cast.PASSWORD}
    assert tries.post("/sign-in/", right).status_code != 302
    browser(cast.admin()).post(f"/staff/{bo.pk}/unlock/", {"why": "She called from the ward."})
    assert tries.post("/sign-in/", right).status_code == 302


def test_a_patients_login_shows_no_name_on_any_page_of_staff(browser: Browser) -> None:
    carla, admin = cast.carla_user(), browser(cast.admin())
    change = staff.ask_password(cast.admin(), carla.pk, why="Lost.")
    User.objects.filter(pk=carla.pk).update(first_name="Carla", last_name="Castillo")
    for address in ("/staff/?role=patient", f"/staff/{carla.pk}/", f"/staff/{carla.pk}/password/", "/staff/changes/",
                    f"/staff/changes/{change.pk}/"):  # fmt: skip
        assert "Castillo" not in admin.get(address).content.decode(), address


# -- the first administrator ------------------------------------------------------------------------------------------


def made(capsys: Any, *arguments: str) -> str:
    call_command("make_administrator", *arguments, "--why", "A new site.")
    return str(capsys.readouterr().out.strip()).partition("/first-sign-in/")[2]


def test_the_command_line_makes_the_first_administrator_by_a_link_and_the_trail_says_so(capsys: Any) -> None:
    address = f"/first-sign-in/{made(capsys, 'root', '--email', 'root@clinic.example')}"
    browser = Client()
    shown = browser.get(address)["Location"]
    browser.post(shown, {"new_password1": GOOD, "new_password2": GOOD})
    browser.post("/sign-in/", {"username": "root", "password": GOOD})
    assert browser.get("/staff/").status_code == 200
    entry = AuditEntry.objects.get(act="make_administrator")
    assert (entry.actor_name, entry.why, entry.detail["after"]) == ("the command line", "A new site.", "administrator")


def test_the_command_line_gives_no_login_of_another_role_any_powers(capsys: Any) -> None:
    cast.adler()
    with pytest.raises(CommandError):
        made(capsys, "adler")
    assert User.objects.get(username="adler").check_password(cast.PASSWORD)


def test_django_has_no_superusers_here() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        call_command("createsuperuser", username="x", email="x@y.example", role="nurse", interactive=False, verbosity=0)
    assert not User.objects.filter(is_superuser=True).exists()
