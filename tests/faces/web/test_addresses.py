"""What an address names belongs together, and a number that nobody was ever given leads nowhere."""

import re

import pytest
from django.test import Client

from interactions.models import Answer, Finding
from medmgmt.actions import authorising, prescribing
from medmgmt.web import urls
from refills.models import Dispense, FillVoided, LimitLifted, Revocation
from tests import factories as cast
from tests.faces.web.world import World, today

pytestmark = pytest.mark.page
WHY = {"why": "A slip of the pen."}


@pytest.mark.parametrize("number", [10**18, 2**63, 10**40])
def test_a_number_that_no_database_holds_leads_nowhere(world: World, as_adler: Client, number: int) -> None:
    numbered = [str(each.pattern) for each in urls.urlpatterns if "<id:" in str(each.pattern)]
    assert len(numbered) > 50
    words = {"kind": "stop", "decision": "approve", "act": "activate"}
    paths = ["/" + re.sub(r"<id:\w+>", str(number), one) for one in numbered]
    paths = [re.sub(r"<slug:(\w+)>", lambda found: words[found[1]], one) for one in paths]
    assert {as_adler.get(path).status_code for path in paths} == {404}


def test_a_fill_is_taken_back_at_its_own_medicine_alone(world: World, as_bo: Client) -> None:
    fill = Dispense.objects.get(prescription=world.lithium)
    other = as_bo.post(f"/prescriptions/{world.sertraline.pk}/fills/{fill.pk}/void/", WHY)
    assert (other.status_code, FillVoided.objects.count()) == (404, 0)
    own = as_bo.post(f"/prescriptions/{world.lithium.pk}/fills/{fill.pk}/void/", WHY)
    assert (own.status_code, FillVoided.objects.count()) == (302, 1)


def test_a_prescription_for_the_pharmacy_is_revoked_at_its_own_medicine_alone(world: World, as_adler: Client) -> None:
    part = {"quantity": 30, "unit": "{tablet}", "days_supply": 30, "refills": 1, "quantity_meant": True}
    made = authorising.authorise(cast.adler(), world.lithium.pk, **part)  # type: ignore[arg-type]  # plain words
    other = as_adler.post(f"/prescriptions/{world.sertraline.pk}/supply/{made.pk}/revoke/", WHY)
    assert (other.status_code, Revocation.objects.count()) == (404, 0)
    own = as_adler.post(f"/prescriptions/{world.lithium.pk}/supply/{made.pk}/revoke/", WHY)
    assert (own.status_code, Revocation.objects.count()) == (302, 1)


def test_a_limit_is_lifted_at_a_medicine_that_it_is_for(world: World, as_adler: Client) -> None:
    told = {"most_days": 7, "until": today(), "why": "At risk."}
    of_one = authorising.limit_supply(cast.adler(), world.carla.pk, prescription_id=world.lithium.pk, **told)  # type: ignore[arg-type]
    of_all = authorising.limit_supply(cast.adler(), world.carla.pk, prescription_id=None, **told)  # type: ignore[arg-type]
    at = f"/prescriptions/{world.sertraline.pk}/supply/limits"
    assert as_adler.post(f"{at}/{of_one.pk}/lift/", WHY).status_code == 404
    assert as_adler.post(f"{at}/{of_all.pk}/lift/", WHY).status_code == 302
    assert list(LimitLifted.objects.values_list("limit_id", flat=True)) == [of_all.pk]


def test_a_finding_is_answered_at_its_own_proposal_alone(world: World, as_adler: Client) -> None:
    risky = prescribing.propose_start(
        cast.adler(), world.carla.pk, drug=prescribing.DrugChoice(name="tramadol"), sig=cast.sig(),
        effective_on=today(), reason_code="initial_treatment", note="",
    )  # fmt: skip
    finding = Finding.objects.filter(review=risky.review, severity="major").earliest("pk")
    said = {
        f"finding-{finding.pk}-{name}": value
        for name, value in {"reason_code": "x", "note": "x", "follow_up_on": today().isoformat()}.items()
    }
    other = as_adler.post(f"/changes/{world.proposal.pk}/findings/{finding.pk}/answer/", said)
    assert (other.status_code, Answer.objects.filter(finding=finding).count()) == (404, 0)
    assert as_adler.post(f"/changes/{risky.change.pk}/findings/{finding.pk}/answer/", said).status_code == 422
