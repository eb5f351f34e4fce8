"""Releases of knowledge on their page: loud about what is missing, switched only after a question."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from interactions import releases
from interactions.models import Release, RescreenRun
from tests import factories as cast
from tests import shipped_knowledge
from tests.actions import orders
from tests.faces.web import reading
from tests.faces.web.world import World

pytestmark = pytest.mark.page


def test_a_warning_is_loud_wherever_the_release_is_named(world: World, as_adler: Client) -> None:
    warned = ("The letter N is missing: two psychotropics are never compared.",)
    about = replace(shipped_knowledge.about(), version="4", warnings=warned)
    made = releases.keep_rules(about, shipped_knowledge.tables(), {"made.csv": "4" * 64})
    releases.activate(made.pk, by_id=None)
    change = orders.start(cast.adler(), "zolpidem").change
    for address in ("/knowledge/", "/", f"/changes/{change.pk}/"):
        assert "The letter N is missing" in as_adler.get(address).content.decode(), address


def test_a_release_goes_out_of_use_only_when_a_second_person_agrees(world: World, browser: object) -> None:
    pia, adler = browser(cast.pia()), browser(cast.adler())  # type: ignore[operator]
    release = Release.objects.get()
    address = f"/knowledge/{release.pk}/retire/"
    assert "No one person switches knowledge off" in pia.get(address).content.decode()
    assert pia.post(address).status_code == 422
    proposed = pia.post(address, {"reason": "Its doses are wrong."})["Location"]
    release.refresh_from_db()
    assert release.status == "active"
    assert pia.post(f"{proposed}approve/").status_code == 422
    assert "Its doses are wrong." in adler.get(proposed).content.decode()
    assert adler.post(f"{proposed}approve/").status_code == 302
    release.refresh_from_db()
    assert release.status == "retired"


def test_an_administrator_alone_switches_nothing_off(world: World, browser: object) -> None:
    admin, release = browser(cast.admin()), Release.objects.get()  # type: ignore[operator]
    assert "/retire/" not in admin.get("/knowledge/").content.decode()
    for answer in (admin.get(f"/knowledge/{release.pk}/retire/"),
                   admin.post(f"/knowledge/{release.pk}/retire/", {"reason": "x"})):  # fmt: skip
        assert answer.status_code == 403
    release.refresh_from_db()
    assert release.status == "active"


def test_a_release_that_only_adds_is_activated_by_one_person_after_a_question(world: World, browser: object) -> None:
    pia, release = browser(cast.pia()), Release.objects.get()  # type: ignore[operator]
    Release.objects.update(status="retired")
    asked = pia.get(f"/knowledge/{release.pk}/activate/")
    assert "Yes, activate it" in asked.content.decode()
    assert pia.post(f"/knowledge/{release.pk}/activate/").status_code == 302
    release.refresh_from_db()
    assert release.status == "active"


def test_a_release_that_takes_much_away_is_proposed_and_one_that_takes_little_is_not(
    world: World, browser: object
) -> None:
    pia, old = browser(cast.pia()), Release.objects.get()  # type: ignore[operator]
    found = shipped_knowledge.tables()
    editions = {"less": found.rules[: len(found.rules) // 2], "same": found.rules[:-3]}
    for name, rules in editions.items():
        about = releases.About(source=old.source, version=name, released_on=old.released_on)
        made = releases.keep_rules(about, replace(found, rules=rules), {f"{name}.csv": name[0] * 64})
        address = f"/knowledge/{made.pk}/activate/"
        text = pia.get(address).content.decode()
        assert ("Propose it" in text) == (name == "less")
        done = pia.post(address)
        assert done.status_code == (422 if name == "less" else 302), name
        made.refresh_from_db()
        assert made.status == ("imported" if name == "less" else "active")
    proposed = pia.post(f"/knowledge/{Release.objects.get(version='less').pk}/activate/", {"reason": "It was wrong."})
    browser(cast.adler()).post(f"{proposed['Location']}approve/")  # type: ignore[operator]
    assert Release.objects.get(version="less").status == "active"


def editions(pia: Client, old: Release, *shares: int) -> list[int]:
    """What came of activating one after the other releases with so many hundredths of the shipped rules."""
    found, answers = shipped_knowledge.tables(), []
    for share in shares:
        about = releases.About(source=old.source, version=f"{share} %", released_on=old.released_on)
        rules = found.rules[: len(found.rules) * share // 100]
        made = releases.keep_rules(about, replace(found, rules=rules), {f"{share}.csv": f"{share:064d}"})
        answers.append(pia.post(f"/knowledge/{made.pk}/activate/").status_code)
    return answers


def test_several_releases_that_each_take_little_are_added_up_until_two_people_agree(
    world: World, browser: object
) -> None:
    pia, old = browser(cast.pia()), Release.objects.get()  # type: ignore[operator]
    assert editions(pia, old, 88, 75) == [302, 422]
    third = Release.objects.get(version="75 %")
    proposed = pia.post(f"/knowledge/{third.pk}/activate/", {"reason": "Too many alerts."})
    browser(cast.adler()).post(f"{proposed['Location']}approve/")  # type: ignore[operator]
    third.refresh_from_db()
    assert third.status == "active"
    assert editions(pia, old, 66) == [302]


def test_what_grows_again_and_what_single_persons_did_days_ago_is_no_mass_change(world: World, browser: object) -> None:
    pia, old = browser(cast.pia()), Release.objects.get()  # type: ignore[operator]
    assert editions(pia, old, 88, 99) == [302, 302]
    RescreenRun.objects.update(asked_at=timezone.now() - timedelta(hours=25))
    assert editions(pia, old, 87) == [302]


def test_without_any_release_every_page_that_shows_reviews_says_that_nothing_is_checked(
    world: World, as_adler: Client
) -> None:
    Release.objects.update(status="retired")
    assert "nothing that is prescribed is checked" in as_adler.get("/").content.decode()
    typed = {"effective_on": "2026-11-30", "reason_code": "titration", "amount": "950", "unit": "mg", "route": "PO"}
    from tests.faces.web.world import today

    typed["effective_on"] = today().isoformat()
    proposed = as_adler.post(f"/prescriptions/{world.lithium.pk}/new_dose/", {**typed, "timing": "daily"})
    said = reading.read(as_adler.get(proposed["Location"]).content).said()
    assert "Not checked" in said
    assert "No release was active: nothing was checked." in said


def test_only_those_who_may_are_offered_the_switch(world: World, as_bo: Client) -> None:
    release = Release.objects.get()
    assert "/retire/" not in as_bo.get("/knowledge/").content.decode()
    assert as_bo.post(f"/knowledge/{release.pk}/retire/").status_code == 403
    assert as_bo.get(f"/knowledge/{release.pk}/burn/").status_code == 404
