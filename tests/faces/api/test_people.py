"""Patients over the API: registered, found, corrected by one of two people, moved, measured, reached."""

import json

import pytest

from medmgmt.record.models import Patient
from tests import factories
from tests.faces.api.client import Api, done, fields, problem

pytestmark = pytest.mark.django_db


def new_patient(**values: object) -> dict[str, object]:
    return {
        "mrn": "N-1",
        "given_name": "Nora",
        "family_name": "Neu",
        "birth_date": "1988-02-29",
        "sex": "female",
        "time_zone": "America/Chicago",
        "team": factories.team().pk,
        **values,
    }


def test_who_am_i(bo: Api, carla: Api) -> None:
    me = done(bo.get("me/"))
    assert (me["username"], me["role"], [team["name"] for team in me["teams"]]) == ("bo", "nurse", ["Harbor"])
    assert "record_observation" in me["acts"]
    assert done(carla.get("me"))["patient"] == factories.carla().pk


def test_a_nurse_registers_a_patient_and_finds_her(bo: Api) -> None:
    response = bo.post("patients/", new_patient())
    made = done(response, 201)
    assert response.headers["Location"] == f"/api/patients/{made['id']}/"
    assert response.headers["ETag"] == '"1"'
    found = done(bo.post("patients/search/", {"search": "neu nor"}))["results"]
    assert [each["id"] for each in found] == [made["id"]]
    assert done(bo.get("patients/"))["count"] == 1
    problem(bo.post("patients/", new_patient()), 422, "refused")


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"mrn": ""}, {"mrn"}),
        ({"mrn": "x" * 41}, {"mrn"}),
        ({"birth_date": "1988-02-30"}, {"birth_date"}),
        ({"sex": "F"}, {"sex"}),
        ({"time_zone": "Mars/Olympus"}, {"time_zone"}),
        ({"team": 0}, {"team"}),
        ({"given_name": ["Nora"]}, {"given_name"}),
        ({"language": "de"}, {"language"}),
    ],
)
def test_a_patient_who_cannot_be_registered(bo: Api, values: dict[str, object], wrong: set[str]) -> None:
    assert fields(bo.post("patients/", new_patient(**values))) == wrong


def test_nobody_registers_with_a_team_of_others(bo: Api) -> None:
    problem(bo.post("patients/", new_patient(team=factories.team("Hillside").pk)), 403, "not-allowed")
    problem(bo.post("patients/", new_patient(team=987654321)), 403, "not-allowed")


def test_of_two_corrections_of_one_version_the_second_is_told(bo: Api, adler: Api) -> None:
    address = f"patients/{factories.carla().pk}/"
    seen = bo.get(address).headers["ETag"]
    assert seen == '"1"'
    changed = bo.patch(address, {"family_name": "Castro"}, If_Match=seen)
    assert done(changed)["version"] == 2
    assert changed.headers["ETag"] == '"2"'
    problem(adler.patch(address, {"family_name": "Cruz"}, If_Match=seen), 412, "precondition-failed")
    problem(adler.patch(address, {"family_name": "Cruz", "version": 1}), 409, "conflict")
    problem(adler.patch(address, {"family_name": "Cruz"}), 428, "version-required")
    problem(adler.patch(address, {"family_name": "Cruz", "version": 1}, If_Match='"2"'), 412, "precondition-failed")
    for tag in ("*", 'W/"2"', '"2", "3"', "2", '"' + "9" * 40 + '"', ""):
        problem(adler.patch(address, {"family_name": "Cruz"}, If_Match=tag), 412, "precondition-failed")
    assert done(adler.patch(address, {"family_name": "Cruz", "version": 2}))["family_name"] == "Cruz"
    assert fields(adler.patch(address, {"mrn": "other", "version": 3})) == {"mrn"}
    assert Patient.objects.get().family_name == "Cruz"


def test_the_chart_holds_what_was_written_down(bo: Api, adler: Api) -> None:
    patient = factories.carla().pk
    at = "2026-06-01T09:00:00-04:00"
    weight = done(
        bo.post(f"patients/{patient}/observations/", {"code": "weight", "value": 71.50, "observed_at": at}), 201
    )
    assert (weight["value"], weight["unit"], weight["observed_at"]) == ("71.5", "kg", "2026-06-01T13:00:00Z")
    done(bo.post(f"patients/{patient}/allergies/", {"substance": "penicillin", "severity": "severe"}), 201)
    done(bo.post(f"patients/{patient}/conditions/", {"icd10cm": "F33.1", "text": "recurrent depression"}), 201)
    done(bo.post(f"patients/{patient}/enrolments/", {"level": "outpatient", "starts_on": "2026-08-01"}), 201)
    contact = done(
        bo.post(
            f"patients/{patient}/contact-points/", {"channel": "email", "address": "c@x.example", "consented": False}
        ),
        201,
    )
    assert not contact["reachable"]
    chart = done(adler.get(f"patients/{patient}/"))
    assert chart["facts"]["weight"]["value"] == "71.5"
    assert [each["substance"] for each in chart["allergies"]] == ["penicillin"]
    assert [each["icd10cm"] for each in chart["conditions"]] == ["F33.1"]
    assert [each["level"] for each in chart["enrolments"]] == ["outpatient", "intensive_outpatient"]
    for part, count in (
        ("observations", 1),
        ("allergies", 1),
        ("conditions", 1),
        ("enrolments", 2),
        ("contact-points", 1),
    ):
        assert done(adler.get(f"patients/{patient}/{part}/"))["count"] == count, part
    assert done(adler.get(f"patients/{patient}/observations/?code=height"))["count"] == 0
    assert done(adler.get(f"patients/{patient}/observations/?observed_from=2026-06-01"))["count"] == 1


@pytest.mark.parametrize(
    ("part", "body", "wrong"),
    [
        ("observations", {"code": "weight", "value": "x", "observed_at": "2026-06-01T09:00:00Z"}, {"value"}),
        ("observations", {"code": "shoe", "value": 1, "observed_at": "2026-06-01T09:00:00Z"}, {"code"}),
        ("observations", {"code": "weight", "value": 70, "observed_at": "2026-06-01T09:00:00"}, {"observed_at"}),
        ("observations", {"code": "weight", "value": 70, "observed_at": "2026-06-01"}, {"observed_at"}),
        ("observations", {"code": "weight", "value": 70, "observed_at": "0001-01-01T00:00:00+14:00"}, {"observed_at"}),
        ("observations", {"code": "weight", "value": 70, "observed_at": "9999-12-31T23:59:59-14:00"}, {"observed_at"}),
        ("observations", {"code": "weight", "value": 70, "observed_at": 5}, {"observed_at"}),
        ("conditions", {"icd10cm": "depression", "text": "x"}, {"icd10cm"}),
        ("conditions", {"icd10cm": "lower"}, {"icd10cm", "text"}),
        ("enrolments", {"level": "spa", "starts_on": "2026-08-01"}, {"level"}),
        ("contact-points", {"channel": "pigeon", "address": "roof", "consented": True}, {"channel"}),
        ("allergies", {"substance": "x", "rxcui": -1}, {"rxcui"}),
    ],
)
def test_what_cannot_be_written_down_is_named(bo: Api, part: str, body: dict[str, object], wrong: set[str]) -> None:
    assert fields(bo.post(f"patients/{factories.carla().pk}/{part}/", body)) == wrong


@pytest.mark.parametrize(
    ("part", "body"),
    [
        ("observations", {"code": "weight", "value": 7000, "observed_at": "2026-06-01T09:00:00Z"}),
        ("observations", {"code": "weight", "observed_at": "2026-06-01T09:00:00Z"}),
        ("observations", {"code": "weight", "value": 70, "observed_at": "2099-06-01T09:00:00Z"}),
        ("observations", {"code": "pregnancy", "value": 1, "observed_at": "2026-06-01T09:00:00Z"}),
        ("enrolments", {"level": "intensive_outpatient", "starts_on": "2026-08-01"}),
        ("enrolments", {"level": "outpatient", "starts_on": "1999-08-01"}),
        ("contact-points", {"channel": "email", "address": "no address", "consented": True}),
        ("contact-points", {"channel": "sms", "address": "12345", "consented": True}),
    ],
)
def test_what_makes_no_sense_is_refused_in_a_sentence(bo: Api, part: str, body: dict[str, object]) -> None:
    assert problem(bo.post(f"patients/{factories.carla().pk}/{part}/", body), 422, "refused")["detail"].endswith(".")


def test_no_name_travels_in_an_address(bo: Api) -> None:
    assert fields(bo.get("patients/?search=Carla")) == {"search"}
    assert fields(bo.get("patients/?mrn=C-1001")) == {"mrn"}


def test_a_patient_reads_her_own_page_and_no_chart(carla: Api) -> None:
    patient = factories.carla().pk
    assert done(carla.get("portal/"))["patient"]["id"] == patient
    problem(carla.get(f"patients/{patient}/"), 403, "not-allowed")
    problem(carla.get(f"patients/{patient}/observations/"), 403, "not-allowed")


def test_a_body_in_json_text_keeps_its_letters(bo: Api) -> None:
    body = json.dumps(new_patient(given_name="Zoë", family_name="Ñandú 李"), ensure_ascii=False).encode()
    assert done(bo.post("patients/", body), 201)["family_name"] == "Ñandú 李"


def test_everybody_is_told_exactly_what_their_role_may_do(bo: Api, carla: Api) -> None:
    nurse, patient = (set(done(api.get("me/"))["acts"]) for api in (bo, carla))
    assert {"record_observation", "log_side_effect", "view_chart"} <= nurse
    assert not nurse & {"sign", "propose", "renew", "view_audit", "view_own", "activate_release"}
    assert patient == {
        "close_own_account", "export_chart", "list_amendments", "log_side_effect", "manage_messages",
        "report_adherence", "request_amendment", "request_refill", "revoke_part2_consent", "search_drugs",
        "view_disclosures", "view_own",
    }  # fmt: skip
