"""What became of alerts: counted once a change, by rule and reason, and exported without a formula in it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from medmgmt.actions import prescribing, worklist
from medmgmt.knowledge import alerts
from medmgmt.knowledge.alerts import Alerts, Line
from medmgmt.record.errors import NotAllowed
from medmgmt.record.models import AuditEntry
from refills.models import Task
from tests import factories
from tests.actions import orders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]


@pytest.fixture
def _one_of_two_overridden(knowledge: None) -> None:
    """Tramadol on sertraline twice proposed, once answered and signed, once withdrawn."""
    adler = factories.adler()
    orders.signed(adler, "sertraline")
    dropped = orders.start(adler, "tramadol")
    prescribing.withdraw(adler, dropped.change.pk, note="no")
    orders.signed(adler, "tramadol")


@pytest.mark.usefixtures("_one_of_two_overridden")
def test_an_alert_counts_once_a_change_however_often_it_was_looked_at() -> None:
    found = alerts.alerts_between(factories.pia())
    assert found.total.shown == 2 * found.total.overridden > 0
    assert found.total.rate == 50.0
    assert [line.name for line in found.by_role] == ["psychiatrist"]
    assert [line.name for line in found.by_reason] == ["benefit_outweighs"]
    assert sum(line.shown for line in found.by_rule) == sum(line.shown for line in found.by_severity)
    assert alerts.alerts_between(factories.pia(), until=orders.today() - timedelta(days=30)).total.shown == 0


@pytest.mark.usefixtures("_one_of_two_overridden")
def test_a_follow_up_is_kept_when_its_task_was_done_in_time() -> None:
    assert (alerts.alerts_between(factories.pia()).follow_ups, alerts.alerts_between(factories.pia()).kept) == (0, 0)
    task = Task.objects.filter(kind="finding_follow_up").latest("id")
    worklist.claim(factories.adler(), task.pk, version=task.version)
    worklist.done(factories.adler(), task.pk, outcome="seen", version=task.version + 1)
    Task.objects.filter(kind="finding_follow_up").exclude(pk=task.pk).update(due_at=timezone.now())
    found = alerts.alerts_between(factories.pia())
    assert found.kept == 1
    assert found.follow_ups == Task.objects.filter(kind="finding_follow_up").count()


def numbers(*rules: Line) -> Alerts:
    """Made-up numbers."""
    day = orders.today()
    return Alerts(day, day, Line("", 1, 1), list(rules), [], [], [], 0, 0)


def test_rules_that_are_nearly_always_overridden_are_candidates_for_demotion() -> None:
    found = numbers(Line("often", 20, 19), Line("nine in ten", 20, 18), Line("seldom shown", 9, 9))
    assert [line.name for line in found.candidates] == ["often"]


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@A1", "\t=1", "\r=1"])
def test_the_export_runs_nothing_in_a_spreadsheet(name: str) -> None:
    assert alerts.guarded(name) == f"'{name}"
    assert "'" in alerts.as_csv(numbers(Line(name, 2, 1)))


def test_a_nurse_sees_no_numbers() -> None:
    with pytest.raises(NotAllowed):
        alerts.alerts_between(factories.bo())


@pytest.mark.usefixtures("_one_of_two_overridden")
def test_feedback_says_of_each_alert_what_was_done_and_why_and_by_whom_and_names_no_patient() -> None:
    found = alerts.feedback(factories.pia())
    assert sorted({one.action for one in found}) == ["overridden", "withdrawn"]
    overridden = next(one for one in found if one.action == "overridden")
    assert (overridden.user, overridden.role, overridden.reason) == ("adler", "psychiatrist", "benefit_outweighs")
    assert (overridden.ruling.source, overridden.severity) == ("medmgmt", "major")
    told = alerts.feedback_csv(found)
    assert told.splitlines()[0].startswith("intervention,source_version,problem,severity,action_taken,user_feedback")
    assert factories.carla().family_name not in told
    assert AuditEntry.objects.filter(act="export_alerts").count() == 1


@pytest.mark.parametrize(
    ("lead", "drugs", "name"),
    [
        ({"label": "medmgmt", "rule_id": "PR072", "confidence": "textbook"}, ["a", "b"], "medmgmt PR072"),
        ({"label": "medmgmt", "rule_id": "D04", "confidence": "derived"}, ["a", "b"], "medmgmt D04: a + b"),
        ({"label": "medmgmt", "rule_id": "C04", "confidence": "derived"}, ["a", "b", "c"], "medmgmt C04"),
        ({"label": "DDInter"}, ["a", "b"], "DDInter: a + b"),
        ({}, [], ""),
    ],
)
def test_what_spoke_is_named_so_that_it_can_be_regraded(lead: dict[str, str], drugs: list[str], name: str) -> None:
    assert alerts.ruling_of(lead, drugs).name == name
