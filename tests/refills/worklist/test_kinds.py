"""The one table of what opens a task: every row is whole, is used, and can be told from every other by its key."""

import re
from itertools import combinations
from pathlib import Path

import pytest
from django.utils import translation

from refills.models import HIGHEST_LEVEL, Task, TaskKind
from refills.worklist import kinds, service_levels, tasks
from refills.worklist.kinds import TABLE, Closes, Occasion

ROOT = Path(__file__).resolve().parents[3]
CODE = {
    path: path.read_text(encoding="utf-8") for room in ("medmgmt", "refills") for path in (ROOT / room).rglob("*.py")
}
BY_NO_ACT = {TaskKind.MONITORING_DUE, TaskKind.INJECTION_DUE, TaskKind.OTHER}
"""Kinds that the demo's table alone opens, in words of its own."""
BY_THE_SAME_KEY = {("NOT_ARRIVED", "MAY_HAVE_ARRIVED"), ("OWN_ADDRESS_FAILS", "NOTICE_LOST")}
"""What is known of the same message in two ways opens one task, whichever comes first."""
EACH = pytest.mark.parametrize("row", [pytest.param(row, id=name) for name, row in TABLE.items()])


def test_every_kind_of_task_has_a_row_but_those_that_the_demo_alone_opens() -> None:
    assert {row.kind for row in TABLE.values()} == set(TaskKind) - BY_NO_ACT
    assert len(TABLE) == 37


@EACH
def test_a_row_says_everything(row: Occasion) -> None:
    assert row.kind in TaskKind
    assert row.role in (*service_levels.ROLES, kinds.ASSIGNEE, kinds.PRIVACY_OFFICER)
    assert row.key.count("{}") >= 1
    assert re.fullmatch(r"[a-z0-9_-]+[:|]", row.begins) or row.begins.count("|") == 2
    assert isinstance(row.closes, Closes)
    assert 0 < len(str(row.title)) <= Task._meta.get_field("title").max_length


@EACH
def test_a_row_has_a_service_level_of_its_own_and_a_chain(row: Occasion) -> None:
    level = service_levels.levels().of(row.kind, row.case)
    assert (level.kind, level.case) == (row.kind, row.case or service_levels.EVERY_CASE)
    assert len(level.chain) == HIGHEST_LEVEL


@pytest.mark.parametrize("name", TABLE)
def test_a_row_is_used_by_somebody(name: str) -> None:
    """So that none is kept for nothing."""
    assert [path for path, text in CODE.items() if re.search(rf"\bkinds\.{name}\b", text)]


def test_nobody_else_opens_tasks_but_the_demo() -> None:
    by_hand = [
        str(path.relative_to(ROOT))
        for path, text in CODE.items()
        if re.search(r"\bopen_task\(\s*kind=|\bTask\(\s*kind=", text) and path != Path(tasks.__file__)
    ]
    assert by_hand == ["medmgmt/demo/seeding.py"]


def test_no_two_rows_make_the_same_key_but_those_about_one_message() -> None:
    alike = {
        (one, other)
        for one, other in combinations(TABLE, 2)
        if TABLE[one].key_of(*"wxyz") == TABLE[other].key_of(*"wxyz")
    }
    assert alike == BY_THE_SAME_KEY
    for one, other in combinations({row.begins: row.kind for row in TABLE.values()}.items(), 2):
        assert not (one[0].startswith(other[0]) or other[0].startswith(one[0])) or one[1] == other[1]


def test_a_title_is_said_in_the_language_in_use_when_the_task_is_opened() -> None:
    with translation.override("es"):
        said = tasks.task_for(kinds.REFILL_ASKED, 7, key="k").title
    assert said == "Reposición solicitada"
    assert tasks.task_for(kinds.REFILL_ASKED, 7, key="k").title == "Refill asked for"


@EACH
def test_only_evidence_closes_what_says_so(row: Occasion) -> None:
    """Whoever opens one that words could close, though its row says evidence, is refused; and the other way round."""
    with_evidence = {"closes_on": "observation:lithium_level"}
    if row.closes != Closes.PROMISE:
        with pytest.raises(ValueError, match="is closed by"):
            tasks.task_for(row, 1, key="k", **({} if row.closes == Closes.EVIDENCE else with_evidence))  # type: ignore[arg-type]
    right = with_evidence if row.closes == Closes.EVIDENCE else {}
    assert tasks.task_for(row, 1, key="k", **right).kind == row.kind  # type: ignore[arg-type]


@pytest.mark.django_db
def test_what_the_table_says_stands_in_the_task_unless_the_caller_says_otherwise() -> None:
    usual = tasks.open_for(kinds.RULE_PROPOSED, 5)
    assert (usual.kind, usual.key, usual.role) == ("knowledge_change", "local-change:5", "pharmacist")
    assert (usual.source_type, usual.source_id) == ("local_change", "5")
    assert usual.title == "A change of what the knowledge says here waits for a second person"
    other = tasks.open_for(kinds.RULE_PROPOSED, 6, role="psychiatrist", source=("x", 1))
    assert (other.role, other.source_type, other.source_id) == ("psychiatrist", "x", "1")


@pytest.mark.django_db
def test_the_same_event_opens_one_task() -> None:
    first = tasks.open_for(kinds.RULE_PROPOSED, 5)
    assert tasks.open_for(kinds.RULE_PROPOSED, 5) == first
    assert tasks.open_tasks([tasks.task_for(kinds.RULE_PROPOSED, number) for number in (5, 6)]) == 1


@pytest.mark.django_db
def test_case_and_urgency_of_a_row_choose_its_service_level() -> None:
    suspended = tasks.open_for(kinds.RULE_SUSPENDED, 5, key="a")
    proposed = tasks.open_for(kinds.RULE_PROPOSED, 5)
    assert (suspended.service_case, suspended.priority) == ("suspended", 1)
    assert (proposed.service_case, proposed.priority) == ("*", 3)
    assert tasks.open_for(kinds.NOT_ARRIVED, 5, patient_id=None).service_case == "2"
