"""The clinic's own rules: with a reason and cases, approved by a second person, never live while a case fails."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from interactions import library, releases
from interactions.engine import cases
from interactions.errors import CasesFailed, NotARule
from interactions.models import LocalChange, LocalState, Release, RescreenRun
from medmgmt.actions import knowledge as acts
from medmgmt.actions import rescreening
from medmgmt.record.errors import NotAllowed
from medmgmt.record.models import AuditEntry
from refills.models import Task
from tests import factories
from tests.actions import orders
from tests.actions.test_rescreening import both, licensed, put_into_use

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]


@pytest.fixture(autouse=True)
def _nothing_waits(knowledge: None) -> None:
    rescreening.work()


def new_rule(**values: Any) -> LocalChange:
    """Pia wants lamotrigine with metformin to be major."""
    wanted = {"a": "lamotrigine", "b": "metformin", "adds_rule": True, "severity": "major", "reason": "Two cases here.",
              "cases": ["lamotrigine 200 mg + metformin => major", "lamotrigine + lisinopril => none"]}  # fmt: skip
    return acts.propose(factories.pia(), acts.Wanted(**{**wanted, **values}))


def said(*drugs: str) -> list[dict[str, Any]]:
    """What the knowledge in use says of these drugs together."""
    case = {"id": "1", "as_of": "2026-11-21", "current_meds": [{"drug": drug} for drug in drugs]}
    return list(cases.review(case, library.current())["findings"])


def test_a_local_rule_speaks_once_a_second_person_has_approved_it() -> None:
    carla = both(factories.carla())
    change = new_rule()
    assert said("lamotrigine", "metformin") == []
    acts.approve(factories.adler(), change.pk)
    found = said("lamotrigine", "metformin")
    assert [one["severity"] for one in found] == ["major"]
    assert "Two cases here." in str(found)
    assert Release.objects.get(source="local").status == "active"
    rescreening.work()
    run = RescreenRun.objects.latest("id")
    assert (run.touched, run.tasks) == (1, 1)
    assert Task.objects.get(source_type="rescreening").patient == carla
    assert set(AuditEntry.objects.values_list("act", flat=True)) >= {"propose_rule", "approve_rule", "rescreen"}


def test_its_author_never_approves_it() -> None:
    with pytest.raises(NotARule, match="second person"):
        acts.approve(factories.pia(), new_rule().pk)


def test_a_rule_whose_cases_fail_does_not_go_live_and_says_which() -> None:
    change = new_rule(cases=["lamotrigine + metformin => contraindicated"])
    with pytest.raises(CasesFailed, match="expected contraindicated, found major"):
        acts.approve(factories.adler(), change.pk)
    change.refresh_from_db()
    assert change.state == "proposed"
    assert not Release.objects.filter(source="local").exists()


def test_a_shipped_rule_gets_another_grade_with_its_reason_beside_it() -> None:
    rule = releases.active()[0].rules.get(rule_id=said("lithium", "ibuprofen")[0]["sources"][0]["rule"])
    was = said("lithium", "ibuprofen")[0]["severity"]
    wanted = "moderate" if was == "major" else "major"
    change = acts.propose(
        factories.pia(),
        acts.Wanted(of_source="medmgmt", of_rule=rule.rule_id, severity=wanted, reason="Weekly levels here.",
                        cases=[f"lithium + ibuprofen => {wanted}"]),
    )  # fmt: skip
    acts.approve(factories.adler(), change.pk)
    found = said("lithium", "ibuprofen")
    assert found[0]["severity"] == wanted
    assert "Weekly levels here." in str(found)
    acts.end(factories.pia(), change.pk, why="no longer")
    acts.end(factories.adler(), change.pk, why="")
    assert said("lithium", "ibuprofen")[0]["severity"] == was


def test_the_passive_list_folds_low_value_pairs_of_tables_away_and_can_be_changed(tmp_path: Path) -> None:
    put_into_use(licensed(tmp_path, "1", "36437,1827,Major", "6448,17767,Major"))
    listed = [one for one in said("lithium", "amlodipine") if one["drugs"] == ["amlodipine", "lithium"]]
    assert [one["severity"] for one in listed] == ["minor"]
    said_why = str(listed[0]["sources"])
    assert "On the passive list because of the calcium channel blockers only verapamil and diltiazem" in said_why
    change = acts.propose(
        factories.pia(),
        acts.Wanted(a="lithium", b="amlodipine", severity="", reason="We want to see it.",
                        cases=["lithium + amlodipine => major"]),
    )  # fmt: skip
    acts.approve(factories.adler(), change.pk)
    assert max(one["severity"] for one in said("lithium", "amlodipine")) == "major"


def test_it_begins_and_ends_on_its_days() -> None:
    tomorrow = orders.today() + timedelta(days=5)
    change = new_rule(valid_from=tomorrow, valid_until=tomorrow)
    acts.approve(factories.adler(), change.pk)
    assert said("lamotrigine", "metformin") == []
    LocalChange.objects.update(valid_from=orders.today() - timedelta(days=1))
    acts.keep_dates()
    assert said("lamotrigine", "metformin")
    LocalChange.objects.update(valid_until=orders.today() - timedelta(days=1))
    acts.keep_dates()
    assert said("lamotrigine", "metformin") == []


def test_nobody_takes_a_rule_that_holds_out_of_use_alone() -> None:
    change = new_rule()
    acts.approve(factories.adler(), change.pk)
    asked = acts.end(factories.pia(), change.pk, why="too loud")
    assert asked.state == LocalState.APPROVED
    with pytest.raises(NotARule, match="second person"):
        acts.end(factories.pia(), change.pk, why="too loud")
    assert said("lamotrigine", "metformin"), "it speaks until a second person agrees"
    assert Task.objects.filter(source_type="local_change", role="psychiatrist", state="open").count() == 1
    assert acts.end(factories.adler(), change.pk, why="").state == LocalState.ENDED
    assert said("lamotrigine", "metformin") == []
    assert not Task.objects.filter(source_type="local_change", state="open").exists()


def test_a_psychiatrist_asks_for_no_end_and_what_was_asked_may_be_declined() -> None:
    change = new_rule()
    acts.approve(factories.adler(), change.pk)
    with pytest.raises(NotAllowed):
        acts.end(factories.adler(), change.pk, why="too loud")
    acts.end(factories.pia(), change.pk, why="too loud")
    kept = acts.reject(factories.adler(), change.pk, why="it saved somebody")
    assert (kept.state, kept.end_asked_by_id) == (LocalState.APPROVED, None)
    assert said("lamotrigine", "metformin")
    assert acts.end(factories.pia(), change.pk, why="once more").state == LocalState.APPROVED


def test_a_change_for_one_day_holds_on_that_day() -> None:
    today = timezone.localdate()
    acts.approve(factories.adler(), new_rule(valid_from=today, valid_until=today).pk)
    assert said("lamotrigine", "metformin")
    acts.keep_dates()
    assert said("lamotrigine", "metformin")


def test_only_a_rule_in_use_of_the_release_that_is_named_is_regraded() -> None:
    ended = new_rule()
    acts.approve(factories.adler(), ended.pk)
    acts.end(factories.pia(), ended.pk, why="no longer")
    acts.end(factories.adler(), ended.pk, why="")
    shipped = releases.active()[0].rules.values_list("rule_id", flat=True)[0]
    for source, rule in (("local", f"LOCAL-{ended.pk}"), ("Another", shipped)):
        wanted = acts.Wanted(
            of_source=source, of_rule=rule, severity="major", reason="Ours.", cases=["lithium + ibuprofen => major"]
        )
        with pytest.raises(NotARule, match="No rule in use"):
            acts.propose(factories.pia(), wanted)


@pytest.mark.parametrize(
    "values",
    [{"a": "no such drug"}, {"b": "set:nothing"}, {"reason": " "}, {"cases": []}, {"cases": ["nonsense"]},
     {"severity": "loud"}, {"cases": [{"current_meds": []}]}, {"cases": [[]]},
     {"cases": [{"current_meds": 7, "expect": {"severity": "none"}}]}],
)  # fmt: skip
def test_what_makes_no_sense_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(NotARule):
        new_rule(**values)


def test_a_nurse_proposes_nothing_and_approves_nothing() -> None:
    change = new_rule()
    for act in (lambda: acts.propose(factories.bo(), acts.Wanted("major", "r", ["a + b => major"])),
                lambda: acts.approve(factories.bo(), change.pk)):  # fmt: skip
        with pytest.raises(NotAllowed):
            act()


def test_a_rejected_change_stays_and_is_decided_once() -> None:
    change = acts.reject(factories.adler(), new_rule().pk, why="no evidence")
    assert (change.state, change.decided_why) == ("rejected", "no evidence")
    with pytest.raises(NotARule):
        acts.approve(factories.adler(), change.pk)
