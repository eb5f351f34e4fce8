"""Every page as every role: who may open it, and whether it is built as it should be."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client

from interactions.models import Release
from medmgmt.record.models import AuditEntry, User
from tests.faces.web import pages, reading
from tests.faces.web.world import World

Browser = Callable[[User], Client]


@pytest.mark.parametrize("who", sorted(pages.PEOPLE))
def test_every_page_opens_for_whom_it_is_meant_and_for_nobody_else(who: str, world: World, browser: Browser) -> None:
    client = browser(pages.PEOPLE[who]())
    for address, allowed in {**pages.of_carla(world), **pages.of_the_clinic()}.items():
        status = client.get(address).status_code
        if who in allowed:
            assert status == 200, (who, address)
        else:
            assert status in (302, 403, 404) if address == "/" or "side-effects" in address else status in (403, 404)


def test_a_stranger_cannot_tell_carla_from_a_patient_who_does_not_exist(world: World, browser: Browser) -> None:
    dorn = browser(pages.PEOPLE["dorn"]())
    hers, nobodys = dorn.get(f"/patients/{world.carla.pk}/"), dorn.get("/patients/987654/")
    assert hers.status_code == nobodys.status_code == 404
    assert reading.read(hers.content).said() == reading.read(nobodys.content).said()


def test_every_page_sends_whoever_is_not_signed_in_to_the_sign_in_page(world: World) -> None:
    for address in {**pages.of_carla(world), **pages.of_the_clinic()}:
        answer = Client().get(address)
        assert answer.status_code == 302, address
        assert answer["Location"].startswith("/sign-in/?next="), address


def test_every_page_has_one_main_heading_in_order_labels_and_nothing_that_a_strict_policy_forbids(
    world: World, browser: Browser
) -> None:
    everything = {**pages.of_carla(world), **pages.of_the_clinic()}
    release = Release.objects.get()
    everything[f"/knowledge/{release.pk}/retire/"] = {"pia"}
    for address, allowed in everything.items():
        for who in sorted(allowed):
            page = reading.read(browser(pages.PEOPLE[who]()).get(address).content)
            assert page.headings.count(1) == 1, (address, who, page.headings)
            jumps = [b for a, b in zip(page.headings, page.headings[1:], strict=False) if b > a + 1]
            assert not jumps, (address, who, page.headings)
            assert not page.unlabelled(), (address, who, page.unlabelled())
            assert not page.forbidden, (address, who, page.forbidden)
            twice = [name for name, times in page.ids.items() if times > 1]
            assert not twice, (address, who, twice)
            assert page.lang == "en"


def test_no_page_is_kept_in_a_cache_and_every_page_carries_the_strict_policy(world: World, browser: Browser) -> None:
    answer = browser(pages.PEOPLE["adler"]()).get(f"/patients/{world.carla.pk}/")
    assert answer["Cache-Control"] == "no-store, private"
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "unsafe" not in answer["Content-Security-Policy"]


def test_a_look_at_a_form_is_audited_as_a_look_and_not_as_the_act(world: World, browser: Browser) -> None:
    before = world.carla.enrolments.count()
    browser(pages.PEOPLE["bo"]()).get(f"/patients/{world.carla.pk}/level-of-care/")
    last = AuditEntry.objects.filter(patient=world.carla).order_by("-seq").first()
    assert last is not None
    assert (last.act, last.why) == ("view_chart", "the form of enrol")
    assert world.carla.enrolments.count() == before


def test_an_unknown_address_is_a_friendly_page(world: World, browser: Browser) -> None:
    for address in ("/nowhere/", "/patients/99999999999999999999999/", f"/prescriptions/{world.lithium.pk}/eat/"):
        answer = browser(pages.PEOPLE["adler"]()).get(address)
        assert answer.status_code == 404, address
        assert reading.read(answer.content).headings == [1]


def test_a_day_that_nobody_can_read_is_refused_in_a_sentence_and_shows_no_other_day(
    world: World, browser: Browser
) -> None:
    for day in ("yesterday", "2026-02-30", "9999999999", "\x00", "2026-06-01T00:00", "20260601", "2026-W23-1", "now"):
        answer = browser(pages.PEOPLE["adler"]()).get(f"/patients/{world.carla.pk}/", {"day": day})
        assert answer.status_code == 422, day
        assert "This is no day that a chart can show" in answer.content.decode()
        assert "Standing findings" not in answer.content.decode()


def test_a_chart_shows_the_days_from_birth_to_the_last_that_the_record_knows(world: World, browser: Browser) -> None:
    born = world.carla.birth_date
    for day, status in (
        ("0001-01-01", 422), (born - timedelta(days=1), 422), (born, 200), ("9999-12-31", 422), ("2150-01-01", 200)
    ):  # fmt: skip
        answer = browser(pages.PEOPLE["adler"]()).get(f"/patients/{world.carla.pk}/", {"day": str(day)})
        assert answer.status_code == status, day
