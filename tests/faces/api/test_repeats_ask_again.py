"""A repeat gives its answer again only to whoever would still be let through to the act, and the trail hears of it."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone

from medmgmt import tasks
from medmgmt.record.models import AuditEntry, CareAssignment, CareTeamMember, IdempotencyRecord, Role, User
from refills.models import Task
from tests import factories
from tests.faces import world as worlds
from tests.faces.api.client import Api, done, problem
from tests.faces.test_matrix import ONE, expected, path_of, rows, sessions
from tests.faces.test_matrix import PEOPLE as WHO

pytestmark = pytest.mark.django_db
NOTE = "Heard only in her own team."
MRN, NAME = "C-1001", "Castillo"


def visit(**values: Any) -> dict[str, Any]:
    return {"kind": "phone", "on": "2026-05-01", "note": NOTE, **values}


def encounters() -> str:
    return f"patients/{factories.carla().pk}/encounters/"


def end_memberships(user: User) -> None:
    """The person works in no team any more, from now on."""
    CareTeamMember.objects.filter(user=user, until=None).update(until=timezone.now())


def change_role(user: User, role: str) -> None:
    User.objects.filter(pk=user.pk).update(role=role)


def test_once_the_membership_ended_a_repeat_says_what_the_act_would_say(bo: Api) -> None:
    done(bo.post(encounters(), visit(), Idempotency_Key="k"), 201)
    end_memberships(factories.bo())
    told = problem(bo.post(encounters(), visit(), Idempotency_Key="k"), 404, "not-found")
    anew = problem(bo.post(encounters(), visit(), Idempotency_Key="another"), 404, "not-found")
    assert told == anew
    assert not any(word in json.dumps(told) for word in (MRN, NAME, NOTE))


def test_once_the_patient_left_the_team_a_repeat_shows_nothing(bo: Api) -> None:
    done(bo.post(encounters(), visit(), Idempotency_Key="k"), 201)
    CareAssignment.objects.filter(patient=factories.carla(), until=None).update(until=timezone.now())
    problem(bo.post(encounters(), visit(), Idempotency_Key="k"), 404, "not-found")


def test_somebody_new_is_not_shown_again_to_whoever_left_the_team_that_takes_care_of_them(bo: Api) -> None:
    new = {"mrn": "N-1", "given_name": "N", "family_name": "Nowak", "birth_date": "1990-01-01", "time_zone": "UTC",
           "team": factories.team().pk}  # fmt: skip
    first = bo.post("patients/", new, Idempotency_Key="k")
    assert bo.post("patients/", new, Idempotency_Key="k").content == first.content
    end_memberships(factories.bo())
    problem(bo.post("patients/", new, Idempotency_Key="k"), 404, "not-found")


def test_once_the_role_changed_a_repeat_is_refused_as_the_act_would_be(bo: Api) -> None:
    done(bo.post(encounters(), visit(), Idempotency_Key="k"), 201)
    change_role(factories.bo(), Role.PHARMACIST)
    problem(bo.post(encounters(), visit(), Idempotency_Key="k"), 403, "not-allowed")


def test_whoever_was_switched_off_gets_no_answer_again(bo: Api) -> None:
    done(bo.post(encounters(), visit(), Idempotency_Key="k"), 201)
    User.objects.filter(username="bo").update(is_active=False)
    problem(bo.post(encounters(), visit(), Idempotency_Key="k"), 401, "not-authenticated")


def test_whoever_may_still_do_it_gets_the_first_answer_and_the_trail_says_so(bo: Api) -> None:
    first = bo.post(encounters(), visit(), Idempotency_Key="k")
    CareTeamMember.objects.filter(user=factories.dorn()).update(until=timezone.now())
    before = AuditEntry.objects.count()
    again = bo.post(encounters(), visit(), Idempotency_Key="k")
    assert (again.content, again.headers["Idempotent-Replayed"]) == (first.content, "true")
    entry = AuditEntry.objects.latest("id")
    assert (entry.act, entry.patient_id, entry.actor_name) == ("answer_again", factories.carla().pk, "bo")
    assert AuditEntry.objects.count() == before + 1


def test_the_very_same_without_a_key_is_not_said_to_be_done_to_whoever_left(bo: Api) -> None:
    done(bo.post(encounters(), visit()), 201)
    problem(bo.post(encounters(), visit()), 409, "asked")
    end_memberships(factories.bo())
    problem(bo.post(encounters(), visit()), 404, "not-found")


def test_the_database_keeps_nothing_legible_of_an_answer_nor_the_key(bo: Api) -> None:
    done(bo.post(encounters(), visit(), Idempotency_Key="the-senders-own-key"), 201)
    done(bo.post(encounters(), visit(note="Other words.")), 201)
    kept, plain = IdempotencyRecord.objects.order_by("pk")
    assert kept.answer
    assert not plain.answer
    whole = json.dumps(list(IdempotencyRecord.objects.values()), default=str)
    assert not any(word in whole for word in (NOTE, "Other words.", "the-senders-own-key"))


def test_after_a_day_the_answer_is_forgotten_and_nothing_is_done_twice(bo: Api) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        same = visit()
        done(bo.post(encounters(), same, Idempotency_Key="k"), 201)
        clock.shift(timedelta(hours=23))
        tasks.clear_out()
        assert bo.post(encounters(), same, Idempotency_Key="k").headers["Idempotent-Replayed"] == "true"
        clock.shift(timedelta(hours=1))
        problem(bo.post(encounters(), same, Idempotency_Key="k"), 409, "done-before")
        assert IdempotencyRecord.objects.exclude(answer="").exists()
        tasks.clear_out()
        assert not IdempotencyRecord.objects.exclude(answer="").exists()
        problem(bo.post(encounters(), same, Idempotency_Key="k"), 409, "done-before")
        assert factories.carla().encounters.count() == 1


def test_what_only_reads_is_read_anew_and_keeps_nothing(bo: Api) -> None:
    for _again in range(2):
        found = bo.post("patients/search/", {"search": NAME}, Idempotency_Key="k")
        assert "Idempotent-Replayed" not in found.headers
    assert not IdempotencyRecord.objects.exists()
    end_memberships(factories.bo())
    assert not done(bo.post("patients/search/", {"search": NAME}, Idempotency_Key="k"))["results"]


def test_a_form_sent_again_leads_on_only_whoever_is_still_let_through() -> None:
    nurse, carla = factories.bo(), factories.carla()
    task = Task.objects.create(
        kind="other", key="k", patient=carla, role=Role.NURSE, due_at=timezone.now(), title="Look"
    )
    client = Client()
    client.force_login(nurse, backend="django.contrib.auth.backends.ModelBackend")
    sent = {"text": NOTE, "once": "0" * 32}
    address = f"/tasks/{task.pk}/comment/"
    first = client.post(address, sent)
    again = client.post(address, sent)
    assert (first.status_code, again.status_code) == (302, 302)
    assert first.headers["Location"] == again.headers["Location"]
    assert task.comments.count() == 1
    end_memberships(nurse)
    gone = client.post(address, sent)
    assert gone.status_code == 404
    assert not any(word.encode() in gone.content for word in (NAME, MRN))


WITHOUT_A_CHART = {
    "search-patients", "check", "understand-line", "local-changes", "approve-local-change", "reject-local-change",
    "end-local-change", "activate-release", "absences", "withdraw-absence",
    "morning-notice", "selftests", "row-verdicts", "revoke-token", "propose-switch", "decline-staff-change",
}  # fmt: skip
"""What nobody's chart was opened for: the answer names nobody."""
ABOUT_ONESELF = {"confirm-identity", "end-other-sessions"}
"""What concerns the sender's own login alone, which stays theirs whatever team they are in."""


def test_no_address_gives_its_answer_again_once_its_sender_left_the_team() -> None:
    world, table = worlds.build(), expected()
    keys = sessions(world)
    tried, shown = [], []
    for row, (template, method) in rows().items():
        name = row.split()[0].removeprefix("api:")
        if method != "POST" or not row.startswith("api:") or name == "answer-link":
            continue
        who = next((each for each, sign in zip(WHO, table[row], strict=True) if sign == "y" and each in CARERS), None)
        if who is None:
            continue
        path = path_of(template, {**world.ids, **({"change_id": world.ids["risky"]} if name == "answer-card" else {})})
        outcome = repeated(path, json.dumps(world.bodies.get(name, {})), keys[who], world.people[who])
        if outcome is not None:
            tried.append(name)
            shown += [(name, outcome)] if outcome[0] < 400 and name not in WITHOUT_A_CHART | ABOUT_ONESELF else []
    assert not shown
    assert len(tried) > 30


CARERS = ("adler", "bo", "pia")


def repeated(path: str, body: str, session: str, person: User | None) -> tuple[int, bytes] | None:
    """The answer to a repeat after its sender left their teams; None where the first was refused. All is undone."""
    assert person is not None
    ONE.cookies.clear()
    ONE.cookies["sessionid"] = session
    with transaction.atomic():
        said = {"headers": {"Idempotency-Key": "k"}}
        first = ONE.generic("POST", path, body, "application/json", **said)  # type: ignore[arg-type]
        end_memberships(person)
        again = ONE.generic("POST", path, body, "application/json", **said)  # type: ignore[arg-type]
        transaction.set_rollback(True)
    if first.status_code >= 300:
        return None
    found = any(word.encode() in again.content for word in (NAME, MRN, worlds.NOTE))
    assert not found, (path, again.content)
    return again.status_code, again.content
