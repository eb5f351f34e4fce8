"""A local rule whose cases fail cannot go live: not when it is approved, not on its day, not beside a new release."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from interactions import library, releases
from interactions.errors import CasesFailed, NotARule
from interactions.models import LocalChange, LocalState, Release, RescreenRun
from medmgmt.actions import knowledge as actions_knowledge
from medmgmt.actions import rescreening
from medmgmt.knowledge import previews
from medmgmt.record.models import AuditEntry, Role
from refills.models import Task, TaskKind, TaskState
from tests import factories, switching
from tests.actions import orders
from tests.actions.test_knowledge import new_rule, said
from tests.actions.test_rescreening import LAMOTRIGINE, METFORMIN, both, licensed

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]
PAIR = f"{LAMOTRIGINE},{METFORMIN},"


@pytest.fixture(autouse=True)
def _nothing_waits(knowledge: None) -> None:
    rescreening.work()


def live(**values: Any) -> LocalChange:
    """A rule of the clinic's own, in use: lamotrigine with metformin is moderate, and nothing is louder."""
    wanted = {"severity": "moderate", "cases": ["lamotrigine + metformin => moderate"]}
    change = new_rule(**{**wanted, **values})
    return actions_knowledge.approve(factories.adler(), change.pk)


def louder(folder: Path) -> Release:
    """A table beside which the case fails: it says contraindicated."""
    return licensed(folder, "1", f"{PAIR}Contraindicated")


def test_activating_a_release_suspends_a_local_rule_whose_case_now_fails_and_tells_the_pharmacist(
    tmp_path: Path,
) -> None:
    change, untouched = live(), live(a="lisinopril", b="metformin", cases=["lisinopril + metformin => moderate"])
    release = louder(tmp_path)
    actions_knowledge.activate(factories.pia(), release.pk)
    change.refresh_from_db()
    untouched.refresh_from_db()
    assert (change.state, untouched.state) == (LocalState.SUSPENDED, LocalState.APPROVED)
    assert "expected moderate, found contraindicated by Licensed" in change.decided_why
    task = Task.objects.get(kind=TaskKind.KNOWLEDGE_CHANGE, key__startswith="local-rule:")
    assert (task.role, task.priority, task.source_id, task.patient) == (Role.PHARMACIST, 1, str(change.pk), None)
    assert "found contraindicated" in task.detail
    assert "lamotrigine" not in task.title
    assert release.pk in [one.pk for one in releases.active()]
    assert not any("Two cases here." in str(one) for one in said("lamotrigine", "metformin"))
    assert AuditEntry.objects.get(act="activate_release").detail["suspended_rules"] == [change.pk]


def test_the_release_and_what_it_suspends_are_one_change_and_one_rescreening(tmp_path: Path) -> None:
    live()
    rescreening.work()
    both(factories.carla())
    runs = RescreenRun.objects.count()
    actions_knowledge.activate(factories.pia(), louder(tmp_path).pk)
    assert RescreenRun.objects.count() == runs + 1
    run = RescreenRun.objects.latest("id")
    assert run.after == sorted(one.pk for one in releases.active())


def test_the_preview_says_which_local_rules_would_be_suspended(tmp_path: Path) -> None:
    change = live()
    seen = previews.preview_of(factories.pia(), louder(tmp_path).pk, active=True)
    assert [one["change"] for one in seen.suspended] == [change.pk]
    assert "found contraindicated" in str(seen.suspended[0]["why"])
    change.refresh_from_db()
    assert change.state == LocalState.APPROVED


def test_a_suspended_rule_comes_back_only_when_its_cases_pass_and_a_second_person_says_so(tmp_path: Path) -> None:
    change, release = live(), louder(tmp_path)
    actions_knowledge.activate(factories.pia(), release.pk)
    with pytest.raises(CasesFailed):
        actions_knowledge.approve(factories.adler(), change.pk)
    switching.out_of_use(release.pk)
    change.refresh_from_db()
    assert change.state == LocalState.SUSPENDED, "a person decides"
    with pytest.raises(NotARule, match="second person"):
        actions_knowledge.approve(factories.pia(), change.pk)
    actions_knowledge.approve(factories.adler(), change.pk)
    assert [one["severity"] for one in said("lamotrigine", "metformin")] == ["moderate"]


def test_a_suspended_rule_can_be_ended(tmp_path: Path) -> None:
    change = live()
    actions_knowledge.activate(factories.pia(), louder(tmp_path).pk)
    assert actions_knowledge.end(factories.pia(), change.pk, why="superseded").state == LocalState.ENDED


def test_a_rule_whose_cases_fail_on_its_day_does_not_go_live_and_holds_up_no_other(tmp_path: Path) -> None:
    tomorrow = orders.today() + timedelta(days=1)
    change = live(valid_from=tomorrow)
    other = live(a="lisinopril", b="metformin", cases=["lisinopril + metformin => moderate"], valid_from=tomorrow)
    actions_knowledge.activate(factories.pia(), louder(tmp_path).pk)
    change.refresh_from_db()
    assert change.state == LocalState.APPROVED, "it does not hold yet"
    LocalChange.objects.update(valid_from=orders.today())
    actions_knowledge.keep_dates()
    change.refresh_from_db()
    other.refresh_from_db()
    assert (change.state, other.state) == (LocalState.SUSPENDED, LocalState.APPROVED)
    assert [one["severity"] for one in said("lisinopril", "metformin")] == ["moderate"]
    actions_knowledge.keep_dates()
    told = Task.objects.filter(key__startswith=f"local-rule:{change.pk}:")
    assert told.count() == 1
    assert AuditEntry.objects.filter(act="suspend_rule", actor_name="the clock").count() == 1


def test_at_approval_a_case_of_another_local_rule_counts_too() -> None:
    first = live()
    second = new_rule(severity="major", cases=["lamotrigine + metformin => major"])
    with pytest.raises(CasesFailed, match="expected moderate, found major"):
        actions_knowledge.approve(factories.adler(), second.pk)
    first.refresh_from_db()
    assert first.state == LocalState.APPROVED


def test_the_command_line_suspends_as_loudly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change, release = live(), louder(tmp_path)
    call_command("activate_release", release.pk)
    assert f"local change {change.pk} is suspended" in capsys.readouterr().out
    actions_knowledge.keep_dates()
    assert Task.objects.filter(key__startswith=f"local-rule:{change.pk}:", role=Role.PHARMACIST).exists()


def test_a_proposal_waits_as_a_task_for_somebody_else_and_goes_when_it_is_decided() -> None:
    change = new_rule()
    task = Task.objects.get(key=f"local-change:{change.pk}")
    assert (task.kind, task.role, task.state) == (TaskKind.KNOWLEDGE_CHANGE, Role.PSYCHIATRIST, TaskState.OPEN)
    actions_knowledge.approve(factories.adler(), change.pk)
    task.refresh_from_db()
    assert task.state == TaskState.CANCELLED
    factories.user("paul", Role.PHARMACIST)
    assert Task.objects.get(key=f"local-change:{new_rule().pk}").role == Role.PHARMACIST


def test_why_a_case_fails_can_be_seen_before_anybody_decides() -> None:
    change = new_rule(severity="moderate", cases=["lamotrigine + metformin => major", "sertraline + tramadol => major"])
    releases_before = Release.objects.count()
    shown, tried = actions_knowledge.try_out(factories.pia(), change.pk)
    assert shown.pk == change.pk
    assert [(one.passes, one.expected, one.found) for one in tried] == [
        (False, "major", "moderate"),
        (True, "major", "major"),
    ]
    assert tried[0].by == f"local LOCAL-{change.pk}"
    assert "PR072" in tried[1].by
    assert Release.objects.count() == releases_before


@pytest.mark.parametrize("pair", [("phenelzine", "sertraline"), ("set:maoi_irreversible", "set:ssri")])
def test_no_pair_of_high_priority_can_be_put_on_the_passive_list(pair: tuple[str, str]) -> None:
    wanted = actions_knowledge.Wanted(a=pair[0], b=pair[1], severity="minor", reason="We know.",
                             cases=["phenelzine + sertraline => contraindicated"])  # fmt: skip
    with pytest.raises(NotARule, match="high priority"):
        actions_knowledge.propose(factories.pia(), wanted)


def test_a_local_rule_on_a_class_follows_the_class_of_the_release_in_use() -> None:
    live(a="set:ssri", b="metformin", cases=["sertraline + metformin => moderate"])
    local = Release.objects.get(source="local", status="active")
    assert set(local.sets.get(name="ssri").members) == library.current().sets["ssri"]
