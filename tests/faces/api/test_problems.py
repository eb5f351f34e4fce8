"""Every refusal is a problem document of a declared kind, whoever refuses and whatever was sent."""

import json

import pytest
from django.db import IntegrityError, OperationalError
from django.test import Client

from interactions import errors as interactions_errors
from medmgmt import problems
from medmgmt.record import errors as record_errors
from medmgmt.record.errors import Conflict, NoSuchPatient, RecordError
from refills import errors as refills_errors
from tests import factories
from tests.faces.api.client import Api, done, fields, problem

pytestmark = pytest.mark.django_db
SIDE_EFFECT = {"severity": "mild", "began_on": "2026-05-01", "term": "tremor"}


def test_an_address_that_does_not_exist(adler: Api) -> None:
    problem(adler.get("nothing/here"), 404, "not-found")
    problem(adler.post("nothing/here"), 404, "not-found")


def test_a_number_in_an_address_that_no_database_holds(adler: Api) -> None:
    for number in ("99999999999999999999999999", "0", "-1", "1e5", "abc", "%00", "%ff", "999999999999999999"):
        problem(adler.get(f"patients/{number}/"), 404, "not-found")


def test_a_method_the_address_does_not_know_names_those_it_does(adler: Api) -> None:
    response = adler.call("DELETE", "patients/")
    problem(response, 405, "method-not-allowed")
    assert {"GET", "POST"} <= set(response.headers["Allow"].replace(" ", "").split(","))
    for method in ("PUT", "TRACE", "OPTIONS", "BREW"):
        problem(adler.call(method, "patients/"), 405, "method-not-allowed")


def test_nobody_is_told_to_sign_in_and_how(nobody: Api) -> None:
    response = nobody.get("patients/")
    problem(response, 401, "not-authenticated")
    assert response.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "header", ["Bearer", "Bearer nonsense", "Bearer a b", "Bearer \xff\xfe", "Bearer \x01", "Bearer " + "a" * 5000]
)
def test_a_token_that_is_none_is_refused(header: str, db: None) -> None:
    problem(Api(Authorization=header).get("patients/"), 401, "not-authenticated")


def test_a_role_that_may_not_is_told_so_and_a_stranger_is_told_nothing(bo: Api, dorn: Api, carla: Api) -> None:
    patient = factories.carla()
    problem(bo.get("audit/"), 403, "not-allowed")
    problem(carla.get("patients/"), 403, "not-allowed")
    foreign = problem(dorn.get(f"patients/{patient.pk}/"), 404, "not-found")
    unknown = problem(dorn.get("patients/987654321/"), 404, "not-found")
    assert foreign["detail"] == unknown["detail"]


def test_an_answer_in_another_language_than_json_is_not_to_be_had(adler: Api) -> None:
    problem(adler.get("patients/", Accept="text/csv"), 406, "not-acceptable")
    done(adler.get("patients/", Accept="text/html,application/xhtml+xml,*/*;q=0.8"))
    done(adler.get("patients/", Accept="application/json; q=0.5"))


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", b"{}"),
        ("application/x-www-form-urlencoded", b"term=tremor"),
        ("multipart/form-data; boundary=x", b"--x--"),
        ("application/json; charset=utf-16", '{"a": 1}'.encode("utf-16")),
        ("", b"{}"),
    ],
)
def test_a_body_that_is_not_json_is_refused_by_its_type(adler: Api, kind: str, body: bytes) -> None:
    problem(adler.call("POST", "side-effects/", body, Content_Type=kind), 415, "unsupported-media-type")


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"a": }',
        b"\xff\xfe",
        b'{"a": "\xc3\x28"}',
        b"[" * 100_000,
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'"' * 300_001,
        b'"\\"' + b'\\"' * 200_000,
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e400}',
        b'{"a": 1E-999999999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": 0.' + b"1" * 5000 + b"}",
        b'{"term": "\\u0000"}',
        b'{"\\u0000": 1}',
        b'{"term": "\\ud800"}',
        b'{"term": "a", "term": "b"}',
        b"{} {}",
    ],
    ids=lambda body: repr(body[:24]),
)
def test_a_body_that_cannot_be_read(adler: Api, body: bytes) -> None:
    problem(adler.post("side-effects/", body), 400, "malformed-request")


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"null", b"true"])
def test_a_body_that_is_no_object(adler: Api, body: bytes) -> None:
    problem(adler.post("side-effects/", body), 400, "invalid-request")


def test_a_body_that_is_too_large(adler: Api) -> None:
    problem(adler.post("side-effects/", b'{"term": "' + b"a" * 1_100_000 + b'"}'), 413, "too-large")


def test_fields_nobody_knows_are_named(adler: Api) -> None:
    patient = factories.carla()
    body = {**SIDE_EFFECT, "patient": patient.pk, "severety": "mild", "colour": 1, "severity": "purple"}
    assert fields(adler.post("side-effects/", body)) == {"severety", "colour", "severity"}
    body = {
        "kind": "start",
        "patient": patient.pk,
        "drug": {"nam": "x"},
        "effective_on": "2026-12-01",
        "reason_code": "titration",
    }
    assert "drug.nam" in fields(adler.post("proposals/", body))
    assert fields(adler.post("proposals/1/sign/", {"force": True})) == {"force"}


def test_parameters_nobody_knows_are_named(adler: Api) -> None:
    assert fields(adler.get("patients/?serch=x&page=1")) == {"serch"}
    assert fields(adler.get("tasks/?state=open&state=done")) == {"state"}
    assert fields(adler.get("patients/?format=xml")) == {"format"}
    assert fields(adler.post("side-effects/?dry_run=1", SIDE_EFFECT)) == {"dry_run"}


@pytest.mark.parametrize(
    "value",
    [
        "2026-02-30",
        "0001-01-01",
        "9999-12-31",
        "20261121",
        "21/11/2026",
        "",
        5,
        None,
        True,
        [],
        {},
        "2026-11-21T00:00:00Z",
    ],
)
def test_a_day_that_is_none(adler: Api, value: object) -> None:
    body = {**SIDE_EFFECT, "patient": factories.carla().pk, "began_on": value}
    assert fields(adler.post("side-effects/", body)) == {"began_on"}


def test_what_the_record_refuses_is_told_in_a_sentence(adler: Api) -> None:
    body = {**SIDE_EFFECT, "patient": factories.carla().pk, "began_on": "2150-01-01"}
    found = problem(adler.post("side-effects/", body), 422, "refused")
    assert "future" in found["detail"]


def test_too_many_requests_say_how_long_to_wait(adler: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rest_framework.throttling.SimpleRateThrottle.THROTTLE_RATES", {"user": "2/min"})
    done(adler.get("me/"))
    done(adler.get("me/"))
    response = adler.get("me/")
    problem(response, 429, "too-many-requests")
    assert 0 < int(response.headers["Retry-After"]) <= 60


def test_a_crash_is_a_problem_document_that_tells_nothing(adler: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("Carla takes sertraline")

    monkeypatch.setattr("medmgmt.record.access.patients_of", crash)
    adler.client.raise_request_exception = False
    response = adler.get("patients/")
    problem(response, 500, "server-error")
    assert b"Carla" not in response.content


def test_a_session_without_the_csrf_token_is_told_apart(db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(factories.adler(), backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/api/me/").status_code == 200
    response = client.post("/api/side-effects/", "{}", content_type="application/json")
    problem(response, 403, "csrf-failed")


def test_every_kind_of_problem_explains_itself_at_its_own_address(client: Client) -> None:
    everything = client.get("/problems/").json()["results"]
    assert {entry["type"].removeprefix("/problems/") for entry in everything} == set(problems.KINDS)
    for entry in everything:
        assert client.get(entry["type"]).json() == entry
    response = client.get("/problems/no-such-kind")
    assert problem(response, 404, "not-found")["instance"] == "/problems/no-such-kind"


def test_the_nearest_ancestor_decides_and_the_unforeseen_is_a_server_error() -> None:
    class Narrow(Conflict):
        """A conflict of a kind the table does not name."""

    assert problems.describe(Narrow()).status == 409
    assert problems.describe(NoSuchPatient()).status == 404
    assert problems.describe(RecordError("No.")).detail == "No."
    unforeseen = problems.describe(KeyError("secret"))
    assert unforeseen.status == 500
    assert "secret" not in json.dumps(unforeseen.as_json())


@pytest.mark.parametrize(
    "words",
    [
        'new row for relation "x" violates check constraint "another_reason_needs_a_note"\nDETAIL: Failing row (Carla)',
        "CHECK constraint failed: another_reason_needs_a_note",
    ],
)
def test_a_rule_of_the_database_is_told_by_its_name_and_without_its_row(words: str) -> None:
    found = problems.describe(IntegrityError(words))
    assert (found.status, found.detail) == (422, "Another reason needs a note.")


def test_the_status_of_a_refusal_tells_what_can_be_done_about_it() -> None:
    expected = {
        record_errors.Conflict: (409, "conflict"),
        record_errors.NoSuchPatient: (404, "not-found"),
        record_errors.NotAllowed: (403, "not-allowed"),
        refills_errors.LinkExpired: (410, "link-expired"),
        refills_errors.LinkUnknown: (404, "not-found"),
        refills_errors.TaskTaken: (409, "task-taken"),
        refills_errors.TaskClosed: (409, "task-closed"),
        interactions_errors.AlreadyAnswered: (409, "already-answered"),
        interactions_errors.NoSuchFinding: (404, "not-found"),
    }
    for error, (status, kind) in expected.items():
        assert problems.OF_ERROR[error] == kind
        assert problems.KINDS[kind].status == status, error


def test_a_busy_database_says_when_to_come_back(adler: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(*_: object, **__: object) -> None:
        raise OperationalError("database is locked")

    monkeypatch.setattr("medmgmt.record.access.patients_of", busy)
    response = adler.get("patients/")
    problem(response, 503, "busy")
    assert response.headers["Retry-After"] == "1"


@pytest.mark.parametrize("said", ["2026-05-01T12:00:00", "2026-05-01T12:00", "20260501T120000"])
def test_a_time_without_its_offset_is_refused(bo: Api, said: str) -> None:
    body = {"code": "weight", "value": "70", "observed_at": said}
    assert fields(bo.post(f"patients/{factories.carla().pk}/observations/", body)) == {"observed_at"}


def test_something_named_twice_is_refused(bo: Api) -> None:
    body = b'{"code": "weight", "value": "70", "value": "700", "observed_at": "2026-05-01T12:00:00Z"}'
    problem(bo.post(f"patients/{factories.carla().pk}/observations/", body), 400, "malformed-request")
