"""The page of a drug: what the rules in use say of it, reviewed row by row; no patient stands on it."""

import re
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.test import Client

from interactions import evidence, releases
from interactions.models import ReleaseDrug, RowVerdict
from medmgmt.actions import evidence as acts
from refills.models import Task
from tests import factories as cast
from tests import shipped_knowledge
from tests.faces.web.world import World

pytestmark = pytest.mark.page
ASK = "/knowledge/drugs/"


@pytest.fixture
def pia(world: World, browser: object) -> Client:
    return browser(cast.pia())  # type: ignore[operator,no-any-return]


def address_of(pia: Client, name: str) -> str:
    """Where a search for the name leads to first."""
    found = re.search(r'href="(/knowledge/drugs/\d+/)"', pia.post(ASK, {"q": name}, follow=True).content.decode())
    assert found is not None, name
    return found[1]


def row_of(key: str, drug: str = "tramadol") -> evidence.Row:
    """The row of this key, as it is in use."""
    return next(row for row in evidence.about(evidence.in_use()[0], drug) if row.key == key)


def said(row: evidence.Row, verdict: str, remark: str = "") -> dict[str, str]:
    """What a form of the row sends."""
    return {"table": row.table, "key": row.key, "sha256": row.sha256, "verdict": verdict, "remark": remark}


def test_a_brand_leads_to_everything_that_names_the_drug_or_its_classes(pia: Client, world: World) -> None:
    page = pia.get(address_of(pia, "Ultram")).content.decode()
    assert "<h1>tramadol</h1>" in page
    for part in ("PR072", 'id="table-drugs"', 'id="table-drug_sets"', 'id="table-dosing_rules"', "textbook"):
        assert part in page, part
    assert "PR072" not in pia.get(address_of(pia, "metformin")).content.decode()
    assert "No drug of the rules in use" in pia.post(ASK, {"q": "zzzzqq"}, follow=True).content.decode()
    assert world.carla.family_name not in page


def test_a_row_is_reviewed_by_name_and_day_and_that_is_taken_back(pia: Client) -> None:
    address, row = address_of(pia, "tramadol"), row_of("PR072")
    assert not re.search(r"reviewed by [^<]*Pia", pia.get(address).content.decode())
    page = pia.post(address, said(row, "reviewed"), follow=True).content.decode()
    assert re.search(r"reviewed by [^<]*Pia", page)
    assert pia.post(address, said(row, "reviewed")).status_code == 422, "it is so already"
    page = pia.post(address, said(row, "taken_back"), follow=True).content.decode()
    assert not re.search(r"reviewed by [^<]*Pia", page)
    assert evidence.verdicts() == {}
    assert pia.post(address, said(row, "taken_back")).status_code == 422
    assert RowVerdict.objects.count() == 2


def test_an_objection_needs_words_and_opens_a_task_that_leads_to_the_page(pia: Client) -> None:
    address, row = address_of(pia, "tramadol"), row_of("PR072")
    assert pia.post(address, said(row, "objection", " ")).status_code == 422
    assert not RowVerdict.objects.exists()
    pia.post(address, said(row, "objection", "Too loud."))
    task = Task.objects.get(key__startswith="row-objected:")
    assert (task.role, task.state, task.detail) == ("pharmacist", "open", "pair_rules, PR072: Too loud.")
    assert f'href="{address}"' in pia.get(f"/tasks/{task.pk}/").content.decode()
    pia.post(address, said(row, "reviewed"))
    task.refresh_from_db()
    assert task.state == "cancelled"


def test_a_row_that_says_something_else_by_now_is_not_signed(pia: Client) -> None:
    address, row = address_of(pia, "tramadol"), row_of("PR072")
    again = pia.post(address, {**said(row, "objection", "As typed."), "sha256": "0" * 64})
    assert again.status_code == 422
    assert "says something else by now" in again.content.decode()
    assert not RowVerdict.objects.exists()


def test_in_the_next_release_an_edited_row_is_unreviewed_and_the_others_keep_their_verdict(pia: Client) -> None:
    drug = ReleaseDrug.objects.get(name="tramadol").pk
    for key in ("PR072", "tramadol"):
        acts.judge_row(cast.pia(), drug, **said(row_of(key), "reviewed"))
    tables = shipped_knowledge.tables()
    rules = tuple(replace(rule, onset="At once") if rule.rule_id == "PR072" else rule for rule in tables.rules)
    about = replace(shipped_knowledge.about(), version="next")
    made = releases.keep_rules(about, replace(tables, rules=rules), {"made.csv": "5" * 64})
    releases.activate(made.pk, by_id=None)
    held = evidence.verdicts()
    assert row_of("PR072").sha256 not in held
    assert row_of("tramadol").sha256 in held
    page = pia.get(f"{ASK}{drug}/").content.decode()
    assert "<ins>At once</ins>" in page, "the number of an older release leads to what is in use"
    assert "1 row differs from" in page


def test_who_reads_knowledge_reads_it_and_only_a_pharmacist_judges(pia: Client, browser: object) -> None:
    address, row = address_of(pia, "tramadol"), row_of("PR072")
    adler = browser(cast.adler())  # type: ignore[operator]
    assert "Object" not in adler.get(address).content.decode()
    assert adler.post(address, said(row, "reviewed")).status_code == 403
    assert browser(cast.carla_user()).get(address).status_code == 403  # type: ignore[operator]
    assert pia.get(f"{ASK}999999/").status_code == 404


def test_one_command_says_what_is_textbook_what_is_verified_and_what_nobody_reviewed(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    drug = ReleaseDrug.objects.get(name="tramadol").pk
    acts.judge_row(cast.pia(), drug, **said(row_of("PR072"), "reviewed"))
    call_command("knowledge_status", drug="Ultram")
    told = capsys.readouterr().out
    assert "not reviewed: pair_rules PR072" not in told
    assert "not reviewed: drugs tramadol [textbook]" in told
    assert "not reviewed: drugs selegiline" not in told, "another drug's own row only mentions it"
    heads = "table rows verified textbook other reviewed objection unreviewed"
    lines = [line.split() for line in told.splitlines()]
    assert heads.split() in lines
    together = next(line for line in lines if line[0] == "together")
    assert together[5:7] == ["1", "0"]
    assert int(together[1]) == int(together[7]) + 1
    call_command("knowledge_status")
    assert int(next(x for x in capsys.readouterr().out.splitlines() if x.startswith("together")).split()[1]) > 4000
