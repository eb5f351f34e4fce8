"""A patient asks to have the record corrected on the phone, and everybody sees where it stands: pages, API, files."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from medmgmt import amendments as reads
from medmgmt.actions import amendments
from medmgmt.record.models import AmendmentRequest, AuditEntry
from refills.models import Task
from tests import factories as cast
from tests.faces.api.client import Api, done, problem
from tests.faces.web import world as worlds
from tests.faces.web.reading import read

pytestmark = pytest.mark.django_db
WHAT, WHY = "I take it at night.", "Mornings make me sleepy."
DENIED = {"decision": "denied", "ground": "accurate", "words": "The label says morning."}
RIGHTS = (
    "You may write to us that you disagree", "you may ask us to send your request and this answer along",
    "our privacy officer", "ocrportal.hhs.gov", "it is accurate and complete",
)  # fmt: skip


def text(response: Any, status: int = 200) -> str:
    assert response.status_code == status, response.content.decode()[-3000:]
    return " ".join(str(read(response.content).said()).split())


def asked(client: Client, **said: Any) -> AmendmentRequest:
    response = client.post("/my/amendments/", {"what": WHAT, "why": WHY, "once": f"{said}", **said})
    assert response.status_code == 302, text(response, 422)
    return AmendmentRequest.objects.latest("pk")


def test_a_patient_asks_on_the_phone_page_and_the_team_finds_it_beside_the_medicine(
    as_carla: Client, as_bo: Client, world: worlds.World
) -> None:
    assert "/my/amendments/" in as_carla.get("/my/").content.decode()
    made = asked(as_carla, entry=f"prescription:{world.sertraline.pk}", tell="Dr Hill")
    assert (made.entry_kind, made.entry_number, made.tell, made.way) == (
        "prescription", world.sertraline.pk, "Dr Hill", "own",
    )  # fmt: skip
    shown = text(as_carla.get("/my/amendments/"))
    assert WHAT in shown and "waiting for an answer" in shown  # noqa: PT018
    chart = as_bo.get(f"/patients/{world.carla.pk}/").content.decode()
    medicine = chart.split("<strong><bdi>sertraline</bdi></strong>")[1].split("</div>")[0]
    assert f'href="/amendments/{made.pk}/"' in medicine
    assert "amendment asked" not in chart.split("<strong><bdi>lithium</bdi></strong>")[1].split("</div>")[0]
    task = Task.objects.get(key=f"amendment:{made.pk}")
    shown = as_bo.get(f"/tasks/{task.pk}/").content.decode()
    assert f'href="/amendments/{made.pk}/"' in shown
    assert f'href="/amendments/{made.pk}/answer/"' in shown


def test_what_is_missing_is_said_on_the_form_and_nothing_is_lost(as_carla: Client, world: worlds.World) -> None:
    response = as_carla.post("/my/amendments/", {"what": WHAT, "why": ""})
    assert response.status_code == 422
    assert WHAT in response.content.decode()
    response = as_carla.post("/my/amendments/", {"what": WHAT, "why": WHY, "entry": "condition:987654"})
    assert response.status_code == 422
    assert not AmendmentRequest.objects.exists()


def test_a_denial_tells_the_ground_and_every_right_and_the_patient_disagrees(
    as_carla: Client, as_bo: Client, world: worlds.World, settings: Any
) -> None:
    settings.CLINIC_PHONE = "+1 555 0177"
    made = asked(as_carla)
    here, mine = f"/amendments/{made.pk}/", f"/my/amendments/{made.pk}/"
    assert as_bo.post(f"{here}answer/", DENIED)["Location"] == here
    letter = text(as_carla.get(mine))
    for words in (*RIGHTS, "The label says morning.", "+1 555 0177"):
        assert words in letter, words
    for words in RIGHTS:
        assert words in text(as_bo.get(here)), words
    assert as_carla.post(mine, {"text": "I know my body."}).status_code == 302
    assert as_bo.post(f"{here}rebut/", {"text": "We spoke about it."})["Location"] == here
    shown = text(as_carla.get(mine))
    assert "I know my body." in shown and "We spoke about it." in shown  # noqa: PT018
    assert "I disagree" not in shown


def test_what_was_accepted_tells_no_ground_and_no_complaint(
    as_carla: Client, as_bo: Client, world: worlds.World
) -> None:
    made = asked(as_carla)
    entry = {"entry": f"prescription:{world.sertraline.pk}", "told_whom": "Dr Hill"}
    said = {"decision": "accepted", "words": "You are right.", **entry}
    as_bo.post(f"/amendments/{made.pk}/answer/", said)
    shown = text(as_carla.get(f"/my/amendments/{made.pk}/"))
    assert "We accept your request." in shown
    assert "Your record says now: ⁨sertraline" in shown or "sertraline" in shown
    assert "Dr Hill" in shown
    assert not [words for words in RIGHTS if words in shown]


def test_the_patient_reads_why_it_takes_longer(as_carla: Client, as_bo: Client, world: worlds.World) -> None:
    made = asked(as_carla)
    until = made.received_on + amendments.DAYS + amendments.DAYS_MORE
    as_bo.post(f"/amendments/{made.pk}/put-off/", {"until": until.isoformat(), "why": "The archive is closed."})
    shown = text(as_carla.get(f"/my/amendments/{made.pk}/"))
    assert "The archive is closed." in shown
    assert AmendmentRequest.objects.get().due_on == until


def test_the_first_page_tells_of_what_was_said_and_of_nothing_else(
    as_carla: Client, as_bo: Client, world: worlds.World
) -> None:
    made = asked(as_carla)
    link = f'href="/my/amendments/{made.pk}/"'
    assert link not in as_carla.get("/my/").content.decode()
    amendments.extend_amendment(cast.bo(), made.pk, until=made.received_on + timedelta(days=80), why="x")
    assert "takes until" in text(as_carla.get("/my/"))
    as_bo.post(f"/amendments/{made.pk}/answer/", DENIED)
    assert "we answered what you asked" in text(as_carla.get("/my/"))
    amendments.disagree(cast.carla_user(), made.pk, text="No.")
    amendments.rebut(cast.bo(), made.pk, text="Yes.")
    assert "wrote something to your disagreement" in text(as_carla.get("/my/"))
    with time_machine.travel(timezone.now() + timedelta(days=61), tick=False):
        assert [one.pk for one in reads.news(cast.carla_user())] == []


def test_it_is_all_said_in_spanish(as_bo: Client, browser: Any, world: worlds.World) -> None:
    world.carla.language = "es"
    world.carla.save()
    carla = browser(cast.carla_user())
    made = asked(carla)
    as_bo.post(f"/amendments/{made.pk}/answer/", DENIED)
    for shown in (text(carla.get(f"/my/amendments/{made.pk}/")), text(as_bo.get(f"/amendments/{made.pk}/"))):
        assert "Usted puede escribirnos que no está de acuerdo" in shown
        assert "es exacta y completa" in shown
    assert "Corregir mi expediente" in text(carla.get("/my/amendments/"))
    assert "Cerrar mi cuenta" in text(carla.get("/account/close/"))


def test_the_nurse_takes_down_what_came_on_paper(as_bo: Client, world: worlds.World) -> None:
    there = f"/patients/{world.carla.pk}/amendments/new/"
    assert there in as_bo.get(f"/patients/{world.carla.pk}/").content.decode()
    received = (worlds.today() - timedelta(days=3)).isoformat()
    response = as_bo.post(there, {"way": "representative", "received_on": received, "what": WHAT, "why": WHY})
    made = AmendmentRequest.objects.get()
    assert response["Location"] == f"/amendments/{made.pk}/"
    assert (made.way, made.received_on.isoformat(), made.by) == ("representative", received, cast.bo())


def test_the_privacy_officer_sees_all_that_waits_and_answers(
    as_carla: Client, browser: Any, world: worlds.World
) -> None:
    made = asked(as_carla)
    olga = browser(cast.olga())
    assert f'href="/amendments/{made.pk}/"' in olga.get("/amendments/").content.decode()
    assert olga.get(f"/patients/{world.carla.pk}/").status_code == 403
    assert olga.post(f"/amendments/{made.pk}/answer/", DENIED).status_code == 302
    assert AuditEntry.objects.filter(act="view_amendment", actor=cast.olga(), patient=world.carla).exists()
    assert browser(cast.dorn()).get(f"/amendments/{made.pk}/").status_code == 404


def test_everything_that_was_said_goes_in_every_file(as_carla: Client, as_bo: Client, world: worlds.World) -> None:
    made = asked(as_carla)
    as_bo.post(f"/amendments/{made.pk}/answer/", DENIED)
    as_carla.post(f"/my/amendments/{made.pk}/", {"text": "I know my body."})
    amendments.rebut(cast.bo(), made.pk, text="We spoke about it.")
    file = b"".join(as_carla.post("/my/record/", {"form": "json"}))
    told = json.loads(file)
    assert [one["what"] for one in told["amendment_requests"]] == [WHAT]
    assert [one["ground"] for one in told["amendment_answers"]] == ["accurate"]
    assert [one["text"] for one in told["amendment_statements"]] == ["I know my body.", "We spoke about it."]
    why = {"form": "json", "reason": "The court asked for it."}
    assert json.loads(b"".join(as_bo.post(f"/patients/{world.carla.pk}/export/", why)))["amendment_answers"]
    assert b"".join(as_carla.post("/my/record/", {"form": "pdf"})).startswith(b"%PDF-")


def test_the_whole_of_it_over_the_api(world: worlds.World) -> None:
    carla, bo = Api.in_person(cast.carla_user()), Api.in_person(cast.bo())
    body = {"patient": world.carla.pk, "what": WHAT, "why": WHY, "entry_kind": "prescription"}
    problem(carla.post("amendments/", body), 422, "refused")
    made = done(carla.post("amendments/", {**body, "entry_number": world.sertraline.pk}), 201)
    assert (made["answer"], made["extension"], made["statements"]) == (None, None, [])
    one = f"amendments/{made['id']}"
    problem(carla.post(f"{one}/answer/", DENIED), 403, "not-allowed")
    problem(Api(cast.bo()).post(f"{one}/answer/", DENIED), 403, "not-in-person")
    done(bo.post(f"{one}/answer/", DENIED), 201)
    problem(bo.post(f"{one}/answer/", DENIED), 409, "conflict")
    done(carla.post(f"{one}/disagree/", {"text": "No."}), 201)
    done(bo.post(f"{one}/rebut/", {"text": "Yes."}), 201)
    [shown] = done(carla.get("amendments/?waits=false"))["results"]
    assert shown["answer"]["ground"] == "accurate"
    assert [said["kind"] for said in shown["statements"]] == ["disagreement", "rebuttal"]
