"""Who gets a whole chart as a file: team and privacy officer with a reason, the patient their own; nobody else."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from medmgmt.actions import break_glass, exporting, part2
from medmgmt.record import part2 as door_of_part2
from medmgmt.record.errors import NoSuchPatient, NotAllowed, Refused, TooSoon
from medmgmt.record.models import AuditEntry, CareAssignment, Disclosure, Role, User
from tests import factories as cast
from tests.faces.api.client import Api, problem
from tests.faces.web import world as worlds

pytestmark = pytest.mark.django_db
WHY = "The court asked for it."
ASKED = {"form": "json", "reason": WHY}


def whole(response: Any) -> dict[str, Any]:
    """The document that was sent piece by piece."""
    assert response.status_code == 200
    assert response.streaming
    told: dict[str, Any] = json.loads(b"".join(response))
    return told


def left() -> list[tuple[str, str, dict[str, object]]]:
    """Who let charts leave, why, and as what."""
    found = AuditEntry.objects.filter(act="export_chart").order_by("pk")
    return list(found.values_list("actor_name", "why", "detail"))


def address() -> str:
    return f"/patients/{cast.carla().pk}/export/"


def test_the_nurse_exports_a_chart_from_its_page_and_the_trail_says_why(as_bo: Client, world: worlds.World) -> None:
    assert address() in as_bo.get(f"/patients/{world.carla.pk}/").content.decode()
    response = as_bo.post(address(), ASKED)
    told = whole(response)
    assert told["identity"][0]["mrn"] == world.carla.mrn
    assert told["reason"] == WHY
    assert "C-1001" not in response.headers["Content-Disposition"]
    assert left() == [("bo", WHY, {"form": "json"})]


def test_a_pdf_comes_as_one(as_bo: Client, world: worlds.World) -> None:
    response = as_bo.post(address(), {**ASKED, "form": "pdf"})
    assert response.headers["Content-Type"] == "application/pdf"
    assert b"".join(response).startswith(b"%PDF-")


@pytest.mark.parametrize("reason", ["", "   ", "court"])
def test_without_a_reason_that_can_be_understood_nothing_leaves(
    as_bo: Client, world: worlds.World, reason: str
) -> None:
    response = as_bo.post(address(), {**ASKED, "reason": reason})
    assert response.status_code == 422
    assert left() == []


def test_a_patient_downloads_their_own_record_without_a_reason_and_nobody_elses(
    as_carla: Client, world: worlds.World
) -> None:
    assert "/my/record/" in as_carla.get("/my/").content.decode()
    assert whole(as_carla.post("/my/record/", {"form": "json"}))["identity"][0]["id"] == world.carla.pk
    other = cast.patient("P-9", given_name="Pat", family_name="Park")
    with pytest.raises(NoSuchPatient):
        exporting.export_chart(cast.carla_user(), other.pk, form="json")
    assert [who for who, _why, _detail in left()] == ["carla"]


def test_the_privacy_officer_exports_by_number_and_opens_no_chart(
    browser: Callable[[User], Client], world: worlds.World
) -> None:
    olga = browser(cast.olga())
    told = whole(olga.post("/exports/", {**ASKED, "mrn": " c-1001 "}))
    assert told["identity"][0]["mrn"] == "C-1001"
    assert olga.post("/exports/", {**ASKED, "mrn": "C-1"}).status_code == 404
    assert olga.get(f"/patients/{world.carla.pk}/").status_code == 403


def test_a_stranger_gets_nothing_also_with_the_chart_open_in_an_emergency(
    browser: Callable[[User], Client], world: worlds.World
) -> None:
    dorn = cast.dorn()
    assert browser(dorn).post(address(), ASKED).status_code == 404
    break_glass.open_chart(dorn, mrn="C-1001", reason="Found unconscious.")
    assert browser(dorn).post(address(), ASKED).status_code == 403
    with pytest.raises(NotAllowed):
        exporting.export_chart(dorn, world.carla.pk, form="json", reason=WHY)
    assert left() == []


def test_an_old_proof_is_asked_for_again_and_then_the_file_comes(
    as_bo: Client, world: worlds.World, time_machine: Any
) -> None:
    time_machine.move_to(timezone.now() + timedelta(minutes=settings.CONFIRM_MINUTES + 1), tick=False)
    asked = as_bo.post(address(), ASKED)
    assert asked.status_code == 403
    assert "proof_password" in asked.content.decode()
    assert left() == []
    bo = cast.bo()
    bo.set_password("a-long-one-of-bo")
    bo.save()
    again = Client()
    again.force_login(bo, backend=settings.AUTHENTICATION_BACKENDS[-1])
    time_machine.move_to(timezone.now() + timedelta(minutes=settings.CONFIRM_MINUTES + 1), tick=False)
    whole(again.post(address(), {**ASKED, "proof_password": "a-long-one-of-bo"}))
    assert len(left()) == 1


def test_after_so_many_within_an_hour_it_has_to_wait_and_others_do_not(
    world: worlds.World, settings: Any, time_machine: Any
) -> None:
    settings.EXPORTS_PER_HOUR = 2
    bo = cast.bo()
    for _one in range(2):
        exporting.export_chart(bo, world.carla.pk, form="json", reason=WHY)
    with pytest.raises(TooSoon, match="Enough records"):
        exporting.export_chart(bo, world.carla.pk, form="json", reason=WHY)
    exporting.export_chart(cast.adler(), world.carla.pk, form="json", reason=WHY)
    time_machine.move_to(timezone.now() + timedelta(hours=1, seconds=1), tick=False)
    exporting.export_chart(bo, world.carla.pk, form="json", reason=WHY)
    assert len(left()) == 4


def test_the_api_gives_the_same_by_session_and_to_no_token(world: worlds.World) -> None:
    path = f"patients/{world.carla.pk}/export"
    told = whole(Api.in_person(cast.bo()).post(path, {"reason": WHY}))
    assert told["complete"] is True
    problem(Api(cast.bo()).post(path, {"reason": WHY}), 403, "not-in-person")
    problem(Api.in_person(cast.bo()).post(path, {}), 422, "refused")
    problem(Api.in_person(cast.dorn()).post(path, {"reason": WHY}), 404, "not-found")


def test_what_a_part_2_programme_prescribes_leaves_with_consent_and_its_notice_or_nothing_leaves(
    world: worlds.World,
) -> None:
    team = cast.team("Lighthouse")
    otto = cast.member("otto", Role.PSYCHIATRIST, team)
    CareAssignment.objects.create(patient=world.carla, team=team, since=cast.LONG_AGO)
    programme = part2.mark_programme(cast.admin(), team_id=team.pk, phone="+1 555 0142")
    cast.prescription(drug_name="buprenorphine", programme=programme)
    for outside in (cast.bo(), cast.olga()):
        with pytest.raises(Refused, match=r"call the programme: \+1 555 0142"):
            exporting.export_chart(outside, world.carla.pk, form="json", reason=WHY)
    assert left() == []
    assert exporting.export_chart(cast.carla_user(), world.carla.pk, form="json").notices == ()
    assert exporting.export_chart(otto, world.carla.pk, form="json", reason=WHY).notices == (door_of_part2.NOTICE,)
    assert not Disclosure.objects.exists()
    today = world.carla.today(timezone.now())
    part2.give_consent(otto, world.carla.pk, recipient="treating", purpose="care", given_on=today - timedelta(1),
                       until=today + timedelta(5))  # fmt: skip
    assert exporting.export_chart(cast.bo(), world.carla.pk, form="json", reason=WHY).notices == (door_of_part2.NOTICE,)
    assert Disclosure.objects.get().to == cast.bo()
