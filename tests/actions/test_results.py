"""What is newly on record is held against what is taken in the same transaction, and told to whom it concerns."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone, translation

from interactions import releases
from interactions.models import Finding, Review
from medmgmt.actions import knowledge as acts
from medmgmt.actions import observing
from medmgmt.monitoring import alarms, understanding
from medmgmt.record.errors import Refused, Unconfirmed
from medmgmt.record.models import Observation
from refills.models import Reminder, Task, TaskKind, TaskState
from tests import factories, shipped_knowledge
from tests.actions import orders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("knowledge")]
LITHIUM_IS_TAKEN = pytest.mark.usefixtures("on_lithium")


def seen(code: str, value: Any = None, *, ago: timedelta = timedelta(), **said: Any) -> Observation:
    at = timezone.now() - ago
    return observing.record_observation(
        factories.bo(), factories.carla().pk, code=code, value=value, observed_at=at, **said
    )


def waiting(*roles: str) -> list[Task]:
    return list(Task.objects.filter(kind=TaskKind.RESULT, closed_at=None, role__in=roles or ("psychiatrist", "nurse")))


@pytest.fixture
def on_lithium(knowledge: None) -> None:
    orders.signed(factories.adler(), "lithium", amount="900")


@LITHIUM_IS_TAKEN
def test_a_poisonous_level_tells_both_at_once_and_the_notice_says_no_more_than_that_tasks_wait() -> None:
    before = Review.objects.count()
    made = seen("lithium", "1.8 mmol/L")
    assert sorted((one.role, one.priority, one.service_case) for one in waiting()) == [
        ("nurse", 1, "now"), ("psychiatrist", 1, "now"),
    ]  # fmt: skip
    assert all("Lithium level 1.8 mmol/L" in one.detail and one.source_id == str(made.pk) for one in waiting())
    assert not any(word in one.title.casefold() for one in waiting() for word in ("lithium", "1.8"))
    assert Review.objects.count() == before + 1
    assert Finding.objects.filter(kind="lab_action", is_new=True, is_interruptive=True).exists()
    rung = Reminder.objects.filter(key__startswith="user|urgent|")
    assert set(rung.values_list("recipient__username", flat=True)) == {"adler", "bo"}


@LITHIUM_IS_TAKEN
def test_a_level_in_range_writes_its_row_and_nothing_else() -> None:
    before = (Review.objects.count(), Task.objects.count())
    seen("lithium", "0.8")
    assert (Review.objects.count(), Task.objects.count()) == before
    assert alarms.of_made(factories.adler(), seen("sodium", 139)) is None


@LITHIUM_IS_TAKEN
def test_if_it_cannot_be_written_nobody_is_told() -> None:
    with pytest.raises(Unconfirmed):
        seen("lithium", "12")
    with pytest.raises(Refused):
        seen("lithium", "1.8", ago=-timedelta(days=1))
    assert not waiting()
    assert not Observation.objects.exists()


@LITHIUM_IS_TAKEN
def test_a_result_that_was_wrong_takes_its_tasks_back_and_says_why_and_what_stands_speaks() -> None:
    wrong = seen("lithium", "2.6")
    told = {one.pk for one in waiting()}
    made = observing.correct_observation(factories.bo(), wrong.pk, value="0.6")
    assert not waiting()
    back = Task.objects.filter(pk__in=told)
    assert {one.state for one in back} == {TaskState.CANCELLED}
    assert all("corrected" in one.outcome for one in back)
    worse = observing.correct_observation(factories.bo(), made.pk, value="2.6 mEq/L")
    assert {one.source_id for one in waiting()} == {str(worse.pk)}
    observing.correct_observation(factories.bo(), worse.pk, entered_in_error=True)
    assert not waiting()


@LITHIUM_IS_TAKEN
def test_a_value_taken_back_leaves_the_one_before_it_to_speak() -> None:
    seen("lithium", "1.7", ago=timedelta(hours=30))
    wrong = seen("lithium", "0.7")
    Task.objects.filter(kind=TaskKind.RESULT).update(state=TaskState.CANCELLED, closed_at=timezone.now())
    observing.correct_observation(factories.bo(), wrong.pk, entered_in_error=True)
    assert {one.role for one in waiting()} == {"psychiatrist", "nurse"}


@pytest.mark.parametrize(
    ("days", "urgency"), [(0, "now"), (7, "now"), (8, "same_day"), (30, "same_day"), (31, ""), (400, "")]
)
def test_the_older_a_result_the_less_it_rings(days: int, urgency: str) -> None:
    told = alarms.of_made(factories.adler(), seen("potassium", "6.4", ago=timedelta(days=days)))
    assert (told.urgency if told else "") == urgency
    assert {one.service_case for one in waiting()} == ({urgency} if urgency else set())


def test_a_newer_value_on_record_keeps_an_older_one_silent() -> None:
    seen("sodium", 138)
    seen("sodium", 121, ago=timedelta(days=2))
    assert not waiting()


def test_the_same_value_of_a_day_is_told_once_and_another_value_again() -> None:
    seen("sodium", 122, ago=timedelta(minutes=9))
    seen("sodium", Decimal("122.0"))
    assert len(waiting("nurse")) == 1
    seen("sodium", 119)
    assert len(waiting("nurse")) == 2


def test_what_only_needs_a_look_goes_to_the_prescriber_alone() -> None:
    seen("alt", 130)
    assert [(one.role, one.service_case, one.priority) for one in waiting()] == [("psychiatrist", "this_week", 3)]


def test_a_kidney_that_fails_is_seen_against_the_value_before() -> None:
    seen("creatinine", "0.9", ago=timedelta(days=20))
    seen("creatinine", "1.2", ago=timedelta(days=10))
    assert not waiting()
    told = alarms.of_made(factories.adler(), seen("creatinine", "2.4"))
    assert told is not None
    assert (told.urgency, told.value) == ("now", "creatinine 2.4 mg/dL")


def test_a_pressure_is_one_act_two_rows_and_one_task() -> None:
    made = seen("blood pressure", "200/120")
    rows = Observation.objects.order_by("code").values_list("code", "value", "unit")
    assert list(rows) == [("dbp", Decimal(120), "mm[Hg]"), ("sbp", Decimal(200), "mm[Hg]")]
    assert (made.code, len(waiting("nurse"))) == ("sbp", 1)
    assert "Blood pressure 200/120 mmHg" in waiting("nurse")[0].detail
    for wrong in ("120/200", "120", "120/80/60", "900/80"):
        with pytest.raises((Refused, Unconfirmed)):
            seen("bp", wrong)


def test_what_is_typed_asks_for_the_same_as_when_it_is_recorded() -> None:
    seen("dbp", 125, ago=timedelta(minutes=1))
    typed: dict[str, Any] = {"code": "sbp", "value": "150", "observed_at": timezone.now()}
    told = understanding.understood(factories.bo(), factories.carla().pk, **typed).told
    assert told is not None
    assert told == alarms.of_made(factories.adler(), seen("sbp", 150))


def test_a_decimal_comma_is_read_where_the_readers_language_writes_one() -> None:
    with translation.override("es"):
        assert seen("lithium", "0,8").value == Decimal("0.8")
        with pytest.raises(Refused):
            seen("ck", "1.240")
    with pytest.raises(Refused):
        seen("lithium", "0,8")


def test_a_bound_counts_for_what_it_says_for_certain() -> None:
    assert seen("anc", "<0.5").comparator == "<"
    assert {one.service_case for one in waiting()} == {"now"}
    made = seen("egfr", ">90")
    assert (made.comparator, made.value) == (">", Decimal(90))
    assert alarms.of_made(factories.adler(), made) is None


def test_a_new_observable_needs_a_row_of_the_release_and_no_migration() -> None:
    with pytest.raises(Refused, match="ferritin"):
        seen("ferritin", 12)
    found = shipped_knowledge.tables()
    like = next(row for row in found.tables["observables"] if row["code"] == "crp")
    new = {**like, "code": "ferritin", "name": "ferritin", "loinc": "2276-4", "unit": "ng/mL", "other_units": "ug/L=1"}
    rule = next(row for row in found.tables["lab_rules"] if row["lab"] == "crp" and not row["selector"])
    asks = {**rule, "rule_id": "LR900", "lab": "ferritin", "from": "", "below": "8", "action": "Look for bleeding"}
    tables = {
        **found.tables,
        "observables": (*found.tables["observables"], {**new, "other_names": "", "at_most": "100000"}),
        "lab_rules": (*found.tables["lab_rules"], asks),
    }
    about = replace(shipped_knowledge.about(), version="f")
    acts.activate(factories.pia(), releases.keep_rules(about, replace(found, tables=tables), {"a.csv": "f" * 64}).pk)
    made = seen("2276-4", "6.5 ug/L")
    assert (made.code, made.loinc, made.unit, made.value) == ("ferritin", "2276-4", "ng/mL", Decimal("6.5"))
    assert "Look for bleeding" in waiting("nurse")[0].detail


def test_an_allergy_and_a_diagnosis_are_held_against_what_is_taken() -> None:
    orders.signed(factories.adler(), "bupropion", amount="150")
    observing.record_condition(factories.bo(), factories.carla().pk, text="Epilepsy", icd10cm="G40.909")
    assert [(one.role, one.service_case) for one in waiting()] == [("psychiatrist", "contraindicated")]
    assert "bupropion" in waiting()[0].detail
    observing.record_allergy(factories.bo(), factories.carla().pk, kind="allergy", substance="latex")
    assert len(waiting()) == 1
    observing.record_allergy(factories.bo(), factories.carla().pk, kind="allergy", substance="bupropion")
    assert len(waiting()) == 2
