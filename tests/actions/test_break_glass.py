"""A chart opened in an emergency: one chart, one person, a while, for reading and recording, seen and judged."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone

from medmgmt import people
from medmgmt.actions import break_glass, observing, prescribing
from medmgmt.record import access
from medmgmt.record.errors import Conflict, NoSuchPatient, NotAllowed, Refused
from medmgmt.record.models import AuditEntry, BreakGlass, Role, User
from medmgmt.worklist import duty, reads
from refills.models import Task
from refills.worklist import escalation
from tests import factories
from tests.faces import world as worlds

pytestmark = pytest.mark.django_db
WHY = "Found unconscious at the station, needs her medicines."


def opened(by: User | None = None, **told: Any) -> BreakGlass:
    return break_glass.open_chart(by or factories.dorn(), reason=WHY, **(told or {"mrn": factories.carla().mrn}))


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def sees(by: User) -> bool:
    try:
        access.patient_for(by, "view_chart", factories.carla().pk)
    except NoSuchPatient:
        return False
    return True


def test_a_chart_opened_in_an_emergency_opens_until_its_time_and_not_a_minute_longer() -> None:
    dorn, start = factories.dorn(), timezone.now()
    factories.carla()
    with time_machine.travel(start, tick=False):
        assert not sees(dorn)
        assert opened().until == start + timedelta(hours=4)
        assert sees(dorn)
    with time_machine.travel(start + timedelta(hours=3, minutes=59), tick=False):
        assert sees(dorn)
    with time_machine.travel(start + timedelta(hours=4), tick=False):
        assert not sees(dorn)


def test_the_site_says_how_long(settings: Any) -> None:
    settings.BREAK_GLASS_HOURS = 1
    made = opened()
    assert made.until - made.opened_at == timedelta(hours=1)


def test_it_is_found_by_name_and_birth_date_too_and_only_by_all_of_them() -> None:
    carla = factories.carla()
    told = {"given_name": "carla", "family_name": "CASTILLO", "birth_date": carla.birth_date}
    for wrong in ({"family_name": "Castill"}, {"birth_date": None}, {"birth_date": carla.birth_date.replace(day=1)}):
        with pytest.raises(Refused):
            opened(**{**told, **wrong})
    with pytest.raises(Refused):
        opened(mrn=carla.mrn, given_name="Sam", family_name="Stein")
    assert opened(**told).patient == carla


def test_two_of_one_name_and_birth_date_sound_like_nobody() -> None:
    carla = factories.carla()
    factories.patient("C-2", given_name="Carla", family_name="Castillo", birth_date=carla.birth_date)
    with pytest.raises(Refused) as two:
        opened(given_name="Carla", family_name="Castillo", birth_date=carla.birth_date)
    with pytest.raises(Refused) as nobody:
        opened(mrn="no-such-number")
    assert str(two.value) == str(nobody.value)
    assert not BreakGlass.objects.exists()


def test_another_patient_stays_closed_and_so_does_the_chart_for_another_person() -> None:
    opened()
    pat = factories.patient("P-3", given_name="Pat", family_name="Park")
    with pytest.raises(NoSuchPatient):
        access.patient_for(factories.dorn(), "view_chart", pat.pk)
    assert not sees(factories.member("nora", Role.NURSE, factories.team("Hillside")))


def test_who_looks_after_the_patient_never_needs_it() -> None:
    factories.carla()
    with pytest.raises(Refused, match="in your care"):
        opened(factories.adler())


@pytest.mark.parametrize("who", [factories.admin, factories.carla_user, factories.olga])
def test_neither_patients_nor_administrators_nor_the_privacy_officer_open_a_chart(who: Any) -> None:
    person = who()
    with pytest.raises(NotAllowed):
        opened(person)


@pytest.mark.parametrize("reason", ["", "   ", "x", "emergency"])
def test_a_reason_is_a_sentence(reason: str) -> None:
    with pytest.raises(Refused):
        break_glass.open_chart(factories.dorn(), mrn=factories.carla().mrn, reason=reason)


def test_a_second_time_while_it_runs_is_refused_and_extends_nothing() -> None:
    first = opened()
    with pytest.raises(Refused, match="already"):
        opened()
    assert list(BreakGlass.objects.values_list("until", flat=True)) == [first.until]


def test_after_it_was_ended_the_chart_is_closed_and_may_be_opened_again_for_a_new_reason() -> None:
    dorn = factories.dorn()
    break_glass.end(dorn, opened().pk)
    assert not sees(dorn)
    with pytest.raises(Conflict):
        break_glass.end(dorn, BreakGlass.objects.get().pk)
    opened()
    assert sees(dorn)
    assert Task.objects.filter(kind="break_glass").count() == 2


def test_reading_and_recording_is_allowed_and_signing_is_not() -> None:
    world = worlds.build()
    dorn = factories.dorn()
    opened(dorn)
    observing.record_observation(
        dorn, world.patient.pk, code="weight", value=worlds.Decimal(70), observed_at=timezone.now()
    )
    with pytest.raises(NotAllowed):
        prescribing.sign(dorn, world.ids["change_id"])
    with pytest.raises(NotAllowed), transaction.atomic():
        access.patient_for(dorn, "propose", world.patient.pk, lock=True)


def test_the_site_may_allow_signing(settings: Any) -> None:
    settings.BREAK_GLASS_SIGN = True
    world = worlds.build()
    opened()
    prescribing.sign(factories.dorn(), world.ids["change_id"])
    with pytest.raises(NotAllowed), transaction.atomic():
        access.patient_for(factories.dorn(), "merge_charts", world.patient.pk, lock=True)


def test_each_read_and_write_is_marked_and_the_teams_own_are_not() -> None:
    carla, dorn = factories.carla(), factories.dorn()
    opening = opened(dorn)
    access.patient_for(dorn, "view_chart", carla.pk)
    observing.record_encounter(dorn, carla.pk, kind="phone", on=carla.today(timezone.now()))
    access.patient_for(factories.adler(), "view_chart", carla.pk)
    rows = AuditEntry.objects.filter(patient=carla).order_by("seq")
    assert [(one.act, one.actor_name, one.detail.get("break_glass")) for one in rows] == [
        ("break_glass", "dorn", None),
        ("view_chart", "dorn", opening.pk),
        ("record_encounter", "dorn", opening.pk),
        ("view_chart", "adler", None),
    ]
    assert rows[0].why == WHY


def test_no_list_search_worklist_or_notice_of_the_persons_fills_with_it() -> None:
    world, dorn = worlds.build(), factories.dorn()

    def lists() -> list[Any]:
        return [
            list(people.patients(dorn, search="Castillo")),
            list(reads.worklist(dorn, whose="team")),
            reads.task_counts(dorn),
            signed_in(dorn).get("/").context["patients_count"],
            signed_in(dorn).get("/api/proposals/").json()["results"],
        ]

    before = lists()
    opened(dorn)
    assert lists() == before
    assert not access.people_of(world.patient.pk, "sign").filter(pk=dorn.pk).exists()
    assert not access.cares_for(dorn, world.patient.pk)


def test_the_task_is_the_privacy_officers_and_closes_by_a_judgement_alone() -> None:
    olga, dorn = factories.olga(), factories.dorn()
    opening = opened(dorn)
    task = Task.objects.get(kind="break_glass")
    assert (task.role, task.patient_id, task.is_live) == ("privacy_officer", None, True)
    with pytest.raises(Refused, match="still open"):
        break_glass.judge(olga, opening.pk, verdict="appropriate", note="Fine.")
    break_glass.end(olga, opening.pk)
    with pytest.raises(Refused):
        break_glass.judge(olga, opening.pk, verdict="appropriate", note="  ")
    for other in (factories.admin(), dorn, factories.adler()):
        with pytest.raises(NotAllowed):
            break_glass.judge(other, opening.pk, verdict="appropriate", note="Fine.")
    break_glass.judge(olga, opening.pk, verdict="not_appropriate", note="Nobody was ill.")
    task.refresh_from_db()
    assert (task.state, task.closed_by_id) == ("done", olga.pk)
    with pytest.raises(Conflict):
        break_glass.judge(olga, opening.pk, verdict="appropriate", note="On second thoughts.")


def test_where_there_is_no_privacy_officer_an_administrator_judges() -> None:
    opening = opened()
    break_glass.end(factories.dorn(), opening.pk)
    break_glass.judge(factories.admin(), opening.pk, verdict="appropriate", note="Fine.")
    assert not Task.objects.get(kind="break_glass").is_live


def test_clinicians_see_nothing_of_the_task_however_late_it_is() -> None:
    opened()
    task = Task.objects.get(kind="break_glass")
    Task.objects.update(due_at=timezone.now() - timedelta(days=9), escalate_at=timezone.now() - timedelta(days=1))
    for _level in range(3):
        escalation.escalate(timezone.now() + timedelta(days=30))
    duty.keep_worklist()
    for who in (factories.adler(), factories.bo(), factories.pia()):
        assert task not in reads.worklist(who, whose="team")
        assert signed_in(who).get(f"/tasks/{task.pk}/").status_code == 404
        for act in ("claim", "done", "cancel", "comment"):
            signed_in(who).post(f"/tasks/{task.pk}/{act}/", {"version": 1, "why": "x", "outcome": "x", "text": "x"})
    task.refresh_from_db()
    assert (task.is_live, task.claimed_by_id, task.comments.count()) == (True, None, 0)


@pytest.mark.page
def test_by_page_the_chart_opens_with_its_banner_and_closes_with_one_click() -> None:
    client, carla = signed_in(factories.dorn()), factories.carla()
    chart = f"/patients/{carla.pk}/"
    assert client.get(chart).status_code == 404
    shown = client.get("/emergency/").content.decode()
    assert "Castillo" not in shown
    answer = client.post("/emergency/", {"mrn": carla.mrn, "reason": WHY})
    assert (answer.status_code, answer.url) == (302, chart)
    opening = BreakGlass.objects.get()
    for page in (chart, f"{chart}screening/", f"{chart}side-effects/new/", f"{chart}visits/new/"):
        body = client.get(page).content.decode()
        assert "Open to you in an emergency" in body, page
        assert f"/emergency/{opening.pk}/end/" in body, page
    assert "New medicine" not in client.get(chart).content.decode()
    client.post(f"/emergency/{opening.pk}/end/")
    assert client.get(chart).status_code == 404
    assert "Open to you in an emergency" not in signed_in(factories.adler()).get(chart).content.decode()


@pytest.mark.page
def test_unknown_and_ambiguous_people_get_one_answer_by_page_and_api() -> None:
    client = signed_in(factories.dorn())
    factories.carla()
    page = client.post("/emergency/", {"mrn": "nobody", "reason": WHY})
    assert page.status_code == 422
    assert "no single chart" in page.content.decode()
    api = client.post("/api/break-glass/", {"mrn": "nobody", "reason": WHY}, content_type="application/json")
    assert (api.status_code, api.json()["type"]) == (422, "/problems/refused")


def test_by_api_the_door_opens_after_the_explicit_act_alone() -> None:
    client, carla = signed_in(factories.dorn()), factories.carla()
    chart = f"/api/patients/{carla.pk}/"
    assert client.get(chart).status_code == 404
    said = {"mrn": carla.mrn, "reason": WHY}
    made = client.post("/api/break-glass/", said, content_type="application/json")
    assert made.status_code == 201
    assert client.get(chart).status_code == 200
    number = made.json()["id"]
    assert [one["id"] for one in client.get("/api/break-glass/").json()["results"]] == [number]
    assert client.post(f"/api/break-glass/{number}/end/", {}, content_type="application/json").status_code == 200
    assert client.get(chart).status_code == 404


@pytest.mark.page
@pytest.mark.parametrize(("shown", "words"), [(False, "Because of an emergency"), (True, WHY)])
def test_the_patient_reads_who_opened_their_record(settings: Any, shown: bool, words: str) -> None:
    settings.BREAK_GLASS_REASON_SHOWN = shown
    client = signed_in(factories.carla_user())
    assert "in an emergency" not in client.get("/my/").content.decode()
    opened()
    body = client.get("/my/").content.decode()
    assert words in body
    assert "Dirk Dorn" in body
    assert (WHY in body) is shown
    client.cookies["django_language"] = "es"
    assert "Quién abrió su historial en una emergencia" in client.get("/my/").content.decode()


@pytest.mark.page
def test_the_privacy_officer_sees_every_opening_and_judges_it_and_each_look_is_on_record() -> None:
    opening, client = opened(), signed_in(factories.olga())
    body = client.get("/emergency/openings/").content.decode()
    assert WHY in body
    assert AuditEntry.objects.filter(act="list_break_glass", patient=factories.carla()).exists()
    break_glass.end(factories.dorn(), opening.pk)
    assert client.get(f"/emergency/{opening.pk}/judge/").status_code == 200
    client.post(f"/emergency/{opening.pk}/judge/", {"verdict": "appropriate", "note": "She was in danger."})
    assert "She was in danger." in client.get("/emergency/openings/").content.decode()
    assert not Task.objects.get(kind="break_glass").is_live


def test_somebody_who_no_longer_works_here_has_nothing_open() -> None:
    dorn = factories.dorn()
    opened(dorn)
    dorn.is_active = False
    dorn.save()
    with pytest.raises(NotAllowed):
        access.patient_for(dorn, "view_chart", factories.carla().pk)
