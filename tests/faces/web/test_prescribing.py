"""A new order from the first letter typed to the signature, in a browser without JavaScript."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from interactions.models import Answer
from medmgmt.record.models import DosageChange, Prescription, Status
from tests.faces.web import reading
from tests.faces.web.world import World, propose, today

pytestmark = pytest.mark.page

START: dict[str, Any] = {
    "step": "propose",
    "once": "a1",
    "drug_name": "tramadol",
    "rxcui": "10689",
    "amount": "50",
    "unit": "mg",
    "route": "PO",
    "timing": "BID",
    "reason_code": "initial_treatment",
    "note": "after dental surgery",
}


def start(world: World, client: Client, **values: Any) -> Any:
    """Sends the form of a new medicine."""
    typed = {**START, "effective_on": today().isoformat(), **values}
    return client.post(f"/patients/{world.carla.pk}/prescribe/", {k: v for k, v in typed.items() if v is not None})


def answer_all(world: World, client: Client, change: DosageChange) -> None:
    """Answers every card that stands in the way."""
    page = client.get(f"/changes/{change.pk}/")
    for each in [*page.context["new"], *page.context["standing"]]:
        if each.form:
            answer(client, change, each.card.finding.pk)


def answer(client: Client, change: DosageChange, finding_id: int, **values: str) -> Any:
    """Sends the answer to one finding."""
    follow_up = (today() + timedelta(days=7)).isoformat()
    typed = {"reason_code": "will_monitor", "follow_up": "visit", "follow_up_on": follow_up, **values}
    return client.post(f"/changes/{change.pk}/findings/{finding_id}/answer/", typed)


def test_a_misspelt_drug_is_found_and_chosen(world: World, as_adler: Client) -> None:
    found = as_adler.post(f"/patients/{world.carla.pk}/prescribe/", {"q": "tramadoll"}, follow=True)
    assert 'value="10689:tramadol"' in found.content.decode()
    chosen = as_adler.post(
        f"/patients/{world.carla.pk}/prescribe/", {"q": "tramadoll", "pick": "10689:tramadol"}, follow=True
    )
    page = reading.read(chosen.content)
    assert page.hidden["drug_name"] == "tramadol"
    assert page.hidden["rxcui"] == "10689"


def test_with_htmx_the_search_answers_with_the_results_alone(world: World, as_adler: Client) -> None:
    found = as_adler.post(f"/patients/{world.carla.pk}/prescribe/", {"q": "zolft"}, headers={"HX-Request": "true"})
    text = found.content.decode()
    assert "sertraline" in text
    assert "<html" not in text


def test_a_name_that_nobody_knows_can_be_used_and_is_plainly_marked(world: World, as_adler: Client) -> None:
    found = as_adler.post(f"/patients/{world.carla.pk}/prescribe/", {"q": "grandmother's drops <b>"}, follow=True)
    assert "cannot be checked" in found.content.decode()
    assert "drops <b>" not in found.content.decode()
    chosen = as_adler.post(f"/patients/{world.carla.pk}/prescribe/", {"pick": ":grandmother's drops"}, follow=True)
    assert "Free text: this cannot be checked." in chosen.content.decode()
    proposed = start(world, as_adler, drug_name="grandmother's drops", rxcui="", unit="[drp]", amount="5")
    review = as_adler.get(proposed["Location"])
    assert "Not checked" in reading.read(review.content).said()
    assert Prescription.objects.get(drug_name="grandmother's drops").free_text


def test_a_proposal_leads_to_its_review_and_nothing_is_taken_yet(world: World, as_adler: Client) -> None:
    proposed = start(world, as_adler)
    change = DosageChange.objects.latest("pk")
    assert proposed["Location"] == f"/changes/{change.pk}/"
    assert change.status == Status.PROPOSED
    assert change.sig is not None
    assert change.sig.text() == "50\xa0mg by mouth twice daily"


def test_the_same_form_sent_twice_proposes_once(world: World, as_adler: Client) -> None:
    first, second = start(world, as_adler), start(world, as_adler)
    assert first["Location"] == second["Location"]
    assert Prescription.objects.filter(drug_name="tramadol").count() == 2  # one is the world's own


WRONG = [
    ("amount", "", "This field is required."),
    ("amount", "fifty", "Enter a number."),
    ("amount", "-1", "The dose must be more than zero."),
    ("amount", "NaN", "Enter a number."),
    ("amount", "1_000", "Enter a number."),
    ("amount", "1e3", "Enter a number."),
    ("amount", "٥٠", "Enter a number."),
    ("first_supply_days", "1_0", "Enter a whole number."),
    ("amount", "99999999", "look for a slip of the pen"),
    ("timing", "", "This field is required."),
    ("timing", "every_n_days", "Say every how many days"),
    ("reason_code", "", "This field is required."),
    ("effective_on", "tomorrow", "Enter a valid date."),
    ("effective_on", "1999-01-01", "within a year of today"),
    ("max_per_day", "200", "belongs to a medicine taken as needed"),
    ("rxcui", "1" * 40, "Ensure"),
    ("prompt", "side_effect:987654", "Select a valid choice"),
    ("note", "after dental surgery" * 200, "at most 2000 characters"),
]


def test_what_cannot_be_is_said_in_a_sentence_and_nothing_typed_is_lost(world: World, as_adler: Client) -> None:
    before = DosageChange.objects.count()
    for column, wrong, sentence in WRONG:
        sent_back = start(world, as_adler, **{column: wrong})
        text = sent_back.content.decode()
        assert sent_back.status_code == 422, (column, wrong)
        assert sentence in reading.read(sent_back.content).said(), (column, wrong)
        assert "after dental surgery" in text
        assert "<title>Castillo, Carla · Error:" in text
    assert DosageChange.objects.count() == before


def test_a_refused_column_is_named_in_the_summary_and_linked(world: World, as_adler: Client) -> None:
    text = start(world, as_adler, amount="-1").content.decode()
    assert 'href="#id_amount"' in text
    assert 'aria-invalid="true"' in text


def test_findings_stand_in_the_way_of_the_signature_until_they_are_answered(world: World, as_adler: Client) -> None:
    change = world.proposal
    page = as_adler.get(f"/changes/{change.pk}/")
    assert "before this can be signed" in reading.read(page.content).said()
    assert f'action="/changes/{change.pk}/sign/"' not in page.content.decode()
    refused = as_adler.post(f"/changes/{change.pk}/sign/")
    assert refused.status_code == 409
    assert "This was not signed" in refused.content.decode()
    answer_all(world, as_adler, change)
    assert as_adler.post(f"/changes/{change.pk}/sign/")["Location"] == f"/patients/{world.carla.pk}/"
    change.refresh_from_db()
    assert change.status == Status.SIGNED
    assert "tramadol" in as_adler.get(f"/patients/{world.carla.pk}/").content.decode()


def test_a_second_signature_changes_nothing_and_says_so(world: World, as_adler: Client) -> None:
    answer_all(world, as_adler, world.proposal)
    as_adler.post(f"/changes/{world.proposal.pk}/sign/")
    again = as_adler.post(f"/changes/{world.proposal.pk}/sign/")
    assert again.status_code == 409
    assert "already been signed" in again.content.decode()


@pytest.mark.parametrize("wrong", [{"reason_code": "other", "note": ""}, {"follow_up": ""}, {"follow_up": "tea"}])
def test_an_answer_that_says_too_little_is_sent_back_with_what_was_typed(
    world: World, as_adler: Client, wrong: dict[str, str]
) -> None:
    page = as_adler.get(f"/changes/{world.proposal.pk}/")
    finding = next(each.card.finding for each in page.context["new"] if each.form)
    sent_back = answer(as_adler, world.proposal, finding.pk, **wrong)
    assert sent_back.status_code == 422
    text = sent_back.content.decode()
    assert f'<option value="{wrong.get("reason_code", "will_monitor")}" selected>' in text
    assert "Suggested for this" in text
    assert Answer.objects.count() == 0


def test_an_answer_given_twice_is_kept_once(world: World, as_adler: Client) -> None:
    page = as_adler.get(f"/changes/{world.proposal.pk}/")
    finding = next(each.card.finding for each in page.context["new"] if each.form)
    answer(as_adler, world.proposal, finding.pk)
    kept = Answer.objects.count()
    answer(as_adler, world.proposal, finding.pk)
    assert Answer.objects.count() == kept > 0


def test_with_htmx_an_answer_changes_the_card_and_the_signature_in_place(world: World, as_adler: Client) -> None:
    page = as_adler.get(f"/changes/{world.proposal.pk}/")
    waiting = [each.card.finding for each in page.context["new"] if each.form]
    follow_up = (timezone.localdate() + timedelta(days=7)).isoformat()
    for finding in waiting:
        swapped = as_adler.post(
            f"/changes/{world.proposal.pk}/findings/{finding.pk}/answer/",
            {"reason_code": "will_monitor", "follow_up": "observation:sodium", "follow_up_on": follow_up},
            headers={"HX-Request": "true"},
        )
    text = swapped.content.decode()
    assert "<html" not in text
    assert "Answered by" in text
    assert 'id="sign"' in text
    assert f'action="/changes/{world.proposal.pk}/sign/"' in text


def test_a_nurse_reads_the_review_but_is_offered_no_signature(world: World, as_bo: Client) -> None:
    text = as_bo.get(f"/changes/{world.proposal.pk}/").content.decode()
    assert "/sign/" not in text
    assert "/answer/" not in text
    assert "/withdraw/" not in text
    assert as_bo.post(f"/changes/{world.proposal.pk}/sign/").status_code == 403


def test_a_proposal_is_withdrawn_with_a_reason_and_not_without(world: World, as_adler: Client) -> None:
    assert as_adler.post(f"/changes/{world.proposal.pk}/withdraw/", {"note": ""}).status_code == 422
    as_adler.post(f"/changes/{world.proposal.pk}/withdraw/", {"note": "pain is gone"})
    world.proposal.refresh_from_db()
    assert world.proposal.status == Status.WITHDRAWN
    assert "takes no effect" in as_adler.get(f"/changes/{world.proposal.pk}/").content.decode()


def test_reading_an_address_that_acts_does_nothing(world: World, as_adler: Client) -> None:
    for address in ("sign/", "withdraw/", "findings/1/answer/"):
        assert as_adler.get(f"/changes/{world.proposal.pk}/{address}").status_code == 302
    world.proposal.refresh_from_db()
    assert world.proposal.status == Status.PROPOSED


def test_a_hold_is_proposed_from_the_medicine_and_prompted_by_the_side_effect(world: World, as_adler: Client) -> None:
    address = f"/prescriptions/{world.lithium.pk}/hold/"
    page = as_adler.get(address, {"side_effect": world.report.pk})
    assert f'value="side_effect:{world.report.pk}" selected' in page.content.decode()
    typed = {
        "effective_on": today().isoformat(),
        "reason_code": "side_effect",
        "prompt": f"side_effect:{world.report.pk}",
    }
    proposed = as_adler.post(address, typed)
    change = DosageChange.objects.latest("pk")
    assert proposed["Location"] == f"/changes/{change.pk}/"
    assert (change.kind, change.prompted_by_side_effect_id) == ("hold", world.report.pk)


def test_a_new_dose_starts_from_the_present_one(world: World, as_adler: Client) -> None:
    page = as_adler.get(f"/prescriptions/{world.lithium.pk}/new_dose/").content.decode()
    assert 'name="line" value="900 mg by mouth once daily"' in page
    assert "900\xa0mg a day" in page


def test_an_impossible_change_is_refused_on_the_form(world: World, as_adler: Client) -> None:
    typed = {
        "effective_on": today().isoformat(),
        "reason_code": "relapse",
        "amount": "900",
        "unit": "mg",
        "route": "PO",
    }
    refused = as_adler.post(f"/prescriptions/{world.lithium.pk}/resume/", {**typed, "timing": "daily"})
    assert refused.status_code == 422
    assert "is not on hold" in refused.content.decode()


def test_what_was_compared_names_the_drugs_and_the_scope(world: World, as_adler: Client) -> None:
    said = reading.read(as_adler.get(f"/changes/{world.proposal.pk}/").content).said()
    assert "Nothing on record in medmgmt" in said
    assert "tramadol" in said


def test_standing_findings_stand_apart_with_who_answered_and_when(world: World, as_adler: Client) -> None:
    answer_all(world, as_adler, world.proposal)
    as_adler.post(f"/changes/{world.proposal.pk}/sign/")
    from tests import factories as cast

    later = propose(cast.adler(), world.carla, "ibuprofen", 5640).change
    page = as_adler.get(f"/changes/{later.pk}/")
    standing = [each for each in page.context["standing"] if each.card.answer]
    assert standing
    assert "Anna Adler" in page.content.decode()


def test_everything_that_was_typed_about_a_new_medicine_is_kept(world: World, as_adler: Client) -> None:
    seen = world.carla.observations.filter(code="egfr").latest("pk")
    typed = {"strength": "50 mg", "form": "capsule", "indication": "pain", "first_supply_days": "7",
             "plan": "after the dentist", "prompt": f"observation:{seen.pk}"}  # fmt: skip
    assert start(world, as_adler, once="whole", **typed).status_code == 302
    change = DosageChange.objects.select_related("prescription").latest("pk")
    drug = change.prescription
    assert (drug.strength, drug.form, drug.indication, drug.first_supply_days) == ("50 mg", "capsule", "pain", 7)
    assert (change.note, change.prompted_by_plan, change.prompted_by_observation_id) == (
        START["note"],
        "after the dentist",
        seen.pk,
    )


def test_a_dose_that_is_planned_for_later_is_not_taken_for_the_present_one(world: World, as_adler: Client) -> None:
    page = as_adler.get(f"/prescriptions/{world.sertraline.pk}/new_dose/").content.decode()
    assert 'name="line" value="100 mg by mouth once daily"' in page


SERTRALINE: dict[str, Any] = {"drug_name": "sertraline", "rxcui": "36437", "amount": "25", "timing": "daily"}


def test_what_is_taken_already_is_offered_a_new_dose_before_the_form_and_on_the_review(
    world: World, as_adler: Client
) -> None:
    address = f"/patients/{world.carla.pk}/prescribe/"
    chosen = as_adler.post(address, {"pick": "36437:sertraline"}, follow=True).content.decode()
    new_dose = f'href="/prescriptions/{world.sertraline.pk}/new_dose/"'
    assert "This is taken already" in chosen
    assert new_dose in chosen
    assert "Both are meant" in chosen
    proposed = start(world, as_adler, once="b1", **SERTRALINE)
    review = as_adler.get(proposed["Location"]).content.decode()
    assert new_dose in review
    assert "nothing of this is taken" not in review
    another = as_adler.post(address, {"pick": "10689:tramadol"}, follow=True).content.decode()
    assert "This is taken already" not in another
    assert "Both are meant" not in another


def test_a_second_line_that_is_ticked_as_meant_says_so_and_is_no_duplicate(world: World, as_adler: Client) -> None:
    proposed = start(world, as_adler, once="b2", alongside="on", **SERTRALINE)
    page = as_adler.get(proposed["Location"])
    assert "Meant beside what is taken of the same medicine" in page.content.decode()
    assert not [one for one in page.context["page"].new if one.finding.kind == "duplicate_therapy"]
    assert DosageChange.objects.latest("pk").alongside


def test_the_same_order_from_a_second_form_is_asked_about_and_taken_with_its_tick(
    world: World, as_adler: Client
) -> None:
    start(world, as_adler, once="c1")
    before = DosageChange.objects.count()
    asked = start(world, as_adler, once="c2")
    assert asked.status_code == 409 or asked.status_code == 422
    assert "less than a minute ago" in asked.content.decode()
    assert "It is meant as well" in asked.content.decode()
    assert DosageChange.objects.count() == before
    start(world, as_adler, once="c3", confirm="on")
    assert DosageChange.objects.count() == before + 1
