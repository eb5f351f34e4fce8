"""Releases of knowledge on their page: loud about what is missing, switched only after a question."""

from dataclasses import replace

import pytest
from django.test import Client

from interactions import releases
from interactions.models import Release
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


def test_a_release_is_retired_and_activated_after_a_question(world: World, browser: object) -> None:
    pia = browser(cast.pia())  # type: ignore[operator]
    release = Release.objects.get()
    for act, status in (("retire", "retired"), ("activate", "active")):
        asked = pia.get(f"/knowledge/{release.pk}/{act}/")
        assert asked.status_code == 200
        release.refresh_from_db()
        assert release.status != status
        done = pia.post(f"/knowledge/{release.pk}/{act}/", follow=True)
        assert done.status_code == 200
        release.refresh_from_db()
        assert release.status == status


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
