"""The pharmacist's page from the search to a change that is live and ended, and what became of alerts."""

import csv
import io
import re

import pytest
from django.test import Client

from interactions.models import LocalChange
from medmgmt.knowledge import alerts
from medmgmt.web.alerts import demotion
from tests import factories as cast
from tests.faces.web.world import World

pytestmark = pytest.mark.page

NEW = "/knowledge/rules/new/"
RULE = {"kind": "rule", "a": "Lamictal", "b": "metformin", "severity": "major", "effect": "Seen here.",
        "management": "Look weekly.", "reason": "Two patients.",
        "cases": "lamotrigine + metformin => major"}  # fmt: skip


@pytest.fixture
def pia(world: World, browser: object) -> Client:
    return browser(cast.pia())  # type: ignore[operator,no-any-return]


def found(pia: Client, **asked: str) -> set[str]:
    """Numbers of the rules that a search shows."""
    page = pia.post("/knowledge/rules/", {"q": "", "severity": "", "source": "", **asked}, follow=True).content.decode()
    return set(re.findall(r"<code>(PR\d+)</code>", page))


def test_a_rule_is_found_by_drug_brand_class_word_severity_and_source(pia: Client) -> None:
    assert "PR072" in found(pia, q="sertraline tramadol") & found(pia, q="Zoloft Ultram") & found(pia, q="PR072")
    assert "PR072" in found(pia, q="set:ssri tramadol") & found(pia, q="tramadol seizures")
    assert "PR072" in found(pia, q="tramadol sertraline", severity="major", source="medmgmt")
    assert found(pia, q="tramadol sertraline", severity="minor") == set()
    assert found(pia, source="medmgmt", q="no such words") == set()
    assert pia.post("/knowledge/rules/", {"severity": "nonsense"}, follow=True).status_code == 200


def test_a_rule_goes_from_proposal_to_use_and_out_of_it(pia: Client, browser: object) -> None:
    proposed = pia.post(NEW, RULE, follow=True)
    change = LocalChange.objects.latest("id")
    assert (change.a, change.state) == ("lamotrigine", "proposed"), "a brand is taken as its drug"
    said = proposed.content.decode()
    assert "as it should" in said
    assert "somebody else decides" in said
    adler = browser(cast.adler())  # type: ignore[operator]
    live = adler.post(f"/knowledge/rules/{change.pk}/approve/", follow=True).content.decode()
    assert "approved" in live
    assert f"LOCAL-{change.pk}" in pia.get("/knowledge/rules/").content.decode()
    asked = pia.post(f"/knowledge/rules/{change.pk}/end/", {"why": "superseded"}, follow=True).content.decode()
    assert "until a second person agrees it holds" in asked
    assert f"LOCAL-{change.pk}" in pia.get("/knowledge/rules/").content.decode()
    ended = adler.post(f"/knowledge/rules/{change.pk}/end/", {"why": ""}, follow=True).content.decode()
    assert "superseded" in ended
    assert f"LOCAL-{change.pk}" not in pia.get("/knowledge/rules/").content.decode()


def test_why_a_case_fails_stands_on_the_page_of_the_change_and_approval_is_not_offered(
    pia: Client, browser: object
) -> None:
    pia.post(NEW, {**RULE, "cases": "lamotrigine + metformin => minor"})
    change = LocalChange.objects.latest("id")
    adler = browser(cast.adler())  # type: ignore[operator]
    said = adler.get(f"/knowledge/rules/{change.pk}/").content.decode()
    assert f"Expected: minor. Found: major. Said by local LOCAL-{change.pk}." in said
    assert f"/knowledge/rules/{change.pk}/approve/" not in said
    assert adler.post(f"/knowledge/rules/{change.pk}/approve/").status_code == 422
    assert pia.get("/knowledge/rules/987654/").status_code == 404


def test_a_button_beside_a_rule_fills_in_the_form(pia: Client) -> None:
    page = pia.post("/knowledge/rules/", {"q": "PR072"}, follow=True).content.decode()
    address = re.search(r'href="(/knowledge/rules/new/\?kind=regrade[^"]+)"', page)
    assert address is not None
    form = pia.get(address[1].replace("&amp;", "&")).content.decode()
    assert 'value="PR072"' in form
    assert "citalopram + tramadol =&gt;" in form


def test_the_passive_list_is_tended_from_its_page(pia: Client, browser: object) -> None:
    page = pia.get("/knowledge/rules/").content.decode()
    assert "serotonin toxicity from a triptan" in page
    address = re.search(r'href="(/knowledge/rules/new/\?kind=shown[^"]+amlodipine)"', page)
    assert address is not None
    assert 'value="lithium"' in pia.get(address[1].replace("&amp;", "&")).content.decode()
    off = {
        "kind": "shown",
        "a": "lithium",
        "b": "amlodipine",
        "reason": "We look.",
        "cases": "lithium + amlodipine => none",
    }
    on = {"kind": "passive", "a": "lamotrigine", "b": "metformin", "reason": "it never mattered here",
          "cases": "lamotrigine + metformin => none"}  # fmt: skip
    adler = browser(cast.adler())  # type: ignore[operator]
    for typed in (off, on):
        assert pia.post(NEW, typed).status_code == 302
        number = LocalChange.objects.latest("id").pk
        assert adler.post(f"/knowledge/rules/{number}/approve/").status_code == 302
    page = pia.get("/knowledge/rules/").content.decode()
    assert f"does not hold here: change {number - 1}" in page
    assert f"change {number} of this clinic" in page
    refused = pia.post(NEW, {**on, "a": "phenelzine", "b": "sertraline", "cases": "phenelzine + sertraline => minor"})
    assert refused.status_code == 422
    assert "high priority" in refused.content.decode()


@pytest.mark.parametrize("typed", [{}, {"kind": "nonsense"}, {**RULE, "severity": "loud"}, {**RULE, "a": ""},
                                   {**RULE, "cases": "x"},
                                   {**RULE, "valid_from": "2026-12-02", "valid_until": "2026-12-01"},
                                   {**RULE, "kind": "derivation", "of_code": "D99"}])  # fmt: skip
def test_what_makes_no_sense_is_said_at_the_form(pia: Client, typed: dict[str, str]) -> None:
    assert pia.post(NEW, typed).status_code == 422


@pytest.mark.parametrize(
    ("ruling", "filled_in"),
    [
        (alerts.Ruling("medmgmt", "PR072"), ['value="PR072"', "citalopram + tramadol =&gt; moderate"]),
        (alerts.Ruling("medmgmt", "D04", "tramadol", "trazodone"), ['value="tramadol"', '"D04" selected']),
        (alerts.Ruling("Licensed", "", "lithium", "amlodipine"), ['value="lithium"', "lithium + amlodipine =&gt;"]),
    ],
)
def test_a_candidate_for_demotion_leads_to_a_form_that_is_filled_in(
    pia: Client, ruling: alerts.Ruling, filled_in: list[str]
) -> None:
    line = alerts.Line(ruling.name, 20, 19, ruling, "major")
    form = pia.get(f"{NEW}?{demotion(line, {('medmgmt', 'PR072')})}").content.decode()
    assert '"moderate" selected' in form
    for text in filled_in:
        assert text in form


def test_feedback_on_decision_support_is_exported_by_alert_and_names_no_patient(world: World, pia: Client) -> None:
    response = pia.get("/knowledge/alerts/feedback/")
    rows = list(csv.DictReader(io.StringIO(response.content.decode())))
    assert response["Content-Type"].startswith("text/csv")
    assert set(rows[0] if rows else csv.DictReader(io.StringIO(response.content.decode())).fieldnames or ()) == {
        "intervention", "source_version", "problem", "severity", "action_taken", "user_feedback", "user", "role",
        "date_time", "location",
    }  # fmt: skip
    assert world.carla.family_name not in response.content.decode()
    for days in ("?since=2026-01-01&until=2026-02-01", "?since=nonsense", "?until="):
        assert pia.get(f"/knowledge/alerts/export/{days}").status_code == 200
