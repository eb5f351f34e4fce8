"""A request that is sent twice is done once: sequentially, at once, and never across people."""

import threading
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from django.db import connection, connections
from django.utils import timezone

from medmgmt.record import access
from medmgmt.record.models import AuditEntry, IdempotencyRecord, SideEffectReport
from refills.models import Task
from tests import factories
from tests.faces.api.client import Api, done, fields, problem
from tests.faces.api.orders import start

pytestmark = pytest.mark.django_db


def tremor(**values: Any) -> dict[str, Any]:
    return {"patient": factories.carla().pk, "term": "tremor", "severity": "mild", "began_on": "2026-05-01", **values}


def test_the_same_key_and_body_give_the_first_answer_to_the_byte(bo: Api) -> None:
    first = bo.post("side-effects/", tremor(), Idempotency_Key="k-1")
    again = bo.post("side-effects/", tremor(), Idempotency_Key="k-1")
    assert done(first, 201) == done(again, 201)
    assert first.content == again.content
    assert "Idempotent-Replayed" not in first.headers
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Location"] == first.headers["Location"]
    assert SideEffectReport.objects.count() == 1


def test_spaces_and_order_do_not_make_another_body(bo: Api) -> None:
    patient = factories.carla().pk
    rest = b'"term": "tremor", "severity": "mild", "began_on": "2026-05-01"'
    bo.post("side-effects/", b'{"patient": %d, %s}' % (patient, rest), Idempotency_Key="k")
    again = bo.post("side-effects/", b'{%s,\n  "patient":%d}' % (rest, patient), Idempotency_Key="k")
    assert again.headers["Idempotent-Replayed"] == "true"


def test_the_same_key_with_another_body_or_address_is_refused(bo: Api) -> None:
    made = done(bo.post("side-effects/", tremor(), Idempotency_Key="k"), 201)
    problem(bo.post("side-effects/", tremor(term="nausea"), Idempotency_Key="k"), 422, "idempotency-key-reused")
    correct = f"side-effects/{made['id']}/correct/"
    problem(bo.post(correct, {"term": "tremor"}, Idempotency_Key="k"), 422, "idempotency-key-reused")
    assert SideEffectReport.objects.count() == 1


def test_a_key_belongs_to_one_person(bo: Api, adler: Api) -> None:
    mine = done(bo.post("side-effects/", tremor(confirm=True), Idempotency_Key="k"), 201)
    hers = adler.post("side-effects/", tremor(confirm=True), Idempotency_Key="k")
    assert "Idempotent-Replayed" not in hers.headers
    assert done(hers, 201)["id"] != mine["id"]


def test_a_refusal_frees_the_key(bo: Api) -> None:
    problem(bo.post("side-effects/", tremor(began_on="2100-01-01"), Idempotency_Key="k"), 422, "refused")
    assert not IdempotencyRecord.objects.exists()
    made = bo.post("side-effects/", tremor(), Idempotency_Key="k")
    assert done(made, 201)
    assert "Idempotent-Replayed" not in made.headers


@pytest.mark.parametrize("key", ["", "a b", "a" * 256, "schlüssel", "\x01"])
def test_a_key_that_is_none(bo: Api, key: str) -> None:
    assert fields(bo.post("side-effects/", tremor(), Idempotency_Key=key)) == {"Idempotency-Key"}


def test_the_record_is_written_in_the_transaction_of_the_act(bo: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: object) -> None:
        raise RuntimeError("the power fails between the act and its record")

    monkeypatch.setattr("medmgmt.api.kit.idempotency.keep", lost)
    bo.client.raise_request_exception = False
    problem(bo.post("side-effects/", tremor(), Idempotency_Key="k"), 500, "server-error")
    assert not SideEffectReport.objects.exists()
    assert not IdempotencyRecord.objects.exists()
    assert not AuditEntry.objects.filter(act="log_side_effect").exists()


def at_once(count: int, call: Any) -> list[Any]:
    """The answers of so many threads that begin together."""
    gate, answers = threading.Barrier(count), []

    def one(number: int) -> None:
        try:
            gate.wait(30)
            answers.append(call(number))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=one, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_fifty_equal_orders_at_once_one_is_made(knowledge: None) -> None:
    from medmgmt.record.models import DosageChange

    api = Api(factories.adler())
    body = start("sertraline")
    answers = at_once(50, lambda _: api.fresh().post("proposals/", body, Idempotency_Key="the-one"))
    assert len(answers) == 50
    made = [answer for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.content for answer in made}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in made) == 1
    assert DosageChange.objects.count() == 1
    assert connection.vendor == "postgresql"


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_fifty_bodies_under_one_key_at_once_make_one_and_refuse_the_rest() -> None:
    api = Api(factories.bo())
    bodies = [tremor(note=str(number)) for number in range(50)]
    answers = at_once(50, lambda number: api.fresh().post("side-effects/", bodies[number], Idempotency_Key="one"))
    assert sorted(answer.status_code for answer in answers).count(201) == 1
    assert {answer.status_code for answer in answers} <= {201, 409, 422}
    assert SideEffectReport.objects.count() == 1


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_who_waits_too_long_for_the_first_request_is_told_to_ask_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("medmgmt.api.kit.idempotency.WAIT", "200ms")
    begun, go_on, real = threading.Event(), threading.Event(), access.patient_for

    def slow(*arguments: Any, **values: Any) -> Any:
        begun.set()
        go_on.wait(20)
        return real(*arguments, **values)

    monkeypatch.setattr(access, "patient_for", slow)
    api, body, first = Api(factories.bo()), tremor(), []

    def send() -> None:
        try:
            first.append(api.fresh().post("side-effects/", body, Idempotency_Key="k"))
        finally:
            connections.close_all()

    thread = threading.Thread(target=send)
    thread.start()
    assert begun.wait(20)
    problem(api.fresh().post("side-effects/", body, Idempotency_Key="k"), 409, "request-in-progress")
    go_on.set()
    thread.join(30)
    assert done(first[0], 201)
    assert SideEffectReport.objects.count() == 1


def claimable(key: str) -> Task:
    """A task that nurse Bo may take."""
    return Task.objects.create(
        kind="other",
        key=key,
        patient=factories.carla(),
        role="nurse",
        due_at=datetime(2026, 6, 1, tzinfo=UTC),
        title="Look",
    )


def test_the_same_key_with_another_version_is_another_request(bo: Api) -> None:
    address = f"tasks/{claimable('a').pk}/claim/"
    first = bo.post(address, If_Match='"1"', Idempotency_Key="k")
    again = bo.post(address, If_Match='"1"', Idempotency_Key="k")
    assert (again.headers["ETag"], again.headers["Idempotent-Replayed"]) == (first.headers["ETag"], "true")
    problem(bo.post(address, If_Match='"2"', Idempotency_Key="k"), 422, "idempotency-key-reused")


def test_the_same_key_and_body_at_another_address_is_another_request(bo: Api) -> None:
    one, other = claimable("a"), claimable("b")
    done(bo.post(f"tasks/{one.pk}/claim/", {"version": 1}, Idempotency_Key="k"))
    problem(bo.post(f"tasks/{other.pk}/claim/", {"version": 1}, Idempotency_Key="k"), 422, "idempotency-key-reused")


def test_of_two_people_with_one_key_each_is_answered_with_their_own(bo: Api, adler: Api) -> None:
    said = tremor(confirm=True)
    mine, hers = (api.post("side-effects/", said, Idempotency_Key="k") for api in (bo, adler))
    assert (mine.status_code, hers.status_code) == (201, 201)
    assert bo.post("side-effects/", said, Idempotency_Key="k").content == mine.content
    assert adler.post("side-effects/", said, Idempotency_Key="k").content == hers.content


def visit() -> dict[str, Any]:
    return {"kind": "phone", "on": timezone.now().date().isoformat(), "note": "Sleeps better."}


def test_the_very_same_without_a_key_is_asked_about_for_a_minute_and_taken_once_it_is_confirmed(bo: Api) -> None:
    address = f"patients/{factories.carla().pk}/encounters/"
    with time_machine.travel(datetime(2026, 6, 1, 15, tzinfo=UTC), tick=False) as clock:
        done(bo.post(address, visit()), 201)
        asked = problem(bo.post(address, visit()), 409, "asked")
        assert "less than a minute ago" in asked["detail"]
        done(bo.post(address, {**visit(), "note": "Sleeps well."}), 201)
        done(bo.post(address, visit(), Idempotency_Key="another"), 201)
        done(bo.post(address, {**visit(), "confirm": True}), 201)
        done(bo.post(address, {**visit(), "confirm": "yes"}), 201)
        problem(bo.post(address, {**visit(), "confirm": False}), 409, "asked")
        assert fields(bo.post(address, {**visit(), "note": "Else.", "confirm": ["yes"]})) == {"confirm"}
        clock.shift(61)
        done(bo.post(address, visit()), 201)


def test_what_was_refused_may_be_sent_again_at_once(bo: Api) -> None:
    address = f"patients/{factories.carla().pk}/encounters/"
    for _again in range(2):
        problem(bo.post(address, {**visit(), "on": "2199-01-01"}), 422, "refused")


def test_the_same_proposal_is_asked_about_whatever_its_spaces_and_not_once_it_is_withdrawn(adler: Api) -> None:
    first = done(adler.post("proposals/", start("lamotrigine")), 201)
    problem(adler.post("proposals/", start("  lamotrigine ")), 409, "asked")
    done(adler.post("proposals/", start("sertraline")), 201)
    done(adler.post(f"proposals/{first['id']}/withdraw/", {"note": "Not meant."}))
    done(adler.post("proposals/", start("lamotrigine")), 201)
    done(adler.post("proposals/", start("lamotrigine", confirm=True)), 201)
