"""The clinic's own changes over the API: what speaks, what is folded away, why a case fails, what became of alerts."""

import pytest

from interactions.models import LocalChange
from tests import factories
from tests.faces.api.client import Api, done, problem

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]
REGRADE = {"of_code": "D04", "a": "tramadol", "b": "trazodone", "severity": "major", "reason": "Seen here.",
           "cases": ["tramadol + trazodone 300 mg => major"]}  # fmt: skip


def test_what_is_worked_out_is_regraded_and_its_cases_are_shown(pia: Api, adler: Api) -> None:
    made = done(pia.post("local-changes/", REGRADE), 201)
    assert (made["kind"], made["of_code"], made["state"]) == ("derivation", "D04", "proposed")
    shown = done(adler.get(f"local-changes/{made['id']}/"))
    assert [one["passes"] for one in shown["tried"]] == [True]
    assert shown["tried"][0]["by"] == "medmgmt D04"
    approver = Api.in_person(factories.adler())
    assert done(approver.post(f"local-changes/{made['id']}/approve/"))["state"] == "approved"
    problem(adler.get("local-changes/987654/"), 404, "not-found")


def test_a_regrade_that_no_case_brings_up_is_refused_in_a_sentence(pia: Api) -> None:
    problem(pia.post("local-changes/", {**REGRADE, "of_code": "D01"}), 422, "refused")
    assert not LocalChange.objects.exists()


def test_the_passive_list_says_why_of_each_line(bo: Api) -> None:
    lines = done(bo.get("passive-pairs/"))["results"]
    assert len(lines) >= 33
    assert all(line["reason"] and line["of_source"] for line in lines)


def test_rules_are_found_by_brand_severity_and_source(bo: Api) -> None:
    found = done(bo.get("rules/?q=Zoloft%20tramadol&severity=major&of_source=medmgmt"))["results"]
    assert "PR072" in [rule["rule"] for rule in found]
    assert done(bo.get("rules/?q=Zoloft%20tramadol&severity=minor"))["results"] == []


def test_feedback_on_alerts_is_a_list_without_a_patient(pia: Api, bo: Api) -> None:
    assert done(pia.get("alerts/feedback/?since=2026-01-01"))["results"] == []
    problem(bo.get("alerts/feedback/"), 403, "not-allowed")
