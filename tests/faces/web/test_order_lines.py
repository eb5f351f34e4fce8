"""A dose is typed as one line, shown as it is understood, and nothing typed is lost where it is not."""

from typing import Any

import pytest
from django.test import Client

from medmgmt.record.models import DosageChange
from medmgmt.web.kit import plain_words
from tests.faces.web import reading
from tests.faces.web.world import World, today

pytestmark = pytest.mark.page

HTMX = {"HX-Request": "true"}


def typed(world: World, client: Client, line: str, **values: str) -> Any:
    """Sends the form of a new medicine with one line, as a browser without JavaScript does: every list unchanged."""
    sent = {"step": "propose", "drug_name": "hydroxyzine", "line": line, "amount": "", "unit": "mg", "route": "PO",
            "timing": "", "effective_on": today().isoformat(), "reason_code": "initial_treatment", "note": "",
            "once": line[:20], **values}  # fmt: skip
    return client.post(f"/patients/{world.carla.pk}/prescribe/", sent)


def new_dose(world: World, client: Client, line: str, **headers: Any) -> Any:
    """Sends the form of a new dose of lithium."""
    sent = {"line": line, "effective_on": today().isoformat(), "reason_code": "titration", "once": line[:20]}
    return client.post(f"/prescriptions/{world.lithium.pk}/new_dose/", sent, **headers)


def said(answer: Any) -> str:
    """What a page says."""
    return reading.read(answer.content).said().replace("\u00a0", " ")


def test_one_line_is_the_whole_dose_and_the_review_shows_how_it_was_understood(
    world: World, as_adler: Client
) -> None:  # fmt: skip
    proposed = typed(world, as_adler, "25 mg tablet, 1 tab am 2 hs for itching")
    assert proposed.status_code == 302
    change = DosageChange.objects.select_related("prescription").latest("pk")
    assert (change.prescription.strength, change.prescription.form) == ("25 mg", "tablet")
    assert change.prescription.indication == "itching"
    review = as_adler.get(proposed["Location"])
    assert "1 tablet by mouth every morning and 2 tablets at bedtime" in said(review)
    assert "75 mg a day" in said(review)


def test_with_food_is_kept_and_told_to_everybody(world: World, as_adler: Client) -> None:
    proposed = typed(world, as_adler, "25 mg hs with food")
    assert "25 mg hs with food" in said(as_adler.get(proposed["Location"]))
    sig = DosageChange.objects.latest("pk").sig
    assert sig is not None
    assert plain_words.how_to_take(sig).endswith("at bedtime, with food")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("25 mg fooo", "“fooo” was not understood."),
        ("25", "write the unit|does not say when"),
        ("25 mg once a month", "every 28 or every 30 days"),
        ("", "Say how it is taken."),
        ("lithium 300 mg daily", "“lithium” was not understood."),
    ],
)
def test_a_line_that_is_not_understood_comes_back_with_the_sentence_beside_it(
    world: World, as_adler: Client, line: str, sentence: str
) -> None:
    before = DosageChange.objects.count()
    answer = typed(world, as_adler, line, note="after dental surgery")
    assert answer.status_code == 422
    assert any(words in said(answer) for words in sentence.split("|"))
    assert f'name="line" value="{line}"' in answer.content.decode() or not line
    assert "after dental surgery" in answer.content.decode()
    assert DosageChange.objects.count() == before


def test_a_line_and_a_dose_from_the_lists_are_not_both_believed(world: World, as_adler: Client) -> None:
    answer = typed(world, as_adler, "25 mg hs", amount="50", timing="BID")
    assert answer.status_code == 422
    assert "not both" in said(answer)


def test_while_it_is_typed_the_line_is_read_beside_its_drug(world: World, as_adler: Client) -> None:
    address = f"/patients/{world.carla.pk}/prescribe/"
    form = {"step": "propose", "drug_name": "lithium", "strength": "300 mg", "form": "capsule", "line": "300 am 600 hs"}
    shown = as_adler.post(address, form, headers=HTMX)
    assert "900 mg a day; 1 capsule and 2 capsules" in said(shown)
    assert "“hs” is read as “at bedtime”." in said(shown)
    assert "<html" not in shown.content.decode()
    asked = as_adler.post(address, {**form, "line": "300 am 600 xx"}, headers=HTMX)
    assert "“xx” was not understood." in said(asked)
    assert as_adler.post(address, {**form, "line": " "}, headers=HTMX).status_code == 200


def test_a_new_dose_is_typed_as_one_line_too(world: World, as_adler: Client) -> None:
    count = DosageChange.objects.count()
    hint = new_dose(world, as_adler, "600 mg am and 600 mg hs", headers=HTMX)
    assert "1,200 mg a day" in said(hint)
    assert DosageChange.objects.count() == count
    assert new_dose(world, as_adler, "600 mg am and 600 mg hs").status_code == 302
    sig = DosageChange.objects.latest("pk").sig
    assert sig is not None
    assert sig.text().replace("\u00a0", " ") == "600 mg by mouth every morning and 600 mg at bedtime"


def test_the_whole_order_may_be_typed_where_the_drug_is_searched(world: World, as_adler: Client) -> None:
    address = f"/patients/{world.carla.pk}/prescribe/"
    found = as_adler.post(address, {"q": "sertr 100 qam"}, follow=True)
    assert "Sertraline 100 mg by mouth every morning: 100 mg a day" in said(found)
    chosen = as_adler.post(address, {"q": "sertr 100 qam", "pick": "36437:sertraline"}, follow=True)
    assert 'name="line" value="100 qam"' in chosen.content.decode()
    assert "Sertraline 100 mg by mouth every morning: 100 mg a day" in said(chosen)


def test_a_line_that_is_still_incomplete_finds_the_drug_all_the_same(world: World, as_adler: Client) -> None:
    found = as_adler.post(f"/patients/{world.carla.pk}/prescribe/", {"q": "sertr 100"}, headers=HTMX)
    assert "sertraline" in said(found)
    assert "does not say when it is taken" in said(found)
