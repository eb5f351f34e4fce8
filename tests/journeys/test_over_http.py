"""The whole story over HTTP, on the service as a newcomer starts it: order, review, reminder, side effect, task."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
import requests

from tests.site import Site, eventually, zone_where_it_is_noon

pytestmark = pytest.mark.servers
TODAY = date.today()


@pytest.fixture(scope="module")
def patient(clinic: Site) -> dict[str, Any]:
    """A new patient, registered by the nurse, who agreed to e-mail."""
    bo = clinic.api("bo")
    team = bo.get("/me")["teams"][0]["id"]
    made = bo.post(
        "/patients",
        mrn="J-4711",
        given_name="Jo",
        family_name="Journey",
        birth_date="1988-05-04",
        sex="female",
        language="en",
        time_zone=zone_where_it_is_noon(),
        team=team,
    )
    bo.post(f"/patients/{made['id']}/contact-points", channel="email", address="jo@mail.example", consented=True)
    bo.post(f"/patients/{made['id']}/enrolments", level="intensive_outpatient", starts_on=TODAY.isoformat())
    return dict(made)


def order(patient: dict[str, Any], drug: str, amount: str, timing: str = "daily", **more: object) -> dict[str, Any]:
    return {
        "kind": "start",
        "patient": patient["id"],
        "drug": {"name": drug},
        "sig": {"amount": amount, "unit": "mg", "route": "PO", "timing": timing},
        "effective_on": more.pop("effective_on", local_today()),
        "reason_code": "initial_treatment",
        **more,
    }


def local_today() -> str:
    """The patient's own date: it is noon there, which may be another day than here."""
    from datetime import datetime
    from zoneinfo import ZoneInfo

    return datetime.now(ZoneInfo(zone_where_it_is_noon())).date().isoformat()


def test_an_order_is_reviewed_answered_signed_reminded_of_and_followed_up(
    clinic: Site, patient: dict[str, Any]
) -> None:
    adler, bo = clinic.in_person("adler"), clinic.api("bo")

    first = adler.post("/proposals", **order(patient, "sertraline", "100", first_supply_days=7))
    assert first["scope"].startswith("Checked against")
    adler.post(f"/proposals/{first['id']}/sign", expect=200)

    second = adler.post("/proposals", **order(patient, "tramadol", "50", "BID"))
    [finding] = [found for found in second["new"] if found["needs_answer"]]
    assert finding["severity"] in ("major", "contraindicated")
    assert finding["management"]
    assert finding["sources"][0]["label"]
    refused = adler.post(f"/proposals/{second['id']}/sign", expect=409)
    assert refused["type"].endswith("/problems/unanswered-findings")
    due = (date.fromisoformat(local_today()) + timedelta(days=7)).isoformat()
    page = adler.get(f"/proposals/{second['id']}")
    for waiting in [card for card in page["cards"] if card["needs_answer"]]:
        answer = {"reason_code": "will_monitor", "follow_up": waiting["choices"][0]["what"], "follow_up_on": due}
        adler.post(f"/reviews/{page['review']}/answer", card=waiting["card"], **answer)
    assert adler.post(f"/proposals/{second['id']}/sign", expect=200)["status"] == "signed"

    tasks = adler.get("/tasks", kind="finding_follow_up")["results"]
    assert any(task["patient"] == patient["id"] for task in tasks)

    reminders = adler.get("/reminders", patient=patient["id"])["results"]
    assert [row["kind"] for row in reminders] == [
        "refill_7", "refill_3", "refill_1", "refill_0", "overdue_1", "overdue_3", "overdue_7",
    ]  # fmt: skip
    link = link_in_the_outbox(clinic)
    answer_the_link(clinic, link)
    [sent, *_] = adler.get("/reminders", patient=patient["id"], kind="refill_7")["results"]
    assert (sent["state"], sent["answer"]) == ("sent", "refill_requested")
    refill = adler.get("/tasks", kind="refill_request")["results"]
    assert any(task["patient"] == patient["id"] for task in refill)

    report = bo.post("/side-effects", patient=patient["id"], term="Tremor", severity="moderate", began_on=local_today())
    suspects = adler.get(f"/side-effects/{report['id']}")["suspects"]
    assert {suspect["drug_name"] for suspect in suspects} == {"sertraline", "tramadol"}
    assert all(suspect["reasons"] for suspect in suspects)
    [task] = [
        task
        for task in adler.get("/tasks", kind="side_effect_review")["results"]
        if task["source_id"] == str(report["id"])
    ]
    claimed = adler.post(f"/tasks/{task['id']}/claim", expect=200, version=task["version"])
    done = adler.post(f"/tasks/{task['id']}/done", expect=200, outcome="Dose kept.", version=claimed["version"])
    assert done["state"] == "done"

    chart = adler.get(f"/patients/{patient['id']}")
    assert {one["prescription"]["drug_name"] for one in chart["medications"]} == {"sertraline", "tramadol"}
    assert clinic.manage("verify_audit").endswith("no fault.")


def link_in_the_outbox(clinic: Site) -> str:
    """The address in the message that the clock has sent, as the administrator sees it arrive."""
    ada = clinic.signed_in("ada")

    def arrived() -> str:
        page = ada.get(f"{clinic.address}/outbox/", timeout=30).text
        messages = re.split(r"<article|<li|<tr", page)
        mine = [part for part in messages if "jo@mail.example" in part]
        links = [found for part in mine for found in re.findall(r"/r/[^/\s\"'<]+/", part)]
        return links[0] if links else ""

    return str(eventually(arrived))


def answer_the_link(clinic: Site, link: str) -> None:
    """The page shows no health detail, a look changes nothing, and one tap answers."""
    phone = clinic.browser()
    page = phone.get(f"{clinic.address}{link}", timeout=30)
    assert page.status_code == 200
    for word in ("sertraline", "tramadol", "depress", "psychiatr", "Journey"):
        assert word.lower() not in page.text.lower()
    tap(phone, f"{clinic.address}{link}", "confirm")
    tap(phone, f"{clinic.address}{link}", "request_refill")
    tap(phone, f"{clinic.address}{link}", "request_refill")


def tap(phone: requests.Session, address: str, choice: str) -> None:
    form = {"choice": choice, "csrfmiddlewaretoken": phone.cookies["csrftoken"]}
    answer = phone.post(address, data=form, headers={"Referer": address}, timeout=30)
    assert answer.status_code == 200, answer.text[:500]


def test_a_psychiatrist_of_another_team_finds_nobody(clinic: Site, patient: dict[str, Any]) -> None:
    dorn = clinic.api("dorn")
    dorn.get(f"/patients/{patient['id']}", expect=404)
    assert not [one for one in dorn.get("/patients")["results"] if one["id"] == patient["id"]]
    dorn.post("/proposals", expect=404, **order(patient, "sertraline", "50"))
    page = clinic.signed_in("dorn").get(f"{clinic.address}/patients/{patient['id']}/", timeout=30)
    assert page.status_code == 404


def test_public_data_imported_and_activated_speaks_in_the_next_review(
    clinic: Site, patient: dict[str, Any], shared: Any
) -> None:
    """DDInter as its site offers it, put into use by the pharmacist: warfarin with sertraline is on its list."""
    files = sorted((shared / "datasets" / "ddinter" / "raw").glob("*.csv"))
    told = clinic.manage("import_interactions", "ddinter", *map(str, files))
    assert "222,383" in told
    assert "160,235" in told
    pia, adler = clinic.api("pia"), clinic.api("adler")
    [release] = [one for one in pia.get("/releases")["results"] if "ddinter" in one["source"].lower()]
    assert release["status"] == "imported"
    before = adler.post("/proposals", **order(patient, "warfarin", "5"))
    assert not any("ddinter" in grade["label"].lower() for grade in grades(before))
    clinic.in_person("pia").post(f"/releases/{release['id']}/activate", expect=200)
    after = adler.post("/proposals", **order(patient, "warfarin", "5"), confirm=True)
    assert any("ddinter" in grade["label"].lower() for grade in grades(after))
    assert "DDInter" in after["scope"]


def grades(page: dict[str, Any]) -> list[dict[str, Any]]:
    return [grade for found in page["new"] + page["standing"] + page["folded"] for grade in found["sources"]]
