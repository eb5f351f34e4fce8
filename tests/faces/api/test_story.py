"""The main story over the API: proposed, reviewed, answered, signed; supplied, reminded; a side effect, its task."""

from datetime import timedelta
from decimal import Decimal

import pytest

from medmgmt.record.models import AuditEntry, DosageChange
from refills.models import Reminder
from tests import factories
from tests.faces.api.client import Api, done, fields, problem
from tests.faces.api.orders import PART, SIG, answer, change, signed, start, today
from tests.faces.fhir import r4

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]


def test_an_order_is_reviewed_its_finding_answered_and_only_then_signed(adler: Api) -> None:
    signed(adler, start("sertraline"))
    response = adler.post("proposals/", start("tramadol"))
    proposal = done(response, 201)
    assert response.headers["Location"] == f"/api/proposals/{proposal['id']}/"
    assert proposal["new"], proposal
    finding = proposal["new"][0]
    assert finding["needs_answer"]
    assert set(finding["drugs"]) == {"sertraline", "tramadol"}
    assert finding["sources"][0]["label"]
    assert proposal["scope"]
    assert proposal["releases"]
    assert not proposal["can_sign"]

    refused = problem(adler.post(f"proposals/{proposal['id']}/sign/"), 409, "unanswered-findings")
    assert [each["severity"] for each in refused["findings"]] == [finding["severity"]]
    waiting = refused["findings"][0]["id"]
    given = done(adler.post(f"findings/{waiting}/override/", answer()), 201)
    assert given["reason_code"] == "benefit_outweighs"
    problem(adler.post(f"findings/{waiting}/override/", answer()), 409, "already-answered")

    assert done(adler.get(f"proposals/{proposal['id']}/"))["can_sign"]
    assert all(
        each["answer"] or not each["needs_answer"]
        for each in done(adler.get(f"proposals/{proposal['id']}/findings/"))["results"]
    )
    assert done(adler.post(f"proposals/{proposal['id']}/sign/"))["status"] == "signed"
    problem(adler.post(f"proposals/{proposal['id']}/sign/"), 409, "conflict")
    problem(adler.post(f"proposals/{proposal['id']}/withdraw/", {"note": "too late"}), 409, "conflict")
    kinds = {task["kind"] for task in done(adler.get("tasks/"))["results"]}
    assert "finding_follow_up" in kinds


def test_what_a_refused_signature_found_stays_though_the_request_had_a_key(adler: Api) -> None:
    signed(adler, start("sertraline"))
    proposal = done(adler.post("proposals/", start("tramadol")), 201)
    sign = f"proposals/{proposal['id']}/sign/"
    refused = problem(adler.post(sign, Idempotency_Key="k"), 409, "unanswered-findings")
    assert AuditEntry.objects.filter(act="sign_refused").count() == 1
    for finding in refused["findings"]:
        done(adler.post(f"findings/{finding['id']}/override/", answer(), Idempotency_Key=f"f{finding['id']}"), 201)
    assert done(adler.post(sign, Idempotency_Key="k"))["status"] == "signed"
    assert adler.post(sign, Idempotency_Key="k").headers["Idempotent-Replayed"] == "true"


def test_a_dose_is_changed_held_resumed_and_stopped_and_asked_of_any_day(adler: Api) -> None:
    began = signed(adler, start("sertraline", effective_on=str(today().replace(day=1))))
    prescription = began["prescription"]
    signed(adler, change(prescription, "new_dose", sig={**SIG, "amount": "100"}))
    dose = done(adler.get(f"prescriptions/{prescription}/dose_on/?day={today()}"))
    assert (dose["state"], dose["sig"]["amount"], dose["sig"]["text"]) == (
        "taking",
        "100",
        "100\xa0mg by mouth once daily",
    )
    assert done(adler.get(f"prescriptions/{prescription}/dose_on?day=2020-01-01"))["state"] == "not_started"
    assert fields(adler.get(f"prescriptions/{prescription}/dose_on/")) == {"day"}
    signed(adler, change(prescription, "hold"))
    problem(adler.post("proposals/", change(prescription, "hold")), 422, "refused")
    signed(adler, change(prescription, "resume"))
    signed(adler, change(prescription, "stop"))
    course = done(adler.get(f"prescriptions/{prescription}/"))
    assert [each["kind"] for each in course["changes"]] == ["start", "new_dose", "hold", "resume", "stop"]
    assert course["medication"]["state"] == "stopped"
    chart = done(adler.get(f"patients/{began['patient']}/?day={today()}"))
    assert [each["prescription"]["id"] for each in chart["past"]] == [prescription]


def test_a_proposal_is_withdrawn_and_stays_in_the_record(adler: Api) -> None:
    proposal = done(adler.post("proposals/", start("sertraline")), 201)
    gone = done(adler.post(f"proposals/{proposal['id']}/withdraw/", {"note": "wrong patient"}))
    assert (gone["status"], gone["withdrawn_note"]) == ("withdrawn", "wrong patient")
    assert DosageChange.objects.count() == 1


def test_a_drug_nobody_knows_is_taken_down_and_said_to_be_unchecked(adler: Api) -> None:
    signed(adler, start("sertraline"))
    proposal = done(adler.post("proposals/", start("grandmother's tea")), 201)
    assert any("grandmother's tea" in each["what"] for each in proposal["not_checked"])
    assert "not_checked" in {each["state"] for each in proposal["coverage"]}


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"sig": None}, {"sig"}),
        ({"kind": "stop"}, {"prescription", "patient", "drug", "sig"}),
        ({"kind": "new_dose"}, {"prescription", "patient", "drug"}),
        ({"sig": {**SIG, "amount": "abc"}}, {"sig.amount"}),
        ({"sig": {**SIG, "amount": "1e30"}}, {"sig.amount"}),
        ({"sig": {**SIG, "amount": "1_0"}}, {"sig.amount"}),
        ({"sig": {**SIG, "amount": "1e1"}}, {"sig.amount"}),
        ({"sig": {**SIG, "amount": "NaN"}}, {"sig.amount"}),
        ({"sig": {**SIG, "amount": "٥٠"}}, {"sig.amount"}),
        ({"sig": {**SIG, "max_per_day": "1_0"}}, {"sig.max_per_day"}),
        ({"sig": {**SIG, "every_days": "1_4"}}, {"sig.every_days"}),
        ({"first_supply_days": "3_0"}, {"first_supply_days"}),
        ({"sig": {"route": "PO", "amount": "50"}}, {"sig.unit", "sig.timing"}),
        ({"sig": {**SIG, "parts": [PART]}}, {"sig.amount", "sig.unit", "sig.timing"}),
        ({"sig": {"route": "PO", "parts": [{**PART, "amount": "1_0"}]}}, {"sig.parts.0.amount"}),
        ({"sig": {"route": "PO", "parts": []}}, {"sig.parts"}),
        ({"sig": {"route": "PO", "parts": None}}, {"sig.parts"}),
        ({"sig": {"route": "PO", "parts": [{**PART, "weekdays": ["monday"]}]}}, {"sig.parts.0.weekdays.0"}),
        ({"sig": {"route": "PO", "parts": [{**PART, "at": [8]}], "hours_worn": "9_0"}}, {"sig.hours_worn"}),
        ({"sig": {**SIG, "amount": 0.12345678}}, {"sig.amount"}),
        ({"sig": {**SIG, "unit": "bucket"}}, {"sig.unit"}),
        ({"reason_code": "boredom"}, {"reason_code"}),
        ({"drug": {"rxcui": 2**31}}, {"drug.rxcui"}),
        ({"patient": 2**63}, {"patient"}),
        ({"effective_on": "soon"}, {"effective_on"}),
    ],
)
def test_a_body_that_makes_no_order(adler: Api, values: dict[str, object], wrong: set[str]) -> None:
    assert fields(adler.post("proposals/", start("sertraline", **values))) == wrong


@pytest.mark.parametrize(
    "values",
    [
        {"sig": {**SIG, "amount": "0"}},
        {"sig": {**SIG, "amount": "-5"}},
        {"sig": {**SIG, "amount": "9999999"}},
        {"sig": {**SIG, "timing": "PRN"}},
        {"sig": {**SIG, "timing": "every_n_days"}},
        {"sig": {"route": "PO", "parts": [PART, PART]}},
        {"sig": {"route": "PO", "parts": [PART, {**PART, "unit": "{tablet}", "timing": "bedtime"}]}},
        {"sig": {"route": "PO", "parts": [{**PART, "at": ["8 am"]}]}},
        {"sig": {"route": "PO", "parts": [{**PART, "timing": "weekly", "weekdays": ["mon", "fri"]}]}},
        {"sig": {"route": "PO", "parts": [{**PART, "most": "20"}]}},
        {"sig": {"route": "PO", "parts": [{**PART, "timing": "BID", "at": ["08:00"]}]}},
        {"sig": {"route": "PO", "parts": [{**PART, "timing": f"Q{n}H"} for n in (4, 6, 8, 12)] * 4}},
        {"sig": {**SIG, "timing": "PRN", "as_needed": True}},
        {"sig": {**SIG, "timing": "Q6H", "as_needed": True, "min_interval_hours": "8"}},
        {"effective_on": "2035-01-01"},
        {"reason_code": "other"},
        {"drug": {}},
    ],
)
def test_an_order_that_makes_no_sense_is_refused_in_a_sentence(adler: Api, values: dict[str, object]) -> None:
    assert problem(adler.post("proposals/", start("sertraline", **values)), 422, "refused")["detail"].endswith(".")


@pytest.mark.parametrize(
    "drug",
    [
        {"name": "sertraline", "rxcui": 4493},
        {"name": "Prozac", "rxcui": 36437},
        {"name": "sertraline", "product_rxcui": 310385},
        {"name": "sertraline", "strength": "fluoxetine 20 mg"},
    ],
)
def test_a_name_and_a_code_of_different_drugs_are_refused_and_both_are_named(
    adler: Api, drug: dict[str, object]
) -> None:
    refused = problem(adler.post("proposals/", start("", drug=drug)), 422, "refused")
    assert "sertraline" in refused["detail"]
    assert "fluoxetine" in refused["detail"]
    meds = [{"drug": "sertraline", "rxcui": 4493}]
    case = {"id": "c", "as_of": "2026-06-01", "current_meds": meds}
    assert "fluoxetine" in problem(adler.post("interactions/check/", case), 422, "refused")["detail"]
    allergy = {"substance": "sertraline", "rxcui": 4493}
    address = f"patients/{factories.carla().pk}/allergies/"
    assert "fluoxetine" in problem(adler.post(address, allergy), 422, "refused")["detail"]


def test_an_order_prompted_by_something_of_another_patient_is_refused(adler: Api) -> None:
    body = start("sertraline", prompt={"side_effect": 4711})
    problem(adler.post("proposals/", body), 404, "not-found")


def test_a_fill_plans_reminders_and_the_patient_answers_by_the_link(
    adler: Api, bo: Api, nobody: Api, carla: Api
) -> None:
    began = signed(adler, start("sertraline"))
    body = {
        "prescription": began["prescription"],
        "dispensed_on": str(today()),
        "quantity": 30,
        "unit": "{tablet}",
        "days_supply": 30,
    }
    fill = done(bo.post("dispenses/", body), 201)
    assert (fill["quantity"], fill["patient"]) == ("30", began["patient"])
    planned = done(bo.get(f"reminders/?prescription={began['prescription']}&state=planned"))
    assert planned["count"] >= 4
    link = factories.link(Reminder.objects.earliest("due_at"))
    assert done(nobody.post("reminders/answer/", {"token": link, "choice": "confirm"}))["answer"] == "confirmed"
    assert (
        done(nobody.post("reminders/answer", {"token": link, "choice": "request_refill"}))["answer"]
        == "refill_requested"
    )
    problem(nobody.post("reminders/answer/", {"token": link + "x", "choice": "confirm"}), 404, "not-found")
    assert fields(nobody.post("reminders/answer/", {"token": link, "choice": "eat"})) == {"choice"}
    assert "refill_request" in {task["kind"] for task in done(adler.get("tasks/"))["results"]}
    assert done(carla.get("portal/"))["medicines"][0]["prescription"]["id"] == began["prescription"]
    assert done(carla.post(f"prescriptions/{began['prescription']}/request-refill/"), 201)["kind"] == "refill_request"
    assert done(carla.get("reminders/"))["count"] >= 4


def test_a_link_whose_time_is_over(adler: Api, bo: Api, nobody: Api, settings: object) -> None:
    began = signed(adler, start("sertraline", first_supply_days=30))
    settings.REMINDER_LINK_DAYS = 0  # type: ignore[attr-defined]
    link = factories.link(Reminder.objects.filter(prescription=began["prescription"]).earliest("due_at"))
    problem(nobody.post("reminders/answer/", {"token": link, "choice": "confirm"}), 410, "link-expired")


def test_a_side_effect_is_logged_ranked_corrected_and_its_task_closed(adler: Api, bo: Api, carla: Api) -> None:
    began = signed(adler, start("sertraline"))
    body = {"patient": began["patient"], "term": "tremor", "severity": "severe", "began_on": str(today())}
    made = done(bo.post("side-effects/", body), 201)
    page = done(adler.get(f"side-effects/{made['id']}/"))
    assert [each["drug_name"] for each in page["suspects"]] == ["sertraline"]
    assert page["suspects"][0]["reasons"]
    new = done(bo.post(f"side-effects/{made['id']}/correct/", {"severity": "mild"}), 201)
    assert (new["version"], new["corrects"], new["term"]) == (2, made["id"], "tremor")
    problem(bo.post(f"side-effects/{made['id']}/correct/", {"severity": "mild"}), 422, "refused")
    mine = done(carla.post("side-effects/", {**body, "term": "dry mouth"}), 201)
    assert mine["reporter_role"] == "patient"
    assert done(carla.get("side-effects/"))["count"] == 2

    task = next(each for each in done(adler.get("tasks/"))["results"] if each["source_id"] == str(new["id"]))
    claimed = done(adler.post(f"tasks/{task['id']}/claim/", {"version": task["version"]}))
    closing = {"outcome": "Dose kept.", "version": claimed["version"]}
    assert done(adler.post(f"tasks/{task['id']}/done/", closing))["state"] == "done"
    problem(adler.post(f"tasks/{task['id']}/cancel/", {"why": "no", "version": 9}), 409, "task-closed")
    assert done(adler.get("tasks/?state=done"))["count"] == 1


def test_reports_of_unknown_things_are_never_refused(bo: Api) -> None:
    patient = factories.carla().pk
    body = {"patient": patient, "term": "feels like made of glass", "severity": "mild", "began_on": "2026-05-01"}
    assert done(bo.post("side-effects/", body), 201)["term"] == body["term"]


def test_the_administrator_reads_who_did_what(adler: Api, admin: Api) -> None:
    patient = factories.carla().pk
    done(adler.get(f"patients/{patient}/"))
    done(adler.get("patients/"))
    assert admin.get(f"audit/patients/{patient}/").status_code == 403
    done(admin.post("audit/looks/", {"mrn": "C-1001", "why": "The patient asked."}), 201)
    entries = done(admin.get(f"audit/patients/{patient}/"))["results"]
    assert [entry["act"] for entry in entries] == ["look_into_access", "see", "view_chart"]
    acts = [entry["act"] for entry in done(admin.get("audit/"))["results"]]
    assert "see" in acts


def test_the_trail_of_one_patient_tells_of_others_only_how_many_were_seen_with_them(adler: Api, admin: Api) -> None:
    patient, others = factories.carla().pk, [factories.patient(f"O-{number}").pk for number in range(3)]
    done(adler.get("patients/"))
    done(admin.post("audit/looks/", {"mrn": "C-1001", "why": "The patient asked."}), 201)
    [seen] = [one for one in done(admin.get(f"audit/patients/{patient}/"))["results"] if one["act"] == "see"]
    assert (seen["detail"]["named"], seen["detail"]["others"]) == ([patient], len(others))
    [whole] = [one for one in done(admin.get("audit/"))["results"] if one["act"] == "see"]
    assert whole["detail"]["named"] == sorted([patient, *others])


def test_an_order_of_several_parts_is_one_line_and_comes_back_as_it_was_said(adler: Api) -> None:
    parts = [
        {**PART, "amount": "300", "timing": "morning", "weekdays": ["fri", "mon"]},
        {**PART, "amount": "600", "most": "900", "timing": "daily", "at": ["21:30"]},
    ]
    made = done(adler.post("proposals/", start("lithium", sig={"route": "PO", "parts": parts})), 201)
    shown = made["change"]["sig"]
    assert [part["weekdays"] for part in shown["parts"]] == [["mon", "fri"], []]
    assert [(part["amount"], part["most"], part["at"]) for part in shown["parts"]] == [
        ("300", None, []), ("600", "900", ["21:30"]),
    ]  # fmt: skip
    assert (shown["amount"], shown["timing"], shown["unit"], shown["amount_per_day"]) == (None, None, "mg", "985.7143")
    words = "300 mg by mouth in the morning on Monday and Friday and 600 to 900 mg at 21:30"
    assert made["line_after"].replace("\xa0", " ") == shown["text"].replace("\xa0", " ") == words
    again = {name: shown[name] for name in ("route", "parts", "as_needed", "reason", "words")}
    one = done(adler.post("proposals/", start("lithium", sig=again, confirm=True)), 201)
    assert one["change"]["sig"] == shown


def test_a_prescription_tells_how_it_is_taken_as_fhir_with_numbers_of_json(adler: Api) -> None:
    one = factories.taking(amount="12.5")
    medication = done(adler.get(f"prescriptions/{one.pk}/"))["medication"]
    [told] = medication["dosage_instruction"]
    assert told["doseAndRate"][0]["doseQuantity"]["value"] == 12.5
    assert told["timing"]["repeat"]["boundsPeriod"] == {"start": medication["since"]}
    assert r4.broken(told) == []
    stopped = factories.taking(drug="lithium", rxcui=6448)
    factories.change(stopped, factories.Kind.STOP, on=today(), signed_at=factories.LONG_AGO)
    assert done(adler.get(f"prescriptions/{stopped.pk}/"))["medication"]["dosage_instruction"] == []


def test_everything_that_was_said_about_a_new_medicine_is_kept(adler: Api, bo: Api) -> None:
    report = done(
        bo.post(
            "side-effects/",
            {"patient": factories.carla().pk, "term": "tremor", "severity": "mild", "began_on": str(today())},
        ),
        201,
    )
    said = {"indication": "pain", "first_supply_days": 7, "note": "Asked for.", "sig": {**SIG, "amount": 12.3}}
    drug = {"name": "tramadol", "strength": "50 mg", "form": "capsule"}
    prompt = {"side_effect": report["id"], "plan": "step 1"}
    proposal = done(adler.post("proposals/", start("tramadol", **said, drug=drug, prompt=prompt)), 201)
    change = DosageChange.objects.select_related("prescription").get(pk=proposal["id"])
    kept = change.prescription
    assert (kept.indication, kept.first_supply_days, kept.strength, kept.form) == ("pain", 7, "50 mg", "capsule")
    assert (change.note, change.sig.dose, change.prompted_by_plan) == ("Asked for.", Decimal("12.3"), "step 1")
    assert change.prompted_by_side_effect_id == report["id"]
    assert proposal["change"]["sig"]["amount"] == "12.3"


def test_the_dose_of_a_day_is_that_days_and_not_todays(adler: Api) -> None:
    taken = factories.taking(on=today() - timedelta(days=30)).pk
    signed(adler, change(taken, "new_dose", sig={**SIG, "amount": "100"}))
    for ago, amount in ((10, "50"), (0, "100")):
        dose = done(adler.get(f"prescriptions/{taken}/dose_on/?day={today() - timedelta(days=ago)}"))
        assert dose["sig"]["amount"] == amount
