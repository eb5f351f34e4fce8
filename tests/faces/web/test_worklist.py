"""Taking tasks up and closing them, with and without JavaScript."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from medmgmt.worklist import reads
from refills.models import Task
from refills.worklist.tasks import open_task
from tests import factories as cast
from tests.faces.web import reading
from tests.faces.web.world import World

LONG_AGO = cast.LONG_AGO


@pytest.fixture
def task(world: World) -> Task:
    """The task of Carla's tremor, which waits for Dr Adler's role."""
    return Task.objects.get(source_type="side_effect", source_id=str(world.report.pk))


def test_a_task_is_taken_given_back_and_done_with_an_outcome(task: Task, as_adler: Client) -> None:
    as_adler.post(f"/tasks/{task.pk}/claim/", {"version": task.version})
    task.refresh_from_db()
    assert task.claimed_by == cast.adler()
    as_adler.post(f"/tasks/{task.pk}/release/")
    task.refresh_from_db()
    assert task.state == "open"
    closed = as_adler.post(f"/tasks/{task.pk}/done/", {"version": task.version, "outcome": "lithium level ordered"})
    assert closed["Location"] == "/tasks/"
    task.refresh_from_db()
    assert (task.state, task.outcome) == ("done", "lithium level ordered")
    assert "lithium level ordered" in as_adler.get("/tasks/?state=done").content.decode()


def test_a_task_is_not_closed_without_saying_what_came_of_it(task: Task, as_adler: Client) -> None:
    for act in ("done", "cancel"):
        sent_back = as_adler.post(f"/tasks/{task.pk}/{act}/", {"version": task.version})
        assert sent_back.status_code == 422
    task.refresh_from_db()
    assert task.state == "open"


def test_whoever_comes_second_is_told_and_keeps_what_was_typed(task: Task, as_adler: Client, browser: object) -> None:
    other = browser(cast.brandt())  # type: ignore[operator]
    Task.objects.filter(pk=task.pk).update(assignee=None)
    seen = task.version
    other.post(f"/tasks/{task.pk}/claim/", {"version": seen})
    late = as_adler.post(f"/tasks/{task.pk}/claim/", {"version": seen}, follow=True)
    assert "Somebody else has taken or changed this task" in late.content.decode()
    sent_back = as_adler.post(f"/tasks/{task.pk}/done/", {"version": seen, "outcome": "spoke with her"})
    assert sent_back.status_code == 422
    assert "spoke with her" in sent_back.content.decode()


def test_with_htmx_only_the_row_changes(task: Task, as_adler: Client) -> None:
    row = as_adler.post(f"/tasks/{task.pk}/claim/", {"version": task.version}, headers={"HX-Request": "true"})
    text = row.content.decode()
    assert "<html" not in text
    assert "Give back" in text
    again = as_adler.post(f"/tasks/{task.pk}/claim/", {"version": "x"}, headers={"HX-Request": "true"})
    assert "Somebody else has taken or changed this task" in again.content.decode()


def test_overdue_is_said_in_a_word(task: Task, as_adler: Client) -> None:
    Task.objects.filter(pk=task.pk).update(due_at=timezone.now() - timedelta(days=2))
    said = reading.read(as_adler.get("/tasks/").content).said()
    assert "Overdue:" in said
    assert "2 days ago" in said


def test_filters_are_links_that_keep_each_other(task: Task, as_adler: Client) -> None:
    page = as_adler.get("/tasks/?kind=side_effect_review&mine=1")
    assert {row.kind for row in page.context["rows"]} == {"side_effect_review"}
    assert "?kind=side_effect_review&amp;mine=1&amp;state=done" in page.content.decode()


def test_a_filter_that_makes_no_sense_shows_the_list(task: Task, as_adler: Client) -> None:
    for query in ("?state=eaten", "?kind=%00", "?mine=maybe", "?page=-7", "?page=many"):
        assert as_adler.get(f"/tasks/{query}").status_code == 200, query


def test_coming_back_never_leads_to_another_site(task: Task, as_adler: Client) -> None:
    sent = as_adler.post(f"/tasks/{task.pk}/claim/", {"version": task.version, "back": "https://evil.example/"})
    assert sent["Location"] == "/tasks/"
    page = as_adler.get(f"/tasks/{task.pk}/?back=javascript:alert(1)")
    assert "javascript:" not in page.content.decode()


@pytest.mark.parametrize("back", ["x", "tasks", "?a=b", "#x", "\x00", "/\\evil.example"])
def test_a_way_back_that_is_no_address_leads_to_the_list(task: Task, as_adler: Client, back: str) -> None:
    sent = as_adler.post(f"/tasks/{task.pk}/claim/", {"version": task.version, "back": back})
    assert sent["Location"] == "/tasks/"


def test_a_stranger_finds_no_such_task(task: Task, browser: object) -> None:
    dorn = browser(cast.dorn())  # type: ignore[operator]
    assert dorn.get(f"/tasks/{task.pk}/").status_code == 404
    assert dorn.post(f"/tasks/{task.pk}/claim/", {"version": task.version}).status_code == 404


def test_a_task_is_handed_on_put_off_and_written_under(task: Task, as_adler: Client) -> None:
    page = as_adler.get(f"/tasks/{task.pk}/").content.decode()
    assert "Brandt" not in page
    cast.brandt()
    until = f"{timezone.localtime() + timedelta(hours=2):%Y-%m-%dT%H:%M}"
    as_adler.post(f"/tasks/{task.pk}/postpone/", {"version": task.version, "until": until, "why": "She sleeps."})
    written = as_adler.post(f"/tasks/{task.pk}/comment/", {"text": "Called her mother."}, follow=True)
    said = written.content.decode()
    assert "Put off: She sleeps." in said
    assert "Called her mother." in said
    assert "Ben Brandt, psychiatrist" in said
    given = {"version": task.version + 1, "to": f"person:{cast.brandt().pk}", "why": "He knows her."}
    as_adler.post(f"/tasks/{task.pk}/reassign/", given)
    task.refresh_from_db()
    assert task.assignee == cast.brandt()
    refused = as_adler.post(f"/tasks/{task.pk}/reassign/", {"version": 1, "to": f"person:{cast.dorn().pk}"})
    assert refused.status_code == 422
    far = as_adler.post(f"/tasks/{task.pk}/postpone/", {"version": 3, "until": "2031-01-01T10:00", "why": "x"})
    assert far.status_code == 422
    assert "at the latest" in far.content.decode()


def test_several_ticked_tasks_are_worked_at_once_and_each_refusal_is_told(task: Task, as_adler: Client) -> None:
    other = Task.objects.create(kind="other", key="o", role="psychiatrist", due_at=timezone.now(), title="Look")
    ticked = [f"{task.pk}:{task.version}", f"{other.pk}:9", "nonsense", "1:x", "9" * 30 + ":1"]
    told = as_adler.post("/tasks/several/", {"act": "done", "code": "no_change", "task": ticked}, follow=True)
    said = reading.read(told.content).said()
    assert "1 task: done as asked." in said
    assert f"Task {other.pk}: Somebody else has taken or changed this task" in said
    task.refresh_from_db()
    assert task.outcome_code == "no_change"
    assert "notice-stop" in as_adler.post("/tasks/several/", {"act": "claim"}, follow=True).content.decode()
    for act in ("eat", "done", "reassign", "postpone"):
        refused = as_adler.post("/tasks/several/", {"act": act, "task": ticked, "until": "soon"}, follow=True)
        assert "notice-stop" in refused.content.decode(), act


def test_what_was_ticked_and_typed_stays_until_it_is_done(task: Task, as_adler: Client) -> None:
    tick, typed = f"{task.pk}:{task.version}", {"outcome": "Spoke with her.", "back": "/tasks/?late=1"}
    ticked = f'value="{tick}" checked form="several"'
    Task.objects.filter(pk=task.pk).update(due_at=timezone.now() - timedelta(days=1))
    refused = as_adler.post("/tasks/several/", {"act": "reassign", "task": tick, **typed})
    page = as_adler.get(refused["Location"]).content.decode()
    assert (ticked in page, "Spoke with her." in page) == (True, True)
    other = Task.objects.create(kind="other", key="o", role="psychiatrist", due_at=timezone.now(), title="Look")
    mended = {"act": "done", "task": f"{other.pk}:{other.version}", **typed, "back": refused["Location"]}
    page = as_adler.post("/tasks/several/", mended, follow=True).content.decode()
    assert (tick in page, ticked in page, "Spoke with her." in page) == (True, False, False)


def test_the_header_counts_what_waits_what_is_mine_and_what_is_late(task: Task, as_adler: Client) -> None:
    Task.objects.filter(pk=task.pk).update(due_at=timezone.now() - timedelta(days=2), assignee=cast.adler())
    waiting = Task.objects.filter(closed_at=None, role="psychiatrist").count()
    said = reading.read(as_adler.get("/patients/").content).said()
    assert f"{waiting} waiting, " in said
    assert " 1 late" in said


def test_the_list_works_without_javascript_and_its_keys_are_an_outside_file(task: Task, as_adler: Client) -> None:
    page = as_adler.get("/tasks/").content.decode()
    assert 'src="/static/web/keys.js" defer' in page
    assert f'name="task" value="{task.pk}:{task.version}" form="several"' in page
    assert page.count("<script>") == 0
    assert "<dialog" in page


def test_an_absence_is_told_shown_and_withdrawn_on_its_page(world: World, as_bo: Client, as_adler: Client) -> None:
    now = timezone.localtime()
    form = {
        "user": cast.bo().pk,
        "since": f"{now:%Y-%m-%dT%H:%M}",
        "until": f"{now + timedelta(days=2):%Y-%m-%dT%H:%M}",
    }
    assert as_bo.post("/cover/", {**form, "until": "yesterday"}).status_code == 422
    assert as_bo.post("/cover/", {**form, "user": cast.adler().pk}).status_code == 422
    assert as_bo.post("/cover/", form)["Location"] == "/cover/"
    assert "Bo Berg" in as_adler.get("/cover/").content.decode()
    absence = cast.bo().absences.get()
    assert as_adler.post(f"/cover/{absence.pk}/withdraw/").status_code == 403
    as_bo.post(f"/cover/{absence.pk}/withdraw/")
    assert "Nobody is away." in as_adler.get("/cover/").content.decode()
    as_bo.post("/cover/notice/", {"wanted": "0"})
    assert "You get no morning notice." in as_bo.get("/cover/").content.decode()


@pytest.mark.parametrize(("address", "most"), [("/tasks/", 13), ("/tasks/?whose=team&late=1", 13), ("/tasks/late/", 8)])
def test_a_page_asks_as_often_for_eighty_tasks_as_for_one(world: World, as_bo: Client, address: str, most: int) -> None:
    def asked() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert as_bo.get(address).status_code == 200
        return len(seen)

    open_task(kind="other", key="n", role="nurse", patient_id=world.carla.pk, title="Look", due_at=timezone.now())
    asked()
    few = asked()
    for number in range(80):
        patient = cast.patient(f"Q-{number % 20}")
        open_task(kind="other", key=f"n{number}", role="nurse", patient_id=patient.pk, title="Look", due_at=LONG_AGO)
    assert asked() == few <= most


@pytest.mark.sqlite
def test_the_list_is_read_in_the_order_of_its_index(world: World) -> None:
    rows = reads.worklist(cast.bo(), whose="team")[:50]
    plan = rows.explain()
    assert "USING INDEX tasks_that_are_live" in plan
    assert "USE TEMP B-TREE FOR ORDER BY" not in plan


def test_a_task_that_changed_since_the_page_was_read_is_not_taken_unseen(task: Task, as_adler: Client) -> None:
    told = as_adler.post(f"/tasks/{task.pk}/claim/", {"version": task.version + 1}, follow=True)
    assert "notice-stop" in told.content.decode()
    task.refresh_from_db()
    assert task.state == "open"
